//! The client: the same calls over JSON-2 and XML-RPC.
//!
//! Guarantees: at most [`Config::in_flight`] calls are under way at once, over all clones; every body has
//! a length and is a JSON object (Odoo silently ignores others); no answer larger than
//! [`ANSWER_BYTES_MAX`] is read; reads are retried within [`READ_TRIES_MAX`]; what may have taken effect
//! is never sent twice by itself.
//!
//! Refuses: to follow the server to another address (a redirect turns the call into another one).

mod accounting;
mod act;
mod calls;
mod check;
mod config;
mod documents;
mod exception;
mod json2;
mod load;
mod pay;
mod retry;
mod search;
mod settle;
mod transport;
mod value;
mod xmlrpc;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use serde_json::{Map, Value};
use tokio::sync::Semaphore;

pub use calls::{Found, Trace};
pub use config::{Config, TIMEOUT};
pub use documents::DOCUMENTS_MAX;
pub use load::{CallTime, Loaded};
pub use retry::READ_TRIES_MAX;
pub use search::{PAGE_ROWS_MAX, Pages, Search};
pub use transport::ANSWER_BYTES_MAX;

use crate::Result;
use crate::context::Context;
use crate::document::FieldNames;
use crate::error::ErrorKind;
use crate::record::{Model, RecordId};
use crate::server::{JSON2_SINCE, Protocol, ProtocolChoice, Version};
use retry::Jitter;
use transport::Transport;

/// A connection to one database of one Odoo as one user. Cheap to clone; clones share the limit on calls
/// in flight.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    transport: Transport,
    config: Config,
    version: Version,
    wire: Wire,
    calls: Semaphore,
    jitter: Jitter,
    /// What the server said of models' fields.
    field_names: Mutex<BTreeMap<Model, Arc<FieldNames>>>,
}

/// How calls travel, with what each way needs.
enum Wire {
    Json2,
    XmlRpc { user: RecordId },
}

/// One call, whatever the protocol.
#[derive(Clone, Copy, Debug)]
struct Call<'a> {
    model: &'a Model,
    method: &'a str,
    /// `None`: a method of the model; `Some`: of these records, perhaps none.
    ids: Option<&'a [RecordId]>,
    arguments: &'a Map<String, Value>,
    context: &'a Context,
}

impl Call<'_> {
    fn operation(&self) -> String {
        format!("{} {}", self.model, self.method)
    }
}

impl Client {
    /// Asks the server for its version, chooses the protocol, and for XML-RPC logs in.
    ///
    /// The key is tried only over XML-RPC here; over JSON-2 the first call does it ([`Client::whoami`]).
    pub async fn connect(http: reqwest::Client, config: Config) -> Result<Self> {
        let transport = Transport::new(http, &config)?;
        let (version, asked_by) = probe(&transport, config.protocol).await?;
        let json2 = match config.protocol {
            ProtocolChoice::Json2 => true,
            ProtocolChoice::XmlRpc => false,
            ProtocolChoice::Auto => version.major >= JSON2_SINCE,
        };
        let protocol = if json2 {
            Protocol::Json2
        } else {
            Protocol::XmlRpc
        };
        tracing::debug!(%version, %protocol, %asked_by, "found Odoo");
        let wire = match protocol {
            Protocol::Json2 => Wire::Json2,
            Protocol::XmlRpc => Wire::XmlRpc {
                user: xmlrpc::authenticate(&transport, &config).await?,
            },
        };
        let shared = Shared {
            calls: Semaphore::new(config.in_flight.max(1)),
            jitter: Jitter::seeded(config.jitter_seed),
            transport,
            config,
            version,
            wire,
            field_names: Mutex::default(),
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// The server's version, as it was when the client connected.
    #[must_use]
    pub fn version(&self) -> &Version {
        &self.shared.version
    }

    /// How calls travel.
    #[must_use]
    pub fn protocol(&self) -> Protocol {
        match self.shared.wire {
            Wire::Json2 => Protocol::Json2,
            Wire::XmlRpc { .. } => Protocol::XmlRpc,
        }
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.shared.config
    }

    /// Calls a method, once.
    ///
    /// `ids`: `None` for a method of the model (`search_read`), `Some` for one of records (`write`),
    /// which may be none of them (`has_access`). `arguments` are the method's own named arguments; their
    /// names must be those of the server's version. Over XML-RPC `null` travels as `false`, and a method
    /// whose result Odoo cannot express there (`None`, a recordset) gives `Null` like one that returns
    /// nothing over JSON-2: it is done, read the state back.
    pub async fn call(
        &self,
        model: &Model,
        method: &str,
        ids: Option<&[RecordId]>,
        arguments: &Map<String, Value>,
        context: &Context,
    ) -> Result<Value> {
        self.once(Call {
            model,
            method,
            ids,
            arguments,
            context,
        })
        .await
    }

    /// Calls a method that changes nothing: like [`Client::call`], and again after a passing failure.
    pub async fn call_read(
        &self,
        model: &Model,
        method: &str,
        ids: Option<&[RecordId]>,
        arguments: &Map<String, Value>,
        context: &Context,
    ) -> Result<Value> {
        self.read_call(Call {
            model,
            method,
            ids,
            arguments,
            context,
        })
        .await
    }

    /// One call, under the limit of calls in flight.
    async fn once(&self, call: Call<'_>) -> Result<Value> {
        let shared = &*self.shared;
        let _permit = shared
            .calls
            .acquire()
            .await
            .expect("the semaphore is never closed");
        let context = self.in_company(call.context);
        let call = Call {
            context: &context,
            ..call
        };
        let start = Instant::now();
        let result = match &shared.wire {
            Wire::Json2 => json2::call(&shared.transport, &shared.config, call).await,
            Wire::XmlRpc { user } => {
                xmlrpc::call(&shared.transport, &shared.config, *user, call).await
            }
        };
        let elapsed_ms = start.elapsed().as_millis();
        match &result {
            Ok(_) => tracing::debug!(
                model = %call.model, method = call.method, elapsed_ms, "Odoo answered"
            ),
            // Odoo's own sentence may quote the record: it goes to the caller, not to the log.
            Err(error) => tracing::debug!(
                model = %call.model, method = call.method, elapsed_ms, kind = ?error.kind, status = error.status,
                "an Odoo call failed"
            ),
        }
        result
    }

    /// The context with the configured company, unless the caller chose one.
    fn in_company(&self, context: &Context) -> Context {
        match self.shared.config.company {
            Some(company) if context.get("allowed_company_ids").is_none() => {
                context.clone().set("allowed_company_ids", vec![company])
            }
            _ => context.clone(),
        }
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("config", &self.shared.config)
            .field("version", &self.shared.version.text)
            .field("protocol", &self.protocol())
            .finish_non_exhaustive()
    }
}

/// Asks for the version: by JSON where only newer servers answer, else by XML-RPC.
async fn probe(transport: &Transport, choice: ProtocolChoice) -> Result<(Version, Protocol)> {
    if choice != ProtocolChoice::XmlRpc {
        match json2::version(transport).await {
            Ok(version) => return Ok((version, Protocol::Json2)),
            Err(error)
                if choice == ProtocolChoice::Json2 || error.kind == ErrorKind::Unreachable =>
            {
                return Err(error);
            }
            Err(error) => tracing::debug!(%error, "no version by JSON; asking by XML-RPC"),
        }
    }
    Ok((xmlrpc::version(transport).await?, Protocol::XmlRpc))
}
