//! The instance metadata service, version 2 unless the instance allows version 1: tokens, the tree, role credentials.
//!
//! https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html

mod tree;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderMap, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::Region;
use crate::service::ec2::instances::Instance;
use crate::service::iam::Credentials;

const TOKEN: &str = "x-aws-ec2-metadata-token";
const TOKEN_TTL: &str = "x-aws-ec2-metadata-token-ttl-seconds";

/// The longest life of a token: six hours.
const LONGEST_TTL: u64 = 21_600;

/// Credentials with less than this left are renewed; AWS promises at least five minutes.
/// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
const RENEWED_BEFORE: f64 = 900.0;

/// The metadata service of one region, for all its instances.
pub struct Metadata {
    region: Weak<Region>,
    /// Instance and end of every token.
    tokens: Mutex<HashMap<String, (String, Instant)>>,
    /// What each instance was given last.
    credentials: Mutex<HashMap<String, Credentials>>,
}

/// An answer: status, body, further headers.
type Answer = Response<Full<Bytes>>;

impl Metadata {
    /// The service of `region`.
    pub fn new(region: &Arc<Region>) -> Arc<Self> {
        Arc::new(Self { region: Arc::downgrade(region), tokens: Mutex::default(), credentials: Mutex::default() })
    }

    /// Answers one request of an instance.
    pub fn answer(&self, instance_id: &str, method: &Method, path: &str, headers: &HeaderMap) -> Answer {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let Some(region) = self.region.upgrade() else { return plain(StatusCode::SERVICE_UNAVAILABLE, String::new()) };
        let Ok(instance) = region.world(|world| world.ec2.instances.instance(instance_id).cloned()) else {
            return plain(StatusCode::NOT_FOUND, String::new());
        };
        // https://repost.aws/knowledge-center/ec2-linux-metadata-retrieval
        if !instance.metadata_enabled {
            return plain(StatusCode::FORBIDDEN, String::new());
        }
        if *method == Method::PUT && path == "/latest/api/token" {
            if headers.contains_key("x-forwarded-for") {
                return plain(StatusCode::FORBIDDEN, String::new());
            }
            let ttl = text(TOKEN_TTL).and_then(|ttl| ttl.parse().ok()).filter(|ttl| (1..=LONGEST_TTL).contains(ttl));
            let Some(ttl) = ttl else { return plain(StatusCode::BAD_REQUEST, String::new()) };
            return self.issue(&region, instance_id, ttl);
        }
        if *method != Method::GET {
            return plain(StatusCode::METHOD_NOT_ALLOWED, String::new());
        }
        match text(TOKEN) {
            Some(token) if !self.valid(token, instance_id) => return plain(StatusCode::UNAUTHORIZED, String::new()),
            None if instance.tokens_required => return plain(StatusCode::UNAUTHORIZED, String::new()),
            _ => {}
        }
        match tree::look_up(&region, &instance, path, || self.credentials(&region, &instance)) {
            Some(body) => plain(StatusCode::OK, body),
            None => plain(StatusCode::NOT_FOUND, String::new()),
        }
    }

    /// Makes the credentials that an instance was given last this many seconds older.
    pub fn age(&self, instance_id: &str, seconds: f64) {
        if let Some(one) = self.credentials.lock().unwrap_or_else(PoisonError::into_inner).get_mut(instance_id) {
            one.expires -= seconds;
        }
    }

    fn issue(&self, region: &Region, instance_id: &str, ttl: u64) -> Answer {
        let token = format!("{}==", region.random.alphanumeric(54));
        let ends = Instant::now() + Duration::from_secs(ttl);
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.retain(|_, (_, ends)| *ends > Instant::now());
        tokens.insert(token.clone(), (instance_id.to_owned(), ends));
        let mut answer = plain(StatusCode::OK, token);
        answer.headers_mut().insert(TOKEN_TTL, HeaderValue::from(ttl));
        answer
    }

    fn valid(&self, token: &str, instance_id: &str) -> bool {
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.get(token).is_some_and(|(owner, ends)| owner == instance_id && *ends > Instant::now())
    }

    /// The instance's credentials, renewed when they are about to end. None without a role.
    fn credentials(&self, region: &Region, instance: &Instance) -> Option<Credentials> {
        let role = instance.profile.as_ref()?.role_name.as_ref()?;
        let mut kept = self.credentials.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = kept.get(&instance.id).filter(|one| one.expires - region.clock.epoch() > RENEWED_BEFORE);
        if let Some(credentials) = fresh {
            return Some(credentials.clone());
        }
        let minted = region.world(|world| world.iam.mint(region, role, &instance.id));
        kept.insert(instance.id.clone(), minted.clone());
        Some(minted)
    }
}

fn plain(status: StatusCode, body: String) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(body)));
    *answer.status_mut() = status;
    answer.headers_mut().insert("server", HeaderValue::from_static("EC2ws"));
    answer.headers_mut().insert("content-type", HeaderValue::from_static("text/plain"));
    answer
}

/// Serves the metadata of machines, told apart by their source address, until the task is aborted. Packets live only as
/// many hops as the instance's options allow.
pub async fn serve(region: Arc<Region>, listener: TcpListener) {
    let metadata = Metadata::new(&region);
    drop(region);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, peer)) = accepted {
                    connections.spawn(connection(metadata.clone(), stream, peer));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(metadata: Arc<Metadata>, stream: TcpStream, peer: SocketAddr) {
    let IpAddr::V4(address) = peer.ip() else { return };
    let instance = metadata.region.upgrade().and_then(|region| {
        region.world(|world| world.ec2.instances.by_address(address).map(|one| (one.id.clone(), one.hop_limit)))
    });
    if let Some((_, hops)) = &instance
        && stream.set_ttl(u32::from(*hops)).is_err()
    {
        return;
    }
    let service = service_fn(move |request: Request<Incoming>| {
        let answer = match &instance {
            Some((id, _)) => metadata.answer(id, request.method(), request.uri().path(), request.headers()),
            None => plain(StatusCode::NOT_FOUND, String::new()),
        };
        async move { Ok::<_, std::convert::Infallible>(answer) }
    });
    let served = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    if let Err(error) = served {
        tracing::debug!(%error, "metadata connection ended");
    }
}
