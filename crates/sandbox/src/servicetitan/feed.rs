//! Export feeds: every row that ever was, active or not, in the order of change.
//!
//! A cursor is a place in that order, so no row is lost: one that changes moves to the end, where
//! a reader sees it again. Rows that changed a moment ago are withheld, and everything after the
//! first of them, so a reader never passes a row that it has not been given. Asked for recent
//! changes, a feed withholds nothing and repeats a few rows from before the cursor.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::{SignedDuration, Timestamp};
use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;
use sha2::Sha256;

use super::options::Switches;
use super::problem::Problem;
use super::query::{Query, instant};
use super::table::{Change, Record, Table};

/// A page of a feed, before its rows take their wire form.
#[derive(Debug)]
pub(super) struct Page<'a, T> {
    pub(super) rows: Vec<&'a T>,
    pub(super) has_more: bool,
    pub(super) continue_from: String,
}

/// Where reading begins.
enum From {
    Start,
    Token(Change),
    Date(Timestamp),
}

/// Makes and reads the tokens of one feed of one tenant.
pub(super) struct Tokens<'a> {
    pub(super) seed: u64,
    pub(super) tenant: i64,
    pub(super) feed: &'a str,
}

impl Tokens<'_> {
    fn make(&self, place: Change) -> String {
        let seal = self.seal(place);
        let hidden = place.0 ^ u64::from_be_bytes(seal);
        BASE64_URL_SAFE_NO_PAD.encode([seal, hidden.to_be_bytes()].concat())
    }

    fn read(&self, token: &str) -> Option<Change> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).ok()?;
        let bytes: [u8; 16] = bytes.try_into().ok()?;
        let (seal, hidden) = bytes.split_at(8);
        let seal = u64::from_be_bytes(seal.try_into().ok()?);
        let place = Change(u64::from_be_bytes(hidden.try_into().ok()?) ^ seal);
        (self.seal(place) == seal.to_be_bytes()).then_some(place)
    }

    /// Binds a token to its feed and tenant, so that a mixed-up cursor is refused.
    fn seal(&self, place: Change) -> [u8; 8] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.seed.to_be_bytes())
            .expect("HMAC takes a key of any length");
        mac.update(format!("{}|{}|{}", self.feed, self.tenant, place.0).as_bytes());
        let bytes = mac.finalize().into_bytes();
        std::array::from_fn(|i| bytes[i])
    }
}

/// The page that `from` asks for.
pub(super) fn read<'a, T: Record>(
    table: &'a Table<T>,
    tokens: &Tokens<'_>,
    query: &Query,
    switches: &Switches,
    now: Timestamp,
) -> Result<Page<'a, T>, Problem> {
    let recent = query.flag("includeRecentChanges")?;
    let from = match query.text("from") {
        None => From::Start,
        Some(text) => match (tokens.read(text), instant(text)) {
            (Some(place), _) => From::Token(place),
            (None, Some(date)) => From::Date(date),
            (None, None) => {
                return Err(Problem::invalid(
                    "From",
                    "The continuation token is not valid.",
                ));
            }
        },
    };
    let start = if let From::Token(place) = from {
        place
    } else {
        Change::default()
    };
    let mut place = start;
    let mut rows = Vec::new();
    let mut has_more = false;
    if recent && let From::Token(_) = from {
        rows = table.up_to(start, switches.feed_repeats);
    }
    let repeated = rows.len();
    let withheld_from = now - SignedDuration::from_secs(switches.feed_withheld_s);
    for (change, row, lag) in table.after(start) {
        let too_fresh =
            !recent && switches.feed_withheld_s > 0 && row.modified_on() > withheld_from;
        if too_fresh || lag.is_some_and(|until| now < until) {
            break;
        }
        if rows.len() - repeated >= switches.feed_page_size.max(1) {
            has_more = true;
            break;
        }
        place = change;
        if let From::Date(date) = from
            && row.modified_on() < date
        {
            continue;
        }
        rows.push(row);
    }
    if switches.feed_out_of_order {
        rows.shuffle(&mut ChaCha8Rng::seed_from_u64(tokens.seed ^ place.0));
    }
    Ok(Page {
        rows,
        has_more,
        continue_from: tokens.make(place),
    })
}
