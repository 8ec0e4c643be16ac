//! Documents with lines: made or changed whole, compared with what they must come to, and only then brought to their
//! state.
//!
//! A new document goes with all its lines in one `load`, so that it is there whole or not at all. One that is there is
//! read first, since a call that nobody heard the end of may have changed its lines, and is then changed by one `write`.
//! What Odoo's buttons return proves nothing: the state is read, the button is pressed, the state is read again.

mod adopt;
mod bill;
mod change;
mod create;
mod period;
mod seen;
mod state;
mod tax;
mod tie;
mod turn;
pub(super) mod values;

use std::collections::{BTreeMap, BTreeSet};

use odoo::{Action, Context, Domain, ExternalId, Found, Model, RecordId, Search};
use rust_decimal::Decimal;
use store::links::LinkChange;
use sync::failure::{self, Verdict};
use sync::link::{CHANGED, Link, TargetId, as_posted, unreached};
use sync::plan::{ClosedPeriod, Goal, RECREATE, Tax, Verb, Write};
use sync::record::Reason;

use super::{Carried, Carrier, Interruption, Progress};
use crate::engine::step::{Step, reached};
pub use adopt::Claims;
use seen::Seen;
use state::Next;
use tie::Tie;

/// How a kind of document is called in Odoo.
#[derive(Clone, Copy)]
struct Kind {
    model: &'static str,
    lines: &'static str,
    line_model: &'static str,
    /// The field of a line that names its document.
    of: &'static str,
    /// The fields of a document that are looked at.
    looks: &'static [&'static str],
}

const ORDER: Kind = Kind {
    model: "purchase.order",
    lines: "order_line",
    line_model: "purchase.order.line",
    of: "order_id",
    looks: &["state", "amount_total", "currency_id"],
};

const BILL: Kind = Kind {
    model: "account.move",
    lines: "invoice_line_ids",
    line_model: "account.move.line",
    of: "move_id",
    looks: &[
        "state",
        "amount_total",
        "amount_tax",
        "currency_id",
        "date",
        "payment_state",
        tie::REVERSES,
    ],
};

impl Kind {
    /// The kind of document that these writes are about.
    fn of(writes: &[Write]) -> Option<Self> {
        let kinds = [ORDER, BILL].into_iter();
        let mut kinds = kinds.filter(|kind| writes.iter().any(|write| write.model == kind.model));
        kinds.next()
    }

    fn is_bill(self) -> bool {
        self.model == BILL.model
    }
}

/// Rounds of pressing buttons: a cancelled order needs two of them to be confirmed.
const ROUNDS_MAX: usize = 3;

/// Whether these writes are those of a document.
pub(super) fn is_document(writes: &[Write]) -> bool {
    Kind::of(writes).is_some()
}

/// What a document's writes are, apart.
struct Deeds<'a> {
    header: Option<&'a Write>,
    lines: Vec<&'a Write>,
    reach: &'a Write,
    goal: Goal,
    total: Decimal,
    tax: Tax,
    hold: Option<&'a Reason>,
    closed: ClosedPeriod,
}

impl<'a> Deeds<'a> {
    fn of(writes: &'a [Write]) -> Self {
        let (mut header, mut lines, mut reach) = (None, Vec::new(), None);
        for write in writes {
            match &write.verb {
                Verb::Reach {
                    goal,
                    total,
                    tax,
                    hold,
                    closed,
                } => reach = Some((write, *goal, (*total, *tax), hold.as_ref(), *closed)),
                _ if write.document.is_some() => lines.push(write),
                _ => header = Some(write),
            }
        }
        let (reach, goal, (total, tax), hold, closed) =
            reach.expect("a document is brought to a state");
        Self {
            header,
            lines,
            reach,
            goal,
            total,
            tax,
            hold,
            closed,
        }
    }

    fn is_new(&self) -> bool {
        let header = self.header.map(|write| &write.verb);
        matches!(header, Some(Verb::Create { .. }))
    }

    /// Whether it is a customer's: an invoice or a credit note.
    fn is_of_customer(&self) -> bool {
        let kind = self.reach.holds.get("move_type");
        kind.is_some_and(|kind| kind.starts_with("out_"))
    }

    fn changes(&self) -> bool {
        self.header.is_some() || !self.lines.is_empty()
    }
}

