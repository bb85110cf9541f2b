//! `dockreg-aws`, the script by which nodes call AWS, run as it is by `sh` and `curl` for a node of the region.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;

use dockreg_region::Options;
use dockreg_region::node::in_process::{Fault, InProcess};
use dockreg_region::node::metadata;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::task::JoinSet;

use crate::harness::{Fixture, HOST};
use crate::node_rig::Rig;

const SCRIPT: &str = include_str!("../../assets/node/dockreg-aws");

const TWO: [&str; 6] = ["up", "--domain", HOST, "--nodes", "2", "--yes"];

/// Replaces what is in the script exactly once.
fn once(script: &str, from: &str, to: &str) -> String {
    assert_eq!(script.matches(from).count(), 1, "{from}");
    script.replace(from, to)
}

/// The script for a node that says nothing by itself, with all that it finds on a node: settings, metadata, AWS.
async fn script_of(fixture: &Fixture, instance: &str, tasks: &mut JoinSet<()>) -> PathBuf {
    let region = fixture.region().region();
    region.world(|world| world.ec2.instances.readdress(instance, Ipv4Addr::LOCALHOST));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tasks.spawn(metadata::serve(region.clone(), listener));
    let settings =
        "STACK_NAME=docker-registry\nAWS_REGION=us-east-1\nURL_SUFFIX=amazonaws.com\nSIGNAL_RESOURCE=NodeGroup\n";
    let settings = fixture.file("node.env", settings);
    let script = once(SCRIPT, "/etc/dockreg/node.env", &settings.display().to_string());
    let script = once(&script, "http://169.254.169.254", &format!("http://{address}"));
    let script = once(&script, "https://$service.$AWS_REGION.$URL_SUFFIX", &fixture.region().endpoint());
    fixture.file("dockreg-aws", &script)
}

/// A creation of two nodes, of which this one is the last to be waited for, is told that it is there.
async fn other_signals(fixture: &Fixture, instance: &str) {
    let input = json!({
        "StackName": "docker-registry", "LogicalResourceId": "NodeGroup", "UniqueId": instance, "Status": "SUCCESS",
    });
    fixture.call("cloudformation", "SignalResource", input).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_whose_answer_is_lost_and_which_counted_is_a_success() {
    let nodes = Arc::new(InProcess::default());
    nodes.every_launch(Some(Fault::Silent));
    let fixture = Fixture::with(Options { nodes: Some(nodes.clone()), speed: 60.0, ..Options::default() }).await;
    let up = fixture.spawn(&TWO);
    fixture.until(|| nodes.instance_ids().len() == 2).await;
    let instances = nodes.instance_ids();
    let mut tasks = JoinSet::new();
    let script = script_of(&fixture, &instances[0], &mut tasks).await;
    fixture.plant(json!({ "operation": "SignalResource", "times": 1, "effect": "reset_after" }));
    let mut command = Command::new("sh");
    command.arg(script).args(["signal", "SUCCESS"]).stdin(Stdio::null()).kill_on_drop(true);
    let signalled = command.output().await.expect("sh runs");
    assert!(signalled.status.success(), "{}", String::from_utf8_lossy(&signalled.stderr));
    assert_eq!(fixture.region().region().journal.count("SignalResource"), 2, "sent again");
    other_signals(&fixture, &instances[1]).await;
    fixture.ended(up, &TWO).await.exits(0).ignored();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_of_the_region_bears_a_lost_answer_as_the_script_does() {
    let nodes = Arc::new(InProcess::default());
    nodes.next_launch(Some(Fault::Silent));
    let fixture = Fixture::with(Options { nodes: Some(nodes.clone()), speed: 60.0, ..Options::default() }).await;
    fixture.plant(json!({ "operation": "SignalResource", "times": 1, "effect": "reset_after" }));
    let up = fixture.spawn(&TWO);
    fixture.called("SignalResource", 2).await;
    other_signals(&fixture, "i-other").await;
    fixture.ended(up, &TWO).await.exits(0).ignored();
}

/// What the script makes of the load balancer's answer about its node, of which these are the members after the target.
fn health(members: &str) -> String {
    let rig = Rig::new();
    rig.install("dockreg-aws");
    rig.write("etc/dockreg/node.env", "AWS_REGION=us-east-1\nURL_SUFFIX=amazonaws.com\nTARGET_GROUP_ARN=arn\n");
    let answer = format!(
        "<DescribeTargetHealthResponse>\n  <DescribeTargetHealthResult>\n    <TargetHealthDescriptions>\n<member>\
         <Target><Id>i-1</Id><Port>80</Port></Target>\n{members}</member>\n    </TargetHealthDescriptions>\n  \
         </DescribeTargetHealthResult>\n</DescribeTargetHealthResponse>\n"
    );
    rig.write("answer", &answer);
    let curl = r#"case "$*" in *elasticloadbalancing*) cat answer; printf 200 ;; *) echo i-1 ;; esac"#;
    rig.stub("curl", curl);
    let done = rig.run_with("dockreg-aws", &["health"]);
    assert_eq!(done.code, 0, "{done:?}");
    done.said
}

/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealthDescription.html>: the override
/// has a state too, and nothing says in which order they come.
#[test]
fn a_nodes_health_is_the_targets_and_not_the_overrides() {
    let over = "<AdministrativeOverride><State>no_override</State><Reason>AdministrativeOverride.NoOverride</Reason>\
                     <Description>No override is currently active on target</Description></AdministrativeOverride>";
    let normal = "<AnomalyDetection><Result>normal</Result></AnomalyDetection><HealthCheckPort>8081</HealthCheckPort>";
    for state in ["initial", "healthy", "unhealthy.draining"] {
        let own = format!("<TargetHealth>\n<State>{state}</State><Reason>Target.Timeout</Reason>\n</TargetHealth>");
        for members in [own.clone(), [over, &own].concat(), [&own, over].concat(), [&own, normal, over].concat()] {
            assert_eq!(health(&members), state, "{members}");
        }
    }
    assert_eq!(health(over), "", "without the target's health there is none");
}
