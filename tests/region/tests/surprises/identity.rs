//! Certificates, zones, secrets, roles and objects.

use dockreg_region::service::{Call, Principal, dispatch};
use dockreg_region::{AwsError, Options, Running, start};
use serde_json::{Value, json};

async fn call(running: &Running, service: &'static str, operation: &str, input: Value) -> Result<Value, AwsError> {
    let region = running.region();
    let principal = Principal::Operator { arn: region.global_arn("iam", "user/operator") };
    dispatch(&region, Call { service, operation: operation.to_owned(), input, principal }).await
}

async fn ask(running: &Running, service: &'static str, operation: &str, input: Value) -> Value {
    call(running, service, operation, input).await.unwrap_or_else(|error| panic!("{operation}: {error}"))
}

/// The names that a seed makes late are always the same ones.
async fn with(seed: u64, speed: f64, new_account: bool) -> Running {
    let domain = Some("docker.example.test".to_owned());
    start(Options { domain, seed, speed, new_account, ..Options::default() }).await.expect("a region")
}

/// Creates a stack and gives its last status and the reasons of its failed resources.
async fn deploy(running: &Running, name: &str, resources: Value) -> (String, String) {
    let body = json!({ "Resources": resources }).to_string();
    ask(
        running,
        "cloudformation",
        "CreateStack",
        json!({ "StackName": name, "TemplateBody": body, "Capabilities": ["CAPABILITY_IAM"] }),
    )
    .await;
    let mut ticks = tokio::time::interval(std::time::Duration::from_millis(4));
    for _ in 0..5000 {
        ticks.tick().await;
        let stack = ask(running, "cloudformation", "DescribeStacks", json!({ "StackName": name })).await;
        let status = stack["Stacks"][0]["StackStatus"].as_str().unwrap_or_default().to_owned();
        if !status.ends_with("_IN_PROGRESS") {
            let events = ask(running, "cloudformation", "DescribeStackEvents", json!({ "StackName": name })).await;
            let failed = events["StackEvents"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|event| event["ResourceStatus"] == "CREATE_FAILED");
            let reasons: Vec<&str> = failed.filter_map(|event| event["ResourceStatusReason"].as_str()).collect();
            return (status, reasons.join("\n"));
        }
    }
    panic!("{name} has no end");
}

fn subnets(running: &Running) -> Vec<String> {
    running.region().world(|world| world.ec2.network.subnets.keys().take(2).cloned().collect())
}

fn balancer(running: &Running) -> Value {
    json!({ "Type": "AWS::ElasticLoadBalancingV2::LoadBalancer", "Properties": { "Subnets": subnets(running) } })
}

/// A client that does not name the key types sees RSA of up to 2048 bits alone: a certificate on a curve does not exist
/// for it. https://docs.aws.amazon.com/acm/latest/APIReference/API_ListCertificates.html
#[tokio::test]
async fn row_07_a_certificate_on_a_curve_is_hidden_unless_its_key_type_is_named() {
    let running = with(1, 600.0, false).await;
    let made = running.authority().issue(&["docker.example.test".to_owned()]).expect("a certificate");
    let blob = |text: &str| {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(text)
    };
    let import = json!({ "Certificate": blob(&made.certificate), "PrivateKey": blob(&made.private_key) });
    let arn = ask(&running, "acm", "ImportCertificate", import).await["CertificateArn"].clone();
    let described = ask(&running, "acm", "DescribeCertificate", json!({ "CertificateArn": arn })).await;
    assert_eq!(described["Certificate"]["KeyAlgorithm"], "EC-prime256v1");
    let naive = ask(&running, "acm", "ListCertificates", json!({})).await;
    assert_eq!(naive["CertificateSummaryList"], json!([]), "the trap");
    let careful =
        ask(&running, "acm", "ListCertificates", json!({ "Includes": { "keyTypes": ["RSA_2048", "EC_prime256v1"] } }))
            .await;
    assert_eq!(careful["CertificateSummaryList"][0]["CertificateArn"], arn);
}

