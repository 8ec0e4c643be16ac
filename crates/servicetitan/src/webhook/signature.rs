//! HMAC-SHA256 over the raw body, in a header whose name and encoding ServiceTitan's published
//! pages leave open.

use std::fmt;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// Values that are tried per delivery; more than a proxy would ever add.
const CANDIDATES_MAX: usize = 8;
const DIGEST_BYTES: usize = 32;

/// Checks deliveries against one secret, or two while one replaces the other.
pub struct Verifier {
    headers: Vec<String>,
    /// Keyed once; cloned per delivery.
    keys: Vec<Hmac<Sha256>>,
}

impl Verifier {
    /// The header that is most likely ServiceTitan's.
    pub const DEFAULT_HEADER: &str = "X-Signature";

    /// A verifier that looks for the signature in `headers` (case does not matter) and accepts
    /// what any of the `secrets` signed.
    ///
    /// # Errors
    /// [`InvalidVerifier`] unless there are one or two secrets, none empty, and at least one header
    /// name, none empty.
    pub fn new<H, S>(headers: H, secrets: S) -> Result<Self, InvalidVerifier>
    where
        H: IntoIterator,
        H::Item: Into<String>,
        S: IntoIterator<Item = SecretString>,
    {
        let headers: Vec<String> = headers.into_iter().map(Into::into).collect();
        if headers.is_empty() || headers.iter().any(|name| name.trim().is_empty()) {
            return Err(InvalidVerifier::Headers);
        }
        let secrets: Vec<SecretString> = secrets.into_iter().collect();
        let empty = |secret: &SecretString| secret.expose_secret().is_empty();
        if !(1..=2).contains(&secrets.len()) || secrets.iter().any(empty) {
            return Err(InvalidVerifier::Secrets);
        }
        let key = |secret: &SecretString| {
            Hmac::new_from_slice(secret.expose_secret().as_bytes())
                .expect("HMAC takes a key of any length")
        };
        Ok(Self {
            headers,
            keys: secrets.iter().map(key).collect(),
        })
    }

    /// Whether `body`, exactly as it arrived, was signed. `headers` are the request's, in any
    /// order, repeated ones included.
    ///
    /// # Errors
    /// [`SignatureError`]: nobody who knows a secret has signed this body.
    pub fn verify<'h>(
        &self,
        headers: impl IntoIterator<Item = (&'h str, &'h [u8])>,
        body: &[u8],
    ) -> Result<(), SignatureError> {
        let ours = |name: &str| self.headers.iter().any(|h| h.eq_ignore_ascii_case(name));
        let signatures: Vec<_> = headers
            .into_iter()
            .filter(|(name, _)| ours(name))
            .take(CANDIDATES_MAX)
            .map(|(_, value)| decode(value))
            .collect();
        if signatures.is_empty() {
            return Err(SignatureError::Missing);
        }
        let signatures: Vec<_> = signatures.into_iter().flatten().collect();
        if signatures.is_empty() {
            return Err(SignatureError::Malformed);
        }
        for key in &self.keys {
            let signed = key.clone().chain_update(body);
            for signature in &signatures {
                // Constant time in the digest, which is the only secret here.
                if signed.clone().verify_slice(signature).is_ok() {
                    return Ok(());
                }
            }
        }
        Err(SignatureError::Mismatch)
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("headers", &self.headers)
            .field("secrets", &self.keys.len())
            .finish_non_exhaustive()
    }
}

/// Hex in either case, or base64 in either alphabet with or without padding, after an optional
/// `sha256=`. The lengths of the two differ, so that nothing reads both ways.
fn decode(value: &[u8]) -> Option<[u8; DIGEST_BYTES]> {
    const LENIENT: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
    const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

    let value = std::str::from_utf8(value).ok()?.trim();
    let value = match value.split_at_checked("sha256=".len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case("sha256=") => rest.trim(),
        _ => value,
    };
    let bytes = if value.len() == 2 * DIGEST_BYTES {
        hex::decode(value).ok()?
    } else if value.len() <= 44 {
        let url_safe = value.contains(['-', '_']);
        let engine = if url_safe { URL_SAFE } else { STANDARD };
        engine.decode(value).ok()?
    } else {
        return None;
    };
    bytes.try_into().ok()
}

/// Why a delivery is not accepted. Says nothing about what would have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// None of the configured headers is there.
    #[error("the delivery has no signature header")]
    Missing,
    /// The header holds neither hex nor base64 of 32 bytes.
    #[error("the signature header is neither hex nor base64 of a SHA-256 digest")]
    Malformed,
    /// Signed by someone else, or changed on the way.
    #[error("the signature does not belong to this body")]
    Mismatch,
}

/// A verifier that could not tell anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidVerifier {
    /// No header name, or an empty one.
    #[error("a webhook verifier needs the names of the headers that may carry the signature")]
    Headers,
    /// Not one or two secrets, or an empty one.
    #[error("a webhook verifier needs one secret, or two during rotation, none of them empty")]
    Secrets,
}

#[cfg(test)]
mod tests {
    use base64::prelude::*;
    use proptest::prelude::*;

    use super::*;

