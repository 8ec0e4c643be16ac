//! Vendors, the pricebook, places and accounts from a seed. Each vendor and item is drawn from a
//! generator of its own: those of a small tenant are the first of a large one.

mod fixtures;
mod orders;
mod words;

use jiff::{SignedDuration, Timestamp};
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use rust_decimal::Decimal;

use super::Purchasing;
use super::item::{Item, ItemKind, ItemVendor};
use super::vendor::{PostalAddress, Vendor, VendorContact};
use crate::servicetitan::options::TenantSeed;
use crate::servicetitan::record::{CategoryId, CustomField, PaymentTermId, SkuId, VendorId};
use crate::servicetitan::seed::words::{FIRST_NAMES, HOSTILE_NAMES, LAST_NAMES, STREETS};
use crate::servicetitan::seed::{offset, rng};
use crate::servicetitan::table::Table;
pub(crate) use fixtures::business_units;
use fixtures::{categories, gl_accounts, order_types, tax_zones, trucks, warehouses};
pub use orders::purchase_order_id;
use words::{CITIES, EQUIPMENT, MAKERS, MATERIALS, SERVICES, SIZES, Stock, VENDOR_NAMES};

const VENDORS_FROM: i64 = 500_000_001;
const SKUS_FROM: i64 = 510_000_001;
const PLACES_FROM: i64 = 520_000_001;
const TRUCKS_FROM: i64 = 520_000_011;
const TAX_ZONES_FROM: i64 = 81;
const CATEGORIES_FROM: i64 = 91;

/// Keep vendors, items and orders from being drawn like the customers of the same index.
const VENDOR_DRAWS: u64 = 0x7665_6e64_6f72;
const ITEM_DRAWS: u64 = 0x6974_656d;

/// Kinds in the pricebook's order: of ten items, six are materials, three equipment, one a
/// service.
const KINDS: [ItemKind; 10] = {
    use ItemKind::{Equipment as E, Material as M, Service as S};
    [M, M, E, M, M, E, M, S, M, E]
};

/// The id of the `index`th seeded vendor, counting from 0.
#[must_use]
pub fn vendor_id(index: usize) -> VendorId {
    VendorId(VENDORS_FROM + offset(index))
}

/// The id of the `index`th seeded item, counting from 0. Of any ten from a multiple of ten on,
/// those at 2, 5 and 9 are equipment, 7 is a service, the others are materials.
#[must_use]
pub fn sku_id(index: usize) -> SkuId {
    SkuId(SKUS_FROM + offset(index))
}

impl Purchasing {
    pub(crate) fn drawn(seed: u64, tenant: &TenantSeed, until: Timestamp) -> Self {
        let vendors: Vec<Vendor> = (0..tenant.vendors)
            .map(|index| vendor(seed ^ VENDOR_DRAWS, tenant, index, until))
            .collect();
        let (mut materials, mut equipment, mut services) = (Vec::new(), Vec::new(), Vec::new());
        for index in 0..tenant.items {
            let rng = rng(seed ^ ITEM_DRAWS, tenant, index as u64);
            let item = item(rng, tenant, index, &vendors, until);
            match item.kind {
                ItemKind::Material => materials.push(item),
                ItemKind::Equipment => equipment.push(item),
                ItemKind::Service => services.push(item),
            }
        }
        Self {
            vendors: Table::seeded(vendors),
            materials: Table::seeded(materials),
            equipment: Table::seeded(equipment),
            services: Table::seeded(services),
            categories: Table::seeded(categories(until)),
            warehouses: Table::seeded(warehouses(until)),
            trucks: Table::seeded(trucks(until)),
            gl_accounts: Table::seeded(gl_accounts(until)),
            tax_zones: Table::seeded(tax_zones(until)),
            order_types: Table::seeded(order_types(until)),
            orders: Table::seeded(Vec::new()),
            receipts: Table::seeded(Vec::new()),
            bills: Table::seeded(Vec::new()),
            returns: Table::seeded(Vec::new()),
            credits: Table::seeded(Vec::new()),
        }
    }
}

