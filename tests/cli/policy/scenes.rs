//! All that dockreg does, as scenes: every command, every state that a stack can be led out of, every kind of resource.

use std::sync::Arc;

use dockreg_region::Options;
use dockreg_region::node::in_process::{Fault, InProcess};
use dockreg_region::service::s3::store::Object;
use dockreg_region::service::s3::{NewBucket, create_bucket};
use serde_json::{Value, json};

use super::scene::Scene;
use crate::harness::{CTRL_C, Fixture, HOST, UP};

const STACK: &str = "docker-registry";
/// A host in the region's zone, without a certificate.
const OTHER: &str = "other.example.test";
const BUCKET: &str = "images-of-our-own";
const UPLOAD: [&str; 8] = ["cert", "upload", "--cert", "cert.pem", "--key", "key.pem", "--chain", "chain.pem"];
/// A policy of AWS's own.
const BOUNDARY: &str = "arn:aws:iam::aws:policy/PowerUserAccess";

const PLAIN: Scene =
    Scene { name: "", options: Options::default, before: |_| Box::pin(async {}), flags: &[], runs: &[], typed: &[] };

pub(super) const SCENES: &[Scene] = &[
    Scene {
        name: "a whole life",
        options: || Options { new_account: true, ..Options::default() },
        before: |fixture| Box::pin(async { patient(fixture) }),
        runs: &[
            (&["cert", "list"], 0),
            (&UP, 0),
            (&["status"], 0),
            (&["login", "--client", "true"], 0),
            (&["up", "--nodes", "2", "--instance-type", "t3.medium", "--upgrade", "--yes"], 0),
            (&["up", "--nodes", "3", "--dry-run"], 0),
            (&["down", "--yes"], 0),
            (&UP, 0),
            (&["down", "--yes"], 0),
        ],
        ..PLAIN
    },
    Scene {
        name: "the images go too",
        before: |fixture| {
            Box::pin(async {
                made(fixture).await;
                let region = fixture.region().region();
                let now = region.clock.epoch();
                region.world(|world| {
                    let bucket = world.s3.buckets.values_mut().next().expect("the stack's bucket");
                    bucket.objects.insert("docker/registry/v2/x".to_owned(), Object::new("a layer", now));
                });
            })
        },
        runs: &[(&["down", "--yes", "--delete-images", "--confirm-stack", STACK], 0)],
        ..PLAIN
    },
    Scene {
        name: "a certificate is requested, and goes with the stack",
        runs: &[
            (&["up", "--domain", OTHER, "--yes", "--request-certificate"], 0),
            (&["up", "--tag", "team=a", "--yes"], 0),
            (&["down", "--yes"], 0),
        ],
        ..PLAIN
    },
    Scene {
        name: "a certificate is requested by hand",
        runs: &[(&["up", "--domain", "docker.elsewhere.test", "--yes", "--request-certificate", "--tag", "team=a"], 4)],
        ..PLAIN
    },
    Scene {
        name: "a certificate is uploaded to ACM, and found there",
        before: |fixture| Box::pin(async { fixture.files(&fixture.issue(&[OTHER], 90)) }),
        runs: &[(&UPLOAD, 0), (&UPLOAD, 0), (&["up", "--domain", OTHER, "--yes"], 0)],
        ..PLAIN
    },
    Scene {
        name: "a certificate is uploaded to IAM",
        before: |fixture| Box::pin(async { fixture.files(&fixture.issue(&[OTHER], 90)) }),
        runs: &[(
            &["cert", "upload", "--cert", "cert.pem", "--key", "key.pem", "--chain", "chain.pem", "--to", "iam"],
            0,
        )],
        ..PLAIN
    },
    Scene {
        name: "a certificate is rotated",
        before: |fixture| {
            Box::pin(async {
                made(fixture).await;
                fixture.keep_in_acm(&fixture.issue(&[HOST], 700)).await;
            })
        },
        runs: &[(&["cert", "rotate", "--yes"], 0)],
        ..PLAIN
    },
    Scene {
        name: "certificates are deleted",
        before: |fixture| {
            Box::pin(async {
                made(fixture).await;
                fixture.keep_in_iam("mine", &fixture.issue(&[OTHER], 90)).await;
                fixture.keep_in_acm(&fixture.issue(&["a.example.test"], 90)).await;
            })
        },
        runs: &[
            (&["cert", "delete", "mine", "--yes"], 0),
            (&["cert", "delete", "a.example.test", "--yes"], 0),
            (&["cert", "delete", HOST, "--yes"], 1),
        ],
        ..PLAIN
    },
    Scene {
        name: "a bucket that is gone is made again",
        before: |fixture| {
            Box::pin(async {
                made(fixture).await;
                fixture.region().region().world(|world| world.s3.buckets.clear());
            })
        },
        runs: &[(&UP, 0)],
        ..PLAIN
    },
    Scene {
        name: "a record makes room",
        before: |fixture| {
            Box::pin(async {
                let zones = fixture.call("route53", "ListHostedZones", json!({})).await;
                let set =
                    json!({ "Name": HOST, "Type": "A", "TTL": 300, "ResourceRecords": [{ "Value": "192.0.2.1" }] });
                let changes = json!({ "Changes": [{ "Action": "CREATE", "ResourceRecordSet": set }] });
                let input = json!({ "HostedZoneId": zones["HostedZones"][0]["Id"], "ChangeBatch": changes });
                fixture.call("route53", "ChangeResourceRecordSets", input).await;
            })
        },
        runs: &[(&["up", "--domain", HOST, "--yes", "--replace-records"], 0)],
        ..PLAIN
    },
    Scene {
        name: "a bucket of one's own",
        before: |fixture| {
            Box::pin(async {
                let region = fixture.region().region();
                let new =
                    NewBucket { name: BUCKET.to_owned(), location: "us-east-1".to_owned(), ..NewBucket::default() };
                create_bucket(&region, new).await.expect("a bucket");
            })
        },
        flags: &["--bucket", BUCKET],
        runs: &[
            (&["up", "--domain", HOST, "--bucket", BUCKET, "--key-name", "operator", "--yes"], 0),
            (&["down", "--yes", "--delete-images", "--confirm-stack", STACK, "--confirm-bucket", BUCKET], 0),
        ],
        ..PLAIN
    },
    Scene {
        name: "a stack of an older template",
        before: |fixture| Box::pin(aged(fixture)),
        runs: &[(&["up", "--yes"], 0)],
        ..PLAIN
    },
    Scene {
        name: "a role within a boundary",
        before: |fixture| Box::pin(made(fixture)),
        flags: &["--permissions-boundary", BOUNDARY],
        runs: &[(&["up", "--permissions-boundary", BOUNDARY, "--no-verify", "--yes"], 0)],
        ..PLAIN
    },
    Scene {
        name: "tags that a rollback takes back",
        before: |fixture| {
            Box::pin(async {
                fixture.run(&["up", "--domain", OTHER, "--yes", "--request-certificate"]).await.exits(0).ignored();
                fails(fixture, "UPDATE", 1);
            })
        },
        runs: &[(&["up", "--tag", "team=a", "--nodes", "2", "--yes"], 3), (&["status"], 0)],
        ..PLAIN
    },
    Scene {
        name: "a boundary that a rollback may not take away",
        before: |fixture| {
            Box::pin(async {
                made(fixture).await;
                fails(fixture, "UPDATE", 1);
            })
        },
        flags: &["--permissions-boundary", BOUNDARY],
        runs: &[
            (&["up", "--permissions-boundary", BOUNDARY, "--nodes", "2", "--no-verify", "--yes"], 3),
            (&["up", "--skip", "NodeRole", "--no-verify", "--yes"], 0),
        ],
        ..PLAIN
    },
    Scene {
        name: "a rollback that failed",
        before: |fixture| {
            Box::pin(async {
                made(fixture).await;
                fails(fixture, "UPDATE", 2);
                fixture.run(&["up", "--nodes", "2", "--yes"]).await.exits(3).ignored();
            })
        },
        runs: &[(&["up", "--nodes", "2", "--yes"], 0)],
        ..PLAIN
    },
    Scene {
        name: "an update that failed and was left so",
        before: |fixture| {
            Box::pin(async {
                made(fixture).await;
                fails(fixture, "UPDATE", 1);
                let change = update(fixture, None, &[("Nodes", "2")], true).await;
                fixture.call("cloudformation", "UpdateStack", change).await;
                assert_eq!(fixture.settled(STACK).await, "UPDATE_FAILED");
            })
        },
        runs: &[(&["up", "--yes"], 0)],
        ..PLAIN
    },
    Scene {
        name: "an update that is cancelled",
        before: |fixture| {
            Box::pin(async {
                made(fixture).await;
                let slow = json!({ "slow_resource": 6000 });
                fixture.plant(json!({ "operation": "UPDATE", "resource": "NodeGroup", "effect": slow }));
            })
        },
        runs: &[(&["up", "--instance-type", "t3.medium", "--yes"], 130)],
        typed: &[("stack UPDATE_IN_PROGRESS", CTRL_C), ("c?", "c\r")],
        ..PLAIN
    },
    Scene {
        name: "a protected stack",
        before: |fixture| {
            Box::pin(async {
                made(fixture).await;
                let input = json!({ "StackName": STACK, "EnableTerminationProtection": true });
                fixture.call("cloudformation", "UpdateTerminationProtection", input).await;
            })
        },
        runs: &[(&["down", "--yes", "--lift-protection"], 0)],
        ..PLAIN
    },
    Scene {
        name: "a proposal",
        before: |fixture| {
            Box::pin(async {
                let small =
                    json!({ "Resources": { "Handle": { "Type": "AWS::CloudFormation::WaitConditionHandle" } } });
                let input = json!({ "StackName": STACK, "ChangeSetName": "dockreg-1", "ChangeSetType": "CREATE",
                    "TemplateBody": small.to_string() });
                fixture.call("cloudformation", "CreateChangeSet", input).await;
            })
        },
        runs: &[(&["down", "--yes"], 0)],
        ..PLAIN
    },
    Scene {
        name: "a node that does not boot",
        options: || {
            let nodes = Arc::new(InProcess::default());
            nodes.every_launch(Some(Fault::Slow));
            Options { nodes: Some(nodes), ..Options::default() }
        },
        runs: &[(&UP, 3)],
        ..PLAIN
    },
    Scene {
        name: "a node that cannot be launched",
        before: |fixture| {
            Box::pin(async {
                made(fixture).await;
                let region = fixture.region().region();
                let launched = region.world(|world| world.ec2.instances.all().next().map(|one| one.launched));
                let launched = launched.expect("a node");
                fixture.until(|| region.clock.epoch().floor() > launched).await;
                region.world(|world| world.ec2.vcpu_quota = Some(2));
                let denied = json!({ "fail": { "code": "AccessDenied", "message": "not you", "status": 403 } });
                fixture.plant(json!({ "operation": "GetServiceQuota", "effect": denied }));
            })
        },
        runs: &[(&["up", "--instance-type", "t3.medium", "--yes"], 3)],
        ..PLAIN
    },
    Scene {
        name: "a resource that fails",
        before: |fixture| Box::pin(async { fails(fixture, "CREATE", 1) }),
        runs: &[(&UP, 3)],
        ..PLAIN
    },
];

