//! The tax of a customer's invoice, to the cent.
//!
//! Odoo computes it, and may round otherwise than ServiceTitan did. Where that explains the difference, the draft's tax item is
//! told the amount, and total and tax are read once more.

use std::collections::BTreeMap;

use odoo::{Context, Model, RecordId};
use rust_decimal::Decimal;
use sync::failure::{self, Verdict};

use super::seen::Seen;
use super::{Deeds, Kind, of_one};
use crate::engine::batch::{Carrier, Interruption, Progress};
use crate::engine::step::{Step, reached};

/// Whether Odoo's tax is off by no more than rounding, on a draft, so that it can be told the amount.
pub(super) fn is_off_by_rounding(seen: &Seen, deeds: &Deeds<'_>) -> bool {
    let wanted = deeds.tax;
    let off = seen.tax.map(|tax| (tax - wanted.amount).abs());
    !wanted.amount.is_zero()
        && seen.state == "draft"
        && off.is_some_and(|off| !off.is_zero() && off <= wanted.slack)
}

/// Why the tax that Odoo shows is not that of the source, if it is not.
pub(super) fn differs(seen: &Seen, deeds: &Deeds<'_>) -> Option<Verdict> {
    let (found, wanted) = (seen.tax?, deeds.tax.amount);
    if found == wanted {
        None
    } else if wanted.is_zero() {
        Some(Verdict::Park(failure::taxed_by_odoo(found)))
    } else {
        Some(Verdict::Decide(failure::tax_differs(wanted, found)))
    }
}

impl Carrier {
    /// Tells Odoo the tax of those drafts where rounding made it another one.
    pub(super) async fn round_taxes(
        &self,
        kind: Kind,
        progress: &mut [Progress],
        seen: &mut BTreeMap<i64, Seen>,
    ) -> Result<(), Interruption> {
        let wanted: BTreeMap<RecordId, (usize, Decimal)> = progress
            .iter()
            .enumerate()
            .filter(|(_, one)| one.stands())
            .filter_map(|(at, one)| {
                let (deeds, id) = (Deeds::of(&one.job.writes), one.document());
                let is_off = is_off_by_rounding(seen.get(&id.get())?, &deeds);
                is_off.then_some((id, (at, deeds.tax.amount)))
            })
            .collect();
        let ids: Vec<RecordId> = wanted.keys().copied().collect();
        if ids.is_empty() {
            return Ok(());
        }
        let model = Model::named(kind.model);
        for bill in self.odoo.bills(&ids, &Context::new()).await? {
            let (at, tax) = wanted[&bill.id];
            let one = &mut progress[at];
            let Ok(Some(values)) = bill.tax_values(tax) else {
                one.failed = Some(Verdict::Decide(failure::tax_differs(tax, bill.tax)));
                continue;
            };
            reached(Step::ApplyUpdating, 1);
            let written = self
                .odoo
                .write(&model, &[bill.id], values, &Context::new())
                .await;
            reached(Step::ApplyUpdated, 1);
            one.touched_by(&written);
            if let Err(error) = written {
                one.failed = Some(of_one(error)?);
            }
        }
        for (id, after) in self.look_at_heads(kind, &ids).await? {
            if let Some(seen) = seen.get_mut(&id) {
                seen.tax = after.tax;
                seen.total = after.total;
                seen.state = after.state;
            }
        }
        Ok(())
    }
}
