//! The general ledger's accounts and the tax zones, as accounting lists them.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;

use super::money::as_number;
use crate::servicetitan::api::{Answer, Call};
use crate::servicetitan::list::Filter;
use crate::servicetitan::read::{PAGING, RANGES};
use crate::servicetitan::record::{GlAccountId, TaxZoneId};
use crate::servicetitan::rot::Kind;

/// An account of the general ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GlAccount {
    /// Its id.
    pub id: GlAccountId,
    /// Its name, by which items refer to it.
    pub name: String,
    /// Its number in the accounting system; not every account has one.
    pub number: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// E.g. `Cost of Goods Sold`.
    #[serde(rename = "type")]
    pub kind: String,
    /// A finer type (`detailType` on lines).
    pub subtype: Option<String>,
    /// Whether it is in use.
    pub active: bool,
    /// Always false here.
    pub is_intacct_group: bool,
    /// Always false here.
    pub is_intacct_bank_account: bool,
    /// `AccountingSystem`, `ManuallyCreated` or `PublicApi`.
    pub source: &'static str,
    /// Its part in ServiceTitan's own postings, e.g. `AccountsPayable`.
    pub default_account_type: Option<&'static str>,
    /// When it was made.
    pub created_on: Timestamp,
    /// When it changed last.
    pub modified_on: Timestamp,
}

/// One rate of a tax zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TaxRate {
    /// Its id.
    pub id: Option<i64>,
    /// Its name.
    pub tax_name: Option<String>,
    /// What it is levied on: `Subtotal`, `Labor`, `Material`.
    pub tax_base_type: Vec<&'static str>,
    /// A fraction: 0.0625 is 6.25 %.
    #[serde(serialize_with = "as_number")]
    pub tax_rate: Decimal,
    /// The item that it is booked with in the accounting system.
    pub sales_tax_item: Option<String>,
}

/// A tax zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TaxZone {
    /// Its id.
    pub id: TaxZoneId,
    /// Its name.
    pub name: String,
    /// Its colour on the map.
    pub color: Option<i32>,
    /// Whether documents show the rates apart.
    pub is_tax_rate_separated: bool,
    /// Whether it has several rates.
    pub is_multiple_tax_zone: bool,
    /// Its rates.
    pub rates: Vec<TaxRate>,
    /// When it was made.
    pub created_on: Timestamp,
    /// When it changed last.
    pub modified_on: Timestamp,
    /// Whether it is in use.
    pub active: bool,
}

impl Call<'_> {
    pub(super) fn gl_accounts(&self) -> Answer {
        let own = [
            "ids", "sort", "active", "names", "numbers", "types", "source",
        ];
        let query = self.query(&[PAGING, RANGES, &own])?;
        let (filter, active) = (Filter::read(&query)?, query.active()?);
        let rows = filter
            .candidates(&self.books.purchasing.gl_accounts, self.now)
            .filter(|row| {
                filter.keeps(*row, row.modified_on)
                    && active.is_none_or(|active| row.active == active)
                    && query.among("names", &row.name)
                    && query.among("numbers", row.number.as_deref().unwrap_or_default())
                    && query.among("types", &row.kind)
                    && query.text("source").is_none_or(|s| s == row.source)
            });
        self.page(&query, Kind::GlAccount, rows.collect())
    }

    pub(super) fn tax_zones(&self) -> Answer {
        let query = self.query(&[PAGING, RANGES, &["ids", "sort", "active"]])?;
        let (filter, active) = (Filter::read(&query)?, query.active()?);
        let rows = filter
            .candidates(&self.books.purchasing.tax_zones, self.now)
            .filter(|row| {
                filter.keeps(*row, row.modified_on)
                    && active.is_none_or(|active| row.active == active)
            });
        self.page(&query, Kind::TaxZone, rows.collect())
    }
}
