//! The command line as clap sees it: global flags and the list of commands. It parses and decides nothing.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::command::cert::delete::CertDeleteArgs;
use crate::command::cert::rotate::CertRotateArgs;
use crate::command::cert::upload::CertUploadArgs;
use crate::command::down::DownArgs;
use crate::command::iam_policy::IamPolicyArgs;
use crate::command::login::LoginArgs;
use crate::command::template::TemplateArgs;
use crate::command::up::UpArgs;
use crate::registry::connect_to::ConnectTo;

/// The stack's name unless told otherwise.
pub const DEFAULT_STACK_NAME: &str = "docker-registry";

/// Turns an AWS account into a private Docker registry at your own host name.
#[derive(Debug, Parser)]
#[command(name = "dockreg", version, propagate_version = true, max_term_width = 100, arg_required_else_help = true)]
#[command(after_help = "\
A registry in two commands:
  dockreg up --domain docker.example.com
  dockreg login

Exit codes:
  0    done, or nothing to do
  1    refused: you or your AWS setup
  2    wrong command line
  3    the stack operation failed, or is still running
  4    the stack is up, the registry is not proven to work
  70   a bug in dockreg
  130  interrupted")]
pub struct Cli {
    /// Flags that every command takes.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Flags that every command takes.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Name of the CloudFormation stack
    #[arg(long, global = true, env = "DOCKREG_STACK_NAME", default_value = DEFAULT_STACK_NAME, value_name = "NAME", hide_env_values = true)]
    pub stack_name: String,
    /// AWS region; otherwise AWS_REGION, AWS_DEFAULT_REGION or the profile's
    #[arg(long, global = true, env = "DOCKREG_REGION", value_name = "REGION", hide_env_values = true)]
    pub region: Option<String>,
    /// AWS profile, before keys in the environment; otherwise AWS_PROFILE or `default`
    #[arg(long, global = true, env = "DOCKREG_PROFILE", value_name = "PROFILE", hide_env_values = true)]
    pub profile: Option<String>,
    /// How results are written to standard output
    #[arg(long, global = true, env = "DOCKREG_OUTPUT", value_enum, default_value_t = Output::Text, hide_env_values = true)]
    pub output: Output,
    /// Say more on standard error; twice for every AWS call
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Only results and errors
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Colours; NO_COLOR is respected
    #[arg(long, global = true, env = "DOCKREG_COLOR", value_enum, default_value_t = Color::Auto, hide_env_values = true)]
    pub color: Color,
    /// Stop waiting after this long (90s, 45m, 1h); the operation itself goes on
    #[arg(long, global = true, env = "DOCKREG_TIMEOUT", value_name = "TIME", value_parser = parse_duration, hide_env_values = true)]
    pub timeout: Option<Duration>,
    /// Ask AWS for news at this fixed interval instead of adaptively
    #[arg(long, global = true, env = "DOCKREG_POLL_INTERVAL", value_name = "TIME", value_parser = parse_interval, hide_env_values = true)]
    pub poll_interval: Option<Duration>,
}

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    #[default]
    Text,
    /// One JSON document.
    Json,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How the registry itself is reached and trusted, for commands that talk to it.
#[derive(Args, Clone, Debug, Default)]
pub struct ProbeArgs {
    /// Trust the certificates in this PEM file too when the registry is checked
    #[arg(long, env = "DOCKREG_CA_FILE", value_name = "FILE", hide_env_values = true)]
    pub ca_file: Option<PathBuf>,
    /// Connect to ADDR:PORT2 instead of HOST:PORT (as curl does); HOST may be empty; repeatable
    #[arg(
        long,
        env = "DOCKREG_CONNECT_TO",
        value_name = "HOST:PORT:ADDR:PORT2",
        value_delimiter = ',',
        hide_env_values = true
    )]
    pub connect_to: Vec<ConnectTo>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create, update, repair or resume the registry
    Up(Box<UpArgs>),
    /// Stack, nodes, load balancer, certificate, DNS and registry: one verdict
    Status(StatusArgs),
    /// Delete the stack; the images stay unless told otherwise
    Down(DownArgs),
    /// Server certificates in IAM and ACM
    #[command(subcommand)]
    Cert(CertCommand),
    /// Hand the registry's credentials to Docker
    Login(LoginArgs),
    /// Print the CloudFormation template
    Template(TemplateArgs),
    /// Print the IAM policy that dockreg needs
    IamPolicy(IamPolicyArgs),
}

