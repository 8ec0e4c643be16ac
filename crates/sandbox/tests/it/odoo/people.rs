//! People edit in Odoo while a connector runs.

use sandbox::odoo::{Id, Rights};
use serde_json::json;

use super::Rig;

#[tokio::test]
async fn an_edit_by_a_person_bears_another_user() {
    let rig = Rig::start().await;
    rig.loaded(&["id", "name"], json!([["x.1", "Ann"]])).await;
    let id = rig.id_of("x.1");
    rig.odoo.rename_partner(id, "Anna");
    let partner = rig.odoo.partner(id).unwrap();
    assert_eq!(partner.name.as_deref(), Some("Anna"));
    assert_ne!(partner.write_uid, rig.odoo.user());
    rig.odoo.archive_partner(id);
    assert!(!rig.odoo.partner(id).unwrap().active);
    rig.odoo.unarchive_partner(id);
    assert!(rig.odoo.partner(id).unwrap().active);
}

#[tokio::test]
async fn what_a_person_deletes_is_created_anew_by_the_next_load() {
    let rig = Rig::start().await;
    let fields = ["id", "name", "parent_id/id"];
    let rows = json!([["x.1", "Acme", ""], ["x.2", "Kid", "x.1"]]);
    let before = rig.loaded(&fields, rows.clone()).await;
    rig.odoo.delete_partner(Id(before[0]));
    assert!(
        !rig.odoo.external_ids().contains_key("x.1"),
        "the external id goes too"
    );
    let kid = rig.odoo.partner(Id(before[1])).unwrap();
    assert_eq!((kid.parent_id, kid.complete_name.as_str()), (None, "Kid"));
    let after = rig.loaded(&fields, rows).await;
    assert_ne!(after[0], before[0]);
    assert_eq!(after[1], before[1]);
}

#[tokio::test]
async fn a_merge_points_everything_to_the_survivor() {
    let rig = Rig::start().await;
    let ids = rig
        .loaded(
            &[
                "id",
                "name",
                "phone",
                "city",
                "vat",
                "is_company",
                "parent_id/id",
            ],
            json!([
                ["x.1", "Acme", "1", "", "", "", ""],
                ["x.2", "ACME Inc", "2", "Erie", "V2", "1", ""],
                ["x.2b", "ACME Third", "3", "Golden", "V3", "", ""],
                ["x.3", "Kid", "", "", "", "", "x.2"]
            ]),
        )
        .await;
    rig.odoo.archive_partner(Id(ids[0]));
    rig.odoo
        .merge_partners(Id(ids[0]), &[Id(ids[1]), Id(ids[2])]);
    let survivor = rig.odoo.partner_by_external_id("x.2").unwrap();
    assert_eq!(survivor.id, Id(ids[0]));
    assert_eq!(survivor.external_ids, ["x.1", "x.2", "x.2b"]);
    assert_eq!(
        (survivor.name.as_deref(), survivor.phone.as_deref()),
        (Some("Acme"), Some("1")),
        "the survivor's own values stay"
    );
    assert_eq!(
        (survivor.city.as_deref(), survivor.vat.as_deref()),
        (Some("Golden"), Some("V3")),
        "the last loser fills the gaps"
    );
    assert!(
        survivor.active && survivor.is_company,
        "what is true of one is true of all"
    );
    let kid = rig.odoo.partner_by_external_id("x.3").unwrap();
    assert_eq!(kid.parent_id, Some(Id(ids[0])));
    assert_eq!(
        (kid.complete_name.as_str(), kid.vat.as_deref()),
        ("Acme, Kid", Some("V3"))
    );
    assert_eq!(rig.odoo.partner(Id(ids[1])), None);
    rig.loaded(&["id", "name"], json!([["x.2", "Renamed"]]))
        .await;
    assert_eq!(
        rig.odoo.partner(Id(ids[0])).unwrap().name.as_deref(),
        Some("Renamed")
    );
}

#[tokio::test]
async fn people_can_also_act_with_curl() {
    let rig = Rig::start().await;
    let url = format!("{}/sandbox", rig.odoo.url());
    let post = async |path: &str, body: serde_json::Value| {
        let response = rig
            .client
            .post(format!("{url}{path}"))
            .json(&body)
            .send()
            .await
            .unwrap();
        (
            response.status().as_u16(),
            response.json::<serde_json::Value>().await.unwrap(),
        )
    };
    let (_, made) = post(
        "/acts",
        json!({"do": "create_partner", "values": {"name": "Ann"}}),
    )
    .await;
    let edit = json!({"do": "edit_partner", "id": made["id"], "values": {"name": "Anna"}});
    assert_eq!(post("/acts", edit).await.0, 200);
    assert_eq!(rig.names(), ["Anna"]);
    let gone = json!({"do": "delete_partner", "id": 999_999});
    assert_eq!(post("/acts", gone).await.0, 422);
    let (_, fault) = post("/faults", json!({"fault": "server_error", "times": 1})).await;
    assert!(fault["id"].is_u64());
    assert_eq!(rig.call("res.users", "context_get", json!({})).await.0, 500);
    let about = rig.client.get(&url).send().await.unwrap();
    let about: serde_json::Value = about.json().await.unwrap();
    assert_eq!(
        (&about["database"], &about["partners"]),
        (&json!("sandbox"), &json!(1))
    );
}

