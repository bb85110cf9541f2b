//! `dockreg cert rotate`: replaces the certificate of a standing registry in place: choose → propose → consent → change →
//! proof on every address → what becomes of the old one.

mod change;
mod old;
mod pick;
mod proof;

use std::sync::Arc;

use clap::Args;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::login::unknown_stack;
use crate::aws::{Aws, cloudformation, elbv2};
use crate::cli::ProbeArgs;
use crate::command::foreign::foreign;
use crate::command::{Outcome, interrupt, trust_with, up};
use crate::context::Context;
use crate::error::{Failure, Kind};
use crate::registry::certificate::{Candidate, Client};
use crate::registry::names::HostName;
use crate::registry::template::output;
use crate::registry::verify::{Tally, Trust};
use crate::stack::Stack;
use crate::ui::words;
use old::Old;

/// `dockreg cert rotate`.
#[derive(Args, Debug)]
#[command(after_long_help = "\
The stack is updated with the template it has and one other parameter: the
listener changes in place, and connections that are open stay. Meanwhile this
machine connects to every address of the load balancer all the time, and counts.
If the update fails, CloudFormation puts the old certificate back.

Output:
  What is served now, on how many addresses, how many connections were made
  meanwhile and how many failed, and what became of the old certificate.

Exit code:
  0  the new certificate is served on every address, or it was already
  1  declined, no certificate that fits, no such stack, or AWS refused
  3  the update failed and was rolled back, or --timeout passed while it runs
  4  the stack is updated, and not every address is seen to serve the new
     certificate
  130  interrupted: the operation goes on, and `dockreg status --watch` follows
       it")]
pub struct CertRotateArgs {
    /// The new certificate: its ARN, its name in IAM, or a host name it covers; otherwise the best that fits
    #[arg(long, value_name = "ARN|NAME|HOST")]
    pub certificate: Option<String>,
    /// Delete the old certificate once the new one is served and nothing uses the old one
    #[arg(long)]
    pub delete_old: bool,
    /// Do not ask whether to rotate; the old certificate stays without --delete-old
    #[arg(long, short = 'y')]
    pub yes: bool,
    /// How the load balancer is reached.
    #[command(flatten, next_help_heading = "Checking the registry")]
    pub probe: ProbeArgs,
}

/// One run of `cert rotate`: what never changes while it lasts.
struct Run<'a> {
    context: &'a Context,
    args: &'a CertRotateArgs,
    aws: Aws,
    stack: Stack,
    host: HostName,
    /// The load balancer's own name.
    balancer: String,
    client: Client,
}

/// Replaces the certificate.
pub async fn run(context: &Context, args: &CertRotateArgs) -> Result<Outcome, Failure> {
    let trust = trust_with(args.probe.ca_file.as_deref())?;
    let aws = context.aws().await?;
    let (run, old) = interrupt::or_stop(look(context, args, aws, &trust)).await?;
    let all = interrupt::or_stop(pick::candidates(&run)).await?;
    let new = pick::pick(&run, &all)?;
    if new.arn == old.certificate.arn || interrupt::or_stop(pick::are_same(&run.aws, new, &old.certificate)).await? {
        return Ok(run.nothing_to_do(&old.certificate, new));
    }
    let tally = match change::change(&run, &old.certificate, new).await? {
        change::Changed::Done(tally) => tally,
        change::Changed::Undone(failure) => return Err(proof::still(&run, &old.certificate, failure).await),
    };
    let proven = proof::wait(&run, new).await;
    let mut outcome = run.outcome(&old.certificate, new, &tally, proven);
    if outcome.failure.is_none() {
        let (said, warning, deleted) = old.settle(&run).await;
        outcome.text.push_str(&said);
        outcome.warnings.extend(warning);
        outcome.data["old_deleted"] = deleted.into();
    }
    Ok(outcome)
}

