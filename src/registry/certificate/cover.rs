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

/// Names in a certificate are compared as they stand there, letter by letter: clients translate none of them.
fn covered_by(name: &str, host: &str) -> Option<Coverage> {
    let name = name.to_ascii_lowercase();
    if name == host {
        return Some(Coverage::Exact);
    }
    let parent = name.strip_prefix("*.").filter(|parent| parent.contains('.'))?;
    let (_, above) = host.split_once('.')?;
    (parent == above).then_some(Coverage::Wildcard)
}

#[cfg(test)]
mod tests {
    use super::a_label;

    #[test]
    fn names_become_ascii() {
        assert_eq!(a_label("Docker.Example.Test.").as_deref(), Some("docker.example.test"));
        assert_eq!(a_label("bücher.test").as_deref(), Some("xn--bcher-kva.test"));
        assert_eq!(a_label("a..b"), None);
        assert_eq!(a_label(""), None);
        assert_eq!(a_label(&format!("{}.test", "a".repeat(64))), None);
    }
}
