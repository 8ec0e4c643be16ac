//! Inventory bills, AP bills, returns and AP credits -> `account.move`.
//!
//! A bill is one document: its lines under names of their own, each on the account that ServiceTitan gives it, linked with
//! the order's line that it bills; shipping, tax and other costs of the header as lines with service products, linked with
//! the order's. What the header says is added once: the parts of it that ServiceTitan allocates to lines are not. It comes to
//! ServiceTitan's total to the cent, or is not posted.
//!
//! Bills of one order are matched together, and of two with one number of the vendor the second is held.
//!
//! All three dates are sent, since Odoo invents those that are not, and no payment term, since it would overrule the due
//! date. A bill that changes is said whole: Odoo computes anew whatever depends on what is said.

mod lines;
mod linked;
mod matching;
mod paper;
mod siblings;

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::content::Content;
use crate::directory::{CostField, Directory};
use crate::document::{self, Document};
use crate::failure::{self, reason};
use crate::filing::RowKind;
use crate::flow::Flow;
use crate::link::{BOOKED, Link, MATCH, Name, REFERRED};
use crate::linking::Which;
use crate::others::{key, missing, once, target, wait};
use crate::plain::{self, line};
use crate::plan::{APPROVE, Decision, Goal, Plan, RECREATE, Subject, Tax};
use crate::record::{Key, Reason};
use crate::sighting::{Part, PartKey};
use crate::single;
use crate::target::{Target, held, may_be_there};

use paper::{Paper, Standing};

/// The vendor, the order and its receipts, the units, the jobs and the items.
pub(crate) fn references(flow: Flow, subject: &Subject<'_>) -> Vec<Key> {
    let Ok(paper) = paper::read(flow, subject) else {
        return Vec::new();
    };
    let mut keys = needed(subject, &paper);
    keys.extend(paper.order.map(|order| key(Flow::PurchaseOrders, order)));
    keys.extend(receipts(&paper));
    once(keys)
}

/// What ServiceTitan says that the paper comes to.
pub(crate) fn amount(flow: Flow, subject: &Subject<'_>) -> Option<Decimal> {
    let paper = paper::read(flow, subject).ok()?;
    Some(paper.terms().total)
}

/// What has to be in Odoo before the paper can.
fn needed(subject: &Subject<'_>, paper: &Paper) -> Vec<Key> {
    let vendor = paper.vendor.map(|vendor| key(Flow::Vendors, vendor));
    let order = order(subject, paper);
    let lines = paper.lines.iter();
    let units = lines.clone().map(|line| line.unit).chain([paper.unit]);
    let units = units.flatten().map(|unit| key(Flow::BusinessUnits, unit));
    let jobs = lines.clone().map(|line| line.job).chain([paper.job]);
    let jobs = jobs.flatten().map(|job| key(Flow::Jobs, job));
    let items = lines.filter_map(|line| Some(key(Flow::Items, line.sku?)));
    once(
        vendor
            .into_iter()
            .chain(order)
            .chain(units)
            .chain(jobs)
            .chain(items),
    )
}

/// The order that is billed, unless it was left out.
fn order(subject: &Subject<'_>, paper: &Paper) -> Option<Key> {
    use crate::record::State;
    let order = key(Flow::PurchaseOrders, paper.order?);
    let other = subject.others.get(&order.link_name());
    let left_out =
        other.is_some_and(|other| other.link.is_none() && other.state == Some(State::Ignored));
    Some(order).filter(|_| !left_out)
}

/// The receipts of the order, which tell what line of it a line bills.
fn receipts(paper: &Paper) -> Option<Key> {
    let received = paper.lines.iter().any(|line| line.receipt_item.is_some());
    let order = paper.order.filter(|_| received)?;
    Some(key(Flow::Receipts, order))
}

/// What it has in common with other papers: its order, its vendor and number.
pub(crate) fn shared(flow: Flow, subject: &Subject<'_>) -> Vec<Name> {
    let paper = paper::read(flow, subject);
    paper.iter().flat_map(siblings::names).collect()
}

/// The same, of a row that is filed.
pub(crate) fn shared_by(kind: RowKind, part: &Part) -> Vec<Name> {
    let paper = siblings::flow_of(kind).map(|flow| paper::of_part(flow, part));
    let paper = paper.into_iter().flatten();
    paper.flat_map(|paper| siblings::names(&paper)).collect()
}

/// What a plan says besides its deed.
struct Notes<'n> {
    warnings: &'n mut Vec<String>,
    rests_on: &'n mut Vec<Name>,
}

