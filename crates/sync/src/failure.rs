//! What follows from a failure: try again, park with advice, ask a person, or pause the connection.
//!
//! The whole policy stands here, exhaustively: a new kind of error does not compile until someone has decided what it
//! means and what an operator shall do about it.

pub mod account;
mod bill;
mod document;
pub mod linking;
pub(crate) mod receivable;
mod told;

pub use bill::{
    bill_is_paid, booked_later, date_shifted, duplicate_bill, period_locked, stays_posted,
    taxed_by_odoo, withdrawn_but_paid,
};

pub use document::{
    analytic_account_gone, cancelled_in_odoo, currency_differs, no_analytic_plan, no_charge,
    state_not_reached, still_in_odoo, total_differs, waits_for_approval,
};
pub use receivable::{
    counterpart_not_posted, duplicate_invoice, match_not_reached, payment_is_proven,
    payment_without_entry, tax_differs,
};
pub use told::{bill_not_shown, fields_not_kept, fields_refused, mark_not_kept, mark_refused};

use std::time::Duration;

use odoo::load::{RowFault, RowFaultKind};
use rand::{Rng, RngExt as _};

use crate::flow::Flow;
use crate::record::{Key, Reason};

/// What follows from a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Try again later. Who is to blame decides who waits.
    Retry(Blame, Reason),
    /// The record waits in `failed` until a person acts.
    Park(Reason),
    /// The record waits for a person's decision.
    Decide(Reason),
    /// Nothing of this flow can go on before a right or a scope is given; the other flows do.
    Hold(Reason),
    /// Nothing of this connection can go on: it is paused until its credentials are mended.
    Pause(Reason),
}

/// Who has to wait after a failure that may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// This record: it is tried again by itself, within its budget of tries.
    Record,
    /// The vendor: the connection's breaker opens, and no record is charged with a try.
    Vendor(Vendor),
}

/// One of the two systems of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Vendor {
    /// ServiceTitan.
    ServiceTitan,
    /// Odoo.
    Odoo,
}

impl Vendor {
    /// The vendor's name for people.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ServiceTitan => "ServiceTitan",
            Self::Odoo => "Odoo",
        }
    }
}

impl std::fmt::Display for Vendor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// How often a record is tried before it is parked.
pub const TRIES_MAX: u32 = 8;

/// The first back-off, before jitter.
const BACKOFF_MS_FIRST: u64 = 500;

/// The longest back-off, before jitter.
const BACKOFF_MS_MAX: u64 = 5 * 60 * 1000;

/// How long to wait before the next try after `tries` failed ones: exponential, with full jitter, never nothing.
#[must_use]
pub fn backoff(tries: u32, rng: &mut impl Rng) -> Duration {
    let ceiling_ms = BACKOFF_MS_FIRST
        .saturating_mul(1 << tries.min(20))
        .min(BACKOFF_MS_MAX);
    Duration::from_millis(rng.random_range(ceiling_ms / 10..=ceiling_ms))
}

/// What follows when a record has used up its tries.
#[must_use]
pub fn exhausted(last: &Reason) -> Reason {
    Reason {
        cause: last.cause.clone(),
        what: format!("Tried {TRIES_MAX} times. {}", last.what),
        advice: format!(
            "{} Then run `ml-connector replay --cause {}`.",
            last.advice, last.cause
        ),
    }
}

