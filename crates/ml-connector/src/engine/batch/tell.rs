//! What ServiceTitan is told: custom fields of its bills, and that a bill is exported.
//!
//! ServiceTitan knows no idempotency keys, drops what it does not know in silence, and may show a write late. So it is read
//! before anything is sent, only what it does not show yet is sent, and it is read again after: what it shows counts, not
//! what it answered. Both writes end in the same state when repeated. A mark cannot be taken back: right before it, the
//! bill in Odoo is read once more.

use std::collections::BTreeMap;

use jiff::Timestamp;
use odoo::document::BillState;
use odoo::{Context, Domain, RecordId};
use rust_decimal::Decimal;
use servicetitan::client::{CustomFieldOwner, CustomFieldValue, MarkOutcome, Marked};
use servicetitan::record::{ApBill, Bill, InventoryBill, Record, parse};
use servicetitan::{ApBillId, ErrorKind, InventoryBillId};
use sync::failure::{self, Blame, Vendor, Verdict};
use sync::flow::Flow;
use sync::money::cents;
use sync::odoo_bills::{self, Said};
use sync::plan::{Mark, Verb, Write};
use sync::record::Key;

use super::{Answered, Carried, Job, Progress, start};
use crate::clock::Clock;
use crate::engine::step::{Step, reached};
use crate::engine::{Halt, sources};

/// Bills that are told of together: the most that ServiceTitan shows, or marks, in one call.
pub const TOLD_MAX: usize = 50;

/// Tells ServiceTitan.
#[derive(Clone)]
pub struct Teller {
    /// Whom to tell.
    pub servicetitan: servicetitan::Client,
    /// What it is told of.
    pub odoo: odoo::Client,
    /// The present and randomness.
    pub clock: Clock,
}

/// What ServiceTitan shows of a bill.
struct Shown {
    fields: BTreeMap<String, String>,
    bill: Said,
}

/// What one job tells.
struct Told {
    document: Key,
    write: Write,
    fields: Vec<(String, String)>,
    mark: Option<Mark>,
}

impl Told {
    fn of(job: &Job) -> Option<Self> {
        job.writes.iter().find_map(|write| match &write.verb {
            Verb::Tell {
                document,
                columns,
                mark,
                ..
            } => Some(Self {
                document: document.clone(),
                write: write.clone(),
                fields: odoo_bills::fields(columns)
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .collect(),
                mark: mark.clone(),
            }),
            _ => None,
        })
    }

    /// The fields that do not show what they should. An empty one may be missing.
    fn differing(&self, shown: &Shown) -> Vec<&(String, String)> {
        let shows = |name: &str| shown.fields.get(name).map(String::as_str);
        let fields = self.fields.iter();
        fields
            .filter(|(name, value)| shows(name).unwrap_or_default() != value)
            .collect()
    }

    /// It is not marked now.
    fn leave_unmarked(&mut self) {
        self.mark = None;
        self.write.holds = odoo_bills::unmarked(&self.write.holds);
    }

    fn id(&self) -> Option<i64> {
        self.document.source.0.parse().ok()
    }

    fn owner(&self) -> Option<CustomFieldOwner> {
        let id = self.id()?;
        Some(match self.document.flow {
            Flow::ApBills => CustomFieldOwner::ApBill(ApBillId(id)),
            _ => CustomFieldOwner::InventoryBill(InventoryBillId(id)),
        })
    }

    /// Odoo's id of the bill: what the record is called.
    fn bill(job: &Job) -> Option<RecordId> {
        job.due.key.source.0.parse().ok().map(RecordId)
    }
}

/// One job on its way.
struct Telling {
    told: Told,
    progress: Progress,
    /// Whether something was sent that nobody answered.
    is_unanswered: bool,
}

impl Telling {
    fn fail(&mut self, verdict: Verdict) {
        self.progress.failed = Some(verdict);
    }

    fn goes_on(&self) -> bool {
        self.progress.failed.is_none()
    }
}

impl Teller {
    /// Tells what these jobs say.
    ///
    /// `doubt_until`: when a call that goes out now, and is not answered, cannot have its effect any more.
    pub async fn carry(&self, jobs: Vec<Job>, doubt_until: Timestamp) -> Carried {
        let mut carried = Carried::new();
        let now = self.clock.now();
        let mut tellings: Vec<Telling> = Vec::new();
        for progress in start(&jobs, now, doubt_until) {
            let told = Told::of(&progress.job).expect("a record of this flow tells one thing");
            tellings.push(Telling {
                told,
                progress,
                is_unanswered: false,
            });
        }
        carried.halt = self.tell(&mut tellings).await.err();
        for telling in tellings {
            let is_done = !telling.goes_on() || !telling.progress.done.is_empty();
            if is_done {
                let answered = if telling.is_unanswered {
                    Answered::No
                } else {
                    Answered::Yes
                };
                let outcome = telling.progress.outcome(answered, &self.clock);
                carried.outcomes.push(outcome);
            } else if !telling.is_unanswered {
                carried.leave(vec![telling.progress]);
            }
        }
        carried
    }

