//! Bills over the API: lists in pages and bare, the feed, the marks of exporting.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::servicetitan::api::{Answer, Call};
use crate::servicetitan::list::{self, Filter};
use crate::servicetitan::problem::Problem;
use crate::servicetitan::purchasing::bill::{Bill, BillKind, BillView};
use crate::servicetitan::purchasing::receipt::SyncStatus;
use crate::servicetitan::query::Query;
use crate::servicetitan::read::{PAGING, RANGES, row};
use crate::servicetitan::record::BillId;

/// The filters that inventory bills and AP bills share.
const OWN: &[&str] = &[
    "ids",
    "batchId",
    "billNumber",
    "businessUnitIds",
    "dateFrom",
    "dateTo",
    "jobNumber",
    "purchaseOrderNumber",
    "syncStatuses",
    "minCost",
    "maxCost",
    "billType",
];

impl Call<'_> {
    /// Bills that pass, deleted ones only where `canceled` are wanted; without `billType`, those of orders.
    fn bills(&self, query: &Query, canceled: bool) -> Result<Vec<&Bill>, Problem> {
        let filter = Filter::read(query)?;
        let units = query.ids("businessUnitIds", "BusinessUnitIds")?;
        let (from, to) = (query.time("dateFrom")?, query.time("dateTo")?);
        let (least, most) = (query.decimal("minCost")?, query.decimal("maxCost")?);
        let batch = query.number("batchId")?;
        let types = query.text("billType").unwrap_or("Procurement");
        let tables = &self.books.purchasing;
        let order_number = |bill: &Bill| {
            let order = bill.order_id.and_then(|id| tables.orders.get(id.0));
            order.map(|order| order.number.clone()).unwrap_or_default()
        };
        let job_number = |bill: &Bill| {
            let job = bill.job_id.and_then(|id| self.books.jobs.get(id.0));
            job.map(|job| job.job_number.clone()).unwrap_or_default()
        };
        let rows = filter
            .candidates(&tables.bills, self.now)
            .filter(|bill| {
                let total = bill.total();
                (bill.active || canceled)
                    && filter.keeps(*bill, bill.modified_on)
                    && (types == "NotSet" || types == format!("{:?}", bill.kind))
                    && self.has_status(query, bill.sync_status)
                    && batch.is_none_or(|id| bill.batch.as_ref().is_some_and(|b| b.id == id))
                    && units.as_ref().is_none_or(|units: &BTreeSet<i64>| {
                        units.contains(&bill.business_unit_id.0)
                    })
                    && from.is_none_or(|from| bill.bill_date >= from)
                    && to.is_none_or(|to| bill.bill_date <= to)
                    && least.is_none_or(|least| total >= least)
                    && most.is_none_or(|most| total <= most)
                    && list::mentions(query, "billNumber", &bill.reference_number)
                    && list::mentions(query, "jobNumber", &job_number(bill))
                    && list::mentions(query, "purchaseOrderNumber", &order_number(bill))
            })
            .collect();
        Ok(rows)
    }

    /// `syncStatuses`, repeated; `PostedAndExported` means either.
    #[expect(clippy::unused_self, reason = "reads as a filter of the call")]
    pub(in crate::servicetitan::purchasing) fn has_status(
        &self,
        query: &Query,
        status: SyncStatus,
    ) -> bool {
        let asked = query.all("syncStatuses");
        let has = |one: &str| match one {
            "PostedAndExported" => status != SyncStatus::Pending,
            other => other == format!("{status:?}"),
        };
        asked.is_empty() || asked.into_iter().any(has)
    }

    fn bill_page(&self, query: &Query, rows: Vec<&Bill>, view: BillView) -> Answer {
        list::page(query, rows, |bill| self.wire_bill(bill, view)).map(Some)
    }

    pub(in crate::servicetitan::purchasing) fn wire_bill(
        &self,
        bill: &Bill,
        view: BillView,
    ) -> Value {
        let nulls = self.switches.null_lists;
        let mut wire = self.books.wire_bill(bill, view, nulls);
        self.count_enums(&mut wire, bill.id.0);
        wire
    }

    pub(in crate::servicetitan::purchasing) fn inventory_bills(&self) -> Answer {
        let query = self.query(&[PAGING, RANGES, OWN])?;
        let rows = self.bills(&query, false)?;
        self.bill_page(&query, rows, BillView::Inventory)
    }

    /// The older list: an array without an envelope, so that nobody can tell whether more is to
    /// come.
    pub(in crate::servicetitan::purchasing) fn bare_inventory_bills(&self) -> Answer {
        let page = self.inventory_bills()?;
        Ok(page.map(|mut page| page["data"].take()))
    }

    /// AP bills have no `active`: a deleted one is shown as `Canceled`, which is a status like any other (that the list
    /// shows them without being asked for that status is taken from the spec, not seen live).
    pub(in crate::servicetitan::purchasing) fn payable_bills(&self) -> Answer {
        let query = self.query(&[PAGING, RANGES, OWN, &["statuses", "sources"]])?;
        let among = |name: &str, text: &str| {
            let asked = query.all(name);
            asked.is_empty() || asked.contains(&text)
        };
        let mut rows = self.bills(&query, true)?;
        rows.retain(|bill| among("statuses", bill.status()) && among("sources", bill.source()));
        self.bill_page(&query, rows, BillView::Payable)
    }

    pub(in crate::servicetitan::purchasing) fn payable_bill(&self, id: &str) -> Answer {
        let bill = row(&self.books.purchasing.bills, id, "Bill")?;
        Ok(Some(self.wire_bill(bill, BillView::Payable)))
    }

    /// The feed knows the bills of orders, deleted ones too, and the others when so switched.
    pub(in crate::servicetitan::purchasing) fn export_bills(&self) -> Answer {
        let all = self.switches.feed_has_typed_bills;
        let shown = |bill: &Bill| all || bill.kind == BillKind::Procurement;
        let bills = &self.books.purchasing.bills;
        self.export_some("inventory-bills", bills, shown, |bill| {
            self.wire_bill(bill, BillView::Exported)
        })
    }

    /// Per bill whether it was marked; the call succeeds whatever comes of each.
    pub(in crate::servicetitan::purchasing) fn mark_bills(
        &mut self,
        ids: &[BillId],
        name: &str,
    ) -> Value {
        let pending_too = self.switches.mark_pending_exported;
        let now = self.now;
        let marked = ids.iter().map(|id| {
            let refusal = self.books.export_bill(*id, pending_too, now).err();
            json!({
                name: id, "success": refusal.is_none(),
                "errorMessage": refusal.map(|refusal| refusal.to_string()),
            })
        });
        marked.collect()
    }

    pub(in crate::servicetitan::purchasing) fn mark_inventory_bills(&mut self) -> Answer {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Body {
            inventory_bill_ids: Option<Vec<BillId>>,
        }
        let body: Body = self.read()?;
        let missing = Problem::invalid(
            "InventoryBillIds",
            "The InventoryBillIds field is required.",
        );
        let ids = body.inventory_bill_ids.ok_or(missing)?;
        Ok(Some(self.mark_bills(&ids, "inventoryBillId")))
    }

    pub(in crate::servicetitan::purchasing) fn mark_payable_bills(&mut self) -> Answer {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Body {
            bill_ids: Option<Vec<BillId>>,
        }
        let body: Body = self.read()?;
        let missing = Problem::invalid("BillIds", "The BillIds field is required.");
        let ids = body.bill_ids.ok_or(missing)?;
        Ok(Some(self.mark_bills(&ids, "billId")))
    }

    /// Against the spec, as seen live: enums as numbers on every third row.
    pub(in crate::servicetitan::purchasing) fn count_enums(&self, wire: &mut Value, id: i64) {
        if !self.switches.numeric_enums || id % 3 != 1 {
            return;
        }
        if let Some(method) = wire.get_mut("landedCostMethod") {
            let number = i32::from(*method == "ByValue");
            *method = json!(number);
        }
    }
}
