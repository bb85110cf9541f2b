//! Once more, where AWS had not caught up with itself: what a resource needs is there, and AWS does not know it everywhere yet.

use std::time::Duration;

use tokio::time::Instant;

use super::execute::Finished;
use super::{Run, Step, cloudformation, interrupt};
use crate::error::{Failure, Kind};
use crate::stack::answer::{Up, answer};
use crate::stack::failure::RootCause;
use crate::stack::status::StackStatus;

/// A pause, unless the user set an interval.
const PAUSE: Duration = Duration::from_secs(5);

/// What AWS is late with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::command) enum Late {
    /// The load balancer does not find a certificate that `up` has seen.
    /// <https://github.com/hashicorp/terraform-provider-aws/issues/2053>
    Certificate,
    /// The account's first load balancer has made the role that it needs, a moment too late for itself.
    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-service-linked-roles.html>
    LoadBalancingRole,
    /// So has the account's first group.
    /// <https://docs.aws.amazon.com/autoscaling/ec2/userguide/autoscaling-service-linked-role.html>
    AutoScalingRole,
}

impl Late {
    /// Whether a failure comes from it.
    pub(in crate::command) fn of(cause: &RootCause) -> Option<Self> {
        match cause.resource_type.as_str() {
            "AWS::ElasticLoadBalancingV2::Listener" if certificate_is_unknown(&cause.reason) => Some(Self::Certificate),
            "AWS::ElasticLoadBalancingV2::LoadBalancer" if role_is_unknown(&cause.reason) => {
                Some(Self::LoadBalancingRole)
            }
            "AWS::AutoScaling::AutoScalingGroup" if role_is_unknown(&cause.reason) => Some(Self::AutoScalingRole),
            _ => None,
        }
    }

    /// AWS knows it everywhere within so many pauses; of a role, half a minute was too short at times.
    /// <https://github.com/RaJiska/terraform-aws-fck-nat/issues/85>
    pub(in crate::command) const fn pauses(self) -> u32 {
        match self {
            Self::Certificate => 6,
            Self::LoadBalancingRole | Self::AutoScalingRole => 12,
        }
    }

    pub(in crate::command) const fn words(self) -> &'static str {
        match self {
            Self::Certificate => "the load balancer does not find the certificate yet, which happens to a new one",
            Self::LoadBalancingRole => {
                "the account's first load balancer could not use its service-linked role yet, which was made just now"
            }
            Self::AutoScalingRole => {
                "the account's first Auto Scaling group could not use its service-linked role yet, which was made just now"
            }
        }
    }
}

impl<'a> Run<'a> {
    /// What to try the change once more for; `None` when that would not help, or was done.
    pub(super) fn worth_another_try(&self, finished: &Finished) -> Option<Late> {
        let ended = finished.ended.as_ref().filter(|ended| ended.cancelled.is_none())?;
        let late = Late::of(&ended.cause.as_ref()?.root)?;
        let end = Instant::now() + self.pause_for(late);
        let in_time = self.context.timing.deadline().is_none_or(|deadline| end < deadline);
        (!self.tried_again.contains(&late) && in_time).then_some(late)
    }

    fn pause_for(&self, late: Late) -> Duration {
        self.context.timing.poll_interval.unwrap_or(PAUSE) * late.pauses()
    }

    /// Tries the change again after a pause. It was agreed to; of a creation nothing is left that anybody could miss.
    pub(super) async fn once_more(mut self, stack_id: &str, late: Late) -> Result<Step<'a>, Failure> {
        let pause = self.pause_for(late);
        self.context.shell.note(&format!("{}: once more in {} s", late.words(), pause.as_secs().max(1)));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = interrupt::interrupted() => {
                let failure = Failure::new(Kind::Interrupted, "interrupted; the change was rolled back");
                return Err(failure.hint(format!("to begin again: {}", self.resume_line())));
            }
        }
        self.tried_again.push(late);
        let stack = cloudformation::describe_stack(&self.aws, stack_id).await?;
        match &stack {
            Some(stack) if !may_be_tried_again(&stack.status) => Err(Failure::new(
                Kind::OperationFailed,
                format!("the change was not rolled back: the stack is {}", stack.status),
            )
            .hint(format!("to go on from there: {}", self.resume_line()))),
            _ => Ok(Step::Next(Box::new(self), stack)),
        }
    }

    /// Whether the change is tried once more: what the first try needed consent for is agreed to.
    pub(super) fn has_consent(&self) -> bool {
        !self.tried_again.is_empty()
    }
}

/// Whether nothing of the change is left, or nothing that anybody could miss.
fn may_be_tried_again(status: &StackStatus) -> bool {
    matches!(answer(status).up, Up::Update | Up::Recreate)
}

/// The words: <https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/1127>
fn certificate_is_unknown(reason: &str) -> bool {
    reason.contains("CertificateNotFound") || (reason.contains("Certificate '") && reason.contains("' not found"))
}

/// The words are those of a service that shares this trait:
/// <https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/818>. Whoever may not make the role is
/// told so in others, and no second try helps.
fn role_is_unknown(reason: &str) -> bool {
    let reason = reason.to_ascii_lowercase().replace("service-linked role", "service linked role");
    reason.contains("unable to assume the service linked role") && !reason.contains("not authorized")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_aws_is_late_with_is_worth_another_try() {
        let listener = "AWS::ElasticLoadBalancingV2::Listener";
        let balancer = "AWS::ElasticLoadBalancingV2::LoadBalancer";
        let group = "AWS::AutoScaling::AutoScalingGroup";
        let arn = "arn:aws:iam::123456789012:server-certificate/x";
        let unknown = format!("\"Certificate '{arn}' not found (Service: …)\"");
        for (resource_type, reason, late) in [
            (listener, unknown.as_str(), Some(Late::Certificate)),
            (listener, "(Error Code: CertificateNotFound)", Some(Late::Certificate)),
            (listener, "The certificate must have a fully-qualified name", None),
            (listener, "SSL policy 'x' not found", None),
            ("AWS::CertificateManager::Certificate", unknown.as_str(), None),
            (balancer, "Unable to assume the service linked role X. Please try again.", Some(Late::LoadBalancingRole)),
            (group, "Unable to assume the service-linked role X.", Some(Late::AutoScalingRole)),
            (group, "The default Service-Linked Role for Auto Scaling could not be created.", None),
            (balancer, "User x is not authorized to perform: iam:CreateServiceLinkedRole", None),
            ("AWS::IAM::Role", "Unable to assume the service linked role X.", None),
        ] {
            let cause = RootCause {
                logical_id: "Any".to_owned(),
                resource_type: resource_type.to_owned(),
                physical_id: None,
                reason: reason.to_owned(),
                hint: None,
                node_never_signalled: false,
            };
            assert_eq!(Late::of(&cause), late, "{cause:?}");
        }
    }
}
