//! The metadata service as a machine meets it: by HTTP, told apart by its source address.

use std::net::Ipv4Addr;

use dockreg_region::node::metadata::{Metadata, serve};
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::{TcpListener, TcpSocket};

use super::rig::{Rig, TEMPLATE};

/// Asks from `source`; gives status and body.
async fn ask(
    to: std::net::SocketAddr,
    source: Ipv4Addr,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
) -> (u16, String) {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind((source, 0).into()).expect("a source address");
    let stream = socket.connect(to).await.expect("the metadata service");
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("HTTP");
    tokio::spawn(connection);
    let mut request = Request::builder().method(method).uri(path).header("host", "169.254.169.254");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Empty::<Bytes>::new()).expect("a request");
    let response = sender.send_request(request).await.expect("an answer");
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    (status, String::from_utf8_lossy(&body).into_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_machine_gets_its_own_tree_with_its_own_token_only() {
    const TTL: &str = "x-aws-ec2-metadata-token-ttl-seconds";
    const TOKEN: &str = "x-aws-ec2-metadata-token";
    let rig = Rig::with_registry(&[("Nodes", "2")]).await;
    let region = rig.running.region();
    // Loopback addresses stand for the two machines'.
    let (here, other) = (Ipv4Addr::new(127, 0, 0, 11), Ipv4Addr::new(127, 0, 0, 12));
    let ids = rig.members("InService").await;
    region.world(|world| {
        for (id, address) in ids.iter().zip([here, other]) {
            world.ec2.instances.readdress(id, address);
        }
    });
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let to = listener.local_addr().expect("an address");
    let serving = tokio::spawn(serve(region.clone(), listener));

    assert_eq!(ask(to, here, Method::GET, "/latest/meta-data/instance-id", &[]).await.0, 401, "no token");
    assert_eq!(ask(to, here, Method::PUT, "/latest/api/token", &[]).await.0, 400, "no life");
    assert_eq!(ask(to, here, Method::PUT, "/latest/api/token", &[(TTL, "21601")]).await.0, 400, "too long a life");
    let behind_proxy = [(TTL, "60"), ("x-forwarded-for", "10.0.0.1")];
    assert_eq!(ask(to, here, Method::PUT, "/latest/api/token", &behind_proxy).await.0, 403);
    let (status, token) = ask(to, here, Method::PUT, "/latest/api/token", &[(TTL, "60")]).await;
    assert_eq!(status, 200);
    let token = [(TOKEN, token.as_str())];
    let get = async |path: &str| ask(to, here, Method::GET, path, &token).await;

    assert_eq!(get("/latest/meta-data/instance-id").await, (200, ids[0].clone()));
    assert_eq!(ask(to, other, Method::GET, "/latest/meta-data/instance-id", &token).await.0, 401, "a stranger's token");
    assert_eq!(get("/latest/meta-data/placement/region").await.1, "us-east-1");
    assert!(get("/2021-03-23/user-data").await.1.starts_with("#cloud-config"));
    assert_eq!(get("/latest/meta-data/nothing").await.0, 404);
    let list = get("/latest/meta-data/").await.1;
    assert!(list.lines().any(|entry| entry == "iam/") && list.lines().any(|entry| entry == "local-ipv4"), "{list}");
    let folder = "/latest/meta-data/iam/security-credentials/";
    let role = get(folder).await.1;
    let document: Value = serde_json::from_str(&get(&format!("{folder}{role}")).await.1).expect("JSON");
    assert_eq!(document["Code"], "Success");
    assert!(document["AccessKeyId"].as_str().is_some_and(|id| id.starts_with("ASIA")), "{document}");
    assert_eq!(get(&format!("{folder}stranger")).await.0, 404);
    serving.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credentials_are_renewed_before_they_end() {
    let rig = Rig::with_registry(&[]).await;
    let region = rig.running.region();
    let id = rig.members("InService").await.remove(0);
    let metadata = Metadata::new(&region);
    let role = region.world(|world| world.iam.roles.keys().next().cloned()).expect("a role");
    let key = async || {
        let mut headers = hyper::HeaderMap::new();
        headers.insert("x-aws-ec2-metadata-token-ttl-seconds", "60".parse().expect("a header"));
        let token = metadata.answer(&id, &Method::PUT, "/latest/api/token", &headers);
        let token = token.into_body().collect().await.expect("a token").to_bytes();
        headers.insert("x-aws-ec2-metadata-token", String::from_utf8_lossy(&token).parse().expect("a header"));
        let path = format!("/latest/meta-data/iam/security-credentials/{role}");
        let answer = metadata.answer(&id, &Method::GET, &path, &headers);
        let body = answer.into_body().collect().await.expect("credentials").to_bytes();
        serde_json::from_slice::<Value>(&body).expect("JSON")["AccessKeyId"].clone()
    };
    let first = key().await;
    assert_eq!(first, key().await, "the same as long as they are good");
    metadata.age(&id, 6.0 * 3600.0 - 60.0);
    assert_ne!(first, key().await, "a minute before their end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_metadata_service_that_is_off_answers_nobody() {
    const TTL: (&str, &str) = ("x-aws-ec2-metadata-token-ttl-seconds", "60");
    let off =
        TEMPLATE.replace(r#""HttpTokens": "required""#, r#""HttpTokens": "required", "HttpEndpoint": "disabled""#);
    let rig = Rig::new().await;
    rig.submit("CreateStack", &off, &[]).await;
    let id = rig.until("a node boots", async || rig.nodes.instance_ids().into_iter().next()).await;
    let here = Ipv4Addr::new(127, 0, 0, 13);
    let region = rig.running.region();
    region.world(|world| world.ec2.instances.readdress(&id, here));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let to = listener.local_addr().expect("an address");
    let serving = tokio::spawn(serve(region.clone(), listener));
    assert_eq!(ask(to, here, Method::PUT, "/latest/api/token", &[TTL]).await.0, 403);
    serving.abort();
}