    async fn tell(&self, tellings: &mut [Telling]) -> Result<(), Halt> {
        let shown = self.shown(tellings.iter().map(|one| &one.told)).await?;
        for one in tellings.iter_mut() {
            let Some(shown) = shown.get(&one.told.document) else {
                let document = one.told.document.to_string();
                one.fail(Verdict::Park(failure::bill_not_shown(&document)));
                continue;
            };
            self.set_fields(one, shown).await?;
        }
        self.mark(tellings).await?;
        let sent = tellings.iter().filter(|one| one.goes_on());
        let shown = self.shown(sent.map(|one| &one.told)).await?;
        for one in tellings.iter_mut().filter(|one| one.goes_on()) {
            let Some(shown) = shown.get(&one.told.document) else {
                let document = one.told.document.to_string();
                one.fail(Verdict::Park(failure::bill_not_shown(&document)));
                continue;
            };
            let missing = one.told.differing(shown);
            let missing: Vec<&str> = missing.iter().map(|(name, _)| name.as_str()).collect();
            if !missing.is_empty() {
                let reason = failure::fields_not_kept(&missing);
                one.fail(Verdict::Retry(Blame::Record, reason));
            } else if one.told.mark.is_some() && !shown.bill.is_exported {
                let reason = failure::mark_not_kept();
                one.fail(Verdict::Retry(Blame::Record, reason));
            } else if let Verb::Tell { target, .. } = one.told.write.verb {
                one.progress.put(&one.told.write, target);
            }
        }
        Ok(())
    }

    async fn set_fields(&self, one: &mut Telling, shown: &Shown) -> Result<(), Halt> {
        let differing = one.told.differing(shown);
        let (false, Some(owner)) = (differing.is_empty(), one.told.owner()) else {
            return Ok(());
        };
        let values = differing.iter().map(|(name, value)| CustomFieldValue {
            name: name.clone(),
            value: Some(value.clone()).filter(|value| !value.is_empty()),
        });
        let values: Vec<CustomFieldValue> = values.collect();
        let names: Vec<&str> = differing.iter().map(|(name, _)| name.as_str()).collect();
        reached(Step::ApplyTelling, 1);
        let answer = self.servicetitan.set_custom_fields(owner, &values).await;
        reached(Step::ApplyTold, 1);
        let Err(error) = answer else {
            one.progress.is_touched = true;
            return Ok(());
        };
        if error.kind == ErrorKind::Rejected {
            let reason = failure::fields_refused(&names, &error.to_string());
            one.fail(Verdict::Park(reason));
            return Ok(());
        }
        one.is_unanswered = error.may_have_applied;
        failed(one, &error)
    }

    /// Marks what is to be marked, if both sides still say what they said.
    async fn mark(&self, tellings: &mut [Telling]) -> Result<(), Halt> {
        let wanted = tellings
            .iter_mut()
            .filter(|one| one.goes_on() && one.told.mark.is_some());
        let wanted: Vec<&mut Telling> = wanted.collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let posted = self.posted(&wanted).await?;
        let shown = self.shown(wanted.iter().map(|one| &one.told)).await?;
        let mut open: BTreeMap<Flow, Vec<&mut Telling>> = BTreeMap::new();
        for one in wanted {
            let said = shown.get(&one.told.document).map(|shown| &shown.bill);
            if said.is_some_and(|said| said.is_exported) {
                continue;
            }
            let stands = one
                .told
                .mark
                .as_ref()
                .zip(said)
                .is_some_and(|(mark, said)| {
                    let bill = Told::bill(&one.progress.job);
                    let total = bill.and_then(|bill| posted.get(&bill));
                    said.said == mark.said && total == Some(&cents(mark.total))
                });
            if stands {
                open.entry(one.told.document.flow).or_default().push(one);
            } else {
                // The change comes by itself, and with it the next plan.
                one.told.leave_unmarked();
                one.progress.notes.push(
                    "one of the two bills was changed a moment ago: it is not marked as exported before both are read again"
                        .to_owned(),
                );
            }
        }
        for (flow, open) in open {
            self.mark_these(flow, open).await?;
        }
        Ok(())
    }

    /// What Odoo's bills come to that are in its books. One that the user may not see any more is not among them.
    async fn posted(&self, wanted: &[&mut Telling]) -> Result<BTreeMap<RecordId, Decimal>, Halt> {
        let ids = wanted
            .iter()
            .filter_map(|one| Told::bill(&one.progress.job));
        let domain = Domain::is_in("id", ids.map(RecordId::get));
        let bills = self.odoo.bill_heads_where(domain, &Context::new()).await;
        let bills = bills.map_err(|error| {
            Halt::in_flow(Flow::OdooBills, Vendor::Odoo, failure::of_odoo(&error))
        })?;
        let posted = bills.iter().filter(|bill| bill.state == BillState::Posted);
        Ok(posted.map(|bill| (bill.id, cents(bill.total))).collect())
    }

