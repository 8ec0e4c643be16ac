//! Goods that go back, and the credits that vendors give for them.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Purchasing;
use super::goods::Goods;
use super::ordering::midnight;
use super::receipt::{Receipt, SyncStatus};
use super::returned::{ApCredit, Return, ReturnLine, ReturnStatus};
use crate::servicetitan::act::Refusal;
use crate::servicetitan::api::{Answer, Call};
use crate::servicetitan::books::{Books, Ids};
use crate::servicetitan::list::{self, Filter};
use crate::servicetitan::read::{EXTERNAL, PAGING, RANGES, has_external};
use crate::servicetitan::record::{
    ApCreditId, BusinessUnitId, JobId, PurchaseOrderId, ReceiptId, ReceiptLineId, ReturnId,
    ReturnLineId, VendorId,
};
use crate::servicetitan::rot::Kind;

/// Goods to be sent back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewReturn {
    /// Of which receipt.
    pub receipt: ReceiptId,
    /// Which of its lines, and how many.
    pub lines: Vec<(ReceiptLineId, Decimal)>,
    /// Tax that comes back.
    #[serde(default)]
    pub tax: Decimal,
    /// Shipping that comes back.
    #[serde(default)]
    pub shipping: Decimal,
    /// What the vendor keeps.
    #[serde(default)]
    pub restocking_fee: Decimal,
    /// The vendor's number for it.
    #[serde(default)]
    pub reference_number: String,
}

/// A credit without a return, to be typed in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields of a credit")]
pub struct NewCredit {
    pub vendor: VendorId,
    pub business_unit: BusinessUnitId,
    #[serde(default)]
    pub job: Option<JobId>,
    pub reference_number: String,
    #[serde(default)]
    pub memo: String,
    pub amount: Decimal,
}

fn refused(id: i64, why: impl Into<String>) -> Refusal {
    let (kind, why) = (Kind::Return, why.into());
    Refusal::State { kind, id, why }
}

impl Purchasing {
    /// A return that is in no table yet.
    pub(super) fn send_back(
        receipt: &Receipt,
        new: NewReturn,
        ids: &mut Ids,
        now: Timestamp,
    ) -> Result<Return, Refusal> {
        let id = ReturnId(ids.draw());
        let line = |(line, quantity): (ReceiptLineId, Decimal)| {
            let found = receipt.lines.iter().find(|came| came.id == line);
            let came = found.ok_or(refused(id.0, format!("nothing came as {line}")))?;
            if quantity <= Decimal::ZERO || quantity > came.goods.quantity {
                let why = format!("{quantity} of line {line} cannot go back");
                return Err(refused(id.0, why));
            }
            Ok(ReturnLine {
                id: ReturnLineId(ids.draw()),
                receipt_line: Some(line),
                goods: Goods {
                    quantity,
                    ..came.goods.clone()
                },
            })
        };
        let lines: Result<Vec<_>, Refusal> = new.lines.into_iter().map(line).collect();
        Ok(Return {
            id,
            active: true,
            number: format!("RET-{id}"),
            reference_number: new.reference_number,
            status: ReturnStatus::Pending,
            vendor_id: receipt.vendor_id,
            order_id: Some(receipt.order_id),
            job_id: receipt.job_id,
            business_unit_id: receipt.business_unit_id,
            place_id: receipt.place_id,
            memo: "Wrong part".to_owned(),
            tax: new.tax,
            shipping: new.shipping,
            restocking_fee: new.restocking_fee,
            return_date: midnight(now),
            returned_on: None,
            credit_received_on: None,
            canceled_on: None,
            sync_status: SyncStatus::Pending,
            lines: lines?,
            custom_fields: Vec::new(),
            external_data: Vec::new(),
            created_on: now,
            modified_on: now,
        })
    }
}

/// The credit for a return.
pub(super) fn credit(returned: &Return, ids: &mut Ids, now: Timestamp) -> ApCredit {
    let id = ApCreditId(ids.draw());
    ApCredit {
        id,
        active: true,
        return_id: Some(returned.id),
        job_id: returned.job_id,
        date: midnight(now),
        number: format!("VC-{id}"),
        reference_number: returned.reference_number.clone(),
        memo: returned.memo.clone(),
        amount: returned.total(),
        canceled_on: None,
        sync_status: SyncStatus::Pending,
        business_unit_id: returned.business_unit_id,
        vendor_id: returned.vendor_id,
        custom_fields: Vec::new(),
        created_on: now,
        modified_on: now,
    }
}