impl Carrier {
    /// All documents of the batch.
    pub(super) async fn documents(
        &self,
        progress: &mut [Progress],
        carried: &mut Carried,
    ) -> Result<(), Interruption> {
        // A batch is of one flow.
        let mut kinds = progress.iter().filter_map(|one| Kind::of(&one.job.writes));
        let Some(kind) = kinds.next() else {
            return Ok(());
        };
        // Who is only linked goes first, and is written nothing.
        progress.sort_by_key(|one| !adopt::is_adoption(&one.job.writes));
        let adopted = progress.partition_point(|one| adopt::is_adoption(&one.job.writes));
        let (adopted, progress) = progress.split_at_mut(adopted);
        self.adopt(adopted).await?;
        self.check_accounts(progress).await?;
        if kind.is_bill() {
            self.find_what_is_there(progress, carried.halved).await?;
            self.check_bills(progress).await?;
        }
        self.leave_what_is_alive(progress, carried.halved).await?;
        self.create_documents(kind, progress, carried).await?;
        for one in progress.iter_mut() {
            let writes = one.job.writes.clone();
            let deeds = Deeds::of(&writes);
            if one.failed.is_none() && !one.makes(&deeds) && deeds.changes() {
                self.change_document(kind, one, &deeds).await?;
            }
        }
        self.take_strays_away(kind, progress).await?;
        let seen = self.compare(kind, progress).await?;
        self.bring_to_state(kind, progress, seen).await?;
        // What was not touched is what it was: a bill in the books that may not change stays in them.
        let unsettled =
            |one: &&mut Progress| !one.has_reached && (one.is_touched || !one.changes.is_empty());
        for one in progress.iter_mut().filter(unsettled) {
            let reach = Deeds::of(&one.job.writes).reach.clone();
            one.unsettle(&reach);
        }
        Ok(())
    }

    /// What a person wants made anew and was not deleted is not written over. `again`: this batch may have made it.
    async fn leave_what_is_alive(
        &self,
        progress: &mut [Progress],
        again: bool,
    ) -> Result<(), Interruption> {
        for one in progress.iter_mut().filter(|one| one.failed.is_none()) {
            let due = &one.job.due;
            let is_asked_for = due.decision.as_deref() == Some(RECREATE);
            if again || !is_asked_for || due.doubt.is_some() || due.links.is_empty() {
                continue;
            }
            let deeds = Deeds::of(&one.job.writes);
            let name = &deeds.reach.name;
            let external = ExternalId::new(&self.module, &name.0).expect("our own names are valid");
            let found = self.odoo.check_object_reference(&external).await?;
            if let (true, Found::Found { model, id }) = (deeds.is_new(), found) {
                let reason = failure::still_in_odoo(model.as_str(), id.get());
                one.failed = Some(Verdict::Decide(reason));
            }
        }
        Ok(())
    }

    /// Odoo takes analytic accounts that do not exist, so they are looked for.
    async fn check_accounts(&self, progress: &mut [Progress]) -> Result<(), Interruption> {
        let named: Vec<BTreeSet<i64>> = progress
            .iter()
            .map(|one| values::accounts(&one.job.writes))
            .collect();
        let all: Vec<i64> = named.iter().flatten().copied().collect();
        if all.is_empty() {
            return Ok(());
        }
        let domain = Domain::is_in("id", all);
        let search = Search::new(domain, &["id"]);
        let model = Model::named("account.analytic.account");
        let context = Context::new().with_archived();
        let found = self.odoo.search_read(&model, &search, &context).await?;
        let found: BTreeSet<i64> = found.iter().filter_map(|row| row["id"].as_i64()).collect();
        for (one, named) in progress.iter_mut().zip(named) {
            if let Some(gone) = named.iter().find(|id| !found.contains(id)) {
                one.failed = Some(Verdict::Decide(failure::analytic_account_gone(*gone)));
            }
        }
        Ok(())
    }

    /// Reads the documents back, and stops those that do not come to what they must. Gives what it saw.
    async fn compare(
        &self,
        kind: Kind,
        progress: &mut [Progress],
    ) -> Result<BTreeMap<i64, Seen>, Interruption> {
        let ids: Vec<RecordId> = standing(progress);
        let mut seen = self.look(kind, &ids).await?;
        self.round_taxes(kind, progress, &mut seen).await?;
        for one in progress.iter_mut().filter(|one| one.stands()) {
            let writes = one.job.writes.clone();
            let deeds = Deeds::of(&writes);
            let target = one.targets[&deeds.reach.name];
            let Some(seen) = seen.get(&target.0) else {
                self.missed_document(kind, one, deeds.goal).await?;
                continue;
            };
            for write in &deeds.lines {
                if let Some(id) = seen.lines.get(&self.external_id(&write.name)) {
                    one.put(write, TargetId(id.get()));
                }
            }
            if deeds.goal == Goal::Cancelled {
                continue;
            }
            let currency = deeds.reach.holds.get("currency_id/.id");
            if currency.is_some_and(|id| id.parse().ok() != seen.currency) {
                one.failed = Some(Verdict::Park(failure::currency_differs()));
            } else if let Some(verdict) = tax::differs(seen, &deeds) {
                one.failed = Some(verdict);
            } else if seen.total != deeds.total {
                let reason = failure::total_differs(deeds.total, seen.total);
                one.failed = Some(Verdict::Park(reason));
            }
        }
        Ok(seen)
    }

