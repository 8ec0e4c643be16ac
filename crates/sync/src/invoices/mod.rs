//! Customers' invoices -> `account.move`: what is owed becomes an invoice, what is given back a credit note.
//!
//! An invoice is one document: its lines under names of their own, each on the account of income that ServiceTitan gives it,
//! borne by its unit and its job. Tax is Odoo's own tax, mapped from the tax zone, on the lines that are taxable; where rounding
//! makes it another amount than ServiceTitan's, Odoo is told the amount. Subtotal, tax and total equal ServiceTitan's to the
//! cent, or it is not posted.
//!
//! It comes when ServiceTitan says that it is ready, by a word that the connection chooses. One that is taken back there goes
//! back to a draft here. What was handed on to another accounting before the connector was there stays away.

mod lines;

pub(crate) use lines::{quantity, total_of};

use rust_decimal::Decimal;
use servicetitan::record::{Invoice, InvoiceItem, Job, JobStatus};

use crate::content::Content;
use crate::directory::{Directory, InvoicesCome};
use crate::document::{self, Document};
use crate::failure::receivable::{sign_changed, withdrawn_in_doubt};
use crate::failure::{booked_later, reason};
use crate::filing::RowKind;
use crate::flow::Flow;
use crate::link::{BOOKED, CHANGED, Link, TAX};
use crate::money::{are_countable, cents};
use crate::others::{key, missing, once, target, wait};
use crate::part;
use crate::plain::{self, line, text_of_html};
use crate::plan::{Decision, Goal, Plan, Subject};
use crate::receivable::{self, Stage};
use crate::reconcile::in_our_age;
use crate::record::{Key, Reason, State};
use crate::sighting::{Part, PartKey};
use crate::single;
use crate::target::{Target, held, may_be_there};

const FLOW: Flow = Flow::Invoices;

/// Odoo's word for what a customer owes.
const INVOICE: &str = "out_invoice";

/// Odoo's word for what a customer is given back.
pub(crate) const CREDIT: &str = "out_refund";

/// The customer, the units, the jobs, the items, and the invoice that is adjusted.
pub(crate) fn references(subject: &Subject<'_>) -> Vec<Key> {
    let Ok(invoice) = single::read::<Invoice>(FLOW, subject) else {
        return Vec::new();
    };
    let adjusted = invoice.adjustment_to_id.map(|id| key(FLOW, id.0));
    once(
        customer(&invoice)
            .into_iter()
            .chain(adjusted)
            .chain(borne_by(&invoice))
            .chain(items(&invoice)),
    )
}

/// What ServiceTitan says that the invoice comes to.
pub(crate) fn amount(subject: &Subject<'_>) -> Option<Decimal> {
    let invoice = read(subject).ok()?;
    invoice.total.map(cents)
}

fn customer(invoice: &Invoice) -> Option<Key> {
    let id = invoice.customer.as_ref()?.id?;
    Some(key(Flow::Customers, id.0))
}

/// The units and the jobs that its lines are borne by.
fn borne_by(invoice: &Invoice) -> Vec<Key> {
    let units = invoice.items.iter().map(|item| unit(invoice, item));
    let units = units.chain([own_unit(invoice)]).flatten();
    let units = units.map(|unit| key(Flow::BusinessUnits, unit));
    units
        .chain(job(invoice).map(|job| key(Flow::Jobs, job)))
        .collect()
}

fn items(invoice: &Invoice) -> Vec<Key> {
    let items = invoice.items.iter().filter_map(sku);
    items.map(|sku| key(Flow::Items, sku)).collect()
}

fn sku(item: &InvoiceItem) -> Option<i64> {
    let sku = item.sku_id.filter(|sku| sku.0 > 0)?;
    item.kind.is_item().then_some(sku.0)
}

fn own_unit(invoice: &Invoice) -> Option<i64> {
    Some(invoice.business_unit.as_ref()?.id?.0)
}

fn unit(invoice: &Invoice, item: &InvoiceItem) -> Option<i64> {
    let of_item = item.business_unit.as_ref().and_then(|unit| unit.id);
    of_item.map(|unit| unit.0).or(own_unit(invoice))
}

fn job(invoice: &Invoice) -> Option<i64> {
    Some(invoice.job.as_ref()?.id?.0)
}

