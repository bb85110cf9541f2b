//! Waiting that whoever watches may end: what Ctrl-C asks, and that the work goes on beside the question.

use std::pin::{Pin, pin};

use super::choice::Choice;
use super::interrupt::{self, Choosing};
use crate::error::{Failure, Kind};
use crate::ui::Shell;

/// A question that waits for its answer.
pub(super) type Question<'a> = Pin<Box<dyn Future<Output = Choice> + Send + 'a>>;

/// What whoever watches decides. A question stays open while its wait is dropped and taken up again.
pub(super) struct Decision<'a> {
    /// None without a terminal: then an interrupt is the decision.
    choosing: Option<Choosing>,
    open: Option<Question<'a>>,
}

impl<'a> Decision<'a> {
    /// Takes interrupts for questions from now on, where they can be asked.
    pub(super) fn new(shell: &Shell) -> Self {
        Self { choosing: shell.is_interactive().then(interrupt::choosing), open: None }
    }

    /// Waits for an interrupt, then for the answer to what it asks. SIGTERM and a second interrupt detach.
    pub(super) async fn made(&mut self, ask: impl FnOnce() -> Question<'a>) -> Choice {
        if self.open.is_none() {
            interrupt::interrupted().await;
            if self.choosing.is_none() || interrupt::is_terminated() {
                return Choice::Detach;
            }
        }
        let open = self.open.get_or_insert_with(ask);
        let choice = tokio::select! {
            choice = open => choice,
            () = interrupt::insisted() => Choice::Detach,
        };
        self.open = None;
        if choice != Choice::Detach {
            self.choosing.iter().for_each(Choosing::forgive);
        }
        choice
    }
}

/// Does work that only looks, when no operation runs. Whoever does not want to wait for it may leave.
pub(super) async fn or_leave<T>(
    shell: &Shell,
    waits_for: &str,
    resume: &str,
    work: impl Future<Output = T>,
) -> Result<T, Failure> {
    let mut decision = Decision::new(shell);
    let mut work = pin!(work);
    loop {
        tokio::select! {
            // What is done is not worth a question.
            biased;
            done = &mut work => return Ok(done),
            choice = decision.made(|| Box::pin(stay(shell, waits_for, resume))) => if choice == Choice::Detach {
                let message = "interrupted; the stack stands, and stays as it is";
                return Err(Failure::new(Kind::Interrupted, message).hint(format!("to wait for it again: {resume}")));
            }
        }
    }
}

async fn stay(shell: &Shell, waits_for: &str, resume: &str) -> Choice {
    let question = format!(
        "\nThe stack stands, and no operation runs; this waits for {waits_for}.\n  k  keep waiting (Enter)\n  l  leave: \
         nothing is undone; to wait for it again: {resume}\nk or l? "
    );
    loop {
        match shell.ask_line(&question).await.map(|answer| answer.to_lowercase()).as_deref() {
            Ok("" | "k" | "keep") => return Choice::Keep,
            Ok("l" | "leave") | Err(_) => return Choice::Detach,
            Ok(_) => {}
        }
    }
}