#[tokio::test]
async fn a_record_rule_hides_partners_from_searches_and_forbids_them_otherwise() {
    let rig = Rig::start().await;
    let ids = rig
        .loaded(
            &["id", "name", "city"],
            json!([["x.1", "A", "Erie"], ["x.2", "B", "Hidden"]]),
        )
        .await;
    rig.odoo
        .show_only_partners(json!([["city", "!=", "Hidden"]]));
    let body = json!({"domain": [["id", "in", ids]]});
    assert_eq!(
        rig.ok("res.partner", "search", body.clone()).await,
        json!([ids[0]])
    );
    for (method, arguments) in [
        ("read", json!({"ids": ids, "fields": ["name"]})),
        ("write", json!({"ids": [ids[1]], "vals": {"name": "C"}})),
        (
            "write",
            json!({"ids": [ids[0]], "vals": {"city": "Hidden"}}),
        ),
        (
            "create",
            json!({"vals_list": [{"name": "C", "city": "Hidden"}]}),
        ),
        (
            "create",
            json!({"vals_list": [{"name": "C", "parent_id": ids[1]}]}),
        ),
        ("unlink", json!({"ids": [ids[1]]})),
    ] {
        let (status, error) = rig.call("res.partner", method, arguments).await;
        assert_eq!(status, 403, "{method}: {error}");
    }
    let answer = rig.load(&["id", "name"], json!([["x.2", "C"]])).await;
    assert_eq!(answer["ids"], false);
    assert!(
        answer["messages"][0]["message"]
            .as_str()
            .unwrap()
            .contains("top-secret records")
    );
    let body_reference = json!({"module": "x", "xml_id": "2"});
    let reference = rig
        .ok("ir.model.data", "check_object_reference", body_reference)
        .await;
    assert_eq!(reference, json!(["res.partner", false]));
    rig.odoo.show_all_partners();
    assert_eq!(rig.ok("res.partner", "search", body).await, json!(ids));
}

#[tokio::test]
async fn keys_are_revoked_restored_and_run_out() {
    let rig = Rig::start().await;
    let status = async || rig.call("res.users", "context_get", json!({})).await.0;
    rig.odoo.revoke_key();
    assert_eq!(status().await, 401);
    rig.odoo.restore_key();
    assert_eq!(status().await, 200);
    rig.odoo
        .set_key_expiry(Some("2026-11-23T09:00:00Z".parse().unwrap()));
    assert_eq!(status().await, 200);
    rig.advance(jiff::SignedDuration::from_hours(1));
    assert_eq!(status().await, 401);
}

#[tokio::test]
async fn rights_can_be_taken_and_given() {
    let rig = Rig::start().await;
    rig.odoo.set_rights(Rights::Reader);
    let answer = rig.load(&["id", "name"], json!([["x.1", "A"]])).await;
    assert_eq!(answer["ids"], false);
    assert!(
        answer["messages"][0]["message"]
            .as_str()
            .unwrap()
            .starts_with("You are not allowed to create 'Contact'")
    );
    rig.odoo.set_rights(Rights::PartnerManager);
    rig.loaded(&["id", "name"], json!([["x.1", "A"]])).await;
}

#[tokio::test]
async fn equal_content_is_equal_whatever_the_order_of_arrival() {
    let one = Rig::start().await;
    let two = Rig::start().await;
    let fields = ["id", "name", "parent_id/id"];
    one.loaded(
        &fields,
        json!([
            ["x.1", "Acme", ""],
            ["x.2", "Kid", "x.1"],
            ["x.3", "Sue", ""]
        ]),
    )
    .await;
    two.loaded(
        &fields,
        json!([["x.3", "Sue", ""], ["x.1", "Acme Old", ""]]),
    )
    .await;
    assert_ne!(one.odoo.content(), two.odoo.content());
    two.loaded(&fields, json!([["x.1", "Acme", ""], ["x.2", "Kid", "x.1"]]))
        .await;
    assert_eq!(one.odoo.content(), two.odoo.content());
    assert_ne!(one.id_of("x.3"), two.id_of("x.3"));
}
