//! What each flow does in Odoo, so which rights, groups and fields its user needs, and what to say where one of them, or a
//! scope of ServiceTitan, is missing.
//!
//! `check` and the engine ask the same questions and say the same words: model, operation, flow, and the group of Odoo's
//! user form that gives the right. Rights are Odoo's own (`has_access`); where a button asks for a group besides, that
//! group is asked for (measured on Odoo 19: whoever has *Purchase: User* may make bills and write receipts, but posting
//! wants *Accounting: Invoicing*, and validating a receipt that or *Inventory: User*).

use odoo::Model;
use odoo::preflight::{Needs, Problem, Report};
use odoo::server::{Operation, Version};
use sync::directory::{CostField, Holds};
use sync::failure::Vendor;
use sync::flow::Flow;
use sync::record::Reason;

/// The first version with analytic plans.
const PLANS_SINCE: u16 = 16;

/// The first version that calls the groups of its user form as it does now.
const PRIVILEGES_SINCE: u16 = 19;

const WRITTEN: [Operation; 3] = [Operation::Read, Operation::Create, Operation::Write];

/// The group without which Odoo posts nothing.
const INVOICING: &str = "account.group_account_invoice";

/// The group with which Odoo validates receipts, if the user does not book bills besides.
const INVENTORY: &str = "stock.group_stock_user";

/// What a flow does in Odoo.
#[must_use]
pub fn needs(flow: Flow, version: &Version) -> Needs {
    let needs = Needs::new();
    match flow {
        Flow::BusinessUnits => with_accounts(needs, version, &[]),
        Flow::Jobs => with_accounts(needs, version, &["partner_id"]),
        Flow::Customers => with_partners(needs, &["type", "parent_id", "ref"]),
        Flow::Vendors => with_partners(needs, &["supplier_rank", "comment"]),
        Flow::Items => with_products(needs),
        Flow::PurchaseOrders => with_orders(needs),
        Flow::Receipts => with_receipts(needs),
        Flow::Bills | Flow::ApBills | Flow::VendorCredits | Flow::ApCredits => with_bills(needs),
        Flow::Invoices => with_invoices(needs),
        Flow::Payments => with_payments(needs),
        Flow::OdooBills => needs.with(
            Model::named(flow.model()),
            [Operation::Read],
            ["state", "payment_state", "amount_total", "amount_residual"],
        ),
    }
}

/// What these flows do, all together.
#[must_use]
pub fn needs_of(flows: &[Flow], version: &Version) -> Needs {
    let mut all = Needs::new();
    for flow in flows {
        let needs = needs(*flow, version);
        for (model, needs) in needs.models {
            let model = all.models.entry(model).or_default();
            model.operations.extend(needs.operations);
            model.fields.extend(needs.fields);
            model.either.extend(needs.either);
        }
        all.groups.extend(needs.groups);
    }
    all
}

/// Whether a problem stands in the way of a flow that needs this.
fn concerns(needs: &Needs, problem: &Problem) -> bool {
    match problem {
        Problem::CompanyNotAllowed { .. } => false,
        Problem::NoSuchModel(model) => needs.models.contains_key(model),
        Problem::Denied { model, operation } => {
            let needs = needs.models.get(model);
            needs.is_some_and(|needs| needs.operations.contains(operation))
        }
        Problem::NotInGroup { groups } => needs.groups.contains(groups),
        Problem::NoSuchField { model, field } => {
            let needs = needs.models.get(model);
            let either = |names: &Vec<String>| names.join(" or ") == *field;
            needs.is_some_and(|needs| {
                needs.fields.contains(field) || needs.either.iter().any(either)
            })
        }
    }
}

/// Those of the flows in whose way a problem stands; none where it stands in the way of the whole connection.
#[must_use]
pub fn concerned(flows: &[Flow], version: &Version, problem: &Problem) -> Vec<Flow> {
    let flows = flows.iter().copied();
    flows
        .filter(|flow| concerns(&needs(*flow, version), problem))
        .collect()
}

/// What stands in the way of one flow, in one reason; `None` where nothing does.
#[must_use]
pub fn lacking(flow: Flow, report: &Report) -> Option<Reason> {
    let version = &report.version;
    let needs = needs(flow, version);
    let mut holds = Holds::default();
    for problem in report.problems() {
        if concerns(&needs, &problem) {
            holds.hold(flow, Vendor::Odoo, reason(&problem, &[flow], version));
        }
    }
    holds.writing(flow).cloned()
}

