//! What ServiceTitan has.
//!
//! Orders are asked for by their own dates, a day more on either side, and each row's date is looked at again. For bills and
//! returns the filters by date are documented too vaguely, or mean another date: what changed since some months before the
//! period is read, inventory bills from the export feed, which alone tells of deleted ones. Invoices and payments have dates
//! of their own again; of payments the server may not count the first moment, which is within the day more.

mod document;
mod receivable;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use servicetitan::client::{Continuation, Feed, List, Row};
use servicetitan::record::{
    self, ApBill, ApCredit, Identity, InventoryBill, InventoryReturn, PurchaseOrder, Record,
    Vendor as TitanVendor,
};
use servicetitan::{
    ApBillId, ApCreditId, Client, ErrorKind, InventoryBillId, InventoryReturnId, PurchaseOrderId,
    VendorId,
};
use sync::flow::Flow;
use sync::link::Name;
use sync::plain;
use sync::reconcile::{Document, Kind, Standing, Unreadable, number};

use self::document::{of_bill, of_credit, of_order, of_return, receipts};
use super::{
    AP_BILL, AP_CREDIT, Asked, BILL, ByName, DOCUMENTS_MAX, Failure, INVOICE, Numbers, ORDER,
    PAYMENT, RETURN, VENDOR,
};
use super::{PAPERS, id_of, name};

/// How long before the day that it bears a bill may have changed last.
const AHEAD: SignedDuration = SignedDuration::from_hours(400 * 24);

/// A day more on either side, should the server count days in another zone.
const MARGIN: SignedDuration = SignedDuration::from_hours(24);

/// What was read.
pub(super) struct Read {
    pub(super) documents: Vec<Document>,
    /// The nouns of what the app may not read.
    pub(super) not_told: Vec<&'static str>,
}

/// Reads documents and keeps those that concern the period.
pub(super) struct Reader<'r> {
    client: &'r Client,
    asked: &'r Asked,
    found: ByName,
    /// Bills and credits of other periods, without their lines.
    elsewhere: ByName,
    unreadable: BTreeMap<Name, Unreadable>,
    vendors: BTreeMap<VendorId, String>,
    /// Of AP credits that belong to no return and are not carried: how many, and what they come to.
    credits: (usize, Decimal),
    lacks_bills: bool,
    lacks_credits: bool,
    sales: receivable::Sales,
}

impl<'r> Reader<'r> {
    pub(super) fn new(client: &'r Client, asked: &'r Asked) -> Self {
        Self {
            client,
            asked,
            found: ByName::new(),
            elsewhere: ByName::new(),
            unreadable: BTreeMap::new(),
            vendors: BTreeMap::new(),
            credits: (0, Decimal::ZERO),
            lacks_bills: false,
            lacks_credits: false,
            sales: receivable::Sales::default(),
        }
    }

    pub(super) fn documents(&self) -> impl Iterator<Item = &Document> {
        self.found.values()
    }

    fn wants(&self, kind: Kind) -> bool {
        self.asked.kinds.contains(&kind)
    }

    fn reads(&self, flow: Flow) -> bool {
        self.asked.of_flows.contains(&flow)
    }

    /// What is dated in the period.
    pub(super) async fn read_period(&mut self) -> Result<(), Failure> {
        if self.wants(Kind::PurchaseOrders) || self.wants(Kind::Receipts) {
            self.dated(List::PurchaseOrders, Self::order).await?;
        }
        if self.wants(Kind::Bills) && self.reads(Flow::Bills) {
            self.bills().await?;
        }
        if self.wants(Kind::Bills) && self.reads(Flow::ApBills) {
            let read = self.changed(List::ApBillsWithoutOrder, Self::ap_bill).await;
            self.lacks_bills = lacks_scope(read)?;
        }
        if self.wants(Kind::Credits) {
            if self.reads(Flow::VendorCredits) {
                self.changed(List::Returns, Self::returned).await?;
            }
            let read = self.changed(List::ApCredits, Self::credit).await;
            self.lacks_credits = lacks_scope(read)?;
        }
        self.read_sales().await
    }

