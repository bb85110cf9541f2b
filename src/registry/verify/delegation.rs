//! Which name servers the world is sent to for a zone: asked from the root down, past every cache and private view that
//! this machine's resolver may have.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::{Name, RData, Record, RecordType};

use super::address::resolve;
use super::dns::{DOMAIN, exchange, query};
use crate::registry::certificate::a_label;
use crate::registry::connect_to::{ConnectTo, redirected};

/// Some of the root's servers; they are everywhere, and each answers for all.
/// <https://www.iana.org/domains/root/servers>
const ROOT: [(&str, Ipv4Addr); 4] = [
    ("a.root-servers.net", Ipv4Addr::new(198, 41, 0, 4)),
    ("e.root-servers.net", Ipv4Addr::new(192, 203, 230, 10)),
    ("k.root-servers.net", Ipv4Addr::new(193, 0, 14, 129)),
    ("m.root-servers.net", Ipv4Addr::new(202, 12, 27, 33)),
];

/// More referrals than any name has labels that are delegated.
const MOST_REFERRALS: usize = 10;

/// So many servers of a domain are tried before it counts as unreachable.
const MOST_SERVERS: usize = 3;

/// Whom the world asks for a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delegation {
    /// These servers, in lower case without the final dot, sorted.
    To(Vec<String>),
    /// Nobody: the domain above knows no such zone.
    Nowhere,
}

impl Delegation {
    /// Whether whoever follows it always comes to one of these servers.
    #[must_use]
    pub fn leads_to(&self, own: &[String]) -> bool {
        let own: Vec<String> = own.iter().map(|name| plain(name)).collect();
        matches!(self, Self::To(servers) if !servers.is_empty() && servers.iter().all(|server| own.contains(server)))
    }
}

/// A name server: its name, and its address where the referral told it.
type Server = (String, Option<IpAddr>);

/// Asks from the root down who answers for this zone; fails with the reason where nobody can be asked.
pub async fn public_name_servers(zone: &str, connect_to: &[ConnectTo]) -> Result<Delegation, String> {
    let zone = a_label(zone).ok_or_else(|| format!("{zone} is not a domain"))?;
    let question = query(&zone, RecordType::NS).ok_or_else(|| format!("{zone} is not a domain"))?;
    let mut servers: Vec<Server> = ROOT.iter().map(|(name, at)| ((*name).to_owned(), Some((*at).into()))).collect();
    let mut cut = String::new();
    for _ in 0..MOST_REFERRALS {
        let answer = ask(&question, &servers, connect_to).await?;
        match step(&answer, &zone, &cut) {
            Step::Over(delegation) => return Ok(delegation),
            Step::Further(domain, next) => (cut, servers) = (domain, next),
        }
    }
    Err(format!("the way to {zone} from the root has no end"))
}

/// The first answer of these servers that says anything.
async fn ask(question: &Message, servers: &[Server], connect_to: &[ConnectTo]) -> Result<Message, String> {
    let mut failure = "no name server to ask".to_owned();
    for (name, glue) in servers.iter().take(MOST_SERVERS) {
        let addresses = match (redirected(connect_to, name, DOMAIN), glue) {
            (Some(to), _) => resolve(&to.to_host, to.to_port).await,
            (None, Some(address)) => Ok(vec![SocketAddr::new(*address, DOMAIN)]),
            (None, None) => resolve(name, DOMAIN).await,
        };
        let answer = match addresses.as_deref() {
            Ok([address, ..]) => exchange(question, *address).await,
            Ok([]) => Err("no address".to_owned()),
            Err(why) => Err(why.clone()),
        };
        match answer {
            Ok(answer) if is_clear(&answer) => return Ok(answer),
            Ok(answer) => failure = format!("{name}: {}", answer.metadata.response_code),
            Err(why) => failure = format!("{name}: {why}"),
        }
    }
    Err(failure)
}

fn is_clear(answer: &Message) -> bool {
    matches!(answer.metadata.response_code, ResponseCode::NoError | ResponseCode::NXDomain)
}

/// What an answer leads to.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// The end of the way.
    Over(Delegation),
    /// A domain further down, and its servers.
    Further(String, Vec<Server>),
}

