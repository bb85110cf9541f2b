//! One case: a disturbed run, the same command again, and a look at the account.

use std::sync::Arc;

use crate::command::Undisturbed;
use crate::disturbed::{is_met, killed};
use crate::footprint::Footprint;
use crate::trouble::{FAULTS, Trouble};

/// Exit codes of the README's table that a run may stop with when AWS is in trouble: 2 and 70 would be dockreg's fault.
const DOCUMENTED: [i32; 4] = [0, 1, 3, 4];

/// A command and what goes wrong in its first run.
#[derive(Clone, Debug)]
pub struct Case {
    /// The command, and how it ends when nothing goes wrong.
    pub undisturbed: Arc<Undisturbed>,
    /// What goes wrong.
    pub trouble: Trouble,
}

/// How a case ended.
#[derive(Debug)]
pub struct Ended {
    /// The case.
    pub case: Case,
    /// Whether the trouble was met at all: a run may need fewer requests than the undisturbed one.
    pub met: bool,
    /// The exit code of the first run; none when it was killed.
    pub code: Option<i32>,
    /// What is wrong, with all that was printed.
    pub problem: Option<String>,
}

impl Ended {
    /// A case that ended before its end, by a panic of the test.
    pub fn broken(case: Case, why: &str) -> Self {
        let problem = Some(format!("== {case}: {why}"));
        Self { case, met: false, code: None, problem }
    }
}

/// Every case of these commands.
pub fn all(commands: &[Arc<Undisturbed>]) -> Vec<Case> {
    let mut cases = Vec::new();
    for undisturbed in commands {
        let mut add = |trouble| cases.push(Case { undisturbed: undisturbed.clone(), trouble });
        for (service, operation) in &undisturbed.operations {
            for (name, effect) in FAULTS {
                add(Trouble::Fault { service: service.clone(), operation: operation.clone(), name, effect });
            }
        }
        (1..=undisturbed.requests).for_each(|after| add(Trouble::Kill { after }));
    }
    cases
}

impl Case {
    /// Runs it in a region of its own.
    pub async fn run(self) -> Ended {
        let arguments = self.undisturbed.command.arguments();
        let fixture = self.undisturbed.command.prepared().await;
        let region = fixture.region().region();
        region.plant(self.trouble.planted());
        let first = match self.trouble {
            Trouble::Fault { .. } => fixture.run(arguments).await,
            Trouble::Kill { .. } => killed(&fixture, arguments).await,
        };
        let met = is_met(&fixture);
        region.faults.clear();
        let second = fixture.run(arguments).await;
        let left = Footprint::of(&fixture).await;
        let mut wrong = Vec::new();
        match first.code {
            Some(code) if !DOCUMENTED.contains(&code) => wrong.push(format!("the first run ended with {code}")),
            Some(code) if code != 0 && !first.stderr.contains("next: ") => {
                wrong.push("the first run did not say what to do next".to_owned());
            }
            None if !(met && matches!(self.trouble, Trouble::Kill { .. })) => {
                wrong.push("the first run ended by a signal".to_owned());
            }
            _ => {}
        }
        if second.code != Some(0) {
            wrong.push(format!("the second run ended with {:?}", second.code));
        }
        wrong.extend(left.differences(&self.undisturbed.footprint));
        wrong.extend(region.journal.bugs());
        let code = first.code;
        let problem = (!wrong.is_empty()).then(|| {
            let timeline = region.journal.timeline();
            format!("== {self}: {}\n{first}\n{second}\n{timeline}", wrong.join("; "))
        });
        Ended { case: self, met, code, problem }
    }
}

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.undisturbed.command.name(), self.trouble)
    }
}
