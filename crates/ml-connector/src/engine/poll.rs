//! Poll: what Odoo says now of the bills that came from ServiceTitan, filed under its records.
//!
//! **Nothing is missed.** Odoo gives a change the time at which its transaction began, and shows it when that ends. So what
//! was written since a while before the latest change that was seen is asked for, and rows whose content is known cost
//! nothing. A bill that came to be linked since is asked for by its id, whatever its time; and now and then all of them
//! are, which also finds the ones that were deleted.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use odoo::document::Bill;
use odoo::domain::Operator;
use odoo::{Context, Domain, ErrorKind, RecordId, datetime};
use store::Store;
use store::connections::ConnectionId;
use store::links::Targets;
use store::observations::{Observation, ObservationSource, Observed};
use sync::failure::{Vendor, of_odoo};
use sync::flow::Flow;
use sync::link::{Name, TargetId};
use sync::odoo_bills::{OdooBill, Shown, key_of};

use super::Halt;
use super::observe::{Pace, read_cursor, sum};
use crate::clock::Clock;

/// How far before the latest change that was seen the next poll begins: longer than transactions take.
const OVERLAP: SignedDuration = SignedDuration::from_mins(15);

/// Bills that are looked at together.
const ROWS_MAX: usize = 500;

/// The flows whose bills are told of.
const TOLD: [Flow; 2] = [Flow::Bills, Flow::ApBills];

/// Reads one connection's Odoo side.
pub struct Poller {
    /// Where sightings are kept.
    pub store: Store,
    /// Whose they are.
    pub connection: ConnectionId,
    /// Whom to ask.
    pub odoo: odoo::Client,
    /// How long Odoo works on one call at most.
    pub call_limit: SignedDuration,
    /// The present.
    pub clock: Clock,
}

impl Poller {
    /// Reads what changed (quick), or everything (settled).
    pub async fn read(&self, flow: Flow, pace: Pace) -> Result<Observation, Halt> {
        let started_at = self.clock.now();
        let seen = match pace {
            Pace::Quick => self.changes(flow).await?,
            Pace::Settled => self.everything(flow).await?,
        };
        let marker = read_cursor(flow, pace);
        self.store
            .save_cursor(self.connection, &marker, "", started_at)
            .await?;
        Ok(seen)
    }

    async fn changes(&self, flow: Flow) -> Result<Observation, Halt> {
        let cursor = format!("{flow}/written");
        let saved = self.store.cursor(self.connection, &cursor).await?;
        let since = saved.and_then(|saved| datetime::parse(&saved.value).ok());
        let mut latest = since;
        let mut seen = Vec::new();
        loop {
            let unseen = self
                .store
                .targets(
                    self.connection,
                    &TOLD,
                    MODEL,
                    Targets::UnseenBy(flow),
                    ROWS_MAX,
                )
                .await?;
            let unseen = of_bills(unseen);
            if unseen.is_empty() {
                break;
            }
            let looked_up = self.by_id(unseen).await?;
            if looked_up.linked.is_empty() {
                break;
            }
            latest = latest.max(looked_up.latest());
            seen.push(self.file(flow, "new links", &looked_up).await?);
        }
        if let Some(since) = since {
            let overlap = OVERLAP.max(self.call_limit + self.call_limit);
            let domain = Domain::equal("move_type", "in_invoice").and(Domain::field(
                "write_date",
                Operator::AtLeast,
                datetime::text(since - overlap),
            ));
            let bills = self.odoo.bill_heads_where(domain, &Context::new()).await;
            let bills = bills.map_err(|error| failed(&error))?;
            for bills in bills.chunks(ROWS_MAX) {
                let ids: Vec<TargetId> = bills.iter().map(|bill| TargetId(bill.id.get())).collect();
                let linked = self
                    .store
                    .names_of_all(self.connection, MODEL, &ids)
                    .await?;
                let looked_up = LookedUp {
                    linked: of_bills(linked),
                    bills: bills.to_vec(),
                };
                latest = latest.max(looked_up.latest());
                seen.push(self.file(flow, "changes", &looked_up).await?);
            }
        }
        // Not before: a poll that was cut off must be done again.
        if let Some(latest) = latest.filter(|_| latest > since) {
            self.store
                .save_cursor(
                    self.connection,
                    &cursor,
                    &datetime::text(latest),
                    self.clock.now(),
                )
                .await?;
        }
        Ok(sum(seen))
    }