/// A client that uses a certificate as soon as it is uploaded is told that there is none; a moment later there is.
/// https://github.com/hashicorp/terraform-provider-aws/issues/2053
#[tokio::test]
async fn row_08_a_certificate_uploaded_a_moment_ago_is_not_found_by_the_balancer_yet() {
    // Ten seconds of AWS in a third of one.
    let running = with(1, 30.0, false).await;
    let made = running.authority().issue(&["docker.example.test".to_owned()]).expect("a certificate");
    running.region().world(|world| world.iam.certificate_quota = Some(100));
    let upload = async |name: &str| {
        let input = json!({ "ServerCertificateName": name, "CertificateBody": made.certificate, "CertificateChain": made.chain, "PrivateKey": made.private_key });
        ask(&running, "iam", "UploadServerCertificate", input).await["ServerCertificateMetadata"]["Arn"].clone()
    };
    let old = running.region().world(|world| world.iam.certificates.values().next().map(|one| one.arn.clone()));
    let listener = json!({ "LoadBalancerArn": { "Ref": "Balancer" }, "Port": 443, "Protocol": "HTTPS", "Certificates": [{ "CertificateArn": old }],
        "DefaultActions": [{ "Type": "fixed-response", "FixedResponseConfig": { "StatusCode": "200" } }] });
    let listener = json!({ "Type": "AWS::ElasticLoadBalancingV2::Listener", "Properties": listener });
    let (status, failed) = deploy(&running, "s", json!({ "Balancer": balancer(&running), "Listener": listener })).await;
    assert_eq!(status, "CREATE_COMPLETE", "{failed}");
    let detail = ask(
        &running,
        "cloudformation",
        "DescribeStackResource",
        json!({ "StackName": "s", "LogicalResourceId": "Listener" }),
    )
    .await;
    let listener = detail["StackResourceDetail"]["PhysicalResourceId"].clone();
    let use_it = async |arn: &Value| {
        call(
            &running,
            "elbv2",
            "ModifyListener",
            json!({ "ListenerArn": listener, "Certificates": [{ "CertificateArn": arn }] }),
        )
        .await
    };
    let (mut late, mut at_once) = (None, 0);
    for number in 0..12 {
        let arn = upload(&format!("c{number}")).await;
        let read_back =
            ask(&running, "iam", "GetServerCertificate", json!({ "ServerCertificateName": format!("c{number}") }))
                .await;
        assert_eq!(read_back["ServerCertificate"]["ServerCertificateMetadata"]["Arn"], arn, "IAM itself knows it");
        match use_it(&arn).await {
            Ok(_) => at_once += 1,
            Err(error) => {
                assert_eq!(
                    (error.code.as_str(), error.message.as_str()),
                    (
                        "CertificateNotFound",
                        format!("Certificate '{}' not found", arn.as_str().unwrap_or_default()).as_str()
                    )
                );
                late.get_or_insert(arn);
            }
        }
    }
    assert!(at_once > 0, "some are found at once");
    let late = late.expect("the trap: one of twelve is late");
    let mut ticks = tokio::time::interval(std::time::Duration::from_millis(10));
    for _ in 0..500 {
        if use_it(&late).await.is_ok() {
            return;
        }
        ticks.tick().await;
    }
    panic!("the certificate is never found");
}

/// The first use of a service in an account makes its role, and may come too early to use it: the same template works a
/// moment later. https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-service-linked-roles.html
#[tokio::test]
async fn row_12_the_first_load_balancer_of_an_account_may_come_before_its_role() {
    let role = async |running: &Running| {
        call(running, "iam", "GetRole", json!({ "RoleName": "AWSServiceRoleForElasticLoadBalancing" })).await
    };
    let used = with(1, 600.0, false).await;
    assert!(role(&used).await.is_ok(), "an account that has used load balancers has the role");

    let mut seeds = Vec::new();
    for seed in 1..20 {
        let races = with(seed, 600.0, true).await.region().world(|world| world.iam.service_linked_roles_race);
        seeds.push((seed, races));
    }
    let seed = |races: bool| seeds.iter().find(|(_, known)| *known == races).expect("one of twenty seeds").0;
    let unlucky = with(seed(true), 600.0, true).await;
    assert_eq!(role(&unlucky).await.expect_err("a new account").code, "NoSuchEntity");
    let (status, failed) = deploy(&unlucky, "first", json!({ "Balancer": balancer(&unlucky) })).await;
    assert_eq!(status, "ROLLBACK_COMPLETE", "the trap");
    assert!(
        failed.contains("AWSServiceRoleForElasticLoadBalancing") && failed.contains("Service: ElasticLoadBalancingV2"),
        "{failed}"
    );
    assert!(role(&unlucky).await.is_ok(), "the first use has made it");
    let (status, failed) = deploy(&unlucky, "second", json!({ "Balancer": balancer(&unlucky) })).await;
    assert_eq!(status, "CREATE_COMPLETE", "{failed}");

    let lucky = with(seed(false), 600.0, true).await;
    let (status, failed) = deploy(&lucky, "first", json!({ "Balancer": balancer(&lucky) })).await;
    assert_eq!(status, "CREATE_COMPLETE", "{failed}");
}

/// Whoever may not make the role cannot make the first load balancer or group of an account.
/// https://github.com/kubernetes/kops/issues/16218
#[tokio::test]
async fn row_12_the_role_is_made_with_the_permissions_of_whoever_uses_the_service_first() {
    for (condition, expected) in [
        (json!({ "StringEquals": { "iam:AWSServiceName": "autoscaling.amazonaws.com" } }), "ROLLBACK_COMPLETE"),
        (json!({ "StringEquals": { "iam:AWSServiceName": "elasticloadbalancing.amazonaws.com" } }), "CREATE_COMPLETE"),
    ] {
        let policy = json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "NotAction": "iam:*", "Resource": "*" },
            { "Effect": "Allow", "Action": "iam:CreateServiceLinkedRole", "Resource": "*", "Condition": condition },
        ] });
        let options = Options { new_account: true, caller_policy: Some(policy), ..Options::default() };
        let running = start(options).await.expect("a region");
        running.region().world(|world| world.iam.service_linked_roles_race = false);
        let (status, failed) = deploy(&running, "first", json!({ "Balancer": balancer(&running) })).await;
        assert_eq!(status, expected, "{failed}");
        let words = "is not authorized to perform: iam:CreateServiceLinkedRole on resource: arn:aws:iam::123456789012:role/aws-service-role/elasticloadbalancing.amazonaws.com/AWSServiceRoleForElasticLoadBalancing because no identity-based policy allows the iam:CreateServiceLinkedRole action";
        assert!(expected == "CREATE_COMPLETE" || failed.contains(words), "{failed}");
    }
}
