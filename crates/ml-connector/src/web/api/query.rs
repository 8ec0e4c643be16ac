//! The parameters of a request. What is not known, comes twice, or is not what it should be is refused and named.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::fmt::temporal::Pieces;
use store::facets::Find;
use sync::record::State;

use super::problem::Problem;

/// Objects of a page, unless it is said.
pub(super) const LIMIT: usize = 50;

/// Objects of a page at most.
pub(super) const LIMIT_MAX: usize = 200;

/// Objects that `ids` names at most.
pub(super) const IDS_MAX: usize = 50;

/// The longest query that is read, in bytes.
const BYTES_MAX: usize = 8 * 1024;

/// The longest name of a connection that is looked for.
pub(super) const CONNECTION_CHARS_MAX: usize = 100;

/// The longest status.
const STATUS_CHARS_MAX: usize = 40;

/// What was asked for.
#[derive(Debug, Default)]
pub(super) struct Query {
    pub(super) connection: Option<String>,
    pub(super) fresh: bool,
    pub(super) cursor: Option<String>,
    pub(super) limit: Option<usize>,
    pub(super) find: Find,
    /// All that selects, in one order, so that two requests for the same list say the same.
    pub(super) asked: String,
}

/// Parameters of lists and of single objects.
pub(super) const OF_ALL: [&str; 2] = ["connection", "fresh"];

impl Query {
    /// Reads a query of which only these parameters are known.
    pub(super) fn read(query: &str, known: &[&str]) -> Result<Self, Problem> {
        if query.len() > BYTES_MAX {
            return Err(Problem::parameter("", "The query is longer than 8 KiB."));
        }
        let mut given: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            if !known.contains(&&*name) {
                let detail = format!("The parameters here are {}.", known.join(", "));
                return Err(Problem::parameter(&name, detail));
            }
            if given.contains_key(&*name) {
                return Err(Problem::parameter(&name, "It comes twice."));
            }
            if value.contains(['\0', '\u{fffd}']) {
                return Err(Problem::parameter(&name, "It is not a text."));
            }
            given.insert(name.into_owned(), value.into_owned());
        }
        let mut query = Self::default();
        for (name, value) in &given {
            query.take(name, value)?;
        }
        let selecting = given
            .iter()
            .filter(|(name, _)| !["cursor", "limit", "fresh"].contains(&name.as_str()));
        for (name, value) in selecting {
            let _ = writeln!(query.asked, "{name}={value}");
        }
        Ok(query)
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), Problem> {
        let find = &mut self.find;
        match name {
            "connection" => self.connection = Some(connection(name, value)?),
            "fresh" => self.fresh = flag(name, value)?,
            "cursor" => self.cursor = Some(value.to_owned()),
            "limit" => self.limit = Some(limit(name, value)?),
            "ids" => find.ids = Some(ids(name, value)?),
            "status" => find.status = Some(status(name, value)?),
            "business_unit" => find.unit = Some(id_of(name, value)?),
            "customer" => find.customer = Some(id_of(name, value)?),
            "job" => find.job = Some(id_of(name, value)?),
            "from" => find.from = Some(moment(name, value)?),
            "before" => find.before = Some(moment(name, value)?),
            "modified_since" => find.modified_since = Some(moment(name, value)?),
            "seen_since" => find.seen_since = Some(moment(name, value)?),
            _ => find.state = Some(state(name, value)?),
        }
        Ok(())
    }
}

/// A name as a connection file takes it.
fn connection(name: &str, value: &str) -> Result<String, Problem> {
    let is_part = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_'
    };
    let is_name =
        !value.is_empty() && value.len() <= CONNECTION_CHARS_MAX && value.bytes().all(is_part);
    if is_name {
        Ok(value.to_owned())
    } else {
        Err(Problem::parameter(name, "It is the name of a connection."))
    }
}

/// An id as it is written: digits, without sign, blanks or zeros before them.
pub(super) fn id(text: &str) -> Option<i64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| is_plain)
}

fn id_of(name: &str, value: &str) -> Result<i64, Problem> {
    id(value).ok_or_else(|| {
        Problem::parameter(
            name,
            "It is an id of ServiceTitan's: a whole number from 1.",
        )
    })
}

fn ids(name: &str, value: &str) -> Result<Vec<i64>, Problem> {
    let ids: Option<Vec<i64>> = value.split(',').map(id).collect();
    ids.filter(|ids| ids.len() <= IDS_MAX).ok_or_else(|| {
        let detail = format!("It is a list of at most {IDS_MAX} ids of ServiceTitan's: 12,15.");
        Problem::parameter(name, detail)
    })
}

fn limit(name: &str, value: &str) -> Result<usize, Problem> {
    let limit = id(value).and_then(|limit| usize::try_from(limit).ok());
    limit.filter(|limit| *limit <= LIMIT_MAX).ok_or_else(|| {
        Problem::parameter(name, format!("It is a whole number from 1 to {LIMIT_MAX}."))
    })
}

fn flag(name: &str, value: &str) -> Result<bool, Problem> {
    match value {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Problem::parameter(name, "It is true or false.")),
    }
}

fn status(name: &str, value: &str) -> Result<String, Problem> {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    let is_word =
        !value.is_empty() && value.len() <= STATUS_CHARS_MAX && value.bytes().all(is_part);
    if is_word {
        Ok(value.to_owned())
    } else {
        Err(Problem::parameter(
            name,
            "It is one of ServiceTitan's words, such as Scheduled.",
        ))
    }
}

fn state(name: &str, value: &str) -> Result<State, Problem> {
    State::named(value).ok_or_else(|| {
        let states = State::ALL.map(State::as_str).join(", ");
        Problem::parameter(name, format!("It is one of {states}."))
    })
}

/// A moment of RFC 3339. One before or after all that can be reckoned with stands for the first or the last moment.
fn moment(name: &str, value: &str) -> Result<Timestamp, Problem> {
    if let Ok(moment) = value.parse::<Timestamp>() {
        return Ok(moment);
    }
    let pieces = Pieces::parse(value).ok();
    let is_moment =
        |pieces: &Pieces<'_>| pieces.time().is_some() && pieces.to_numeric_offset().is_some();
    let pieces = pieces.filter(is_moment).ok_or_else(|| {
        Problem::parameter(
            name,
            "It is a moment with its offset, such as 2026-10-31T08:00:00Z (and `+` is written %2B).",
        )
    })?;
    Ok(if pieces.date().year() > 0 {
        Timestamp::MAX
    } else {
        Timestamp::MIN
    })
}
