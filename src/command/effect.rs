//! Calls that change something and whose reply may be lost: looks whether they took effect before they are called a
//! failure. CloudFormation writes the call's client request token into every event that follows from it:
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackEvent.html>

use std::time::Duration;

use crate::aws::cloudformation::{self, ChangeSetIds, Leave};
use crate::aws::{Aws, AwsCallError};
use crate::stack::status::StackStatus;
use crate::stack::watch::EventSource;

/// How often it is looked for an effect that does not show at once.
const LOOKS: u32 = 3;
/// Between two of these looks, unless the user set an interval.
const PAUSE: Duration = Duration::from_secs(1);

/// How a run looks for the effects of its calls.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effects<'a> {
    /// Where.
    pub(super) aws: &'a Aws,
    /// `--poll-interval`.
    pub(super) poll_interval: Option<Duration>,
}

impl Effects<'_> {
    /// A call that begins an operation of a stack. Its error counts only if no event carries its token.
    pub(super) async fn operation(
        self,
        stack_id: &str,
        token: &str,
        call: impl Future<Output = Result<(), AwsCallError>>,
    ) -> Result<(), AwsCallError> {
        let Err(error) = call.await else { return Ok(()) };
        self.or(error, async || {
            let page = self.aws.page(stack_id, None).await?;
            Ok(page.events.iter().any(|event| event.token.as_deref() == Some(token)).then_some(()))
        })
        .await
    }

    /// Deletes a stack. One that is being deleted, or gone, is what was asked for, whoever asked.
    pub(super) async fn delete_stack(
        self,
        stack_id: &str,
        role_arn: Option<&str>,
        leave: &Leave,
        token: &str,
    ) -> Result<(), AwsCallError> {
        let call = cloudformation::delete_stack(self.aws, stack_id, role_arn, leave, token);
        let Err(error) = call.await else { return Ok(()) };
        self.or(error, async || {
            let stack = cloudformation::describe_stack(self.aws, stack_id).await?;
            let going = |status| matches!(status, StackStatus::DeleteInProgress | StackStatus::DeleteComplete);
            Ok(stack.is_none_or(|stack| going(stack.status)).then_some(()))
        })
        .await
    }

    /// Asks for a change set; one of that name that is there is the one that was asked for.
    pub(super) async fn create_change_set(
        self,
        new: &cloudformation::NewChangeSet<'_>,
    ) -> Result<ChangeSetIds, AwsCallError> {
        match cloudformation::create_change_set(self.aws, new).await {
            Ok(ids) => Ok(ids),
            Err(error) => {
                self.or(error, async || cloudformation::find_change_set(self.aws, new.stack, new.name).await).await
            }
        }
    }

    /// Removes a change set; one that is not there is removed.
    pub(super) async fn delete_change_set(self, stack: &str, name: &str) -> Result<(), AwsCallError> {
        let Err(error) = cloudformation::delete_change_set(self.aws, stack, name).await else { return Ok(()) };
        self.or(error, async || {
            Ok(cloudformation::find_change_set(self.aws, stack, name).await?.is_none().then_some(()))
        })
        .await
    }

    /// What `look` finds, else the error. A refusal is looked into once: it may answer the repetition of a call that was
    /// carried out. After a lost reply the effect may show late.
    async fn or<T>(
        self,
        error: AwsCallError,
        look: impl AsyncFn() -> Result<Option<T>, AwsCallError>,
    ) -> Result<T, AwsCallError> {
        let looks = if error.kind.is_passing() { LOOKS } else { 1 };
        for again in (0..looks).rev() {
            match look().await {
                Ok(Some(effect)) => return Ok(effect),
                Ok(None) if again > 0 => tokio::time::sleep(self.poll_interval.unwrap_or(PAUSE)).await,
                Ok(None) => {}
                Err(second) => tracing::debug!(%second, "could not look for the effect"),
            }
        }
        Err(error)
    }
}
