//! The handle's part for documents: orders, receipts, bills, returns.

use rust_decimal::Decimal;

use super::bill::Bill;
use super::billing::{BillEdit, NewBill};
use super::deed::Deed;
use super::order::{OrderType, PurchaseOrder};
use super::ordering::{NewOrder, OrderEdit};
use super::receipt::Receipt;
use super::receiving::NewReceipt;
use super::returned::{ApCredit, Return};
use super::returning::{NewCredit, NewReturn};
use crate::servicetitan::act::Refusal;
use crate::servicetitan::record::{ApCreditId, BillId, PurchaseOrderId, ReceiptId, ReturnId};
use crate::servicetitan::tenant::{Done, Tenant};

impl Tenant {
    /// All purchase orders, by id.
    #[must_use]
    pub fn purchase_orders(&self) -> Vec<PurchaseOrder> {
        self.books(|books| books.purchasing.orders.iter().cloned().collect())
    }

    /// A purchase order.
    #[must_use]
    pub fn purchase_order(&self, id: PurchaseOrderId) -> Option<PurchaseOrder> {
        self.books(|books| books.purchasing.orders.get(id.0).cloned())
    }

    /// All types of purchase orders.
    #[must_use]
    pub fn order_types(&self) -> Vec<OrderType> {
        self.books(|books| books.purchasing.order_types.iter().cloned().collect())
    }

    /// All receipts, cancelled ones too, by id.
    #[must_use]
    pub fn receipts(&self) -> Vec<Receipt> {
        self.books(|books| books.purchasing.receipts.iter().cloned().collect())
    }

    /// A receipt.
    #[must_use]
    pub fn receipt(&self, id: ReceiptId) -> Option<Receipt> {
        self.books(|books| books.purchasing.receipts.get(id.0).cloned())
    }

    /// The receipts of an order, cancelled ones too, by id.
    #[must_use]
    pub fn receipts_of(&self, order: PurchaseOrderId) -> Vec<Receipt> {
        self.books(|books| books.purchasing.receipts_of(order).cloned().collect())
    }

    /// All bills, deleted ones and those without an order too, by id.
    #[must_use]
    pub fn bills(&self) -> Vec<Bill> {
        self.books(|books| books.purchasing.bills.iter().cloned().collect())
    }

    /// A bill.
    #[must_use]
    pub fn bill(&self, id: BillId) -> Option<Bill> {
        self.books(|books| books.purchasing.bills.get(id.0).cloned())
    }

    /// The bills of an order, deleted ones too, by id.
    #[must_use]
    pub fn bills_of(&self, order: PurchaseOrderId) -> Vec<Bill> {
        self.books(|books| books.purchasing.bills_of(order).cloned().collect())
    }

    /// All returns, cancelled ones too, by id.
    #[must_use]
    pub fn returns(&self) -> Vec<Return> {
        self.books(|books| books.purchasing.returns.iter().cloned().collect())
    }

    /// All vendors' credits, by id.
    #[must_use]
    pub fn ap_credits(&self) -> Vec<ApCredit> {
        self.books(|books| books.purchasing.credits.iter().cloned().collect())
    }

    /// Makes a purchase order, Pending.
    pub fn create_order(&self, order: NewOrder) -> Result<PurchaseOrderId, Refusal> {
        self.do_make(Deed::CreateOrder { order })
            .map(PurchaseOrderId)
    }

    /// Sends an order to its vendor.
    pub fn send_order(&self, order: PurchaseOrderId) -> Done {
        self.do_run(Deed::SendOrder { order })
    }

    /// Changes an order; `lines`, when given, are all that it shall have.
    pub fn edit_order(&self, order: PurchaseOrderId, edit: OrderEdit) -> Done {
        self.do_run(Deed::EditOrder { order, edit })
    }

    /// Calls an order off that nothing came of.
    pub fn cancel_order(&self, order: PurchaseOrderId) -> Done {
        self.do_run(Deed::CancelOrder { order })
    }

