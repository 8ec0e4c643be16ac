//! A stateful ServiceTitan: authentication, customers with their contacts and locations, payment
//! terms, business units, jobs, the purchasing and the receivable side, export feeds and webhooks,
//! with the habits of the live system that hurt.
//!
//! [`Sandbox::start`] binds a loopback port that serves both the identity server and the API.
//! Everything is drawn from a seed. What happens in ServiceTitan's own screens is done through
//! the handle of a [`Tenant`] (or `POST /sandbox/acts`); what goes wrong is a rule of
//! [`Sandbox::faults`]; how it behaves are [`Switches`]. Its wire types are its own: it shares no
//! code with the client that it tests.

mod act;
mod api;
mod app;
mod auth;
mod books;
mod control;
mod event;
mod feed;
mod jobs;
mod list;
mod options;
mod problem;
mod purchasing;
mod query;
mod rate;
mod read;
mod receivables;
mod record;
mod request;
mod rot;
mod seed;
mod table;
mod tenant;
mod webhook;
mod write;

pub use act::{Act, Refusal};
pub use app::Calls;
pub use event::Event;
pub use options::{Mix, Options, PaymentCreation, RateShape, Switches, TenantSeed};
pub use purchasing::{
    Accounts, ApCredit, Batch, Bill, BillEdit, BillKind, BillLine, BillLineEdit, Category, Deed,
    Expense, GlAccount, Goods, Item, ItemKind, ItemVendor, LandedCostMethod, NewBill, NewCredit,
    NewLine, NewOrder, NewReceipt, NewReturn, OrderEdit, OrderLine, OrderStatus, OrderType,
    PostalAddress, PurchaseOrder, Receipt, ReceiptLine, ReceivedLine, Return, ReturnLine,
    ReturnStatus, SyncStatus, TaxRate, TaxZone, Truck, Vendor, VendorContact, Warehouse,
    purchase_order_id, sku_id, vendor_id,
};
pub use receivables::{
    Assignment, Dealing, EntrySyncStatus, Invoice, InvoiceConfiguration, InvoiceEdit, InvoiceLine,
    InvoiceLineEdit, InvoiceRef, InvoiceTax, JournalEntry, JournalLine, LineKind, NewInvoice,
    NewInvoiceLine, NewPayment, Payment, PaymentType, PostingStatus, ReviewStatus, Split, TaxCode,
    TaxRounding, Technician,
};
pub use record::{
    Address, ApCreditId, Appointment, AppointmentId, AssignmentId, BillId, BillLineId,
    BusinessUnit, BusinessUnitId, CategoryId, Cents, Contact, ContactId, ContactKind, CustomField,
    Customer, CustomerId, CustomerKind, ExternalDatum, GlAccountId, InvoiceId, InvoiceLineId, Job,
    JobId, JournalEntryId, Location, LocationId, NamedId, OrderLineId, OrderTypeId, Owner,
    PaymentId, PaymentTerm, PaymentTermId, PaymentTypeId, PlaceId, PurchaseOrderId, ReceiptId,
    ReceiptLineId, ReturnId, ReturnLineId, SkuId, SplitId, TaxZoneId, TechnicianId, TenantId,
    VendorId,
};
pub use rot::{Kind, Rot};
pub use seed::customer_id;
pub use tenant::{Credentials, Tenant};
pub use webhook::{Attempt, Encoding, Subscription, SubscriptionId, Webhooks, sign};

pub use rust_decimal::Decimal;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use app::{App, SharedApp};

use crate::fault::Plan;
use crate::server::Server;

/// A running simulator. Dropping it closes its port and every connection at once.
pub struct Sandbox {
    app: SharedApp,
    server: Server,
    _sender: Sender,
}

/// Ends the webhook sender's tasks with the simulator; they hold each other alive otherwise.
struct Sender(Webhooks);

impl Drop for Sender {
    fn drop(&mut self) {
        self.0.stop();
    }
}

impl Sandbox {
    /// Draws the tenants and serves them on `127.0.0.1`.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn start(options: Options) -> io::Result<Self> {
        let started = (options.now)();
        // Data older than the present, also under a clock that is set to the past.
        let until = options.seeded_until.min(started);
        let tenants: BTreeMap<TenantId, books::Books> = options
            .tenants
            .iter()
            .map(|tenant| (tenant.id, seed::books(options.seed, tenant, until)))
            .collect();
        let plan = Plan::new(options.seed, problem::voice);
        // Two runs must not publish different events under the same id.
        let run = options.seed ^ started.as_microsecond().unsigned_abs();
        let webhooks = Webhooks::new(run).map_err(io::Error::other)?;
        let sender = Sender(webhooks.clone());
        let app = Arc::new(App::new(
            tenants,
            options.switches,
            plan.clone(),
            webhooks,
            seed::app_key(options.seed),
            options.seed,
            options.now,
        ));
        let server = Server::start(options.port, app::router(app.clone()), plan).await?;
        Ok(Self {
            app,
            server,
            _sender: sender,
        })
    }

    /// `http://127.0.0.1:<port>`: base of both `/connect/token` and the API.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The app's key for the `ST-App-Key` header.
    #[must_use]
    pub fn app_key(&self) -> &str {
        &self.app.key
    }

    /// The tenants, by number.
    #[must_use]
    pub fn tenants(&self) -> Vec<Tenant> {
        let ids: Vec<TenantId> = self.app.state().tenants.keys().copied().collect();
        ids.into_iter()
            .map(|id| Tenant::new(self.app.clone(), id))
            .collect()
    }

    /// The first tenant; most simulators have one.
    #[must_use]
    pub fn tenant(&self) -> Tenant {
        self.tenants()
            .into_iter()
            .next()
            .expect("options name at least one tenant")
    }

    /// What goes wrong.
    #[must_use]
    pub fn faults(&self) -> &Plan {
        &self.app.plan
    }

    /// The webhook sender.
    #[must_use]
    pub fn webhooks(&self) -> &Webhooks {
        &self.app.webhooks
    }

    /// The habits in force.
    #[must_use]
    pub fn switches(&self) -> Switches {
        self.app.state().switches.clone()
    }

    /// Changes habits while it runs.
    pub fn switch(&self, change: impl FnOnce(&mut Switches)) {
        change(&mut self.app.state().switches);
    }

    /// What the port has served.
    #[must_use]
    pub fn calls(&self) -> Calls {
        self.app.state().calls.clone()
    }

    /// Counts from zero again.
    pub fn reset_calls(&self) {
        self.app.state().calls = Calls::default();
    }

    /// How many tokens were issued since the start.
    #[must_use]
    pub fn tokens_issued(&self) -> u64 {
        self.app.state().tokens.issued()
    }

    /// Kills all tokens of all tenants: the next call of each client is answered 401.
    pub fn expire_tokens(&self) {
        self.app.state().tokens.expire_all();
    }

    /// Lets requests in progress finish, then closes the port.
    pub async fn stop(self) {
        self.app.webhooks.stop();
        self.server.stop().await;
    }
}