/// What has to happen so that Odoo holds this paper as ServiceTitan has it.
pub(crate) fn plan(flow: Flow, subject: &Subject<'_>, directory: &Directory) -> Plan {
    let mut warnings = Vec::new();
    let rests_on = references(flow, subject);
    let mut rests_on: Vec<Name> = rests_on.iter().map(Key::link_name).collect();
    rests_on.extend(shared(flow, subject));
    let mut notes = Notes {
        warnings: &mut warnings,
        rests_on: &mut rests_on,
    };
    let decision = decide(flow, subject, directory, &mut notes);
    Plan {
        decision,
        warnings,
        rests_on,
    }
}

fn decide(
    flow: Flow,
    subject: &Subject<'_>,
    directory: &Directory,
    notes: &mut Notes<'_>,
) -> Decision {
    let paper = match paper::read(flow, subject) {
        Ok(paper) => paper,
        Err(reason) => return Decision::Fail(reason),
    };
    let name = flow.link_name(subject.source);
    let known = held(subject.links, &name);
    let is_new = known.is_none() && !may_be_there(subject, &name);
    if is_new && let Some(reason) = left_out(flow, &paper, directory) {
        return Decision::Ignore(reason);
    }
    let counts = matches!(paper.standing, Standing::Counts | Standing::NotYet);
    // Of other papers the lines tell.
    if flow == Flow::ApCredits && counts && paper.total.is_none() {
        return Decision::Fail(no_amount(flow));
    }
    let adopted = known.filter(|link| link.is_adopted());
    if let (false, Some(link)) = (counts, adopted) {
        return linked::withdrawn(flow, link);
    }
    let is_linked = adopted.is_some() && subject.decision != Some(RECREATE);
    if is_linked || (is_new && Which::decided(subject.decision).is_some()) {
        return linked(flow, subject, &paper, directory, adopted, notes.warnings);
    }
    if let (false, Some(link)) = (counts, known) {
        let is_cancelled = link.reached() == Some(Goal::Cancelled.as_str());
        if is_cancelled && subject.in_doubt.is_none() {
            return Decision::Unchanged;
        }
        let part = part(flow, subject);
        return Decision::Write(vec![document::cancellation(link, part, flow.model())]);
    }
    let mut waits = missing(subject, needed(subject, &paper));
    waits.extend(receipts(&paper).filter(|key| !is_seen(subject, key)));
    if !waits.is_empty() {
        return wait(waits, flow, subject);
    }
    match wanted(flow, subject, &paper, counts, directory, notes) {
        Ok(document) if document.lines.is_empty() => match known {
            None if is_new => Decision::Ignore(empty(flow)),
            Some(link)
                if !link.is_adopted() && link.reached() != Some(Goal::Cancelled.as_str()) =>
            {
                let part = part(flow, subject);
                Decision::Write(vec![document::cancellation(link, part, flow.model())])
            }
            _ => Decision::Unchanged,
        },
        Ok(document) if document.total.is_sign_negative() && !document.total.is_zero() => {
            Decision::Fail(negative(flow))
        }
        Err(reason) => Decision::Fail(reason),
        Ok(document) if is_posted_as_it_is(&document, subject) => Decision::Unchanged,
        Ok(document) => document.decision(subject),
    }
}

/// What says to which records of Odoo a bill points: it may change without ServiceTitan having said anything.
const POINTERS: [&str; 6] = [
    "partner_id/.id",
    "product_id/.id",
    "account_id/.id",
    "purchase_line_id/.id",
    CostField::DISTRIBUTION,
    "analytic_account_id/.id",
];

/// Whether a document is in the books already as it is: one that should be held, because its order changed later (a warning
/// says so), or one of which only what it points to became another record of Odoo's.
fn is_posted_as_it_is(document: &Document, subject: &Subject<'_>) -> bool {
    let Some(link) = held(subject.links, &document.header.name) else {
        return false;
    };
    let referred = document.reached.get(REFERRED);
    let points_alike = referred == link.base.get(REFERRED);
    if link.reached() != Some(Goal::Posted.as_str()) || (document.hold.is_none() && !points_alike) {
        return false;
    }
    let mut posted = Document {
        goal: Goal::Posted,
        hold: None,
        ..document.clone()
    };
    if document.hold.is_some() {
        let found = link.base.get(MATCH).unwrap_or_default();
        posted.reached.set(MATCH, found);
    }
    if points_alike {
        let lines = posted.lines.iter_mut();
        for target in lines.chain([&mut posted.header]) {
            let Some(link) = held(subject.links, &target.name) else {
                continue;
            };
            for column in POINTERS {
                if let Some(pointed) = link.base.get(column) {
                    target.content.set(column, pointed);
                }
            }
        }
    }
    posted.differences(subject).is_empty()
}

