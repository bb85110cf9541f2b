//! EC2 Auto Scaling: groups that keep their instances at the desired number, in their zones, and healthy.

mod activities;
mod calls;
mod describe;
mod engine;
pub mod groups;
mod health;
mod page;
mod processes;
mod rebalance;
mod refresh;
mod steps;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::Call;
use crate::{AwsError, Region};

pub use activities::Activity;
pub use calls::terminate_member;

/// State of the service.
#[derive(Debug, Default)]
pub struct State {
    pub groups: Vec<Group>,
    /// Oldest first; those of deleted groups stay.
    pub activities: Vec<Activity>,
    /// Instance refreshes, oldest first.
    pub refreshes: Vec<refresh::Refresh>,
}

/// One group.
#[derive(Debug, Clone)]
pub struct Group {
    pub name: String,
    pub arn: String,
    /// Seconds since 1970.
    pub created: f64,
    pub settings: Settings,
    pub desired: u32,
    /// Why `desired` is what it is, for the causes of activities.
    pub request: String,
    pub members: Vec<Member>,
    /// Processes that are suspended, such as `ReplaceUnhealthy`.
    pub suspended: BTreeSet<String>,
    /// Set once it is being deleted.
    pub deleting: bool,
    /// An instance more than desired was launched for the sake of the spread over zones.
    pub rebalancing: bool,
    /// Woken when something changed that the group may have to act on.
    pub wake: Arc<Notify>,
}

/// What a group is made with and can be changed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pub min: u32,
    pub max: u32,
    pub template: Template,
    pub subnets: Vec<Placement>,
    /// `EC2`, or `ELB` too.
    pub health_check_type: String,
    pub grace_period_seconds: u64,
    pub cooldown_seconds: u64,
    pub target_groups: Vec<String>,
    pub termination_policies: Vec<String>,
    pub protect_new: bool,
    pub tags: Vec<Tag>,
}

/// A subnet to launch into, and its zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    pub subnet_id: String,
    pub zone: String,
}

/// The launch template of a group, or the exact version that an instance was launched with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pub id: String,
    pub name: String,
    /// A number, `$Latest` or `$Default`.
    pub version: String,
}

/// A tag of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    pub key: String,
    pub value: String,
    pub propagate: bool,
}

/// An instance in a group.
#[derive(Debug, Clone)]
pub struct Member {
    pub instance_id: String,
    pub zone: String,
    pub instance_type: String,
    pub image_id: String,
    pub state: MemberState,
    pub healthy: bool,
    pub protected: bool,
    pub template: Template,
    /// Its grace period is not over.
    pub graced: bool,
    /// Since when its instance is off, as long as the group has not noticed.
    pub off: Option<Instant>,
}

/// Lifecycle states that occur here; there are no hooks and no standby.
/// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberState {
    Pending,
    InService,
    Terminating,
}

impl MemberState {
    /// As the API names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::InService => "InService",
            Self::Terminating => "Terminating",
        }
    }
}

impl Group {
    /// Members that count towards the desired capacity.
    pub fn counted(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.state != MemberState::Terminating)
    }

    /// Whether a process goes on.
    pub fn runs(&self, process: &str) -> bool {
        !self.suspended.contains(process)
    }

    /// The member with this instance.
    pub fn member_mut(&mut self, instance_id: &str) -> Option<&mut Member> {
        self.members.iter_mut().find(|member| member.instance_id == instance_id)
    }
}

impl State {
    /// The group of this name.
    ///
    /// # Errors
    /// `ValidationError`, as Auto Scaling answers.
    pub fn group(&self, name: &str) -> Result<&Group, AwsError> {
        self.groups.iter().find(|group| group.name == name).ok_or_else(not_found)
    }

    /// The group of this name, to be changed.
    ///
    /// # Errors
    /// `ValidationError`, as Auto Scaling answers.
    pub fn group_mut(&mut self, name: &str) -> Result<&mut Group, AwsError> {
        self.groups.iter_mut().find(|group| group.name == name).ok_or_else(not_found)
    }

    /// The group that an instance belongs to.
    pub fn group_of(&self, instance_id: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.members.iter().any(|member| member.instance_id == instance_id))
    }
}

// https://github.com/aws/aws-sdk-go/issues/1151
fn not_found() -> AwsError {
    AwsError::validation("AutoScalingGroup name not found - null")
}

/// Carries out one operation.
///
/// # Errors
/// The error AWS answers for it.
pub async fn call(region: &Arc<Region>, call: Call) -> Result<Value, AwsError> {
    let input = &call.input;
    match call.operation.as_str() {
        "DescribeAutoScalingGroups" => describe::groups(region, input),
        "DescribeAutoScalingInstances" => describe::instances(region, input),
        "DescribeScalingActivities" => activities::describe(region, input),
        "CancelInstanceRefresh" => refresh::cancel(region, input),
        "DescribeInstanceRefreshes" => refresh::describe(region, input),
        "StartInstanceRefresh" => refresh::start(region, input),
        "ResumeProcesses" => processes::resume(region, input),
        "SuspendProcesses" => processes::suspend(region, input),
        "SetDesiredCapacity" => calls::set_desired_capacity(region, input),
        "SetInstanceHealth" => calls::set_instance_health(region, input),
        "TerminateInstanceInAutoScalingGroup" => calls::terminate_instance(region, input),
        "UpdateAutoScalingGroup" => calls::update_group(region, input),
        // https://github.com/fog/fog-aws/issues/368 (of another service of this protocol)
        other => {
            Err(AwsError::new("InvalidAction", format!("Could not find operation {other} for version 2011-01-01")))
        }
    }
}
