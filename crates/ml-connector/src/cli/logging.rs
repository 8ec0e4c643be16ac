//! Logs: a readable message and queryable fields, on standard error. `RUST_LOG` chooses what is said.

use tracing_subscriber::EnvFilter;

pub(super) fn start(json: bool) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false);
    // A second call, as in tests, keeps the first logger.
    let _ = if json {
        logs.json().try_init()
    } else {
        logs.with_ansi(super::output::is_watched()).try_init()
    };
}
