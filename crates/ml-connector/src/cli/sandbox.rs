//! `sandbox servicetitan|odoo`: a simulator on a port, for trying things out.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Subcommand;

use super::{Exit, output};
use crate::clock;
use crate::service::asked_to_end;

#[derive(Debug, Subcommand)]
pub(super) enum SandboxCommand {
    /// A ServiceTitan with one tenant; its data can be moved and its faults set under /sandbox.
    Servicetitan {
        /// The port on 127.0.0.1; 0 takes a free one.
        #[arg(long, default_value_t = 8701)]
        port: u16,
        /// The same seed gives the same data.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// How many customers it has.
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
        customers: u32,
    },
    /// An Odoo 19 that speaks JSON-2.
    Odoo {
        /// The port on 127.0.0.1; 0 takes a free one.
        #[arg(long, default_value_t = 8702)]
        port: u16,
        /// Milliseconds that each written row takes (a real Odoo: about 4).
        #[arg(long, default_value_t = 0)]
        work_per_row_ms: u64,
    },
}

impl SandboxCommand {
    pub(super) async fn run(self) -> Result<Exit> {
        match self {
            Self::Servicetitan {
                port,
                seed,
                customers,
            } => {
                let options = sandbox::servicetitan::Options::new(Arc::new(clock::now))
                    .port(port)
                    .seed(seed)
                    .customers(usize::try_from(customers)?);
                let titan = sandbox::servicetitan::Sandbox::start(options)
                    .await
                    .context("cannot start the sandbox")?;
                let credentials = titan.tenant().credentials();
                output::line(&format!("auth_url = api_url   {}", titan.url()));
                output::line(&format!("tenant_id            {}", credentials.tenant.0));
                output::line(&format!("app_key              {}", credentials.app_key));
                output::line(&format!("client_id            {}", credentials.client_id));
                output::line(&format!(
                    "client_secret        {}",
                    credentials.client_secret
                ));
                output::line(
                    "These credentials open this sandbox and nothing else. Ctrl-C ends it.",
                );
                asked_to_end().await;
                titan.stop().await;
            }
            Self::Odoo {
                port,
                work_per_row_ms,
            } => {
                let mut options = sandbox::odoo::Options::new(Arc::new(clock::now));
                options.port = port;
                options.work_per_row = Duration::from_millis(work_per_row_ms);
                let odoo = sandbox::odoo::Sandbox::start(options)
                    .await
                    .context("cannot start the sandbox")?;
                output::line(&format!("url        {}", odoo.url()));
                output::line(&format!("database   {}", odoo.database()));
                output::line(&format!("api_key    {}", odoo.api_key()));
                output::line("This key opens this sandbox and nothing else. Ctrl-C ends it.");
                asked_to_end().await;
                odoo.stop().await;
            }
        }
        Ok(Exit::Done)
    }
}
