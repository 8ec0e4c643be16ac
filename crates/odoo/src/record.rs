//! How things in Odoo are named: [`Model`], [`RecordId`], [`ExternalId`].
//!
//! Guarantees: an [`ExternalId`] that exists is one that `load` accepts and that Odoo will file under
//! exactly this module and name. Refuses: names without a module (Odoo would put them under
//! `__import__`), and names with white space (Odoo's database refuses them).

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A record's id in Odoo's database (`res.partner` 13).
///
/// It says nothing of the model; wrap it where several kinds of record meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecordId(pub i64);

impl RecordId {
    /// The bare number.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<RecordId> for serde_json::Value {
    fn from(id: RecordId) -> Self {
        Self::from(id.0)
    }
}

/// The technical name of an Odoo model, such as `res.partner`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Model(Cow<'static, str>);

impl Model {
    /// Customers, vendors, contacts, delivery addresses.
    pub const PARTNER: Model = Model::named("res.partner");
    /// People who log in.
    pub const USER: Model = Model::named("res.users");
    /// Companies of the database.
    pub const COMPANY: Model = Model::named("res.company");
    /// Things that are bought and sold, one per variant.
    pub const PRODUCT: Model = Model::named("product.product");
    /// What a product's variants have in common; each product has one.
    pub const PRODUCT_TEMPLATE: Model = Model::named("product.template");
    /// Analytic accounts are filed under plans.
    pub const ANALYTIC_PLAN: Model = Model::named("account.analytic.plan");
    /// What costs are collected on: a business unit, a job.
    pub const ANALYTIC_ACCOUNT: Model = Model::named("account.analytic.account");
    /// Purchase orders.
    pub const PURCHASE_ORDER: Model = Model::named("purchase.order");
    /// Their lines.
    pub const PURCHASE_ORDER_LINE: Model = Model::named("purchase.order.line");
    /// Journal entries: bills, credit notes, invoices.
    pub const MOVE: Model = Model::named("account.move");
    /// Their lines.
    pub const MOVE_LINE: Model = Model::named("account.move.line");
    /// Payments, of customers and to vendors.
    pub const PAYMENT: Model = Model::named("account.payment");
    /// By what means a journal takes or gives money.
    pub const PAYMENT_METHOD_LINE: Model = Model::named("account.payment.method.line");
    /// How much of one journal item settles another.
    pub const RECONCILIATION: Model = Model::named("account.partial.reconcile");
    /// Sale orders.
    pub const SALE_ORDER: Model = Model::named("sale.order");
    /// Their lines.
    pub const SALE_ORDER_LINE: Model = Model::named("sale.order.line");
    /// Projects.
    pub const PROJECT: Model = Model::named("project.project");
    /// Their tasks.
    pub const TASK: Model = Model::named("project.task");
    /// The stages that tasks go through.
    pub const TASK_STAGE: Model = Model::named("project.task.type");
    /// Tags of partners.
    pub const PARTNER_TAG: Model = Model::named("res.partner.category");
    /// What lines of a partner or product bear by themselves.
    pub const DISTRIBUTION_MODEL: Model = Model::named("account.analytic.distribution.model");
    /// Accounts of the ledger.
    pub const ACCOUNT: Model = Model::named("account.account");
    /// Journals: sales, purchases, banks.
    pub const JOURNAL: Model = Model::named("account.journal");
    /// Taxes.
    pub const TAX: Model = Model::named("account.tax");
    /// Transfers of goods: receipts among them.
    pub const PICKING: Model = Model::named("stock.picking");
    /// Their lines.
    pub const STOCK_MOVE: Model = Model::named("stock.move");

    /// A model whose name is written in the source.
    #[must_use]
    pub const fn named(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// A model whose name is known at run time only.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self(Cow::Owned(name.into()))
    }

    /// The technical name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A name for a record that a program outside Odoo chose: `module.name`.
///
/// `load` creates the record of a new name and updates the record of a known one, in one transaction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ExternalId {
    module: String,
    name: String,
}

