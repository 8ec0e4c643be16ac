//! What a line of a receipt, a bill or a return is about: how many of which item, at what cost,
//! booked where. It is written down once, when the line is made; the item may change after.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::Purchasing;
use super::item::{Item, ItemKind};
use super::money::to_cents;
use super::order::OrderLine;
use crate::servicetitan::books::Books;
use crate::servicetitan::record::{GlAccountId, SkuId};

/// Goods on a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goods {
    /// What it is.
    pub sku: SkuId,
    /// Material or equipment.
    pub kind: ItemKind,
    /// The item's code.
    pub code: String,
    /// The item's name.
    pub name: String,
    /// HTML.
    pub description: String,
    /// How many.
    pub quantity: Decimal,
    /// What one costs; up to four decimals, negative for a discount.
    pub cost: Decimal,
    /// Where it is booked.
    pub accounts: Accounts,
}

impl Goods {
    /// Quantity times cost, to the cent.
    #[must_use]
    pub fn total(&self) -> Decimal {
        to_cents(self.quantity * self.cost)
    }

    /// Some of an item, at its cost.
    pub(super) fn of(item: &Item, quantity: Decimal, tables: &Purchasing) -> Self {
        Self {
            sku: item.id,
            kind: item.kind,
            code: item.code.clone(),
            name: item.display_name.clone().unwrap_or_default(),
            description: item.description.clone(),
            quantity,
            cost: item.cost,
            accounts: Accounts::of(item, tables),
        }
    }

    /// Some of what was ordered, as it was ordered; booked as its item is now.
    pub(super) fn ordered(line: &OrderLine, quantity: Decimal, tables: &Purchasing) -> Self {
        let accounts = tables.item(line.sku).map(|item| Accounts::of(item, tables));
        Self {
            sku: line.sku,
            kind: line.kind,
            code: line.code.clone(),
            name: line.name.clone(),
            description: line.description.clone(),
            quantity,
            cost: line.cost,
            accounts: accounts.unwrap_or_default(),
        }
    }
}

/// Where a line is booked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accounts {
    /// The income account.
    pub general: Option<GlAccountId>,
    /// The cost account.
    pub cost_of_sale: Option<GlAccountId>,
    /// The stock account.
    pub asset: Option<GlAccountId>,
}

impl Accounts {
    /// The accounts that an item names; a name that no account has stays without.
    pub(in crate::servicetitan) fn of(item: &Item, tables: &Purchasing) -> Self {
        let named = |name: &Option<String>| {
            let name = name.as_ref()?;
            let mut accounts = tables.gl_accounts.iter();
            accounts
                .find(|account| &account.name == name)
                .map(|account| account.id)
        };
        Self {
            general: named(&item.account),
            cost_of_sale: named(&item.cost_of_sale_account),
            asset: named(&item.asset_account),
        }
    }

    /// General, cost of sale and asset account; inventory shows them without their ids.
    pub(super) fn wire(&self, books: &Books, with_id: bool) -> [Value; 3] {
        [self.general, self.cost_of_sale, self.asset].map(|id| account(books, id, with_id))
    }
}

/// An account as a line shows it.
pub(crate) fn account(books: &Books, id: Option<GlAccountId>, with_id: bool) -> Value {
    let found = id.and_then(|id| books.purchasing.gl_accounts.get(id.0));
    let Some(account) = found else {
        return Value::Null;
    };
    let mut wire = json!({
        "name": account.name, "number": account.number, "type": account.kind,
        "detailType": account.subtype,
    });
    if with_id {
        wire["id"] = json!(account.id);
    }
    wire
}
