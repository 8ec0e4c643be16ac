//! The pricebook: materials, equipment and services, which orders and bills call SKUs, and the
//! categories that they stand in.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::Purchasing;
use super::money::{number, to_cents};
use crate::servicetitan::api::{Answer, Call};
use crate::servicetitan::books::Books;
use crate::servicetitan::list::{self, Filter, mentions};
use crate::servicetitan::read::{EXTERNAL, PAGING, RANGES, has_external, row};
use crate::servicetitan::record::{BusinessUnitId, CategoryId, ExternalDatum, SkuId, VendorId};
use crate::servicetitan::rot::Kind;
use crate::servicetitan::seed::MADE_BY;
use crate::servicetitan::table::Table;

/// Which of the pricebook's lists an item is in. Ids are unique over all three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ItemKind {
    /// Materials: pipes, fittings, parts.
    Material,
    /// Equipment: what gets a serial number.
    Equipment,
    /// Services: work that is sold. They are not bought.
    Service,
}

impl ItemKind {
    pub(super) fn table(self) -> Kind {
        match self {
            Self::Material => Kind::Material,
            Self::Equipment => Kind::Equipment,
            Self::Service => Kind::Service,
        }
    }
}

/// At what cost a vendor sells an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemVendor {
    /// Who.
    pub vendor: VendorId,
    /// Its name.
    pub name: String,
    /// Its own number for the item.
    pub part: Option<String>,
    /// Its price.
    pub cost: Decimal,
}

/// An item of the pricebook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its id, `skuId` elsewhere.
    pub id: SkuId,
    /// The list that it is in.
    pub kind: ItemKind,
    /// Its code.
    pub code: String,
    /// Its name.
    pub display_name: Option<String>,
    /// HTML.
    pub description: String,
    /// Whether it is in use.
    pub active: bool,
    /// What one of it costs; up to four decimals.
    pub cost: Decimal,
    /// What one of it is sold for.
    pub price: Decimal,
    /// As people type it: `Each`, `EA`, `Foot`, ... or nothing. Services have none.
    pub unit_of_measure: Option<String>,
    /// The income account's name.
    pub account: Option<String>,
    /// The cost account's name.
    pub cost_of_sale_account: Option<String>,
    /// The stock account's name.
    pub asset_account: Option<String>,
    /// Whether it is sold with tax.
    pub taxable: bool,
    /// Whether it is kept in stock.
    pub is_inventory: bool,
    /// Who sells it first.
    pub primary_vendor: Option<ItemVendor>,
    /// Who sells it as well.
    pub other_vendors: Vec<ItemVendor>,
    /// Where it stands in the pricebook.
    pub categories: Vec<CategoryId>,
    /// Who makes it (equipment).
    pub manufacturer: Option<String>,
    /// The maker's model (equipment).
    pub model: Option<String>,
    /// The unit that sells it.
    pub business_unit_id: Option<BusinessUnitId>,
    /// What applications stored on it.
    pub external_data: Vec<ExternalDatum>,
    /// When it was made.
    pub created_on: Timestamp,
    /// When it changed last.
    pub modified_on: Timestamp,
}

impl ItemVendor {
    fn wire(&self, item: SkuId) -> Value {
        json!({
            "id": item.0 * 10 + self.vendor.0 % 10,
            "vendorName": self.name, "vendorId": self.vendor, "memo": null,
            "vendorPart": self.part, "cost": number(self.cost), "active": true,
            "primarySubAccount": null, "otherSubAccounts": [],
        })
    }
}

impl Item {
    /// The fields that all three lists share.
    fn shared(&self) -> Value {
        json!({
            "id": self.id, "code": self.code, "displayName": self.display_name,
            "description": self.description, "active": self.active, "cost": number(self.cost),
            "price": number(self.price), "memberPrice": number(to_cents(self.price * Decimal::new(9, 1))),
            "addOnPrice": number(self.price), "addOnMemberPrice": number(self.price),
            "hours": 0.0, "bonus": 0.0, "commissionBonus": 0.0, "paysCommission": false,
            "account": self.account, "taxable": self.taxable, "assets": [],
            "source": null, "externalId": null, "externalData": self.external_data,
            "defaultAssetUrl": null, "budgetCostCode": null, "budgetCostType": null,
            "isPriceLocked": false, "createdOn": self.created_on, "modifiedOn": self.modified_on,
        })
    }

