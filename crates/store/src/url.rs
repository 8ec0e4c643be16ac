//! Which database: `sqlite://path`, `sqlite::memory:` or `postgres://...`. Neither `Debug` nor `Display` shows a password.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use secrecy::SecretString;

/// The address of the database.
#[derive(Clone)]
pub struct DatabaseUrl(pub(crate) Address);

#[derive(Clone)]
pub(crate) enum Address {
    SqliteFile(PathBuf),
    SqliteMemory,
    Postgres { url: SecretString, shown: String },
}

/// A text that is no database's address. The text itself is not repeated: it may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a database address ({0}); write `sqlite://path/to/file.db` or `postgres://user:password@host/database`"
)]
pub struct InvalidUrl(String);

impl DatabaseUrl {
    /// A database in a file, made when it does not exist.
    #[must_use]
    pub fn file(path: &Path) -> Self {
        Self(Address::SqliteFile(path.to_owned()))
    }

    /// A database in memory, gone with its `Store`.
    #[must_use]
    pub fn memory() -> Self {
        Self(Address::SqliteMemory)
    }
}

impl FromStr for DatabaseUrl {
    type Err = InvalidUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if matches!(text, "sqlite::memory:" | "sqlite://:memory:") {
            return Ok(Self::memory());
        }
        if let Some(path) = text.strip_prefix("sqlite://") {
            if path.is_empty() {
                return Err(InvalidUrl("no path after sqlite://".to_owned()));
            }
            return Ok(Self::file(Path::new(path)));
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            let shown = crate::dialect::shown_postgres_url(text)
                .map_err(|_unshown| InvalidUrl("its parts cannot be read".to_owned()))?;
            return Ok(Self(Address::Postgres {
                url: SecretString::from(text),
                shown,
            }));
        }
        Err(InvalidUrl("unknown scheme".to_owned()))
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Address::SqliteFile(path) => write!(f, "sqlite://{}", path.display()),
            Address::SqliteMemory => f.write_str("sqlite::memory:"),
            Address::Postgres { shown, .. } => f.write_str(shown),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_shown_without_their_password() {
        let shown = |text: &str| {
            let url: DatabaseUrl = text.parse().unwrap();
            format!("{url} {url:?}")
        };
        assert_eq!(
            shown("sqlite://a b/c.db"),
            "sqlite://a b/c.db DatabaseUrl(sqlite://a b/c.db)"
        );
        assert_eq!(
            shown("sqlite::memory:"),
            "sqlite::memory: DatabaseUrl(sqlite::memory:)"
        );
        assert_eq!(
            shown("postgres://ann:hunter2@db.example:5433/books?sslmode=require"),
            "postgres://ann@db.example:5433/books DatabaseUrl(postgres://ann@db.example:5433/books)"
        );
        assert!(!shown("postgres://h/d?user=ann&password=hunter2").contains("hunter2"));
    }

    #[test]
    fn a_refused_address_is_not_repeated() {
        for text in [
            "mysql://ann:hunter2@h/d",
            "sqlite://",
            "postgres://ann:hunter2@h/d?nonsense=1",
        ] {
            let refused = text.parse::<DatabaseUrl>().unwrap_err();
            assert!(!format!("{refused} {refused:?}").contains("hunter2"));
        }
    }
}
