//! What becomes of the certificate that was served until now: it is only deleted with consent, and never while in use.

use super::Run;
use crate::command::cert::removal;
use crate::command::consent;
use crate::registry::certificate::Candidate;
use crate::registry::template::parameter;
use crate::stack::Stack;

/// The certificate that was served until now.
pub(super) struct Old {
    pub(super) certificate: Candidate,
    /// Whether the stack requested it itself: it goes with the update.
    of_stack: bool,
}

impl Old {
    pub(super) fn of(stack: &Stack, certificate: Candidate) -> Self {
        Self { certificate, of_stack: stack.parameter(parameter::SSL_CERTIFICATE).is_none() }
    }

    /// Offers to delete it. Returns what is said, what needs attention, and whether it is gone. Nothing here makes the
    /// rotation a failure.
    pub(super) async fn settle(&self, run: &Run<'_>) -> (String, Option<String>, bool) {
        let name = self.certificate.label();
        if self.of_stack {
            return (format!("\n{name} went with the update: the stack had requested it\n"), None, true);
        }
        let shell = &run.context.shell;
        let kept = |why: &str| {
            let delete = run.context.command_line(&format!("cert delete {}", self.certificate.arn));
            format!("\n{name} stays{why}; to delete it:\n  {delete}\n")
        };
        match removal::users(&run.aws, &self.certificate).await {
            Ok(users) if users.lines.is_empty() => {}
            Ok(users) => return (kept(&format!(": in use by {}", users.lines.join(", "))), None, false),
            Err(failure) => return (kept(""), Some(format!("what uses {name} is not seen: {failure}")), false),
        }
        if !self.agreed(run).await {
            return (kept(""), None, false);
        }
        shell.note(&format!("deleting {name}"));
        match removal::delete(run.context, &run.aws, &self.certificate).await {
            Ok(()) => (format!("\n{name} is deleted\n"), None, true),
            Err(failure) => (kept(""), Some(format!("{name} is not deleted: {failure}")), false),
        }
    }

    /// `--yes` agrees to the rotation alone.
    async fn agreed(&self, run: &Run<'_>) -> bool {
        if run.args.delete_old {
            return true;
        }
        let shell = &run.context.shell;
        let question = format!("Delete the old certificate, {}, too?", self.certificate.label());
        shell.is_interactive() && !run.args.yes && consent::ask(shell, false, &question).await.is_ok()
    }
}
