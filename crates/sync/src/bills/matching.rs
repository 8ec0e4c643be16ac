//! The three-way match: what was ordered, what was received and what is billed, line by line.

use std::collections::BTreeMap;
use std::fmt;

use rust_decimal::Decimal;
use servicetitan::record::{PurchaseOrder, PurchaseOrderItem, Receipt, ReceiptItem};

use crate::directory::BillPolicy;
use crate::flow::Flow;
use crate::money::{are_countable, cents};
use crate::others::key;
use crate::part;
use crate::plain::{line, quoted};
use crate::plan::Subject;
use crate::record::Reason;

use super::paper::{CREDIT, Paper, PaperLine};
use super::siblings::Sibling;

/// What a comparison found.
pub(super) struct Match {
    differences: Vec<String>,
}

impl Match {
    pub(super) fn is_ok(&self) -> bool {
        self.differences.is_empty()
    }
}

impl fmt::Display for Match {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_ok() {
            return f.write_str("match: ok");
        }
        write!(f, "match: {}", self.differences.join("; "))
    }
}

/// The lines of the order by the lines of its receipts.
pub(super) fn order_items(subject: &Subject<'_>, paper: &Paper) -> BTreeMap<i64, i64> {
    let received = received(subject, paper);
    let items = received.iter().flat_map(|receipt| &receipt.items);
    items
        .filter_map(|item| Some((item.id.0, item.purchase_order_item_id?.0)))
        .collect()
}

/// The receipts of the order, as far as they can be read.
fn received(subject: &Subject<'_>, paper: &Paper) -> Vec<Receipt> {
    let of_order = paper.order;
    let of_order = of_order.map(|order| key(Flow::Receipts, order).link_name());
    let other = of_order.and_then(|name| subject.others.get(&name));
    let parts = other.map_or(&[][..], |other| &other.parts);
    parts
        .iter()
        .filter_map(|row| part::read(row).ok())
        .collect()
}

/// Compares a bill with its order; `None` where it has none that is known. Of a credit, which is for what went back,
/// quantities may be less than what came.
pub(super) fn compare(
    subject: &Subject<'_>,
    paper: &Paper,
    before: &[Sibling],
    policy: &BillPolicy,
) -> Option<Match> {
    let order = key(Flow::PurchaseOrders, paper.order?);
    let parts = &subject.others.get(&order.link_name())?.parts;
    let order: PurchaseOrder = parts.iter().find_map(|row| part::read(row).ok())?;
    let receipts = received(subject, paper);
    let rows: Vec<&ReceiptItem> = receipts
        .iter()
        .filter(|receipt| receipt.active)
        .flat_map(|receipt| &receipt.items)
        .collect();
    let ordered = order
        .items
        .iter()
        .flat_map(|item| [item.quantity, item.cost]);
    let received = rows.iter().map(|row| row.quantity);
    if !are_countable(ordered.chain(received)) {
        return Some(Match {
            differences: vec![
                "an amount of the order or its receipts is beyond a billion".to_owned(),
            ],
        });
    }
    let mut differences = Vec::new();
    for (at, of_paper) in paper.lines.iter().enumerate() {
        let row = rows
            .iter()
            .find(|row| Some(row.id.0) == of_paper.receipt_item);
        let ordered = row.and_then(|row| row.purchase_order_item_id);
        let ordered = ordered.and_then(|id| order.items.iter().find(|item| item.id == id));
        let received_in_all: Decimal = rows
            .iter()
            .filter(|row| ordered.is_some_and(|item| row.purchase_order_item_id == Some(item.id)))
            .filter_map(|row| row.quantity)
            .sum();
        let besides = of_paper.receipt_item.map_or_else(Besides::default, |row| {
            Besides::of(row, &paper.lines[..at], before)
        });
        let line = Line {
            besides,
            at,
            of_paper,
            row: row.copied(),
            ordered,
            received_in_all,
            goes_back: paper.move_type == CREDIT,
        };
        differences.extend(line.differences(policy));
    }
    Some(Match { differences })
}

/// What else is billed of a row of a receipt: by earlier lines of the paper, and by papers that go before it.
#[derive(Default)]
struct Besides {
    quantity: Decimal,
    by: Vec<String>,
}