/// Whether the user may not work in the connection's company at all.
#[must_use]
pub fn lacks_company(report: &Report) -> Option<Reason> {
    let problems = report.problems();
    let company = |problem: &&Problem| matches!(problem, Problem::CompanyNotAllowed { .. });
    let problem = problems.iter().find(company)?;
    Some(reason(problem, &[], &report.version))
}

/// What a problem means for these flows, and what to do about it. Nothing of it is a vendor's word or a person's name.
#[must_use]
pub fn reason(problem: &Problem, flows: &[Flow], version: &Version) -> Reason {
    let (check, what, advice) = match problem {
        Problem::CompanyNotAllowed { id, allowed } => (
            "odoo company",
            format!(
                "The connector's user may not work in company {id}, only in {}.",
                list(allowed)
            ),
            "Add the company to the user's allowed companies in Odoo (Settings > Users), or correct `company` in the \
             connection file."
                .to_owned(),
        ),
        Problem::NoSuchModel(model) => (
            "odoo apps",
            format!("This Odoo has no {model}, which {} needs.", named(flows)),
            "Install the app that brings it (Contacts for partners, Invoicing for payment terms and analytic accounts, \
             Purchase for products and orders, Inventory for receipts), or turn the flow off."
                .to_owned(),
        ),
        Problem::Denied { model, operation } => (
            "odoo rights",
            format!(
                "The connector's user may not {operation} {model}, which {} needs.",
                named(flows)
            ),
            give(group_of_model(model, version)),
        ),
        Problem::NotInGroup { groups } => {
            let group = groups.first().map_or(INVOICING, String::as_str);
            let deed = if group == INVENTORY {
                "validate stock.picking"
            } else {
                "post account.move"
            };
            (
                "odoo rights",
                format!(
                    "The connector's user may not {deed}, which {} needs.",
                    named(flows)
                ),
                give(group_of_id(group, version)),
            )
        }
        Problem::NoSuchField { model, field } => (
            "odoo fields",
            format!("{model} has no field {field} here, which {} needs.", named(flows)),
            if field.contains("analytic") {
                give(ANALYTIC)
            } else {
                "Look for a module that removed the field or hides it from the user, or for an unsupported version."
                    .to_owned()
            },
        ),
    };
    Reason {
        cause: check.replace(' ', "-"),
        what,
        advice,
    }
}

/// These flows need a scope that the app does not have.
#[must_use]
pub fn no_scope(scope: &str, flows: &[Flow]) -> Reason {
    Reason {
        cause: "servicetitan-scope".to_owned(),
        what: format!(
            "The app lacks the scope {scope}, which {} needs.",
            named(flows)
        ),
        advice: format!(
            "Give the app the scope {scope} in the developer portal and let the tenant's administrator approve the app's \
             new version."
        ),
    }
}

fn give(group: &str) -> String {
    if group == ANALYTIC {
        return "Switch *Analytic Accounting* on in Odoo (Accounting > Configuration > Settings > Analytics), which gives \
                it to every user."
            .to_owned();
    }
    format!(
        "Give the user *{group}* in Odoo (Settings > Users & Companies > Users > Access Rights)."
    )
}

/// Not in the user form: a setting of Accounting.
const ANALYTIC: &str = "Analytic Accounting";

/// The group of the user form that gives the rights on a model that the connector needs.
fn group_of_model(model: &Model, version: &Version) -> &'static str {
    match model.as_str() {
        "res.partner" if version.major >= PRIVILEGES_SINCE => "Contact: Creation",
        "res.partner" => "Contact Creation",
        "product.product" | "product.template" if version.major >= PRIVILEGES_SINCE => {
            "Products: Create"
        }
        "product.product" | "product.template" => {
            "Product Creation (where there is none, Purchase: Administrator)"
        }
        "purchase.order" | "purchase.order.line" => "Purchase: User",
        "stock.picking" | "stock.move" => group_of_id(INVENTORY, version),
        "account.move" | "account.move.line" | "account.payment" | "account.partial.reconcile" => {
            group_of_id(INVOICING, version)
        }
        "account.analytic.account" | "account.analytic.plan" => ANALYTIC,
        _ => "User type: Internal User",
    }
}

