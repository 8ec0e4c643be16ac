//! Customers' payments, and what they settle.

use odoo::document::{Bill, Direction, Payment, PaymentState, Unpayable};
use odoo::settlement::{Settled, Settlement, Unsettled};
use odoo::{
    Acted, Action, Client, Context, Domain, ErrorKind, ExternalId, Model, RecordId, Values,
};
use serde_json::json;

use super::books::lock;
use super::goods::{decimal, grid, make_of, saved};
use super::invoices::{act, invoiced, read, sales};
use super::loading::load;
use crate::target::{Target, name, object};

async fn bank(client: &Client) -> RecordId {
    let journals = client.journals(&Context::new()).await.unwrap();
    let mut banks = journals.iter().filter(|journal| journal.takes_payments());
    banks.next().unwrap().id
}

const COLUMNS: [&str; 8] = [
    "id",
    "payment_type",
    "partner_type",
    "partner_id/.id",
    "amount",
    "date",
    "memo",
    "journal_id/.id",
];

async fn rows(client: &Client, tag: &str, way: &str, amount: &str) -> odoo::load::Rows {
    let sales = sales(client).await;
    let row = vec![
        name(&format!("payment_{tag}")).to_string(),
        way.to_owned(),
        "customer".to_owned(),
        sales.customer.to_string(),
        amount.to_owned(),
        "2026-11-21".to_owned(),
        format!("M-{tag}"),
        bank(client).await.to_string(),
    ];
    grid(Model::PAYMENT, &COLUMNS, &[row])
}

async fn draft(client: &Client, tag: &str, way: &str, amount: &str) -> Payment {
    let rows = rows(client, tag, way, amount).await;
    payment(client, saved(client, &rows).await[0]).await
}

async fn payment(client: &Client, id: RecordId) -> Payment {
    let found = client.payments(&[id], &Context::new()).await.unwrap();
    found.into_iter().next().unwrap()
}

async fn press(client: &Client, id: RecordId, action: Action) -> odoo::Result<Acted> {
    client
        .act(&Model::PAYMENT, &[id], action, &Context::new())
        .await
}

/// A posted payment, with its entry.
async fn paid(client: &Client, tag: &str, way: &str, amount: &str) -> (Payment, RecordId) {
    let draft = draft(client, tag, way, amount).await;
    let posted = client
        .post_payments(&[draft.id], &Context::new())
        .await
        .unwrap();
    let posted = posted.into_iter().next().unwrap();
    let entry = posted.posted_entry().unwrap();
    (posted, entry)
}

fn settlement(tag: &str, payer: RecordId, invoice: &Bill, amount: &str) -> Settlement {
    Settlement {
        name: name(&format!("settlement_{tag}")),
        payer,
        invoice: invoice.id,
        amount: decimal(amount),
    }
}

type Outcome = Result<Settled, Unsettled>;

async fn settle(client: &Client, wanted: &[Settlement]) -> Vec<Outcome> {
    client.settle(wanted, &Context::new()).await.unwrap()
}

/// What is left of it, and what Odoo calls that.
async fn left(client: &Client, bill: &Bill) -> (String, String) {
    let bill = read(client, bill.id).await;
    let state = bill.payment_state.unwrap_or_default();
    (bill.residual.normalize().to_string(), state)
}

fn is(left: &str, state: &str) -> (String, String) {
    (left.to_owned(), state.to_owned())
}

