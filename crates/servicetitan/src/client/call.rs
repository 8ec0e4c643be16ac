//! The calls that can be made, and the request that each of them is: pure functions.

use ::http::Method;
use url::Url;

use super::endpoint::{self, Endpoint, Param};
use super::feed::{Continuation, Feed};
use super::list::{List, Selection};
use super::write::{self, CustomFieldKind, CustomFieldOwner, CustomFieldValue, Mark};
use crate::id::{CustomerId, PurchaseOrderId, TenantId};

/// Rows per page of lists whose length is not known: below the documented 5,000, which takes the
/// server long, and above what a customer has.
pub(super) const PAGE_SIZE: u32 = 1_000;

/// Everything that this client can ask for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Call<'a> {
    Export {
        feed: Feed,
        from: Option<&'a Continuation>,
        recent: bool,
    },
    Customers {
        ids: &'a [CustomerId],
        page: u32,
    },
    CustomerContacts {
        customers: &'a [CustomerId],
        page: u32,
    },
    LocationsOf {
        customer: CustomerId,
        page: u32,
    },
    /// A list, or what of it is asked for.
    List {
        list: List,
        of: Selection,
        page: u32,
    },
    /// Rows of a list by id.
    Listed {
        list: List,
        ids: &'a [i64],
        page: u32,
    },
    ReceiptsOf {
        orders: &'a [PurchaseOrderId],
        page: u32,
    },
    CustomFieldTypes {
        of: CustomFieldKind,
        page: u32,
    },
    MarkExported(Mark<'a>),
    SetCustomFields {
        owner: CustomFieldOwner,
        fields: &'a [CustomFieldValue],
    },
    /// One row of a list: does the scope let us?
    Probe(Endpoint),
}

impl Call<'_> {
    pub(super) fn endpoint(&self) -> Endpoint {
        match self {
            Self::Export { feed, .. } => feed.endpoint(),
            Self::Customers { .. } => endpoint::CUSTOMERS,
            Self::CustomerContacts { .. } => endpoint::CUSTOMER_CONTACTS,
            Self::LocationsOf { .. } => endpoint::LOCATIONS,
            Self::List { list, .. } | Self::Listed { list, .. } => list.endpoint(),
            Self::ReceiptsOf { .. } => endpoint::RECEIPTS,
            Self::CustomFieldTypes { of, .. } => of.types(),
            Self::MarkExported(mark) => mark.endpoint(),
            Self::SetCustomFields { owner, .. } => owner.endpoint(),
            Self::Probe(endpoint) => *endpoint,
        }
    }

    pub(super) fn operation(&self) -> &'static str {
        self.endpoint().operation
    }

    fn query(&self) -> Vec<(Param, String)> {
        // Lists are sorted by what never changes: by the default, the time of change, rows move
        // between pages while they are read.
        let by_id = || (Param::Sort, "+Id".to_owned());
        let any = || (Param::Active, "Any".to_owned());
        let paged = |page: &u32, size: u32| {
            [
                (Param::Page, page.to_string()),
                (Param::PageSize, size.to_string()),
            ]
        };
        let fixed = |(param, value): (Param, &str)| (param, value.to_owned());
        let mut query = Vec::new();
        match self {
            Self::Export { from, recent, .. } => {
                query.extend(from.map(|from| (Param::From, from.as_str().to_owned())));
                query.extend(recent.then(|| (Param::IncludeRecentChanges, "true".to_owned())));
            }
            Self::Customers { ids, page } => {
                query.extend([(Param::Ids, commas(ids)), any()]);
                query.extend(paged(page, 50));
                query.push(by_id());
            }
            Self::CustomerContacts { customers, page } => {
                query.push((Param::CustomerIds, commas(customers)));
                query.extend(paged(page, PAGE_SIZE));
            }
            Self::LocationsOf { customer, page } => {
                query.extend([(Param::CustomerId, customer.to_string()), any()]);
                query.extend(paged(page, PAGE_SIZE));
                query.push(by_id());
            }
            Self::List { list, of, page } => {
                query.extend(of.params(*list));
                query.extend(list.filter().map(fixed));
                query.extend(list.any().map(fixed));
                query.extend(paged(page, list.page_size()));
                query.extend(list.takes(Param::Sort).then(by_id));
            }
            Self::Listed { list, ids, page } => {
                if list.takes(Param::IdsRepeated) {
                    query.extend(ids.iter().map(|id| (Param::IdsRepeated, id.to_string())));
                } else {
                    query.push((Param::Ids, commas(ids)));
                }
                query.extend(list.filter().map(fixed));
                query.extend(list.any().map(fixed));
                query.extend(paged(page, 50));
                query.extend(list.takes(Param::Sort).then(by_id));
            }
            Self::ReceiptsOf { orders, page } => {
                query.extend([(Param::PurchaseOrderIds, commas(orders)), any()]);
                query.extend(paged(page, List::Receipts.page_size()));
                query.push(by_id());
            }
            Self::CustomFieldTypes { page, .. } => query.extend(paged(page, 50)),
            Self::MarkExported(_) | Self::SetCustomFields { .. } => {}
            Self::Probe(_) => query.extend(paged(&1, 1)),
        }
        query
    }

    fn body(&self) -> Option<String> {
        let body = match self {
            Self::MarkExported(mark) => mark.body(),
            Self::SetCustomFields { owner, fields } => write::custom_fields(*owner, fields),
            _ => return None,
        };
        Some(body.to_string())
    }

    pub(super) fn request(&self, tenant: TenantId) -> Request {
        Request {
            tenant,
            endpoint: self.endpoint(),
            query: self.query(),
            body: self.body(),
        }
    }
}

