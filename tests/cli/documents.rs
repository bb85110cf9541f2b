//! `--output json`: one document on every path, and nothing else on standard output.

use crate::harness::{Fixture, HOST};

#[tokio::test(flavor = "multi_thread")]
async fn every_path_ends_with_one_document() {
    let fixture = Fixture::new().await;
    for (arguments, code, result, kind) in [
        (&["status", "--output", "json"][..], 1, "refused", Some("unknown-stack")),
        (&["up", "--output", "json", "--nodes", "many"], 2, "refused", Some("usage")),
        (&["up", "--output", "json", "--domain", HOST], 1, "refused", Some("no-terminal")),
        (&["up", "--output", "json", "--domain", "other.example.test", "--yes"], 1, "refused", Some("certificate")),
        (&["down", "--output", "json", "--yes"], 0, "ok", None),
        (&["cert", "list", "--output", "json", "--domain", HOST], 0, "ok", None),
        (&["up", "--output", "json", "--domain", HOST, "--dry-run"], 0, "ok", None),
        (&["up", "--output", "json", "--domain", HOST, "--yes"], 0, "ok", None),
        (&["up", "--output", "json", "--domain", HOST, "--yes"], 0, "ok", None),
        (&["status", "--output", "json"], 0, "ok", None),
        (&["down", "--output", "json", "--yes"], 0, "ok", None),
    ] {
        let output = fixture.run(arguments).await.exits(code);
        let document = output.document();
        assert_eq!(document["schema"], 1);
        assert_eq!(document["result"], result, "{output}");
        assert_eq!(document["error"]["kind"].as_str(), kind, "{output}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn status_and_certificates_as_data() {
    let fixture = Fixture::new().await;
    fixture.run(&crate::harness::UP).await.exits(0).ignored();
    let status = fixture.run(&["status", "--output", "json"]).await;
    insta::assert_snapshot!("document_status", status.transcript());
    let listed = fixture.run(&["cert", "list", "--domain", HOST, "--output", "json"]).await;
    insta::assert_snapshot!("document_cert_list", listed.transcript());
}
