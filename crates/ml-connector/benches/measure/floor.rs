//! The floor of a first load: a bare client that has every row ready and does nothing but send it, in the batches and
//! over the connections that this Odoo likes best.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ml_connector::engine::vendors::Vendors;
use serde_json::{Value, json};
use sync::content::Content;
use sync::filing::{self, RowKind};
use sync::flow::Flow;
use sync::flows;
use sync::plan::{Decision, Subject, Verb};
use sync::record::SourceId;
use sync::sighting::Part;

use crate::odoo_side::OdooSide;

const BATCH_ROWS: usize = 125;
const CONNECTIONS: usize = 2;

/// One row: external id and columns.
pub(crate) struct Row {
    name: String,
    columns: Content,
}

/// Every partner that the connector will write for these customers: the floor writes the same.
pub(crate) async fn rows(titan: &servicetitan::Client, odoo: &odoo::Client) -> Vec<Row> {
    use servicetitan::client::Feed;
    let vendors = Vendors {
        servicetitan: titan.clone(),
        odoo: odoo.clone(),
        module: "__floor__".to_owned(),
    };
    let directory = vendors.directory(&[]).await.expect("both sides answer");
    let mut parts: BTreeMap<SourceId, Vec<Part>> = BTreeMap::new();
    let feeds = [
        (Feed::Customers, RowKind::Customer),
        (Feed::CustomerContacts, RowKind::Contact),
        (Feed::Locations, RowKind::Location),
    ];
    for (feed, kind) in feeds {
        let mut from = None;
        loop {
            let page = titan
                .export(feed, from.as_ref(), false)
                .await
                .expect("the sandbox answers");
            for row in &page.rows {
                let sighting = filing::file(kind, row.get());
                parts.entry(sighting.owner).or_default().push(Part {
                    key: sighting.part,
                    payload: sighting.payload,
                });
            }
            from = page.next;
            if !page.has_more {
                break;
            }
        }
    }
    let others = BTreeMap::new();
    let mut rows = Vec::new();
    for (source, parts) in &parts {
        let subject = Subject {
            in_doubt: None,
            source,
            parts,
            links: &[],
            others: &others,
            decision: None,
            stands: None,
        };
        if let Decision::Write(writes) = flows::plan(Flow::Customers, &subject, &directory).decision
        {
            rows.extend(writes.into_iter().filter_map(|write| match write.verb {
                Verb::Create { columns } => Some(Row {
                    name: write.name.0,
                    columns,
                }),
                _ => None,
            }));
        }
    }
    rows
}

/// Sends all rows, customers first and what belongs to them after; gives the time it took.
pub(crate) async fn load(side: &OdooSide, rows: &[Row], module: &str) -> Duration {
    let (parents, children): (Vec<&Row>, Vec<&Row>) = rows
        .iter()
        .partition(|row| row.columns.get("parent").is_none());
    let (contacts, locations): (Vec<&Row>, Vec<&Row>) = children
        .into_iter()
        .partition(|row| row.columns.get("type") == Some("contact"));
    let started = Instant::now();
    for shape in [parents, contacts, locations] {
        let batches: VecDeque<Value> = shape
            .chunks(BATCH_ROWS)
            .map(|rows| arguments(rows, module))
            .collect();
        let batches = Arc::new(Mutex::new(batches));
        let senders = (0..CONNECTIONS).map(|_| send(side, Arc::clone(&batches)));
        futures::future::join_all(senders).await;
    }
    started.elapsed()
}

async fn send(side: &OdooSide, batches: Arc<Mutex<VecDeque<Value>>>) {
    let http = reqwest::Client::builder().build().expect("a client");
    loop {
        let Some(batch) = batches.lock().expect("unpoisoned").pop_front() else {
            return;
        };
        let answer = http
            .post(format!("{}/json/2/res.partner/load", side.url()))
            .bearer_auth(side.key())
            .header("X-Odoo-Database", side.database())
            .json(&batch)
            .send()
            .await
            .expect("Odoo answers");
        let answer: Value = answer.json().await.expect("JSON");
        assert!(answer["ids"].is_array(), "{answer}");
    }
}

fn arguments(rows: &[&Row], module: &str) -> Value {
    let columns: Vec<&str> = rows[0].columns.iter().map(|(column, _)| column).collect();
    let header = std::iter::once("id").chain(columns.iter().map(|column| {
        if *column == "parent" {
            "parent_id/id"
        } else {
            column
        }
    }));
    let data = rows.iter().map(|row| {
        let value = |column: &&str| {
            let value = row.columns.get(column).unwrap_or_default();
            if *column == "parent" {
                format!("{module}.{value}")
            } else {
                value.to_owned()
            }
        };
        std::iter::once(format!("{module}.{}", row.name))
            .chain(columns.iter().map(value))
            .collect::<Vec<String>>()
    });
    json!({
        "fields": header.collect::<Vec<_>>(),
        "data": data.collect::<Vec<_>>(),
        "context": {"import_file": true, "noupdate": true, "tracking_disable": true},
    })
}
