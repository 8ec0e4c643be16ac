//! Deliveries from ServiceTitan: is this one genuine, which event is it, what does it touch.
//!
//! Guarantees: a signature is checked over the raw bytes and in constant time; any event type is
//! accepted; an event is recognised when it is delivered again ([`Envelope::occurrence`]).
//! Refuses: to guess. A delivery that does not say which tenant it is about, or which occurrence
//! it is, is an error. Needs no HTTP library; limit the body before it gets here.

mod envelope;
mod signature;
mod touches;

pub use self::envelope::{Envelope, EnvelopeError, Occurrence};
pub use self::signature::{InvalidVerifier, SignatureError, Verifier};
pub use self::touches::{Entity, Named, Touches};