pub(crate) async fn make_an_entry_when_they_are_posted(target: &Target) {
    let client = &target.client;
    let draft = draft(client, "entry", "inbound", "60").await;
    assert_eq!((&draft.state, &draft.name), (&PaymentState::Draft, &None));
    assert_eq!(draft.posted_entry(), Err(Unpayable::NotPosted));
    assert_eq!(draft.entry, None);
    let receipts = client.outstanding_account(&draft).await.unwrap();
    assert!(receipts.is_some());
    assert_eq!(draft.outstanding, receipts);
    let (posted, entry) = paid(client, "entry", "inbound", "60").await;
    assert_eq!(posted.id, draft.id);
    assert_eq!(posted.state, PaymentState::InProcess);
    let number = posted.name.clone().unwrap();
    assert!(number.starts_with("PBNK1/2026/0"), "{number}");
    let entry = read(client, entry).await;
    assert_eq!(
        (entry.name, entry.reference.as_deref()),
        (posted.name.clone(), Some("M-entry"))
    );
    assert_eq!((entry.date, entry.total), (posted.date, decimal("60")));
    let mut items: Vec<_> = entry
        .lines
        .iter()
        .map(|line| (line.account, line.balance, line.residual))
        .collect();
    items.sort_by_key(|(_, balance, _)| *balance);
    let [minus, plus] = ["-60", "60"].map(decimal);
    assert_eq!(
        items,
        [
            (posted.destination, minus, minus),
            (posted.outstanding, plus, plus)
        ]
    );
    // Again is harmless.
    assert_eq!(press(client, posted.id, Action::Post).await, Ok(Acted::Ran));
    assert_eq!(payment(client, posted.id).await.entry, posted.entry);
    let below = rows(client, "below", "inbound", "-5").await;
    let below = load(client, &below).await;
    let fault = below.groups[&0].as_ref().unwrap_err();
    assert!(fault.message.contains("cannot be negative"), "{fault:?}");
}

/// The trap of traps: what a repetition after a lost answer does.
pub(crate) async fn sent_again_lose_the_account_that_makes_the_entry(target: &Target) {
    let client = &target.client;
    let first = draft(client, "twice", "inbound", "10").await;
    assert!(!first.lacks_outstanding());
    let second = draft(client, "twice", "inbound", "10").await;
    assert_eq!(first.id, second.id);
    assert!(second.lacks_outstanding(), "{second:?}");
    assert_eq!(press(client, second.id, Action::Post).await, Ok(Acted::Ran));
    let bare = payment(client, second.id).await;
    assert_eq!(bare.state, PaymentState::InProcess);
    assert_eq!(bare.posted_entry(), Err(Unpayable::NoEntry));
    assert!(bare.name.is_some_and(|name| name.starts_with("PAY")));
    // Posting it properly mends it.
    let (mended, _) = {
        let posted = client
            .post_payments(&[second.id], &Context::new())
            .await
            .unwrap();
        let entry = posted[0].posted_entry().unwrap();
        (posted[0].clone(), entry)
    };
    assert_eq!(mended.outstanding, first.outstanding);
    // And a draft that was sent twice needs nothing but that.
    draft(client, "twice_draft", "inbound", "10").await;
    paid(client, "twice_draft", "inbound", "10").await;
    // Amount, date and memo can be written without harm.
    let third = draft(client, "harmless", "inbound", "10").await;
    let values = object(json!({"amount": 11, "date": "2026-11-20", "memo": "other"}));
    client
        .write(&Model::PAYMENT, &[third.id], values, &Context::new())
        .await
        .unwrap();
    assert!(!payment(client, third.id).await.lacks_outstanding());
}

pub(crate) async fn that_are_posted_take_changes_that_their_entry_does_not(target: &Target) {
    let client = &target.client;
    let (posted, entry) = paid(client, "late", "inbound", "10").await;
    let values = object(json!({"amount": 12, "date": "2026-11-22", "memo": "new"}));
    client
        .write(&Model::PAYMENT, &[posted.id], values, &Context::new())
        .await
        .unwrap();
    assert_eq!(payment(client, posted.id).await.amount, decimal("12"));
    let unmoved = read(client, entry).await;
    assert_eq!((unmoved.total, unmoved.date), (decimal("10"), posted.date));
    assert_eq!(unmoved.reference.as_deref(), Some("new"));
    // As a draft it takes them along.
    assert_eq!(
        press(client, posted.id, Action::BackToDraft).await,
        Ok(Acted::Ran)
    );
    let values = object(json!({"amount": 13}));
    client
        .write(&Model::PAYMENT, &[posted.id], values, &Context::new())
        .await
        .unwrap();
    let again = client
        .post_payments(&[posted.id], &Context::new())
        .await
        .unwrap();
    assert_eq!(again[0].posted_entry(), Ok(entry));
    let moved = read(client, entry).await;
    assert_eq!(moved.total, decimal("13"));
    assert_eq!(moved.name, unmoved.name);
    assert_eq!(moved.date.unwrap().to_string(), "2026-11-22");
}

