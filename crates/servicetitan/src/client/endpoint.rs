//! The allow-list: which endpoints are called, how, with which query parameters, under which scope.
//!
//! ServiceTitan ignores a query parameter that it does not know and answers 200 with an
//! unfiltered page. So parameters are a closed enum, calls are built only in `call.rs`, and a test
//! holds this table against ServiceTitan's OpenAPI documents.

use std::fmt;

use ::http::Method;

/// A query parameter that some endpoint here takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Param {
    /// `page`, from 1.
    Page,
    /// `pageSize`.
    PageSize,
    /// `sort`, e.g. `+Id`.
    Sort,
    /// `ids`, at most 50, separated by commas.
    Ids,
    /// `ids`, where the documents describe an array: one `ids` for each.
    IdsRepeated,
    /// `purchaseOrderIds`, separated by commas.
    PurchaseOrderIds,
    /// `billType`: which AP bills.
    BillType,
    /// `customerId`.
    CustomerId,
    /// `customerIds`, separated by commas.
    CustomerIds,
    /// `active`: `True`, `Any` or `False`.
    Active,
    /// `activeState`: the same of invoices and payments, `ActiveOnly`, `All` or `InactiveOnly`.
    ActiveState,
    /// `modifiedOnOrAfter`: a moment.
    ModifiedOnOrAfter,
    /// `dateOnOrAfter`: the document's own date, of purchase orders.
    DateOnOrAfter,
    /// `dateBefore`.
    DateBefore,
    /// `invoicedOnOrAfter`: the document's own date, of invoices.
    InvoicedOnOrAfter,
    /// `invoicedOnBefore`.
    InvoicedOnBefore,
    /// `paidOnAfter`: the document's own date, of payments.
    PaidOnAfter,
    /// `paidOnBefore`.
    PaidOnBefore,
    /// `from`: a continuation or a date.
    From,
    /// `includeRecentChanges`.
    IncludeRecentChanges,
}

impl Param {
    /// As it stands in the query.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::PageSize => "pageSize",
            Self::Sort => "sort",
            Self::Ids | Self::IdsRepeated => "ids",
            Self::PurchaseOrderIds => "purchaseOrderIds",
            Self::BillType => "billType",
            Self::CustomerId => "customerId",
            Self::CustomerIds => "customerIds",
            Self::Active => "active",
            Self::ActiveState => "activeState",
            Self::ModifiedOnOrAfter => "modifiedOnOrAfter",
            Self::DateOnOrAfter => "dateOnOrAfter",
            Self::DateBefore => "dateBefore",
            Self::InvoicedOnOrAfter => "invoicedOnOrAfter",
            Self::InvoicedOnBefore => "invoicedOnBefore",
            Self::PaidOnAfter => "paidOnAfter",
            Self::PaidOnBefore => "paidOnBefore",
            Self::From => "from",
            Self::IncludeRecentChanges => "includeRecentChanges",
        }
    }
}

impl fmt::Display for Param {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How an endpoint is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// GET.
    Get,
    /// POST.
    Post,
    /// PATCH.
    Patch,
}

impl Verb {
    /// As HTTP has it.
    #[must_use]
    pub fn method(self) -> Method {
        match self {
            Self::Get => Method::GET,
            Self::Post => Method::POST,
            Self::Patch => Method::PATCH,
        }
    }
}

/// An endpoint that this client uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Endpoint {
    /// How it is called.
    pub verb: Verb,
    /// `crm`, `accounting`: the first segment of the path.
    pub module: &'static str,
    /// What follows the tenant in the path.
    pub resource: &'static str,
    /// `GET crm/v2/customers`: what errors and logs call it.
    pub operation: &'static str,
    /// The scope that the app needs.
    pub scope: &'static str,
    /// The parameters that it is called with; ServiceTitan knows more.
    pub params: &'static [Param],
}

