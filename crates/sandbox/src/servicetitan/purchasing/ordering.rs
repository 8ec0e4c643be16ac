//! Making, changing, sending and cancelling purchase orders: one set of rules for people and for
//! the API. A rewrite of lines is whole: what it leaves out is not ordered any more.

mod request;

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::item::ItemKind;
use super::order::{OrderLine, OrderStatus, PurchaseOrder};
use super::vendor::PostalAddress;
use super::{Purchasing, set};
use crate::servicetitan::act::Refusal;
use crate::servicetitan::books::{Books, Ids};
use crate::servicetitan::record::{
    BusinessUnitId, JobId, OrderLineId, OrderTypeId, PlaceId, PurchaseOrderId, SkuId, VendorId,
};
use crate::servicetitan::rot::Kind;

/// A line to be ordered, or to stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewLine {
    /// The line that it rewrites; a new line without.
    #[serde(default)]
    pub id: Option<OrderLineId>,
    /// What is bought.
    pub sku: SkuId,
    /// How many.
    pub quantity: Decimal,
    /// What one costs; the item's cost without.
    #[serde(default)]
    pub cost: Option<Decimal>,
    /// HTML; the item's description without.
    #[serde(default)]
    pub description: Option<String>,
    /// The vendor's number for it.
    #[serde(default)]
    pub vendor_part: Option<String>,
}

impl NewLine {
    /// A new line at a cost.
    #[must_use]
    pub fn new(sku: SkuId, quantity: Decimal, cost: Decimal) -> Self {
        Self {
            id: None,
            sku,
            quantity,
            cost: Some(cost),
            description: None,
            vendor_part: None,
        }
    }

    /// A line as it stands, to be kept in a rewrite.
    #[must_use]
    pub fn keep(line: &OrderLine) -> Self {
        Self {
            id: Some(line.id),
            ..Self::new(line.sku, line.quantity, line.cost)
        }
    }
}

/// A purchase order to be made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewOrder {
    /// From whom.
    pub vendor: VendorId,
    /// For which unit.
    pub business_unit: BusinessUnitId,
    /// Everything else.
    #[serde(default, flatten)]
    pub rest: OrderEdit,
}

/// What is to be changed of a purchase order; what is None stays.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the fields of an order")]
pub struct OrderEdit {
    pub vendor: Option<VendorId>,
    pub business_unit: Option<BusinessUnitId>,
    pub order_type: Option<OrderTypeId>,
    pub job: Option<JobId>,
    pub place: Option<PlaceId>,
    pub ship_to: Option<PostalAddress>,
    pub ship_to_description: Option<String>,
    pub vendor_document_number: Option<String>,
    pub impacts_technician_payroll: Option<bool>,
    pub summary: Option<String>,
    pub date: Option<Timestamp>,
    pub required_on: Option<Timestamp>,
    pub tax: Option<Decimal>,
    pub shipping: Option<Decimal>,
    /// All lines that the order shall have.
    pub lines: Option<Vec<NewLine>>,
}

impl NewOrder {
    /// An order without lines.
    #[must_use]
    pub fn new(vendor: VendorId, business_unit: BusinessUnitId) -> Self {
        Self {
            vendor,
            business_unit,
            rest: OrderEdit::default(),
        }
    }

    /// With one line more.
    #[must_use]
    pub fn line(mut self, sku: SkuId, quantity: Decimal, cost: Decimal) -> Self {
        let lines = self.rest.lines.get_or_insert_default();
        lines.push(NewLine::new(sku, quantity, cost));
        self
    }

    /// With tax.
    #[must_use]
    pub fn tax(mut self, tax: Decimal) -> Self {
        self.rest.tax = Some(tax);
        self
    }

    /// With shipping.
    #[must_use]
    pub fn shipping(mut self, shipping: Decimal) -> Self {
        self.rest.shipping = Some(shipping);
        self
    }

    /// For a job.
    #[must_use]
    pub fn job(mut self, job: JobId) -> Self {
        self.rest.job = Some(job);
        self
    }

    /// Of a type, e.g. one that shares tax and shipping out over the lines.
    #[must_use]
    pub fn order_type(mut self, order_type: OrderTypeId) -> Self {
        self.rest.order_type = Some(order_type);
        self
    }
}

fn refused(id: PurchaseOrderId, why: impl Into<String>) -> Refusal {
    Refusal::State {
        kind: Kind::PurchaseOrder,
        id: id.0,
        why: why.into(),
    }
}

