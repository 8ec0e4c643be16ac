//! Customers' invoices and payments: each arrives once, comes to ServiceTitan's subtotal, tax and total to the cent before it
//! is posted, pays exactly what it pays there, and follows ServiceTitan; each customer owes the same on both sides.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sandbox::servicetitan::{
    Customer, CustomerId, Decimal, Invoice, InvoiceEdit, InvoiceId, InvoiceLineEdit, InvoiceTax,
    ItemKind, JobId, NewInvoice, NewInvoiceLine, NewPayment, Options, Payment, PaymentId, SkuId,
    SyncStatus, Tenant,
};
use serde_json::{Value, json};

use crate::odoo_side::{OdooSide, Partners, amount};
use crate::rig::Rig;

const MOVE: &str = "account.move";
const PAYMENT: &str = "account.payment";

const FLOWS: [&str; 2] = ["invoices", "payments"];

pub(crate) async fn rig(odoo: OdooSide) -> Rig {
    rig_of(odoo, |options| options.customers(8)).await
}

/// The same, with a ServiceTitan of one's own making.
pub(crate) async fn rig_of(odoo: OdooSide, of: impl FnOnce(Options) -> Options) -> Rig {
    let options = Options::new(Arc::new(ml_connector::clock::now)).vendors_and_items(2, 30);
    let rig = Rig::with(odoo, of(options)).await;
    rig.keep_servicetitans_accounts().await;
    keep_servicetitans_taxes(&rig).await;
    rig.turn_on(&FLOWS).await;
    map_payment_types(&rig).await;
    rig
}

/// Gives Odoo a tax on sales for each of ServiceTitan's zones, of its name and rate.
async fn keep_servicetitans_taxes(rig: &Rig) {
    let zones = rig.tenant().tax_zones();
    let taxes = zones.iter().map(|zone| {
        let rate: Decimal = zone.rates.iter().map(|rate| rate.tax_rate).sum();
        let percent = rate * Decimal::ONE_HUNDRED;
        json!({"name": zone.name, "type_tax_use": "sale", "amount_type": "percent",
            "amount": percent.to_string().parse::<f64>().expect("a rate")})
    });
    let taxes: Vec<Value> = taxes.collect();
    let taxes = json!({ "vals_list": taxes });
    rig.odoo.call("account.tax", "create", taxes).await;
}

/// Checks go to the bank, cash to the bank as well: a new company has no other journal.
pub(crate) async fn map_payment_types(rig: &Rig) {
    let banks = json!({"domain": [["type", "=", "bank"]], "fields": ["name"]});
    let banks = rig.odoo.call("account.journal", "search_read", banks).await;
    let bank = banks[0]["id"].as_i64().expect("a bank journal");
    for kind in rig.tenant().payment_types() {
        if kind.active {
            let (key, target) = (kind.id.to_string(), format!("id:{bank}"));
            rig.run_to(0, &["mapping", "set", "payment-type", &key, &target])
                .await;
        }
    }
}

pub(crate) fn dec(text: &str) -> Decimal {
    text.parse().expect("a number")
}

/// What can be sold: two services and a material.
pub(crate) fn items(tenant: &Tenant) -> Vec<SkuId> {
    let of = |kind| tenant.items(kind).into_iter().filter(|item| item.active);
    let services = of(ItemKind::Service).take(2);
    let goods = of(ItemKind::Material).take(1);
    services.chain(goods).map(|item| item.id).collect()
}

/// A job that is done, with these lines on its invoice, taxed by a zone.
pub(crate) fn work(
    tenant: &Tenant,
    customer: &Customer,
    lines: Vec<NewInvoiceLine>,
    tax: InvoiceTax,
) -> JobId {
    let job = tenant.book_job(customer.id).expect("it is booked");
    tenant.complete_job(job, 0).expect("it is done");
    for line in lines {
        tenant.add_invoice_line(job, line).expect("it is pending");
    }
    tenant.set_invoice_tax(job, tax).expect("it is pending");
    let today = tenant.invoice(job).expect("it is there").created_on;
    let edit = InvoiceEdit {
        invoice_date: Some(today),
        due_date: Some(today),
        ..InvoiceEdit::default()
    };
    tenant.edit_invoice(job, edit).expect("it is pending");
    job
}

