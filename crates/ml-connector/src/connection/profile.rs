//! What the store keeps of a connection in the clear.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use servicetitan::RateLimit;
use sync::directory::{
    BillPolicy, InvoicePolicy, InvoicesCome, PaymentPolicy, PaymentsCome, WriteBack,
};
use sync::flow::Flow;
use sync::plan::ClosedPeriod;
use url::Url;

use super::Every;

/// A connection's settings, without its secrets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// The connection's name.
    pub name: String,
    /// The ServiceTitan side.
    pub servicetitan: ServiceTitan,
    /// The Odoo side.
    pub odoo: Odoo,
    /// When things happen.
    #[serde(default)]
    pub schedule: Schedule,
    /// The flows that the file names. A flow that is not named is off.
    #[serde(default)]
    pub flows: BTreeMap<Flow, FlowSettings>,
}

/// The ServiceTitan side of a connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServiceTitan {
    /// Where tokens come from.
    pub auth_url: Url,
    /// Where the API is.
    pub api_url: Url,
    /// The tenant's number.
    pub tenant_id: i64,
    /// The client id: not a secret, but it comes with one.
    pub client_id: String,
    /// How many calls the app may make for this tenant.
    #[serde(default)]
    pub rate_limit: RateLimit,
    /// How long ServiceTitan works on one call at most (it says 100 s), and some.
    #[serde(default = "servicetitan_call_limit_s")]
    pub call_limit_s: u32,
    /// Headers in which the webhook's signature may stand, the likeliest first.
    #[serde(default = "signature_headers")]
    pub signature_headers: Vec<String>,
}

/// The Odoo side of a connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Odoo {
    /// The server's address.
    pub url: Url,
    /// The database.
    pub database: String,
    /// The company's id; the user's own when absent.
    pub company: Option<i64>,
    /// How to speak to it.
    #[serde(default)]
    pub protocol: Protocol,
    /// The user's login, for XML-RPC.
    pub login: Option<String>,
    /// Calls in flight at once: as many as the server has workers.
    #[serde(default = "workers")]
    pub workers: usize,
    /// How long the server works on one call at most (`limit_time_real` of its configuration, 120 s if it is not
    /// set), and some.
    #[serde(default = "call_limit_s")]
    pub call_limit_s: u32,
}

impl ServiceTitan {
    /// How long ServiceTitan works on one call at most.
    #[must_use]
    pub fn call_limit(&self) -> SignedDuration {
        SignedDuration::from_secs(self.call_limit_s.into())
    }
}

impl Odoo {
    /// How long the server works on one call at most.
    #[must_use]
    pub fn call_limit(&self) -> SignedDuration {
        SignedDuration::from_secs(self.call_limit_s.into())
    }
}

/// How to speak to Odoo.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// Ask the server.
    #[default]
    Auto,
    /// 19 and later.
    Json2,
    /// 14 to 18, and 19.
    XmlRpc,
}

/// When things happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Schedule {
    /// Whether webhooks are accepted.
    pub webhooks: bool,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { webhooks: true }
    }
}

