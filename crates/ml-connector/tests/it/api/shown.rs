//! Lists, objects, filters, pages and tags.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{Caller, filled};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::too_many_lines, reason = "one story")]
async fn what_the_connector_holds_is_shown_with_what_it_is_in_odoo() {
    let (rig, jobs) = filled().await;
    let serving = rig.serve().await;
    let caller = Caller::new(
        &rig,
        &serving,
        "office",
        "read:all",
        &["--connection", "acme"],
    )
    .await;
    let tenant = rig.tenant();

    let id = jobs[0].0;
    let job = caller.read(&format!("jobs/{id}")).await;
    let row = tenant.job(jobs[0]).expect("it is there");
    assert_eq!(job["number"], json!(id.to_string()));
    assert_eq!(job["status"], "Scheduled");
    assert_eq!(job["customer_id"], json!(row.customer_id.0));
    assert_eq!(job["summary"], "Water heater does not heat");
    assert_eq!(job["connection"], "acme");
    assert_eq!(job["connector"]["state"], "synced");
    let name = format!("job_{id}");
    let model = job["odoo"]["model"].as_str().expect("a model");
    let there = rig.odoo.ids_of(model).await;
    assert_eq!(job["odoo"]["id"], json!(there[&name]));
    let url = format!(
        "{}/web#id={}&model={model}&view_type=form",
        rig.odoo.url().as_str().trim_end_matches('/'),
        there[&name]
    );
    assert_eq!(job["odoo"]["url"], json!(url));

    // Every page once, in the order of ids.
    let all = caller.ids("jobs").await;
    assert!(jobs.iter().all(|job| all.contains(&job.0)), "{all:?}");
    assert!(all.is_sorted());
    assert_eq!(caller.ids("jobs?limit=1").await, all);

    // Filters.
    let customer = row.customer_id.0;
    let of_customer = caller.ids(&format!("jobs?customer={customer}")).await;
    assert!(of_customer.contains(&id));
    for other in &of_customer {
        let other = caller.read(&format!("jobs/{other}")).await;
        assert_eq!(other["customer_id"], json!(customer));
    }
    let ids = |query: String| {
        let caller = &caller;
        async move { caller.ids(&format!("jobs?{query}")).await }
    };
    let unit = job["business_unit_id"].as_i64().expect("a unit");
    assert!(ids(format!("business_unit={unit}")).await.contains(&id));
    assert!(ids("business_unit=987654321".to_owned()).await.is_empty());
    assert!(ids("status=Scheduled".to_owned()).await.contains(&id));
    assert!(!ids("status=Completed".to_owned()).await.contains(&id));
    assert!(ids("state=synced".to_owned()).await.contains(&id));
    assert!(!ids("state=failed".to_owned()).await.contains(&id));
    assert_eq!(ids(format!("ids={id}")).await, [id]);
    for (moment, after, before) in [
        ("created_on", "from", "before"),
        ("modified_on", "modified_since", ""),
    ] {
        let at = job[moment].as_str().expect("a moment");
        assert!(ids(format!("{after}={at}")).await.contains(&id), "{after}");
        assert!(
            ids(format!("{after}=2999-01-01T00:00:00Z"))
                .await
                .is_empty()
        );
        if !before.is_empty() {
            assert!(!ids(format!("{before}={at}")).await.contains(&id));
        }
    }
    assert!(
        ids("from=9999-12-31T23:59:59-12:00".to_owned())
            .await
            .is_empty()
    );
    let seen = job["connector"]["seen_at"].as_str().expect("a moment");
    assert!(ids(format!("seen_since={seen}")).await.contains(&id));

    // The others.
    let customer = caller.read(&format!("customers/{customer}")).await;
    assert_eq!(customer["odoo"]["model"], "res.partner");
    assert!(!customer["locations"].as_array().expect("a list").is_empty());
    for (resource, total) in [("purchase-orders", "total"), ("bills", "total")] {
        let page = caller.read(&format!("{resource}?limit=2")).await;
        for one in page["data"].as_array().expect("a list") {
            assert!(one[total].is_string(), "{one:#}");
            assert!(one["items"].is_array(), "{one:#}");
        }
        assert!(!page["data"].as_array().expect("a list").is_empty());
    }
    for empty in ["ap-bills", "invoices", "payments"] {
        assert_eq!(
            caller.read(empty).await,
            json!({"data": [], "next_cursor": null})
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_an_answer_already_is_told_so() {
    let (rig, jobs) = filled().await;
    rig.reconfigure(|text| text.replace("every = \"5s\"", "every = \"off\""))
        .await;
    let serving = rig.serve().await;
    let caller = Caller::new(
        &rig,
        &serving,
        "office",
        "read:jobs",
        &["--connection", "acme"],
    )
    .await;
    for path in [format!("jobs/{}", jobs[0]), "jobs?limit=2".to_owned()] {
        let first = caller.get(&path).await;
        assert_eq!(first.header("cache-control"), "private, no-cache");
        let tag = first.header("etag");
        for shown in [
            tag.to_owned(),
            format!("W/{tag}"),
            format!("\"x\", {tag}"),
            "*".to_owned(),
        ] {
            let request = caller
                .request(Method::GET, &path)
                .header("if-none-match", shown);
            let again = Caller::answer(request).await;
            assert_eq!(again.status, StatusCode::NOT_MODIFIED);
            assert_eq!((again.text.as_str(), again.header("etag")), ("", tag));
        }
        let request = caller
            .request(Method::GET, &path)
            .header("if-none-match", "\"x\"");
        assert_eq!(Caller::answer(request).await.status, StatusCode::OK);
        let head = Caller::answer(caller.request(Method::HEAD, &path)).await;
        assert_eq!((head.status, head.header("etag")), (StatusCode::OK, tag));
        assert_eq!(head.text, "");
    }
}