/// What people made, by what it is for.
pub(crate) struct Made {
    pub(crate) plain: InvoiceId,
    pub(crate) rounded: InvoiceId,
    pub(crate) discounted: InvoiceId,
    pub(crate) nothing: InvoiceId,
    pub(crate) pending: JobId,
    pub(crate) project: InvoiceId,
    pub(crate) split: PaymentId,
    pub(crate) deposit: PaymentId,
}

pub(crate) fn people_sell(tenant: &Tenant) -> Made {
    let customers: Vec<Customer> = tenant
        .customers()
        .into_iter()
        .filter(|customer| customer.active)
        .collect();
    let zones = tenant.tax_zones();
    let zone = |n: usize| InvoiceTax::zone(zones[n % zones.len()].id);
    let skus = items(tenant);
    let line = |n: usize, quantity: &str, price: &str| {
        NewInvoiceLine::new(skus[n % skus.len()], dec(quantity), dec(price)).taxable(true)
    };
    let invoice = |job: JobId| {
        tenant.post_invoice(job).expect("it is posted");
        tenant.invoice(job).expect("it is there").id
    };
    let ann = &customers[0];
    let plain = work(
        tenant,
        ann,
        vec![line(0, "1", "100"), line(1, "2", "10.50").taxable(false)],
        zone(0),
    );
    // Rounded line by line the tax is another one than rounded once.
    let cents = ["0.55", "0.65", "1.05", "2.15", "3.35", "4.45", "7.75"];
    let odd: Vec<NewInvoiceLine> = cents
        .iter()
        .enumerate()
        .map(|(n, price)| line(n, "1", price))
        .collect();
    let rounded = work(tenant, &customers[1], odd, zone(1).per_line());
    let discounted = work(
        tenant,
        &customers[2],
        vec![
            line(0, "3", "33.3333"),
            NewInvoiceLine::discount(dec("-10")).taxable(true),
        ],
        zone(0),
    );
    let nothing = work(tenant, ann, vec![line(0, "1", "0")], InvoiceTax::default());
    let pending = work(tenant, ann, vec![line(0, "1", "50")], zone(0));
    let [plain, rounded, discounted, nothing] = [plain, rounded, discounted, nothing].map(invoice);
    let project = NewInvoice {
        customer: customers[3].id,
        business_unit: tenant.business_units()[0].id,
        project: Some(77),
        lines: vec![line(2, "1", "250")],
        tax: zone(0),
    };
    let project = tenant.project_invoice(project).expect("it is made");
    tenant.post_invoice(project).expect("it is posted");
    let open = |id: InvoiceId| tenant.invoice(id).expect("it is there").balance();
    let pay = |payment: NewPayment| {
        let id = tenant.take_payment(payment).expect("it is taken");
        tenant
            .set_payment_status(id, SyncStatus::Posted)
            .expect("it is posted");
        id
    };
    // One payment over two invoices, one that pays a part, one too much, one for nothing yet.
    let second = work(tenant, ann, vec![line(1, "1", "80")], zone(0));
    let second = invoice(second);
    let both = open(plain) + dec("30");
    let split = pay(NewPayment::new(ann.id, both)
        .apply(plain, open(plain))
        .apply(second, dec("30")));
    pay(NewPayment::new(customers[1].id, dec("5")).apply(rounded, dec("5")));
    pay(
        NewPayment::new(customers[2].id, open(discounted) + dec("20"))
            .apply(discounted, open(discounted)),
    );
    let deposit = pay(NewPayment::new(customers[3].id, dec("100")));
    Made {
        plain,
        rounded,
        discounted,
        nothing,
        pending,
        project,
        split,
        deposit,
    }
}