/// What has to be in Odoo before the invoice can.
fn needed(subject: &Subject<'_>, invoice: &Invoice, directory: &Directory) -> Vec<Key> {
    let adjusted = adjusted(subject, invoice).filter(|_| gives_back(invoice));
    let items = if directory.invoices().names_items {
        items(invoice)
    } else {
        Vec::new()
    };
    once(
        customer(invoice)
            .into_iter()
            .chain(adjusted)
            .chain(borne_by(invoice))
            .chain(items),
    )
}

/// The invoice that is adjusted, unless it was left out.
fn adjusted(subject: &Subject<'_>, invoice: &Invoice) -> Option<Key> {
    let adjusted = key(FLOW, invoice.adjustment_to_id?.0);
    let other = subject.others.get(&adjusted.link_name());
    let is_left_out =
        |other: &crate::plan::Other| other.link.is_none() && other.state == Some(State::Ignored);
    (!other.is_some_and(is_left_out)).then_some(adjusted)
}

/// Whether it comes to less than nothing.
pub(crate) fn gives_back(invoice: &Invoice) -> bool {
    invoice
        .total
        .is_some_and(|total| cents(total) < Decimal::ZERO)
}

/// Reads the invoice of a record. Its numbers can be counted with.
fn read(subject: &Subject<'_>) -> Result<Invoice, Reason> {
    let invoice: Invoice = part::read(single::row(FLOW, subject)?)?;
    let of_items = invoice
        .items
        .iter()
        .flat_map(|item| [item.quantity, item.price, item.total]);
    if are_countable(of_items.chain([invoice.sub_total, invoice.sales_tax, invoice.total])) {
        Ok(invoice)
    } else {
        Err(reason(
            "amount-too-large",
            "A quantity or an amount of the invoice is beyond a billion.",
            "Correct it in ServiceTitan and save it; it comes over by itself then.",
        ))
    }
}

/// What has to happen so that Odoo holds this invoice as ServiceTitan has it.
pub(crate) fn plan(subject: &Subject<'_>, directory: &Directory) -> Plan {
    let mut warnings = Vec::new();
    let decision = decide(subject, directory, &mut warnings);
    Plan {
        decision,
        warnings,
        rests_on: references(subject).iter().map(Key::link_name).collect(),
    }
}

fn decide(subject: &Subject<'_>, directory: &Directory, warnings: &mut Vec<String>) -> Decision {
    let invoice = match read(subject) {
        Ok(invoice) => invoice,
        Err(reason) => return Decision::Fail(reason),
    };
    let name = FLOW.link_name(subject.source);
    let known = held(subject.links, &name);
    let is_new = known.is_none() && !may_be_there(subject, &name);
    let is_ready = is_ready(subject, &invoice, directory.invoices().come);
    if is_new && let Some(reason) = left_out(subject, &invoice, is_ready, directory) {
        return Decision::Ignore(reason);
    }
    let part = part_of(subject);
    if let (false, Some(link)) = (invoice.active, known) {
        let is_cancelled = link.reached() == Some(Goal::Cancelled.as_str());
        if is_cancelled && subject.in_doubt.is_none() {
            return Decision::Unchanged;
        }
        return Decision::Write(vec![document::cancellation(link, part, FLOW.model())]);
    }
    // Nobody knows whether the call that would have made it did.
    if !invoice.active {
        return Decision::Wait {
            on: Vec::new(),
            reason: withdrawn_in_doubt(),
        };
    }
    let waits = missing(subject, needed(subject, &invoice, directory));
    if !waits.is_empty() {
        return wait(waits, FLOW, subject);
    }
    let goal = if is_ready && directory.invoices().post {
        Goal::Posted
    } else {
        Goal::Draft
    };
    match wanted(subject, &invoice, goal, directory, warnings) {
        Ok(document) if document.lines.is_empty() && !document.total.is_zero() => {
            Decision::Fail(tax_without_lines())
        }
        Ok(document) if document.lines.is_empty() => match known {
            None => Decision::Ignore(empty()),
            Some(link) if link.reached() == Some(Goal::Cancelled.as_str()) => Decision::Unchanged,
            Some(link) => Decision::Write(vec![document::cancellation(link, part, FLOW.model())]),
        },
        Ok(document) if turns(known, &document.header) => Decision::Fail(sign_changed()),
        Ok(document) => document.decision(subject),
        Err(reason) => Decision::Fail(reason),
    }
}

