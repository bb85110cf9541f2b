//! What linters do not see in the template: sizes, missing parts, and values that only AWS would refuse.

use super::*;

/// User data may have this many bytes before it is encoded.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html>
const MAX_USER_DATA: usize = 16_384;

/// Room for what CloudFormation substitutes: eleven values, none longer than an ARN.
const SUBSTITUTED: usize = 1_500;

/// Returns the lines below the line `key:` that has `indent`, up to the next line as shallow.
fn block<'a>(text: &'a str, indent: usize, key: &str) -> Vec<&'a str> {
    let depth = |line: &str| line.len() - line.trim_start().len();
    text.lines()
        .skip_while(|line| depth(line) != indent || line.trim() != format!("{key}:"))
        .skip(1)
        .take_while(|line| line.trim().is_empty() || depth(line) > indent)
        .collect()
}

/// Returns the names that are defined `indent` deep in a block.
fn names(lines: &[&str], indent: usize) -> Vec<String> {
    let is_name = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric());
    lines
        .iter()
        .filter(|line| line.len() - line.trim_start().len() == indent)
        .filter_map(|line| line.trim().strip_suffix(':').filter(|name| is_name(name)))
        .map(str::to_owned)
        .collect()
}

fn resource(name: &str) -> Vec<&'static str> {
    let found = block(body(), 2, name);
    assert!(!found.is_empty(), "no resource {name}");
    found
}

/// Returns the value of the only line `key: value` in a block.
fn value(lines: &[&str], key: &str) -> String {
    let prefix = format!("{key}: ");
    let found: Vec<_> = lines.iter().filter_map(|line| line.trim().strip_prefix(&prefix)).collect();
    assert_eq!(found.len(), 1, "{key} in {lines:#?}");
    found[0].trim_matches('\'').to_owned()
}

fn number(lines: &[&str], key: &str) -> u32 {
    value(lines, key).parse().unwrap_or_else(|error| panic!("{key}: {error}"))
}

fn user_data() -> String {
    let start = body().find("#cloud-config\n").map(|at| &body()[at..]).unwrap_or_default();
    assert!(!start.is_empty(), "no user data");
    let indent = " ".repeat(14);
    let lines =
        std::iter::once("#cloud-config").chain(start.lines().skip(1).map_while(|line| line.strip_prefix(&indent)));
    lines.fold(String::new(), |all, line| all + line + "\n")
}

#[test]
fn fits_the_limits() {
    assert!(body().len() < MAX_BODY, "the template has {} bytes", body().len());
    let size = user_data().len();
    assert!(size + SUBSTITUTED < MAX_USER_DATA, "user data has {size} bytes");
}

#[test]
fn has_every_part_once() {
    assert!(!body().contains("@include"), "a part is missing");
    for part in &PARTS {
        let all = PARTS.iter().chain([&SKELETON]).map(|other| other.text).collect::<String>();
        assert_eq!(all.matches(&format!("@include {}\n", part.name)).count(), 1, "{}", part.name);
    }
}

#[test]
fn substitutes_only_what_cloudformation_knows() {
    let data = user_data();
    let mut known = vec!["AWS::StackName", "AWS::Region", "AWS::URLSuffix", "BucketName", "BucketRegion"];
    known.extend(["TargetGroup", "OperatorSecret", "UsersSecret", "HttpSecret", parameter::DOCKER_IMAGE]);
    for (at, _) in data.match_indices("${") {
        let name = data[at + 2..].split('}').next().unwrap_or_default();
        assert!(name.starts_with('!') || known.contains(&name), "${{{name}}}");
    }
}

#[test]
fn keeps_secrets_out_of_user_data() {
    let data = user_data();
    assert!(!data.contains(parameter::REGISTRY_AUTH));
    assert!(!data.contains("resolve:secretsmanager"));
}

