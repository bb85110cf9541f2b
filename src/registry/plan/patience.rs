//! The plan's patience with a node that boots.

use super::Draft;
use crate::registry::template::parameter;
use crate::stack::Stack;

/// Seconds that a boot with slow mirrors takes: an image with everything in it is quicker, and its owner knows.
const SLOW_BOOT: u32 = 300;

/// Warns where health checks count before a node can be up: the group ends it, and the next one, for ever.
/// <https://docs.aws.amazon.com/autoscaling/ec2/userguide/health-check-grace-period.html>
pub(super) fn check(stack: Option<&Stack>, draft: &mut Draft) {
    let name = parameter::HEALTH_CHECK_GRACE_PERIOD;
    let asked = draft.values.get(name).map(|setting| setting.value.as_str());
    let seconds = asked.or_else(|| stack?.parameter(name)).and_then(|text| text.parse().ok());
    if let Some(seconds @ 0..SLOW_BOOT) = seconds {
        draft.warnings.push(format!(
            "failed health checks count {seconds} s after a node's start: one that boots slower is replaced, and the next \
             one too, for ever; a boot may take {SLOW_BOOT} s, and --health-check-grace-period 900 is safe"
        ));
    }
}
