//! The client against the project's ServiceTitan: its data, its habits, its faults.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use sandbox::fault::{Fault, Rule};
use sandbox::servicetitan::{
    self as simulated, Encoding, Kind, Options, RateShape, Rot, Sandbox, Subscription,
};
use servicetitan::client::{Continuation, Feed};
use servicetitan::record::{
    self, Customer, CustomerContact, Identity, Location, PaymentTerm, Record,
};
use servicetitan::webhook::{Envelope, SignatureError, Verifier};
use servicetitan::{Client, CustomerId, Error, ErrorKind, Http, Pacer, RateLimit, TenantId};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::Instant;
use url::Url;

use crate::server::config;

/// Time stands still here; 2026-06-01T00:00:00Z.
const NOW: jiff::Timestamp = jiff::Timestamp::constant(1_780_272_000, 0);

fn options() -> Options {
    Options::new(Arc::new(|| NOW))
}

async fn started(options: Options) -> Sandbox {
    Sandbox::start(options).await.unwrap()
}

fn paced(sandbox: &Sandbox, limit: &str) -> Client {
    let credentials = sandbox.tenant().credentials();
    let mut config = config(&Url::parse(&sandbox.url()).unwrap());
    config.tenant = TenantId(credentials.tenant.0);
    config.app_key = credentials.app_key.into();
    config.client_id = credentials.client_id;
    config.client_secret = credentials.client_secret.into();
    config.retry.attempts_max = 6;
    let limit: RateLimit = limit.parse().unwrap();
    let http = Http::new(reqwest::Client::builder()).unwrap();
    Client::new(http, config, Arc::new(Pacer::new(limit)))
}

/// For tests that are not about the pace.
async fn unlimited(options: Options) -> (Sandbox, Client) {
    let sandbox = started(options.rate(RateShape::Off)).await;
    let client = paced(&sandbox, "100000/1s");
    (sandbox, client)
}

/// The ids of all rows to the end of a feed, each row readable.
async fn whole<T: Record>(client: &Client, feed: Feed, recent: bool) -> Result<Vec<i64>, Error> {
    let mut reader = client.feed(feed, None, recent);
    let mut ids = Vec::new();
    while let Some(page) = reader.next_page().await? {
        for row in &page.rows {
            if let Err(unreadable) = record::parse::<T>(row.get()) {
                panic!("{unreadable}");
            }
            ids.push(Identity::of(row.get()).unwrap().id);
        }
    }
    Ok(ids)
}