    async fn dated(&mut self, list: List, take: fn(&mut Self, &Row)) -> Result<(), Failure> {
        let (from, before) = (
            self.asked.period.begins() - MARGIN,
            self.asked.period.ends() + MARGIN,
        );
        let reader = self.client.dated(list, from, before);
        let mut reader = reader.expect("the list has a filter by date");
        while let Some(page) = reader.next_page().await? {
            self.take(&page.rows, take)?;
        }
        Ok(())
    }

    async fn changed(&mut self, list: List, take: fn(&mut Self, &Row)) -> Result<(), Failure> {
        let since = self.asked.period.begins() - AHEAD;
        let mut reader = self.client.poll(list, Some(since));
        while let Some(page) = reader.next_page().await? {
            self.take(&page.rows, take)?;
        }
        Ok(())
    }

    /// Takes a page, and of it only what concerns the period.
    fn take(&mut self, rows: &[Row], take: fn(&mut Self, &Row)) -> Result<(), Failure> {
        for row in rows {
            take(self, row);
        }
        let period = self.asked.period;
        let is_within = |document: &Document| document.date.is_some_and(|day| period.contains(day));
        let found = std::mem::take(&mut self.found).into_iter();
        let (within, elsewhere): (ByName, ByName) =
            found.partition(|(_, document)| is_within(document));
        self.found = within;
        let room = DOCUMENTS_MAX.saturating_sub(self.elsewhere.len());
        let papers = elsewhere
            .into_iter()
            .filter(|((kind, _), _)| PAPERS.contains(kind));
        let papers = papers.map(|(key, document)| {
            let lines = None;
            (key, Document { lines, ..document })
        });
        self.elsewhere.extend(papers.take(room));
        if self.found.len() > DOCUMENTS_MAX {
            return Err(Failure::TooMany);
        }
        Ok(())
    }

    /// A feed repeats rows, and need not keep their order.
    async fn bills(&mut self) -> Result<(), Failure> {
        let since = Continuation::since(self.asked.period.begins() - AHEAD);
        let mut feed = self.client.feed(Feed::InventoryBills, Some(since), true);
        let mut latest: HashMap<i64, Timestamp> = HashMap::new();
        while let Some(page) = feed.next_page().await? {
            let mut rows = Vec::with_capacity(page.rows.len());
            for row in page.rows {
                let changed = record::parse::<InventoryBill>(row.get())
                    .ok()
                    .and_then(|bill| Some((bill.id.0, bill.modified_on?)));
                if let Some((id, changed)) = changed {
                    let known = latest.entry(id).or_insert(changed);
                    if *known > changed {
                        continue;
                    }
                    *known = changed;
                }
                rows.push(row);
            }
            self.take(&rows, Self::bill)?;
        }
        Ok(())
    }

