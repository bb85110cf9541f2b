//! From settings and what was observed to a plan: every template parameter, with its source. Pure.

mod bucket;
mod capacity;
mod certificate;
mod machine;
mod network;
mod patience;
mod zone;

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use secrecy::SecretString;
use serde::Serialize;

use super::certificate::{Candidate, Client, Place};
use super::cidr;
use super::names::{HostName, STACK_TAG};
use super::network::{Subnet, Vpc};
use super::template::parameter;
use super::zone::Zone;
use crate::error::{Failure, Kind};
use crate::settings::{Setting, Source, UpSettings, ZoneWish};
use crate::stack::Stack;

pub use bucket::{Encryption, FoundBucket};
pub use capacity::Limits;
pub use certificate::{ChosenCertificate, Missing, PassedOver, TOLD, missing as missing_certificate};
pub use machine::{DEBIAN, DEFAULT_INSTANCE_TYPE, Machine, debian_parameter, debian_release};
pub use zone::in_doubt as zones_in_doubt;

/// What was found in AWS, as far as it was asked for: what `None` or empty stands for was not needed.
#[derive(Debug, Default)]
pub struct Observed {
    /// The stack of that name.
    pub stack: Option<Stack>,
    /// The template it was made from.
    pub template: Option<String>,
    /// Certificates of IAM and ACM.
    pub certificates: Vec<Candidate>,
    /// Hosted zones.
    pub zones: Vec<Zone>,
    /// VPCs.
    pub vpcs: Vec<Vpc>,
    /// Subnets.
    pub subnets: Vec<Subnet>,
    /// Zones that offer the instance type.
    pub instance_zones: BTreeSet<String>,
    /// The nodes' machine.
    pub machine: Option<Machine>,
    /// What the account allows.
    pub limits: Limits,
    /// Buckets that an earlier stack of this name left.
    pub left_buckets: Vec<String>,
    /// The bucket that was named.
    pub named_bucket: Option<FoundBucket>,
    /// The certificate of the standing stack, where no other is looked for.
    pub served: Option<Candidate>,
    /// Where the stack is, or will be.
    pub place: Place,
    /// The TLS client that the registry's certificate is to satisfy: the time, and whom this machine trusts.
    pub client: Client,
}

/// What an `up` will ask of CloudFormation.
#[derive(Debug)]
pub struct UpPlan {
    /// Whether the stack is to be made.
    pub creates: bool,
    /// The registry's host name.
    pub host: HostName,
    /// The zone that takes the record; `None` when the user makes it.
    pub zone: Option<Zone>,
    /// Whether the user wants no record.
    pub zone_declined: bool,
    /// Whether the template makes the record.
    pub makes_record: bool,
    /// The certificate, when it was chosen anew.
    pub certificate: Option<ChosenCertificate>,
    /// Whether the stack requests its certificate from ACM.
    pub requests_certificate: bool,
    /// Parameters; `None` keeps the running stack's value.
    pub parameters: BTreeMap<String, Option<String>>,
    /// Secret parameters.
    pub secrets: BTreeMap<String, SecretString>,
    /// Where each parameter came from, with its value where that is not secret.
    pub sources: BTreeMap<String, Setting<String>>,
    /// Tags of the stack.
    pub tags: BTreeMap<String, String>,
    /// The IAM role for CloudFormation.
    pub role_arn: Option<String>,
    /// What happens about the bucket.
    pub bucket: BucketPlan,
    /// Whether template, parameters and tags are already as they should be.
    pub nothing_to_do: bool,
    /// What needs attention.
    pub warnings: Vec<String>,
}

/// What happens about the images' bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "is", content = "name")]
pub enum BucketPlan {
    /// The stack makes it.
    New,
    /// An earlier stack of this name left it, with its images.
    Adopted(String),
    /// The user named it.
    Given(String),
    /// It stays what it is.
    Kept,
}

/// Collects parameters with their sources while a plan is made.
#[derive(Default)]
struct Draft {
    values: BTreeMap<String, Setting<String>>,
    warnings: Vec<String>,
}

impl Draft {
    fn set(&mut self, name: &str, value: impl Into<String>, source: Source) {
        self.values.insert(name.to_owned(), Setting::new(value.into(), source));
    }
}