impl Command {
    /// The word that JSON documents carry in `command`.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Up(_) => "up",
            Self::Status(_) => "status",
            Self::Down(_) => "down",
            Self::Cert(CertCommand::List(_)) => "cert list",
            Self::Cert(CertCommand::Upload(_)) => "cert upload",
            Self::Cert(CertCommand::Rotate(_)) => "cert rotate",
            Self::Cert(CertCommand::Delete(_)) => "cert delete",
            Self::Login(_) => "login",
            Self::Template(_) => "template",
            Self::IamPolicy(_) => "iam-policy",
        }
    }
}

/// `dockreg status`.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Output:
  A table of stack, nodes, load balancer, certificate, DNS and registry, and one
  verdict. With --output json, `data` carries the same by name.

Exit code:
  0  the registry works (a certificate with under 30 days left is a warning)
  1  no such stack, not ours, or AWS refused
  4  the registry does not work, nodes are missing, or an operation is running")]
pub struct StatusArgs {
    /// Follow an operation that is running, from its first event to its end, then look
    #[arg(long)]
    pub watch: bool,
    /// How to reach the registry.
    #[command(flatten)]
    pub probe: ProbeArgs,
}

/// `dockreg cert …`.
#[derive(Debug, Subcommand)]
pub enum CertCommand {
    /// Every certificate of the account and region, and whether it fits
    List(CertListArgs),
    /// Check a certificate and its key, and hand them to ACM or IAM
    Upload(Box<CertUploadArgs>),
    /// Replace the registry's certificate in place, and prove that it is served
    Rotate(CertRotateArgs),
    /// Delete a certificate that nothing uses
    Delete(CertDeleteArgs),
}

/// `dockreg cert list`.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Output:
  One row per certificate: name, where it is kept, key, names covered, expiry,
  usable and why not; with 100 columns or more also its issuer and what uses it.
  Without a terminal a row is one line.

Exit code:
  0  listed, also when there is none
  1  AWS refused")]
pub struct CertListArgs {
    /// Say for each certificate whether it can serve HOST
    #[arg(long, env = "DOCKREG_DOMAIN", value_name = "HOST", hide_env_values = true)]
    pub domain: Option<String>,
    /// Count the certificates in this PEM file among the known roots
    #[arg(long, env = "DOCKREG_CA_FILE", value_name = "FILE", hide_env_values = true)]
    pub ca_file: Option<PathBuf>,
}

/// Reads `20ms`, `90s`, `45m`, `1h 30m`, or a plain number of seconds.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    if let Ok(seconds) = text.parse::<u64>() {
        return Ok(Duration::from_secs(seconds));
    }
    let signed: jiff::SignedDuration =
        text.parse().map_err(|_| format!("{text:?} is not a time such as 20ms, 90s, 45m or 1h"))?;
    Duration::try_from(signed).map_err(|_| format!("{text:?} is negative"))
}

/// An interval: of none at all, AWS would be asked without a pause, until it throttles the whole account.
fn parse_interval(text: &str) -> Result<Duration, String> {
    match parse_duration(text)? {
        Duration::ZERO => Err("an interval is longer than 0, for example 2s".to_owned()),
        interval => Ok(interval),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn durations() {
        for (text, millis) in [("20ms", 20), ("90s", 90_000), ("45m", 2_700_000), ("1h", 3_600_000), ("5", 5_000)] {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        assert!(parse_duration("0").is_ok() && parse_interval("0s").is_err() && parse_interval("1ms").is_ok());
        for text in ["", "soon", "-5s"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}
