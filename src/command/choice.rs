//! What Ctrl-C offers while an operation runs: keep watching, detach, or cancel what can be cancelled. Deciding
//! nothing, a second Ctrl-C and a closed keyboard detach; only a chosen answer changes anything in AWS.

use std::time::Duration;

use super::effect::Effects;
use super::follow::Ended;
use crate::aws::cloudformation::Leave;
use crate::aws::{Aws, AwsCallError, cloudformation};
use crate::context::Context;
use crate::error::{Failure, Kind};
use crate::stack::status::StackStatus;
use crate::ui::{Shell, Unanswered};

/// What was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// Go on watching.
    Keep,
    /// End this run; the operation goes on.
    Detach,
    /// Cancel the operation.
    Cancel(Cancel),
}

/// How an operation is cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cancel {
    /// An update is undone by CloudFormation.
    Update,
    /// A first creation can only be deleted.
    Creation,
}

impl Cancel {
    /// What can be cancelled in this state. A rollback, a clean-up or a deletion cannot.
    pub(super) fn of(status: &StackStatus) -> Option<Self> {
        match status {
            StackStatus::UpdateInProgress => Some(Self::Update),
            StackStatus::CreateInProgress => Some(Self::Creation),
            _ => None,
        }
    }

    /// What is still to do once it is cancelled, for a sentence that says that this failed.
    pub(super) const fn undoing(self) -> &'static str {
        match self {
            Self::Update => "undoing the cancelled update",
            Self::Creation => "deleting what the cancelled creation made",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Update => "cancel the update: CloudFormation undoes what it did so far",
            Self::Creation => "cancel the creation: delete what it made so far (asks for the stack's name)",
        }
    }
}

/// An AWS that does not answer must not keep the question from being asked.
const PATIENCE: Duration = Duration::from_secs(3);

/// Asks what is to happen. `status` is that of the newest event, when one was seen.
pub(super) async fn ask(
    context: &Context,
    aws: &Aws,
    stack_id: &str,
    status: Option<StackStatus>,
    resume: &str,
) -> Choice {
    let shell = &context.shell;
    let cancel = match status {
        Some(status) => Cancel::of(&status),
        None => match tokio::time::timeout(PATIENCE, cloudformation::describe_stack(aws, stack_id)).await {
            Ok(Ok(Some(stack))) => Cancel::of(&stack.status),
            _ => None,
        },
    };
    match choose(shell, &context.stack_name, resume, cancel).await {
        Ok(choice) => choice,
        Err(Unanswered::NoTerminal | Unanswered::Closed) => Choice::Detach,
    }
}

async fn choose(shell: &Shell, name: &str, resume: &str, cancel: Option<Cancel>) -> Result<Choice, Unanswered> {
    let can = match cancel {
        Some(cancel) => format!("  c  {}\n", cancel.words()),
        None => "     (what runs now cannot be cancelled)\n".to_owned(),
    };
    let letters = if cancel.is_some() { "k, d or c" } else { "k or d" };
    let question = format!(
        "\nThe operation on {name} runs in AWS, and goes on unless you cancel it.\n  k  keep watching (Enter)\n  \
         d  detach: leave it running, and follow it later with: {resume}\n{can}{letters}? "
    );
    loop {
        let answer = shell.ask_line(&question).await?.to_lowercase();
        return Ok(match (answer.as_str(), cancel) {
            ("" | "k" | "keep", _) => Choice::Keep,
            ("d" | "detach", _) => Choice::Detach,
            ("c" | "cancel", Some(Cancel::Update)) => Choice::Cancel(Cancel::Update),
            ("c" | "cancel", Some(Cancel::Creation)) => {
                let question = "This deletes the unfinished stack; images stay. Type its name to agree";
                if shell.ask_name(question, name).await? { Choice::Cancel(Cancel::Creation) } else { Choice::Keep }
            }
            _ => continue,
        });
    }
}

/// Cancels an operation. `false` when it has come too far meanwhile: then nothing was done.
pub(super) async fn cancel(effects: Effects<'_>, stack_id: &str, how: Cancel) -> Result<bool, AwsCallError> {
    let stack = cloudformation::describe_stack(effects.aws, stack_id).await?;
    if stack.is_none_or(|stack| Cancel::of(&stack.status) != Some(how)) {
        return Ok(false);
    }
    let token = format!("dockreg-cancel-{}", jiff::Timestamp::now().as_nanosecond());
    match how {
        Cancel::Update => {
            effects.operation(stack_id, &token, cloudformation::cancel_update(effects.aws, stack_id, &token)).await?;
        }
        Cancel::Creation => effects.delete_stack(stack_id, None, &Leave::Nothing, &token).await?,
    }
    Ok(true)
}

/// How a run ends whose operation was cancelled from it; `None` when the operation ended as if it had not been, or badly.
pub(super) fn cancelled(ended: &Ended, resume: &str) -> Option<Failure> {
    let (message, hint) = match (ended.cancelled?, &ended.status) {
        (Cancel::Update, StackStatus::UpdateRollbackComplete) => {
            ("cancelled: the update is undone", format!("to begin again, with the same flags: {resume}"))
        }
        // Nothing is left that knows the host.
        (Cancel::Creation, StackStatus::DeleteComplete) => {
            ("cancelled: what was made is deleted", format!("to begin again: {resume} --domain HOST"))
        }
        _ => return None,
    };
    Some(Failure::new(Kind::Interrupted, message).hint(hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_cancelled_is() {
        for (word, can) in [
            ("CREATE_IN_PROGRESS", Some(Cancel::Creation)),
            ("UPDATE_IN_PROGRESS", Some(Cancel::Update)),
            ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", None),
            ("UPDATE_ROLLBACK_IN_PROGRESS", None),
            ("ROLLBACK_IN_PROGRESS", None),
            ("DELETE_IN_PROGRESS", None),
            ("CREATE_COMPLETE", None),
        ] {
            assert_eq!(Cancel::of(&StackStatus::from_word(word)), can, "{word}");
        }
    }

    #[test]
    fn an_operation_that_ended_all_the_same_is_not_called_cancelled() {
        let ended = |how, word| {
            let status = StackStatus::from_word(word);
            let ended = Ended { status, events: Vec::new(), cause: None, cancelled: Some(how) };
            cancelled(&ended, "dockreg up").map(|own| own.kind)
        };
        assert_eq!(ended(Cancel::Update, "UPDATE_ROLLBACK_COMPLETE"), Some(Kind::Interrupted));
        assert_eq!(ended(Cancel::Update, "UPDATE_COMPLETE"), None);
        assert_eq!(ended(Cancel::Creation, "DELETE_COMPLETE"), Some(Kind::Interrupted));
        assert_eq!(ended(Cancel::Creation, "DELETE_FAILED"), None);
    }
}
