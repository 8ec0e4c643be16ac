//! Vendors, units, items and documents of purchasing as the live API is known to send them.

use rust_decimal::Decimal;
use servicetitan::record::{
    self, ApBill, ApBillSource, ApBillStatus, ApCredit, ApPaymentStatus, BillType, BusinessUnit,
    GlAccount, Identity, InventoryBill, InventoryReturn, InventoryReturnStatus, Item, Job,
    JobStatus, LandedCostMethod, PurchaseOrder, PurchaseOrderStatus, Receipt, Record,
    RemittanceVendor, SkuType, SyncStatus, TaxBase, TaxZone, Truck, Vendor, Warehouse,
};
use servicetitan::{
    BillItemId, BusinessUnitId, CategoryId, GlAccountId, InventoryBillId, InventoryLocationId,
    InventoryReturnId, JobId, ProjectId, PurchaseOrderId, PurchaseOrderItemId, ReceiptItemId,
    RemittanceVendorId, SkuId, TaxZoneId, TechnicianId, VendorId,
};

use crate::fields::fields_of;

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

#[test]
fn a_whole_purchase_order() {
    let order: PurchaseOrder = record::parse(
        r#"{"id":501,"number":"PO-501","invoiceId":null,"jobId":88,"projectId":null,"status":"PartiallyReceived","typeId":2,"vendorId":71,
        "technicianId":null,"shipTo":{"street":"1 Mill Rd","unit":null,"zip":"89501"},"businessUnitId":3,"inventoryLocationId":9,"batchId":null,
        "budgetCodeId":null,"vendorDocumentNumber":"V-9","date":"2026-10-01T00:00:00Z","requiredOn":"2026-10-05T00:00:00","sentOn":"2026-10-01T08:15:00.1234567Z",
        "receivedOn":null,"createdOn":"2026-10-01T08:00:00Z","modifiedOn":"2026-10-02T08:00:00.5Z","total":118.0188,"tax":8.25,"shipping":10,
        "createdById":1,"summary":"a\nb","items":[{"id":5011,"skuId":5,"description":"<p>Pipe</p>","createdOn":"2026-10-01T08:00:00Z","modifiedOn":"2026-10-01T08:00:00Z",
        "skuName":"Pipe","skuCode":"PVC-050","skuType":"material","vendorPartNumber":"P-50","quantity":782.5,"quantityReceived":100.0,"cost":0.1275,"total":99.7688,
        "serialNumbers":null,"status":"Pending","chargeable":null,"budgetCodeId":null}],"customFields":null}"#,
    )
    .unwrap();
    assert_eq!(
        (order.id, order.vendor_id),
        (PurchaseOrderId(501), VendorId(71))
    );
    assert_eq!(order.status, PurchaseOrderStatus::PartiallyReceived);
    assert_eq!(order.job_id, Some(JobId(88)));
    assert_eq!(digits(order.total), "118.0188");
    assert_eq!(
        order.required_on.unwrap().to_string(),
        "2026-10-05T00:00:00Z"
    );
    assert_eq!(
        order.sent_on.unwrap().to_string(),
        "2026-10-01T08:15:00.1234567Z"
    );
    let [line] = &order.items[..] else {
        panic!("{:?}", order.items)
    };
    // Whatever the case.
    assert_eq!(line.sku_type, SkuType::Material);
    assert_eq!(
        (digits(line.quantity), digits(line.cost)),
        ("782.5".to_owned(), "0.1275".to_owned())
    );
    assert_eq!(digits(line.quantity_received), "100.0");
}

