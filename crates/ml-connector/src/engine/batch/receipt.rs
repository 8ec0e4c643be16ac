//! What was received of orders, brought to ServiceTitan's quantities: read, act, read.
//!
//! Odoo's transfers bear no name of ours, so nothing tells a count that was sent before from one that was not, but what
//! Odoo shows as received. Only the difference is counted, on the moves that are open, and validated; the rest stays open
//! as a backorder. While a call from before may still end, nothing is sent: what it does is seen afterwards. So nothing is
//! received twice.
//!
//! What cannot be made equal (more was received in Odoo, or nothing more is expected there) is told with both numbers.

mod compare;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use odoo::client::CallTime;
use odoo::document::{OrderState, Transfer};
use odoo::{Acted, Action, Command, Context, Domain, Model, RecordId, Search, Values};
use rust_decimal::Decimal;
use sync::failure::Verdict;
use sync::flow::Flow;
use sync::link::{Name, TargetId};
use sync::plan::{Verb, Write};
use sync::receipts::verdict::{self, Difference};
use sync::record::Key;

use super::document::of_one;
use super::{Carried, Carrier, Interruption, Progress};
use crate::engine::step::{Step, reached};
use compare::{Count, Seen, SeenLine, Wanted};

/// The rest becomes a backorder without a question.
const SKIP_BACKORDER: &str = "skip_backorder";

/// Whether these writes receive goods.
pub(super) fn receives(writes: &[Write]) -> bool {
    let mut verbs = writes.iter().map(|write| &write.verb);
    verbs.any(|verb| matches!(verb, Verb::Receive { .. }))
}

/// The one write of a job.
struct Deed<'a> {
    write: &'a Write,
    order: TargetId,
    wanted: Wanted<'a>,
}

impl<'a> Deed<'a> {
    fn of(writes: &'a [Write]) -> Self {
        let of = |write: &'a Write| match &write.verb {
            Verb::Receive {
                order,
                lines,
                before,
            } => Some(Self {
                write,
                order: *order,
                wanted: Wanted { lines, before },
            }),
            _ => None,
        };
        let mut deeds = writes.iter().filter_map(of);
        deeds.next().expect("receipts are received")
    }
}

/// An order about which something is done.
struct Acting {
    /// Its place in the batch.
    at: usize,
    transfers: Vec<RecordId>,
    needs: Vec<(SeenLine, Decimal)>,
    /// Lines that are counted in another unit than they are ordered in.
    other_units: BTreeSet<RecordId>,
    counted: Vec<RecordId>,
    /// What Odoo wanted to know.
    asked: Option<String>,
}

impl Carrier {
    /// All receipts of the batch.
    pub(super) async fn receipts(
        &self,
        progress: &mut [Progress],
        carried: &mut Carried,
    ) -> Result<(), Interruption> {
        let started = Instant::now();
        let rows = progress.iter().map(|one| one.job.rows()).sum();
        let all: Vec<usize> = (0..progress.len()).collect();
        let seen = self.look_at_received(progress, &all).await?;
        let mut acting = Vec::new();
        for (at, one) in progress.iter_mut().enumerate() {
            acting.extend(self.settle_or_act(one, at, &seen));
        }
        self.count(progress, &mut acting).await?;
        acting.retain(|order| progress[order.at].failed.is_none());
        self.validate(progress, &mut acting).await?;
        acting.retain(|order| progress[order.at].failed.is_none());
        let ats: Vec<usize> = acting.iter().map(|order| order.at).collect();
        let seen = self.look_at_received(progress, &ats).await?;
        for order in &acting {
            progress[order.at].settle(&seen, Some(order));
        }
        let elapsed = started.elapsed();
        carried.largest = carried.largest.or(Some(CallTime { rows, elapsed }));
        Ok(())
    }

    /// Closes the case of a record about which nothing can or need be done; gives what is to be done about the others.
    fn settle_or_act(
        &self,
        one: &mut Progress,
        at: usize,
        seen: &BTreeMap<i64, Seen>,
    ) -> Option<Acting> {
        let writes = one.job.writes.clone();
        let deed = Deed::of(&writes);
        let order = seen.get(&deed.order.0)?.clone();
        let needs = order.needs(&deed.wanted);
        if needs.is_empty() {
            one.settle(seen, None);
            return None;
        }
        if !matches!(order.state, OrderState::Purchase | OrderState::Done) {
            let reason = verdict::order_not_binding(order.state.as_str());
            one.failed = Some(Verdict::Decide(reason));
            return None;
        }
        let until = one.job.due.doubt.as_ref().map(|doubt| doubt.until);
        if until.is_some_and(|until| until > self.clock.now()) {
            one.is_postponed = true;
            return None;
        }
        Some(Acting {
            at,
            transfers: order.transfers,
            needs,
            other_units: BTreeSet::new(),
            counted: Vec::new(),
            asked: None,
        })
    }

