//! What bills need besides: no second one with the vendor's number, nothing in a locked period, and back to a draft before
//! one that is in the books is changed.

use std::collections::BTreeMap;

use odoo::domain::Operator;
use odoo::{Action, Context, Domain, ExternalId, Fields, Found, Model, RecordId, Search};
use serde_json::Value;
use sync::failure::{self, Verdict};
use sync::link::{BOOKED, TargetId};
use sync::plan::Goal;
use sync::record::Reason;

use super::seen::Seen;
use super::state::Next;
use super::{BILL, Deeds, of_one};
use crate::engine::batch::{Carrier, Interruption, Progress};
use crate::engine::step::{Step, reached};

/// A vendor's number for a paper: what it is, from whom, and the number.
type Number = (String, String, String);

impl Carrier {
    /// Stops what must not even be written: what is booked in a locked period, and what is in Odoo already.
    pub(super) async fn check_bills(&self, progress: &mut [Progress]) -> Result<(), Interruption> {
        self.heed_locks(progress).await?;
        self.check_numbers(progress).await
    }

    /// Looks whether somebody entered a bill of the same vendor and number: Odoo would post both.
    async fn check_numbers(&self, progress: &mut [Progress]) -> Result<(), Interruption> {
        let numbers: Vec<Option<Number>> = progress.iter().map(number_written).collect();
        let any = |part: fn(&Number) -> &String| {
            let parts = numbers.iter().flatten().map(part);
            parts.cloned().collect::<Vec<_>>()
        };
        let references = any(|(_, _, reference)| reference);
        if references.is_empty() {
            return Ok(());
        }
        let partners: Vec<i64> = any(|(_, partner, _)| partner)
            .iter()
            .filter_map(|id| id.parse().ok())
            .collect();
        let domain = Domain::is_in("ref", references)
            .and(Domain::is_in("partner_id", partners))
            .and(Domain::is_in("move_type", any(|(kind, _, _)| kind)))
            .and(Domain::field("state", Operator::NotEqual, "cancel"));
        let search = Search::new(domain, &["ref", "partner_id", "move_type", "name"]);
        let model = Model::named(BILL.model);
        let found = self
            .odoo
            .search_read(&model, &search, &Context::new())
            .await?;
        let ids: Vec<RecordId> = found.iter().filter_map(id_of).collect();
        let names = self.odoo.get_external_ids(&model, &ids).await?;
        let mut there: BTreeMap<Number, Vec<(RecordId, String)>> = BTreeMap::new();
        for row in &found {
            if let (Some(id), Some(number)) = (id_of(row), number_of(row)) {
                let text = row.get("name").and_then(Value::as_str).unwrap_or("a draft");
                there.entry(number).or_default().push((id, text.to_owned()));
            }
        }
        for (one, number) in progress.iter_mut().zip(numbers) {
            let Some(others) = number.as_ref().and_then(|number| there.get(number)) else {
                continue;
            };
            let deeds = Deeds::of(&one.job.writes);
            let (own_name, is_new) = (deeds.reach.name.clone(), deeds.is_new());
            let is_of_customer = deeds.is_of_customer();
            let ours = format!("{}.", self.module);
            let named = |id: &RecordId, is: &dyn Fn(&str) -> bool| {
                let names = names.get(id).into_iter().flatten();
                names.map(ToString::to_string).any(|name| is(&name))
            };
            let (_, _, reference) = number.as_ref().expect("it led here");
            for (id, text) in others {
                // Of two that came from ServiceTitan the plan knows.
                if named(id, &|name| name.starts_with(&ours)) {
                    continue;
                }
                // So may a person have linked one with another record.
                let linked = self.names_of(*id).await?;
                if let Some(name) = linked.iter().find(|name| **name != own_name) {
                    one.notes.push(format!(
                        "{text} (account.move {id}) of this partner has the number {} too; it is linked with {name}",
                        sync::plain::quoted(reference)
                    ));
                    continue;
                }
                let reason = if is_of_customer {
                    failure::duplicate_invoice(reference, text, id.get())
                } else {
                    failure::duplicate_bill(reference, text, id.get(), is_new)
                };
                one.failed = Some(Verdict::Decide(reason));
            }
        }
        Ok(())
    }

    /// Bills that a call before made, and perhaps posted: Odoo does not `load` into the books, so they are changed. `again`:
    /// such a call may have been answered, and the batch have failed after it.
    pub(super) async fn find_what_is_there(
        &self,
        progress: &mut [Progress],
        again: bool,
    ) -> Result<(), Interruption> {
        for one in progress.iter_mut() {
            let deeds = Deeds::of(&one.job.writes);
            if !deeds.is_new() || (one.job.due.doubt.is_none() && !again) {
                continue;
            }
            let name = deeds.reach.name.clone();
            let external = ExternalId::new(&self.module, &name.0).expect("our own names are valid");
            let found = self.odoo.check_object_reference(&external).await?;
            if let Found::Found { id, .. } = found {
                one.made_before = Some(TargetId(id.get()));
                one.targets.insert(name, TargetId(id.get()));
            }
        }
        Ok(())
    }