/// Looks at the stack and at what its listener serves.
async fn look<'a>(
    context: &'a Context,
    args: &'a CertRotateArgs,
    aws: Aws,
    trust: &Trust,
) -> Result<(Run<'a>, Old), Failure> {
    let Some(stack) = cloudformation::describe_stack(&aws, &context.stack_name).await? else {
        return Err(unknown_stack(context, aws.region()));
    };
    if !stack.is_ours() {
        return Err(foreign(&stack));
    }
    let not_standing = || {
        let message = format!("the stack {} is {}: only one that stands can be rotated", stack.name, stack.status);
        let hint = if stack.status.is_in_progress() { "status --watch" } else { "up" };
        Failure::new(Kind::StackState, message).hint(format!("first: {}", context.command_line(hint)))
    };
    let (true, Some(host), Some(arn)) =
        (stack.status.is_updatable(), stack.host(), stack.output(output::LOAD_BALANCER_ARN))
    else {
        return Err(not_standing());
    };
    let (balancer, served) = tokio::try_join!(elbv2::load_balancer(&aws, arn), elbv2::listener_certificate(&aws, arn))?;
    let (Some(balancer), Some(served)) = (balancer, served) else { return Err(not_standing()) };
    let known = up::certificate(&aws, &served).await?;
    let certificate = known.unwrap_or_else(|| Candidate::from_iam(&served, &served, "", None));
    let client = Client { now: Timestamp::now(), roots: Arc::clone(trust.roots()) };
    let old = Old::of(&stack, certificate);
    Ok((Run { context, args, aws, host, balancer: balancer.dns_name, client, stack }, old))
}

impl Run<'_> {
    fn nothing_to_do(&self, old: &Candidate, new: &Candidate) -> Outcome {
        let host = &self.host;
        let mut text = format!("https://{host} serves {} already, {}: nothing to do\n", old.label(), until(old));
        if old.arn != new.arn {
            text.push_str(&format!("{} is the very same certificate\n", new.label()));
        }
        if self.args.certificate.is_none() {
            text.push_str(&format!(
                "no other that fits is better; upload one: dockreg cert upload --cert FILE --key FILE --domain {host}\n"
            ));
        }
        let data = json!({ "rotated": false, "host": host.as_str(), "old": brief(old), "new": brief(old) });
        Outcome { data, text, warnings: old.expiry_warning(self.client.now).into_iter().collect(), failure: None }
    }

    /// What the rotation has come to, apart from the old certificate.
    fn outcome(&self, old: &Candidate, new: &Candidate, tally: &Tally, proven: Result<usize, Failure>) -> Outcome {
        let host = &self.host;
        let connections = |count: u64| words::count(usize::try_from(count).unwrap_or(usize::MAX), "connection");
        let mut warnings: Vec<String> = new.expiry_warning(self.client.now).into_iter().collect();
        let mut text = match &proven {
            Ok(count) => {
                let addresses = words::count(*count, "address").replace("addresss", "addresses");
                format!("https://{host} serves {}, {}; seen on {addresses}\n", new.label(), until(new))
            }
            Err(_) => String::new(),
        };
        match tally.failed {
            _ if tally.attempts == 0 => {
                text.push_str("no connection was made meanwhile: this machine finds no address of the load balancer\n")
            }
            0 => text.push_str(&format!("meanwhile {} were made, none failed\n", connections(tally.attempts))),
            failed => {
                let why = tally.reasons.join("; ");
                warnings.push(format!("of {} made meanwhile {failed} failed: {why}", connections(tally.attempts)));
            }
        }
        let data = json!({
            "rotated": true,
            "host": host.as_str(),
            "old": brief(old),
            "new": brief(new),
            "addresses": proven.as_ref().ok(),
            "connections": tally,
            "old_deleted": false,
        });
        Outcome { data, text, warnings, failure: proven.err() }
    }
}

fn until(own: &Candidate) -> String {
    own.not_after.map_or_else(|| "its end is not known".to_owned(), |end| end.strftime("until %Y-%m-%d").to_string())
}

fn brief(own: &Candidate) -> Value {
    json!({ "arn": own.arn, "name": own.name, "source": own.source, "not_after": own.not_after })
}
