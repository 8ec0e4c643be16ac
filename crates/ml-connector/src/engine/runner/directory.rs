//! The reference data of a connection, as its flows were last planned with them.

use jiff::Timestamp;
use store::audit::NewAuditEntry;
use sync::directory::{Dimension, Directory};
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
                // Documents that were right when they were written are not rewritten because Odoo counts otherwise now.
                let synced = !flow.is_of_documents() && flow != Flow::Receipts;
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
        for dimension in Dimension::ALL {
            if flows.contains(&dimension.flow())
                && directory.lacks_analytic_plan(dimension)
                && vendors.make_analytic_plan(dimension).await?
            {
                let subject = format!("analytic plan {}", dimension.plan_name());
                let why = format!("each {} becomes its account", dimension.flow().noun());
                self.note_made(&subject, &why).await?;
                made = true;
            }
        }
        if flows.iter().any(|flow| flow.is_of_documents())
            && !directory.purchasing().has_charges()
            && vendors.make_charges().await?
        {
            let subject = "products for shipping, tax, rounding and other costs";
            self.note_made(subject, "lines of purchase orders and bills name them")
                .await?;
            made = true;
        }
        if made {
            directory = vendors.directory(&flows).await?;
        }
        let receives = self.profile.flow(Flow::Receipts).is_some();
        let purchasing = directory.purchasing().clone().with_receiving(receives);
        let mut purchasing = purchasing.with_orders_left(self.profile.leaves_orders());
        if let Some(settings) = self.profile.flow(Flow::Vendors) {
            purchasing = purchasing.with_vendor_fields(
                settings.account_number_field.clone(),
                settings.tax_id_field.clone(),
            );
        }
        directory = directory.with_purchasing(purchasing);
        if flows.iter().any(|flow| flow.is_of_entries()) {
            let policy = self.profile.bills();
            let billing = directory.billing().clone().with_policy(policy);
            directory = directory.with_billing(billing);
        }
        if flows.contains(&Flow::Invoices) {
            let receivables = directory.receivables().clone();
            let receivables = receivables
                .with_policy(self.profile.invoices())
                .with_payments(self.profile.payments())
                .with_began(Flow::Invoices, self.began(Flow::Invoices).await?)
                .with_began(Flow::Payments, self.began(Flow::Payments).await?);
            directory = directory.with_receivables(receivables);
        }
        directory = directory.with_write_back(self.profile.write_back());
        self.answered(Vendor::ServiceTitan).await?;
        self.answered(Vendor::Odoo).await?;
        let mappings = self.shared.store.mapped(self.connection.id).await?;
        Ok(directory.with_mappings(mappings))
    }

    /// When the flow was first planned with, here.
    async fn began(&self, flow: Flow) -> Result<Timestamp, Halt> {
        let (store, id) = (&self.shared.store, self.connection.id);
        let cursor = format!("{flow}/began");
        if let Some(known) = store.cursor(id, &cursor).await? {
            return Ok(known.saved_at);
        }
        let now = self.shared.clock.now();
        store.save_cursor(id, &cursor, "", now).await?;
        Ok(now)
    }

    /// Takes up what somebody mapped meanwhile. It may mean something that was made in Odoo just now: the reference data
    /// count as old. While a vendor rests, those that are known go on with the new mappings.
    pub(super) async fn notice_mappings(&mut self) -> Result<(), Halt> {
        let store = &self.shared.store;
        let version = store.mappings_version(self.connection.id).await?;
        let noticed = self.mappings_version.replace(version);
        if noticed == Some(version) {
            return Ok(());
        }
        if let Some((directory, _)) = self.directory.take() {
            let mappings = store.mapped(self.connection.id).await?;
            self.directory = Some((directory.with_mappings(mappings), Timestamp::UNIX_EPOCH));
        }
        Ok(())
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
