//! One kind of record of one tenant, in id order and in the order of change.
//!
//! The order of change is the export feed's: a row that changes moves to its end, so a reader
//! that pages through it loses nothing and may see a row twice. Stamps never go backwards
//! within a table, whatever the clock does, so that order and `modifiedOn` agree.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use jiff::Timestamp;

use super::purchasing::{
    ApCredit, Bill, Category, GlAccount, Item, OrderType, PurchaseOrder, Receipt, Return, TaxZone,
    Truck, Vendor, Warehouse,
};
use super::receivables::{
    Assignment, Invoice, InvoiceLine, JournalEntry, Payment, PaymentType, Technician,
};
use super::record::{
    Appointment, BusinessUnit, Contact, Customer, Job, Location, Owner, PaymentTerm,
};

/// A place in the order of change; 0 is before everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Change(pub(super) u64);

/// What a table needs to know about its rows.
pub(super) trait Record: Clone {
    fn key(&self) -> i64;
    fn created_on(&self) -> Timestamp;
    fn modified_on(&self) -> Timestamp;
    fn stamp(&mut self, now: Timestamp);
    fn is_active(&self) -> bool;
    /// The record that it hangs on, for the tables that are read by it.
    fn owner(&self) -> Option<i64>;
}

macro_rules! records {
    ($($name:ident: $active:expr, $owner:expr;)*) => {$(
        impl Record for $name {
            fn key(&self) -> i64 {
                self.id.0
            }
            fn created_on(&self) -> Timestamp {
                self.created_on
            }
            fn modified_on(&self) -> Timestamp {
                self.modified_on
            }
            fn stamp(&mut self, now: Timestamp) {
                self.modified_on = now;
            }
            fn is_active(&self) -> bool {
                let active: fn(&Self) -> bool = $active;
                active(self)
            }
            fn owner(&self) -> Option<i64> {
                let owner: fn(&Self) -> Option<i64> = $owner;
                owner(self)
            }
        }
    )*};
}

records! {
    Customer: |row| row.active, |_| None;
    Contact: |row| row.active, |row| Some(match row.owner {
        Owner::Customer(id) => id.0,
        Owner::Location(id) => id.0,
    });
    Location: |row| row.active, |row| Some(row.customer_id.0);
    PaymentTerm: |row| row.active, |_| None;
    BusinessUnit: |row| row.active, |_| None;
    Job: |_| true, |_| None;
    Appointment: |row| row.active, |row| Some(row.job_id.0);
    Vendor: |row| row.active, |_| None;
    Item: |row| row.active, |_| None;
    Category: |row| row.active, |_| None;
    Warehouse: |row| row.active, |_| None;
    Truck: |row| row.active, |_| None;
    GlAccount: |row| row.active, |_| None;
    TaxZone: |row| row.active, |_| None;
    OrderType: |row| row.active, |_| None;
    PurchaseOrder: |_| true, |_| None;
    Receipt: |row| row.active, |row| Some(row.order_id.0);
    Bill: |row| row.active, |row| row.order_id.map(|id| id.0);
    Return: |row| row.active, |_| None;
    ApCredit: |row| row.active, |_| None;
    Invoice: |row| row.active, |row| Some(row.customer_id.0);
    InvoiceLine: |row| row.active, |row| Some(row.invoice_id.0);
    Payment: |row| row.active, |row| Some(row.customer_id.0);
    PaymentType: |row| row.active, |_| None;
    JournalEntry: |_| true, |_| None;
    Technician: |row| row.active, |_| None;
    Assignment: |row| row.active, |row| Some(row.appointment_id.0);
}

#[derive(Debug, Clone)]
struct Row<T> {
    now: T,
    change: Change,
    /// Lists and feeds show this (None: nothing) until then.
    lag: Option<(Timestamp, Option<T>)>,
}

#[derive(Debug, Clone)]
pub(super) struct Table<T> {
    rows: BTreeMap<i64, Row<T>>,
    order: BTreeMap<Change, i64>,
    /// Owner and id of every row that has an owner.
    owned: BTreeSet<(i64, i64)>,
    last: Change,
    latest: Timestamp,
}

impl<T> Row<T> {
    fn visible(&self, now: Timestamp) -> Option<&T> {
        match &self.lag {
            Some((until, before)) if now < *until => before.as_ref(),
            _ => Some(&self.now),
        }
    }
}

/// What can be done to a row of any table.
pub(super) trait Rows {
    /// Stamps a row without changing it, so that readers of feeds and polls come across it, also when it was withheld.
    /// False when there is none.
    fn touch(&mut self, id: i64, now: Timestamp) -> bool;

    /// Takes a row out of lists and feeds until it changes or is touched. False when there is none.
    fn withhold(&mut self, id: i64) -> bool;
}

