//! `AutoScalingRollingUpdate`: obsolete instances replaced batch by batch, each batch waited for.
//!
//! https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use super::settings::number;
use super::{SERVICE, duration};
use crate::AwsError;
use crate::resource::{ResourceContext, ResourceFailure};
use crate::service::autoscaling::{MemberState, Settings, groups, terminate_member};
use crate::service::cloudformation::await_signals;

/// How often the group is looked at while instances come and go.
const LOOK: Duration = Duration::from_millis(20);

/// The policy.
pub(super) struct Policy {
    batch: u32,
    in_service: u32,
    signals: bool,
    pause: String,
    suspended: BTreeSet<String>,
}

impl Policy {
    /// Reads it from the resource's `UpdatePolicy`.
    pub(super) fn read(policy: &Value) -> Self {
        let signals = policy["WaitOnResourceSignals"] == Value::Bool(true) || policy["WaitOnResourceSignals"] == "true";
        let suspended = policy["SuspendProcesses"].as_array().into_iter().flatten().filter_map(Value::as_str);
        Self {
            batch: number(&policy["MaxBatchSize"]).unwrap_or(1).max(1),
            in_service: number(&policy["MinInstancesInService"]).unwrap_or(0),
            signals,
            pause: policy["PauseTime"].as_str().unwrap_or(if signals { "PT5M" } else { "PT0S" }).to_owned(),
            suspended: suspended.map(str::to_owned).collect(),
        }
    }

    /// The group must be able to grow beyond what stays in service. CloudFormation sees to it by itself, in these words.
    /// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html
    pub(super) fn check(&self, settings: &Settings) -> Result<(), ResourceFailure> {
        if self.in_service >= settings.max {
            let reason = "MinInstancesInService must be less than the autoscaling group's MaxSize";
            return Err(ResourceFailure::new("InvalidRequest", reason));
        }
        Ok(())
    }

    async fn pause(&self, context: &ResourceContext, count: u32) -> Result<(), ResourceFailure> {
        if count == 0 {
            return Ok(());
        }
        let timeout = duration::parse(&self.pause);
        if !self.signals {
            context.region.node_clock().sleep(timeout).await;
            return Ok(());
        }
        context.report(&format!(
            "New instance(s) added to autoscaling group - Waiting on {count} resource signal(s) with a timeout of {}.",
            self.pause
        ));
        await_signals(context, usize::try_from(count).unwrap_or_default(), timeout).await
    }
}

/// Ends what a failed roll has launched, and so keeps the instances that were there before [U].
pub(super) async fn roll_back(
    context: &ResourceContext,
    name: &str,
    policy: &Policy,
    (settings, desired): (Settings, Option<u32>),
) -> Result<(), ResourceFailure> {
    let refused = |error: AwsError| context.refused(SERVICE, &error);
    let (present, before) = context
        .region
        .world(|world| world.autoscaling.group(name).map(|group| (count(group.counted().count()), group.desired)))
        .map_err(refused)?;
    let desired = desired.unwrap_or(before).clamp(settings.min, settings.max);
    let size = desired.max(present).min(settings.max);
    groups::update(&context.region, name, settings.clone(), Some(size)).map_err(refused)?;
    let failed = obsolete(context, name);
    let kept = present.saturating_sub(count(failed.len()));
    if kept < desired {
        // Old nodes are gone already: what takes their place is waited for.
        groups::update(&context.region, name, settings, Some(desired)).map_err(refused)?;
        return roll(context, name, policy).await;
    }
    for id in &failed {
        context.report(&format!("Terminating instance(s) [{id}]; replacing with 0 new instance(s)."));
        terminate_member(&context.region, name, id, true).map_err(refused)?;
    }
    gone(context, name, &failed).await;
    groups::update(&context.region, name, settings, Some(desired)).map_err(refused)
}

