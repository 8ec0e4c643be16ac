//! Purchase orders over the API: lists, bodies, answers.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::json;

use super::{NewLine, NewOrder, OrderEdit};
use crate::servicetitan::api::{Answer, Call};
use crate::servicetitan::list::{self, Filter};
use crate::servicetitan::problem::Problem;
use crate::servicetitan::purchasing::vendor::WholeAddress;
use crate::servicetitan::read::{PAGING, RANGES, row};
use crate::servicetitan::record::{
    BusinessUnitId, JobId, OrderLineId, OrderTypeId, PlaceId, SkuId, VendorId,
};
use crate::servicetitan::rot::Kind;
use crate::servicetitan::write::Missing;

impl Call<'_> {
    pub(in crate::servicetitan::purchasing) fn orders(&self) -> Answer {
        let own = ["ids", "sort", "status", "number", "jobId", "jobIds"];
        // No order here has a technician or a project.
        let absent = ["technicianId", "projectId"];
        let times = ["dateOnOrAfter", "dateBefore", "sentOnOrAfter", "sentBefore"];
        let query = self.query(&[PAGING, RANGES, &own, &times, &absent])?;
        let filter = Filter::read(&query)?;
        let (job, jobs) = (query.number("jobId")?, query.ids("jobIds", "JobIds")?);
        let (from, before) = (query.time("dateOnOrAfter")?, query.time("dateBefore")?);
        let sent = (query.time("sentOnOrAfter")?, query.time("sentBefore")?);
        let rows = filter
            .candidates(&self.books.purchasing.orders, self.now)
            .filter(|order| {
                let at = order.job_id.map(|job| job.0);
                let status = format!("{:?}", order.status);
                filter.keeps(*order, order.modified_on)
                    && absent.iter().all(|name| query.text(name).is_none())
                    && query.text("status").is_none_or(|s| s == status)
                    && query.text("number").is_none_or(|n| n == order.number)
                    && job.is_none_or(|job| at == Some(job))
                    && jobs
                        .as_ref()
                        .is_none_or(|jobs| at.is_some_and(|at| jobs.contains(&at)))
                    && from.is_none_or(|from| order.date >= from)
                    && before.is_none_or(|before| order.date < before)
                    && sent
                        .0
                        .is_none_or(|from| order.sent_on.is_some_and(|at| at >= from))
                    && sent
                        .1
                        .is_none_or(|before| order.sent_on.is_some_and(|at| at < before))
            });
        let nulls = self.switches.null_lists;
        list::page(&query, rows.collect(), |order| {
            self.books.wire_order(order, nulls)
        })
        .map(Some)
    }

    pub(in crate::servicetitan::purchasing) fn order(&self, id: &str) -> Answer {
        let order = row(&self.books.purchasing.orders, id, "Purchase order")?;
        Ok(Some(self.books.wire_order(order, self.switches.null_lists)))
    }

    pub(in crate::servicetitan::purchasing) fn post_order(&mut self) -> Answer {
        let body: OrderBody = self.read()?;
        let mut missing = Missing::default();
        missing.unless(body.vendor_id.is_some(), "VendorId");
        missing.unless(body.type_id.is_some(), "TypeId");
        missing.unless(body.business_unit_id.is_some(), "BusinessUnitId");
        missing.unless(body.inventory_location_id.is_some(), "InventoryLocationId");
        missing.unless(body.ship_to.is_some(), "ShipTo");
        missing.unless(
            body.impacts_technician_payroll.is_some(),
            "ImpactsTechnicianPayroll",
        );
        missing.unless(body.date.is_some(), "Date");
        missing.unless(body.required_on.is_some(), "RequiredOn");
        missing.unless(body.tax.is_some(), "Tax");
        missing.unless(body.shipping.is_some(), "Shipping");
        missing.unless(body.items.is_some(), "Items");
        missing.none()?;
        let rest = OrderEdit::from(body);
        let (Some(vendor), Some(business_unit)) = (rest.vendor, rest.business_unit) else {
            return Err(Problem::invalid(
                "VendorId",
                "The VendorId field is required.",
            ));
        };
        let new = NewOrder {
            vendor,
            business_unit,
            rest,
        };
        let (now, lag) = (self.now, self.lag());
        let id = self.books.create_order(new, now, lag)?;
        Ok(Some(json!({ "id": id })))
    }

    pub(in crate::servicetitan::purchasing) fn patch_order(&mut self, id: &str) -> Answer {
        let id = row(&self.books.purchasing.orders, id, "Purchase order")?.id;
        let body: OrderBody = self.read()?;
        let (now, lag) = (self.now, self.lag());
        self.books.edit_order(id, body.into(), now, lag)?;
        Ok(Some(json!({ "id": id })))
    }

    pub(in crate::servicetitan::purchasing) fn patch_order_cancellation(
        &mut self,
        id: &str,
    ) -> Answer {
        let id = row(&self.books.purchasing.orders, id, "Purchase order")?.id;
        let (now, lag) = (self.now, self.lag());
        self.books.cancel_order(id, now, lag)?;
        Ok(Some(json!({ "id": id })))
    }

    pub(in crate::servicetitan::purchasing) fn order_types(&self) -> Answer {
        let query = self.query(&[PAGING, RANGES, &["sort", "active"]])?;
        let (filter, active) = (Filter::read(&query)?, query.active()?);
        let rows = filter
            .candidates(&self.books.purchasing.order_types, self.now)
            .filter(|row| {
                filter.keeps(*row, row.modified_on)
                    && active.is_none_or(|active| row.active == active)
            });
        let nulls = self.switches.null_lists;
        list::page(&query, rows.collect(), |row| {
            let mut wire = self.books.wire(Kind::PurchaseOrderType, row, nulls);
            self.count_enums(&mut wire, row.id.0);
            wire
        })
        .map(Some)
    }
}

