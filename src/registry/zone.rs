//! Which hosted zone takes the registry's DNS record. Pure.

use serde::Serialize;
use thiserror::Error;

use super::certificate::a_label;

/// A hosted zone of the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Zone {
    /// Its id, without the `/hostedzone/` in front.
    pub id: String,
    /// Its domain, lower case, without the final dot.
    pub name: String,
    /// Whether only VPCs see it.
    pub private: bool,
}

impl Zone {
    /// A zone from Route 53's own spelling of id and name: `/hostedzone/Z1`, `example.com.`.
    pub fn new(id: &str, name: &str, private: bool) -> Self {
        let id = id.strip_prefix("/hostedzone/").unwrap_or(id).to_owned();
        let name = a_label(name).unwrap_or_else(|| name.trim_end_matches('.').to_ascii_lowercase());
        Self { id, name, private }
    }

    /// Whether the host is the zone's own name or lies below it.
    pub fn holds(&self, host: &str) -> bool {
        let Some(host) = a_label(host) else { return false };
        host == self.name || host.strip_suffix(&self.name).is_some_and(|rest| rest.ends_with('.'))
    }
}

/// Why no zone can be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ZoneProblem {
    /// Several public zones have the same name, and only their owner knows which one is delegated.
    #[error("{} hosted zones are named {name}: {}", ids.len(), ids.join(", "))]
    Ambiguous {
        /// The name they share.
        name: String,
        /// Their ids.
        ids: Vec<String>,
    },
    /// The zone asked for is not there.
    #[error("there is no public hosted zone {wanted}{}", listed(known))]
    Unknown {
        /// What was asked for: a name or an id.
        wanted: String,
        /// The public zones there are.
        known: Vec<String>,
    },
    /// The zone asked for is there, and is seen from VPCs alone.
    #[error("the hosted zone {name} ({id}) is private: only its VPCs see it, and no Docker client elsewhere would")]
    Private {
        /// Its name.
        name: String,
        /// Its id.
        id: String,
    },
    /// The zone asked for is not one that the host lies in.
    #[error("{host} does not lie in the hosted zone {zone}")]
    Elsewhere {
        /// The host.
        host: String,
        /// The zone's name.
        zone: String,
    },
}

impl ZoneProblem {
    /// What to type next.
    pub fn cure(&self) -> String {
        match self {
            Self::Ambiguous { ids, .. } => {
                let id = ids.first().map_or("ID", String::as_str);
                format!("name the one that your registrar delegates to by its id, for example --dns-zone {id}")
            }
            Self::Private { .. } => {
                "leave --dns-zone away, or name a public zone; or use --dns-zone none and make the record yourself"
                    .to_owned()
            }
            Self::Unknown { .. } => {
                "leave --dns-zone away to have the zone found; create the zone and delegate it first; or do without a \
                 record: --dns-zone none"
                    .to_owned()
            }
            Self::Elsewhere { zone, .. } => format!("choose a host below {zone}, or another --dns-zone"),
        }
    }
}

fn listed(known: &[String]) -> String {
    if known.is_empty() {
        " in this account, nor any other".to_owned()
    } else {
        format!(" in this account, only {}", known.join(", "))
    }
}

/// The public zone that is the longest suffix of the host, if there is one.
///
/// Private zones never serve: a Docker client outside their VPCs would not find the registry.
pub fn choose<'a>(zones: &'a [Zone], host: &str) -> Result<Option<&'a Zone>, ZoneProblem> {
    let holding = zones.iter().filter(|zone| !zone.private && zone.holds(host));
    let Some(longest) = holding.clone().max_by_key(|zone| zone.name.len()) else { return Ok(None) };
    only(holding.filter(|zone| zone.name == longest.name).collect()).map(Some)
}

/// The longest private zone that holds the host.
///
/// Where a VPC has a private zone for a name, nothing below it is looked for in public:
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zone-private-considerations.html>
pub fn hiding<'a>(zones: &'a [Zone], host: &str) -> Option<&'a Zone> {
    zones.iter().filter(|zone| zone.private && zone.holds(host)).max_by_key(|zone| zone.name.len())
}