#[test]
fn a_whole_receipt() {
    let receipt: Receipt = record::parse(
        r#"{"id":601,"active":true,"number":"R-601","vendorInvoiceNumber":"V-9/1","createdById":null,"memo":null,"purchaseOrderId":501,"billId":701,
        "jobId":88,"businessUnitId":3,"vendorId":71,"technicianId":null,"inventoryLocationId":9,"shipTo":null,"shipToDescription":"Shop",
        "receiptAmount":22.75,"taxAmount":0.0,"shippingAmount":10.0,"receivedOn":"2026-10-03T00:00:00Z","createdOn":"2026-10-03T09:00:00.123Z",
        "modifiedOn":"2026-10-03T09:00:00.123Z","batchId":null,"syncStatus":"Pending","budgetCodeId":null,"landedCostMethod":0,"otherAmount":null,
        "items":[{"id":6011,"skuId":5,"name":"Pipe","code":"PVC-050","description":null,"quantity":100.0,"cost":0.1275,
        "generalLedgerAccount":{"name":"Inventory","number":"1300","type":"Asset","detailType":null},"costOfSaleAccount":null,"assetAccount":null,
        "purchaseOrderItemId":5011,"budgetCodeId":null,"allocatedShipping":null,"allocatedTax":null,"allocatedOtherCosts":null,"fullyLandedUnitCost":null}],
        "customFields":null}"#,
    )
    .unwrap();
    assert_eq!(receipt.purchase_order_id, Some(PurchaseOrderId(501)));
    assert_eq!(receipt.bill_id, Some(InventoryBillId(701)));
    assert_eq!(receipt.sync_status, SyncStatus::Pending);
    assert_eq!(
        receipt.landed_cost_method,
        LandedCostMethod::Other("0".to_owned())
    );
    let line = &receipt.items[0];
    assert_eq!(line.id, ReceiptItemId(6011));
    assert_eq!(line.purchase_order_item_id, Some(PurchaseOrderItemId(5011)));
    let account = line.general_ledger_account.as_ref().unwrap();
    assert_eq!(
        (account.id, account.number.as_deref()),
        (None, Some("1300"))
    );
}

const BILL: &str = r#"{"id":701,"purchaseOrderId":501,"syncStatus":"Posted","referenceNumber":"B-701","vendorNumber":"V-9/1","summary":null,
    "billDate":"2026-10-03T00:00:00Z","billAmount":"31.0000","taxAmount":"8.25","shippingAmount":"10.00","landedCostMethod":"ByValue","otherAmount":null,
    "createdBy":"ann","createdOn":"2026-10-03T09:00:00.1234567Z","modifiedOn":"2026-10-03T09:00:00.1234567Z","termName":"Net 30","dueDate":"2026-11-02T00:00:00Z",
    "shipToDescription":null,"postDate":"2026-10-04T00:00:00Z","batch":{"id":1,"number":"12","name":null},"businessUnit":{"id":3,"name":"HVAC"},
    "taxZone":{"id":4,"name":"Reno"},"vendor":{"id":71,"name":"Ferrous & Sons"},"shipTo":null,"budgetCodeId":null,
    "items":[{"order":1,"name":"Pipe","description":"<b>x</b>","quantity":"100.00","cost":"0.1275","allocatedTax":"8.25","allocatedShipping":"10",
    "allocatedOtherCosts":null,"fullyLandedUnitCost":"0.31","inventoryLocation":"Main","serialNumber":null,
    "generalLedgerAccount":{"id":400,"name":"Inventory","number":"1300","type":"Asset","detailType":"Inventory"},"costOfSaleAccount":null,"assetAccount":null,
    "id":7011,"skuId":5,"receiptItemId":6011,"skuType":"Material","skuCode":"PVC-050","budgetCodeId":null}],
    "customFields":[{"name":"Odoo","value":null}],"jobId":88,"jobNumber":"J-88","dateReconciled":null"#;

