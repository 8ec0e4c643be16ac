//! What settles what in Odoo: the invoices that a payment pays, and what settles an invoice that is none of ours; and since
//! when the connector has made such documents.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use odoo::client::Search;
use odoo::{Context, Domain, ExternalId, Found, Model, RecordId, datetime};
use rust_decimal::Decimal;
use serde_json::Value;
use sync::flow::Flow;
use sync::link::Name;
use sync::plain;
use sync::reconcile::{Kind, Line, Standing};

use super::{Failure, NAMES_MAX, Reader};
use crate::reconcile::{INVOICE, PAYMENT, id_of};

/// Payments, with the refunds that they are matched with.
pub(in crate::reconcile) type GivenBack = BTreeMap<Name, BTreeSet<Name>>;

/// The other end of a match.
struct Counterpart {
    /// The journal entry.
    entry: RecordId,
    /// What people call it.
    shown: String,
}

impl Reader<'_> {
    /// Finds what our payments and invoices are matched with, as far as they stand in the books. The refunds of payments.
    pub(in crate::reconcile) async fn settle(&mut self) -> Result<GivenBack, Failure> {
        let entries: BTreeMap<RecordId, usize> = self
            .entries
            .iter()
            .filter(|(_, place)| {
                let document = &self.found[**place].0;
                document.name.is_some() && document.standing == Standing::Binding
            })
            .map(|(entry, place)| (*entry, *place))
            .collect();
        let context = Context::new().with_archived();
        let ids: Vec<RecordId> = entries.keys().copied().collect();
        let items = self.client.open_items(&ids, &context).await?;
        let own: BTreeMap<RecordId, RecordId> =
            items.iter().map(|item| (item.id, item.entry)).collect();
        let ids: Vec<RecordId> = own.keys().copied().collect();
        let parts = self.client.reconciliations(&ids, &context).await?;
        let ends = parts.iter().flat_map(|part| [part.debit, part.credit]);
        let counterparts = self.counterparts(ends.collect()).await?;
        let names = self.entries_names(&counterparts).await?;

        for place in entries.values() {
            let document = &mut self.found[*place].0;
            document.settled = (document.kind != Kind::Refunds).then(Vec::new);
        }
        let mut given_back = GivenBack::new();
        for part in &parts {
            for (end, other) in [(part.debit, part.credit), (part.credit, part.debit)] {
                let place = own.get(&end).and_then(|entry| entries.get(entry));
                let (Some(place), Some(other)) = (place, counterparts.get(&other)) else {
                    continue;
                };
                let document = &mut self.found[*place].0;
                let named = names.get(&other.entry);
                let is_refund = named.is_some_and(|name| id_of(name, PAYMENT).is_some());
                if let (true, Some(own), Some(named)) = (is_refund, &document.name, named) {
                    if document.kind.is_money() {
                        given_back
                            .entry(own.clone())
                            .or_default()
                            .insert(named.clone());
                    }
                    continue;
                }
                // What invoices and their credit notes come to together is theirs.
                if named.is_some() && !document.kind.is_money() {
                    continue;
                }
                document.settled.iter_mut().for_each(|settled| {
                    settled.push(line(named, &other.shown, part.amount));
                });
            }
        }
        Ok(given_back)
    }

    /// The entries of journal items.
    async fn counterparts(
        &self,
        items: BTreeSet<RecordId>,
    ) -> Result<BTreeMap<RecordId, Counterpart>, Failure> {
        let items: Vec<RecordId> = items.into_iter().collect();
        let context = Context::new().with_archived();
        let rows = self
            .client
            .read(&Model::MOVE_LINE, &items, &["move_id"], &context)
            .await?;
        let counterpart = |row: &odoo::Fields| {
            let id = row.get("id")?.as_i64()?;
            let entry = row.get("move_id")?;
            let shown = entry.get(1).and_then(Value::as_str).unwrap_or_default();
            let counterpart = Counterpart {
                entry: RecordId(entry.get(0)?.as_i64()?),
                shown: plain::line(shown),
            };
            Some((RecordId(id), counterpart))
        };
        Ok(rows.iter().filter_map(counterpart).collect())
    }

    /// The names that entries bear: of invoices their own, of payments those of the payments.
    async fn entries_names(
        &self,
        counterparts: &BTreeMap<RecordId, Counterpart>,
    ) -> Result<BTreeMap<RecordId, Name>, Failure> {
        let entries: BTreeSet<RecordId> = counterparts.values().map(|one| one.entry).collect();
        let entries: Vec<RecordId> = entries.into_iter().collect();
        let of_noun = |names: Vec<Name>, noun: &str| {
            names.into_iter().find(|name| id_of(name, noun).is_some())
        };
        let mut named = BTreeMap::new();
        for (entry, names) in self.names(&Model::MOVE, &entries).await? {
            named.extend(of_noun(names, INVOICE).map(|name| (entry, name)));
        }
        let rest: Vec<RecordId> = entries
            .into_iter()
            .filter(|entry| !named.contains_key(entry))
            .collect();
        let context = Context::new().with_archived();
        for entries in rest.chunks(NAMES_MAX) {
            let domain = Domain::is_in("move_id", entries.iter().copied());
            let payments = self.client.payments_where(domain, &context).await?;
            let ids: Vec<RecordId> = payments.iter().map(|payment| payment.id).collect();
            let mut names = self.names(&Model::PAYMENT, &ids).await?;
            for payment in payments {
                let own = names.remove(&payment.id).unwrap_or_default();
                if let (Some(entry), Some(name)) = (payment.entry, of_noun(own, PAYMENT)) {
                    named.insert(entry, name);
                }
            }
        }
        Ok(named)
    }

    /// The invoices that payments pay here.
    pub(in crate::reconcile) fn paid(&self) -> impl Iterator<Item = &Name> {
        let settled = self.documents().filter_map(|one| one.settled.as_ref());
        settled.flatten().filter_map(|line| line.name.as_ref())
    }

    /// Those of these invoices that Odoo does not hold.
    pub(in crate::reconcile) async fn absent(
        &self,
        invoices: &BTreeSet<Name>,
    ) -> Result<BTreeSet<Name>, Failure> {
        let in_flight = self.client.config().in_flight.max(1);
        let asked = stream::iter(invoices).map(async |name| {
            let id = ExternalId::new(self.module, name.0.clone())
                .expect("our names hold neither spaces nor dots");
            let found = self.client.check_object_reference(&id).await?;
            let is_there = matches!(found, Found::Found { .. });
            Ok::<_, Failure>((!is_there).then(|| name.clone()))
        });
        let found: Vec<_> = asked.buffered(in_flight).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// A moment at which the connector's user had begun to bring documents of this flow; `None` if he never did.
    pub(in crate::reconcile) async fn began(
        &self,
        flow: Flow,
    ) -> Result<Option<Timestamp>, Failure> {
        let user = self.client.whoami().await?.user;
        let own = Domain::equal("create_uid", user).and(Domain::equal("company_id", self.company));
        let (model, domain) = if flow == Flow::Payments {
            (
                Model::PAYMENT,
                own.and(Domain::equal("partner_type", "customer")),
            )
        } else {
            let sales = ["out_invoice", "out_refund"];
            (Model::MOVE, own.and(Domain::is_in("move_type", sales)))
        };
        let mut search = Search::new(domain, &["create_date"]);
        search.order = Some("id");
        search.limit = Some(1);
        let rows = self
            .client
            .search_read(&model, &search, &Context::new())
            .await?;
        let first = rows
            .first()
            .and_then(|row| row.get("create_date")?.as_str());
        Ok(first.and_then(|at| datetime::parse(at).ok()))
    }
}

/// Named: an invoice of ours.
fn line(name: Option<&Name>, shown: &str, amount: Decimal) -> Line {
    Line {
        name: name.cloned(),
        label: match name.and_then(|name| id_of(name, INVOICE)) {
            Some(id) => format!("invoice {id}"),
            None => shown.to_owned(),
        },
        quantity: Decimal::ONE,
        unit_cost: None,
        amount,
    }
}
