//! Certificates that the world does not trust: signed by themselves or by a CA of one's own, and given with `--ca-file`.

use dockreg_region::authority::{Authority, Issued};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair};

use crate::harness::{Fixture, HOST};

/// What `openssl req -x509 -addext subjectAltName=…` makes: it says of itself that it is an authority.
fn as_openssl_makes_it(host: &str) -> Issued {
    let mut params = CertificateParams::new(vec![host.to_owned()]).expect("a name");
    params.distinguished_name.push(DnType::CommonName, host);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.not_after = rcgen::date_time_ymd(2099, 1, 1);
    let key = KeyPair::generate().expect("a key");
    let certificate = params.self_signed(&key).expect("a certificate").pem();
    Issued { certificate, chain: String::new(), private_key: key.serialize_pem() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_self_signed_one_works_when_it_is_given_and_docker_is_told() {
    let fixture = Fixture::new().await;
    let made = as_openssl_makes_it(HOST);
    fixture.keep("own", &made);
    let file = fixture.file("own.pem", &made.certificate).display().to_string();
    let up = ["up", "--domain", HOST, "--certificate", "own", "--yes"];

    let given = [&up[..], &["--ca-file", &file]].concat();
    let ready = fixture.run(&given).await.exits(0);
    let line = format!("  sudo install -D -m 644 {file} /etc/docker/certs.d/{HOST}/ca.crt\n");
    assert!(ready.stdout.contains(&line) && ready.stdout.contains("is ready"), "{ready}");
    assert!(!ready.stderr.contains("does not trust"), "{ready}");
    fixture.run(&["status", "--ca-file", &file]).await.exits(0).ignored();
    let document = fixture.run(&[&given[..], &["--output", "json"]].concat()).await.exits(0).document();
    let expected = serde_json::json!({ "file": file, "install_as": format!("/etc/docker/certs.d/{HOST}/ca.crt") });
    assert_eq!(document["data"]["ca_for_docker"], expected, "{document:#}");

    let blind = fixture.run(&["status"]).await.exits(4);
    assert!(blind.stderr.contains("the certificate signed itself, and is not trusted here"), "{blind}");
    assert!(blind.stderr.contains("name the certificate itself with --ca-file"), "{blind}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_given_is_trusted_for_nothing_else() {
    let fixture = Fixture::new().await;
    let (served, given) = (as_openssl_makes_it(HOST), as_openssl_makes_it(HOST));
    fixture.keep("own", &served);
    let file = fixture.file("other.pem", &given.certificate).display().to_string();
    let up = ["up", "--domain", HOST, "--certificate", "own", "--yes", "--no-verify", "--ca-file", &file];
    let warned = fixture.run(&up).await.exits(0);
    assert!(warned.stderr.contains("whom this machine does not trust"), "{warned}");
    let other = fixture.run(&["status", "--ca-file", &file]).await.exits(4);
    assert!(other.stderr.contains("because: TLS"), "{other}");

    // The very certificate, on a listener of a host that it is not for.
    let wrong = as_openssl_makes_it("a.example.test");
    fixture.keep("own", &wrong);
    let file = fixture.file("wrong.pem", &wrong.certificate).display().to_string();
    let other = fixture.run(&["status", "--ca-file", &file]).await.exits(4);
    assert!(other.stderr.contains("the certificate covers a.example.test, not docker.example.test"), "{other}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ca_of_ones_own_works_for_the_run_that_is_given_it() {
    let fixture = Fixture::new().await;
    let own = Authority::new(jiff::Timestamp::now()).expect("an authority");
    let issued = own.issue(&[HOST.to_owned()]).expect("a certificate");
    fixture.keep("private", &issued);
    let file = fixture.file("ca.pem", own.pem()).display().to_string();
    let up = ["up", "--domain", HOST, "--certificate", "private", "--yes", "--dns-zone", "none"];
    let ready = fixture.run(&[&up[..], &["--ca-file", &file]].concat()).await.exits(0);
    assert!(ready.stdout.contains(&format!("/etc/docker/certs.d/{HOST}/ca.crt")), "{ready}");
    fixture.run(&["status", "--ca-file", &file]).await.exits(0).ignored();
    fixture.run(&["status"]).await.exits(4).ignored();
    let missing = fixture.run(&["status", "--ca-file", "absent.pem"]).await.exits(1);
    assert!(missing.stderr.contains("could not read --ca-file"), "{missing}");
}
