//! Purchase orders -> `purchase.order`.
//!
//! An order is one document: its lines under names of their own, tax, shipping and what rounding leaves as lines with
//! service products, so that it comes to ServiceTitan's total to the cent. Where it goes and its summary stand in its
//! note. Pending is a draft, sent and received are confirmed (or left as drafts to people in Odoo), canceled is cancelled.
//! An order that does not come to its total is not confirmed.
//!
//! Prices. A line bears ServiceTitan's unit cost where that comes to ServiceTitan's line total. Where it does not (a
//! discount; an Odoo that keeps fewer places of a price) the price is the nearest that Odoo keeps. The cents that are left
//! over, also because Odoo may add lines up before it rounds, stand in a line of their own.

mod lines;
mod note;

use jiff::Timestamp;
use rust_decimal::Decimal;
use servicetitan::record::{PurchaseOrder, PurchaseOrderStatus};

use crate::content::Content;
use crate::directory::Directory;
use crate::document::{self, Document};
use crate::filing::RowKind;
use crate::flow::Flow;
use crate::link::{Link, Name};
use crate::mapping::MappingKind;
use crate::others::{key, missing, once, target, wait};
use crate::plain::line;
use crate::plan::{ClosedPeriod, Decision, Goal, Plan, Subject, Tax};
use crate::record::{Key, Reason};
use crate::sighting::PartKey;
use crate::single;
use crate::target::{Target, held, may_be_there};

const FLOW: Flow = Flow::PurchaseOrders;

/// The vendor, the unit, the job and the items.
pub(crate) fn references(subject: &Subject<'_>) -> Vec<Key> {
    let Ok(order) = single::read::<PurchaseOrder>(FLOW, subject) else {
        return Vec::new();
    };
    let vendor = key(Flow::Vendors, order.vendor_id.0);
    let (unit, job) = (unit(&order), job(&order));
    let items = order.items.iter().filter_map(|item| item.sku_id);
    let items = items.map(|sku| key(Flow::Items, sku.0));
    once(std::iter::once(vendor).chain(unit).chain(job).chain(items))
}

/// What ServiceTitan says that the order comes to.
pub(crate) fn amount(subject: &Subject<'_>) -> Option<Decimal> {
    let order: PurchaseOrder = single::read(FLOW, subject).ok()?;
    lines::amount(&order)
}

/// What has to happen so that Odoo holds this order as ServiceTitan has it.
pub(crate) fn plan(subject: &Subject<'_>, directory: &Directory) -> Plan {
    let mut warnings = Vec::new();
    let rests_on = references(subject).iter().map(Key::link_name).collect();
    let decision = decide(subject, directory, &mut warnings);
    Plan {
        decision,
        warnings,
        rests_on,
    }
}

fn decide(subject: &Subject<'_>, directory: &Directory, warnings: &mut Vec<String>) -> Decision {
    let order: PurchaseOrder = match single::read(FLOW, subject) {
        Ok(order) => order,
        Err(reason) => return Decision::Fail(reason),
    };
    let name = FLOW.link_name(subject.source);
    let known = held(subject.links, &name);
    let goal = match goal(&order) {
        // What was confirmed before stays so.
        Ok(Goal::Confirmed) if directory.leaves_orders() && !is_confirmed(known) => Goal::Draft,
        Ok(goal) => goal,
        Err(reason) => return Decision::Fail(reason),
    };
    if goal == Goal::Cancelled && known.is_none() && !may_be_there(subject, &name) {
        return Decision::Ignore(Reason {
            cause: "canceled-in-servicetitan".to_owned(),
            what: "The purchase order is canceled in ServiceTitan and was never brought to Odoo."
                .to_owned(),
            advice: "Nothing is to be done.".to_owned(),
        });
    }
    // What is cancelled is not changed any more, whatever is the matter with it.
    if let (Goal::Cancelled, Some(link)) = (goal, known) {
        let is_cancelled = link.reached() == Some(goal.as_str());
        if is_cancelled && subject.in_doubt.is_none() {
            return Decision::Unchanged;
        }
        let part = PartKey(format!(
            "{}/{}",
            RowKind::PurchaseOrder.as_str(),
            subject.source
        ));
        return Decision::Write(vec![document::cancellation(link, part, FLOW.model())]);
    }
    let waits = missing(subject, references(subject));
    if !waits.is_empty() {
        return wait(waits, FLOW, subject);
    }
    match wanted(subject, &order, goal, directory, warnings) {
        Err(reason) => Decision::Fail(reason),
        Ok(document) => document.decision(subject),
    }
}

