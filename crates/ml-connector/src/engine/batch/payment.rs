//! Payments of customers: made or changed, brought to their state, then matched with what they pay, each with exactly so much.
//!
//! What a payment is matched with bears a name of ours in Odoo, so that asking for it again changes nothing, and what a person
//! matched is told from it and left alone.

use std::collections::{BTreeMap, BTreeSet};

use odoo::document::{Direction, Payment, PaymentState};
use odoo::{Action, Context, ExternalId, Found, Model, RecordId, Settlement, Unsettled};
use rust_decimal::Decimal;
use serde_json::Value;
use sync::content::Content;
use sync::failure::{self, Verdict};
use sync::link::{Link, Name, TargetId};
use sync::plan::{Entry, Goal, Match, Verb, Write};

use super::document::{of_one, values};
use super::update::Whereabouts;
use super::{Carried, Carrier, Interruption, Progress};
use crate::engine::step::{Step, reached};

/// In place of an entry that is not in the books.
const NOWHERE: RecordId = RecordId(0);

/// Whether these writes are those of a payment.
pub(super) fn settles(writes: &[Write]) -> bool {
    let mut verbs = writes.iter().map(|write| &write.verb);
    verbs.any(|verb| matches!(verb, Verb::Settle { .. }))
}

/// What a payment's writes are, apart.
struct Deed<'a> {
    header: Option<&'a Write>,
    settle: &'a Write,
    goal: Goal,
    amount: Decimal,
    matches: &'a [Match],
    before: &'a [(Name, Name, Decimal)],
}

impl<'a> Deed<'a> {
    fn of(writes: &'a [Write]) -> Self {
        let header = writes
            .iter()
            .find(|write| !matches!(write.verb, Verb::Settle { .. }));
        let of = |settle: &'a Write| match &settle.verb {
            Verb::Settle {
                goal,
                amount,
                matches,
                before,
            } => Some(Self {
                header,
                settle,
                goal: *goal,
                amount: *amount,
                matches,
                before,
            }),
            _ => None,
        };
        let mut deeds = writes.iter().filter_map(of);
        deeds.next().expect("a payment is settled")
    }
}

impl Carrier {
    /// All payments of the batch.
    pub(super) async fn payments(
        &self,
        progress: &mut [Progress],
        carried: &mut Carried,
    ) -> Result<(), Interruption> {
        self.find_payments(progress).await?;
        self.heed_locks_of_payments(progress).await?;
        self.create(progress, carried).await?;
        self.change_payments(progress).await?;
        self.bring_payments_to_state(progress).await?;
        self.match_payments(progress).await
    }

    /// Those that are there, as a call before made them or another connector, are changed if they have to be: loading over a
    /// posted payment takes its outstanding account away.
    async fn find_payments(&self, progress: &mut [Progress]) -> Result<(), Interruption> {
        for one in progress.iter_mut() {
            let mut creations = one.job.writes.iter_mut();
            let creation = creations.find_map(|write| match &write.verb {
                Verb::Create { columns } => Some((columns.clone(), write)),
                _ => None,
            });
            let Some((columns, write)) = creation else {
                continue;
            };
            let external = ExternalId::new(&self.module, &write.name.0).expect("our own names");
            if let Found::Found { id, .. } = self.odoo.check_object_reference(&external).await? {
                let target = TargetId(id.get());
                write.verb = Verb::Update { target, columns };
                one.targets.insert(write.name.clone(), target);
                one.made_before = Some(target);
            }
        }
        Ok(())
    }

    /// Nothing goes into a closed period: Odoo would move it out without a word.
    async fn heed_locks_of_payments(&self, progress: &mut [Progress]) -> Result<(), Interruption> {
        let locks = self.odoo.lock_dates().await?.unwrap_or_default();
        let Some((until, field)) = locks.of_payments() else {
            return Ok(());
        };
        for one in progress.iter_mut() {
            let deed = Deed::of(&one.job.writes);
            let writes = deed.header.is_some() || deed.goal == Goal::Cancelled;
            let date = deed.settle.holds.get("date");
            let date = date.and_then(|date| date.parse::<jiff::civil::Date>().ok());
            if let Some(date) = date.filter(|date| writes && *date <= until) {
                let reason = failure::period_locked(date, until, field);
                one.failed = Some(Verdict::Decide(reason));
            }
        }
        Ok(())
    }

