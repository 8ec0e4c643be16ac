//! What purchases refer to: products and their templates, units, analytic plans and accounts, taxes, journals.

use sandbox::odoo::Rights;
use serde_json::{Value as Json, json};

use super::Rig;

async fn rig() -> Rig {
    Rig::with(|options| options.rights = Rights::ProductManager).await
}

/// The record that an external id points to.
async fn known(rig: &Rig, module: &str, name: &str) -> i64 {
    let body = json!({"module": module, "xml_id": name});
    let answer = rig
        .ok("ir.model.data", "check_object_reference", body)
        .await;
    answer[1].as_i64().unwrap()
}

#[tokio::test]
async fn a_product_makes_its_template_and_a_name_for_it() {
    let rig = rig().await;
    let fields = ["id", "name", "default_code", "type", "standard_price"];
    let rows = json!([["x.item_1", "Capacitor", "CAP-1", "consu", "12.3456"]]);
    let id = rig.loaded_into("product.product", &fields, rows).await[0];
    let template = known(&rig, "x", "item_1_product_template").await;
    let fields = [
        "product_tmpl_id",
        "name",
        "display_name",
        "standard_price",
        "list_price",
        "purchase_ok",
        "uom_id",
        "purchase_method",
    ];
    assert_eq!(
        rig.seen("product.product", id, &fields).await,
        json!({
            "product_tmpl_id": template, "name": "Capacitor", "display_name": "[CAP-1] Capacitor",
            "standard_price": 12.3456, "list_price": 1.0, "purchase_ok": true, "uom_id": 1,
            "purchase_method": "receive",
        })
    );
    assert_eq!(
        rig.seen(
            "product.template",
            template,
            &["default_code", "product_variant_ids"]
        )
        .await,
        json!({"default_code": "CAP-1", "product_variant_ids": [id]})
    );
}

#[tokio::test]
async fn products_take_the_default_taxes_unless_told_otherwise() {
    let rig = rig().await;
    let purchase = known(&rig, "account", "1_purchase_tax_template").await;
    let fields = ["id", "name"];
    let silent = rig
        .loaded_into("product.product", &fields, json!([["x.1", "A"]]))
        .await[0];
    let fields = ["id", "name", "supplier_taxes_id/id", "taxes_id/id"];
    let told = rig
        .loaded_into("product.product", &fields, json!([["x.2", "B", "", ""]]))
        .await[0];
    let taxes = ["supplier_taxes_id", "taxes_id"];
    assert_eq!(
        rig.seen("product.product", silent, &taxes[..1]).await,
        json!({"supplier_taxes_id": [purchase]})
    );
    assert_eq!(
        rig.seen("product.product", told, &taxes).await,
        json!({"supplier_taxes_id": [], "taxes_id": []})
    );
}

#[tokio::test]
async fn writing_a_product_writes_its_template() {
    let rig = rig().await;
    let fields = ["id", "name", "type", "is_storable"];
    let rows = json!([["x.1", "A", "consu", "1"]]);
    let id = rig.loaded_into("product.product", &fields, rows).await[0];
    let template = known(&rig, "x", "1_product_template").await;
    let vals = json!({"name": "B", "type": "service", "default_code": "B-1"});
    rig.ok(
        "product.product",
        "write",
        json!({"ids": [id], "vals": vals}),
    )
    .await;
    let fields = [
        "name",
        "type",
        "is_storable",
        "default_code",
        "purchase_method",
    ];
    let now = json!({
        "name": "B", "type": "service", "is_storable": false, "default_code": "B-1",
        "purchase_method": "purchase",
    });
    assert_eq!(rig.seen("product.template", template, &fields).await, now);
    let found = json!({"domain": [["name", "=", "B"], ["type", "=", "service"]]});
    assert_eq!(
        rig.ok("product.product", "search", found).await,
        json!([id])
    );
}

#[tokio::test]
async fn archiving_takes_the_template_along_but_writing_does_not() {
    let rig = rig().await;
    let rows = json!([["x.1", "A"], ["x.2", "B"]]);
    let ids = rig
        .loaded_into("product.product", &["id", "name"], rows)
        .await;
    rig.ok(
        "product.product",
        "action_archive",
        json!({"ids": [ids[0]]}),
    )
    .await;
    let vals = json!({"ids": [ids[1]], "vals": {"active": false}});
    rig.ok("product.product", "write", vals).await;
    let body = json!({"domain": [], "fields": ["name"], "context": {"active_test": true}});
    let templates = rig.ok("product.template", "search_read", body).await;
    assert_eq!(templates.as_array().unwrap().len(), 1);
    assert_eq!(templates[0]["name"], "B");
}

