//! Reading, searching, writing: the methods other than `load`.

use serde_json::{Value as Json, json};

use super::Rig;

/// Refs of the partners that a domain finds, in the given order.
async fn found(rig: &Rig, domain: Json, order: &str) -> Vec<String> {
    let body = json!({"domain": domain, "fields": ["ref"], "order": order});
    let answer = rig.ok("res.partner", "search_read", body).await;
    let rows = answer.as_array().unwrap();
    rows.iter()
        .map(|row| row["ref"].as_str().unwrap_or("-").to_owned())
        .filter(|name| name != "-")
        .collect()
}

async fn population(rig: &Rig) {
    rig.loaded(
        &[
            "id",
            "ref",
            "name",
            "is_company",
            "city",
            "parent_id/id",
            "type",
            "active",
            "customer_rank",
        ],
        json!([
            ["x.a", "a", "Alpha", "0", "", "", "contact", "1", "1"],
            ["x.b", "b", "beta_1", "1", "", "", "contact", "1", "0"],
            ["x.c", "c", "Gamma 50%", "0", "Zed", "", "contact", "1", "0"],
            ["x.d", "d", "delta", "0", "Zed", "", "contact", "0", "0"],
            ["x.e", "e", "", "0", "Zed", "", "delivery", "1", "0"],
            ["x.f", "f", "kid", "0", "", "x.b", "other", "1", "0"]
        ]),
    )
    .await;
}

#[tokio::test]
async fn domains_find_what_a_real_odoo_finds() {
    let rig = Rig::start().await;
    population(&rig).await;
    let b = rig.id_of("x.b");
    let f = rig.id_of("x.f");
    let cases = [
        (json!([]), "abcef"),
        (json!([["name", "!=", "Alpha"]]), "bcef"),
        (json!([["city", "!=", "Zed"]]), "abf"),
        (json!([["city", "=", false]]), "abf"),
        (json!([["city", "=", ""]]), "abf"),
        (json!([["city", "in", ["Zed", false]]]), "abcef"),
        (json!([["city", "not in", ["Zed", false]]]), ""),
        (json!([["name", "in", []]]), ""),
        (json!([["name", "not in", []]]), "abcef"),
        (json!([["name", "ilike", "ALPH"]]), "a"),
        (json!([["name", "like", "ALPH"]]), ""),
        (json!([["name", "like", "beta_"]]), "b"),
        (json!([["name", "=ilike", "al%"]]), "a"),
        (json!([["city", "not ilike", "ze"]]), "abf"),
        (json!([["name", "<", "b"]]), "ace"),
        (json!([["customer_rank", ">", 0]]), "a"),
        (json!([["customer_rank", "=", false]]), "bcef"),
        (json!([["is_company", "=", true]]), "b"),
        (
            json!(["|", ["name", "=", "Alpha"], ["name", "=", "kid"]]),
            "af",
        ),
        (
            json!(["!", "|", ["name", "=", "Alpha"], ["name", "=", "kid"]]),
            "bce",
        ),
        (json!([["active", "=", false], ["ref", "!=", false]]), "d"),
        (json!([["active", "in", [true, false]]]), "abcdef"),
        (json!([["parent_id", "ilike", "beta"]]), "f"),
        (json!([["parent_id", "=", "beta_1"]]), "f"),
        (json!([["parent_id.is_company", "=", true]]), "f"),
        (json!([["child_ids.name", "=", "kid"]]), "b"),
        (json!([["child_ids", "any", [["name", "=", "kid"]]]]), "b"),
        (json!([["id", "child_of", b]]), "bf"),
        (json!([["id", "parent_of", f]]), "bf"),
        (json!([["complete_name", "=", "beta_1, kid"]]), "f"),
        (json!([["type", "in", ["delivery", "other"]]]), "ef"),
    ];
    for (domain, refs) in cases {
        let found = found(&rig, domain.clone(), "id").await.concat();
        assert_eq!(found, refs, "{domain}");
    }
}

#[tokio::test]
async fn order_puts_empty_values_last_and_names_by_their_bytes() {
    let rig = Rig::start().await;
    population(&rig).await;
    let known = json!([["ref", "!=", false]]);
    assert_eq!(
        found(&rig, known.clone(), "city, id desc").await.concat(),
        "ecfba"
    );
    assert_eq!(
        found(&rig, known.clone(), "city desc, id").await.concat(),
        "abfce"
    );
    let body = json!({"domain": known, "fields": ["ref"], "limit": 2, "offset": 1});
    let page = rig.ok("res.partner", "search_read", body).await;
    assert_eq!(
        [&page[0]["ref"], &page[1]["ref"]],
        ["a", "c"],
        "the default order is by complete name"
    );
    let count = json!({"domain": [["ref", "!=", false]], "limit": 3});
    assert_eq!(rig.ok("res.partner", "search_count", count).await, 3);
}

