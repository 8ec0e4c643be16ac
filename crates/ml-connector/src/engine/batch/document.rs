//! Documents with lines: made or changed whole, compared with what they must come to, and only then brought to their
//! state.
//!
//! A new document goes with all its lines in one `load`, so that it is there whole or not at all. One that is there is
//! read first, since a call that nobody heard the end of may have changed its lines, and is then changed by one `write`.
//! What Odoo's buttons return proves nothing: the state is read, the button is pressed, the state is read again.

mod seen;
mod state;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use odoo::load::Rows;
use odoo::{Action, Command, Context, Domain, ExternalId, Model, RecordId, Search, Values};
use rust_decimal::Decimal;
use store::links::LinkChange;
use sync::content::Content;
use sync::document::line_name;
use sync::failure::{self, Verdict};
use sync::link::{Link, TargetId, unreached};
use sync::plan::{Goal, Verb, Write};

use super::update::Whereabouts;
use super::{Carried, Carrier, Interruption, Progress};
use crate::engine::step::{Step, reached};
use seen::Seen;
use state::Next;

/// How a kind of document is called in Odoo.
#[derive(Clone, Copy)]
struct Kind {
    model: &'static str,
    lines: &'static str,
    line_model: &'static str,
    /// The field of a line that names its document.
    of: &'static str,
}

const ORDER: Kind = Kind {
    model: "purchase.order",
    lines: "order_line",
    line_model: "purchase.order.line",
    of: "order_id",
};

/// Rounds of pressing buttons: a cancelled order needs two of them to be confirmed.
const ROUNDS_MAX: usize = 3;

/// Whether these writes are those of a document.
pub(super) fn is_document(writes: &[Write]) -> bool {
    writes.iter().any(|write| write.model == ORDER.model)
}

/// What a document's writes are, apart.
struct Deeds<'a> {
    header: Option<&'a Write>,
    lines: Vec<&'a Write>,
    reach: &'a Write,
    goal: Goal,
    total: Decimal,
}

impl<'a> Deeds<'a> {
    fn of(writes: &'a [Write]) -> Self {
        let (mut header, mut lines, mut reach) = (None, Vec::new(), None);
        for write in writes {
            match write.verb {
                Verb::Reach { goal, total } => reach = Some((write, goal, total)),
                _ if write.document.is_some() => lines.push(write),
                _ => header = Some(write),
            }
        }
        let (reach, goal, total) = reach.expect("a document is brought to a state");
        Self {
            header,
            lines,
            reach,
            goal,
            total,
        }
    }

