//! `dockreg-bootstrap`, the script that makes a node of a machine, run as it is on a clock of its own.

use std::os::unix::fs::PermissionsExt;

use crate::node_rig::{Done, Rig};

/// A machine, booted 20 s ago, on which every step goes well.
fn machine() -> Rig {
    let rig = Rig::new();
    rig.install("dockreg-bootstrap");
    rig.write("uptime", "20.00 30.00\n");
    rig.write("meminfo", "MemTotal:        2000896 kB\nMemFree:          100000 kB\n");
    rig.write(
        "stat",
        &format!("1 (systemd) S {}\n", (4..23).map(|field| if field == 22 { "0 " } else { "7 " }).collect::<String>()),
    );
    for name in ["nginx", "dockerd", "openssl", "python3", "systemctl", "journalctl", "docker", "dockreg-users"] {
        rig.stub(name, "");
    }
    rig.stub("curl", "cat >/dev/null");
    // Where nobody waits, its time passes all the same.
    rig.stub("sleep", r#"now=$(cut -d. -f1 uptime); echo "$((now + $1)).00 0" >uptime"#);
    rig.stub("dockreg-aws", r#"case $1 in health) echo healthy ;; secret) echo 0123456789abcdef ;; esac"#);
    rig
}

fn seconds(rig: &Rig) -> u64 {
    let uptime = rig.read("uptime").unwrap_or_default();
    uptime.split('.').next().and_then(|whole| whole.parse().ok()).unwrap_or_default()
}

/// It has told CloudFormation that it failed, and the console at which step.
#[track_caller]
fn failed_at(rig: &Rig, done: &Done, step: &str) {
    assert_ne!(done.code, 0, "{done:?}");
    assert!(done.said.contains(&format!("dockreg: FAILED step={step}\n")), "{done:?}");
    assert_eq!(signals(rig), ["FAILURE"], "{done:?}");
}

fn signals(rig: &Rig) -> Vec<String> {
    let calls = rig.calls();
    calls.lines().filter_map(|call| call.strip_prefix("dockreg-aws signal ")).map(str::to_owned).collect()
}

#[test]
fn a_machine_becomes_a_node_and_says_so_once_the_load_balancer_does() {
    let rig = machine();
    let done = rig.run("dockreg-bootstrap");
    assert_eq!(done.code, 0, "{done:?}");
    let steps: Vec<&str> = done.said.lines().filter_map(|line| line.strip_prefix("dockreg: ")).collect();
    let expected = ["packages", "docker", "secrets", "users", "image", "registry", "proxy", "ping", "load-balancer"];
    assert_eq!(steps, [expected.as_slice(), &["signal", "READY"]].concat());
    assert_eq!(signals(&rig), ["SUCCESS"]);
    let calls = rig.calls();
    assert!(!calls.contains("apt-get"), "nothing is fetched where everything is there: {calls}");
    let place = |call: &str| calls.find(call).unwrap_or_else(|| panic!("no {call} in {calls}"));
    assert!(place("dockreg-users") < place("systemctl restart nginx"), "{calls}");
    assert!(place("dockreg-aws health") < place("dockreg-aws signal SUCCESS"), "{calls}");
}

#[test]
fn the_registry_saves_from_half_of_the_memory_on_and_its_secret_is_for_root_alone() {
    let rig = machine();
    assert_eq!(rig.run("dockreg-bootstrap").code, 0);
    let settings = rig.read("etc/dockreg/registry.env").unwrap_or_default();
    let line = |wanted: &str| settings.lines().any(|line| line == wanted);
    assert!(line("GOMEMLIMIT=977MiB"), "2,000,896 kB are 1,954 MiB");
    assert!(line("REGISTRY_HTTP_SECRET=0123456789abcdef") && line("REGISTRY_STORAGE_S3_BUCKET=images"));
    let mode = std::fs::metadata(rig.path("etc/dockreg/registry.env")).map(|file| file.permissions().mode() & 0o777);
    assert_eq!(mode.ok(), Some(0o600));
}

#[test]
fn users_who_make_no_sense_end_the_boot_at_once_and_users_who_cannot_be_read_after_two_minutes() {
    for (code, least, most) in [(2, 0, 5), (1, 120, 150)] {
        let rig = machine();
        rig.stub("dockreg-users", &format!("echo 'dockreg-users: the users secret is refused' >&2; exit {code}"));
        let done = rig.run("dockreg-bootstrap");
        failed_at(&rig, &done, "users");
        let took = seconds(&rig) - 20;
        assert!((least..=most).contains(&took), "{took} s: {done:?}");
        assert!(!rig.calls().contains("nginx"), "nothing serves: {}", rig.calls());
    }
}

#[test]
fn users_who_can_be_read_later_are_waited_for() {
    let rig = machine();
    rig.stub("dockreg-users", r#"[ "$(cut -d. -f1 uptime)" -gt 80 ]"#);
    let done = rig.run("dockreg-bootstrap");
    assert_eq!((done.code, signals(&rig)), (0, vec!["SUCCESS".to_owned()]), "{done:?}");
    assert!(seconds(&rig) > 80, "{done:?}");
}

/// The reason is the last thing that is said before the failure, for `dockreg up` to quote.
#[test]
fn a_failed_step_is_told_with_its_reason_before_it() {
    let rig = machine();
    rig.stub("docker", "[ \"$1\" = image ] && exit 1; echo 'Error response from daemon: manifest unknown'; exit 1");
    rig.stub("journalctl", "echo 'a line of another service'");
    let done = rig.run("dockreg-bootstrap");
    failed_at(&rig, &done, "image");
    assert!(done.said.contains("manifest unknown\ndockreg: FAILED step=image\n"), "{done:?}");
    // What a service said is in its journal alone.
    let rig = machine();
    rig.stub("curl", "cat >/dev/null; exit 22");
    rig.stub("journalctl", "echo 'panic: no bucket'");
    let done = rig.run("dockreg-bootstrap");
    failed_at(&rig, &done, "ping");
    assert!(done.said.contains("panic: no bucket\ndockreg: FAILED step=ping\n"), "{done:?}");
}

/// Whatever hangs: here a pull that would go on for ever, one second before the node is 780 s old.
#[test]
fn what_hangs_is_ended_before_cloudformation_gives_up() {
    for (call, step) in [("docker", "image"), ("systemctl", "docker")] {
        let rig = machine();
        rig.write("uptime", "779.50 0\n");
        rig.stub(call, "exec tail -f /dev/null");
        let done = rig.run("dockreg-bootstrap");
        failed_at(&rig, &done, step);
        assert!(done.said.contains("dockreg-bootstrap: not done in time\n"), "{done:?}");
    }
}

#[test]
fn time_counts_from_the_start_of_the_machine_but_for_a_run_by_hand() {
    // A container's clock is its host's: its first process tells its age.
    for (uptime, first, left) in [(20, 0, 760), (90_100, 9_000_000, 680), (5_000, 0, 780)] {
        let rig = machine();
        rig.write("uptime", &format!("{uptime}.00 0\n"));
        let stat = rig.read("stat").unwrap_or_default();
        rig.write("stat", &stat.replace("0 ", &format!("{first} ")));
        rig.stub("timeout", "exit 0");
        let done = rig.run("dockreg-bootstrap");
        assert_eq!(done.code, 0, "{done:?}");
        let calls = rig.calls();
        assert!(calls.starts_with(&format!("timeout -k 10 {left} ")), "{calls}");
    }
}
