//! The text of an API token: `mlc_`, 40 letters and digits drawn at random (238 bits), and 8 digits by which a slip of the pen,
//! and a scanner for leaked secrets, tells it from anything else without asking: `mlc_[0-9A-Za-z]{40}[0-9a-f]{8}`.

use rand::{CryptoRng, RngExt as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use store::tokens::TokenHash;

/// What every token begins with.
const PREFIX: &str = "mlc_";

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

const DRAWN_CHARS: usize = 40;

const CHECK_CHARS: usize = 8;

/// Longer than any token: what is longer is not looked at.
const CHARS_MAX: usize = 100;

/// A new token.
pub fn generate(rng: &mut impl CryptoRng) -> SecretString {
    let drawn: String = (0..DRAWN_CHARS)
        .map(|_| char::from(ALPHABET[rng.random_range(0..ALPHABET.len())]))
        .collect();
    let check = check_of(&drawn);
    SecretString::from(format!("{PREFIX}{drawn}{check}"))
}

/// The hash under which a token is kept.
#[must_use]
pub fn hash(token: &SecretString) -> TokenHash {
    Sha256::digest(token.expose_secret()).into()
}

/// The hash of what somebody shows as a token; `None` for what none can be.
#[must_use]
pub fn hash_of_shown(text: &str) -> Option<TokenHash> {
    if text.len() > CHARS_MAX || !text.is_ascii() {
        return None;
    }
    let rest = text.strip_prefix(PREFIX)?;
    let (drawn, check) = rest.split_at_checked(DRAWN_CHARS)?;
    let is_well = drawn.bytes().all(|byte| ALPHABET.contains(&byte)) && check_of(drawn) == check;
    is_well.then(|| Sha256::digest(text).into())
}

/// The first digits of a hash: no secret, since whoever knows what they are of knows the token.
fn check_of(drawn: &str) -> String {
    let digest = Sha256::digest(format!("{PREFIX}{drawn}"));
    let digits = digest.iter().map(|byte| format!("{byte:02x}"));
    digits.take(CHECK_CHARS / 2).collect()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn a_token_is_known_by_its_form() {
        let token = generate(&mut StdRng::seed_from_u64(1));
        let text = token.expose_secret();
        assert_eq!(text.len(), PREFIX.len() + DRAWN_CHARS + CHECK_CHARS);
        assert_eq!(hash_of_shown(text), Some(hash(&token)));
        let slip = text.replacen(
            &text[10..11],
            if &text[10..11] == "a" { "b" } else { "a" },
            1,
        );
        for other in [
            "",
            "mlc_",
            &text[4..],
            &slip,
            &format!("{text} "),
            &"é".repeat(60),
        ] {
            assert_eq!(hash_of_shown(other), None, "{other}");
        }
    }
}
