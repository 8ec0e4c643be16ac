//! Jobs, invoices and payments from a seed. They come in groups of one customer each; all that
//! becomes of them is done by the acts that people do, one after the other, in the past.

mod group;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rand::RngExt as _;

use crate::servicetitan::books::{Books, Ids};
use crate::servicetitan::options::TenantSeed;
use crate::servicetitan::purchasing::GlAccount;
use crate::servicetitan::record::{Cents, CustomerId, GlAccountId};
use crate::servicetitan::seed::{offset, rng};
use crate::servicetitan::table::Table;
use group::Group;

const DRAWS: u64 = 0x7265_6365_6976;
const JOBS_FROM: i64 = 700_000_001;
const DOCUMENTS_FROM: i64 = 800_000_001;
const IDS_PER_GROUP: i64 = 1_000;

/// What a group holds at most.
const JOBS: usize = 10;
const INVOICES: usize = 8;
const PAYMENTS: usize = 8;

/// What remains to be drawn.
struct Left {
    jobs: usize,
    invoices: usize,
    payments: usize,
}

impl Left {
    fn take(&mut self) -> Self {
        let take = |left: &mut usize, most: usize| {
            let taken = most.min(*left);
            *left -= taken;
            taken
        };
        Self {
            jobs: take(&mut self.jobs, JOBS),
            invoices: take(&mut self.invoices, INVOICES),
            payments: take(&mut self.payments, PAYMENTS),
        }
    }

    fn is_nothing(&self) -> bool {
        self.jobs + self.invoices + self.payments == 0
    }
}

impl Books {
    /// Draws the receivable side of a tenant whose other tables are filled. Its customers owe
    /// what these documents come to, and nothing else.
    pub(crate) fn draw_receivables(&mut self, seed: u64, tenant: &TenantSeed, until: Timestamp) {
        let mut left = Left {
            jobs: tenant.jobs,
            invoices: tenant.invoices,
            payments: tenant.payments,
        };
        let able = self.customers.iter().filter(|row| row.active);
        let able: Vec<CustomerId> = able
            .map(|row| row.id)
            .filter(|id| self.locations_of(*id).next().is_some())
            .collect();
        if left.is_nothing() || able.is_empty() {
            return;
        }
        self.add_accounts(until);
        let mut stamps = BTreeMap::new();
        let mut customers: Vec<_> = self.customers.iter().cloned().collect();
        for row in &mut customers {
            row.balance = Cents(0);
            stamps.insert(row.id, row.modified_on);
        }
        self.customers = Table::seeded(customers);
        let given = std::mem::replace(&mut self.ids, Ids::from(JOBS_FROM));
        let documents = std::mem::replace(&mut self.receivables.ids, Ids::from(DOCUMENTS_FROM));
        for index in 0.. {
            let share = left.take();
            if share.is_nothing() {
                break;
            }
            self.rewind();
            self.ids = Ids::from(JOBS_FROM + offset(index) * IDS_PER_GROUP);
            self.receivables.ids = Ids::from(DOCUMENTS_FROM + offset(index) * IDS_PER_GROUP);
            let mut rng = rng(seed ^ DRAWS, tenant, index as u64);
            let age = SignedDuration::new(
                rng.random_range(100 * 86_400..600 * 86_400),
                rng.random_range(0..10_000_000) * 100,
            );
            let group = Group {
                customer: able[index % able.len()],
                items: tenant.items,
                books: self,
                index,
                rng,
                now: until - age,
                jobs: Vec::new(),
                invoices: Vec::new(),
                payments: Vec::new(),
            };
            group.run(&share);
        }
        (self.ids, self.receivables.ids) = (given, documents);
        self.announced.clear();
        self.settle(&stamps);
    }

    /// Lets a group begin before the one that was drawn before it ended.
    fn rewind(&mut self) {
        self.customers.rewind();
        self.jobs.rewind();
        self.appointments.rewind();
        self.receivables.invoices.rewind();
        self.receivables.lines.rewind();
        self.receivables.payments.rewind();
        self.receivables.assignments.rewind();
    }

    /// Puts what was drawn group by group in the order of change.
    fn settle(&mut self, stamps: &BTreeMap<CustomerId, Timestamp>) {
        let mut customers: Vec<_> = self.customers.iter().cloned().collect();
        for row in &mut customers {
            let before = stamps.get(&row.id).copied().unwrap_or(row.modified_on);
            row.modified_on = row.modified_on.max(before);
        }
        self.customers = Table::seeded(customers);
        self.jobs.settle();
        self.appointments.settle();
        self.receivables.invoices.settle();
        self.receivables.lines.settle();
        self.receivables.payments.settle();
        self.receivables.assignments.settle();
    }

    /// The accounts that ServiceTitan books receivables on.
    fn add_accounts(&mut self, until: Timestamp) {
        let rows = [
            (
                "Accounts Receivable",
                "1200",
                "Accounts Receivable",
                Some("AccountsReceivable"),
            ),
            (
                "Undeposited Funds",
                "1499",
                "Other Current Asset",
                Some("UndepositedFunds"),
            ),
            (
                "Sales Tax Payable",
                "2200",
                "Other Current Liability",
                Some("SalesTaxPayable"),
            ),
            ("Sales Discounts", "4090", "Income", None),
        ];
        let mut accounts: Vec<GlAccount> = self.purchasing.gl_accounts.iter().cloned().collect();
        let last = accounts.iter().map(|row| row.id.0).max().unwrap_or(0);
        let made = until - SignedDuration::from_hours(24 * 365 * 2);
        let new = (last + 1..)
            .zip(rows)
            .map(|(id, (name, number, kind, part))| GlAccount {
                id: GlAccountId(id),
                name: name.to_owned(),
                number: Some(number.to_owned()),
                description: None,
                kind: kind.to_owned(),
                subtype: None,
                active: true,
                is_intacct_group: false,
                is_intacct_bank_account: false,
                source: "AccountingSystem",
                default_account_type: part,
                created_on: made,
                modified_on: made,
            });
        accounts.extend(new);
        self.purchasing.gl_accounts = Table::seeded(accounts);
    }
}
