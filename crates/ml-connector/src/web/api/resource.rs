//! What the API shows. A resource is one line here: routes, parameters, scopes and the OpenAPI document are made of it.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;
use sync::filing::RowKind;
use sync::flow::Flow;

use super::query;
use super::shape::{self, Object, Page, Shown};

/// A kind of object.
pub(super) struct Resource {
    /// Its word in the address, and in the scope `read:WORD`.
    pub(super) name: &'static str,
    /// What one of them is called.
    pub(super) noun: &'static str,
    /// The rows that they are.
    pub(super) kind: RowKind,
    /// The flow that brings them.
    pub(super) flow: Flow,
    /// The filters that make sense for it, besides those of all.
    pub(super) filters: &'static [&'static str],
    /// What its date is.
    pub(super) dated: &'static str,
    pub(super) show: fn(&Shown<'_>) -> Value,
    pub(super) schema: fn(&mut SchemaGenerator) -> Schema,
    pub(super) page_schema: fn(&mut SchemaGenerator) -> Schema,
}

const UNIT: &str = "business_unit";
const CUSTOMER: &str = "customer";
const JOB: &str = "job";

/// Filters of every list.
const OF_LISTS: [&str; 9] = [
    "ids",
    "status",
    "from",
    "before",
    "modified_since",
    "seen_since",
    "state",
    "limit",
    "cursor",
];

/// Every resource.
pub(super) const RESOURCES: &[Resource] = &[
    Resource {
        filters: &[UNIT, CUSTOMER],
        dated: "created",
        show: shape::job,
        ..of::<shape::Job>("jobs", "job", RowKind::Job, Flow::Jobs)
    },
    Resource {
        dated: "created",
        show: shape::customer,
        ..of::<shape::Customer>("customers", "customer", RowKind::Customer, Flow::Customers)
    },
    Resource {
        filters: &[UNIT, JOB],
        dated: "ordered",
        show: shape::purchase_order,
        ..of::<shape::PurchaseOrder>(
            "purchase-orders",
            "purchase order",
            RowKind::PurchaseOrder,
            Flow::PurchaseOrders,
        )
    },
    Resource {
        filters: &[UNIT, JOB],
        dated: "billed",
        show: shape::inventory_bill,
        ..of::<shape::Bill>("bills", "bill", RowKind::InventoryBill, Flow::Bills)
    },
    Resource {
        filters: &[UNIT, JOB],
        dated: "billed",
        show: shape::ap_bill,
        ..of::<shape::Bill>("ap-bills", "AP bill", RowKind::ApBill, Flow::ApBills)
    },
    Resource {
        filters: &[UNIT, CUSTOMER, JOB],
        dated: "invoiced",
        show: shape::invoice,
        ..of::<shape::Invoice>("invoices", "invoice", RowKind::Invoice, Flow::Invoices)
    },
    Resource {
        filters: &[UNIT, CUSTOMER],
        dated: "paid",
        show: shape::payment,
        ..of::<shape::Payment>("payments", "payment", RowKind::Payment, Flow::Payments)
    },
];

/// A resource of objects of this shape.
const fn of<T: JsonSchema>(
    name: &'static str,
    noun: &'static str,
    kind: RowKind,
    flow: Flow,
) -> Resource {
    Resource {
        name,
        noun,
        kind,
        flow,
        filters: &[],
        dated: "",
        show: |_| Value::Null,
        schema: |generator| generator.subschema_for::<Object<T>>(),
        page_schema: |generator| generator.subschema_for::<Page<Object<T>>>(),
    }
}

impl Resource {
    /// The scope that a token needs.
    pub(super) fn scope(&self) -> String {
        format!("read:{}", self.name)
    }

    /// The parameters of its list.
    pub(super) fn of_list(&self) -> Vec<&'static str> {
        let filters = self.filters.iter().copied();
        OF_LISTS
            .into_iter()
            .chain(filters)
            .chain(query::OF_ALL)
            .collect()
    }
}

/// Every scope that a token may bear.
pub fn scopes() -> Vec<String> {
    let all = std::iter::once("read:all".to_owned());
    RESOURCES.iter().map(Resource::scope).chain(all).collect()
}
