//! A mistake in a TOML file: where it is and what is wrong, without an excerpt of the file. Somebody may have written a
//! secret where it does not belong, and what is said about it ends in terminals and logs. The same holds for what is
//! written where the path of a secret's file belongs.

use std::fmt;
use std::path::{Component, Path};

use serde::de::DeserializeOwned;

/// Values shorter than this are words like `1s`, and no secrets.
const SECRET_CHARS_MIN: usize = 4;

/// How files that hold a secret usually end.
const ENDINGS: [&str; 9] = [
    "conf", "env", "json", "key", "pass", "pem", "secret", "toml", "txt",
];

/// Why a file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Counted from 1; absent when it is about the whole file.
    line: Option<usize>,
    /// The setting's path, e.g. `servicetitan.tenant_id`, as far as it is known.
    field: Option<String>,
    cause: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if let Some(field) = &self.field {
            write!(f, "{field}: ")?;
        }
        f.write_str(&self.cause)
    }
}

impl std::error::Error for Mistake {}

/// Reads a TOML text.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Mistake> {
    let parsed = toml::Deserializer::parse(text).map_err(|error| told(&error, None, text))?;
    serde_path_to_error::deserialize(parsed).map_err(|error| {
        let field = error.path().to_string();
        // A dot is serde's word for the whole.
        let field = Some(field).filter(|field| field != ".");
        told(error.inner(), field, text)
    })
}

/// How a file is called that should hold a secret and cannot be read. Its path is told if it is there, ends like a file,
/// or begins with a folder that is there; else it may be the secret itself (which may hold slashes, too).
#[must_use]
pub fn file_called(path: &Path) -> String {
    let ends = path
        .extension()
        .is_some_and(|end| ENDINGS.iter().any(|known| end == *known));
    if path.exists() || ends || first_folder(path).is_some_and(Path::is_dir) {
        path.display().to_string()
    } else {
        "the file that it names".to_owned()
    }
}

/// The first folder of a path that names one besides the root.
fn first_folder(path: &Path) -> Option<&Path> {
    let folders: Vec<&Path> = path
        .ancestors()
        .skip(1)
        .filter(|folder| {
            let last = folder.components().next_back();
            last.is_some_and(|last| !matches!(last, Component::RootDir | Component::Prefix(_)))
        })
        .collect();
    folders.last().copied()
}

fn told(error: &toml::de::Error, field: Option<String>, text: &str) -> Mistake {
    let span = error.span();
    Mistake {
        line: span
            .as_ref()
            .and_then(|span| text.get(..span.start))
            .map(|before| before.matches('\n').count() + 1),
        field,
        cause: cause(error.message(), span.and_then(|span| value_at(text, span))),
    }
}

/// The value at a place of the file; `None` when there is a key, whose name may be told.
fn value_at(text: &str, span: std::ops::Range<usize>) -> Option<&str> {
    let before = text.get(..span.start)?;
    let line = before.rsplit('\n').next().unwrap_or_default();
    let is_value = line.contains('=');
    is_value.then(|| text.get(span))?
}

/// What is wrong, without the value.
fn cause(message: &str, value: Option<&str>) -> String {
    let Some(value) = value else {
        return message.to_owned();
    };
    let serde_s = ["invalid type: ", "invalid value: ", "unknown variant "];
    if serde_s.iter().any(|start| message.starts_with(start)) {
        return match message.rsplit_once(", expected ") {
            Some((_, expected)) => format!("not what is expected: {expected}"),
            None => "not what is expected here".to_owned(),
        };
    }
    let value = value.trim_matches(['"', '\'']);
    if value.len() < SECRET_CHARS_MIN {
        return message.to_owned();
    }
    message.replace(value, "...")
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::connection::Every;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only what cannot be read matters")]
    struct Written {
        number: Option<i64>,
        every: Option<Every>,
        inner: Option<Box<Written>>,
    }

    #[test]
    fn a_path_is_told_and_a_secret_in_its_place_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let there = folder.path().join("there");
        std::fs::write(&there, "").unwrap();
        let there = there.display().to_string();
        let missing = folder.path().join("none/missing").display().to_string();
        for path in [
            &there,
            &missing,
            "missing.key",
            "a/missing.pem",
            "./b",
            "../b",
        ] {
            assert_eq!(file_called(Path::new(path)), path);
        }
        for secret in [
            "",
            "planted",
            "ak1.planted",
            "planted/Q2hhbmdl/bWU=",
            "/plantedQ2hhbmdlbWU=",
            "/planted/Q2hhbmdlbWU=",
        ] {
            assert_eq!(file_called(Path::new(secret)), "the file that it names");
        }
    }

    #[test]
    fn the_place_and_the_cause_are_told_and_no_value() {
        let cases = [
            (
                "\nnumber = \"planted, expected\"",
                "line 2: number: not what is expected: i64",
            ),
            (
                "[inner]\nnumber = 'plan\\ted\"'",
                "line 2: inner.number: not what is expected: i64",
            ),
            (
                "inner = { every = \"planted\" }",
                "line 1: inner.every: `...` is no cadence: write \"60s\", \"10m\", \"1h\" or \"off\"",
            ),
            (
                "numbre = \"planted\"",
                "line 1: numbre: unknown field `numbre`, expected one of `number`, `every`, `inner`",
            ),
        ];
        for (text, expected) in cases {
            let mistake = read::<Written>(text).unwrap_err().to_string();
            assert_eq!(mistake, expected);
        }
        for text in [
            "number = planted",
            "planted",
            "every = \"planted",
            "[planted",
        ] {
            let mistake = read::<Written>(text).unwrap_err().to_string();
            assert!(mistake.starts_with("line 1: "), "{mistake}");
            assert!(!mistake.contains("planted"), "{mistake}");
        }
    }
}
