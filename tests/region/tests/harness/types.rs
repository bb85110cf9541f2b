//! Resource types that the registry's own template does not have: made, changed, replaced and deleted.

use serde_json::{Value, json};

use crate::fixture::{Fixture, deployment, in_this_order, text};

/// Creates a stack that may make IAM resources; gives its last status.
async fn create(fixture: &Fixture, name: &str, body: &str) -> String {
    run(fixture, "CreateStack", name, body).await
}

async fn update(fixture: &Fixture, name: &str, body: &str) -> String {
    run(fixture, "UpdateStack", name, body).await
}

async fn run(fixture: &Fixture, operation: &str, name: &str, body: &str) -> String {
    let mut input = deployment(name, body, &[]);
    input["Capabilities"] = json!(["CAPABILITY_NAMED_IAM"]);
    fixture.ok(operation, input).await;
    fixture.settled(name).await
}

async fn physical_id(fixture: &Fixture, name: &str, logical_id: &str) -> String {
    let asked = json!({"StackName": name, "LogicalResourceId": logical_id});
    let answer = fixture.ok("DescribeStackResource", asked).await;
    text(&answer["StackResourceDetail"]["PhysicalResourceId"])
}

fn log_group(name: &str, days: u64) -> String {
    format!(
        "Resources: {{G: {{Type: 'AWS::Logs::LogGroup', Properties: {{LogGroupName: {name}, RetentionInDays: {days}}}}}}}\n\
         Outputs: {{Arn: {{Value: !GetAtt G.Arn}}}}\n"
    )
}

fn retention(fixture: &Fixture, name: &str) -> Option<Option<u64>> {
    fixture.region.world(|world| world.logs.groups.get(name).map(|group| group.retention_days))
}

#[tokio::test(start_paused = true)]
async fn a_log_group_is_kept_in_place_replaced_by_name_and_deleted() {
    let fixture = Fixture::new();
    assert_eq!(create(&fixture, "logs", &log_group("/one", 30)).await, "CREATE_COMPLETE");
    let arn = fixture.output("logs", "Arn").await;
    assert_eq!(arn.as_deref(), Some("arn:aws:logs:us-east-1:123456789012:log-group:/one:*"));
    assert_eq!(update(&fixture, "logs", &log_group("/one", 90)).await, "UPDATE_COMPLETE");
    assert_eq!(retention(&fixture, "/one"), Some(Some(90)));
    assert_eq!(update(&fixture, "logs", &log_group("/two", 90)).await, "UPDATE_COMPLETE");
    assert_eq!((retention(&fixture, "/one"), retention(&fixture, "/two")), (None, Some(Some(90))));
    assert_eq!(create(&fixture, "again", &log_group("/two", 90)).await, "ROLLBACK_COMPLETE");
    let story = fixture.story("again").await.join("\n");
    let taken = "Resource of type 'AWS::Logs::LogGroup' with identifier '{\"/properties/LogGroupName\":\"/two\"}' already exists.";
    assert!(story.contains(taken), "{story}");
    assert!(retention(&fixture, "/two").is_some(), "the rollback does not touch what the stack did not make");
    assert_eq!(create(&fixture, "odd", &log_group("/three", 31)).await, "ROLLBACK_COMPLETE");
    let story = fixture.story("odd").await.join("\n");
    assert!(story.contains("#/RetentionInDays: 31 is not a valid enum value"), "{story}");
    fixture.ok("DeleteStack", json!({"StackName": "logs"})).await;
    fixture.until("the group is gone", async || retention(&fixture, "/two").is_none().then_some(())).await;
}

fn role_policy(role: &str, action: &str) -> String {
    format!(
        "Resources:\n  P:\n    Type: AWS::IAM::RolePolicy\n    Properties:\n      PolicyName: reads\n      RoleName: {role}\n      \
         PolicyDocument: {{Version: '2012-10-17', Statement: [{{Effect: Allow, Action: '{action}', Resource: '*'}}]}}\n"
    )
}

