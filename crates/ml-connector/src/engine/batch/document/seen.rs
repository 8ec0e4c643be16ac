//! What Odoo shows of documents.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use odoo::domain::Operator;
use odoo::{Command, Context, Domain, Fields, Model, RecordId, Search};
use rust_decimal::Decimal;
use serde_json::Value;
use sync::content::Content;

use super::tie::REVERSES;
use super::{Kind, values};
use crate::engine::batch::{Carrier, Interruption};

/// Lines read at once.
const LINES_PER_PAGE: usize = 2_000;

/// What Odoo shows of a document.
pub(super) struct Seen {
    pub(super) state: String,
    pub(super) total: Decimal,
    pub(super) currency: Option<i64>,
    /// Of a bill: its tax.
    pub(super) tax: Option<Decimal>,
    /// Of a bill: the date in the books.
    pub(super) date: Option<String>,
    /// Of a bill: whether something was paid of it.
    pub(super) is_paid: bool,
    /// Of a credit note: the invoice that it is tied to.
    pub(super) reverses: Option<RecordId>,
    /// Its lines by external id; those without one are left out.
    pub(super) lines: BTreeMap<String, RecordId>,
    pub(super) line_ids: BTreeSet<RecordId>,
    /// The products of its lines.
    products: BTreeMap<RecordId, RecordId>,
}

/// A line of a document.
struct SeenLine {
    id: RecordId,
    document: i64,
    product: Option<RecordId>,
}

impl Seen {
    /// What goes before a line gets another product. A receipt that waits for the old one would stay, so that the line of
    /// an order that binds is brought to nothing first.
    pub(super) fn before_exchange(&self, line: RecordId, columns: &Content) -> Option<Command> {
        let wanted = columns.get("product_id/.id")?.parse().ok().map(RecordId);
        let held = self.products.get(&line).copied();
        let is_exchanged = held.is_some() && held != wanted;
        (is_exchanged && self.binds()).then(|| nothing_of(line))
    }

    /// Whether it is an order that binds. A bill in the books goes back to a draft before a line of it is touched.
    fn binds(&self) -> bool {
        !matches!(self.state.as_str(), "draft" | "sent" | "cancel" | "posted")
    }

    /// Whether these columns book a bill in another month. Odoo keeps its number, which tells the old one, and posts it no
    /// more until the number is cleared; then it gets one of the new month.
    pub(super) fn leaves_its_month(&self, columns: &Content) -> bool {
        let booked = self.date.as_deref().and_then(month);
        let wanted = columns.get("date").and_then(month);
        booked.is_some() && wanted.is_some() && booked != wanted
    }

    /// What takes a line away. Odoo deletes none of an order that binds, received or not; it may be brought to nothing.
    pub(super) fn removal(&self, line: RecordId) -> Command {
        if self.binds() {
            nothing_of(line)
        } else {
            Command::Delete(line)
        }
    }
}

/// The year and the month of a day.
fn month(day: &str) -> Option<(i16, i8)> {
    let day: Date = day.parse().ok()?;
    Some((day.year(), day.month()))
}

/// What brings a line to nothing.
fn nothing_of(line: RecordId) -> Command {
    let values = Content::from_iter([("product_qty", "0")]);
    Command::Update {
        id: line,
        values: values::native(&values),
    }
}

impl Carrier {
    /// What Odoo shows of these documents, by id, without their lines; those that are not there are left out.
    pub(super) async fn look_at_heads(
        &self,
        kind: Kind,
        ids: &[RecordId],
    ) -> Result<BTreeMap<i64, Seen>, Interruption> {
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let context = Context::new().with_archived();
        let search = Search::new(any_of("id", ids), kind.looks);
        let documents = self
            .odoo
            .search_read(&Model::named(kind.model), &search, &context)
            .await?;
        let documents = documents.iter();
        Ok(documents
            .filter_map(|row| Some((row.get("id")?.as_i64()?, seen_of(row)?)))
            .collect())
    }

    /// What Odoo shows of these documents and of their lines, by id; those that are not there are left out.
    pub(super) async fn look(
        &self,
        kind: Kind,
        ids: &[RecordId],
    ) -> Result<BTreeMap<i64, Seen>, Interruption> {
        let mut seen = self.look_at_heads(kind, ids).await?;
        if seen.is_empty() {
            return Ok(seen);
        }
        let line_model = Model::named(kind.line_model);
        let lines = self
            .lines_of(kind, &line_model, any_of(kind.of, ids))
            .await?;
        let line_ids: Vec<RecordId> = lines.iter().map(|line| line.id).collect();
        let names = self.odoo.get_external_ids(&line_model, &line_ids).await?;
        for SeenLine {
            id,
            document,
            product,
        } in lines
        {
            let Some(seen) = seen.get_mut(&document) else {
                continue;
            };
            seen.products.extend(product.map(|product| (id, product)));
            seen.line_ids.insert(id);
            for name in names.get(&id).into_iter().flatten() {
                seen.lines.insert(name.to_string(), id);
            }
        }
        Ok(seen)
    }

    /// The lines of documents, in pages.
    async fn lines_of(
        &self,
        kind: Kind,
        model: &Model,
        of: Domain,
    ) -> Result<Vec<SeenLine>, Interruption> {
        let context = Context::new().with_archived();
        let fields = [kind.of, "product_id"];
        let (mut lines, mut last) = (Vec::new(), 0);
        loop {
            let after = Domain::field("id", Operator::Greater, last);
            let search = Search {
                limit: Some(LINES_PER_PAGE),
                order: Some("id"),
                ..Search::new(of.clone().and(after), &fields)
            };
            let page = self.odoo.search_read(model, &search, &context).await?;
            let line = |row: &Fields| {
                let reference = |field| row.get(field)?.as_array()?.first()?.as_i64();
                Some(SeenLine {
                    id: RecordId(row.get("id")?.as_i64()?),
                    document: reference(kind.of)?,
                    product: reference("product_id").map(RecordId),
                })
            };
            lines.extend(page.iter().filter_map(line));
            let end = page.last().and_then(|row| row.get("id")?.as_i64());
            match end {
                Some(end) if page.len() == LINES_PER_PAGE && end > last => last = end,
                _ => return Ok(lines),
            }
        }
    }
}

fn any_of(field: &str, ids: &[RecordId]) -> Domain {
    Domain::is_in(field, ids.iter().map(|id| id.get()))
}

fn seen_of(row: &Fields) -> Option<Seen> {
    let total = odoo::decimal::cents(row.get("amount_total")?)?;
    Some(Seen {
        state: row.get("state").and_then(Value::as_str)?.to_owned(),
        total,
        currency: row
            .get("currency_id")
            .and_then(|currency| currency.as_array()?.first()?.as_i64()),
        tax: row.get("amount_tax").and_then(odoo::decimal::cents),
        date: row.get("date").and_then(Value::as_str).map(str::to_owned),
        // One of nothing counts as paid at once.
        is_paid: !total.is_zero()
            && row
                .get("payment_state")
                .and_then(Value::as_str)
                .is_some_and(|state| !["not_paid", "blocked"].contains(&state)),
        reverses: row
            .get(REVERSES)
            .and_then(|invoice| invoice.as_array()?.first()?.as_i64())
            .map(RecordId),
        lines: BTreeMap::new(),
        line_ids: BTreeSet::new(),
        products: BTreeMap::new(),
    })
}
