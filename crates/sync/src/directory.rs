//! What an Odoo database and a ServiceTitan tenant offer to refer to: countries, states, payment terms, fields.
//!
//! Read once per pass and handed to planning, which stays pure. Look-ups are forgiving about case, spaces and the
//! usual spellings of a country, and strict about ambiguity: two candidates are none.

mod accounts;
mod analytic;
mod billing;
mod holds;
mod names;
mod orders;
mod purchasing;
mod receivables;
mod write_back;

pub use accounts::Account;
pub use analytic::{AnalyticPlan, Dimension};
pub use billing::{BillPolicy, Billing};
pub use holds::Holds;
pub use orders::{CostField, OrderLines, OrderNote};
pub use purchasing::{Charge, Purchasing};
pub use receivables::{InvoicePolicy, InvoicesCome, PaymentPolicy, PaymentsCome, Receivables};
pub use write_back::WriteBack;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use names::{Meaning, Names, folded};

use crate::mapping::{self, MappingKind, Mappings};

/// A country of Odoo's `res.country`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Country {
    /// Odoo's id.
    pub id: i64,
    /// ISO 3166 alpha-2 code, upper case.
    pub code: String,
    /// Name in the language of the connector's user.
    pub name: String,
}

/// A state or province of Odoo's `res.country.state`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subdivision {
    /// Odoo's id.
    pub id: i64,
    /// Odoo's id of its country.
    pub country: i64,
    /// Code within the country, e.g. `CA`.
    pub code: String,
    /// Name.
    pub name: String,
}

/// The reference data of one connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directory {
    countries: Vec<Country>,
    states: Vec<Subdivision>,
    /// The company's own country: what an address without one means.
    home: Option<i64>,
    /// Odoo's payment terms.
    odoo_terms: Names,
    /// ServiceTitan's payment terms: id to name. Absent when they could not be read.
    servicetitan_terms: Option<BTreeMap<i64, String>>,
    /// The fields that this Odoo's `res.partner` has and that the user may write.
    partner_fields: BTreeSet<String>,
    /// What purchasing refers to.
    purchasing: Purchasing,
    /// Odoo's chart of accounts. Absent when nobody asked for it, or it could not be read.
    accounts: Option<Vec<Account>>,
    /// What an operator mapped.
    mappings: Mappings,
    #[serde(default)]
    billing: Billing,
    #[serde(default)]
    receivables: Receivables,
    #[serde(default)]
    write_back: WriteBack,
    /// Not part of the fingerprint: who is held is made due by other means, and nobody else is touched by it.
    #[serde(skip)]
    holds: Holds,
}

/// An address's place, resolved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Odoo's id of the country.
    pub country: Option<i64>,
    /// Odoo's id of the state.
    pub state: Option<i64>,
}

impl Directory {
    /// A directory of what Odoo holds; `home` is the company's country.
    #[must_use]
    pub fn new(countries: Vec<Country>, states: Vec<Subdivision>, home: Option<i64>) -> Self {
        Self {
            countries,
            states,
            home,
            ..Self::default()
        }
    }

    /// Adds the names of the payment terms on both sides. `servicetitan` is `None` when they could not be read.
    #[must_use]
    pub fn with_payment_terms(
        mut self,
        odoo: impl IntoIterator<Item = (i64, String)>,
        servicetitan: Option<BTreeMap<i64, String>>,
    ) -> Self {
        self.odoo_terms = odoo.into_iter().collect();
        self.servicetitan_terms = servicetitan;
        self
    }

    /// Adds the fields that `res.partner` has.
    #[must_use]
    pub fn with_partner_fields(mut self, fields: impl IntoIterator<Item = String>) -> Self {
        self.partner_fields.extend(fields);
        self
    }

    /// Adds which flows are held.
    #[must_use]
    pub fn with_holds(mut self, holds: Holds) -> Self {
        self.holds = holds;
        self
    }

    /// The flows that are held.
    #[must_use]
    pub fn holds(&self) -> &Holds {
        &self.holds
    }

    /// Whether partners have that field here (`mobile` is gone in 19; `customer_rank` comes with accounting).
    #[must_use]
    pub fn has_partner_field(&self, field: &str) -> bool {
        self.partner_fields.contains(field)
    }

