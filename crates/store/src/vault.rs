//! Encryption at rest: master key -> data key of a connection -> value.
//!
//! Each connection has a random data key, stored wrapped by the master key. From the data key two subkeys are derived
//! (HKDF-SHA256): one seals values with XChaCha20-Poly1305, one makes content hashes (HMAC-SHA256, so that the hash of a
//! small payload cannot be guessed). A sealed value is bound to its place (table, column, connection, row) as associated
//! data: it cannot be moved elsewhere unnoticed. Its layout:
//!
//! ```text
//! 1 byte format (1) | 4 bytes id of the key | 24 bytes nonce | ciphertext | 16 bytes tag
//! ```
//!
//! The key id lets values sealed under an older data key lie beside new ones while keys are rotated.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{AeadInOut as _, KeyInit as _};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use rand::CryptoRng;
use secrecy::SecretString;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::connections::ConnectionId;
use crate::{Error, Result};

const FORMAT: u8 = 1;
const KEY_ID_BYTES: usize = 4;
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
const HEADER_BYTES: usize = 1 + KEY_ID_BYTES + NONCE_BYTES;

/// A nonce; random, 192 bits, so that it never repeats.
pub(crate) type Nonce = [u8; NONCE_BYTES];

/// The installation's key: wraps the connections' data keys. 32 bytes; as text, base64.
#[derive(Clone)]
pub struct MasterKey(Zeroizing<[u8; 32]>);

/// A text that is no master key. The text is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a master key: expected the 44 characters that `ml-connector keys generate` prints")]
pub struct InvalidKey;

impl MasterKey {
    /// A new key.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        rng.fill_bytes(key.as_mut());
        Self(key)
    }

    /// The key of a text made by [`Self::to_text`]; white space around it does not count.
    pub fn parse(text: &str) -> Result<Self, InvalidKey> {
        let bytes = Zeroizing::new(
            STANDARD
                .decode(text.trim())
                .map_err(|_undecodable| InvalidKey)?,
        );
        let mut key = Zeroizing::new([0; 32]);
        if bytes.len() != key.len() {
            return Err(InvalidKey);
        }
        key.copy_from_slice(&bytes);
        Ok(Self(key))
    }

    /// The key as text.
    #[must_use]
    pub fn to_text(&self) -> SecretString {
        SecretString::from(STANDARD.encode(self.0.as_ref()))
    }

    /// Eight hex digits that tell keys apart and reveal nothing of them.
    #[must_use]
    pub fn id(&self) -> String {
        hex::encode(key_id(&self.0))
    }

    /// The cipher that wraps data keys.
    pub(crate) fn wrapper(&self) -> Cipher {
        Cipher::new(&self.0, "wrap")
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.id())
    }
}

/// Where a sealed value lies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) table: &'a str,
    pub(crate) column: &'a str,
    pub(crate) connection: i64,
    pub(crate) row: &'a str,
}

impl Place<'_> {
    /// Unambiguous: each text is preceded by its length.
    fn associated_data(&self) -> Vec<u8> {
        let mut out =
            Vec::with_capacity(32 + self.table.len() + self.column.len() + self.row.len());
        for text in [self.table, self.column, self.row] {
            let length = u32::try_from(text.len()).expect("names of rows are short");
            out.extend_from_slice(&length.to_be_bytes());
            out.extend_from_slice(text.as_bytes());
        }
        out.extend_from_slice(&self.connection.to_be_bytes());
        out
    }
}

/// Seals and opens values.
pub(crate) struct Cipher {
    id: [u8; KEY_ID_BYTES],
    cipher: XChaCha20Poly1305,
}

impl Cipher {
    fn new(key: &[u8; 32], purpose: &str) -> Self {
        let subkey = subkey(key, purpose);
        Self {
            id: key_id(key),
            cipher: XChaCha20Poly1305::new(&Key::from(*subkey)),
        }
    }