/// Whether what was an invoice should become a credit note, or the other way round.
fn turns(known: Option<&Link>, header: &Target) -> bool {
    let kind = |content: &Content| content.get("move_type").map(str::to_owned);
    known.is_some_and(|link| kind(&link.base) != kind(&header.content))
}

/// Whether ServiceTitan says that it may be booked.
fn is_ready(subject: &Subject<'_>, invoice: &Invoice, come: InvoicesCome) -> bool {
    comes(invoice, come, || is_completed(subject, invoice))
}

/// The same, of an invoice by itself. `is_completed`: whether its job is done.
pub(crate) fn comes(
    invoice: &Invoice,
    come: InvoicesCome,
    is_completed: impl FnOnce() -> bool,
) -> bool {
    let status = &invoice.sync_status;
    match come {
        InvoicesCome::Posted => status.is_posted(),
        InvoicesCome::Exported => status.is_exported(),
        InvoicesCome::Reviewed => invoice.review_status.is_reviewed() || status.is_posted(),
        InvoicesCome::Completed => status.is_posted() || is_completed(),
    }
}

/// Whether its job is done; one without a job is of no work that could be.
fn is_completed(subject: &Subject<'_>, invoice: &Invoice) -> bool {
    let Some(job) = job(invoice) else {
        return true;
    };
    let other = subject.others.get(&key(Flow::Jobs, job).link_name());
    let parts = other.into_iter().flat_map(|other| &other.parts);
    let mut jobs = parts.filter_map(|part| part::read::<Job>(part).ok());
    jobs.any(|job| job.job_status == JobStatus::Completed)
}

/// Why an invoice that never came over stays away.
fn left_out(
    subject: &Subject<'_>,
    invoice: &Invoice,
    is_ready: bool,
    directory: &Directory,
) -> Option<Reason> {
    let policy = directory.invoices();
    let stage = Stage {
        status: &invoice.sync_status,
        created: invoice.created_on,
        active: invoice.active,
    };
    let not_ready = (!is_ready).then(|| not_ready(policy.come));
    let legacy = policy.legacy || policy.come == InvoicesCome::Exported;
    receivable::left_out(FLOW, subject, directory, &stage, not_ready, legacy)
}

fn not_ready(come: InvoicesCome) -> (&'static str, &'static str) {
    match come {
        InvoicesCome::Posted => (
            "The invoice is not posted in ServiceTitan yet.",
            "Post it in ServiceTitan; it comes over by itself then. For a tenant that never posts, set `when` of the flow \
             `invoices` to \"reviewed\" or \"completed\" in the connection file.",
        ),
        InvoicesCome::Exported => (
            "The invoice is not exported in ServiceTitan yet.",
            "Export it in ServiceTitan; it comes over by itself then.",
        ),
        InvoicesCome::Reviewed => (
            "Nobody has reviewed the invoice in ServiceTitan yet.",
            "Set its review status to reviewed in ServiceTitan; it comes over by itself then.",
        ),
        InvoicesCome::Completed => (
            "The job of the invoice is not completed in ServiceTitan yet.",
            "Complete the job in ServiceTitan; the invoice comes over by itself then.",
        ),
    }
}

fn empty() -> Reason {
    reason(
        "nothing-to-book",
        "The invoice has no lines and comes to nothing, and Odoo books nothing without lines.",
        "Nothing is to be done; it comes over when it has lines.",
    )
}

fn part_of(subject: &Subject<'_>) -> PartKey {
    let row = single::row(FLOW, subject)
        .ok()
        .map(|part: &Part| part.key.clone());
    row.unwrap_or_else(|| PartKey(format!("{}/{}", RowKind::Invoice.as_str(), subject.source)))
}