fn pick<'w, T: ?Sized>(rng: &mut ChaCha8Rng, words: &[&'w T]) -> &'w T {
    words[rng.random_range(0..words.len())]
}

fn percent(rng: &mut ChaCha8Rng, percent: u32) -> bool {
    rng.random_range(0..100) < percent
}

/// When a record was made and changed last, in ticks of 100 ns.
pub(super) fn times(rng: &mut ChaCha8Rng, until: Timestamp) -> (Timestamp, Timestamp) {
    let day_s = 24 * 3600;
    let age = SignedDuration::new(
        rng.random_range(day_s..700 * day_s),
        rng.random_range(0..10_000_000) * 100,
    );
    let modified = until - age;
    let created = modified - SignedDuration::from_secs(rng.random_range(0..30 * day_s));
    (created, modified)
}

/// Whether this is an nth row with a hostile name; the row before it is an everyday one.
fn hostile(tenant: &TenantSeed, index: usize) -> Option<&'static str> {
    let every = tenant.mix.hostile_every;
    let struck = every > 0 && index > 0 && index % every == 13 % every;
    struck.then(|| HOSTILE_NAMES[(index / every) % HOSTILE_NAMES.len()])
}

fn address(rng: &mut ChaCha8Rng) -> PostalAddress {
    let (city, state, zip) = CITIES[rng.random_range(0..CITIES.len())];
    // Payments mostly go to a box.
    let street = if percent(rng, 60) {
        format!("PO Box {}", rng.random_range(1_000..99_999))
    } else {
        format!("{} {}", rng.random_range(1..9_999), pick(rng, STREETS))
    };
    PostalAddress {
        street: Some(street),
        unit: percent(rng, 15).then(|| "Dept 40".to_owned()),
        city: Some(city.to_owned()),
        state: Some(state.to_owned()),
        zip: Some(zip.to_owned()),
        country: Some("USA".to_owned()),
    }
}

fn vendor(seed: u64, tenant: &TenantSeed, index: usize, until: Timestamp) -> Vendor {
    let rng = &mut rng(seed, tenant, index as u64);
    let base = VENDOR_NAMES[index % VENDOR_NAMES.len()];
    let branch = index / VENDOR_NAMES.len();
    let name = match (hostile(tenant, index), branch) {
        (Some(name), _) => format!("{name} (vendor)"),
        (None, 0) => base.to_owned(),
        (None, _) => format!("{base} - Branch {}", branch + 1),
    };
    let first = pick(rng, FIRST_NAMES);
    let line = rng.random_range(0..10_000);
    let (mut created_on, mut modified_on) = times(rng, until);
    let group = index as u64 / 4;
    if tenant.mix.ties && group.is_multiple_of(2) {
        // A list has no cursor: a poller must bear rows that changed in the same moment.
        let mut shared = crate::servicetitan::seed::rng(seed, tenant, u64::MAX - group);
        (created_on, modified_on) = times(&mut shared, until);
    }
    let field = |type_id, name: &str, value| CustomField {
        type_id,
        name: Some(name.to_owned()),
        value: Some(value),
    };
    let mut custom_fields = Vec::new();
    if percent(rng, 70) {
        let number = format!("SP-{}", rng.random_range(10_000..99_999));
        custom_fields.push(field(601, "Account Number", number));
    }
    if percent(rng, 50) {
        let (a, b) = (
            rng.random_range(10..99),
            rng.random_range(1_000_000..9_999_999),
        );
        custom_fields.push(field(602, "Tax ID", format!("{a}-{b}")));
    }
    Vendor {
        id: vendor_id(index),
        name,
        // The fourth of every twenty is one that nobody buys from any more.
        active: index % 20 != 3,
        is_truck_replenishment: percent(rng, 20),
        is_mobile_creation_restricted: percent(rng, 20),
        memo: if percent(rng, 30) {
            "Call before 3 pm.\nAsk for will-call.".to_owned()
        } else {
            String::new()
        },
        delivery_option: if percent(rng, 50) {
            "EmailAsPdf"
        } else {
            "Manual"
        }
        .to_owned(),
        default_tax_rate: if percent(rng, 60) {
            Decimal::new(825, 4)
        } else {
            Decimal::ZERO
        },
        contact_info: VendorContact {
            first_name: first.to_owned(),
            last_name: pick(rng, LAST_NAMES).to_owned(),
            phone: format!("(512) 555-{line:04}"),
            email: format!("orders{line}@example.com"),
            fax: String::new(),
        },
        address: address(rng),
        created_on,
        modified_on,
        external_data: Vec::new(),
        custom_fields,
        payment_term_id: Some(PaymentTermId(rng.random_range(1..=5))),
    }
}

