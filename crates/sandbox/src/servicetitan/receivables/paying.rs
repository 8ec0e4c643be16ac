//! What happens to payments: taken, applied, taken off again, refunded, posted, exported, voided.
//! Applying moves what invoices have open; taking and voiding moves what the customer owes.
//!
//! Nobody stops one from applying more than an invoice has open: its balance is negative then
//! (unknown whether the live system stops them).

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::payment::{Payment, Split};
use crate::servicetitan::act::Refusal;
use crate::servicetitan::books::Books;
use crate::servicetitan::purchasing::{SyncStatus, midnight, to_cents};
use crate::servicetitan::record::{
    BusinessUnitId, CustomerId, GlAccountId, InvoiceId, PaymentId, PaymentTypeId, SplitId,
};
use crate::servicetitan::rot::Kind;

/// A payment to be taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields of a payment")]
pub struct NewPayment {
    pub customer: CustomerId,
    /// A check when it is not said.
    #[serde(default = "check")]
    pub payment_type: PaymentTypeId,
    pub total: Decimal,
    /// Which invoice gets how much; what is left over stays unapplied.
    #[serde(default)]
    pub splits: Vec<(InvoiceId, Decimal)>,
    /// Today when it is None.
    #[serde(default)]
    pub date: Option<Timestamp>,
    #[serde(default)]
    pub memo: String,
    #[serde(default)]
    pub check_number: Option<String>,
    #[serde(default)]
    pub auth_code: Option<String>,
    /// That of the first invoice when it is None.
    #[serde(default)]
    pub business_unit: Option<BusinessUnitId>,
}

fn check() -> PaymentTypeId {
    PaymentTypeId(42)
}

impl NewPayment {
    /// A check over this much, applied to nothing yet: a deposit.
    #[must_use]
    pub fn new(customer: CustomerId, total: Decimal) -> Self {
        Self {
            customer,
            payment_type: check(),
            total,
            splits: Vec::new(),
            date: None,
            memo: String::new(),
            check_number: None,
            auth_code: None,
            business_unit: None,
        }
    }

    /// With so much of it applied to an invoice.
    #[must_use]
    pub fn apply(mut self, invoice: InvoiceId, amount: Decimal) -> Self {
        self.splits.push((invoice, amount));
        self
    }

    /// Paid like this.
    #[must_use]
    pub fn by(mut self, payment_type: PaymentTypeId) -> Self {
        self.payment_type = payment_type;
        self
    }

    /// Paid on this day.
    #[must_use]
    pub fn on(mut self, date: Timestamp) -> Self {
        self.date = Some(date);
        self
    }

    /// With a remark.
    #[must_use]
    pub fn memo(mut self, memo: &str) -> Self {
        memo.clone_into(&mut self.memo);
        self
    }
}

pub(super) fn refused(id: PaymentId, why: impl Into<String>) -> Refusal {
    Refusal::State {
        kind: Kind::Payment,
        id: id.0,
        why: why.into(),
    }
}

impl Books {
    pub(super) fn payment(&self, id: PaymentId) -> Result<&Payment, Refusal> {
        let unknown = Refusal::Unknown {
            kind: Kind::Payment,
            id: id.0,
        };
        self.receivables.payments.get(id.0).ok_or(unknown)
    }

    fn living_payment(&self, id: PaymentId) -> Result<Payment, Refusal> {
        let payment = self.payment(id)?;
        if payment.active {
            Ok(payment.clone())
        } else {
            Err(refused(id, "it was voided"))
        }
    }

    pub(super) fn take_payment(
        &mut self,
        new: NewPayment,
        now: Timestamp,
        lag: Option<Timestamp>,
    ) -> Result<PaymentId, Refusal> {
        self.must_have(new.customer)?;
        let types = &self.receivables.payment_types;
        let kind = types.get(new.payment_type.0);
        kind.ok_or(Refusal::Unknown {
            kind: Kind::PaymentType,
            id: new.payment_type.0,
        })?;
        let id = PaymentId(self.receivables.ids.draw());
        let made = self.receivables.payments.latest().max(now);
        let first = new.splits.first();
        let first = first.and_then(|(id, _)| self.receivables.invoices.get(id.0));
        let unit = new.business_unit.or(first.map(|row| row.business_unit_id));
        let mut payment = Payment {
            id,
            active: true,
            sync_status: SyncStatus::Pending,
            number: id.to_string(),
            date: midnight(new.date.unwrap_or(now)),
            type_id: new.payment_type,
            total: to_cents(new.total),
            splits: Vec::new(),
            customer_id: new.customer,
            business_unit_id: unit,
            memo: new.memo,
            check_number: new.check_number,
            auth_code: new.auth_code,
            refunded: None,
            export_id: None,
            account: self.undeposited(),
            batch: None,
            custom_fields: Vec::new(),
            created_on: made,
            modified_on: made,
        };
        self.split(&mut payment, &new.splits, now)?;
        self.keep_payment(payment, now, lag);
        Ok(id)
    }

    /// Where payments wait for the bank.
    fn undeposited(&self) -> Option<GlAccountId> {
        let mut accounts = self.purchasing.gl_accounts.iter();
        let found = accounts.find(|row| row.default_account_type == Some("UndepositedFunds"));
        found.map(|account| account.id)
    }

