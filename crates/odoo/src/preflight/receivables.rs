//! What receivables need, and how the company keeps them.

use super::{LockDates, Needs, TaxRounding};
use crate::Fields;
use crate::document::{Direction, Journal};
use crate::record::{Model, RecordId};
use crate::server::{Operation, Version};

/// The first version in which a payment says what it is for in a field of its own.
const MEMO_SINCE: u16 = 18;

/// How the company keeps what customers owe and pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receivables {
    /// Its journals; none where the user may not see them.
    pub journals: Vec<Journal>,
    /// The chart's account on which money waits that came in.
    pub outstanding_receipts: Option<RecordId>,
    /// The chart's account on which money waits that went out.
    pub outstanding_payments: Option<RecordId>,
    /// Whether taxes may be due only when invoices are paid. Then a [`Settlement`](crate::Settlement) lacks the entries that
    /// `reconcile` would make for them. `None`: the server does not tell.
    pub cash_basis: Option<bool>,
    /// How taxes are rounded. `None`: the server does not tell.
    pub tax_rounding: Option<TaxRounding>,
    /// Until when periods are locked. `None`: the user may not see it.
    pub locks: Option<LockDates>,
}

impl Receivables {
    /// The field of `res.company` that tells [`Receivables::cash_basis`].
    pub const CASH_BASIS: &'static str = "tax_exigibility";

    /// Reads a company's field.
    #[must_use]
    pub fn read_cash_basis(company: &Fields) -> Option<bool> {
        company.get(Self::CASH_BASIS)?.as_bool()
    }

    /// The journals that payments can go through.
    pub fn payment_journals(&self) -> impl Iterator<Item = &Journal> {
        let takes = |journal: &&Journal| journal.takes_payments();
        self.journals.iter().filter(takes)
    }

    /// The account on which the money of this journal's first method waits for the bank. `None`: payments through it would
    /// be posted without a journal entry, and could not be reconciled with invoices, unless one is set on the method, or on
    /// each payment.
    #[must_use]
    pub fn outstanding(&self, journal: &Journal, direction: &Direction) -> Option<RecordId> {
        let own = journal.methods(direction).first()?.account;
        own.or(match direction {
            Direction::Outbound => self.outstanding_payments,
            Direction::Inbound | Direction::Other(_) => self.outstanding_receipts,
        })
    }
}

impl Needs {
    /// What is needed to keep customers' invoices and payments and to settle the one with the other (customers are
    /// [`Model::PARTNER`], which is not among it).
    #[must_use]
    pub fn receivables(version: &Version) -> Self {
        use Operation::{Create, Read, Unlink, Write};
        let memo = if version.major >= MEMO_SINCE {
            "memo"
        } else {
            "ref"
        };
        let mut needs = Self::new()
            .with_group_of(&["account.group_account_invoice"])
            .with(
                Model::MOVE,
                [Read, Create, Write],
                [
                    "move_type",
                    "ref",
                    "invoice_date",
                    "date",
                    "invoice_date_due",
                    "payment_state",
                    "amount_residual",
                    "reversed_entry_id",
                ],
            )
            .with(
                Model::MOVE_LINE,
                [Read, Create, Write],
                [
                    "account_id",
                    "tax_ids",
                    "amount_currency",
                    "amount_residual",
                ],
            )
            .with(
                Model::PAYMENT,
                [Read, Create, Write],
                [
                    "payment_type",
                    "partner_type",
                    "partner_id",
                    "amount",
                    "date",
                    "journal_id",
                    "move_id",
                    memo,
                ],
            )
            .with(
                Model::RECONCILIATION,
                [Read, Create, Write, Unlink],
                ["debit_move_id", "credit_move_id", "amount"],
            );
        for model in [Model::ACCOUNT, Model::TAX, Model::JOURNAL] {
            needs = needs.with(model, [Read], []);
        }
        needs
    }
}

impl Needs {
    /// What is needed to keep jobs as tasks of a project that is there.
    ///
    /// Rights on tasks do not tell: everybody may have tasks of their own, and a record rule keeps them out of projects.
    #[must_use]
    pub fn tasks() -> Self {
        use Operation::{Create, Read, Write};
        Self::new()
            .with_group_of(&[
                "project.group_project_user",
                "project.group_project_manager",
            ])
            .with(
                Model::TASK,
                [Read, Create, Write],
                [
                    "name",
                    "project_id",
                    "stage_id",
                    "partner_id",
                    "date_deadline",
                    "description",
                ],
            )
            .with(Model::PROJECT, [Read], ["name"])
            .with(Model::TASK_STAGE, [Read], ["name", "fold"])
    }

    /// What is needed to keep jobs as sale orders.
    #[must_use]
    pub fn sale_orders() -> Self {
        use Operation::{Create, Read, Write};
        Self::new()
            .with(
                Model::SALE_ORDER,
                [Read, Create, Write],
                ["partner_id", "client_order_ref", "date_order", "order_line"],
            )
            .with(
                Model::SALE_ORDER_LINE,
                [Read, Create, Write],
                ["product_id", "product_uom_qty", "price_unit"],
            )
            .with_either(Model::SALE_ORDER_LINE, ["tax_ids", "tax_id"])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::PaymentMethod;

    #[test]
    fn an_outstanding_account_is_the_methods_or_the_charts() {
        let method = |account: Option<i64>| PaymentMethod {
            id: RecordId(1),
            name: "Manual".to_owned(),
            account: account.map(RecordId),
        };
        let journal = |inbound: Vec<PaymentMethod>| Journal {
            id: RecordId(6),
            name: "Bank".to_owned(),
            code: None,
            kind: "bank".to_owned(),
            account: None,
            company: None,
            inbound,
            outbound: vec![],
        };
        let receivables = |chart: Option<i64>| Receivables {
            journals: vec![],
            outstanding_receipts: chart.map(RecordId),
            outstanding_payments: chart.map(RecordId),
            cash_basis: None,
            tax_rounding: None,
            locks: None,
        };
        let of = |own, chart| {
            receivables(chart).outstanding(&journal(vec![method(own)]), &Direction::Inbound)
        };
        assert_eq!(of(Some(7), Some(8)), Some(RecordId(7)));
        assert_eq!(of(None, Some(8)), Some(RecordId(8)));
        assert_eq!(of(None, None), None);
        let none = receivables(Some(8)).outstanding(&journal(vec![]), &Direction::Outbound);
        assert_eq!(none, None);
    }
}