    pub(crate) fn seal(&self, place: Place<'_>, plain: &[u8], nonce: Nonce) -> Vec<u8> {
        let mut sealed = Vec::with_capacity(HEADER_BYTES + plain.len() + TAG_BYTES);
        sealed.push(FORMAT);
        sealed.extend_from_slice(&self.id);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let tag = self
            .cipher
            .encrypt_inout_detached(
                &XNonce::from(nonce),
                &place.associated_data(),
                (&mut sealed[HEADER_BYTES..]).into(),
            )
            .expect("a payload is smaller than 256 GB");
        sealed.extend_from_slice(&tag);
        sealed
    }

    pub(crate) fn open(&self, place: Place<'_>, mut sealed: Vec<u8>) -> Result<Vec<u8>> {
        let damaged = |how: &str| {
            let Place {
                table, column, row, ..
            } = place;
            Error::corrupt(format!("{table}.{column} of `{row}` {how}"))
        };
        if sealed.len() < HEADER_BYTES + TAG_BYTES || sealed[0] != FORMAT {
            return Err(damaged("is not a sealed value"));
        }
        if sealed[1..=KEY_ID_BYTES] != self.id {
            return Err(damaged("was sealed with another key"));
        }
        let nonce: Nonce = sealed[1 + KEY_ID_BYTES..HEADER_BYTES]
            .try_into()
            .expect("sliced to its length");
        let tag: [u8; TAG_BYTES] = sealed[sealed.len() - TAG_BYTES..]
            .try_into()
            .expect("sliced to its length");
        sealed.truncate(sealed.len() - TAG_BYTES);
        self.cipher
            .decrypt_inout_detached(
                &XNonce::from(nonce),
                &place.associated_data(),
                (&mut sealed[HEADER_BYTES..]).into(),
                &tag.into(),
            )
            .map_err(|_unauthentic| damaged("was changed or moved"))?;
        sealed.drain(..HEADER_BYTES);
        Ok(sealed)
    }
}

/// The keys of one connection.
pub(crate) struct ConnectionKeys {
    connection: ConnectionId,
    cipher: Cipher,
    hash: Hmac<Sha256>,
}

impl ConnectionKeys {
    pub(crate) fn new(connection: ConnectionId, data_key: &[u8; 32]) -> Self {
        let hash_key = subkey(data_key, "hash");
        Self {
            connection,
            cipher: Cipher::new(data_key, "seal"),
            hash: Hmac::new_from_slice(hash_key.as_ref()).expect("HMAC takes keys of any length"),
        }
    }

    /// Unwraps a connection's data key.
    pub(crate) fn unwrap(
        wrapper: &Cipher,
        connection: ConnectionId,
        sealed_key: Vec<u8>,
    ) -> Result<Self> {
        let bytes = Zeroizing::new(wrapper.open(data_key_place(connection), sealed_key)?);
        let data_key = <&[u8; 32]>::try_from(bytes.as_slice())
            .map_err(|_other_length| Error::corrupt("a data key has another length"))?;
        Ok(Self::new(connection, data_key))
    }

    pub(crate) fn seal(
        &self,
        table: &str,
        column: &str,
        row: &str,
        plain: &[u8],
        nonce: Nonce,
    ) -> Vec<u8> {
        self.cipher
            .seal(self.place(table, column, row), plain, nonce)
    }

    pub(crate) fn open(
        &self,
        table: &str,
        column: &str,
        row: &str,
        sealed: Vec<u8>,
    ) -> Result<Vec<u8>> {
        self.cipher.open(self.place(table, column, row), sealed)
    }

    /// Opens what is a text by construction.
    pub(crate) fn open_text(
        &self,
        table: &str,
        column: &str,
        row: &str,
        sealed: Vec<u8>,
    ) -> Result<String> {
        String::from_utf8(self.open(table, column, row, sealed)?)
            .map_err(|_invalid| Error::corrupt(format!("{table}.{column} of `{row}` is not UTF-8")))
    }