const INVOICE_FIELDS: [&str; 10] = [
    "state",
    "move_type",
    "amount_untaxed",
    "amount_tax",
    "amount_total",
    "amount_residual",
    "payment_state",
    "ref",
    "invoice_date",
    "date",
];

/// What was exported before the connector was there.
#[derive(Default)]
pub(crate) struct Legacy {
    invoices: BTreeSet<InvoiceId>,
    payments: BTreeSet<PaymentId>,
}

impl Legacy {
    pub(crate) fn of(tenant: &Tenant) -> Self {
        let is_exported = |status: SyncStatus| status == SyncStatus::Exported;
        let invoices = tenant.invoices().into_iter();
        let invoices = invoices.filter(|invoice| is_exported(invoice.sync_status));
        let payments = tenant.payments().into_iter();
        let payments = payments.filter(|payment| is_exported(payment.sync_status));
        Self {
            invoices: invoices.map(|invoice| invoice.id).collect(),
            payments: payments.map(|payment| payment.id).collect(),
        }
    }

    fn has_posted(&self, invoice: &Invoice) -> bool {
        let is_posted = invoice.active && invoice.sync_status != SyncStatus::Pending;
        is_posted && !self.invoices.contains(&invoice.id)
    }

    fn has_posted_payment(&self, payment: &Payment) -> bool {
        let is_posted = payment.active && payment.sync_status != SyncStatus::Pending;
        is_posted && !self.payments.contains(&payment.id)
    }
}

/// Every posted invoice stands in Odoo once, to the cent; each customer owes there what it owes in ServiceTitan.
pub(crate) async fn assert_equal(rig: &Rig) -> Partners {
    assert_equal_but(rig, &Legacy::default()).await
}

/// The same, but for what was exported before.
pub(crate) async fn assert_equal_but(rig: &Rig, legacy: &Legacy) -> Partners {
    let tenant = rig.tenant();
    let moves = rig.odoo.records(MOVE, &INVOICE_FIELDS).await;
    let wanted: BTreeMap<String, Invoice> = tenant
        .invoices()
        .into_iter()
        .filter(|invoice| legacy.has_posted(invoice) && !invoice.lines.is_empty())
        .map(|invoice| (format!("invoice_{}", invoice.id), invoice))
        .collect();
    let there: Vec<&String> = moves
        .iter()
        .filter(|(name, shown)| name.starts_with("invoice_") && shown["state"] == "posted")
        .map(|(name, _)| name)
        .collect();
    assert_eq!(there, wanted.keys().collect::<Vec<_>>());
    for (name, invoice) in &wanted {
        let shown = &moves[name];
        let gives_back = invoice.total() < Decimal::ZERO;
        let kind = if gives_back {
            "out_refund"
        } else {
            "out_invoice"
        };
        assert_eq!(shown["move_type"], json!(kind), "{name}");
        for (field, wanted) in [
            ("amount_untaxed", invoice.subtotal()),
            ("amount_tax", invoice.sales_tax()),
            ("amount_total", invoice.total()),
        ] {
            assert_eq!(
                amount(&shown[field]),
                format!("{:.2}", wanted.abs()),
                "{name} {field}: {shown:?}"
            );
        }
        assert_eq!(shown["ref"], json!(invoice.number), "{name}");
        assert_eq!(shown["invoice_date"], shown["date"], "{name}");
    }
    let owed = open_in_odoo(rig).await;
    for customer in tenant.customers() {
        let open = open_in_servicetitan(&tenant, customer.id, legacy);
        let name = format!("customer_{}", customer.id);
        let owed = owed.get(&name).copied().unwrap_or_default();
        assert_eq!(format!("{owed:.2}"), format!("{open:.2}"), "{name}");
    }
    moves
}

