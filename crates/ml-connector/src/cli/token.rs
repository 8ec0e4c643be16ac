//! `token create/list/revoke`: who may read through the API.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use clap::Subcommand;
use jiff::SignedDuration;
use secrecy::ExposeSecret as _;
use serde_json::json;
use store::connections::ConnectionId;
use store::tokens::{NewToken, Token};

use super::{Exit, actor, open, output, selected};
use crate::clock;
use crate::settings::Settings;
use crate::token;
use crate::web::api;

/// The longest name of a token.
const NAME_CHARS_MAX: usize = 60;

/// The longest that a token may count.
const DAYS_MAX: u32 = 3_650;

#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Make a token and print it, once.
    Create {
        /// What to call it: whoever uses it.
        #[arg(long)]
        name: String,
        /// What it may, e.g. `read:jobs,read:customers`, or `read:all`.
        #[arg(long, value_delimiter = ',', required = true)]
        scopes: Vec<String>,
        /// The one connection that it may read; all of them when absent.
        #[arg(long)]
        connection: Option<String>,
        /// How long it counts, e.g. `90d`; until it is revoked when absent.
        #[arg(long, value_parser = days)]
        expires: Option<Duration>,
    },
    /// List the tokens, revoked ones too; never what they are.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Revoke a token: it is refused from now on.
    Revoke {
        /// Its name.
        name: String,
    },
}

impl TokenCommand {
    pub(super) async fn run(self, settings: &Settings) -> Result<Exit> {
        let (store, clock) = open(settings).await?;
        let now = clock.now();
        match self {
            Self::Create {
                name,
                scopes,
                connection,
                expires,
            } => {
                let scopes = checked(&name, scopes)?;
                let connection = match connection {
                    Some(name) => Some(selected(&store, Some(&name)).await?.remove(0).id),
                    None => None,
                };
                let text = token::generate(&mut clock::rng());
                let new = NewToken {
                    name,
                    hash: token::hash(&text),
                    scopes,
                    connection,
                    expires_at: expires.map(|period| now + period),
                };
                store.create_token(new, &actor(), now).await?;
                output::note("Keep it: it is shown this once, and only its hash is stored.");
                output::line(text.expose_secret());
            }
            Self::List { json } => {
                let tokens = store.tokens().await?;
                let connections = store.connections().await?;
                let named = |id: ConnectionId| {
                    let found = connections.iter().find(|connection| connection.id == id);
                    found.map_or("(removed)", |connection| connection.name.as_str())
                };
                let connection = |token: &Token| token.connection.map(named).map(str::to_owned);
                if json {
                    let shown = |token: &Token| {
                        json!({
                            "name": token.name, "scopes": token.scopes, "connection": connection(token),
                            "created_at": token.created_at, "created_by": token.created_by,
                            "expires_at": token.expires_at, "revoked_at": token.revoked_at,
                            "used_at": token.used_at, "valid": token.is_valid(now),
                        })
                    };
                    output::json(&tokens.iter().map(shown).collect::<Vec<_>>())?;
                } else {
                    let row = |token: &Token| {
                        let used = token.used_at.map(|at| format!("last used {at}"));
                        vec![
                            token.name.clone(),
                            standing(token, now).to_owned(),
                            connection(token).unwrap_or_else(|| "all connections".to_owned()),
                            token.scopes.join(","),
                            used.unwrap_or_else(|| "never used".to_owned()),
                        ]
                    };
                    output::table(&tokens.iter().map(row).collect::<Vec<_>>());
                }
            }
            Self::Revoke { name } => {
                if !store.revoke_token(&name, &actor(), now).await? {
                    bail!("no token named {name} is in use; `ml-connector token list` names them");
                }
                output::line(&format!("revoked {name}"));
            }
        }
        store.close().await?;
        Ok(Exit::Done)
    }
}

fn standing(token: &Token, now: jiff::Timestamp) -> &'static str {
    if token.revoked_at.is_some() {
        "revoked"
    } else if token.is_valid(now) {
        "valid"
    } else {
        "expired"
    }
}

fn checked(name: &str, scopes: Vec<String>) -> Result<Vec<String>> {
    let is_name = !name.trim().is_empty()
        && name.chars().count() <= NAME_CHARS_MAX
        && !name.chars().any(char::is_control);
    ensure!(
        is_name,
        "a token's name has 1 to {NAME_CHARS_MAX} characters"
    );
    let known = api::scopes();
    if let Some(unknown) = scopes.iter().find(|scope| !known.contains(scope)) {
        bail!("{unknown} is no scope; the scopes are {}", known.join(", "));
    }
    Ok(scopes)
}

/// `90d`: whole days.
fn days(text: &str) -> Result<Duration> {
    let number = text.strip_suffix('d').context("say days, such as 90d")?;
    let number: u32 = number.parse().context("say days, such as 90d")?;
    ensure!(
        (1..=DAYS_MAX).contains(&number),
        "a token counts from 1 to {DAYS_MAX} days"
    );
    let period = SignedDuration::from_hours(24 * i64::from(number));
    Ok(period.unsigned_abs())
}
