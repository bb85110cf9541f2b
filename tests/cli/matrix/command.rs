//! The commands of the matrix, and what each calls and leaves when nothing goes wrong.

use dockreg_region::journal::Entry;

use crate::footprint::Footprint;
use crate::harness::{Fixture, HOST, OPERATOR, UP};

/// What people do to a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Command {
    /// `up` in an account that has none.
    Create,
    /// `up` with another setting.
    Change,
    /// `down`.
    Delete,
}

/// All of them.
pub const ALL: [Command; 3] = [Command::Create, Command::Change, Command::Delete];

impl Command {
    /// Its name in the names of cases.
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Change => "change",
            Self::Delete => "down",
        }
    }

    /// What is typed.
    pub fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Create => &UP,
            Self::Change => &["up", "--domain", HOST, "--nodes", "2", "--yes"],
            Self::Delete => &["down", "--yes"],
        }
    }

    /// An account as it is before. The SDK tries each call twice, so that its own retries are part of a case.
    pub async fn prepared(self) -> Fixture {
        let mut fixture = Fixture::new().await;
        fixture.set("AWS_MAX_ATTEMPTS", "2");
        if self != Self::Create {
            fixture.run(&UP).await.exits(0).ignored();
        }
        fixture
    }
}

/// A command's run without any fault.
#[derive(Debug)]
pub struct Undisturbed {
    /// The command.
    pub command: Command,
    /// The operations that it calls, as service and operation, each once, in the order of their first calls.
    pub operations: Vec<(String, String)>,
    /// How many requests it makes.
    pub requests: usize,
    /// What is in the account afterwards.
    pub footprint: Footprint,
}

impl Undisturbed {
    /// Runs the command and looks.
    pub async fn run(command: Command) -> Self {
        let fixture = command.prepared().await;
        let before = by_operator(&fixture).len();
        fixture.run(command.arguments()).await.exits(0).ignored();
        let entries = by_operator(&fixture).split_off(before);
        let requests = entries.len();
        let mut operations = Vec::new();
        for Entry { service, operation, .. } in entries {
            if !operations.contains(&(service.clone(), operation.clone())) {
                operations.push((service, operation));
            }
        }
        Self { command, operations, requests, footprint: Footprint::of(&fixture).await }
    }
}

/// What dockreg has asked for so far; nodes ask under the names of their roles.
fn by_operator(fixture: &Fixture) -> Vec<Entry> {
    let entries = fixture.region().region().journal.entries().into_iter();
    entries.filter(|entry| entry.caller.contains(OPERATOR)).collect()
}
