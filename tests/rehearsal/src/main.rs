//! The program behind `tests/rehearse`: performs the full rehearsal and exits 0 only if every step held.

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use dockreg_rehearsal::arguments::{Arguments, Mode};
use dockreg_rehearsal::{perform, supervisor, table};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::WARN.into()).from_env_lossy();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    // One thread starts the namespaces: they end with the thread that started them.
    let runtime = match arguments.mode() {
        Mode::Full | Mode::Enter | Mode::Stop => tokio::runtime::Builder::new_current_thread().enable_all().build(),
        Mode::Inside | Mode::Light => tokio::runtime::Builder::new_multi_thread().enable_all().build(),
    };
    let outcome: Result<u8> = runtime.map_err(Into::into).and_then(|runtime| {
        runtime.block_on(async {
            match arguments.mode() {
                Mode::Full => supervisor::supervise(&arguments).await,
                Mode::Enter => supervisor::enter(&arguments).await,
                Mode::Stop => supervisor::stop(&arguments).await,
                Mode::Inside | Mode::Light => perform::perform(&arguments).await,
            }
        })
    });
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            table::say(&format!("failed: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
