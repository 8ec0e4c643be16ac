//! The purchasing side's endpoints: which path and method is which, and the scope it needs.

use super::custom_field::Fielded;
use super::item::ItemKind;
use crate::servicetitan::api::{Answer, Call};
use crate::servicetitan::rot::Kind;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint<'a> {
    Vendors,
    Vendor(&'a str),
    CreateVendor,
    UpdateVendor(&'a str),
    Warehouses,
    Trucks,
    GlAccounts,
    GlAccount(&'a str),
    TaxZones,
    Orders,
    Order(&'a str),
    CreateOrder,
    UpdateOrder(&'a str),
    CancelOrder(&'a str),
    ExportOrders,
    OrderTypes,
    Receipts,
    CreateReceipt,
    CancelReceipt(&'a str),
    Returns,
    ExportReturns,
    BareBills,
    Bills,
    ExportBills,
    MarkBills,
    PayableBills,
    PayableBill(&'a str),
    MarkPayableBills,
    Credits,
    MarkCredits,
    FieldTypes(Fielded),
    SetFields(Fielded),
    Items(ItemKind),
    Item(ItemKind, &'a str),
    ExportItems(ItemKind, &'static str),
    Categories,
    Category(&'a str),
    ExportCategories,
}

/// The endpoint behind a path below `/{module}/v2/tenant/{tenant}/`, and the scope it needs.
pub(crate) fn find<'a>(
    module: &str,
    method: &str,
    rest: &[&'a str],
) -> Option<(Endpoint<'a>, &'static str)> {
    match module {
        "inventory" => inventory(method, rest),
        "accounting" => accounting(method, rest),
        "pricebook" => pricebook(method, rest),
        _ => None,
    }
}

fn inventory<'a>(method: &str, rest: &[&'a str]) -> Option<(Endpoint<'a>, &'static str)> {
    use Endpoint as E;
    let found = match (method, rest) {
        ("GET", ["vendors"]) => (E::Vendors, "tn.inv.vendors:r"),
        ("POST", ["vendors"]) => (E::CreateVendor, "tn.inv.vendors:w"),
        ("GET", ["vendors", "custom-fields"]) => {
            (E::FieldTypes(Fielded::Vendors), "tn.inv.vendors:r")
        }
        ("PATCH", ["vendors", "custom-fields"]) => {
            (E::SetFields(Fielded::Vendors), "tn.inv.vendors:w")
        }
        ("GET", ["vendors", id]) => (E::Vendor(id), "tn.inv.vendors:r"),
        ("PATCH", ["vendors", id]) => (E::UpdateVendor(id), "tn.inv.vendors:w"),
        ("GET", ["warehouses"]) => (E::Warehouses, "tn.inv.warehouses:r"),
        ("GET", ["trucks"]) => (E::Trucks, "tn.inv.trucks:r"),
        ("GET", ["purchase-orders"]) => (E::Orders, "tn.inv.purchaseorders:r"),
        ("POST", ["purchase-orders"]) => (E::CreateOrder, "tn.inv.purchaseorders:w"),
        ("GET", ["purchase-orders", id]) => (E::Order(id), "tn.inv.purchaseorders:r"),
        ("PATCH", ["purchase-orders", id]) => (E::UpdateOrder(id), "tn.inv.purchaseorders:w"),
        ("PATCH", ["purchase-orders", id, "cancellation"]) => {
            (E::CancelOrder(id), "tn.inv.purchaseorders:w")
        }
        ("GET", ["export", "purchase-orders"]) => (E::ExportOrders, "tn.inv.purchaseorders:r"),
        ("GET", ["purchase-order-types"]) => (E::OrderTypes, "tn.inv.purchaseordertypes:r"),
        ("GET", ["receipts"]) => (E::Receipts, "tn.inv.receipts:r"),
        ("POST", ["receipts"]) => (E::CreateReceipt, "tn.inv.receipts:w"),
        ("PATCH", ["receipts", "custom-fields"]) => {
            (E::SetFields(Fielded::Receipts), "tn.inv.receipts:w")
        }
        ("PATCH", ["receipts", id, "cancellation"]) => (E::CancelReceipt(id), "tn.inv.receipts:w"),
        ("GET", ["returns"]) => (E::Returns, "tn.inv.returns:r"),
        ("PATCH", ["returns", "custom-fields"]) => {
            (E::SetFields(Fielded::Returns), "tn.inv.returns:w")
        }
        ("GET", ["export", "returns"]) => (E::ExportReturns, "tn.inv.returns:r"),
        _ => return None,
    };
    Some(found)
}

fn accounting<'a>(method: &str, rest: &[&'a str]) -> Option<(Endpoint<'a>, &'static str)> {
    use Endpoint as E;
    let found = match (method, rest) {
        ("GET", ["gl-accounts"]) => (E::GlAccounts, "tn.acc.glaccounts:r"),
        ("GET", ["gl-accounts", id]) => (E::GlAccount(id), "tn.acc.glaccounts:r"),
        ("GET", ["tax-zones"]) => (E::TaxZones, "tn.acc.taxzones:r"),
        _ => return bills(method, rest),
    };
    Some(found)
}

fn bills<'a>(method: &str, rest: &[&'a str]) -> Option<(Endpoint<'a>, &'static str)> {
    use Endpoint as E;
    let (reads, writes) = ("tn.acc.inventorybills:r", "tn.acc.inventorybills:w");
    let found = match (method, rest) {
        ("GET", ["inventory-bills"]) => (E::BareBills, reads),
        ("GET", ["inventory-bills", "paginated"]) => (E::Bills, reads),
        ("GET", ["inventory-bills", "custom-fields"]) => (E::FieldTypes(Fielded::Bills), reads),
        ("PATCH", ["inventory-bills", "custom-fields"]) => (E::SetFields(Fielded::Bills), writes),
        ("POST", ["inventory-bills", "markasexported"]) => (E::MarkBills, writes),
        ("GET", ["export", "inventory-bills"]) => (E::ExportBills, reads),
        ("GET", ["ap-bills"]) => (E::PayableBills, "tn.acc.apbills:r"),
        ("GET", ["ap-bills", "custom-fields"]) => {
            (E::FieldTypes(Fielded::Bills), "tn.acc.apbills:r")
        }
        ("PATCH", ["ap-bills", "custom-fields"]) => {
            (E::SetFields(Fielded::Bills), "tn.acc.apbills:w")
        }
        ("POST", ["ap-bills", "markasexported"]) => (E::MarkPayableBills, "tn.acc.apbills:w"),
        ("GET", ["ap-bills", id]) => (E::PayableBill(id), "tn.acc.apbills:r"),
        ("GET", ["ap-credits"]) => (E::Credits, "tn.acc.apcredits:r"),
        ("GET", ["ap-credits", "custom-fields"]) => {
            (E::FieldTypes(Fielded::Credits), "tn.acc.apcredits:r")
        }
        ("PATCH", ["ap-credits", "custom-fields"]) => {
            (E::SetFields(Fielded::Credits), "tn.acc.apcredits:w")
        }
        ("POST", ["ap-credits", "markasexported"]) => (E::MarkCredits, "tn.acc.apcredits:w"),
        _ => return None,
    };
    Some(found)
}

fn pricebook<'a>(method: &str, rest: &[&'a str]) -> Option<(Endpoint<'a>, &'static str)> {
    use Endpoint as E;
    if method != "GET" {
        return None;
    }
    let list = |name: &str| match name {
        "materials" => Some((ItemKind::Material, "materials", "tn.pb.materials:r")),
        "equipment" => Some((ItemKind::Equipment, "equipment", "tn.pb.equipment:r")),
        "services" => Some((ItemKind::Service, "services", "tn.pb.services:r")),
        _ => None,
    };
    let categories = "tn.pb.categories:r";
    match rest {
        ["categories"] => Some((E::Categories, categories)),
        ["categories", id] => Some((E::Category(id), categories)),
        ["export", "categories"] => Some((E::ExportCategories, categories)),
        ["export", name] => {
            list(name).map(|(kind, feed, scope)| (E::ExportItems(kind, feed), scope))
        }
        [name] => list(name).map(|(kind, _, scope)| (E::Items(kind), scope)),
        [name, id] => list(name).map(|(kind, _, scope)| (E::Item(kind, id), scope)),
        _ => None,
    }
}

impl Call<'_> {
    pub(crate) fn serve_purchasing(mut self, endpoint: Endpoint<'_>) -> Answer {
        use Endpoint as E;
        let tables = &self.books.purchasing;
        let nulls = self.switches.null_lists;
        match endpoint {
            E::Vendors => self.vendors(),
            E::Vendor(id) => self.one(Kind::Vendor, &tables.vendors, id),
            E::CreateVendor => self.create_vendor(),
            E::UpdateVendor(id) => self.update_vendor(id),
            E::Warehouses => self.warehouses(),
            E::Trucks => self.trucks(),
            E::GlAccounts => self.gl_accounts(),
            E::GlAccount(id) => self.one(Kind::GlAccount, &tables.gl_accounts, id),
            E::TaxZones => self.tax_zones(),
            E::Orders => self.orders(),
            E::Order(id) => self.order(id),
            E::CreateOrder => self.post_order(),
            E::UpdateOrder(id) => self.patch_order(id),
            E::CancelOrder(id) => self.patch_order_cancellation(id),
            E::ExportOrders => self.export("purchase-orders", &tables.orders, |row| {
                self.books.wire_order(row, nulls)
            }),
            E::OrderTypes => self.order_types(),
            E::Receipts => self.receipts(),
            E::CreateReceipt => self.post_receipt(),
            E::CancelReceipt(id) => self.patch_receipt_cancellation(id),
            E::Returns => self.returns(),
            E::ExportReturns => self.export("returns", &tables.returns, |row| {
                self.books.wire_return(row, nulls)
            }),
            E::BareBills => self.bare_inventory_bills(),
            E::Bills => self.inventory_bills(),
            E::ExportBills => self.export_bills(),
            E::MarkBills => self.mark_inventory_bills(),
            E::PayableBills => self.payable_bills(),
            E::PayableBill(id) => self.payable_bill(id),
            E::MarkPayableBills => self.mark_payable_bills(),
            E::Credits => self.credits(),
            E::MarkCredits => self.mark_credits(),
            E::FieldTypes(whose) => self.field_types(whose),
            E::SetFields(whose) => self.set_fields(whose),
            E::Items(kind) => self.items(kind),
            E::Item(kind, id) => self.item(kind, id),
            E::ExportItems(kind, feed) => self.export_items(kind, feed),
            E::Categories => self.categories(),
            E::Category(id) => self.category(id),
            E::ExportCategories => self.export("categories", &tables.categories, |row| {
                self.wire_category(row)
            }),
        }
    }
}
