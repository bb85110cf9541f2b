//! Parameters from outside: each mistake is refused with the service's code and words before anything begins.

use serde_json::json;

use crate::fixture::{Fixture, deployment};

const BODY: &str = r"
Parameters:
  Name: {Type: String, MinLength: 3, MaxLength: 5}
  Size: {Type: String, AllowedValues: [small, big], Default: small}
  Zone: {Type: String, AllowedPattern: '[a-z]+', Default: abc}
  Count: {Type: Number, MinValue: 1, MaxValue: 9, Default: 2}
  Sizes: {Type: CommaDelimitedList, AllowedValues: [s, m], Default: s}
  Cidr: {Type: String, Default: 10.0.0.0/8, AllowedPattern: '[0-9./]+', ConstraintDescription: an address range}
  Image: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /image}
Resources: {P: {Type: 'AWS::SSM::Parameter', Properties: {Type: String, Value: !Ref Name}}}
";

/// Parameters of a call, and the refusal.
type Case = (&'static [(&'static str, &'static str)], &'static str);

const CASES: [Case; 12] = [
    (&[], "Parameters: [Name] must have values"),
    (&[("Name", "abc"), ("Foo", "x"), ("Bar", "y")], "Parameters: [Foo, Bar] do not exist in the template"),
    (&[("Name", "ab")], "Parameter 'Name' must contain at least 3 characters"),
    (&[("Name", "abcdef")], "Parameter 'Name' must contain at most 5 characters"),
    (&[("Name", "abc"), ("Size", "huge")], "Parameter 'Size' must be one of AllowedValues"),
    (&[("Name", "abc"), ("Sizes", "s, xl")], "Parameter 'Sizes' must be one of AllowedValues"),
    (&[("Name", "abc"), ("Zone", "ab1")], "Parameter 'Zone' must match pattern [a-z]+"),
    (&[("Name", "abc"), ("Count", "two")], "Parameter 'Count' must be a number"),
    (&[("Name", "abc"), ("Count", "0")], "Parameter 'Count' must be a number not less than 1"),
    (&[("Name", "abc"), ("Count", "10")], "Parameter 'Count' must be a number not greater than 9"),
    (&[("Name", "abc"), ("Cidr", "x")], "Parameter 'Cidr' failed to satisfy constraint: an address range"),
    (&[("Name", "abc")], "Unable to fetch parameters [/image] from parameter store for this account."),
];

#[tokio::test(start_paused = true)]
async fn a_value_that_cannot_be_is_refused_in_the_services_words() {
    let fixture = Fixture::new();
    for (parameters, message) in CASES {
        for operation in ["CreateStack", "CreateChangeSet"] {
            let mut input = deployment("s", BODY, parameters);
            if operation == "CreateChangeSet" {
                input["ChangeSetName"] = json!("c");
                input["ChangeSetType"] = json!("CREATE");
            }
            let refused = fixture.refused(operation, input).await;
            assert_eq!(refused, ("ValidationError".to_owned(), message.to_owned()), "{operation}");
        }
    }
    let (_, message) = fixture.refused("DescribeStacks", json!({"StackName": "s"})).await;
    assert_eq!(message, "Stack with id s does not exist", "not even a refused change set leaves a stack");
}

#[tokio::test(start_paused = true)]
async fn a_previous_value_is_kept_only_where_there_is_one() {
    let fixture = Fixture::new();
    let body = BODY.replace("  Image: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /image}\n", "");
    let (_, message) = fixture.refused("CreateStack", deployment("s", &body, &[("Name", "PREVIOUS")])).await;
    assert_eq!(
        message,
        "Invalid input for parameter key Name. Cannot specify usePreviousValue as true for a parameter key not in the \
         previous template"
    );
    assert_eq!(fixture.create("s", &body, &[("Name", "abc"), ("Size", "big")]).await, "CREATE_COMPLETE");
    assert_eq!(fixture.update("s", &body, &[("Name", "abcd"), ("Size", "PREVIOUS")]).await, "UPDATE_COMPLETE");
    let stack = fixture.stack("s").await;
    assert_eq!(stack["Parameters"][1], json!({"ParameterKey": "Size", "ParameterValue": "big"}));
    let missing = body.replace("Default: small", "Default: big") + "# changed\n";
    fixture.refused("UpdateStack", deployment("s", &missing, &[])).await;
    let (_, message) = fixture.refused("UpdateStack", deployment("s", &body, &[])).await;
    assert_eq!(message, "Parameters: [Name] must have values", "an update forgets what it is not told to keep");
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_secret_is_masked_wherever_it_is_described() {
    let fixture = Fixture::new();
    let body = "
Parameters: {Key: {Type: String, NoEcho: true, Default: hunter1}}
Resources: {P: {Type: 'AWS::SSM::Parameter', Properties: {Name: /p, Type: String, Value: !Sub 'k=${Key}'}}}
";
    fixture.create("quiet", body, &[("Key", "hunter2")]).await;
    let mut input = deployment("quiet", body, &[("Key", "hunter3")]);
    input["ChangeSetName"] = json!("c");
    fixture.ok("CreateChangeSet", input).await;
    let set = json!({"StackName": "quiet", "ChangeSetName": "c"});
    let stack = json!({"StackName": "quiet"});
    let resource = json!({"StackName": "quiet", "LogicalResourceId": "P"});
    for (operation, input) in [
        ("DescribeStacks", &stack),
        ("DescribeStackEvents", &stack),
        ("DescribeEvents", &stack),
        ("DescribeStackResources", &stack),
        ("ListStackResources", &stack),
        ("DescribeStackResource", &resource),
        ("DescribeChangeSet", &set),
        ("GetTemplateSummary", &json!({"TemplateBody": body})),
        ("ValidateTemplate", &json!({"TemplateBody": body})),
    ] {
        let answer = fixture.ok(operation, input.clone()).await.to_string();
        assert!(!answer.contains("hunter"), "{operation}: {answer}");
        let shows = ["DescribeStacks", "DescribeChangeSet"].contains(&operation);
        assert!(!shows || answer.contains("\"****\""), "{operation}: {answer}");
    }
}
