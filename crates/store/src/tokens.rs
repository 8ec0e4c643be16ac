//! Tokens: who may read through the API. A token itself is never here, only its hash; it is drawn at random with more
//! entropy than anybody can try, so that the hash needs no salt.
//!
//! Guarantees: a revoked token is refused from the commit on; names in use are unique; making and revoking one is an entry in
//! the trail of its connection, or of every connection when it is for all.

use jiff::Timestamp;

use crate::audit::{self, Salted};
use crate::connections::{self, ConnectionId};
use crate::row::{Row, list, params};
use crate::tx::Tx;
use crate::{Error, ErrorKind, Result, Store};

/// The SHA-256 of a token.
pub type TokenHash = [u8; 32];

/// Tokens that [`Store::tokens`] returns at most, the newest first.
pub const TOKENS_MAX: i64 = 10_000;

/// How finely it is noted when a token was used last.
const USED_EVERY_S: i64 = 3_600;

/// The store's id of a token; never given to another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenId(i64);

/// A token to be made.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// What people call it.
    pub name: String,
    /// Its hash.
    pub hash: TokenHash,
    /// What it may, in words of the API's.
    pub scopes: Vec<String>,
    /// The one connection that it may read; all of them when absent.
    pub connection: Option<ConnectionId>,
    /// From when it is refused.
    pub expires_at: Option<Timestamp>,
}

/// A token as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The store's id of it.
    pub id: TokenId,
    /// What people call it.
    pub name: String,
    /// Its hash.
    pub hash: TokenHash,
    /// What it may.
    pub scopes: Vec<String>,
    /// The one connection that it may read; all of them when absent.
    pub connection: Option<ConnectionId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: String,
    /// From when it is refused.
    pub expires_at: Option<Timestamp>,
    /// Since when it is refused.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, to the hour.
    pub used_at: Option<Timestamp>,
}

impl Token {
    /// Whether it counts at this time.
    #[must_use]
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

const COLUMNS: &str =
    "id, name, hash, scopes, connection, created_at, created_by, expires_at, revoked_at, used_at";

fn token(row: &mut Row) -> Result<Token> {
    let hash: Vec<u8> = row.take(2)?;
    Ok(Token {
        id: TokenId(row.take(0)?),
        name: row.take(1)?,
        hash: hash
            .try_into()
            .map_err(|_other_length| Error::corrupt("the hash of a token"))?,
        scopes: row.take_json(3)?,
        connection: row.take::<Option<i64>>(4)?.map(ConnectionId),
        created_at: row.take(5)?,
        created_by: row.take(6)?,
        expires_at: row.take(7)?,
        revoked_at: row.take(8)?,
        used_at: row.take(9)?,
    })
}

/// Tells the trail of the token's connection, or of all that there are.
fn tell(
    tx: &mut Tx<'_>,
    connection: Option<ConnectionId>,
    entries: &[Salted],
    now: Timestamp,
) -> Result<()> {
    if let Some(id) = connection {
        return audit::append(tx, id, entries, now);
    }
    let rows = tx.query(
        "SELECT id FROM connections WHERE removed_at IS NULL ORDER BY id",
        &[],
    )?;
    for mut row in rows {
        audit::append(tx, ConnectionId(row.take(0)?), entries, now)?;
    }
    Ok(())
}

fn named(tx: &mut Tx<'_>, name: &str) -> Result<Option<Token>> {
    let sql = format!("SELECT {COLUMNS} FROM tokens WHERE name = $1 AND revoked_at IS NULL");
    let row = tx.query_opt(&sql, params![name])?;
    row.map(|mut row| token(&mut row)).transpose()
}

impl Store {
    /// Keeps a new token. Refuses a name in use ([`TokenNameTaken`](crate::ErrorKind::TokenNameTaken)).
    pub async fn create_token(&self, new: NewToken, actor: &str, now: Timestamp) -> Result<()> {
        let until = new.expires_at.map(|end| format!(", until {end}"));
        let detail = format!("may {}{}", new.scopes.join(", "), until.unwrap_or_default());
        let subject = format!("token {}", new.name);
        let entries = self.salted_note(actor, "token.created", &subject, detail);
        let scopes = list(&new.scopes);
        let actor = actor.to_owned();
        self.write("create a token", move |tx| {
            if let Some(id) = new.connection {
                connections::require(tx, id)?;
            }
            if named(tx, &new.name)?.is_some() {
                let kind = ErrorKind::TokenNameTaken(new.name.clone());
                return Err(Error::new("create a token", kind));
            }
            tx.execute(
                "INSERT INTO tokens (name, hash, scopes, connection, created_at, created_by, expires_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
                params![
                    &new.name,
                    new.hash.as_slice(),
                    &scopes,
                    new.connection.map(|id| id.0),
                    now,
                    &actor,
                    new.expires_at
                ],
            )?;
            tell(tx, new.connection, &entries, now)
        })
        .await
    }

    /// All tokens, the newest first, at most [`TOKENS_MAX`].
    pub async fn tokens(&self) -> Result<Vec<Token>> {
        self.read("list the tokens", |tx| {
            let sql = format!("SELECT {COLUMNS} FROM tokens ORDER BY id DESC LIMIT $1");
            let rows = tx.query(&sql, params![TOKENS_MAX])?;
            rows.into_iter().map(|mut row| token(&mut row)).collect()
        })
        .await
    }

    /// The token of this hash, valid or not.
    pub async fn token(&self, hash: &TokenHash) -> Result<Option<Token>> {
        let hash = *hash;
        self.read("look a token up", move |tx| {
            let sql = format!("SELECT {COLUMNS} FROM tokens WHERE hash = $1");
            let row = tx.query_opt(&sql, params![hash.as_slice()])?;
            row.map(|mut row| token(&mut row)).transpose()
        })
        .await
    }

    /// Revokes the token of that name; `false` when none is in use.
    pub async fn revoke_token(&self, name: &str, actor: &str, now: Timestamp) -> Result<bool> {
        let subject = format!("token {name}");
        let entries = self.salted_note(actor, "token.revoked", &subject, String::new());
        let name = name.to_owned();
        self.write("revoke a token", move |tx| {
            let Some(token) = named(tx, &name)? else {
                return Ok(false);
            };
            tx.execute(
                "UPDATE tokens SET revoked_at = $2 WHERE id = $1",
                params![token.id.0, now],
            )?;
            tell(tx, token.connection, &entries, now)?;
            Ok(true)
        })
        .await
    }

    /// Notes that a token is used. Writes at most once an hour: who reads a page a second costs no commit a second.
    pub async fn note_use(&self, token: &Token, now: Timestamp) -> Result<()> {
        let second = now.as_second();
        let hour = second - second.rem_euclid(USED_EVERY_S);
        if token.used_at.is_some_and(|at| at.as_second() >= hour) {
            return Ok(());
        }
        let id = token.id.0;
        let hour_ms = hour * 1_000;
        self.write("note that a token is used", move |tx| {
            tx.execute(
                "UPDATE tokens SET used_at = $2 WHERE id = $1 AND (used_at IS NULL OR used_at < $2)",
                params![id, hour_ms],
            )?;
            Ok(())
        })
        .await
    }
}