    /// What Odoo shows of the payments about which something is still to be done, by id.
    async fn look_at_payments(
        &self,
        progress: &[Progress],
    ) -> Result<BTreeMap<i64, Payment>, Interruption> {
        let standing = progress.iter().filter(|one| one.failed.is_none());
        let ids: Vec<RecordId> = standing.filter_map(Progress::payment).collect();
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let found = self.odoo.payments(&ids, &Context::new()).await?;
        let found = found.into_iter();
        Ok(found.map(|payment| (payment.id.get(), payment)).collect())
    }

    /// Those of these payments that a line of a bank statement proves.
    async fn proven(&self, ids: &[RecordId]) -> Result<BTreeSet<i64>, Interruption> {
        // The flag is also set where no statement is expected, as with cash.
        const PROOFS: [&str; 2] = ["reconciled_statement_line_ids", "is_matched"];
        if ids.is_empty() {
            return Ok(BTreeSet::new());
        }
        let (model, context) = (Model::PAYMENT, Context::new());
        let Some(proof) = self.odoo.first_field(&model, &PROOFS).await? else {
            return Ok(BTreeSet::new());
        };
        let found = self.odoo.read(&model, ids, &[proof], &context).await?;
        let is_proof = |value: &Value| {
            let lines = value.as_array();
            lines.map_or(*value == true, |lines| !lines.is_empty())
        };
        let proven = found.iter().filter(|row| is_proof(&row[proof]));
        Ok(proven.filter_map(|row| row["id"].as_i64()).collect())
    }

    /// Changes those that are there and differ. One that is posted goes back to a draft before.
    async fn change_payments(&self, progress: &mut [Progress]) -> Result<(), Interruption> {
        let is_changed = |one: &&Progress| {
            let header = Deed::of(&one.job.writes).header.map(|write| &write.verb);
            matches!(header, Some(Verb::Update { .. }))
        };
        if !progress.iter().any(|one| is_changed(&one)) {
            return Ok(());
        }
        let seen = self.look_at_payments(progress).await?;
        let ids: Vec<RecordId> = seen.values().map(|payment| payment.id).collect();
        let proven = self.proven(&ids).await?;
        for one in progress.iter_mut().filter(|one| one.failed.is_none()) {
            let writes = one.job.writes.clone();
            let deed = Deed::of(&writes);
            let Some(header) = deed.header else { continue };
            let Verb::Update { target, columns } = &header.verb else {
                continue;
            };
            let Some(payment) = seen.get(&target.0) else {
                self.missed_payment(one, deed.goal).await?;
                continue;
            };
            if is_so(payment, columns) {
                one.put(header, *target);
                continue;
            }
            if proven.contains(&target.0) {
                one.failed = Some(Verdict::Decide(failure::payment_is_proven()));
                continue;
            }
            if payment.state != PaymentState::Draft
                && !self.press_on_payment(one, Action::BackToDraft).await?
            {
                continue;
            }
            reached(Step::ApplyUpdating, 1);
            let (model, id) = (Model::PAYMENT, RecordId(target.0));
            let values = values::native(columns);
            let written = self
                .odoo
                .write(&model, &[id], values, &Context::new())
                .await;
            reached(Step::ApplyUpdated, 1);
            one.touched_by(&written);
            match written {
                Ok(()) => one.put(header, *target),
                Err(error) => one.failed = Some(of_one(error)?),
            }
        }
        Ok(())
    }

    /// Presses a button of one payment; says whether Odoo took it.
    async fn press_on_payment(
        &self,
        one: &mut Progress,
        action: Action,
    ) -> Result<bool, Interruption> {
        let id = one.payment().expect("it is there");
        reached(Step::ApplyUpdating, 1);
        let acted = self
            .odoo
            .act(&Model::PAYMENT, &[id], action, &Context::new())
            .await;
        reached(Step::ApplyUpdated, 1);
        one.touched_by(&acted);
        match acted {
            Ok(_) => Ok(true),
            Err(error) => {
                one.failed = Some(of_one(error)?);
                Ok(false)
            }
        }
    }

