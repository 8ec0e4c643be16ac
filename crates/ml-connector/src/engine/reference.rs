//! Reference data: what the two systems of a connection offer to refer to, read for planning, which stays pure.

mod keys;
mod receivables;
mod targets;

pub use keys::MappingKey;
pub use targets::Target;

use std::collections::{BTreeMap, BTreeSet};

use odoo::document::TECHNICAL_PRICE;
use odoo::load::Rows;
use odoo::preflight::{LockDates, TaxRounding};
use odoo::{Context, Domain, ExternalId, Fields, Found, Model, RecordId, Search};
use sync::directory::{
    AnalyticPlan, Billing, Charge, CostField, Country, Dimension, Directory, OrderLines, OrderNote,
    Purchasing, Subdivision,
};
use sync::failure::{Vendor, of_odoo, of_servicetitan};
use sync::flow::Flow;

use super::Halt;
use super::vendors::Vendors;

/// The fields of `res.partner` that planning asks about.
const PARTNER_FIELDS: [&str; 5] = [
    "phone",
    "email",
    "mobile",
    "customer_rank",
    "property_payment_term_id",
];

/// The one of them that is of use only together with the terms themselves.
const TERM_FIELD: &str = "property_payment_term_id";

/// The words of an order, as versions call them.
const NOTES: [&str; 2] = ["note", "notes"];

/// The taxes of an order line, as versions call them.
const TAXES: [&str; 2] = ["tax_ids", "taxes_id"];

/// The unit of measure of an order line, as versions call it.
const UNITS: [&str; 2] = ["product_uom_id", "product_uom"];

const ANALYTIC_PLAN: &str = "account.analytic.plan";

/// Countries and states are a few thousand at most.
const REFERENCE_ROWS_MAX: usize = 20_000;

impl Vendors {
    /// Reads the reference data of both systems, as far as these flows ask for it.
    pub async fn directory(&self, flows: &[Flow]) -> Result<Directory, Halt> {
        let directory = self.partners().await?;
        let directory = directory.with_purchasing(self.purchasing(flows).await?);
        // Who carries payments carries invoices.
        if !flows.iter().any(|flow| flow.is_of_entries()) {
            return Ok(directory);
        }
        let locks = self.odoo.lock_dates().await;
        let locks = locks.map_err(|error| refused(&error))?.unwrap_or_default();
        let mut directory = self.with_books(directory, &locks).await?;
        if flows.contains(&Flow::Invoices) {
            directory = directory.with_receivables(self.receivables(&locks).await?);
        }
        Ok(directory)
    }

    /// Adds what bills and invoices are booked with. What the user may not read is left out, and said of each record.
    async fn with_books(&self, directory: Directory, locks: &LockDates) -> Result<Directory, Halt> {
        let model = Model::named("account.move.line");
        let fields = [
            "quantity",
            "price_unit",
            CostField::DISTRIBUTION,
            CostField::ACCOUNT_OF_BILL,
        ];
        let fields = self.odoo.fields_get(&model, &fields, &["type", "digits"]);
        let fields = if_there(fields.await)?.unwrap_or_default();
        let kept = |field: &str| fields.get(field).and_then(digits);
        let locked = locks.of_purchases(false);
        let charges: Vec<(Charge, i64)> = Charge::ALL
            .into_iter()
            .filter_map(|charge| Some((charge, directory.charge(charge).ok()?)))
            .collect();
        let billing = Billing::default()
            .with_digits(kept("quantity"), kept("price_unit"))
            .with_costs(costs(&fields, CostField::ACCOUNT_OF_BILL))
            .with_charge_accounts(self.charge_accounts(&charges).await?)
            .with_locked_until(locked.map(|(until, _)| until));
        let directory = directory.with_billing(billing);
        Ok(match self.accounts().await? {
            Some(chart) => directory.with_accounts(chart),
            None => directory,
        })
    }