#[test]
fn inventory_bills_of_list_and_feed() {
    let bill: InventoryBill = record::parse(&format!("{BILL}}}")).unwrap();
    assert!(bill.active, "the list does not say");
    assert_eq!(bill.sync_status, SyncStatus::Posted);
    assert_eq!(digits(bill.bill_amount), "31.0000");
    assert_eq!(
        (digits(bill.tax_amount), bill.other_amount),
        ("8.25".to_owned(), None)
    );
    assert_eq!(bill.vendor.unwrap().id, Some(VendorId(71)));
    assert_eq!(bill.tax_zone.unwrap().id, Some(TaxZoneId(4)));
    assert_eq!(bill.landed_cost_method, LandedCostMethod::ByValue);
    assert_eq!(bill.custom_fields[0].name.as_deref(), Some("Odoo"));
    let line = &bill.items[0];
    assert_eq!(
        (line.id, line.receipt_item_id),
        (BillItemId(7011), Some(ReceiptItemId(6011)))
    );
    assert_eq!(
        (digits(line.quantity), digits(line.cost)),
        ("100.00".to_owned(), "0.1275".to_owned())
    );
    assert_eq!(line.inventory_location.as_deref(), Some("Main"));
    assert_eq!(
        line.general_ledger_account.as_ref().unwrap().id,
        Some(GlAccountId(400))
    );

    let deleted: InventoryBill = record::parse(&format!("{BILL},\"active\":false}}")).unwrap();
    assert!(!deleted.active);
}

#[test]
fn ap_bills_have_expenses_and_name_the_place_as_a_record() {
    let row = format!("{BILL},").replace(
        r#""inventoryLocation":"Main""#,
        r#""inventoryLocation":{"id":9,"name":"Main","type":"Warehouse"}"#,
    );
    let row = format!(
        r#"{row}"status":"Discrepancy","source":"ocr","billType":"ApBill","earlyDiscountDate":null,"vendorInvoiceTotal":"31.01","doNotPay":true,
        "dateCanceled":null,"canceledBy":null,"remittanceVendorInfo":{{"id":72,"name":"Factor"}},
        "expenseItems":[{{"id":1,"amount":"12.0000","description":"Freight","generalLedgerAccount":null,"job":{{"id":88,"name":"J-88"}},"businessUnit":null}}]}}"#
    );
    let bill: ApBill = record::parse(&row).unwrap();
    assert_eq!(bill.status, ApBillStatus::Discrepancy);
    assert_eq!(
        (bill.source, bill.bill_type),
        (ApBillSource::OCR, BillType::ApBill)
    );
    assert!(bill.do_not_pay);
    assert_eq!(digits(bill.vendor_invoice_total), "31.01");
    assert_eq!(bill.items[0].inventory_location.as_deref(), Some("Main"));
    assert_eq!(
        bill.remittance_vendor_info.unwrap().id,
        Some(RemittanceVendorId(72))
    );
    assert_eq!(digits(bill.expense_items[0].amount), "12.0000");
    assert_eq!(
        bill.expense_items[0].job.as_ref().unwrap().id,
        Some(JobId(88))
    );
}

