//! What Odoo shows as received, beside what ServiceTitan shows; and which moves take what is missing.

use std::collections::{BTreeMap, BTreeSet};

use odoo::RecordId;
use odoo::document::{Order, OrderState, Transfer, TransferMove, TransferState};
use rust_decimal::Decimal;
use sync::link::Name;
use sync::receipts::verdict::{Difference, Kind};

/// What should have been received of an order.
pub(super) struct Wanted<'a> {
    /// By line; of one that is not among them, nothing.
    pub(super) lines: &'a BTreeMap<Name, Decimal>,
    /// What it was last brought to.
    pub(super) before: &'a BTreeMap<Name, Decimal>,
}

/// What Odoo shows of an order.
#[derive(Clone)]
pub(super) struct Seen {
    pub(super) state: OrderState,
    pub(super) transfers: Vec<RecordId>,
    /// Its lines that are ours, by name.
    lines: BTreeMap<Name, SeenLine>,
    /// Those of them of which nothing is moved.
    services: BTreeSet<Name>,
}

/// What Odoo shows of an order's line.
#[derive(Clone)]
pub(super) struct SeenLine {
    id: RecordId,
    text: String,
    product: Option<RecordId>,
    unit: Option<RecordId>,
    received: Decimal,
}

impl Seen {
    /// `name`: the name of ours that a line bears.
    pub(super) fn of(order: Order, name: impl Fn(RecordId) -> Option<Name>) -> Self {
        let lines = order.lines.into_iter().filter_map(|line| {
            let seen = SeenLine {
                id: line.id,
                text: line.name,
                product: line.product,
                unit: line.unit,
                received: line.received,
            };
            Some((name(line.id)?, seen))
        });
        Self {
            state: order.state,
            transfers: order.transfers,
            lines: lines.collect(),
            services: BTreeSet::new(),
        }
    }

    /// Every line that is not as wanted.
    fn differing<'a>(&'a self, wanted: &'a Wanted<'_>) -> impl Iterator<Item = Differing<'a>> {
        let absent = wanted.lines.iter();
        let absent = absent.filter(|(name, _)| !self.lines.contains_key(name));
        let absent = absent.map(|(name, quantity)| Differing {
            name,
            line: None,
            kind: Kind::NoLine,
            wanted: *quantity,
        });
        let there = self.lines.iter().filter_map(|(name, line)| {
            let of = |quantities: &BTreeMap<Name, Decimal>| {
                quantities.get(name).copied().unwrap_or_default()
            };
            let (wanted, before) = (of(wanted.lines), of(wanted.before));
            let kind = if line.received == wanted {
                return None;
            } else if line.received > wanted {
                Kind::More
            } else if line.received < before {
                Kind::Returned
            } else {
                Kind::Less
            };
            Some(Differing {
                name,
                line: Some(line),
                kind,
                wanted,
            })
        });
        let all = absent.chain(there);
        all.filter(|differing| !self.services.contains(differing.name))
    }

    /// The products of the lines that differ.
    pub(super) fn products_of_differing(&self, wanted: &Wanted<'_>) -> Vec<RecordId> {
        let differing = self.differing(wanted);
        differing.filter_map(|line| line.line?.product).collect()
    }

    /// Lines with these products are not compared.
    pub(super) fn leave_out(&mut self, products: &BTreeSet<RecordId>) {
        let left_out = self.lines.iter().filter(|(_, line)| {
            line.product
                .is_some_and(|product| products.contains(&product))
        });
        self.services = left_out.map(|(name, _)| name.clone()).collect();
    }

    /// The lines of which something is missing, and how much.
    pub(super) fn needs(&self, wanted: &Wanted<'_>) -> Vec<(SeenLine, Decimal)> {
        let less = self
            .differing(wanted)
            .filter(|line| line.kind == Kind::Less);
        let need = |differing: Differing<'_>| {
            let line = differing.line?;
            Some((line.clone(), differing.wanted - line.received))
        };
        less.filter_map(need).collect()
    }

    /// What a person is told.
    pub(super) fn differences(
        &self,
        wanted: &Wanted<'_>,
        other_units: &BTreeSet<RecordId>,
    ) -> Vec<Difference> {
        let told = |differing: Differing<'_>| {
            let in_other_unit = |line: &SeenLine| other_units.contains(&line.id);
            let kind = match (differing.kind, differing.line) {
                (Kind::Less, Some(line)) if in_other_unit(line) => Kind::OtherUnit,
                (kind, _) => kind,
            };
            Difference {
                kind,
                line: differing
                    .line
                    .map_or_else(|| id_of(differing.name), |line| line.text.clone()),
                wanted: differing.wanted,
                received: differing.line.map_or(Decimal::ZERO, |line| line.received),
            }
        };
        self.differing(wanted).map(told).collect()
    }
}

