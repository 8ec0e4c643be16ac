//! A small Odoo 19: JSON-2 over HTTP, in memory, true to the traps of the real server.
//!
//! **What it is.** The models that customers and purchases touch (partners, products, orders, receipts, bills, and what
//! they refer to: analytic accounts, taxes, accounts, journals, units, external ids, ...) behind `POST /json/2/{model}/{method}`. One call is one transaction: it reads a
//! state that no other call can change under it, and either all of it is committed or nothing. Two calls that overlap
//! and touch the same record or the same external id end as in PostgreSQL's REPEATABLE READ: the first to finish wins,
//! the other is told "could not serialize access".
//!
//! **What it guarantees.** The same answers as a real Odoo 19.0 to the calls that the contract tests of the `odoo`
//! crate make (those tests run against both). Nothing depends on the wall clock: time is [`Options::clock`].
//!
//! **What it refuses.** It is no Odoo: a method or a model that is not simulated is answered like one that does not
//! exist (404), so that a test cannot pass by calling something that does nothing.

mod access;
mod analytic;
mod balance;
mod bill;
mod bill_line;
mod books;
mod call;
mod cell;
mod computed;
mod condition;
mod constraint;
mod control;
mod convert;
mod database;
mod derived;
mod domain;
mod fields;
mod geography;
mod given;
mod grid;
mod hand;
mod html;
mod http;
mod lines;
mod load;
mod look;
mod matching;
mod merge;
mod method;
mod model;
mod order;
mod order_line;
mod partner;
mod payment;
mod period;
mod posting;
mod product;
mod project;
mod read;
mod receipt;
mod reconcile;
mod refusal;
mod sale;
mod sandbox;
mod schema;
mod search;
mod seed;
mod stock;
mod tax;
mod tree;
mod value;
mod write;

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Clock;

pub use books::{Bill, BillLine, Order, OrderLine, Payment, Receipt, ReceiptLine};
pub use hand::Act;
pub use look::{Called, Calls, ExternalId, Partner};
pub use sandbox::Sandbox;

/// The database id of a record (of any model), as Odoo gives it out.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Id(pub i64);

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What the user behind [`Sandbox::api_key`] may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rights {
    /// An internal user without "Contact Creation": may read partners, not create, write or delete them.
    Reader,
    /// The limited user that a careful company would make: partners, invoices and purchases, analytic plans and
    /// accounts; no products, no settings.
    #[default]
    PartnerManager,
    /// The same with "Product Creation".
    ProductManager,
    /// The administrator.
    Admin,
}

/// A group of the user's form that can be taken from the limited user, or given to it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// "Contact: Creation".
    ContactCreation,
    /// "Products: Create".
    ProductCreation,
    /// "Purchase: User".
    Purchase,
    /// "Inventory: User".
    Inventory,
    /// "Accounting: Invoicing".
    Invoicing,
    /// "Project: User": tasks. The limited user does not have it by itself.
    Project,
    /// "Project: Administrator": projects too. The limited user does not have it by itself.
    ProjectManager,
    /// "Sales: User: Own Documents Only". The limited user does not have it by itself.
    Sales,
}

impl Group {
    /// Those that the limited user is in, unless they are taken.
    pub const ALL: [Self; 5] = [
        Self::ContactCreation,
        Self::ProductCreation,
        Self::Purchase,
        Self::Inventory,
        Self::Invoicing,
    ];
    /// Those that it is in only when they are given.
    pub const FURTHER: [Self; 3] = [Self::Project, Self::ProjectManager, Self::Sales];

    /// Its external id.
    #[must_use]
    pub const fn external_id(self) -> &'static str {
        match self {
            Self::ContactCreation => "base.group_partner_manager",
            Self::ProductCreation => "product.group_product_manager",
            Self::Purchase => "purchase.group_purchase_user",
            Self::Inventory => "stock.group_stock_user",
            Self::Invoicing => "account.group_account_invoice",
            Self::Project => "project.group_project_user",
            Self::ProjectManager => "project.group_project_manager",
            Self::Sales => "sales_team.group_sale_salesman",
        }
    }
}

/// How a [`Sandbox`] is made.
#[derive(Clone)]
pub struct Options {
    /// TCP port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Name of the one database that is served.
    pub database: String,
    /// Key of the limited user (login `connector@example.com`).
    pub api_key: String,
    /// Key of the administrator (login `admin`).
    pub admin_key: String,
    /// What the limited user may do.
    pub rights: Rights,
    /// "Analytic Accounting" of the settings. Without it nobody, not even the administrator, sees analytic plans.
    pub analytic_accounting: bool,
    /// Decimals that unit prices are rounded to when they are stored. Odoo 19 keeps them as they are (`None`); older
    /// ones round to "Product Price".
    pub price_digits: Option<u32>,
    /// The accounting app of the Enterprise edition: a payment whose method has no outstanding account gets none, and so
    /// no journal entry; what is paid is `in_payment` until a bank statement confirms it (which is not simulated).
    pub accounting_app: bool,
    /// When the limited user's key ends; `None`: never. Compared with [`Options::clock`].
    pub key_expires: Option<Timestamp>,
    /// The present.
    pub clock: Clock,
    /// Time that every call takes before it commits. Calls whose times overlap can conflict.
    pub work_per_call: Duration,
    /// Time that each written row adds to a call (a real Odoo: about 4 ms to create a partner, 18 ms to update one).
    pub work_per_row: Duration,
    /// A call that would take longer dies: nothing is committed and the connection is closed without a response
    /// (`limit_time_real`). `None`: no limit.
    pub time_limit: Option<Duration>,
}

impl Options {
    /// A free port, the database `sandbox`, the keys `sandbox-odoo-key` and `sandbox-odoo-admin-key`, a user who may
    /// manage partners, and calls that take 2 ms whatever their size.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self {
            port: 0,
            database: "sandbox".to_owned(),
            api_key: "sandbox-odoo-key".to_owned(),
            admin_key: "sandbox-odoo-admin-key".to_owned(),
            rights: Rights::default(),
            analytic_accounting: true,
            price_digits: None,
            accounting_app: false,
            key_expires: None,
            clock,
            work_per_call: Duration::from_millis(2),
            work_per_row: Duration::ZERO,
            time_limit: None,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("port", &self.port)
            .field("database", &self.database)
            .field("rights", &self.rights)
            .field("work_per_call", &self.work_per_call)
            .field("work_per_row", &self.work_per_row)
            .finish_non_exhaustive()
    }
}
