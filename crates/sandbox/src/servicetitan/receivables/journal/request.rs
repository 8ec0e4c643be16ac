//! Journal entries over the API: a list with an order of its own and small pages, what an entry
//! books, and its writes.

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{EntrySyncStatus, JournalEntry, JournalLine, PostingStatus};
use crate::servicetitan::api::{Answer, Call};
use crate::servicetitan::list::{mentions, within};
use crate::servicetitan::problem::Problem;
use crate::servicetitan::purchasing::{midnight, number};
use crate::servicetitan::query::{Query, instant};
use crate::servicetitan::read::{PAGING, RANGES};
use crate::servicetitan::receivables::set;
use crate::servicetitan::record::{GlAccountId, JournalEntryId};

/// The most entries on a page.
const PAGE_SIZE_MAX: i64 = 500;
/// The most ids that one call may ask for.
const IDS_MAX: usize = 50;

/// A body that makes or replaces an entry.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SentEntry {
    name: Option<String>,
    status: Option<PostingStatus>,
    version_id: Option<i32>,
    message: Option<String>,
    post_date: Option<String>,
    custom_fields: Option<Map<String, Value>>,
    lines: Option<Vec<JournalLine>>,
}

fn fields(sent: Map<String, Value>) -> Vec<(String, Option<String>)> {
    let text = |value: Value| value.as_str().map(str::to_owned);
    sent.into_iter().map(|(k, v)| (k, text(v))).collect()
}

