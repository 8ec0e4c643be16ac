//! What a person is told when received quantities cannot be made equal.

use std::fmt;

use rust_decimal::Decimal;
use servicetitan::ReceiptItemId;

use crate::plain::{line, quoted};
use crate::plan::Other;
use crate::record::{Key, Reason, State};

/// Whoever counts goods in Odoo keeps doing so.
pub(super) fn by_hand() -> Reason {
    Reason {
        cause: "received-by-hand".to_owned(),
        what: "Goods are received by hand in Odoo.".to_owned(),
        advice: "Nothing is to be done. `policy = \"validate\"` of the flow `receipts` in the connection file has them received \
                 in Odoo as in ServiceTitan."
            .to_owned(),
    }
}

/// A line of which Odoo shows another quantity as received than ServiceTitan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What kind of difference it is.
    pub kind: Kind,
    /// The line, as Odoo calls it; by its id in ServiceTitan where Odoo does not have it.
    pub line: String,
    /// What was received in ServiceTitan.
    pub wanted: Decimal,
    /// What was received in Odoo.
    pub received: Decimal,
}

/// How a received quantity differs; the first ones are told first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Odoo's order does not have the line.
    NoLine,
    /// Odoo shows more than ServiceTitan.
    More,
    /// Odoo shows less than it was brought to: somebody returned goods.
    Returned,
    /// Odoo counts the line's transfers in another unit of measure than the line.
    OtherUnit,
    /// Odoo expects no more of it, or did not take it.
    Less,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            line: name,
            wanted,
            received,
            ..
        } = self;
        write!(
            f,
            "{}: {} received in ServiceTitan, {} in Odoo",
            quoted(&line(name)),
            wanted.normalize(),
            received.normalize()
        )
    }
}

/// Received quantities differ, and only a person can say what is right. `asked`: what Odoo wanted to know when the
/// receipt was validated, if it asked.
#[must_use]
pub fn differs(differences: &[Difference], asked: Option<&str>) -> Option<Reason> {
    let first = differences.iter().map(|difference| difference.kind).min()?;
    let told: Vec<String> = differences.iter().map(ToString::to_string).collect();
    let asked = asked.map_or_else(String::new, |title| {
        format!(" Odoo asked {} and did nothing.", quoted(&line(title)))
    });
    let what = format!("{}.{asked}", told.join("; "));
    Some(match first {
        Kind::NoLine => reason(
            "receipt-line-not-in-odoo",
            what,
            "The line was received, but the order in Odoo does not have it. If the order was changed in ServiceTitan a \
             moment ago, this goes on by itself; else see what `ml-connector failures` says of the order.",
        ),
        Kind::More => reason(
            "received-more-in-odoo",
            what,
            "If the goods are there, receive them in ServiceTitan too. If they are not (a receipt was cancelled in \
             ServiceTitan, or one was counted twice in Odoo), return them in Odoo: open the order's receipt and press \
             Return. Then run `ml-connector replay --cause received-more-in-odoo`.",
        ),
        Kind::Returned => reason(
            "returned-in-odoo",
            what,
            "Odoo had received more of it before, so somebody returned goods there. If they stay returned, cancel the \
             receipt in ServiceTitan, or run `ml-connector replay --dismiss --cause returned-in-odoo`; to receive them \
             again, run `ml-connector replay --recreate --cause returned-in-odoo`.",
        ),
        Kind::OtherUnit => reason(
            "receipt-in-other-unit",
            what,
            "In Odoo the order's line and its receipt are in different units of measure. Receive the difference there by \
             hand (Purchase > the order > Receipt); then run `ml-connector replay --cause receipt-in-other-unit`.",
        ),
        Kind::Less => reason(
            "received-less-in-odoo",
            what,
            "Odoo expects no more of it, or did not take it. Open the order's receipts in Odoo: validate one that is \
             open, or correct one that is done (Unlock, then its quantity). Then run `ml-connector replay --cause \
             received-less-in-odoo`.",
        ),
    })
}

/// Odoo does not have the order as a binding one (any more). `state`: what Odoo says of it.
#[must_use]
pub fn order_not_binding(state: &str) -> Reason {
    reason(
        "order-not-confirmed-in-odoo",
        format!(
            "Goods were received in ServiceTitan, but in Odoo the purchase order is {}.",
            quoted(state)
        ),
        "Confirm the order in Odoo (if it was cancelled there: set it to draft, then confirm); then run `ml-connector \
         replay --cause order-not-confirmed-in-odoo`.",
    )
}

/// The order is not in Odoo any more, or hidden.
#[must_use]
pub fn order_gone(key: &Key) -> Reason {
    reason(
        "order-not-in-odoo",
        format!(
            "The {} {} is not in Odoo any more, or hidden from the connector's user.",
            key.flow.noun(),
            key.source
        ),
        &format!(
            "To have a deleted order made anew and received again, run `ml-connector replay --recreate {}`; to leave its \
             receipts out, run `ml-connector replay --dismiss --flow receipts {}`.",
            key.source, key.source
        ),
    )
}

/// Nothing was ever received that counts.
pub(super) fn all_cancelled() -> Reason {
    reason(
        "receipts-canceled-in-servicetitan",
        "All receipts of the purchase order are canceled in ServiceTitan, and Odoo holds none of them.".to_owned(),
        "Nothing is to be done.",
    )
}

/// The order is in Odoo, but it does not bind yet.
pub(super) fn order_not_ready(key: &Key, other: Option<&Other>) -> Reason {
    let stuck = other.is_some_and(|other| {
        let waits_for_others = other.cause.as_deref() == Some("waits-for-others");
        match other.state {
            Some(State::Failed) => true,
            Some(State::Waiting) => !waits_for_others,
            _ => false,
        }
    });
    reason(
        "waits-for-others",
        format!(
            "The receipt waits until {} {} is confirmed in Odoo.",
            key.flow.noun(),
            key.source
        ),
        if stuck {
            "`ml-connector failures` says why the order is not confirmed; mend that, and its receipts go on by themselves."
        } else {
            ""
        },
    )
}

/// A received line says not what it is of.
pub(super) fn line_not_named(number: &str, item: ReceiptItemId) -> Reason {
    reason(
        "receipt-line-unknown",
        format!(
            "Line {item} of receipt {} names no line of the purchase order, or no quantity.",
            quoted(number)
        ),
        "Cancel the receipt in ServiceTitan and receive the goods on the order's lines; or receive them in Odoo by hand \
         and leave the order's receipts out with `ml-connector replay --dismiss --cause receipt-line-unknown`.",
    )
}

/// A quantity that Odoo cannot be told.
#[must_use]
pub fn too_precise() -> Reason {
    reason(
        "amount-too-large",
        "A received quantity has more digits than Odoo can be told.".to_owned(),
        "Correct the quantity in ServiceTitan: cancel the receipt and receive the goods anew.",
    )
}

/// A quantity that is a slip.
pub(super) fn too_large(number: &str) -> Reason {
    reason(
        "amount-too-large",
        format!(
            "A quantity of receipt {} is beyond a billion.",
            quoted(number)
        ),
        "Cancel the receipt in ServiceTitan and receive the goods anew; it comes over by itself then.",
    )
}

fn reason(cause: &str, what: String, advice: &str) -> Reason {
    Reason {
        cause: cause.to_owned(),
        what,
        advice: advice.to_owned(),
    }
}
