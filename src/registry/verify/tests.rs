//! Every stage against real sockets: a TLS server and a name server of this test's own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hickory_proto::op::{Message, OpCode, ResponseCode};
use hickory_proto::rr::rdata::A;
use hickory_proto::rr::{RData, Record as DnsRecord};
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rcgen::{CertificateParams, CertifiedIssuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{RootCertStore, ServerConfig};
use tokio::net::{TcpListener, UdpSocket};
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

use super::{Outcome, Pace, Probe, Record, Stage, Trust, Verification, verify, verify_until};

const HOST: &str = "docker.example.test";

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).expect("no names");
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority")
}

/// A registry that answers each request with the status for (path, with password?), and closes every connection
/// after one answer where asked to.
struct Server {
    name: &'static str,
    year_of_end: i32,
    statuses: fn(&str, bool, usize) -> u16,
}

impl Default for Server {
    fn default() -> Self {
        Self { name: HOST, year_of_end: 2099, statuses: healthy }
    }
}

fn healthy(_: &str, with_password: bool, _: usize) -> u16 {
    if with_password { 200 } else { 401 }
}

impl Server {
    async fn start(self, authority: &CertifiedIssuer<'static, KeyPair>) -> SocketAddr {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(vec![self.name.to_owned()]).expect("a name");
        params.not_after = rcgen::date_time_ymd(self.year_of_end, 1, 1);
        let certificate = params.signed_by(&key, authority).expect("a certificate");
        let chain = vec![certificate.der().clone()];
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("a server");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let requests = Arc::new(AtomicUsize::new(0));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, requests, statuses) = (acceptor.clone(), Arc::clone(&requests), self.statuses);
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let answer = |request: Request<Incoming>| {
                        let count = requests.fetch_add(1, Ordering::Relaxed);
                        let password = request.headers().get("authorization");
                        let right = password.is_some_and(|value| value == "Basic ZG9ja3JlZzpzZWNyZXQ=");
                        let status = statuses(request.uri().path(), right, count);
                        async move { Response::builder().status(status).body(Empty::<Bytes>::new()) }
                    };
                    let service = hyper::service::service_fn(answer);
                    let served =
                        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                    let _ended = served.await;
                });
            }
        });
        address
    }
}

/// A name server that knows the host, or does not.
async fn name_server(knows: bool) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let address = socket.local_addr().expect("an address");
    tokio::spawn(async move {
        let mut buffer = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
            let query = Message::from_vec(&buffer[..length]).expect("a query");
            let mut answer = Message::response(query.metadata.id, OpCode::Query);
            answer.add_queries(query.queries.clone());
            if knows {
                let name = query.queries[0].name().clone();
                answer.add_answer(DnsRecord::from_rdata(name, 60, RData::A(A::new(192, 0, 2, 1))));
            } else {
                answer.metadata.response_code = ResponseCode::NXDomain;
            }
            socket.send_to(&answer.to_vec().expect("bytes"), from).await.expect("sent");
        }
    });
    address
}

fn probe(registry: SocketAddr, names: SocketAddr, authority: &CertifiedIssuer<'static, KeyPair>) -> Probe {
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).expect("a root");
    let redirect = [format!(":443:{registry}"), format!(":53:{names}")];
    Probe {
        host: HOST.into(),
        load_balancer: "lb-1.us-east-1.elb.amazonaws.com".into(),
        internal: false,
        record: Record::Zone {
            name: "example.test".into(),
            name_servers: vec!["ns-1.test".into(), "ns-2.test".into()],
        },
        connect_to: redirect.iter().map(|text| text.parse().expect("a redirection")).collect(),
        trust: Trust::of(roots),
        user: "dockreg".into(),
        password: "secret".to_owned().into(),
    }
}

async fn run(server: Server, knows: bool) -> Verification {
    let authority = authority();
    let registry = server.start(&authority).await;
    verify(&probe(registry, name_server(knows).await, &authority)).await
}

fn fault(verification: &Verification) -> String {
    verification.first_fault().map_or_else(|| "none".to_owned(), |(stage, why, _)| format!("{stage:?}: {why}"))
}

#[tokio::test]
async fn a_healthy_registry_passes_every_stage() {
    let verification = run(Server::default(), true).await;
    assert!(verification.passed(), "{verification:?}");
    let stages: Vec<_> = verification.stages.iter().map(|result| result.stage).collect();
    assert_eq!(stages, Stage::ALL);
    let skipped = Outcome::skipped("--connect-to says where docker.example.test is");
    assert_eq!(verification.outcome(Stage::SystemDns), Some(&skipped));
    let seen = Outcome::passed("TLS 1.3, certificate valid until 2099-01-01");
    assert_eq!(verification.outcome(Stage::Tls), Some(&seen));
}