impl Call<'_> {
    fn date_only(&self) -> bool {
        !self.switches.zoneless_dates
    }

    fn entry_row(&self, id: &str) -> Result<&JournalEntry, Problem> {
        let mut rows = self.books.receivables.entries.iter();
        let found = rows.find(|row| !row.deleted && row.guid().eq_ignore_ascii_case(id));
        found.ok_or(Problem::not_found("Journal entry"))
    }

    pub(in crate::servicetitan::receivables) fn entries(&self) -> Answer {
        let own = [
            "ids",
            "name",
            "numberFrom",
            "numberTo",
            "statuses",
            "syncStatuses",
            "postedFrom",
            "postedTo",
            "sort",
        ];
        let query = self.query(&[PAGING, RANGES, &own])?;
        let ids = query.text("ids").map(|ids| ids.split(',').map(str::trim));
        let ids: Option<Vec<&str>> = ids.map(Iterator::collect);
        if ids.as_ref().is_some_and(|ids| ids.len() > IDS_MAX) {
            let message = format!("Ids should not have more than {IDS_MAX} values.");
            return Err(Problem::invalid("Ids", &message));
        }
        let (from, to) = (query.number("numberFrom")?, query.number("numberTo")?);
        let posted = (query.time("postedFrom")?, query.time("postedTo")?);
        let modified = (
            query.time("modifiedOnOrAfter")?,
            query.time("modifiedBefore")?,
        );
        let created = (
            query.time("createdOnOrAfter")?,
            query.time("createdBefore")?,
        );
        let one_of = |name: &str, text: String| {
            let asked = query.all(name);
            asked.is_empty() || asked.contains(&text.as_str())
        };
        let mut rows: Vec<&JournalEntry> = self
            .books
            .receivables
            .entries
            .visible(self.now)
            .filter(|row| {
                let day = row.post_date;
                !row.deleted
                    && ids
                        .as_ref()
                        .is_none_or(|ids| ids.contains(&row.guid().as_str()))
                    && mentions(&query, "name", row.name.as_deref().unwrap_or_default())
                    && from.is_none_or(|from| row.id.0 >= from)
                    && to.is_none_or(|to| row.id.0 <= to)
                    && within(modified, row.modified_on)
                    && within(created, row.created_on)
                    && posted
                        .0
                        .is_none_or(|from| day.is_some_and(|day| day >= midnight(from)))
                    && posted
                        .1
                        .is_none_or(|to| day.is_some_and(|day| day <= midnight(to)))
                    && one_of("statuses", format!("{:?}", row.status))
                    && one_of("syncStatuses", format!("{:?}", row.sync_status))
            })
            .collect();
        if let Some(sort) = query.text("sort") {
            sort_entries(&mut rows, sort)?;
        }
        let dates = self.date_only();
        let wire = rows
            .into_iter()
            .map(|row| self.books.wire_entry(row, dates));
        entry_page(&query, &wire.collect::<Vec<_>>())
    }

    pub(in crate::servicetitan::receivables) fn entry(&self, id: &str) -> Answer {
        let row = self.entry_row(id)?;
        Ok(Some(self.books.wire_entry(row, self.date_only())))
    }

    pub(in crate::servicetitan::receivables) fn entry_details(&self, id: &str) -> Answer {
        let (row, query) = (self.entry_row(id)?, self.query(&[PAGING])?);
        let lines = row.lines.iter();
        let dates = self.date_only();
        let wire = lines.map(|line| self.books.wire_detail(row, line, dates));
        entry_page(&query, &wire.collect::<Vec<_>>())
    }

    /// Its lines by account and unit.
    pub(in crate::servicetitan::receivables) fn entry_summary(&self, id: &str) -> Answer {
        let (row, query) = (self.entry_row(id)?, self.query(&[PAGING])?);
        let mut sums: Vec<(&JournalLine, Decimal, Decimal)> = Vec::new();
        for line in &row.lines {
            let key = (line.account_id, line.business_unit_id);
            let mut known = sums.iter_mut();
            let same = known.find(|(of, ..)| (of.account_id, of.business_unit_id) == key);
            match same {
                Some((_, debit, credit)) => {
                    *debit += line.debit;
                    *credit += line.credit;
                }
                None => sums.push((line, line.debit, line.credit)),
            }
        }
        let dates = self.date_only();
        let wire = sums.into_iter().map(|(line, debit, credit)| {
            let detail = self.books.wire_detail(row, line, dates);
            json!({
                "postDate": detail["postDate"], "account": detail["account"],
                "credit": number(credit), "debit": number(debit), "memo": line.memo,
                "businessUnit": detail["businessUnit"],
            })
        });
        entry_page(&query, &wire.collect::<Vec<_>>())
    }

    fn sent_entry(&self) -> Result<SentEntry, Problem> {
        let sent: SentEntry = self.read()?;
        let missing =
            |field: &str| Problem::invalid(field, &format!("The {field} field is required."));
        if sent.status.is_none() {
            return Err(missing("Status"));
        }
        if sent.version_id.is_none() {
            return Err(missing("VersionId"));
        }
        for line in sent.lines.iter().flatten() {
            let known = |id: GlAccountId| self.books.purchasing.gl_accounts.get(id.0).is_some();
            if !line.account_id.is_some_and(known) {
                return Err(Problem::invalid("Lines", "The account does not exist."));
            }
        }
        Ok(sent)
    }

    /// Writes down what was sent; debit and credit must come to the same.
    fn write_entry(&mut self, mut entry: JournalEntry, sent: SentEntry) -> Answer {
        entry.name = sent.name;
        set(&mut entry.status, sent.status);
        set(&mut entry.version_id, sent.version_id);
        entry.message = sent.message;
        let day = sent.post_date.as_deref().map(|text| {
            let message = format!("The value '{text}' is not valid.");
            instant(text).ok_or(Problem::invalid("PostDate", &message))
        });
        entry.post_date = day.transpose()?.map(midnight);
        entry.custom_fields = fields(sent.custom_fields.unwrap_or_default());
        entry.lines = sent.lines.unwrap_or_default();
        if !entry.balanced() {
            let message = "Debit and credit of the lines are not equal.";
            return Err(Problem::invalid("Lines", message));
        }
        let (now, lag) = (self.now, self.lag());
        self.books.receivables.entries.put(entry, now, lag);
        Ok(None)
    }

    /// `POST /journal-entries`: an empty answer, and nothing is idempotent.
    pub(in crate::servicetitan::receivables) fn post_entry(&mut self) -> Answer {
        let sent = self.sent_entry()?;
        let table = &self.books.receivables.entries;
        let made = table.latest().max(self.now);
        // Numbers are small and count up.
        let last = table.iter().map(|row| row.id.0).max().unwrap_or(1_000);
        let entry = JournalEntry {
            id: JournalEntryId(last + 1),
            name: None,
            status: PostingStatus::Open,
            sync_status: EntrySyncStatus::NotSynced,
            version_id: 1,
            last_sync_version_id: None,
            message: None,
            post_date: None,
            custom_fields: Vec::new(),
            lines: Vec::new(),
            deleted: false,
            created_on: made,
            modified_on: made,
        };
        self.write_entry(entry, sent)
    }

    fn open_entry(&self, id: &str) -> Result<JournalEntry, Problem> {
        let entry = self.entry_row(id)?.clone();
        if entry.status == PostingStatus::Closed {
            let message = "The journal entry is closed.";
            return Err(Problem::invalid("Status", message));
        }
        Ok(entry)
    }

    pub(in crate::servicetitan::receivables) fn put_entry(&mut self, id: &str) -> Answer {
        let entry = self.open_entry(id)?;
        let sent = self.sent_entry()?;
        self.write_entry(entry, sent)
    }

    pub(in crate::servicetitan::receivables) fn delete_entry(&mut self, id: &str) -> Answer {
        let mut entry = self.open_entry(id)?;
        entry.deleted = true;
        let (now, lag) = (self.now, self.lag());
        self.books.receivables.entries.put(entry, now, lag);
        Ok(None)
    }

    /// Status and custom fields; fields that are not named stay.
    pub(in crate::servicetitan::receivables) fn patch_entry(&mut self, id: &str) -> Answer {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Body {
            status: Option<PostingStatus>,
            custom_fields: Option<Map<String, Value>>,
        }
        let mut entry = self.entry_row(id)?.clone();
        let body: Body = self.read()?;
        set(&mut entry.status, body.status);
        merge(&mut entry, body.custom_fields);
        self.put_back(entry, id)
    }

    pub(in crate::servicetitan::receivables) fn patch_entry_sync(&mut self, id: &str) -> Answer {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Body {
            sync_status: EntrySyncStatus,
            version_id: Option<i32>,
            message: Option<String>,
            custom_fields: Option<Map<String, Value>>,
        }
        let mut entry = self.entry_row(id)?.clone();
        let body: Body = self.read()?;
        if body.sync_status == EntrySyncStatus::Synced {
            if body.version_id != Some(entry.version_id) {
                let message = "The version is not the journal entry's.";
                return Err(Problem::invalid("VersionId", message));
            }
            entry.last_sync_version_id = body.version_id;
        }
        entry.sync_status = body.sync_status;
        entry.message = body.message.or(entry.message);
        merge(&mut entry, body.custom_fields);
        self.put_back(entry, id)
    }

    fn put_back(&mut self, entry: JournalEntry, id: &str) -> Answer {
        let (now, lag) = (self.now, self.lag());
        self.books.receivables.entries.put(entry, now, lag);
        self.entry(id)
    }
}