fn is_confirmed(known: Option<&Link>) -> bool {
    known.and_then(Link::reached) == Some(Goal::Confirmed.as_str())
}

fn goal(order: &PurchaseOrder) -> Result<Goal, Reason> {
    match &order.status {
        PurchaseOrderStatus::Pending => Ok(Goal::Draft),
        PurchaseOrderStatus::Sent
        | PurchaseOrderStatus::PartiallyReceived
        | PurchaseOrderStatus::Received
        | PurchaseOrderStatus::Exported => Ok(Goal::Confirmed),
        PurchaseOrderStatus::Canceled => Ok(Goal::Cancelled),
        PurchaseOrderStatus::Other(status) => Err(Reason {
            cause: "unknown-status".to_owned(),
            what: format!(
                "ServiceTitan gives the purchase order the status {}, which this connector does not know.",
                crate::plain::quoted(status)
            ),
            advice: "Update ml-connector; if it is the latest version, report the status. `ml-connector replay \
                     --dismiss` leaves the order out."
                .to_owned(),
        }),
    }
}

fn wanted(
    subject: &Subject<'_>,
    order: &PurchaseOrder,
    goal: Goal,
    directory: &Directory,
    warnings: &mut Vec<String>,
) -> Result<Document, Reason> {
    let name = FLOW.link_name(subject.source);
    let part = single::row(FLOW, subject)?.key.clone();
    let mut header = Content::new();
    let vendor = target(subject, &key(Flow::Vendors, order.vendor_id.0));
    header.set_id("partner_id", vendor.map(|id| id.0));
    let reference = order.vendor_document_number.as_deref().unwrap_or_default();
    header.set("partner_ref", line(reference));
    header.set("origin", line(&order.number));
    header.set("date_order", datetime(order.date.or(order.created_on)));
    if let Some(note) = directory.order_note() {
        header.set(&note.field, note::of(order, note));
    }
    if let Some(currency) = directory.currency() {
        header.set_id("currency_id", Some(currency));
    }
    // Where nothing is mapped, Odoo's own default stands.
    let location = order.inventory_location_id.map(|id| id.0.to_string());
    let mapped = location.and_then(|id| directory.mapped(MappingKind::Warehouse, &id));
    if mapped.is_some() {
        header.set_id("picking_type_id", mapped);
    }
    let lines = lines::wanted(subject, order, &name, &part, directory, warnings)?;
    Ok(Document {
        header: Target {
            name,
            part,
            model: FLOW.model(),
            document: None,
            content: header,
        },
        total: lines.total,
        tax: Tax::default(),
        lines: lines.targets,
        goal,
        is_said_whole: false,
        hold: None,
        closed: ClosedPeriod::Wait,
        reached: Content::new(),
    })
}

fn datetime(at: Option<Timestamp>) -> String {
    at.map(odoo::datetime::text).unwrap_or_default()
}

fn unit(order: &PurchaseOrder) -> Option<Key> {
    let unit = order.business_unit_id?;
    Some(key(Flow::BusinessUnits, unit.0))
}

fn job(order: &PurchaseOrder) -> Option<Key> {
    let job = order.job_id?;
    Some(key(Flow::Jobs, job.0))
}

/// A target of the order's, by its name.
fn of_order(document: &Name, part: &PartKey, line: &str, content: Content) -> Target {
    Target {
        name: document::line_name(document, line),
        part: part.clone(),
        model: document::line_model(FLOW.model()),
        document: Some(document.clone()),
        content,
    }
}
