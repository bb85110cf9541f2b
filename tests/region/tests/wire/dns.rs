//! The name servers, asked over UDP and TCP.

use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use dockreg_region::Running;
use dockreg_region::service::route53::{Action, Change, RecordSet};
use hickory_proto::op::{Message, Query, ResponseCode};
use hickory_proto::rr::{Name, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

use crate::signer::region;

fn question(name: &str, kind: RecordType) -> Vec<u8> {
    let mut message = Message::query();
    message.metadata.id = 7;
    message.add_query(Query::query(Name::from_str(name).expect("a name"), kind));
    message.to_vec().expect("a message")
}

async fn ask(running: &Running, name: &str, kind: RecordType) -> Message {
    ask_at(running.dns(), name, kind).await
}

async fn ask_at(server: SocketAddr, name: &str, kind: RecordType) -> Message {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
    socket.send_to(&question(name, kind), server).await.expect("sent");
    let mut buffer = [0; 4096];
    let length = socket.recv(&mut buffer).await.expect("an answer");
    Message::from_vec(&buffer[..length]).expect("a message")
}

fn values(message: &Message) -> Vec<String> {
    message.answers.iter().map(|record| record.data.to_string()).collect()
}

#[tokio::test]
async fn a_zone_has_name_servers_and_says_what_it_lacks() {
    let running = region().await;
    let servers = values(&ask(&running, "example.test.", RecordType::NS).await);
    assert_eq!(servers.len(), 4);
    assert!(servers.iter().all(|server| server.contains(".awsdns-")), "{servers:?}");
    assert_eq!(values(&ask(&running, &servers[0], RecordType::A).await), ["127.0.0.1"]);
    let missing = ask(&running, "docker.example.test.", RecordType::A).await;
    assert_eq!(missing.metadata.response_code, ResponseCode::NXDomain);
    assert_eq!(missing.authorities.len(), 1, "the zone's SOA tells how long that holds");
    let elsewhere = ask(&running, "www.example.com.", RecordType::A).await;
    assert_eq!(elsewhere.metadata.response_code, ResponseCode::NXDomain);
}

/// https://datatracker.ietf.org/doc/html/rfc1034 (section 4.3.2)
#[tokio::test]
async fn the_servers_above_refer_to_what_is_delegated_and_to_nothing_else() {
    let running = region().await;
    let region = running.region();
    let listed = |message: &Message| -> Vec<String> {
        message.authorities.iter().map(|record| record.data.to_string()).collect()
    };
    let own = values(&ask(&running, "example.test.", RecordType::NS).await);
    let referral = ask_at(running.parents(), "example.test.", RecordType::NS).await;
    assert_eq!(listed(&referral), own);
    assert!(referral.answers.is_empty() && !referral.metadata.authoritative, "a referral is no answer");
    let child = region.world(|world| {
        let id = world.route53.create_zone(&region, "eu.example.test.", "eu", None, None);
        world.route53.zones[&id].clone()
    });
    let nowhere = ask_at(running.parents(), "eu.example.test.", RecordType::NS).await;
    assert_eq!(nowhere.metadata.response_code, ResponseCode::NXDomain, "a zone that its parent does not know");
    region.world(|world| {
        let zone = world.route53.zone_named("example.test").expect("a zone").id.clone();
        let record = RecordSet::plain("eu.example.test", "NS", 300, child.name_servers.clone());
        let batch = vec![Change { action: Action::Create, record }];
        world.route53.change(&region, &zone, batch, None).expect("a change");
    });
    let wait = async {
        while listed(&ask_at(running.parents(), "eu.example.test.", RecordType::NS).await).len() != 4 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), wait).await.expect("the parent zone's record arrives");
}

#[tokio::test]
async fn an_alias_is_answered_once_its_change_has_arrived() {
    let running = region().await;
    let region = running.region();
    let balancer = "lb-1.us-east-1.elb.amazonaws.com";
    region.world(|world| {
        let addresses = vec!["10.0.0.1".parse().expect("an address"), "10.0.0.2".parse().expect("an address")];
        world.route53.service_names.insert(balancer.to_owned(), addresses);
        let zone = world.route53.zone_named("example.test").expect("a zone").id.clone();
        let record = RecordSet::alias("docker.example.test", "A", "Z35SXDOTRQ7X7K", balancer, false);
        let batch = vec![Change { action: Action::Create, record }];
        world.route53.change(&region, &zone, batch, None).expect("a change");
    });
    assert_eq!(values(&ask(&running, "docker.example.test.", RecordType::A).await), Vec::<String>::new());
    while values(&ask(&running, "docker.example.test.", RecordType::A).await).is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut stream = TcpStream::connect(running.dns()).await.expect("a connection");
    let bytes = question("docker.example.test.", RecordType::A);
    stream.write_u16(u16::try_from(bytes.len()).expect("short")).await.expect("sent");
    stream.write_all(&bytes).await.expect("sent");
    let mut answer = vec![0; usize::from(stream.read_u16().await.expect("an answer"))];
    stream.read_exact(&mut answer).await.expect("an answer");
    assert_eq!(values(&Message::from_vec(&answer).expect("a message")), ["10.0.0.1", "10.0.0.2"]);
    let other = ask(&running, "docker.example.test.", RecordType::TXT).await;
    assert_eq!((other.metadata.response_code, other.answers.len()), (ResponseCode::NoError, 0));
}
