//! How `up` ended, for people and as data, and what to type now.

use std::path::Path;

use serde_json::{Value, json};

use super::execute::Finished;
use super::preview::Preview;
use super::ready::only_name_is_missing;
use crate::command::choice::{self, Cancel};
use crate::command::{Outcome, cause};
use crate::context::Context;
use crate::error::{Failure, Kind};
use crate::registry::names::OPERATOR;
use crate::registry::template::{output, parameter};
use crate::registry::verify::Verification;
use crate::stack::Stack;
use crate::stack::failure::was_cancelled;
use crate::stack::status::{Sentiment, StackStatus};

/// What this run did itself.
#[derive(Clone, Copy)]
pub(super) enum Did<'a> {
    /// It looked.
    Nothing,
    /// It followed an operation that another run had begun.
    Followed,
    /// It changed the stack by this proposal.
    Changed(&'a Preview),
}

/// Everything the report is made of.
pub(super) struct Report<'a> {
    pub(super) context: &'a Context,
    pub(super) region: &'a str,
    pub(super) account: &'a str,
    pub(super) stack: Option<&'a Stack>,
    pub(super) finished: &'a Finished,
    pub(super) did: Did<'a>,
    pub(super) ca_file: Option<&'a Path>,
    pub(super) typed_ca_file: bool,
    pub(super) verified: bool,
}