    /// A payment is not where it was. One that was voided anyway may be gone.
    async fn missed_payment(&self, one: &mut Progress, goal: Goal) -> Result<(), Interruption> {
        let name = Deed::of(&one.job.writes).settle.name.clone();
        let target = one.targets[&name];
        let verdict = match self
            .whereabouts(&Model::PAYMENT, &name, target, None)
            .await?
        {
            Whereabouts::Deleted(_) if goal == Goal::Cancelled => {
                one.forget(&name);
                one.has_reached = true;
                return Ok(());
            }
            Whereabouts::Deleted(verdict) | Whereabouts::Lost(verdict) => verdict,
            Whereabouts::MovedTo(_) | Whereabouts::Shared(_) => {
                let what = format!("account.payment {target} ({name}) was replaced in Odoo.");
                Verdict::Decide(failure::deleted_in_odoo(what))
            }
        };
        one.failed = Some(verdict);
        Ok(())
    }

    /// Posts, takes back or cancels.
    async fn bring_payments_to_state(&self, progress: &mut [Progress]) -> Result<(), Interruption> {
        let seen = self.look_at_payments(progress).await?;
        let ids: Vec<RecordId> = seen.values().map(|payment| payment.id).collect();
        let proven = self.proven(&ids).await?;
        let mut posting = Vec::new();
        for (at, one) in progress.iter_mut().enumerate() {
            if one.failed.is_some() || one.has_reached {
                continue;
            }
            let writes = one.job.writes.clone();
            let deed = Deed::of(&writes);
            let id = one.payment().expect("it was made, or was there");
            let Some(payment) = seen.get(&id.get()) else {
                self.missed_payment(one, deed.goal).await?;
                continue;
            };
            let is_proven = proven.contains(&id.get());
            match next(
                deed.goal,
                payment,
                is_proven,
                was_cancelled_by_us(one, deed.settle),
            ) {
                Next::Nothing => {}
                Next::Post if payment.amount != deed.amount => {
                    let reason = failure::total_differs(deed.amount, payment.amount);
                    one.failed = Some(Verdict::Park(reason));
                }
                Next::Post => posting.push(at),
                Next::PressThenPost(action) => {
                    if self.press_on_payment(one, action).await? {
                        posting.push(at);
                    }
                }
                Next::Press(action) => {
                    // As a draft it would keep what it was matched with.
                    if deed.goal != Goal::Draft || self.unmatch(one, payment).await? {
                        self.press_on_payment(one, action).await?;
                    }
                }
                Next::Decide(reason) => one.failed = Some(Verdict::Decide(reason)),
            }
        }
        self.post_payments(progress, &posting).await
    }

