//! `dockreg login`: hands the operator's credentials to Docker's own store.

use std::process::Stdio;

use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::Outcome;
use super::foreign::foreign;
use crate::aws::cloudformation;
use crate::context::Context;
use crate::error::{Failure, Kind};
use crate::registry::names::OPERATOR;

/// `dockreg login`.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Output:
  What `docker login` says. The password goes to Docker on its standard input
  and is never shown.

Exit code:
  0  Docker accepted and stored the credentials
  1  no such stack, no permission to read the secret, or Docker refused")]
pub struct LoginArgs {
    /// The client to log in: docker, podman, skopeo or any program with `login --password-stdin`
    #[arg(long, env = "DOCKREG_CLIENT", value_name = "PROGRAM", default_value = "docker", hide_env_values = true)]
    pub client: String,
}

/// Logs a client in.
pub async fn run(context: &Context, args: &LoginArgs) -> Result<Outcome, Failure> {
    let aws = context.aws().await?;
    let Some(stack) = cloudformation::describe_stack(&aws, &context.stack_name).await? else {
        return Err(unknown_stack(context, aws.region()));
    };
    if !stack.is_ours() {
        return Err(foreign(&stack));
    }
    let Some(host) = stack.host() else {
        return Err(Failure::new(Kind::StackState, format!("the stack {} has no registry yet", stack.name))
            .hint(format!("finish it with: {}", context.command_line("up"))));
    };
    let password = super::operator_password(&aws, &stack).await.map_err(|failure| match failure.kind {
        Kind::Denied => failure.hint(super::let_read_secret(&stack, &|words| context.command_line(words))),
        _ => failure,
    })?;
    let said = log_in(&args.client, host.as_str(), &password).await?;
    let data = json!({ "host": host.as_str(), "user": OPERATOR, "client": args.client });
    Ok(Outcome {
        data,
        text: format!("{said}\n{} is logged in to {host} as {OPERATOR}", args.client),
        ..Outcome::default()
    })
}

/// No stack of that name.
pub(super) fn unknown_stack(context: &Context, region: &str) -> Failure {
    Failure::new(Kind::UnknownStack, format!("there is no stack {} in {region}", context.stack_name)).hint(format!(
        "make one with `{} --domain HOST`, or name another with --stack-name or --region",
        context.command_line("up")
    ))
}

/// Runs the client; the password goes to its standard input.
async fn log_in(client: &str, host: &str, password: &SecretString) -> Result<String, Failure> {
    let spawned = Command::new(client)
        .args(["login", host, "--username", OPERATOR, "--password-stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = spawned.map_err(|error| {
        let failure = match error.kind() {
            std::io::ErrorKind::NotFound => Failure::new(Kind::Input, format!("there is no program {client} here")),
            _ => Failure::new(Kind::Input, format!("could not start {client}")).cause(error.to_string()),
        };
        failure.hint("install it, or name another client with --client")
    })?;
    if let Some(mut stdin) = child.stdin.take() {
        // A client that ends before it has read its input says why itself.
        let written = stdin.write_all(password.expose_secret().as_bytes()).await;
        tracing::debug!(ok = written.is_ok(), "password handed over");
    }
    let output = child.wait_with_output().await.map_err(|error| {
        Failure::new(Kind::Input, format!("{client} did not end properly")).cause(error.to_string())
    })?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() {
        return Ok([text(&output.stdout), text(&output.stderr)]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join("\n"));
    }
    let said = [text(&output.stderr), text(&output.stdout)].into_iter().find(|part| !part.is_empty());
    Err(Failure::new(Kind::Input, format!("{client} login to {host} failed"))
        .cause(said.unwrap_or_else(|| output.status.to_string()))
        .hint("`dockreg status` shows whether the registry answers"))
}
