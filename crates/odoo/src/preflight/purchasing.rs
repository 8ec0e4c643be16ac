//! What purchasing needs, and how the company keeps its books.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::Value;

use super::Needs;
use crate::record::Model;
use crate::server::{Operation, Version};
use crate::{Fields, decimal};

/// The first version with analytic plans, and with distributions on lines.
const PLANS_SINCE: u16 = 16;

/// How the company keeps its books, as far as purchasing depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accounting {
    /// Whether analytic accounting is switched on for the user. Where it is off, nobody may read plans,
    /// administrators included. `None`: the server does not tell.
    pub analytic: Option<bool>,
    /// What Odoo does with the unit price of an order's line.
    pub price_digits: Digits,
    /// What Odoo does with the quantity of an order's line.
    pub quantity_digits: Digits,
    /// Whether confirmed orders wait for the approval of another.
    pub approval: Approval,
    /// How taxes are rounded. `None`: the server does not tell.
    pub tax_rounding: Option<TaxRounding>,
    /// Until when periods are locked. `None`: the user may not see it.
    pub locks: Option<LockDates>,
}

/// To how many places Odoo rounds a number when it is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digits {
    /// The server does not tell, or the user may not see the field.
    Unknown,
    /// It is kept as it comes; a setting such as "Product Price" only says how many are shown. Prices
    /// on Odoo 19.
    Unlimited,
    /// To these: quantities; on Odoo 14 prices too.
    Places(u32),
}

/// Whether a purchase order waits for approval when it is confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approval {
    /// The server does not tell.
    Unknown,
    /// No.
    None,
    /// Yes, where its total comes to this much in the company's currency, unless a purchase manager
    /// confirms it.
    From(Decimal),
}

impl Approval {
    /// The fields of `res.company`.
    pub const FIELDS: [&'static str; 2] = ["po_double_validation", "po_double_validation_amount"];

    /// Reads a company's fields.
    #[must_use]
    pub fn read(company: &Fields) -> Self {
        let [steps, amount] = Self::FIELDS.map(|field| company.get(field));
        match steps.and_then(Value::as_str) {
            Some("one_step") => Self::None,
            Some("two_step") => amount
                .and_then(decimal::read)
                .map_or(Self::Unknown, Self::From),
            _ => Self::Unknown,
        }
    }
}

/// What is rounded to the currency when taxes are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaxRounding {
    /// Each line's tax.
    PerLine,
    /// The sum of all lines' tax.
    Globally,
}

impl TaxRounding {
    /// The field of `res.company`.
    pub const FIELD: &'static str = "tax_calculation_rounding_method";

    /// Reads a company's field.
    #[must_use]
    pub fn read(company: &Fields) -> Option<Self> {
        match company.get(Self::FIELD)?.as_str()? {
            "round_per_line" => Some(Self::PerLine),
            "round_globally" => Some(Self::Globally),
            _ => None,
        }
    }
}

/// The last day of each locked period.
///
/// Odoo 19 moves the accounting date of a bill out of a locked period without a word: look before, and
/// read the date back after.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LockDates {
    /// Of everything (`fiscalyear_lock_date`).
    pub fiscal_year: Option<Date>,
    /// Of entries with taxes (`tax_lock_date`).
    pub tax: Option<Date>,
    /// Of sales (`sale_lock_date`; not in old versions).
    pub sale: Option<Date>,
    /// Of purchases (`purchase_lock_date`; not in old versions).
    pub purchase: Option<Date>,
    /// Of everything, for good (`hard_lock_date`; not in old versions).
    pub hard: Option<Date>,
    /// Of everything, for users who are no accountants (`period_lock_date`; only in old versions).
    pub period: Option<Date>,
}

impl LockDates {
    /// The fields of `res.company`.
    pub const FIELDS: [&'static str; 6] = [
        "fiscalyear_lock_date",
        "tax_lock_date",
        "sale_lock_date",
        "purchase_lock_date",
        "hard_lock_date",
        "period_lock_date",
    ];

    /// The last day on which a vendor bill cannot be booked, and the field that says so.
    #[must_use]
    pub fn of_purchases(&self, taxed: bool) -> Option<(Date, &'static str)> {
        self.last([taxed, false, true])
    }

    /// The last day on which a customer's invoice cannot be booked, and the field that says so.
    #[must_use]
    pub fn of_sales(&self, taxed: bool) -> Option<(Date, &'static str)> {
        self.last([taxed, true, false])
    }

    /// The last day on which a payment cannot be booked, and the field that says so.
    #[must_use]
    pub fn of_payments(&self) -> Option<(Date, &'static str)> {
        self.last([false, false, false])
    }

    /// The latest of those that hold for everything, and of tax, sale and purchase where they count.
    fn last(&self, [tax, sale, purchase]: [bool; 3]) -> Option<(Date, &'static str)> {
        let dates = [
            self.fiscal_year,
            self.tax.filter(|_| tax),
            self.sale.filter(|_| sale),
            self.purchase.filter(|_| purchase),
            self.hard,
            self.period,
        ];
        dates
            .into_iter()
            .zip(Self::FIELDS)
            .filter_map(|(date, field)| Some((date?, field)))
            .max_by_key(|(date, _)| *date)
    }

