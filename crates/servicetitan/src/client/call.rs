//! The calls that can be made, and the request that each of them is: pure functions.

use ::http::Method;
use url::Url;

use super::endpoint::{self, Endpoint, Param};
use super::feed::{Continuation, Feed};
use crate::id::{CustomerId, TenantId};

/// Rows per page of lists whose length is not known: below the documented 5,000, which takes the
/// server long, and above what a customer has.
const PAGE_SIZE: u32 = 1_000;

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
    PaymentTerms {
        page: u32,
    },
    /// One row of a list: does the scope let us?
    Probe(Probe),
}

/// The lists that the preflight touches, one per scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Probe {
    Customers,
    Locations,
    PaymentTerms,
}

impl Probe {
    pub(super) const ALL: [Self; 3] = [Self::Customers, Self::Locations, Self::PaymentTerms];
}

impl Call<'_> {
    pub(super) fn endpoint(&self) -> Endpoint {
        match self {
            Self::Export { feed, .. } => feed.endpoint(),
            Self::Customers { .. } | Self::Probe(Probe::Customers) => endpoint::CUSTOMERS,
            Self::CustomerContacts { .. } => endpoint::CUSTOMER_CONTACTS,
            Self::LocationsOf { .. } | Self::Probe(Probe::Locations) => endpoint::LOCATIONS,
            Self::PaymentTerms { .. } | Self::Probe(Probe::PaymentTerms) => endpoint::PAYMENT_TERMS,
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
            Self::PaymentTerms { page } => {
                query.extend(paged(page, PAGE_SIZE));
                query.push(by_id());
            }
            Self::Probe(_) => query.extend(paged(&1, 1)),
        }
        query
    }

    pub(super) fn request(&self, tenant: TenantId) -> Request {
        Request {
            tenant,
            endpoint: self.endpoint(),
            query: self.query(),
        }
    }
}

fn commas(ids: &[CustomerId]) -> String {
    let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    ids.join(",")
}

/// A call as it will be sent, before the secrets are added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    tenant: TenantId,
    endpoint: Endpoint,
    query: Vec<(Param, String)>,
}

impl Request {
    /// How errors and logs call it.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.endpoint.operation
    }

    /// The method: this client only reads.
    #[must_use]
    pub fn method(&self) -> Method {
        Method::GET
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

    #[test]
    fn requests_are_what_the_documents_describe() {
        let token = Continuation::from_saved("a+b/c=&d e".to_owned()).unwrap();
        let since = Continuation::since("2026-01-02T03:04:05Z".parse().unwrap());
        let ids = [CustomerId(7), CustomerId(8)];
        let export = |feed, from, recent| Call::Export { feed, from, recent };
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
            Call::PaymentTerms { page: 1 },
            Call::Probe(Probe::Locations),
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
        GET https://api.example/crm/v2/tenant/1234/locations?page=1&pageSize=1
        ");
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
        let probes = Probe::ALL.map(Call::Probe);
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
            Call::PaymentTerms { page: 1 },
        ];
        for call in feeds.into_iter().chain(probes).chain(lists) {
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
