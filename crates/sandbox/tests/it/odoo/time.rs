//! `write_date`: what a poll for changes must reckon with.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::json;

use super::Rig;

#[tokio::test]
async fn all_rows_of_a_call_bear_the_time_at_which_it_began() {
    let rig = Rig::with(|o| o.work_per_row = Duration::from_millis(100)).await;
    let rows = json!([["x.1", "A"], ["x.2", "B"], ["x.3", "C"]]);
    let long = rig.load(&["id", "name"], rows);
    let short = async {
        rig.in_progress(1).await;
        rig.advance(SignedDuration::from_secs(10));
        rig.odoo.create_partner(json!({"name": "Short"}));
        let seen = rig.odoo.partners();
        assert_eq!(seen.len(), 1, "the long call has not committed yet");
        seen[0].write_date
    };
    let (_, mark) = tokio::join!(long, short);
    for name in ["x.1", "x.2", "x.3"] {
        let partner = rig.odoo.partner_by_external_id(name).unwrap();
        assert!(
            partner.write_date < mark,
            "a poll from the mark on would lose it"
        );
    }
}

#[tokio::test]
async fn searches_compare_whole_seconds() {
    let rig = Rig::start().await;
    rig.loaded(&["id", "name"], json!([["x.1", "A"]])).await;
    let count = async |operator: &str, value: &str| {
        let domain = json!([["name", "=", "A"], ["write_date", operator, value]]);
        rig.ok("res.partner", "search_count", json!({"domain": domain}))
            .await
            == 1
    };
    // The row says 08:00:00.5.
    for (operator, value, expected) in [
        ("=", "2026-11-23 08:00:00", true),
        (">=", "2026-11-23 08:00:00", true),
        ("<=", "2026-11-23 08:00:00", true),
        (">", "2026-11-23 08:00:00", false),
        (">", "2026-11-23 08:00:00.000001", false),
        ("<", "2026-11-23 08:00:00.900000", false),
        (">", "2026-11-23T07:59:59", true),
        (">=", "2026-11-23", true),
        (">", "2026-11-23", false),
    ] {
        assert_eq!(count(operator, value).await, expected, "{operator} {value}");
    }
    let domain = json!([["write_date", ">", "2026-11-23T08:00:00Z"]]);
    let (status, error) = rig
        .call("res.partner", "search", json!({"domain": domain}))
        .await;
    assert_eq!(
        (status, &error["name"]),
        (500, &json!("builtins.ValueError"))
    );
}

#[tokio::test]
async fn a_write_of_equal_values_bumps_the_date_and_a_change_bumps_the_contacts_too() {
    let rig = Rig::start().await;
    rig.loaded(
        &["id", "name", "is_company", "parent_id/id", "type"],
        json!([
            ["x.c", "Acme", "1", "", "contact"],
            ["x.k", "Kid", "0", "x.c", "contact"],
            ["x.d", "Dock", "0", "x.c", "delivery"],
            ["x.s", "Sub Ltd", "1", "x.c", "contact"]
        ]),
    )
    .await;
    let dates = || {
        ["x.c", "x.k", "x.d", "x.s"]
            .map(|name| rig.odoo.partner_by_external_id(name).unwrap().write_date)
    };
    let start = dates();
    rig.advance(SignedDuration::from_secs(5));
    rig.loaded(&["id", "name"], json!([["x.c", "Acme"]])).await;
    let same = dates();
    assert!(same[0] > start[0], "an identical resend is a write");
    assert_eq!(same[1..], start[1..]);
    rig.advance(SignedDuration::from_secs(5));
    rig.loaded(&["id", "phone"], json!([["x.c", "1"]])).await;
    let phone = dates();
    assert!(
        phone[1] > same[1] && phone[2] > same[2],
        "people below a company are written with it"
    );
    assert_eq!(phone[3], same[3], "a company below it is not");
}
