//! What records share: found before they are planned and after, and forgotten with what led there.

use store::links::LinkChange;
use store::shared::SHARING_MAX;
use sync::link::Name;
use sync::sighting::Sighting;

use crate::rig::{Rig, at, name, on_every_database, put, sighting, synced};

on_every_database!(those_that_share_a_name_are_found, only_so_many_are_read,);

fn sharing(part: &str, owner: &str, names: &[&str]) -> Sighting {
    Sighting {
        shares: names.iter().map(|one| name(one)).collect(),
        ..sighting(part, owner, part)
    }
}

async fn found(rig: &Rig, id: store::connections::ConnectionId, of: &str) -> Vec<String> {
    let names: [Name; 2] = [name(of), name("unheard of")];
    let mut sharing = rig.store.sharing(id, &names).await.unwrap();
    let sharing = sharing.remove(&name(of)).unwrap_or_default();
    let parts = sharing.parts.iter().map(|part| part.key.0.clone());
    let links = sharing.links.iter().map(|link| link.name.0.clone());
    // Rows of one page become records in no order.
    let mut found: Vec<String> = parts.chain(links).collect();
    found.sort();
    found
}

async fn those_that_share_a_name_are_found(rig: Rig) {
    let id = rig.connection("acme").await;
    let page = vec![
        sharing("customer/1", "1", &["order_7", "number_9"]),
        sharing("customer/2", "2", &["order_7", "order_7"]),
        sharing("customer/3", "3", &[]),
    ];
    rig.observe(id, page, at(1)).await;
    assert_eq!(
        found(&rig, id, "order_7").await,
        ["customer/1", "customer/2"]
    );
    assert_eq!(found(&rig, id, "number_9").await, ["customer/1"]);
    assert_eq!(found(&rig, id, "order_8").await, [""; 0]);

    // One is carried, and goes on sharing one of the names: with its link.
    let due = rig.due(id, at(1)).await;
    let first = due.iter().find(|due| due.key.source.0 == "1").unwrap();
    let mut outcome = synced(first);
    let links: Vec<LinkChange> = vec![put("customer_1", 11), put("customer_line_1", 12)];
    outcome.links = links;
    outcome.depends_on = vec![name("order_7")];
    rig.record_outcomes(id, vec![outcome], at(2)).await;
    assert_eq!(
        found(&rig, id, "order_7").await,
        ["customer/1", "customer/2", "customer_1"]
    );
    assert_eq!(found(&rig, id, "number_9").await, [""; 0]);

    // What another connection has is its own.
    let other = rig.connection("other").await;
    assert_eq!(found(&rig, other, "order_7").await, [""; 0]);
}

async fn only_so_many_are_read(rig: Rig) {
    let id = rig.connection("acme").await;
    let page = (0..SHARING_MAX + 3).map(|one| {
        let part = format!("customer/{one}");
        sharing(&part, &one.to_string(), &["order_7"])
    });
    rig.observe(id, page.collect(), at(1)).await;
    assert_eq!(found(&rig, id, "order_7").await.len(), SHARING_MAX);
    let sharing = rig.store.sharing(id, &[name("order_7")]).await.unwrap();
    assert!(sharing[&name("order_7")].is_cut);
}