/// The public zone asked for by name or id, which the host must lie in.
pub fn named<'a>(zones: &'a [Zone], wanted: &str, host: &str) -> Result<&'a Zone, ZoneProblem> {
    let public = || zones.iter().filter(|zone| !zone.private);
    let name = a_label(wanted);
    let id = wanted.strip_prefix("/hostedzone/").unwrap_or(wanted);
    let is_it = |zone: &&Zone| zone.id == id || Some(&zone.name) == name.as_ref();
    let fitting: Vec<_> = public().filter(is_it).collect();
    if let ([], Some(private)) = (fitting.as_slice(), zones.iter().find(is_it)) {
        return Err(ZoneProblem::Private { name: private.name.clone(), id: private.id.clone() });
    }
    if fitting.is_empty() {
        let known = public().map(|zone| zone.name.clone()).collect();
        return Err(ZoneProblem::Unknown { wanted: wanted.to_owned(), known });
    }
    let zone = only(fitting)?;
    if zone.holds(host) {
        Ok(zone)
    } else {
        Err(ZoneProblem::Elsewhere { host: host.to_owned(), zone: zone.name.clone() })
    }
}

/// The one zone of this name, or the complaint that there are several. `fitting` is not empty.
fn only(fitting: Vec<&Zone>) -> Result<&Zone, ZoneProblem> {
    match fitting.as_slice() {
        [zone] => Ok(zone),
        several => Err(ZoneProblem::Ambiguous {
            name: several.first().map(|zone| zone.name.clone()).unwrap_or_default(),
            ids: several.iter().map(|zone| zone.id.clone()).collect(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::{Zone, choose, hiding, named};

    fn zones() -> Vec<Zone> {
        vec![
            Zone::new("/hostedzone/Z1", "example.test.", false),
            Zone::new("/hostedzone/Z2", "eu.example.test.", false),
            Zone::new("/hostedzone/Z3", "docker.eu.example.test.", true),
            Zone::new("/hostedzone/Z4", "twice.test.", false),
            Zone::new("/hostedzone/Z5", "twice.test.", false),
            Zone::new("/hostedzone/Z6", "Bücher.test.", false),
        ]
    }

    #[test]
    fn the_longest_public_suffix_wins() {
        for (host, expected) in [
            ("docker.example.test", Some("Z1")),
            ("example.test", Some("Z1")),
            ("docker.eu.example.test", Some("Z2")),
            ("a.b.eu.example.test", Some("Z2")),
            ("docker.bücher.test", Some("Z6")),
            ("dockerexample.test", None),
            ("docker.example.com", None),
        ] {
            let zones = zones();
            let chosen = choose(&zones, host).map(|zone| zone.map(|zone| zone.id.as_str()));
            assert_eq!(chosen, Ok(expected), "{host}");
        }
    }

    #[test]
    fn two_zones_of_one_name_are_not_guessed_between() {
        let problem = choose(&zones(), "docker.twice.test").map(|_| ()).map_err(|problem| problem.to_string());
        assert_eq!(problem, Err("2 hosted zones are named twice.test: Z4, Z5".to_owned()));
        assert_eq!(named(&zones(), "Z5", "docker.twice.test").map(|zone| zone.id.clone()), Ok("Z5".to_owned()));
    }

    #[test]
    fn a_zone_is_taken_by_name_or_id_and_must_hold_the_host() {
        let zones = zones();
        let found = |wanted, host| named(&zones, wanted, host).map(|zone| zone.id.as_str()).map_err(|e| e.to_string());
        assert_eq!(found("example.test.", "docker.eu.example.test"), Ok("Z1"));
        assert_eq!(found("/hostedzone/Z2", "docker.eu.example.test"), Ok("Z2"));
        assert_eq!(
            found("eu.example.test", "docker.example.test"),
            Err("docker.example.test does not lie in the hosted zone eu.example.test".to_owned())
        );
        let unknown = found("nowhere.test", "docker.nowhere.test").map_err(|text| text.starts_with("there is no"));
        assert_eq!(unknown, Err(true));
        let private =
            found("docker.eu.example.test", "docker.eu.example.test").expect_err("a private zone never serves");
        assert!(private.contains("(Z3) is private"), "{private}");
        assert_eq!(hiding(&zones, "docker.eu.example.test").map(|zone| zone.id.as_str()), Some("Z3"));
        assert_eq!(hiding(&zones, "docker.example.test"), None);
    }
}
