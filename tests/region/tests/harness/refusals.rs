//! What is refused before anything begins, and what a repeated request is answered.

use serde_json::json;

use crate::fixture::{Fixture, deployment, text};

const BODY: &str = "Resources: {P: {Type: 'AWS::SSM::Parameter', Properties: {Name: /p, Type: String, Value: x}}}\n";

#[tokio::test(start_paused = true)]
async fn templates_are_refused_in_the_services_words() {
    let fixture = Fixture::new();
    for (body, message) in [
        ("Resources: {}\n", "Template format error: At least one Resources member must be defined."),
        (
            "Resources: {A: {}}\n",
            "Template format error: [/Resources/A] Every Resources object must contain a Type member.",
        ),
        (
            "Resources: {A: {Type: 'AWS::No::Thing'}}\n",
            "Template format error: Unrecognized resource types: [AWS::No::Thing]",
        ),
        (
            "Colours: {}\nResources: {A: {Type: 'AWS::SSM::Parameter'}}\n",
            "Invalid template property or properties [Colours]",
        ),
        (
            "Resources: {A: {Type: 'AWS::SSM::Parameter', Properties: {Type: String, Value: !Ref Nope}}}\n",
            "Template format error: Unresolved resource dependencies [Nope] in the Resources block of the template",
        ),
        (
            "Resources: {A: {Type: 'AWS::SSM::Parameter', Properties: {Type: String, Value: !GetAtt Nope.Arn}}}\n",
            "Template error: instance of Fn::GetAtt references undefined resource Nope",
        ),
        (
            "Resources:\n  A: {Type: 'AWS::S3::Bucket'}\n  B: {Type: 'AWS::SSM::Parameter', Properties: {Type: String, \
             Value: !GetAtt A.Colour}}\n",
            "Template error: resource A does not support attribute type Colour in Fn::GetAtt",
        ),
        (
            "Resources:\n  A: {Type: 'AWS::S3::Bucket', DependsOn: B}\n  B: {Type: 'AWS::S3::Bucket', DependsOn: A}\n",
            "Circular dependency between resources: [A, B]",
        ),
        (
            "Resources: {A: {Type: 'AWS::S3::Bucket', Condition: Nope}}\n",
            "Template format error: Unresolved condition dependency Nope in the Resources block of the template",
        ),
        (
            "Resources: {A: {Type: 'AWS::S3::Bucket', Properties: {BucketName: !FindInMap [M, a, b]}}}\n",
            "Template error: Mapping named 'M' is not present in the 'Mappings' section of template.",
        ),
        (
            "Rules: {R: {Assertions: [{Assert: !Equals [a, b], AssertDescription: a must be b}]}}\n\
             Resources: {A: {Type: 'AWS::S3::Bucket'}}\n",
            "Template error: a must be b",
        ),
    ] {
        let (code, said) = fixture.refused("CreateStack", deployment("s", body, &[])).await;
        assert_eq!((code.as_str(), said.as_str()), ("ValidationError", message));
    }
    let padded = |bytes: usize| format!("{BODY}# {}", "x".repeat(bytes - BODY.len() - 2));
    fixture.ok("ValidateTemplate", json!({"TemplateBody": padded(51_200)})).await;
    let large = padded(51_201);
    let mut set = deployment("s", &large, &[]);
    set["ChangeSetName"] = json!("c");
    set["ChangeSetType"] = json!("CREATE");
    for (operation, input) in [
        ("CreateStack", deployment("s", &large, &[])),
        ("CreateChangeSet", set),
        ("ValidateTemplate", json!({"TemplateBody": large})),
        ("GetTemplateSummary", json!({"TemplateBody": large})),
    ] {
        let (code, message) = fixture.refused(operation, input).await;
        let end = "at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to 51200";
        assert!(code == "ValidationError" && message.ends_with(end), "{operation}: {message}");
        assert!(message.len() > 51_200, "the service repeats the whole body");
    }
    let (_, message) = fixture.refused("DescribeStacks", json!({"StackName": "s"})).await;
    assert_eq!(message, "Stack with id s does not exist", "nothing is left of a refused creation");
}

