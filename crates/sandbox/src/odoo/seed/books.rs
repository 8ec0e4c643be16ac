//! What the accounting, purchasing and stock modules bring along: units, categories, accounts, taxes, journals, the
//! analytic plan of projects, the warehouse. Of the chart of accounts only the part that purchases and a few expenses
//! need.

use serde_json::json;

use super::{make, set};
use crate::odoo::Id;
use crate::odoo::database::Tx;
use crate::odoo::schema::Model;
use crate::odoo::value::Value;

/// Units: external name, name, how many, of which.
const UNITS: &[(&str, &str, f64, &str)] = &[
    ("product_uom_unit", "Units", 1.0, ""),
    ("product_uom_pack_6", "Pack of 6", 6.0, "product_uom_unit"),
    ("product_uom_dozen", "Dozens", 12.0, "product_uom_unit"),
    ("product_uom_hour", "Hours", 1.0, ""),
    ("product_uom_day", "Days", 8.0, "product_uom_hour"),
    ("product_uom_millimeter", "mm", 1.0, ""),
    ("product_uom_cm", "cm", 10.0, "product_uom_millimeter"),
    ("product_uom_meter", "m", 100.0, "product_uom_cm"),
    ("product_uom_inch", "in", 2.54, "product_uom_cm"),
    ("product_uom_foot", "ft", 12.0, "product_uom_inch"),
    ("product_uom_yard", "yd", 3.0, "product_uom_foot"),
    ("product_uom_gram", "g", 1.0, ""),
    ("product_uom_kgm", "kg", 1000.0, "product_uom_gram"),
    ("product_uom_oz", "oz", 28.3495, "product_uom_gram"),
    ("product_uom_lb", "lb", 16.0, "product_uom_oz"),
];

/// Accounts: external name, code, name, type.
const ACCOUNTS: &[(&str, &str, &str, &str)] = &[
    ("current_assets", "1010", "Current Assets", "asset_current"),
    (
        "stock_valuation",
        "1101",
        "Stock Valuation",
        "asset_current",
    ),
    (
        "receivable",
        "1210",
        "Account Receivable",
        "asset_receivable",
    ),
    (
        "prepaid_expenses",
        "1280",
        "Prepaid Expenses",
        "asset_current",
    ),
    (
        "bank_journal_default_account",
        "101401",
        "Bank",
        "asset_cash",
    ),
    (
        "account_journal_payment_debit_account_id",
        "101403",
        "Outstanding Receipts",
        "asset_current",
    ),
    (
        "account_journal_payment_credit_account_id",
        "101404",
        "Outstanding Payments",
        "asset_current",
    ),
    ("tax_paid", "1310", "Tax Paid", "asset_current"),
    ("fixed_assets", "1510", "Fixed Asset", "asset_fixed"),
    (
        "current_liabilities",
        "2010",
        "Current Liabilities",
        "liability_current",
    ),
    ("payable", "2110", "Account Payable", "liability_payable"),
    ("tax_received", "2510", "Tax Received", "liability_current"),
    ("capital", "3010", "Capital", "equity"),
    ("income", "4000", "Product Sales", "income"),
    ("other_income", "4500", "Other Income", "income_other"),
    (
        "cost_of_goods_sold",
        "5000",
        "Cost of Goods Sold",
        "expense_direct_cost",
    ),
    ("expense", "6000", "Expenses", "expense"),
    (
        "expense_invest",
        "6110",
        "Purchase of Equipments",
        "expense",
    ),
    ("expense_rent", "6120", "Rent", "expense"),
    ("expense_finance", "6200", "Bank Fees", "expense"),
    ("expense_salary", "6300", "Salary Expenses", "expense"),
];

/// Journals: external name, code, name, type, default account.
const JOURNALS: &[(&str, &str, &str, &str, &str)] = &[
    ("sale", "INV", "Sales", "sale", "income"),
    ("purchase", "BILL", "Purchases", "purchase", "expense"),
    ("general", "MISC", "Miscellaneous Operations", "general", ""),
    ("exch", "EXCH", "Exchange Difference", "general", ""),
    ("caba", "CABA", "Cash Basis Taxes", "general", ""),
    (
        "bank",
        "BNK1",
        "Bank",
        "bank",
        "bank_journal_default_account",
    ),
    (
        "inventory_valuation",
        "STJ",
        "Inventory Valuation",
        "general",
        "",
    ),
];

pub(super) fn all(tx: &mut Tx<'_>) {
    units(tx);
    categories_and_precisions(tx);
    ledger(tx);
    warehouse(tx);
}

fn known(tx: &Tx<'_>, external_id: &str) -> Option<Id> {
    tx.db
        .external_row(external_id)
        .map(|row| crate::odoo::database::external_target(row).1)
}

fn units(tx: &mut Tx<'_>) {
    for (external_name, name, amount, reference) in UNITS {
        let reference = known(tx, &format!("uom.{reference}"));
        let external_id = format!("uom.{external_name}");
        let values = json!({"name": name, "relative_factor": amount, "relative_uom_id": reference});
        let id = make(tx, Model::Uom, Some(&external_id), values);
        #[expect(clippy::cast_possible_truncation, reason = "at most 1000")]
        let sequence = (amount * 100.0).min(1000.0) as i64;
        set(tx, Model::Uom, id, "sequence", Value::Int(sequence));
    }
}