/// The settings of one flow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowSettings {
    /// Whether the flow runs.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// How often the source is asked.
    #[serde(default)]
    pub every: Every,
    /// Of vendors: the custom field of ServiceTitan that holds the account number with the vendor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_number_field: Option<String>,
    /// Of vendors: the custom field of ServiceTitan that holds the vendor's tax id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_id_field: Option<String>,
    /// Of bills: when they come, `generated` (as soon as ServiceTitan has them, the default) or `posted`. Of invoices:
    /// `posted` (the default), `exported`, `reviewed` or `completed` (their job). Of payments: `posted` (the default),
    /// `generated` or `exported`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// Of bills, invoices and payments: whether they are posted in Odoo (the default), or left as drafts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post: Option<bool>,
    /// Of bills: what happens to one that does not match its order and receipts, or has another one's number, `hold` (a draft that waits for a person,
    /// the default) or `post` (with a warning).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_mismatch: Option<OnMismatch>,
    /// Of bills and invoices: what happens to one whose date lies in a closed period, `wait` (for a person, the default) or `next-open` (it
    /// is booked on the first open day).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_period: Option<ClosedPeriod>,
    /// Of bills: by how much a line may differ from what was ordered and received, in the currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance_amount: Option<Decimal>,
    /// Of bills: by how much a line may differ, in percent of what was ordered. The larger of the two counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance_percent: Option<Decimal>,
    /// Of invoices: what their lines name, `products` (the default) or `descriptions` (nothing but text: no item comes over
    /// for them).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<Lines>,
    /// Of invoices and payments: whether those come too that ServiceTitan exported before the connector saw them; no if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legacy: Option<bool>,
    /// Of bills in Odoo: the custom field of ServiceTitan's bills that shows Odoo's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number_field: Option<String>,
    /// Of bills in Odoo: the custom field that shows their state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_field: Option<String>,
    /// Of bills in Odoo: the custom field that shows how far they are paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_field: Option<String>,
    /// Of bills in Odoo: the custom field that shows what is still to be paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_amount_field: Option<String>,
    /// Of bills in Odoo: whether ServiceTitan's bill is marked as exported, which locks it there for good; no if it is not
    /// said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark_exported: Option<bool>,
    /// Of purchase orders: which are confirmed in Odoo, `sent` (those that were sent in ServiceTitan, the default) or `never`
    /// (they stay drafts until somebody confirms them there).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirm: Option<Confirm>,
    /// Of receipts: what becomes of them in Odoo; nothing if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<ReceiptPolicy>,
}

/// When bills or invoices come over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum When {
    /// As soon as ServiceTitan has them: receiving makes bills.
    Generated,
    /// Once they are posted there.
    Posted,
    /// Once they are exported there.
    Exported,
    /// Once somebody reviewed them there.
    Reviewed,
    /// Once their job is completed there.
    Completed,
}

/// What the lines of invoices name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lines {
    /// The products of what is sold.
    Products,
    /// Nothing: they describe it.
    Descriptions,
}

/// What happens to a bill that does not match its order and receipts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnMismatch {
    /// It stays a draft until a person says.
    Hold,
    /// It is posted, with a warning.
    Post,
}

/// Which purchase orders are confirmed in Odoo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confirm {
    /// Those that were sent in ServiceTitan.
    Sent,
    /// None: somebody does it there.
    Never,
}

/// What becomes of receipts in Odoo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReceiptPolicy {
    /// Nothing: somebody receives there by hand.
    Off,
    /// What was received in ServiceTitan is counted and validated in Odoo.
    Validate,
}

impl FlowSettings {
    /// The first setting that only other flows have, and which.
    #[must_use]
    pub fn stray(&self, flow: Flow) -> Option<(&'static str, &'static [Flow])> {
        const VENDORS: &[Flow] = &[Flow::Vendors];
        const ORDERS: &[Flow] = &[Flow::PurchaseOrders];
        const RECEIPTS: &[Flow] = &[Flow::Receipts];
        const BILLS: &[Flow] = &[Flow::Bills];
        const INVOICES: &[Flow] = &[Flow::Invoices];
        const BOTH: &[Flow] = &[Flow::Bills, Flow::Invoices];
        const RECEIVABLES: &[Flow] = &[Flow::Invoices, Flow::Payments];
        const BOOKED: &[Flow] = &[Flow::Bills, Flow::Invoices, Flow::Payments];
        const TOLD: &[Flow] = &[Flow::OdooBills];
        let settings = [
            (
                "account_number_field",
                VENDORS,
                self.account_number_field.is_some(),
            ),
            ("tax_id_field", VENDORS, self.tax_id_field.is_some()),
            ("when", BOOKED, self.when.is_some()),
            ("post", BOOKED, self.post.is_some()),
            ("on_mismatch", BILLS, self.on_mismatch.is_some()),
            ("closed_period", BOTH, self.closed_period.is_some()),
            ("tolerance_amount", BILLS, self.tolerance_amount.is_some()),
            ("tolerance_percent", BILLS, self.tolerance_percent.is_some()),
            ("lines", INVOICES, self.lines.is_some()),
            ("legacy", RECEIVABLES, self.legacy.is_some()),
            ("confirm", ORDERS, self.confirm.is_some()),
            ("policy", RECEIPTS, self.policy.is_some()),
            ("number_field", TOLD, self.number_field.is_some()),
            ("state_field", TOLD, self.state_field.is_some()),
            ("payment_field", TOLD, self.payment_field.is_some()),
            ("open_amount_field", TOLD, self.open_amount_field.is_some()),
            ("mark_exported", TOLD, self.mark_exported.is_some()),
        ];
        let mut strays = settings.into_iter();
        strays.find_map(|(name, of, is_set)| (is_set && !of.contains(&flow)).then_some((name, of)))
    }

