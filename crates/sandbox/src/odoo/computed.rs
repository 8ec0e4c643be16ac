//! Fields that are worked out at each reading, and the names of records.

use rust_decimal::Decimal;

use super::Id;
use super::bill;
use super::database::{Row, Tx, external_name};
use super::order;
use super::payment;
use super::posting;
use super::read::raw;
use super::receipt;
use super::sale;
use super::schema::{Field, Model};
use super::value::{Value, rounded};

/// The value of a field with [`super::schema::Source::Computed`].
pub(super) fn of(tx: &Tx<'_>, model: Model, row: &Row, field: &Field) -> Value {
    let through = |name: &str, comodel: Model, field: &str| {
        row.reference(model, name)
            .and_then(|id| tx.row(comodel, id))
            .map_or(Value::Empty, |row| row.get(comodel, field).clone())
    };
    match (model, field.name) {
        (_, "display_name") => Value::text(&display_name(tx, model, row)),
        (Model::Partner, "company_type") => {
            let company = row.get(model, "is_company").is_set();
            Value::text(if company { "company" } else { "person" })
        }
        (Model::Partner, "parent_name") => through("parent_id", model, "name"),
        (Model::Partner, "country_code") => through("country_id", Model::Country, "code"),
        (Model::Company, "country_id") => through("partner_id", Model::Partner, "country_id"),
        (Model::ExternalId, "complete_name") => Value::text(&external_name(row)),
        (Model::Uom, "factor") => Value::Number(factor(tx, row)),
        (Model::Uom, "rounding") => Value::Number(Decimal::new(1, 2)),
        (Model::Template | Model::Product | Model::Analytic, "currency_id") => Value::Ref(Id(1)),
        (Model::Template, _) => of_template(tx, row, field.name),
        (Model::Product, "lst_price") => {
            raw(tx, model, row, model.definition().place("list_price"))
        }
        (Model::Order, "picking_ids") => Value::Many(receipt::pickings_of(tx.db, row.id()).into()),
        (Model::Order, "incoming_picking_count") => {
            count(receipt::pickings_of(tx.db, row.id()).into_iter())
        }
        (Model::Order, "is_shipped") => Value::Bool(receipt::is_shipped(tx, row.id())),
        (Model::Order, "invoice_ids") => Value::Many(order::bills(tx.db, row.id()).into()),
        (Model::Order, "invoice_count") => count(order::bills(tx.db, row.id()).into_iter()),
        (Model::Journal, name) => {
            let direction = name.split('_').next().unwrap_or_default();
            Value::Many(payment::methods(tx.db, row.id(), direction).into())
        }
        (Model::Payment, name) => of_payment(tx, row, name),
        (Model::SaleOrder, name) => sale::of_order(tx, row, name),
        (Model::SaleLine, name) => sale::of_line(tx, row, name),
        (Model::Task, _) => {
            let closed = matches!(row.text(model, "state"), Some("1_done" | "1_canceled"));
            Value::Bool(closed)
        }
        (Model::Project, _) => count(tx.db.pointing(Model::Task, "project_id", row.id())),
        (Model::MethodLine, "company_id") => through("journal_id", Model::Journal, "company_id"),
        (Model::Move, name) => of_entry(tx, row, name),
        (Model::MoveLine, "move_name") => through("move_id", Model::Move, "name"),
        (Model::MoveLine, "parent_state") => through("move_id", Model::Move, "state"),
        (Model::MoveLine, "account_type") => through("account_id", Model::Account, "account_type"),
        (Model::MoveLine, "purchase_order_id") => {
            through("purchase_line_id", Model::OrderLine, "order_id")
        }
        (Model::MoveLine, name) => through("move_id", Model::Move, name),
        (Model::OrderLine, name) => through("order_id", Model::Order, name),
        (Model::Picking, "picking_type_code") => {
            through("picking_type_id", Model::PickingType, "code")
        }
        (Model::Picking, "purchase_id") => {
            receipt::order_of(tx.db, row.id()).map_or(Value::Empty, Value::Ref)
        }
        (Model::StockMove, "reference") => through("picking_id", Model::Picking, "name"),
        (Model::Plan, "root_id") => root_plan(tx, row.id()).map_or(Value::Empty, Value::Ref),
        (Model::Plan, "account_count") => {
            count(tx.db.pointing(Model::Analytic, "plan_id", row.id()))
        }
        (Model::Analytic, "root_plan_id") => row
            .reference(model, "plan_id")
            .and_then(|plan| root_plan(tx, plan))
            .map_or(Value::Empty, Value::Ref),
        _ => Value::Empty,
    }
}