const ROLE: &str = "Resources: {R: {Type: 'AWS::IAM::Role', Properties: {RoleName: mine, AssumeRolePolicyDocument: {Version: \
     '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]}}}}\n";

#[tokio::test(start_paused = true)]
async fn an_inline_policy_follows_its_properties_and_leaves_its_role() {
    let fixture = Fixture::new();
    let inline = || fixture.region.world(|world| world.iam.roles["mine"].inline.clone());
    assert_eq!(create(&fixture, "early", &role_policy("mine", "s3:GetObject")).await, "ROLLBACK_COMPLETE");
    let story = fixture.story("early").await.join("\n");
    assert!(story.contains("The role with name mine cannot be found."), "{story}");
    assert_eq!(create(&fixture, "role", ROLE).await, "CREATE_COMPLETE");
    assert_eq!(create(&fixture, "policy", &role_policy("mine", "s3:GetObject")).await, "CREATE_COMPLETE");
    assert_eq!(physical_id(&fixture, "policy", "P").await, "reads|mine");
    assert_eq!(update(&fixture, "policy", &role_policy("mine", "s3:PutObject")).await, "UPDATE_COMPLETE");
    assert_eq!(inline()["reads"]["Statement"][0]["Action"], "s3:PutObject");
    assert_eq!(create(&fixture, "twice", &role_policy("mine", "s3:GetObject")).await, "ROLLBACK_COMPLETE");
    assert_eq!(inline()["reads"]["Statement"][0]["Action"], "s3:PutObject", "another stack's policy stays");
    fixture.ok("DeleteStack", json!({"StackName": "role"})).await;
    assert_eq!(fixture.settled("role").await, "DELETE_FAILED");
    let story = fixture.story("role").await.join("\n");
    assert!(story.contains("Cannot delete entity, must delete policies first."), "{story}");
    fixture.ok("DeleteStack", json!({"StackName": "policy"})).await;
    fixture.until("the policy is gone", async || inline().is_empty().then_some(())).await;
}

const GATE: &str = "
Resources:
  Handle: {Type: 'AWS::CloudFormation::WaitConditionHandle'}
  Gate: {Type: 'AWS::CloudFormation::WaitCondition', Properties: {Handle: !Ref Handle, Timeout: '600', Count: 2}}
Outputs:
  Url: {Value: !Ref Handle}
  Data: {Value: !GetAtt Gate.Data}
";

#[tokio::test(start_paused = true)]
async fn a_wait_condition_that_nobody_reports_to_fails_in_time() {
    let fixture = Fixture::new();
    assert_eq!(fixture.create("gate", GATE, &[]).await, "ROLLBACK_COMPLETE");
    let story = fixture.story("gate").await;
    let late = "Gate CREATE_FAILED WaitCondition timed out. Received 0 conditions when expecting 2";
    in_this_order(&story, &["Gate CREATE_IN_PROGRESS Resource creation Initiated", late, "gate ROLLBACK_COMPLETE"]);
    let id = text(&fixture.stack("gate").await["StackId"]);
    let events = fixture.ok("DescribeStackEvents", json!({"StackName": "gate"})).await;
    let mut events = events["StackEvents"].as_array().into_iter().flatten();
    let failed = events.find(|event| event["ResourceStatus"] == "CREATE_FAILED").expect("the failure");
    let physical = text(&failed["PhysicalResourceId"]);
    assert!(physical.starts_with(&id) && physical.ends_with("/Gate"), "{physical}");
}

#[tokio::test(start_paused = true)]
async fn a_wait_condition_with_a_creation_policy_counts_signals() {
    let fixture = Fixture::new();
    let body = "Resources: {Gate: {Type: 'AWS::CloudFormation::WaitCondition', CreationPolicy: {ResourceSignal: {Timeout: \
                PT10M, Count: 1}}}}\n";
    fixture.ok("CreateStack", deployment("signalled", body, &[])).await;
    fixture.until_told("signalled", "Gate CREATE_IN_PROGRESS Resource creation Initiated").await;
    let signal = json!({"StackName": "signalled", "LogicalResourceId": "Gate", "UniqueId": "me", "Status": "SUCCESS"});
    fixture.ok("SignalResource", signal).await;
    assert_eq!(fixture.settled("signalled").await, "CREATE_COMPLETE");
    assert_eq!(fixture.create("unheard", body, &[]).await, "ROLLBACK_COMPLETE");
    let story = fixture.story("unheard").await.join("\n");
    assert!(story.contains("Gate CREATE_FAILED Received 0 SUCCESS signal(s) out of 1."), "{story}");
}