    /// The words that `when` may be of this flow, if it is another one.
    #[must_use]
    pub fn stray_word(&self, flow: Flow) -> Option<&'static str> {
        let (words, expected): (&[When], _) = match flow {
            Flow::Invoices => (
                &[
                    When::Posted,
                    When::Exported,
                    When::Reviewed,
                    When::Completed,
                ],
                "`posted`, `exported`, `reviewed` or `completed`",
            ),
            Flow::Payments => (
                &[When::Generated, When::Posted, When::Exported],
                "`generated`, `posted` or `exported`",
            ),
            _ => (&[When::Generated, When::Posted], "`generated` or `posted`"),
        };
        let when = self.when?;
        (!words.contains(&when)).then_some(expected)
    }

    /// Whether the flow of these settings runs.
    fn runs(&self, flow: Flow) -> bool {
        let wanted = flow != Flow::Receipts || self.policy == Some(ReceiptPolicy::Validate);
        self.enabled && wanted
    }
}

fn yes() -> bool {
    true
}

pub(crate) fn workers() -> usize {
    2
}

pub(crate) fn call_limit_s() -> u32 {
    150
}

pub(crate) fn servicetitan_call_limit_s() -> u32 {
    120
}

pub(super) fn signature_headers() -> Vec<String> {
    vec!["X-Signature".to_owned()]
}

impl Profile {
    /// The settings of a flow, if it is on.
    #[must_use]
    pub fn flow(&self, flow: Flow) -> Option<&FlowSettings> {
        self.flows.get(&flow).filter(|settings| settings.runs(flow))
    }

    /// How vendor bills and credits are treated: as the settings of the flow `bills` say.
    #[must_use]
    pub fn bills(&self) -> BillPolicy {
        let default = BillPolicy::default();
        let Some(settings) = self.flows.get(&Flow::Bills) else {
            return default;
        };
        let amount = settings.tolerance_amount;
        let percent = settings.tolerance_percent;
        BillPolicy {
            once_posted: settings.when == Some(When::Posted),
            post: settings.post.unwrap_or(default.post),
            hold: settings.on_mismatch != Some(OnMismatch::Post),
            closed: settings.closed_period.unwrap_or_default(),
            tolerance_amount: amount.unwrap_or(default.tolerance_amount),
            tolerance_percent: percent.unwrap_or(default.tolerance_percent),
        }
    }

    /// How customers' invoices are treated.
    #[must_use]
    pub fn invoices(&self) -> InvoicePolicy {
        let default = InvoicePolicy::default();
        let Some(settings) = self.flows.get(&Flow::Invoices) else {
            return default;
        };
        InvoicePolicy {
            come: match settings.when {
                Some(When::Exported) => InvoicesCome::Exported,
                Some(When::Reviewed) => InvoicesCome::Reviewed,
                Some(When::Completed) => InvoicesCome::Completed,
                Some(When::Posted | When::Generated) | None => InvoicesCome::Posted,
            },
            post: settings.post.unwrap_or(default.post),
            names_items: settings.lines != Some(Lines::Descriptions),
            legacy: settings.legacy.unwrap_or(default.legacy),
            closed: settings.closed_period.unwrap_or_default(),
        }
    }

