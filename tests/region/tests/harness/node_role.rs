//! What a node may do: exactly what it needs, on its stack's own bucket, secrets and stack; each action missed by name.

use dockreg_region::service::s3::{NewBucket, create_bucket};
use dockreg_region::{Options, Running, start};
use serde_json::{Value, json};

use crate::fixture::{Fixture, deployment};
use crate::signer::{Answer, Ask};
use crate::template::{self, parameter};

const STACK: &str = "docker-registry";

/// Every action and what it is about. A change here is a change of what a stolen node can do.
const ALLOWED: [(&str, &str); 12] = [
    // The driver of the registry: https://distribution.github.io/distribution/storage-drivers/s3/#s3-permission-scopes
    ("s3:ListBucket", "BUCKET"),
    ("s3:GetBucketLocation", "BUCKET"),
    ("s3:ListBucketMultipartUploads", "BUCKET"),
    ("s3:GetObject", "BUCKET/*"),
    ("s3:PutObject", "BUCKET/*"),
    // It sends an ACL with every object.
    ("s3:PutObjectAcl", "BUCKET/*"),
    ("s3:DeleteObject", "BUCKET/*"),
    ("s3:ListMultipartUploadParts", "BUCKET/*"),
    ("s3:AbortMultipartUpload", "BUCKET/*"),
    // The bootstrap, and the users every minute.
    ("secretsmanager:GetSecretValue", "OPERATOR USERS HTTP"),
    ("cloudformation:SignalResource", "STACK"),
    ("elasticloadbalancing:DescribeTargetHealth", "*"),
];

/// A standing registry, with the credentials of a node.
struct Standing {
    running: Running,
    bucket: String,
    stack: Value,
    policy_arn: String,
    policy: Value,
    keys: (String, String, String),
}

impl Standing {
    async fn new() -> Self {
        let domain = Some("docker.example.test".to_owned());
        let running = start(Options { domain, ..Options::default() }).await.expect("a region");
        let fixture = Fixture::of(running.region());
        let region = running.region();
        let (vpc, subnets, certificate) = region.world(|world| {
            let network = &world.ec2.network;
            let mut subnets: Vec<_> = network.subnets.values().collect();
            subnets.sort_by(|one, other| one.availability_zone.cmp(&other.availability_zone));
            let subnets: Vec<&str> = subnets.iter().take(2).map(|subnet| subnet.subnet_id.as_str()).collect();
            let certificate = world.iam.certificates.values().next().expect("a certificate").arn.clone();
            (network.vpcs.keys().next().expect("a VPC").clone(), subnets.join(","), certificate)
        });
        let given =
            [(parameter::VPC_ID, &*vpc), (parameter::SUBNETS, &*subnets), (parameter::SSL_CERTIFICATE, &*certificate)];
        let mut input = deployment(STACK, template::body(), &given);
        input["Capabilities"] = json!(["CAPABILITY_IAM"]);
        fixture.ok("CreateStack", input).await;
        assert_eq!(fixture.settled(STACK).await, "CREATE_COMPLETE");
        let stack = fixture.stack(STACK).await;
        let (role, policy_arn, policy) = region.world(|world| {
            let role = world.iam.roles.values().find(|role| role.name.contains("NodeRole")).expect("the nodes' role");
            assert!(role.inline.is_empty() && role.attached.len() == 1, "one policy, and nothing beside it");
            let arn = role.attached.first().expect("a policy").clone();
            (role.name.clone(), arn.clone(), world.iam.policies[&arn].document.clone())
        });
        let made = region.world(|world| world.iam.mint(&region, &role, "i-1"));
        let keys = (made.access_key_id, made.secret_access_key, made.session_token);
        let bucket = output(&stack, "BucketName");
        Self { running, bucket, stack, policy_arn, policy, keys }
    }

    /// The ARNs of the policy as the table calls them.
    fn named(&self, resource: &str) -> String {
        let secret = |name: &str| resource.contains(&format!(":secret:{name}-"));
        let bucket = format!("arn:aws:s3:::{}", self.bucket);
        match resource {
            "*" => "*".to_owned(),
            own if self.stack["StackId"] == own => "STACK".to_owned(),
            _ if secret("OperatorSecret") => "OPERATOR".to_owned(),
            _ if secret("UsersSecret") => "USERS".to_owned(),
            _ if secret("HttpSecret") => "HTTP".to_owned(),
            own => own.replace(&bucket, "BUCKET"),
        }
    }

    /// Calls as the node.
    async fn call(&self, ask: Ask) -> Answer {
        let (key, secret, token) = self.keys.clone();
        Ask { key, secret, token: Some(token), ..ask }.answer(&self.running).await
    }