impl Purchasing {
    /// An order that is in no table yet.
    pub(super) fn draft(
        &self,
        new: NewOrder,
        ids: &mut Ids,
        now: Timestamp,
    ) -> Result<PurchaseOrder, Refusal> {
        let id = PurchaseOrderId(ids.draw());
        let warehouse = self.warehouses.iter().next();
        let mut order = PurchaseOrder {
            id,
            number: format!("PO-{id}"),
            status: OrderStatus::Pending,
            type_id: OrderTypeId(1),
            vendor_id: new.vendor,
            job_id: None,
            business_unit_id: new.business_unit,
            place_id: warehouse.map_or(PlaceId(0), |place| place.id),
            ship_to: warehouse
                .map(|place| place.address.clone())
                .unwrap_or_default(),
            ship_to_description: warehouse
                .map(|place| place.name.clone())
                .unwrap_or_default(),
            vendor_document_number: String::new(),
            date: midnight(now),
            required_on: Some(midnight(now) + SignedDuration::from_hours(72)),
            sent_on: None,
            received_on: None,
            created_on: now,
            modified_on: now,
            tax: Decimal::ZERO,
            shipping: Decimal::ZERO,
            impacts_technician_payroll: false,
            summary: String::new(),
            lines: Vec::new(),
            custom_fields: Vec::new(),
        };
        let edit = OrderEdit {
            vendor: Some(new.vendor),
            ..new.rest
        };
        self.rewrite(&mut order, edit, ids, now)?;
        Ok(order)
    }

    /// Changes an order that is not exported or cancelled.
    pub(super) fn rewrite(
        &self,
        order: &mut PurchaseOrder,
        edit: OrderEdit,
        ids: &mut Ids,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if matches!(order.status, OrderStatus::Exported | OrderStatus::Canceled) {
            let why = format!("it is {:?} and cannot be changed", order.status);
            return Err(refused(order.id, why));
        }
        self.check_references(&edit)?;
        if let Some(lines) = edit.lines {
            self.rewrite_lines(order, lines, ids, now)?;
        }
        set(&mut order.vendor_id, edit.vendor);
        set(&mut order.business_unit_id, edit.business_unit);
        set(&mut order.type_id, edit.order_type);
        set(&mut order.place_id, edit.place);
        set(&mut order.ship_to, edit.ship_to);
        set(&mut order.ship_to_description, edit.ship_to_description);
        set(
            &mut order.vendor_document_number,
            edit.vendor_document_number,
        );
        set(
            &mut order.impacts_technician_payroll,
            edit.impacts_technician_payroll,
        );
        set(&mut order.summary, edit.summary);
        set(&mut order.date, edit.date);
        set(&mut order.tax, edit.tax);
        set(&mut order.shipping, edit.shipping);
        order.job_id = edit.job.or(order.job_id);
        order.required_on = edit.required_on.or(order.required_on);
        order.settle(now);
        Ok(())
    }

    fn check_references(&self, edit: &OrderEdit) -> Result<(), Refusal> {
        let known = |found: bool, kind, id| {
            let unknown = Refusal::Unknown { kind, id };
            if found { Ok(()) } else { Err(unknown) }
        };
        if let Some(VendorId(id)) = edit.vendor {
            known(self.vendors.get(id).is_some(), Kind::Vendor, id)?;
        }
        if let Some(OrderTypeId(id)) = edit.order_type {
            known(
                self.order_types.get(id).is_some(),
                Kind::PurchaseOrderType,
                id,
            )?;
        }
        if let Some(PlaceId(id)) = edit.place {
            let found = self.warehouses.get(id).is_some() || self.trucks.get(id).is_some();
            known(found, Kind::Warehouse, id)?;
        }
        Ok(())
    }

