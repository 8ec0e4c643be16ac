//! Cursors: where the next page begins. A cursor holds nothing but the last id and a digest of what was asked for, so that
//! whoever tampers with it only chooses a page that the parameters `ids` and `limit` would give as well; it opens nothing that
//! the token does not.

use sha2::{Digest as _, Sha256};

use super::problem::Problem;

/// Its form, for the OpenAPI document.
pub(super) const PATTERN: &str = "^[0-9a-f]{32}$";

/// The cursor after this id, of the list that `asked` describes.
pub(super) fn after(id: i64, asked: &str) -> String {
    format!("{:016x}{:016x}", id.unsigned_abs(), digest(asked))
}

/// The id after which the page begins.
pub(super) fn read(cursor: &str, asked: &str) -> Result<i64, Problem> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if cursor.len() != 32 || !cursor.bytes().all(is_digit) {
        return Err(Problem::parameter(
            "cursor",
            "A cursor is the `next_cursor` of the page before.",
        ));
    }
    let (id, of) = cursor.split_at(16);
    let id = u64::from_str_radix(id, 16).ok();
    let id = id.and_then(|id| i64::try_from(id).ok());
    let of = u64::from_str_radix(of, 16).ok();
    // Another list's, or another connection's: such a page is not there.
    id.filter(|_| of == Some(digest(asked)))
        .ok_or_else(|| Problem::no_such("page of this list", "cursor"))
}

fn digest(asked: &str) -> u64 {
    let digest = Sha256::digest(asked);
    let (first, _) = digest
        .split_first_chunk()
        .expect("a digest is longer than eight bytes");
    u64::from_be_bytes(*first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_of_its_list_alone() {
        let cursor = after(i64::MAX, "jobs of acme");
        assert_eq!(read(&cursor, "jobs of acme"), Ok(i64::MAX));
        assert!(read(&cursor, "jobs of globex").is_err());
        let beyond = format!("{}{}", "f".repeat(16), &cursor[16..]);
        for wrong in ["", "x", &cursor[1..], &beyond, &cursor.to_uppercase()] {
            assert!(read(wrong, "jobs of acme").is_err(), "{wrong}");
        }
    }
}
