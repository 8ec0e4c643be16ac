//! The command line: roles of the one binary as subcommands.
//!
//! Results go to standard output, progress and logs to standard error. Exit codes: 0 done, 1 done but records failed or
//! did not settle, 2 usage or configuration, 3 a vendor is out of reach or refuses the credentials.

mod at_stake;
mod audit;
mod check;
mod connection;
mod demo;
mod failures;
mod keys;
mod logging;
mod mapping;
mod output;
mod reconcile;
mod replay;
mod sandbox;
mod serve;
mod status;
mod summary;
mod sync;
mod token;

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};
use store::Store;
use store::connections::Connection;

use crate::clock::{self, Clock};
use crate::settings::Settings;

/// Keeps ServiceTitan and Odoo in step.
#[derive(Debug, Parser)]
#[command(name = "ml-connector", version, max_term_width = 100)]
struct Arguments {
    /// The settings file; `ml-connector.toml` in the current folder if it is there.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Write logs as JSON lines.
    #[arg(long, global = true)]
    log_json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show it at work: two sandboxes, records arriving, and a page to watch.
    Demo(demo::Demo),
    /// Run the service: webhooks, schedules, engine, pages.
    Serve,
    /// Add, list, show, change and remove connections.
    #[command(subcommand)]
    Connection(connection::ConnectionCommand),
    /// Ping both systems and say what is right, what is wrong and how to mend it.
    Check(check::Check),
    /// One pass until everything is settled.
    Sync(sync::Sync),
    /// How every flow stands.
    Status(status::Status),
    /// What failed, grouped by cause, and what to do.
    Failures(failures::Failures),
    /// Make records due again.
    Replay(replay::Replay),
    /// What things of ServiceTitan's are in Odoo, where they are not found by themselves.
    #[command(subcommand)]
    Mapping(mapping::MappingCommand),
    /// Compare both systems' documents of a period, and name every difference.
    Reconcile(reconcile::Reconcile),
    /// The trail of what was done.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// The master key.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Who may read through the API.
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Run a simulator on a port.
    #[command(subcommand)]
    Sandbox(sandbox::SandboxCommand),
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// All is well.
    Done = 0,
    /// Done, but records failed or did not settle, or differences were found.
    Incomplete = 1,
    /// The command or the configuration is wrong.
    Usage = 2,
    /// A vendor is out of reach or refuses the credentials.
    Vendor = 3,
}

/// Runs the command that the arguments name.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    logging::start(arguments.log_json);
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            output::complain(&format!("cannot start: {error}"));
            return ExitCode::from(Exit::Usage as u8);
        }
    };
    let exit = runtime.block_on(run(arguments)).unwrap_or_else(|error| {
        output::complain(&format!("{error:#}"));
        Exit::Usage
    });
    ExitCode::from(exit as u8)
}

async fn run(arguments: Arguments) -> Result<Exit> {
    let config = arguments.config;
    let settings = || Settings::read(config.as_deref(), variable);
    match arguments.command {
        Command::Demo(command) => command.run().await,
        Command::Serve => serve::run(&settings()?).await,
        Command::Connection(command) => command.run(&settings()?).await,
        Command::Check(command) => command.run(&settings()?).await,
        Command::Sync(command) => command.run(&settings()?).await,
        Command::Status(command) => command.run(&settings()?).await,
        Command::Failures(command) => command.run(&settings()?).await,
        Command::Replay(command) => command.run(&settings()?).await,
        Command::Mapping(command) => command.run(&settings()?).await,
        Command::Reconcile(command) => command.run(&settings()?).await,
        Command::Audit(command) => command.run(&settings()?).await,
        Command::Keys(command) => Ok(command.run()),
        Command::Token(command) => command.run(&settings()?).await,
        Command::Sandbox(command) => command.run().await,
    }
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Opens the store of the installation.
async fn open(settings: &Settings) -> Result<(Store, Clock)> {
    for warning in settings.warnings() {
        tracing::warn!("{warning}");
    }
    let clock = Clock::system();
    let store = Store::open(
        &settings.database,
        &settings.master_key()?,
        &mut clock::rng(),
        clock.now(),
    )
    .await
    .context("cannot open the database")?;
    Ok((store, clock))
}

/// The connection of that name, or all of them.
async fn selected(store: &Store, name: Option<&str>) -> Result<Vec<Connection>> {
    let Some(name) = name else {
        return Ok(store.connections().await?);
    };
    let connection = store.connection(name).await?;
    Ok(vec![connection.with_context(|| {
        format!("there is no connection {name}; `ml-connector connection list` names them")
    })?])
}

/// Who gives commands here, for the audit trail.
fn actor() -> String {
    let said = variable("USER").or_else(|| variable("LOGNAME"));
    format!("cli:{}", said.unwrap_or_else(user))
}

/// The system's name of who runs this, where no variable says it (a cron job, a container); a user without a name has a
/// number.
#[cfg(unix)]
fn user() -> String {
    let uid = nix::unistd::Uid::effective();
    let known = nix::unistd::User::from_uid(uid).ok().flatten();
    known.map_or_else(|| format!("uid {uid}"), |user| user.name)
}

#[cfg(not(unix))]
fn user() -> String {
    variable("USERNAME").unwrap_or_else(|| "unknown".to_owned())
}