fn item(
    mut rng: ChaCha8Rng,
    tenant: &TenantSeed,
    index: usize,
    vendors: &[Vendor],
    until: Timestamp,
) -> Item {
    let rng = &mut rng;
    let kind = KINDS[index % KINDS.len()];
    let stock: &[Stock] = match kind {
        ItemKind::Material => MATERIALS,
        ItemKind::Equipment => EQUIPMENT,
        ItemKind::Service => SERVICES,
    };
    // How many of its kind came before it.
    let before = KINDS[..index % KINDS.len()]
        .iter()
        .filter(|k| **k == kind)
        .count();
    let all = KINDS.iter().filter(|k| **k == kind).count();
    let place = index / KINDS.len() * all + before;
    let base = &stock[place % stock.len()];
    let variant = place / stock.len();
    let (size_code, size) = SIZES[variant % SIZES.len()];
    let series = variant / SIZES.len();
    let mut code = format!("{}-{size_code}", base.code);
    if series > 0 {
        code = format!("{code}-{series}");
    }
    let name = match hostile(tenant, index) {
        Some(name) => format!("{name} (item)"),
        None => format!("{} {size}", base.name),
    };
    let cost = cost(rng, base.from_cents);
    let (created_on, modified_on) = times(rng, until);
    let goods = kind != ItemKind::Service;
    let mut sells = |chance: u32| {
        let seller = if vendors.is_empty() || !goods || !percent(rng, chance) {
            return None;
        } else {
            &vendors[rng.random_range(0..vendors.len())]
        };
        Some(ItemVendor {
            vendor: seller.id,
            name: seller.name.clone(),
            part: percent(rng, 80).then(|| format!("P{}", rng.random_range(100_000..999_999))),
            cost,
        })
    };
    let (primary_vendor, other) = (sells(85), sells(25));
    Item {
        id: sku_id(index),
        kind,
        code,
        display_name: Some(name),
        description: format!("<p>{} <b>{size}</b> &amp; fittings</p>", base.name),
        active: index % 17 != 11,
        cost,
        price: super::money::to_cents(cost * Decimal::new(18, 1)),
        unit_of_measure: base.unit.map(str::to_owned),
        account: Some(
            if goods {
                "Sales - Materials"
            } else {
                "Sales - Service"
            }
            .to_owned(),
        ),
        cost_of_sale_account: goods.then(|| base.cost_account.to_owned()),
        asset_account: (goods && base.stocked).then(|| "Inventory Asset".to_owned()),
        taxable: goods,
        is_inventory: goods && base.stocked,
        primary_vendor,
        other_vendors: other.into_iter().collect(),
        categories: vec![CategoryId(CATEGORIES_FROM + base.category)],
        manufacturer: (kind == ItemKind::Equipment).then(|| pick(rng, MAKERS).to_owned()),
        model: (kind == ItemKind::Equipment)
            .then(|| format!("M{}", rng.random_range(1_000..9_999))),
        business_unit_id: None,
        external_data: Vec::new(),
        created_on,
        modified_on,
    }
}

/// Around what its like costs; three of ten costs have four decimals, one of twenty is zero.
fn cost(rng: &mut ChaCha8Rng, from_cents: i64) -> Decimal {
    let ten_thousandths = from_cents * 100 * rng.random_range(80..140) / 100;
    match rng.random_range(0..20) {
        0 => Decimal::ZERO,
        1..=6 => Decimal::new(ten_thousandths / 100 * 100 + rng.random_range(1..100), 4),
        _ => Decimal::new(ten_thousandths / 100, 2),
    }
    .normalize()
}
