//! What `up` begins with, by the state the stack is in. Pure.

use crate::command::foreign::foreign;
use crate::error::{Failure, Kind};
use crate::stack::Stack;
use crate::stack::answer::{Up, answer};
use crate::stack::status::StackStatus;

/// Decides by the stack's state; fails for a stack that is not ours, or whose state is nothing for dockreg.
pub(super) fn start(stack: Option<&Stack>) -> Result<Up, Failure> {
    let Some(stack) = stack else { return Ok(Up::Create) };
    let answer = answer(&stack.status).up;
    match answer {
        // Change sets alone carry no mark; their names are looked at before anything is done.
        Up::Create | Up::Resume => Ok(answer),
        _ if !stack.is_ours() => Err(foreign(stack)),
        Up::Refuse => Err(stuck(stack)),
        _ => Ok(answer),
    }
}

/// A state that `up` cannot lead out of.
pub(super) fn stuck(stack: &Stack) -> Failure {
    let Stack { name, status, .. } = stack;
    let message = format!("the stack {name} is in {status}, which `dockreg up` cannot lead out of");
    let failure = Failure::new(Kind::StackState, message);
    let failure = match &stack.status_reason {
        Some(reason) => failure.cause(reason.clone()),
        None => failure,
    };
    failure.hint(match status {
        StackStatus::Unknown(_) => {
            "this version does not know that state: look for a newer one; `dockreg down` deletes the stack and keeps the \
             images"
        }
        _ => {
            "finish or undo this in the CloudFormation console, then `dockreg up`; or `dockreg down` deletes the stack \
             and keeps the images"
        }
    })
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
        for word in StackStatus::words().chain(["SOMETHING_NEW"]) {
            let started = start(Some(&stack(word, "dockreg: x"))).map_err(|failure| failure.kind);
            let refused = matches!(word, "IMPORT_ROLLBACK_FAILED" | "SOMETHING_NEW");
            assert_eq!(started.err(), refused.then_some(Kind::StackState), "{word}");
        }
        assert_eq!(start(None).ok(), Some(Up::Create));
    }

    #[test]
    fn a_foreign_stack_is_left_alone_in_every_state() {
        for word in StackStatus::words().filter(|word| !matches!(*word, "DELETE_COMPLETE" | "REVIEW_IN_PROGRESS")) {
            let answer = start(Some(&stack(word, "somebody else's"))).map_err(|failure| failure.kind);
            assert_eq!(answer, Err(Kind::ForeignStack), "{word}");
        }
    }
}
