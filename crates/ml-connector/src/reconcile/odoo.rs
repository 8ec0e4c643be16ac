//! What Odoo has: as the connector's user sees it, in the connection's company.

mod settled;

pub(super) use settled::GivenBack;

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::civil::Date;
use odoo::client::DOCUMENTS_MAX as LINES_OF_MAX;
use odoo::document::{
    Bill, BillKind, BillState, Direction, Order, OrderState, Payment, PaymentState,
};
use odoo::domain::Operator;
use odoo::{Client, Context, Domain, ExternalId, Found, Model, RecordId};
use rust_decimal::Decimal;
use serde_json::Value;
use sync::link::Name;
use sync::money::sum_of_any;
use sync::plain;
use sync::reconcile::{Document, Kind, Line, Period, Standing, Vendor, day};

use super::{Asked, CUSTOMER, DOCUMENTS_MAX, Failure, Numbers, PAPERS, VENDOR, id_of, nouns};

/// Records whose external ids are asked for in one call.
const NAMES_MAX: usize = 500;

/// Reads documents, and whose they are.
pub(super) struct Reader<'r> {
    client: &'r Client,
    module: &'r str,
    company: RecordId,
    period: Period,
    kinds: &'r BTreeSet<Kind>,
    /// Documents, and their partners.
    found: Vec<(Document, Option<RecordId>)>,
    seen: BTreeSet<(Kind, RecordId)>,
    /// Journal entries of customers' documents, by the place where these stand among those found.
    entries: BTreeMap<RecordId, usize>,
}

impl<'r> Reader<'r> {
    pub(super) async fn new(
        client: &'r Client,
        module: &'r str,
        asked: &'r Asked,
    ) -> Result<Self, Failure> {
        let company = match client.config().company {
            Some(company) => RecordId(company),
            None => client.whoami().await?.company,
        };
        Ok(Self {
            client,
            module,
            company,
            period: asked.period,
            kinds: &asked.kinds,
            found: Vec::new(),
            seen: BTreeSet::new(),
            entries: BTreeMap::new(),
        })
    }

    pub(super) fn documents(&self) -> impl Iterator<Item = &Document> {
        self.found.iter().map(|(document, _)| document)
    }

    /// The kinds of records to read: orders also for what was received of them.
    fn models(&self) -> impl Iterator<Item = Kind> + use<> {
        let wants = |kind| self.kinds.contains(&kind);
        let orders = wants(Kind::PurchaseOrders) || wants(Kind::Receipts);
        [
            (Kind::PurchaseOrders, orders),
            (Kind::Bills, wants(Kind::Bills)),
            (Kind::Credits, wants(Kind::Credits)),
            (Kind::Invoices, wants(Kind::Invoices)),
            (Kind::CreditNotes, wants(Kind::CreditNotes)),
            (Kind::Payments, wants(Kind::Payments)),
            (Kind::Refunds, wants(Kind::Refunds)),
        ]
        .into_iter()
        .filter_map(|(kind, wanted)| wanted.then_some(kind))
    }

    /// What is dated in the period, or stands in its books.
    pub(super) async fn read_period(&mut self) -> Result<(), Failure> {
        for kind in self.models() {
            let domain = self.dated(kind);
            self.read_where(kind, domain).await?;
        }
        Ok(())
    }

    /// The company's documents of these conditions.
    async fn read_where(&mut self, kind: Kind, domain: Domain) -> Result<(), Failure> {
        let context = Context::new().with_archived();
        let domain = Domain::equal("company_id", self.company).and(domain);
        let client = self.client;
        let mut pages = client
            .pages(&model(kind), domain, &["id"], &context)
            .of(LINES_OF_MAX);
        while let Some(page) = pages.next().await? {
            let ids = page.iter().filter_map(|record| record.get("id")?.as_i64());
            let ids: Vec<RecordId> = ids.map(RecordId).collect();
            self.read(kind, &ids).await?;
        }
        Ok(())
    }