fn sorted(mut ids: Vec<i64>) -> Vec<i64> {
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn every_feed_gives_every_row_once_and_readable() {
    let (sandbox, client) = unlimited(options().customers(1_200)).await;
    let tenant = sandbox.tenant();
    let customers = whole::<Customer>(&client, Feed::Customers, false)
        .await
        .unwrap();
    let contacts = whole::<CustomerContact>(&client, Feed::CustomerContacts, false)
        .await
        .unwrap();
    let locations = whole::<Location>(&client, Feed::Locations, false)
        .await
        .unwrap();
    assert_eq!(
        sorted(customers),
        tenant
            .customers()
            .iter()
            .map(|c| c.id.0)
            .collect::<Vec<_>>()
    );
    assert_eq!(
        sorted(contacts),
        tenant.contacts().iter().map(|c| c.id.0).collect::<Vec<_>>()
    );
    assert_eq!(
        sorted(locations),
        tenant
            .locations()
            .iter()
            .map(|l| l.id.0)
            .collect::<Vec<_>>()
    );
    assert_eq!(sandbox.tokens_issued(), 1);
}

#[tokio::test]
async fn what_is_read_is_what_the_tenant_holds() {
    let (sandbox, client) = unlimited(options()).await;
    let truth = sandbox.tenant().customers();
    let ids: Vec<_> = truth
        .iter()
        .map(|customer| CustomerId(customer.id.0))
        .collect();
    let rows = client.customers(&ids).await.unwrap();
    assert_eq!(rows.len(), truth.len());
    for (row, truth) in rows.iter().zip(&truth) {
        let read: Customer = record::parse(row.get()).unwrap();
        assert_eq!(
            (read.id.0, &read.name, read.active),
            (truth.id.0, &truth.name, truth.active)
        );
        assert_eq!(read.address.street, truth.address.street);
        assert_eq!(read.modified_on, Some(truth.modified_on));
        assert_eq!(
            read.merged_to_id.map(|id| id.0),
            truth.merged_to_id.map(|id| id.0)
        );
    }
    let contacts = client.customer_contacts(&ids).await.unwrap();
    let listed: BTreeSet<_> = contacts
        .iter()
        .map(|row| record::parse::<CustomerContact>(row.get()).unwrap())
        .map(|contact| (contact.customer_id.0, contact.id.0, contact.value))
        .collect();
    let tenant = sandbox.tenant();
    let held = truth.iter().flat_map(|customer| {
        let contacts = tenant.contacts_of(customer.id);
        contacts
            .into_iter()
            .map(|contact| (customer.id.0, contact.id.0, contact.value))
    });
    assert_eq!(listed, held.collect());

    let locations = client.locations_of(ids[0]).await.unwrap();
    assert_eq!(locations.len(), tenant.locations_of(truth[0].id).len());
    let terms = client.payment_terms().await.unwrap();
    let terms: Vec<_> = terms
        .iter()
        .map(|row| record::parse::<PaymentTerm>(row.get()).unwrap().name)
        .collect();
    let held: Vec<_> = tenant
        .payment_terms()
        .into_iter()
        .map(|term| term.name)
        .collect();
    assert_eq!(terms, held);
}

#[tokio::test]
async fn a_feed_goes_on_from_a_saved_place_and_tells_of_removals() {
    let (sandbox, client) = unlimited(options()).await;
    let page = client
        .export(Feed::CustomerContacts, None, true)
        .await
        .unwrap();
    let saved = serde_json::to_string(&page.next).unwrap();
    let contact = sandbox
        .tenant()
        .contacts()
        .into_iter()
        .find(|contact| contact.active)
        .unwrap();
    sandbox.tenant().remove_contact(contact.id).unwrap();

    let place: Option<Continuation> = serde_json::from_str(&saved).unwrap();
    let settled = client
        .export(Feed::CustomerContacts, place.as_ref(), false)
        .await
        .unwrap();
    assert_eq!(settled.rows.len(), 0, "withheld while it is fresh");
    let recent = client
        .export(Feed::CustomerContacts, place.as_ref(), true)
        .await
        .unwrap();
    let removed: Vec<_> = recent
        .rows
        .iter()
        .filter_map(|row| Identity::of(row.get()))
        .filter(|identity| identity.active == Some(false))
        .map(|identity| identity.id)
        .collect();
    assert!(removed.contains(&contact.id.0), "{removed:?}");
}

#[tokio::test]
async fn rotten_rows_are_named_and_hide_nothing() {
    let (sandbox, client) = unlimited(options()).await;
    let tenant = sandbox.tenant();
    let ids: Vec<i64> = tenant
        .customers()
        .iter()
        .map(|customer| customer.id.0)
        .collect();
    tenant
        .spoil(Kind::Customer, ids[0], Rot::WrongTypes)
        .unwrap();
    tenant
        .spoil(Kind::Customer, ids[1], Rot::IdMissing)
        .unwrap();
    tenant.spoil(Kind::Customer, ids[2], Rot::IdText).unwrap();
    tenant.spoil(Kind::Customer, ids[3], Rot::NameNull).unwrap();
    tenant
        .spoil(Kind::Customer, ids[4], Rot::NameWithNul)
        .unwrap();
    let page = client.export(Feed::Customers, None, true).await.unwrap();
    assert_eq!(page.rows.len(), ids.len());
    let (mut readable, mut unreadable) = (BTreeSet::new(), Vec::new());
    for row in &page.rows {
        match record::parse::<Customer>(row.get()) {
            Ok(customer) => drop(readable.insert(customer.id.0)),
            Err(error) => unreadable.push((error.id, error.field.is_some())),
        }
    }
    unreadable.sort_unstable();
    assert_eq!(unreadable, [(None, false), (Some(ids[0]), true)]);
    assert_eq!(readable, ids[2..].iter().copied().collect());
}

#[tokio::test]
async fn tokens_that_die_in_the_middle_are_renewed() {
    let (sandbox, client) =
        unlimited(options().customers(500).switch(|s| s.feed_page_size = 50)).await;
    let mut reader = client.feed(Feed::Customers, None, false);
    let mut rows = 0;
    while let Some(page) = reader.next_page().await.unwrap() {
        rows += page.rows.len();
        sandbox.expire_tokens();
    }
    assert_eq!(rows, 500);
    assert_eq!(sandbox.tokens_issued(), 10);
}

#[tokio::test]
async fn revoked_credentials_and_scopes_are_told_apart_and_come_back() {
    let (sandbox, client) = unlimited(options()).await;
    let tenant = sandbox.tenant();
    let kind = |result: Result<_, Error>| result.map(drop).map_err(|error| error.kind);
    assert_eq!(kind(client.payment_terms().await), Ok(()));

    tenant.revoke_scope("tn.acc.paymentterms:r");
    assert_eq!(
        kind(client.payment_terms().await),
        Err(ErrorKind::Forbidden)
    );
    let preflight = client.preflight().await;
    let missing: Vec<_> = preflight
        .scopes
        .iter()
        .filter(|check| check.result.is_err())
        .collect();
    assert_eq!(missing.len(), 1);
    assert_eq!(missing[0].scope, "tn.acc.paymentterms:r");
    tenant.grant_scope("tn.acc.paymentterms:r");
    // A token lacks the scopes that were granted after it; the preflight brings a new one.
    assert!(client.preflight().await.errors().next().is_none());

    tenant.revoke_credentials();
    assert_eq!(
        kind(client.payment_terms().await),
        Err(ErrorKind::Credentials)
    );
    tenant.restore_credentials();
    assert_eq!(kind(client.payment_terms().await), Ok(()));
}

#[tokio::test]
async fn faults_within_the_budget_change_nothing_of_what_is_read() {
    let (sandbox, client) = unlimited(
        options()
            .customers(1_000)
            .switch(|s| s.feed_page_size = 100),
    )
    .await;
    let expected = sorted(
        whole::<Customer>(&client, Feed::Customers, false)
            .await
            .unwrap(),
    );
    for fault in [
        Fault::LoseReply,
        Fault::Reset,
        Fault::ServerError,
        Fault::HtmlBadGateway,
        Fault::RateLimited {
            retry_after_s: None,
        },
        Fault::RateLimited {
            retry_after_s: Some(0),
        },
    ] {
        let rule = sandbox.faults().add(Rule::new(fault.clone()).every(2));
        let read = whole::<Customer>(&client, Feed::Customers, false).await;
        assert_eq!(sorted(read.unwrap()), expected, "{fault:?}");
        assert!(sandbox.faults().fired(rule) >= 5, "{fault:?}");
        sandbox.faults().clear();
    }
}

#[tokio::test]
async fn a_storm_of_429s_slows_the_pace_and_every_page_arrives() {
    let (sandbox, client) =
        unlimited(options().customers(300).switch(|s| s.feed_page_size = 20)).await;
    let storm = Rule::new(Fault::RateLimited {
        retry_after_s: None,
    })
    .with_probability(0.5);
    sandbox.faults().add(storm);
    // Ten pages at one in two: the budget of one call is not the budget of a storm.
    let mut rows = 0;
    let mut reader = client.feed(Feed::Customers, None, false);
    loop {
        match reader.next_page().await {
            Ok(Some(page)) => rows += page.rows.len(),
            Ok(None) => break,
            Err(error) => assert_eq!(error.kind, ErrorKind::RateLimited),
        }
    }
    assert_eq!(rows, 300);
    let pace = client.pacer().snapshot();
    assert!(
        pace.limited > 0 && pace.calls_per_second < pace.start_calls_per_second,
        "{pace:?}"
    );
}

/// Four callers for three seconds of real time; the server's own count is the judge.
async fn never_limited(shape: RateShape, limit: &str) {
    let sandbox = started(options().rate(shape)).await;
    let client = paced(&sandbox, limit);
    client.payment_terms().await.unwrap();
    let end = Instant::now() + Duration::from_secs(3);
    let callers: Vec<_> = (0..4)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move {
                while Instant::now() < end {
                    client.payment_terms().await.unwrap();
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    assert_eq!(sandbox.calls().rate_limited, 0);
    assert!(client.pacer().snapshot().calls > 4, "nobody called");
}

// How fast it is, `just bench` measures.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_strict_second_is_never_exceeded() {
    never_limited(RateShape::SixtyPerSecond, "60/1s").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_strict_ten_seconds_are_never_exceeded() {
    never_limited(RateShape::SixHundredPerTenSeconds, "600/10s").await;
}

#[tokio::test]
async fn deliveries_are_verified_and_wake_their_customer_in_every_encoding() {
    let sandbox = started(options()).await;
    let customer = sandbox.tenant().customers()[0].id;
    for (encoding, prefix) in [
        (Encoding::Hex, ""),
        (Encoding::UpperHex, "sha256="),
        (Encoding::Base64, ""),
        (Encoding::Base64, "sha256="),
    ] {
        let receiver = Receiver::start().await;
        let mut subscription = Subscription::new(&receiver.url, "s3cret");
        subscription.encoding = encoding;
        prefix.clone_into(&mut subscription.prefix);
        let id = sandbox.webhooks().subscribe(subscription);
        let job = sandbox.tenant().book_job(customer).unwrap();
        sandbox.tenant().complete_job(job, 12_345).unwrap();
        let deliveries = receiver.wait(2).await;
        for (headers, body) in &deliveries {
            let headers = || {
                headers
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.as_bytes()))
            };
            let verifier = |secrets: &[&str]| {
                let secrets = secrets.iter().map(|secret| (*secret).to_owned().into());
                Verifier::new([Verifier::DEFAULT_HEADER], secrets).unwrap()
            };
            assert_eq!(verifier(&["new", "s3cret"]).verify(headers(), body), Ok(()));
            assert_eq!(
                verifier(&["other"]).verify(headers(), body),
                Err(SignatureError::Mismatch)
            );
            let envelope = Envelope::parse(body).unwrap();
            assert_eq!(envelope.tenant.0, sandbox.tenant().id().0);
            let woken: Vec<_> = envelope.touches().customers.iter().map(|id| id.0).collect();
            assert_eq!(woken, [customer.0], "{}", envelope.event_type);
        }
        sandbox.webhooks().unsubscribe(id);
    }
}

#[tokio::test]
async fn a_redelivery_is_recognised() {
    let sandbox = started(options()).await;
    let receiver = Receiver::start().await;
    sandbox
        .webhooks()
        .subscribe(Subscription::new(&receiver.url, "s3cret"));
    let customer: simulated::CustomerId = sandbox.tenant().customers()[0].id;
    sandbox.tenant().book_job(customer).unwrap();
    receiver.wait(1).await;
    sandbox.webhooks().redeliver_all();
    let deliveries = receiver.wait(2).await;
    let parsed: Vec<_> = deliveries
        .iter()
        .map(|(_, body)| Envelope::parse(body).unwrap())
        .collect();
    assert_eq!(parsed[0].occurrence(), parsed[1].occurrence());
    assert_ne!(parsed[0].id, parsed[1].id);
}

type Delivery = (HeaderMap, Bytes);

/// Takes deliveries and answers 200.
struct Receiver {
    url: String,
    deliveries: Arc<Mutex<Vec<Delivery>>>,
    count: watch::Receiver<usize>,
}

impl Receiver {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/webhooks", listener.local_addr().unwrap());
        let deliveries = Arc::new(Mutex::new(Vec::new()));
        let (sender, count) = watch::channel(0);
        let kept = Arc::clone(&deliveries);
        let app = Router::new().fallback(move |headers: HeaderMap, body: Bytes| async move {
            kept.lock().unwrap().push((headers, body));
            sender.send_modify(|count| *count += 1);
        });
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            url,
            deliveries,
            count,
        }
    }

    async fn wait(&self, at_least: usize) -> Vec<Delivery> {
        let mut count = self.count.clone();
        count.wait_for(|count| *count >= at_least).await.unwrap();
        self.deliveries.lock().unwrap().clone()
    }
}