/// What follows from a failed call to ServiceTitan.
#[must_use]
pub fn of_servicetitan(error: &servicetitan::Error) -> Verdict {
    use servicetitan::ErrorKind as Kind;
    let reason = |cause: &str, advice: &str| reason(cause, error.to_string(), advice);
    let wait = |reason| Verdict::Retry(Blame::Vendor(Vendor::ServiceTitan), reason);
    match error.kind {
        Kind::Credentials => Verdict::Pause(reason(
            "servicetitan-credentials",
            "Compare client id and client secret with Settings > Integrations > API Application Access in \
             ServiceTitan, then run `ml-connector connection set FILE`.",
        )),
        Kind::AppKey => Verdict::Pause(reason(
            "servicetitan-app-key",
            "Compare the app key with the app's page in ServiceTitan's developer portal, then run \
             `ml-connector connection set FILE`.",
        )),
        Kind::Forbidden => Verdict::Hold(reason(
            "servicetitan-scope",
            "Give the app the missing scope in the developer portal and let the tenant's administrator approve the \
             app's new version; `ml-connector check` names the scopes that are needed.",
        )),
        Kind::NotFound => Verdict::Park(reason(
            "servicetitan-not-found",
            "Look whether the record still exists in ServiceTitan, and whether tenant_id is right.",
        )),
        Kind::Rejected => Verdict::Park(reason(
            "servicetitan-refused",
            "ServiceTitan refuses the request as it stands. If the record looks right there, report this message to \
             the makers of ml-connector.",
        )),
        Kind::RateLimited => wait(reason(
            "servicetitan-rate-limit",
            "Nothing is to be done: the connector slows down. If it lasts, another program uses the same app.",
        )),
        Kind::Server | Kind::Timeout | Kind::Unreachable | Kind::Interrupted => wait(reason(
            "servicetitan-unavailable",
            "Nothing is to be done if it passes; see ServiceTitan's status page if it lasts, and the network between.",
        )),
        Kind::Unreadable => wait(reason(
            "servicetitan-unreadable",
            "ServiceTitan answered with something that its API does not describe. If it lasts, look at proxies in \
             between, and report this message.",
        )),
    }
}

/// What follows from a failed call to Odoo.
#[must_use]
pub fn of_odoo(error: &odoo::Error) -> Verdict {
    use odoo::ErrorKind as Kind;
    let reason = |cause: &str, advice: &str| reason(cause, error.to_string(), advice);
    let wait = |reason| Verdict::Retry(Blame::Vendor(Vendor::Odoo), reason);
    match error.kind {
        Kind::Credentials => Verdict::Pause(reason(
            "odoo-credentials",
            "The API key was revoked, expired or mistyped: make a new one in Odoo (the user's Preferences > Account \
             Security > New API Key) and run `ml-connector connection set FILE`.",
        )),
        Kind::NoDatabase => Verdict::Pause(reason(
            "odoo-no-database",
            "Compare `database` in the connection file with the name in Odoo, then run \
             `ml-connector connection set FILE`.",
        )),
        Kind::AccessDenied => Verdict::Hold(reason(
            "odoo-rights",
            "Give the connector's user the right in Odoo (Settings > Users); `ml-connector check` lists the rights \
             that are needed.",
        )),
        Kind::NoSuchMethod => Verdict::Hold(reason(
            "odoo-not-installed",
            "The app that brings this model is not installed in this Odoo, or the version is not supported; \
             `ml-connector check` says which.",
        )),
        Kind::MissingRecord => Verdict::Decide(deleted_in_odoo(error.to_string())),
        Kind::Invalid => Verdict::Park(reason(
            "odoo-refused",
            "Mend the record in ServiceTitan as the message says, or the rule in Odoo; then run \
             `ml-connector replay --cause odoo-refused`.",
        )),
        Kind::Mistake => Verdict::Park(reason(
            "odoo-does-not-understand",
            "This Odoo does not take the record as the connector sends it, often because of a custom module. Run \
             `ml-connector check`; if all is well there, report this message to the makers of ml-connector.",
        )),
        Kind::Conflict => Verdict::Retry(
            Blame::Record,
            reason(
                "odoo-busy-record",
                "Somebody or something in Odoo keeps changing the record; look for a running import or a cron job.",
            ),
        ),
        Kind::Overloaded
        | Kind::Timeout
        | Kind::Unreachable
        | Kind::Interrupted
        | Kind::Unreadable => wait(reason(
            "odoo-unavailable",
            "Nothing is to be done if it passes; look at the Odoo server and the network between if it lasts.",
        )),
    }
}

/// What follows when Odoo's `load` refuses one row of a record.
#[must_use]
pub fn of_row(fault: &RowFault) -> Verdict {
    let what = match (&fault.field_name, &fault.field) {
        (Some(label), Some(field)) => {
            format!("Odoo refuses field {label} ({field}): {}", fault.message)
        }
        (None, Some(field)) => format!("Odoo refuses field {field}: {}", fault.message),
        (_, None) => format!("Odoo refuses the record: {}", fault.message),
    };
    match fault.kind {
        RowFaultKind::Value | RowFaultKind::Record => Verdict::Park(reason(
            "odoo-refused",
            what,
            "Mend the record in ServiceTitan as the message says, or the rule in Odoo; then run \
             `ml-connector replay --cause odoo-refused`.",
        )),
        RowFaultKind::MissingRecord => Verdict::Decide(deleted_in_odoo(what)),
        RowFaultKind::Access => Verdict::Park(hidden_in_odoo(what)),
    }
}

