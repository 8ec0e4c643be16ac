//! The allow-list: which endpoints are called, with which query parameters, under which scope.
//!
//! ServiceTitan ignores a query parameter that it does not know and answers 200 with an
//! unfiltered page. So parameters are a closed enum, calls are built only in `call.rs`, and a test
//! holds this table against ServiceTitan's OpenAPI documents.

use std::fmt;

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
    /// `customerId`.
    CustomerId,
    /// `customerIds`, separated by commas.
    CustomerIds,
    /// `active`: `True`, `Any` or `False`.
    Active,
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
            Self::Ids => "ids",
            Self::CustomerId => "customerId",
            Self::CustomerIds => "customerIds",
            Self::Active => "active",
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

/// A GET endpoint that this client uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Endpoint {
    /// `crm`, `accounting`: the first segment of the path.
    pub module: &'static str,
    /// What follows the tenant in the path.
    pub resource: &'static str,
    /// `GET crm/v2/customers`: how errors and logs call it.
    pub operation: &'static str,
    /// The scope that the app needs.
    pub scope: &'static str,
    /// The parameters that it is called with; ServiceTitan knows more.
    pub params: &'static [Param],
}

pub(super) const EXPORT_CUSTOMERS: Endpoint = Endpoint {
    module: "crm",
    resource: "export/customers",
    operation: "GET crm/v2/export/customers",
    scope: "tn.crm.customers:r",
    params: &[Param::From, Param::IncludeRecentChanges],
};

pub(super) const EXPORT_CUSTOMER_CONTACTS: Endpoint = Endpoint {
    module: "crm",
    resource: "export/customers/contacts",
    operation: "GET crm/v2/export/customers/contacts",
    scope: "tn.crm.customers:r",
    params: &[Param::From, Param::IncludeRecentChanges],
};

pub(super) const EXPORT_LOCATIONS: Endpoint = Endpoint {
    module: "crm",
    resource: "export/locations",
    operation: "GET crm/v2/export/locations",
    scope: "tn.crm.locations:r",
    params: &[Param::From, Param::IncludeRecentChanges],
};

pub(super) const CUSTOMERS: Endpoint = Endpoint {
    module: "crm",
    resource: "customers",
    operation: "GET crm/v2/customers",
    scope: "tn.crm.customers:r",
    params: &[
        Param::Ids,
        Param::Active,
        Param::Page,
        Param::PageSize,
        Param::Sort,
    ],
};

pub(super) const CUSTOMER_CONTACTS: Endpoint = Endpoint {
    module: "crm",
    resource: "customers/contacts",
    operation: "GET crm/v2/customers/contacts",
    scope: "tn.crm.customers:r",
    params: &[Param::CustomerIds, Param::Page, Param::PageSize],
};

pub(super) const LOCATIONS: Endpoint = Endpoint {
    module: "crm",
    resource: "locations",
    operation: "GET crm/v2/locations",
    scope: "tn.crm.locations:r",
    params: &[
        Param::CustomerId,
        Param::Active,
        Param::Page,
        Param::PageSize,
        Param::Sort,
    ],
};

pub(super) const PAYMENT_TERMS: Endpoint = Endpoint {
    module: "accounting",
    resource: "payment-terms",
    operation: "GET accounting/v2/payment-terms",
    scope: "tn.acc.paymentterms:r",
    params: &[Param::Page, Param::PageSize, Param::Sort],
};

/// Every endpoint that this client can call, the token service aside.
pub const ENDPOINTS: [Endpoint; 7] = [
    EXPORT_CUSTOMERS,
    EXPORT_CUSTOMER_CONTACTS,
    EXPORT_LOCATIONS,
    CUSTOMERS,
    CUSTOMER_CONTACTS,
    LOCATIONS,
    PAYMENT_TERMS,
];
