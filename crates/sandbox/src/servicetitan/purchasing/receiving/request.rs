//! Receipts over the API: lists, bodies, answers.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::json;

use super::{NewReceipt, ReceivedLine};
use crate::servicetitan::api::{Answer, Call};
use crate::servicetitan::list::{self, Filter};
use crate::servicetitan::problem::Problem;
use crate::servicetitan::read::{PAGING, RANGES, row};
use crate::servicetitan::record::{OrderLineId, PurchaseOrderId};
use crate::servicetitan::write::Missing;

impl Call<'_> {
    pub(in crate::servicetitan::purchasing) fn receipts(&self) -> Answer {
        let own = [
            "ids",
            "sort",
            "active",
            "number",
            "vendorInvoiceNumber",
            "billId",
        ];
        let lists = [
            "vendorIds",
            "businessUnitIds",
            "inventoryLocationIds",
            "purchaseOrderIds",
            "syncStatuses",
        ];
        let times = ["receivedOnOrAfter", "receivedBefore"];
        let query = self.query(&[PAGING, RANGES, &own, &lists, &times])?;
        let (filter, active) = (Filter::read(&query)?, query.active()?);
        let vendors = query.ids("vendorIds", "VendorIds")?;
        let units = query.ids("businessUnitIds", "BusinessUnitIds")?;
        let places = query.ids("inventoryLocationIds", "InventoryLocationIds")?;
        let orders = query.ids("purchaseOrderIds", "PurchaseOrderIds")?;
        let bill = query.number("billId")?;
        let from = query.time("receivedOnOrAfter")?;
        let before = query.time("receivedBefore")?;
        let among =
            |ids: &Option<BTreeSet<i64>>, id: i64| ids.as_ref().is_none_or(|ids| ids.contains(&id));
        let rows = filter
            .candidates(&self.books.purchasing.receipts, self.now)
            .filter(|row| {
                filter.keeps(*row, row.modified_on)
                    && active.is_none_or(|active| row.active == active)
                    && query.text("number").is_none_or(|n| n == row.number)
                    && query
                        .text("vendorInvoiceNumber")
                        .is_none_or(|n| n == row.vendor_invoice_number)
                    && query.among("syncStatuses", &format!("{:?}", row.sync_status))
                    && bill.is_none_or(|bill| row.bill_id.0 == bill)
                    && among(&vendors, row.vendor_id.0)
                    && among(&units, row.business_unit_id.0)
                    && among(&places, row.place_id.0)
                    && among(&orders, row.order_id.0)
                    && from.is_none_or(|from| row.received_on >= from)
                    && before.is_none_or(|before| row.received_on < before)
            });
        let nulls = self.switches.null_lists;
        list::page(&query, rows.collect(), |row| {
            let mut wire = self.books.wire_receipt(row, nulls);
            self.count_enums(&mut wire, row.id.0);
            wire
        })
        .map(Some)
    }

    pub(in crate::servicetitan::purchasing) fn post_receipt(&mut self) -> Answer {
        let body: ReceiptBody = self.read()?;
        let mut missing = Missing::default();
        missing.unless(body.purchase_order_id.is_some(), "PurchaseOrderId");
        missing.unless(body.date_received.is_some(), "DateReceived");
        missing.unless(body.tax.is_some(), "Tax");
        missing.unless(body.shipping.is_some(), "Shipping");
        missing.unless(body.items.is_some(), "Items");
        missing.none()?;
        let id = body.purchase_order_id.unwrap_or(PurchaseOrderId(0));
        let orders = &self.books.purchasing.orders;
        let order = orders
            .get(id.0)
            .ok_or(Problem::not_found("Purchase order"))?;
        let line = |item: ReceiptLineBody| {
            let mut lines = order.active_lines();
            let found = match item.purchase_order_item_id {
                Some(line) => Some(line),
                None => lines
                    .find(|line| line.sku.0 == item.sku_id)
                    .map(|line| line.id),
            };
            let unknown = Problem::invalid("Items", "The item is not on the purchase order.");
            Ok(ReceivedLine {
                line: found.ok_or(unknown)?,
                quantity: item.quantity,
                cost: Some(item.cost),
            })
        };
        let lines: Result<Vec<_>, Problem> = body
            .items
            .unwrap_or_default()
            .into_iter()
            .map(line)
            .collect();
        let new = NewReceipt {
            lines: Some(lines?),
            tax: body.tax,
            shipping: body.shipping,
            other: None,
            vendor_document_number: body.vendor_document_number.unwrap_or_default(),
            memo: body.memo.unwrap_or_default(),
            received_on: body.date_received,
        };
        let (now, lag) = (self.now, self.lag());
        let id = self.books.receive(id, new, now, lag)?;
        Ok(Some(json!({ "id": id })))
    }

    pub(in crate::servicetitan::purchasing) fn patch_receipt_cancellation(
        &mut self,
        id: &str,
    ) -> Answer {
        let id = row(&self.books.purchasing.receipts, id, "Receipt")?.id;
        let (now, lag) = (self.now, self.lag());
        self.books.cancel_receipt(id, now, lag)?;
        Ok(Some(json!({ "id": id })))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReceiptBody {
    purchase_order_id: Option<PurchaseOrderId>,
    date_received: Option<Timestamp>,
    vendor_document_number: Option<String>,
    memo: Option<String>,
    tax: Option<Decimal>,
    shipping: Option<Decimal>,
    items: Option<Vec<ReceiptLineBody>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReceiptLineBody {
    purchase_order_item_id: Option<OrderLineId>,
    sku_id: i64,
    quantity: Decimal,
    cost: Decimal,
}
