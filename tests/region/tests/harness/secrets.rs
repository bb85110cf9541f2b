//! Secrets: CloudFormation writes a value again only if its own property changed.

use serde_json::json;

use crate::fixture::Fixture;

const BODY: &str = r"
Parameters:
  Users: {Type: String, NoEcho: true, Default: first}
  Text: {Type: String, Default: a}
  Length: {Type: Number, Default: 20}
Resources:
  Operator:
    Type: AWS::SecretsManager::Secret
    Properties:
      Description: !Sub 'operator ${Text}'
      GenerateSecretString: {PasswordLength: !Ref Length, ExcludePunctuation: true}
  UserList:
    Type: AWS::SecretsManager::Secret
    Properties: {Description: !Sub 'users ${Text}', SecretString: !Ref Users}
Outputs:
  Operator: {Value: !Ref Operator}
  Users: {Value: !Ref UserList}
";

fn value(fixture: &Fixture, arn: &str) -> String {
    fixture.region.world(|world| {
        let secret = world.secretsmanager.secret(arn).expect("the secret exists");
        secret.current().map(|(_, version)| version.value.clone()).unwrap_or_default()
    })
}

#[tokio::test(start_paused = true)]
async fn a_value_put_since_survives_updates_and_rollbacks_that_do_not_concern_it() {
    let fixture = Fixture::new();
    assert_eq!(fixture.create("s", BODY, &[]).await, "CREATE_COMPLETE");
    let operator = fixture.output("s", "Operator").await.unwrap_or_default();
    let users = fixture.output("s", "Users").await.unwrap_or_default();
    let generated = value(&fixture, &operator);
    assert_eq!((generated.len(), value(&fixture, &users).as_str()), (20, "first"));

    let region = &fixture.region;
    region.world(|world| world.secretsmanager.put(region, &users, "later".to_owned(), "")).expect("put");
    let keep = [("Users", "PREVIOUS"), ("Length", "PREVIOUS")];
    assert_eq!(fixture.update("s", BODY, &[keep[0], keep[1], ("Text", "b")]).await, "UPDATE_COMPLETE");
    assert_eq!(value(&fixture, &users), "later", "its own property did not change");
    assert_eq!(value(&fixture, &operator), generated, "its own block did not change");

    assert_eq!(fixture.update("s", BODY, &[keep[0], ("Length", "30"), ("Text", "PREVIOUS")]).await, "UPDATE_COMPLETE");
    assert_eq!(value(&fixture, &operator).len(), 30, "a changed block makes a new value");

    assert_eq!(fixture.update("s", BODY, &[("Users", "resent"), ("Length", "PREVIOUS")]).await, "UPDATE_COMPLETE");
    assert_eq!(value(&fixture, &users), "resent", "a resent value wipes what was put since");
}

#[tokio::test(start_paused = true)]
async fn a_reference_to_a_secret_is_read_when_its_resource_is_made_and_is_never_shown() {
    let fixture = Fixture::new();
    let body = r#"
Resources:
  Source:
    Type: AWS::SecretsManager::Secret
    Properties: {Name: source, SecretString: '{"password":"hunter2"}'}
  Copy:
    Type: AWS::SSM::Parameter
    DependsOn: Source
    Properties: {Name: /copy, Type: String, Value: '{{resolve:secretsmanager:source:SecretString:password}}'}
  Missing:
    Type: AWS::SSM::Parameter
    DependsOn: Copy
    Properties: {Name: /missing, Type: String, Value: '{{resolve:secretsmanager:source:SecretString:nope}}'}
"#;
    let mut input = crate::fixture::deployment("r", body, &[]);
    input["OnFailure"] = json!("DO_NOTHING");
    fixture.ok("CreateStack", input).await;
    assert_eq!(fixture.settled("r").await, "CREATE_FAILED");
    assert_eq!(fixture.ssm("/copy").as_deref(), Some("hunter2"));
    let story = fixture.story("r").await;
    let said = "Missing CREATE_FAILED Could not find a value associated with JSONKey in SecretString";
    assert!(story.contains(&said.to_owned()), "{story:?}");
}
