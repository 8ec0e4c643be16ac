//! Files one row of a feed or list under the record that it belongs to, even when the row cannot be fully read.

use sha2::{Digest, Sha256};

use servicetitan::record::Identity;

use crate::link::Name;
use crate::record::SourceId;
use crate::sighting::{Part, PartKey, Sighting};
use crate::{bills, payments};

/// What a row is: the kind of part that it becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKind {
    /// A customer's own row.
    Customer,
    /// One contact method of a customer.
    Contact,
    /// One location of a customer.
    Location,
    /// A business unit.
    BusinessUnit,
    /// A job.
    Job,
    /// A vendor.
    Vendor,
    /// A material of the pricebook.
    Material,
    /// A piece of equipment of the pricebook.
    Equipment,
    /// A service of the pricebook.
    Service,
    /// A purchase order with its lines.
    PurchaseOrder,
    /// A receipt, which belongs to its purchase order.
    Receipt,
    /// An inventory bill with its lines.
    InventoryBill,
    /// An AP bill with its lines.
    ApBill,
    /// A return with its lines.
    InventoryReturn,
    /// An AP credit, which has no lines.
    ApCredit,
    /// A customer's invoice with its lines.
    Invoice,
    /// A customer's payment.
    Payment,
}

impl RowKind {
    /// Every kind.
    pub const ALL: [Self; 17] = [
        Self::Customer,
        Self::Contact,
        Self::Location,
        Self::BusinessUnit,
        Self::Job,
        Self::Vendor,
        Self::Material,
        Self::Equipment,
        Self::Service,
        Self::PurchaseOrder,
        Self::Receipt,
        Self::InventoryBill,
        Self::ApBill,
        Self::InventoryReturn,
        Self::ApCredit,
        Self::Invoice,
        Self::Payment,
    ];

    /// The kind that a key names; `None` for rows that could not be filed properly.
    #[must_use]
    pub fn of(key: &PartKey) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == key.kind())
    }

    /// The word that its keys begin with, and what people call it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Contact => "contact",
            Self::Location => "location",
            Self::BusinessUnit => "business-unit",
            Self::Job => "job",
            Self::Vendor => "vendor",
            Self::Material => "material",
            Self::Equipment => "equipment",
            Self::Service => "service",
            Self::PurchaseOrder => "purchase-order",
            Self::Receipt => "receipt",
            Self::InventoryBill => "inventory-bill",
            Self::ApBill => "ap-bill",
            Self::InventoryReturn => "return",
            Self::ApCredit => "ap-credit",
            Self::Invoice => "invoice",
            Self::Payment => "payment",
        }
    }

    /// The key of a row whose id is unique among its kind. A location can move to another customer, so its key does not
    /// name one.
    #[must_use]
    pub fn key(self, id: i64) -> PartKey {
        PartKey(format!("{}/{id}", self.as_str()))
    }

    /// The key of a contact method: ids are only unique within their customer.
    #[must_use]
    pub fn contact_key(customer: i64, id: i64) -> PartKey {
        PartKey(format!("{}/{customer}/{id}", Self::Contact.as_str()))
    }

    /// The key of such a row, and the id of the record that it belongs to.
    fn place(self, identity: &Identity) -> Option<(PartKey, i64)> {
        let customer = identity.customer_id.map(|id| id.0);
        match self {
            Self::Contact => {
                let customer = customer?;
                Some((Self::contact_key(customer, identity.id), customer))
            }
            Self::Location => Some((self.key(identity.id), customer?)),
            Self::Receipt => Some((self.key(identity.id), identity.purchase_order_id?.0)),
            Self::Customer
            | Self::BusinessUnit
            | Self::Job
            | Self::Vendor
            | Self::Material
            | Self::Equipment
            | Self::Service
            | Self::PurchaseOrder
            | Self::InventoryBill
            | Self::ApBill
            | Self::InventoryReturn
            | Self::ApCredit
            | Self::Invoice
            | Self::Payment => Some((self.key(identity.id), identity.id)),
        }
    }
}

/// What a row's record has in common with others.
fn shared_by(kind: RowKind, part: &Part) -> Vec<Name> {
    let mut names = bills::shared_by(kind, part);
    names.extend(payments::shared_by(kind, part));
    names
}

/// Files a row. A row without readable ids becomes a record of its own, so that it is shown and never lost.
#[must_use]
pub fn file(kind: RowKind, row: &str) -> Sighting {
    let placed = Identity::of(row).and_then(|identity| kind.place(&identity));
    let (part, owner) = if let Some((part, owner)) = placed {
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
    let part = Part {
        key: part,
        payload: row.to_owned(),
    };
    Sighting {
        shares: shared_by(kind, &part),
        part: part.key,
        owner,
        payload: part.payload,
    }
}
