//! What Odoo has that something of ServiceTitan's can be mapped to: accounts, analytic accounts, terms, operation types,
//! taxes, categories of products.

use odoo::domain::Operator;
use odoo::{Domain, Fields, Model};
use rust_decimal::Decimal;
use serde_json::json;
use sync::directory::Account;
use sync::mapping::MappingKind;

use super::{id, if_there, reference, text};
use crate::engine::Halt;
use crate::engine::vendors::Vendors;

/// A record of Odoo's that can be mapped to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Odoo's id.
    pub id: i64,
    /// Its code; empty where it has none.
    pub code: String,
    /// Its name; of an operation type with its warehouse: `My Company: Receipts`.
    pub name: String,
    /// What people may call it besides: the name of an operation type's warehouse, of a category without those above it.
    pub other_name: Option<String>,
    /// Of a tax: its percentage, if it is one.
    pub rate: Option<Decimal>,
}

impl Vendors {
    /// What can be mapped to; `None` where this Odoo has nothing of the kind, or the user may not read it.
    pub async fn targets(&self, kind: MappingKind) -> Result<Option<Vec<Target>>, Halt> {
        // Odoo's own rules leave out what belongs to other companies.
        let rows = match kind {
            MappingKind::GlAccount => {
                let accounts = self.accounts().await?;
                let target = |account: Account| Target {
                    id: account.id,
                    code: account.code,
                    name: account.name,
                    other_name: None,
                    rate: None,
                };
                return Ok(accounts.map(|accounts| accounts.into_iter().map(target).collect()));
            }
            MappingKind::BusinessUnit => {
                let fields = ["name", "code"];
                self.all(kind.model(), Domain::all(), &fields).await
            }
            MappingKind::ItemCategory => {
                let fields = ["name", "complete_name"];
                self.all(kind.model(), Domain::all(), &fields).await
            }
            // What a zone charges is charged to customers.
            MappingKind::TaxZone => {
                let of_sales = Domain::equal("type_tax_use", "sale");
                let fields = ["name", "amount", "amount_type"];
                self.all(kind.model(), of_sales, &fields).await
            }
            MappingKind::PaymentType => {
                let kinds = json!(["bank", "cash", "credit"]);
                let of_money = Domain::field("type", Operator::In, kinds);
                self.all(kind.model(), of_money, &["name", "code"]).await
            }
            MappingKind::PaymentTerm => self.all(kind.model(), Domain::all(), &["name"]).await,
            MappingKind::Warehouse => {
                let receipts = Domain::equal("code", "incoming");
                let fields = ["name", "warehouse_id"];
                self.all(kind.model(), receipts, &fields).await
            }
        };
        let target = match kind {
            MappingKind::Warehouse => operation_type,
            MappingKind::ItemCategory => category,
            MappingKind::TaxZone => tax,
            _ => named,
        };
        let rows = if_there(rows)?;
        Ok(rows.map(|rows| rows.iter().filter_map(target).collect()))
    }

    /// Odoo's chart of accounts in the connector's company, without archived ones and those of what is owed; `None` where the user may not read it.
    pub async fn accounts(&self) -> Result<Option<Vec<Account>>, Halt> {
        let model = MappingKind::GlAccount.model();
        let chart = Model::named(model);
        let asked = ["deprecated", "account_type"];
        let fields = self.odoo.fields_get(&chart, &asked, &["type"]);
        let Some(fields) = if_there(fields.await)? else {
            return Ok(None);
        };
        // Before 19 an account was deprecated, not archived.
        let domain = if fields.contains_key("deprecated") {
            Domain::equal("deprecated", false)
        } else {
            Domain::all()
        };
        // Odoo keeps what is owed there itself: a line on one of them would count as owed, too.
        let domain = if fields.contains_key("account_type") {
            let owed = json!(["asset_receivable", "liability_payable"]);
            domain.and(Domain::field("account_type", Operator::NotIn, owed))
        } else {
            domain
        };
        let rows = if_there(self.all(model, domain, &["code", "name"]).await)?;
        let account = |row: &Fields| {
            Some(Account {
                id: id(row)?,
                code: text(row, "code").unwrap_or_default(),
                name: text(row, "name")?,
            })
        };
        Ok(rows.map(|rows| rows.iter().filter_map(account).collect()))
    }
}

fn named(row: &Fields) -> Option<Target> {
    Some(Target {
        id: id(row)?,
        code: text(row, "code").unwrap_or_default(),
        name: text(row, "name")?,
        other_name: None,
        rate: None,
    })
}

/// A category is shown with those above it, and called by its own name.
fn category(row: &Fields) -> Option<Target> {
    let one = named(row)?;
    Some(Target {
        name: text(row, "complete_name").unwrap_or_else(|| one.name.clone()),
        other_name: Some(one.name),
        ..one
    })
}

fn tax(row: &Fields) -> Option<Target> {
    let is_percentage = text(row, "amount_type").as_deref() == Some("percent");
    let amount = row.get("amount").and_then(odoo::decimal::read);
    Some(Target {
        rate: amount.filter(|_| is_percentage),
        ..named(row)?
    })
}

/// Every warehouse has its "Receipts": only together with the warehouse's name does it mean one of them.
fn operation_type(row: &Fields) -> Option<Target> {
    let name = text(row, "name")?;
    let warehouse = reference(row, "warehouse_id")
        .and_then(|_| Some(row.get("warehouse_id")?.get(1)?.as_str()?.to_owned()));
    Some(Target {
        id: id(row)?,
        code: String::new(),
        name: match &warehouse {
            Some(warehouse) => format!("{warehouse}: {name}"),
            None => name,
        },
        other_name: warehouse,
        rate: None,
    })
}
