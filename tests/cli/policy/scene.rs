//! Runs of dockreg by somebody who holds the policy and nothing else. Each scene has what was there before, made without
//! limits, and the runs that follow.

use std::collections::BTreeSet;
use std::pin::Pin;

use dockreg_region::Options;
use serde_json::Value;

use crate::harness::{Fixture, Output};

/// One run, and its exit code.
pub(super) type Run = (&'static [&'static str], i32);
pub(super) type Prepared<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

pub(super) struct Scene {
    pub(super) name: &'static str,
    pub(super) options: fn() -> Options,
    pub(super) before: for<'a> fn(&'a Fixture) -> Prepared<'a>,
    /// Flags of `iam-policy`.
    pub(super) flags: &'static [&'static str],
    pub(super) runs: &'static [Run],
    /// What is typed when a run is on a terminal: after this text, these keys.
    pub(super) typed: &'static [(&'static str, &'static str)],
}

pub(super) struct Stage {
    pub(super) fixture: Fixture,
}

/// The run at which a scene ended.
pub(super) struct Last {
    pub(super) output: Output,
    /// It was the last, and all went as with every permission.
    pub(super) as_expected: bool,
}

impl Scene {
    /// It ends in a failed operation whatever is allowed, or somebody types at a certain moment.
    pub(super) fn is_awkward(&self) -> bool {
        !self.typed.is_empty() || self.runs.iter().any(|(_, code)| *code == 3)
    }

    pub(super) async fn set(&self) -> Stage {
        let mut fixture = Fixture::with((self.options)()).await;
        // Without an action a registry may never come to work: less than the harness waits for.
        fixture.set("DOCKREG_TIMEOUT", "90s");
        (self.before)(&fixture).await;
        Stage { fixture }
    }
}

impl Stage {
    /// What dockreg prints for the scene.
    pub(super) async fn policy(&self, scene: &Scene) -> Value {
        let arguments = [&["iam-policy"], scene.flags].concat();
        let output = self.fixture.run(&arguments).await.exits(0);
        serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}\n{output}"))
    }

    /// Makes the policy the caller's, then the runs, to the first that goes otherwise than it should.
    pub(super) async fn play(&self, scene: &Scene, policy: &Value) -> Last {
        self.fixture.region().region().world(|world| world.iam.caller_policy = Some(policy.clone()));
        let mut last = None;
        for (arguments, code) in scene.runs {
            let arguments = [arguments, &["-vv"][..]].concat();
            let output = match scene.typed {
                [] => self.fixture.run(&arguments).await,
                typed => {
                    let mut terminal = self.fixture.terminal(&arguments);
                    for (after, keys) in typed {
                        terminal.shows(after).await.types(keys).await;
                    }
                    terminal.ended().await
                }
            };
            let as_expected = output.code == Some(*code) && !output.stdout.contains("not cancelled");
            last = Some(Last { output, as_expected });
            if !as_expected {
                break;
            }
        }
        last.expect("a scene has runs")
    }

    /// The actions that the caller's policy was asked about.
    pub(super) fn asked(&self) -> BTreeSet<String> {
        self.fixture.region().region().journal.asked("user/operator")
    }
}

/// The texts of a value that is one or many.
pub(super) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(many) => many.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        one => one.as_str().map(str::to_owned).into_iter().collect(),
    }
}