impl Books {
    pub(super) fn raise_return(
        &mut self,
        new: NewReturn,
        now: Timestamp,
    ) -> Result<ReturnId, Refusal> {
        let unknown = Refusal::Unknown {
            kind: Kind::Receipt,
            id: new.receipt.0,
        };
        let receipt = self.purchasing.receipts.get(new.receipt.0).ok_or(unknown)?;
        let returned = Purchasing::send_back(receipt, new, &mut self.ids, now)?;
        let id = returned.id;
        self.purchasing.returns.put(returned, now, None);
        Ok(id)
    }

    fn open_return(&self, id: ReturnId) -> Result<Return, Refusal> {
        let kind = Kind::Return;
        let found = self.purchasing.returns.get(id.0).cloned();
        let returned = found.ok_or(Refusal::Unknown { kind, id: id.0 })?;
        match returned.status {
            ReturnStatus::Pending | ReturnStatus::Returned => Ok(returned),
            status => Err(refused(id.0, format!("it is {status:?} already"))),
        }
    }

    pub(super) fn ship_return(&mut self, id: ReturnId, now: Timestamp) -> Result<(), Refusal> {
        let mut returned = self.open_return(id)?;
        returned.status = ReturnStatus::Returned;
        returned.returned_on = Some(now);
        self.purchasing.returns.put(returned, now, None);
        Ok(())
    }

    /// The vendor gives a credit; gives its id.
    pub(super) fn take_credit(
        &mut self,
        id: ReturnId,
        now: Timestamp,
    ) -> Result<ApCreditId, Refusal> {
        let mut returned = self.open_return(id)?;
        returned.status = ReturnStatus::CreditReceived;
        returned.returned_on = returned.returned_on.or(Some(now));
        returned.credit_received_on = Some(now);
        let credit = credit(&returned, &mut self.ids, now);
        let id = credit.id;
        self.purchasing.returns.put(returned, now, None);
        self.purchasing.credits.put(credit, now, None);
        Ok(id)
    }

    pub(super) fn type_credit_in(
        &mut self,
        new: NewCredit,
        now: Timestamp,
    ) -> Result<ApCreditId, Refusal> {
        let unknown = |kind, id| Refusal::Unknown { kind, id };
        let (vendor, unit) = (new.vendor.0, new.business_unit.0);
        let found = self.purchasing.vendors.get(vendor);
        found.ok_or(unknown(Kind::Vendor, vendor))?;
        let found = self.business_units.get(unit);
        found.ok_or(unknown(Kind::BusinessUnit, unit))?;
        let id = ApCreditId(self.ids.draw());
        let credit = ApCredit {
            id,
            active: true,
            return_id: None,
            job_id: new.job,
            date: midnight(now),
            number: format!("VC-{id}"),
            reference_number: new.reference_number,
            memo: new.memo,
            amount: new.amount,
            canceled_on: None,
            sync_status: SyncStatus::Pending,
            business_unit_id: new.business_unit,
            vendor_id: new.vendor,
            custom_fields: Vec::new(),
            created_on: now,
            modified_on: now,
        };
        self.purchasing.credits.put(credit, now, None);
        Ok(id)
    }

    /// What is None stays.
    pub(super) fn edit_credit(
        &mut self,
        id: ApCreditId,
        amount: Option<Decimal>,
        returned: Option<ReturnId>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let change = |row: &mut ApCredit| {
            row.amount = amount.unwrap_or(row.amount);
            row.return_id = returned.or(row.return_id);
        };
        self.change_credit(id, now, change)
    }

    pub(super) fn cancel_credit(&mut self, id: ApCreditId, now: Timestamp) -> Result<(), Refusal> {
        self.change_credit(id, now, |row| row.canceled_on = Some(now))
    }

    fn change_credit(
        &mut self,
        id: ApCreditId,
        now: Timestamp,
        change: impl FnOnce(&mut ApCredit),
    ) -> Result<(), Refusal> {
        let kind = Kind::ApCredit;
        let why = match self.purchasing.credits.get(id.0) {
            None => return Err(Refusal::Unknown { kind, id: id.0 }),
            Some(row) if row.sync_status == SyncStatus::Exported => "it was exported and is locked",
            Some(row) if row.canceled_on.is_some() => "it is canceled",
            Some(_) => {
                self.purchasing.credits.change(id.0, now, change);
                return Ok(());
            }
        };
        let why = why.to_owned();
        Err(Refusal::State {
            kind,
            id: id.0,
            why,
        })
    }

    pub(super) fn cancel_return(&mut self, id: ReturnId, now: Timestamp) -> Result<(), Refusal> {
        let mut returned = self.open_return(id)?;
        returned.status = ReturnStatus::Canceled;
        returned.active = false;
        returned.canceled_on = Some(now);
        self.purchasing.returns.put(returned, now, None);
        Ok(())
    }

