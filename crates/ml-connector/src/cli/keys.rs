//! `keys generate`: a bare master key, before anything else exists.

use clap::Subcommand;
use secrecy::ExposeSecret as _;
use store::MasterKey;

use super::{Exit, output};
use crate::clock;

#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Print a new master key. Keep it safe: without it nothing stored can be read.
    Generate,
}

impl KeysCommand {
    pub(super) fn run(self) -> Exit {
        match self {
            Self::Generate => output::line(
                MasterKey::generate(&mut clock::rng())
                    .to_text()
                    .expose_secret(),
            ),
        }
        Exit::Done
    }
}