    /// The expense accounts of the products of what is charged besides items: their own, else their category's, else that of
    /// the journal of purchases, as Odoo itself chooses.
    async fn charge_accounts(&self, charges: &[(Charge, i64)]) -> Result<Vec<(Charge, i64)>, Halt> {
        let ids: Vec<RecordId> = charges.iter().map(|(_, id)| RecordId(*id)).collect();
        let own = "property_account_expense_id";
        let rows = self
            .rows_of(Flow::Items.model(), &ids, &[own, "categ_id"])
            .await?;
        let category = |row: &Fields| reference(row, "categ_id").map(RecordId);
        let categories: BTreeSet<RecordId> = rows.iter().filter_map(category).collect();
        let categories: Vec<RecordId> = categories.into_iter().collect();
        let journals = Domain::equal("type", "purchase");
        let journals = self.all("account.journal", journals, &["default_account_id"]);
        let journals = if_there(journals.await)?.unwrap_or_default();
        let of_journal = journals
            .first()
            .and_then(|journal| reference(journal, "default_account_id"));
        let of_category = "property_account_expense_categ_id";
        let categories = self
            .rows_of("product.category", &categories, &[of_category])
            .await?;
        let account = |row: &Fields| {
            let of_category = || {
                let category = categories
                    .iter()
                    .find(|category| id(category) == reference(row, "categ_id"))?;
                reference(category, of_category)
            };
            reference(row, own).or_else(of_category).or(of_journal)
        };
        let of_product = |product: i64| rows.iter().find(|row| id(row) == Some(product));
        let found = charges
            .iter()
            .filter_map(|(charge, product)| Some((*charge, account(of_product(*product)?)?)));
        Ok(found.collect())
    }

