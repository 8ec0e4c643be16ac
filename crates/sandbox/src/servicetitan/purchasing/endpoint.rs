//! The purchasing side's endpoints: which path and method is which, and the scope it needs.

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
        ("GET", ["vendors", id]) => (E::Vendor(id), "tn.inv.vendors:r"),
        ("PATCH", ["vendors", id]) => (E::UpdateVendor(id), "tn.inv.vendors:w"),
        ("GET", ["warehouses"]) => (E::Warehouses, "tn.inv.warehouses:r"),
        ("GET", ["trucks"]) => (E::Trucks, "tn.inv.trucks:r"),
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
