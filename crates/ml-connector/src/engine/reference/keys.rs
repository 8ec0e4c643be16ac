//! What ServiceTitan has that can be mapped: business units, accounts, terms, payment types, warehouses and trucks, tax zones,
//! categories of the pricebook.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use servicetitan::client::List;
use servicetitan::record::{
    BusinessUnit, Category, GlAccount, PaymentTerm, PaymentType, Record, TaxZone, Truck, Warehouse,
    parse,
};
use sync::failure::{Vendor, of_servicetitan};
use sync::mapping::{MappingKind, folded_key};
use sync::money::sum_of_any;

use crate::engine::Halt;
use crate::engine::vendors::Vendors;

/// Something of ServiceTitan's that can be mapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingKey {
    /// What it is mapped by.
    pub key: String,
    /// The number by which it may be found in Odoo; empty where it has none.
    pub number: String,
    /// Its name.
    pub name: String,
    /// Of a tax zone: what is charged there, in percent.
    pub rate: Option<Decimal>,
    /// False once deactivated.
    pub active: bool,
}

impl Vendors {
    /// What can be mapped, inactive ones too; `None` where the app may not read it.
    pub async fn mapping_keys(&self, kind: MappingKind) -> Result<Option<Vec<MappingKey>>, Halt> {
        match kind {
            MappingKind::BusinessUnit => {
                let of = |unit: BusinessUnit| MappingKey {
                    key: unit.id.to_string(),
                    number: unit.account_code.unwrap_or_default(),
                    name: unit.name,
                    rate: None,
                    active: unit.active,
                };
                self.keys_of(List::BusinessUnits, of).await
            }
            MappingKind::GlAccount => {
                let of = |account: GlAccount| {
                    let number = folded_key(account.number.as_deref().unwrap_or_default());
                    let name = folded_key(&account.name);
                    MappingKey {
                        key: if number.is_empty() { name } else { number },
                        number: account.number.unwrap_or_default(),
                        name: account.name,
                        rate: None,
                        active: account.active,
                    }
                };
                self.keys_of(List::GlAccounts, of).await
            }
            MappingKind::ItemCategory => self.categories().await,
            MappingKind::TaxZone => {
                let of = |zone: TaxZone| MappingKey {
                    rate: rate(&zone),
                    ..named(zone.id.0, zone.name, zone.active)
                };
                self.keys_of(List::TaxZones, of).await
            }
            MappingKind::PaymentTerm => {
                let of = |term: PaymentTerm| named(term.id.0, term.name, term.active);
                self.keys_of(List::PaymentTerms, of).await
            }
            MappingKind::PaymentType => {
                let of = |kind: PaymentType| named(kind.id.0, kind.name, true);
                self.keys_of(List::PaymentTypes, of).await
            }
            MappingKind::Warehouse => {
                let of = |place: Warehouse| named(place.id.0, place.name, place.active);
                let warehouses = self.keys_of(List::Warehouses, of).await?;
                let of = |place: Truck| named(place.id.0, place.name, place.active);
                let trucks = self.keys_of(List::Trucks, of).await?;
                Ok(match (warehouses, trucks) {
                    (None, None) => None,
                    (warehouses, trucks) => {
                        let both = [warehouses, trucks].into_iter().flatten();
                        Some(both.flatten().collect())
                    }
                })
            }
        }
    }

    /// The pricebook's categories: those below others come with them, or as rows of their own, or both.
    async fn categories(&self) -> Result<Option<Vec<MappingKey>>, Halt> {
        let Some(rows) = self.records_of::<Category>(List::Categories).await? else {
            return Ok(None);
        };
        let all = rows.into_iter().flat_map(Category::flat);
        let all: BTreeMap<i64, Category> = all.map(|one| (one.id.0, one)).collect();
        let key = |(id, one): (i64, Category)| named(id, one.name, one.active);
        Ok(Some(all.into_iter().map(key).collect()))
    }

    /// The rows of a list that can be read.
    async fn keys_of<R: Record>(
        &self,
        list: List,
        of: impl Fn(R) -> MappingKey,
    ) -> Result<Option<Vec<MappingKey>>, Halt> {
        let records = self.records_of::<R>(list).await?;
        Ok(records.map(|records| {
            let keys = records.into_iter().map(of);
            keys.filter(|key| !key.key.is_empty()).collect()
        }))
    }

    /// The records of a list that can be read; `None` where the app may not.
    async fn records_of<R: Record>(&self, list: List) -> Result<Option<Vec<R>>, Halt> {
        match self.servicetitan.list(list).await {
            Ok(rows) => {
                let records = rows.iter().filter_map(|row| parse::<R>(row.get()).ok());
                Ok(Some(records.collect()))
            }
            Err(error) if error.kind == servicetitan::ErrorKind::Forbidden => Ok(None),
            Err(error) => Err(Halt::of(Vendor::ServiceTitan, of_servicetitan(&error))),
        }
    }
}

/// What a zone charges in percent: all of its rates together, where each is charged on the same.
fn rate(zone: &TaxZone) -> Option<Decimal> {
    let rates: Option<Vec<Decimal>> = zone.rates.iter().map(|rate| rate.tax_rate).collect();
    let rates = rates.filter(|rates| !rates.is_empty())?;
    let bases: BTreeSet<_> = zone.rates.iter().map(|rate| &rate.tax_base_type).collect();
    let sum = sum_of_any(rates);
    let in_percent = sum.checked_mul(Decimal::ONE_HUNDRED)?;
    (bases.len() == 1).then(|| in_percent.normalize())
}

fn named(id: i64, name: String, active: bool) -> MappingKey {
    MappingKey {
        key: id.to_string(),
        number: String::new(),
        name,
        rate: None,
        active,
    }
}