pub(crate) async fn settle_exactly_what_is_said(target: &Target) {
    let client = &target.client;
    let one = invoiced(client, "exact1", "out_invoice", "80").await;
    let two = invoiced(client, "exact2", "out_invoice", "70").await;
    let (posted, entry) = paid(client, "exact", "inbound", "100").await;
    let wanted = [
        settlement("exact1", entry, &one, "50"),
        settlement("exact2", entry, &two, "50"),
    ];
    assert_eq!(
        settle(client, &wanted).await,
        [Ok(Settled::Now), Ok(Settled::Now)]
    );
    assert_eq!(left(client, &one).await, is("30", "partial"));
    assert_eq!(left(client, &two).await, is("20", "partial"));
    let now = payment(client, posted.id).await;
    assert!(now.reconciled);
    assert_eq!(now.invoices, [one.id, two.id]);
    // Again and again.
    let again = settle(client, &wanted).await;
    assert_eq!(again, [Ok(Settled::Already), Ok(Settled::Already)]);
    let items = client.open_items(&[entry], &Context::new()).await.unwrap();
    assert_eq!(items.len(), 1);
    let parts = client
        .reconciliations(&[items[0].id], &Context::new())
        .await
        .unwrap();
    let amounts: Vec<_> = parts.iter().map(|part| part.amount).collect();
    assert_eq!(amounts, [decimal("50"), decimal("50")]);
    assert!(parts.iter().all(|part| part.credit == items[0].id));
    // Applied otherwise: less here, so that more fits there.
    let otherwise = [
        settlement("exact1", entry, &one, "30.01"),
        settlement("exact2", entry, &two, "69.99"),
    ];
    assert_eq!(
        settle(client, &otherwise).await,
        [Ok(Settled::Now), Ok(Settled::Now)]
    );
    assert_eq!(left(client, &one).await, is("49.99", "partial"));
    assert_eq!(left(client, &two).await, is("0.01", "partial"));
    // Taken back from one, and no longer applied at all.
    let back = [settlement("exact2", entry, &two, "0")];
    assert_eq!(settle(client, &back).await, [Ok(Settled::Now)]);
    assert_eq!(settle(client, &back).await, [Ok(Settled::Already)]);
    assert_eq!(left(client, &two).await, is("70", "not_paid"));
    assert_eq!(payment(client, posted.id).await.invoices, [one.id]);
}

pub(crate) async fn settle_no_more_than_is_open(target: &Target) {
    let client = &target.client;
    let small = invoiced(client, "small", "out_invoice", "10").await;
    let large = invoiced(client, "large", "out_invoice", "70").await;
    let (posted, entry) = paid(client, "over", "inbound", "50").await;
    let open = |open: &str| {
        Err(Unsettled::TooMuch {
            open: decimal(open),
        })
    };
    let wanted = [settlement("over1", entry, &small, "10.01")];
    assert_eq!(settle(client, &wanted).await, [open("10")]);
    // An over-payment leaves the rest for the next invoice.
    let wanted = [
        settlement("over1", entry, &small, "10"),
        settlement("over2", entry, &large, "40.01"),
    ];
    assert_eq!(
        settle(client, &wanted).await,
        [Ok(Settled::Now), open("40")]
    );
    assert_eq!(left(client, &small).await, is("0", "paid"));
    assert_eq!(left(client, &large).await, is("70", "not_paid"));
    let now = payment(client, posted.id).await;
    assert_eq!((now.reconciled, &now.state), (false, &PaymentState::Paid));
    let items = client.open_items(&[entry], &Context::new()).await.unwrap();
    assert_eq!(items[0].residual, decimal("-40"));
    assert!(!items[0].is_overdrawn());
}