    /// These fields of some records; nothing where the user may not read them.
    async fn rows_of(
        &self,
        model: &'static str,
        ids: &[RecordId],
        fields: &[&str],
    ) -> Result<Vec<Fields>, Halt> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let model = Model::named(model);
        let rows = self.odoo.read(&model, ids, fields, &Context::new()).await;
        Ok(if_there(rows)?.unwrap_or_default())
    }

    /// What products and analytic accounts refer to. What the user may not read is left out, and said of each record.
    async fn purchasing(&self, flows: &[Flow]) -> Result<Purchasing, Halt> {
        let mut purchasing = Purchasing::default();
        for dimension in Dimension::ALL {
            if flows.contains(&dimension.flow()) {
                let plan = self.analytic_plan(dimension).await?;
                purchasing = purchasing.with_analytic_plan(dimension, plan);
            }
        }
        if flows.contains(&Flow::Items) {
            let units = self.all("uom.uom", Domain::all(), &["name"]).await;
            let units = if_there(units)?.unwrap_or_default();
            let units = units
                .iter()
                .filter_map(|row| Some((id(row)?, text(row, "name")?)));
            let each = ExternalId::new("uom", "product_uom_unit").expect("Odoo's own name");
            let each = match if_there(self.odoo.check_object_reference(&each).await)? {
                Some(Found::Found { id, .. }) => Some(id.get()),
                _ => None,
            };
            purchasing = purchasing.with_units_of_measure(units, each);
        }
        if flows.iter().any(|flow| flow.is_of_documents()) {
            if let Some(lines) = self.order_lines().await? {
                purchasing = purchasing.with_order_lines(lines);
            }
            purchasing = purchasing.with_order_note(self.order_note().await?);
            let company = self
                .company_row(&["currency_id", TaxRounding::FIELD])
                .await?;
            let company = company.unwrap_or_default();
            purchasing = purchasing
                .with_charges(self.charges().await?)
                .with_currency(reference(&company, "currency_id"))
                .with_rounding(TaxRounding::read(&company) == Some(TaxRounding::Globally));
        }
        Ok(purchasing)
    }

    /// How this Odoo keeps the lines of orders; `None` where the user may not look.
    async fn order_lines(&self) -> Result<Option<OrderLines>, Halt> {
        let (technical_price, _) = TECHNICAL_PRICE;
        let asked = [
            "product_qty",
            "price_unit",
            technical_price,
            CostField::DISTRIBUTION,
            CostField::ACCOUNT,
        ];
        let asked: Vec<&str> = asked.into_iter().chain(TAXES).chain(UNITS).collect();
        let model = Model::PURCHASE_ORDER_LINE;
        let fields = self.odoo.fields_get(&model, &asked, &["type", "digits"]);
        let Some(fields) = if_there(fields.await)? else {
            return Ok(None);
        };
        let has = |field: &str| fields.contains_key(field);
        let first = |names: [&str; 2]| {
            let there = names.into_iter().find(|name| has(name));
            there.unwrap_or(names[0]).to_owned()
        };
        let kept = |field: &str| fields.get(field).and_then(digits);
        Ok(Some(OrderLines {
            quantity_digits: kept("product_qty"),
            price_digits: kept("price_unit"),
            taxes: first(TAXES),
            unit: first(UNITS),
            costs: costs(&fields, CostField::ACCOUNT),
            holds_prices: has(technical_price),
        }))
    }

    /// Where an order has room for words; `None` where the user may not look.
    async fn order_note(&self) -> Result<Option<OrderNote>, Halt> {
        let model = Model::PURCHASE_ORDER;
        let fields = self.odoo.fields_get(&model, &NOTES, &["type"]);
        let fields = if_there(fields.await)?.unwrap_or_default();
        let note = NOTES.into_iter().find_map(|name| {
            let kind = fields.get(name)?.get("type")?.as_str()?;
            Some(OrderNote {
                field: name.to_owned(),
                is_html: kind == "html",
            })
        });
        Ok(note)
    }

    /// The products of what is charged besides items, as far as they are there.
    async fn charges(&self) -> Result<Vec<(Charge, i64)>, Halt> {
        let mut charges = Vec::new();
        for charge in Charge::ALL {
            let name = ExternalId::new(&self.module, charge_name(charge)).expect("our own names");
            if let Some(Found::Found { id, .. }) =
                if_there(self.odoo.check_object_reference(&name).await)?
            {
                charges.push((charge, id.get()));
            }
        }
        Ok(charges)
    }

    /// Makes the products of what is charged besides items, under our external ids. `false` when the user may not.
    pub async fn make_charges(&self) -> Result<bool, Halt> {
        let columns = [
            "id",
            "name",
            "type",
            "purchase_ok",
            "sale_ok",
            "taxes_id/.id",
            "supplier_taxes_id/.id",
        ];
        let mut rows = Rows::new(Model::named(Flow::Items.model()), columns);
        for charge in Charge::ALL {
            let id = format!("{}.{}", self.module, charge_name(charge));
            let row = [id.as_str(), charge.label(), "service", "1", "0", "", ""];
            rows.push(0, row.map(str::to_owned).to_vec())
                .expect("as many values as columns");
        }
        self.make(&rows).await
    }

    async fn make(&self, rows: &Rows) -> Result<bool, Halt> {
        let loaded = if_there(self.odoo.load(rows, &Context::new()).await)?;
        Ok(loaded.is_some_and(|loaded| loaded.groups.values().all(Result::is_ok)))
    }

    /// The analytic plan of these accounts, the oldest of that name.
    async fn analytic_plan(&self, dimension: Dimension) -> Result<AnalyticPlan, Halt> {
        let model = Model::named(ANALYTIC_PLAN);
        let fields = self.odoo.fields_get(&model, &["name"], &["type"]).await;
        match fields {
            // Odoo 14 and 15 have analytic accounts without plans.
            Err(error) if error.kind == odoo::ErrorKind::NoSuchMethod => {
                return Ok(AnalyticPlan::Unknown);
            }
            fields => if_there(fields)?,
        };
        let named = Domain::equal("name", dimension.plan_name());
        let plans = if_there(self.all(ANALYTIC_PLAN, named, &["name"]).await)?;
        let plans = plans.unwrap_or_default();
        Ok(plans
            .iter()
            .filter_map(id)
            .min()
            .map_or(AnalyticPlan::Missing, AnalyticPlan::At))
    }

    /// Makes the analytic plan of these accounts, under our external id, so that it is made once. `false` when the user
    /// may not.
    pub async fn make_analytic_plan(&self, dimension: Dimension) -> Result<bool, Halt> {
        let mut rows = Rows::new(Model::named(ANALYTIC_PLAN), ["id", "name"]);
        let name = format!("{}.analytic_plan_{}", self.module, dimension.as_str());
        rows.push(0, vec![name, dimension.plan_name().to_owned()])
            .expect("as many values as columns");
        self.make(&rows).await
    }

    /// What partners refer to.
    async fn partners(&self) -> Result<Directory, Halt> {
        let all = async |model, fields| {
            self.all(model, Domain::all(), fields)
                .await
                .map_err(|error| refused(&error))
        };
        let countries = all("res.country", &["code", "name"]).await?;
        let states = all("res.country.state", &["code", "name", "country_id"]).await?;
        let home = self.home_country().await?;
        let country = |row: &Fields| {
            Some(Country {
                id: id(row)?,
                code: text(row, "code")?.to_uppercase(),
                name: text(row, "name")?,
            })
        };
        let state = |row: &Fields| {
            Some(Subdivision {
                id: id(row)?,
                country: reference(row, "country_id")?,
                code: text(row, "code")?,
                name: text(row, "name")?,
            })
        };
        let fields = self
            .odoo
            .fields_get(&Model::PARTNER, &PARTNER_FIELDS, &["type"])
            .await
            .map_err(|error| refused(&error))?;
        let terms = if fields.contains_key(TERM_FIELD) {
            if_allowed(
                self.all("account.payment.term", Domain::all(), &["name"])
                    .await,
            )?
        } else {
            None
        };
        // Terms that the user may not read are left to Odoo altogether.
        let known = |field: &&String| field.as_str() != TERM_FIELD || terms.is_some();
        let directory = Directory::new(
            countries.iter().filter_map(country).collect(),
            states.iter().filter_map(state).collect(),
            home,
        )
        .with_partner_fields(fields.keys().filter(known).cloned());
        let Some(terms) = terms else {
            return Ok(directory);
        };
        let terms = terms
            .iter()
            .filter_map(|row| Some((id(row)?, text(row, "name")?)));
        Ok(directory.with_payment_terms(terms, self.servicetitan_terms().await?))
    }

    /// ServiceTitan's payment terms by id; `None` when the app may not read them, which is no reason to stop.
    async fn servicetitan_terms(&self) -> Result<Option<BTreeMap<i64, String>>, Halt> {
        match self.servicetitan.payment_terms().await {
            Ok(rows) => {
                let terms = rows.iter().filter_map(|row| {
                    servicetitan::record::parse::<servicetitan::record::PaymentTerm>(row.get()).ok()
                });
                Ok(Some(terms.map(|term| (term.id.0, term.name)).collect()))
            }
            Err(error) if error.kind == servicetitan::ErrorKind::Forbidden => Ok(None),
            Err(error) => Err(Halt::of(Vendor::ServiceTitan, of_servicetitan(&error))),
        }
    }

    /// The company in which the connector works.
    async fn company(&self) -> Result<RecordId, Halt> {
        if let Some(company) = self.odoo.config().company {
            return Ok(RecordId(company));
        }
        let identity = self.odoo.whoami().await;
        Ok(identity.map_err(|error| refused(&error))?.company)
    }

    /// These fields of the company; `None` where the user may not read them.
    async fn company_row(&self, fields: &[&str]) -> Result<Option<Fields>, Halt> {
        let company = [self.company().await?];
        let context = Context::new();
        let model = Model::COMPANY;
        let rows = self.odoo.read(&model, &company, fields, &context).await;
        let rows = if_allowed(rows)?.unwrap_or_default();
        Ok(rows.into_iter().next())
    }

    async fn home_country(&self) -> Result<Option<i64>, Halt> {
        let company = self.company_row(&["country_id"]).await?;
        Ok(company.and_then(|row| reference(&row, "country_id")))
    }

    async fn all(
        &self,
        model: &'static str,
        domain: Domain,
        fields: &[&str],
    ) -> Result<Vec<Fields>, odoo::Error> {
        let search = Search {
            limit: Some(REFERENCE_ROWS_MAX),
            ..Search::new(domain, fields)
        };
        self.odoo
            .search_read(&Model::named(model), &search, &Context::new())
            .await
    }
}