    async fn everything(&self, flow: Flow) -> Result<Observation, Halt> {
        let mut seen = Vec::new();
        let mut after = TargetId(0);
        loop {
            let linked = self
                .store
                .targets(
                    self.connection,
                    &TOLD,
                    MODEL,
                    Targets::After(after),
                    ROWS_MAX,
                )
                .await?;
            let Some((last, _)) = linked.last() else {
                break;
            };
            let whole = linked.len() < ROWS_MAX;
            let last = *last;
            let looked_up = self.by_id(of_bills(linked)).await?;
            seen.push(self.file(flow, "all", &looked_up).await?);
            if whole {
                break;
            }
            after = last;
        }
        Ok(sum(seen))
    }

    /// These bills. Those that the user may not see are left out of what was asked for: nobody knows what became of them.
    async fn by_id(&self, mut linked: Linked) -> Result<LookedUp, Halt> {
        let context = Context::new();
        let ids = Domain::is_in("id", linked.keys().map(|id| id.get()));
        let bills = self.odoo.bill_heads_where(ids, &context).await;
        let mut bills = bills.map_err(|error| failed(&error))?;
        let mut absent: BTreeSet<RecordId> = linked.keys().copied().collect();
        for bill in &bills {
            absent.remove(&bill.id);
        }
        let mut todo = vec![Vec::from_iter(absent)];
        while let Some(mut ids) = todo.pop() {
            if ids.is_empty() {
                continue;
            }
            match self.odoo.bill_heads(&ids, &context).await {
                // None as a rule: they are gone.
                Ok(found) => bills.extend(found),
                Err(error) if error.kind == ErrorKind::AccessDenied => {
                    if let [hidden] = ids.as_slice() {
                        linked.remove(hidden);
                    } else {
                        let rest = ids.split_off(ids.len() / 2);
                        todo.extend([rest, ids]);
                    }
                }
                Err(error) => return Err(failed(&error)),
            }
        }
        Ok(LookedUp { linked, bills })
    }

    /// Files what was seen. A bill that was asked for and is not shown was deleted.
    async fn file(&self, flow: Flow, how: &str, seen: &LookedUp) -> Result<Observation, Halt> {
        let shown: BTreeMap<RecordId, &Bill> =
            seen.bills.iter().map(|bill| (bill.id, bill)).collect();
        let sightings = seen.linked.iter().map(|(id, of)| {
            let bill = OdooBill {
                id: id.get(),
                of: of.clone(),
                shows: shown.get(id).map(|bill| shows(bill)),
            };
            bill.sighting()
        });
        let observed = Observed {
            flow,
            source: ObservationSource::Poll,
            trigger: format!("poll of Odoo's bills ({how})"),
            sightings: sightings.collect(),
            cursor: None,
        };
        let now = self.clock.now();
        Ok(self.store.observe(self.connection, observed, now).await?)
    }
}

/// What came of asking for bills.
struct LookedUp {
    linked: Linked,
    bills: Vec<Bill>,
}

impl LookedUp {
    /// When one of them was last written.
    fn latest(&self) -> Option<Timestamp> {
        self.bills.iter().map(|bill| bill.written).max()
    }
}

/// Odoo's model of bills, as links name it.
const MODEL: &str = Flow::OdooBills.model();

/// Bills in Odoo, each with the link that leads to it.
type Linked = BTreeMap<RecordId, Name>;

fn of_bills(linked: Vec<(TargetId, Name)>) -> Linked {
    let of_bills = linked
        .into_iter()
        .filter(|(_, name)| key_of(name).is_some());
    of_bills
        .map(|(target, name)| (RecordId(target.0), name))
        .collect()
}

fn shows(bill: &Bill) -> Shown {
    Shown {
        number: bill.name.clone(),
        state: bill.state.as_str().to_owned(),
        payment_state: bill.payment_state.clone(),
        total: bill.total.normalize(),
        open: bill.residual.normalize(),
    }
}

fn failed(error: &odoo::Error) -> Halt {
    Halt::in_flow(Flow::OdooBills, Vendor::Odoo, of_odoo(error))
}
