//! What a simulator is started with, and the habits that can be switched while it runs.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::record::TenantId;
use crate::Clock;

/// How a simulator starts.
#[derive(Clone)]
pub struct Options {
    /// The loopback port; 0 takes any free one.
    pub port: u16,
    /// Drives all data, credentials and draws: the same seed gives the same simulator.
    pub seed: u64,
    /// Whom it serves.
    pub tenants: Vec<TenantSeed>,
    /// Seeded records are older than this (and than the clock at the start): their times are
    /// spread over the two years before.
    pub seeded_until: Timestamp,
    /// Its habits at the start.
    pub switches: Switches,
    /// The present.
    pub now: Clock,
}

impl Options {
    /// One tenant, `1000001` "Sandbox Plumbing & Air", with 100 customers; any free port; seed 1;
    /// all habits as the live system is known to have them, 60 calls per second.
    #[must_use]
    pub fn new(now: Clock) -> Self {
        Self {
            port: 0,
            seed: 1,
            tenants: vec![TenantSeed::default()],
            // 2026-01-01T00:00:00Z
            seeded_until: Timestamp::constant(1_767_225_600, 0),
            switches: Switches::default(),
            now,
        }
    }

    /// With this many customers per tenant.
    #[must_use]
    pub fn customers(mut self, customers: usize) -> Self {
        for tenant in &mut self.tenants {
            tenant.customers = customers;
        }
        self
    }

    /// With this many vendors and pricebook items per tenant.
    #[must_use]
    pub fn vendors_and_items(mut self, vendors: usize, items: usize) -> Self {
        for tenant in &mut self.tenants {
            (tenant.vendors, tenant.items) = (vendors, items);
        }
        self
    }

    /// With this many purchase orders per tenant, in all states, with their jobs, receipts, bills
    /// and returns. They need vendors, items and customers.
    #[must_use]
    pub fn orders(mut self, orders: usize) -> Self {
        for tenant in &mut self.tenants {
            tenant.orders = orders;
        }
        self
    }

    /// With this many jobs, invoices and payments of customers per tenant, of all kinds and in all
    /// states; every customer then owes what these come to. Jobs that are not invoiced have their
    /// empty invoices besides.
    #[must_use]
    pub fn receivables(mut self, jobs: usize, invoices: usize, payments: usize) -> Self {
        for tenant in &mut self.tenants {
            (tenant.jobs, tenant.invoices, tenant.payments) = (jobs, invoices, payments);
        }
        self
    }

    /// With this seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// On this port.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// With this rate limit.
    #[must_use]
    pub fn rate(mut self, rate: RateShape) -> Self {
        self.switches.rate = rate;
        self
    }

    /// With tenants mixed like this.
    #[must_use]
    pub fn mix(mut self, mix: Mix) -> Self {
        for tenant in &mut self.tenants {
            tenant.mix = mix;
        }
        self
    }

    /// With habits changed.
    #[must_use]
    pub fn switch(mut self, change: impl FnOnce(&mut Switches)) -> Self {
        change(&mut self.switches);
        self
    }
}

/// A tenant to be filled.
#[derive(Debug, Clone)]
pub struct TenantSeed {
    /// Its number.
    pub id: TenantId,
    /// Its name, as webhooks tell it.
    pub name: String,
    /// How many customers it has; the first n of a larger number are the same n, except for
    /// rows that merges moved.
    pub customers: usize,
    /// How many vendors it has.
    pub vendors: usize,
    /// How many items its pricebook has: of ten, six materials, three equipment, one service.
    pub items: usize,
    /// How many purchase orders it has; they bring jobs, receipts, bills and returns.
    pub orders: usize,
    /// How many jobs it has besides those of orders.
    pub jobs: usize,
    /// How many invoices it has besides the empty ones of jobs that are not invoiced.
    pub invoices: usize,
    /// How many payments of customers it has.
    pub payments: usize,
    /// What customers, vendors and items are like.
    pub mix: Mix,
}

impl Default for TenantSeed {
    fn default() -> Self {
        Self {
            id: TenantId(1_000_001),
            name: "Sandbox Plumbing & Air".to_owned(),
            customers: 100,
            vendors: 24,
            items: 120,
            orders: 0,
            jobs: 0,
            invoices: 0,
            payments: 0,
            mix: Mix::default(),
        }
    }
}

/// What a tenant's customers are like. `every` knobs take every nth customer; 0 is never.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mix {
    /// Companies, in percent.
    pub commercial_percent: u32,
    /// Canadian addresses, in percent.
    pub canadian_percent: u32,
    /// Deactivated customers, in percent.
    pub inactive_percent: u32,
    /// Customers merged into the one before; at least 2, or 0.
    pub merged_every: usize,
    /// Customers, vendors and items with a name that breaks careless code.
    pub hostile_every: usize,
    /// Addresses as people type them: the state spelled out, no country, blanks around.
    pub messy_every: usize,
    /// Half of all customers share their `modifiedOn` with three others.
    pub ties: bool,
}