    /// A call that needs this action, on this bucket, secret and stack.
    fn ask(&self, action: &str, bucket: &str, secret: &str, stack: &str) -> Ask {
        let s3 = |method, rest: &str| Ask::s3(method, &format!("/{bucket}{rest}"), b"");
        let form = |version: &str, rest: &str| format!("Version={version}&{rest}");
        match action {
            "s3:ListBucket" => s3("GET", "?list-type=2"),
            "s3:GetBucketLocation" => s3("GET", "?location="),
            "s3:ListBucketMultipartUploads" => s3("GET", "?uploads="),
            "s3:GetObject" => s3("GET", "/key"),
            "s3:PutObject" => s3("PUT", "/key"),
            "s3:PutObjectAcl" => {
                let acl = ("x-amz-acl".to_owned(), "bucket-owner-full-control".to_owned());
                Ask { headers: vec![acl], ..s3("PUT", "/key?acl=") }
            }
            "s3:DeleteObject" => s3("DELETE", "/key"),
            "s3:ListMultipartUploadParts" => s3("GET", "/key?uploadId=1"),
            "s3:AbortMultipartUpload" => s3("DELETE", "/key?uploadId=1"),
            "secretsmanager:GetSecretValue" => {
                Ask::json("secretsmanager", "secretsmanager.GetSecretValue", &json!({ "SecretId": secret }))
            }
            "cloudformation:SignalResource" => {
                let signal = "LogicalResourceId=NodeGroup&Status=SUCCESS&UniqueId=i-1";
                let form = form("2010-05-15", &format!("Action=SignalResource&StackName={stack}&{signal}"));
                Ask::query("cloudformation", &form)
            }
            "elasticloadbalancing:DescribeTargetHealth" => {
                let group = output(&self.stack, "TargetGroupArn");
                let group = percent_encoding::utf8_percent_encode(&group, percent_encoding::NON_ALPHANUMERIC);
                Ask::query(
                    "elasticloadbalancing",
                    &form("2015-12-01", &format!("Action=DescribeTargetHealth&TargetGroupArn={group}")),
                )
            }
            other => panic!("no call needs {other}"),
        }
    }

    async fn calls(&self, action: &str) -> Answer {
        let secret = output(&self.stack, "UsersSecretArn");
        self.call(self.ask(action, &self.bucket, &secret, STACK)).await
    }
}

fn output(stack: &Value, name: &str) -> String {
    let outputs = stack["Outputs"].as_array().map(Vec::as_slice).unwrap_or_default();
    let own = outputs.iter().find(|output| output["OutputKey"] == name).unwrap_or_else(|| panic!("no {name}"));
    own["OutputValue"].as_str().unwrap_or_default().to_owned()
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(many) => many.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        one => one.as_str().map(str::to_owned).into_iter().collect(),
    }
}

fn is_denied(answer: &Answer, action: &str) -> bool {
    answer.body.contains(&format!("is not authorized to perform: {action} "))
}

/// As it is rendered, with the names of real resources.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_may_do_exactly_this() {
    let standing = Standing::new().await;
    let mut found = Vec::new();
    for statement in standing.policy["Statement"].as_array().expect("statements") {
        assert_eq!(statement["Effect"], "Allow");
        let about = texts(&statement["Resource"]).iter().map(|own| standing.named(own)).collect::<Vec<_>>().join(" ");
        found.extend(texts(&statement["Action"]).into_iter().map(|action| (action, about.clone())));
    }
    let allowed = ALLOWED.map(|(action, about)| (action.to_owned(), about.to_owned()));
    assert_eq!(found, allowed);
}

/// Nothing in the list is for nothing, and the service says what is missing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_action_is_missed_by_its_name() {
    let standing = Standing::new().await;
    let put = |document: Value| {
        standing
            .running
            .region()
            .world(|world| world.iam.set_policy_document(&standing.policy_arn, document).expect("a policy"));
    };
    for (action, _) in ALLOWED {
        let answer = standing.calls(action).await;
        assert!(!answer.body.contains("is not authorized"), "{action}: {}", answer.body);
        let mut less = standing.policy.clone();
        for statement in less["Statement"].as_array_mut().expect("statements") {
            let mut actions = texts(&statement["Action"]);
            actions.retain(|own| own != action);
            // A statement needs an action: one that nobody calls.
            statement["Action"] = if actions.is_empty() { json!("sts:AssumeRole") } else { json!(actions) };
        }
        put(less);
        let answer = standing.calls(action).await;
        assert!(is_denied(&answer, action), "{action}: {}", answer.body);
        put(standing.policy.clone());
    }
}

/// The same calls, on what is another registry's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_the_stacks_is_not_the_nodes() {
    let standing = Standing::new().await;
    let name = format!("{}-other", standing.bucket);
    let other = NewBucket { name, location: "us-east-1".to_owned(), ..NewBucket::default() };
    create_bucket(&standing.running.region(), other).await.expect("another bucket");
    for (action, about) in ALLOWED.into_iter().filter(|(_, about)| *about != "*") {
        let secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:other-AbCdEf";
        let bucket = format!("{}-other", standing.bucket);
        let answer = standing.call(standing.ask(action, &bucket, secret, "other")).await;
        assert!(is_denied(&answer, action), "{action} on another than {about}: {}", answer.body);
    }
}

/// In a bucket that a key of the customer's encrypts, the role's actions of S3 do not suffice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_may_not_write_where_a_key_of_the_customer_encrypts() {
    let standing = Standing::new().await;
    let encrypt = |by: Value| {
        standing.running.region().world(|world| {
            let bucket = world.s3.buckets.get_mut(&standing.bucket).expect("the bucket");
            let rules = json!({ "ServerSideEncryptionConfiguration": [{ "ServerSideEncryptionByDefault": by }] });
            bucket.settings.insert("BucketEncryption".to_owned(), rules);
        });
    };
    let key = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    for of_aws in [json!({ "SSEAlgorithm": "AES256" }), json!({ "SSEAlgorithm": "aws:kms" })] {
        encrypt(of_aws.clone());
        let answer = standing.calls("s3:PutObject").await;
        assert!(!answer.body.contains("is not authorized"), "{of_aws}: {}", answer.body);
    }
    encrypt(json!({ "SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key }));
    let answer = standing.calls("s3:PutObject").await;
    assert!(is_denied(&answer, "kms:GenerateDataKey"), "{}", answer.body);
    assert!(answer.body.contains(key), "{}", answer.body);
}
