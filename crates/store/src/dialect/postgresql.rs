//! PostgreSQL (11 or later): one connection per role, made again when it is lost.

use std::collections::HashMap;
use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use postgres::config::{Host, SslMode};
use postgres::error::SqlState;
use postgres::types::private::BytesMut;
use postgres::types::{Format, IsNull, ToSql, Type};
use postgres::{Client, Config, NoTls, SimpleQueryMessage, Statement};
use rustls::ClientConfig;
use rustls_platform_verifier::BuilderVerifierExt;
use secrecy::{ExposeSecret as _, SecretString};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{Role, STATEMENTS_MAX, storable};
use crate::row::{Cell, Param, Row};
use crate::{Error, ErrorKind, Result};

/// Names the writers' advisory lock: the letters `ml-write`.
const WRITE_LOCK: i64 = i64::from_be_bytes(*b"ml-write");

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// After this long without an acknowledgement the connection counts as lost.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(30);

/// Looks at a transaction whose commit was cut off, a tenth of a second apart.
const FATE_LOOKS_MAX: usize = 50;

pub(super) struct Connection {
    config: Config,
    role: Role,
    client: Option<Client>,
    statements: HashMap<Box<str>, Statement>,
    /// Number of the running write transaction, by which its fate can be asked after the connection was lost.
    transaction: Option<i64>,
}

impl Connection {
    pub(super) fn open(url: &SecretString, role: Role) -> Result<Self> {
        let mut connection = Self {
            config: config(url)?,
            role,
            client: None,
            statements: HashMap::new(),
            transaction: None,
        };
        connection.client()?;
        Ok(connection)
    }

    fn client(&mut self) -> Result<&mut Client> {
        if self.client.as_ref().is_some_and(Client::is_closed) {
            self.client = None;
        }
        if self.client.is_none() {
            // Prepared statements belong to their connection.
            self.statements.clear();
            let mut client = connect(&self.config)?;
            if self.role == Role::Writer {
                client.batch_execute(WRITER_SETTINGS).map_err(failed)?;
            }
            self.client = Some(client);
        }
        Ok(self.client.as_mut().expect("made above"))
    }

    pub(super) fn begin(&mut self) -> Result<()> {
        self.transaction = None;
        if self.role == Role::Reader {
            return self
                .client()?
                .batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                .map_err(failed);
        }
        // One round trip. Statements after the lock see what its last holder committed.
        let answers = self
            .client()?
            .simple_query(&format!(
                "BEGIN; SELECT pg_advisory_xact_lock({WRITE_LOCK}); SELECT txid_current() AS txid"
            ))
            .map_err(failed)?;
        self.transaction = answers.iter().find_map(|answer| match answer {
            SimpleQueryMessage::Row(row) => row.try_get("txid").ok().flatten()?.parse().ok(),
            _ => None,
        });
        Ok(())
    }

    pub(super) fn commit(&mut self) -> Result<()> {
        let Err(cause) = self.client()?.batch_execute("COMMIT") else {
            return Ok(());
        };
        let error = failed(cause);
        match self.transaction {
            Some(transaction) if *error.kind() == ErrorKind::Unavailable => {
                self.fate(transaction, error)
            }
            _ => Err(error),
        }
    }

    /// The connection was lost during the commit: whether it was carried out must be asked, because repeating the work
    /// would write an attempt or an audit entry twice.
    fn fate(&mut self, transaction: i64, lost: Error) -> Result<()> {
        self.client = None;
        let uncertain =
            |cause: postgres::Error| Error::caused("commit", ErrorKind::Uncertain, cause);
        for _look in 0..FATE_LOOKS_MAX {
            let Ok(client) = self.client() else {
                return Err(Error::new("commit", ErrorKind::Uncertain));
            };
            let row = client
                .query_one("SELECT txid_status($1)", &[&transaction])
                .map_err(uncertain)?;
            match row.get::<_, Option<&str>>(0) {
                Some("committed") => return Ok(()),
                Some("aborted") => return Err(lost),
                // The server has not noticed yet that its peer is gone.
                Some("in progress") => {
                    client
                        .batch_execute("SELECT pg_sleep(0.1)")
                        .map_err(uncertain)?;
                }
                _ => break,
            }
        }
        Err(Error::new("commit", ErrorKind::Uncertain))
    }

    pub(super) fn rollback(&mut self) {
        if let Some(client) = &mut self.client
            && client.batch_execute("ROLLBACK").is_err()
        {
            self.client = None;
        }
    }