    /// A short text that changes when anything in the directory does.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let json = serde_json::to_vec(self).expect("a directory is plain data");
        Sha256::digest(json)
            .iter()
            .take(16)
            .fold(String::new(), |mut hex, byte| {
                use std::fmt::Write as _;
                let _ = write!(hex, "{byte:02x}");
                hex
            })
    }

    /// The country and state that an address's texts mean, and what could not be understood.
    ///
    /// An empty country means the company's own. A state is looked up by code, then by name, in that country only.
    pub fn place(&self, country: &str, state: &str, warnings: &mut Vec<String>) -> Place {
        let country_id = if country.trim().is_empty() {
            self.home
        } else {
            let found = self.country(country);
            if found.is_none() {
                warnings.push(format!(
                    "country {} is not one of Odoo's countries; the address has none",
                    crate::plain::quoted(country)
                ));
            }
            found
        };
        let state_id = match country_id {
            Some(id) if !state.trim().is_empty() => {
                let found = self.state(id, state);
                if found.is_none() {
                    let name = self
                        .countries
                        .iter()
                        .find(|c| c.id == id)
                        .map_or("its country", |c| &c.name);
                    warnings.push(format!(
                        "state {} is not a state of {name} in Odoo; the address has none",
                        crate::plain::quoted(state)
                    ));
                }
                found
            }
            _ => None,
        };
        Place {
            country: country_id,
            state: state_id,
        }
    }

    /// Whether ServiceTitan's payment terms could be read.
    #[must_use]
    pub fn knows_payment_terms(&self) -> bool {
        self.servicetitan_terms.is_some()
    }

    /// Odoo's payment term that ServiceTitan's term `id` is mapped to; else the one of the same name, if both are there
    /// and the name is unique.
    pub fn payment_term(&self, id: i64, warnings: &mut Vec<String>) -> Option<i64> {
        if let Some(mapped) = self.mapped(MappingKind::PaymentTerm, &id.to_string()) {
            if self.odoo_terms.holds(mapped) {
                return Some(mapped);
            }
            warnings.push(format!(
                "payment term {id} is mapped to Odoo's payment term {mapped}, which is gone: `{}`; none was set",
                mapping::command(MappingKind::PaymentTerm, &id.to_string(), "NAME")
            ));
            return None;
        }
        let Some(terms) = &self.servicetitan_terms else {
            warnings.push(
                "payment terms cannot be read from ServiceTitan: grant the app the scope \
                 tn.acc.paymentterms:r, or leave terms to Odoo"
                    .to_owned(),
            );
            return None;
        };
        let Some(name) = terms.get(&id) else {
            warnings.push(format!(
                "payment term {id} is not among ServiceTitan's payment terms; none was set"
            ));
            return None;
        };
        match self.odoo_terms.of(name) {
            Meaning::One(id) => Some(id),
            Meaning::Several => {
                warnings.push(format!(
                    "payment term {} stands more than once in Odoo: rename one, or say which: `{}`; none was set",
                    crate::plain::quoted(name),
                    mapping::command(MappingKind::PaymentTerm, &id.to_string(), "ID")
                ));
                None
            }
            Meaning::Nothing => {
                warnings.push(format!(
                    "payment term {} does not exist in Odoo: create one of that name, or say which it is: `{}`; none \
                     was set",
                    crate::plain::quoted(name),
                    mapping::command(MappingKind::PaymentTerm, &id.to_string(), "NAME")
                ));
                None
            }
        }
    }

    fn country(&self, text: &str) -> Option<i64> {
        let wanted = folded(text);
        let wanted = match wanted.as_str() {
            "usa" | "u.s.a." | "u.s." | "united states of america" | "america" => "us",
            "can" => "ca",
            "aus" => "au",
            "uk" | "great britain" | "england" | "gbr" => "gb",
            "mex" => "mx",
            other => other,
        };
        let by = |test: &dyn Fn(&Country) -> bool| {
            only(self.countries.iter().filter(|c| test(c)).map(|c| c.id))
        };
        by(&|c| folded(&c.code) == wanted).or_else(|| by(&|c| folded(&c.name) == wanted))
    }

    fn state(&self, country: i64, text: &str) -> Option<i64> {
        let wanted = folded(text);
        let here = || self.states.iter().filter(|s| s.country == country);
        only(here().filter(|s| folded(&s.code) == wanted).map(|s| s.id))
            .or_else(|| only(here().filter(|s| folded(&s.name) == wanted).map(|s| s.id)))
    }
}