/// The columns of the invoice itself.
fn header(
    subject: &Subject<'_>,
    invoice: &Invoice,
    directory: &Directory,
    warnings: &mut Vec<String>,
) -> Result<Content, Reason> {
    let customer = customer(invoice).ok_or_else(no_customer)?;
    let dated = invoice
        .invoice_date
        .and_then(in_our_age)
        .ok_or_else(no_date)?;
    let due = invoice.due_date.and_then(in_our_age).unwrap_or(dated);
    let number = line(invoice.reference_number.as_deref().unwrap_or_default());
    let mut header = Content::new();
    header.set(
        "move_type",
        if gives_back(invoice) { CREDIT } else { INVOICE },
    );
    header.set_id("partner_id", target(subject, &customer).map(|id| id.0));
    header.set("ref", number.as_str());
    header.set("payment_reference", number);
    header.set("invoice_origin", origin(invoice));
    header.set("invoice_date", dated.to_string());
    header.set("date", dated.to_string());
    header.set("invoice_payment_term_id/.id", "");
    header.set("invoice_date_due", due.to_string());
    let summary = text_of_html(invoice.summary.as_deref().unwrap_or_default());
    header.set("narration", plain::html(&plain::text(&summary)));
    if let Some(currency) = directory.currency() {
        header.set_id("currency_id", Some(currency));
    }
    if let Some(location) = location(subject, invoice, &customer) {
        header.set_id("partner_shipping_id", Some(location));
    }
    let parent = invoice.adjustment_to_id.map(|id| key(FLOW, id.0));
    let known = parent.as_ref().and_then(|parent| target(subject, parent));
    if gives_back(invoice) {
        header.set_id("reversed_entry_id", known.map(|id| id.0));
    }
    if let (Some(parent), None) = (&parent, known) {
        warnings.push(format!(
            "it adjusts invoice {}, which is not in Odoo: it stands there on its own",
            parent.source
        ));
    }
    Ok(header)
}

/// What it was made for: the job, or the invoice that it adjusts.
fn origin(invoice: &Invoice) -> String {
    let job = invoice.job.as_ref().and_then(|job| job.number.as_deref());
    let job = job.map(line).filter(|number| !number.is_empty());
    let adjusted = invoice.adjustment_to_id.map(|id| format!("adjusts {id}"));
    [job, adjusted]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", ")
}

/// Odoo's delivery address of the location, where Odoo holds it.
fn location(subject: &Subject<'_>, invoice: &Invoice, customer: &Key) -> Option<i64> {
    let location = invoice.location.as_ref()?.id?;
    let other = subject.others.get(&customer.link_name())?;
    let name = crate::customers::location_name(location.0);
    let link = other.links.iter().find(|link| link.name == name)?;
    Some(link.target.0)
}

fn wanted(
    subject: &Subject<'_>,
    invoice: &Invoice,
    goal: Goal,
    directory: &Directory,
    warnings: &mut Vec<String>,
) -> Result<Document, Reason> {
    let name = FLOW.link_name(subject.source);
    let part = part_of(subject);
    let header = header(subject, invoice, directory, warnings)?;
    let known = held(subject.links, &name);
    warnings.extend(known.and_then(|link| moved(link, &header)));
    let lines = lines::wanted(subject, invoice, &name, &part, directory, warnings)?;
    let mut reached = Content::from_iter([(TAX, lines.tax.amount.normalize().to_string())]);
    if let Some(changed) = known.and_then(|link| link.base.get(CHANGED)) {
        reached.set(CHANGED, changed);
    }
    Ok(Document {
        header: Target {
            name,
            part,
            model: FLOW.model(),
            document: None,
            content: header,
        },
        total: lines.total,
        tax: lines.tax,
        lines: lines.targets,
        goal,
        is_said_whole: true,
        hold: None,
        closed: directory.invoices().closed,
        reached,
    })
}

/// What a person should know of an invoice that is booked in a later period than its own, while its date stays.
fn moved(link: &Link, header: &Content) -> Option<String> {
    let (booked, date) = (link.base.get(BOOKED)?, header.get("date")?);
    let is_settled = link.base.get("date") == Some(date) && booked != date;
    is_settled.then(|| booked_later(date, booked))
}

fn tax_without_lines() -> Reason {
    reason(
        "tax-without-lines",
        "The invoice has tax and no lines, and Odoo taxes nothing but lines.",
        "Put a line on it in ServiceTitan, over nothing if need be, and save it; or book the tax by hand in Odoo and run \
         `ml-connector replay --dismiss` for it.",
    )
}

fn no_customer() -> Reason {
    reason(
        "no-customer",
        "The invoice names no customer, and Odoo books none without.",
        "Give it a customer in ServiceTitan and save it; it comes over by itself then.",
    )
}

fn no_date() -> Reason {
    reason(
        "no-date",
        "The invoice has no date in ServiceTitan, or one of another age. Adjustments are made without one.",
        "Give it a date in ServiceTitan and save it; it comes over by itself then.",
    )
}
