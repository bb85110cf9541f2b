//! Objects in another S3 server: what it is asked, and what comes back.

use std::sync::{Arc, Mutex};

use dockreg_region::{Options, start};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::objects::pieces;
use crate::signer::Ask;

/// What the server behind was asked: method and URI, `content-encoding`, body.
type Asked = Arc<Mutex<Vec<(String, Option<String>, String)>>>;

/// A server that takes everything, and gives back `content`.
async fn server(content: &'static str) -> (String, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let asked = Asked::default();
    let noted = asked.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let noted = noted.clone();
            let service = service_fn(move |request: Request<Incoming>| {
                let noted = noted.clone();
                async move {
                    let what = format!("{} {}", request.method(), request.uri());
                    let coding = request.headers().get("content-encoding").and_then(|value| value.to_str().ok());
                    let coding = coding.map(str::to_owned);
                    let body = request.into_body().collect().await?.to_bytes();
                    let body = String::from_utf8_lossy(&body).into_owned();
                    noted.lock().expect("not poisoned").push((what, coding, body));
                    Ok::<_, hyper::Error>(Response::new(Full::new(Bytes::from_static(content.as_bytes()))))
                }
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    (format!("http://{address}"), asked)
}

#[tokio::test]
async fn objects_go_to_the_server_behind_without_the_clients_coding() {
    let (url, asked) = server("from behind").await;
    let running = start(Options { s3: Some(url), ..Options::default() }).await.expect("a region");
    let host = running.endpoint().replace("http://", "");
    assert_eq!(Ask::s3("PUT", "/images", b"").answer(&running).await.status, 200);
    let mut put = Ask::s3("PUT", "/images/a/key", b"");
    pieces(&mut put, &host, false);
    assert_eq!(put.answer(&running).await.status, 200);
    assert_eq!(Ask::s3("GET", "/images/a/key", b"").answer(&running).await.body, "from behind");
    let seen = asked.lock().expect("not poisoned").clone();
    let expected = [("PUT /images", ""), ("PUT /images/a/key", "hello world"), ("GET /images/a/key", "")];
    let seen: Vec<(&str, &str)> = seen
        .iter()
        .map(|(what, coding, body)| {
            assert_eq!(*coding, None);
            (what.as_str(), body.as_str())
        })
        .collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn what_the_region_refuses_never_gets_there() {
    let (url, asked) = server("").await;
    let running = start(Options { s3: Some(url), ..Options::default() }).await.expect("a region");
    let missing = Ask::s3("GET", "/none/key", b"").answer(&running).await;
    assert_eq!(missing.status, 404, "{}", missing.body);
    let wrong = Ask { secret: "wrong".to_owned(), ..Ask::s3("GET", "/none/key", b"") };
    assert_eq!(wrong.answer(&running).await.status, 403);
    assert!(asked.lock().expect("not poisoned").is_empty());
}
