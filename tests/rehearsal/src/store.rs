//! The S3 that images are stored in: `moto_server`, reached through the region only.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// Where it listens, in this network namespace.
pub const ADDRESS: (&str, u16) = ("127.0.0.1", 9000);

/// Starts it and waits until it listens.
///
/// # Errors
/// When it does not start.
pub async fn start(program: &Path, log: &Path) -> Result<Child> {
    let log = File::create(log).context("could not make the store's log")?;
    let mut command = Command::new(program);
    command.args(["--host", ADDRESS.0, "--port", &ADDRESS.1.to_string()]).kill_on_drop(true);
    command.stdout(log.try_clone()?).stderr(log);
    let mut child = command.spawn().with_context(|| format!("could not start {}", program.display()))?;
    listening(&mut child, ADDRESS).await.context("moto_server")?;
    Ok(child)
}

/// Waits until `child` listens.
pub(crate) async fn listening(child: &mut Child, address: (&str, u16)) -> Result<()> {
    for _ in 0..300 {
        if TcpStream::connect(address).await.is_ok() {
            return Ok(());
        }
        if let Some(status) = child.try_wait()? {
            bail!("ended at once: {status}");
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("does not listen on {}:{}", address.0, address.1)
}
