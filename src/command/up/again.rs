//! Once more, where AWS had not caught up with itself: a certificate that is there and that the load balancer does not find
//! yet. <https://github.com/hashicorp/terraform-provider-aws/issues/2053>

use std::time::Duration;

use tokio::time::Instant;

use super::execute::Finished;
use super::{Outcome, Run, cloudformation, interrupt, start};
use crate::error::{Failure, Kind};
use crate::stack::answer::Up;
use crate::stack::failure::RootCause;

/// AWS knows a certificate everywhere within so many pauses.
const PAUSES: u32 = 6;
/// A pause, unless the user set an interval.
const PAUSE: Duration = Duration::from_secs(5);

impl Run<'_> {
    /// How long to wait before the change is tried once more; `None` when that would not help, or was done.
    pub(super) fn worth_another_try(&self, finished: &Finished) -> Option<Duration> {
        let cause = finished.ended.as_ref()?.cause.as_ref()?;
        let pause = self.context.timing.poll_interval.unwrap_or(PAUSE) * PAUSES;
        let in_time = self.context.timing.deadline().is_none_or(|end| Instant::now() + pause < end);
        (!self.again && in_time && is_unknown_certificate(&cause.root)).then_some(pause)
    }

    /// Tries the change again after a pause. It was agreed to; of a creation nothing is left that anybody could miss.
    pub(super) async fn once_more(mut self, stack_id: &str, pause: Duration) -> Result<Outcome, Failure> {
        self.context.shell.note(&format!(
            "the load balancer does not find the certificate yet, which happens to a new one: once more in {} s",
            pause.as_secs().max(1)
        ));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = interrupt::interrupted() => {
                let failure = Failure::new(Kind::Interrupted, "interrupted; the change was rolled back");
                return Err(failure.hint(format!("to begin again: {}", self.resume_line())));
            }
        }
        self.again = true;
        let stack = cloudformation::describe_stack(&self.aws, stack_id).await?;
        match (start::start(stack.as_ref())?, stack) {
            (Up::Update, stack) => Box::pin(self.change(stack, false)).await,
            (Up::Recreate, Some(stack)) => Box::pin(self.recreate(stack)).await,
            (_, stack) => {
                let status = stack.map(|stack| stack.status.to_string()).unwrap_or_default();
                Err(Failure::new(
                    Kind::OperationFailed,
                    format!("the change was not rolled back: the stack is {status}"),
                )
                .hint(format!("to go on from there: {}", self.resume_line())))
            }
        }
    }
}

/// Whether the load balancer did not find a certificate. `up` has seen it before it began.
/// <https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/1127> (the words)
fn is_unknown_certificate(cause: &RootCause) -> bool {
    let reason = &cause.reason;
    cause.resource_type == "AWS::ElasticLoadBalancingV2::Listener"
        && (reason.contains("CertificateNotFound")
            || (reason.contains("Certificate '") && reason.contains("' not found")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_certificate_that_is_not_found_is_worth_another_try() {
        let arn = "arn:aws:iam::123456789012:server-certificate/x";
        for (resource_type, reason, worth) in [
            ("AWS::ElasticLoadBalancingV2::Listener", format!("\"Certificate '{arn}' not found (Service: …)\""), true),
            ("AWS::ElasticLoadBalancingV2::Listener", "(Error Code: CertificateNotFound)".to_owned(), true),
            (
                "AWS::ElasticLoadBalancingV2::Listener",
                "The certificate must have a fully-qualified name".to_owned(),
                false,
            ),
            ("AWS::ElasticLoadBalancingV2::Listener", "SSL policy 'x' not found".to_owned(), false),
            ("AWS::CertificateManager::Certificate", format!("Certificate '{arn}' not found"), false),
        ] {
            let cause = RootCause {
                logical_id: "Listener".to_owned(),
                resource_type: resource_type.to_owned(),
                physical_id: None,
                reason,
                hint: None,
                node_never_signalled: false,
            };
            assert_eq!(is_unknown_certificate(&cause), worth, "{cause:?}");
        }
    }
}