impl Default for Mix {
    fn default() -> Self {
        Self {
            commercial_percent: 30,
            canadian_percent: 15,
            inactive_percent: 4,
            merged_every: 50,
            hostile_every: 25,
            messy_every: 40,
            ties: true,
        }
    }
}

impl Mix {
    /// Active, unmerged customers with everyday names and tidy addresses.
    #[must_use]
    pub fn plain() -> Self {
        Self {
            inactive_percent: 0,
            merged_every: 0,
            hostile_every: 0,
            messy_every: 0,
            ..Self::default()
        }
    }
}

/// The rate limit per (app, tenant): an exact sliding window over the calls let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RateShape {
    /// 60 calls in any second.
    #[serde(rename = "60/1s")]
    SixtyPerSecond,
    /// 600 calls in any ten seconds.
    #[serde(rename = "600/10s")]
    SixHundredPerTenSeconds,
    /// No limit.
    #[serde(rename = "off")]
    Off,
}

/// What becomes of `POST /payments`, which the spec lost between March and May 2026: unknown
/// whether it still answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentCreation {
    /// It does not exist: 404.
    Absent,
    /// It does what it did until March 2026.
    Legacy,
}

/// Habits that can be switched while the simulator runs, also by `PATCH /sandbox/switches`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a habit of its own")]
pub struct Switches {
    /// The rate limit.
    pub rate: RateShape,
    /// Whether a 429 says how long to wait.
    pub retry_after: bool,
    /// How long a token lives, by the simulator's clock.
    pub token_life_s: i64,
    /// Token requests let through per minute and client; 0 is no limit. The number is invented.
    pub token_requests_per_minute: usize,
    /// Rows per page of an export feed.
    pub feed_page_size: usize,
    /// Feeds withhold rows changed within this time, unless asked for recent changes.
    pub feed_withheld_s: i64,
    /// Feeds asked for recent changes repeat this many rows from before the cursor.
    pub feed_repeats: usize,
    /// Feeds shuffle the rows of a page.
    pub feed_out_of_order: bool,
    /// Empty collections are `null` on every third row, and so are an email's phone settings:
    /// against the spec, as seen live.
    pub null_lists: bool,
    /// Every third pricebook category lacks `modifiedOn`: against the spec, as seen live.
    pub undated_categories: bool,
    /// Enums are numbers on every third order type, receipt and bill: against the spec, as seen
    /// live.
    pub numeric_enums: bool,
    /// The feed of inventory bills has those without an order too, whose expenses it does not
    /// show (unknown whether).
    pub feed_has_typed_bills: bool,
    /// Bills, credits and invoices that were not posted can be marked as exported (unknown
    /// whether).
    pub mark_pending_exported: bool,
    /// The id that an invoice was marked as exported with is shown as its `exportId` (unknown
    /// whether).
    pub export_id_shown: bool,
    /// What becomes of `POST /payments`.
    pub payment_creation: PaymentCreation,
    /// Dates of journal entries come as a time without a zone: against the spec, as seen live.
    pub zoneless_dates: bool,
    /// The gateway's own errors (401, 403, 404, 429) lack `errors` and `data`: against the spec,
    /// as seen live.
    pub bare_problems: bool,
    /// The status for a token of another tenant: 403 or 404 (unknown which is true).
    pub wrong_tenant_status: u16,
    /// Lists and feeds show a write over the API only after this time, by the simulator's clock.
    pub read_lag_ms: i64,
    /// When a failed webhook is sent again: waits between attempts, in milliseconds.
    pub webhook_retry_ms: Vec<u64>,
    /// Webhooks lost on the way, 0 to 1.
    pub webhook_drop_probability: f64,
    /// Webhooks are gathered in groups of this size and sent shuffled; 0 or 1: in order.
    pub webhook_reorder: usize,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            rate: RateShape::SixtyPerSecond,
            retry_after: true,
            token_life_s: 900,
            token_requests_per_minute: 60,
            feed_page_size: 500,
            feed_withheld_s: 300,
            feed_repeats: 3,
            feed_out_of_order: false,
            null_lists: true,
            undated_categories: true,
            numeric_enums: true,
            feed_has_typed_bills: false,
            mark_pending_exported: false,
            export_id_shown: false,
            payment_creation: PaymentCreation::Absent,
            zoneless_dates: true,
            bare_problems: true,
            wrong_tenant_status: 403,
            read_lag_ms: 0,
            webhook_retry_ms: vec![10_000, 30_000, 60_000, 300_000],
            webhook_drop_probability: 0.0,
            webhook_reorder: 0,
        }
    }
}