    /// One call for all of them; one for each, if ServiceTitan refuses them together.
    async fn mark_these(&self, flow: Flow, open: Vec<&mut Telling>) -> Result<(), Halt> {
        let mut todo = vec![open];
        while let Some(open) = todo.pop() {
            let ids: Vec<i64> = open.iter().filter_map(|one| one.told.id()).collect();
            reached(Step::ApplyMarking, ids.len());
            let titan = &self.servicetitan;
            let marked = if flow == Flow::ApBills {
                let ids: Vec<_> = ids.iter().copied().map(ApBillId).collect();
                let marked = titan.mark_ap_bills_exported(&ids).await;
                marked.map(|all| by_id(all, |id| id.0))
            } else {
                let ids: Vec<_> = ids.iter().copied().map(InventoryBillId).collect();
                let marked = titan.mark_inventory_bills_exported(&ids).await;
                marked.map(|all| by_id(all, |id| id.0))
            };
            reached(Step::ApplyMarked, ids.len());
            let refused = |error: &servicetitan::Error| {
                let verdict = failure::of_servicetitan(error);
                matches!(verdict, Verdict::Park(_) | Verdict::Decide(_)) && !error.may_have_applied
            };
            if open.len() > 1 && marked.as_ref().is_err_and(refused) {
                todo.extend(open.into_iter().map(|one| vec![one]));
            } else {
                note_marks(open, marked)?;
            }
        }
        Ok(())
    }

    /// What ServiceTitan shows of these bills.
    async fn shown<'t>(
        &self,
        told: impl Iterator<Item = &'t Told>,
    ) -> Result<BTreeMap<Key, Shown>, Halt> {
        let mut ids: BTreeMap<Flow, Vec<i64>> = BTreeMap::new();
        for told in told {
            ids.entry(told.document.flow).or_default().extend(told.id());
        }
        let mut shown = BTreeMap::new();
        for (flow, ids) in ids {
            let found = sources::fetch(&self.servicetitan, flow, &ids).await;
            let found = found.map_err(|error| {
                Halt::in_flow(
                    Flow::OdooBills,
                    Vendor::ServiceTitan,
                    failure::of_servicetitan(&error),
                )
            })?;
            for row in found.iter().flat_map(|(_, rows)| rows) {
                let read = match flow {
                    Flow::ApBills => read::<ApBill, _>(row.get(), |bill| (bill.id.0, of(bill))),
                    _ => read::<InventoryBill, _>(row.get(), |bill| (bill.id.0, of(bill))),
                };
                // One that cannot be read counts as not shown.
                if let Some((id, bill)) = read {
                    shown.insert(
                        Key {
                            flow,
                            source: id.into(),
                        },
                        bill,
                    );
                }
            }
        }
        Ok(shown)
    }
}

fn note_marks(
    marked: Vec<&mut Telling>,
    answer: Result<BTreeMap<i64, MarkOutcome>, servicetitan::Error>,
) -> Result<(), Halt> {
    let said = match answer {
        Ok(said) => said,
        Err(error) => {
            let mut halt = Ok(());
            for one in marked {
                one.is_unanswered |= error.may_have_applied;
                halt = failed(one, &error);
            }
            return halt;
        }
    };
    for one in marked {
        one.progress.is_touched = true;
        if let Some(MarkOutcome::Refused(said)) = one.told.id().and_then(|id| said.get(&id)) {
            one.fail(Verdict::Park(failure::mark_refused(said)));
        }
    }
    Ok(())
}

/// What follows from a call that failed: for this record, or for all.
fn failed(one: &mut Telling, error: &servicetitan::Error) -> Result<(), Halt> {
    match failure::of_servicetitan(error) {
        verdict @ (Verdict::Park(_) | Verdict::Decide(_) | Verdict::Retry(Blame::Record, _)) => {
            one.fail(verdict);
            Ok(())
        }
        verdict => Err(Halt::in_flow(
            Flow::OdooBills,
            Vendor::ServiceTitan,
            verdict,
        )),
    }
}

fn by_id<Id>(marked: Vec<Marked<Id>>, id: impl Fn(&Id) -> i64) -> BTreeMap<i64, MarkOutcome> {
    let marked = marked.into_iter();
    marked.map(|one| (id(&one.id), one.outcome)).collect()
}

fn read<T: Record, S>(row: &str, shown: impl Fn(&T) -> S) -> Option<S> {
    parse::<T>(row).ok().as_ref().map(shown)
}

fn of<Id>(bill: &Bill<Id>) -> Shown {
    let fields = bill.custom_fields.iter();
    Shown {
        fields: fields
            .filter_map(|field| Some((field.name.clone()?, field.value.clone()?)))
            .collect(),
        bill: odoo_bills::said(bill),
    }
}
