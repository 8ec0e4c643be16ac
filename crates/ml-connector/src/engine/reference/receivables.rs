//! What customers' invoices and payments refer to in Odoo.

use odoo::Domain;
use odoo::preflight::LockDates;
use sync::directory::Receivables;
use sync::mapping::MappingKind;

use super::{id, if_there, text};
use crate::engine::Halt;
use crate::engine::vendors::Vendors;

impl Vendors {
    /// Reads it. What the user may not read is left out, and said of each record.
    pub(super) async fn receivables(&self, locks: &LockDates) -> Result<Receivables, Halt> {
        let of_sales = Domain::equal("type_tax_use", "sale");
        let taxes = self.all(MappingKind::TaxZone.model(), of_sales, &["name"]);
        let taxes = if_there(taxes.await)?.unwrap_or_default();
        let taxes = taxes
            .iter()
            .filter_map(|row| Some((id(row)?, text(row, "name")?)));
        // A tax return that was handed in closes no invoice without tax, and those with tax are looked at one by one.
        let locked = locks.of_sales(true);
        Ok(Receivables::default()
            .with_taxes(taxes)
            .with_locked_until(locked.map(|(until, _)| until)))
    }
}