    /// Takes back all that we matched a posted payment with; says whether Odoo took it.
    async fn unmatch(&self, one: &mut Progress, payment: &Payment) -> Result<bool, Interruption> {
        let seen = BTreeMap::from([(payment.id.get(), payment.clone())]);
        let entries = self.entries(std::slice::from_ref(one), &seen).await?;
        let writes = one.job.writes.clone();
        let settlements = self.settlements(&Deed::of(&writes), &entries).into_iter();
        let settlements: Vec<Settlement> = settlements.map(|(_, one)| one).collect();
        if settlements.is_empty() {
            return Ok(true);
        }
        reached(Step::ApplyUpdating, settlements.len());
        let settled = self.odoo.settle(&settlements, &Context::new()).await;
        reached(Step::ApplyUpdated, settlements.len());
        one.touched_by(&settled);
        for (settlement, result) in settlements.iter().zip(settled?) {
            if let Err(why) = result {
                let reason = failure::match_not_reached(&said(settlement, &why));
                one.failed = Some(Verdict::Decide(reason));
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Posts these; one that Odoo refuses takes nobody with it.
    async fn post_payments(
        &self,
        progress: &mut [Progress],
        of: &[usize],
    ) -> Result<(), Interruption> {
        let ids: Vec<RecordId> = of.iter().filter_map(|at| progress[*at].payment()).collect();
        if ids.is_empty() {
            return Ok(());
        }
        reached(Step::ApplyUpdating, ids.len());
        let posted = self.odoo.post_payments(&ids, &Context::new()).await;
        reached(Step::ApplyUpdated, ids.len());
        for at in of {
            progress[*at].touched_by(&posted);
        }
        let Err(error) = posted else { return Ok(()) };
        let verdict = of_one(error)?;
        if let [only] = of {
            progress[*only].failed = Some(verdict);
            return Ok(());
        }
        for (at, id) in of.iter().zip(ids) {
            let posted = self.odoo.post_payments(&[id], &Context::new()).await;
            progress[*at].touched_by(&posted);
            if let Err(error) = posted {
                progress[*at].failed = Some(of_one(error)?);
            }
        }
        Ok(())
    }

    /// Reads what became of all, and matches what is posted.
    async fn match_payments(&self, progress: &mut [Progress]) -> Result<(), Interruption> {
        let seen = self.look_at_payments(progress).await?;
        self.find_what_was_moved(progress, &seen).await?;
        // Two batches that matched at once could both take what only one of them can have.
        let (_turn, _) = self.turn(progress).await?;
        let entries = self.entries(progress, &seen).await?;
        let mut wanted: Vec<(Decimal, usize, Settlement)> = Vec::new();
        for (at, one) in progress.iter_mut().enumerate() {
            if one.failed.is_some() || one.has_reached {
                continue;
            }
            let writes = one.job.writes.clone();
            let deed = Deed::of(&writes);
            if deed.goal == Goal::Posted {
                let settlements = self.settlements(&deed, &entries).into_iter();
                wanted.extend(settlements.map(|(change, one)| (change, at, one)));
            }
        }
        // What becomes less goes first, of all of them.
        wanted.sort_by_key(|(change, ..)| *change);
        let wanted: Vec<(usize, Settlement)> =
            wanted.into_iter().map(|(_, at, one)| (at, one)).collect();
        let too_much = self.settle(progress, &wanted).await?;
        // More than is open can be applied in ServiceTitan: the rest stays on the customer's account.
        for (at, one) in self.settle(progress, &too_much).await? {
            let what = said(
                &one,
                &Unsettled::TooMuch {
                    open: Decimal::ZERO,
                },
            );
            let reason = failure::match_not_reached(&what);
            progress[at].failed.get_or_insert(Verdict::Decide(reason));
        }
        for one in progress.iter_mut() {
            if one.failed.is_some() || one.has_reached {
                continue;
            }
            let writes = one.job.writes.clone();
            let settle = Deed::of(&writes).settle;
            let target = one.targets[&settle.name];
            one.put(settle, target);
            one.has_reached = true;
        }
        Ok(())
    }

    /// Matches these. Gives those of which less is open, with so much as is.
    async fn settle(
        &self,
        progress: &mut [Progress],
        wanted: &[(usize, Settlement)],
    ) -> Result<Vec<(usize, Settlement)>, Interruption> {
        let mut too_much = Vec::new();
        if wanted.is_empty() {
            return Ok(too_much);
        }
        let settlements: Vec<Settlement> = wanted.iter().map(|(_, one)| one.clone()).collect();
        reached(Step::ApplyUpdating, settlements.len());
        let settled = self.odoo.settle(&settlements, &Context::new()).await;
        reached(Step::ApplyUpdated, settlements.len());
        for (at, _) in wanted {
            progress[*at].touched_by(&settled);
        }
        for ((at, settlement), result) in wanted.iter().zip(settled?) {
            let one = &mut progress[*at];
            match result {
                Ok(_) => {}
                Err(why @ Unsettled::TooMuch { open }) => {
                    one.notes.push(said(settlement, &why));
                    let amount = open;
                    let settlement = settlement.clone();
                    too_much.push((
                        *at,
                        Settlement {
                            amount,
                            ..settlement
                        },
                    ));
                }
                Err(Unsettled::NotPosted(_) | Unsettled::NothingOwed(NOWHERE)) => {
                    let reason = failure::counterpart_not_posted(pair(settlement));
                    one.failed.get_or_insert(Verdict::Decide(reason));
                }
                Err(why) => {
                    let reason = failure::match_not_reached(&said(settlement, &why));
                    one.failed.get_or_insert(Verdict::Decide(reason));
                }
            }
        }
        Ok(too_much)
    }

    /// What is posted without an entry, or on another day than it was told, is no payment as it should be.
    async fn find_what_was_moved(
        &self,
        progress: &mut [Progress],
        seen: &BTreeMap<i64, Payment>,
    ) -> Result<(), Interruption> {
        let entries: Vec<RecordId> = seen.values().filter_map(|payment| payment.entry).collect();
        let heads = self.odoo.bill_heads(&entries, &Context::new()).await?;
        let booked: BTreeMap<RecordId, String> = heads
            .iter()
            .filter_map(|entry| Some((entry.id, entry.date?.to_string())))
            .collect();
        for one in progress.iter_mut() {
            if one.failed.is_some() || one.has_reached {
                continue;
            }
            let deed = Deed::of(&one.job.writes);
            let shown = one.payment().and_then(|id| seen.get(&id.get()));
            let (Some(payment), Goal::Posted) = (shown, deed.goal) else {
                continue;
            };
            let date = deed.settle.holds.get("date").unwrap_or_default();
            let booked = payment.entry.and_then(|entry| booked.get(&entry));
            one.failed = match (payment.posted_entry(), booked) {
                (Err(odoo::document::Unpayable::NoEntry), _) => {
                    Some(Verdict::Decide(failure::payment_without_entry()))
                }
                (Err(odoo::document::Unpayable::NotPosted), _) => {
                    let reason =
                        failure::state_not_reached(deed.goal.as_str(), payment.state.as_str());
                    Some(Verdict::Park(reason))
                }
                (Ok(_), Some(booked)) if booked != date => {
                    Some(Verdict::Decide(failure::date_shifted(date, booked)))
                }
                (Ok(_), _) => None,
            };
        }
        Ok(())
    }

    /// The journal entries of everything that is to be matched, or was, by the names of their links.
    async fn entries(
        &self,
        progress: &[Progress],
        seen: &BTreeMap<i64, Payment>,
    ) -> Result<BTreeMap<Name, RecordId>, Interruption> {
        let mut entries = BTreeMap::new();
        let (mut names, mut payments) = (BTreeSet::new(), BTreeMap::new());
        for one in progress.iter().filter(|one| one.failed.is_none()) {
            let deed = Deed::of(&one.job.writes);
            let own = one.payment().and_then(|id| seen.get(&id.get()));
            if let Some(entry) = own.and_then(|payment| payment.posted_entry().ok()) {
                entries.insert(deed.settle.name.clone(), entry);
            }
            for Entry {
                name,
                target,
                model,
            } in deed
                .matches
                .iter()
                .flat_map(|one| [&one.credit, &one.debit])
            {
                match target {
                    Some(target) if *model == Model::PAYMENT.as_str() => {
                        payments.insert(RecordId(target.0), name.clone());
                    }
                    Some(target) => {
                        entries.insert(name.clone(), RecordId(target.0));
                    }
                    None => {}
                }
            }
            let before = deed.before.iter();
            names.extend(before.flat_map(|(credit, debit, _)| [credit.clone(), debit.clone()]));
        }
        names.retain(|name| !entries.contains_key(name));
        let names: Vec<Name> = names.into_iter().collect();
        for (name, link) in self.store.links(self.connection, &names).await? {
            if link.model == Model::PAYMENT.as_str() {
                payments.insert(RecordId(link.target.0), name);
            } else {
                entries.insert(name, RecordId(link.target.0));
            }
        }
        let ids: Vec<RecordId> = payments.keys().copied().collect();
        if !ids.is_empty() {
            for payment in self.odoo.payments(&ids, &Context::new()).await? {
                if let Ok(entry) = payment.posted_entry() {
                    entries.insert(payments[&payment.id].clone(), entry);
                }
            }
        }
        Ok(entries)
    }

    /// What is to be matched, and what no more, each with by how much it becomes more. Where an entry is not posted nothing is
    /// matched, and was nothing.
    fn settlements(
        &self,
        deed: &Deed<'_>,
        entries: &BTreeMap<Name, RecordId>,
    ) -> Vec<(Decimal, Settlement)> {
        let mut all: BTreeMap<(&Name, &Name), (Decimal, Decimal)> = BTreeMap::new();
        for (credit, debit, amount) in deed.before {
            all.entry((credit, debit)).or_default().0 = *amount;
        }
        for one in deed.matches {
            let pair = (&one.credit.name, &one.debit.name);
            all.entry(pair).or_default().1 = one.amount;
        }
        let mut settlements = Vec::new();
        for ((credit, debit), (before, amount)) in all {
            let ends = (entries.get(credit).copied(), entries.get(debit).copied());
            let (payer, invoice) = match ends {
                (Some(payer), Some(invoice)) => (payer, invoice),
                // What is taken back of an entry that is gone is gone.
                _ if amount.is_zero() => continue,
                (payer, invoice) => (payer.unwrap_or(NOWHERE), invoice.unwrap_or(NOWHERE)),
            };
            let name = format!("match_{credit}_{debit}");
            let settlement = Settlement {
                name: ExternalId::new(&self.module, &name).expect("our own names"),
                payer,
                invoice,
                amount,
            };
            settlements.push((amount - before, settlement));
        }
        settlements
    }
}

/// What is to be done about a payment's state.
enum Next {
    Nothing,
    Post,
    Press(Action),
    PressThenPost(Action),
    Decide(sync::record::Reason),
}

fn next(goal: Goal, payment: &Payment, is_proven: bool, cancelled_by_us: bool) -> Next {
    use PaymentState as State;
    let is_cancelled = matches!(
        payment.state,
        State::Cancelled | State::CancelledBefore18 | State::Rejected
    );
    let is_posted = payment.posted_entry().is_ok();
    match goal {
        Goal::Cancelled if is_cancelled => Next::Nothing,
        Goal::Cancelled if is_proven => Next::Decide(failure::payment_is_proven()),
        Goal::Cancelled => Next::Press(Action::CancelDeal),
        _ if is_cancelled && !cancelled_by_us => Next::Decide(failure::cancelled_in_odoo()),
        Goal::Draft if is_cancelled => Next::Press(Action::BackToDraft),
        Goal::Draft if payment.state == State::Draft => Next::Nothing,
        Goal::Draft if is_proven => Next::Decide(failure::payment_is_proven()),
        Goal::Draft => Next::Press(Action::BackToDraft),
        Goal::Posted | Goal::Confirmed if is_cancelled => Next::PressThenPost(Action::BackToDraft),
        Goal::Posted | Goal::Confirmed if is_posted => Next::Nothing,
        Goal::Posted | Goal::Confirmed => Next::Post,
    }
}

/// Whether it was the connector that cancelled the payment.
fn was_cancelled_by_us(one: &Progress, settle: &Write) -> bool {
    let mut links = one.job.due.links.iter();
    let link = links.find(|link| link.name == settle.name);
    link.and_then(Link::reached) == Some(Goal::Cancelled.as_str())
}

/// Whether the payment is as these columns say.
fn is_so(payment: &Payment, columns: &Content) -> bool {
    let id = |id: Option<RecordId>| id.map(|id| id.to_string()).unwrap_or_default();
    columns.iter().all(|(column, wanted)| match column {
        "payment_type" => {
            let direction = match payment.direction {
                Direction::Inbound => "inbound",
                Direction::Outbound => "outbound",
                Direction::Other(_) => return false,
            };
            direction == wanted
        }
        "partner_id/.id" => id(payment.partner) == wanted,
        "journal_id/.id" => payment.journal.to_string() == wanted,
        "currency_id/.id" => id(payment.currency) == wanted,
        "amount" => wanted.parse() == Ok(payment.amount),
        "date" => payment.date.map(|date| date.to_string()).as_deref() == Some(wanted),
        "memo" | "ref" => payment.memo.as_deref().unwrap_or_default() == wanted,
        // What is said once and never changes.
        _ => true,
    })
}

/// What pays, and what is paid.
fn pair(settlement: &Settlement) -> &str {
    settlement.name.name().trim_start_matches("match_")
}

/// What could not be matched, and why.
fn said(settlement: &Settlement, why: &Unsettled) -> String {
    format!("{} with {:.2}: {why}", pair(settlement), settlement.amount)
}

impl Progress {
    /// The payment's id, once it is there.
    fn payment(&self) -> Option<RecordId> {
        let settle = Deed::of(&self.job.writes).settle;
        self.targets
            .get(&settle.name)
            .map(|target| RecordId(target.0))
    }
}