#[tokio::test(start_paused = true)]
async fn roles_need_an_acknowledgement() {
    let fixture = Fixture::new();
    let role = |name: &str| {
        format!(
            "Resources: {{R: {{Type: 'AWS::IAM::Role', Properties: {{{name} AssumeRolePolicyDocument: {{Version: \
             '2012-10-17', Statement: [{{Effect: Allow, Principal: {{Service: ec2.amazonaws.com}}, Action: \
             'sts:AssumeRole'}}]}}}}}}}}\n"
        )
    };
    let with = |body: &str, capability: &str| {
        let mut input = deployment("role", body, &[]);
        input["Capabilities"] = json!([capability]);
        input
    };
    let refused = fixture.refused("CreateStack", deployment("role", &role(""), &[])).await;
    assert_eq!(
        refused,
        ("InsufficientCapabilitiesException".to_owned(), "Requires capabilities : [CAPABILITY_IAM]".to_owned())
    );
    let (_, message) = fixture.refused("CreateStack", with(&role("RoleName: mine,"), "CAPABILITY_IAM")).await;
    assert_eq!(message, "Requires capabilities : [CAPABILITY_NAMED_IAM]");
    fixture.ok("CreateStack", with(&role(""), "CAPABILITY_IAM")).await;
    assert_eq!(fixture.settled("role").await, "CREATE_COMPLETE");
    let summary = fixture.ok("GetTemplateSummary", json!({"StackName": "role"})).await;
    assert_eq!(summary["Capabilities"], json!(["CAPABILITY_IAM"]));
}