/// The roles of a new account's services can be used as soon as they are made.
pub(super) fn patient(fixture: &Fixture) {
    fixture.region().region().world(|world| world.iam.service_linked_roles_race = false);
}

async fn made(fixture: &Fixture) {
    fixture.run(&UP).await.exits(0).ignored();
}

fn fails(fixture: &Fixture, operation: &str, times: u32) {
    let effect = json!({ "fail_resource": { "reason": "the test says no" } });
    fixture.plant(json!({ "operation": operation, "resource": "NodeGroup", "times": times, "effect": effect }));
}

/// A change of the stack that keeps all parameters but these, and the template unless there is another.
async fn update(fixture: &Fixture, template: Option<&str>, changed: &[(&str, &str)], keep_failed: bool) -> Value {
    let described = fixture.call("cloudformation", "DescribeStacks", json!({ "StackName": STACK })).await;
    let parameters = described["Stacks"][0]["Parameters"].as_array().cloned().unwrap_or_default();
    let parameters = parameters.iter().map(|own| {
        let key = own["ParameterKey"].as_str().unwrap_or_default();
        match changed.iter().find(|(name, _)| *name == key) {
            Some((_, value)) => json!({ "ParameterKey": key, "ParameterValue": value }),
            None => json!({ "ParameterKey": key, "UsePreviousValue": true }),
        }
    });
    let mut input = json!({
        "StackName": STACK,
        "Capabilities": ["CAPABILITY_IAM"],
        "Parameters": parameters.collect::<Vec<_>>(),
        "DisableRollback": keep_failed,
    });
    match template {
        Some(body) => input["TemplateBody"] = json!(body),
        None => input["UsePreviousTemplate"] = json!(true),
    }
    input
}

