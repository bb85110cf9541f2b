//! The mistakes that no linter catches, each made in the project's own template: what AWS says to it, and when.

use serde_json::{Value, json};

use crate::fixture::{Fixture, deployment};
use crate::template::{self, parameter};

const STACK: &str = "docker-registry";

/// One edit of the template: the text, which occurs once, and what stands there instead.
type Edit<'a> = (&'a str, &'a str);

/// The template with the edits made.
fn edited(edits: &[Edit<'_>]) -> String {
    edits.iter().fold(template::body().to_owned(), |body, (text, instead)| {
        assert_eq!(body.matches(text).count(), 1, "`{text}` is to occur once in the template");
        body.replace(text, instead)
    })
}

/// What the template cannot do without, in a region with a zone and a certificate.
fn required(fixture: &Fixture) -> Vec<(&'static str, String)> {
    fixture.region.world(|world| {
        let network = &world.ec2.network;
        let vpc = network.vpcs.keys().next().expect("a VPC").clone();
        let mut subnets: Vec<_> = network.subnets.values().collect();
        subnets.sort_by(|one, other| one.availability_zone.cmp(&other.availability_zone));
        let subnets: Vec<&str> = subnets.iter().take(2).map(|subnet| subnet.subnet_id.as_str()).collect();
        let certificate = world.iam.certificates.values().next().expect("a certificate").arn.clone();
        vec![
            (parameter::VPC_ID, vpc),
            (parameter::SUBNETS, subnets.join(",")),
            (parameter::SSL_CERTIFICATE, certificate),
        ]
    })
}

fn input(fixture: &Fixture, body: &str, more: &[(&str, &str)]) -> Value {
    let required = required(fixture);
    let mut all: Vec<(&str, &str)> = required.iter().map(|(key, value)| (*key, value.as_str())).collect();
    all.extend(more);
    let mut input = deployment(STACK, body, &all);
    input["Capabilities"] = json!(["CAPABILITY_IAM"]);
    input
}

/// Creates the stack from the edited template; gives the fixture with the last status.
async fn create(edits: &[Edit<'_>], more: &[(&str, &str)]) -> (Fixture, String) {
    let fixture = Fixture::whole().await;
    fixture.ok("CreateStack", input(&fixture, &edited(edits), more)).await;
    let status = fixture.settled(STACK).await;
    (fixture, status)
}

/// One mistake: its name, the edits, parameters, the resource that fails, what its event says.
struct Mistake {
    name: &'static str,
    edits: &'static [Edit<'static>],
    parameters: &'static [(&'static str, &'static str)],
    resource: &'static str,
    says: &'static str,
}

const MISTAKES: [Mistake; 12] = [
    Mistake {
        name: "MinSize over MaxSize",
        edits: &[("MinSize: !Ref Nodes", "MinSize: 5")],
        parameters: &[],
        resource: "NodeGroup",
        says: "Max bound, 2, must be greater than or equal to min bound, 5",
    },
    Mistake {
        name: "DesiredCapacity over MaxSize",
        edits: &[("DesiredCapacity: !Ref Nodes", "DesiredCapacity: 9")],
        parameters: &[],
        resource: "NodeGroup",
        says: "Desired capacity:9 must be between the specified min size:1 and max size:2",
    },
    Mistake {
        name: "an attribute of a network load balancer",
        edits: &[(
            "- {Key: routing.http2.enabled, Value: 'false'}",
            "- {Key: dns_record.client_routing_policy, Value: any_availability_zone}",
        )],
        parameters: &[],
        resource: "LoadBalancer",
        says: "Load balancer attribute key 'dns_record.client_routing_policy' is not supported on load balancers with type \
               'application'",
    },
    Mistake {
        name: "a hop limit over 64",
        edits: &[("HttpPutResponseHopLimit: 1", "HttpPutResponseHopLimit: 100")],
        parameters: &[],
        resource: "LaunchTemplate",
        says: "100",
    },
    Mistake {
        name: "an instance type that does not exist",
        edits: &[],
        parameters: &[("InstanceType", "t3.smal")],
        resource: "NodeGroup",
        says: "You must use a valid fully-formed launch template. Invalid value 't3.smal' for InstanceType.",
    },
    Mistake {
        name: "a listener protocol that the load balancer does not speak",
        edits: &[("Protocol: HTTPS", "Protocol: TLS")],
        parameters: &[],
        resource: "Listener",
        says: "Listener protocol 'TLS' must be one of 'HTTPS, HTTP'",
    },
    Mistake {
        name: "a target group whose protocol the load balancer does not speak",
        edits: &[
            ("TargetType: instance\n      Protocol: HTTP\n", "TargetType: instance\n      Protocol: TCP\n"),
            ("      - {Key: load_balancing.algorithm.type, Value: least_outstanding_requests}\n", ""),
        ],
        parameters: &[],
        resource: "Listener",
        says: "The listener and the following target groups have incompatible protocols: 'arn:",
    },
    Mistake {
        name: "an attribute that the target group's protocol does not have",
        edits: &[("TargetType: instance\n      Protocol: HTTP\n", "TargetType: instance\n      Protocol: TCP\n")],
        parameters: &[],
        resource: "TargetGroup",
        says: "The provided target group attribute is not supported",
    },
    Mistake {
        name: "a certificate on a listener that speaks HTTP",
        edits: &[("Protocol: HTTPS", "Protocol: HTTP")],
        parameters: &[],
        resource: "Listener",
        says: "A certificate cannot be specified for HTTP listeners",
    },
    Mistake {
        name: "a TLS policy that does not exist",
        edits: &[("ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09", "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2035-09")],
        parameters: &[],
        resource: "Listener",
        says: "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2035-09",
    },
    Mistake {
        name: "a health timeout as long as the interval",
        edits: &[("HealthCheckTimeoutSeconds: 4", "HealthCheckTimeoutSeconds: 5")],
        parameters: &[],
        resource: "TargetGroup",
        says: "Health check interval must be greater than the timeout.",
    },
    Mistake {
        name: "user data over 16 KB",
        edits: &[(
            "              #cloud-config\n",
            "              #cloud-config\n              # ${DockerImage} ${DockerImage} ${DockerImage} ${DockerImage}\n",
        )],
        parameters: &[("DockerImage", LONG_IMAGE)],
        resource: "LaunchTemplate",
        says: "User data is limited to 16384 bytes",
    },
];

/// A parameter may have 4,096 bytes, and no linter counts what a template makes of it.
const LONG_IMAGE: &str = {
    const BYTES: [u8; 2048] = [b'x'; 2048];
    match std::str::from_utf8(&BYTES) {
        Ok(text) => text,
        Err(_) => "",
    }
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_mistake_fails_its_resource_in_its_services_words() {
    for Mistake { name, edits, parameters, resource, says } in MISTAKES {
        let (fixture, status) = create(edits, parameters).await;
        let story = fixture.story(STACK).await;
        assert_eq!(status, "ROLLBACK_COMPLETE", "{name}:\n{}", story.join("\n"));
        let failed: Vec<&String> = story.iter().filter(|line| line.contains(" CREATE_FAILED ")).collect();
        let own = failed.iter().find(|line| line.starts_with(&format!("{resource} CREATE_FAILED ")));
        let own = own.unwrap_or_else(|| panic!("{name}: {resource} did not fail:\n{}", story.join("\n")));
        assert!(own.contains(says), "{name}: {own}");
        let others = failed.iter().filter(|line| *line != own && !line.ends_with("Resource creation cancelled"));
        assert_eq!(others.count(), 0, "{name}: {failed:#?}");
    }
}

/// The service takes it; the template's own tests must not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_parameter_in_user_data_is_taken_and_readable() {
    let leak = ("              #cloud-config\n", "              #cloud-config\n              # ${RegistryAuth}\n");
    let users = "maria:$2y$10$abcdefghijklmnopqrstuv";
    let (fixture, status) = create(&[leak], &[("RegistryAuth", users)]).await;
    let story = fixture.story(STACK).await;
    assert_eq!(status, "CREATE_COMPLETE", "{}", story.join("\n"));
    assert!(!story.join("\n").contains(users));
    let groups = fixture.ask("autoscaling", "DescribeAutoScalingGroups", json!({})).await.expect("an answer");
    let template = &groups["AutoScalingGroups"][0]["LaunchTemplate"]["LaunchTemplateId"];
    let asked = json!({"LaunchTemplateId": template, "Versions": ["$Latest"]});
    let versions = fixture.ask("ec2", "DescribeLaunchTemplateVersions", asked).await.expect("an answer");
    let data = versions["LaunchTemplateVersions"][0]["LaunchTemplateData"]["UserData"].as_str().expect("user data");
    assert!(decoded(data).contains(users), "whoever may describe the launch template reads the secret");
}

fn decoded(base64: &str) -> String {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::STANDARD.decode(base64).expect("Base64");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Nothing is wrong with the creation: the rolling update needs room for one more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_without_room_fails_at_its_first_rolling_update() {
    let tight: Edit<'_> = ("MaxSize: {'1': 2,", "MaxSize: {'1': 1,");
    let (fixture, status) = create(&[tight], &[]).await;
    assert_eq!(status, "CREATE_COMPLETE", "{}", fixture.story(STACK).await.join("\n"));
    fixture.ok("UpdateStack", input(&fixture, &edited(&[tight]), &[("InstanceType", "t3.medium")])).await;
    assert_eq!(fixture.settled(STACK).await, "UPDATE_ROLLBACK_COMPLETE");
    let story = fixture.story(STACK).await.join("\n");
    assert!(
        story.contains(
            "NodeGroup UPDATE_FAILED MinInstancesInService must be less than the autoscaling group's MaxSize"
        ),
        "{story}"
    );
}
