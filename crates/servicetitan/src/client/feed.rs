//! Export feeds: every change of a kind of record, in order, resumable from a saved place.

use std::collections::HashSet;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::endpoint::{self, Endpoint};
use super::page::{self, NotAPage};
use super::{Client, Row};
use crate::error::{Error, ErrorKind};

/// The feeds that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feed {
    /// Customers; deactivated and merged ones as `active: false`.
    Customers,
    /// Contacts of customers; removed ones as `active: false`. Their changes do not show in
    /// [`Self::Customers`].
    CustomerContacts,
    /// Locations. Their changes do not show in [`Self::Customers`].
    Locations,
    /// Business units.
    BusinessUnits,
    /// Materials of the pricebook.
    Materials,
    /// Equipment of the pricebook.
    Equipment,
    /// Services of the pricebook.
    Services,
    /// Purchase orders. Nothing is deleted here: what is withdrawn is `Canceled`.
    PurchaseOrders,
    /// Returns to vendors.
    Returns,
    /// Inventory bills; deleted ones as `active: false`, which only this feed tells.
    InventoryBills,
    /// Invoices, with their lines; those that count no more as `active: false`.
    Invoices,
    /// Payments of customers; voided ones as `active: false`.
    Payments,
    /// Jobs; deleted ones as `active: false`, which only this feed tells.
    Jobs,
}

impl Feed {
    /// Every feed.
    pub const ALL: [Self; 13] = [
        Self::Customers,
        Self::CustomerContacts,
        Self::Locations,
        Self::BusinessUnits,
        Self::Materials,
        Self::Equipment,
        Self::Services,
        Self::PurchaseOrders,
        Self::Returns,
        Self::InventoryBills,
        Self::Invoices,
        Self::Payments,
        Self::Jobs,
    ];

    /// A stable name, fit for a key: `customers`, `customer-contacts`, `business-units`, ...
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customers => "customers",
            Self::CustomerContacts => "customer-contacts",
            Self::Locations => "locations",
            Self::BusinessUnits => "business-units",
            Self::Materials => "materials",
            Self::Equipment => "equipment",
            Self::Services => "services",
            Self::PurchaseOrders => "purchase-orders",
            Self::Returns => "returns",
            Self::InventoryBills => "inventory-bills",
            Self::Invoices => "invoices",
            Self::Payments => "payments",
            Self::Jobs => "jobs",
        }
    }

    pub(super) fn endpoint(self) -> Endpoint {
        match self {
            Self::Customers => endpoint::EXPORT_CUSTOMERS,
            Self::CustomerContacts => endpoint::EXPORT_CUSTOMER_CONTACTS,
            Self::Locations => endpoint::EXPORT_LOCATIONS,
            Self::BusinessUnits => endpoint::EXPORT_BUSINESS_UNITS,
            Self::Materials => endpoint::EXPORT_MATERIALS,
            Self::Equipment => endpoint::EXPORT_EQUIPMENT,
            Self::Services => endpoint::EXPORT_SERVICES,
            Self::PurchaseOrders => endpoint::EXPORT_PURCHASE_ORDERS,
            Self::Returns => endpoint::EXPORT_RETURNS,
            Self::InventoryBills => endpoint::EXPORT_INVENTORY_BILLS,
            Self::Invoices => endpoint::EXPORT_INVOICES,
            Self::Payments => endpoint::EXPORT_PAYMENTS,
            Self::Jobs => endpoint::EXPORT_JOBS,
        }
    }
}

impl fmt::Display for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A place in a feed: ServiceTitan's opaque token, or a moment. Save it after the rows before it
/// are safe, and resume from it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Continuation(String);

impl Continuation {
    /// The longest that is accepted, in bytes: it has to fit into an address.
    pub const BYTES_MAX: usize = 4_096;

    /// The place before everything modified at `moment` or later.
    #[must_use]
    pub fn since(moment: Timestamp) -> Self {
        Self(moment.to_string())
    }

    /// What [`Self::as_str`] gave once.
    ///
    /// # Errors
    /// [`InvalidContinuation`] if it is empty or too long.
    pub fn from_saved(saved: String) -> Result<Self, InvalidContinuation> {
        if saved.is_empty() || saved.len() > Self::BYTES_MAX {
            return Err(InvalidContinuation);
        }
        Ok(Self(saved))
    }

    /// To be saved.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Continuation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Continuation {
    type Error = InvalidContinuation;

    fn try_from(saved: String) -> Result<Self, InvalidContinuation> {
        Self::from_saved(saved)
    }
}

impl From<Continuation> for String {
    fn from(continuation: Continuation) -> Self {
        continuation.0
    }
}

/// The text is no place in a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a place in a feed is a text of 1 to 4096 bytes")]
pub struct InvalidContinuation;

/// One page of a feed.
#[derive(Debug, Clone)]
pub struct FeedPage {
    /// The rows, as they came. Repeats are normal.
    pub rows: Vec<Row>,
    /// Where to go on, now or at the next visit. `None` only for a feed that was read from the
    /// beginning and has nothing to tell.
    pub next: Option<Continuation>,
    /// Whether there is more right now.
    pub has_more: bool,
}

pub(super) fn page_of(body: &str, from: Option<&Continuation>) -> Result<FeedPage, NotAPage> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Wire {
        has_more: bool,
        continue_from: Option<String>,
        #[serde(deserialize_with = "page::rows")]
        data: Vec<Row>,
    }
    let Wire {
        has_more,
        continue_from,
        data,
    } = page::json(body)?;
    let next = match continue_from.filter(|token| !token.is_empty()) {
        None if has_more => return Err(NotAPage::new("there is more, but not where")),
        None => from.cloned(),
        Some(token) => Some(Continuation::from_saved(token).map_err(|error| {
            NotAPage::new("the continuation cannot be used").with_source(error)
        })?),
    };
    if has_more && next.as_ref() == from {
        return Err(NotAPage::new(
            "the feed does not advance: it continues where it was",
        ));
    }
    Ok(FeedPage {
        rows: data,
        next,
        has_more,
    })
}

/// Reads a feed to its present end. Each page is the caller's before the next one is asked for,
/// so its place can be saved with its rows.
#[derive(Debug)]
pub struct FeedReader {
    client: Client,
    feed: Feed,
    recent: bool,
    place: Option<Continuation>,
    visited: HashSet<Continuation>,
    done: bool,
}

impl FeedReader {
    pub(super) fn new(
        client: Client,
        feed: Feed,
        from: Option<Continuation>,
        recent: bool,
    ) -> Self {
        Self {
            client,
            feed,
            recent,
            visited: from.iter().cloned().collect(),
            place: from,
            done: false,
        }
    }

    /// The next page; `None` after the one without more. After an error the same page is asked
    /// for again.
    pub async fn next_page(&mut self) -> Result<Option<FeedPage>, Error> {
        if self.done {
            return Ok(None);
        }
        let page = self
            .client
            .export(self.feed, self.place.as_ref(), self.recent)
            .await?;
        if let Some(next) = page.next.as_ref().filter(|_| page.has_more)
            && !self.visited.insert(next.clone())
        {
            return Err(Error::new(
                self.feed.endpoint().operation,
                ErrorKind::Unreadable,
                "the feed does not advance: it continues where it was before",
            ));
        }
        self.place.clone_from(&page.next);
        self.done = !page.has_more;
        Ok(Some(page))
    }
}
