//! The last two stages: the zone's own name servers, asked directly, then this machine's resolver.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_proto::op::{Message, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::address::{HTTPS, resolve};
use super::{Outcome, Probe, Record};
use crate::registry::certificate::a_label;
use crate::registry::connect_to::{ConnectTo, redirected};

/// The port of name servers.
pub(super) const DOMAIN: u16 = 53;

/// How long a name server may take; a lost packet is asked again.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// How often a name server is asked over UDP.
const TRIES: usize = 2;

/// What a name server says about the host.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Answer {
    /// These addresses, or the name of another host.
    Addresses(Vec<IpAddr>),
    /// There is no such host, or it has no address.
    Nothing,
}

/// Asks every name server of the zone for the host's address.
pub(super) async fn zone(probe: &Probe) -> Outcome {
    let Record::Zone { name, name_servers } = &probe.record else {
        return Outcome::skipped("the host's record is kept outside this account");
    };
    if name_servers.is_empty() {
        let cure = "look the zone up in Route 53";
        return Outcome::failed(format!("the hosted zone {name} lists no name server"), cure);
    }
    let mut asking = JoinSet::new();
    for server in name_servers {
        let (host, server, connect_to) = (probe.host.clone(), server.clone(), probe.connect_to.clone());
        asking.spawn(async move { ask(&host, &server, &connect_to).await });
    }
    let answers = asking.join_all().await;
    let found = answers.iter().filter(|answer| matches!(answer, Ok(Answer::Addresses(_)))).count();
    let total = name_servers.len();
    if found == total {
        return Outcome::passed(format!("all {total} name servers of {name} know it"));
    }
    let unreachable = answers.iter().find_map(|answer| answer.as_ref().err());
    match unreachable {
        Some(error) if found == 0 && answers.iter().all(Result::is_err) => Outcome::failed(
            format!("no name server of {name} answers: {error}"),
            "this machine may not send DNS queries out (UDP and TCP port 53); try from another network",
        ),
        _ if found == 0 => Outcome::failed(
            format!("the name servers of {name} do not know {} yet", probe.host),
            "a new record takes up to a minute; if it stays away, `dockreg up` makes it again",
        ),
        _ => Outcome::failed(
            format!("only {found} of {total} name servers of {name} know {}", probe.host),
            "a new record takes up to a minute to reach all of them",
        ),
    }
}

/// Asks this machine's resolver for the host.
pub(super) async fn system(probe: &Probe) -> Outcome {
    if redirected(&probe.connect_to, &probe.host, HTTPS).is_some() {
        return Outcome::skipped(format!("--connect-to says where {} is", probe.host));
    }
    let host = a_label(&probe.host).unwrap_or_else(|| probe.host.clone());
    let balancer = resolve(&probe.load_balancer, HTTPS).await.unwrap_or_default();
    match resolve(&host, HTTPS).await {
        Err(why) => Outcome::failed(format!("this machine does not find {host}: {why}"), missing(probe)),
        Ok(addresses) if balancer.is_empty() || addresses.iter().any(|address| balancer.contains(address)) => {
            Outcome::passed(ips(&addresses))
        }
        Ok(addresses) => Outcome::failed(
            format!("{host} leads to {}, not to the load balancer ({})", ips(&addresses), ips(&balancer)),
            format!("let {host} point to {}; an old record may be remembered for a while", probe.load_balancer),
        ),
    }
}

fn missing(probe: &Probe) -> String {
    match &probe.record {
        Record::Zone { name, name_servers } => format!(
            "the zone knows it, so either this machine remembers its absence for some minutes, or {name} is not \
             delegated to {} at your registrar",
            name_servers.join(", ")
        ),
        Record::Elsewhere => format!("make a CNAME record from {} to {}", probe.host, probe.load_balancer),
    }
}

fn ips(addresses: &[SocketAddr]) -> String {
    addresses.iter().map(|address| address.ip().to_string()).collect::<Vec<_>>().join(", ")
}

