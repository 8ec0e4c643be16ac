//! What stands on the other side: [`Version`], [`Protocol`], and whose key it is ([`Identity`]).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::record::RecordId;

/// The first version that speaks JSON-2.
pub const JSON2_SINCE: u16 = 19;
/// The first version that knows `has_access`; before, rights are asked by `check_access_rights`.
pub const HAS_ACCESS_SINCE: u16 = 18;

/// A server's version. Odoo Online's `saas~19.1` is 19.1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// 19 of 19.0.
    pub major: u16,
    /// 0 of 19.0.
    pub minor: u16,
    /// The server's own words (`19.0`, `saas~19.1+e`).
    pub text: String,
}

impl Version {
    /// Reads `version_info` (`[19, 0, 0, "final", 0, ""]`) and the text beside it.
    #[must_use]
    pub fn read(info: &Value, text: &str) -> Option<Self> {
        let part = |n: usize| match info.get(n)? {
            Value::Number(number) => u16::try_from(number.as_u64()?).ok(),
            Value::String(text) => text.trim_start_matches("saas~").parse().ok(),
            _ => None,
        };
        Some(Self {
            major: part(0)?,
            minor: part(1).unwrap_or(0),
            text: text.to_owned(),
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// How calls travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// `POST /json/2/<model>/<method>`, Odoo 19 and later.
    Json2,
    /// `/xmlrpc/2`, Odoo 14 to 19.
    XmlRpc,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Json2 => "JSON-2",
            Self::XmlRpc => "XML-RPC",
        })
    }
}

/// Which protocol to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProtocolChoice {
    /// By the server's version: JSON-2 from 19 on, XML-RPC before.
    #[default]
    Auto,
    /// JSON-2.
    Json2,
    /// XML-RPC.
    XmlRpc,
}

/// A text that is none of `auto`, `json2`, `xmlrpc`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a protocol is one of auto, json2, xmlrpc")]
pub struct NotAProtocol;

impl FromStr for ProtocolChoice {
    type Err = NotAProtocol;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(Self::Auto),
            "json2" => Ok(Self::Json2),
            "xmlrpc" => Ok(Self::XmlRpc),
            _ => Err(NotAProtocol),
        }
    }
}

/// The user whose key is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The user's id in `res.users`.
    pub user: RecordId,
    /// The user's login.
    pub login: String,
    /// The user's name.
    pub name: String,
    /// The company that the user works in when a call names none.
    pub company: RecordId,
    /// The companies that the user may work in.
    pub companies: Vec<RecordId>,
    /// The user's language (`en_US`).
    pub language: Option<String>,
    /// The user's time zone (`Europe/Brussels`).
    pub time_zone: Option<String>,
}

/// What one may do with a model's records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// See them.
    Read,
    /// Make new ones.
    Create,
    /// Change them.
    Write,
    /// Delete them.
    Unlink,
}

impl Operation {
    /// Odoo's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Create => "create",
            Self::Write => "write",
            Self::Unlink => "unlink",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn versions_of_all_editions_are_read() {
        for (info, text, major, minor) in [
            (json!([19, 0, 0, "final", 0, ""]), "19.0", 19, 0),
            (
                json!(["saas~18", 2, 0, "final", 0, "e"]),
                "saas~18.2+e",
                18,
                2,
            ),
            (json!([14, 0, 0, "final", 0, ""]), "14.0-20230101", 14, 0),
        ] {
            let version = Version::read(&info, text).unwrap();
            assert_eq!((version.major, version.minor), (major, minor), "{text}");
        }
        assert_eq!(Version::read(&json!(["master"]), "master"), None);
        assert_eq!(Version::read(&json!(null), ""), None);
    }
}
