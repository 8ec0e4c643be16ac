//! Settings of the installation: `ml-connector.toml`, then the environment (`ML_CONNECTOR_...`), which wins.

use std::fmt;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use store::{DatabaseUrl, MasterKey};
use url::Url;

use crate::mistake;

/// The file that is read when none is named.
pub const DEFAULT_FILE: &str = "ml-connector.toml";

const DEFAULT_DATABASE: &str = "sqlite://ml-connector.db";
const DEFAULT_LISTEN: &str = "127.0.0.1:8686";

/// Where the installation keeps its state, where it listens, and who unlocks it.
#[derive(Clone)]
pub struct Settings {
    /// Where the state is.
    pub database: DatabaseUrl,
    /// Where the service listens.
    pub listen: SocketAddr,
    /// The address under which ServiceTitan and people reach the service.
    pub public_url: Option<Url>,
    master_key: Option<KeySource>,
    /// The file that was read, if there was one.
    file: Option<PathBuf>,
}

#[derive(Clone)]
enum KeySource {
    Given(SecretString),
    File(PathBuf),
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    database_url: Option<String>,
    listen: Option<String>,
    public_url: Option<String>,
    master_key_file: Option<PathBuf>,
}

impl Settings {
    /// Reads `file` (or [`DEFAULT_FILE`] if it is there) and the environment through `env`.
    pub fn read(file: Option<&Path>, env: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let path = file.map_or_else(|| PathBuf::from(DEFAULT_FILE), Path::to_path_buf);
        let mut read = None;
        let from_file = match fs::read_to_string(&path) {
            Ok(text) => {
                read = Some(path.clone());
                mistake::read::<Written>(&text)
                    .with_context(|| format!("{} is not a valid settings file", path.display()))?
            }
            Err(error) if file.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
                Written::default()
            }
            Err(error) => {
                return Err(error)
                    .with_context(|| format!("cannot read the settings file {}", path.display()));
            }
        };
        let setting = |name: &str, from_file: Option<String>| {
            env(&format!("ML_CONNECTOR_{name}")).or(from_file)
        };
        let database = setting("DATABASE_URL", from_file.database_url)
            .unwrap_or_else(|| DEFAULT_DATABASE.to_owned());
        let listen =
            setting("LISTEN", from_file.listen).unwrap_or_else(|| DEFAULT_LISTEN.to_owned());
        let public_url = setting("PUBLIC_URL", from_file.public_url);
        let key_file = env("ML_CONNECTOR_MASTER_KEY_FILE")
            .map(PathBuf::from)
            .or(from_file.master_key_file);
        Ok(Self {
            database: database.parse().context("database_url")?,
            listen: listen.parse().with_context(|| {
                format!("listen: not an address with a port, such as {DEFAULT_LISTEN}")
            })?,
            public_url: public_url
                .map(|url| url.parse().context("public_url: not a URL"))
                .transpose()?,
            master_key: env("ML_CONNECTOR_MASTER_KEY")
                .map(|key| KeySource::Given(key.into()))
                .or(key_file.map(KeySource::File)),
            file: read,
        })
    }

    /// The master key. Without one nothing starts: there is no mode that keeps credentials in the clear.
    pub fn master_key(&self) -> Result<MasterKey> {
        let text = match &self.master_key {
            Some(KeySource::Given(text)) => text.clone(),
            Some(KeySource::File(path)) => fs::read_to_string(path)
                .with_context(|| {
                    let file = mistake::file_called(path);
                    format!("master_key_file: cannot read {file}")
                })?
                .into(),
            None => bail!(
                "no master key: set ML_CONNECTOR_MASTER_KEY, or master_key_file in the settings. \
                 `ml-connector keys generate` makes one; keep a copy in a safe place, nothing can be read without it"
            ),
        };
        MasterKey::parse(text.expose_secret().trim())
            .context("the master key is not one that `keys generate` made")
    }
}