#[tokio::test]
async fn cells_with_numbers_must_be_numbers() {
    let rig = rig().await;
    let rows = json!([["x.1", "A", "12,50"]]);
    let answer = rig
        .load_into("product.product", &["id", "name", "list_price"], rows)
        .await;
    assert_eq!(
        answer["messages"][0]["message"],
        "'12,50' does not seem to be a number for field 'Sales Price'"
    );
    let domain = json!({"domain": [["list_price", ">", 2.5]]});
    for price in ["2.5", "2.51"] {
        let rows = json!([[format!("x.{price}"), "A", price]]);
        rig.loaded_into("product.product", &["id", "name", "list_price"], rows)
            .await;
    }
    let found = rig.ok("product.product", "search", domain).await;
    assert_eq!(found.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn analytic_accounts_stand_in_plans() {
    let rig = Rig::start().await;
    let plan = rig
        .loaded_into(
            "account.analytic.plan",
            &["id", "name"],
            json!([["x.plan", "Business Units"]]),
        )
        .await[0];
    assert_eq!(plan, 2, "the first is the plan of projects");
    let fields = ["id", "name", "code", "plan_id/id"];
    let rows = json!([["x.bu_1", "Denver", "D", "x.plan"]]);
    let id = rig
        .loaded_into("account.analytic.account", &fields, rows)
        .await[0];
    assert_eq!(
        rig.seen(
            "account.analytic.account",
            id,
            &["display_name", "root_plan_id", "active", "company_id"]
        )
        .await,
        json!({"display_name": "[D] Denver", "root_plan_id": plan, "active": true, "company_id": 1})
    );
    let rows = json!([["x.bu_2", "Boulder", "", ""]]);
    let answer = rig
        .load_into("account.analytic.account", &fields, rows)
        .await;
    assert_eq!(answer["ids"], false);
    assert_eq!(answer["messages"][0]["field"], "plan_id");
}

#[tokio::test]
async fn without_analytic_accounting_nobody_sees_plans() {
    let rig = Rig::with(|options| options.analytic_accounting = false).await;
    let body = json!({"domain": []});
    for (model, status) in [
        ("account.analytic.plan", 403),
        ("account.analytic.account", 200),
    ] {
        let (found, _) = rig.call(model, "search", body.clone()).await;
        assert_eq!(found, status, "{model}");
    }
    let admin = rig
        .client
        .post(format!(
            "{}/json/2/account.analytic.plan/search",
            rig.odoo.url()
        ))
        .bearer_auth(rig.odoo.admin_key())
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(admin.status(), 403);
}

#[tokio::test]
async fn rights_on_products_are_a_group_of_their_own() {
    let rig = Rig::start().await;
    let may = async |model: &str, operation: &str| -> Json {
        rig.ok(model, "has_access", json!({"operation": operation}))
            .await
    };
    assert_eq!(may("product.product", "read").await, true);
    assert_eq!(may("product.product", "create").await, false);
    assert_eq!(may("account.analytic.account", "create").await, true);
    assert_eq!(may("account.tax", "read").await, true);
    assert_eq!(may("account.account", "create").await, false);
    assert_eq!(may("decimal.precision", "read").await, false);
    let answer = rig
        .load_into("product.product", &["id", "name"], json!([["x.1", "A"]]))
        .await;
    let told = answer["messages"][0]["message"].as_str().unwrap();
    assert!(
        told.starts_with("You are not allowed to create 'Product"),
        "{told}"
    );
    rig.odoo.set_rights(Rights::ProductManager);
    assert_eq!(may("product.product", "create").await, true);
}

#[tokio::test]
async fn vendors_are_partners_with_a_rank() {
    let rig = Rig::start().await;
    let fields = [
        "id",
        "name",
        "supplier_rank",
        "ref",
        "vat",
        "property_supplier_payment_term_id/id",
    ];
    let term = "account.account_payment_term_30days";
    let rows = json!([["x.v", "Supply Co", "1", "V-100", "12-3456789", term]]);
    let id = rig.loaded(&fields, rows).await[0];
    let found = json!({"domain": [["supplier_rank", ">", 0]]});
    assert_eq!(rig.ok("res.partner", "search", found).await, json!([id]));
}

#[tokio::test]
async fn the_books_are_there_to_refer_to() {
    let rig = Rig::start().await;
    for (module, name) in [
        ("account", "1_purchase_tax_template"),
        ("account", "1_expense"),
        ("account", "1_purchase"),
        ("uom", "product_uom_dozen"),
        ("product", "product_category_goods"),
        ("stock", "picking_type_in"),
        ("stock", "warehouse0"),
    ] {
        assert!(known(&rig, module, name).await > 0, "{module}.{name}");
    }
    let types = json!({"domain": [["code", "=", "incoming"]], "fields": ["display_name"]});
    let types = rig.ok("stock.picking.type", "search_read", types).await;
    assert_eq!(types[0]["display_name"], "My Company: Receipts");
    let locks = [
        "fiscalyear_lock_date",
        "tax_lock_date",
        "purchase_lock_date",
        "hard_lock_date",
    ];
    let company = rig.seen("res.company", 1, &locks).await;
    assert_eq!(company["hard_lock_date"], false);
}

#[tokio::test]
async fn a_distribution_is_json_in_a_string_for_load_and_an_object_otherwise() {
    let rig = Rig::start().await;
    let model = "account.analytic.distribution.model";
    let fields = ["id", "analytic_distribution"];
    let rows = json!([["x.d", "{\"1,999\": 33.333, \"2\": 66.667}"]]);
    let id = rig.loaded_into(model, &fields, rows).await[0];
    assert_eq!(
        rig.seen(model, id, &fields[1..]).await,
        json!({"analytic_distribution": {"1,999": 33.33, "2": 66.67}}),
        "accounts are not looked up, percents have two decimals"
    );
    let body = json!({"fields": fields, "data": [["x.d", {"1": 100}]]});
    let (status, error) = rig.call(model, "load", body).await;
    assert_eq!(
        (status, &error["name"]),
        (500, &json!("builtins.TypeError"))
    );
    let answer = rig
        .load_into(model, &fields, json!([["x.d", "{1: 100}"]]))
        .await;
    assert_eq!(answer["ids"], false);
    let vals = json!({"analytic_distribution": {"1": 100}});
    rig.ok(model, "write", json!({"ids": [id], "vals": vals}))
        .await;
    assert_eq!(
        rig.seen(model, id, &fields[1..]).await,
        json!({"analytic_distribution": {"1": 100.0}})
    );
}