fn commas(ids: &[impl ToString]) -> String {
    let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    ids.join(",")
}

/// A call as it will be sent, before the secrets are added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    tenant: TenantId,
    endpoint: Endpoint,
    query: Vec<(Param, String)>,
    body: Option<String>,
}

impl Request {
    /// How errors and logs call it.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.endpoint.operation
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> Method {
        self.endpoint.verb.method()
    }

    /// The JSON that is sent, if any is.
    #[must_use]
    pub fn body(&self) -> Option<&str> {
        self.body.as_deref()
    }

    /// The address below `api_url`.
    #[must_use]
    pub fn url(&self, api_url: &Url) -> Url {
        let Endpoint {
            module, resource, ..
        } = self.endpoint;
        let path = format!("{module}/v2/tenant/{}/{resource}", self.tenant);
        let mut url = below(api_url, &path);
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(
                self.query
                    .iter()
                    .map(|(name, value)| (name.as_str(), value)),
            );
        }
        url
    }
}

/// `path` below `base`, whether `base` ends in a slash or not.
pub(super) fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    let base_path = base.path().trim_end_matches('/');
    url.set_path(&format!("{base_path}/{path}"));
    url.set_query(None);
    url.set_fragment(None);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(call: &Call<'_>) -> String {
        let request = call.request(TenantId(1234));
        let base = Url::parse("https://api.example").unwrap();
        format!("{} {}", request.method(), request.url(&base))
    }

    fn october() -> Selection {
        Selection::Dated {
            from: "2026-10-01T00:00:00Z".parse().unwrap(),
            before: "2026-11-01T00:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn requests_are_what_the_documents_describe() {
        let token = Continuation::from_saved("a+b/c=&d e".to_owned()).unwrap();
        let since = Continuation::since("2026-01-02T03:04:05Z".parse().unwrap());
        let ids = [CustomerId(7), CustomerId(8)];
        let export = |feed, from, recent| Call::Export { feed, from, recent };
        let listed = |list| Call::Listed {
            list,
            ids: &[7, 8],
            page: 1,
        };
        let shown: Vec<_> = [
            export(Feed::Customers, None, false),
            export(Feed::Customers, Some(&token), true),
            export(Feed::CustomerContacts, Some(&since), false),
            export(Feed::Locations, None, true),
            Call::Customers { ids: &ids, page: 1 },
            Call::CustomerContacts {
                customers: &ids,
                page: 2,
            },
            Call::LocationsOf {
                customer: CustomerId(7),
                page: 1,
            },
            Call::List {
                list: List::PaymentTerms,
                of: Selection::All,
                page: 1,
            },
            Call::List {
                list: List::Vendors,
                of: Selection::ChangedSince("2026-01-02T03:04:05.1239999Z".parse().unwrap()),
                page: 2,
            },
            Call::List {
                list: List::BusinessUnits,
                of: Selection::All,
                page: 1,
            },
            listed(List::Vendors),
            listed(List::Materials),
            listed(List::BusinessUnits),
            listed(List::ApBillsWithoutOrder),
            Call::List {
                list: List::ApBills,
                of: Selection::All,
                page: 1,
            },
            Call::ReceiptsOf {
                orders: &[PurchaseOrderId(7), PurchaseOrderId(8)],
                page: 1,
            },
            Call::Probe(endpoint::LOCATIONS),
        ]
        .iter()
        .map(shown)
        .collect();
        insta::assert_snapshot!(shown.join("\n"), @r"
        GET https://api.example/crm/v2/tenant/1234/export/customers
        GET https://api.example/crm/v2/tenant/1234/export/customers?from=a%2Bb%2Fc%3D%26d+e&includeRecentChanges=true
        GET https://api.example/crm/v2/tenant/1234/export/customers/contacts?from=2026-01-02T03%3A04%3A05Z
        GET https://api.example/crm/v2/tenant/1234/export/locations?includeRecentChanges=true
        GET https://api.example/crm/v2/tenant/1234/customers?ids=7%2C8&active=Any&page=1&pageSize=50&sort=%2BId
        GET https://api.example/crm/v2/tenant/1234/customers/contacts?customerIds=7%2C8&page=2&pageSize=1000
        GET https://api.example/crm/v2/tenant/1234/locations?customerId=7&active=Any&page=1&pageSize=1000&sort=%2BId
        GET https://api.example/accounting/v2/tenant/1234/payment-terms?page=1&pageSize=1000&sort=%2BId
        GET https://api.example/inventory/v2/tenant/1234/vendors?modifiedOnOrAfter=2026-01-02T03%3A04%3A05.123Z&active=Any&page=2&pageSize=1000&sort=%2BId
        GET https://api.example/settings/v2/tenant/1234/business-units?active=Any&page=1&pageSize=1000
        GET https://api.example/inventory/v2/tenant/1234/vendors?ids=7&ids=8&active=Any&page=1&pageSize=50&sort=%2BId
        GET https://api.example/pricebook/v2/tenant/1234/materials?ids=7%2C8&active=Any&page=1&pageSize=50&sort=%2BId
        GET https://api.example/settings/v2/tenant/1234/business-units?ids=7%2C8&active=Any&page=1&pageSize=50
        GET https://api.example/accounting/v2/tenant/1234/ap-bills?ids=7%2C8&billType=ApBill&page=1&pageSize=50
        GET https://api.example/accounting/v2/tenant/1234/ap-bills?billType=Procurement&page=1&pageSize=500
        GET https://api.example/inventory/v2/tenant/1234/receipts?purchaseOrderIds=7%2C8&active=Any&page=1&pageSize=500&sort=%2BId
        GET https://api.example/crm/v2/tenant/1234/locations?page=1&pageSize=1
        ");
    }

    #[test]
    fn documents_are_asked_for_by_their_own_dates() {
        let dated = Call::List {
            list: List::PurchaseOrders,
            of: october(),
            page: 1,
        };
        insta::assert_snapshot!(shown(&dated), @"GET https://api.example/inventory/v2/tenant/1234/purchase-orders?dateOnOrAfter=2026-10-01T00%3A00%3A00.000Z&dateBefore=2026-11-01T00%3A00%3A00.000Z&page=1&pageSize=500&sort=%2BId");
    }

    #[test]
    fn a_call_uses_only_parameters_of_its_endpoint() {
        let token = Continuation::from_saved("t".to_owned()).unwrap();
        let ids = [CustomerId(7)];
        let feeds = Feed::ALL.map(|feed| Call::Export {
            feed,
            from: Some(&token),
            recent: true,
        });
        let probes = List::ALL.map(|list| Call::Probe(list.endpoint()));
        let epoch = jiff::Timestamp::UNIX_EPOCH;
        let selected = |of| List::ALL.map(|list| Call::List { list, of, page: 1 });
        let polls = selected(Selection::ChangedSince(epoch));
        let dated = selected(october());
        // Categories cannot be asked for by their ids, and are not: the whole tree comes.
        let mut by_id = List::ALL.to_vec();
        by_id.retain(|list| *list != List::Categories);
        let listed = by_id.into_iter().map(|list| Call::Listed {
            list,
            ids: &[7],
            page: 1,
        });
        let lists = [
            Call::Customers { ids: &ids, page: 1 },
            Call::CustomerContacts {
                customers: &ids,
                page: 1,
            },
            Call::LocationsOf {
                customer: CustomerId(7),
                page: 1,
            },
            Call::ReceiptsOf {
                orders: &[PurchaseOrderId(7)],
                page: 1,
            },
            Call::CustomFieldTypes {
                of: CustomFieldKind::ApBill,
                page: 1,
            },
        ];
        let calls = feeds
            .into_iter()
            .chain(probes)
            .chain(polls)
            .chain(dated)
            .chain(listed);
        for call in calls.chain(lists) {
            let endpoint = call.endpoint();
            assert!(endpoint::ENDPOINTS.contains(&endpoint), "{call:?}");
            for (param, _) in call.query() {
                assert!(endpoint.params.contains(&param), "{call:?} {param}");
            }
        }
    }

    #[test]
    fn a_base_address_may_have_a_path() {
        for base in ["http://localhost:1/st", "http://localhost:1/st/"] {
            let url = below(&Url::parse(base).unwrap(), "connect/token");
            assert_eq!(url.as_str(), "http://localhost:1/st/connect/token");
        }
    }
}
