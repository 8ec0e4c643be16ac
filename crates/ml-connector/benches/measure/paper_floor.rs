//! The floor of documents with lines: a bare client that has every row ready, sends them in the batches and over the
//! connections that this Odoo likes best, and presses the button that makes them bind. It reads nothing back.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::odoo_side::OdooSide;
use crate::tap::{Call, Tap};

const CONNECTIONS: usize = 2;

/// A kind of documents, and how Odoo takes them best.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) model: &'static str,
    /// What makes a draft bind.
    pub(crate) button: &'static str,
    /// Documents of a call of `load`.
    pub(crate) load_max: usize,
    /// Documents of a press of the button.
    pub(crate) press_max: usize,
}

/// Documents of which each is a few rows under the same columns.
pub(crate) struct Papers {
    kind: Kind,
    shapes: BTreeMap<Vec<String>, Vec<Vec<Value>>>,
}

impl Papers {
    /// The documents that the connector made: the floor sends the same rows.
    pub(crate) fn made_by(calls: &[Call], kind: Kind) -> Self {
        let mut shapes: BTreeMap<Vec<String>, Vec<Vec<Value>>> = BTreeMap::new();
        let loads = calls
            .iter()
            .filter(|call| call.model == kind.model && call.method == "load");
        for call in loads {
            let fields = serde_json::from_value(call.arguments["fields"].clone());
            let papers = shapes.entry(fields.expect("columns")).or_default();
            for row in call.arguments["data"].as_array().expect("rows") {
                // A line below its document bears no name of a document.
                if row[0] == "" {
                    papers.last_mut().expect("its document").push(row.clone());
                } else {
                    papers.push(vec![row.clone()]);
                }
            }
        }
        Self { kind, shapes }
    }

    pub(crate) fn len(&self) -> usize {
        self.shapes.values().map(Vec::len).sum()
    }

    /// Sends them all, then makes them bind; gives the time of both.
    pub(crate) async fn send(&self, odoo: &OdooSide, tap: &Tap) -> (Duration, Duration) {
        let started = Instant::now();
        let loads = self
            .shapes
            .iter()
            .flat_map(|(fields, papers)| {
                papers
                    .chunks(self.kind.load_max)
                    .map(|papers| load(fields, papers))
            })
            .collect();
        let answers = call_all(odoo, tap, self.kind.model, "load", loads).await;
        let loaded = started.elapsed();
        let ids: Vec<i64> = answers
            .iter()
            .flat_map(|answer| {
                let ids = serde_json::from_value::<Vec<i64>>(answer["ids"].clone());
                ids.unwrap_or_else(|_| panic!("{answer}"))
            })
            .collect();
        let presses = ids
            .chunks(self.kind.press_max)
            .map(|ids| json!({"ids": ids, "context": {"tracking_disable": true}}))
            .collect();
        call_all(odoo, tap, self.kind.model, self.kind.button, presses).await;
        (loaded, started.elapsed().saturating_sub(loaded))
    }
}

fn load(fields: &[String], papers: &[Vec<Value>]) -> Value {
    let rows: Vec<&Value> = papers.iter().flatten().collect();
    let context = json!({"import_file": true, "noupdate": true, "tracking_disable": true});
    json!({"fields": fields, "data": rows, "context": context})
}

/// Makes all these calls, a few at a time.
async fn call_all(
    odoo: &OdooSide,
    tap: &Tap,
    model: &str,
    method: &str,
    calls: VecDeque<Value>,
) -> Vec<Value> {
    let url = format!("{}/json/2/{model}/{method}", tap.url());
    let calls = Arc::new(Mutex::new(calls));
    let senders = (0..CONNECTIONS).map(|_| send(odoo, &url, Arc::clone(&calls)));
    futures::future::join_all(senders)
        .await
        .into_iter()
        .flatten()
        .collect()
}

async fn send(odoo: &OdooSide, url: &str, calls: Arc<Mutex<VecDeque<Value>>>) -> Vec<Value> {
    let http = reqwest::Client::builder().build().expect("a client");
    let mut answers = Vec::new();
    loop {
        let Some(call) = calls.lock().expect("unpoisoned").pop_front() else {
            return answers;
        };
        let answer = http
            .post(url)
            .bearer_auth(odoo.key())
            .header("X-Odoo-Database", odoo.database())
            .json(&call)
            .send()
            .await
            .expect("Odoo answers");
        assert!(answer.status().is_success(), "{answer:?}");
        answers.push(answer.json().await.expect("JSON"));
    }
}