/// An order as it is written.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OrderBody {
    vendor_id: Option<VendorId>,
    type_id: Option<OrderTypeId>,
    business_unit_id: Option<BusinessUnitId>,
    inventory_location_id: Option<PlaceId>,
    job_id: Option<JobId>,
    ship_to: Option<ShipTo>,
    vendor_invoice_number: Option<String>,
    impacts_technician_payroll: Option<bool>,
    memo: Option<String>,
    date: Option<Timestamp>,
    required_on: Option<Timestamp>,
    tax: Option<Decimal>,
    shipping: Option<Decimal>,
    items: Option<Vec<LineBody>>,
}

#[derive(Deserialize)]
struct ShipTo {
    description: String,
    address: WholeAddress,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LineBody {
    id: Option<OrderLineId>,
    sku_id: SkuId,
    description: Option<String>,
    vendor_part_number: Option<String>,
    quantity: Decimal,
    cost: Decimal,
}

impl From<OrderBody> for OrderEdit {
    fn from(body: OrderBody) -> Self {
        let line = |line: LineBody| NewLine {
            // A new line in a rewrite has the id 0, which the document requires.
            id: line.id.filter(|id| id.0 != 0),
            description: line.description,
            vendor_part: line.vendor_part_number,
            ..NewLine::new(line.sku_id, line.quantity, line.cost)
        };
        let (ship_to_description, ship_to) = body
            .ship_to
            .map(|to| (to.description, to.address.into()))
            .unzip();
        Self {
            vendor: body.vendor_id,
            business_unit: body.business_unit_id,
            order_type: body.type_id,
            job: body.job_id,
            place: body.inventory_location_id,
            ship_to,
            ship_to_description,
            vendor_document_number: body.vendor_invoice_number,
            impacts_technician_payroll: body.impacts_technician_payroll,
            summary: body.memo,
            date: body.date,
            required_on: body.required_on,
            tax: body.tax,
            shipping: body.shipping,
            lines: body
                .items
                .map(|items| items.into_iter().map(line).collect()),
        }
    }
}