/// Makes the plan.
pub fn plan(settings: &UpSettings, observed: &Observed, template: &str) -> Result<UpPlan, Failure> {
    // A stack that only a change set made has no parameters to keep.
    let stack = observed.stack.as_ref().filter(|stack| stack.status.is_updatable());
    let host = host(settings, stack)?;
    let mut draft = Draft::default();
    for (name, setting) in &settings.parameters {
        // A stack may have a range as somebody wrote it, which EC2 does not take a second time in other words.
        if stack.and_then(|stack| stack.parameter(name)).is_some_and(|now| cidr::same(now, &setting.value)) {
            continue;
        }
        draft.values.insert((*name).to_owned(), setting.clone());
    }
    let certificate = certificate::choose(settings, observed, stack, &host, &mut draft)?;
    let zone = zone::choose(settings, observed, stack, &host, &mut draft)?;
    network::choose(settings, observed, stack, &mut draft)?;
    if stack.is_none() {
        let one = Setting::new("1".to_owned(), Source::Default);
        draft.values.entry(parameter::NODES.to_owned()).or_insert(one);
    }
    machine::choose(settings, observed, stack, &mut draft)?;
    capacity::check(observed, stack, &mut draft)?;
    patience::check(stack, &mut draft);
    let bucket = bucket::choose(settings, observed, stack, &mut draft)?;
    let mut secrets = BTreeMap::new();
    match (&settings.users, stack) {
        (Some(users), None) => {
            secrets.insert(parameter::REGISTRY_AUTH.to_owned(), users.clone());
        }
        (Some(_), Some(_)) => draft
            .warnings
            .push("--htpasswd is read when the stack is created; this one keeps the users it has".to_owned()),
        (None, _) => {}
    }
    let makes_record = match draft.values.get(parameter::DNS_ZONE) {
        Some(setting) => !setting.value.is_empty(),
        None => stack.is_some_and(|stack| stack.parameter(parameter::DNS_ZONE).is_some()),
    };
    let requests_certificate = match draft.values.get(parameter::SSL_CERTIFICATE) {
        Some(setting) => setting.value.is_empty(),
        None => stack.is_some_and(|stack| stack.parameter(parameter::SSL_CERTIFICATE).is_none()),
    };
    let tags = tags(settings, stack);
    let parameters = parameters(&draft, stack);
    let role_arn = settings.role_arn.clone().or_else(|| stack.and_then(|stack| stack.role_arn.clone()));
    let nothing_to_do = stack.is_some_and(|stack| {
        observed.template.as_deref() == Some(template)
            && secrets.is_empty()
            && stack.tags == tags
            && stack.role_arn == role_arn
            && parameters.iter().all(|(name, value)| value.is_none() || value.as_ref() == stack.parameters.get(name))
    });
    Ok(UpPlan {
        creates: stack.is_none(),
        host,
        zone,
        zone_declined: settings.zone == ZoneWish::Without,
        makes_record,
        certificate,
        requests_certificate,
        parameters,
        secrets,
        sources: sources(&draft, stack),
        tags,
        role_arn,
        bucket,
        nothing_to_do,
        warnings: draft.warnings,
    })
}

/// The host by flag, or as the stack remembers it.
fn host(settings: &UpSettings, stack: Option<&Stack>) -> Result<HostName, Failure> {
    if let Some(host) = &settings.host {
        return Ok(host.value.clone());
    }
    stack.and_then(Stack::host).ok_or_else(|| {
        Failure::new(Kind::Usage, "a new registry needs its host name")
            .hint("dockreg up --domain docker.example.com, a name that one of your certificates covers")
    })
}

/// Whether the host is another one than until now.
fn host_changes(stack: &Stack, host: &HostName) -> bool {
    stack.host().as_ref() != Some(host)
}

/// Explicit values, and for all others the stack's own. Parameters that neither knows are left to their defaults.
fn parameters(draft: &Draft, stack: Option<&Stack>) -> BTreeMap<String, Option<String>> {
    let of = |name: &&str| {
        let explicit = draft.values.get(*name).map(|setting| Some(setting.value.clone()));
        let kept = stack.is_some_and(|stack| stack.parameters.contains_key(*name)).then_some(None);
        explicit.or(kept).map(|value| ((*name).to_owned(), value))
    };
    parameter::ALL.iter().filter_map(of).collect()
}

/// What is shown of the parameters, with sources.
fn sources(draft: &Draft, stack: Option<&Stack>) -> BTreeMap<String, Setting<String>> {
    let kept = stack
        .into_iter()
        .flat_map(|stack| &stack.parameters)
        .map(|(name, value)| (name.clone(), Setting::new(value.clone(), Source::Stack)));
    let mut all: BTreeMap<_, _> = kept.collect();
    all.extend(draft.values.iter().map(|(name, setting)| (name.clone(), setting.clone())));
    all.remove(parameter::REGISTRY_AUTH);
    all
}

/// The user's tags over those of the stack, and our own.
fn tags(settings: &UpSettings, stack: Option<&Stack>) -> BTreeMap<String, String> {
    let mut tags = stack.map(|stack| stack.tags.clone()).unwrap_or_default();
    tags.extend(settings.tags.clone());
    tags.insert(STACK_TAG.to_owned(), settings.stack_name.clone());
    tags
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
