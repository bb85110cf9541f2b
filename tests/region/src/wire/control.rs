//! The region's own paths, unsigned and only on this port: the journal, and faults while it runs.

use http_body_util::BodyExt;
use hyper::Response;
use hyper::body::Incoming;
use serde_json::json;

use super::endpoint::{Body, whole};
use super::signature::Head;
use crate::Region;
use crate::fault::Fault;

/// `GET /_region/journal` (JSON lines), `GET /_region/timeline` (text), `POST /_region/faults` (a JSON array is added),
/// `DELETE /_region/faults`.
pub(super) async fn answer(region: &Region, head: &Head, body: Incoming) -> Response<Body> {
    let (status, text) = match (head.method.as_str(), head.path.as_str()) {
        ("GET", "/_region/journal") => {
            (200, region.journal.entries().iter().map(|entry| json!(entry).to_string() + "\n").collect())
        }
        ("GET", "/_region/timeline") => (200, region.journal.timeline()),
        ("DELETE", "/_region/faults") => {
            region.faults.clear();
            (204, String::new())
        }
        ("POST", "/_region/faults") => match body.collect().await.map(|body| body.to_bytes()) {
            Ok(bytes) => match serde_json::from_slice::<Vec<Fault>>(&bytes) {
                Ok(faults) => {
                    faults.into_iter().for_each(|fault| region.plant(fault));
                    (204, String::new())
                }
                Err(error) => (400, format!("not an array of faults: {error}\n")),
            },
            Err(error) => (400, format!("{error}\n")),
        },
        _ => (404, "no such path of the region\n".to_owned()),
    };
    let mut answer = Response::new(whole(text));
    *answer.status_mut() = hyper::StatusCode::from_u16(status).unwrap_or_default();
    answer
}