#[tokio::test(start_paused = true)]
async fn names_of_ones_own_need_the_wider_acknowledgement() {
    let fixture = Fixture::new();
    let resource = |kind: &str, properties: &str| {
        format!("Resources: {{R: {{Type: 'AWS::IAM::{kind}', Properties: {{{properties}}}}}}}\n")
    };
    let policy = "PolicyDocument: {Version: '2012-10-17', Statement: []}";
    for (body, capability) in [
        (resource("ManagedPolicy", policy), "CAPABILITY_IAM"),
        (resource("ManagedPolicy", &format!("ManagedPolicyName: mine, {policy}")), "CAPABILITY_NAMED_IAM"),
        (resource("InstanceProfile", "Roles: [r]"), "CAPABILITY_IAM"),
        (resource("InstanceProfile", "InstanceProfileName: mine, Roles: [r]"), "CAPABILITY_NAMED_IAM"),
    ] {
        let lesser = if capability == "CAPABILITY_IAM" { "CAPABILITY_AUTO_EXPAND" } else { "CAPABILITY_IAM" };
        fixture.create("grows", BODY, &[]).await;
        for operation in ["CreateStack", "UpdateStack", "CreateChangeSet"] {
            let name = if operation == "CreateStack" { "new" } else { "grows" };
            let mut input = deployment(name, &body, &[]);
            input["ChangeSetName"] = json!("c");
            input["Capabilities"] = json!([lesser]);
            let refused = fixture.refused(operation, input).await;
            let words = format!("Requires capabilities : [{capability}]");
            assert_eq!(refused, ("InsufficientCapabilitiesException".to_owned(), words), "{operation} {body}");
        }
        let summary = fixture.ok("GetTemplateSummary", json!({"TemplateBody": body})).await;
        assert_eq!(summary["Capabilities"], json!([capability]));
        let id = text(&fixture.stack("grows").await["StackId"]);
        fixture.ok("DeleteStack", json!({"StackName": id})).await;
        fixture.settled(&id).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_region_gives_no_meaning_is_refused_by_name() {
    let fixture = Fixture::new();
    for (member, value) in [
        ("TemplateURL", json!("https://s3.amazonaws.com/b/k")),
        ("StackPolicyBody", json!("{}")),
        ("StackPolicyDuringUpdateBody", json!("{}")),
        ("NotificationARNs", json!(["arn:aws:sns:us-east-1:123456789012:t"])),
        ("ResourceTypes", json!(["AWS::SSM::*"])),
        ("DisableValidation", json!(true)),
        ("DeploymentConfig", json!({"Mode": "EXPRESS"})),
        ("RollbackConfiguration", json!({"MonitoringTimeInMinutes": 5})),
        ("DeploymentMode", json!("REVERT_DRIFT")),
        ("ImportExistingResources", json!(true)),
        ("ChangeSetType", json!("IMPORT")),
    ] {
        let mut input = deployment("s", BODY, &[]);
        input[member] = value;
        let (code, message) = fixture.refused("CreateStack", input).await;
        assert_eq!(code, "ValidationError");
        assert!(message.starts_with("the region does not model") && message.contains(member), "{message}");
    }
    let mut input = deployment("s", BODY, &[]);
    input["DeploymentConfig"] = json!({"Mode": "STANDARD"});
    input["RollbackConfiguration"] = json!({});
    input["NotificationARNs"] = json!([]);
    fixture.ok("CreateStack", input).await;
}

#[tokio::test(start_paused = true)]
async fn tags_are_the_callers_own_and_said_once() {
    let fixture = Fixture::new();
    for (tags, says) in [
        (json!([{"Key": "aws:owner", "Value": "me"}]), "aws:"),
        (json!([{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]), "Tags contain duplicate keys"),
    ] {
        let mut input = deployment("s", BODY, &[]);
        input["Tags"] = tags;
        let (code, message) = fixture.refused("CreateStack", input).await;
        assert_eq!(code, "ValidationError");
        assert!(message.contains(says), "{message}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_is_created_once_and_a_token_is_answered_again() {
    let fixture = Fixture::new();
    let mut input = deployment("once", BODY, &[]);
    input["ClientRequestToken"] = json!("token-1");
    let first = fixture.ok("CreateStack", input.clone()).await;
    let again = fixture.ok("CreateStack", input.clone()).await;
    assert_eq!(first, again, "a repeated request is the same request");
    input["StackName"] = json!("other");
    let (code, _) = fixture.refused("CreateStack", input).await;
    assert_eq!(code, "TokenAlreadyExistsException");
    fixture.settled("once").await;
    let refused = fixture.refused("CreateStack", deployment("once", BODY, &[])).await;
    assert_eq!(refused, ("AlreadyExistsException".to_owned(), "Stack [once] already exists".to_owned()));
    let events = fixture.ok("DescribeStackEvents", json!({"StackName": "once"})).await;
    assert_eq!(events["StackEvents"][0]["ClientRequestToken"], "token-1");
}

#[tokio::test(start_paused = true)]
async fn names_and_roles_that_cannot_be_are_refused() {
    let fixture = Fixture::new();
    let (_, message) = fixture.refused("CreateStack", deployment("no_underscore", BODY, &[])).await;
    assert!(message.contains("Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"), "{message}");
    let mut input = deployment("role", BODY, &[]);
    input["RoleARN"] = json!("arn:aws:iam::123456789012:role/nobody");
    let (_, message) = fixture.refused("CreateStack", input).await;
    assert_eq!(message, "Role arn:aws:iam::123456789012:role/nobody is invalid or cannot be assumed");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_said_to_be_missing() {
    let fixture = Fixture::new();
    let (_, message) = fixture.refused("UpdateStack", deployment("nope", BODY, &[])).await;
    assert_eq!(message, "Stack [nope] does not exist");
    fixture.create("there", BODY, &[]).await;
    let one = json!({"StackName": "there", "LogicalResourceId": "Q"});
    let (_, message) = fixture.refused("DescribeStackResource", one).await;
    assert_eq!(message, "Resource Q does not exist for stack there");
    let set = json!({"StackName": "there", "ChangeSetName": "none"});
    let refused = fixture.refused("DescribeChangeSet", set).await;
    assert_eq!(refused, ("ChangeSetNotFound".to_owned(), "ChangeSet [none] does not exist".to_owned()));
    let (_, message) = fixture.refused("GetTemplate", json!({"StackName": "nope"})).await;
    assert_eq!(message, "Stack with id nope does not exist");
    let body = fixture.ok("GetTemplate", json!({"StackName": "there"})).await;
    assert_eq!(body["TemplateBody"], BODY, "the body comes back as it was sent");
}

#[tokio::test(start_paused = true)]
async fn a_finished_stack_cannot_be_signalled() {
    let fixture = Fixture::new();
    fixture.create("done", BODY, &[]).await;
    let id = text(&fixture.stack("done").await["StackId"]);
    let signal =
        |name: &str| json!({"StackName": name, "LogicalResourceId": "P", "UniqueId": "i-1", "Status": "SUCCESS"});
    let (code, message) = fixture.refused("SignalResource", signal("done")).await;
    assert_eq!(code, "ValidationError");
    assert_eq!(message, format!("Stack {id} is in CREATE_COMPLETE state and cannot be signaled"));
    let (_, message) = fixture.refused("SignalResource", signal("nope")).await;
    assert_eq!(message, "Stack [nope] does not exist");
}

#[tokio::test(start_paused = true)]
async fn secret_parameters_are_never_shown() {
    let fixture = Fixture::new();
    let body = "
Parameters: {Key: {Type: String, NoEcho: true, Default: dflt}}
Resources: {P: {Type: 'AWS::SSM::Parameter', Properties: {Name: /p, Type: String, Value: !Sub 'k=${Key}'}}}
";
    fixture.create("quiet", body, &[("Key", "hunter2")]).await;
    assert_eq!(fixture.ssm("/p").as_deref(), Some("k=hunter2"));
    let stack = fixture.stack("quiet").await;
    assert_eq!(stack["Parameters"][0]["ParameterValue"], "****");
    let events = fixture.ok("DescribeStackEvents", json!({"StackName": "quiet"})).await;
    assert!(!events.to_string().contains("hunter2"));
    assert!(events.to_string().contains("k=****"));
    let summary = fixture.ok("GetTemplateSummary", json!({"TemplateBody": body})).await;
    assert_eq!(summary["Parameters"][0]["NoEcho"], true);
}