#[test]
fn returns_and_credits() {
    let returned: InventoryReturn = record::parse(
        r#"{"id":801,"active":true,"number":"RT-1","referenceNumber":null,"status":"CreditReceived","returnTypeId":1,"vendorId":71,"purchaseOrderId":null,
        "jobId":null,"projectId":null,"budgetCodeId":null,"businessUnitId":3,"inventoryLocationId":9,"createdById":null,"memo":"","returnAmount":1.275,
        "taxAmount":0,"shippingAmount":0.0,"returnDate":"2021-07-19T20:35:38.2876004Z","returnedOn":null,"creditReceivedOn":null,
        "createdOn":"2021-07-19T20:35:38.2876004Z","modifiedOn":"2021-07-19T20:35:38.28Z","batchId":null,"batch":null,"syncStatus":1,"canceledById":null,
        "canceledReason":null,"dateCanceled":null,"items":[{"id":8011,"skuId":5,"description":null,"name":"Pipe","code":"PVC-050","quantity":10,"cost":0.1275,
        "generalLedgerAccount":null,"serialNumbers":null,"active":true,"receiptItemId":6011}],"customFields":null,"externalData":null}"#,
    )
    .unwrap();
    assert_eq!(returned.status, InventoryReturnStatus::CreditReceived);
    assert_eq!(returned.sync_status, SyncStatus::Other("1".to_owned()));
    assert_eq!(digits(returned.return_amount), "1.275");
    assert_eq!(returned.items[0].receipt_item_id, Some(ReceiptItemId(6011)));

    let credit: ApCredit = record::parse(
        r#"{"id":901,"inventoryReturnId":801,"jobId":null,"active":true,"createdOn":"2026-10-03T09:00:00Z","modifiedOn":"2026-10-03T09:00:00Z",
        "date":"2026-10-03T00:00:00Z","canceledOn":null,"number":"C-1","referenceNumber":null,"memo":null,"amount":1.275,"appliedAmount":0.0,
        "status":"Unreconciled","syncStatus":"Pending","batch":null,"businessUnit":{"id":3,"name":"HVAC"},"remittanceVendor":null,
        "vendor":{"id":71,"name":"Ferrous"},"paymentStatus":"Unpaid","splits":[{"id":1,"active":true,"createdOn":"2026-10-03T09:00:00Z",
        "inventoryBillId":701,"vendorCreditId":901,"amount":1.27}],"budgetCodeId":null,"customFields":null}"#,
    )
    .unwrap();
    assert_eq!(credit.inventory_return_id, Some(InventoryReturnId(801)));
    assert_eq!(credit.payment_status, ApPaymentStatus::Unpaid);
    assert_eq!(
        (digits(credit.amount), credit.status.as_str()),
        ("1.275".to_owned(), "Unreconciled")
    );
    assert_eq!(
        credit.splits[0].inventory_bill_id,
        Some(InventoryBillId(701))
    );
}

#[test]
fn accounts_zones_places_and_jobs() {
    let account: GlAccount = record::parse(
        r#"{"id":400,"name":"Materials","number":"05000","description":null,"type":"Cost of Goods Sold","subtype":null,"active":false,
        "isIntacctGroup":false,"source":"AccountingSystem","defaultAccountType":null,"createdOn":"2026-10-03T09:00:00Z"}"#,
    )
    .unwrap();
    assert_eq!(
        (account.number.as_deref(), account.active),
        (Some("05000"), false)
    );
    assert_eq!(account.kind.as_deref(), Some("Cost of Goods Sold"));

    let zone: TaxZone = record::parse(
        r#"{"id":4,"name":"Reno","color":null,"isTaxRateSeparated":false,"isMultipleTaxZone":true,"active":true,
        "rates":[{"id":null,"taxName":"County","taxBaseType":["Labor","Subtotal",2],"taxRate":0.0825,"salesTaxItem":null},{"taxName":null,"taxBaseType":null}]}"#,
    )
    .unwrap();
    assert_eq!(digits(zone.rates[0].tax_rate), "0.0825");
    assert_eq!(
        zone.rates[0].tax_base_type,
        [
            TaxBase::Labor,
            TaxBase::Subtotal,
            TaxBase::Other("2".to_owned())
        ]
    );
    assert!(zone.rates[1].tax_base_type.is_empty());

    let truck: Truck = record::parse(
        r#"{"id":12,"name":"Truck 4","active":true,"memo":null,"warehouseId":9,"technicianIds":[31],"inventoryTemplateId":null,"externalData":null}"#,
    )
    .unwrap();
    assert_eq!(
        (truck.warehouse_id, truck.technician_ids),
        (Some(InventoryLocationId(9)), vec![TechnicianId(31)])
    );

    let payee: RemittanceVendor = record::parse(
        r#"{"id":72,"name":"Factor","active":true,"customerId":"4711","isApproved":true,"isVerified":false,"contactInfo":null,"address":{"city":"Reno"}}"#,
    )
    .unwrap();
    assert_eq!(
        (payee.customer_id.as_deref(), payee.address.city.as_str()),
        (Some("4711"), "Reno")
    );

    let job: Job = record::parse(
        r#"{"id":88,"jobNumber":"J-88","projectId":2,"customerId":7,"locationId":9,"jobStatus":"InProgress","completedOn":null,"businessUnitId":3,
        "jobTypeId":1,"priority":"Normal","campaignId":1,"noCharge":false,"total":1250.5,"invoiceId":61,"customerPo":null,"tagTypeIds":null,
        "summary":"<p>Leak</p>","customFields":null,"externalData":null,"modifiedOn":"2026-10-03T09:00:00.1Z","active":false}"#,
    )
    .unwrap();
    assert_eq!(
        (job.job_status, job.project_id),
        (JobStatus::InProgress, Some(ProjectId(2)))
    );
    assert_eq!(
        (job.business_unit_id, job.active),
        (Some(BusinessUnitId(3)), false)
    );
}