    /// What Odoo shows of the orders of these records. An order that is not there fails its record.
    async fn look_at_received(
        &self,
        progress: &mut [Progress],
        ats: &[usize],
    ) -> Result<BTreeMap<i64, Seen>, Interruption> {
        let order = |at: &usize| RecordId(Deed::of(&progress[*at].job.writes).order.0);
        let ids: Vec<RecordId> = ats.iter().map(order).collect();
        let context = Context::new().with_archived();
        let orders = self.odoo.orders(&ids, &context).await?;
        let lines = orders.iter().flat_map(|order| &order.lines);
        let lines: Vec<RecordId> = lines.map(|line| line.id).collect();
        let model = Model::PURCHASE_ORDER_LINE;
        let names = self.odoo.get_external_ids(&model, &lines).await?;
        let prefix = format!("{}.", self.module);
        let name = |line: RecordId| {
            let mut names = names.get(&line).into_iter().flatten();
            names.find_map(|name| Some(Name(name.to_string().strip_prefix(&prefix)?.to_owned())))
        };
        let mut seen: BTreeMap<i64, Seen> = orders
            .into_iter()
            .map(|order| (order.id.get(), Seen::of(order, name)))
            .collect();
        let mut differing = BTreeSet::new();
        for at in ats {
            let one = &mut progress[*at];
            let writes = one.job.writes.clone();
            let deed = Deed::of(&writes);
            if let Some(order) = seen.get(&deed.order.0) {
                differing.extend(order.products_of_differing(&deed.wanted));
                continue;
            }
            let key = Key {
                flow: Flow::PurchaseOrders,
                source: one.job.due.key.source.clone(),
            };
            one.failed = Some(Verdict::Decide(verdict::order_gone(&key)));
        }
        let services = self.services(differing).await?;
        for order in seen.values_mut() {
            order.leave_out(&services);
        }
        Ok(seen)
    }

    /// Those of the products that are services: nothing of them is moved.
    async fn services(
        &self,
        products: BTreeSet<RecordId>,
    ) -> Result<BTreeSet<RecordId>, Interruption> {
        if products.is_empty() {
            return Ok(BTreeSet::new());
        }
        let ids = products.iter().map(|id| id.get());
        let domain = Domain::is_in("id", ids).and(Domain::equal("type", "service"));
        let search = Search::new(domain, &["id"]);
        let context = Context::new().with_archived();
        let model = Model::PRODUCT;
        let found = self.odoo.search_read(&model, &search, &context).await?;
        let ids = found.iter().filter_map(|row| row.get("id")?.as_i64());
        Ok(ids.map(RecordId).collect())
    }

    /// Counts what is missing on the open receipts: one call for each of them.
    async fn count(
        &self,
        progress: &mut [Progress],
        acting: &mut [Acting],
    ) -> Result<(), Interruption> {
        let ids = acting.iter().flat_map(|order| &order.transfers).copied();
        let ids: Vec<RecordId> = ids.collect();
        if ids.is_empty() {
            return Ok(());
        }
        let transfers = self.odoo.transfers(&ids, &Context::new()).await?;
        let fields = self.fields_of_counts().await?;
        for order in acting {
            let one = &mut progress[order.at];
            let own: Vec<&Transfer> = transfers
                .iter()
                .filter(|transfer| order.transfers.contains(&transfer.id))
                .collect();
            let allotted = compare::allot(&order.needs, &own);
            order.other_units = allotted.other_units;
            for (transfer, counts) in allotted.counts {
                let Some(values) = fields.values(&counts) else {
                    one.failed = Some(Verdict::Park(verdict::too_precise()));
                    break;
                };
                reached(Step::ApplyCounting, counts.len());
                let context = Context::new();
                let written = self
                    .odoo
                    .write(&Model::PICKING, &[transfer], values, &context)
                    .await;
                reached(Step::ApplyCounted, counts.len());
                one.touched_by(&written);
                if let Err(error) = written {
                    one.failed = Some(of_one(error)?);
                    break;
                }
                order.counted.push(transfer);
            }
        }
        Ok(())
    }