/// What a customer owes of what is posted, less what it paid.
fn open_in_servicetitan(tenant: &Tenant, customer: CustomerId, legacy: &Legacy) -> Decimal {
    let invoices = tenant.invoices().into_iter();
    let invoices =
        invoices.filter(|invoice| invoice.customer_id == customer && legacy.has_posted(invoice));
    let payments = tenant.payments().into_iter();
    let payments = payments
        .filter(|payment| payment.customer_id == customer && legacy.has_posted_payment(payment));
    let owed: Decimal = invoices.map(|invoice| invoice.total()).sum();
    let paid: Decimal = payments.map(|payment| payment.total).sum();
    owed - paid
}

/// What is open of each customer in Odoo.
async fn open_in_odoo(rig: &Rig) -> BTreeMap<String, Decimal> {
    let domain = json!([
        ["parent_state", "=", "posted"],
        ["account_id.account_type", "=", "asset_receivable"]
    ]);
    let items = json!({"domain": domain, "fields": ["partner_id", "amount_residual"]});
    let items = rig
        .odoo
        .call("account.move.line", "search_read", items)
        .await;
    let ids = rig.odoo.ids().await;
    let names: BTreeMap<i64, &String> = ids.iter().map(|(name, id)| (*id, name)).collect();
    let mut open: BTreeMap<String, Decimal> = BTreeMap::new();
    for item in items.as_array().expect("items") {
        let partner = item["partner_id"][0].as_i64().expect("a partner");
        let name = names[&partner].clone();
        *open.entry(name).or_default() += dec(&amount(&item["amount_residual"]));
    }
    open
}

/// What is open of each invoice in Odoo.
fn residual(moves: &Partners, id: InvoiceId) -> String {
    amount(&moves[&format!("invoice_{id}")]["amount_residual"])
}

pub(crate) async fn assert_settled(rig: &Rig, counts: &Value) {
    let failures = rig.run(&["failures"]).await.out;
    for flow in FLOWS {
        for state in ["pending", "waiting", "failed"] {
            assert_eq!(
                counts[flow][state],
                json!(0),
                "{flow} {state}: {counts:#}\n{failures}"
            );
        }
    }
}

async fn they_arrive_and_follow(odoo: OdooSide) {
    let rig = rig(odoo).await;
    let tenant = rig.tenant();
    let made = people_sell(&tenant);
    let counts = rig.sync_all().await;
    assert_settled(&rig, &counts).await;
    let moves = assert_equal(&rig).await;
    assert_eq!(residual(&moves, made.plain), "0.00");
    let rest = tenant.invoice(made.rounded).expect("it is there").balance();
    assert_eq!(residual(&moves, made.rounded), format!("{rest:.2}"));
    assert_eq!(residual(&moves, made.discounted), "0.00");
    assert_eq!(
        moves[&format!("invoice_{}", made.nothing)]["payment_state"],
        json!("paid")
    );
    let again = rig.sync_all().await;
    for flow in FLOWS {
        assert_eq!(again[flow]["created"], json!(0), "{flow}: {again:#}");
        assert_eq!(again[flow]["updated"], json!(0), "{flow}: {again:#}");
    }
    paid_ones_may_change(&rig, &made).await;
    the_office_goes_on(&rig, &made).await;
}

