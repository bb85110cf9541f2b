//! `AZRebalance`: an even spread over the group's zones, by launching before terminating.
//!
//! https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-benefits.html

use std::time::Duration;

use tokio::time::Instant;

use super::activities::at;
use super::{Group, MemberState, steps};
use crate::Region;

/// How long a group is uneven before something is done about it [U].
const BEARABLE: Duration = Duration::from_secs(900);

/// How a group's spread has been.
#[derive(Debug, Default)]
pub(super) struct Spread {
    /// Since when it is uneven.
    uneven: Option<Instant>,
}

impl Spread {
    /// Launches one instance more where there are too few, if that is due. What is then too much, is ended like any
    /// surplus once the new one is in service.
    pub(super) fn look(&mut self, region: &std::sync::Arc<Region>, name: &str) {
        let uneven = region.world(|world| {
            let group = world.autoscaling.group(name).ok()?;
            (group.runs("AZRebalance") && group.runs("Launch") && !group.deleting).then(|| uneven(group)).flatten()
        });
        let Some(cause) = uneven else {
            self.uneven = None;
            return;
        };
        let since = *self.uneven.get_or_insert_with(Instant::now);
        if since.elapsed() < region.clock.scaled(BEARABLE) {
            return;
        }
        self.uneven = None;
        region.world(|world| {
            if let Ok(group) = world.autoscaling.group_mut(name) {
                group.rebalancing = true;
            }
        });
        steps::launch(region, name, Some(format!("{}{cause}", at(region))));
    }
}

/// Why the group needs an instance elsewhere, if it does and is otherwise at rest.
fn uneven(group: &Group) -> Option<String> {
    let settled = group.members.iter().all(|member| member.state == MemberState::InService);
    let complete = usize::try_from(group.desired).is_ok_and(|desired| desired == group.members.len());
    if !settled || !complete || group.rebalancing {
        return None;
    }
    let in_zone = |zone: &str| group.counted().filter(|member| member.zone == zone).count();
    let counts: Vec<usize> = group.settings.subnets.iter().map(|place| in_zone(&place.zone)).collect();
    let outside = group.counted().any(|member| group.settings.subnets.iter().all(|place| place.zone != member.zone));
    let (least, most) = (counts.iter().min()?, counts.iter().max()?);
    // https://github.com/PrairieLearn/PrairieLearn/issues/3271
    (outside || most - least > 1).then(|| {
        let zones: Vec<&str> = group.settings.subnets.iter().map(|place| place.zone.as_str()).collect();
        let counts: Vec<String> = counts.iter().map(ToString::to_string).collect();
        format!(
            "availability zones  {} had  {} instances respectively. An instance was launched to aid in balancing the \
             group's zones.",
            zones.join(" "),
            counts.join(" ")
        )
    })
}

/// The cause of ending what is too much after a rebalance, up to the instance that was chosen.
/// https://github.com/awslabs/benchmark-ai/issues/71
pub(super) fn surplus_cause(group: &Group) -> String {
    let zones: Vec<&str> = group.settings.subnets.iter().map(|place| place.zone.as_str()).collect();
    format!(
        "instances were launched to balance instances in zones {} with other zones resulting in more than desired \
         number of instances in the group.  ",
        zones.join(" ")
    )
}