    fn rewrite_lines(
        &self,
        order: &mut PurchaseOrder,
        lines: Vec<NewLine>,
        ids: &mut Ids,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let gone = |line: &OrderLine| !lines.iter().any(|new| new.id == Some(line.id));
        let mut left: Vec<OrderLine> = order.lines.clone();
        for line in left.iter_mut().filter(|line| line.active && gone(line)) {
            if !line.received.is_zero() {
                let why = format!("line {} was received and cannot be removed", line.id);
                return Err(refused(order.id, why));
            }
            line.active = false;
            line.modified_on = now;
        }
        for new in lines {
            let unknown = Refusal::Unknown {
                kind: Kind::Material,
                id: new.sku.0,
            };
            let item = self.item(new.sku).ok_or(unknown)?;
            if item.kind == ItemKind::Service {
                let why = format!("{} is a service and cannot be bought", item.code);
                return Err(refused(order.id, why));
            }
            let made = OrderLine {
                id: OrderLineId(0),
                sku: item.id,
                kind: item.kind,
                code: item.code.clone(),
                name: item.display_name.clone().unwrap_or_default(),
                description: new.description.unwrap_or_else(|| item.description.clone()),
                vendor_part: new.vendor_part.unwrap_or_default(),
                quantity: new.quantity,
                received: Decimal::ZERO,
                cost: new.cost.unwrap_or(item.cost),
                active: true,
                created_on: now,
                modified_on: now,
            };
            let Some(id) = new.id else {
                let id = OrderLineId(ids.draw());
                left.push(OrderLine { id, ..made });
                continue;
            };
            let unknown = refused(order.id, format!("it has no line {id}"));
            let line = left.iter_mut().find(|line| line.active && line.id == id);
            let line = line.ok_or(unknown)?;
            if made.quantity < line.received {
                let why = format!("line {id} was received {} times", line.received);
                return Err(refused(order.id, why));
            }
            *line = OrderLine {
                id,
                received: line.received,
                created_on: line.created_on,
                ..made
            };
        }
        order.lines = left;
        Ok(())
    }
}

/// The day of an instant, as date-like values go over the wire.
pub(crate) fn midnight(at: Timestamp) -> Timestamp {
    let day_s = 24 * 3600;
    at - SignedDuration::new(at.as_second().rem_euclid(day_s), at.subsec_nanosecond())
}

impl Books {
    pub(super) fn order(&self, id: PurchaseOrderId) -> Result<&PurchaseOrder, Refusal> {
        let unknown = Refusal::Unknown {
            kind: Kind::PurchaseOrder,
            id: id.0,
        };
        self.purchasing.orders.get(id.0).ok_or(unknown)
    }

    fn check_owners(&self, edit: &OrderEdit) -> Result<(), Refusal> {
        if let Some(JobId(id)) = edit.job
            && self.jobs.get(id).is_none()
        {
            let kind = Kind::Job;
            return Err(Refusal::Unknown { kind, id });
        }
        if let Some(BusinessUnitId(id)) = edit.business_unit
            && self.business_units.get(id).is_none()
        {
            let kind = Kind::BusinessUnit;
            return Err(Refusal::Unknown { kind, id });
        }
        Ok(())
    }

    pub(super) fn create_order(
        &mut self,
        new: NewOrder,
        now: Timestamp,
        lag: Option<Timestamp>,
    ) -> Result<PurchaseOrderId, Refusal> {
        self.check_owners(&OrderEdit {
            business_unit: Some(new.business_unit),
            ..new.rest.clone()
        })?;
        let now = self.purchasing.orders.latest().max(now);
        let order = self.purchasing.draft(new, &mut self.ids, now)?;
        let id = order.id;
        self.purchasing.orders.put(order, now, lag);
        Ok(id)
    }

    pub(super) fn edit_order(
        &mut self,
        id: PurchaseOrderId,
        edit: OrderEdit,
        now: Timestamp,
        lag: Option<Timestamp>,
    ) -> Result<(), Refusal> {
        let mut order = self.order(id)?.clone();
        self.check_owners(&edit)?;
        self.purchasing
            .rewrite(&mut order, edit, &mut self.ids, now)?;
        self.purchasing.orders.put(order, now, lag);
        Ok(())
    }

    pub(super) fn send_order(
        &mut self,
        id: PurchaseOrderId,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let mut order = self.order(id)?.clone();
        if order.status != OrderStatus::Pending {
            return Err(refused(id, format!("it is {:?} already", order.status)));
        }
        order.sent_on = Some(now);
        order.settle(now);
        self.purchasing.orders.put(order, now, None);
        Ok(())
    }

    pub(super) fn cancel_order(
        &mut self,
        id: PurchaseOrderId,
        now: Timestamp,
        lag: Option<Timestamp>,
    ) -> Result<(), Refusal> {
        let mut order = self.order(id)?.clone();
        if !matches!(order.status, OrderStatus::Pending | OrderStatus::Sent) {
            let why = format!("it is {:?} and cannot be cancelled", order.status);
            return Err(refused(id, why));
        }
        order.status = OrderStatus::Canceled;
        self.purchasing.orders.put(order, now, lag);
        Ok(())
    }
}