fn certificate(zone: &str, more: &str) -> String {
    format!(
        "Resources:\n  C:\n    Type: AWS::CertificateManager::Certificate\n    Properties:\n      DomainName: \
         www.example.test\n      ValidationMethod: DNS\n      DomainValidationOptions: [{{DomainName: www.example.test, \
         HostedZoneId: {zone}}}]\n{more}Outputs: {{Arn: {{Value: !Ref C}}}}\n"
    )
}

fn zone(fixture: &Fixture) -> String {
    fixture.region.world(|world| world.route53.zones.keys().next().cloned()).expect("a zone")
}

async fn acm(fixture: &Fixture, operation: &str, input: Value) -> Value {
    fixture.ask("acm", operation, input).await.unwrap_or_else(|error| panic!("{operation}: {error}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_validated_in_its_zone_and_replaced_when_its_names_change() {
    let fixture = Fixture::whole().await;
    let zone = zone(&fixture);
    assert_eq!(create(&fixture, "tls", &certificate(&zone, "")).await, "CREATE_COMPLETE");
    let arn = fixture.output("tls", "Arn").await.expect("an ARN");
    let detail = acm(&fixture, "DescribeCertificate", json!({"CertificateArn": arn})).await;
    assert_eq!(detail["Certificate"]["Status"], "ISSUED");
    let record = &detail["Certificate"]["DomainValidationOptions"][0]["ResourceRecord"];
    let shown = format!(
        "C CREATE_IN_PROGRESS Content of DNS Record is: {{Name: {},Type: CNAME,Value: {}}}",
        text(&record["Name"]),
        text(&record["Value"])
    );
    let story = fixture.story("tls").await;
    in_this_order(&story, &["C CREATE_IN_PROGRESS Resource creation Initiated", &shown, "C CREATE_COMPLETE"]);
    let more = "      SubjectAlternativeNames: ['*.www.example.test']\n";
    assert_eq!(update(&fixture, "tls", &certificate(&zone, more)).await, "UPDATE_COMPLETE");
    let next = fixture.output("tls", "Arn").await.expect("an ARN");
    assert_ne!(next, arn, "a name more is a certificate more");
    let gone = fixture.ask("acm", "DescribeCertificate", json!({"CertificateArn": arn})).await;
    assert_eq!(gone.expect_err("deleted").code, "ResourceNotFoundException");
    let shown = fixture.story("tls").await.iter().filter(|line| line.contains("Content of DNS Record")).count();
    assert_eq!(shown, 2, "a name and its wildcard share one record");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_waits_for_a_record_that_nobody_has_published_yet() {
    let fixture = Fixture::whole().await;
    let body = "Resources: {C: {Type: 'AWS::CertificateManager::Certificate', Properties: {DomainName: www.example.test, \
                ValidationMethod: DNS}}}\n";
    fixture.ok("CreateStack", deployment("patient", body, &[])).await;
    fixture.until_told("patient", "C CREATE_IN_PROGRESS Content of DNS Record is: {Name: _").await;
    let story = fixture.story("patient").await;
    let told = story.iter().find(|line| line.contains("Content of DNS Record")).expect("just seen");
    let (name, value) =
        told.split_once("{Name: ").and_then(|(_, rest)| rest.split_once(",Type: CNAME,Value: ")).expect("both");
    assert_eq!(text(&fixture.stack("patient").await["StackStatus"]), "CREATE_IN_PROGRESS");
    let record =
        json!({"Name": name, "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": value.trim_end_matches('}')}]});
    let batch = json!({"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]});
    let change = json!({"HostedZoneId": zone(&fixture), "ChangeBatch": batch});
    fixture.ask("route53", "ChangeResourceRecordSets", change).await.expect("the record is made");
    assert_eq!(fixture.settled("patient").await, "CREATE_COMPLETE");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_asks_for_records_only_in_a_zone_of_its_name() {
    let fixture = Fixture::whole().await;
    let body = certificate(&zone(&fixture), "").replace("www.example.test", "www.example.org");
    assert_eq!(create(&fixture, "foreign", &body).await, "ROLLBACK_COMPLETE");
    let story = fixture.story("foreign").await.join("\n");
    assert!(story.contains("is not permitted in zone example.test."), "{story}");
    let left = acm(&fixture, "ListCertificates", json!({"CertificateStatuses": ["PENDING_VALIDATION"]})).await;
    assert_eq!(left["CertificateSummaryList"], json!([]), "the rollback takes the request back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_has_certificates_beside_its_own() {
    let fixture = Fixture::whole().await;
    let (vpc, subnets, own) = fixture.region.world(|world| {
        let network = &world.ec2.network;
        let mut zones: Vec<_> = network.subnets.values().collect();
        zones.sort_by(|one, other| one.availability_zone.cmp(&other.availability_zone));
        let subnets: Vec<&str> = zones.iter().take(2).map(|subnet| subnet.subnet_id.as_str()).collect();
        let own = world.iam.certificates.values().next().expect("a certificate").arn.clone();
        (network.vpcs.keys().next().expect("a VPC").clone(), subnets.join(", "), own)
    });
    let zone = zone(&fixture);
    let body = |more: &str| {
        format!(
            "Resources:
  C: {{Type: 'AWS::CertificateManager::Certificate', Properties: {{DomainName: www.example.test, ValidationMethod: DNS, \
             DomainValidationOptions: [{{DomainName: www.example.test, HostedZoneId: {zone}}}]}}}}
  G: {{Type: 'AWS::ElasticLoadBalancingV2::TargetGroup', Properties: {{VpcId: {vpc}, Protocol: HTTP, Port: 80}}}}
  B: {{Type: 'AWS::ElasticLoadBalancingV2::LoadBalancer', Properties: {{Subnets: [{subnets}]}}}}
  L:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref B
      Port: 443
      Protocol: HTTPS
      Certificates: [{{CertificateArn: '{own}'}}]
      DefaultActions: [{{Type: forward, TargetGroupArn: !Ref G}}]
{more}Outputs: {{Listener: {{Value: !Ref L}}, Certificate: {{Value: !Ref C}}}}
"
        )
    };
    let more = "  M: {Type: 'AWS::ElasticLoadBalancingV2::ListenerCertificate', Properties: {ListenerArn: !Ref L, Certificates: \
                [{CertificateArn: !Ref C}]}}\n";
    let with = body(more);
    assert_eq!(create(&fixture, "more", &with).await, "CREATE_COMPLETE", "{}", fixture.story("more").await.join("\n"));
    let listener = fixture.output("more", "Listener").await.expect("an ARN");
    let certificate = fixture.output("more", "Certificate").await.expect("an ARN");
    let listed = async || {
        let asked = json!({"ListenerArn": listener});
        let answer = fixture.ask("elbv2", "DescribeListenerCertificates", asked).await.expect("an answer");
        answer["Certificates"].as_array().cloned().unwrap_or_default()
    };
    assert_eq!(
        listed().await,
        [json!({"CertificateArn": own, "IsDefault": true}), json!({"CertificateArn": certificate, "IsDefault": false})]
    );
    let used = fixture.ask("acm", "DeleteCertificate", json!({"CertificateArn": certificate})).await;
    assert_eq!(used.expect_err("in use").code, "ResourceInUseException");
    assert_eq!(update(&fixture, "more", &body("")).await, "UPDATE_COMPLETE");
    assert_eq!(listed().await, [json!({"CertificateArn": own, "IsDefault": true})]);
    acm(&fixture, "DeleteCertificate", json!({"CertificateArn": certificate})).await;
}
