//! `--help` of every command: what it prints and returns is part of the contract.

use crate::harness::Fixture;

#[tokio::test(flavor = "multi_thread")]
async fn every_command_explains_itself() {
    let fixture = Fixture::new().await;
    for (name, arguments) in [
        ("dockreg", &["--help"][..]),
        ("up", &["up", "--help"]),
        ("status", &["status", "--help"]),
        ("down", &["down", "--help"]),
        ("cert_list", &["cert", "list", "--help"]),
        ("cert_upload", &["cert", "upload", "--help"]),
        ("cert_rotate", &["cert", "rotate", "--help"]),
        ("cert_delete", &["cert", "delete", "--help"]),
        ("login", &["login", "--help"]),
        ("template", &["template", "--help"]),
        ("iam_policy", &["iam-policy", "--help"]),
    ] {
        let output = fixture.run(arguments).await.exits(0);
        assert!(output.stdout.lines().all(|line| line.chars().count() <= 120), "{output}");
        insta::assert_snapshot!(format!("help_{name}"), output.transcript());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_prose_of_the_help_fits_a_narrow_terminal_as_it_is() {
    let (mut narrow, wide) = (Fixture::new().await, Fixture::new().await);
    narrow.set("COLUMNS", "80");
    for command in [
        &["--help"][..],
        &["up", "--help"],
        &["status", "--help"],
        &["down", "--help"],
        &["cert", "list", "--help"],
        &["cert", "upload", "--help"],
        &["cert", "rotate", "--help"],
        &["cert", "delete", "--help"],
        &["login", "--help"],
        &["template", "--help"],
        &["iam-policy", "--help"],
    ] {
        let prose = |help: &str| help.rsplit_once("DOCKREG_POLL_INTERVAL]").map(|(_, prose)| prose.to_owned());
        let help = narrow.run(command).await.exits(0);
        assert!(help.stdout.lines().all(|line| line.chars().count() <= 80), "{help}");
        assert_eq!(prose(&help.stdout), prose(&wide.run(command).await.exits(0).stdout), "a line was broken");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_version_is_that_of_the_package() {
    let output = Fixture::new().await.run(&["--version"]).await.exits(0);
    assert_eq!(output.stdout, concat!("dockreg ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_command_at_all_shows_the_help() {
    let mut fixture = Fixture::new().await;
    // A flag given by the environment counts as an argument.
    fixture.unset("DOCKREG_POLL_INTERVAL");
    let output = fixture.run(&[]).await.exits(2);
    assert!(output.stderr.contains("dockreg up --domain"), "{output}");
}
