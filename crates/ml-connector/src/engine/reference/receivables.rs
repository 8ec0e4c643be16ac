//! What customers' invoices and payments refer to in Odoo.

use odoo::domain::Operator;
use odoo::preflight::LockDates;
use odoo::{Domain, Model};
use serde_json::json;
use sync::directory::Receivables;
use sync::flow::Flow;
use sync::mapping::MappingKind;

use super::{id, if_there, text};
use crate::engine::Halt;
use crate::engine::vendors::Vendors;

const PAYMENT: &str = Flow::Payments.model();

/// The words on a payment, as versions call them.
const MEMOS: [&str; 2] = ["memo", "ref"];

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
        let kinds = json!(["bank", "cash", "credit"]);
        let of_money = Domain::field("type", Operator::In, kinds);
        let journals = self.all(MappingKind::PaymentType.model(), of_money, &["name"]);
        let journals = if_there(journals.await)?.unwrap_or_default();
        let journals = journals
            .iter()
            .filter_map(|row| Some((id(row)?, text(row, "name")?)));
        let memo = self.odoo.first_field(&Model::named(PAYMENT), &MEMOS).await;
        Ok(Receivables::default()
            .with_taxes(taxes)
            .with_journals(journals)
            .with_memo(if_there(memo)?.flatten().map(str::to_owned))
            .with_locked_until(locked.map(|(until, _)| until)))
    }
}
