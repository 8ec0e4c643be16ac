//! Bills of an order with its receipts, and a world that holds whatever they refer to.

use serde_json::{Value, json};
use sync::directory::{Account, BillPolicy, Billing, Charge, Purchasing};
use sync::filing::RowKind;
use sync::flow::Flow;
use sync::plan::{Decision, Write};
use sync::record::{Reason, State};

use crate::purchase_orders::shown;
use crate::world::{World, directory, overlay};

/// A line that bills line `id` of the order.
pub(crate) fn item(id: i64, quantity: f64, cost: f64) -> Value {
    json!({
        "id": id, "order": id, "receiptItemId": 1_000 + id, "skuId": 7, "skuCode": "CAP", "skuType": "Material",
        "name": "Capacitor", "description": "<p>Dual run</p>", "vendorPartNumber": null, "serialNumber": null,
        "inventoryLocation": "Shop", "quantity": quantity, "cost": cost,
        "generalLedgerAccount": {"id": 1, "name": "Sales", "number": "4000", "type": "Income", "detailType": "Income"},
        "costOfSaleAccount": {"id": 2, "name": "Material", "number": "5000", "type": "Cost", "detailType": "Cost"},
        "assetAccount": null, "allocatedTax": 0, "allocatedShipping": 0, "allocatedOtherCosts": 0,
    })
}

pub(crate) fn with(mut row: Value, changes: &Value) -> Value {
    overlay(&mut row, changes);
    row
}

pub(crate) fn bill(changes: &Value) -> Value {
    let row = json!({
        "id": 31, "active": true, "purchaseOrderId": 12, "syncStatus": "Pending", "referenceNumber": "B-31",
        "vendorNumber": "INV-9", "summary": "Dock 4\nring", "billDate": "2026-03-05T00:00:00Z",
        "dueDate": "2026-04-04T00:00:00Z", "postDate": null, "termName": "Net 30", "billAmount": 31.74,
        "taxAmount": 2.04, "shippingAmount": 5, "otherAmount": null, "landedCostMethod": "None",
        "vendor": {"id": 6, "name": "Acme"}, "businessUnit": {"id": 5, "name": "HVAC"}, "jobId": 8,
        "items": [item(1, 2.0, 10.5), item(2, 3.0, 1.2345)], "customFields": null,
    });
    with(row, changes)
}

pub(crate) fn order(changes: &Value) -> (RowKind, Value) {
    let item = |id: i64, quantity: f64, cost: f64| json!({"id": id, "skuId": 7, "description": "", "quantity": quantity, "cost": cost});
    let row = json!({
        "id": 12, "number": "PO-12", "status": "Received", "vendorId": 6,
        "items": [item(1, 2.0, 10.5), item(2, 3.0, 1.2345)],
    });
    (RowKind::PurchaseOrder, with(row, changes))
}

pub(crate) fn receipt(changes: &Value) -> (RowKind, Value) {
    let item = |line: i64, quantity: f64| json!({"id": 1_000 + line, "skuId": 7, "description": "", "purchaseOrderItemId": line, "quantity": quantity});
    let row = json!({
        "id": 21, "active": true, "number": "R-21", "purchaseOrderId": 12, "billId": 31, "vendorId": 6,
        "items": [item(1, 2.0), item(2, 3.0)],
    });
    (RowKind::Receipt, with(row, changes))
}

pub(crate) fn order_is(world: &mut World, changes: &Value) {
    let rows = [order(changes)];
    world.knows_rows(
        "purchase_order_12",
        "purchase_order_line_12_",
        State::Synced,
        &rows,
    );
}

pub(crate) fn received(world: &mut World, rows: &[(RowKind, Value)]) {
    world.knows_rows("receipts_12", "receipts_line_12_", State::Synced, rows);
}

pub(crate) fn billed_as(world: &mut World, policy: BillPolicy) {
    let accounts = [(500, "5000", "Material"), (510, "5100", "Freight")];
    let accounts = accounts.map(|(id, code, name)| Account {
        id,
        code: code.to_owned(),
        name: name.to_owned(),
    });
    let charges = |first: i64| Charge::ALL.map(|charge| (charge, first + charge as i64));
    let billing = Billing::default().with_charge_accounts(charges(590));
    world.directory = directory()
        .with_purchasing(Purchasing::default().with_charges(charges(90)))
        .with_accounts(accounts)
        .with_billing(billing.with_policy(policy));
}

/// A world that holds whatever a paper refers to.
pub(crate) fn world_of(flow: Flow, kind: RowKind, row: &Value) -> World {
    let mut world = World::new(flow);
    let of_order = ["", "line_1", "line_2", "line_shipping", "line_tax"];
    for (name, target) in [
        ("vendor_6", 60),
        ("business_unit_5", 50),
        ("business_unit_15", 55),
        ("job_8", 80),
        ("item_7", 70),
    ] {
        world.knows(name, target);
    }
    for (name, target) in of_order.into_iter().zip(120..) {
        let name = name.strip_prefix("line_").map_or_else(
            || "purchase_order_12".to_owned(),
            |line| format!("purchase_order_line_12_{line}"),
        );
        world.knows(&name, target);
    }
    billed_as(&mut world, BillPolicy::default());
    order_is(&mut world, &json!({}));
    received(&mut world, &[receipt(&json!({}))]);
    world.sees(kind, row);
    world
}

pub(crate) fn world(changes: &Value) -> World {
    world_of(Flow::Bills, RowKind::InventoryBill, &bill(changes))
}

pub(crate) fn sees(world: &mut World, changes: &Value) {
    world.sees(RowKind::InventoryBill, &bill(changes));
}

pub(crate) fn writes(decision: Decision) -> Vec<Write> {
    match decision {
        Decision::Write(writes) => writes,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn done(world: &World) -> String {
    shown(&writes(world.plan("31").decision))
}

pub(crate) fn reason(decision: Decision) -> Reason {
    match decision {
        Decision::Fail(reason) | Decision::Ignore(reason) | Decision::Wait { reason, .. } => reason,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn cause(world: &World) -> String {
    reason(world.plan("31").decision).cause
}
