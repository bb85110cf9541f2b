//! `dockreg-users`, the script by which a node learns who its users are, run as it is.

use std::os::unix::fs::PermissionsExt;

use dockreg::registry::users;

use crate::node_rig::{Done, Rig};

/// Hashes as their tools write them, of the length that theirs have.
const APR1: &str = "$apr1$Lq1n6s3B$9w6hPPmZ8sdc3m3Ndq0Dm1";
const BCRYPT: &str = "$2y$05$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234";

const FILE: &str = "etc/dockreg/htpasswd";

/// A node that has never run it. `operator` and `users` in its folder are the secrets.
fn node() -> Rig {
    let rig = Rig::new();
    rig.install("dockreg-users");
    rig.stub("dockreg-aws", r#"[ "$1" = secret ] && cat "$2""#);
    // Its salt and the length of what it read, in a hash as long as a real one.
    rig.stub("openssl", r#"printf '%s$%086d\n' "\$6\$${4#????}" "$(wc -c)" | sed 's/^..../$6$/'"#);
    rig.stub("chgrp", "");
    rig.write("operator", "0123456789abcdef0123456789abcdef\n");
    rig.write("users", &format!("anna:{APR1}\n"));
    rig
}

fn names(rig: &Rig) -> Option<Vec<String>> {
    let file = rig.read(FILE)?;
    Some(file.lines().map(|line| line.split(':').next().unwrap_or_default().to_owned()).collect())
}

#[track_caller]
fn ends(done: &Done, code: i32) {
    assert_eq!(done.code, code, "{done:?}");
}

#[test]
fn operator_and_users_are_written_for_nginx_alone_and_no_password_is_on_a_command_line() {
    let rig = node();
    let done = rig.run("dockreg-users");
    ends(&done, 0);
    assert_eq!(names(&rig), Some(vec!["dockreg".to_owned(), "anna".to_owned()]));
    let file = rig.read(FILE).unwrap_or_default();
    assert!(file.starts_with("dockreg:$6$") && file.contains(&format!("anna:{APR1}\n")), "{file}");
    let mode = std::fs::metadata(rig.path(FILE)).map(|file| file.permissions().mode() & 0o777);
    assert_eq!(mode.ok(), Some(0o640));
    assert!(rig.calls().contains("chgrp www-data"), "{}", rig.calls());
    assert!(!rig.calls().contains("0123456789abcdef0123456789abcdef\n"), "{}", rig.calls());
    assert!(done.said.contains("2 users") && !done.said.contains("apr1"), "{}", done.said);
}

#[test]
fn a_fresh_node_that_cannot_know_its_users_knows_nobody() {
    for (users, code) in [(None, 1), (Some("no htpasswd entry"), 2)] {
        let rig = node();
        match users {
            Some(text) => rig.write("users", text),
            None => std::fs::remove_file(rig.path("users")).expect("it was there"),
        }
        let done = rig.run("dockreg-users");
        ends(&done, code);
        assert_eq!(names(&rig), None, "{users:?}");
    }
    // An empty secret is one that can be read: the operator alone.
    let rig = node();
    rig.write("users", "# one htpasswd entry a line\n");
    ends(&rig.run("dockreg-users"), 0);
    assert_eq!(names(&rig), Some(vec!["dockreg".to_owned()]));
}

#[test]
fn what_makes_no_sense_is_refused_with_its_line_and_the_last_good_lines_stay() {
    let rig = node();
    ends(&rig.run("dockreg-users"), 0);
    let before = rig.read(FILE);
    let sha = |prefix: &str, length: usize| format!("{prefix}{}", "a".repeat(length));
    for wrong in [
        "hunter2".to_owned(),
        "bert:hunter2".to_owned(),
        ":hunter2".to_owned(),
        format!("bert:{}", BCRYPT.replace("$05$", "$13$")),
        format!("bert:{}", BCRYPT.replace("$05$", "$31$")),
        format!("bert:{}", sha("$6$rounds=100001$salt$", 86)),
        format!("bert:{}", sha("$5$rounds=999999999$salt$", 43)),
        format!("bert:{}", sha("$y$jCT$salt$", 43)),
        format!("bert:{}", sha("$y$j9z$salt$", 43)),
    ] {
        let text = format!("anna:{APR1}\n# a comment\ncarl:{APR1} {wrong}\n");
        assert_eq!(users::check(&text).map_err(|fault| fault.line()), Err(3), "`up` refuses it before: {wrong}");
        rig.write("users", &text);
        let done = rig.run("dockreg-users");
        ends(&done, 2);
        assert!(done.said.contains("line 3 of the users secret"), "{done:?}");
        let hash = wrong.rsplit(':').next().unwrap_or_default();
        assert!(!done.said.contains(hash), "{done:?}");
        assert_eq!(rig.read(FILE), before, "{wrong}");
    }
}

#[test]
fn what_tools_write_is_taken_and_commas_spaces_and_comments_divide() {
    let rig = node();
    let sha = |prefix: &str, length: usize| format!("{prefix}{}", "a".repeat(length));
    let text = format!(
        "  # first\r\na:{BCRYPT}, b:{}\r\nc:{} d:{},e:{}\nf:{}\ng:{{SHA}}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\ndockreg:{APR1}",
        BCRYPT.replace("$2y$05$", "$2b$12$"),
        sha("$6$salt$", 86),
        sha("$6$rounds=100000$salt$", 86),
        sha("$5$rounds=5000$salt$", 43),
        sha("$y$j9T$salt$", 43),
    );
    assert_eq!(users::check(&text), Ok(()), "`up` takes it before");
    rig.write("users", &text);
    ends(&rig.run("dockreg-users"), 0);
    let expected = ["dockreg", "a", "b", "c", "d", "e", "f", "g"].map(str::to_owned);
    assert_eq!(names(&rig), Some(expected.to_vec()), "the operator's name stays the operator's");
}

#[test]
fn a_hash_that_cannot_be_made_replaces_no_good_one() {
    for broken in ["exit 1", "cat >/dev/null", "printf '%0118d\n' 0; exit 1"] {
        let rig = node();
        ends(&rig.run("dockreg-users"), 0);
        let before = rig.read(FILE);
        rig.stub("openssl", broken);
        ends(&rig.run("dockreg-users"), 1);
        assert_eq!(rig.read(FILE), before, "{broken}");
        let fresh = node();
        fresh.stub("openssl", broken);
        ends(&fresh.run("dockreg-users"), 1);
        assert_eq!(names(&fresh), None, "{broken}");
    }
}

#[test]
fn each_secret_is_for_itself() {
    let rig = node();
    ends(&rig.run("dockreg-users"), 0);
    let before = rig.read(FILE).unwrap_or_default();
    rig.write("operator", "another password, longer than before");
    rig.write("users", "no htpasswd entry");
    ends(&rig.run("dockreg-users"), 2);
    let after = rig.read(FILE).unwrap_or_default();
    assert!(after != before && after.contains("anna:"), "{after}");
}
