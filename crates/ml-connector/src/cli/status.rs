//! `status`: how every flow stands.

use std::collections::BTreeMap;

use anyhow::Result;
use clap::Args;

use super::summary::Summary;
use super::{Exit, open, output, selected};
use crate::settings::Settings;

#[derive(Debug, Args)]
pub(super) struct Status {
    /// The connection to look at; all of them when absent.
    connection: Option<String>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(super) async fn run(self, settings: &Settings) -> Result<Exit> {
        let (store, clock) = open(settings).await?;
        let connections = selected(&store, self.connection.as_deref()).await?;
        let summary = Summary::read(&store, &connections, &BTreeMap::new(), clock.now()).await?;
        if self.json {
            output::json(&summary)?;
        } else {
            summary.show();
        }
        store.close().await?;
        Ok(Exit::Done)
    }
}
