//! Questions before something is changed, and what no answer means.

use super::interrupt;
use crate::error::{Failure, Kind};
use crate::ui::{Shell, Unanswered};

/// Fails at once where a question could not be asked, so that nothing is prepared in vain.
pub(super) fn can_ask(shell: &Shell, yes: bool) -> Result<(), Failure> {
    if yes || shell.is_interactive() { Ok(()) } else { Err(no_terminal()) }
}

/// Asks yes or no; `yes` answers in advance.
pub(super) async fn ask(shell: &Shell, yes: bool, question: &str) -> Result<(), Failure> {
    if yes || answer(shell.ask(question)).await? { Ok(()) } else { Err(declined()) }
}

/// Asks for one of several by its number, from 1 on; Enter alone declines. The answer counts from 0.
pub(super) async fn choose(shell: &Shell, question: &str, count: usize) -> Result<usize, Failure> {
    loop {
        let line = tokio::select! {
            line = shell.ask_line(question) => line,
            () = interrupt::interrupted() => return Err(interrupt::stopped()),
        };
        match line.as_deref() {
            Err(Unanswered::NoTerminal) => return Err(no_terminal()),
            Err(Unanswered::Closed) | Ok("") => return Err(declined()),
            Ok(typed) => match typed.parse::<usize>() {
                Ok(number) if (1..=count).contains(&number) => return Ok(number - 1),
                _ => {}
            },
        }
    }
}

/// Asks for a name to be typed; `yes` answers in advance.
pub(super) async fn ask_name(shell: &Shell, yes: bool, question: &str, name: &str) -> Result<(), Failure> {
    if yes || answer(shell.ask_name(question, name)).await? {
        return Ok(());
    }
    Err(declined().cause(format!("what was typed is not {name}")))
}

/// Waits for an answer, or for an interrupt, which is none.
async fn answer(question: impl Future<Output = Result<bool, Unanswered>>) -> Result<bool, Failure> {
    tokio::select! {
        answer = question => match answer {
            Ok(answer) => Ok(answer),
            Err(Unanswered::NoTerminal) => Err(no_terminal()),
            Err(Unanswered::Closed) => Err(declined()),
        },
        () = interrupt::interrupted() => Err(interrupt::stopped()),
    }
}

fn declined() -> Failure {
    Failure::new(Kind::Declined, "declined; nothing was changed")
}

fn no_terminal() -> Failure {
    Failure::new(Kind::NoTerminal, "there is no terminal to ask on; nothing was changed")
        .hint("add --yes to agree in advance")
}
