//! What `status` found, for people and as data. Pure.

use serde_json::{Value, json};

use super::look::{Found, Part};
use super::verdict::{Nodes, Verdict};
use crate::command::Outcome;
use crate::context::Context;
use crate::registry::template::{output, parameter};
use crate::registry::verify::{self, Stage};
use crate::stack::failure::is_known;
use crate::stack::status::Sentiment;
use crate::ui::{Table, Tone, words};

/// The outcome of the command.
pub(super) fn outcome(context: &Context, found: &Found, verdict: Verdict) -> Outcome {
    let text = text(context, found, &verdict);
    Outcome { data: data(found, &verdict), text, warnings: verdict.warnings, failure: verdict.failure }
}

fn text(context: &Context, found: &Found, verdict: &Verdict) -> String {
    let mut table = Table::new(&context.shell, &[]);
    let mut line = |tone: Tone, title: &str, says: String| {
        table.row([tone.mark().to_owned(), title.to_owned(), says]);
    };
    let (tone, says) = stack(found);
    line(tone, "stack", says);
    nodes(found, &mut line);
    let (tone, says) = load_balancer(found);
    line(tone, "load balancer", says);
    let (tone, says) = certificate(found);
    line(tone, "certificate", says);
    if let Some(bucket) = found.stack.output(output::BUCKET_NAME) {
        let region = found.stack.output(output::BUCKET_REGION).unwrap_or(&found.region);
        line(Tone::Faint, "bucket", format!("{bucket} in {region}"));
    }
    stages(found, &mut line);
    let mut text = table.render();
    if let (Some(host), None) = (found.stack.host(), &verdict.failure) {
        text.push_str(&format!("\n{}\n", context.shell.paint().text(Tone::Strong, &format!("https://{host} works"))));
    }
    text
}

fn stack(found: &Found) -> (Tone, String) {
    let status = &found.stack.status;
    let tone = match status.sentiment() {
        Sentiment::Good => Tone::Good,
        Sentiment::Neutral => Tone::Caution,
        // An undone update leaves a stack that stands as before.
        Sentiment::Bad if status.is_updatable() => Tone::Caution,
        Sentiment::Bad => Tone::Bad,
    };
    let reason = found
        .stack
        .status_reason
        .as_ref()
        .filter(|reason| !is_known(reason))
        .map(|reason| format!(": {reason}"))
        .unwrap_or_default();
    (tone, format!("{} in {} is {status}{reason}", found.stack.name, found.region))
}

fn nodes(found: &Found, line: &mut impl FnMut(Tone, &str, String)) {
    let Some(counted) = Nodes::of(found) else {
        line(absent(&found.group), "nodes", unseen(&found.group));
        return;
    };
    let Nodes { wanted, in_service, healthy } = counted;
    let tone = if counted.are_degraded() { Tone::Bad } else { Tone::Good };
    let says = format!("{} wanted, {in_service} in service, {healthy} healthy", words::count(wanted, "node"));
    line(tone, "nodes", says);
    let targets = found.targets.known().map(Vec::as_slice).unwrap_or_default();
    for member in found.group.known().into_iter().flat_map(|group| &group.members) {
        let target = targets.iter().find(|target| target.instance == member.instance);
        let health = target.map_or("not registered", |target| target.state.as_str());
        let why = target.and_then(|target| target.description.as_deref().or(target.reason.as_deref()));
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        let tone = if health == "healthy" && member.lifecycle == "InService" { Tone::Good } else { Tone::Bad };
        line(tone, "", format!("{} in {}, {}, {health}{why}", member.instance, member.zone, member.lifecycle));
    }
}

fn load_balancer(found: &Found) -> (Tone, String) {
    match &found.load_balancer {
        Part::Known(balancer) => {
            let tone = if balancer.state == "active" { Tone::Good } else { Tone::Bad };
            let reason = balancer.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            (tone, format!("{} is {}{reason}", balancer.dns_name, balancer.state))
        }
        other => (absent(other), unseen(other)),
    }
}

fn certificate(found: &Found) -> (Tone, String) {
    let Part::Known(own) = &found.certificate else {
        return (absent(&found.certificate), unseen(&found.certificate));
    };
    let named = format!("{} in {}", own.name, own.source);
    match (own.days_left(found.now), own.not_after) {
        (Some(days), Some(end)) => {
            let tone = match days {
                ..0 => Tone::Bad,
                _ if own.expires_soon(found.now) => Tone::Caution,
                _ => Tone::Good,
            };
            let end = end.strftime("%Y-%m-%d");
            let left = usize::try_from(days).map(|days| words::count(days, "day"));
            let left = left.map_or(format!("expired on {end}"), |days| format!("{days} left (until {end})"));
            (tone, format!("{named}, {left}"))
        }
        _ => (Tone::Caution, format!("{named}, its end is not known")),
    }
}

