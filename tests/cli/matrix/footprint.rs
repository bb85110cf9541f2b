//! What is in an account, by kind, as far as it must be the same however a registry came to be.

use std::collections::BTreeMap;

use dockreg_region::region::World;
use serde_json::{Value, json};

use crate::harness::Fixture;

/// Kinds of things, and how many of each; for stacks and records also which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Footprint(BTreeMap<String, usize>);

impl Footprint {
    /// Looks at the account, as its owner would with every list there is.
    pub async fn of(fixture: &Fixture) -> Self {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        let stacks = fixture.call("cloudformation", "DescribeStacks", json!({})).await;
        for stack in list(&stacks, "Stacks") {
            let (name, status) = (text(&stack, "StackName"), text(&stack, "StackStatus"));
            let good = ["CREATE_COMPLETE", "UPDATE_COMPLETE"].contains(&status.as_str());
            *counts.entry(format!("stack {name} {}", if good { "at rest" } else { &status })).or_default() += 1;
            let sets = fixture.call("cloudformation", "ListChangeSets", json!({ "StackName": name })).await;
            let open =
                list(&sets, "Summaries").into_iter().filter(|set| text(set, "ExecutionStatus") != "EXECUTE_COMPLETE");
            *counts.entry("change sets".to_owned()).or_default() += open.count();
        }
        fixture.region().region().world(|world| {
            counts.extend(kinds(world).map(|(kind, count)| (kind.to_owned(), count)));
            for key in world.route53.zones.values().flat_map(|zone| zone.records.keys()) {
                *counts.entry(format!("record {key:?}")).or_default() += 1;
            }
        });
        counts.retain(|_, count| *count > 0);
        Self(counts)
    }

    /// What is here and not there, or there and not here, in words.
    pub fn differences(&self, wanted: &Self) -> Vec<String> {
        let kinds = self.0.keys().chain(wanted.0.keys().filter(|kind| !self.0.contains_key(*kind)));
        let count = |of: &Self, kind| of.0.get(kind).copied().unwrap_or_default();
        let both = kinds.map(|kind| (kind, count(self, kind), count(wanted, kind)));
        both.filter(|(_, here, there)| here != there)
            .map(|(kind, here, there)| format!("{kind}: {here} in place of {there}"))
            .collect()
    }
}

fn kinds(world: &World) -> impl Iterator<Item = (&'static str, usize)> {
    let secrets = world.secretsmanager.secrets.values().filter(|secret| secret.deleted.is_none());
    [
        ("buckets", world.s3.buckets.len()),
        ("secrets", secrets.count()),
        ("load balancers", world.elbv2.load_balancers.len()),
        ("target groups", world.elbv2.target_groups.len()),
        ("listeners", world.elbv2.listeners.len()),
        ("groups", world.autoscaling.groups.len()),
        ("security groups", world.ec2.security_groups.len()),
        ("roles", world.iam.roles.len()),
        ("instance profiles", world.iam.profiles.len()),
        ("IAM certificates", world.iam.certificates.len()),
        ("ACM certificates", world.acm.certificates.len()),
        ("log groups", world.logs.groups.len()),
    ]
    .into_iter()
}

fn list(answer: &Value, member: &str) -> Vec<Value> {
    answer[member].as_array().cloned().unwrap_or_default()
}

fn text(of: &Value, member: &str) -> String {
    of[member].as_str().unwrap_or_default().to_owned()
}
