//! One connection whose mappings are worked on.

use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use rand::RngExt as _;
use servicetitan::Pacer;
use store::Store;
use store::connections::Connection;
use store::mappings::{Mapping, NewMapping};
use sync::failure::{REFERENCE_CAUSES, Vendor, of_odoo};
use sync::flow::Flow;
use sync::mapping::MappingKind;

use super::super::{Exit, actor, open, output, selected};
use super::Stop;
use crate::clock::Clock;
use crate::connection::Profile;
use crate::engine::Halt;
use crate::engine::reference::Target;
use crate::engine::vendors::{self, Http, Vendors};
use crate::settings::Settings;

/// The store, opened, and the connection.
pub(super) struct Desk {
    pub(super) store: Store,
    pub(super) connection: Connection,
    clock: Clock,
}

impl Desk {
    /// Opens the store; `name` may be left out where there is only one connection.
    pub(super) async fn open(settings: &Settings, name: Option<&str>) -> Result<Self, Stop> {
        let (store, clock) = open(settings).await?;
        let mut connections = selected(&store, name).await?;
        match (connections.pop(), connections.pop()) {
            (Some(connection), None) => Ok(Self {
                store,
                connection,
                clock,
            }),
            (None, _) => Err(anyhow!(
                "there is no connection yet: `ml-connector connection add FILE`"
            )
            .into()),
            (Some(_), Some(_)) => Err(anyhow!(
                "say which connection: --connection NAME; mappings belong to one"
            )
            .into()),
        }
    }

    pub(super) async fn close(self) -> Result<Exit, Stop> {
        self.store.close().await?;
        Ok(Exit::Done)
    }

    /// The clients of both systems.
    pub(super) async fn vendors(&self) -> Result<Vendors, Stop> {
        let profile: Profile = serde_json::from_value(self.connection.settings.clone()).context(
            "the stored settings cannot be read: run `ml-connector connection set FILE` again",
        )?;
        let secrets = self.store.secrets(self.connection.id).await?;
        let http = Http::new()?;
        let pacer = Arc::new(Pacer::new(profile.servicetitan.rate_limit));
        let seed = self.clock.rng().random();
        let servicetitan = vendors::servicetitan(&http, &profile, &secrets, pacer, seed)?;
        let odoo = vendors::odoo(&http, &profile, &secrets, seed).await?;
        let odoo = odoo.map_err(|error| Halt::of(Vendor::Odoo, of_odoo(&error)))?;
        Ok(Vendors {
            servicetitan,
            odoo,
            module: profile.external_module(),
        })
    }

    /// What is mapped.
    pub(super) async fn mappings(&self) -> Result<Vec<Mapping>, Stop> {
        Ok(self.store.mappings(self.connection.id).await?)
    }

    /// Sets mappings, all or none, says what came of it, and makes due what waited.
    pub(super) async fn set(&self, new: Vec<NewMapping>, said: &str) -> Result<(), Stop> {
        let id = self.connection.id;
        let now = self.clock.now();
        let changed = self.store.set_mappings(id, new, &actor(), now).await?;
        if changed == 0 {
            output::line(&format!("{said}; nothing has changed"));
            return Ok(());
        }
        output::line(said);
        self.wake().await
    }

    /// Takes a mapping away.
    pub(super) async fn remove(&self, kind: MappingKind, key: &str) -> Result<(), Stop> {
        let (id, now) = (self.connection.id, self.clock.now());
        let actor = actor();
        let removed = self.store.remove_mapping(id, kind, key, &actor, now);
        if !removed.await? {
            let what =
                format!("{kind} {key} is not mapped; `ml-connector mapping list` shows what is");
            return Err(anyhow!(what).into());
        }
        output::line(&format!("{kind} {key} is not mapped any more"));
        self.wake().await
    }

    /// Makes due what waits for reference data. The engine looks at the rest when it takes the new mappings up.
    async fn wake(&self) -> Result<(), Stop> {
        let mut due = 0;
        for flow in Flow::ALL {
            let (id, now) = (self.connection.id, self.clock.now());
            let touched = self
                .store
                .touch_referring(id, flow, false, &REFERENCE_CAUSES, now);
            due += touched.await?;
        }
        let waited = match due {
            0 => String::new(),
            1 => "1 record that waited is due again; ".to_owned(),
            due => format!("{due} records that waited are due again; "),
        };
        output::line(&format!(
            "{waited}a running service takes it up within seconds, else the next `ml-connector sync`"
        ));
        Ok(())
    }
}

/// What Odoo has to map to.
pub(super) async fn targets(vendors: &Vendors, kind: MappingKind) -> Result<Vec<Target>, Stop> {
    let targets = vendors.targets(kind).await?;
    Ok(targets.with_context(|| unreadable(kind))?)
}

/// Why there is nothing to map to.
pub(super) fn unreadable(kind: MappingKind) -> String {
    let app = match kind {
        MappingKind::Warehouse => "Inventory",
        MappingKind::ItemCategory => "Purchase",
        MappingKind::BusinessUnit
        | MappingKind::GlAccount
        | MappingKind::PaymentTerm
        | MappingKind::PaymentType
        | MappingKind::TaxZone => "Invoicing",
    };
    format!(
        "Odoo's {}s cannot be read: install {app}, or give the connector's user the right to them",
        kind.target_noun()
    )
}
