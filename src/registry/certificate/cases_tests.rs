//! A table of generated certificates: which serve a host and which do not, each refused one with its message. Every row is
//! also put before a TLS client that shares no code with ours for names, and the two must agree.

mod cases;
mod make;
mod names;
mod odd;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{RootCertStore, client};

use super::{Candidate, Client, Coverage, Status, a_label, coverage, judge};

/// A row of the table.
struct Case {
    name: &'static str,
    host: String,
    candidate: Candidate,
    /// What a server would present: leaf first. Empty where there is nothing that a server could present.
    presented: Vec<CertificateDer<'static>>,
    client: Client,
    /// How it covers the host, or the exact message.
    says: String,
    opinion: Opinion,
}

/// What the second opinion has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opinion {
    /// The same.
    Same,
    /// A client would take it, and something else than TLS forbids it: why.
    Takes(&'static str),
    /// This client would not take it, and others do: why.
    Refuses(&'static str),
}

impl Case {
    /// How the certificate covers the host, or the message of its rejection.
    fn verdict(&self) -> String {
        match judge(&self.candidate, &self.host, &self.client) {
            Ok(Coverage::Exact) => "exact".to_owned(),
            Ok(Coverage::Wildcard) => "wildcard".to_owned(),
            Err(why) => why.to_string(),
        }
    }

    /// Whether rustls finds the host among the names.
    fn name_is_accepted(&self, leaf: &CertificateDer<'_>) -> bool {
        // A client is given the name that the user's tool made of it: ASCII.
        let host = if self.host.is_ascii() { self.host.clone() } else { a_label(&self.host).unwrap_or_default() };
        let (Ok(parsed), Ok(name)) = (ParsedCertificate::try_from(leaf), ServerName::try_from(host)) else {
            return false;
        };
        client::verify_server_name(&parsed, &name).is_ok()
    }

    /// Whether rustls takes the whole of what is presented.
    fn is_accepted(&self) -> bool {
        let [leaf, between @ ..] = self.presented.as_slice() else { return false };
        let now = UnixTime::since_unix_epoch(Duration::from_secs(self.client.now.as_second().unsigned_abs()));
        let algorithms = rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms.all;
        let roots: &RootCertStore = &self.client.roots;
        self.name_is_accepted(leaf)
            && ParsedCertificate::try_from(leaf).is_ok_and(|leaf| {
                client::verify_server_cert_signed_by_trust_anchor(&leaf, roots, between, now, algorithms).is_ok()
            })
    }
}

fn all() -> Vec<Case> {
    let pki = make::Pki::new();
    names::table(&pki).into_iter().chain(cases::table(&pki)).collect()
}

fn now() -> Timestamp {
    "2026-11-24T12:00:00Z".parse().expect("a time")
}

fn trusting<'a>(roots: impl IntoIterator<Item = &'a CertificateDer<'static>>, now: Timestamp) -> Client {
    let mut store = RootCertStore::empty();
    roots.into_iter().for_each(|root| store.add(root.clone()).expect("a root"));
    Client { now, roots: Arc::new(store) }
}

#[test]
fn each_says_what_the_table_says() {
    let cases = all();
    let wrong: Vec<String> = cases
        .iter()
        .filter(|case| case.verdict() != case.says)
        .map(|case| format!("{}:\n  expected {}\n  but got  {}", case.name, case.says, case.verdict()))
        .collect();
    assert!(wrong.is_empty(), "{} of {}\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    let names: BTreeSet<_> = cases.iter().map(|case| case.name).collect();
    assert_eq!(names.len(), cases.len(), "every row has a name of its own");
    let refused = cases.iter().filter(|case| judge(&case.candidate, &case.host, &case.client).is_err()).count();
    assert!(cases.len() >= 60 && refused >= 40, "{} cases, {refused} of them refused", cases.len());
}

#[test]
fn a_tls_client_agrees_about_every_name() {
    for case in all() {
        let Some(leaf) = case.presented.first() else { continue };
        // What one side cannot even read has no names to compare.
        if ParsedCertificate::try_from(leaf).is_err() || matches!(case.candidate.status, Status::Unreadable(_)) {
            assert!(judge(&case.candidate, &case.host, &case.client).is_err(), "{}", case.name);
            continue;
        }
        let ours = coverage(&case.candidate.names, &case.host).is_some();
        assert_eq!(case.name_is_accepted(leaf), ours, "{}", case.name);
    }
}

#[test]
fn a_tls_client_agrees_about_the_whole() {
    for case in all() {
        let ours = judge(&case.candidate, &case.host, &case.client).is_ok();
        let expected = match case.opinion {
            Opinion::Same => (ours, ours),
            Opinion::Takes(_) => (false, true),
            Opinion::Refuses(_) => (true, false),
        };
        assert_eq!((ours, case.is_accepted()), expected, "{}: {:?}", case.name, case.opinion);
    }
}
