//! Mappings as operators work with them: what a word means in Odoo, what may belong together, and the table as a file.
//!
//! Nothing here calls a vendor or changes anything; what both systems have is given. What is ambiguous is refused with
//! the candidates, never guessed.

pub mod resolve;
pub mod sheet;
pub mod suggest;