/// The most bytes that `module.name` may have.
pub const EXTERNAL_ID_BYTES_MAX: usize = 255;

impl ExternalId {
    /// Joins a module and a name.
    ///
    /// The module must not be that of an addon that could ever be installed: Odoo deletes such records
    /// when the addon is upgraded. A leading underscore (`__acme__`) makes that impossible.
    pub fn new(
        module: impl Into<String>,
        name: impl Into<String>,
    ) -> Result<Self, ExternalIdError> {
        let (module, name) = (module.into(), name.into());
        if module.is_empty() || name.is_empty() {
            return Err(ExternalIdError::Empty);
        }
        if module.contains('.') {
            return Err(ExternalIdError::DotInModule);
        }
        let unfit = |c: char| c.is_whitespace() || c.is_control();
        if module.contains(unfit) || name.contains(unfit) {
            return Err(ExternalIdError::Space);
        }
        if module.len() + 1 + name.len() > EXTERNAL_ID_BYTES_MAX {
            return Err(ExternalIdError::TooLong);
        }
        Ok(Self { module, name })
    }

    /// The part before the first dot.
    #[must_use]
    pub fn module(&self) -> &str {
        &self.module
    }

    /// The part after the first dot (it may hold further dots).
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for ExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.module, self.name)
    }
}

impl FromStr for ExternalId {
    type Err = ExternalIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (module, name) = text.split_once('.').ok_or(ExternalIdError::NoModule)?;
        Self::new(module, name)
    }
}

impl TryFrom<String> for ExternalId {
    type Error = ExternalIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ExternalId> for String {
    fn from(id: ExternalId) -> Self {
        id.to_string()
    }
}

/// Why a text is not an external id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExternalIdError {
    /// No dot: Odoo would file the record under `__import__`.
    #[error("an external id needs a module and a dot before the name")]
    NoModule,
    /// The module or the name is empty.
    #[error("an external id needs both a module and a name")]
    Empty,
    /// A dot in the module: Odoo would split the id elsewhere.
    #[error("the module of an external id holds no dot")]
    DotInModule,
    /// White space or a control character: Odoo's database refuses it.
    #[error("an external id holds neither white space nor control characters")]
    Space,
    /// More than [`EXTERNAL_ID_BYTES_MAX`] bytes.
    #[error("an external id has at most {EXTERNAL_ID_BYTES_MAX} bytes")]
    TooLong,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_dots_but_a_module_may_not() {
        let id: ExternalId = "__acme__.a.b/c:d-1".parse().unwrap();
        assert_eq!((id.module(), id.name()), ("__acme__", "a.b/c:d-1"));
        assert_eq!(id.to_string(), "__acme__.a.b/c:d-1");
        assert_eq!(
            ExternalId::new("a.b", "c"),
            Err(ExternalIdError::DotInModule)
        );
    }

    #[test]
    fn what_odoo_would_refuse_or_file_elsewhere_is_refused_here() {
        for (text, reason) in [
            ("customer_1", ExternalIdError::NoModule),
            (".customer_1", ExternalIdError::Empty),
            ("acme.", ExternalIdError::Empty),
            ("acme.customer 1", ExternalIdError::Space),
            ("acme.customer\n1", ExternalIdError::Space),
            ("ac me.customer_1", ExternalIdError::Space),
        ] {
            assert_eq!(text.parse::<ExternalId>(), Err(reason), "{text:?}");
        }
        let long = format!("acme.{}", "x".repeat(251));
        assert_eq!(long.parse::<ExternalId>(), Err(ExternalIdError::TooLong));
        assert!(long[..255].parse::<ExternalId>().is_ok());
    }

    #[test]
    fn serde_speaks_the_dotted_form() {
        let id: ExternalId = serde_json::from_str("\"acme.x\"").unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"acme.x\"");
        assert!(serde_json::from_str::<ExternalId>("\"x\"").is_err());
        assert_eq!(serde_json::to_string(&RecordId(7)).unwrap(), "7");
    }
}