fn categories_and_precisions(tx: &mut Tx<'_>) {
    for (external_id, name) in [
        ("product.product_category_goods", "Goods"),
        ("product.product_category_expenses", "Expenses"),
        ("product.product_category_services", "Services"),
    ] {
        make(
            tx,
            Model::ProductCategory,
            Some(external_id),
            json!({"name": name}),
        );
    }
    for (external_id, name) in [
        ("product.decimal_price", "Product Price"),
        ("product.decimal_discount", "Discount"),
        ("uom.decimal_product_uom", "Product Unit"),
        (
            "analytic.decimal_percentage_analytic",
            "Percentage Analytic",
        ),
    ] {
        let values = json!({"name": name, "digits": 2});
        make(tx, Model::Precision, Some(external_id), values);
    }
}

fn ledger(tx: &mut Tx<'_>) {
    for (external_name, code, name, kind) in ACCOUNTS {
        let values = json!({
            "code": code, "name": name, "account_type": kind, "company_ids": [[6, 0, [1]]],
            "reconcile": kind.ends_with("able") || external_name.starts_with("account_journal_payment"),
        });
        make(
            tx,
            Model::Account,
            Some(&format!("account.1_{external_name}")),
            values,
        );
    }
    for (external_name, usage) in [
        ("sale_tax_template", "sale"),
        ("purchase_tax_template", "purchase"),
    ] {
        let values = json!({"name": "15%", "amount": 15, "type_tax_use": usage});
        let tax = make(
            tx,
            Model::Tax,
            Some(&format!("account.1_{external_name}")),
            values,
        );
        let default = format!("account_{usage}_tax_id");
        set(tx, Model::Company, Id(1), &default, Value::Ref(tax));
    }
    let income = known(tx, "account.1_income").map_or(Value::Empty, Value::Ref);
    set(tx, Model::Company, Id(1), "income_account_id", income);
    let expense = known(tx, "account.1_expense").map_or(Value::Empty, Value::Ref);
    set(tx, Model::Company, Id(1), "expense_account_id", expense);
    for (external_name, code, name, kind, account) in JOURNALS {
        let account = known(tx, &format!("account.1_{account}"));
        let values =
            json!({"code": code, "name": name, "type": kind, "default_account_id": account});
        let journal = make(
            tx,
            Model::Journal,
            Some(&format!("account.1_{external_name}")),
            values,
        );
        methods(tx, journal, kind);
    }
    let plan = json!({"name": "Project"});
    make(
        tx,
        Model::Plan,
        Some("analytic.analytic_plan_projects"),
        plan,
    );
}

/// How money comes and goes through a journal, and how its numbers are kept apart.
fn methods(tx: &mut Tx<'_>, journal: Id, kind: &str) {
    let money = matches!(kind, "bank" | "cash" | "credit");
    let apart = Value::Bool(matches!(kind, "sale" | "purchase"));
    set(tx, Model::Journal, journal, "refund_sequence", apart);
    let apart = Value::Bool(money);
    set(tx, Model::Journal, journal, "payment_sequence", apart);
    for direction in ["inbound", "outbound"].into_iter().filter(|_| money) {
        let values = json!({"name": "Manual Payment", "journal_id": journal});
        let id = make(tx, Model::MethodLine, None, values);
        set(tx, Model::MethodLine, id, "code", Value::text("manual"));
        let direction = Value::text(direction);
        set(tx, Model::MethodLine, id, "payment_type", direction);
    }
}

fn warehouse(tx: &mut Tx<'_>) {
    let place = |tx: &mut Tx<'_>, external_id, name, usage, parent: Option<Id>| {
        let values = json!({"name": name, "usage": usage, "location_id": parent});
        make(tx, Model::Location, external_id, values)
    };
    let vendors = place(
        tx,
        Some("stock.stock_location_suppliers"),
        "Vendors",
        "supplier",
        None,
    );
    let customers = place(
        tx,
        Some("stock.stock_location_customers"),
        "Customers",
        "customer",
        None,
    );
    let view = place(tx, None, "WH", "view", None);
    let stock = place(
        tx,
        Some("stock.stock_location_stock"),
        "Stock",
        "internal",
        Some(view),
    );
    let values =
        json!({"name": "My Company", "code": "WH", "lot_stock_id": stock, "partner_id": 1});
    let warehouse = make(tx, Model::Warehouse, Some("stock.warehouse0"), values);
    for (external_id, name, prefix, code, from, to, field) in [
        (
            "stock.picking_type_in",
            "Receipts",
            "IN",
            "incoming",
            vendors,
            stock,
            "in_type_id",
        ),
        (
            "stock.picking_type_out",
            "Delivery Orders",
            "OUT",
            "outgoing",
            stock,
            customers,
            "out_type_id",
        ),
    ] {
        let values = json!({
            "name": name, "sequence_code": prefix, "code": code, "warehouse_id": warehouse,
            "default_location_src_id": from, "default_location_dest_id": to,
        });
        let id = make(tx, Model::PickingType, Some(external_id), values);
        set(tx, Model::Warehouse, warehouse, field, Value::Ref(id));
    }
}
