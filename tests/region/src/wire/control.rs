//! The region's own paths, unsigned and only on this port: the journal, and faults and the clock while it runs.

use http_body_util::BodyExt;
use hyper::Response;
use hyper::body::Incoming;
use serde_json::json;

use super::endpoint::{Body, whole};
use super::model::{model, names};
use super::signature::Head;
use crate::Region;
use crate::fault::Fault;

/// `GET /_region/journal` (JSON lines), `GET /_region/timeline` (text), `GET /_region/faults` (JSON),
/// `POST /_region/faults` (a JSON array is added), `DELETE /_region/faults`, `GET` and `POST /_region/clock`.
pub(super) async fn answer(region: &Region, head: &Head, body: Incoming) -> Response<Body> {
    let text = match body.collect().await.map(|body| String::from_utf8(body.to_bytes().to_vec())) {
        Ok(Ok(text)) => text,
        Ok(Err(_)) => return plain(400, "the body is not UTF-8\n".to_owned()),
        Err(error) => return plain(400, format!("{error}\n")),
    };
    let (status, text) = match (head.method.as_str(), head.path.as_str()) {
        ("GET", "/_region/journal") => (200, region.journal.lines()),
        ("GET", "/_region/timeline") => (200, region.journal.timeline()),
        ("GET", "/_region/faults") => (200, format!("{:#}\n", region.faults.list())),
        ("DELETE", "/_region/faults") => {
            region.faults.clear();
            (204, String::new())
        }
        ("POST", "/_region/faults") => match faults(&text) {
            Ok(faults) => {
                faults.into_iter().for_each(|fault| region.plant(fault));
                (204, String::new())
            }
            Err(problem) => (400, format!("{problem}\n")),
        },
        ("GET", "/_region/clock") => (200, format!("{}\n", json!(region.clock.pace()))),
        ("POST", "/_region/clock") => {
            let change = serde_json::from_str(&text).map_err(|error| format!("not a change of the clock: {error}"));
            match change.and_then(|change| region.clock.change(change)) {
                Ok(pace) => (200, format!("{}\n", json!(pace))),
                Err(problem) => (400, format!("{problem}\n")),
            }
        }
        _ => (404, "no such path of the region\n".to_owned()),
    };
    plain(status, text)
}

fn plain(status: u16, text: String) -> Response<Body> {
    let mut answer = Response::new(whole(text));
    *answer.status_mut() = hyper::StatusCode::from_u16(status).unwrap_or_default();
    answer
}

/// Reads an array of faults whose services and operations exist.
///
/// # Errors
/// What is wrong with it.
pub fn faults(text: &str) -> Result<Vec<Fault>, String> {
    let faults = Fault::read(text)?;
    for (index, fault) in faults.iter().enumerate() {
        known(fault).map_err(|problem| format!("fault {}: {problem}", index + 1))?;
    }
    Ok(faults)
}

fn known(fault: &Fault) -> Result<(), String> {
    let services: Vec<_> = match &fault.service {
        None => names().filter_map(model).collect(),
        Some(name) => vec![model(name).ok_or_else(|| format!("the region has no service {name}"))?],
    };
    let Some(operation) = fault.operation.as_ref().filter(|_| !fault.effect.is_about_resources()) else {
        return Ok(());
    };
    let has = services.iter().any(|(_, model)| model.operations.contains_key(operation.as_str()));
    if has { Ok(()) } else { Err(format!("the region has no operation {operation}")) }
}
