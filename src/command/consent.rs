//! Questions before something is changed, and what no answer means.

use crate::error::{Failure, Kind};
use crate::ui::{Shell, Unanswered};

/// Fails at once where a question could not be asked, so that nothing is prepared in vain.
pub(super) fn can_ask(shell: &Shell, yes: bool) -> Result<(), Failure> {
    if yes || shell.is_interactive() { Ok(()) } else { Err(no_terminal()) }
}

/// Asks yes or no; `yes` answers in advance.
pub(super) fn ask(shell: &Shell, yes: bool, question: &str) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    match shell.ask(question) {
        Ok(true) => Ok(()),
        Ok(false) => Err(declined()),
        Err(unanswered) => Err(failure(&unanswered)),
    }
}

/// Asks for a name to be typed; `yes` answers in advance.
pub(super) fn ask_name(shell: &Shell, yes: bool, question: &str, name: &str) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    match shell.ask_name(question, name) {
        Ok(true) => Ok(()),
        Ok(false) => Err(declined().cause(format!("what was typed is not {name}"))),
        Err(unanswered) => Err(failure(&unanswered)),
    }
}

fn declined() -> Failure {
    Failure::new(Kind::Declined, "declined; nothing was changed")
}

fn no_terminal() -> Failure {
    Failure::new(Kind::NoTerminal, "there is no terminal to ask on; nothing was changed")
        .hint("add --yes to agree in advance, or --dry-run to `dockreg up` to only see what would change")
}

fn failure(unanswered: &Unanswered) -> Failure {
    match unanswered {
        Unanswered::NoTerminal => no_terminal(),
        Unanswered::Interrupted => super::interrupt::stopped(),
    }
}