/// What is paid changes hands, and stays paid.
async fn paid_ones_may_change(rig: &Rig, made: &Made) {
    let tenant = rig.tenant();
    let line = tenant.invoice(made.plain).expect("it is there").lines[0].id;
    let edit = InvoiceLineEdit {
        business_unit: Some(tenant.business_units()[1].id),
        ..InvoiceLineEdit::default()
    };
    tenant.unpost_invoice(made.plain).expect("it is posted");
    tenant.unpost_invoice(made.nothing).expect("it is posted");
    let counts = rig.sync_all().await;
    assert_eq!(counts["invoices"]["updated"], json!(2), "{counts:#}");
    let moves = rig.odoo.records(MOVE, &INVOICE_FIELDS).await;
    for taken_back in [made.plain, made.nothing] {
        let shown = &moves[&format!("invoice_{taken_back}")];
        assert_eq!(shown["state"], json!("draft"), "{shown:?}");
    }
    let again = rig.sync_all().await;
    assert_eq!(again["invoices"]["updated"], json!(0), "{again:#}");
    tenant.post_invoice(made.nothing).expect("it is pending");
    tenant
        .edit_invoice_line(made.plain, line, edit)
        .expect("it is pending");
    tenant.post_invoice(made.plain).expect("it is pending");
    let counts = rig.sync_all().await;
    assert_settled(rig, &counts).await;
    assert_eq!(counts["invoices"]["updated"], json!(2), "{counts:#}");
    let moves = assert_equal(rig).await;
    assert_eq!(residual(&moves, made.plain), "0.00");
}