    /// Reads a company's fields; those that the version does not have stay empty. `None` where one is no
    /// date.
    #[must_use]
    pub fn read(company: &Fields) -> Option<Self> {
        let date = |field: &str| match company.get(field) {
            None | Some(Value::Bool(false) | Value::Null) => Some(None),
            Some(Value::String(text)) => text.parse::<Date>().ok().map(Some),
            Some(_) => None,
        };
        let [fiscal_year, tax, sale, purchase, hard, period] = Self::FIELDS.map(date);
        Some(Self {
            fiscal_year: fiscal_year?,
            tax: tax?,
            sale: sale?,
            purchase: purchase?,
            hard: hard?,
            period: period?,
        })
    }
}

impl Needs {
    /// What is needed to keep products, analytic accounts, purchase orders, receipts and vendor bills
    /// (vendors are [`Model::PARTNER`], which is not among it).
    #[must_use]
    pub fn purchasing(version: &Version) -> Self {
        use Operation::{Create, Read, Unlink, Write};
        let plans = version.major >= PLANS_SINCE;
        let analytic = if plans {
            "analytic_distribution"
        } else {
            "account_analytic_id"
        };
        let bill_analytic = if plans {
            analytic
        } else {
            "analytic_account_id"
        };
        let mut needs = Self::new()
            .with(
                Model::PRODUCT,
                [Read, Create, Write],
                [
                    "name",
                    "default_code",
                    "type",
                    "active",
                    "supplier_taxes_id",
                ],
            )
            .with(Model::PRODUCT_TEMPLATE, [Read, Create, Write], [])
            .with(
                Model::ANALYTIC_ACCOUNT,
                [Read, Create, Write],
                ["name", "code", "active"],
            )
            .with(
                Model::PURCHASE_ORDER,
                [Read, Create, Write],
                [
                    "partner_id",
                    "partner_ref",
                    "date_order",
                    "order_line",
                    "state",
                ],
            )
            .with(
                Model::PURCHASE_ORDER_LINE,
                [Read, Create, Write, Unlink],
                ["product_id", "name", "product_qty", "price_unit", analytic],
            )
            .with_either(Model::PURCHASE_ORDER_LINE, ["tax_ids", "taxes_id"])
            .with_either(
                Model::PURCHASE_ORDER_LINE,
                ["product_uom_id", "product_uom"],
            )
            .with(
                Model::MOVE,
                [Read, Create, Write],
                [
                    "move_type",
                    "ref",
                    "invoice_date",
                    "date",
                    "invoice_date_due",
                ],
            )
            .with(
                Model::MOVE_LINE,
                [Read, Create, Write],
                ["account_id", "tax_ids", "purchase_line_id", bill_analytic],
            )
            .with(Model::PICKING, [Read, Create, Write], ["state"])
            .with(Model::STOCK_MOVE, [Read, Write], ["purchase_line_id"])
            .with_either(Model::STOCK_MOVE, ["quantity", "quantity_done"]);
        for model in ["account.account", "account.tax", "account.journal"] {
            needs = needs.with(Model::named(model), [Read], []);
        }
        if plans {
            needs = needs.with(Model::ANALYTIC_PLAN, [Read, Create, Write], ["name"]);
        }
        needs
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn locks(company: Value) -> Option<LockDates> {
        let Value::Object(company) = company else {
            unreachable!()
        };
        LockDates::read(&company)
    }

    #[test]
    fn the_last_locked_day_of_purchases_heeds_tax_only_where_there_is_some() {
        let locks = locks(json!({"id": 1, "fiscalyear_lock_date": "2026-06-30",
            "tax_lock_date": "2026-10-31", "sale_lock_date": "2026-12-31",
            "purchase_lock_date": "2026-09-30", "hard_lock_date": false}))
        .unwrap();
        let day = |text: &str| text.parse::<Date>().unwrap();
        assert_eq!(
            locks.of_purchases(true),
            Some((day("2026-10-31"), "tax_lock_date"))
        );
        assert_eq!(
            locks.of_purchases(false),
            Some((day("2026-09-30"), "purchase_lock_date"))
        );
        assert_eq!(
            locks.of_sales(true),
            Some((day("2026-12-31"), "sale_lock_date"))
        );
        assert_eq!(
            locks.of_payments(),
            Some((day("2026-06-30"), "fiscalyear_lock_date"))
        );
        assert_eq!(LockDates::default().of_purchases(true), None);
    }

    #[test]
    fn what_the_company_does_not_say_is_unknown() {
        let read = |company: Value| {
            let Value::Object(company) = company else {
                unreachable!()
            };
            (Approval::read(&company), TaxRounding::read(&company))
        };
        assert_eq!(read(json!({})), (Approval::Unknown, None));
        let amount = "5000.5".parse().unwrap();
        assert_eq!(
            read(
                json!({"po_double_validation": "two_step", "po_double_validation_amount": 5000.5,
                "tax_calculation_rounding_method": "round_per_line"})
            ),
            (Approval::From(amount), Some(TaxRounding::PerLine))
        );
        assert_eq!(
            read(json!({"po_double_validation": "one_step"})).0,
            Approval::None
        );
    }

    #[test]
    fn what_is_no_date_is_not_taken_for_none() {
        assert_eq!(locks(json!({})), Some(LockDates::default()));
        assert_eq!(locks(json!({"tax_lock_date": 7})), None);
        assert_eq!(locks(json!({"tax_lock_date": "soon"})), None);
    }
}
