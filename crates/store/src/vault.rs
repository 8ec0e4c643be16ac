//! Keys.
use rand::CryptoRng;
use secrecy::SecretString;
use zeroize::Zeroizing;

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
        let mut bytes = Zeroizing::new([0; 32]);
        rng.fill_bytes(bytes.as_mut());
        Self(bytes)
    }

    /// The key of a text made by [`Self::to_text`]; white space around it does not count.
    pub fn parse(text: &str) -> Result<Self, InvalidKey> {
        todo!("{}", text.len())
    }

    /// The key as text.
    #[must_use]
    pub fn to_text(&self) -> SecretString {
        todo!()
    }

    /// Eight hex digits that tell keys apart and reveal nothing of them.
    #[must_use]
    pub fn id(&self) -> String {
        todo!()
    }
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MasterKey({})", self.id())
    }
}
