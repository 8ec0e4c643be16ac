//! External ids, and what becomes of them when people delete, merge and hide.

use odoo::load::RowFaultKind;
use odoo::{Context, ErrorKind, Found, Model, Trace};

use super::loading::{load, make, rows};
use crate::target::{Target, name};

const COLUMNS: [&str; 3] = ["id", "name", "active"];

fn partner(id: odoo::RecordId) -> Found {
    Found::Found {
        model: Model::PARTNER,
        id,
    }
}

pub(crate) async fn are_found_archived_or_not_and_absent_after_deletion(target: &Target) {
    let client = &target.client;
    let ids = make(
        client,
        &COLUMNS,
        &[
            &["__contract__.ref0", "There", "1"],
            &["__contract__.ref1", "Archived", "0"],
            &["__contract__.ref2", "Deleted", "1"],
        ],
    )
    .await;
    target.hand.delete(ids[2]).await;
    assert_eq!(
        client.check_object_reference(&name("ref0")).await.unwrap(),
        partner(ids[0])
    );
    assert_eq!(
        client.check_object_reference(&name("ref1")).await.unwrap(),
        partner(ids[1])
    );
    assert_eq!(
        client.check_object_reference(&name("ref2")).await.unwrap(),
        Found::Absent
    );
    assert_eq!(
        client.check_object_reference(&name("never")).await.unwrap(),
        Found::Absent
    );
    for (id, text, trace) in [
        (ids[1], "ref1", Trace::There),
        (ids[2], "ref2", Trace::Deleted),
    ] {
        let found = client.trace(&Model::PARTNER, id, &name(text)).await;
        assert_eq!(found, Ok(trace), "{text}");
    }
    let names = client
        .get_external_ids(&Model::PARTNER, &ids[..2])
        .await
        .unwrap();
    assert_eq!(names[&ids[0]], [name("ref0")]);
    assert_eq!(names[&ids[1]], [name("ref1")]);
}

pub(crate) async fn follow_a_merge(target: &Target) {
    let client = &target.client;
    let ids = make(
        client,
        &COLUMNS,
        &[
            &["__contract__.win", "Winner", "1"],
            &["__contract__.lose", "Loser", "1"],
        ],
    )
    .await;
    target.hand.merge(ids[1], ids[0]).await;
    let trace = client.trace(&Model::PARTNER, ids[1], &name("lose")).await;
    assert_eq!(trace, Ok(Trace::Merged { into: ids[0] }));
    // The loser's name leads to the winner, its id to nothing.
    assert_eq!(
        client.check_object_reference(&name("lose")).await.unwrap(),
        partner(ids[0])
    );
    assert_eq!(
        client
            .read(&Model::PARTNER, &[ids[1]], &["name"], &Context::new())
            .await
            .unwrap(),
        []
    );
    let text = ids[1].to_string();
    let by_id = load(client, &rows(&[".id", "phone"], &[&[&text, "1"]])).await;
    assert_eq!(
        by_id.groups[&0].as_ref().unwrap_err().kind,
        RowFaultKind::MissingRecord
    );
    let by_name = make(client, &["id", "phone"], &[&["__contract__.lose", "2"]]).await;
    assert_eq!(by_name, [ids[0]]);
    let names = client
        .get_external_ids(&Model::PARTNER, &ids[..1])
        .await
        .unwrap();
    if target.client.version().major >= 17 || !target.hand.is_real() {
        assert_eq!(names[&ids[0]], [name("win"), name("lose")]);
    }
}

pub(crate) async fn tell_hidden_from_absent(target: &Target) {
    let client = &target.client;
    let ids = make(
        client,
        &COLUMNS,
        &[
            &["__contract__.hid0", "Seen", "1"],
            &["__contract__.hid1", "Unseen", "1"],
            &["__contract__.hid2", "Seen", "1"],
        ],
    )
    .await;
    let hidden = target.hand.hide(ids[1]).await;
    let found = client.check_object_reference(&name("hid1")).await.unwrap();
    assert_eq!(
        found,
        Found::Hidden {
            model: Model::PARTNER
        }
    );
    let read = client
        .read(&Model::PARTNER, &ids, &["name"], &Context::new())
        .await
        .unwrap_err();
    assert_eq!(read.kind, ErrorKind::AccessDenied);
    let trace = client.trace(&Model::PARTNER, ids[1], &name("hid1")).await;
    assert_eq!(trace, Ok(Trace::Hidden));
    // By id it looks like a missing one, by name like a lack of rights; the others are not held up.
    let texts: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let by_id = load(
        client,
        &rows(
            &[".id", "phone"],
            &[&[&texts[0], "1"], &[&texts[1], "1"], &[&texts[2], "1"]],
        ),
    )
    .await;
    let by_name = load(
        client,
        &rows(
            &["id", "phone"],
            &[
                &["__contract__.hid0", "2"],
                &["__contract__.hid1", "2"],
                &["__contract__.hid2", "2"],
            ],
        ),
    )
    .await;
    for (loaded, kind) in [
        (by_id, RowFaultKind::MissingRecord),
        (by_name, RowFaultKind::Access),
    ] {
        assert!(
            loaded.groups[&0].is_ok() && loaded.groups[&2].is_ok(),
            "{loaded:?}"
        );
        assert_eq!(loaded.groups[&1].as_ref().unwrap_err().kind, kind);
    }
    target.hand.show(hidden).await;
    assert_eq!(
        client.check_object_reference(&name("hid1")).await.unwrap(),
        partner(ids[1])
    );
}
