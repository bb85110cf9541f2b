//! The trace that a rehearsal leaves of itself, so that its end, or the next start after it was killed, finds all it
//! made and nothing else. Processes, mounts, links and network namespaces need no trace: they end with the namespaces.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use dockreg_region::node::machine::control_groups;
use serde::{Deserialize, Serialize};

/// Tries to remove a control group whose last process has just been killed.
const REMOVALS: u32 = 20;

/// Who made a scratch folder, and under which names.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Trace {
    /// The supervisor.
    pub supervisor: u32,
    /// When that process started, in clock ticks since boot: a later process of the same number is another.
    pub started: u64,
    /// Start of the name of every control group.
    pub prefix: String,
    /// The first process of the namespaces, once there is one.
    pub inner: Option<u32>,
}

impl Trace {
    /// A trace of this process.
    ///
    /// # Errors
    /// When the system does not say when this process started.
    pub fn of_this_process() -> Result<Self> {
        let supervisor = std::process::id();
        let started = start_time(supervisor).context("/proc does not show this process")?;
        Ok(Self { supervisor, started, prefix: format!("dkr{supervisor}-"), inner: None })
    }

    /// Reads the trace in `scratch`, if there is one.
    pub fn read(scratch: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(file(scratch)).ok()?).ok()
    }

    /// Writes the trace into `scratch`, making the folder.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, scratch: &Path) -> Result<()> {
        let context = || format!("could not write {}", file(scratch).display());
        fs::create_dir_all(scratch).with_context(context)?;
        fs::write(file(scratch), serde_json::to_vec(self)?).with_context(context)
    }

    /// Whether the process that made it still runs.
    pub fn alive(&self) -> bool {
        start_time(self.supervisor) == Some(self.started)
    }
}

/// Removes what an ended rehearsal left in `scratch` and in the control groups.
///
/// # Errors
/// When its supervisor still runs, when the folder is not a rehearsal's, or when something cannot be removed.
pub async fn remove(scratch: &Path, own: Option<&Trace>) -> Result<()> {
    if !scratch.exists() {
        return Ok(());
    }
    let Some(trace) = Trace::read(scratch) else {
        bail!("{} is there, but no rehearsal's: choose another folder by DOCKREG_REHEARSAL_CACHE", scratch.display());
    };
    if trace.alive() && own.is_none_or(|own| own.supervisor != trace.supervisor) {
        bail!("a rehearsal runs already (process {}); `tests/rehearse --stop` ends it", trace.supervisor);
    }
    for _ in 0..REMOVALS {
        if control_groups::remove_all(&trace.prefix) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    tokio::fs::remove_dir_all(scratch).await.with_context(|| format!("could not delete {}", scratch.display()))
}

fn file(scratch: &Path) -> PathBuf {
    scratch.join("rehearsal.json")
}

/// Field 22 of /proc/PID/stat; the second field may hold spaces and ends with the last parenthesis.
fn start_time(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}