    fn is_new(&self) -> bool {
        let header = self.header.map(|write| &write.verb);
        matches!(header, Some(Verb::Create { .. }))
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
        let kind = ORDER;
        self.check_accounts(progress).await?;
        self.create_documents(kind, progress, carried).await?;
        for one in progress.iter_mut() {
            let writes = one.job.writes.clone();
            let deeds = Deeds::of(&writes);
            if one.failed.is_none() && !deeds.is_new() && deeds.changes() {
                self.change_document(kind, one, &deeds).await?;
            }
        }
        self.take_strays_away(kind, progress).await?;
        self.compare(kind, progress).await?;
        self.bring_to_state(kind, progress).await?;
        for one in progress.iter_mut().filter(|one| !one.has_reached) {
            let reach = Deeds::of(&one.job.writes).reach.clone();
            one.unsettle(&reach);
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

    /// New documents, each with its lines, in one call.
    async fn create_documents(
        &self,
        kind: Kind,
        progress: &mut [Progress],
        carried: &mut Carried,
    ) -> Result<(), Interruption> {
        let new: Vec<usize> = (0..progress.len())
            .filter(|at| progress[*at].failed.is_none())
            .filter(|at| Deeds::of(&progress[*at].job.writes).is_new())
            .collect();
        if new.is_empty() {
            return Ok(());
        }
        let rows = self.rows_of(kind, progress, &new);
        reached(Step::ApplyCreating, new.len());
        let context = Context::new().without_tracking().with_archived();
        let loaded = self.odoo.load(&rows, &context).await;
        for at in &new {
            progress[*at].touched_by(&loaded);
        }
        let loaded = loaded?;
        reached(Step::ApplyCreated, new.len());
        carried.note(&loaded);
        let model = Model::named(kind.model);
        for (group, result) in loaded.groups {
            match result {
                Ok(ids) => {
                    let writes = progress[group].job.writes.clone();
                    let header = Deeds::of(&writes).header.expect("a new one has a header");
                    let id = ids.first().expect("one document in a group");
                    progress[group].put(header, TargetId(id.get()));
                }
                Err(fault) => progress[group].failed = Some(self.verdict(&model, &fault).await?),
            }
        }
        Ok(())
    }

    /// The rows of new documents: the first line stands beside its document, the others below.
    fn rows_of(&self, kind: Kind, progress: &[Progress], new: &[usize]) -> Rows {
        let columns = |write: &Write| match &write.verb {
            Verb::Create { columns } => columns.clone(),
            _ => Content::new(),
        };
        let deeds: Vec<(usize, Deeds<'_>)> = new
            .iter()
            .map(|at| (*at, Deeds::of(&progress[*at].job.writes)))
            .collect();
        let names = |writes: &mut dyn Iterator<Item = &Write>| -> BTreeSet<String> {
            let columns = writes.map(columns);
            columns
                .flat_map(|content| {
                    let names = content.iter().map(|(column, _)| column.to_owned());
                    names.collect::<Vec<_>>()
                })
                .collect()
        };
        let of_header = names(&mut deeds.iter().filter_map(|(_, deeds)| deeds.header));
        let of_lines = names(
            &mut deeds
                .iter()
                .flat_map(|(_, deeds)| deeds.lines.iter().copied()),
        );
        let in_line = |column: &str| format!("{}/{column}", kind.lines);
        let head = std::iter::once("id".to_owned()).chain(of_header.iter().cloned());
        let tail = std::iter::once(in_line("id")).chain(of_lines.iter().map(|name| in_line(name)));
        let mut rows = Rows::new(Model::named(kind.model), head.chain(tail));
        let cells = |write: Option<&Write>, names: &BTreeSet<String>| -> Vec<String> {
            let content = write.map(columns).unwrap_or_default();
            let id = write.map(|write| self.external_id(&write.name));
            let value = |name: &String| content.get(name).unwrap_or_default().to_owned();
            std::iter::once(id.unwrap_or_default())
                .chain(names.iter().map(value))
                .collect()
        };
        for (group, deeds) in &deeds {
            let mut lines = deeds.lines.iter().copied();
            let mut row = cells(deeds.header, &of_header);
            row.extend(cells(lines.next(), &of_lines));
            rows.push(*group, row).expect("as many values as columns");
            for line in lines {
                let mut row = cells(None, &of_header);
                row.extend(cells(Some(line), &of_lines));
                rows.push_line(*group, row)
                    .expect("a line stands below its document");
            }
        }
        rows
    }

    /// Changes a document that is there, lines included, in one call.
    async fn change_document(
        &self,
        kind: Kind,
        one: &mut Progress,
        deeds: &Deeds<'_>,
    ) -> Result<(), Interruption> {
        let name = &deeds.reach.name;
        let target = one.targets[name];
        let model = Model::named(kind.model);
        let seen = self.look(kind, &[RecordId(target.0)]).await?;
        let Some(seen) = seen.get(&target.0) else {
            return self.missed_document(kind, one, deeds.goal).await;
        };
        let mut changes = match deeds.header.map(|write| &write.verb) {
            Some(Verb::Update { columns, .. }) => values::native(columns),
            _ => Values::new(),
        };
        let commands: Vec<Command> = deeds
            .lines
            .iter()
            .filter_map(|write| self.command(write, seen))
            .collect();
        // A call from before may still make the same line: a command that creates is no upsert.
        let creates = |command: &Command| matches!(command, Command::Create { .. });
        let until = one.job.due.doubt.as_ref().map(|doubt| doubt.until);
        if commands.iter().any(creates) && until.is_some_and(|until| until > self.clock.now()) {
            one.is_postponed = true;
            return Ok(());
        }
        if !commands.is_empty() {
            changes = changes.commands(kind.lines, commands);
        }
        if !changes.is_empty() {
            reached(Step::ApplyUpdating, 1);
            let context = Context::new().with_archived();
            let written = self
                .odoo
                .write(&model, &[RecordId(target.0)], changes, &context)
                .await;
            reached(Step::ApplyUpdated, 1);
            one.touched_by(&written);
            if let Err(error) = written {
                one.failed = Some(of_one(error)?);
                return Ok(());
            }
        }
        if let Some(header) = deeds.header {
            one.put(header, target);
        }
        for write in &deeds.lines {
            if let Verb::Delete { .. } = write.verb {
                one.done.insert(write.name.clone());
                one.forget(&write.name);
            }
        }
        Ok(())
    }

    /// A document is not where it was. One that is withdrawn anyway may be gone.
    async fn missed_document(
        &self,
        kind: Kind,
        one: &mut Progress,
        goal: Goal,
    ) -> Result<(), Interruption> {
        let name = Deeds::of(&one.job.writes).reach.name.clone();
        let target = one.targets[&name];
        let model = Model::named(kind.model);
        let verdict = match self.whereabouts(&model, &name, target, None).await? {
            Whereabouts::Deleted(_) if goal == Goal::Cancelled => {
                one.notes.push(format!(
                    "{} {target} ({name}) was to be cancelled, and had been deleted in Odoo",
                    kind.model
                ));
                let names: Vec<_> = one.targets.keys().cloned().collect();
                for name in names {
                    one.forget(&name);
                }
                one.has_reached = true;
                return Ok(());
            }
            Whereabouts::Deleted(verdict) | Whereabouts::Lost(verdict) => verdict,
            Whereabouts::MovedTo(_) | Whereabouts::Shared(_) => {
                let what = format!("{} {target} ({name}) was replaced in Odoo.", kind.model);
                Verdict::Decide(failure::deleted_in_odoo(what))
            }
        };
        one.failed = Some(verdict);
        Ok(())
    }

    /// Lines that an unanswered call made, and that the document does not have any more, are taken away.
    async fn take_strays_away(
        &self,
        kind: Kind,
        progress: &mut [Progress],
    ) -> Result<(), Interruption> {
        let doubted: Vec<usize> = (0..progress.len())
            .filter(|at| progress[*at].job.due.doubt.is_some() && progress[*at].stands())
            .filter(|at| Deeds::of(&progress[*at].job.writes).changes())
            .collect();
        let ids: Vec<RecordId> = doubted.iter().map(|at| progress[*at].document()).collect();
        let seen = self.look(kind, &ids).await?;
        for (at, id) in doubted.into_iter().zip(ids) {
            let one = &mut progress[at];
            let writes = one.job.writes.clone();
            let deeds = Deeds::of(&writes);
            let Some(seen) = seen.get(&id.get()) else {
                continue;
            };
            let ours = self.external_id(&line_name(&deeds.reach.name, ""));
            // In doubt, everything that the document should have is among the writes.
            let wanted: BTreeSet<String> = deeds
                .lines
                .iter()
                .map(|write| self.external_id(&write.name))
                .collect();
            let strays: Vec<Command> = seen
                .lines
                .iter()
                .filter(|(name, _)| name.starts_with(&ours) && !wanted.contains(*name))
                .map(|(_, line)| seen.removal(*line))
                .collect();
            if strays.is_empty() {
                continue;
            }
            let values = Values::new().commands(kind.lines, strays);
            let model = Model::named(kind.model);
            let written = self
                .odoo
                .write(&model, &[id], values, &Context::new())
                .await;
            one.touched_by(&written);
            if let Err(error) = written {
                one.failed = Some(of_one(error)?);
            }
        }
        Ok(())
    }

    /// What becomes of a line, given what is there.
    fn command(&self, write: &Write, seen: &Seen) -> Option<Command> {
        let name = ExternalId::new(&self.module, &write.name.0).expect("our own names are valid");
        let named = seen.lines.get(&name.to_string()).copied();
        let (there, columns) = match &write.verb {
            Verb::Create { columns } => (named, columns),
            Verb::Update { target, columns } => {
                let there = Some(RecordId(target.0)).filter(|id| seen.line_ids.contains(id));
                (there.or(named), columns)
            }
            Verb::Delete { target } => {
                let id = RecordId(target.0);
                return seen.line_ids.contains(&id).then(|| seen.removal(id));
            }
            Verb::Alias { .. } | Verb::Reach { .. } => return None,
        };
        Some(match there {
            Some(id) => Command::Update {
                id,
                values: values::native(columns),
            },
            // A person deleted it: it is needed for the total.
            None => Command::Create {
                name: Some(name),
                values: values::native(&write.holds),
            },
        })
    }

    /// Reads the documents back, and stops those that do not come to what they must.
    async fn compare(&self, kind: Kind, progress: &mut [Progress]) -> Result<(), Interruption> {
        let ids: Vec<RecordId> = standing(progress);
        let seen = self.look(kind, &ids).await?;
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
            } else if seen.total != deeds.total {
                let reason = failure::total_differs(deeds.total, seen.total);
                one.failed = Some(Verdict::Park(reason));
            }
        }
        Ok(())
    }

    /// Presses the buttons that bring the documents to their states.
    async fn bring_to_state(
        &self,
        kind: Kind,
        progress: &mut [Progress],
    ) -> Result<(), Interruption> {
        let model = Model::named(kind.model);
        for round in 0..=ROUNDS_MAX {
            let seen = self.look(kind, &standing(progress)).await?;
            let mut presses: BTreeMap<Action, Vec<usize>> = BTreeMap::new();
            for (at, one) in progress.iter_mut().enumerate() {
                let writes = one.job.writes.clone();
                let deeds = Deeds::of(&writes);
                if !one.stands() {
                    continue;
                }
                let target = one.targets[&deeds.reach.name];
                let shown = seen.get(&target.0).map_or("", |seen| seen.state.as_str());
                match state::next(deeds.goal, shown, was_cancelled_by_us(one, deeds.reach)) {
                    Next::Reached(note) => {
                        one.notes.extend(note);
                        one.has_reached = true;
                        one.put(deeds.reach, target);
                    }
                    Next::Decide(reason) => one.failed = Some(Verdict::Decide(reason)),
                    Next::Press(_) if round == ROUNDS_MAX => {
                        let reason = failure::state_not_reached(deeds.goal.as_str(), shown);
                        one.failed = Some(Verdict::Park(reason));
                    }
                    Next::Press(action) => presses.entry(action).or_default().push(at),
                }
            }
            if presses.is_empty() {
                return Ok(());
            }
            for (action, of) in presses {
                self.press(&model, action, &of, progress).await?;
            }
        }
        Ok(())
    }

    /// Presses a button of several documents; one that refuses takes nobody with it.
    async fn press(
        &self,
        model: &Model,
        action: Action,
        of: &[usize],
        progress: &mut [Progress],
    ) -> Result<(), Interruption> {
        let ids: Vec<RecordId> = of.iter().map(|at| progress[*at].document()).collect();
        reached(Step::ApplyUpdating, ids.len());
        let context = Context::new();
        let acted = self.odoo.act(model, &ids, action, &context).await;
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
            let acted = self.odoo.act(model, &[id], action, &context).await;
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
    fn touched_by<T>(&mut self, ended: &odoo::Result<T>) {
        self.is_touched |= ended
            .as_ref()
            .map_or_else(|error| error.may_have_applied, |_| true);
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
            let (target, base) = (link.target, unreached(&link.base));
            self.put_holding(reach, target, base);
        }
    }
}

/// What a failed call about one document means for it; an error that is nobody's own fault interrupts the batch.
fn of_one(error: odoo::Error) -> Result<Verdict, Interruption> {
    match failure::of_odoo(&error) {
        verdict @ (Verdict::Park(_) | Verdict::Decide(_)) => Ok(verdict),
        Verdict::Retry(..) | Verdict::Pause(_) => Err(error.into()),
    }
}