/// Odoo itself would book all of this.
pub(crate) async fn parts_are_not_checked_by_odoo(target: &Target) {
    let client = &target.client;
    let invoice = invoiced(client, "unchecked", "out_invoice", "10").await;
    let (_, entry) = paid(client, "unchecked", "inbound", "10").await;
    let items = client
        .open_items(&[invoice.id, entry], &Context::new())
        .await
        .unwrap();
    let item = |of: RecordId| {
        let found = items.iter().find(|item| item.entry == of);
        found.unwrap().id.to_string()
    };
    let columns = [
        "id",
        "debit_move_id/.id",
        "credit_move_id/.id",
        "amount",
        "debit_amount_currency",
        "credit_amount_currency",
    ];
    let (debit, credit) = (item(invoice.id), item(entry));
    let row = ["__contract__.part_over", &debit, &credit, "25", "25", "25"];
    let id = make_of(client, Model::RECONCILIATION, &columns, &[&row]).await[0];
    assert_eq!(left(client, &invoice).await, is("-15", "partial"));
    let overdrawn = client
        .open_items(&[invoice.id], &Context::new())
        .await
        .unwrap();
    assert!(overdrawn[0].is_overdrawn());
    // The same name is the same part: its amount changes in place.
    let row = ["__contract__.part_over", &debit, &credit, "4", "4", "4"];
    let again = make_of(client, Model::RECONCILIATION, &columns, &[&row]).await[0];
    assert_eq!(again, id);
    assert_eq!(left(client, &invoice).await, is("6", "partial"));
    client
        .unlink(&Model::RECONCILIATION, &[id], &Context::new())
        .await
        .unwrap();
    assert_eq!(left(client, &invoice).await, is("10", "not_paid"));
}

async fn reconcile(client: &Client, entries: &[RecordId]) -> odoo::Result<Acted> {
    let items = client.open_items(entries, &Context::new()).await.unwrap();
    let ids: Vec<RecordId> = items.iter().map(|item| item.id).collect();
    client
        .act(&Model::MOVE_LINE, &ids, Action::Reconcile, &Context::new())
        .await
}

pub(crate) async fn reconciled_by_odoo_take_what_they_can(target: &Target) {
    let client = &target.client;
    let invoice = invoiced(client, "greedy", "out_invoice", "100").await;
    let (one, first) = paid(client, "greedy1", "inbound", "60").await;
    assert_eq!(
        reconcile(client, &[invoice.id, first]).await,
        Ok(Acted::Ran)
    );
    assert_eq!(left(client, &invoice).await, is("40", "partial"));
    // What was reconciled by somebody counts.
    let same = [settlement("greedy1", first, &invoice, "60")];
    assert_eq!(settle(client, &same).await, [Ok(Settled::Already)]);
    let less = [settlement("greedy1", first, &invoice, "59")];
    let others = Unsettled::ByOthers {
        amount: decimal("60"),
    };
    assert_eq!(settle(client, &less).await, [Err(others)]);
    assert_eq!(
        reconcile(client, &[invoice.id, first]).await,
        Ok(Acted::Ran)
    );
    let (two, second) = paid(client, "greedy2", "inbound", "60").await;
    assert_eq!(
        reconcile(client, &[invoice.id, second]).await,
        Ok(Acted::Ran)
    );
    assert_eq!(left(client, &invoice).await, is("0", "paid"));
    let one_now = payment(client, one.id).await;
    assert_eq!(
        (one_now.state, one_now.reconciled),
        (PaymentState::Paid, true)
    );
    let two_now = payment(client, two.id).await;
    assert_eq!(
        (two_now.state, two_now.reconciled),
        (PaymentState::Paid, false)
    );
    let error = reconcile(client, &[invoice.id, first]).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid, "{error}");
    assert!(error.message.contains("already reconciled"), "{error}");
    let items = client.open_items(&[second], &Context::new()).await.unwrap();
    let acted = client
        .act(
            &Model::MOVE_LINE,
            &[items[0].id],
            Action::Unreconcile,
            &Context::new(),
        )
        .await;
    assert_eq!(acted, Ok(Acted::Ran));
    assert_eq!(left(client, &invoice).await, is("40", "partial"));
    assert_eq!(payment(client, one.id).await.state, PaymentState::InProcess);
    // One call for several invoices: the one that is due first is served first.
    let (_, third) = paid(client, "greedy3", "inbound", "45").await;
    let other = invoiced(client, "greedy_other", "out_invoice", "30").await;
    client
        .write(
            &Model::MOVE,
            &[other.id],
            Values::new().date("invoice_date_due", "2026-12-01".parse().unwrap()),
            &Context::new(),
        )
        .await
        .unwrap();
    let all = [invoice.id, other.id, third];
    assert_eq!(reconcile(client, &all).await, Ok(Acted::Ran));
    assert_eq!(left(client, &other).await, is("0", "paid"));
    assert_eq!(left(client, &invoice).await, is("25", "partial"));
}