    pub(super) fn execute(&mut self, sql: &str, params: &[Param<'_>]) -> Result<u64> {
        let statement = self.statement(sql)?;
        let params: Vec<_> = params
            .iter()
            .map(|param| param as &(dyn ToSql + Sync))
            .collect();
        self.running()?.execute(&statement, &params).map_err(failed)
    }

    pub(super) fn query(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>> {
        use postgres::fallible_iterator::FallibleIterator as _;

        let statement = self.statement(sql)?;
        let mut rows = self
            .running()?
            .query_raw(&statement, params)
            .map_err(failed)?;
        let mut out = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            out.push(Row((0..row.len())
                .map(|column| cell(&row, column))
                .collect::<Result<_>>()?));
        }
        Ok(out)
    }

    pub(super) fn run_script(&mut self, sql: &str) -> Result<()> {
        self.running()?.batch_execute(sql).map_err(failed)
    }

    /// The client of the running transaction; a new connection would be outside of it.
    fn running(&mut self) -> Result<&mut Client> {
        self.client
            .as_mut()
            .ok_or_else(|| Error::new("use the database", ErrorKind::Unavailable))
    }

    fn statement(&mut self, sql: &str) -> Result<Statement> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.running()?.prepare(sql).map_err(failed)?;
        if self.statements.len() >= STATEMENTS_MAX {
            self.statements.clear();
        }
        self.statements.insert(sql.into(), statement.clone());
        Ok(statement)
    }
}

/// A writer that stops in the middle of a transaction (a suspended machine) must not hold all others up for ever; one
/// that waits for such a writer gives up after the same time as on SQLite. `synchronous_commit` is raised where the
/// server's default would acknowledge a commit that is not on its disk.
const WRITER_SETTINGS: &str = "
    SET idle_in_transaction_session_timeout = '30s';
    SET lock_timeout = '30s';
    SELECT set_config('synchronous_commit', 'on', false)
     WHERE current_setting('synchronous_commit') = 'off';
";

fn config(url: &SecretString) -> Result<Config> {
    let mut config: Config =
        url.expose_secret()
            .parse()
            .map_err(|_may_hold_the_password: postgres::Error| {
                Error::new("read the database's address", ErrorKind::Refused)
            })?;
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_TIMEOUT);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(SILENCE_TIMEOUT);
    }
    if config.get_application_name().is_none() {
        config.application_name("ml-connector");
    }
    config.keepalives_idle(SILENCE_TIMEOUT);
    Ok(config)
}

/// Connects; with TLS when the address says `sslmode=require`, and then only to a server whose certificate the
/// operating system trusts for that host name.
pub(super) fn connect(config: &Config) -> Result<Client> {
    if config.get_ssl_mode() != SslMode::Require {
        warn_of_plain_text(config);
        return config.connect(NoTls).map_err(failed);
    }
    let tls = ClientConfig::builder_with_provider(Arc::new(
        rustls::crypto::aws_lc_rs::default_provider(),
    ))
    .with_safe_default_protocol_versions()
    .and_then(BuilderVerifierExt::with_platform_verifier)
    .map_err(|cause| {
        Error::caused(
            "prepare TLS for the database",
            ErrorKind::Unavailable,
            cause,
        )
    })?
    .with_no_client_auth();
    config.connect(MakeRustlsConnect::new(tls)).map_err(failed)
}

pub(super) fn connect_url(url: &SecretString) -> Result<Client> {
    connect(&config(url)?)
}

fn warn_of_plain_text(config: &Config) {
    let is_near = |host: &Host| match host {
        Host::Tcp(name) => {
            name == "localhost"
                || name
                    .parse()
                    .is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    };
    if !config.get_hosts().iter().all(is_near) {
        tracing::warn!(
            "the database is on another machine and its address does not say sslmode=require: \
             what is stored travels in the clear, except for sealed values"
        );
    }
}

/// User, hosts and database of an address; nothing else, and no password.
pub(crate) fn shown_url(url: &str) -> std::result::Result<String, postgres::Error> {
    let config: Config = url.parse()?;
    let user = config
        .get_user()
        .map_or_else(String::new, |user| format!("{user}@"));
    let hosts = config.get_hosts().iter().enumerate().map(|(at, host)| {
        let host = match host {
            Host::Tcp(name) => name.clone(),
            #[cfg(unix)]
            Host::Unix(path) => path.display().to_string(),
        };
        let ports = config.get_ports();
        match ports.get(at).or(ports.first()) {
            Some(port) => format!("{host}:{port}"),
            None => host,
        }
    });
    let hosts = hosts.collect::<Vec<_>>().join(",");
    let database = config.get_dbname().unwrap_or_default();
    Ok(format!("postgres://{user}{hosts}/{database}"))
}

impl ToSql for Param<'_> {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> std::result::Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Param::Null => Ok(IsNull::Yes),
            Param::Int(value) if *kind == Type::INT4 => i32::try_from(*value)?.to_sql(kind, out),
            Param::Int(value) if *kind == Type::INT8 => value.to_sql(kind, out),
            Param::Text(value) if <&str as ToSql>::accepts(kind) => {
                storable(value).as_ref().to_sql(kind, out)
            }
            Param::Bytes(value) if *kind == Type::BYTEA => value.to_sql(kind, out),
            other => Err(format!("{} for a {kind}", other.name()).into()),
        }
    }

    fn accepts(_kind: &Type) -> bool {
        true
    }

    fn encode_format(&self, _kind: &Type) -> Format {
        Format::Binary
    }

    postgres::types::to_sql_checked!();
}