    /// Tells contents of one part apart. The part goes into it, so that equal contents of two parts do not show.
    pub(crate) fn content_hash(&self, part: &str, payload: &str) -> [u8; 32] {
        let mut hash = self.hash.clone();
        hash.update(&(part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
        hash.update(payload.as_bytes());
        hash.finalize().into_bytes().into()
    }

    fn place<'a>(&self, table: &'a str, column: &'a str, row: &'a str) -> Place<'a> {
        Place {
            table,
            column,
            connection: self.connection.0,
            row,
        }
    }
}

pub(crate) fn data_key_place(connection: ConnectionId) -> Place<'static> {
    Place {
        table: "connections",
        column: "data_key",
        connection: connection.0,
        row: "",
    }
}

fn subkey(key: &[u8; 32], purpose: &str) -> Zeroizing<[u8; 32]> {
    let mut out = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(Some(b"ml-connector"), key)
        .expand(purpose.as_bytes(), out.as_mut())
        .expect("32 bytes are within HKDF's limit");
    out
}

fn key_id(key: &[u8; 32]) -> [u8; KEY_ID_BYTES] {
    let named = subkey(key, "id");
    std::array::from_fn(|at| named[at])
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;
    use secrecy::ExposeSecret as _;

    use super::*;

    fn keys() -> ConnectionKeys {
        ConnectionKeys::new(ConnectionId(7), &[1; 32])
    }

    #[test]
    fn a_key_survives_its_text_and_hides_in_debug() {
        let key = MasterKey::generate(&mut StdRng::seed_from_u64(1));
        let text = key.to_text();
        let read = MasterKey::parse(&format!(" {}\n", text.expose_secret())).unwrap();
        assert_eq!(read.id(), key.id());
        assert_eq!(text.expose_secret().len(), 44);
        assert_eq!(format!("{key:?}"), format!("MasterKey({})", key.id()));
        assert_eq!(MasterKey::parse("c2hvcnQ=").unwrap_err(), InvalidKey);
        assert_eq!(MasterKey::parse("no base64!").unwrap_err(), InvalidKey);
    }

    #[test]
    fn a_sealed_value_opens_in_its_place_only() {
        let keys = keys();
        let sealed = keys.seal("links", "base", "customer_1", b"Ann", [9; 24]);
        assert_eq!(sealed.len(), 1 + 4 + 24 + 3 + 16);
        assert_eq!(
            keys.open("links", "base", "customer_1", sealed.clone())
                .unwrap(),
            b"Ann"
        );
        for (table, column, row) in [
            ("links", "base", "customer_2"),
            ("links", "other", "customer_1"),
            ("parts", "base", "customer_1"),
        ] {
            assert!(keys.open(table, column, row, sealed.clone()).is_err());
        }
        let elsewhere = ConnectionKeys::new(ConnectionId(8), &[1; 32]);
        assert!(
            elsewhere
                .open("links", "base", "customer_1", sealed)
                .is_err()
        );
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let keys = keys();
        let sealed = keys.seal("links", "base", "x", b"Ann", [9; 24]);
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(
                keys.open("links", "base", "x", changed).is_err(),
                "byte {at}"
            );
        }
        for length in 0..sealed.len() {
            assert!(
                keys.open("links", "base", "x", sealed[..length].to_vec())
                    .is_err()
            );
        }
    }

    #[test]
    fn content_hashes_depend_on_key_part_and_payload() {
        let hash = keys().content_hash("customer/1", "{}");
        assert_eq!(hash, keys().content_hash("customer/1", "{}"));
        assert_ne!(hash, keys().content_hash("customer/2", "{}"));
        assert_ne!(hash, keys().content_hash("customer/1", "[]"));
        assert_ne!(
            hash,
            ConnectionKeys::new(ConnectionId(7), &[2; 32]).content_hash("customer/1", "{}")
        );
        assert_ne!(
            keys().content_hash("ab", "c"),
            keys().content_hash("a", "bc")
        );
    }
}
