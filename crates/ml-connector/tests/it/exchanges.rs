//! Lines of purchase orders whose item ServiceTitan exchanges for one that is counted otherwise: product, unit, price and
//! what is expected follow together.

use std::sync::Arc;

use sandbox::servicetitan::{
    Decimal, Item, ItemKind, NewLine, NewOrder, Options, OrderEdit, PurchaseOrder, Tenant,
};
use serde_json::{Value, json};

use crate::odoo_side::OdooSide;
use crate::rig::Rig;

const LINE: &str = "purchase.order.line";
const MOVE: &str = "stock.move";
const PRODUCT: &str = "product.product";

fn number(text: &str) -> Decimal {
    text.parse().expect("a number")
}

/// An active material that is counted so.
fn counted_in(tenant: &Tenant, unit: &str) -> Item {
    let items = tenant.items(ItemKind::Material).into_iter();
    let mut items = items.filter(|item| item.active);
    let found = items.find(|item| item.unit_of_measure.as_deref() == Some(unit));
    found.unwrap_or_else(|| panic!("a material in {unit}"))
}

/// Every line of these orders has its item's product and unit, and comes to the line's total.
async fn assert_lines_are_right(rig: &Rig, orders: &[PurchaseOrder]) {
    let products = rig.odoo.records(PRODUCT, &["uom_id"]).await;
    let ids = rig.odoo.ids_of(PRODUCT).await;
    let fields = ["product_uom_id", "product_qty", "price_subtotal"];
    let lines = rig.odoo.records(LINE, &fields).await;
    let of_line = rig.odoo.ids_of(LINE).await;
    for order in orders {
        for line in order.active_lines() {
            let name = format!("purchase_order_line_{}_{}", order.id, line.id);
            let (held, item) = (&lines[&name], format!("item_{}", line.sku));
            assert_eq!(held["product_uom_id"], products[&item]["uom_id"], "{name}");
            let subtotal = held["price_subtotal"]
                .as_f64()
                .map(|sum| format!("{sum:.2}"));
            let total = (line.quantity * line.cost).round_dp(2);
            assert_eq!(subtotal, Some(format!("{total:.2}")), "{name}");
            let domain = json!([["id", "=", of_line[&name]], ["product_id", "=", ids[&item]]]);
            let count = rig
                .odoo
                .call(LINE, "search_count", json!({"domain": domain}));
            assert_eq!(count.await, json!(1), "{name} is {item}");
        }
    }
}

/// What is still expected of an order: product and quantity of each open move.
async fn expected(rig: &Rig, order: &PurchaseOrder) -> Vec<(i64, f64)> {
    let name = format!("purchase_order_{}", order.id);
    let id = rig.odoo.ids_of("purchase.order").await[&name];
    let lines = rig
        .odoo
        .call(
            LINE,
            "search_read",
            json!({"domain": [["order_id", "=", id]], "fields": ["id"]}),
        )
        .await;
    let lines: Vec<&Value> = lines
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| &row["id"])
        .collect();
    let open = json!([
        ["purchase_line_id", "in", lines],
        ["state", "not in", ["done", "cancel"]]
    ]);
    let fields = ["product_id", "product_uom_qty"];
    let body = json!({"domain": open, "fields": fields, "order": "id"});
    let moves = rig.odoo.call(MOVE, "search_read", body).await;
    let moves = moves.as_array().expect("rows").iter();
    moves
        .map(|row| {
            let product = row["product_id"][0].as_i64().expect("a product");
            (
                product,
                row["product_uom_qty"].as_f64().expect("a quantity"),
            )
        })
        .collect()
}

async fn the_item_of_a_line_is_exchanged(odoo: OdooSide) {
    let now = Arc::new(ml_connector::clock::now);
    let options = Options::new(now).customers(2).vendors_and_items(4, 80);
    let rig = Rig::with(odoo, options).await;
    rig.turn_on(&["purchase-orders"]).await;
    let tenant = rig.tenant();
    let (piece, weighed) = (counted_in(&tenant, "Each"), counted_in(&tenant, "lb"));
    let vendors = tenant.vendors().into_iter();
    let vendor = vendors
        .filter(|vendor| vendor.active)
        .map(|vendor| vendor.id)
        .next();
    let units = tenant.business_units().into_iter();
    let unit = units.filter(|unit| unit.active).map(|unit| unit.id).next();
    let made = || {
        let order = NewOrder::new(vendor.expect("one"), unit.expect("one"));
        let order = order.line(piece.id, number("4"), number("7.77"));
        let order = order.line(weighed.id, number("2"), number("3.5"));
        tenant
            .create_order(order.shipping(number("5")))
            .expect("it is made")
    };
    let (draft, sent) = (made(), made());
    tenant.send_order(sent).expect("it is pending");
    let orders = || [draft, sent].map(|id| tenant.purchase_order(id).expect("it is there"));
    rig.sync_all().await;
    assert_lines_are_right(&rig, &orders()).await;
    let ids = rig.odoo.ids_of(PRODUCT).await;
    let [piece_id, weighed_id] = [&piece, &weighed].map(|item| ids[&format!("item_{}", item.id)]);
    let [_, order] = orders();
    assert_eq!(
        expected(&rig, &order).await,
        [(piece_id, 4.0), (weighed_id, 2.0)]
    );

    // The same lines, the other items; a quantity stays, the other one changes.
    for order in orders() {
        let mut lines: Vec<NewLine> = order.active_lines().map(NewLine::keep).collect();
        (lines[0].sku, lines[1].sku) = (weighed.id, piece.id);
        lines[1].quantity = number("6");
        let edit = OrderEdit {
            lines: Some(lines),
            ..OrderEdit::default()
        };
        tenant.edit_order(order.id, edit).expect("it may be edited");
    }
    let counts = rig.sync_all().await;
    let failures = rig.run(&["failures"]).await.out;
    assert_eq!(counts["purchase-orders"]["failed"], json!(0), "{failures}");
    assert_lines_are_right(&rig, &orders()).await;
    let [_, order] = orders();
    assert_eq!(
        expected(&rig, &order).await,
        [(weighed_id, 4.0), (piece_id, 6.0)]
    );

    // And nothing is left to do.
    let again = rig.sync_all().await;
    assert_eq!(again["purchase-orders"]["updated"], json!(0), "{again:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_item_of_a_line_is_exchanged_in_the_simulator() {
    the_item_of_a_line_is_exchanged(OdooSide::simulated().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_item_of_a_line_is_exchanged_in_a_real_odoo() {
    let Some(odoo) = OdooSide::real("exchanges") else {
        return;
    };
    the_item_of_a_line_is_exchanged(odoo).await;
}
