//! The tax of a customer's invoice, to the cent.
//!
//! Odoo computes it, and may round otherwise than ServiceTitan did. Where that explains the difference, the draft's tax item is
//! told the amount, and total and tax are read once more.

use std::collections::BTreeMap;

use odoo::domain::Operator;
use odoo::{Command, Context, Domain, Model, RecordId, Search, Values};
use rust_decimal::Decimal;
use sync::failure::{self, Verdict};
use sync::record::Reason;

use super::seen::Seen;
use super::{Deeds, Kind, of_one};
use crate::engine::batch::{Carrier, Interruption, Progress};
use crate::engine::step::{Step, reached};

/// The fields of a document's tax items that are looked at. A debit is positive.
const AMOUNT: &str = "amount_currency";

/// What the tax of a draft that Odoo rounded another way has to become.
struct Item {
    id: RecordId,
    amount: Decimal,
}

/// Whether Odoo's tax is off by no more than rounding, on a draft, so that it can be told the amount.
pub(super) fn is_off_by_rounding(seen: &Seen, deeds: &Deeds<'_>) -> bool {
    let wanted = deeds.tax;
    let off = seen.tax.map(|tax| (tax - wanted.amount).abs());
    !wanted.amount.is_zero()
        && seen.state == "draft"
        && off.is_some_and(|off| !off.is_zero() && off <= wanted.slack)
}

/// Why the tax that Odoo shows is not that of the source, if it is not.
pub(super) fn differs(seen: &Seen, deeds: &Deeds<'_>) -> Option<Reason> {
    let (found, wanted) = (seen.tax?, deeds.tax.amount);
    if found == wanted {
        None
    } else if wanted.is_zero() {
        Some(failure::taxed_by_odoo(found))
    } else {
        Some(failure::tax_differs(wanted, found))
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
        let model = Model::named(kind.model);
        let mut told = Vec::new();
        for one in progress.iter_mut().filter(|one| one.stands()) {
            let writes = one.job.writes.clone();
            let deeds = Deeds::of(&writes);
            let id = one.document();
            let Some(shown) = seen.get(&id.get()) else {
                continue;
            };
            if !is_off_by_rounding(shown, &deeds) {
                continue;
            }
            let found = shown.tax.unwrap_or_default();
            let Some(item) = self.tax_item(kind, id, found, deeds.tax.amount).await? else {
                let reason = failure::tax_differs(deeds.tax.amount, found);
                one.failed = Some(Verdict::Park(reason));
                continue;
            };
            let amount = odoo::decimal::number(item.amount).expect("cents are no long number");
            let values = Values::new().with(AMOUNT, amount);
            let command = Command::Update {
                id: item.id,
                values,
            };
            let values = Values::new().commands("line_ids", [command]);
            reached(Step::ApplyUpdating, 1);
            let written = self
                .odoo
                .write(&model, &[id], values, &Context::new())
                .await;
            reached(Step::ApplyUpdated, 1);
            one.touched_by(&written);
            match written {
                Ok(()) => told.push(id),
                Err(error) => one.failed = Some(of_one(error)?),
            }
        }
        for (id, after) in self.look_at_heads(kind, &told).await? {
            if let Some(seen) = seen.get_mut(&id) {
                seen.tax = after.tax;
                seen.total = after.total;
                seen.state = after.state;
            }
        }
        Ok(())
    }

    /// The largest of a document's tax items, with the amount that brings all of them to `wanted`; `None` where they do not
    /// come to what the document shows.
    async fn tax_item(
        &self,
        kind: Kind,
        document: RecordId,
        found: Decimal,
        wanted: Decimal,
    ) -> Result<Option<Item>, Interruption> {
        let domain = Domain::equal(kind.of, document.get()).and(Domain::field(
            "tax_line_id",
            Operator::NotEqual,
            false,
        ));
        let search = Search::new(domain, &[AMOUNT]);
        let items = self
            .odoo
            .search_read(&Model::named(kind.line_model), &search, &Context::new())
            .await?;
        let item = |row: &odoo::Fields| {
            Some(Item {
                id: RecordId(row.get("id")?.as_i64()?),
                amount: odoo::decimal::cents(row.get(AMOUNT)?)?,
            })
        };
        let items: Vec<Item> = items.iter().filter_map(item).collect();
        let sum: Decimal = items.iter().map(|item| item.amount).sum();
        // What is owed is a credit of the tax account, what is given back a debit.
        let is_credit = sum.is_sign_negative() != found.is_sign_negative();
        let sign = if is_credit {
            Decimal::NEGATIVE_ONE
        } else {
            Decimal::ONE
        };
        let largest = items.into_iter().max_by_key(|item| item.amount.abs());
        let agrees = sum == sign * found;
        Ok(largest.filter(|_| agrees).map(|item| Item {
            amount: item.amount + sign * (wanted - found),
            ..item
        }))
    }
}