impl Param<'_> {
    fn name(&self) -> &'static str {
        match self {
            Param::Null => "null",
            Param::Int(_) => "an integer",
            Param::Text(_) => "a text",
            Param::Bytes(_) => "bytes",
        }
    }
}

fn cell(row: &postgres::Row, column: usize) -> Result<Cell> {
    let kind = row.columns()[column].type_();
    let value = if *kind == Type::INT8 {
        row.try_get::<_, Option<i64>>(column)
            .map(|value| value.map(Cell::Int))
    } else if *kind == Type::INT4 {
        row.try_get::<_, Option<i32>>(column)
            .map(|value| value.map(|value| Cell::Int(value.into())))
    } else if *kind == Type::BYTEA {
        row.try_get::<_, Option<Vec<u8>>>(column)
            .map(|value| value.map(Cell::Bytes))
    } else {
        row.try_get::<_, Option<String>>(column)
            .map(|value| value.map(Cell::Text))
    };
    Ok(value.map_err(failed)?.unwrap_or(Cell::Null))
}

fn failed(cause: postgres::Error) -> Error {
    let kind = match cause.code() {
        Some(code) => kind_of(code),
        // Without a code it never came from the server: the connection was refused or broke, or an argument was of the
        // wrong type.
        None if cause.is_closed() || caused_by_io(&cause) => ErrorKind::Unavailable,
        None => ErrorKind::Refused,
    };
    Error::caused("use the database", kind, cause)
}

fn kind_of(code: &SqlState) -> ErrorKind {
    match *code {
        SqlState::DISK_FULL => ErrorKind::DiskFull,
        SqlState::LOCK_NOT_AVAILABLE
        | SqlState::T_R_SERIALIZATION_FAILURE
        | SqlState::T_R_DEADLOCK_DETECTED => ErrorKind::Locked,
        SqlState::DATA_CORRUPTED | SqlState::INDEX_CORRUPTED => {
            ErrorKind::Corrupt("the server says so".to_owned())
        }
        // 08 connection, 25P03 and 57 ended by the server, 53 out of resources, 28 and 3D not let in.
        _ if ["08", "25P03", "57", "53", "28", "3D"]
            .iter()
            .any(|class| code.code().starts_with(class)) =>
        {
            ErrorKind::Unavailable
        }
        _ => ErrorKind::Refused,
    }
}

fn caused_by_io(error: &postgres::Error) -> bool {
    std::iter::successors(error.source(), |source| (*source).source())
        .any(<dyn std::error::Error>::is::<std::io::Error>)
        // The one failure of a connection that has no source, and no other mark.
        || error.to_string().starts_with("timeout")
}

pub(super) fn word(word: &str) -> Option<String> {
    let (name, argument) = word.split_once(' ').unwrap_or((word, ""));
    Some(match name {
        "id" => "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY".to_owned(),
        "integer" => "BIGINT".to_owned(),
        "text" => "TEXT COLLATE \"C\"".to_owned(),
        "bytes" => "BYTEA".to_owned(),
        "strict" => String::new(),
        "texts" => format!("(SELECT jsonb_array_elements_text({argument}::text::jsonb))"),
        "integers" => {
            format!("(SELECT jsonb_array_elements_text({argument}::text::jsonb)::bigint)")
        }
        "append_only" => refuse_changes(
            argument,
            "EXISTS (SELECT 1 FROM meta WHERE name = 'pruning')",
        ),
        "unchangeable" => refuse_changes(argument, "FALSE"),
        _ => return None,
    })
}

fn refuse_changes(table: &str, unless: &str) -> String {
    format!(
        "CREATE FUNCTION {table}_refuse_changes() RETURNS trigger LANGUAGE plpgsql AS $body$
         BEGIN
             IF {unless} THEN
                 IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
                 RETURN NEW;
             END IF;
             RAISE EXCEPTION '{table}: rows are never changed';
         END $body$;
         CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}
             FOR EACH ROW EXECUTE FUNCTION {table}_refuse_changes();
         CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
             FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse_changes();"
    )
}