/// A line that is not as wanted.
struct Differing<'a> {
    name: &'a Name,
    line: Option<&'a SeenLine>,
    kind: Kind,
    wanted: Decimal,
}

/// What ServiceTitan calls a line: the end of its name.
fn id_of(name: &Name) -> String {
    let id = name.0.rsplit('_').next();
    format!("line {}", id.unwrap_or_default())
}

/// A move, and what is counted of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) id: RecordId,
    /// `None`: nothing, whatever somebody has counted and not validated.
    pub(super) quantity: Option<Decimal>,
}

/// What is counted on which transfers.
#[derive(Debug, Default)]
pub(super) struct Allotted {
    pub(super) counts: BTreeMap<RecordId, Vec<Count>>,
    /// Lines whose moves are in another unit than they: nothing is counted.
    pub(super) other_units: BTreeSet<RecordId>,
}

/// Divides what is missing among the open moves of each line, the oldest first; the last one takes all the rest, also
/// where that is more than it expects. Nothing else on these transfers is received with it.
pub(super) fn allot(needs: &[(SeenLine, Decimal)], transfers: &[&Transfer]) -> Allotted {
    let mut allotted = Allotted::default();
    for (line, need) in needs {
        let mut moves: Vec<&TransferMove> = open_receipts(transfers)
            .flat_map(open_moves)
            .filter(|moved| moved.order_line == Some(line.id))
            .collect();
        moves.sort_by_key(|moved| moved.id);
        let differs = |moved: &&TransferMove| matches!((moved.unit, line.unit), (Some(ours), Some(theirs)) if ours != theirs);
        if moves.iter().any(differs) {
            allotted.other_units.insert(line.id);
            continue;
        }
        let (mut rest, last) = (*need, moves.last().map(|moved| moved.id));
        for moved in moves {
            let takes = if Some(moved.id) == last {
                rest
            } else {
                rest.min(moved.demand)
            };
            rest -= takes;
            if takes > Decimal::ZERO {
                let counts = allotted.counts.entry(moved.transfer).or_default();
                counts.push(Count {
                    id: moved.id,
                    quantity: Some(takes),
                });
            }
        }
    }
    for transfer in transfers {
        let Some(counts) = allotted.counts.get_mut(&transfer.id) else {
            continue;
        };
        let counted: BTreeSet<RecordId> = counts.iter().map(|count| count.id).collect();
        let others = open_moves(transfer).filter(|moved| moved.picked);
        let others = others.filter(|moved| !counted.contains(&moved.id));
        counts.extend(others.map(|moved| Count {
            id: moved.id,
            quantity: None,
        }));
    }
    allotted
}

fn open_receipts<'a>(transfers: &'a [&Transfer]) -> impl Iterator<Item = &'a Transfer> {
    let incoming = |transfer: &&Transfer| match transfer.kind.as_deref() {
        Some(kind) => kind == "incoming",
        None => true,
    };
    let transfers = transfers.iter().copied();
    transfers.filter(move |transfer| incoming(transfer) && is_open(&transfer.state))
}

fn open_moves(transfer: &Transfer) -> impl Iterator<Item = &TransferMove> {
    let moves = transfer.moves.iter();
    moves.filter(|moved| is_open(&moved.state))
}

fn is_open(state: &TransferState) -> bool {
    !matches!(state, TransferState::Done | TransferState::Cancelled)
}
