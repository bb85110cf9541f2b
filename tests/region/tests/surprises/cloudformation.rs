//! CloudFormation: stacks, change sets, parameters.

use dockreg_region::Running;
use serde_json::{Value, json};

use crate::fixture::{Fixture, deployment, text};
use crate::rig::Rig;
use crate::signer::{Ask, region};

/// Waits until there is something to see.
async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let mut ticks = tokio::time::interval(std::time::Duration::from_millis(10));
    for _ in 0..3_000 {
        if let Some(found) = look().await {
            return found;
        }
        ticks.tick().await;
    }
    panic!("{what}: not seen");
}

/// A node that its group launches later ends its boot as the first one did: with a signal. Nobody waits for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_02_a_node_launched_later_signals_a_finished_stack() {
    let rig = Rig::with_registry(&[]).await;
    let stack = text(&rig.stack().await["StackId"]);
    let first = rig.members("InService").await;
    rig.nodes.kill(&first[0]);
    let successor = rig
        .until("its successor", async || rig.members("InService").await.into_iter().find(|id| *id != first[0]))
        .await;
    let form = format!(
        "Action=SignalResource&Version=2010-05-15&StackName=registry&LogicalResourceId=Group&UniqueId={successor}\
         &Status=SUCCESS"
    );
    let answer = Ask::query("cloudformation", &form).answer(&rig.running).await;
    assert_eq!(answer.status, 400);
    let says = format!("<Message>Stack {stack} is in CREATE_COMPLETE state and cannot be signaled</Message>");
    for text in ["<Code>ValidationError</Code>", &says] {
        assert!(answer.body.contains(text), "{text}\n{}", answer.body);
    }
}

const USERS: &str = r"
Parameters:
  RegistryAuth: {Type: String, NoEcho: true}
  Text: {Type: String, Default: a}
Resources:
  UserList:
    Type: AWS::SecretsManager::Secret
    Properties: {Name: users, Description: !Sub 'users ${Text}', SecretString: !Ref RegistryAuth}
";

/// The parameter seeds a secret to which users are added by API. A client that sends its own htpasswd file with every
/// update, one line longer now, has just removed everybody else.
#[tokio::test(start_paused = true)]
async fn row_09_a_seed_sent_again_wipes_what_was_added_since() {
    let fixture = Fixture::new();
    let secret = async || {
        let answer = fixture.ask("secretsmanager", "GetSecretValue", json!({"SecretId": "users"})).await;
        text(&answer.unwrap_or_else(|error| panic!("{error}"))["SecretString"])
    };
    fixture.create("registry", USERS, &[("RegistryAuth", "alice:1")]).await;
    let put = json!({"SecretId": "users", "SecretString": "alice:1\nbob:2"});
    fixture.ask("secretsmanager", "PutSecretValue", put).await.unwrap_or_else(|error| panic!("{error}"));

    fixture.update("registry", USERS, &[("RegistryAuth", "PREVIOUS"), ("Text", "b")]).await;
    assert_eq!(secret().await, "alice:1\nbob:2", "the previous value is no change");
    fixture.update("registry", USERS, &[("RegistryAuth", "alice:1"), ("Text", "c")]).await;
    assert_eq!(secret().await, "alice:1\nbob:2", "nor is the same one");
    let status = fixture.update("registry", USERS, &[("RegistryAuth", "alice:1\ncarol:3"), ("Text", "c")]).await;
    assert_eq!(status, "UPDATE_COMPLETE");
    assert_eq!(secret().await, "alice:1\ncarol:3", "bob is gone, and nobody was told");
}

const LOGS: &str = r"
Resources:
  Logs: {Type: 'AWS::S3::Bucket', Properties: {BucketName: the-logs}}
  Delivery:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Logs
      PolicyDocument:
        Version: '2012-10-17'
        Statement:
        - {Effect: Allow, Principal: {Service: logging.s3.amazonaws.com}, Action: 's3:PutObject', Resource: !Sub '${Logs.Arn}/*'}
  Images:
    Type: AWS::S3::Bucket
    DependsOn: Delivery
    Properties: {BucketName: the-images, LoggingConfiguration: {DestinationBucketName: !Ref Logs, LogFilePrefix: s3/}}