/// Every field but the required ones is `null`.
fn with_nulls<T: Record>(required: &str) -> Result<T, String> {
    let mut row: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(required).unwrap();
    for field in fields_of::<T>() {
        row.entry(*field).or_insert(serde_json::Value::Null);
    }
    let row = serde_json::Value::Object(row).to_string();
    record::parse(&row).map_err(|error| format!("{error} in {row}"))
}

#[test]
fn nulls_are_tolerated_everywhere_but_in_ids() {
    let id = r#"{"id":1}"#;
    let of_vendor = r#"{"id":1,"vendorId":71}"#;
    let order = r#"{"id":1,"vendorId":71,"items":[{"id":2}]}"#;
    assert_eq!(with_nulls::<PurchaseOrder>(order).unwrap().items.len(), 1);
    assert_eq!(with_nulls::<Receipt>(order).unwrap().items.len(), 1);
    assert_eq!(with_nulls::<InventoryReturn>(order).unwrap().items.len(), 1);
    assert!(
        with_nulls::<PurchaseOrder>(of_vendor)
            .unwrap()
            .items
            .is_empty()
    );
    assert!(with_nulls::<Receipt>(of_vendor).unwrap().active);
    assert!(with_nulls::<InventoryReturn>(of_vendor).unwrap().active);
    assert!(with_nulls::<InventoryBill>(id).unwrap().items.is_empty());
    assert!(with_nulls::<ApBill>(id).unwrap().expense_items.is_empty());
    assert!(with_nulls::<ApCredit>(id).unwrap().splits.is_empty());
    assert!(with_nulls::<GlAccount>(id).unwrap().active);
    assert!(with_nulls::<TaxZone>(id).unwrap().rates.is_empty());
    assert!(with_nulls::<Warehouse>(id).unwrap().active);
    assert!(with_nulls::<Truck>(id).unwrap().technician_ids.is_empty());
    assert!(with_nulls::<RemittanceVendor>(id).unwrap().active);
    assert!(
        with_nulls::<Job>(r#"{"id":1,"customerId":7}"#)
            .unwrap()
            .active
    );
    assert!(with_nulls::<Vendor>(id).unwrap().active);
    assert!(with_nulls::<BusinessUnit>(id).unwrap().active);
    assert!(with_nulls::<Item>(id).unwrap().active);

    let error = record::parse::<PurchaseOrder>(r#"{"id":1,"vendorId":71,"items":[{"skuId":5}]}"#)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "purchase order 1, field items[0]: missing field `id`"
    );
    let error = record::parse::<Receipt>(r#"{"id":1}"#).unwrap_err();
    assert_eq!(error.to_string(), "receipt 1: missing field `vendorId`");
}

#[test]
fn what_belongs_to_an_order_says_so_before_it_is_read() {
    let identity =
        Identity::of(r#"{"id":601,"purchaseOrderId":"501","items":[{"id":{}}]}"#).unwrap();
    assert_eq!(identity.purchase_order_id, Some(PurchaseOrderId(501)));
    let identity = Identity::of(r#"{"id":601,"purchaseOrderId":null}"#).unwrap();
    assert_eq!(identity.purchase_order_id, None);
}