    /// Presses the buttons that bring the documents to their states. `seen`: what Odoo showed of them just now.
    async fn bring_to_state(
        &self,
        kind: Kind,
        progress: &mut [Progress],
        seen: BTreeMap<i64, Seen>,
    ) -> Result<(), Interruption> {
        let model = Model::named(kind.model);
        let (mut turn, has_waited) = self.turn_to_confirm(progress).await?;
        // What was seen before the wait may hold no more.
        let mut just_seen = (!has_waited).then_some(seen);
        for round in 0..=ROUNDS_MAX {
            let seen = match just_seen.take() {
                Some(seen) => seen,
                None => self.look_at_heads(kind, &standing(progress)).await?,
            };
            let mut presses: BTreeMap<(Action, bool), Vec<usize>> = BTreeMap::new();
            for (at, one) in progress.iter_mut().enumerate() {
                if !one.stands() {
                    continue;
                }
                let writes = one.job.writes.clone();
                let deeds = Deeds::of(&writes);
                let target = one.targets[&deeds.reach.name];
                let seen = seen.get(&target.0);
                let shown = seen.map_or("", |seen| seen.state.as_str());
                let ours = was_cancelled_by_us(one, deeds.reach);
                let next = if shown == "posted" && one.takes_back(&deeds) {
                    self.take_back(one, seen).await?
                } else if kind.is_bill() {
                    bill::next(deeds.goal, seen, ours)
                } else {
                    state::next(deeds.goal, shown, ours)
                };
                match next {
                    Next::Reached(note) => {
                        one.notes.extend(note);
                        self.settle_document(kind, one, &deeds, seen).await?;
                    }
                    Next::Decide(reason) => one.failed = Some(Verdict::Decide(reason)),
                    Next::Press(_) if round == ROUNDS_MAX => {
                        let reason = failure::state_not_reached(deeds.goal.as_str(), shown);
                        one.failed = Some(Verdict::Park(reason));
                    }
                    // Somebody may have changed it while it waited for its turn.
                    Next::Press(Action::Confirm)
                        if seen.is_some_and(|seen| seen.total != deeds.total) =>
                    {
                        let shown = seen.map(|seen| seen.total).unwrap_or_default();
                        let reason = failure::total_differs(deeds.total, shown);
                        one.failed = Some(Verdict::Park(reason));
                    }
                    // What names its invoice would be matched with it.
                    Next::Press(Action::Post)
                        if seen.is_some_and(|seen| seen.reverses.is_some())
                            && !self.tie(one, Tie::Nothing).await? => {}
                    Next::Press(action) => {
                        let is_made = one.makes(&deeds);
                        presses.entry((action, is_made)).or_default().push(at);
                    }
                }
            }
            if presses.is_empty() {
                return Ok(());
            }
            for ((action, are_made), of) in presses {
                // That one that was made a moment ago binds now is no news to anybody who follows it.
                let context = if are_made {
                    Context::new().without_tracking()
                } else {
                    Context::new()
                };
                self.press(&model, (action, &context), &of, progress)
                    .await?;
            }
            drop(turn.take());
        }
        Ok(())
    }

    /// A document is in its state.
    async fn settle_document(
        &self,
        kind: Kind,
        one: &mut Progress,
        deeds: &Deeds<'_>,
        seen: Option<&Seen>,
    ) -> Result<(), Interruption> {
        let target = one.targets[&deeds.reach.name];
        if let Some(shifted) = bill::date_shifted(seen, deeds) {
            one.failed = Some(Verdict::Decide(shifted));
            return Ok(());
        }
        if let Some(tie) = tie::untied(seen, deeds)
            && !self.tie(one, tie).await?
        {
            return Ok(());
        }
        one.has_reached = true;
        let is_posted = kind.is_bill() && seen.is_some_and(|seen| seen.state == "posted");
        if is_posted && deeds.goal == Goal::Draft && !deeds.is_of_customer() {
            // A person posted what was held: it is in the books.
            one.put_holding(deeds.reach, target, as_posted(&deeds.reach.holds));
            one.done.insert(deeds.reach.name.clone());
            return Ok(());
        }
        one.put_counted(deeds, target);
        one.failed = deeds.hold.cloned().map(Verdict::Decide);
        Ok(())
    }

