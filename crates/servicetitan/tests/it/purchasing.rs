//! Vendors, units, items and documents of purchasing as the live API is known to send them.

use rust_decimal::Decimal;
use servicetitan::record::{self, BusinessUnit, Item, Vendor};
use servicetitan::{BusinessUnitId, CategoryId, GlAccountId, SkuId, VendorId};

/// The digits of an amount, as written: trailing zeros are kept.
fn digits(amount: Option<Decimal>) -> String {
    amount.unwrap().to_string()
}

#[test]
fn a_whole_vendor() {
    let vendor: Vendor = record::parse(
        r#"{"id":71,"name":"Ferrous & Sons","active":false,"isTruckReplenishment":true,"isMobileCreationRestricted":false,
        "memo":"acct 4711\nnet 30","deliveryOption":"EmailAsPdf","defaultTaxRate":0.0825,
        "contactInfo":{"firstName":"Ann","lastName":null,"phone":5551234,"email":"ann@ferrous.example","fax":""},
        "address":{"street":"1 Mill Rd","unit":null,"city":"Reno","state":"NV","zip":"89501","country":"USA"},
        "createdOn":"2021-07-19T20:35:38.2876004Z","modifiedOn":"2026-01-02T03:04:05Z",
        "externalData":[{"key":"odoo","value":"9"}],"customFields":[{"typeId":4,"name":"Account number","value":"4711"}]}"#,
    )
    .unwrap();
    assert_eq!((vendor.id, vendor.active), (VendorId(71), false));
    assert_eq!(digits(vendor.default_tax_rate), "0.0825");
    assert!(vendor.is_truck_replenishment && !vendor.is_mobile_creation_restricted);
    let contact = &vendor.contact_info;
    assert_eq!(
        (contact.first_name.as_deref(), contact.last_name.as_deref()),
        (Some("Ann"), None)
    );
    assert_eq!(contact.phone.as_deref(), Some("5551234"));
    assert_eq!(vendor.address.city, "Reno");
    assert_eq!(vendor.custom_fields[0].value.as_deref(), Some("4711"));
    assert_eq!(
        vendor.created_on.unwrap().to_string(),
        "2021-07-19T20:35:38.2876004Z"
    );
}

#[test]
fn records_of_which_only_the_id_is_right() {
    let vendor: Vendor = record::parse(
        r#"{"id":71,"name":null,"contactInfo":null,"address":null,"defaultTaxRate":null,"externalData":null,"customFields":null,
        "isTruckReplenishment":null,"deliveryOption":0}"#,
    )
    .unwrap();
    assert!(vendor.active && vendor.name.is_empty() && vendor.custom_fields.is_empty());
    assert_eq!(vendor.delivery_option.as_deref(), Some("0"));
    let unit: BusinessUnit = record::parse(
        r#"{"id":3,"name":null,"trade":null,"division":null,"address":null,"externalData":null}"#,
    )
    .unwrap();
    assert!(unit.active && unit.trade.is_none());
    let item: Item = record::parse(
        r#"{"id":5,"code":null,"primaryVendor":null,"otherVendors":null,"categories":null,"taxable":null,"isInventory":null}"#,
    )
    .unwrap();
    assert!(item.categories.is_empty() && item.other_vendors.is_empty());
    assert_eq!((item.cost, item.taxable), (None, None));

    let error = record::parse::<Vendor>(r#"{"name":"x"}"#).unwrap_err();
    assert_eq!(
        error.to_string(),
        "vendor without a readable id: missing field `id`"
    );
    let error = record::parse::<Item>(r#"{"id":5,"cost":"4,10"}"#).unwrap_err();
    assert_eq!((error.id, error.field.as_deref()), (Some(5), Some("cost")));
}

#[test]
fn a_whole_business_unit() {
    let unit: BusinessUnit = record::parse(
        r#"{"id":3,"active":true,"name":"HVAC - Service","officialName":"Acme Air, Inc.","email":"a@b.example","currency":"USD",
        "phoneNumber":"555","invoiceHeader":"<p>x</p>","defaultTaxRate":8.25,"address":{"street":"1 Main","latitude":1.5,"isMilitary":false},
        "materialSku":null,"quickbooksClass":"HVAC","accountCode":"010","franchiseId":"","conceptCode":null,
        "trade":{"id":9,"name":"HVAC"},"division":{"id":"2","name":null},"tagTypeIds":null,
        "tenant":{"id":1,"name":"acme","modifiedOn":"2026-01-02T03:04:05Z"},"createdOn":"2026-01-02T03:04:05.12Z","modifiedOn":"2026-01-02T03:04:05"}"#,
    )
    .unwrap();
    assert_eq!(
        (unit.id, unit.name.as_str()),
        (BusinessUnitId(3), "HVAC - Service")
    );
    assert_eq!(unit.account_code.as_deref(), Some("010"));
    assert_eq!(unit.trade.unwrap().name, "HVAC");
    assert_eq!(unit.division.unwrap().id, Some(2));
    assert_eq!(digits(unit.default_tax_rate), "8.25");
    assert_eq!(
        unit.modified_on.unwrap().to_string(),
        "2026-01-02T03:04:05Z"
    );
}

