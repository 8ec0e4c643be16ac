//! The Odoo side: server, user, company, rights, fields, the key's end.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use odoo::Model;
use odoo::preflight::{Company, Keys, Needs, Problem, Report};
use odoo::server::Operation;
use rand::RngExt as _;
use secrecy::SecretString;
use sync::directory::CostField;
use sync::flow::Flow;

use super::{Findings, Status, prices};
use crate::connection::Profile;
use crate::engine::supervisor::Shared;
use crate::engine::vendors;

/// How long before a key's end the doctor warns.
const KEY_WARNING: SignedDuration = SignedDuration::from_hours(14 * 24);

/// The oldest version that keeps what bills need: names of lines, and costs on a unit and a job together.
const BILLS_MAJOR_MIN: u16 = 17;

/// The oldest version that is tested.
const MAJOR_MIN: u16 = 14;

pub(super) async fn check(
    shared: &Shared,
    profile: &Profile,
    secrets: &BTreeMap<String, SecretString>,
    findings: &mut Findings,
) {
    let seed = shared.clock.rng().random();
    let client = match vendors::odoo(&shared.http, profile, secrets, seed).await {
        Err(error) => {
            let advice = "Run `ml-connector connection set FILE` with a complete connection file.";
            return findings.add(
                "odoo credentials",
                Status::Error,
                format!("{error:#}"),
                advice,
            );
        }
        Ok(Err(error)) => return findings.odoo_failed("odoo server", &error),
        Ok(Ok(client)) => client,
    };
    let version = client.version();
    let saw = format!(
        "Odoo {} at {}, spoken to by {}",
        version.text,
        profile.odoo.url,
        client.protocol()
    );
    if version.major < MAJOR_MIN {
        findings.add(
            "odoo server",
            Status::Error,
            saw,
            "Odoo 14 is the oldest version that is supported.",
        );
    } else {
        findings.ok("odoo server", saw);
    }
    let flows = profile.flows_on();
    if version.major < BILLS_MAJOR_MIN && flows.iter().any(|flow| flow.is_of_bills()) {
        findings.add(
            "odoo version for bills",
            Status::Error,
            format!("Odoo {} does not keep the names of bill lines, or distributes a line over one plan only", version.text),
            "Turn the flows of bills and credits off in the connection file, or use Odoo 17 or later (19 is tested).",
        );
    }
    match client.preflight(&needs(profile)).await {
        Err(error) => findings.odoo_failed("odoo credentials", &error),
        Ok(report) => {
            describe(&report, shared.clock.now(), findings);
            prices::check(&client, profile, findings).await;
        }
    }
}

/// What the connection's flows do in Odoo. Receipts are also looked at for the bills' sake, which needs nothing there.
fn needs(profile: &Profile) -> Needs {
    let receives = profile.flow(Flow::Receipts).is_some();
    let flows = profile.flows_on().into_iter();
    let flows = flows.filter(|flow| *flow != Flow::Receipts || receives);
    flows.fold(Needs::new(), |needs, flow| match flow {
        Flow::BusinessUnits => needs.with(
            Model::named(flow.model()),
            WRITTEN,
            ["name", "code", "active"],
        ),
        Flow::Jobs => needs.with(
            Model::named(flow.model()),
            WRITTEN,
            ["name", "code", "partner_id", "active"],
        ),
        Flow::Customers => with_partners(needs, &["type", "parent_id", "ref"]),
        Flow::Vendors => with_partners(needs, &["supplier_rank", "comment"]),
        Flow::Items => needs
            .with(
                Model::named(flow.model()),
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
            .with(Model::named("uom.uom"), [Operation::Read], ["name"]),
        Flow::PurchaseOrders => needs
            .with(
                Model::named(flow.model()),
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
            ),
        Flow::Bills | Flow::ApBills | Flow::VendorCredits | Flow::ApCredits => with_bills(needs),
        Flow::OdooBills => needs.with(
            Model::named(flow.model()),
            [Operation::Read],
            ["state", "payment_state", "amount_total", "amount_residual"],
        ),
        Flow::Receipts => with_receipts(needs),
    })
}

fn with_bills(needs: Needs) -> Needs {
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
                "purchase_line_id",
            ],
        )
        .with(
            Model::named("account.account"),
            [Operation::Read],
            ["code", "name"],
        )
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
}