/// Asks one name server for the host's address.
async fn ask(host: &str, server: &str, connect_to: &[ConnectTo]) -> Result<Answer, String> {
    let (name, port) =
        redirected(connect_to, server, DOMAIN).map_or((server, DOMAIN), |to| (to.to_host.as_str(), to.to_port));
    let addresses = resolve(name, port).await.map_err(|why| format!("{name}: {why}"))?;
    let query = query(host, RecordType::A).ok_or_else(|| format!("{host} is not a host name"))?;
    let mut failure = format!("{server}: no address");
    for address in addresses {
        match exchange(&query, address).await.and_then(|answer| judge(&answer)) {
            Ok(answer) => return Ok(answer),
            Err(why) => failure = format!("{server}: {why}"),
        }
    }
    Err(failure)
}

/// Asks one address, over UDP and, where the answer does not fit or does not come, over TCP.
pub(super) async fn exchange(query: &Message, address: SocketAddr) -> Result<Message, String> {
    match over_udp(query, address).await {
        Ok(answer) if answer.metadata.truncation => over_tcp(query, address).await,
        Ok(answer) => Ok(answer),
        Err(_) => over_tcp(query, address).await,
    }
}

/// A question to a server that is to answer by itself.
pub(super) fn query(name: &str, kind: RecordType) -> Option<Message> {
    let name = Name::from_ascii(format!("{}.", a_label(name)?)).ok()?;
    let mut message = Message::query();
    message.metadata.recursion_desired = false;
    message.add_query(Query::query(name, kind));
    Some(message)
}

fn judge(answer: &Message) -> Result<Answer, String> {
    match answer.metadata.response_code {
        ResponseCode::NoError => {
            let addresses: Vec<_> = answer
                .answers
                .iter()
                .filter_map(|record| match &record.data {
                    RData::A(address) => Some(IpAddr::V4(address.0)),
                    RData::AAAA(address) => Some(IpAddr::V6(address.0)),
                    _ => None,
                })
                .collect();
            let leads_on = answer.answers.iter().any(|record| matches!(record.data, RData::CNAME(_)));
            Ok(if addresses.is_empty() && !leads_on { Answer::Nothing } else { Answer::Addresses(addresses) })
        }
        ResponseCode::NXDomain => Ok(Answer::Nothing),
        other => Err(other.to_string()),
    }
}

async fn over_udp(query: &Message, server: SocketAddr) -> Result<Message, String> {
    let bytes = query.to_vec().map_err(|error| error.to_string())?;
    let local: IpAddr = if server.is_ipv4() { [0, 0, 0, 0].into() } else { [0u16; 8].into() };
    let socket = UdpSocket::bind((local, 0)).await.map_err(|error| error.to_string())?;
    socket.connect(server).await.map_err(|error| error.to_string())?;
    let mut buffer = [0; 4096];
    for _ in 0..TRIES {
        socket.send(&bytes).await.map_err(|error| error.to_string())?;
        if let Ok(received) = timeout(ANSWER_TIMEOUT, socket.recv(&mut buffer)).await {
            let length = received.map_err(|error| error.to_string())?;
            return parse(query, buffer.get(..length).unwrap_or_default());
        }
    }
    Err("no answer".to_owned())
}

async fn over_tcp(query: &Message, server: SocketAddr) -> Result<Message, String> {
    let exchange = async {
        let bytes = query.to_vec().map_err(std::io::Error::other)?;
        let length = u16::try_from(bytes.len()).map_err(std::io::Error::other)?;
        let mut stream = TcpStream::connect(server).await?;
        stream.write_all(&[&length.to_be_bytes()[..], &bytes].concat()).await?;
        let mut answer = vec![0; usize::from(stream.read_u16().await?)];
        stream.read_exact(&mut answer).await?;
        Ok::<_, std::io::Error>(answer)
    };
    let answer = timeout(ANSWER_TIMEOUT, exchange).await.map_err(|_| "no answer".to_owned())?;
    parse(query, &answer.map_err(|error| error.to_string())?)
}

/// Takes only an answer to this very question: its id is random, see RFC 5452.
fn parse(query: &Message, bytes: &[u8]) -> Result<Message, String> {
    let answer = Message::from_vec(bytes).map_err(|error| error.to_string())?;
    if answer.metadata.id == query.metadata.id { Ok(answer) } else { Err("an answer to another question".to_owned()) }
}