    pub(super) fn post_return(&mut self, id: ReturnId, now: Timestamp) -> Result<(), Refusal> {
        let kind = Kind::Return;
        let post = |row: &mut Return| row.sync_status = SyncStatus::Posted;
        if !self.purchasing.returns.change(id.0, now, post) {
            return Err(Refusal::Unknown { kind, id: id.0 });
        }
        let credits = self.purchasing.credits.iter();
        let credit = credits.filter(|credit| credit.return_id == Some(id));
        let ids: Vec<i64> = credit.map(|credit| credit.id.0).collect();
        for credit in ids {
            let post = |row: &mut ApCredit| row.sync_status = SyncStatus::Posted;
            self.purchasing.credits.change(credit, now, post);
        }
        Ok(())
    }

    fn export_credit(
        &mut self,
        id: ApCreditId,
        pending_too: bool,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let kind = Kind::ApCredit;
        let found = self.purchasing.credits.get(id.0).cloned();
        let mut credit = found.ok_or(Refusal::Unknown { kind, id: id.0 })?;
        let why = match credit.sync_status {
            SyncStatus::Exported => Some("it was exported and is locked"),
            SyncStatus::Pending if !pending_too => Some("it is not posted"),
            _ => None,
        };
        if let Some(why) = why {
            let why = why.to_owned();
            return Err(Refusal::State {
                kind,
                id: id.0,
                why,
            });
        }
        credit.sync_status = SyncStatus::Exported;
        if let Some(returned) = credit.return_id {
            let export = |row: &mut Return| row.sync_status = SyncStatus::Exported;
            self.purchasing.returns.change(returned.0, now, export);
        }
        self.purchasing.credits.put(credit, now, None);
        Ok(())
    }
}

impl Call<'_> {
    pub(super) fn returns(&self) -> Answer {
        let own = [
            "ids",
            "sort",
            "active",
            "number",
            "referenceNumber",
            "jobId",
        ];
        let lists = [
            "purchaseOrderId",
            "vendorIds",
            "businessUnitIds",
            "syncStatuses",
        ];
        let query = self.query(&[PAGING, RANGES, EXTERNAL, &own, &lists])?;
        let (filter, active) = (Filter::read(&query)?, query.active()?);
        let (job, order) = (query.number("jobId")?, query.number("purchaseOrderId")?);
        let vendors = query.ids("vendorIds", "VendorIds")?;
        let units = query.ids("businessUnitIds", "BusinessUnitIds")?;
        let rows = filter
            .candidates(&self.books.purchasing.returns, self.now)
            .filter(|row| {
                filter.keeps(*row, row.modified_on)
                    && active.is_none_or(|active| row.active == active)
                    && query.text("number").is_none_or(|n| n == row.number)
                    && query
                        .text("referenceNumber")
                        .is_none_or(|n| n == row.reference_number)
                    && query.among("syncStatuses", &format!("{:?}", row.sync_status))
                    && job.is_none_or(|job| row.job_id == Some(JobId(job)))
                    && order.is_none_or(|id| row.order_id == Some(PurchaseOrderId(id)))
                    && vendors
                        .as_ref()
                        .is_none_or(|ids| ids.contains(&row.vendor_id.0))
                    && units
                        .as_ref()
                        .is_none_or(|ids| ids.contains(&row.business_unit_id.0))
                    && has_external(&query, &row.external_data)
            });
        let nulls = self.switches.null_lists;
        list::page(&query, rows.collect(), |row| {
            self.books.wire_return(row, nulls)
        })
        .map(Some)
    }

    pub(super) fn credits(&self) -> Answer {
        let query = self.query(&[PAGING, RANGES, &["ids", "sort", "syncStatuses"]])?;
        let filter = Filter::read(&query)?;
        let rows = filter
            .candidates(&self.books.purchasing.credits, self.now)
            .filter(|row| {
                filter.keeps(*row, row.modified_on) && self.has_status(&query, row.sync_status)
            });
        let nulls = self.switches.null_lists;
        list::page(&query, rows.collect(), |row| {
            self.books.wire_credit(row, nulls)
        })
        .map(Some)
    }

    pub(super) fn mark_credits(&mut self) -> Answer {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Body {
            ap_credit_id: ApCreditId,
        }
        let body: Vec<Body> = self.read()?;
        let (now, pending_too) = (self.now, self.switches.mark_pending_exported);
        let marked = body.iter().map(|row| {
            let id = row.ap_credit_id;
            let refusal = self.books.export_credit(id, pending_too, now).err();
            json!({
                "apCreditId": id, "success": refusal.is_none(),
                "errorMessage": refusal.map(|refusal| refusal.to_string()),
            })
        });
        Ok(Some(marked.collect()))
    }
}