impl Report<'_> {
    /// The outcome of the command.
    pub(super) fn outcome(&self, warnings: Vec<String>) -> Outcome {
        let failure = self.failure();
        let text = match &failure {
            None => self.ready_text(),
            Some(failure) if failure.kind == Kind::NotVerified => self.where_it_is(),
            Some(_) => String::new(),
        };
        Outcome { data: self.data(), text, warnings, failure }
    }

    /// Why it is no success, if it is none.
    fn failure(&self) -> Option<Failure> {
        if let Some(ended) = &self.finished.ended {
            if let Some(cancelled) = choice::cancelled(ended, &self.again()) {
                return Some(cancelled);
            }
            if ended.status == StackStatus::DeleteComplete {
                let failure = Failure::new(Kind::OperationFailed, "the stack was being deleted, and now is gone");
                return Some(failure.hint(format!("to make it anew: {} --domain HOST", self.again())));
            }
            if ended.status.sentiment() != Sentiment::Good {
                let doing = ended.cancelled.map_or("the operation", Cancel::undoing);
                let mut failure = match &ended.cause {
                    None if was_cancelled(&ended.events) => cancelled_elsewhere(&ended.status),
                    _ => cause::failed(ended, doing),
                };
                let hint = match failure.hint.take() {
                    Some(hint) => format!("{hint}; then: "),
                    None if ended.status == StackStatus::DeleteFailed => {
                        format!("to finish the deletion: {}; begin again with: ", self.context.command_line("down"))
                    }
                    // A stack that stands keeps what it had; one that failed at once, what was asked for.
                    None if self.changed_what_stands() => "begin again, with the same flags: ".to_owned(),
                    None => "begin again with: ".to_owned(),
                };
                return Some(failure.hint(format!("{hint}{}", self.again())));
            }
        }
        match &self.finished.verification {
            Some(Ok(verification)) if verification.passed() => None,
            Some(Ok(verification)) => Some(self.not_verified(verification)),
            Some(Err(failure)) if failure.kind == Kind::Interrupted => Some(failure.clone()),
            Some(Err(failure)) => {
                let mut failure = failure.clone().context("the stack is up, the registry could not be checked");
                failure.kind = Kind::NotVerified;
                Some(failure.hint(self.status_line()))
            }
            None => None,
        }
    }

    fn changed_what_stands(&self) -> bool {
        matches!(self.did, Did::Changed(preview) if !preview.creates())
    }

    fn not_verified(&self, verification: &Verification) -> Failure {
        let failure = Failure::new(Kind::NotVerified, "the stack is up, the registry is not proven to work");
        match verification.first_fault() {
            Some((stage, why, _)) if only_name_is_missing(verification) && self.record_is_missing() => failure
                .cause(format!("{}: {why}", stage.title()))
                .hint(format!("make the DNS record above, then: {}", self.status())),
            Some((stage, why, cure)) => {
                failure.cause(format!("{}: {why}", stage.title())).hint(format!("{cure}; {}", self.status_line()))
            }
            None => failure.hint(self.status_line()),
        }
    }

    fn status_line(&self) -> String {
        format!("to look again: {}", self.status())
    }

    /// The command that looks again, with the trust that this run was given.
    fn status(&self) -> String {
        let line = self.context.command_line("status");
        match self.ca_file.filter(|_| self.typed_ca_file) {
            Some(file) => format!("{line} --ca-file {}", file.display()),
            None => line,
        }
    }

    fn again(&self) -> String {
        self.context.command_line("up")
    }

    fn host(&self) -> String {
        self.stack.and_then(Stack::host).map(|host| host.to_string()).unwrap_or_default()
    }

    fn output(&self, name: &str) -> Option<&str> {
        self.stack.and_then(|stack| stack.output(name))
    }

    /// Whether the host's DNS record is for the user to make.
    fn record_is_missing(&self) -> bool {
        self.stack.is_some_and(|stack| stack.parameter(parameter::DNS_ZONE).is_none())
    }

    fn ready_text(&self) -> String {
        let host = self.host();
        let state = if self.verified { "is ready" } else { "is up, and was not checked" };
        let login = self.context.command_line("login");
        let mut text = format!(
            "https://{host} {state}\n\n  {login}\n  docker push {host}/myimage\n  docker pull {host}/myimage\n\n\
             A person with a login of their own types: docker login {host}\n"
        );
        text.push_str(&self.notes());
        text
    }

    /// Where things are, when the registry does not answer yet.
    fn where_it_is(&self) -> String {
        let balancer = self.output(output::LOAD_BALANCER_DNS_NAME).unwrap_or("unknown");
        format!("the stack stands; its load balancer is {balancer}\n{}", self.notes())
    }

    /// The record to make, and where Docker wants a private CA.
    fn notes(&self) -> String {
        let host = self.host();
        let mut text = String::new();
        if let Some(record) = self.record() {
            text.push_str(&format!("\nMake this DNS record where {host} is kept:\n  {record}\n"));
        }
        if let Some(file) = self.ca_file {
            text.push_str(&format!(
                "\nDocker trusts the CA when it is here on each client:\n  sudo install -D -m 644 {} {}\n",
                file.display(),
                docker_ca(&host)
            ));
        }
        text
    }

    fn record(&self) -> Option<String> {
        let balancer = self.output(output::LOAD_BALANCER_DNS_NAME).filter(|_| self.record_is_missing())?;
        Some(format!("{}.  CNAME  {balancer}.   (for a zone's own name: an alias)", self.host()))
    }

    fn data(&self) -> Value {
        let ended = self.finished.ended.as_ref();
        let verification = self.finished.verification.as_ref().and_then(|own| own.as_ref().ok());
        let proposal = match self.did {
            Did::Changed(preview) => Some(preview.data()),
            Did::Nothing | Did::Followed => None,
        };
        json!({
            "stack": {
                "name": self.context.stack_name,
                "id": self.stack.map(|own| &own.id),
                "status": self.stack.map(|own| own.status.word()),
                "region": self.region,
                "account": self.account,
            },
            "changed": matches!(self.did, Did::Changed(_)),
            "followed": matches!(self.did, Did::Followed),
            "proposal": proposal,
            "host": self.host(),
            "url": self.stack.and_then(Stack::host).map(|host| format!("https://{host}")),
            "load_balancer": self.output(output::LOAD_BALANCER_DNS_NAME),
            "bucket": self.output(output::BUCKET_NAME),
            "bucket_region": self.output(output::BUCKET_REGION),
            "operator": { "user": OPERATOR, "secret_arn": self.output(output::OPERATOR_SECRET_ARN) },
            "dns_record_to_make": self.record(),
            "ca_for_docker": self.ca_file.map(|file| json!({ "file": file, "install_as": docker_ca(&self.host()) })),
            "operation": ended.map(|own| json!({ "status": own.status.word(), "events": own.events.len(), "cause": own.cause })),
            "verification": verification,
        })
    }
}

/// An update that somebody else has cancelled: what failed by that is nobody's fault.
fn cancelled_elsewhere(status: &StackStatus) -> Failure {
    Failure::new(Kind::OperationFailed, format!("the update was cancelled: the stack is {status}"))
        .cause("somebody cancelled it, in another run or in the CloudFormation console")
}

/// Where a Docker client looks for the CA of a registry.
/// <https://docs.docker.com/engine/security/certificates/>
fn docker_ca(host: &str) -> String {
    format!("/etc/docker/certs.d/{host}/ca.crt")
}