    fn dated(&self, kind: Kind) -> Domain {
        let between = |field: &str, from: String, before: String| {
            Domain::field(field, Operator::AtLeast, from).and(Domain::field(
                field,
                Operator::Less,
                before,
            ))
        };
        if kind == Kind::PurchaseOrders {
            let bounds = [self.period.begins(), self.period.ends()];
            let [from, before] = bounds.map(odoo::datetime::text);
            return between("date_order", from, before);
        }
        let bounds = [self.period.begins(), self.period.ends()].map(day);
        let days = |field: &str| {
            let [from, before] = bounds.map(|day: Date| day.to_string());
            between(field, from, before)
        };
        if kind.is_money() {
            let direction = if kind == Kind::Payments {
                Direction::Inbound
            } else {
                Direction::Outbound
            };
            return Domain::equal("partner_type", "customer")
                .and(Domain::equal("payment_type", direction.as_str()))
                .and(days("date"));
        }
        Domain::equal("move_type", move_type(kind)).and(days("invoice_date").or(days("date")))
    }

    /// What bears these names, whatever its date.
    pub(super) async fn read_named<'n>(
        &mut self,
        names: impl Iterator<Item = &'n (Kind, Name)>,
    ) -> Result<(), Failure> {
        let in_flight = self.client.config().in_flight.max(1);
        let names: BTreeSet<(Kind, &Name)> =
            names.map(|(kind, name)| (read_as(*kind), name)).collect();
        let asked = stream::iter(names).map(async |(kind, name)| {
            let id = ExternalId::new(self.module, name.0.clone())
                .expect("our names hold neither spaces nor dots");
            let found = self.client.check_object_reference(&id).await?;
            Ok::<_, Failure>(match found {
                Found::Found { model: of, id } if of == model(kind) => Some((kind, id)),
                _ => None,
            })
        });
        let found: Vec<_> = asked.buffered(in_flight).try_collect().await?;
        let mut of_kind: BTreeMap<Kind, Vec<RecordId>> = BTreeMap::new();
        for (kind, id) in found.into_iter().flatten() {
            of_kind.entry(kind).or_default().push(id);
        }
        for (kind, ids) in of_kind {
            for ids in ids.chunks(LINES_OF_MAX) {
                self.read(kind, ids).await?;
            }
        }
        Ok(())
    }

    /// What bears these numbers, whatever its date.
    pub(super) async fn read_numbered(&mut self, numbers: &Numbers) -> Result<(), Failure> {
        for kind in PAPERS {
            let numbers = numbers.iter().filter(|(of, _)| *of == kind);
            let numbers: Vec<String> = numbers.map(|(_, number)| number.clone()).collect();
            for numbers in numbers.chunks(NAMES_MAX) {
                let domain = Domain::equal("move_type", move_type(kind))
                    .and(Domain::field("state", Operator::NotEqual, "cancel"))
                    .and(Domain::is_in("ref", numbers.to_vec()));
                self.read_where(kind, domain).await?;
            }
        }
        Ok(())
    }

    async fn read(&mut self, kind: Kind, ids: &[RecordId]) -> Result<(), Failure> {
        let ids: Vec<RecordId> = ids
            .iter()
            .filter(|id| self.seen.insert((read_as(kind), **id)))
            .copied()
            .collect();
        let names = self.names(&model(kind), &ids).await?;
        let name = |id: RecordId| {
            let mut names = names.get(&id)?.iter();
            let is_document_s = |name: &&Name| {
                let mut nouns = nouns(kind).iter();
                nouns.any(|noun| id_of(name, noun).is_some())
            };
            names.find(is_document_s).cloned()
        };
        let context = Context::new().with_archived();
        if kind == Kind::PurchaseOrders {
            let mut orders = self.client.orders(&ids, &context).await?;
            for order in &mut orders {
                order.lines.retain(|line| line.display_type.is_none());
            }
            let of_ours = orders.iter().filter(|order| name(order.id).is_some());
            let lines: Vec<RecordId> = of_ours
                .flat_map(|order| order.lines.iter().map(|line| line.id))
                .collect();
            let lines = self.names(&Model::PURCHASE_ORDER_LINE, &lines).await?;
            for order in orders {
                let document = of_order(&order, name(order.id), &lines);
                if self.kinds.contains(&Kind::Receipts) && document.name.is_some() {
                    let receipts = receipts(&order, &document, &lines);
                    self.found.push((receipts, Some(order.vendor)));
                }
                if self.kinds.contains(&Kind::PurchaseOrders) {
                    self.found.push((document, Some(order.vendor)));
                }
            }
        } else if kind.is_money() {
            for payment in self.client.payments(&ids, &context).await? {
                let document = of_payment(&payment, name(payment.id));
                if self.kinds.contains(&document.kind) {
                    let places = payment.entry.map(|entry| (entry, self.found.len()));
                    self.entries.extend(places);
                    self.found.push((document, payment.partner));
                }
            }
        } else {
            let bills = self.client.bills(&ids, &context).await?;
            let of_ours = bills.iter().filter(|bill| name(bill.id).is_some());
            let lines: Vec<RecordId> = of_ours
                .flat_map(|bill| bill.product_lines().map(|line| line.id))
                .collect();
            let lines = self.names(&Model::MOVE_LINE, &lines).await?;
            for bill in bills {
                let kind = match bill.kind {
                    BillKind::Invoice => Kind::Invoices,
                    BillKind::Refund => Kind::CreditNotes,
                    _ => kind,
                };
                if !self.kinds.contains(&kind) {
                    continue;
                }
                let document = of_bill(kind, &bill, name(bill.id), &lines);
                if kind.is_sale() {
                    self.entries.insert(bill.id, self.found.len());
                }
                self.found.push((document, bill.partner));
            }
        }
        if self.found.len() > DOCUMENTS_MAX {
            return Err(Failure::TooMany);
        }
        Ok(())
    }

    /// The names of ours that these records bear.
    async fn names(&self, model: &Model, ids: &[RecordId]) -> Result<Names, Failure> {
        let mut names = Names::new();
        for ids in ids.chunks(NAMES_MAX) {
            for (id, found) in self.client.get_external_ids(model, ids).await? {
                let ours = found
                    .into_iter()
                    .filter(|name| name.module() == self.module);
                let ours: Vec<Name> = ours.map(|name| Name(name.name().to_owned())).collect();
                if !ours.is_empty() {
                    names.insert(id, ours);
                }
            }
        }
        Ok(names)
    }

    /// The documents, with whose they are.
    pub(super) async fn finish(self) -> Result<Vec<Document>, Failure> {
        let ids: BTreeSet<RecordId> = self.found.iter().filter_map(|(_, id)| *id).collect();
        let ids: Vec<RecordId> = ids.into_iter().collect();
        let context = Context::new().with_archived();
        let fields = ["name", "commercial_partner_id"];
        let rows = self
            .client
            .read(&Model::PARTNER, &ids, &fields, &context)
            .await?;
        let mut partners: BTreeMap<RecordId, (String, RecordId)> = BTreeMap::new();
        for row in &rows {
            let Some(id) = row.get("id").and_then(Value::as_i64).map(RecordId) else {
                continue;
            };
            let shown = row.get("name").and_then(Value::as_str).unwrap_or_default();
            // A bill may be entered on a vendor's contact.
            let company = row
                .get("commercial_partner_id")
                .and_then(|pair| pair.get(0)?.as_i64());
            partners.insert(id, (plain::line(shown), company.map_or(id, RecordId)));
        }
        let companies = partners.values().map(|(_, company)| *company);
        let asked: BTreeSet<RecordId> = partners.keys().copied().chain(companies).collect();
        let asked: Vec<RecordId> = asked.into_iter().collect();
        let names = self.names(&Model::PARTNER, &asked).await?;
        let party = |noun: &str, id: Option<RecordId>| {
            let Some((shown, company)) = id.and_then(|id| partners.get(&id)) else {
                return Vendor::default();
            };
            let own = id.and_then(|id| names.get(&id));
            let all = own.into_iter().chain(names.get(company)).flatten();
            let mut vendors: Vec<Name> = all
                .filter(|name| id_of(name, noun).is_some())
                .cloned()
                .collect();
            vendors.dedup();
            Vendor {
                names: vendors,
                shown: shown.clone(),
            }
        };
        let documents = self.found.into_iter().map(|(document, partner)| Document {
            vendor: party(
                if document.kind.is_sale() {
                    CUSTOMER
                } else {
                    VENDOR
                },
                partner,
            ),
            ..document
        });
        Ok(documents.collect())
    }
}