/// A stack whose template differs in every resource that an update can change in place.
async fn aged(fixture: &Fixture) {
    made(fixture).await;
    let template = fixture.run(&["template"]).await.exits(0).stdout;
    let older = [
        ("DaysAfterInitiation: 8", "DaysAfterInitiation: 9"),
        ("Sid: OnlyTls", "Sid: Tls"),
        ("Sid: OwnHealth", "Sid: Health"),
        ("Description: !Sub Users of the registry", "Description: !Sub Logins of the registry"),
        ("Description: AWS and the registry image", "Description: AWS"),
        ("Description: Docker clients", "Description: Clients"),
        ("Description: Load balancer\n", "Description: Balancer\n"),
        ("Action: sts:AssumeRole\n", "Action: [sts:AssumeRole]\n"),
        ("HealthCheckIntervalSeconds: 5", "HealthCheckIntervalSeconds: 6"),
        ("deregistration_delay.timeout_seconds, Value: '120'", "deregistration_delay.timeout_seconds, Value: '301'"),
        ("idle_timeout.timeout_seconds, Value: '300'", "idle_timeout.timeout_seconds, Value: '301'"),
        ("ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09", "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"),
        ("EvaluateTargetHealth: false", "EvaluateTargetHealth: true"),
    ];
    let older = older.iter().fold(template, |body, (now, before)| {
        assert!(body.contains(now), "{now}");
        body.replace(now, before)
    });
    let change = update(fixture, Some(&older), &[], false).await;
    fixture.call("cloudformation", "UpdateStack", change).await;
    assert_eq!(fixture.settled(STACK).await, "UPDATE_COMPLETE");
}
