//! Settlements, carried out: see [`crate::settlement`].

use std::collections::{BTreeMap, BTreeSet};

use super::{Client, Pages};
use crate::Result;
use crate::context::Context;
use crate::document::{OpenItem, Reconciliation};
use crate::domain::Domain;
use crate::error::{Error, ErrorKind};
use crate::record::{Model, RecordId};
use crate::settlement::{self, Books, Part, Settled, Settlement, Unsettled};

/// The most records that one search names.
const NAMED_MAX: usize = 200;
const RECEIVABLE_OR_PAYABLE: [&str; 2] = ["asset_receivable", "liability_payable"];
/// What they are called before 16.
const OLD: [&str; 2] = ["receivable", "payable"];

impl Client {
    /// The receivable and payable items of these journal entries (invoices, payments' entries), settled or not, by id.
    pub async fn open_items(
        &self,
        entries: &[RecordId],
        context: &Context,
    ) -> Result<Vec<OpenItem>> {
        let kind = self
            .first_field(&Model::ACCOUNT, &["account_type", "internal_type"])
            .await?;
        let of_kind = match kind {
            Some("internal_type") => Domain::is_in("account_id.internal_type", OLD),
            _ => Domain::is_in("account_id.account_type", RECEIVABLE_OR_PAYABLE),
        };
        let fields = OpenItem::fields(&*self.field_names(&Model::MOVE_LINE).await?);
        let mut found = Vec::new();
        for entries in entries.chunks(NAMED_MAX) {
            let domain = Domain::is_in("move_id", entries.iter().copied()).and(of_kind.clone());
            let mut pages: Pages<'_> = self.pages(&Model::MOVE_LINE, domain, &fields, context);
            while let Some(page) = pages.next().await? {
                for record in &page {
                    found.push(OpenItem::read(record).map_err(|e| misshapen(&e))?);
                }
            }
        }
        Ok(found)
    }

    /// What these items (`account.move.line`) are reconciled with, and how much of them; by id.
    pub async fn reconciliations(
        &self,
        items: &[RecordId],
        context: &Context,
    ) -> Result<Vec<Reconciliation>> {
        let fields = Reconciliation::fields(&*self.field_names(&Model::RECONCILIATION).await?);
        let mut found: BTreeMap<RecordId, Reconciliation> = BTreeMap::new();
        for items in items.chunks(NAMED_MAX) {
            let of = |field| Domain::is_in(field, items.iter().copied());
            let domain = of("debit_move_id").or(of("credit_move_id"));
            let mut pages = self.pages(&Model::RECONCILIATION, domain, &fields, context);
            while let Some(page) = pages.next().await? {
                for record in &page {
                    let part = Reconciliation::read(record).map_err(|e| misshapen(&e))?;
                    found.insert(part.id, part);
                }
            }
        }
        Ok(found.into_values().collect())
    }

    /// Brings about that of each payer exactly so much settles its invoice; a result for each, in their order.
    ///
    /// Reads what is open and what is settled, then writes what is missing in one `load` (and deletes what is too much
    /// before), then reads whether somebody else was quicker, and takes back what would settle more than there is. Asked for
    /// again, also after any error, it does nothing twice. Two calls that overlap must not name the same entries.
    ///
    /// An [`Error`] says nothing of single settlements.
    pub async fn settle(
        &self,
        wanted: &[Settlement],
        context: &Context,
    ) -> Result<Vec<Result<Settled, Unsettled>>> {
        let entries: BTreeSet<RecordId> = wanted
            .iter()
            .flat_map(|one| [one.payer, one.invoice])
            .collect();
        let entries: Vec<RecordId> = entries.into_iter().collect();
        let mut books = self.books(&entries, context).await?;
        let mut results = Vec::with_capacity(wanted.len());
        let (mut delete, mut load) = (Vec::new(), Vec::new());
        for (n, one) in wanted.iter().enumerate() {
            results.push(books.plan(one).map(|deeds| {
                let already = deeds.delete.is_empty() && deeds.load.is_empty();
                delete.extend(deeds.delete);
                load.extend(deeds.load.into_iter().map(|part| (n, part)));
                if already {
                    Settled::Already
                } else {
                    Settled::Now
                }
            }));
        }
        self.unlink(&Model::RECONCILIATION, &delete, context)
            .await?;
        let made = self.load_parts(&load, &mut results, context).await?;
        self.take_back_overdrawn(&made, &mut results, context)
            .await?;
        Ok(results)
    }

    async fn books(&self, entries: &[RecordId], context: &Context) -> Result<Books> {
        let items = self.open_items(entries, context).await?;
        let ids: Vec<RecordId> = items.iter().map(|item| item.id).collect();
        let parts = self.reconciliations(&ids, context).await?;
        let ids: Vec<RecordId> = parts.iter().map(|part| part.id).collect();
        let mut names = BTreeMap::new();
        for ids in ids.chunks(NAMED_MAX) {
            names.extend(self.get_external_ids(&Model::RECONCILIATION, ids).await?);
        }
        Ok(Books::new(items, parts, names))
    }

    /// The parts that were saved, with their ids.
    async fn load_parts<'p>(
        &self,
        parts: &'p [(usize, Part)],
        results: &mut [Result<Settled, Unsettled>],
        context: &Context,
    ) -> Result<Vec<(usize, &'p Part, RecordId)>> {
        if parts.is_empty() {
            return Ok(Vec::new());
        }
        let loaded = self.load(&settlement::rows(parts), context).await?;
        let mut made = Vec::new();
        for (group, result) in loaded.groups {
            match result {
                Ok(ids) => {
                    let own = parts.iter().filter(|(n, _)| *n == group);
                    made.extend(own.zip(ids).map(|((n, part), id)| (*n, part, id)));
                }
                Err(fault) => results[group] = Err(Unsettled::Refused(fault.message)),
            }
        }
        Ok(made)
    }

    async fn take_back_overdrawn(
        &self,
        made: &[(usize, &Part, RecordId)],
        results: &mut [Result<Settled, Unsettled>],
        context: &Context,
    ) -> Result<()> {
        let ends: BTreeSet<RecordId> = made
            .iter()
            .flat_map(|(_, part, _)| [part.debit, part.credit])
            .collect();
        let ends: Vec<RecordId> = ends.into_iter().collect();
        let fields = OpenItem::fields(&*self.field_names(&Model::MOVE_LINE).await?);
        let found = self
            .read(&Model::MOVE_LINE, &ends, &fields, context)
            .await?;
        let mut overdrawn = BTreeSet::new();
        for record in &found {
            let item = OpenItem::read(record).map_err(|e| misshapen(&e))?;
            if item.is_overdrawn() {
                overdrawn.insert(item.id);
            }
        }
        let wrong: BTreeSet<usize> = made
            .iter()
            .filter(|(_, part, _)| {
                overdrawn.contains(&part.debit) || overdrawn.contains(&part.credit)
            })
            .map(|(n, ..)| *n)
            .collect();
        let ids: Vec<RecordId> = made
            .iter()
            .filter(|(n, ..)| wrong.contains(n))
            .map(|(.., id)| *id)
            .collect();
        self.unlink(&Model::RECONCILIATION, &ids, context).await?;
        for n in wrong {
            let open = rust_decimal::Decimal::ZERO;
            results[n] = Err(Unsettled::TooMuch { open });
        }
        Ok(())
    }
}

fn misshapen(error: &crate::document::FieldError) -> Error {
    Error::new(
        format!("{} read", Model::RECONCILIATION),
        ErrorKind::Unreadable,
        error.to_string(),
    )
}