/// Reads an answer on the way to `zone`, given by the servers of `cut`.
fn step(answer: &Message, zone: &str, cut: &str) -> Step {
    let named = |record: &Record| plain(&record.name.to_ascii());
    let servers = |records: &[Record], of: &str| -> Vec<String> {
        let own = records.iter().filter(|record| named(record) == of);
        let mut found: Vec<String> = own.filter_map(|record| server(&record.data)).collect();
        found.sort();
        found.dedup();
        found
    };
    for records in [&answer.authorities, &answer.answers] {
        let found = servers(records, zone);
        if !found.is_empty() {
            return Step::Over(Delegation::To(found));
        }
    }
    let below = |domain: &String| domain.len() > cut.len() && zone.ends_with(&format!(".{domain}"));
    let referred = answer.authorities.iter().filter(|record| server(&record.data).is_some()).map(named).find(below);
    let Some(domain) = referred else { return Step::Over(Delegation::Nowhere) };
    let glue = |name: &str| {
        answer.additionals.iter().find_map(|record| match &record.data {
            RData::A(address) if named(record) == name => Some(IpAddr::V4(address.0)),
            _ => None,
        })
    };
    let next = servers(&answer.authorities, &domain);
    Step::Further(domain, next.into_iter().map(|name| (name.clone(), glue(&name))).collect())
}

fn server(data: &RData) -> Option<String> {
    if let RData::NS(name) = data { Some(plain(&Name::to_ascii(name))) } else { None }
}

fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use hickory_proto::op::OpCode;
    use hickory_proto::rr::rdata::{A, NS, SOA};

    use super::*;

    fn name(text: &str) -> Name {
        Name::from_str(text).expect("a name")
    }

    fn ns(owner: &str, server: &str) -> Record {
        Record::from_rdata(name(owner), 300, RData::NS(NS(name(server))))
    }

    fn answer(answers: &[Record], authorities: &[Record], additionals: &[Record]) -> Message {
        let mut message = Message::response(1, OpCode::Query);
        (message.answers, message.authorities) = (answers.to_vec(), authorities.to_vec());
        message.additionals = additionals.to_vec();
        message
    }

    #[test]
    fn the_way_leads_from_referral_to_referral() {
        let glue = Record::from_rdata(name("a.nic.test."), 300, RData::A(A::new(192, 0, 2, 1)));
        let root = answer(&[], &[ns("test.", "A.nic.test."), ns("test.", "b.nic.test.")], &[glue]);
        let servers = vec![("a.nic.test".to_owned(), Some([192, 0, 2, 1].into())), ("b.nic.test".to_owned(), None)];
        assert_eq!(step(&root, "example.test", ""), Step::Further("test".to_owned(), servers));
        let registry =
            answer(&[], &[ns("example.test.", "ns-2.awsdns-1.org."), ns("Example.test.", "NS-1.awsdns-1.com.")], &[]);
        let found = Delegation::To(vec!["ns-1.awsdns-1.com".to_owned(), "ns-2.awsdns-1.org".to_owned()]);
        assert_eq!(step(&registry, "example.test", "test"), Step::Over(found.clone()));
        let itself =
            answer(&[ns("example.test.", "ns-1.awsdns-1.com."), ns("example.test.", "ns-2.awsdns-1.org.")], &[], &[]);
        assert_eq!(step(&itself, "example.test", ""), Step::Over(found), "a server of both domains answers itself");
    }

    #[test]
    fn a_zone_that_the_domain_above_does_not_know_is_nowhere() {
        let soa = SOA::new(name("a.nic.test."), name("b.test."), 1, 1, 1, 1, 1);
        let soa = Record::from_rdata(name("test."), 300, RData::SOA(soa));
        let back = ns("test.", "a.nic.test.");
        for authorities in [&[soa][..], &[back], &[]] {
            let told = answer(&[], authorities, &[]);
            assert_eq!(step(&told, "example.test", "test"), Step::Over(Delegation::Nowhere), "{authorities:?}");
        }
    }

    #[test]
    fn every_public_server_must_be_one_of_the_zones() {
        let own = ["ns-1.awsdns-1.com.".to_owned(), "NS-2.awsdns-1.org".to_owned()];
        let to = |servers: &[&str]| Delegation::To(servers.iter().map(|own| (*own).to_owned()).collect());
        assert!(to(&["ns-1.awsdns-1.com", "ns-2.awsdns-1.org"]).leads_to(&own));
        assert!(to(&["ns-1.awsdns-1.com"]).leads_to(&own), "fewer are enough");
        assert!(!to(&["ns-1.awsdns-1.com", "ns.other.test"]).leads_to(&own), "whoever asks the other is misled");
        assert!(!to(&[]).leads_to(&own));
        assert!(!Delegation::Nowhere.leads_to(&own));
    }
}