fn of_payment(tx: &Tx<'_>, row: &Row, name: &str) -> Value {
    match name {
        "reconciled_invoice_ids" => Value::Many(payment::documents(tx, row, "out_").into()),
        "reconciled_bill_ids" => Value::Many(payment::documents(tx, row, "in_").into()),
        "reconciled_invoices_count" => count(payment::documents(tx, row, "out_").into_iter()),
        "reconciled_bills_count" => count(payment::documents(tx, row, "in_").into_iter()),
        _ => {
            let amount = row.get(Model::Payment, "amount").as_number();
            let outbound = row.text(Model::Payment, "payment_type") == Some("outbound");
            Value::Number(if outbound { -amount } else { amount })
        }
    }
}

fn of_entry(tx: &Tx<'_>, row: &Row, name: &str) -> Value {
    let bought = !matches!(
        row.text(Model::Move, "move_type"),
        Some("in_refund" | "out_invoice" | "out_receipt" | "entry")
    );
    match name {
        "commercial_partner_id" => row
            .reference(Model::Move, "partner_id")
            .and_then(|id| tx.row(Model::Partner, id))
            .map_or(Value::Empty, |row| {
                row.get(Model::Partner, "commercial_partner_id").clone()
            }),
        "payment_ids" => Value::Many(
            tx.db
                .pointing(Model::Payment, "move_id", row.id())
                .collect(),
        ),
        "matched_payment_ids" => Value::Many(payment::tied_to(tx, row.id()).into()),
        "reconciled_payment_ids" => Value::Many(payment::of_document(tx, row.id()).into()),
        "duplicated_ref_ids" => Value::Many(bill::duplicates(tx, row).into()),
        "purchase_order_count" => count(bill::orders_of(tx, row.id()).into_iter()),
        name => match name.strip_suffix("_signed") {
            Some(unsigned) => {
                let amount = row.get(Model::Move, unsigned).as_number();
                Value::Number(if bought { -amount } else { amount })
            }
            None => Value::Empty,
        },
    }
}

/// Whether a field is there: the column of an analytic plan comes with the plan.
pub(super) fn exists(tx: &Tx<'_>, model: Model, field: &Field) -> bool {
    model != Model::AnalyticLine
        || !field.name.starts_with("x_plan")
        || tx.db.rows(Model::Plan).any(|row| {
            row.reference(Model::Plan, "parent_id").is_none()
                && posting::column_of(row.id()).as_deref() == Some(field.name)
        })
}

fn count(found: impl Iterator<Item = Id>) -> Value {
    Value::Int(i64::try_from(found.count()).unwrap_or(i64::MAX))
}

/// What a template shows of its only active product; of several, nothing.
fn of_template(tx: &Tx<'_>, row: &Row, name: &str) -> Value {
    let all: Vec<&Row> = tx
        .db
        .pointing(Model::Product, "product_tmpl_id", row.id())
        .filter_map(|id| tx.row(Model::Product, id))
        .collect();
    let active = || {
        all.iter()
            .filter(|row| row.get(Model::Product, "active").as_bool())
    };
    match name {
        "product_variant_count" => count(active().map(|row| row.id())),
        "product_variant_id" => active()
            .next()
            .map_or(Value::Empty, |row| Value::Ref(row.id())),
        name => match all.as_slice() {
            [only] => only.get(Model::Product, name).clone(),
            _ if name == "standard_price" => Value::Number(Decimal::ZERO),
            _ => Value::Empty,
        },
    }
}

/// How many of the smallest unit of its kind a unit holds.
fn factor(tx: &Tx<'_>, row: &Row) -> Decimal {
    let own = row.get(Model::Uom, "relative_factor").as_number();
    row.reference(Model::Uom, "relative_uom_id")
        .and_then(|id| tx.row(Model::Uom, id))
        .map_or(own, |reference| own * factor(tx, reference))
}

/// A quantity of one unit in another, to the decimals of quantities.
pub(super) fn converted(
    tx: &Tx<'_>,
    quantity: Decimal,
    from: Option<Id>,
    to: Option<Id>,
) -> Decimal {
    let unit = |id: Option<Id>| id.and_then(|id| tx.row(Model::Uom, id));
    match (unit(from), unit(to)) {
        (Some(from), Some(to)) if from.id() != to.id() => {
            rounded(quantity * factor(tx, from) / factor(tx, to), 2)
        }
        _ => quantity,
    }
}

