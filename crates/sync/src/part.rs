//! Reads a part's row as the record that it should be.

use servicetitan::record;

use crate::record::Reason;
use crate::sighting::Part;

/// Reads a part. A row that cannot be read fails its whole record: half a record is never written.
pub(crate) fn read<T: record::Record>(part: &Part) -> Result<T, Reason> {
    record::parse::<T>(&part.payload).map_err(|error| unreadable(part, &error.to_string()))
}

/// Why a record fails of which a row cannot be read.
pub(crate) fn unreadable(part: &Part, cause: &str) -> Reason {
    Reason {
        cause: "unreadable-row".to_owned(),
        what: format!("ServiceTitan sent a row ({}) that cannot be read: {cause}.", part.key),
        advice: "Open the record in ServiceTitan, mend the field and save it; the connector reads it again by itself. \
                 If it looks right there, report the message to ServiceTitan's support. \
                 `ml-connector replay --dismiss` leaves the row out."
            .to_owned(),
    }
}
