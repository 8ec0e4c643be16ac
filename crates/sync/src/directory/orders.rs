//! How this Odoo keeps purchase orders and their lines: its versions call fields differently, and round differently.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Directory;
use crate::link::TargetId;

/// How this Odoo keeps an order line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLines {
    /// Places that it keeps of a quantity; all of them if `None`.
    pub quantity_digits: Option<u32>,
    /// Places that it keeps of a unit price; all of them if `None`.
    pub price_digits: Option<u32>,
    /// Its name for the taxes.
    pub taxes: String,
    /// Its name for the unit of measure.
    pub unit: String,
    /// Where it says who bears the cost.
    pub costs: CostField,
    /// Whether it has the field that keeps a price what it was said to be ([`odoo::document::TECHNICAL_PRICE`]).
    pub holds_prices: bool,
}

impl Default for OrderLines {
    fn default() -> Self {
        Self {
            quantity_digits: None,
            price_digits: None,
            taxes: "tax_ids".to_owned(),
            unit: "product_uom_id".to_owned(),
            costs: CostField::default(),
            holds_prices: false,
        }
    }
}

/// Where a line says who bears its cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum CostField {
    /// In a distribution over accounts of all plans (since 16).
    #[default]
    Distribution,
    /// In a field for one account (14 and 15).
    Account,
    /// Nowhere that the user may see.
    Nowhere,
}

impl CostField {
    /// Odoo's name for the distribution.
    pub const DISTRIBUTION: &str = "analytic_distribution";

    /// Odoo's name for the one account of an order line.
    pub const ACCOUNT: &str = "account_analytic_id";

    /// Odoo's name for the one account of a bill line.
    pub const ACCOUNT_OF_BILL: &str = "analytic_account_id";

    /// The column that says that these accounts bear the cost together, at most one of each plan, and what it says. Where
    /// there is room for one (in the field `account`), that is the first.
    pub(crate) fn column(
        self,
        account: &str,
        accounts: impl Iterator<Item = TargetId>,
    ) -> Option<(String, String)> {
        let mut accounts = accounts.map(|account| account.to_string());
        match self {
            Self::Nowhere => None,
            Self::Account => Some((
                format!("{account}/.id"),
                accounts.next().unwrap_or_default(),
            )),
            Self::Distribution => {
                let together = accounts.collect::<Vec<_>>().join(",");
                let whole = if together.is_empty() {
                    together
                } else {
                    format!("{{\"{together}\": 100}}")
                };
                Some((Self::DISTRIBUTION.to_owned(), whole))
            }
        }
    }
}

/// Where an order has room for what is said to the vendor in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderNote {
    /// Odoo's name for it: `note`, before 19 `notes`.
    pub field: String,
    /// Whether it takes HTML (since 15), or plain text.
    pub is_html: bool,
}

impl Directory {
    /// Where an order has room for what is said to the vendor in words; `None` where the user may not look.
    #[must_use]
    pub fn order_note(&self) -> Option<&OrderNote> {
        self.purchasing.order_note.as_ref()
    }

    /// Places that Odoo keeps of an order line's unit price; all of them if `None`.
    #[must_use]
    pub fn order_price_digits(&self) -> Option<u32> {
        self.purchasing.order_lines.price_digits
    }

    /// A quantity as an order line keeps it.
    #[must_use]
    pub fn order_quantity(&self, quantity: Decimal) -> Decimal {
        let digits = self.purchasing.order_lines.quantity_digits;
        digits.map_or(quantity, |digits| odoo::decimal::rounded(quantity, digits))
    }

    /// Odoo's name for the taxes of an order line.
    #[must_use]
    pub fn order_line_taxes(&self) -> &str {
        &self.purchasing.order_lines.taxes
    }

    /// Odoo's name for the unit of measure of an order line.
    #[must_use]
    pub fn order_line_unit(&self) -> &str {
        &self.purchasing.order_lines.unit
    }

    /// Where an order line says who bears its cost.
    #[must_use]
    pub fn order_line_costs(&self) -> CostField {
        self.purchasing.order_lines.costs
    }

    /// Whether an order line has the field that keeps its price what it was said to be.
    #[must_use]
    pub fn holds_prices(&self) -> bool {
        self.purchasing.order_lines.holds_prices
    }
}