    /// Validates what was counted, all in one call; one that Odoo refuses or asks about takes nobody with it.
    async fn validate(
        &self,
        progress: &mut [Progress],
        acting: &mut [Acting],
    ) -> Result<(), Interruption> {
        let counted = |order: &&mut Acting| !order.counted.is_empty();
        let mut orders: Vec<&mut Acting> = acting.iter_mut().filter(counted).collect();
        if orders.len() > 1 {
            let all = orders.iter().flat_map(|order| order.counted.clone());
            let acted = self.press_validate(&all.collect::<Vec<_>>()).await;
            for order in &orders {
                progress[order.at].touched_by(&acted);
            }
            match acted {
                Ok(Acted::Ran) => return Ok(()),
                Ok(Acted::Asks(_)) => {}
                // Only what is somebody's own fault is tried one by one.
                Err(error) => drop(of_one(error)?),
            }
        }
        for order in &mut orders {
            let acted = self.press_validate(&order.counted).await;
            let one = &mut progress[order.at];
            one.touched_by(&acted);
            match acted {
                Ok(Acted::Ran) => {}
                Ok(Acted::Asks(window)) => order.asked = Some(window.title),
                Err(error) => one.failed = Some(of_one(error)?),
            }
        }
        Ok(())
    }

    async fn press_validate(&self, transfers: &[RecordId]) -> odoo::Result<Acted> {
        reached(Step::ApplyValidating, transfers.len());
        let context = Context::new().set(SKIP_BACKORDER, true);
        let acted = self
            .odoo
            .act(&Model::PICKING, transfers, Action::Validate, &context)
            .await;
        reached(Step::ApplyValidated, transfers.len());
        acted
    }

    /// How this Odoo calls what is counted.
    async fn fields_of_counts(&self) -> Result<Fields, Interruption> {
        const MOVES: [&str; 2] = ["move_ids", "move_lines"];
        const QUANTITY: [&str; 2] = ["quantity", "quantity_done"];
        let moves = self.odoo.first_field(&Model::PICKING, &MOVES).await?;
        let model = Model::STOCK_MOVE;
        let quantity = self.odoo.first_field(&model, &QUANTITY).await?;
        Ok(Fields {
            moves: moves.unwrap_or(MOVES[0]),
            quantity: quantity.unwrap_or(QUANTITY[0]),
            picked: self.odoo.first_field(&model, &["picked"]).await?,
        })
    }
}

/// How an Odoo calls what is counted: versions differ.
struct Fields {
    moves: &'static str,
    quantity: &'static str,
    /// Until 16 a move is picked when it has a quantity.
    picked: Option<&'static str>,
}

impl Fields {
    /// The values that count these moves; `None` where a quantity has more digits than Odoo can be told.
    fn values(&self, counts: &[Count]) -> Option<Values> {
        let mut commands = Vec::new();
        for Count { id, quantity } in counts {
            let values = match (quantity, self.picked) {
                (Some(quantity), _) => Values::new().decimal(self.quantity, *quantity).ok()?,
                (None, Some(_)) => Values::new(),
                (None, None) => Values::new().decimal(self.quantity, Decimal::ZERO).ok()?,
            };
            let values = match self.picked {
                Some(picked) => values.with(picked, quantity.is_some()),
                None => values,
            };
            commands.push(Command::Update { id: *id, values });
        }
        Some(Values::new().commands(self.moves, commands))
    }
}

impl Progress {
    /// What Odoo shows of the order decides: it is equal, or a person is told where it is not.
    fn settle(&mut self, seen: &BTreeMap<i64, Seen>, acted: Option<&Acting>) {
        let writes = self.job.writes.clone();
        let deed = Deed::of(&writes);
        let Some(order) = seen.get(&deed.order.0) else {
            return;
        };
        let nothing = BTreeSet::new();
        let other_units = acted.map_or(&nothing, |acted| &acted.other_units);
        let differences: Vec<Difference> = order.differences(&deed.wanted, other_units);
        let asked = acted.and_then(|acted| acted.asked.as_deref());
        match verdict::differs(&differences, asked) {
            None => {
                self.put(deed.write, deed.order);
                // Bills that wait for it need not wait.
                self.has_reached = true;
            }
            Some(reason) => self.failed = Some(Verdict::Decide(reason)),
        }
    }
}