#[tokio::test]
async fn the_first_broken_stage_is_named_and_those_behind_it_are_not_reached() {
    let other = Server { name: "other.example.test", ..Server::default() };
    let verification = run(other, true).await;
    let expected = "Tls: the certificate covers other.example.test, not docker.example.test";
    assert_eq!(fault(&verification), expected);
    assert_eq!(verification.outcome(Stage::Ping), Some(&Outcome::NotReached));
    assert!(verification.outcome(Stage::ZoneDns).is_some_and(Outcome::is_fine), "DNS is judged on its own");
    assert_eq!(verification.stages.len(), Stage::ALL.len());
}

#[tokio::test]
async fn each_fault_has_its_own_words() {
    let expired = Server { year_of_end: 2020, ..Server::default() };
    assert_eq!(fault(&run(expired, true).await), "Tls: the certificate expired on 2020-01-01");
    for (statuses, expected) in [
        ((|_, _, _| 200) as fn(&str, bool, usize) -> u16, "Unauthorized: the registry answers without a password"),
        (|_, _, _| 503, "Unauthorized: the load balancer has no healthy node yet (503)"),
        (|_, _, _| 404, "Unauthorized: /v1/_ping answers 404"),
        (|_, _, _| 401, "Ping: the operator's password is not accepted"),
        (|_, password, _| if password { 500 } else { 401 }, "Ping: the registry does not reach its bucket"),
        (
            |path, password, _| match (path, password) {
                (_, false) => 401,
                ("/v2/", true) => 502,
                _ => 200,
            },
            "V2: a node does not speak HTTP (502)",
        ),
    ] {
        assert_eq!(fault(&run(Server { statuses, ..Server::default() }, true).await), expected);
    }
}

#[tokio::test]
async fn an_unknown_issuer_and_a_machine_without_roots_are_told_apart() {
    let (own, stranger) = (authority(), authority());
    let registry = Server::default().start(&stranger).await;
    let mut probe = probe(registry, name_server(true).await, &own);
    assert!(fault(&verify(&probe).await).contains("issuer is not trusted here"));
    probe.trust = Trust::of(RootCertStore::empty());
    assert!(fault(&verify(&probe).await).contains("no root certificates"));
}

#[tokio::test]
async fn nobody_asks_this_machine_before_the_zone_answers() {
    let verification = run(Server::default(), false).await;
    assert_eq!(fault(&verification), "ZoneDns: the name servers of example.test do not know docker.example.test yet");
    assert_eq!(verification.outcome(Stage::SystemDns), Some(&Outcome::NotReached));
}

#[tokio::test]
async fn a_closed_port_is_a_connection_fault() {
    let authority = authority();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let closed = listener.local_addr().expect("an address");
    drop(listener);
    let verification = verify(&probe(closed, name_server(true).await, &authority)).await;
    assert!(fault(&verification).starts_with("Tcp: 127.0.0.1"), "{}", fault(&verification));
}

#[tokio::test]
async fn waiting_reports_changes_only_and_ends_with_success_or_the_deadline() {
    let authority = authority();
    // Four passes find no healthy node; then each pass sends one request without a password and two with it.
    let slow = |_: &str, password: bool, count: usize| if count < 4 { 503 } else { healthy("", password, count) };
    let registry = Server { statuses: slow, ..Server::default() }.start(&authority).await;
    let probe = probe(registry, name_server(true).await, &authority);
    let mut changes = Vec::new();
    let pace = Pace { pause: Duration::from_millis(1), deadline: None };
    assert!(verify_until(&probe, pace, |now| changes.push(fault(now))).await.passed());
    assert_eq!(changes, ["Unauthorized: the load balancer has no healthy node yet (503)", "none"]);

    let never = Server { statuses: |_, _, _| 503, ..Server::default() }.start(&authority).await;
    let probe = super::Probe { connect_to: vec![format!(":443:{never}").parse().expect("a redirection")], ..probe };
    let deadline = Some(Instant::now() + Duration::from_millis(50));
    let pace = Pace { pause: Duration::from_millis(1), deadline };
    assert!(!verify_until(&probe, pace, |_| {}).await.passed());
}