#[test]
fn items_of_the_three_kinds() {
    let material: Item = record::parse(
        r#"{"id":5,"code":"PVC-050","displayName":null,"description":"<b>Pipe</b> 1/2&quot;","cost":0.1275,"active":true,"price":1.00,
        "memberPrice":0.9,"unitOfMeasure":"ft","isInventory":true,"account":"Sales","costOfSaleAccount":"COGS","assetAccount":"Inventory",
        "taxable":true,"primaryVendor":{"id":1,"vendorName":"Ferrous","vendorId":71,"memo":null,"vendorPart":"P-50","cost":"0.1275","active":true,"primarySubAccount":null},
        "otherVendors":[{"id":2,"vendorName":null,"vendorId":null,"cost":null,"active":false}],"categories":[11,12],"assets":null,
        "modifiedOn":"2026-01-02T03:04:05.1234567Z","businessUnitId":3,"generalLedgerAccountId":400,"isOtherDirectCost":false}"#,
    )
    .unwrap();
    assert_eq!((material.id, material.code.as_str()), (SkuId(5), "PVC-050"));
    assert_eq!(digits(material.cost), "0.1275");
    assert_eq!(digits(material.price), "1.00");
    let primary = material.primary_vendor.unwrap();
    assert_eq!(primary.vendor_id, Some(VendorId(71)));
    assert_eq!(digits(primary.cost), "0.1275");
    assert_eq!(primary.vendor_part.as_deref(), Some("P-50"));
    assert!(!material.other_vendors[0].active);
    assert_eq!(material.categories, [CategoryId(11), CategoryId(12)]);
    assert_eq!(material.general_ledger_account_id, Some(GlAccountId(400)));

    let equipment: Item = record::parse(
        r#"{"id":6,"code":"AC-3T","manufacturer":"Acme","model":"3T","crossSaleGroup":"AC","categories":["13"],"costOfSaleAccount":"COGS"}"#,
    )
    .unwrap();
    assert_eq!(equipment.categories, [CategoryId(13)]);
    assert_eq!(equipment.cross_sale_group.as_deref(), Some("AC"));

    // Services send their categories as records.
    let service: Item = record::parse(
        r#"{"id":7,"code":"TUNE","categories":[{"id":14,"name":"Tune-ups","active":true}],"account":"Service Income","warranty":null}"#,
    )
    .unwrap();
    assert_eq!(service.categories, [CategoryId(14)]);
    assert_eq!(service.account.as_deref(), Some("Service Income"));

    let error = record::parse::<Item>(r#"{"id":7,"categories":[{"name":"x"}]}"#).unwrap_err();
    assert_eq!(error.field.as_deref(), Some("categories"));
}
