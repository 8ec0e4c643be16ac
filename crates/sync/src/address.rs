//! An address of ServiceTitan as columns of an Odoo partner.

use servicetitan::record::Address;

use crate::content::Content;
use crate::directory::{Directory, Place};
use crate::plain::line;

/// Sets the columns of an address; an empty one clears them.
pub(crate) fn set_address(
    content: &mut Content,
    address: &Address,
    directory: &Directory,
    warnings: &mut Vec<String>,
) {
    let unit = line(address.unit.as_deref().unwrap_or_default());
    let (country, state) = (line(&address.country), line(&address.state));
    let lines = [
        line(&address.street),
        unit,
        line(&address.city),
        line(&address.zip),
    ];
    let somewhere = lines
        .iter()
        .chain([&country, &state])
        .any(|line| !line.is_empty());
    let place = if somewhere {
        directory.place(&country, &state, warnings)
    } else {
        Place::default()
    };
    for (column, line) in ["street", "street2", "city", "zip"].into_iter().zip(lines) {
        content.set(column, line);
    }
    content.set_id("state_id", place.state);
    content.set_id("country_id", place.country);
}