    /// What pairs with these documents of Odoo, whatever its date.
    pub(super) async fn read_named<'n>(
        &mut self,
        names: impl Iterator<Item = &'n (Kind, Name)>,
    ) -> Result<(), Failure> {
        let names: BTreeSet<&Name> = names.map(|(_, name)| name).collect();
        let ids = |noun: &str| -> Vec<i64> {
            names.iter().filter_map(|name| id_of(name, noun)).collect()
        };
        let orders: Vec<_> = ids(ORDER).into_iter().map(PurchaseOrderId).collect();
        let bills: Vec<_> = ids(BILL).into_iter().map(InventoryBillId).collect();
        let ap_bills: Vec<_> = ids(AP_BILL).into_iter().map(ApBillId).collect();
        let returns: Vec<_> = ids(RETURN).into_iter().map(InventoryReturnId).collect();
        self.read_sales_named(&ids(INVOICE), &ids(PAYMENT)).await?;
        for row in self.client.purchase_orders(&orders).await? {
            self.order(&row);
        }
        if self.reads(Flow::Bills) {
            for row in self.client.inventory_bills(&bills).await? {
                self.bill(&row);
            }
        }
        if self.reads(Flow::VendorCredits) {
            for row in self.client.returns(&returns).await? {
                self.returned(&row);
            }
        }
        if self.reads(Flow::ApCredits) && !self.lacks_credits {
            let credits: Vec<_> = ids(AP_CREDIT).into_iter().map(ApCreditId).collect();
            for row in self.client.ap_credits(&credits).await? {
                self.credit(&row);
            }
        }
        if self.reads(Flow::ApBills) && !self.lacks_bills {
            for row in self.client.ap_bills(&ap_bills).await? {
                self.ap_bill(&row);
            }
        }
        Ok(())
    }

    /// What bears these numbers in another period is compared, too.
    pub(super) fn recall(&mut self, numbers: &Numbers) {
        let mut named: BTreeSet<(Kind, String)> = BTreeSet::new();
        named.extend(
            numbers
                .iter()
                .map(|(kind, number)| (*kind, number.to_lowercase())),
        );
        for (key, document) in std::mem::take(&mut self.elsewhere) {
            let number = number(&document).map(str::to_lowercase);
            if number.is_some_and(|number| named.contains(&(document.kind, number))) {
                self.found.entry(key).or_insert(document);
            }
        }
    }

    /// The documents with their vendors' names, what cannot be read, and what was left out.
    pub(super) async fn finish(mut self) -> Result<(Read, Vec<Unreadable>, Vec<String>), Failure> {
        let unknown = |document: &Document| {
            let vendor = document.vendor.names.first()?;
            document
                .vendor
                .shown
                .is_empty()
                .then(|| id_of(vendor, VENDOR))?
        };
        let ids: BTreeSet<i64> = self.found.values().filter_map(unknown).collect();
        let ids: Vec<VendorId> = ids.into_iter().map(VendorId).collect();
        for row in self.client.vendors(&ids).await? {
            if let Ok(vendor) = record::parse::<TitanVendor>(row.get()) {
                self.vendors.insert(vendor.id, plain::line(&vendor.name));
            }
        }
        let mut documents: Vec<Document> = std::mem::take(&mut self.found).into_values().collect();
        for document in documents.iter_mut().filter(|one| unknown(one).is_some()) {
            let id = document
                .vendor
                .names
                .first()
                .and_then(|name| id_of(name, VENDOR));
            let id = VendorId(id.unwrap_or_default());
            let known = self.vendors.get(&id).cloned();
            document.vendor.shown = known.unwrap_or_else(|| format!("vendor {id}"));
        }
        let (not_told, notes) = self.left_out();
        let read = Read {
            documents,
            not_told,
        };
        Ok((read, self.unreadable.into_values().collect(), notes))
    }

    /// The nouns of what was not read, and what a person should know of it.
    fn left_out(&self) -> (Vec<&'static str>, Vec<String>) {
        let (mut nouns, mut notes) = (Vec::new(), Vec::new());
        let lacks = |scope: &str| format!("the app lacks the scope {scope}");
        let off = |flow: &str| format!("the flow `{flow}` is off");
        if self.wants(Kind::Bills) && !self.reads(Flow::Bills) {
            nouns.push(BILL);
            notes.push(format!(
                "bills of purchase orders were not compared: {}",
                off("bills")
            ));
        }
        if self.wants(Kind::Bills) && (self.lacks_bills || !self.reads(Flow::ApBills)) {
            let why = if self.lacks_bills {
                lacks(List::ApBillsWithoutOrder.scope())
            } else {
                off("ap-bills")
            };
            nouns.push(AP_BILL);
            notes.push(format!(
                "AP bills without a purchase order were not compared: {why}"
            ));
        }
        if self.wants(Kind::Credits) && !self.reads(Flow::VendorCredits) {
            nouns.push(RETURN);
            notes.push(format!(
                "credits of returns were not compared: {}",
                off("vendor-credits")
            ));
        }
        if self.wants(Kind::Credits) && (self.lacks_credits || !self.reads(Flow::ApCredits)) {
            nouns.push(AP_CREDIT);
        }
        if self.lacks_credits {
            let why = lacks(List::ApCredits.scope());
            notes.push(format!(
                "AP credits without a return were not looked for: {why}"
            ));
        }
        let (count, total) = self.credits;
        if count > 0 {
            notes.push(format!(
                "{count} AP credits without a return, {total:.2} together, were not compared: {}",
                off("ap-credits")
            ));
        }
        (nouns, notes)
    }

    /// A row as a record. One that cannot be read is kept as such.
    fn parsed<R: Record>(&mut self, row: &Row, kind: Kind, noun: &str) -> Option<R> {
        let id = Identity::of(row.get()).map(|row| row.id);
        let name = name(noun, id.unwrap_or_default());
        match record::parse(row.get()) {
            Ok(record) => {
                self.unreadable.remove(&name);
                Some(record)
            }
            Err(unreadable) => {
                let what = unreadable.to_string();
                let unreadable = Unreadable {
                    kind,
                    name: name.clone(),
                    what,
                };
                self.unreadable.insert(name, unreadable);
                None
            }
        }
    }

    fn keep(&mut self, document: Document) {
        if let Some(name) = document.name.clone() {
            self.found.insert((document.kind, name), document);
        }
    }

    fn order(&mut self, row: &Row) {
        let kind = if self.wants(Kind::PurchaseOrders) {
            Kind::PurchaseOrders
        } else {
            Kind::Receipts
        };
        let Some(order) = self.parsed::<PurchaseOrder>(row, kind, ORDER) else {
            return;
        };
        let document = of_order(&order, self.asked.leaves_orders);
        if self.wants(Kind::Receipts) {
            self.keep(receipts(&order, &document));
        }
        if self.wants(Kind::PurchaseOrders) {
            self.keep(document);
        }
    }

    fn bill(&mut self, row: &Row) {
        if let Some(bill) = self.parsed::<InventoryBill>(row, Kind::Bills, BILL) {
            self.keep(of_bill(&bill, BILL, bill.id.0, &self.asked.bills));
        }
    }

    /// Bills of orders come as inventory bills.
    fn ap_bill(&mut self, row: &Row) {
        if let Some(bill) = self.parsed::<ApBill>(row, Kind::Bills, AP_BILL)
            && bill.purchase_order_id.is_none()
        {
            self.keep(of_bill(&bill, AP_BILL, bill.id.0, &self.asked.bills));
        }
    }

    fn returned(&mut self, row: &Row) {
        if let Some(returned) = self.parsed::<InventoryReturn>(row, Kind::Credits, RETURN) {
            self.keep(of_return(&returned, &self.asked.bills));
        }
    }

    /// The credit of a return is told by the return. Of others that are not carried is only counted what counts.
    fn credit(&mut self, row: &Row) {
        let Some(credit) = self.parsed::<ApCredit>(row, Kind::Credits, AP_CREDIT) else {
            return;
        };
        if credit.inventory_return_id.is_some() {
            return;
        }
        let document = of_credit(&credit, &self.asked.bills);
        if self.reads(Flow::ApCredits) {
            self.keep(document);
            return;
        }
        let within = document
            .date
            .is_some_and(|day| self.asked.period.contains(day));
        if within && document.standing != Standing::Cancelled {
            self.credits.0 += 1;
            self.credits.1 = self.credits.1.saturating_add(document.total);
        }
    }
}

/// Whether the app lacks the scope; other failures remain ones.
fn lacks_scope(read: Result<(), Failure>) -> Result<bool, Failure> {
    match read {
        Err(Failure::ServiceTitan(error)) if error.kind == ErrorKind::Forbidden => Ok(true),
        other => other.map(|()| false),
    }
}
