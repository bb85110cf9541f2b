//! The name servers: a real DNS answer, over UDP and TCP, for what Route 53 holds and for AWS's own names; and those of
//! the domains above, which only refer.

use std::net::{Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::rdata::{A, CNAME, MX, NS, SOA, TXT};
use hickory_proto::rr::{Name, RData, Record};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};

use crate::Region;
use crate::service::route53::{Answer, Referral, lookup, referral};

/// Answers over UDP without EDNS must not be longer.
const UDP_LIMIT: usize = 512;

/// Which servers answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Those of every zone of the account, and of AWS's own names.
    Zones,
    /// Those above: the root, registries and parent zones.
    Parents,
}

/// Binds the same port for UDP and TCP.
///
/// # Errors
/// When no port is free for both.
pub async fn bind(address: SocketAddr) -> std::io::Result<(UdpSocket, TcpListener)> {
    let mut last = None;
    for _ in 0..16 {
        let tcp = TcpListener::bind(address).await?;
        match UdpSocket::bind(tcp.local_addr()?).await {
            Ok(udp) => return Ok((udp, tcp)),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| std::io::ErrorKind::AddrInUse.into()))
}

/// Serves until the task is dropped or aborted.
pub async fn serve(region: Arc<Region>, role: Role, udp: UdpSocket, tcp: TcpListener) {
    let mut connections = tokio::task::JoinSet::new();
    let mut buffer = [0; 4096];
    loop {
        tokio::select! {
            received = udp.recv_from(&mut buffer) => {
                let Ok((length, client)) = received else { continue };
                if let Some(answer) = answer(&region, role, &buffer[..length], UDP_LIMIT) {
                    let _sent = udp.send_to(&answer, client).await;
                }
            }
            accepted = tcp.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let region = region.clone();
                connections.spawn(async move { connection(&region, role, stream).await.unwrap_or_default() });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(region: &Region, role: Role, mut stream: TcpStream) -> std::io::Result<()> {
    loop {
        let length = usize::from(stream.read_u16().await?);
        let mut question = vec![0; length];
        stream.read_exact(&mut question).await?;
        let Some(answer) = answer(region, role, &question, usize::from(u16::MAX)) else { return Ok(()) };
        stream.write_u16(u16::try_from(answer.len()).unwrap_or(u16::MAX)).await?;
        stream.write_all(&answer).await?;
    }
}

/// The answer to one message; None for what is no question.
fn answer(region: &Region, role: Role, bytes: &[u8], limit: usize) -> Option<Vec<u8>> {
    let question =
        Message::from_vec(bytes).ok().filter(|message| message.metadata.message_type == MessageType::Query)?;
    let limit = if question.edns.is_some() { limit.max(usize::from(question.max_payload())) } else { limit };
    let mut reply = Message::response(question.metadata.id, question.metadata.op_code);
    reply.metadata.recursion_desired = question.metadata.recursion_desired;
    reply.metadata.authoritative = true;
    reply.queries.clone_from(&question.queries);
    match question.queries.first() {
        Some(query) if question.metadata.op_code == OpCode::Query => match role {
            Role::Zones => fill(region, query, &mut reply),
            Role::Parents => refer(region, query, &mut reply),
        },
        _ => reply.metadata.response_code = ResponseCode::NotImp,
    }
    let bytes = reply.to_vec().ok()?;
    if bytes.len() <= limit { Some(bytes) } else { reply.truncate().to_vec().ok() }
}

fn fill(region: &Region, query: &Query, reply: &mut Message) {
    let name = query.name().to_ascii();
    let kind = query.query_type().to_string();
    let now = region.clock.epoch();
    let (answer, soa) = region.world(|world| {
        let answer = lookup(&mut world.route53, now, &name, &kind);
        let zone = match &answer {
            Answer::NoData { zone } | Answer::NoSuchName { zone } => zone.clone(),
            Answer::Found { .. } => None,
        };
        let soa = zone.map(|zone| (lookup(&mut world.route53, now, &zone, "SOA"), zone));
        (answer, soa)
    });
    match answer {
        Answer::Found { kind, ttl, values } => {
            reply.answers = records(query.name(), &kind, ttl, &values);
            if kind == "CNAME" && query.query_type().to_string() != "CNAME" {
                follow(region, query, &values, reply);
            }
        }
        Answer::NoData { .. } => {}
        Answer::NoSuchName { .. } => reply.metadata.response_code = ResponseCode::NXDomain,
    }
    if let Some((Answer::Found { ttl, values, .. }, zone)) = soa
        && let Ok(zone) = Name::from_str(&zone)
    {
        reply.authorities = records(&zone, "SOA", ttl, &values);
    }
}

/// Says who answers for a zone, without answering: the servers stand among the authorities.
// https://datatracker.ietf.org/doc/html/rfc1034 (section 4.3.2)
fn refer(region: &Region, query: &Query, reply: &mut Message) {
    let now = region.clock.epoch();
    match region.world(|world| referral(&mut world.route53, now, &query.name().to_ascii())) {
        Referral::To(servers) => {
            reply.metadata.authoritative = false;
            reply.authorities = records(query.name(), "NS", 172_800, &servers);
        }
        Referral::Nowhere => reply.metadata.response_code = ResponseCode::NXDomain,
    }
}

/// Adds what a CNAME leads to, as far as these servers know it.
fn follow(region: &Region, query: &Query, values: &[String], reply: &mut Message) {
    let Some(Ok(target)) = values.first().map(|target| Name::from_str(target)) else { return };
    let kind = query.query_type().to_string();
    let now = region.clock.epoch();
    let found = region.world(|world| lookup(&mut world.route53, now, &target.to_ascii(), &kind));
    if let Answer::Found { kind, ttl, values } = found {
        reply.answers.extend(records(&target, &kind, ttl, &values));
    }
}

fn records(name: &Name, kind: &str, ttl: u64, values: &[String]) -> Vec<Record> {
    let ttl = u32::try_from(ttl).unwrap_or(u32::MAX);
    values.iter().filter_map(|value| Some(Record::from_rdata(name.clone(), ttl, data(kind, value)?))).collect()
}

/// A value in presentation form as record data; None for a type that these servers do not speak.
fn data(kind: &str, value: &str) -> Option<RData> {
    let name = |text: &str| Name::from_str(text).ok();
    let fields: Vec<&str> = value.split_whitespace().collect();
    Some(match (kind, &fields[..]) {
        ("A", [address]) => RData::A(A(address.parse::<Ipv4Addr>().ok()?)),
        ("AAAA", [address]) => RData::AAAA(address.parse::<std::net::Ipv6Addr>().ok()?.into()),
        ("NS", [server]) => RData::NS(NS(name(server)?)),
        ("CNAME", [target]) => RData::CNAME(CNAME(name(target)?)),
        ("MX", [preference, exchange]) => RData::MX(MX::new(preference.parse().ok()?, name(exchange)?)),
        ("TXT", _) => RData::TXT(TXT::new(vec![value.trim_matches('"').to_owned()])),
        ("SOA", [server, mailbox, serial, refresh, retry, expire, minimum]) => RData::SOA(SOA::new(
            name(server)?,
            name(mailbox)?,
            serial.parse().ok()?,
            refresh.parse().ok()?,
            retry.parse().ok()?,
            expire.parse().ok()?,
            minimum.parse().ok()?,
        )),
        _ => return None,
    })
}
