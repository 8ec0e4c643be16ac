//! Sales tax: which zone, how it is rounded, or what a person typed in.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::invoice::InvoiceLine;
use crate::servicetitan::purchasing::{TaxZone, to_cents};
use crate::servicetitan::record::TaxZoneId;

/// Where halves of a cent go: nobody says which of the two the live system does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxRounding {
    /// The taxable lines are summed up, then the tax is rounded.
    #[default]
    OnSum,
    /// The tax of each line is rounded, then summed up.
    PerLine,
}

/// How an invoice is to be taxed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InvoiceTax {
    /// By whose rates; none: not at all, unless an amount is typed in.
    pub zone: Option<TaxZoneId>,
    /// Where halves of a cent go.
    pub rounding: TaxRounding,
    /// What a person typed in; it stays what lines may become.
    pub amount: Option<Decimal>,
}

impl InvoiceTax {
    /// By a zone's rates, rounded on the sum.
    #[must_use]
    pub fn zone(zone: TaxZoneId) -> Self {
        Self {
            zone: Some(zone),
            ..Self::default()
        }
    }

    /// The same, rounded per line.
    #[must_use]
    pub fn per_line(self) -> Self {
        Self {
            rounding: TaxRounding::PerLine,
            ..self
        }
    }

    /// The same, but with an amount that a person typed in.
    #[must_use]
    pub fn typed(self, amount: Decimal) -> Self {
        Self {
            amount: Some(amount),
            ..self
        }
    }
}

/// The zone as the invoice wrote it down: later changes of the zone do not change it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxCode {
    /// The zone.
    pub id: TaxZoneId,
    /// Its name.
    pub name: String,
    /// All its rates together, a fraction.
    pub rate: Decimal,
}

impl TaxCode {
    pub(super) fn of(zone: &TaxZone) -> Self {
        Self {
            id: zone.id,
            name: zone.name.clone(),
            rate: zone.rates.iter().map(|rate| rate.tax_rate).sum(),
        }
    }
}

/// The tax on lines at a rate.
pub(super) fn on(lines: &[InvoiceLine], rate: Decimal, rounding: TaxRounding) -> Decimal {
    let taxable = lines.iter().filter(|line| line.taxable);
    match rounding {
        TaxRounding::OnSum => to_cents(taxable.map(InvoiceLine::total).sum::<Decimal>() * rate),
        TaxRounding::PerLine => taxable.map(|line| to_cents(line.total() * rate)).sum(),
    }
}
