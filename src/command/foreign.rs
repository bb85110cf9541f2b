//! Stacks that dockreg did not make: how they are told, and what to do about the one it succeeds.
//!
//! A stack is ours by its tag `dockreg:stack`, whose value is the stack's name, or by a description that begins with
//! `dockreg: `. While only change sets exist it has neither; then their names decide.

use serde_json::json;

use super::Outcome;
use crate::aws::{Aws, cloudformation};
use crate::error::{Failure, Kind};
use crate::registry::names::CHANGE_SET_PREFIX;
use crate::stack::Stack;

/// A stack of this name that dockreg did not make.
pub(super) fn foreign(stack: &Stack) -> Failure {
    let name = &stack.name;
    if stack.is_of_2014() {
        let message = format!("the stack {name} was made by the 2014 template, cloudformation-docker-registry");
        return Failure::new(Kind::ForeignStack, message)
            .cause("it cannot be changed into today's registry, and its images are kept in a form that registries since 2015 cannot read; it is left alone")
            .hint("to see the way from it to a registry of today: dockreg up");
    }
    let message = format!("the stack {name} exists and was not made by dockreg; it is left alone");
    let failure = Failure::new(Kind::ForeignStack, message)
        .hint("choose another name with --stack-name; ours carry the tag dockreg:stack");
    match &stack.description {
        Some(text) => failure.cause(format!("it calls itself {text:?}")),
        None => failure,
    }
}

/// The refusal to touch the 2014 template's stack, with the way from it to one of ours: lines to be copied.
pub(super) fn moving(stack: &Stack, region: &str) -> Outcome {
    let Stack { name, .. } = stack;
    let (prefix, zone) = (stack.parameter("DnsPrefix"), stack.parameter("DnsZone").unwrap_or("ZONE"));
    let host = prefix.map_or_else(|| "HOST".to_owned(), |prefix| format!("{prefix}.{zone}"));
    let new = format!("dockreg up --stack-name {name}-new --region {region}");
    let aws = format!("--stack-name {name} --region {region}");
    let text = format!(
        "The way from the 2014 template's stack {name} to a registry of today:\n\n\
         1. Users: the old stack shows its htpasswd lines\n\
         \n  aws cloudformation describe-stacks {aws} --output text --query \
         \"Stacks[0].Parameters[?ParameterKey=='RegistryAuth'].ParameterValue\" | tr , '\\n' > users\n\n\
         2. The new registry, beside the old one and without a DNS record yet\n\
         \n  {new} --domain {host} --dns-zone none --htpasswd users\n\n\
         3. Images: with a Docker Engine that knows both forms (1.6 to 17.06)\n\
         \n  docker pull {host}/IMAGE\n\
         \x20 then let {host} mean the new load balancer (/etc/hosts)\n\
         \x20 docker push {host}/IMAGE\n\n\
         4. The name: the old stack takes its record along; the bucket stays\n\
         \n  aws cloudformation delete-stack {aws}\n\
         \x20 aws cloudformation wait stack-delete-complete {aws}\n\
         \x20 {new} --dns-zone {zone}\n"
    );
    let data = json!({ "stack": name, "made_by": "cloudformation-docker-registry", "host": host, "new_stack": format!("{name}-new") });
    Outcome {
        data,
        text,
        failure: Some(foreign(stack).hint("walk the way above; the README tells each step")),
        ..Outcome::default()
    }
}

/// Fails when a stack that only consists of change sets has one that no dockreg made.
pub(super) async fn refuse_strange_change_sets(aws: &Aws, stack: &Stack) -> Result<(), Failure> {
    let names = cloudformation::change_set_names(aws, &stack.id).await?;
    match names.iter().find(|name| !name.starts_with(CHANGE_SET_PREFIX)) {
        Some(strange) => Err(foreign(stack).cause(format!("its change set {strange} was made by someone else"))),
        None => Ok(()),
    }
}