/// The stages of readiness; those on the way to the registry are told as one as long as all of them pass.
fn stages(found: &Found, line: &mut impl FnMut(Tone, &str, String)) {
    let Part::Known(verification) = &found.verification else {
        line(absent(&found.verification), "registry", unseen(&found.verification));
        return;
    };
    let on_the_way = |stage: Stage| !matches!(stage, Stage::ZoneDns | Stage::SystemDns);
    let way = || verification.stages.iter().filter(|result| on_the_way(result.stage));
    if way().all(|result| result.outcome.is_fine()) {
        let ping = way().find(|result| result.stage == Stage::Ping);
        let took = ping.map(|result| format!(" in {}", words::duration(result.took))).unwrap_or_default();
        line(Tone::Good, "registry", format!("answers over TLS, wants a password, reaches its bucket{took}"));
    } else {
        for result in way() {
            stage(result, line);
        }
    }
    for result in verification.stages.iter().filter(|result| !on_the_way(result.stage)) {
        stage(result, line);
    }
}

fn stage(result: &verify::StageResult, line: &mut impl FnMut(Tone, &str, String)) {
    let (tone, says) = match &result.outcome {
        verify::Outcome::Passed { seen } => (Tone::Good, seen.clone()),
        verify::Outcome::Failed { why, .. } => (Tone::Bad, why.clone()),
        verify::Outcome::Skipped { why } => (Tone::Faint, format!("not asked: {why}")),
        verify::Outcome::NotReached => (Tone::Faint, "not reached".to_owned()),
    };
    line(tone, result.stage.title(), says);
}

fn absent<T>(part: &Part<T>) -> Tone {
    if matches!(part, Part::Hidden(_)) { Tone::Caution } else { Tone::Bad }
}

fn unseen<T>(part: &Part<T>) -> String {
    match part {
        Part::Hidden(_) => "may not be looked at with these credentials".to_owned(),
        Part::Known(_) | Part::Missing => "none".to_owned(),
    }
}

fn data(found: &Found, verdict: &Verdict) -> Value {
    let stack = &found.stack;
    let verdict = match &verdict.failure {
        None => "works",
        Some(_) if stack.status.is_in_progress() => "changing",
        Some(_) if found.verification.known().is_some_and(verify::Verification::passed) => "degraded",
        Some(_) => "broken",
    };
    let targets = found.targets.known().map(Vec::as_slice).unwrap_or_default();
    let members = found.group.known().into_iter().flat_map(|group| &group.members).map(|member| {
        let target = targets.iter().find(|target| target.instance == member.instance);
        json!({
            "instance": member.instance,
            "zone": member.zone,
            "lifecycle": member.lifecycle,
            "health": target.map(|target| &target.state),
            "reason": target.and_then(|target| target.description.as_ref().or(target.reason.as_ref())),
        })
    });
    let counted = Nodes::of(found);
    json!({
        "verdict": verdict,
        "stack": {
            "name": stack.name,
            "id": stack.id,
            "region": found.region,
            "status": stack.status.word(),
            "reason": stack.status_reason,
            "template_version": stack.output(output::TEMPLATE_VERSION),
        },
        "host": stack.host().map(|host| host.to_string()),
        "url": stack.host().map(|host| format!("https://{host}")),
        "nodes": {
            "wanted": counted.map(|nodes| nodes.wanted),
            "in_service": counted.map(|nodes| nodes.in_service),
            "healthy": counted.map(|nodes| nodes.healthy),
            "members": members.collect::<Vec<_>>(),
        },
        "load_balancer": found.load_balancer.known().map(|balancer| json!({
            "arn": balancer.arn, "dns_name": balancer.dns_name, "state": balancer.state, "reason": balancer.reason,
        })),
        "certificate": found.certificate.known().map(|own| json!({
            "arn": own.arn,
            "name": own.name,
            "source": own.source,
            "names": own.names,
            "not_after": own.not_after,
            "days_left": own.days_left(found.now),
        })),
        "dns": {
            "zone": stack.parameter(parameter::DNS_ZONE),
            "zone_id": stack.parameter(parameter::DNS_ZONE_ID),
            "name_servers": found.name_servers.known(),
        },
        "bucket": stack.output(output::BUCKET_NAME),
        "verification": found.verification.known(),
    })
}