const WRITTEN: [Operation; 3] = [Operation::Read, Operation::Create, Operation::Write];

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

fn describe(report: &Report, now: Timestamp, findings: &mut Findings) {
    findings.ok(
        "odoo credentials",
        format!(
            "the key is that of {} (user {})",
            report.identity.login, report.identity.user
        ),
    );
    if let Company::Default { id, name } | Company::Allowed { id, name } = &report.company {
        findings.ok(
            "odoo company",
            format!("{} (company {id})", name.as_deref().unwrap_or("unnamed")),
        );
    }
    let problems = report.problems();
    for problem in &problems {
        let (check, saw, advice) = worded(problem, &report.identity.login);
        findings.add(check, Status::Error, saw, advice);
    }
    if problems.is_empty() {
        findings.ok(
            "odoo rights",
            format!(
                "{} rights and {} fields are as needed",
                report.rights.len(),
                report.fields.len()
            ),
        );
    }
    key_expiry(&report.keys, now, findings);
}

fn worded(problem: &Problem, login: &str) -> (&'static str, String, String) {
    match problem {
        Problem::CompanyNotAllowed { id, allowed } => (
            "odoo company",
            format!("{login} may not work in company {id}, only in {}", list(allowed)),
            "Add the company to the user's allowed companies in Odoo (Settings > Users), or correct `company` in the \
             connection file."
                .to_owned(),
        ),
        Problem::NoSuchModel(model) => (
            "odoo apps",
            format!("this Odoo has no {model}"),
            "Install the app that brings it (Contacts for partners, Invoicing for payment terms and analytic accounts, \
             Purchase for products and orders, Inventory for receipts)."
                .to_owned(),
        ),
        Problem::Denied { model, operation } => (
            "odoo rights",
            format!("{login} may not {operation} {model}"),
            format!(
                "Give the user a group that may in Odoo (Settings > Users): Contact Creation for res.partner, Analytic \
                 Accounting for account.analytic.account, Product Creation for product.product, Purchase: \
                 User for purchase.order, Inventory: User for stock.picking and stock.move. The right needed is: \
                 {operation} on {model}."
            ),
        ),
        Problem::NoSuchField { model, field } => (
            "odoo fields",
            format!("{model} has no field {field} here"),
            "The connector writes this field. Look for a module that removed it, or for an unsupported version."
                .to_owned(),
        ),
    }
}

fn list(ids: &[odoo::RecordId]) -> String {
    ids.iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

fn key_expiry(keys: &Keys, now: Timestamp, findings: &mut Findings) {
    let advice = "Make a new key in Odoo (the user's Preferences > Account Security) and run `ml-connector connection \
                  set FILE`.";
    match (keys, keys.first_expiry()) {
        (Keys::Unknown, _) => findings.ok(
            "odoo key expiry",
            "this Odoo does not say when the key ends",
        ),
        (Keys::Known(_), None) => findings.ok("odoo key expiry", "the key does not expire"),
        (Keys::Known(_), Some(end)) => {
            let days = end.duration_since(now).as_hours() / 24;
            if end.duration_since(now) < KEY_WARNING {
                findings.add(
                    "odoo key expiry",
                    Status::Warning,
                    format!("a key of the user ends on {end} ({days} days)"),
                    advice,
                );
            } else {
                findings.ok(
                    "odoo key expiry",
                    format!("the user's first key to end does so in {days} days"),
                );
            }
        }
    }
}