/// A page of at most 500.
fn entry_page(query: &Query, rows: &[Value]) -> Answer {
    let page = query.number("page")?.unwrap_or(1).max(1);
    let size = query.number("pageSize")?.unwrap_or(50);
    let size = size.clamp(1, PAGE_SIZE_MAX);
    let whole = |n: i64| usize::try_from(n).unwrap_or(usize::MAX);
    let total = query.flag("includeTotal")?.then_some(rows.len());
    let from = whole(page - 1).saturating_mul(whole(size)).min(rows.len());
    let to = from.saturating_add(whole(size)).min(rows.len());
    Ok(Some(json!({
        "page": page, "pageSize": size, "hasMore": to < rows.len(), "totalCount": total,
        "data": rows[from..to],
    })))
}

/// Puts entries in one of the orders that their list knows.
fn sort_entries(rows: &mut [&JournalEntry], sort: &str) -> Result<(), Problem> {
    match sort.trim_start_matches(['+', '-', ' ']) {
        "CreatedOn" => rows.sort_by_key(|row| (row.created_on, row.id)),
        "Name" => rows.sort_by_key(|row| (row.name.clone(), row.id)),
        "PostDate" => rows.sort_by_key(|row| (row.post_date, row.id)),
        "Id" | "Number" | "Status" => {}
        _ => {
            let message = format!("Cannot sort by '{sort}'.");
            return Err(Problem::invalid("Sort", &message));
        }
    }
    if sort.starts_with('-') {
        rows.reverse();
    }
    Ok(())
}

/// Sets the fields that are named; a field cannot be removed.
fn merge(entry: &mut JournalEntry, sent: Option<Map<String, Value>>) {
    for (name, value) in fields(sent.unwrap_or_default()) {
        entry.custom_fields.retain(|(known, _)| *known != name);
        entry.custom_fields.push((name, value));
    }
}
