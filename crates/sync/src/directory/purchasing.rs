//! What purchasing refers to: units of measure, charges, how Odoo keeps the lines of orders.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Directory;
use super::analytic::{AnalyticPlan, Dimension, Plans};
use super::names::{Meaning, Names};
use super::orders::{OrderLines, OrderNote};
use crate::failure;
use crate::record::Reason;

/// What ServiceTitan's users write where they mean Odoo's plain unit.
const EACH: [&str; 7] = ["each", "ea", "ea.", "unit", "units", "pc", "pcs"];

/// The purchasing part of a directory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purchasing {
    /// Where Odoo has the analytic plans.
    pub(super) analytic_plans: Plans,
    /// Odoo's units of measure.
    units_of_measure: Names,
    /// The plain one.
    each: Option<i64>,
    /// The custom field of ServiceTitan that holds the account number with a vendor.
    account_number_field: Option<String>,
    /// The custom field of ServiceTitan that holds a vendor's tax id.
    tax_id_field: Option<String>,
    /// Whether what was received in ServiceTitan is received in Odoo.
    receives: bool,
    /// Whether orders stay drafts until somebody confirms them in Odoo.
    leaves_orders: bool,
    /// The products of what is charged besides items.
    charges: BTreeMap<Charge, i64>,
    /// How Odoo keeps the lines of orders.
    pub(super) order_lines: OrderLines,
    /// Where an order has room for words.
    pub(super) order_note: Option<OrderNote>,
    /// The company's currency.
    currency: Option<i64>,
    /// Whether Odoo adds the lines of a document up before it rounds.
    adds_before_rounding: bool,
}

/// What stands on a vendor's document besides its items, each with a service product of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Charge {
    /// Freight.
    Shipping,
    /// The vendor's sales tax.
    Tax,
    /// The cents that Odoo's unit prices leave over.
    Rounding,
    /// Other costs of the whole document.
    Other,
}

impl Charge {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Shipping, Self::Tax, Self::Rounding, Self::Other];

    /// One word, which the names of products and lines end with.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shipping => "shipping",
            Self::Tax => "tax",
            Self::Rounding => "rounding",
            Self::Other => "other",
        }
    }

    /// What the product is called when it is made, and what stands on the line.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Shipping => "Shipping",
            Self::Tax => "Sales Tax",
            Self::Rounding => "Rounding",
            Self::Other => "Other Costs",
        }
    }
}

impl Purchasing {
    /// Sets where Odoo has an analytic plan.
    #[must_use]
    pub fn with_analytic_plan(mut self, dimension: Dimension, plan: AnalyticPlan) -> Self {
        self.analytic_plans.insert(dimension, plan);
        self
    }

    /// Sets Odoo's units of measure; `each` is the plain one.
    #[must_use]
    pub fn with_units_of_measure(
        mut self,
        units: impl IntoIterator<Item = (i64, String)>,
        each: Option<i64>,
    ) -> Self {
        self.units_of_measure = units.into_iter().collect();
        self.each = each;
        self
    }
}

impl Purchasing {
    /// Sets the products of what is charged besides items.
    #[must_use]
    pub fn with_charges(mut self, charges: impl IntoIterator<Item = (Charge, i64)>) -> Self {
        self.charges.extend(charges);
        self
    }

    /// Sets whether what was received in ServiceTitan is received in Odoo, and not by hand there.
    #[must_use]
    pub fn with_receiving(mut self, receives: bool) -> Self {
        self.receives = receives;
        self
    }

    /// Sets whether orders that were sent in ServiceTitan stay drafts until somebody confirms them in Odoo.
    #[must_use]
    pub fn with_orders_left(mut self, leaves: bool) -> Self {
        self.leaves_orders = leaves;
        self
    }

    /// Sets the custom fields of ServiceTitan's vendors that are carried: account number, tax id.
    #[must_use]
    pub fn with_vendor_fields(
        mut self,
        account_number: Option<String>,
        tax_id: Option<String>,
    ) -> Self {
        self.account_number_field = account_number;
        self.tax_id_field = tax_id;
        self
    }

