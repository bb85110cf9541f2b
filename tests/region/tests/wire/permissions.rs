//! What a caller may do who is limited to a policy: refused calls in each service's own code, and stacks that fail at the
//! first resource that the caller may not have made.

use dockreg_region::service::iam::roles::NewRole;
use dockreg_region::{Options, Running, start};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::signer::{Answer, Ask};

/// A region whose operator may do only this.
async fn limited(statements: Value) -> Running {
    let policy = json!({ "Version": "2012-10-17", "Statement": statements });
    let domain = Some("docker.example.test".to_owned());
    start(Options { domain, caller_policy: Some(policy), ..Options::default() }).await.expect("a region")
}

async fn query(running: &Running, service: &'static str, version: &str, form: &str) -> Answer {
    Ask::query(service, &format!("Version={version}&{form}")).answer(running).await
}

async fn formation(running: &Running, operation: &str, members: &[(&str, &str)]) -> Answer {
    let mut form = format!("Action={operation}");
    for (name, value) in members {
        form += &format!("&{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC));
    }
    query(running, "cloudformation", "2010-05-15", &form).await
}

/// Creates a stack and gives the reasons of its failed resources; empty when it was created.
async fn create(running: &Running, template: &Value, more: &[(&str, &str)]) -> String {
    let body = template.to_string();
    let mut members = vec![("StackName", "s"), ("TemplateBody", &body), ("Capabilities.member.1", "CAPABILITY_IAM")];
    members.extend(more);
    let created = formation(running, "CreateStack", &members).await;
    if created.status != 200 {
        return created.body;
    }
    let region = running.region();
    let mut ticks = tokio::time::interval(std::time::Duration::from_millis(5));
    for _ in 0..4000 {
        ticks.tick().await;
        let described = formation(running, "DescribeStackEvents", &[("StackName", "s")]).await;
        assert_eq!(described.status, 200, "{}", described.body);
        let (first, _) = described.body.split_once("</member>").unwrap_or_default();
        let stack = first.contains("<ResourceType>AWS::CloudFormation::Stack<");
        if stack
            && (first.contains(">CREATE_COMPLETE<")
                || first.contains(">ROLLBACK_COMPLETE<")
                || first.contains(">ROLLBACK_FAILED<"))
        {
            let failed = described
                .body
                .split("</member>")
                .filter(|event| event.contains(">CREATE_FAILED<") && !event.contains("cancelled"));
            assert!(region.journal.bugs().is_empty());
            return failed.collect::<Vec<_>>().join("\n");
        }
    }
    panic!("the stack has no end");
}

fn registry_like() -> Value {
    let trust = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" }, "Action": "sts:AssumeRole" }] });
    json!({ "Resources": {
        "Bucket": { "Type": "AWS::S3::Bucket", "Properties": {
            "OwnershipControls": { "Rules": [{ "ObjectOwnership": "BucketOwnerEnforced" }] } } },
        "Secret": { "Type": "AWS::SecretsManager::Secret", "Properties": { "GenerateSecretString": {} } },
        "Role": { "Type": "AWS::IAM::Role", "Properties": { "AssumeRolePolicyDocument": trust } },
        "Profile": { "Type": "AWS::IAM::InstanceProfile", "Properties": { "Roles": [{ "Ref": "Role" }] } },
    } })
}

/// All that creating and deleting the template above needs, on what it is about.
fn enough() -> Vec<(&'static str, &'static str)> {
    vec![
        ("s3:ListBucket", "arn:aws:s3:::s-bucket-*"),
        ("s3:CreateBucket", "arn:aws:s3:::s-bucket-*"),
        ("s3:PutBucketTagging", "arn:aws:s3:::s-bucket-*"),
        ("s3:TagResource", "arn:aws:s3:::s-bucket-*"),
        ("s3:PutBucketOwnershipControls", "arn:aws:s3:::s-bucket-*"),
        ("secretsmanager:GetRandomPassword", "*"),
        ("secretsmanager:CreateSecret", "arn:aws:secretsmanager:us-east-1:123456789012:secret:Secret-*"),
        ("secretsmanager:TagResource", "arn:aws:secretsmanager:us-east-1:123456789012:secret:Secret-*"),
        ("secretsmanager:DescribeSecret", "arn:aws:secretsmanager:us-east-1:123456789012:secret:Secret-*"),
        ("iam:CreateRole", "arn:aws:iam::123456789012:role/s-Role-*"),
        ("iam:GetRole", "arn:aws:iam::123456789012:role/s-Role-*"),
        ("iam:PassRole", "arn:aws:iam::123456789012:role/s-Role-*"),
        ("iam:CreateInstanceProfile", "arn:aws:iam::123456789012:instance-profile/s-Profile-*"),
        ("iam:AddRoleToInstanceProfile", "arn:aws:iam::123456789012:instance-profile/s-Profile-*"),
        ("iam:GetInstanceProfile", "arn:aws:iam::123456789012:instance-profile/s-Profile-*"),
    ]
}

fn statements(actions: &[(&str, &str)]) -> Value {
    let mut list = vec![json!({ "Effect": "Allow", "Action": "cloudformation:*", "Resource": "*" })];
    list.extend(
        actions.iter().map(|(action, resource)| json!({ "Effect": "Allow", "Action": action, "Resource": resource })),
    );
    json!(list)
}

/// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
#[tokio::test]
async fn a_denied_call_names_the_action_in_each_services_own_code() {
    let running = limited(json!([
        { "Effect": "Allow", "Action": "iam:*", "Resource": "*" },
        { "Effect": "Deny", "Action": "iam:ListAccountAliases", "Resource": "*" },
    ]))
    .await;
    let user = "User: arn:aws:iam::123456789012:user/operator is not authorized to perform:";
    let allowed = query(&running, "iam", "2010-05-08", "Action=ListServerCertificates").await;
    assert_eq!(allowed.status, 200, "{}", allowed.body);
    let identity = query(&running, "sts", "2011-06-15", "Action=GetCallerIdentity").await;
    assert_eq!(identity.status, 200, "it needs no permission: {}", identity.body);

    let denied = query(&running, "iam", "2010-05-08", "Action=ListAccountAliases").await;
    assert!(denied.body.contains("<Code>AccessDenied</Code>"), "{}", denied.body);
    assert!(
        denied
            .body
            .contains(&format!("{user} iam:ListAccountAliases with an explicit deny in an identity-based policy")),
        "{}",
        denied.body
    );

    let denied = query(&running, "ec2", "2016-11-15", "Action=DescribeVpcs").await;
    let words = format!(
        "You are not authorized to perform this operation. {user} ec2:DescribeVpcs because no identity-based policy allows the ec2:DescribeVpcs action"
    );
    assert!(
        denied.status == 403
            && denied.body.contains("<Code>UnauthorizedOperation</Code>")
            && denied.body.contains(&words),
        "{}",
        denied.body
    );

    let ask = Ask::json("secretsmanager", "secretsmanager.GetSecretValue", &json!({ "SecretId": "x" }));
    let denied = ask.answer(&running).await;
    let words = format!(
        "{user} secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:us-east-1:123456789012:secret:x because"
    );
    assert!(
        denied.status == 400 && denied.body.contains("AccessDeniedException") && denied.body.contains(&words),
        "{}",
        denied.body
    );

    let denied =
        Ask { path: "/2013-04-01/hostedzone".to_owned(), method: "GET", ..Ask::new("route53") }.answer(&running).await;
    assert!(
        denied.status == 403
            && denied.body.contains("<Code>AccessDenied</Code>")
            && denied.body.contains("route53:ListHostedZones because"),
        "{}",
        denied.body
    );

    let denied = Ask::s3("GET", "/", b"").answer(&running).await;
    assert!(denied.status == 403 && denied.body.contains("s3:ListAllMyBuckets because"), "{}", denied.body);
}

/// S3 puts the resource in quotes: https://github.com/aws-samples/serverless-patterns/pull/2457
#[tokio::test]
async fn a_bucket_is_judged_by_its_arn_and_a_prefix_by_its_condition() {
    let running = limited(json!([
        { "Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::mine" },
        { "Effect": "Deny", "Action": "s3:ListBucket", "Resource": "*", "Condition": { "StringNotLike": { "s3:prefix": "home/*" } } },
    ]))
    .await;
    let made = Ask::s3("PUT", "/mine", b"").answer(&running).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let other = Ask::s3("PUT", "/other", b"").answer(&running).await;
    assert!(
        other.body.contains("s3:CreateBucket on resource: &quot;arn:aws:s3:::other&quot; because")
            || other.body.contains("s3:CreateBucket on resource: \"arn:aws:s3:::other\" because"),
        "{}",
        other.body
    );
    let listed = Ask::s3("GET", "/mine?list-type=2&prefix=home%2Fx", b"").answer(&running).await;
    assert_eq!(listed.status, 200, "{}", listed.body);
    let all = Ask::s3("GET", "/mine?list-type=2", b"").answer(&running).await;
    assert!(all.status == 403 && all.body.contains("explicit deny"), "{}", all.body);
}

#[tokio::test]
async fn a_limited_caller_makes_a_stack_when_every_action_is_allowed() {
    let running = limited(statements(&enough())).await;
    assert_eq!(create(&running, &registry_like(), &[]).await, "");
}

/// One action taken away: the resource that needs it fails, and names it.
#[tokio::test]
async fn each_action_that_is_missing_is_named_by_the_resource_that_needs_it() {
    for (missing, resource) in enough() {
        let rest: Vec<_> = enough().into_iter().filter(|(action, _)| *action != missing).collect();
        let running = limited(statements(&rest)).await;
        let failed = create(&running, &registry_like(), &[]).await;
        let words = format!("because no identity-based policy allows the {missing} action");
        assert!(failed.contains(&words) && failed.contains("HandlerErrorCode: AccessDenied"), "{missing}: {failed}");
        let on = resource.trim_end_matches('*');
        assert!(on.is_empty() || failed.contains(on), "{missing} on {resource}: {failed}");
    }
}

/// A dynamic reference is read in the name of whoever makes the stack.
#[tokio::test]
async fn a_secret_in_a_template_needs_the_permission_to_read_it() {
    let template = json!({ "Resources": { "P": { "Type": "AWS::SSM::Parameter", "Properties": {
        "Type": "String", "Value": "{{resolve:secretsmanager:s}}" } } } });
    for (action, expected) in [
        ("secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue on resource"),
        ("secretsmanager:GetSecretValue", ""),
    ] {
        let running = limited(statements(&[("ssm:*", "*"), ("secretsmanager:CreateSecret", "*"), (action, "*")])).await;
        let made =
            Ask::json("secretsmanager", "secretsmanager.CreateSecret", &json!({ "Name": "s", "SecretString": "v" }));
        assert_eq!(made.answer(&running).await.status, 200);
        let failed = create(&running, &template, &[]).await;
        assert!(if expected.is_empty() { failed.is_empty() } else { failed.contains(expected) }, "{action}: {failed}");
    }
}

/// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html
#[tokio::test]
async fn a_role_must_be_passed_and_then_its_own_policies_count() {
    let role = "arn:aws:iam::123456789012:role/deployer";
    let pass = |service: &str| {
        json!([
            { "Effect": "Allow", "Action": "cloudformation:*", "Resource": "*" },
            { "Effect": "Allow", "Action": "iam:PassRole", "Resource": role,
              "Condition": { "StringEquals": { "iam:PassedToService": service } } },
        ])
    };
    let with_role = async |running: &Running, actions: Value| {
        running.region().world(|world| {
            let trust = json!({ "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole",
                "Principal": { "Service": "cloudformation.amazonaws.com" } }] });
            let new = NewRole { name: "deployer".to_owned(), assume_role_policy: trust, ..NewRole::default() };
            world.iam.create_role(&running.region(), new).expect("a role");
            let document = json!({ "Statement": [{ "Effect": "Allow", "Action": actions, "Resource": "*" }] });
            world.iam.put_role_policy("deployer", "p", document).expect("a policy");
        });
        create(running, &registry_like(), &[("RoleARN", role)]).await
    };
    let refused = with_role(&limited(pass("ec2.amazonaws.com")).await, json!("*")).await;
    assert!(
        refused.contains("<Code>AccessDenied</Code>")
            && refused.contains(&format!("iam:PassRole on resource: {role} because")),
        "{refused}"
    );
    let failed = with_role(&limited(pass("cloudformation.amazonaws.com")).await, json!(["s3:*", "iam:*"])).await;
    assert!(
        failed.contains(
            "assumed-role/deployer/AWSCloudFormation is not authorized to perform: secretsmanager:GetRandomPassword"
        ),
        "{failed}"
    );
    assert_eq!(with_role(&limited(pass("cloudformation.amazonaws.com")).await, json!("*")).await, "");
}

/// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
#[tokio::test]
async fn a_role_is_assumed_only_by_whom_it_trusts() {
    let running = limited(json!([{ "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*" }])).await;
    for (name, principal, condition) in [
        ("ours", json!({ "AWS": "arn:aws:iam::123456789012:root" }), json!({})),
        (
            "mine",
            json!({ "AWS": ["arn:aws:iam::123456789012:user/operator"] }),
            json!({ "StringEquals": { "sts:ExternalId": "7777" } }),
        ),
        ("machine", json!({ "Service": "ec2.amazonaws.com" }), json!({})),
    ] {
        running.region().world(|world| {
            let trust = json!({ "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, "Condition": condition }] });
            let new = NewRole { name: name.to_owned(), assume_role_policy: trust, ..NewRole::default() };
            world.iam.create_role(&running.region(), new).expect("a role");
        });
    }
    let assume = async |name: &str, more: &str| {
        let arn = utf8_percent_encode(&format!("arn:aws:iam::123456789012:role/{name}"), NON_ALPHANUMERIC).to_string();
        let form = format!("Action=AssumeRole&RoleSessionName=test&RoleArn={arn}{more}");
        query(&running, "sts", "2011-06-15", &form).await
    };
    let first = assume("ours", "").await;
    assert_eq!(first.status, 200, "{}", first.body);
    assert_eq!(assume("mine", "&ExternalId=7777").await.status, 200);
    for (name, more) in [("mine", ""), ("machine", ""), ("nobody", "")] {
        let refused = assume(name, more).await;
        assert!(
            refused.status == 403 && refused.body.contains("not authorized to perform: sts:AssumeRole on resource"),
            "{name}: {}",
            refused.body
        );
    }
    let long = assume("ours", "&DurationSeconds=7200").await;
    assert!(long.body.contains("exceeds the MaxSessionDuration"), "{}", long.body);
}

/// What a stack of these resources fails for where the caller may do all but this; empty when it was created.
async fn failed_without(action: &str, resources: Value, outputs: Value) -> String {
    let statements = json!([
        { "Effect": "Allow", "Action": "*", "Resource": "*" },
        { "Effect": "Deny", "Action": action, "Resource": "*" },
    ]);
    let running = limited(statements).await;
    let never = json!({ "Never": { "Fn::Equals": ["a", "b"] } });
    let template = json!({ "Conditions": never, "Resources": resources, "Outputs": outputs });
    create(&running, &template, &[]).await
}

/// https://github.com/zalando-incubator/kube-ingress-aws-controller/issues/632
#[tokio::test]
async fn an_attribute_is_known_to_whoever_may_call_all_that_the_read_handler_does() {
    let secret = |text: Value| json!({ "Type": "AWS::SecretsManager::Secret", "Properties": { "Description": text } });
    let bucket = json!({ "Type": "AWS::S3::Bucket" });
    for (text, words) in [
        (
            json!({ "Fn::GetAtt": ["Bucket", "Arn"] }),
            "Unable to retrieve Arn attribute for AWS::S3::Bucket, with error message User: \
             arn:aws:iam::123456789012:user/operator is not authorized to perform: s3:GetBucketLogging on resource: ",
        ),
        (json!({ "Fn::Sub": "arn:aws:s3:::${Bucket}" }), ""),
        (json!({ "Fn::If": ["Never", { "Fn::GetAtt": ["Bucket", "Arn"] }, "x"] }), ""),
    ] {
        let resources = json!({ "Bucket": bucket, "Secret": secret(text) });
        let failed = failed_without("s3:GetBucketLogging", resources, json!({})).await;
        assert!(if words.is_empty() { failed.is_empty() } else { failed.contains(words) }, "{failed}");
    }
}

/// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-ssm.html
#[tokio::test]
async fn a_dynamic_reference_is_read_by_whoever_may_read_the_parameter() {
    let reference = json!("{{resolve:ssm:/aws/service/debian/release/13/latest/amd64}}");
    for text in [reference.clone(), json!({ "Fn::If": ["Never", reference, "x"] })] {
        let secret = json!({ "Type": "AWS::SecretsManager::Secret", "Properties": { "Description": text } });
        let failed = failed_without("ssm:GetParameters", json!({ "Secret": secret }), json!({})).await;
        let words = "is not authorized to perform: ssm:GetParameters on resource: \
                     arn:aws:ssm:us-east-1::parameter/aws/service/debian/release/13/latest/amd64 ";
        assert!(failed.contains(words), "{failed}");
    }
}

/// https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-api-permissions.html
#[tokio::test]
async fn load_balancing_asks_ec2_in_its_callers_name() {
    let group = json!({ "Type": "AWS::ElasticLoadBalancingV2::TargetGroup", "Properties": { "Port": 80, "Protocol": "HTTP",
        "VpcId": { "Ref": "AWS::NoValue" }, "TargetType": "instance" } });
    let failed = failed_without("ec2:DescribeInternetGateways", json!({ "Group": group }), json!({})).await;
    assert!(failed.contains("not authorized to perform: ec2:DescribeInternetGateways"), "{failed}");
}
