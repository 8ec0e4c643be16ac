//! What every tenant has, whatever its seed and size: units, places, accounts, zones, types.

use jiff::{Timestamp, ToSpan as _};
use rust_decimal::Decimal;

use super::words::{CATEGORIES, GL_ACCOUNTS};
use super::{CATEGORIES_FROM, PLACES_FROM, TAX_ZONES_FROM, TRUCKS_FROM};
use crate::servicetitan::purchasing::account::{GlAccount, TaxRate, TaxZone};
use crate::servicetitan::purchasing::item::Category;
use crate::servicetitan::purchasing::order::{LandedCostMethod, OrderType};
use crate::servicetitan::purchasing::place::{Truck, Warehouse};
use crate::servicetitan::purchasing::vendor::PostalAddress;
use crate::servicetitan::record::{
    BusinessUnit, BusinessUnitId, CategoryId, GlAccountId, NamedId, OrderTypeId, PlaceId, TaxZoneId,
};

fn made(until: Timestamp) -> Timestamp {
    until - (24 * 365 * 2).hours()
}

pub(super) fn categories(until: Timestamp) -> Vec<Category> {
    let rows = (CATEGORIES_FROM..).zip(CATEGORIES);
    rows.map(|(id, (name, category_type))| Category {
        id: CategoryId(id),
        name: (*name).to_owned(),
        active: true,
        category_type,
        created_on: made(until),
        modified_on: made(until),
    })
    .collect()
}

pub(super) fn warehouses(until: Timestamp) -> Vec<Warehouse> {
    let rows = [
        ("Main Warehouse", "1200 Industrial Blvd", "Austin", true),
        ("North Yard", "77 Depot Rd", "Round Rock", true),
        ("Old Shop", "4 Mill St", "Austin", false),
    ];
    (PLACES_FROM..)
        .zip(rows)
        .map(|(id, (name, street, city, active))| Warehouse {
            id: PlaceId(id),
            name: name.to_owned(),
            active,
            address: PostalAddress {
                street: Some(street.to_owned()),
                unit: None,
                city: Some(city.to_owned()),
                state: Some("TX".to_owned()),
                zip: Some("78701".to_owned()),
                country: Some("USA".to_owned()),
            },
            created_on: made(until),
            modified_on: made(until),
            external_data: Vec::new(),
        })
        .collect()
}

pub(super) fn trucks(until: Timestamp) -> Vec<Truck> {
    (1..=4)
        .map(|n| Truck {
            id: PlaceId(TRUCKS_FROM + n - 1),
            name: format!("Truck {n:02}"),
            active: n != 4,
            memo: if n == 4 { "Sold" } else { "" }.to_owned(),
            warehouse_id: Some(PlaceId(PLACES_FROM)),
            technician_ids: if n == 4 { Vec::new() } else { vec![200 + n] },
            created_on: made(until),
            modified_on: made(until),
            external_data: Vec::new(),
        })
        .collect()
}

pub(super) fn gl_accounts(until: Timestamp) -> Vec<GlAccount> {
    let rows = (1..).zip(GL_ACCOUNTS);
    rows.map(|(id, row)| GlAccount {
        id: GlAccountId(id),
        name: row.name.to_owned(),
        number: row.number.map(str::to_owned),
        description: None,
        kind: row.kind.to_owned(),
        subtype: row.subtype.map(str::to_owned),
        active: row.active,
        is_intacct_group: false,
        is_intacct_bank_account: false,
        source: "AccountingSystem",
        default_account_type: row.part,
        created_on: made(until),
        modified_on: made(until),
    })
    .collect()
}

pub(super) fn order_types(until: Timestamp) -> Vec<OrderType> {
    use LandedCostMethod::{ByValue, None};
    let rows = [
        ("Stock", true, None),
        ("Job with landed cost", true, ByValue),
        ("Will call (old)", false, None),
    ];
    (1..)
        .zip(rows)
        .map(|(id, (name, active, landed_cost_method))| OrderType {
            id: OrderTypeId(id),
            name: name.to_owned(),
            active,
            automatically_receive: false,
            display_to_technician: true,
            impact_to_technician_payroll: false,
            allow_technicians_to_send_po: false,
            default_required_date_days_offset: 3,
            skip_weekends: true,
            exclude_tax_from_job_costing: false,
            landed_cost_method,
            include_tax_in_fully_landed_cost: landed_cost_method == ByValue,
            created_on: made(until),
            modified_on: made(until),
        })
        .collect()
}

pub(super) fn tax_zones(until: Timestamp) -> Vec<TaxZone> {
    let rate = |id, name: &str, ten_thousandths| TaxRate {
        id: Some(id),
        tax_name: Some(name.to_owned()),
        tax_base_type: vec!["Subtotal"],
        tax_rate: Decimal::new(ten_thousandths, 4),
        sales_tax_item: Some(name.to_owned()),
    };
    let zone = |n, name: &str, rates: Vec<TaxRate>, active| TaxZone {
        id: TaxZoneId(TAX_ZONES_FROM + n),
        name: name.to_owned(),
        color: Some(0x33_66_99),
        is_tax_rate_separated: rates.len() > 1,
        is_multiple_tax_zone: rates.len() > 1,
        rates,
        created_on: made(until),
        modified_on: made(until),
        active,
    };
    let texas = || rate(1, "TX State", 625);
    vec![
        zone(
            0,
            "Austin 8.25%",
            vec![
                texas(),
                rate(2, "City of Austin", 100),
                rate(3, "Capital Metro", 100),
            ],
            true,
        ),
        zone(1, "Texas 6.25%", vec![texas()], true),
        zone(2, "Exempt", Vec::new(), true),
        zone(3, "Old county", vec![rate(4, "County", 50)], false),
    ]
}

/// The units of a tenant; the first three are the oldest.
pub(crate) fn business_units(until: Timestamp) -> Vec<BusinessUnit> {
    let rows = [
        ("Plumbing - Service", "4100", "Plumbing", true),
        ("HVAC - Install", "4200", "HVAC", true),
        ("Electrical", "4300", "Electrical", true),
        ("HVAC - Service", "4210", "HVAC", true),
        ("Plumbing - Install", "4110", "Plumbing", true),
        ("Drains (closed)", "4900", "Plumbing", false),
    ];
    let trades = ["Plumbing", "HVAC", "Electrical"];
    (1..)
        .zip(rows)
        .map(|(id, (name, code, trade, active))| BusinessUnit {
            id: BusinessUnitId(id),
            active,
            name: name.to_owned(),
            official_name: Some(format!("{name} LLC")),
            currency: Some("USD".to_owned()),
            quickbooks_class: Some(name.replace(" - ", ":")),
            account_code: Some(code.to_owned()),
            trade: (1..)
                .zip(trades)
                .find(|(_, name)| *name == trade)
                .map(|(id, name)| NamedId {
                    id,
                    name: name.to_owned(),
                }),
            division: None,
            external_data: Vec::new(),
            created_on: made(until),
            modified_on: made(until),
        })
        .collect()
}