impl Settings {
    /// What is unsafe about the files, though they work.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let key = match &self.master_key {
            Some(KeySource::File(path)) => Some(("the master key file", path)),
            Some(KeySource::Given(_)) | None => None,
        };
        let settings = self.file.as_ref().map(|path| ("the settings file", path));
        key.into_iter()
            .chain(settings)
            .filter(|(_, path)| others_can_read(path))
            .map(|(name, path)| {
                let path = path.display();
                format!(
                    "others than its owner can read or change {name} {path}: run `chmod 600 {path}`"
                )
            })
            .collect()
    }
}

/// Whether the group or the world may read or change a file.
#[cfg(unix)]
fn others_can_read(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o066 != 0)
}

#[cfg(not(unix))]
fn others_can_read(_: &Path) -> bool {
    false
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("database", &self.database)
            .field("listen", &self.listen)
            .field("public_url", &self.public_url.as_ref().map(Url::as_str))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_wins_over_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("c.toml");
        fs::write(
            &file,
            "listen = \"127.0.0.1:1\"\npublic_url = \"https://a.example\"",
        )
        .unwrap();
        let env = |name: &str| (name == "ML_CONNECTOR_LISTEN").then(|| "127.0.0.1:2".to_owned());
        let settings = Settings::read(Some(&file), env).unwrap();
        assert_eq!(settings.listen.port(), 2);
        assert_eq!(settings.public_url.unwrap().as_str(), "https://a.example/");
    }

    #[test]
    fn without_a_key_nothing_starts_and_the_way_out_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("c.toml");
        fs::write(&file, "").unwrap();
        let error = Settings::read(Some(&file), |_| None)
            .unwrap()
            .master_key()
            .unwrap_err();
        assert!(
            error.to_string().contains("ml-connector keys generate"),
            "{error}"
        );
    }

    #[test]
    fn a_misspelt_setting_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("c.toml");
        fs::write(&file, "listem = \"127.0.0.1:1\"").unwrap();
        let error = format!("{:#}", Settings::read(Some(&file), |_| None).unwrap_err());
        assert!(error.contains("listem"), "{error}");
    }

    #[test]
    fn a_mistake_is_told_without_what_the_file_holds() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("c.toml");
        for text in [
            "database_url = \"planted",
            "database_url = [\"planted\"]",
            "database_url = \"planted://u:planted@h\"",
            "listen = \"planted\"",
            "public_url = \"planted\"",
            "master_key_file = 1\nplanted",
        ] {
            fs::write(&file, text).unwrap();
            let error = format!("{:#}", Settings::read(Some(&file), |_| None).unwrap_err());
            assert!(!error.contains("planted"), "{error}");
        }
    }

    #[test]
    fn a_master_key_in_the_place_of_its_file_is_not_repeated() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("c.toml");
        fs::write(&file, "master_key_file = \"planted/Q2hhbmdl+bWU=\"").unwrap();
        let settings = Settings::read(Some(&file), |_| None).unwrap();
        let error = format!("{:#}", settings.master_key().unwrap_err());
        assert!(error.contains("master_key_file: cannot read"), "{error}");
        assert!(!error.contains("planted"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn files_that_others_can_read_are_named() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let (file, key) = (
            folder.path().join("c.toml"),
            folder.path().join("master.key"),
        );
        fs::write(&file, format!("master_key_file = \"{}\"", key.display())).unwrap();
        fs::write(&key, "").unwrap();
        let warnings = |file_mode, key_mode| {
            for (path, mode) in [(&file, file_mode), (&key, key_mode)] {
                fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
            }
            Settings::read(Some(&file), |_| None).unwrap().warnings()
        };
        assert_eq!(warnings(0o600, 0o600), Vec::<String>::new());
        assert!(warnings(0o600, 0o640)[0].contains("the master key file"));
        assert!(warnings(0o604, 0o600)[0].contains("the settings file"));
        assert_eq!(warnings(0o644, 0o644).len(), 2);
    }
}
