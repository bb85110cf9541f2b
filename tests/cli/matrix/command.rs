//! The commands of the matrix, and what each calls and leaves when nothing goes wrong.

use dockreg_region::journal::Entry;
use dockreg_region::service::s3::store::Object;
use serde_json::json;

use crate::footprint::Footprint;
use crate::harness::{Fixture, HOST, OPERATOR, UP};

/// What people do to a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Command {
    /// `up` in an account that has none.
    Create,
    /// `up` with another setting.
    Change,
    /// `down`.
    Delete,
    /// `up` for a host that no certificate covers.
    Request,
    /// `up` where somebody else's record is at the host's name.
    Replace,
    /// `up` on a stack whose creation has failed.
    Recreate,
    /// `up` on a stack whose update has failed, and the rollback too.
    Finish,
    /// `up` on a stack whose bucket somebody has deleted.
    Restore,
    /// `down` with the images.
    DeleteImages,
}

/// All of them.
pub const ALL: [Command; 9] = [
    Command::Create,
    Command::Change,
    Command::Delete,
    Command::Request,
    Command::Replace,
    Command::Recreate,
    Command::Finish,
    Command::Restore,
    Command::DeleteImages,
];

impl Command {
    /// Its name in the names of cases.
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Change => "change",
            Self::Delete => "down",
            Self::Request => "request",
            Self::Replace => "replace",
            Self::Recreate => "recreate",
            Self::Finish => "finish",
            Self::Restore => "restore",
            Self::DeleteImages => "down with images",
        }
    }

    /// What is typed.
    pub fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Create | Self::Recreate | Self::Restore => &UP,
            Self::Change | Self::Finish => &["up", "--domain", HOST, "--nodes", "2", "--yes"],
            Self::Delete => &["down", "--yes"],
            Self::Request => &["up", "--domain", "new.example.test", "--request-certificate", "--yes"],
            Self::Replace => &["up", "--domain", HOST, "--replace-records", "--yes"],
            Self::DeleteImages => &["down", "--delete-images", "--confirm-stack", "docker-registry", "--yes"],
        }
    }

    /// An account as it is before. The SDK tries each call twice, so that its own retries are part of a case.
    pub async fn prepared(self) -> Fixture {
        let mut fixture = Fixture::new().await;
        // Whoever may not look for a bucket that is gone waits for a registry that cannot answer.
        fixture.set("AWS_MAX_ATTEMPTS", "2").set("DOCKREG_TIMEOUT", "60s");
        let fails = |action: &str, resource: &str, times: u32| {
            let effect = json!({ "fail_resource": { "reason": "the case begins with this" } });
            fixture.plant(json!({ "operation": action, "resource": resource, "times": times, "effect": effect }));
        };
        match self {
            Self::Create | Self::Request => {}
            Self::Change | Self::Delete => fixture.run(&UP).await.exits(0).ignored(),
            Self::Replace => stands_at_host(&fixture).await,
            Self::Recreate => {
                fails("CREATE", "Listener", 1);
                fixture.run(&UP).await.exits(3).ignored();
            }
            Self::Finish => {
                fixture.run(&UP).await.exits(0).ignored();
                // The update fails, and the way back too.
                fails("UPDATE", "NodeGroup", 2);
                fixture.run(Self::Change.arguments()).await.exits(3).ignored();
            }
            Self::Restore => {
                fixture.run(&UP).await.exits(0).ignored();
                fixture.region().region().world(|world| world.s3.buckets.clear());
            }
            Self::DeleteImages => {
                fixture.run(&UP).await.exits(0).ignored();
                fixture.region().region().world(|world| {
                    for bucket in world.s3.buckets.values_mut() {
                        bucket.objects.insert("docker/registry/v2/data".to_owned(), Object::new("a layer", 0.0));
                    }
                });
            }
        }
        fixture.region().region().faults.clear();
        fixture
    }
}

/// Puts an address of before at the host's name.
async fn stands_at_host(fixture: &Fixture) {
    let zone = fixture.call("route53", "ListHostedZones", json!({})).await["HostedZones"][0]["Id"].clone();
    let set = json!({ "Name": HOST, "Type": "A", "TTL": 300, "ResourceRecords": [{ "Value": "192.0.2.1" }] });
    let changes = json!([{ "Action": "CREATE", "ResourceRecordSet": set }]);
    let input = json!({ "HostedZoneId": zone, "ChangeBatch": { "Changes": changes } });
    fixture.call("route53", "ChangeResourceRecordSets", input).await;
}

/// A command's run without any fault.
#[derive(Debug)]
pub struct Undisturbed {
    /// The command.
    pub command: Command,
    /// The operations that it calls, as service and operation, each once, in the order of their first calls.
    pub operations: Vec<(String, String)>,
    /// How many requests it makes.
    pub requests: usize,
    /// What is in the account afterwards.
    pub footprint: Footprint,
}

impl Undisturbed {
    /// Runs the command and looks.
    pub async fn run(command: Command) -> Self {
        let fixture = command.prepared().await;
        let before = by_operator(&fixture).len();
        fixture.run(command.arguments()).await.exits(0).ignored();
        let entries = by_operator(&fixture).split_off(before);
        let requests = entries.len();
        let mut operations = Vec::new();
        for Entry { service, operation, .. } in entries {
            if !operations.contains(&(service.clone(), operation.clone())) {
                operations.push((service, operation));
            }
        }
        Self { command, operations, requests, footprint: Footprint::of(&fixture).await }
    }
}

/// What dockreg has asked for so far; nodes ask under the names of their roles.
fn by_operator(fixture: &Fixture) -> Vec<Entry> {
    let entries = fixture.region().region().journal.entries().into_iter();
    entries.filter(|entry| entry.caller.contains(OPERATOR)).collect()
}
