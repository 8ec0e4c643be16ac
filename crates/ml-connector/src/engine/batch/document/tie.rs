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

/// What a document is to be tied to.
#[derive(Clone, Copy)]
pub(super) enum Tie {
    To(RecordId),
    Nothing,
}

/// What a posted document should be tied to, where it is not.
pub(super) fn untied(seen: Option<&Seen>, deeds: &Deeds<'_>) -> Option<Tie> {
    let seen = seen.filter(|seen| seen.state == "posted")?;
    let wanted = deeds.reach.holds.get(COLUMN)?;
    let wanted = wanted.parse().ok().map(RecordId);
    (seen.reverses != wanted).then(|| wanted.map_or(Tie::Nothing, Tie::To))
}

impl Carrier {
    /// Ties a document to the invoice that it corrects, or to none; says whether Odoo took it.
    pub(super) async fn tie(&self, one: &mut Progress, tie: Tie) -> Result<bool, Interruption> {
        let values = match tie {
            Tie::To(id) => Values::new().with(REVERSES, id),
            Tie::Nothing => Values::new().clear(REVERSES),
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