/// Where a line with these fields says who bears its cost.
fn costs<V>(fields: &BTreeMap<String, V>, account: &str) -> CostField {
    if fields.contains_key(CostField::DISTRIBUTION) {
        CostField::Distribution
    } else if fields.contains_key(account) {
        CostField::Account
    } else {
        CostField::Nowhere
    }
}

fn refused(error: &odoo::Error) -> Halt {
    Halt::of(Vendor::Odoo, of_odoo(error))
}

/// What the user may read of something that the connector can do without.
fn if_allowed<T>(result: Result<T, odoo::Error>) -> Result<Option<T>, Halt> {
    unless(result, |error| error.kind == odoo::ErrorKind::AccessDenied)
}

/// What may be read, and is there at all: without the app that brings it, or without the right to it, it is nothing.
fn if_there<T>(result: Result<T, odoo::Error>) -> Result<Option<T>, Halt> {
    unless(result, is_not_there)
}

/// What was read; nothing, where the failure is one of these.
fn unless<T>(
    result: Result<T, odoo::Error>,
    is_nothing: impl Fn(&odoo::Error) -> bool,
) -> Result<Option<T>, Halt> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if is_nothing(&error) => Ok(None),
        Err(error) => Err(refused(&error)),
    }
}

fn is_not_there(error: &odoo::Error) -> bool {
    matches!(
        error.kind,
        odoo::ErrorKind::AccessDenied | odoo::ErrorKind::NoSuchMethod
    )
}

/// The name of the product of a charge.
fn charge_name(charge: Charge) -> String {
    format!("charge_{}", charge.as_str())
}

/// The places that a field keeps, where Odoo says so: `[total, places]`.
fn digits(field: &Fields) -> Option<u32> {
    field.get("digits")?.get(1)?.as_u64()?.try_into().ok()
}

fn id(row: &Fields) -> Option<i64> {
    row.get("id")?.as_i64()
}

fn text(row: &Fields, field: &str) -> Option<String> {
    Some(row.get(field)?.as_str()?.to_owned())
}

/// A many2one comes as `[id, name]`.
fn reference(row: &Fields, field: &str) -> Option<i64> {
    row.get(field)?.as_array()?.first()?.as_i64()
}
