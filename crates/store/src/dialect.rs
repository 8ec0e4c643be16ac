//! Placeholder.
pub(crate) fn shown_postgres_url(text: &str) -> Result<String, ()> { Err(drop(text.len())) }