    /// What materials and equipment have on top.
    fn goods(&self) -> Value {
        let sells = |vendor: &ItemVendor| vendor.wire(self.id);
        json!({
            "unitOfMeasure": self.unit_of_measure, "isInventory": self.is_inventory,
            "costOfSaleAccount": self.cost_of_sale_account, "assetAccount": self.asset_account,
            "primaryVendor": self.primary_vendor.as_ref().map(sells),
            "otherVendors": self.other_vendors.iter().map(sells).collect::<Vec<_>>(),
            "categories": self.categories, "displayInAmount": true,
            "generalLedgerAccountId": null, "isCostLocked": false,
        })
    }

    fn own(&self) -> Value {
        let warranty = json!({ "duration": 12, "description": "<p>Parts</p>" });
        match self.kind {
            ItemKind::Material => json!({
                "deductAsJobCost": true, "isConfigurableMaterial": false,
                "chargeableByDefault": true, "variationsOrConfigurableMaterials": [],
                "businessUnitId": self.business_unit_id, "createdById": MADE_BY,
                "isOtherDirectCost": false, "costTypeId": null, "isChemical": false,
                "epaNumber": null, "activeIngredients": null,
            }),
            ItemKind::Equipment => json!({
                "manufacturer": self.manufacturer, "model": self.model,
                "manufacturerWarranty": warranty, "serviceProviderWarranty": warranty,
                "recommendations": [], "upgrades": [], "equipmentMaterials": [],
                "crossSaleGroup": null, "isConfigurableEquipment": false,
                "variationsOrConfigurableEquipment": [], "typeId": null, "dimensions": null,
            }),
            ItemKind::Service => json!({
                "warranty": warranty, "isLabor": true, "recommendations": [], "upgrades": [],
                "serviceMaterials": [], "serviceEquipment": [], "crossSaleGroup": null,
                "businessUnitId": self.business_unit_id, "soldByCommission": 0.0,
            }),
        }
    }
}

impl Serialize for Item {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let goods = match self.kind {
            ItemKind::Service => json!({}),
            ItemKind::Material | ItemKind::Equipment => self.goods(),
        };
        let parts = [self.shared(), goods, self.own()];
        let row: Map<String, Value> = parts
            .into_iter()
            .filter_map(|part| match part {
                Value::Object(map) => Some(map),
                _ => None,
            })
            .flatten()
            .collect();
        row.serialize(serializer)
    }
}

/// A category of the pricebook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// Its id.
    pub id: CategoryId,
    /// Its name.
    pub name: String,
    /// Whether it is in use.
    pub active: bool,
    /// `Services` or `Materials`.
    pub category_type: &'static str,
    /// When it was made.
    pub created_on: Timestamp,
    /// When it changed last.
    pub modified_on: Timestamp,
}

impl Serialize for Category {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let row = json!({
            "id": self.id, "name": self.name, "active": self.active, "description": null,
            "image": null, "parentId": null, "position": 0, "categoryType": self.category_type,
            "subcategories": [], "businessUnitIds": [], "skuImages": [], "skuVideos": [],
            "source": null, "externalId": null, "hideInMobile": false,
            "createdOn": self.created_on, "modifiedOn": self.modified_on,
        });
        row.serialize(serializer)
    }
}

impl Purchasing {
    pub(crate) fn items(&self, kind: ItemKind) -> &Table<Item> {
        match kind {
            ItemKind::Material => &self.materials,
            ItemKind::Equipment => &self.equipment,
            ItemKind::Service => &self.services,
        }
    }

    pub(super) fn items_mut(&mut self, kind: ItemKind) -> &mut Table<Item> {
        match kind {
            ItemKind::Material => &mut self.materials,
            ItemKind::Equipment => &mut self.equipment,
            ItemKind::Service => &mut self.services,
        }
    }

