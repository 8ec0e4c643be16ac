//! The reference data of a connection, as its flows were last planned with them.

use jiff::Timestamp;
use store::audit::NewAuditEntry;
use sync::directory::{BUSINESS_UNIT_PLAN, Directory};
use sync::failure::{self, Vendor};
use sync::flow::Flow;

use super::{CHECK_EVERY, Runner};
use crate::engine::vendors::Vendors;
use crate::engine::{Halt, is_recent};

impl Runner {
    /// The reference data, read when it is old; what changed there makes the flow's records due again.
    pub(super) async fn directory(&mut self, flow: Flow) -> Result<Directory, Halt> {
        let now = self.shared.clock.now();
        if self.known_directory(now).is_none() {
            let directory = self.read_directory().await?;
            self.directory = Some((directory, now));
            self.planned_with.clear();
        }
        let (directory, _) = self.directory.clone().expect("it was just read");
        if self.planned_with.insert(flow) {
            let fingerprint = directory.fingerprint();
            let cursor = format!("{flow}/directory");
            let store = &self.shared.store;
            let known = store.cursor(self.connection.id, &cursor).await?;
            if known.is_none_or(|known| known.value != fingerprint) {
                // Orders that were right when they were written are not rewritten because Odoo counts otherwise now.
                let synced = !matches!(flow, Flow::PurchaseOrders | Flow::Receipts);
                let causes = &failure::REFERENCE_CAUSES;
                let touched = store
                    .touch_referring(self.connection.id, flow, synced, causes, now)
                    .await?;
                store
                    .save_cursor(self.connection.id, &cursor, &fingerprint, now)
                    .await?;
                tracing::info!(
                    connection = self.connection.name,
                    %flow,
                    touched,
                    "the reference data of {flow} are new"
                );
            }
        }
        Ok(directory)
    }

    async fn read_directory(&mut self) -> Result<Directory, Halt> {
        let vendors = Vendors {
            servicetitan: self.servicetitan.clone(),
            odoo: self.odoo().await?,
            module: self.profile.external_module(),
        };
        let flows = self.profile.flows_on();
        let mut directory = vendors.directory(&flows).await?;
        let mut made = false;
        if flows.contains(&Flow::BusinessUnits)
            && directory.lacks_business_unit_plan()
            && vendors.make_business_unit_plan().await?
        {
            let subject = format!("analytic plan {BUSINESS_UNIT_PLAN}");
            self.note_made(&subject, "the business units become its accounts")
                .await?;
            made = true;
        }
        if flows.contains(&Flow::PurchaseOrders)
            && !directory.purchasing().has_charges()
            && vendors.make_charges().await?
        {
            let subject = "products for shipping, tax and rounding";
            self.note_made(subject, "lines of purchase orders name them")
                .await?;
            made = true;
        }
        if made {
            directory = vendors.directory(&flows).await?;
        }
        if let Some(settings) = self.profile.flow(Flow::Vendors) {
            let purchasing = directory.purchasing().clone().with_vendor_fields(
                settings.account_number_field.clone(),
                settings.tax_id_field.clone(),
            );
            directory = directory.with_purchasing(purchasing);
        }
        self.answered(Vendor::ServiceTitan).await?;
        self.answered(Vendor::Odoo).await?;
        Ok(directory)
    }

    /// Something that records refer to was made in Odoo.
    async fn note_made(&self, subject: &str, why: &str) -> Result<(), Halt> {
        let entry = NewAuditEntry {
            actor: "engine".to_owned(),
            action: "created".to_owned(),
            subject: subject.to_owned(),
            detail: why.to_owned(),
            payload: None,
        };
        let now = self.shared.clock.now();
        let store = &self.shared.store;
        Ok(store
            .append_audit(self.connection.id, vec![entry], now)
            .await?)
    }

    /// The reference data, unless it is old.
    pub(super) fn known_directory(&self, now: Timestamp) -> Option<&Directory> {
        let (directory, read_at) = self.directory.as_ref()?;
        is_recent(*read_at, now, CHECK_EVERY).then_some(directory)
    }
}
