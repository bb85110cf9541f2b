//! What a planted fault does to a call: before it takes effect, after it, and to its answer.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::Response;
use hyper::body::{Body as HttpBody, Bytes, Frame, SizeHint};
use serde_json::{Value, json};

use super::endpoint::{Body, Lost, Reply, whole};
use super::model::Model;
use super::{caller, permission};
use crate::Region;
use crate::fault::{Effect, Hit};
use crate::service::{self, Call};

/// What an AWS load balancer answers when what is behind it does not. [U]
const BAD_GATEWAY: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n";

/// The reply of a fault that keeps the call from taking effect. A slow call waits here.
pub(super) async fn before(region: &Region, model: &Model, call: &Call, hit: Option<&Hit>) -> Option<Reply> {
    let hit = hit?;
    match &hit.effect {
        Effect::CutBefore => Some(Reply::Lost(Lost::Closed, "cut before effect")),
        Effect::ResetBefore => Some(Reply::Lost(Lost::Reset, "reset before effect")),
        Effect::Stall => Some(Reply::Lost(Lost::Never, "stalled before effect")),
        Effect::Slow(_) => {
            tokio::time::sleep(hit.effect.delay().unwrap_or_default()).await;
            None
        }
        _ if hit.after_effect => None,
        effect => answer(region, model, call, effect),
    }
}

/// The reply of a fault to a call that took effect.
pub(super) fn after(region: &Region, model: &Model, call: &Call, hit: Option<&Hit>) -> Option<Reply> {
    let hit = hit?;
    match &hit.effect {
        Effect::CutAfter => Some(Reply::Lost(Lost::Closed, "cut after effect")),
        Effect::ResetAfter => Some(Reply::Lost(Lost::Reset, "reset after effect")),
        Effect::StallAfter => Some(Reply::Lost(Lost::Never, "stalled after effect")),
        effect if hit.after_effect => answer(region, model, call, effect),
        _ => None,
    }
}

/// The answer that stands in place of the operation's own.
fn answer(region: &Region, model: &Model, call: &Call, effect: &Effect) -> Option<Reply> {
    let error = match effect {
        Effect::ExpireToken => caller::error(model, caller::Refusal::Expired),
        Effect::SkewedClock => caller::error(model, caller::skewed(region.clock.now(), 3600)),
        Effect::Denied => permission::denial(region, call, &model.metadata.protocol),
        Effect::BadGateway => {
            let answer = Response::builder().status(502).header("content-type", "text/html");
            return answer.body(whole(BAD_GATEWAY)).ok().map(Reply::Answer);
        }
        other => other.error(call.service)?,
    };
    Some(Reply::Failed(error))
}

/// The answer as a fault lets it through.
pub(super) fn through(answer: Response<Body>, hit: Option<&Hit>) -> Response<Body> {
    match hit.map(|hit| &hit.effect) {
        Some(Effect::Drip(seconds)) => {
            let seconds = Duration::try_from_secs_f64(*seconds).unwrap_or_default();
            answer.map(|body| Drip { body, rest: Bytes::new(), time: seconds, sleep: None }.boxed_unsync())
        }
        _ => answer,
    }
}

/// Leaves out of an answer of `DescribeStackEvents` what a fault does not show yet.
pub(super) async fn hold_back(region: &Arc<Region>, call: &Call, value: &mut Value, hit: Option<&Hit>) {
    let Some(Hit { effect: Effect::DripEvents(step), number, .. }) = hit else { return };
    let shown = step.saturating_mul(usize::try_from(*number).unwrap_or(usize::MAX));
    let mut ids = Vec::new();
    let mut input = json!({ "StackName": call.input["StackName"] });
    loop {
        let call = Call { input: input.clone(), ..call.clone() };
        let Ok(page) = service::dispatch(region, call).await else { return };
        let events = page["StackEvents"].as_array().into_iter().flatten();
        ids.extend(events.map(|event| event["EventId"].to_string()));
        match page.get("NextToken") {
            Some(next) => input["NextToken"] = next.clone(),
            None => break,
        }
    }
    let early: BTreeSet<String> = ids.into_iter().rev().take(shown).collect();
    if let Some(events) = value["StackEvents"].as_array_mut() {
        events.retain(|event| early.contains(&event["EventId"].to_string()));
    }
}

/// A body that comes in small pieces for some time.
struct Drip {
    body: Body,
    rest: Bytes,
    /// What is left of the time.
    time: Duration,
    sleep: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl HttpBody for Drip {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Some(sleep) = &mut self.sleep {
            ready!(sleep.as_mut().poll(context));
            self.sleep = None;
        }
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => self.rest = frame.into_data().unwrap_or_default(),
                end => return Poll::Ready(end),
            }
        }
        let length = self.rest.len();
        let turns = usize::try_from(self.time.as_millis()).unwrap_or(usize::MAX).clamp(1, length.max(1));
        let piece = self.rest.split_to(length.div_ceil(turns));
        if !self.rest.is_empty() {
            let pause = self.time / u32::try_from(turns).unwrap_or(u32::MAX);
            self.time = self.time.saturating_sub(pause);
            self.sleep = Some(Box::pin(tokio::time::sleep(pause)));
        }
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn size_hint(&self) -> SizeHint {
        let rest = u64::try_from(self.rest.len()).unwrap_or(u64::MAX);
        match self.body.size_hint().exact() {
            Some(length) => SizeHint::with_exact(length + rest),
            None => SizeHint::default(),
        }
    }
}