/// The plan at the top of a plan's tree.
pub(super) fn root_plan(tx: &Tx<'_>, plan: Id) -> Option<Id> {
    let row = tx.row(Model::Plan, plan)?;
    match row.reference(Model::Plan, "parent_id") {
        Some(parent) => root_plan(tx, parent),
        None => Some(plan),
    }
}

/// What Odoo calls the record in lists and references.
pub(super) fn display_name(tx: &Tx<'_>, model: Model, row: &Row) -> String {
    let text = |name: &str| row.text(model, name).unwrap_or_default();
    let coded = |name: &str| match row.text(model, "code") {
        Some(code) => format!("[{code}] {name}"),
        None => name.to_owned(),
    };
    match model {
        Model::Partner | Model::ProductCategory | Model::Plan | Model::Location => {
            text("complete_name").to_owned()
        }
        Model::State => {
            let country = row
                .reference(model, "country_id")
                .and_then(|id| tx.row(Model::Country, id))
                .and_then(|country| country.text(Model::Country, "code"));
            let name = text("name");
            country.map_or_else(|| name.to_owned(), |code| format!("{name} ({code})"))
        }
        Model::ExternalId => external_name(row),
        Model::Template | Model::Product => {
            let definition = model.definition();
            let shown = |name: &str| raw(tx, model, row, definition.place(name));
            let (code, name) = (shown("default_code"), shown("name"));
            let name = name.as_text().unwrap_or_default();
            code.as_text()
                .map_or_else(|| name.to_owned(), |code| format!("[{code}] {name}"))
        }
        Model::Analytic => {
            let name = coded(text("name"));
            let customer = row
                .reference(model, "partner_id")
                .and_then(|id| tx.row(Model::Partner, id))
                .and_then(|row| row.reference(Model::Partner, "commercial_partner_id"))
                .and_then(|id| tx.row(Model::Partner, id))
                .and_then(|row| row.text(Model::Partner, "name"));
            customer.map_or(name.clone(), |customer| format!("{name} - {customer}"))
        }
        Model::Order => match row.text(model, "partner_ref") {
            Some(reference) => format!("{} ({reference})", text("name")),
            None => text("name").to_owned(),
        },
        Model::Move => entry_name(row),
        Model::Payment => row
            .text(model, "name")
            .unwrap_or("Draft Payment")
            .to_owned(),
        Model::MethodLine => {
            let journal = row
                .reference(model, "journal_id")
                .and_then(|id| tx.row(Model::Journal, id))
                .and_then(|row| row.text(Model::Journal, "name"));
            let name = text("name");
            journal.map_or_else(|| name.to_owned(), |journal| format!("{name} ({journal})"))
        }
        Model::Partial | Model::Full => format!("{},{}", model.name(), row.id()),
        Model::StockMove => row
            .reference(model, "picking_id")
            .and_then(|id| tx.row(Model::Picking, id))
            .and_then(|row| row.text(Model::Picking, "name"))
            .unwrap_or_default()
            .to_owned(),
        Model::Account => format!("{} {}", text("code"), text("name"))
            .trim()
            .to_owned(),
        Model::PickingType => row
            .reference(model, "warehouse_id")
            .and_then(|id| tx.row(Model::Warehouse, id))
            .and_then(|row| row.text(Model::Warehouse, "name"))
            .map_or_else(
                || text("name").to_owned(),
                |warehouse| format!("{warehouse}: {}", text("name")),
            ),
        Model::Seller => row
            .reference(model, "partner_id")
            .and_then(|id| tx.row(Model::Partner, id))
            .map(|partner| display_name(tx, Model::Partner, partner))
            .unwrap_or_default(),
        _ => text("name").to_owned(),
    }
}

/// A document by its number and reference; a draft by its kind.
fn entry_name(row: &Row) -> String {
    match (row.text(Model::Move, "name"), row.text(Model::Move, "ref")) {
        (Some(name), Some(reference)) => format!("{name} ({reference})"),
        (Some(name), None) => name.to_owned(),
        (None, _) => {
            let kind = match row.text(Model::Move, "move_type") {
                Some("in_invoice") => "Draft Bill",
                Some("in_refund") => "Draft Vendor Credit Note",
                Some("out_invoice") => "Draft Invoice",
                Some("out_refund") => "Draft Credit Note",
                _ => "Draft Entry",
            };
            format!("{kind} (* {})", row.id())
        }
    }
}