/// Names of ours, by the records that bear them.
type Names = BTreeMap<RecordId, Vec<Name>>;

fn model(kind: Kind) -> Model {
    match kind {
        Kind::PurchaseOrders | Kind::Receipts => Model::PURCHASE_ORDER,
        Kind::Bills | Kind::Credits | Kind::Invoices | Kind::CreditNotes => Model::MOVE,
        Kind::Payments | Kind::Refunds => Model::PAYMENT,
    }
}

/// Odoo's word for a bill, an invoice, or a credit note of either.
const fn move_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Bills => "in_invoice",
        Kind::Invoices => "out_invoice",
        Kind::CreditNotes => "out_refund",
        _ => "in_refund",
    }
}

/// The kind as which a document is read.
const fn read_as(kind: Kind) -> Kind {
    match kind {
        Kind::Receipts => Kind::PurchaseOrders,
        Kind::CreditNotes => Kind::Invoices,
        Kind::Refunds => Kind::Payments,
        other => other,
    }
}

fn of_order(order: &Order, name: Option<Name>, names: &Names) -> Document {
    let lines = order.lines.iter().map(|line| Line {
        name: first(names, line.id),
        label: plain::line(&line.name),
        quantity: line.quantity,
        unit_cost: None,
        amount: line.subtotal,
    });
    Document {
        kind: Kind::PurchaseOrders,
        lines: name.is_some().then(|| lines.collect()),
        name,
        id: order.id.get(),
        number: Some(plain::line(&order.name)),
        reference: order.vendor_ref.as_deref().map(plain::line),
        vendor: Vendor::default(),
        date: order.ordered.map(day),
        booked: None,
        total: order.total,
        tax: None,
        settled: None,
        standing: match order.state {
            OrderState::Draft | OrderState::Sent | OrderState::ToApprove => Standing::Draft,
            OrderState::Cancelled => Standing::Cancelled,
            OrderState::Purchase | OrderState::Done | OrderState::Other(_) => Standing::Binding,
        },
    }
}