pub(crate) async fn go_back_to_draft_and_are_cancelled(target: &Target) {
    let client = &target.client;
    let invoice = invoiced(client, "cancel", "out_invoice", "10").await;
    let (posted, entry) = paid(client, "cancel", "inbound", "10").await;
    let wanted = [settlement("cancel", entry, &invoice, "10")];
    assert_eq!(settle(client, &wanted).await, [Ok(Settled::Now)]);
    assert_eq!(left(client, &invoice).await, is("0", "paid"));
    // A draft keeps what it is reconciled with until its amount changes.
    assert_eq!(
        press(client, posted.id, Action::BackToDraft).await,
        Ok(Acted::Ran)
    );
    assert_eq!(left(client, &invoice).await, is("0", "paid"));
    let error = press(client, posted.id, Action::BackToDraft)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid, "{error}");
    let eight = object(json!({"amount": 8}));
    client
        .write(&Model::PAYMENT, &[posted.id], eight, &Context::new())
        .await
        .unwrap();
    assert_eq!(left(client, &invoice).await, is("10", "not_paid"));
    assert_eq!(
        settle(client, &wanted).await,
        [Err(Unsettled::NotPosted(entry))]
    );
    let context = Context::new();
    client.post_payments(&[posted.id], &context).await.unwrap();
    let eight = [settlement("cancel", entry, &invoice, "8")];
    assert_eq!(settle(client, &eight).await, [Ok(Settled::Now)]);
    assert_eq!(left(client, &invoice).await, is("2", "partial"));
    assert_eq!(
        press(client, posted.id, Action::CancelDeal).await,
        Ok(Acted::Ran)
    );
    let gone = payment(client, posted.id).await;
    assert_eq!(gone.state, PaymentState::Cancelled);
    assert_eq!(left(client, &invoice).await, is("10", "not_paid"));
    let error = press(client, posted.id, Action::CancelDeal)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid, "{error}");
    // Posting does nothing to a cancelled one, until it is a draft again.
    assert_eq!(press(client, posted.id, Action::Post).await, Ok(Acted::Ran));
    assert_eq!(
        payment(client, posted.id).await.state,
        PaymentState::Cancelled
    );
    assert_eq!(
        press(client, posted.id, Action::BackToDraft).await,
        Ok(Acted::Ran)
    );
    client.post_payments(&[posted.id], &context).await.unwrap();
    assert_eq!(payment(client, posted.id).await.posted_entry(), Ok(entry));
    let error = client
        .unlink(&Model::PAYMENT, &[posted.id], &context)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid, "{error}");
}