/// What follows for a paper that somebody entered in Odoo: whatever else it names, only its vendor has to be there.
fn linked(
    flow: Flow,
    subject: &Subject<'_>,
    paper: &Paper,
    directory: &Directory,
    link: Option<&Link>,
    warnings: &mut Vec<String>,
) -> Decision {
    let vendor = paper.vendor.map(|vendor| key(Flow::Vendors, vendor));
    let waits = missing(subject, vendor.into_iter().collect());
    if !waits.is_empty() {
        return wait(waits, flow, subject);
    }
    let policy = directory.bills();
    let part = part(flow, subject);
    let of_order = siblings::before(subject, &part, siblings::of_order(paper).as_ref(), policy);
    let found = matching::compare(subject, paper, &of_order, policy);
    let found = found.filter(|found| !found.is_ok());
    warnings.extend(found.map(|found| found.to_string()));
    match header(flow, subject, paper, directory) {
        Ok(header) => linked::decide(flow, subject, paper, (header, part), link),
        Err(reason) => Decision::Fail(reason),
    }
}

fn is_seen(subject: &Subject<'_>, key: &Key) -> bool {
    let other = subject.others.get(&key.link_name());
    other.is_some_and(|other| other.state.is_some())
}

/// Why a paper that never came over stays away.
fn left_out(flow: Flow, paper: &Paper, directory: &Directory) -> Option<Reason> {
    let noun = flow.noun();
    Some(match paper.standing {
        Standing::Withdrawn => reason(
            "withdrawn-in-servicetitan",
            format!(
                "The {noun} was deleted or canceled in ServiceTitan and was never brought to Odoo."
            ),
            "Nothing is to be done.",
        ),
        Standing::NotYet => reason(
            "not-returned-yet",
            format!("The goods of the {noun} are yet to go back to the vendor."),
            "Nothing is to be done; it comes over when ServiceTitan shows it as returned.",
        ),
        Standing::Elsewhere if flow == Flow::ApCredits => reason(
            "credited-as-return",
            format!("The {noun} is that of a return: the return comes over as a vendor credit."),
            "Nothing is to be done where the flow `vendor-credits` is on.",
        ),
        Standing::Elsewhere => reason(
            "billed-as-inventory-bill",
            format!("The {noun} bills a purchase order: it comes over as an inventory bill."),
            "Nothing is to be done.",
        ),
        Standing::Counts if directory.bills().once_posted && !paper.is_posted => reason(
            "not-posted-yet",
            format!("The {noun} is not posted in ServiceTitan yet."),
            "Post it in ServiceTitan; it comes over by itself then. With `when = \"generated\"` in the connection file such \
             documents come over at once.",
        ),
        Standing::Counts => return None,
    })
}

fn part(flow: Flow, subject: &Subject<'_>) -> PartKey {
    single::row(flow, subject).map_or_else(
        |_| PartKey(format!("gone/{}", flow.link_name(subject.source))),
        |part| part.key.clone(),
    )
}

/// The columns of the paper itself.
fn header(
    flow: Flow,
    subject: &Subject<'_>,
    paper: &Paper,
    directory: &Directory,
) -> Result<Content, Reason> {
    let vendor = paper.vendor.ok_or_else(|| no_vendor(flow))?;
    let dated = paper.dated.ok_or_else(|| no_date(flow))?;
    let vendor = target(subject, &key(Flow::Vendors, vendor));
    let day = |date: Option<Date>| date.unwrap_or(dated).to_string();
    let mut header = Content::new();
    header.set("move_type", paper.move_type);
    header.set_id("partner_id", vendor.map(|id| id.0));
    header.set("ref", line(&paper.number));
    header.set("invoice_origin", line(&paper.origin));
    header.set("invoice_date", dated.to_string());
    header.set("date", day(paper.booked));
    header.set("invoice_payment_term_id/.id", "");
    header.set("invoice_date_due", day(paper.due));
    header.set("narration", plain::html(&plain::text(&paper.memo)));
    if let Some(currency) = directory.currency() {
        header.set_id("currency_id", Some(currency));
    }
    Ok(header)
}

