//! Starts the rehearsal in namespaces of its own (mounts, processes, network), hands it signals, and cleans up after it.
//! If it is killed itself, the system ends all that ran in the namespaces.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use dockreg_region::node::machine::run;
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

use crate::arguments::Arguments;
use crate::leftover::{self, Trace};
use crate::table::say;

/// Where a rehearsal's client machine leaves its first process, for `--enter`.
pub const CLIENT_FILE: &str = "client";

/// Exit code of an interrupted rehearsal.
pub const INTERRUPTED: u8 = 130;

/// How long an interrupted rehearsal may take to end by itself.
const END_LIMIT: Duration = Duration::from_secs(30);

/// Runs the rehearsal to its end; gives its exit code.
///
/// # Errors
/// When another rehearsal runs, or the namespaces cannot be made.
pub async fn supervise(arguments: &Arguments) -> Result<u8> {
    leftover::remove(&arguments.scratch, None).await?;
    let mut trace = Trace::of_this_process()?;
    trace.write(&arguments.scratch)?;
    let outcome = in_namespaces(arguments, &mut trace).await;
    let removed = leftover::remove(&arguments.scratch, Some(&trace)).await;
    let code = outcome?;
    removed?;
    Ok(code)
}

async fn in_namespaces(arguments: &Arguments, trace: &mut Trace) -> Result<u8> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let mut hangup = signal(SignalKind::hangup())?;
    let mut unshare = start(arguments, trace)?;
    trace.inner = first_child(&mut unshare).await;
    trace.write(&arguments.scratch)?;
    let mut interrupted = false;
    loop {
        tokio::select! {
            status = unshare.wait() => {
                let status = status?;
                return Ok(if interrupted && status.code().is_none() { INTERRUPTED } else { exit_code(status) });
            }
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
            () = tokio::time::sleep(END_LIMIT), if interrupted => {
                say("it does not end by itself: ending all it started");
                unshare.start_kill()?;
            }
        }
        interrupted = true;
        if let Some(inner) = trace.inner {
            // Gone already is as good as told.
            let _gone = run("kill", &["-s", "TERM", &inner.to_string()]).await;
        }
    }
}

fn start(arguments: &Arguments, trace: &Trace) -> Result<Child> {
    let program = std::env::current_exe().context("this program does not know where it is")?;
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--net", "--fork", "--kill-child=SIGKILL"]);
    command.args(["--mount-proc", "--propagation", "private"]).arg(program);
    command.arg("--inside").arg(&trace.prefix);
    command.arg("--dockreg").arg(&arguments.dockreg).arg("--machine").arg(&arguments.machine);
    command.arg("--moto").arg(&arguments.moto).arg("--aws-cli").arg(&arguments.aws_cli);
    command.arg("--scratch").arg(&arguments.scratch);
    for (flag, given) in [("--keep", arguments.keep), ("--chaos", arguments.chaos)] {
        if given {
            command.arg(flag);
        }
    }
    command.args(["--suite", &arguments.suite]);
    if let Some(only) = &arguments.only {
        command.args(["--only", only]);
    }
    if let Some(record) = &arguments.record {
        command.arg("--record").arg(record);
    }
    command.spawn().context("could not start setpriv and unshare")
}

/// The rehearsal itself: the first and only child of `unshare`, which has taken the place of `setpriv`.
async fn first_child(unshare: &mut Child) -> Option<u32> {
    let pid = unshare.id()?;
    for _ in 0..100 {
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        if let Some(child) = children.split_whitespace().next().and_then(|child| child.parse().ok()) {
            return Some(child);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    None
}

/// Runs a command on the client machine of the rehearsal that runs; gives its exit code.
///
/// # Errors
/// When none runs, or its client is not up yet.
pub async fn enter(arguments: &Arguments) -> Result<u8> {
    let trace = running(arguments)?;
    let inner = trace.inner.context("the rehearsal is just starting")?.to_string();
    let client = fs::read_to_string(arguments.scratch.join(CLIENT_FILE)).context("its client machine is not up yet")?;
    let mut command = Command::new("nsenter");
    command.args(["--target", &inner, "--mount", "--pid", "--net"]);
    command.args(["nsenter", "--target", client.trim(), "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"]);
    command.args(["--root", "--wd", "env", "-i", "HOME=/root", "LANG=C.UTF-8", "TERM=xterm"]);
    command.args(["bash", "-lc", r#"[ $# -gt 0 ] || set -- bash -i; exec "$@""#, "bash"]);
    command.args(arguments.enter.iter().flatten());
    Ok(exit_code(command.status().await.context("could not start nsenter")?))
}

/// Ends the rehearsal that runs, and waits until it is gone.
///
/// # Errors
/// When none runs, or it does not end.
pub async fn stop(arguments: &Arguments) -> Result<u8> {
    let trace = running(arguments)?;
    run("kill", &["-s", "TERM", &trace.supervisor.to_string()]).await?;
    for _ in 0..600 {
        if !trace.alive() {
            say("ended");
            return Ok(0);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("process {} does not end", trace.supervisor)
}

fn running(arguments: &Arguments) -> Result<Trace> {
    match Trace::read(&arguments.scratch) {
        Some(trace) if trace.alive() => Ok(trace),
        _ => bail!("no rehearsal runs; `tests/rehearse --keep` starts one"),
    }
}

fn exit_code(status: ExitStatus) -> u8 {
    match (status.code(), status.signal()) {
        (Some(code), _) => u8::try_from(code).unwrap_or(1),
        (None, Some(signal)) => u8::try_from(128 + signal).unwrap_or(1),
        (None, None) => 1,
    }
}
