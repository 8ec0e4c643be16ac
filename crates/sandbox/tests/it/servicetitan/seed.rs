//! What is drawn from a seed.

use std::collections::BTreeSet;

use sandbox::servicetitan::{
    ContactKind, Customer, CustomerKind, Mix, RateShape, Sandbox, customer_id,
};

use super::{Desk, Hands};

async fn customers(seed: u64, n: usize) -> Vec<Customer> {
    let options = Hands::new()
        .options()
        .seed(seed)
        .customers(n)
        .rate(RateShape::Off);
    Sandbox::start(options).await.unwrap().tenant().customers()
}

#[tokio::test]
async fn the_same_seed_gives_the_same_tenant() {
    let (a, b, other) = (
        customers(7, 80).await,
        customers(7, 80).await,
        customers(8, 80).await,
    );
    assert_eq!(a, b);
    assert_ne!(a, other);
    assert_eq!(
        customers(7, 30).await,
        a[..30],
        "a small tenant is the start of a large one"
    );
    let keys = |seed| async move {
        let sandbox = Sandbox::start(Hands::new().options().seed(seed))
            .await
            .unwrap();
        (sandbox.app_key().to_owned(), sandbox.tenant().credentials())
    };
    assert_eq!(keys(7).await, keys(7).await);
    assert_ne!(keys(7).await, keys(8).await);
}

#[tokio::test]
async fn a_tenant_holds_all_that_a_client_must_bear() {
    let desk = Desk::with(|o| o.customers(1_000)).await;
    let customers = desk.tenant.customers();
    let has = |what: &str, holds: &dyn Fn(&Customer) -> bool| {
        assert!(customers.iter().any(holds), "no customer {what}");
    };
    has("is a person", &|c| c.kind == CustomerKind::Residential);
    has("is a company", &|c| c.kind == CustomerKind::Commercial);
    has("is inactive", &|c| !c.active && c.merged_to_id.is_none());
    has("was merged away", &|c| {
        c.merged_to_id.is_some() && !c.active
    });
    has("is Canadian", &|c| c.address.country == "Canada");
    has("lives in a state spelled out", &|c| {
        c.address.state.len() > 2
    });
    has("has no country", &|c| c.address.country.is_empty());
    has("has a term", &|c| c.payment_term_id.is_some());
    has("has no term", &|c| c.payment_term_id.is_none());
    has("is named with markup", &|c| c.name.contains("<script>"));
    has("is named with SQL", &|c| c.name.contains("DROP TABLE"));
    has("is named with a formula", &|c| c.name.starts_with("=cmd"));
    has("is named with emoji", &|c| c.name.contains('🔧'));
    has("is named from right to left", &|c| {
        c.name.contains('\u{202e}')
    });
    has("is named with a line break", &|c| c.name.contains('\n'));
    has("is named with blanks around", &|c| c.name != c.name.trim());
    has("is named with combining marks", &|c| {
        c.name.contains("e\u{301}")
    });
    has("is named like a path", &|c| c.name.contains("../"));
    has("has a very long name", &|c| c.name.chars().count() == 1_000);
    let contacts = desk.tenant.contacts();
    for kind in [
        ContactKind::Phone,
        ContactKind::Email,
        ContactKind::Fax,
        ContactKind::MobilePhone,
    ] {
        assert!(
            contacts.iter().any(|c| c.kind == kind && c.memo.is_some()),
            "no {kind:?}"
        );
    }
    let per_customer: BTreeSet<usize> = customers
        .iter()
        .map(|c| desk.tenant.contacts_of(c.id).len())
        .collect();
    assert!(per_customer.is_superset(&BTreeSet::from([0, 1, 2, 3])));
    assert!(
        customers
            .iter()
            .filter(|c| c.merged_to_id.is_none())
            .all(|c| { (1..=4).contains(&desk.tenant.locations_of(c.id).len()) })
    );
    let orphans = desk.tenant.locations();
    assert!(
        orphans
            .iter()
            .all(|l| desk.tenant.customer(l.customer_id).is_some())
    );
    assert!(customers.iter().all(|c| c.modified_on < desk.hands.now()));
}

#[tokio::test]
async fn a_plain_mix_is_plain() {
    let desk = Desk::with(|o| o.customers(500).mix(Mix::plain())).await;
    let customers = desk.tenant.customers();
    assert!(
        customers
            .iter()
            .all(|c| c.active && !c.address.country.is_empty())
    );
    assert!(
        customers
            .iter()
            .all(|c| c.name.chars().all(char::is_alphanumeric) || c.name.split(' ').count() >= 2)
    );
    assert_eq!(customers[0].id, customer_id(0));
}

#[tokio::test]
async fn data_is_older_than_a_clock_set_to_the_past() {
    let hands = Hands::new();
    hands.advance_s(-2 * 365 * 86_400);
    let sandbox = Sandbox::start(hands.options()).await.unwrap();
    assert!(
        sandbox
            .tenant()
            .customers()
            .iter()
            .all(|c| c.modified_on < hands.now())
    );
}