pub(crate) async fn of_invoices_that_change_are_set_free(target: &Target) {
    let client = &target.client;
    let invoice = invoiced(client, "reopened", "out_invoice", "100").await;
    let (posted, entry) = paid(client, "reopened", "inbound", "60").await;
    let wanted = [settlement("reopened", entry, &invoice, "60")];
    assert_eq!(settle(client, &wanted).await, [Ok(Settled::Now)]);
    assert_eq!(
        act(client, invoice.id, Action::ResetToDraft).await,
        Ok(Acted::Ran)
    );
    // Still what it was.
    assert_eq!(left(client, &invoice).await, is("40", "partial"));
    let line = invoice.product_lines().next().unwrap().id;
    let dearer = object(json!({"invoice_line_ids": [[1, line, {"price_unit": 110}]]}));
    client
        .write(&Model::MOVE, &[invoice.id], dearer, &Context::new())
        .await
        .unwrap();
    assert_eq!(left(client, &invoice).await, is("110", "not_paid"));
    assert_eq!(payment(client, posted.id).await.invoices, []);
    assert_eq!(act(client, invoice.id, Action::Post).await, Ok(Acted::Ran));
    assert_eq!(settle(client, &wanted).await, [Ok(Settled::Now)]);
    assert_eq!(left(client, &invoice).await, is("50", "partial"));
    assert_eq!(
        act(client, invoice.id, Action::Cancel).await,
        Ok(Acted::Ran)
    );
    assert_eq!(left(client, &invoice).await, is("110", "not_paid"));
    let error = reconcile(client, &[invoice.id, entry]).await.unwrap_err();
    assert!(error.message.contains("cancelled"), "{error}");
}

pub(crate) async fn go_back_to_the_customer(target: &Target) {
    let client = &target.client;
    let credit = invoiced(client, "refunded", "out_refund", "40").await;
    let (posted, entry) = paid(client, "refund", "outbound", "25").await;
    assert_eq!(posted.direction, Direction::Outbound);
    let refund = [settlement("refund", entry, &credit, "25")];
    assert_eq!(settle(client, &refund).await, [Ok(Settled::Now)]);
    assert_eq!(settle(client, &refund).await, [Ok(Settled::Already)]);
    assert_eq!(left(client, &credit).await, is("15", "partial"));
    assert_eq!(payment(client, posted.id).await.invoices, [credit.id]);
    // What is left of the credit note settles invoices.
    let one = invoiced(client, "credited1", "out_invoice", "10").await;
    let two = invoiced(client, "credited2", "out_invoice", "20").await;
    let credits = [
        settlement("credited1", credit.id, &one, "10"),
        settlement("credited2", credit.id, &two, "5"),
    ];
    assert_eq!(
        settle(client, &credits).await,
        [Ok(Settled::Now), Ok(Settled::Now)]
    );
    assert_eq!(left(client, &one).await, is("0", "reversed"));
    assert_eq!(left(client, &two).await, is("15", "partial"));
    assert_eq!(left(client, &credit).await, is("0", "paid"));
    // A refund settles no invoice.
    let (_, other) = paid(client, "refund_wrong", "outbound", "5").await;
    let wrong = [settlement("refund_wrong", other, &two, "5")];
    assert_eq!(settle(client, &wrong).await, [Err(Unsettled::NoMatch)]);
}

