//! What every command has at hand: the shell, the stack's name and the timing; and the way to AWS.

use std::time::Duration;

use tokio::time::Instant;

use crate::aws::Aws;
use crate::cli::GlobalArgs;
use crate::error::{Failure, Kind};
use crate::registry::names::parse_stack_name;
use crate::ui::Shell;

/// What every command has at hand.
#[derive(Debug)]
pub struct Context {
    /// The name of the stack that is meant.
    pub stack_name: String,
    /// How to talk to the person or program that started this.
    pub shell: Shell,
    /// How long to wait for operations.
    pub timing: Timing,
    region: Option<String>,
    profile: Option<String>,
}

/// How long to wait, and how often to ask.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// When the command began.
    pub began: Instant,
    /// `--timeout`.
    pub timeout: Option<Duration>,
    /// `--poll-interval`.
    pub poll_interval: Option<Duration>,
}

impl Timing {
    /// When waiting ends, if the user set an end.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.timeout.map(|timeout| self.began + timeout)
    }
}

impl Context {
    /// Takes over the global flags.
    pub fn new(global: &GlobalArgs, shell: Shell) -> Result<Self, Failure> {
        let stack_name = parse_stack_name(&global.stack_name).map_err(|why| Failure::new(Kind::Usage, why))?;
        Ok(Self {
            stack_name,
            shell,
            timing: Timing { began: Instant::now(), timeout: global.timeout, poll_interval: global.poll_interval },
            region: global.region.clone(),
            profile: global.profile.clone(),
        })
    }

    /// The way to AWS. Fails when no region is known; looks for credentials only at the first call.
    pub async fn aws(&self) -> Result<Aws, Failure> {
        Aws::connect(self.region.as_deref(), self.profile.as_deref()).await
    }

    /// A command line for this same stack, region and profile, to be printed as advice.
    #[must_use]
    pub fn command_line(&self, words: &str) -> String {
        let mut line = format!("dockreg {words}");
        if self.stack_name != crate::cli::DEFAULT_STACK_NAME {
            line.push_str(&format!(" --stack-name {}", self.stack_name));
        }
        for (flag, value) in [("--region", &self.region), ("--profile", &self.profile)] {
            if let Some(value) = value {
                line.push_str(&format!(" {flag} {value}"));
            }
        }
        line
    }
}