/// Replaces every instance that was not launched with the group's present template and subnets.
pub(super) async fn roll(context: &ResourceContext, name: &str, policy: &Policy) -> Result<(), ResourceFailure> {
    let obsolete = obsolete(context, name);
    if obsolete.is_empty() {
        return Ok(());
    }
    let refused = |error: AwsError| context.refused(SERVICE, &error);
    let region = &context.region;
    let (final_settings, desired) = region
        .world(|world| world.autoscaling.group(name).map(|group| (group.settings.clone(), group.desired)))
        .map_err(refused)?;
    let waits = if policy.signals {
        format!(
            " Waiting on resource signals with a timeout of {} when new instances are added to the autoscaling group.",
            policy.pause
        )
    } else {
        String::new()
    };
    context.report(&format!(
        "Rolling update initiated. Terminating {} obsolete instance(s) in batches of {}, while keeping at least {} \
         instance(s) in service.{waits}",
        obsolete.len(),
        policy.batch,
        policy.in_service
    ));
    groups::suspend(region, name, policy.suspended.clone()).map_err(refused)?;
    let rolled = batches(context, name, policy, obsolete, (&final_settings, desired)).await;
    groups::suspend(region, name, BTreeSet::new()).map_err(refused)?;
    rolled?;
    groups::update(region, name, final_settings, Some(desired)).map_err(refused)
}

async fn batches(
    context: &ResourceContext,
    name: &str,
    policy: &Policy,
    mut obsolete: Vec<String>,
    (settings, desired): (&Settings, u32),
) -> Result<(), ResourceFailure> {
    let refused = |error: AwsError| context.refused(SERVICE, &error);
    let batch = policy.batch.min(count(obsolete.len()));
    // More than the group has, when a batch less would be too few.
    let size = desired.max(policy.in_service + batch).min(settings.max);
    let mut fresh = 0;
    if size > desired {
        context.report(&format!("Temporarily setting autoscaling group MinSize and DesiredCapacity to {size}."));
        let wider = Settings { min: size, ..settings.clone() };
        groups::update(&context.region, name, wider, Some(size)).map_err(refused)?;
        fresh = size - desired;
        policy.pause(context, fresh).await?;
    }
    let total = count(obsolete.len());
    while !obsolete.is_empty() {
        let ending: Vec<String> = obsolete.drain(..obsolete.len().min(usize::try_from(batch).unwrap_or(1))).collect();
        let replaced = desired.saturating_sub(fresh).min(count(ending.len()));
        context.report(&format!(
            "Terminating instance(s) [{}]; replacing with {replaced} new instance(s).",
            ending.join(",")
        ));
        let shrink = count(ending.len()) - replaced;
        if shrink > 0 {
            let present = context.region.world(|world| world.autoscaling.group(name).map(|group| group.desired));
            let smaller = present.map_err(refused)?.saturating_sub(shrink);
            let narrower = Settings { min: smaller.min(settings.min.max(desired)), ..settings.clone() };
            groups::update(&context.region, name, narrower, None).map_err(refused)?;
        }
        for (index, id) in ending.iter().enumerate() {
            terminate_member(&context.region, name, id, count(index) < shrink).map_err(refused)?;
        }
        gone(context, name, &ending).await;
        let done = 100 * (total - count(obsolete.len())) / total;
        context.report(&format!("Successfully terminated instance(s) [{}] (Progress {done}%).", ending.join(",")));
        fresh += replaced;
        policy.pause(context, replaced).await?;
    }
    Ok(())
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

async fn gone(context: &ResourceContext, name: &str, ids: &[String]) {
    loop {
        let left = context.region.world(|world| {
            world
                .autoscaling
                .group(name)
                .is_ok_and(|group| group.members.iter().any(|one| ids.contains(&one.instance_id)))
        });
        if !left {
            return;
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Oldest first, as the group has them.
fn obsolete(context: &ResourceContext, name: &str) -> Vec<String> {
    context.region.world(|world| {
        let Ok(group) = world.autoscaling.group(name) else { return Vec::new() };
        let wanted = &group.settings.template;
        let resolved = world.ec2.launch_templates.resolve(&wanted.id, &wanted.version);
        let Ok((template, version)) = resolved else { return Vec::new() };
        let version = version.number.to_string();
        let placed =
            |id: &str| {
                world.ec2.instances.instance(id).is_ok_and(|instance| {
                    group.settings.subnets.iter().any(|place| place.subnet_id == instance.subnet_id)
                })
            };
        let members = group.members.iter().filter(|member| member.state != MemberState::Terminating);
        members
            .filter(|one| {
                one.template.id != template.id || one.template.version != version || !placed(&one.instance_id)
            })
            .map(|one| one.instance_id.clone())
            .collect()
    })
}