#[test]
fn describes_every_parameter() {
    let parameters = block(body(), 0, "Parameters");
    let mut declared = names(&parameters, 2);
    for name in &declared {
        let lines = block(body(), 2, name);
        assert!(lines.iter().any(|line| line.starts_with("    Description: ")), "{name} has no description");
    }
    let mut constants = parameter::ALL.map(str::to_owned).to_vec();
    declared.sort();
    constants.sort();
    assert_eq!(declared, constants);
}

#[test]
fn groups_every_parameter_for_the_console() {
    let groups = block(body(), 2, "AWS::CloudFormation::Interface").join("\n");
    for name in parameter::ALL {
        let listed = groups.split(['[', ']', ',', '\n']).filter(|word| word.trim() == name).count();
        assert_eq!(listed, 1, "{name}");
    }
}

#[test]
fn launches_with_a_network_and_a_certificate() {
    for name in parameter::ALL {
        let defaults = block(body(), 2, name).iter().filter(|line| line.starts_with("    Default: ")).count();
        let required = [parameter::VPC_ID, parameter::SUBNETS].contains(&name);
        assert_eq!(defaults, usize::from(!required), "{name}");
    }
}

/// A certificate without a zone to validate it in would be waited for without end.
#[test]
fn requests_a_certificate_only_where_it_can_be_validated() {
    let rule = block(body(), 0, "Rules").join("\n");
    assert!(rule.contains("RuleCondition: !Equals [!Ref SslCertificate, '']\n    Assertions:\n    - Assert: !Not [!Equals [!Ref DnsZoneId, '']]"));
    let certificate = resource(CERTIFICATE);
    assert_eq!(value(&certificate, "ValidationMethod"), "DNS");
    assert_eq!(value(&certificate, "HostedZoneId"), format!("!Ref {}", parameter::DNS_ZONE_ID));
    let listener = resource("Listener").join("\n");
    assert!(listener.contains("!If [RequestsCertificate, !Ref Certificate, !Ref SslCertificate]"), "{listener}");
}

#[test]
fn names_every_output() {
    let mut declared = names(&block(body(), 0, "Outputs"), 2);
    let mut constants = output::ALL.map(str::to_owned).to_vec();
    declared.sort();
    constants.sort();
    assert_eq!(declared, constants);
    assert_eq!(value(&block(body(), 2, output::TEMPLATE_VERSION), "Value"), VERSION);
}

#[test]
fn group_has_room_for_a_rolling_update() {
    let group = resource(NODE_GROUP);
    for key in ["MinSize", "DesiredCapacity", "MinInstancesInService", "Count"] {
        assert_eq!(value(&group, key), format!("!Ref {}", parameter::NODES), "{key}");
    }
    let mapping = value(&block(body(), 2, "Group"), "MaxSize");
    let most = number(&block(body(), 2, parameter::NODES), "MaxValue");
    for nodes in 1..=most {
        assert!(mapping.contains(&format!("'{nodes}': {}", nodes + 1)), "{nodes} nodes in {mapping}");
    }
    assert_eq!(value(&group, "PauseTime"), value(&group, "Timeout"));
}

#[test]
fn health_checks_begin_after_the_slowest_boot() {
    assert_eq!(value(&resource(NODE_GROUP), "Timeout"), "PT15M");
    assert!(number(&block(body(), 2, parameter::HEALTH_CHECK_GRACE_PERIOD), "Default") >= 900);
}

#[test]
fn metadata_service_is_for_the_host_alone() {
    let template = resource("LaunchTemplate");
    assert_eq!(number(&template, "HttpPutResponseHopLimit"), 1);
    assert_eq!(value(&template, "HttpTokens"), "required");
}

