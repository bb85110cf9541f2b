//! Pages of lists, and the tokens that lead from one to the next; consoles, which come late and cut.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dockreg_region::node::in_process::Fault;
use serde_json::{Value, json};

use super::rig::{Rig, TEMPLATE};

/// The sizes of all pages, asked for with `size` under `limit`.
async fn pages(
    rig: &Rig,
    (service, operation): (&'static str, &str),
    list: &str,
    limit: &str,
    size: u64,
) -> Vec<usize> {
    let (ask, answer) = if service == "elbv2" { ("Marker", "NextMarker") } else { ("NextToken", "NextToken") };
    let mut sizes = Vec::new();
    let mut input = json!({ limit: size });
    loop {
        let page = rig.ask(service, operation, input.clone()).await;
        sizes.push(page[list].as_array().map(Vec::len).unwrap_or_default());
        match page.get(answer) {
            Some(token) => input[ask] = token.clone(),
            None => return sizes,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_come_in_pages_and_know_their_tokens() {
    let rig = Rig::with_registry(&[("Nodes", "3")]).await;
    for (operation, list) in
        [("DescribeScalingActivities", "Activities"), ("DescribeAutoScalingInstances", "AutoScalingInstances")]
    {
        assert_eq!(pages(&rig, ("autoscaling", operation), list, "MaxRecords", 2).await, [2, 1], "{operation}");
    }
    assert_eq!(
        pages(&rig, ("autoscaling", "DescribeAutoScalingGroups"), "AutoScalingGroups", "MaxRecords", 1).await,
        [1]
    );
    assert_eq!(pages(&rig, ("ec2", "DescribeSubnets"), "Subnets", "MaxResults", 5).await, [5, 1]);
    let policies = pages(&rig, ("elbv2", "DescribeSSLPolicies"), "SslPolicies", "PageSize", 7).await;
    assert!(policies.len() > 1 && policies[0] == 7, "{policies:?}");
    let refused = async |service: &'static str, operation: &str, input: Value| {
        let error = rig.call(service, operation, input).await.expect_err("a refusal");
        (error.code, error.message)
    };
    let told = |code: &str, message: &str| (code.to_owned(), message.to_owned());
    for operation in ["DescribeScalingActivities", "DescribeAutoScalingInstances", "DescribeAutoScalingGroups"] {
        assert_eq!(
            refused("autoscaling", operation, json!({"NextToken": "none"})).await,
            told("InvalidNextToken", "The token 'none' was invalid")
        );
    }
    assert_eq!(
        refused("autoscaling", "DescribeAutoScalingInstances", json!({"MaxRecords": 51})).await.0,
        "ValidationError"
    );
    assert_eq!(refused("ec2", "DescribeInstances", json!({"NextToken": "none"})).await.0, "InvalidParameterValue");
    let node = rig.members("InService").await.remove(0);
    assert_eq!(
        refused("ec2", "DescribeInstances", json!({"InstanceIds": [node], "MaxResults": 5})).await,
        told("InvalidParameterCombination", "The parameter instancesSet cannot be used with the parameter maxResults")
    );
    assert_eq!(refused("elbv2", "DescribeTargetGroups", json!({"Marker": "none"})).await.0, "ValidationError");
    let quotas =
        refused("service-quotas", "ListServiceQuotas", json!({"ServiceCode": "ec2", "NextToken": "none"})).await;
    assert_eq!(quotas.0, "InvalidPaginationTokenException");
    let many: Vec<String> = vec![rig.output("TargetGroup").await; 21];
    assert_eq!(refused("elbv2", "DescribeTags", json!({"ResourceArns": many})).await.0, "ValidationError");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_console_is_posted_late_unless_the_latest_is_asked_for() {
    let rig = Rig::new().await;
    rig.nodes.every_launch(Some(Fault::Slow));
    rig.submit("CreateStack", TEMPLATE, &[]).await;
    let id = rig.until("a node boots", async || rig.nodes.instance_ids().into_iter().next()).await;
    let console =
        async |latest: bool| rig.ask("ec2", "GetConsoleOutput", json!({"InstanceId": id, "Latest": latest})).await;
    rig.until("it has written something", async || console(true).await["Output"].is_string().then_some(())).await;
    assert!(console(false).await["Output"].is_null(), "nothing is posted yet");
    rig.until("it is posted", async || console(false).await["Output"].is_string().then_some(())).await;
    let region = rig.running.region();
    let long = format!("first{}last", "x".repeat(70_000));
    region.world(|world| world.ec2.instances.post_console(&id, 1.0, long));
    let posted = console(false).await["Output"].as_str().map(|text| STANDARD.decode(text).expect("Base64"));
    let posted = posted.expect("an output");
    assert!(posted.len() == 65_536 && posted.ends_with(b"last") && !posted.starts_with(b"first"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_instance_type_has_no_latest_console() {
    let rig = Rig::with_registry(&[("InstanceType", "t2.small")]).await;
    let node = rig.members("InService").await.remove(0);
    let latest = json!({"InstanceId": node, "Latest": true});
    let refused = rig.call("ec2", "GetConsoleOutput", latest).await.expect_err("not on Xen");
    assert_eq!(refused.code, "UnsupportedOperation");
}