pub(crate) async fn in_a_locked_period_are_moved_out_of_it(target: &Target) {
    let client = &target.client;
    let (_, before) = paid(client, "lock_before", "inbound", "1").await;
    let day = |text: &str| Some(text.parse().unwrap());
    assert_eq!(read(client, before).await.date, day("2026-11-21"));
    let draft = draft(client, "locked", "inbound", "10").await;
    let early = object(json!({"date": "2026-10-05"}));
    let context = Context::new();
    client
        .write(&Model::PAYMENT, &[draft.id], early, &context)
        .await
        .unwrap();
    lock(target, &["fiscalyear_lock_date"], Some("2026-10-31")).await;
    let posted = client.post_payments(&[draft.id], &context).await.unwrap();
    let (_, late) = paid(client, "lock_late", "inbound", "1").await;
    let locks = client.receivables().await.unwrap().locks.unwrap();
    lock(target, &["fiscalyear_lock_date"], Some("2026-11-22")).await;
    let refused = press(client, posted[0].id, Action::BackToDraft).await;
    let late_payment = client
        .payments_where(Domain::equal("move_id", late.get()), &context)
        .await
        .unwrap();
    let error = press(client, late_payment[0].id, Action::CancelDeal)
        .await
        .unwrap_err();
    lock(target, &["fiscalyear_lock_date"], None).await;
    assert_eq!(
        locks.of_payments(),
        Some(("2026-10-31".parse().unwrap(), "fiscalyear_lock_date"))
    );
    // The payment says the one, its entry the other.
    assert_eq!(posted[0].date, day("2026-10-05"));
    let entry = read(client, posted[0].posted_entry().unwrap()).await;
    assert!(entry.date > day("2026-11-22"), "{entry:?}");
    assert_eq!(refused, Ok(Acted::Ran));
    assert!(
        error.message.contains("prior to and inclusive of"),
        "{error}"
    );
}

pub(crate) async fn need_what_the_preflight_finds(target: &Target) {
    let client = &target.client;
    let found = client.receivables().await.unwrap();
    let kinds: Vec<&str> = found
        .journals
        .iter()
        .map(|journal| journal.kind.as_str())
        .collect();
    for kind in ["sale", "purchase", "bank", "general"] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
    let banks: Vec<_> = found.payment_journals().collect();
    assert_eq!(banks.len(), 1);
    assert_eq!((banks[0].inbound.len(), banks[0].outbound.len()), (1, 1));
    assert_eq!(banks[0].inbound[0].account, None);
    let receipts = found.outstanding(banks[0], &Direction::Inbound);
    let payments = found.outstanding(banks[0], &Direction::Outbound);
    assert!(receipts.is_some() && payments.is_some() && receipts != payments);
    assert_eq!(found.cash_basis, Some(false));
    let needs = odoo::preflight::Needs::receivables(client.version());
    assert_eq!(client.preflight(&needs).await.unwrap().problems(), []);
    // An account of the method's own comes before the chart's.
    let context = Context::new();
    let other = found.outstanding_payments.unwrap();
    let method = banks[0].inbound[0].id;
    let own = Values::new().with("payment_account_id", other);
    let admin = &target.admin;
    let model = &Model::PAYMENT_METHOD_LINE;
    admin.write(model, &[method], own, &context).await.unwrap();
    let changed = client.receivables().await.unwrap();
    let bank = changed.payment_journals().next().unwrap();
    assert_eq!(changed.outstanding(bank, &Direction::Inbound), Some(other));
    let draft = draft(client, "own_account", "inbound", "10").await;
    let none = Values::new().clear("payment_account_id");
    admin.write(model, &[method], none, &context).await.unwrap();
    assert_eq!(draft.outstanding, Some(other));
}

/// Two that ask for the same at once make one part.
pub(crate) async fn settled_twice_at_once_are_settled_once(target: &Target) {
    let client = &target.client;
    let invoice = invoiced(client, "race", "out_invoice", "10").await;
    let (_, entry) = paid(client, "race", "inbound", "10").await;
    let wanted = [settlement("race", entry, &invoice, "4")];
    let context = Context::new();
    let both = futures::future::join(
        client.settle(&wanted, &context),
        client.settle(&wanted, &context),
    )
    .await;
    for outcome in [both.0, both.1] {
        assert!(outcome.unwrap()[0].is_ok());
    }
    assert_eq!(left(client, &invoice).await, is("6", "partial"));
    let bound: ExternalId = name("settlement_race");
    let found = client.check_object_reference(&bound).await.unwrap();
    assert!(matches!(found, odoo::Found::Found { .. }), "{found:?}");
}
