//! How fast the simulated region is: `cargo test --bench region`, a few seconds to a minute. Nothing is asserted; the
//! table of medians is for people. Words after `--` choose cases; `--timeline` shows where the time of an `up` goes.

#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

#[path = "../region/tests/harness/compute/rig.rs"]
#[expect(dead_code, reason = "shared with the region's tests, which take the rest")]
mod rig;

use std::time::{Duration, Instant};

use dockreg_region::{Options, start};
use rig::{HOST, Rig};
use tokio::process::Command;
use tokio::task::LocalSet;

/// Runs of each case but the last.
const RUNS: u32 = 7;

/// How many regions come up side by side.
const REGIONS: usize = 200;

/// At this speed the region adds next to nothing to what the programs themselves take.
const FULL_SPEED: f64 = 100_000.0;

/// One `dockreg up`: the whole, and its parts.
struct Up {
    whole: Duration,
    /// From the start of the process to its first call.
    start: f64,
    /// From the first call to the stack's first event.
    preview: f64,
    /// From the stack's first event to CREATE_COMPLETE.
    stack: f64,
    /// From there to the end of the process.
    end: f64,
    calls: usize,
}

async fn up(timeline: bool) -> anyhow::Result<Up> {
    let domain = Some(HOST.to_owned());
    let running = start(Options { domain, speed: FULL_SPEED, ..Options::default() }).await?;
    let home = tempfile::tempdir()?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_dockreg"));
    command.args(["up", "--domain", HOST, "--yes", "--poll-interval", "5ms"]);
    command.env_clear().envs(running.environment()).env("HOME", home.path()).env("PATH", "/usr/bin:/bin");
    let began_at = running.region().clock.epoch();
    let began = Instant::now();
    let output = command.output().await?;
    let whole = began.elapsed();
    anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let region = running.region();
    if timeline {
        println!("{}", region.journal.timeline());
    }
    let (entries, changes) = (region.journal.entries(), region.journal.changes());
    let by_us: Vec<f64> = entries.iter().filter(|one| one.caller.contains("user/")).map(|one| one.at).collect();
    let first = by_us.iter().copied().fold(f64::INFINITY, f64::min);
    let at = |state: &str| {
        let mut all = changes.iter().filter(|one| one.what.starts_with("stack ") && one.state == state);
        all.next().map_or(first, |one| one.at)
    };
    let (created, complete) = (at("CREATE_IN_PROGRESS"), at("CREATE_COMPLETE"));
    let ended = began_at + whole.as_secs_f64();
    let (start, preview, stack) = (first - began_at, created - first, complete - created);
    Ok(Up { whole, start, preview, stack, end: ended - complete, calls: by_us.len() })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// Prints a case; `cpu` is what one run took of it, where that is known.
fn row(case: &str, seconds: f64, cpu: Option<f64>, note: &str) {
    let cpu = cpu.map_or_else(String::new, |cpu| format!("{:.0} ms", cpu * 1000.0));
    println!("| {case:<44} | {:>8.0} ms | {cpu:>9} | {note} |", seconds * 1000.0);
}

/// Seconds of CPU that this process and its ended children have had.
fn cpu() -> f64 {
    let status = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = status.rsplit(") ").next().unwrap_or_default().split(' ');
    // User and system time of both, in hundredths of a second: fields 14 to 17 of proc_pid_stat(5).
    fields.skip(11).take(4).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// The most memory that this process has ever had, in MiB.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse::<u64>().ok()).unwrap_or_default() / 1024
}

#[tokio::main(flavor = "multi_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let timeline = arguments.iter().any(|word| word == "--timeline");
    let words: Vec<&String> = arguments.iter().filter(|word| !word.starts_with('-')).collect();
    let chosen = |case: &str| words.is_empty() || words.iter().any(|word| case.contains(word.as_str()));
    println!("| case, medians of {RUNS} | time | CPU | |\n|---|---|---|---|");
    let each = |since: f64| Some((cpu() - since) / f64::from(RUNS));
    if chosen("region started") {
        let (mut times, spent) = (Vec::new(), cpu());
        for _ in 0..RUNS {
            let began = Instant::now();
            let running = start(Options { domain: Some(HOST.to_owned()), ..Options::default() }).await?;
            times.push(began.elapsed().as_secs_f64());
            running.stop().await;
        }
        row("region started, with zone and certificate", median(times), each(spent), "");
    }
    if chosen("whole up") {
        let (mut all, spent) = (Vec::new(), cpu());
        for run in 0..RUNS {
            all.push(up(timeline && run == 0).await?);
        }
        let spent = each(spent);
        let of = |part: fn(&Up) -> f64| median(all.iter().map(part).collect());
        let calls = format!("{} calls", all[0].calls);
        row("whole up: dockreg, region, in-process node", of(|up| up.whole.as_secs_f64()), spent, &calls);
        row("  to its first call", of(|up| up.start), None, "");
        row("  to the stack's first event", of(|up| up.preview), None, "");
        row("  to CREATE_COMPLETE", of(|up| up.stack), None, "");
        row("  to its end", of(|up| up.end), None, "");
    }
    if chosen("create stack by API") {
        let (mut times, spent) = (Vec::new(), cpu());
        for _ in 0..RUNS {
            let rig = Rig::at_speed(FULL_SPEED).await;
            let began = Instant::now();
            rig.create(&[]).await;
            times.push(began.elapsed().as_secs_f64());
        }
        row("create stack by API: balancer, group, node", median(times), each(spent), "");
    }
    if chosen("200 regions at once") {
        let (began, spent) = (Instant::now(), cpu());
        let watching = LocalSet::new();
        for _ in 0..REGIONS {
            watching.spawn_local(async { Rig::at_speed(FULL_SPEED).await.create(&[]).await });
        }
        watching.await;
        let case = format!("{REGIONS} regions at once, one stack each");
        row(&case, began.elapsed().as_secs_f64(), Some(cpu() - spent), &format!("{} MiB at most", memory()));
    }
    Ok(())
}
