//! Names dockreg gives and recognises: stack, tag, operator, host. Pure.

use std::fmt;
use std::str::FromStr;

use super::certificate::a_label;

/// Key of the tag that marks what dockreg made; its value is the stack's name.
pub const STACK_TAG: &str = "dockreg:stack";

/// Start of the description of every stack that dockreg made.
pub const DESCRIPTION_PREFIX: &str = "dockreg: ";

/// How all change sets of ours begin.
pub const CHANGE_SET_PREFIX: &str = "dockreg-";

/// The registry user whose password AWS invents and nodes hash.
pub const OPERATOR: &str = "dockreg";

/// The name under which dockreg appears in AWS's access logs.
pub const APP_NAME: &str = "dockreg";

/// Start of the name of every bucket that a stack made: CloudFormation appends a random part.
/// CloudFormation lower-cases the stack's name when it names a bucket.
#[must_use]
pub fn bucket_prefix(stack_name: &str) -> String {
    format!("{}-bucket-", stack_name.to_ascii_lowercase())
}

/// The token by which ACM recognises a stack's repeated request for a host's certificate: letters and digits, 32 at most.
/// `failed` is how many requests for the host have come to nothing, for their token gives the failed one again.
#[must_use]
pub fn certificate_request_token(stack_name: &str, host: &HostName, failed: usize) -> String {
    // FNV-1a: the same in every version, on every machine. http://www.isthe.com/chongo/tech/comp/fnv/
    let text = format!("{stack_name}/{host}/{failed}");
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    format!("dockreg{hash:016x}")
}

/// A registry's fully qualified host name, lower case, no trailing dot.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostName(String);

impl HostName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before `zone` and the zone itself, as the template's `DnsPrefix` and `DnsZone` want them; the prefix is
    /// empty for the zone's own name. `None` when the host is not in the zone.
    #[must_use]
    pub fn split_at_zone(&self, zone: &str) -> Option<(String, String)> {
        let zone = zone.trim_end_matches('.').to_ascii_lowercase();
        if self.0 == zone {
            return Some((String::new(), zone));
        }
        let prefix = self.0.strip_suffix(&zone)?.strip_suffix('.')?;
        Some((prefix.to_owned(), zone))
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for HostName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.contains("://") || text.contains('/') || text.contains(':') {
            return Err(format!(
                "{text:?} is not a bare host name such as docker.example.com: leave out scheme, port and path"
            ));
        }
        // Certificates, DNS and Docker know names in other letters by their xn-- form only.
        let name = a_label(text).filter(|name| name.contains('.'));
        let name = name.ok_or_else(|| format!("{text:?} is not a host name such as docker.example.com"))?;
        // https://www.rfc-editor.org/rfc/rfc1123#page-13: what ends in a number is an address
        if name.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit())) {
            return Err(format!("{text:?} is an address, not a host name: certificates and Docker need a name"));
        }
        let fits = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        match name.split('.').find(|label| !fits(label)) {
            Some(label) => Err(format!("{text:?} is not a host name: {label:?} is no valid label")),
            None => Ok(Self(name)),
        }
    }
}

/// Reads a stack name as CloudFormation accepts it.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html>
pub fn parse_stack_name(text: &str) -> Result<String, String> {
    let starts = text.starts_with(|first: char| first.is_ascii_alphabetic());
    let rest = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if starts && rest && text.len() <= 128 {
        Ok(text.to_owned())
    } else {
        Err(format!("{text:?} is not a stack name: a letter, then letters, digits and hyphens, 128 at most"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        for (text, host) in [
            ("Docker.Example.COM.", "docker.example.com"),
            ("a.b", "a.b"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("Bücher.Example", "xn--bcher-kva.example"),
            ("docker。例え.test", "docker.xn--r8jz45g.test"),
        ] {
            assert_eq!(text.parse::<HostName>().map(|host| host.to_string()), Ok(host.to_owned()));
        }
        for text in [
            "docker",
            "https://docker.example.com",
            "docker.example.com:443",
            "a..b",
            "-a.example",
            "xn--a.example",
            "a_b.example",
            "10.0.0.1",
            "docker.example.1",
            "",
        ] {
            assert!(text.parse::<HostName>().is_err(), "{text}");
        }
    }

    #[test]
    fn splitting_at_the_zone() {
        let table = [
            ("docker.example.com", "example.com.", Some(("docker", "example.com"))),
            ("a.b.example.com", "example.com", Some(("a.b", "example.com"))),
            ("example.com", "example.com", Some(("", "example.com"))),
            ("docker.notexample.com", "example.com", None),
        ];
        for (host, zone, expected) in table {
            let split = host.parse::<HostName>().ok().and_then(|host| host.split_at_zone(zone));
            assert_eq!(split, expected.map(|(prefix, zone)| (prefix.to_owned(), zone.to_owned())), "{host} {zone}");
        }
    }

    #[test]
    fn a_request_has_a_token_of_its_own() {
        let token = |stack: &str, host: &str, failed| {
            host.parse().map(|host| certificate_request_token(stack, &host, failed)).unwrap_or_default()
        };
        let tokens =
            [token("a", "d.test", 0), token("b", "d.test", 0), token("a", "e.test", 0), token("a", "d.test", 1)];
        let distinct: std::collections::BTreeSet<_> = tokens.iter().collect();
        assert_eq!(distinct.len(), tokens.len(), "{tokens:?}");
        assert_eq!(tokens[0], token("a", "d.test", 0));
        assert!(tokens.iter().all(|own| own.len() <= 32 && own.bytes().all(|byte| byte.is_ascii_alphanumeric())));
    }

    #[test]
    fn stack_names() {
        assert!(parse_stack_name("docker-registry").is_ok());
        for text in ["", "1a", "a_b", "a.b", &"a".repeat(129)] {
            assert!(parse_stack_name(text).is_err(), "{text}");
        }
    }
}