    /// Makes a bill that is there ready to be changed: one in the books goes back to a draft. `None` if it may not change.
    /// `shown`: its state.
    pub(super) async fn open_bill(
        &self,
        one: &mut Progress,
        deeds: &Deeds<'_>,
        shown: &str,
        seen: &Seen,
    ) -> Result<Option<()>, Interruption> {
        let ours = super::was_cancelled_by_us(one, deeds.reach);
        let is_paid = shown == "posted" && seen.is_paid;
        let verdict = match shown {
            "draft" => return Ok(Some(())),
            "cancel" if !ours => Some(failure::cancelled_in_odoo()),
            // What we matched is matched again.
            "posted"
                if is_paid && !(deeds.is_of_customer() && self.is_paid_by_ours(one).await?) =>
            {
                Some(failure::bill_is_paid())
            }
            _ => None,
        };
        if let Some(reason) = verdict {
            one.failed = Some(Verdict::Decide(reason));
            return Ok(None);
        }
        let model = Model::named(BILL.model);
        let id = one.document();
        reached(Step::ApplyUpdating, 1);
        let context = Context::new();
        let acted = self
            .odoo
            .act(&model, &[id], Action::ResetToDraft, &context)
            .await;
        reached(Step::ApplyUpdated, 1);
        one.touched_by(&acted);
        if let Err(error) = acted {
            one.failed = Some(match of_one(error)? {
                Verdict::Park(reason) => Verdict::Decide(failure::stays_posted(&reason)),
                verdict => verdict,
            });
            return Ok(None);
        }
        Ok(Some(()))
    }
}

impl Carrier {
    /// How an invoice in the books goes back to a draft: what we matched it with stays, what a person did is a person's.
    pub(super) async fn take_back(
        &self,
        one: &Progress,
        seen: Option<&Seen>,
    ) -> Result<Next, Interruption> {
        let is_paid = seen.is_some_and(|seen| seen.is_paid);
        if is_paid && !self.is_paid_by_ours(one).await? {
            return Ok(Next::Decide(failure::bill_is_paid()));
        }
        Ok(Next::Press(Action::ResetToDraft))
    }

    /// Whether all that a document is matched with was matched by the connector.
    async fn is_paid_by_ours(&self, one: &Progress) -> Result<bool, Interruption> {
        let context = Context::new();
        let items = self.odoo.open_items(&[one.document()], &context).await?;
        let items: Vec<RecordId> = items.iter().map(|item| item.id).collect();
        let parts = self.odoo.reconciliations(&items, &context).await?;
        let parts: Vec<RecordId> = parts.iter().map(|part| part.id).collect();
        let names = self
            .odoo
            .get_external_ids(&Model::RECONCILIATION, &parts)
            .await?;
        let is_ours = |part: &RecordId| {
            let mut names = names.get(part).into_iter().flatten();
            names.any(|name| name.module() == self.module)
        };
        Ok(!parts.is_empty() && parts.iter().all(is_ours))
    }
}

pub(super) fn id_of(row: &Fields) -> Option<RecordId> {
    row.get("id")?.as_i64().map(RecordId)
}

fn number_of(row: &Fields) -> Option<Number> {
    let partner = row.get("partner_id")?.as_array()?.first()?.as_i64()?;
    let text = |field: &str| row.get(field)?.as_str().map(str::to_owned);
    Some((text("move_type")?, partner.to_string(), text("ref")?))
}

/// The number of a bill that is written.
fn number_written(one: &Progress) -> Option<Number> {
    let deeds = Deeds::of(&one.job.writes);
    let columns = &deeds.header?.holds;
    let column = |name: &str| {
        let text = columns.get(name).filter(|text| !text.is_empty());
        text.map(str::to_owned)
    };
    one.failed.is_none().then_some((
        column("move_type")?,
        column("partner_id/.id")?,
        column("ref")?,
    ))
}

/// The next step of a bill. `cancelled_by_us`: its cancellation in Odoo was ours.
pub(super) fn next(goal: Goal, seen: Option<&Seen>, cancelled_by_us: bool) -> Next {
    let state = seen.map_or("", |seen| seen.state.as_str());
    let is_paid = seen.is_some_and(|seen| seen.is_paid);
    match (goal, state) {
        (Goal::Draft, "draft") | (Goal::Posted, "posted") | (Goal::Cancelled, "cancel") => {
            Next::Reached(None)
        }
        (Goal::Draft, "posted") => Next::Reached(Some(
            "it is posted in Odoo, though it was to stay a draft".to_owned(),
        )),
        (Goal::Draft | Goal::Posted, "cancel") if cancelled_by_us => {
            Next::Press(Action::ResetToDraft)
        }
        (Goal::Draft | Goal::Posted, "cancel") => Next::Decide(failure::cancelled_in_odoo()),
        (Goal::Cancelled, "posted") if is_paid => Next::Decide(failure::withdrawn_but_paid()),
        (Goal::Cancelled, "posted") | (Goal::Draft, _) => Next::Press(Action::ResetToDraft),
        (Goal::Cancelled, _) => Next::Press(Action::Cancel),
        (Goal::Posted | Goal::Confirmed, _) => Next::Press(Action::Post),
    }
}

/// Why a bill in the books is not where it belongs: Odoo moves the date out of a locked period without a word.
pub(super) fn date_shifted(seen: Option<&Seen>, deeds: &Deeds<'_>) -> Option<Reason> {
    let is_posted = deeds.goal == Goal::Posted;
    let holds = &deeds.reach.holds;
    let wanted = holds.get(BOOKED).or_else(|| holds.get("date"));
    let wanted = wanted.filter(|_| is_posted)?;
    let found = seen?.date.as_deref()?;
    (found != wanted).then(|| failure::date_shifted(wanted, found))
}