    /// How customers' payments are treated.
    #[must_use]
    pub fn payments(&self) -> PaymentPolicy {
        let default = PaymentPolicy::default();
        let Some(settings) = self.flows.get(&Flow::Payments) else {
            return default;
        };
        PaymentPolicy {
            come: match settings.when {
                Some(When::Generated) => PaymentsCome::Generated,
                Some(When::Exported) => PaymentsCome::Exported,
                Some(When::Posted | When::Reviewed | When::Completed) | None => {
                    PaymentsCome::Posted
                }
            },
            post: settings.post.unwrap_or(default.post),
            legacy: settings.legacy.unwrap_or(default.legacy),
        }
    }

    /// What ServiceTitan is told of bills in Odoo; nothing where the flow is off.
    #[must_use]
    pub fn write_back(&self) -> WriteBack {
        let settings = self.flow(Flow::OdooBills).cloned().unwrap_or_default();
        WriteBack {
            number_field: settings.number_field,
            state_field: settings.state_field,
            payment_field: settings.payment_field,
            open_amount_field: settings.open_amount_field,
            mark_exported: settings.mark_exported.unwrap_or_default(),
        }
    }

    /// Whether purchase orders stay drafts until somebody confirms them in Odoo.
    #[must_use]
    pub fn leaves_orders(&self) -> bool {
        let settings = self.flows.get(&Flow::PurchaseOrders);
        settings.and_then(|settings| settings.confirm) == Some(Confirm::Never)
    }

    /// The flows that are on, and those whose records they need, in the order in which records depend on each other.
    #[must_use]
    pub fn flows_on(&self) -> Vec<Flow> {
        let named = Flow::ALL.into_iter();
        Self::with_needed(named.filter(|flow| self.flow(*flow).is_some()))
    }

    /// These flows, and those whose records they need, in the order in which records depend on each other.
    pub fn with_needed(flows: impl IntoIterator<Item = Flow>) -> Vec<Flow> {
        let mut on: BTreeSet<Flow> = BTreeSet::new();
        let mut todo: Vec<Flow> = flows.into_iter().collect();
        while let Some(flow) = todo.pop() {
            if on.insert(flow) {
                todo.extend(flow.needs());
            }
        }
        on.into_iter().collect()
    }

    /// The settings as in a connection file, without the secrets.
    #[must_use]
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("settings are texts, numbers and tables of them")
    }

    /// What tells one Odoo database from another: its address and its name.
    #[must_use]
    pub fn odoo_identity(&self) -> String {
        let url = self
            .odoo
            .url
            .as_str()
            .trim_end_matches('/')
            .to_ascii_lowercase();
        format!("{url} {}", self.odoo.database)
    }

    /// The module part of the external ids of everything that this tenant brings.
    #[must_use]
    pub fn external_module(&self) -> String {
        format!("__servicetitan_{}__", self.servicetitan.tenant_id)
    }

    /// What is unsafe about the settings, though they work.
    #[must_use]
    pub fn warnings(&self, public_url: Option<&Url>) -> Vec<String> {
        let mut warnings = Vec::new();
        let addresses = [
            ("auth_url", &self.servicetitan.auth_url),
            ("api_url", &self.servicetitan.api_url),
            ("url", &self.odoo.url),
        ];
        for (setting, url) in addresses {
            if url.scheme() == "http" && !is_loopback(url) {
                warnings.push(format!(
                    "{setting} is plain HTTP: credentials and data cross the network in the clear"
                ));
            }
        }
        let receipts = self.flows.get(&Flow::Receipts);
        if receipts.is_some_and(|settings| settings.enabled && settings.policy.is_none()) {
            warnings.push(
                "flows.receipts does nothing yet: set its policy to \"validate\" to have receipts validated in Odoo, or \
                 to \"off\""
                    .to_owned(),
            );
        }
        if self.schedule.webhooks && public_url.is_none() {
            warnings.push(
                "public_url is not set: ServiceTitan needs an address to send webhooks to; until then changes arrive \
                 on schedule"
                    .to_owned(),
            );
        }
        warnings
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}