/// The one element of a sequence; none when there are several.
fn only(mut found: impl Iterator<Item = i64>) -> Option<i64> {
    let first = found.next()?;
    found.all(|other| other == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory() -> Directory {
        let country = |id, code: &str, name: &str| Country {
            id,
            code: code.into(),
            name: name.into(),
        };
        let state = |id, country, code: &str, name: &str| Subdivision {
            id,
            country,
            code: code.into(),
            name: name.into(),
        };
        Directory::new(
            vec![
                country(1, "US", "United States"),
                country(2, "CA", "Canada"),
            ],
            vec![
                state(11, 1, "CA", "California"),
                state(12, 1, "WA", "Washington"),
                state(21, 2, "ON", "Ontario"),
            ],
            Some(1),
        )
        .with_payment_terms(
            [
                (5, "30 Days".to_owned()),
                (6, "Twice".to_owned()),
                (7, "twice".to_owned()),
            ],
            Some(
                [
                    (70, "30 days ".to_owned()),
                    (71, "Twice".to_owned()),
                    (72, "Net 7".to_owned()),
                ]
                .into(),
            ),
        )
    }

    #[test]
    fn places_are_found_by_code_by_name_and_at_home() {
        let warnings = &mut Vec::new();
        let place = |country, state| Place {
            country: Some(country),
            state: Some(state),
        };
        assert_eq!(directory().place("USA", " ca", warnings), place(1, 11));
        assert_eq!(
            directory().place("united  states", "washington", warnings),
            place(1, 12)
        );
        assert_eq!(directory().place("", "CA", warnings), place(1, 11));
        assert_eq!(directory().place("Canada", "ON", warnings), place(2, 21));
        assert!(warnings.is_empty(), "{warnings:?}");
    }

    #[test]
    fn what_is_not_found_is_said_and_left_empty() {
        let warnings = &mut Vec::new();
        assert_eq!(
            directory().place("Atlantis", "CA", warnings),
            Place::default()
        );
        assert_eq!(
            directory().place("US", "Ontario", warnings),
            Place {
                country: Some(1),
                state: None
            }
        );
        assert_eq!(
            warnings.as_slice(),
            [
                "country \"Atlantis\" is not one of Odoo's countries; the address has none",
                "state \"Ontario\" is not a state of United States in Odoo; the address has none",
            ]
        );
    }

    #[test]
    fn a_payment_term_is_found_by_its_name_or_said_to_be_missing() {
        let warnings = &mut Vec::new();
        assert_eq!(directory().payment_term(70, warnings), Some(5));
        assert!(warnings.is_empty());
        assert_eq!(directory().payment_term(71, warnings), None);
        assert_eq!(directory().payment_term(72, warnings), None);
        assert_eq!(
            warnings.as_slice(),
            [
                "payment term \"Twice\" stands more than once in Odoo: rename one, or say which: `ml-connector mapping set \
                 payment-term 71 ID`; none was set",
                "payment term \"Net 7\" does not exist in Odoo: create one of that name, or say which it is: `ml-connector \
                 mapping set payment-term 72 NAME`; none was set",
            ]
        );
    }

    #[test]
    fn a_mapped_payment_term_goes_before_its_name() {
        let warnings = &mut Vec::new();
        let mapped = [(70, 6), (71, 7), (99, 5), (72, 8)]
            .map(|(term, target)| (MappingKind::PaymentTerm, term.to_string(), target));
        let directory = directory().with_mappings(mapped.into_iter().collect());
        assert_eq!(directory.payment_term(70, warnings), Some(6));
        assert_eq!(directory.payment_term(71, warnings), Some(7));
        assert_eq!(directory.payment_term(99, warnings), Some(5));
        assert!(warnings.is_empty(), "{warnings:?}");
        assert_eq!(directory.payment_term(72, warnings), None);
        assert_eq!(
            warnings.as_slice(),
            [
                "payment term 72 is mapped to Odoo's payment term 8, which is gone: `ml-connector mapping set payment-term \
              72 NAME`; none was set"
            ]
        );
    }

    #[test]
    fn the_fingerprint_follows_the_content() {
        assert_eq!(directory().fingerprint(), directory().fingerprint());
        assert_ne!(
            directory().fingerprint(),
            directory()
                .with_partner_fields(["phone".to_owned()])
                .fingerprint()
        );
    }
}