    const BODY: &[u8] = br#"{"a":1}"#;

    fn verifier(secrets: &[&str]) -> Verifier {
        let secrets = secrets.iter().map(|secret| (*secret).to_owned().into());
        Verifier::new(["X-Signature", "X-ServiceTitan-Signature"], secrets).unwrap()
    }

    fn digest(secret: &str, body: &[u8]) -> [u8; 32] {
        let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.chain_update(body).finalize().into_bytes().into()
    }

    fn verify(secrets: &[&str], name: &str, value: &str) -> Result<(), SignatureError> {
        verifier(secrets).verify([(name, value.as_bytes())], BODY)
    }

    #[test]
    fn a_published_vector_verifies() {
        // RFC 4231, test case 2.
        let verifier = verifier(&["Jefe"]);
        let value = b"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        let body = b"what do ya want for nothing?";
        assert_eq!(verifier.verify([("x-signature", &value[..])], body), Ok(()));
    }

    #[test]
    fn every_encoding_is_accepted() {
        // With this secret the digest holds both characters in which the alphabets differ.
        let digest = digest("key-4", BODY);
        assert!(BASE64_STANDARD.encode(digest).contains('+'));
        assert!(BASE64_STANDARD.encode(digest).contains('/'));
        for value in [
            hex::encode(digest),
            hex::encode_upper(digest),
            format!("sha256={}", hex::encode(digest)),
            format!("SHA256={}", BASE64_STANDARD.encode(digest)),
            BASE64_STANDARD.encode(digest),
            BASE64_STANDARD_NO_PAD.encode(digest),
            BASE64_URL_SAFE.encode(digest),
            BASE64_URL_SAFE_NO_PAD.encode(digest),
            format!("  {} ", hex::encode(digest)),
        ] {
            assert_eq!(verify(&["key-4"], "X-SIGNATURE", &value), Ok(()), "{value}");
        }
    }

    #[test]
    fn both_secrets_count_during_rotation_and_any_listed_header() {
        let value = hex::encode(digest("old", BODY));
        assert_eq!(
            verify(&["new", "old"], "x-servicetitan-signature", &value),
            Ok(())
        );
        assert_eq!(
            verify(&["new"], "x-signature", &value),
            Err(SignatureError::Mismatch)
        );
        assert_eq!(
            verify(&["old"], "x-other", &value),
            Err(SignatureError::Missing)
        );
    }

    #[test]
    fn one_good_value_among_others_is_enough() {
        let good = hex::encode(digest("k", BODY));
        let headers = [
            ("x-signature", &b"rubbish"[..]),
            ("X-Signature", good.as_bytes()),
        ];
        assert_eq!(verifier(&["k"]).verify(headers, BODY), Ok(()));
    }

    #[test]
    fn what_is_no_digest_is_malformed() {
        for value in [
            "",
            "sha256=",
            "deadbeef",
            "zz",
            "sha1=aaaa",
            &"g".repeat(64),
            &"A".repeat(9_999),
        ] {
            let result = verify(&["k"], "x-signature", value);
            assert_eq!(result, Err(SignatureError::Malformed), "{value}");
        }
        let result = verifier(&["k"]).verify([("x-signature", &[0xff, 0xfe][..])], BODY);
        assert_eq!(result, Err(SignatureError::Malformed));
    }

    #[test]
    fn a_verifier_that_would_accept_anything_cannot_be_made() {
        let new = |secrets: &[&str]| {
            let secrets = secrets.iter().map(|secret| (*secret).to_owned().into());
            Verifier::new(["X-Signature"], secrets).map(drop)
        };
        assert_eq!(new(&[]), Err(InvalidVerifier::Secrets));
        assert_eq!(new(&[""]), Err(InvalidVerifier::Secrets));
        assert_eq!(new(&["a", ""]), Err(InvalidVerifier::Secrets));
        assert_eq!(new(&["a", "b", "c"]), Err(InvalidVerifier::Secrets));
        let none = Verifier::new(Vec::<String>::new(), [String::from("a").into()]);
        assert_eq!(none.map(drop), Err(InvalidVerifier::Headers));
        assert!(!format!("{:?}", verifier(&["planted"])).contains("planted"));
    }

    proptest! {
        #[test]
        fn a_changed_byte_is_noticed(
            secret in "[ -~]{1,64}",
            body in proptest::collection::vec(any::<u8>(), 1..200),
            at in any::<proptest::sample::Index>(),
            flip in 1_u8..=255,
        ) {
            let value = hex::encode(digest(&secret, &body));
            let verifier = verifier(&[&secret]);
            prop_assert_eq!(verifier.verify([("x-signature", value.as_bytes())], &body), Ok(()));
            let mut changed = body.clone();
            changed[at.index(body.len())] ^= flip;
            prop_assert_eq!(
                verifier.verify([("x-signature", value.as_bytes())], &changed),
                Err(SignatureError::Mismatch)
            );
        }

        #[test]
        fn no_header_value_panics_or_passes(value in proptest::collection::vec(any::<u8>(), 0..100)) {
            prop_assert!(verifier(&["k"]).verify([("x-signature", &value[..])], BODY).is_err());
        }
    }
}
