//! The one binary; see `cli` for its roles.

use std::process::ExitCode;

fn main() -> ExitCode {
    ml_connector::cli::main()
}