";

async fn stored(running: &Running, bucket: &str) -> Vec<String> {
    let answer = Ask::s3("GET", &format!("/{bucket}?list-type=2"), b"").answer(running).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let keys = answer.body.split("<Key>").skip(1);
    keys.filter_map(|rest| rest.split("</Key>").next()).map(str::to_owned).collect()
}

/// Emptying a bucket is itself a request, and it is logged a while later: into the other one, just emptied too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_10_a_log_bucket_fills_again_after_it_was_emptied() {
    let running = region().await;
    let form = |action: &str, more: &str| format!("Action={action}&Version=2010-05-15&StackName=logged{more}");
    let call = async |form: String| Ask::query("cloudformation", &form).answer(&running).await.body;
    let status = async || {
        let answer = call(form("DescribeStacks", "")).await;
        let rest = answer.split("<StackStatus>").nth(1).unwrap_or_default();
        rest.split('<').next().unwrap_or_default().to_owned()
    };
    let settled =
        async || until("settled", async || Some(status().await).filter(|one| !one.ends_with("PROGRESS"))).await;
    let body = percent_encoding::utf8_percent_encode(LOGS, percent_encoding::NON_ALPHANUMERIC);
    call(form("CreateStack", &format!("&TemplateBody={body}"))).await;
    assert_eq!(settled().await, "CREATE_COMPLETE");

    assert_eq!(Ask::s3("PUT", "/the-images/layer", b"bytes").answer(&running).await.status, 200);
    until("a log", async || stored(&running, "the-logs").await.first().cloned()).await;
    for bucket in ["the-images", "the-logs"] {
        for key in stored(&running, bucket).await {
            assert_eq!(Ask::s3("DELETE", &format!("/{bucket}/{key}"), b"").answer(&running).await.status, 204);
        }
    }
    let key = until("more", async || stored(&running, "the-logs").await.first().cloned()).await;
    assert!(key.starts_with("s3/20"), "{key}");
    call(form("DeleteStack", "")).await;
    assert_eq!(settled().await, "DELETE_FAILED");
    let story = call(form("DescribeStackEvents", "")).await;
    assert!(story.contains("The bucket you tried to delete is not empty"), "{story}");
}

