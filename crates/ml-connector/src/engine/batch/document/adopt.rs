//! Bills that somebody entered in Odoo and a person says are ServiceTitan's: looked for, read and compared, and never
//! written. A bill of one record is never linked with another one's.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use odoo::document::Bill;
use odoo::domain::Operator;
use odoo::{Context, Domain, Model, RecordId, Search};
use sync::failure::{self, Verdict, linking as reasons};
use sync::link::{Name, TargetId, adopted};
use sync::linking::{self, Terms, Which};
use sync::plan::{Verb, Write};
use sync::record::Reason;

use super::{BILL, bill::id_of};
use crate::engine::batch::{Carrier, Interruption, Progress};

/// Candidates of one number that are looked at.
const CANDIDATES_MAX: usize = 20;

/// The bills that records were linked with in this run: two batches at once never take the same one.
#[derive(Clone, Debug, Default)]
pub struct Claims(Arc<Mutex<BTreeMap<RecordId, Name>>>);

impl Claims {
    /// Claims a bill; gives who did before, if somebody else did.
    fn claim(&self, bill: RecordId, name: &Name) -> Option<Name> {
        let mut claims = self.0.lock().expect("nobody panics while holding it");
        let owner = claims.entry(bill).or_insert_with(|| name.clone());
        (owner != name).then(|| owner.clone())
    }
}

/// Whether these writes link with a bill that is there.
pub(super) fn is_adoption(writes: &[Write]) -> bool {
    writes
        .iter()
        .any(|write| matches!(write.verb, Verb::Adopt { .. }))
}

/// What an adoption says.
struct Adoption {
    write: Write,
    which: Which,
    terms: Terms,
    hold: Option<Reason>,
}

impl Adoption {
    fn of(writes: &[Write]) -> Self {
        let mut said = writes.iter().filter_map(|write| match &write.verb {
            Verb::Adopt { which, terms, hold } => Some(Self {
                write: write.clone(),
                which: *which,
                terms: *terms,
                hold: hold.clone(),
            }),
            _ => None,
        });
        said.next().expect("it was chosen for it")
    }

    fn column(&self, column: &str) -> &str {
        self.write.holds.get(column).unwrap_or_default()
    }
}

impl Carrier {
    /// Links each of these with its bill, or says why not.
    pub(super) async fn adopt(&self, progress: &mut [Progress]) -> Result<(), Interruption> {
        if progress.is_empty() {
            return Ok(());
        }
        let company = match self.odoo.config().company {
            Some(company) => RecordId(company),
            None => self.odoo.whoami().await?.company,
        };
        for one in progress {
            let adoption = Adoption::of(&one.job.writes);
            let name = adoption.write.name.clone();
            let bill = match self.candidate(&adoption).await? {
                Ok(bill) => bill,
                Err(reason) => {
                    one.failed = Some(Verdict::Decide(reason));
                    continue;
                }
            };
            let called = linking::called(&bill);
            if let Some(owner) = self.owner(bill.id, &name).await? {
                one.failed = Some(Verdict::Decide(reasons::of_another(&called, &owner)));
                continue;
            }
            let wanted = &adoption.write.holds;
            let differences = linking::differences(wanted, adoption.terms, company, &bill);
            if !differences.is_empty() {
                let reason = reasons::differs(&called, &differences);
                one.failed = Some(Verdict::Decide(reason));
                continue;
            }
            if let Some(hold) = adoption.hold {
                one.failed = Some(Verdict::Decide(hold));
                continue;
            }
            if let Some(owner) = self.claims.claim(bill.id, &name) {
                one.failed = Some(Verdict::Decide(reasons::of_another(&called, &owner)));
                continue;
            }
            one.notes.extend(linking::remarks(wanted, &bill));
            let base = adopted(wanted, bill.state.as_str());
            one.put_holding(&adoption.write, TargetId(bill.id.get()), base);
            one.done.insert(name);
            one.has_reached = true;
        }
        Ok(())
    }

    /// The bill that is meant, or why there is none.
    async fn candidate(&self, adoption: &Adoption) -> Result<Result<Bill, Reason>, Interruption> {
        let context = Context::new();
        let mut ids = Vec::new();
        match adoption.which {
            Which::This(id) => ids.push(RecordId(id.0)),
            Which::TheOnly => ids.extend(self.of_the_number(adoption).await?),
        }
        let mut bills = self.odoo.bills(&ids, &context).await?;
        let reference = adoption.column("ref");
        Ok(match (adoption.which, bills.len()) {
            (_, 1) => Ok(bills.remove(0)),
            (Which::This(id), 0) => {
                let is_known = !self.names_of(RecordId(id.0)).await?.is_empty();
                Err(if is_known {
                    failure::deleted_in_odoo(format!(
                        "The bill that it was linked with is not in Odoo any more (account.move {id})."
                    ))
                } else {
                    reasons::not_there(id)
                })
            }
            (_, 0) => Err(reasons::none_there(reference)),
            _ => {
                let called: Vec<String> = bills.iter().map(linking::called).collect();
                Err(reasons::several(reference, &called))
            }
        })
    }

    /// The bills of the vendor with that number which are nobody's yet.
    async fn of_the_number(&self, adoption: &Adoption) -> Result<Vec<RecordId>, Interruption> {
        let partner: Option<i64> = adoption.column("partner_id/.id").parse().ok();
        let reference = adoption.column("ref");
        let Some(partner) = partner.filter(|_| !reference.is_empty()) else {
            return Ok(Vec::new());
        };
        let domain = Domain::equal("ref", reference)
            .and(Domain::equal("partner_id", partner))
            .and(Domain::equal("move_type", adoption.column("move_type")))
            .and(Domain::field("state", Operator::NotEqual, "cancel"));
        let search = Search {
            limit: Some(CANDIDATES_MAX),
            order: Some("id"),
            ..Search::new(domain, &["id"])
        };
        let model = Model::named(BILL.model);
        let found = self
            .odoo
            .search_read(&model, &search, &Context::new())
            .await?;
        let mut free = Vec::new();
        for id in found.iter().filter_map(id_of) {
            if self.owner(id, &adoption.write.name).await?.is_none() {
                free.push(id);
            }
        }
        Ok(free)
    }

    /// Whose record a bill is, if it is not this one's: by its name in Odoo, or by a link.
    async fn owner(&self, bill: RecordId, own: &Name) -> Result<Option<Name>, Interruption> {
        let model = Model::named(BILL.model);
        let named = self.odoo.get_external_ids(&model, &[bill]).await?;
        let named = named.into_values().flatten();
        let ours = named.filter(|name| name.module() == self.module);
        let ours = ours.map(|name| Name(name.name().to_owned()));
        let linked = self.names_of(bill).await?;
        Ok(ours.chain(linked).find(|name| name != own))
    }

    /// The names that lead to a bill on our side.
    pub(super) async fn names_of(&self, bill: RecordId) -> Result<Vec<Name>, Interruption> {
        let target = TargetId(bill.get());
        let names = self
            .store
            .names_of(self.connection, BILL.model, target)
            .await?;
        Ok(names)
    }
}