impl<T: Record> Rows for Table<T> {
    fn touch(&mut self, id: i64, now: Timestamp) -> bool {
        self.change(id, now, |_| ())
    }

    fn withhold(&mut self, id: i64) -> bool {
        let Some(row) = self.rows.get_mut(&id) else {
            return false;
        };
        row.lag = Some((Timestamp::MAX, None));
        self.order.remove(&row.change);
        true
    }
}

impl<T: Record> Table<T> {
    /// A table of rows that exist from the start.
    pub(super) fn seeded(mut rows: Vec<T>) -> Self {
        rows.sort_by_key(|row| (row.modified_on(), row.key()));
        let mut table = Self {
            rows: BTreeMap::new(),
            order: BTreeMap::new(),
            owned: BTreeSet::new(),
            last: Change::default(),
            latest: Timestamp::MIN,
        };
        for row in rows {
            table.latest = row.modified_on();
            table.place(row, None);
        }
        table
    }

    pub(super) fn get(&self, id: i64) -> Option<&T> {
        self.rows.get(&id).map(|row| &row.now)
    }

    /// All rows by id, whatever a reader may see of them.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.rows.values().map(|row| &row.now)
    }

    /// The ids of the rows that hang on `owner`, ascending.
    pub(super) fn owned_by(&self, owner: i64) -> impl Iterator<Item = i64> {
        self.owned
            .range((owner, i64::MIN)..=(owner, i64::MAX))
            .map(|(_, id)| *id)
    }

    /// The rows that a list shows at `now`, by id.
    pub(super) fn visible(&self, now: Timestamp) -> impl Iterator<Item = &T> {
        self.rows.values().filter_map(move |row| row.visible(now))
    }

    /// Those of them with these ids, in the order of the ids.
    pub(super) fn visible_among(
        &self,
        ids: impl IntoIterator<Item = i64>,
        now: Timestamp,
    ) -> impl Iterator<Item = &T> {
        ids.into_iter()
            .filter_map(move |id| self.rows.get(&id)?.visible(now))
    }

    /// Adds or replaces a row, stamped `now`. Until `lag_until` readers see what was before.
    pub(super) fn put(&mut self, mut row: T, now: Timestamp, lag_until: Option<Timestamp>) {
        self.latest = self.latest.max(now);
        row.stamp(self.latest);
        // A second write within the lag shows what was before the first, still.
        let lag = lag_until.map(|until| {
            let before = self.rows.get(&row.key());
            (until, before.and_then(|row| row.visible(now)).cloned())
        });
        self.place(row, lag);
    }

    /// Changes a row in place and stamps it. False when there is none.
    pub(super) fn change(&mut self, id: i64, now: Timestamp, edit: impl FnOnce(&mut T)) -> bool {
        let Some(mut row) = self.get(id).cloned() else {
            return false;
        };
        edit(&mut row);
        self.put(row, now, None);
        true
    }

    /// Lets the next stamps precede those before. For the seed, which then has to [`Self::settle`]
    /// the table.
    pub(super) fn rewind(&mut self) {
        self.latest = Timestamp::MIN;
    }

    /// Puts rows that were drawn out of order in the order of their stamps.
    pub(super) fn settle(&mut self) {
        *self = Self::seeded(self.iter().cloned().collect());
    }

    /// The latest stamp, which the next one will not precede.
    pub(super) fn latest(&self) -> Timestamp {
        self.latest
    }

    /// Rows after a place in the order of change.
    pub(super) fn after(
        &self,
        place: Change,
    ) -> impl Iterator<Item = (Change, &T, Option<Timestamp>)> {
        self.order
            .range((Bound::Excluded(place), Bound::Unbounded))
            .filter_map(|(change, id)| {
                let row = self.rows.get(id)?;
                Some((*change, &row.now, row.lag.as_ref().map(|(until, _)| *until)))
            })
    }

    /// Up to `n` rows at or before a place, in the order of change.
    pub(super) fn up_to(&self, place: Change, n: usize) -> Vec<&T> {
        let ids = self.order.range(..=place).rev().take(n);
        let mut rows: Vec<&T> = ids.filter_map(|(_, id)| self.get(*id)).collect();
        rows.reverse();
        rows
    }

    fn place(&mut self, row: T, lag: Option<(Timestamp, Option<T>)>) {
        let id = row.key();
        self.last.0 += 1;
        let before = self.rows.remove(&id);
        if let Some(before) = &before {
            self.order.remove(&before.change);
            if let Some(owner) = before.now.owner() {
                self.owned.remove(&(owner, id));
            }
        }
        if let Some(owner) = row.owner() {
            self.owned.insert((owner, id));
        }
        self.order.insert(self.last, id);
        self.rows.insert(
            id,
            Row {
                now: row,
                change: self.last,
                lag,
            },
        );
    }
}