fn receipts(order: &Order, document: &Document, names: &Names) -> Document {
    // Shipping, tax and rounding are never received.
    let is_item = |name: &Name| {
        let last = name.0.rsplit('_').next();
        last.is_some_and(|id| id.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let lines = order.lines.iter().filter_map(|line| {
        Some(Line {
            name: Some(first(names, line.id).filter(is_item)?),
            label: plain::line(&line.name),
            quantity: line.received,
            unit_cost: None,
            amount: line.received,
        })
    });
    let lines: Vec<Line> = lines.collect();
    let is_cancelled = document.standing == Standing::Cancelled;
    Document {
        kind: Kind::Receipts,
        total: if is_cancelled {
            Decimal::ZERO
        } else {
            sum_of_any(lines.iter().map(|line| line.amount))
        },
        lines: Some(lines),
        ..document.clone()
    }
}

fn of_bill(kind: Kind, bill: &Bill, name: Option<Name>, names: &Names) -> Document {
    let lines = bill.product_lines().map(|line| Line {
        name: first(names, line.id),
        label: plain::line(line.name.as_deref().unwrap_or_default()),
        quantity: line.quantity,
        unit_cost: None,
        amount: line.subtotal,
    });
    Document {
        kind,
        lines: name.is_some().then(|| lines.collect()),
        name,
        id: bill.id.get(),
        number: bill.name.as_deref().map(plain::line),
        reference: bill.reference.as_deref().map(plain::line),
        vendor: Vendor::default(),
        date: bill.invoice_date,
        booked: bill.date,
        total: bill.total,
        tax: kind.is_sale().then_some(bill.tax),
        settled: None,
        standing: match bill.state {
            BillState::Draft => Standing::Draft,
            BillState::Cancelled => Standing::Cancelled,
            BillState::Posted | BillState::Other(_) => Standing::Binding,
        },
    }
}

fn of_payment(payment: &Payment, name: Option<Name>) -> Document {
    Document {
        kind: if payment.direction == Direction::Outbound {
            Kind::Refunds
        } else {
            Kind::Payments
        },
        name,
        id: payment.id.get(),
        number: payment.name.as_deref().map(plain::line),
        reference: payment.memo.as_deref().map(plain::line),
        vendor: Vendor::default(),
        date: payment.date,
        booked: None,
        total: payment.amount,
        tax: None,
        standing: match payment.state {
            PaymentState::Draft => Standing::Draft,
            PaymentState::Cancelled | PaymentState::Rejected | PaymentState::CancelledBefore18 => {
                Standing::Cancelled
            }
            PaymentState::InProcess
            | PaymentState::Paid
            | PaymentState::Posted
            | PaymentState::Other(_) => Standing::Binding,
        },
        lines: None,
        settled: None,
    }
}

fn first(names: &Names, id: RecordId) -> Option<Name> {
    names.get(&id)?.first().cloned()
}