/// Declares the endpoints, and the table of them all.
macro_rules! endpoints {
    (@verb GET) => { Verb::Get };
    (@verb POST) => { Verb::Post };
    (@verb PATCH) => { Verb::Patch };
    ($($name:ident: $verb:ident $module:literal $resource:literal $scope:literal [$($param:ident)*];)+) => {
        $(pub(super) const $name: Endpoint = Endpoint {
            verb: endpoints!(@verb $verb),
            module: $module,
            resource: $resource,
            operation: concat!(stringify!($verb), " ", $module, "/v2/", $resource),
            scope: $scope,
            params: &[$(Param::$param),*],
        };)+

        /// Every endpoint that this client can call, the token service aside.
        pub const ENDPOINTS: &[Endpoint] = &[$($name),+];
    };
}

// `Sort` stands only where the documents say that the list can be sorted by `Id`.
endpoints! {
    EXPORT_CUSTOMERS: GET "crm" "export/customers" "tn.crm.customers:r" [From IncludeRecentChanges];
    EXPORT_CUSTOMER_CONTACTS: GET "crm" "export/customers/contacts" "tn.crm.customers:r" [From IncludeRecentChanges];
    EXPORT_LOCATIONS: GET "crm" "export/locations" "tn.crm.locations:r" [From IncludeRecentChanges];
    EXPORT_BUSINESS_UNITS: GET "settings" "export/business-units" "tn.stt.businessunits:r" [From IncludeRecentChanges];
    EXPORT_MATERIALS: GET "pricebook" "export/materials" "tn.pb.materials:r" [From IncludeRecentChanges];
    EXPORT_EQUIPMENT: GET "pricebook" "export/equipment" "tn.pb.equipment:r" [From IncludeRecentChanges];
    EXPORT_SERVICES: GET "pricebook" "export/services" "tn.pb.services:r" [From IncludeRecentChanges];
    EXPORT_PURCHASE_ORDERS: GET "inventory" "export/purchase-orders" "tn.inv.purchaseorders:r" [From IncludeRecentChanges];
    EXPORT_RETURNS: GET "inventory" "export/returns" "tn.inv.returns:r" [From IncludeRecentChanges];
    EXPORT_INVENTORY_BILLS: GET "accounting" "export/inventory-bills" "tn.acc.inventorybills:r" [From IncludeRecentChanges];
    EXPORT_INVOICES: GET "accounting" "export/invoices" "tn.acc.invoices:r" [From IncludeRecentChanges];
    EXPORT_PAYMENTS: GET "accounting" "export/payments" "tn.acc.payments:r" [From IncludeRecentChanges];
    EXPORT_JOBS: GET "jpm" "export/jobs" "tn.jpm.jobs:r" [From IncludeRecentChanges];
    CUSTOMERS: GET "crm" "customers" "tn.crm.customers:r" [Ids Active Page PageSize Sort];
    CUSTOMER_CONTACTS: GET "crm" "customers/contacts" "tn.crm.customers:r" [CustomerIds Page PageSize];
    LOCATIONS: GET "crm" "locations" "tn.crm.locations:r" [CustomerId Active Page PageSize Sort];
    PAYMENT_TERMS: GET "accounting" "payment-terms" "tn.acc.paymentterms:r" [Ids ModifiedOnOrAfter Page PageSize Sort];
    BUSINESS_UNITS: GET "settings" "business-units" "tn.stt.businessunits:r" [Ids Active ModifiedOnOrAfter Page PageSize];
    MATERIALS: GET "pricebook" "materials" "tn.pb.materials:r" [Ids Active ModifiedOnOrAfter Page PageSize Sort];
    EQUIPMENT: GET "pricebook" "equipment" "tn.pb.equipment:r" [Ids Active ModifiedOnOrAfter Page PageSize Sort];
    SERVICES: GET "pricebook" "services" "tn.pb.services:r" [Ids Active ModifiedOnOrAfter Page PageSize Sort];
    VENDORS: GET "inventory" "vendors" "tn.inv.vendors:r" [IdsRepeated Active ModifiedOnOrAfter Page PageSize Sort];
    REMITTANCE_VENDORS: GET "accounting" "remittance-vendors" "tn.acc.remittancevendors:r" [IdsRepeated Active ModifiedOnOrAfter Page PageSize Sort];
    PURCHASE_ORDERS: GET "inventory" "purchase-orders" "tn.inv.purchaseorders:r" [Ids ModifiedOnOrAfter DateOnOrAfter DateBefore Page PageSize Sort];
    RECEIPTS: GET "inventory" "receipts" "tn.inv.receipts:r" [Ids PurchaseOrderIds Active ModifiedOnOrAfter Page PageSize Sort];
    RETURNS: GET "inventory" "returns" "tn.inv.returns:r" [Ids Active ModifiedOnOrAfter Page PageSize Sort];
    WAREHOUSES: GET "inventory" "warehouses" "tn.inv.warehouses:r" [Ids Active ModifiedOnOrAfter Page PageSize Sort];
    TRUCKS: GET "inventory" "trucks" "tn.inv.trucks:r" [Ids Active ModifiedOnOrAfter Page PageSize Sort];
    INVENTORY_BILLS: GET "accounting" "inventory-bills/paginated" "tn.acc.inventorybills:r" [Ids ModifiedOnOrAfter Page PageSize];
    AP_BILLS: GET "accounting" "ap-bills" "tn.acc.apbills:r" [Ids BillType ModifiedOnOrAfter Page PageSize];
    AP_CREDITS: GET "accounting" "ap-credits" "tn.acc.apcredits:r" [Ids ModifiedOnOrAfter Page PageSize];
    GL_ACCOUNTS: GET "accounting" "gl-accounts" "tn.acc.glaccounts:r" [Ids Active ModifiedOnOrAfter Page PageSize];
    TAX_ZONES: GET "accounting" "tax-zones" "tn.acc.taxzones:r" [Ids Active ModifiedOnOrAfter Page PageSize Sort];
    CATEGORIES: GET "pricebook" "categories" "tn.pb.categories:r" [Active ModifiedOnOrAfter Page PageSize Sort];
    INVOICES: GET "accounting" "invoices" "tn.acc.invoices:r" [Ids ActiveState ModifiedOnOrAfter InvoicedOnOrAfter InvoicedOnBefore Page PageSize Sort];
    PAYMENTS: GET "accounting" "payments" "tn.acc.payments:r" [Ids ActiveState ModifiedOnOrAfter PaidOnAfter PaidOnBefore Page PageSize Sort];
    PAYMENT_TYPES: GET "accounting" "payment-types" "tn.acc.paymenttypes:r" [Ids Active Page PageSize];
    JOBS: GET "jpm" "jobs" "tn.jpm.jobs:r" [Ids ModifiedOnOrAfter Page PageSize Sort];

    INVENTORY_BILL_FIELD_TYPES: GET "accounting" "inventory-bills/custom-fields" "tn.acc.inventorybills:r" [Page PageSize];
    AP_BILL_FIELD_TYPES: GET "accounting" "ap-bills/custom-fields" "tn.acc.apbills:r" [Page PageSize];

    MARK_INVENTORY_BILLS: POST "accounting" "inventory-bills/markasexported" "tn.acc.inventorybills:w" [];
    MARK_AP_BILLS: POST "accounting" "ap-bills/markasexported" "tn.acc.apbills:w" [];
    MARK_AP_CREDITS: POST "accounting" "ap-credits/markasexported" "tn.acc.apcredits:w" [];
    INVENTORY_BILL_FIELDS: PATCH "accounting" "inventory-bills/custom-fields" "tn.acc.inventorybills:w" [];
    AP_BILL_FIELDS: PATCH "accounting" "ap-bills/custom-fields" "tn.acc.apbills:w" [];
    AP_CREDIT_FIELDS: PATCH "accounting" "ap-credits/custom-fields" "tn.acc.apcredits:w" [];
    RECEIPT_FIELDS: PATCH "inventory" "receipts/custom-fields" "tn.inv.receipts:w" [];
    RETURN_FIELDS: PATCH "inventory" "returns/custom-fields" "tn.inv.returns:w" [];
    VENDOR_FIELDS: PATCH "inventory" "vendors/custom-fields" "tn.inv.vendors:w" [];
}
