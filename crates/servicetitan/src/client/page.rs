//! The envelopes around rows. Rows stay raw: only the envelope has to make sense.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use super::Row;
use crate::error::{Error, ErrorKind};

/// A 2xx body that is not the page it should be. Becomes an [`Error`] once the operation is known.
#[derive(Debug)]
pub(super) struct NotAPage {
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl NotAPage {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            source: None,
        }
    }

    pub(super) fn with_source(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.source = Some(source.into());
        self
    }

    pub(super) fn of(self, operation: &'static str) -> Error {
        let error = Error::new(operation, ErrorKind::Unreadable, self.message);
        match self.source {
            Some(source) => error.with_source(source),
            None => error,
        }
    }
}

/// The body as `T`. The cause that serde names may quote a value, so it says only where.
pub(super) fn json<T: DeserializeOwned>(body: &str) -> Result<T, NotAPage> {
    // .NET likes to begin with a byte order mark.
    let body = body.trim_start_matches('\u{feff}').trim_start();
    // An array of the right length would pass for the fields in order.
    if body.starts_with('[') {
        return Err(NotAPage::new("a bare array, not a page"));
    }
    serde_json::from_str(body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let what = if error.is_data() {
            "a page of another shape"
        } else if error.is_eof() {
            "JSON that is cut off"
        } else if body.starts_with('<') {
            "HTML, not JSON"
        } else {
            "not JSON"
        };
        NotAPage::new(format!("{what}, at line {line} column {column}"))
    })
}

/// A list that may be `null`.
pub(super) fn rows<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Row>, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

/// One page of a list.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) rows: Vec<Row>,
    pub(super) has_more: bool,
}

/// Reads page `number` of a list.
pub(super) fn parse(body: &str, number: u32) -> Result<Page, NotAPage> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Wire {
        page: Option<u32>,
        has_more: bool,
        #[serde(deserialize_with = "rows")]
        data: Vec<Row>,
    }
    let Wire {
        page,
        has_more,
        data,
    } = json(body)?;
    if let Some(page) = page.filter(|page| *page != number) {
        return Err(NotAPage::new(format!(
            "page {page} came, {number} was asked for"
        )));
    }
    if has_more && data.is_empty() {
        return Err(NotAPage::new("an empty page that promises more"));
    }
    Ok(Page {
        rows: data,
        has_more,
    })
}