/// One more is posted, one is adjusted, a deposit is applied, money is given back, and comes back.
async fn the_office_goes_on(rig: &Rig, made: &Made) {
    let tenant = rig.tenant();
    tenant.post_invoice(made.pending).expect("it is pending");
    tenant
        .apply_payment(made.deposit, made.project, dec("100"))
        .expect("it is open");
    let credit = NewInvoiceLine::discount(dec("-25")).taxable(false);
    let credit = tenant
        .adjust_invoice(made.rounded, [credit])
        .expect("it is posted");
    let today = tenant
        .invoice(made.rounded)
        .expect("it is there")
        .invoice_date;
    let edit = InvoiceEdit {
        invoice_date: today,
        due_date: today,
        ..InvoiceEdit::default()
    };
    tenant.edit_invoice(credit, edit).expect("it is pending");
    tenant.post_invoice(credit).expect("it is posted");
    let refund = tenant
        .refund_payment(made.split, dec("40"), Some(made.plain))
        .expect("so much was paid");
    tenant
        .set_payment_status(refund, SyncStatus::Posted)
        .expect("it is posted");
    let counts = rig.sync_all().await;
    assert_settled(rig, &counts).await;
    let moves = assert_equal(rig).await;
    assert_eq!(residual(&moves, made.plain), "40.00", "it is open again");
    let shown = &moves[&format!("invoice_{credit}")];
    assert_eq!(shown["move_type"], json!("out_refund"));
    // A payment is taken back, moved off its invoice, and posted again.
    let pending = |payment| tenant.set_payment_status(payment, SyncStatus::Pending);
    pending(made.deposit).expect("it is posted");
    rig.sync_all().await;
    let payments = rig.odoo.records(PAYMENT, &["state"]).await;
    assert_eq!(
        payments[&format!("payment_{}", made.deposit)]["state"],
        json!("draft")
    );
    tenant
        .unapply(made.deposit, made.project)
        .expect("it is applied");
    rig.sync_all().await;
    tenant
        .set_payment_status(made.deposit, SyncStatus::Posted)
        .expect("it is pending");
    let counts = rig.sync_all().await;
    assert_settled(rig, &counts).await;
    let moves = assert_equal(rig).await;
    let project = tenant.invoice(made.project).expect("it is there").total();
    assert_eq!(residual(&moves, made.project), format!("{project:.2}"));
    // What was given back comes back, and the payment is voided.
    tenant.void_payment(refund).expect("it is alive");
    tenant.void_payment(made.deposit).expect("it is alive");
    let counts = rig.sync_all().await;
    assert_settled(rig, &counts).await;
    let moves = assert_equal(rig).await;
    assert_eq!(residual(&moves, made.plain), "0.00", "it is paid again");
    let payments = rig.odoo.records(PAYMENT, &["state"]).await;
    assert_eq!(
        payments[&format!("payment_{}", made.deposit)]["state"],
        json!("canceled")
    );
    let again = rig.sync_all().await;
    for flow in FLOWS {
        assert_eq!(again[flow]["updated"], json!(0), "{flow}: {again:#}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn they_arrive_and_follow_in_the_simulator() {
    they_arrive_and_follow(OdooSide::simulated().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn they_arrive_and_follow_in_a_real_odoo() {
    if let Some(odoo) = OdooSide::real("receivables") {
        they_arrive_and_follow(odoo).await;
    }
}

/// Jobs, invoices and payments of all kinds that there are.
async fn a_company_is_equal_to_the_cent(odoo: OdooSide, [jobs, invoices, payments]: [usize; 3]) {
    let rig = rig_of(odoo, |options| {
        options.customers(40).receivables(jobs, invoices, payments)
    })
    .await;
    let tenant = rig.tenant();
    let legacy = Legacy::of(&tenant);
    assert!(
        !legacy.invoices.is_empty() && !legacy.payments.is_empty(),
        "nothing is old"
    );
    rig.turn_on(&["jobs"]).await;
    rig.sync_all().await;
    // Tax that somebody typed in is nothing that rates explain.
    let typed = tenant.invoices().into_iter();
    let typed = typed
        .filter(|invoice| legacy.has_posted(invoice) && invoice.tax.amount.is_some())
        .count();
    let failures = rig.json(&["failures", "--json"]).await;
    let failures = failures.as_array().expect("groups");
    let differing = failures
        .iter()
        .find(|group| group["cause"] == "tax-differs");
    let differing = differing.map_or(0, |group| group["count"].as_u64().expect("a count"));
    assert!(
        differing > 0 && differing <= typed as u64,
        "{differing} of {typed}"
    );
    rig.run_to(0, &["replay", "--approve", "--cause", "tax-differs"])
        .await;
    let counts = rig.sync_all().await;
    assert_settled(&rig, &counts).await;
    let moves = assert_equal_but(&rig, &legacy).await;
    assert_open_alike(&tenant, &moves, &legacy);
    let again = rig.sync_all().await;
    for flow in FLOWS {
        assert_eq!(again[flow]["created"], json!(0), "{flow}: {again:#}");
        assert_eq!(again[flow]["updated"], json!(0), "{flow}: {again:#}");
    }
}

/// What is open of each invoice is the same on both sides, where all that pays it came over.
fn assert_open_alike(tenant: &Tenant, moves: &Partners, legacy: &Legacy) {
    let payments = tenant.payments();
    let (mut alike, mut left) = (0, 0);
    for invoice in tenant.invoices() {
        let Some(shown) = moves.get(&format!("invoice_{}", invoice.id)) else {
            continue;
        };
        let mut paying = payments.iter().filter(|payment| {
            let mut splits = payment.splits.iter();
            payment.active && splits.any(|split| split.invoice == invoice.id)
        });
        let all_came = paying.all(|payment| legacy.has_posted_payment(payment));
        // More than is open stays on the customer's account.
        let is_overpaid =
            invoice.balance().is_sign_negative() != invoice.total().is_sign_negative();
        if !all_came || (is_overpaid && !invoice.balance().is_zero()) {
            left += 1;
            continue;
        }
        alike += 1;
        assert_eq!(
            amount(&shown["amount_residual"]),
            format!("{:.2}", invoice.balance().abs()),
            "invoice {}: {shown:?}",
            invoice.id
        );
    }
    assert!(alike > 100, "only {alike} are alike, {left} cannot be");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_company_is_equal_to_the_cent_in_the_simulator() {
    a_company_is_equal_to_the_cent(OdooSide::simulated().await, [500, 400, 400]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_company_is_equal_to_the_cent_in_a_real_odoo() {
    if let Some(odoo) = OdooSide::real("receivables_all") {
        a_company_is_equal_to_the_cent(odoo, [500, 400, 400]).await;
    }
}
