//! JSON. The shape only grows; docs/month-end.md describes it.

use serde_json::{Value, json};
use sync::reconcile::{Difference, Document, Finding, Sum, Totals};

use super::{Part, Statement, number};

pub(super) fn value(statement: &Statement) -> Value {
    let parts = || statement.parts.iter();
    let documents: usize = parts().map(|part| part.compared.report.documents()).sum();
    let totals = parts().flat_map(|part| {
        let rows = part.compared.report.totals.iter();
        rows.map(|row| totals(&part.connection, row))
    });
    let differences = parts().flat_map(|part| {
        let all = part.compared.report.differences.iter();
        all.map(|one| difference(&part.connection, one))
    });
    json!({
        "period": statement.period.to_string(),
        "read_at": statement.read_at,
        "equal": statement.is_equal(),
        "documents": documents,
        "connections": parts().map(connection).collect::<Vec<_>>(),
        "left_out": statement.left_out,
        "totals": totals.collect::<Vec<_>>(),
        "differences": differences.collect::<Vec<_>>(),
    })
}

fn connection(part: &Part) -> Value {
    let report = &part.compared.report;
    let kinds = part.kinds.iter().map(|kind| kind.as_str());
    json!({
        "connection": part.connection,
        "kinds": kinds.collect::<Vec<_>>(),
        "equal": report.is_equal(),
        "documents": report.documents(),
        "difference": format!("{:.2}", report.difference()),
        "certificate": report.is_equal().then(|| report.certificate()),
        "notes": part.compared.notes,
    })
}

fn totals(connection: &str, row: &Totals) -> Value {
    let sum = |sum: &Sum| json!({"count": sum.count, "total": number(row.kind, sum.total)});
    json!({
        "connection": connection,
        "kind": row.kind.as_str(),
        "party": row.vendor,
        "servicetitan": sum(&row.servicetitan),
        "odoo": sum(&row.odoo),
        "difference": number(row.kind, row.difference()),
    })
}

fn difference(connection: &str, one: &Difference) -> Value {
    let total = |document: &Option<Document>| {
        let document = document.as_ref();
        document.map(|document| number(one.kind, document.total))
    };
    let cause = |finding: &Finding| {
        json!({
            "cause": finding.cause.as_str(),
            "what": finding.what,
            "advice": finding.cause.advice(),
        })
    };
    let records = [("servicetitan", &one.servicetitan), ("odoo", &one.odoo)];
    let records = records
        .into_iter()
        .filter_map(|(system, document)| Some(record(system, document.as_ref()?)));
    json!({
        "connection": connection,
        "kind": one.kind.as_str(),
        "party": one.party,
        "servicetitan": total(&one.servicetitan),
        "odoo": total(&one.odoo),
        "cause": one.cause().as_str(),
        "expected": one.is_expected(),
        "causes": one.findings.iter().map(cause).collect::<Vec<_>>(),
        "records": records.collect::<Vec<_>>(),
    })
}

fn record(system: &str, document: &Document) -> Value {
    json!({
        "system": system,
        "id": document.id,
        "name": document.name.as_ref().map(|name| name.0.clone()),
        "number": document.number,
        "reference": document.reference,
        "vendor": document.vendor.shown,
        "date": document.date,
        "booked": document.booked,
        "total": number(document.kind, document.total),
        "standing": document.standing.as_str(),
    })
}