    /// An item of any kind.
    pub(crate) fn item(&self, id: SkuId) -> Option<&Item> {
        [ItemKind::Material, ItemKind::Equipment, ItemKind::Service]
            .into_iter()
            .find_map(|kind| self.items(kind).get(id.0))
    }
}

impl Books {
    /// An item as the wire shows it. Services show their categories whole.
    pub(super) fn wire_item(&self, item: &Item, view: ItemView, nulls: bool) -> Value {
        let mut row = self.wire(item.kind.table(), item, nulls);
        let Some(map) = row.as_object_mut() else {
            unreachable!("items are objects");
        };
        if item.kind == ItemKind::Service {
            let categories = item.categories.iter().filter_map(|id| {
                let category = self.purchasing.categories.get(id.0)?;
                Some(json!({ "id": id, "name": category.name, "active": category.active }))
            });
            map.insert("categories".into(), categories.collect());
            if view == ItemView::Read {
                map.insert("calculatedPrice".into(), Value::Null);
                map.insert("useStaticPrices".into(), json!(true));
            }
        }
        row
    }
}

/// Who asks for an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ItemView {
    /// A list, or an id.
    Read,
    /// The export feed.
    Exported,
}

impl Call<'_> {
    pub(super) fn items(&self, kind: ItemKind) -> Answer {
        let own = ["ids", "sort", "active", "searchText"];
        let query = self.query(&[PAGING, RANGES, EXTERNAL, &own])?;
        let (filter, active) = (Filter::read(&query)?, query.active()?);
        let rows = filter
            .candidates(self.books.purchasing.items(kind), self.now)
            .filter(|row| {
                let name = row.display_name.as_deref().unwrap_or_default();
                let text = [name, &row.code, &row.description].join("\n");
                filter.keeps(*row, row.modified_on)
                    && active.is_none_or(|active| row.active == active)
                    && has_external(&query, &row.external_data)
                    && mentions(&query, "searchText", &text)
            });
        list::page(&query, rows.collect(), |row| self.wire_read(row)).map(Some)
    }

    pub(super) fn item(&self, kind: ItemKind, id: &str) -> Answer {
        let row = row(self.books.purchasing.items(kind), id, "Sku")?;
        Ok(Some(self.wire_read(row)))
    }

    fn wire_read(&self, row: &Item) -> Value {
        self.books
            .wire_item(row, ItemView::Read, self.switches.null_lists)
    }

    pub(super) fn export_items(&self, kind: ItemKind, feed: &str) -> Answer {
        self.export(feed, self.books.purchasing.items(kind), |row| {
            self.books
                .wire_item(row, ItemView::Exported, self.switches.null_lists)
        })
    }

    pub(super) fn categories(&self) -> Answer {
        let query = self.query(&[PAGING, RANGES, &["sort", "active", "categoryType"]])?;
        let (filter, active) = (Filter::read(&query)?, query.active()?);
        let rows = filter
            .candidates(&self.books.purchasing.categories, self.now)
            .filter(|row| {
                filter.keeps(*row, row.modified_on)
                    && active.is_none_or(|active| row.active == active)
                    && query
                        .text("categoryType")
                        .is_none_or(|kind| row.category_type == kind)
            });
        list::page(&query, rows.collect(), |row| self.wire_category(row)).map(Some)
    }

    pub(super) fn category(&self, id: &str) -> Answer {
        let row = row(&self.books.purchasing.categories, id, "Category")?;
        Ok(Some(self.wire_category(row)))
    }

    /// Against the spec, as seen live: some categories were never dated.
    pub(super) fn wire_category(&self, row: &Category) -> Value {
        let mut wire = self
            .books
            .wire(Kind::Category, row, self.switches.null_lists);
        if self.switches.undated_categories
            && row.id.0 % 3 == 0
            && let Some(map) = wire.as_object_mut()
        {
            map.remove("modifiedOn");
        }
        wire
    }
}