fn wanted(
    flow: Flow,
    subject: &Subject<'_>,
    paper: &Paper,
    counts: bool,
    directory: &Directory,
    notes: &mut Notes<'_>,
) -> Result<Document, Reason> {
    let name = flow.link_name(subject.source);
    let part = part(flow, subject);
    let header = header(flow, subject, paper, directory)?;
    let known = held(subject.links, &name);
    let warnings = &mut *notes.warnings;
    warnings.extend(known.and_then(|link| booked_later(link, &header)));
    let lines = lines::wanted(flow, subject, paper, &name, &part, directory, warnings)?;
    let policy = directory.bills();
    let of_order = siblings::before(subject, &part, siblings::of_order(paper).as_ref(), policy);
    let found = matching::compare(subject, paper, &of_order, policy);
    let of_number = siblings::of_number(paper);
    let of_number = siblings::before(subject, &part, of_number.as_ref(), policy);
    let twin = of_number.first();
    let differs = found.as_ref().is_some_and(|found| !found.is_ok());
    if let Some(found) = found.as_ref().filter(|_| differs) {
        warnings.push(found.to_string());
        // When one of them changes or goes, it is looked at again.
        notes
            .rests_on
            .extend(of_order.into_iter().map(|other| other.name));
    }
    if let Some(twin) = twin {
        warnings.push(matching::numbered_alike(&paper.number, twin));
        notes.rests_on.push(twin.name.clone());
    }
    let are_too_many = siblings::are_too_many(subject, paper);
    if are_too_many {
        warnings.push(matching::among_too_many());
    }
    let is_odd = differs || twin.is_some() || are_too_many;
    let holds = is_odd && policy.hold && subject.decision != Some(APPROVE);
    let goal = if counts && directory.bills().post && !holds {
        Goal::Posted
    } else {
        Goal::Draft
    };
    let mut document = Document {
        header: Target {
            name,
            part,
            model: flow.model(),
            document: None,
            content: header,
        },
        total: lines.total,
        tax: Tax::default(),
        lines: lines.targets,
        goal,
        is_said_whole: true,
        hold: None,
        closed: directory.bills().closed,
        reached: Content::from_iter([(REFERRED, paper.referred())]),
    };
    if let Some(found) = &found {
        document.reached.set(MATCH, found.to_string());
    }
    document.hold = match (twin, &found) {
        _ if !holds => None,
        (Some(twin), _) => Some(matching::held_as_twin(flow, &paper.number, twin)),
        (None, Some(found)) if differs => Some(matching::held(flow, found)),
        (None, _) => Some(matching::held_among_too_many(flow)),
    };
    Ok(document)
}

/// What a person should know of a bill that is booked in a later period than its own, while its date stays.
fn booked_later(link: &Link, header: &Content) -> Option<String> {
    let (booked, date) = (link.base.get(BOOKED)?, header.get("date")?);
    let is_settled = link.base.get("date") == Some(date) && booked != date;
    is_settled.then(|| failure::booked_later(date, booked))
}

fn empty(flow: Flow) -> Reason {
    reason(
        "nothing-to-book",
        format!(
            "The {} has no lines and comes to nothing, and Odoo books nothing without lines.",
            flow.noun()
        ),
        "Nothing is to be done; it comes over when it has lines.",
    )
}

fn negative(flow: Flow) -> Reason {
    reason(
        "negative-total",
        format!(
            "The {} comes to less than nothing, and Odoo does not book such a document.",
            flow.noun()
        ),
        "Enter it in ServiceTitan as what it is, a return or a bill, or book it by hand in Odoo and run `ml-connector replay \
         --dismiss` for it.",
    )
}

fn no_vendor(flow: Flow) -> Reason {
    reason(
        "no-vendor",
        format!(
            "The {} names no vendor, and Odoo books none without.",
            flow.noun()
        ),
        "Give it a vendor in ServiceTitan and save it; it comes over by itself then.",
    )
}

fn no_amount(flow: Flow) -> Reason {
    reason(
        "no-amount",
        format!("The {} has no amount in ServiceTitan.", flow.noun()),
        "Give it an amount in ServiceTitan and save it; it comes over by itself then.",
    )
}

fn no_date(flow: Flow) -> Reason {
    reason(
        "no-date",
        format!(
            "The {} has no date in ServiceTitan, or one of another age.",
            flow.noun()
        ),
        "Give it a date in ServiceTitan and save it; it comes over by itself then.",
    )
}