/// A host name that somebody points elsewhere by hand is no reason for CloudFormation to point it here.
#[tokio::test]
async fn row_15_a_record_that_exists_is_not_overwritten() {
    let fixture = Fixture::whole().await;
    let zone = fixture.region.world(|world| world.route53.zones.keys().next().cloned()).expect("a zone");
    let record = |value: &str| json!({"Name": "docker.example.test", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": value}]});
    let change = json!({"HostedZoneId": zone, "ChangeBatch": {"Changes": [
        {"Action": "CREATE", "ResourceRecordSet": record("192.0.2.1")}
    ]}});
    fixture.ask("route53", "ChangeResourceRecordSets", change).await.unwrap_or_else(|error| panic!("{error}"));
    let body = format!(
        "Resources: {{Host: {{Type: 'AWS::Route53::RecordSet', Properties: {{HostedZoneId: {zone}, Name: \
         docker.example.test, Type: A, TTL: '60', ResourceRecords: [192.0.2.2]}}}}}}\n"
    );
    assert_eq!(fixture.create("host", &body, &[]).await, "ROLLBACK_COMPLETE");
    let story = fixture.story("host").await.join("\n");
    assert!(story.contains("Host CREATE_FAILED") && story.contains("but it already exists"), "{story}");
    let listed = fixture.ask("route53", "ListResourceRecordSets", json!({"HostedZoneId": zone})).await;
    let listed = listed.unwrap_or_else(|error| panic!("{error}")).to_string();
    assert!(listed.contains("192.0.2.1") && !listed.contains("192.0.2.2"), "{listed}");
}

const ONE: &str = "Resources: {P: {Type: 'AWS::SSM::Parameter', Properties: {Name: /p, Type: String, Value: x}}}\n";

/// To look at what would be made makes a stack. A client that declines and forgets about it finds the name taken.
#[tokio::test(start_paused = true)]
async fn row_16_a_preview_on_a_new_name_leaves_a_stack() {
    let fixture = Fixture::new();
    let mut input = deployment("new", ONE, &[]);
    input["ChangeSetName"] = json!("preview");
    input["ChangeSetType"] = json!("CREATE");
    let id = text(&fixture.ok("CreateChangeSet", input).await["Id"]);
    fixture.ok("DeleteChangeSet", json!({"ChangeSetName": id})).await;
    assert_eq!(fixture.stack("new").await["StackStatus"], "REVIEW_IN_PROGRESS");
    let (code, _) = fixture.refused("CreateStack", deployment("new", ONE, &[])).await;
    assert_eq!(code, "AlreadyExistsException");
    let (_, message) = fixture.refused("UpdateStack", deployment("new", ONE, &[])).await;
    assert!(message.ends_with("is in REVIEW_IN_PROGRESS state and can not be updated."), "{message}");
    fixture.ok("DeleteStack", json!({"StackName": "new"})).await;
    assert_eq!(fixture.create("new", ONE, &[]).await, "CREATE_COMPLETE");
}

/// The parameter is masked, and the property that it becomes is not.
#[tokio::test(start_paused = true)]
async fn row_17_a_previews_values_show_what_was_to_be_kept_secret() {
    let fixture = Fixture::new();
    let body = "
Parameters: {Key: {Type: String, NoEcho: true}}
Resources: {P: {Type: 'AWS::SSM::Parameter', Properties: {Name: /p, Type: String, Value: !Sub 'k=${Key}'}}}
";
    fixture.create("s", body, &[("Key", "hunter1")]).await;
    let mut input = deployment("s", body, &[("Key", "hunter2")]);
    input["ChangeSetName"] = json!("c");
    let id = text(&fixture.ok("CreateChangeSet", input).await["Id"]);
    let described = async |values: bool| {
        let input = json!({"ChangeSetName": id, "IncludePropertyValues": values});
        fixture
            .until("computed", async || {
                let set = fixture.ok("DescribeChangeSet", input.clone()).await;
                (set["Status"] == "CREATE_COMPLETE").then_some(set)
            })
            .await
    };
    let plain: Value = described(false).await;
    assert!(!plain.to_string().contains("hunter"), "{plain}");
    let full: Value = described(true).await;
    assert_eq!(full["Parameters"][0]["ParameterValue"], "****");
    let target = &full["Changes"][0]["ResourceChange"]["Details"][0]["Target"];
    assert_eq!((text(&target["BeforeValue"]), text(&target["AfterValue"])), ("k=hunter1".into(), "k=hunter2".into()));
}

/// `Default: ''` makes a parameter optional, but for those that must name something in the account.
#[tokio::test(start_paused = true)]
async fn row_18_an_empty_default_of_an_aws_specific_type_is_refused() {
    for (kind, refused) in [
        ("String", false),
        ("CommaDelimitedList", false),
        ("AWS::EC2::KeyPair::KeyName", true),
        ("AWS::EC2::SecurityGroup::Id", true),
        ("AWS::EC2::Image::Id", true),
        ("List<AWS::EC2::Subnet::Id>", true),
    ] {
        let fixture = Fixture::new();
        let body = format!("Parameters: {{Optional: {{Type: '{kind}', Default: ''}}}}\n{ONE}");
        let status = fixture.create("s", &body, &[]).await;
        let story = fixture.story("s").await;
        if refused {
            assert_eq!(status, "ROLLBACK_COMPLETE", "{kind}");
            let reason = "s ROLLBACK_IN_PROGRESS Parameter validation failed: parameter value  for parameter name Optional \
                          does not exist. Rollback requested by user.";
            assert_eq!(story[1], reason, "{kind}");
        } else {
            assert_eq!(status, "CREATE_COMPLETE", "{kind}: {story:?}");
        }
    }
}
