//! Files one row of a feed under the customer that it belongs to, even when the row cannot be fully read.

use sha2::{Digest, Sha256};

use servicetitan::record::Identity;

use crate::record::SourceId;
use crate::sighting::{PartKey, Sighting};

/// The kinds of part that a customer is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// The customer's own row.
    Customer,
    /// One contact method.
    Contact,
    /// One location.
    Location,
}

impl PartKind {
    /// The kind that a key names; `None` for rows that could not be filed properly.
    #[must_use]
    pub fn of(key: &PartKey) -> Option<Self> {
        match key.kind() {
            "customer" => Some(Self::Customer),
            "contact" => Some(Self::Contact),
            "location" => Some(Self::Location),
            _ => None,
        }
    }

    pub(super) fn customer(id: i64) -> PartKey {
        PartKey(format!("customer/{id}"))
    }

    /// Contact ids are only unique within their customer.
    pub(super) fn contact(customer: i64, id: i64) -> PartKey {
        PartKey(format!("contact/{customer}/{id}"))
    }

    /// A location can move to another customer, so its key does not name one.
    pub(super) fn location(id: i64) -> PartKey {
        PartKey(format!("location/{id}"))
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Contact => "contact",
            Self::Location => "location",
        }
    }
}

/// Files a row. A row without readable ids becomes a record of its own, so that it is shown and never lost.
#[must_use]
pub fn file(kind: PartKind, row: &str) -> Sighting {
    let filed =
        Identity::of(row).and_then(
            |identity| match (kind, identity.customer_id.map(|id| id.0)) {
                (PartKind::Customer, _) => Some((PartKind::customer(identity.id), identity.id)),
                (PartKind::Contact, Some(customer)) => {
                    Some((PartKind::contact(customer, identity.id), customer))
                }
                (PartKind::Location, Some(customer)) => {
                    Some((PartKind::location(identity.id), customer))
                }
                (PartKind::Contact | PartKind::Location, None) => None,
            },
        );
    let (part, owner) = if let Some((part, owner)) = filed {
        (part, SourceId::from(owner))
    } else {
        let digest = Sha256::digest(row.as_bytes());
        let name = format!(
            "{}-{:02x}{:02x}{:02x}{:02x}",
            kind.as_str(),
            digest[0],
            digest[1],
            digest[2],
            digest[3]
        );
        (
            PartKey(format!("unreadable/{name}")),
            SourceId(format!("unreadable-{name}")),
        )
    };
    Sighting {
        part,
        owner,
        payload: row.to_owned(),
    }
}
