//! Which host names a certificate covers. Pure; the same answer as a TLS client's check (RFC 6125, RFC 9525).

use serde::Serialize;

/// How a certificate covers a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Coverage {
    /// It names the host itself.
    Exact,
    /// A wildcard of it stands for the host's first label.
    Wildcard,
}

/// The form of a DNS name that certificates carry: ASCII labels, lower case, no final dot.
///
/// Returns none for what cannot be a name, such as an empty label.
pub fn a_label(name: &str) -> Option<String> {
    let name = name.strip_suffix('.').unwrap_or(name);
    let ascii = idna::domain_to_ascii(name).ok()?;
    let labels_fit = ascii.split('.').all(|label| (1..=63).contains(&label.len()));
    (labels_fit && ascii.len() <= 253).then_some(ascii)
}

/// How these subject alternative names cover the host, if they do; an exact name wins over a wildcard.
///
/// A wildcard stands for exactly one whole first label, and never directly below a top-level domain.
pub fn coverage(names: &[String], host: &str) -> Option<Coverage> {
    let host = a_label(host)?;
    names.iter().filter_map(|name| covered_by(name, &host)).min()
}

fn covered_by(name: &str, host: &str) -> Option<Coverage> {
    if let Some(parent) = name.strip_prefix("*.") {
        let parent = a_label(parent)?;
        let (_, host_parent) = host.split_once('.')?;
        return (parent.contains('.') && parent == host_parent).then_some(Coverage::Wildcard);
    }
    (a_label(name)? == *host).then_some(Coverage::Exact)
}

#[cfg(test)]
mod tests {
    use super::{Coverage, a_label, coverage};
    use rustls::pki_types::{CertificateDer, ServerName};
    use rustls::server::ParsedCertificate;

    const CASES: &[(&[&str], &str, Option<Coverage>)] = &[
        (&["docker.example.test"], "docker.example.test", Some(Coverage::Exact)),
        (&["DOCKER.Example.test"], "docker.example.TEST", Some(Coverage::Exact)),
        (&["*.example.test"], "docker.example.test", Some(Coverage::Wildcard)),
        (&["*.example.test", "docker.example.test"], "docker.example.test", Some(Coverage::Exact)),
        (&["*.example.test"], "a.docker.example.test", None),
        (&["*.example.test"], "example.test", None),
        (&["example.test"], "docker.example.test", None),
        (&["docker.example.test"], "docker.example.test.evil.test", None),
        (&["*.test"], "example.test", None),
        (&["*.docker.example.test"], "docker.example.test", None),
        (&["xn--bcher-kva.example.test"], "bücher.example.test", Some(Coverage::Exact)),
        (&["*.example.test"], "bücher.example.test", Some(Coverage::Wildcard)),
        (&["*.xn--bcher-kva.test"], "docker.bücher.test", Some(Coverage::Wildcard)),
        (&["a.test", "b.test", "c.docker.test"], "c.docker.test", Some(Coverage::Exact)),
        (&[], "docker.example.test", None),
    ];

    fn owned(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn one_label_wildcards_exact_names_and_international_labels() {
        for (names, host, expected) in CASES {
            assert_eq!(coverage(&owned(names), host), *expected, "{names:?} for {host}");
        }
    }

    /// A real certificate with the same names, judged by the check that rustls makes on every connection.
    #[test]
    fn agrees_with_the_check_of_a_tls_client() {
        for (names, host, expected) in CASES.iter().filter(|(names, ..)| !names.is_empty()) {
            let key = rcgen::KeyPair::generate().expect("a key");
            let certificate =
                rcgen::CertificateParams::new(owned(names)).expect("names").self_signed(&key).expect("a certificate");
            let der = CertificateDer::from(certificate.der().to_vec());
            let parsed = ParsedCertificate::try_from(&der).expect("parses");
            let server = ServerName::try_from(a_label(host).expect("a name")).expect("a server name");
            let accepted = rustls::client::verify_server_name(&parsed, &server).is_ok();
            assert_eq!(accepted, expected.is_some(), "{names:?} for {host}");
        }
    }

    #[test]
    fn names_become_ascii() {
        assert_eq!(a_label("Docker.Example.Test.").as_deref(), Some("docker.example.test"));
        assert_eq!(a_label("bücher.test").as_deref(), Some("xn--bcher-kva.test"));
        assert_eq!(a_label("a..b"), None);
        assert_eq!(a_label(""), None);
        assert_eq!(a_label(&format!("{}.test", "a".repeat(64))), None);
    }
}