    /// Takes goods in; the receipt names the bill that this makes.
    pub fn receive(&self, order: PurchaseOrderId, receipt: NewReceipt) -> Result<Receipt, Refusal> {
        let id = self.do_make(Deed::Receive { order, receipt })?;
        let made = self.receipt(ReceiptId(id));
        Ok(made.expect("a receipt that was made a moment ago stays"))
    }

    /// Takes a receipt back, deletes its bill; the order waits for the goods again.
    pub fn cancel_receipt(&self, receipt: ReceiptId) -> Done {
        self.do_run(Deed::CancelReceipt { receipt })
    }

    /// Changes a bill, posted or not, that was not exported.
    pub fn edit_bill(&self, bill: BillId, edit: BillEdit) -> Done {
        self.do_run(Deed::EditBill { bill, edit })
    }

    /// Posts a bill, in a batch of its own.
    pub fn post_bill(&self, bill: BillId) -> Done {
        self.do_run(Deed::PostBill { bill })
    }

    /// Takes posting back.
    pub fn unpost_bill(&self, bill: BillId) -> Done {
        self.do_run(Deed::UnpostBill { bill })
    }

    /// Exports a bill by hand, posted or not: it is locked.
    pub fn export_bill(&self, bill: BillId) -> Done {
        self.do_run(Deed::ExportBill { bill })
    }

    /// Deletes a bill: gone from lists, `active: false` in the export feed.
    pub fn delete_bill(&self, bill: BillId) -> Done {
        self.do_run(Deed::DeleteBill { bill })
    }

    /// Marks a bill as compared with the vendor's invoice.
    pub fn reconcile_bill(&self, bill: BillId) -> Done {
        self.do_run(Deed::ReconcileBill { bill })
    }

    /// Types a bill in that has no order: AP bills alone show it.
    pub fn create_bill(&self, bill: NewBill) -> Result<BillId, Refusal> {
        self.do_make(Deed::CreateBill { bill }).map(BillId)
    }

    /// Sends goods of a receipt back.
    pub fn raise_return(&self, returned: NewReturn) -> Result<ReturnId, Refusal> {
        self.do_make(Deed::RaiseReturn { returned }).map(ReturnId)
    }

    /// The goods went.
    pub fn ship_return(&self, returned: ReturnId) -> Done {
        self.do_run(Deed::ShipReturn { returned })
    }

    /// The vendor gives a credit for a return.
    pub fn take_credit(&self, returned: ReturnId) -> Result<ApCreditId, Refusal> {
        self.do_make(Deed::TakeCredit { returned }).map(ApCreditId)
    }

    /// Types a credit in that is for no return.
    pub fn create_credit(&self, credit: NewCredit) -> Result<ApCreditId, Refusal> {
        self.do_make(Deed::CreateCredit { credit }).map(ApCreditId)
    }

    /// Changes a credit's amount.
    pub fn change_credit(&self, credit: ApCreditId, amount: Decimal) -> Done {
        self.do_run(Deed::EditCredit {
            credit,
            amount: Some(amount),
            returned: None,
        })
    }

    /// Says for which return a credit is.
    pub fn tie_credit(&self, credit: ApCreditId, returned: ReturnId) -> Done {
        self.do_run(Deed::EditCredit {
            credit,
            amount: None,
            returned: Some(returned),
        })
    }

    /// Calls a credit off.
    pub fn cancel_credit(&self, credit: ApCreditId) -> Done {
        self.do_run(Deed::CancelCredit { credit })
    }

    /// Posts a return and its credit.
    pub fn post_return(&self, returned: ReturnId) -> Done {
        self.do_run(Deed::PostReturn { returned })
    }

    /// Calls a return off.
    pub fn cancel_return(&self, returned: ReturnId) -> Done {
        self.do_run(Deed::CancelReturn { returned })
    }
}