#[test]
fn load_balancer_reaches_what_nodes_listen_on() {
    let group = resource("TargetGroup");
    assert_eq!((value(&group, "Protocol"), number(&group, "Port")), ("HTTP".to_owned(), 80));
    assert_eq!((value(&group, "HealthCheckProtocol"), number(&group, "HealthCheckPort")), ("HTTP".to_owned(), 8081));
    assert_eq!(value(&group, "HealthCheckPath"), PING);
    assert!(number(&group, "HealthCheckTimeoutSeconds") < number(&group, "HealthCheckIntervalSeconds"));
    for (name, port) in [("NodeIngress", 80), ("NodeHealthIngress", 8081)] {
        let rule = resource(name);
        assert_eq!((number(&rule, "FromPort"), number(&rule, "ToPort")), (port, port), "{name}");
    }
    let outbound = resource("LoadBalancerSecurityGroup").join("\n");
    let data = user_data();
    for port in [80, 8081] {
        assert!(outbound.contains(&format!("FromPort: {port}\n")), "no way out to {port}");
        assert!(data.contains(&format!("listen {port}")), "nothing listens on {port}");
    }
    assert!(data.contains(&format!("location = {PING} {{")));
}

/// A check fails for good after this many seconds: an only node may reboot, a dead one of several is soon left out, and
/// neither is taken for dead while docker restarts.
#[test]
fn a_node_is_given_up_after_a_reboot_and_one_of_several_sooner() {
    let group = resource("TargetGroup");
    let interval = number(&group, "HealthCheckIntervalSeconds");
    let thresholds = value(&group, "UnhealthyThresholdCount");
    let thresholds = thresholds.strip_prefix("!If [HasOneNode, ").and_then(|rest| rest.strip_suffix(']'));
    let counts: Vec<u32> = thresholds.into_iter().flat_map(|both| both.split(", ")).flat_map(str::parse).collect();
    assert_eq!(counts.iter().map(|count| count * interval).collect::<Vec<_>>(), [50, 20]);
    assert!(body().contains(&format!("  HasOneNode: !Equals [!Ref {}, '1']\n", parameter::NODES)));
}

/// 500 MB at 50 Mbit/s take 80 s, and AWS closes what is open when the delay is over.
#[test]
fn a_node_that_goes_lets_uploads_end() {
    let group = resource("TargetGroup").join("\n");
    assert!(group.contains("deregistration_delay.timeout_seconds, Value: '120'"), "{group}");
}

#[test]
fn nginx_outlasts_the_load_balancers_idle_connections() {
    let idle = resource("LoadBalancer").join("\n");
    assert!(idle.contains("idle_timeout.timeout_seconds, Value: '300'"));
    let keepalive: Vec<u32> = user_data()
        .lines()
        .filter_map(|line| line.trim().strip_prefix("keepalive_timeout ")?.strip_suffix("s;")?.parse().ok())
        .collect();
    assert!(keepalive.len() == 2 && keepalive.iter().all(|seconds| *seconds > 300), "{keepalive:?}");
}

#[test]
fn listener_speaks_tls_alone() {
    let listener = resource("Listener");
    assert_eq!((value(&listener, "Protocol"), number(&listener, "Port")), ("HTTPS".to_owned(), 443));
    assert_eq!(value(&listener, "SslPolicy"), "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09");
    assert_eq!(body().matches("Type: AWS::ElasticLoadBalancingV2::Listener\n").count(), 1);
}

#[test]
fn images_outlive_the_stack() {
    for name in ["Bucket", "BucketPolicy"] {
        let bucket = resource(name);
        assert_eq!(value(&bucket, "DeletionPolicy"), "RetainExceptOnCreate", "{name}");
        assert_eq!(value(&bucket, "UpdateReplacePolicy"), "Retain", "{name}");
    }
}

/// CloudFormation makes a secret anew when the block that generated it changes.
#[test]
fn generated_secrets_are_frozen() {
    let operator = resource("OperatorSecret");
    assert_eq!(value(&operator, "SecretStringTemplate"), format!(r#"{{"username":"{OPERATOR}"}}"#));
    assert_eq!(value(&operator, "GenerateStringKey"), "password");
    assert_eq!(number(&operator, "PasswordLength"), 32);
    assert_eq!(value(&operator, "ExcludePunctuation"), "true");
    let http = resource("HttpSecret");
    assert_eq!(number(&http, "PasswordLength"), 64);
    assert_eq!(value(&http, "ExcludePunctuation"), "true");
}