/// The causes of records that wait for something in Odoo's or ServiceTitan's reference data: when that changes, they are
/// planned again.
pub const REFERENCE_CAUSES: [&str; 18] = [
    "no-analytic-plan",
    "no-charge-product",
    "no-account",
    "ambiguous-account",
    "charge-without-account",
    "credit-without-account",
    "period-locked",
    "date-shifted",
    "match-differs",
    "duplicate-number",
    "not-posted-yet",
    "not-ready-yet",
    "exported-before",
    "no-tax",
    "no-journal",
    "received-by-hand",
    "custom-field-refused",
    "custom-field-not-kept",
];

/// The causes of records whose flow is held for lack of a right, an app or a scope: when what is lacking changes, they are
/// planned again.
pub const HOLD_CAUSES: [&str; 6] = [
    "odoo-rights",
    "odoo-apps",
    "odoo-fields",
    "odoo-not-installed",
    "odoo-version-for-bills",
    "servicetitan-scope",
];

/// What to do about a record that another one needs and that ServiceTitan does not show.
#[must_use]
pub fn not_shown(key: &Key) -> String {
    if key.flow == Flow::Jobs {
        return format!(
            "ServiceTitan does not show job {} to the connector. Where it was deleted, switch the flow on in the connection \
             file ([flows.jobs]): its feed tells of deleted jobs, and it comes over archived. Else look whether the app may \
             see it; then run `ml-connector replay` for this record.",
            key.source
        );
    }
    format!(
        "ServiceTitan does not show {} {} to the connector: look whether it still exists there, and whether the app may \
         see it; then run `ml-connector replay` for this record.",
        key.flow.noun(),
        key.source
    )
}

/// A person deleted in Odoo what the connector had made: only a person can say what that meant.
#[must_use]
pub fn deleted_in_odoo(what: String) -> Reason {
    reason(
        "deleted-in-odoo",
        what,
        "Somebody deleted it in Odoo. To have it made anew, run `ml-connector replay --recreate` for this record; to \
         leave it out, deactivate it in ServiceTitan (of a customer: the customer itself, the location or the contact; an \
         order: cancel it).",
    )
}

/// A record rule or a missing right hides one record from the connector's user.
#[must_use]
pub fn hidden_in_odoo(what: String) -> Reason {
    reason(
        "hidden-in-odoo",
        what,
        "A record rule in Odoo keeps it from the connector's user: let the user see it (Settings > Technical > Record \
         Rules, or its company), then run `ml-connector replay --cause hidden-in-odoo`.",
    )
}

/// Odoo answers others, but not a call with this record alone.
#[must_use]
pub fn odoo_gives_up(last: &Reason) -> Reason {
    reason(
        "odoo-gives-up",
        format!(
            "Odoo answers other calls, but gives this record up. {}",
            last.what
        ),
        "Odoo's own log says why: often it takes longer than limit_time_real or the proxy's time-out, or a custom module \
         fails. Mend that, or, if it is a customer with thousands of locations, split it in ServiceTitan.",
    )
}

/// A person merged a partner in Odoo into one that is nobody else's: it is written whole there.
#[must_use]
pub fn merged_in_odoo(what: String) -> Reason {
    reason("merged-in-odoo", what, "")
}

/// The record was written, but an earlier call about it went unanswered and may still have its effect until then.
#[must_use]
pub fn in_doubt(until: impl std::fmt::Display) -> Reason {
    reason(
        "in-doubt",
        format!(
            "An earlier call that wrote this record was never answered and may still end in Odoo. It was written again \
             since, and is written once more at {until}, when that call cannot end any more."
        ),
        "",
    )
}