    /// Presses a button of several documents; one that refuses takes nobody with it.
    async fn press(
        &self,
        model: &Model,
        (action, context): (Action, &Context),
        of: &[usize],
        progress: &mut [Progress],
    ) -> Result<(), Interruption> {
        let ids: Vec<RecordId> = of.iter().map(|at| progress[*at].document()).collect();
        reached(Step::ApplyUpdating, ids.len());
        let acted = self.odoo.act(model, &ids, action, context).await;
        reached(Step::ApplyUpdated, ids.len());
        for at in of {
            progress[*at].touched_by(&acted);
        }
        let Err(error) = acted else { return Ok(()) };
        let verdict = of_one(error)?;
        if let [only] = of {
            progress[*only].failed = Some(verdict);
            return Ok(());
        }
        for (at, id) in of.iter().zip(ids) {
            let acted = self.odoo.act(model, &[id], action, context).await;
            progress[*at].touched_by(&acted);
            if let Err(error) = acted {
                progress[*at].failed = Some(of_one(error)?);
            }
        }
        Ok(())
    }
}

/// Whether it was the connector that cancelled the document.
fn was_cancelled_by_us(one: &Progress, reach: &Write) -> bool {
    let mut links = one.job.due.links.iter();
    let link = links.find(|link| link.name == reach.name);
    link.and_then(Link::reached) == Some(Goal::Cancelled.as_str())
}

/// The documents that nothing stopped yet.
fn standing(progress: &[Progress]) -> Vec<RecordId> {
    let standing = progress.iter().filter(|one| one.stands());
    standing.map(Progress::document).collect()
}

impl Progress {
    /// A call about the document ended so.
    pub(super) fn touched_by<T>(&mut self, ended: &odoo::Result<T>) {
        self.is_touched |= ended
            .as_ref()
            .map_or_else(|error| error.may_have_applied, |_| true);
    }

    /// The document is in its state. Of an invoice it is counted how often it was changed: what pays it is matched anew then.
    fn put_counted(&mut self, deeds: &Deeds<'_>, target: TargetId) {
        let mut reach = deeds.reach.clone();
        if self.is_changed && deeds.is_of_customer() {
            let before = reach.holds.get(CHANGED);
            let before: u64 = before.and_then(|n| n.parse().ok()).unwrap_or_default();
            reach.holds.set(CHANGED, (before + 1).to_string());
        }
        self.put(&reach, target);
    }

    /// Whether what we posted for a customer is to be a draft again: ServiceTitan took it back.
    fn takes_back(&self, deeds: &Deeds<'_>) -> bool {
        let mut links = self.job.due.links.iter();
        let link = links.find(|link| link.name == deeds.reach.name);
        let was_posted = link.and_then(Link::reached) == Some(Goal::Posted.as_str());
        was_posted && deeds.goal == Goal::Draft && deeds.is_of_customer()
    }

    /// Whether the document is to be made.
    fn makes(&self, deeds: &Deeds<'_>) -> bool {
        deeds.is_new() && self.made_before.is_none()
    }

    /// Whether something is still to be done about the document.
    fn stands(&self) -> bool {
        self.failed.is_none() && !self.has_reached && !self.is_postponed
    }

    /// The document's id.
    fn document(&self) -> RecordId {
        RecordId(self.targets[&Deeds::of(&self.job.writes).reach.name].0)
    }

    /// The document was not brought to its state: what it holds of one is forgotten, so that the next plan does not take
    /// it for done.
    fn unsettle(&mut self, reach: &Write) {
        let put = self.changes.iter().rev().find_map(|change| match change {
            LinkChange::Put { link, .. } if link.name == reach.name => Some(link),
            _ => None,
        });
        let links = self.job.due.links.iter();
        let known = put.or_else(|| links.into_iter().find(|link| link.name == reach.name));
        if let Some(link) = known {
            let (target, mut base) = (link.target, unreached(&link.base));
            if reach.model == BILL.model {
                // Odoo may have moved it: it is said again.
                base = base
                    .iter()
                    .filter(|(column, _)| *column != "date")
                    .collect();
            }
            self.put_holding(reach, target, base);
        }
    }
}

/// What a failed call about one document means for it; an error that is nobody's own fault interrupts the batch.
pub(super) fn of_one(error: odoo::Error) -> Result<Verdict, Interruption> {
    match failure::of_odoo(&error) {
        verdict @ (Verdict::Park(_) | Verdict::Decide(_)) => Ok(verdict),
        Verdict::Retry(..) | Verdict::Hold(_) | Verdict::Pause(_) => Err(error.into()),
    }
}