    /// Sets how Odoo keeps the lines of orders.
    #[must_use]
    pub fn with_order_lines(mut self, lines: OrderLines) -> Self {
        self.order_lines = lines;
        self
    }

    /// Sets where an order has room for words.
    #[must_use]
    pub fn with_order_note(mut self, note: Option<OrderNote>) -> Self {
        self.order_note = note;
        self
    }

    /// Sets the company's currency.
    #[must_use]
    pub fn with_currency(mut self, currency: Option<i64>) -> Self {
        self.currency = currency;
        self
    }

    /// Sets whether Odoo adds the lines of a document up before it rounds ("round globally"), or rounds each of them.
    #[must_use]
    pub fn with_rounding(mut self, adds_before_rounding: bool) -> Self {
        self.adds_before_rounding = adds_before_rounding;
        self
    }

    /// Whether every product of what is charged besides items is there.
    #[must_use]
    pub fn has_charges(&self) -> bool {
        Charge::ALL
            .iter()
            .all(|charge| self.charges.contains_key(charge))
    }
}

impl Directory {
    /// Whether what was received in ServiceTitan is received in Odoo, and not by hand there.
    #[must_use]
    pub fn receives(&self) -> bool {
        self.purchasing.receives
    }

    /// Whether orders stay drafts until somebody confirms them in Odoo.
    #[must_use]
    pub fn leaves_orders(&self) -> bool {
        self.purchasing.leaves_orders
    }

    /// The purchasing part.
    #[must_use]
    pub fn purchasing(&self) -> &Purchasing {
        &self.purchasing
    }

    /// Odoo's product of what is charged besides items.
    pub fn charge(&self, charge: Charge) -> Result<i64, Reason> {
        let product = self.purchasing.charges.get(&charge).copied();
        product.ok_or_else(|| failure::no_charge(charge.label()))
    }

    /// The company's currency.
    #[must_use]
    pub fn currency(&self) -> Option<i64> {
        self.purchasing.currency
    }

    /// Which columns of a vendor come from which of ServiceTitan's custom fields.
    pub(crate) fn vendor_fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let fields = [
            ("ref", &self.purchasing.account_number_field),
            ("vat", &self.purchasing.tax_id_field),
        ];
        fields
            .into_iter()
            .filter_map(|(column, field)| Some((column, field.as_deref()?)))
    }

    /// Whether Odoo adds the lines of a document up before it rounds.
    #[must_use]
    pub fn adds_before_rounding(&self) -> bool {
        self.purchasing.adds_before_rounding
    }

    /// Adds what purchasing refers to.
    #[must_use]
    pub fn with_purchasing(mut self, purchasing: Purchasing) -> Self {
        self.purchasing = purchasing;
        self
    }

    /// Odoo's plain unit of measure, which a product has that says none.
    #[must_use]
    pub fn each(&self) -> Option<i64> {
        self.purchasing.each
    }

    /// Odoo's unit of measure of that name. `None`: Odoo's own default is used, and a warning says so unless the text is
    /// empty.
    pub fn unit_of_measure(&self, text: &str, warnings: &mut Vec<String>) -> Option<i64> {
        let name = crate::plain::line(text);
        if name.is_empty() {
            return None;
        }
        match self.purchasing.units_of_measure.of(&name) {
            Meaning::One(id) => return Some(id),
            Meaning::Nothing if EACH.contains(&name.to_lowercase().as_str()) => {
                if let Some(each) = self.purchasing.each {
                    return Some(each);
                }
            }
            Meaning::Several | Meaning::Nothing => {}
        }
        warnings.push(format!(
            "unit of measure {} is not one of Odoo's: add it in Odoo under that name (Inventory > Configuration > Units \
             of Measure); Odoo's default was used",
            crate::plain::quoted(&name)
        ));
        None
    }
}