pub(crate) fn reason(cause: &str, what: impl Into<String>, advice: &str) -> Reason {
    Reason {
        cause: cause.to_owned(),
        what: what.into(),
        advice: advice.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    fn cause_of(verdict: &Verdict) -> (&'static str, &Reason) {
        match verdict {
            Verdict::Retry(Blame::Record, reason) => ("retry record", reason),
            Verdict::Retry(Blame::Vendor(_), reason) => ("retry vendor", reason),
            Verdict::Park(reason) => ("park", reason),
            Verdict::Decide(reason) => ("decide", reason),
            Verdict::Hold(reason) => ("hold", reason),
            Verdict::Pause(reason) => ("pause", reason),
        }
    }

    #[test]
    fn every_failure_of_servicetitan_has_its_verdict_and_tells_a_person_what_to_do() {
        let table: Vec<String> = servicetitan::ErrorKind::ALL
            .into_iter()
            .map(|kind| {
                let error = servicetitan::Error::new("GET crm/v2/customers", kind, "why");
                let verdict = of_servicetitan(&error);
                let (what, reason) = cause_of(&verdict);
                assert!(reason.advice.len() > 40, "{kind:?} has no advice");
                assert!(
                    reason.what.contains("why"),
                    "{kind:?} does not say what happened"
                );
                format!("{}: {what} {}", kind.as_str(), reason.cause)
            })
            .collect();
        assert_eq!(
            table,
            [
                "credentials: pause servicetitan-credentials",
                "app_key: pause servicetitan-app-key",
                "forbidden: hold servicetitan-scope",
                "not_found: park servicetitan-not-found",
                "rejected: park servicetitan-refused",
                "rate_limited: retry vendor servicetitan-rate-limit",
                "server: retry vendor servicetitan-unavailable",
                "timeout: retry vendor servicetitan-unavailable",
                "unreachable: retry vendor servicetitan-unavailable",
                "interrupted: retry vendor servicetitan-unavailable",
                "unreadable: retry vendor servicetitan-unreadable",
            ]
        );
    }

    #[test]
    fn every_failure_of_odoo_has_its_verdict_and_tells_a_person_what_to_do() {
        use odoo::ErrorKind as Kind;
        let table = [
            (Kind::Credentials, "pause odoo-credentials"),
            (Kind::NoDatabase, "pause odoo-no-database"),
            (Kind::NoSuchMethod, "hold odoo-not-installed"),
            (Kind::AccessDenied, "hold odoo-rights"),
            (Kind::MissingRecord, "decide deleted-in-odoo"),
            (Kind::Invalid, "park odoo-refused"),
            (Kind::Mistake, "park odoo-does-not-understand"),
            (Kind::Conflict, "retry record odoo-busy-record"),
            (Kind::Overloaded, "retry vendor odoo-unavailable"),
            (Kind::Timeout, "retry vendor odoo-unavailable"),
            (Kind::Unreachable, "retry vendor odoo-unavailable"),
            (Kind::Interrupted, "retry vendor odoo-unavailable"),
            (Kind::Unreadable, "retry vendor odoo-unavailable"),
        ];
        for (kind, expected) in table {
            let verdict = of_odoo(&odoo::Error::new("res.partner load", kind, "why"));
            let (what, reason) = cause_of(&verdict);
            assert_eq!(format!("{what} {}", reason.cause), expected);
            assert!(reason.advice.len() > 40, "{kind:?} has no advice");
        }
    }

    #[test]
    fn a_refused_row_names_the_field_and_the_way_out() {
        let fault = RowFault {
            kind: RowFaultKind::Value,
            field: Some("country_id".to_owned()),
            field_name: Some("Country".to_owned()),
            message: "No matching record found".to_owned(),
        };
        let Verdict::Park(reason) = of_row(&fault) else {
            panic!("a bad value parks the record")
        };
        assert_eq!(
            reason.what,
            "Odoo refuses field Country (country_id): No matching record found"
        );
        assert!(
            reason
                .advice
                .contains("ml-connector replay --cause odoo-refused")
        );
    }

    #[test]
    fn back_off_grows_is_jittered_and_is_bounded() {
        let rng = &mut StdRng::seed_from_u64(1);
        for tries in 0..40 {
            let ceiling = Duration::from_millis(
                BACKOFF_MS_FIRST
                    .saturating_mul(1 << tries.min(20))
                    .min(BACKOFF_MS_MAX),
            );
            let wait = backoff(tries, rng);
            assert!(wait <= ceiling && wait >= ceiling / 10, "{tries}: {wait:?}");
        }
    }
}
