//! The region as a program: starts it and prints the exports to paste.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Parser;
use dockreg_region::{Options, start, wire};

/// A simulated AWS region on this machine: prints the exports that point AWS clients and dockreg at it, then runs
/// until Ctrl-C.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// Make a hosted zone and a certificate for this host, such as docker.example.test
    #[arg(long, value_name = "HOST")]
    domain: Option<String>,
    /// Region name
    #[arg(long, default_value = "us-east-1")]
    region: String,
    /// How much faster than AWS things happen
    #[arg(long, default_value_t = 60.0)]
    speed: f64,
    /// Seed of every random choice
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Port of the endpoint (a free one unless given)
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// JSON file with an array of faults
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// JSON file with a policy document: all that the caller may do
    #[arg(long, value_name = "FILE")]
    caller_policy: Option<PathBuf>,
    /// An account that has never had a load balancer or an Auto Scaling group
    #[arg(long)]
    new_account: bool,
    /// Keep objects in this S3 server, such as moto_server, instead of in memory
    #[arg(long, value_name = "URL")]
    s3: Option<String>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let Args { domain, region, speed, seed, port, faults, caller_policy, new_account, s3 } = Args::parse();
    let faults = match faults {
        None => Vec::new(),
        Some(file) => {
            let text = std::fs::read_to_string(&file).with_context(|| format!("could not read {}", file.display()))?;
            wire::faults(&text).map_err(|problem| anyhow::anyhow!("{}: {problem}", file.display()))?
        }
    };
    let caller_policy = caller_policy.map(|file| policy(&file)).transpose()?;
    let options =
        Options { region, domain, speed, seed, port, faults, caller_policy, new_account, s3, ..Options::default() };
    let running = start(options).await?;
    print(&running.environment());
    tokio::signal::ctrl_c().await.context("could not wait for Ctrl-C")?;
    running.stop().await;
    Ok(())
}

fn policy(file: &Path) -> anyhow::Result<serde_json::Value> {
    let text = std::fs::read_to_string(file).with_context(|| format!("could not read {}", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is no policy document", file.display()))
}

#[expect(clippy::print_stdout, reason = "the exports are this program's result")]
fn print(environment: &[(String, String)]) {
    for (name, value) in environment {
        println!("export {name}='{value}'");
    }
}
