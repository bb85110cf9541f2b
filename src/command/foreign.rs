//! Stacks that dockreg did not make: how they are told, and what to do about the one it succeeds.
//!
//! A stack is ours by its tag `dockreg:stack`, whose value is the stack's name, or by a description that begins with
//! `dockreg: `. While only change sets exist it has neither; then their names decide.

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
            .hint(move_from(stack));
    }
    let message = format!("the stack {name} exists and was not made by dockreg; it is left alone");
    let failure = Failure::new(Kind::ForeignStack, message)
        .hint("choose another name with --stack-name; ours carry the tag dockreg:stack");
    match &stack.description {
        Some(text) => failure.cause(format!("it calls itself {text:?}")),
        None => failure,
    }
}

/// The way from the 2014 template's stack to one of ours.
fn move_from(stack: &Stack) -> String {
    let Stack { name, .. } = stack;
    let host = match (stack.parameter("DnsPrefix"), stack.parameter("DnsZone")) {
        (Some(prefix), Some(zone)) => format!("{prefix}.{zone}"),
        _ => "HOST".to_owned(),
    };
    format!(
        "make the new registry beside it, move users and images, then the name\n\
         1. users:   aws cloudformation describe-stacks --stack-name {name} --output text --query \
         \"Stacks[0].Parameters[?ParameterKey=='RegistryAuth'].ParameterValue\" | tr , '\\n' > users\n\
         2. make it: dockreg up --stack-name {name}-new --domain {host} --dns-zone none --htpasswd users\n\
         3. images:  with a Docker Engine that knows both forms (1.6 to 17.06) pull from {host}, then let {host} mean \
         the new load balancer (/etc/hosts) and push\n\
         4. name:    aws cloudformation delete-stack --stack-name {name}, then dockreg up --stack-name {name}-new \
         --dns-zone ZONE\n\
         the README tells each step: \"Coming from the 2014 template\""
    )
}

/// Fails when a stack that only consists of change sets has one that no dockreg made.
pub(super) async fn refuse_strange_change_sets(aws: &Aws, stack: &Stack) -> Result<(), Failure> {
    let names = cloudformation::change_set_names(aws, &stack.id).await?;
    match names.iter().find(|name| !name.starts_with(CHANGE_SET_PREFIX)) {
        Some(strange) => Err(foreign(stack).cause(format!("its change set {strange} was made by someone else"))),
        None => Ok(()),
    }
}
