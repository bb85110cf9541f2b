//! What `up` begins with, by the state the stack is in. Pure.

use crate::error::{Failure, Kind};
use crate::stack::Stack;
use crate::stack::status::StackStatus;

/// How this run begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// There is no stack: make it.
    Create,
    /// Only change sets exist under this name: whether they are ours decides.
    Resume,
    /// The stack stands: change it, if anything is to be changed.
    Update,
    /// The first creation failed and was rolled back: delete what is left, then make it.
    Recreate,
    /// An operation runs: follow it.
    Attach,
}

/// Decides by the stack's state, or says why nothing can be done and what to type instead.
pub(super) fn start(stack: Option<&Stack>) -> Result<Start, Failure> {
    let Some(stack) = stack else { return Ok(Start::Create) };
    match stack.status {
        StackStatus::DeleteComplete => return Ok(Start::Create),
        StackStatus::ReviewInProgress => return Ok(Start::Resume),
        _ if !stack.is_ours() => return Err(foreign(stack)),
        _ => {}
    }
    match &stack.status {
        status if status.is_in_progress() => Ok(Start::Attach),
        status if status.is_updatable() => Ok(Start::Update),
        StackStatus::RollbackComplete => Ok(Start::Recreate),
        _ => Err(stuck(stack)),
    }
}

/// A stack of this name that dockreg did not make.
pub(in crate::command) fn foreign(stack: &Stack) -> Failure {
    let about = stack.description.as_deref().map(|text| format!("it calls itself {text:?}"));
    let failure = Failure::new(
        Kind::ForeignStack,
        format!("the stack {} exists and was not made by dockreg; it is left alone", stack.name),
    )
    .hint("choose another name with --stack-name");
    match about {
        Some(about) => failure.cause(about),
        None => failure,
    }
}

fn stuck(stack: &Stack) -> Failure {
    let name = &stack.name;
    let next = match stack.status {
        StackStatus::UpdateRollbackFailed => format!(
            "see why with `aws cloudformation describe-stack-events --stack-name {name}`, remove the obstacle, then \
             `aws cloudformation continue-update-rollback --stack-name {name}` and `dockreg up` again"
        ),
        StackStatus::DeleteFailed => "finish the deletion with `dockreg down`, then `dockreg up` again".to_owned(),
        StackStatus::UpdateFailed => {
            format!("`aws cloudformation rollback-stack --stack-name {name}`, then `dockreg up` again")
        }
        _ => "delete it with `dockreg down` (images stay), then `dockreg up` again".to_owned(),
    };
    let failure =
        Failure::new(Kind::StackState, format!("the stack {name} is in {} and cannot be changed", stack.status));
    match &stack.status_reason {
        Some(reason) => failure.cause(reason.clone()),
        None => failure,
    }
    .hint(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn stack(status: &str, description: &str) -> Stack {
        Stack {
            id: "arn".to_owned(),
            name: "s".to_owned(),
            status: StackStatus::from_word(status),
            status_reason: None,
            description: Some(description.to_owned()),
            parameters: BTreeMap::new(),
            outputs: BTreeMap::new(),
            tags: BTreeMap::new(),
            role_arn: None,
            created: None,
            updated: None,
            termination_protection: false,
        }
    }

    #[test]
    fn every_state_has_an_answer() {
        let table = [
            ("CREATE_COMPLETE", Ok(Start::Update)),
            ("UPDATE_ROLLBACK_COMPLETE", Ok(Start::Update)),
            ("ROLLBACK_COMPLETE", Ok(Start::Recreate)),
            ("REVIEW_IN_PROGRESS", Ok(Start::Resume)),
            ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", Ok(Start::Attach)),
            ("DELETE_IN_PROGRESS", Ok(Start::Attach)),
            ("DELETE_COMPLETE", Ok(Start::Create)),
            ("CREATE_FAILED", Err(Kind::StackState)),
            ("UPDATE_ROLLBACK_FAILED", Err(Kind::StackState)),
            ("DELETE_FAILED", Err(Kind::StackState)),
            ("SOMETHING_NEW", Err(Kind::StackState)),
        ];
        for (status, expected) in table {
            let answer = start(Some(&stack(status, "dockreg: x"))).map_err(|failure| failure.kind);
            assert_eq!(answer, expected, "{status}");
        }
        assert_eq!(start(None).ok(), Some(Start::Create));
    }

    #[test]
    fn a_foreign_stack_is_left_alone_in_every_state() {
        for status in ["CREATE_COMPLETE", "ROLLBACK_COMPLETE", "UPDATE_IN_PROGRESS", "DELETE_FAILED"] {
            let answer = start(Some(&stack(status, "somebody else's"))).map_err(|failure| failure.kind);
            assert_eq!(answer, Err(Kind::ForeignStack), "{status}");
        }
    }
}
