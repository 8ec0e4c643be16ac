//! The invoice that a credit note corrects: said last.
//!
//! Odoo matches a credit note that names its invoice with it when it is posted, whatever pays the invoice in ServiceTitan. So
//! the invoice is named on what is posted already, which matches nothing, and not before.

use odoo::{Context, Model, RecordId, Values};
use sync::content::Content;

use super::seen::Seen;
use super::{BILL, Deeds, of_one};
use crate::engine::batch::{Carrier, Interruption, Progress};
use crate::engine::step::{Step, reached};

/// Odoo's field of it.
pub(super) const REVERSES: &str = "reversed_entry_id";

/// The column of a document's content.
const COLUMN: &str = "reversed_entry_id/.id";

/// What is said of a document before it is posted.
pub(super) fn before_posting(columns: &Content) -> Content {
    let columns = columns.iter().filter(|(column, _)| *column != COLUMN);
    columns.collect()
}

/// The invoice that a document should be tied to, where it is not; `None` where it is.
pub(super) fn untied(seen: Option<&Seen>, deeds: &Deeds<'_>) -> Option<Option<RecordId>> {
    let wanted = deeds.reach.holds.get(COLUMN)?;
    let wanted = wanted.parse().ok().map(RecordId);
    let shown = seen.and_then(|seen| seen.reverses);
    (shown != wanted).then_some(wanted)
}

impl Carrier {
    /// Ties a document to the invoice that it corrects, or to none; says whether Odoo took it.
    pub(super) async fn tie(
        &self,
        one: &mut Progress,
        to: Option<RecordId>,
    ) -> Result<bool, Interruption> {
        let values = match to {
            Some(id) => Values::new().with(REVERSES, id),
            None => Values::new().clear(REVERSES),
        };
        let (model, id) = (Model::named(BILL.model), one.document());
        reached(Step::ApplyUpdating, 1);
        let written = self
            .odoo
            .write(&model, &[id], values, &Context::new())
            .await;
        reached(Step::ApplyUpdated, 1);
        one.touched_by(&written);
        match written {
            Ok(()) => Ok(true),
            Err(error) => {
                one.failed = Some(of_one(error)?);
                Ok(false)
            }
        }
    }
}
