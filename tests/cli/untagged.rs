//! A stack that the template alone made, by somebody who holds `dockreg iam-policy` and nothing else: what is allowed by the
//! stack's tag is not, until `up` has put it there.

use serde_json::{Value, json};

use crate::harness::{Fixture, UP};

const LOGIN: [&str; 3] = ["login", "--client", "true"];

/// Leaves the caller what `iam-policy` prints, but for the actions that end so.
async fn restrict(fixture: &Fixture, without: &str) {
    let printed = fixture.run(&["iam-policy"]).await.exits(0);
    let mut policy: Value = serde_json::from_str(&printed.stdout).expect("a policy");
    let statements = policy["Statement"].as_array_mut().expect("statements");
    statements.retain(|statement| !statement["Action"].to_string().contains(without));
    fixture.region().region().world(|world| world.iam.caller_policy = Some(policy));
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn up_lets_the_policy_read_the_secret_of_a_stack_that_the_template_made() {
    let fixture = Fixture::new().await;
    let vpcs = fixture.call("ec2", "DescribeVpcs", json!({})).await;
    let vpc = vpcs["Vpcs"][0]["VpcId"].as_str().expect("a VPC").to_owned();
    let subnets = fixture.call("ec2", "DescribeSubnets", json!({})).await;
    let subnet = |at: usize| subnets["Subnets"][at]["SubnetId"].as_str().expect("a subnet").to_owned();
    let given = [
        ("VpcId", vpc),
        ("Subnets", [subnet(0), subnet(1)].join(",")),
        ("SslCertificate", fixture.in_iam().await.pop().expect("the region's own")),
        ("DnsPrefix", "docker".to_owned()),
        ("DnsZone", "example.test".to_owned()),
    ];
    let body = fixture.run(&["template"]).await.exits(0).stdout;
    let parameters = given.map(|(key, value)| json!({ "ParameterKey": key, "ParameterValue": value }));
    let input = json!({ "StackName": "docker-registry", "TemplateBody": body, "Parameters": parameters,
        "Capabilities": ["CAPABILITY_IAM"] });
    fixture.call("cloudformation", "CreateStack", input).await;
    fixture.until_status("CREATE_COMPLETE").await;

    restrict(&fixture, "nothing").await;
    let advice = "`dockreg up` tags the stack, and then these credentials may read the operator's secret";
    for (arguments, code) in [(&["status"][..], 4), (&LOGIN, 1)] {
        let output = fixture.run(arguments).await.exits(code);
        assert!(words(&output.stderr).contains(advice), "{output}");
    }
    fixture.run(&["up", "--yes"]).await.exits(0).ignored();
    fixture.run(&["status"]).await.exits(0).ignored();
    fixture.run(&LOGIN).await.exits(0).ignored();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_lacks_the_permission_is_told_that() {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    restrict(&fixture, "secretsmanager:GetSecretValue").await;
    for (arguments, code) in [(&["status"][..], 4), (&LOGIN, 1)] {
        let output = fixture.run(arguments).await.exits(code);
        let advice = "next: let these credentials read the operator's secret (secretsmanager:GetSecretValue)";
        assert!(words(&output.stderr).contains(advice), "{output}");
    }
}