#[tokio::test]
async fn reading_leaves_out_what_is_gone() {
    let rig = Rig::start().await;
    let ids = rig
        .loaded(&["id", "name"], json!([["x.1", "A"], ["x.2", "B"]]))
        .await;
    let body = json!({"ids": [ids[0], 999_999, ids[1]], "fields": ["name"]});
    assert_eq!(
        rig.ok("res.partner", "read", body).await,
        json!([{"id": ids[0], "name": "A"}, {"id": ids[1], "name": "B"}])
    );
    assert_eq!(
        rig.ok("res.partner", "unlink", json!({"ids": [ids[0]]}))
            .await,
        true
    );
    let (status, _) = rig
        .call("res.partner", "unlink", json!({"ids": [ids[0]]}))
        .await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn create_takes_native_types_and_gives_a_list_of_ids() {
    let rig = Rig::start().await;
    let vals = json!({"name": "Solo", "is_company": true, "comment": "Gate 12 & dog", "website": "a.example",
                      "child_ids": [[0, 0, {"name": "Kid"}]]});
    let ids = rig
        .ok("res.partner", "create", json!({"vals_list": vals}))
        .await;
    let id = ids[0].as_i64().unwrap();
    let about = rig
        .read(id, &["comment", "website", "company_type", "type", "lang"])
        .await;
    assert_eq!(
        about,
        json!({"comment": "<span>Gate 12 &amp; dog</span>", "website": "http://a.example",
               "company_type": "company", "type": "contact", "lang": "en_US"})
    );
    assert_eq!(rig.names(), ["Solo", "Kid"]);
}

#[tokio::test]
async fn an_external_id_can_be_given_to_create_but_a_second_create_moves_it() {
    let rig = Rig::start().await;
    let body = json!({"vals_list": [{"id": "x.1", "name": "A"}], "context": {"_import_current_module": "x"}});
    rig.ok("res.partner", "create", body.clone()).await;
    rig.ok("res.partner", "create", body).await;
    let partners = rig.odoo.partners();
    assert_eq!(partners.len(), 2);
    assert_eq!(partners[0].external_ids, Vec::<String>::new());
    assert_eq!(partners[1].external_ids, ["x.1"]);
}

#[tokio::test]
async fn the_limited_user_finds_external_ids_one_by_one() {
    let rig = Rig::start().await;
    let id = rig
        .loaded(&["id", "name"], json!([["__st__.c_1", "A"]]))
        .await[0];
    let body = json!({"module": "__st__", "xml_id": "c_1"});
    let reference = rig
        .ok("ir.model.data", "check_object_reference", body)
        .await;
    assert_eq!(reference, json!(["res.partner", id]));
    let (status, _) = rig
        .call(
            "ir.model.data",
            "check_object_reference",
            json!({"module": "no", "xml_id": "no"}),
        )
        .await;
    assert_eq!(status, 500);
    let names = rig
        .ok("res.partner", "get_external_id", json!({"ids": [id, 1]}))
        .await;
    assert_eq!(
        names,
        json!({id.to_string(): "__st__.c_1", "1": "base.main_partner"})
    );
    let meta = rig
        .ok("res.partner", "get_metadata", json!({"ids": [id]}))
        .await;
    assert_eq!(
        meta[0]["xmlids"],
        json!([{"noupdate": true, "xmlid": "__st__.c_1"}])
    );
}

#[tokio::test]
async fn a_preflight_sees_company_rights_fields_and_key() {
    let rig = Rig::with(|o| o.key_expires = Some("2027-01-01T00:00:00Z".parse().unwrap())).await;
    let rights = async |model: &str, operation: &str| {
        rig.ok(model, "has_access", json!({"operation": operation}))
            .await
            == true
    };
    assert!(rights("res.partner", "write").await);
    assert!(!rights("ir.model.data", "read").await);
    assert!(!rights("account.payment.term", "create").await);
    rig.odoo.set_rights(sandbox::odoo::Rights::Reader);
    assert!(!rights("res.partner", "create").await);
    let (status, error) = rig
        .call(
            "res.partner",
            "create",
            json!({"vals_list": [{"name": "x"}]}),
        )
        .await;
    assert_eq!(status, 403);
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("Contact Creation"),
        "{error}"
    );
    let body =
        json!({"ids": [rig.odoo.user()], "fields": ["login", "company_id", "company_ids", "tz"]});
    let user = rig.ok("res.users", "read", body).await;
    assert_eq!(user[0]["company_id"], json!([1, "My Company"]));
    let body = json!({"domain": [], "fields": ["name", "scope", "expiration_date"]});
    let keys = rig.ok("res.users.apikeys", "search_read", body).await;
    assert_eq!(keys.as_array().unwrap().len(), 1, "only one's own");
    assert_eq!(keys[0]["expiration_date"], "2027-01-01 00:00:00");
    let body =
        json!({"allfields": ["name", "type", "mobile"], "attributes": ["type", "selection"]});
    let fields = rig.ok("res.partner", "fields_get", body).await;
    assert_eq!(fields["name"], json!({"type": "char"}));
    assert_eq!(
        fields["type"]["selection"][2],
        json!(["delivery", "Delivery"])
    );
    assert!(fields.get("mobile").is_none(), "Odoo 19 has no such field");
}

#[tokio::test]
async fn places_and_terms_are_there_with_odoos_external_ids() {
    let rig = Rig::start().await;
    for (module, name, model) in [
        ("base", "us", "res.country"),
        ("base", "uk", "res.country"),
        ("base", "state_us_6", "res.country.state"),
        ("base", "state_us_pr", "res.country.state"),
        ("base", "state_ca_on", "res.country.state"),
        ("base", "state_au_2", "res.country.state"),
        (
            "account",
            "account_payment_term_30days",
            "account.payment.term",
        ),
    ] {
        let body = json!({"module": module, "xml_id": name});
        let target = rig
            .ok("ir.model.data", "check_object_reference", body)
            .await;
        assert_eq!(target[0], model, "{name}");
    }
    let body = json!({"domain": [["country_id.code", "=", "US"]]});
    assert_eq!(rig.ok("res.country.state", "search_count", body).await, 62);
    let body = json!({"domain": [["name", "=", "30 Days"]], "fields": ["display_name"]});
    let terms = rig.ok("account.payment.term", "search_read", body).await;
    assert_eq!(terms[0]["display_name"], "30 Days");
}
