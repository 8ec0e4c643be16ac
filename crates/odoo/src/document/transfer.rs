//! Transfers of goods: receipts, returns.

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::field::{FieldNames, Reader, existing, first};
use super::{FieldError, words};
use crate::Fields;
use crate::record::RecordId;

words! {
    /// Where a transfer, or one of its moves, stands.
    TransferState {
        /// Not planned yet.
        Draft = "draft",
        /// Waits for another transfer.
        Waiting = "waiting",
        /// Waits for goods.
        Confirmed = "confirmed",
        /// Some of the goods are there.
        PartlyAvailable = "partially_available",
        /// Ready.
        Assigned = "assigned",
        /// Happened.
        Done = "done",
        /// Cancelled.
        Cancelled = "cancel",
    }
}

/// A transfer (`stock.picking`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Its id.
    pub id: RecordId,
    /// Its number (`WH/IN/00001`).
    pub name: String,
    /// Where it stands.
    pub state: TransferState,
    /// `incoming`, `outgoing` or `internal`. An order has an outgoing one where more was received than
    /// is ordered now.
    pub kind: Option<String>,
    /// The partner.
    pub partner: Option<RecordId>,
    /// The source document.
    pub origin: Option<String>,
    /// The transfer whose rest it is.
    pub backorder_of: Option<RecordId>,
    /// When it happened.
    pub done: Option<Timestamp>,
    /// When it was last written, in whole seconds.
    pub written: Timestamp,
    /// What is moved, by the moves' ids.
    pub moves: Vec<TransferMove>,
}

/// What is moved (`stock.move`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferMove {
    /// Its id.
    pub id: RecordId,
    /// The transfer.
    pub transfer: RecordId,
    /// Where it stands.
    pub state: TransferState,
    /// The product.
    pub product: RecordId,
    /// The line of the purchase order that it serves.
    pub order_line: Option<RecordId>,
    /// The unit of measure of its quantities.
    pub unit: Option<RecordId>,
    /// How much should move.
    pub demand: Decimal,
    /// How much moved, once it is done. Before, how much is reserved (from 17 on), or counted (until 16).
    pub quantity: Decimal,
    /// Whether the quantity was counted. Until 16: whether there is one.
    pub picked: bool,
}

const TRANSFER: [&str; 7] = [
    "name",
    "state",
    "partner_id",
    "origin",
    "backorder_id",
    "date_done",
    "write_date",
];
const MOVE: [&str; 4] = ["picking_id", "state", "product_id", "product_uom_qty"];
const QUANTITY: [&str; 2] = ["quantity", "quantity_done"];

impl Transfer {
    /// The fields to ask for, where the model has these.
    #[must_use]
    pub fn fields(has: &FieldNames) -> Vec<&'static str> {
        existing(has, &TRANSFER, &["picking_type_code"])
    }

    /// Reads a record; its lines are records of their own.
    pub fn read(fields: &Fields) -> Result<Self, FieldError> {
        let record = Reader(fields);
        Ok(Self {
            id: record.id()?,
            name: record.text("name")?.unwrap_or_default(),
            state: record.word("state")?,
            kind: record.text("picking_type_code")?,
            partner: record.reference("partner_id")?,
            origin: record.text("origin")?,
            backorder_of: record.reference("backorder_id")?,
            done: record.instant("date_done")?,
            written: record.written()?,
            moves: Vec::new(),
        })
    }
}

impl TransferMove {
    /// The fields to ask for, where the model has these.
    #[must_use]
    pub fn fields(has: &FieldNames) -> Vec<&'static str> {
        let mut fields = existing(has, &MOVE, &["purchase_line_id", "picked", "product_uom"]);
        fields.extend(first(has, &QUANTITY));
        fields
    }

    /// Reads a record.
    pub fn read(fields: &Fields) -> Result<Self, FieldError> {
        let record = Reader(fields);
        let quantity = QUANTITY.into_iter().find(|name| record.has(name));
        let quantity = record.decimal(quantity.unwrap_or(QUANTITY[0]))?;
        let picked = if record.has("picked") {
            record.flag("picked")?
        } else {
            !quantity.is_zero()
        };
        Ok(Self {
            id: record.id()?,
            transfer: record.required("picking_id")?,
            state: record.word("state")?,
            product: record.required("product_id")?,
            order_line: record.reference("purchase_line_id")?,
            unit: record.reference("product_uom")?,
            demand: record.decimal("product_uom_qty")?,
            quantity,
            picked,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn what_was_counted_is_told_from_what_is_reserved() {
        let read = |more: Value| {
            let (Value::Object(mut fields), Value::Object(more)) = (
                json!({"id": 1, "picking_id": [2, "WH/IN/2"], "state": "assigned",
                    "product_id": [4, "Pipe"], "purchase_line_id": [7, "Pipe"], "product_uom_qty": 3.0}),
                more,
            ) else {
                unreachable!("objects were written")
            };
            fields.extend(more);
            let read = TransferMove::read(&fields).unwrap();
            (read.quantity, read.picked)
        };
        let three = Decimal::from(3);
        assert_eq!(
            read(json!({"quantity": 3.0, "picked": false})),
            (three, false)
        );
        assert_eq!(
            read(json!({"quantity": 3.0, "picked": true})),
            (three, true)
        );
        assert_eq!(read(json!({"quantity_done": 3.0})), (three, true));
        assert_eq!(read(json!({"quantity_done": 0.0})), (Decimal::ZERO, false));
    }
}