impl Besides {
    fn of(row: i64, lines: &[PaperLine], before: &[Sibling]) -> Self {
        let mut besides = Self::default();
        let own = lines.iter().enumerate();
        let own = own.map(|(at, line)| (line, format!("line {}", at + 1)));
        let others = before.iter().flat_map(|sibling| {
            let lines = sibling.paper.lines.iter();
            lines.map(|line| (line, sibling.called()))
        });
        for (line, by) in own.chain(others) {
            if line.receipt_item == Some(row) {
                besides.quantity += line.quantity;
                if !besides.by.contains(&by) {
                    besides.by.push(by);
                }
            }
        }
        besides
    }
}

struct Line<'a> {
    besides: Besides,
    at: usize,
    of_paper: &'a PaperLine,
    row: Option<&'a ReceiptItem>,
    ordered: Option<&'a PurchaseOrderItem>,
    received_in_all: Decimal,
    /// Whether it credits goods that go back: some of what was received, or what nobody ordered.
    goes_back: bool,
}

impl Line<'_> {
    fn differences(&self, policy: &BillPolicy) -> Vec<String> {
        let n = self.at + 1;
        let Some(row) = self.row else {
            if self.goes_back {
                return Vec::new();
            }
            return vec![format!("line {n} billed before received")];
        };
        let Some(ordered) = self.ordered else {
            return vec![format!("line {n} was never ordered")];
        };
        let mut differences = Vec::new();
        let cost = ordered.cost.unwrap_or_default();
        let at_order = cents(self.of_paper.quantity * cost);
        let dearer = cents(self.of_paper.quantity * self.of_paper.cost) - at_order;
        if !policy.tolerates(dearer, at_order) {
            differences.push(format!("price {dearer:+.2} on line {n}"));
        }
        let received = row.quantity.unwrap_or_default();
        let more = self.of_paper.quantity + self.besides.quantity - received;
        let may_be_less = self.goes_back && more.is_sign_negative();
        if !may_be_less && !policy.tolerates(cents(more * cost), cents(received * cost)) {
            let sign = if more.is_sign_positive() { "+" } else { "" };
            let more = more.normalize();
            differences.push(if self.besides.by.is_empty() {
                format!("quantity {sign}{more} on line {n}")
            } else {
                let together = self.besides.by.join(", ");
                format!("quantity {sign}{more} on line {n}, together with {together}")
            });
        }
        let over = self.received_in_all - ordered.quantity.unwrap_or_default();
        let is_over = over > Decimal::ZERO && !self.goes_back;
        if is_over && !policy.tolerates(cents(over * cost), at_order) {
            differences.push(format!(
                "{} more received than ordered on line {n}",
                over.normalize()
            ));
        }
        differences
    }
}

/// Why a paper that does not match is held.
pub(super) fn held(flow: Flow, found: &Match) -> Reason {
    Reason {
        cause: "match-differs".to_owned(),
        what: format!(
            "The {} does not match its order and receipts ({found}). It stands in Odoo as a draft.",
            flow.noun()
        ),
        advice: format!(
            "Correct the order or the {} in ServiceTitan, or run `ml-connector replay --approve` with its id to post it as \
             it is; `ml-connector replay --dismiss` leaves the draft to you.",
            flow.noun()
        ),
    }
}

/// Another paper of the vendor bears its number.
pub(super) fn numbered_alike(number: &str, twin: &Sibling) -> String {
    format!(
        "{} of this vendor has the number {} too",
        twin.called(),
        quoted(&line(number))
    )
}

/// So many papers are alike that not all of them were looked at.
pub(super) fn among_too_many() -> String {
    "hundreds of bills and credits have its vendor and number, or its order: not all of them were compared".to_owned()
}

/// Why a paper is held that may be a second one.
pub(super) fn held_among_too_many(flow: Flow) -> Reason {
    Reason {
        cause: "duplicate-number".to_owned(),
        what: format!(
            "In ServiceTitan {}. The {} stands in Odoo as a draft.",
            among_too_many(),
            flow.noun()
        ),
        advice: "Give it the vendor's own number in ServiceTitan, or look whether it was entered before and run `ml-connector \
                 replay --approve` with its id to post it."
            .to_owned(),
    }
}

/// Why a paper is held whose number another one of the vendor bears.
pub(super) fn held_as_twin(flow: Flow, number: &str, twin: &Sibling) -> Reason {
    Reason {
        cause: "duplicate-number".to_owned(),
        what: format!(
            "In ServiceTitan {}. The {} stands in Odoo as a draft.",
            numbered_alike(number, twin),
            flow.noun()
        ),
        advice: "If both are the same paper, delete one of them in ServiceTitan; if the vendor billed several receipts on one \
                 paper, run `ml-connector replay --approve` with its id to post it; `ml-connector replay --dismiss` leaves \
                 the draft to you."
            .to_owned(),
    }
}
