//! `--connect-to`, curl's way of reaching a host somewhere else. It parses and matches; it opens no connection.

use std::fmt;
use std::str::FromStr;

/// One redirection of connections: what is asked for, and where to go instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectTo {
    /// The host it applies to; `None` for every host.
    pub host: Option<String>,
    /// The port it applies to.
    pub port: u16,
    /// Host or address to connect to instead.
    pub to_host: String,
    /// Port to connect to instead.
    pub to_port: u16,
}

impl ConnectTo {
    /// Whether a connection to `host` and `port` is redirected by this.
    #[must_use]
    pub fn matches(&self, host: &str, port: u16) -> bool {
        self.port == port && self.host.as_deref().is_none_or(|own| own.eq_ignore_ascii_case(host))
    }
}

/// Where to connect for `host:port`: the first redirection that matches.
#[must_use]
pub fn redirected<'a>(list: &'a [ConnectTo], host: &str, port: u16) -> Option<&'a ConnectTo> {
    list.iter().find(|entry| entry.matches(host, port))
}

impl FromStr for ConnectTo {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not HOST:PORT:ADDR:PORT, for example :443:127.0.0.1:8443");
        let (host, rest) = split_host(text).ok_or_else(wrong)?;
        let (port, rest) = rest.split_once(':').ok_or_else(wrong)?;
        let (to_host, to_port) = split_host(rest).ok_or_else(wrong)?;
        if to_host.is_empty() {
            return Err(wrong());
        }
        Ok(Self {
            host: (!host.is_empty()).then(|| host.to_owned()),
            port: port.parse().map_err(|_| wrong())?,
            to_host: to_host.to_owned(),
            to_port: to_port.parse().map_err(|_| wrong())?,
        })
    }
}

impl fmt::Display for ConnectTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let brackets = |host: &str| if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let host = self.host.as_deref().map(brackets).unwrap_or_default();
        write!(f, "{host}:{}:{}:{}", self.port, brackets(&self.to_host), self.to_port)
    }
}

/// Splits `HOST:rest` or `[V6]:rest`.
fn split_host(text: &str) -> Option<(&str, &str)> {
    match text.strip_prefix('[') {
        Some(inner) => inner.split_once("]:"),
        None => text.split_once(':'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_curls_form() {
        for text in [":443:127.0.0.1:8443", "a.example:443:b.example:444", ":53:[::1]:5353"] {
            let parsed: Result<ConnectTo, _> = text.parse();
            assert_eq!(parsed.map(|entry| entry.to_string()), Ok(text.to_owned()));
        }
        for text in ["", "443", "a:443", "a:b:c:d", ":443::8443", ":443:x:99999"] {
            assert!(text.parse::<ConnectTo>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_first_match_wins() {
        let list: Vec<ConnectTo> =
            ["a.example:443:one:1", ":443:two:2"].iter().filter_map(|text| text.parse().ok()).collect();
        assert_eq!(redirected(&list, "A.example", 443).map(|entry| entry.to_port), Some(1));
        assert_eq!(redirected(&list, "b.example", 443).map(|entry| entry.to_port), Some(2));
        assert_eq!(redirected(&list, "b.example", 53), None);
    }
}