    /// Says anew what a payment is applied to. A split that stays keeps its id and its day.
    pub(super) fn split(
        &mut self,
        payment: &mut Payment,
        splits: &[(InvoiceId, Decimal)],
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let mut made: Vec<Split> = Vec::new();
        for (invoice, amount) in splits {
            let row = self.invoice((*invoice).into())?;
            if !row.active {
                return Err(refused(payment.id, format!("invoice {invoice} is hidden")));
            }
            let amount = to_cents(*amount);
            if amount.is_zero() {
                continue;
            }
            let mut old = payment.splits.iter();
            let same = old.find(|old| {
                let used = made.iter().any(|split| split.id == old.id);
                old.invoice == *invoice && old.amount == amount && !used
            });
            let split = same.cloned().unwrap_or_else(|| Split {
                id: SplitId(self.receivables.ids.draw()),
                invoice: *invoice,
                amount,
                applied_on: now,
            });
            made.push(split);
        }
        let applied: Decimal = made.iter().map(|split| split.amount).sum();
        let rest = payment.total - applied;
        let fits = rest.is_zero() || rest.is_sign_negative() == payment.total.is_sign_negative();
        if !fits || (payment.total.is_zero() && !rest.is_zero()) {
            let why = format!("{applied} cannot be applied of {}", payment.total);
            return Err(refused(payment.id, why));
        }
        payment.splits = made;
        Ok(())
    }

    /// Keeps a payment as it has become: invoices and the customer follow.
    pub(super) fn keep_payment(
        &mut self,
        payment: Payment,
        now: Timestamp,
        lag: Option<Timestamp>,
    ) {
        let before = self.receivables.payments.get(payment.id.0).cloned();
        let worth = before.as_ref().map_or(Decimal::ZERO, Payment::worth);
        self.owe(payment.customer_id, worth - payment.worth(), now);
        let old: Vec<Split> = before.map(|before| before.splits).unwrap_or_default();
        let gone = old.iter().filter(|split| !payment.splits.contains(split));
        let come = payment.splits.iter().filter(|split| !old.contains(split));
        let gone = gone.map(|split| (split.invoice, -split.amount));
        let moves: Vec<(InvoiceId, Decimal)> = gone
            .chain(come.map(|split| (split.invoice, split.amount)))
            .collect();
        let date = payment.date;
        self.receivables.payments.put(payment, now, lag);
        for (invoice, amount) in moves {
            self.pay_invoice(invoice, amount, date, now, lag);
        }
    }

    /// Applies some of a payment, on top of what it is applied to.
    pub(super) fn apply_payment(
        &mut self,
        id: PaymentId,
        invoice: InvoiceId,
        amount: Decimal,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let mut payment = self.living_payment(id)?;
        let mut splits = payment.pairs();
        splits.push((invoice, amount));
        self.split(&mut payment, &splits, now)?;
        self.keep_payment(payment, now, None);
        Ok(())
    }

    /// Takes all of a payment off an invoice.
    pub(super) fn unapply_payment(
        &mut self,
        id: PaymentId,
        invoice: InvoiceId,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let mut payment = self.living_payment(id)?;
        let before = payment.splits.len();
        payment.splits.retain(|split| split.invoice != invoice);
        if payment.splits.len() == before {
            return Err(refused(id, format!("it is not applied to {invoice}")));
        }
        self.keep_payment(payment, now, None);
        Ok(())
    }

    /// Gives some of a payment back: a negative payment, which opens the invoice again that it
    /// is taken from, when one is named.
    pub(super) fn refund_payment(
        &mut self,
        id: PaymentId,
        amount: Decimal,
        from: Option<InvoiceId>,
        now: Timestamp,
    ) -> Result<PaymentId, Refusal> {
        let refunded = self.living_payment(id)?;
        if amount <= Decimal::ZERO || amount > refunded.total {
            let why = format!("{amount} cannot be given back of {}", refunded.total);
            return Err(refused(id, why));
        }
        let new = NewPayment {
            splits: from.map(|invoice| (invoice, -amount)).into_iter().collect(),
            business_unit: refunded.business_unit_id,
            ..NewPayment::new(refunded.customer_id, -amount).by(refunded.type_id)
        };
        let made = self.take_payment(new, now, None)?;
        self.receivables
            .payments
            .change(made.0, now, |row| row.refunded = Some(id));
        Ok(made)
    }

    /// Moves a payment to another status. What was exported stays so.
    pub(super) fn set_status(
        &mut self,
        id: PaymentId,
        status: SyncStatus,
        now: Timestamp,
        lag: Option<Timestamp>,
    ) -> Result<(), Refusal> {
        let mut payment = self.living_payment(id)?;
        if payment.sync_status == status {
            return Ok(());
        }
        match (payment.sync_status, status) {
            (SyncStatus::Exported, _) => return Err(refused(id, "it was exported and is locked")),
            (_, SyncStatus::Pending) => payment.batch = None,
            (_, SyncStatus::Posted | SyncStatus::Exported) => {
                let batch = self.new_batch("Payments");
                payment.batch = payment.batch.or(Some(batch));
            }
        }
        payment.sync_status = status;
        self.receivables.payments.put(payment, now, lag);
        Ok(())
    }

    /// Takes a payment back altogether; it is applied to nothing any more.
    pub(super) fn void_payment(&mut self, id: PaymentId, now: Timestamp) -> Result<(), Refusal> {
        let mut payment = self.living_payment(id)?;
        if payment.sync_status == SyncStatus::Exported {
            return Err(refused(id, "it was exported and is locked"));
        }
        payment.active = false;
        payment.splits.clear();
        self.keep_payment(payment, now, None);
        Ok(())
    }
}

impl Payment {
    /// What it is applied to, as it would be asked for.
    pub(super) fn pairs(&self) -> Vec<(InvoiceId, Decimal)> {
        let splits = self.splits.iter();
        splits.map(|split| (split.invoice, split.amount)).collect()
    }
}
