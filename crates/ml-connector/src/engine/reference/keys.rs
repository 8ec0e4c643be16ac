//! What ServiceTitan has that can be mapped: business units, accounts, terms, warehouses and trucks.

use servicetitan::client::List;
use servicetitan::record::{BusinessUnit, GlAccount, PaymentTerm, Record, Truck, Warehouse, parse};
use sync::failure::{Vendor, of_servicetitan};
use sync::mapping::{MappingKind, folded_key};

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
                        active: account.active,
                    }
                };
                self.keys_of(List::GlAccounts, of).await
            }
            MappingKind::PaymentTerm => {
                let of = |term: PaymentTerm| named(term.id.0, term.name, term.active);
                self.keys_of(List::PaymentTerms, of).await
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

    /// The rows of a list that can be read.
    async fn keys_of<R: Record>(
        &self,
        list: List,
        of: impl Fn(R) -> MappingKey,
    ) -> Result<Option<Vec<MappingKey>>, Halt> {
        match self.servicetitan.list(list).await {
            Ok(rows) => {
                let records = rows.iter().filter_map(|row| parse::<R>(row.get()).ok());
                let keys = records.map(of).filter(|key| !key.key.is_empty());
                Ok(Some(keys.collect()))
            }
            Err(error) if error.kind == servicetitan::ErrorKind::Forbidden => Ok(None),
            Err(error) => Err(Halt::of(Vendor::ServiceTitan, of_servicetitan(&error))),
        }
    }
}

fn named(id: i64, name: String, active: bool) -> MappingKey {
    MappingKey {
        key: id.to_string(),
        number: String::new(),
        name,
        active,
    }
}