/// What the user form calls the group of an external id.
fn group_of_id(group: &str, version: &Version) -> &'static str {
    match group {
        INVENTORY => "Inventory: User",
        _ if version.major >= PRIVILEGES_SINCE => "Accounting: Invoicing",
        _ => "Invoicing: Billing",
    }
}

/// `bills`, `bills and ap-bills`.
fn named(flows: &[Flow]) -> String {
    let names: Vec<&str> = flows.iter().map(|flow| flow.as_str()).collect();
    match names.split_last() {
        Some((last, [])) => format!("the flow {last}"),
        Some((last, others)) => format!("each of the flows {} and {last}", others.join(", ")),
        None => "the connector".to_owned(),
    }
}

fn list(ids: &[odoo::RecordId]) -> String {
    ids.iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

/// Units and jobs: accounts, in a plan that is made where it is missing.
fn with_accounts(needs: Needs, version: &Version, further: &[&str]) -> Needs {
    let fields = ["name", "code", "active"];
    let fields = fields.iter().chain(further).copied();
    let needs = needs.with(Model::named(Flow::Jobs.model()), WRITTEN, fields);
    if version.major < PLANS_SINCE {
        return needs;
    }
    needs.with(
        Model::named("account.analytic.plan"),
        [Operation::Read, Operation::Create],
        ["name"],
    )
}

fn with_products(needs: Needs) -> Needs {
    needs
        .with(
            Model::named(Flow::Items.model()),
            WRITTEN,
            [
                "name",
                "default_code",
                "type",
                "purchase_ok",
                "sale_ok",
                "description_purchase",
                "standard_price",
                "list_price",
                "uom_id",
                "taxes_id",
                "supplier_taxes_id",
                "active",
            ],
        )
        .with(Model::named("uom.uom"), [Operation::Read], ["name"])
}

fn with_orders(needs: Needs) -> Needs {
    needs
        .with(
            Model::named(Flow::PurchaseOrders.model()),
            WRITTEN,
            [
                "partner_id",
                "partner_ref",
                "origin",
                "date_order",
                "order_line",
                "amount_total",
                "state",
            ],
        )
        .with(
            Model::PURCHASE_ORDER_LINE,
            WRITTEN,
            [
                "product_id",
                "name",
                "product_qty",
                "price_unit",
                "date_planned",
                "sequence",
            ],
        )
        .with_either(Model::PURCHASE_ORDER, ["note", "notes"])
        .with_either(
            Model::PURCHASE_ORDER_LINE,
            ["product_uom_id", "product_uom"],
        )
        .with_either(
            Model::PURCHASE_ORDER_LINE,
            [CostField::DISTRIBUTION, CostField::ACCOUNT],
        )
}

fn with_bills(needs: Needs) -> Needs {
    let lines = Model::named("account.move.line");
    with_entries(needs).with(lines, WRITTEN, ["purchase_line_id"])
}

fn with_invoices(needs: Needs) -> Needs {
    with_entries(needs)
        .with(
            Model::named(Flow::Invoices.model()),
            WRITTEN,
            [
                "payment_reference",
                "partner_shipping_id",
                "reversed_entry_id",
                "amount_tax",
                "line_ids",
            ],
        )
        .with(
            Model::named("account.move.line"),
            [Operation::Read],
            ["tax_line_id", "amount_currency"],
        )
        .with(
            Model::named("account.tax"),
            [Operation::Read],
            ["name", "type_tax_use"],
        )
}

fn with_payments(needs: Needs) -> Needs {
    needs
        .with(
            Model::named(Flow::Payments.model()),
            WRITTEN,
            [
                "payment_type",
                "partner_type",
                "partner_id",
                "amount",
                "date",
                "journal_id",
                "state",
                "move_id",
            ],
        )
        .with_either(Model::named(Flow::Payments.model()), ["memo", "ref"])
        .with(
            Model::named("account.partial.reconcile"),
            [Operation::Read],
            ["debit_move_id", "credit_move_id", "amount"],
        )
        .with(
            Model::named("account.move.line"),
            [Operation::Read],
            ["amount_residual", "reconciled"],
        )
        .with(
            Model::named("account.journal"),
            [Operation::Read],
            ["name", "type"],
        )
        .with_group_of(&[INVOICING])
}

/// Journal entries with lines, a vendor's or a customer's.
fn with_entries(needs: Needs) -> Needs {
    needs
        .with(
            Model::named(Flow::Bills.model()),
            WRITTEN,
            [
                "move_type",
                "partner_id",
                "ref",
                "invoice_origin",
                "invoice_date",
                "date",
                "invoice_date_due",
                "invoice_payment_term_id",
                "narration",
                "invoice_line_ids",
                "amount_total",
                "state",
            ],
        )
        .with(
            Model::named("account.move.line"),
            WRITTEN,
            [
                "product_id",
                "name",
                "quantity",
                "price_unit",
                "account_id",
                "tax_ids",
            ],
        )
        .with(
            Model::named("account.account"),
            [Operation::Read],
            ["code", "name"],
        )
        .with_either(
            Model::named("account.move.line"),
            [CostField::DISTRIBUTION, CostField::ACCOUNT_OF_BILL],
        )
        .with_group_of(&[INVOICING])
}

/// Receipts are counted and validated; Odoo makes them.
fn with_receipts(needs: Needs) -> Needs {
    needs
        .with(
            Model::PICKING,
            [Operation::Read, Operation::Write],
            ["state", "backorder_id"],
        )
        .with(
            Model::STOCK_MOVE,
            [Operation::Read, Operation::Write],
            ["product_uom_qty", "purchase_line_id"],
        )
        .with_either(Model::STOCK_MOVE, ["quantity", "quantity_done"])
        .with(
            Model::named("purchase.order.line"),
            [Operation::Read],
            ["qty_received"],
        )
        .with_group_of(&[INVENTORY, INVOICING])
}

fn with_partners(needs: Needs, further: &[&str]) -> Needs {
    const FIELDS: [&str; 11] = [
        "name",
        "is_company",
        "street",
        "street2",
        "city",
        "zip",
        "state_id",
        "country_id",
        "phone",
        "email",
        "active",
    ];
    needs
        .with(
            Model::PARTNER,
            WRITTEN,
            FIELDS.iter().chain(further).copied(),
        )
        .with(
            Model::named("res.country"),
            [Operation::Read],
            ["code", "name"],
        )
        .with(
            Model::named("res.country.state"),
            [Operation::Read],
            ["code", "name", "country_id"],
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(major: u16) -> Version {
        Version {
            major,
            minor: 0,
            text: major.to_string(),
        }
    }

    #[test]
    fn a_missing_right_names_operation_flows_and_group() {
        let denied = Problem::Denied {
            model: Model::named("product.product"),
            operation: Operation::Create,
        };
        let on = [Flow::Vendors, Flow::Items, Flow::PurchaseOrders];
        let flows = concerned(&on, &version(19), &denied);
        assert_eq!(flows, [Flow::Items]);
        let reason = reason(&denied, &flows, &version(19));
        assert_eq!(reason.cause, "odoo-rights");
        assert_eq!(
            reason.what,
            "The connector's user may not create product.product, which the flow items needs."
        );
        assert!(
            reason.advice.contains("*Products: Create*"),
            "{}",
            reason.advice
        );
    }

    #[test]
    fn what_a_button_asks_for_is_asked_for() {
        let posting = Problem::NotInGroup {
            groups: vec![INVOICING.to_owned()],
        };
        let flows = concerned(&Flow::ALL, &version(19), &posting);
        let of_bills = [
            Flow::Bills,
            Flow::ApBills,
            Flow::VendorCredits,
            Flow::ApCredits,
            Flow::Invoices,
            Flow::Payments,
        ];
        assert_eq!(flows, of_bills);
        let told = reason(&posting, &flows, &version(19));
        assert_eq!(
            told.what,
            "The connector's user may not post account.move, which each of the flows bills, ap-bills, vendor-credits, \
             ap-credits, invoices and payments needs."
        );
        assert!(told.advice.contains("*Accounting: Invoicing*"));
        assert!(
            reason(&posting, &flows, &version(17))
                .advice
                .contains("*Invoicing: Billing*")
        );
        let plan = Problem::Denied {
            model: Model::named("account.analytic.plan"),
            operation: Operation::Create,
        };
        let of_plans = [Flow::BusinessUnits, Flow::Jobs];
        assert_eq!(concerned(&Flow::ALL, &version(19), &plan), of_plans);
        assert_eq!(concerned(&Flow::ALL, &version(14), &plan), []);
    }
}
