//! `-vv`: every AWS call with its time, on standard error.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use super::screen::Traces;

/// Shows every AWS call from now on. Only the names of calls: the SDK notes parameters and answers, which may hold
/// secrets, at levels that are not asked for here.
pub fn show_calls() {
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new("dockreg=debug,aws_sdk=debug"))
        .with_span_events(FmtSpan::CLOSE)
        .with_ansi(false)
        .with_target(false)
        .with_writer(|| Traces)
        .finish();
    let set = tracing::subscriber::set_global_default(subscriber);
    debug_assert!(set.is_ok(), "set once");
}
