//! Parameters: every refusal in the service's words, and the shape of every type.

//! Parameter rules, each with AWS's own message.

use serde_json::json;

use super::*;

const BODY: &str = r#"
Parameters:
  Name: {Type: String, MinLength: 3, MaxLength: 5}
  Size: {Type: String, AllowedValues: [small, big], Default: small}
  Zone: {Type: String, AllowedPattern: '[a-z]+', Default: abc}
  Count: {Type: Number, MinValue: 1, MaxValue: 9, Default: 2}
  Cidr: {Type: String, Default: 10.0.0.0/8, AllowedPattern: '[0-9./]+', ConstraintDescription: an address range}
  List: {Type: CommaDelimitedList, Default: ''}
  Secret: {Type: String, NoEcho: true, Default: ''}
  Subnets: {Type: 'List<AWS::EC2::Subnet::Id>', Default: 'subnet-1, subnet-2'}
  Image: {Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>', Default: /ami}
Resources:
  Topic: {Type: 'AWS::SNS::Topic'}
"#;

fn settle_with(given: &[(&str, &str)], previous: Option<&Values>) -> Result<Values, FormationError> {
    let template = Template::parse(BODY)?;
    let given: Vec<Given> = given
        .iter()
        .map(|(key, value)| Given {
            key: (*key).to_owned(),
            value: (*value != "PREVIOUS").then(|| (*value).to_owned()),
            use_previous: *value == "PREVIOUS",
        })
        .collect();
    settle(&template, &given, previous, &|name| match name {
        "/ami" => Some(("String".to_owned(), "ami-1".to_owned())),
        "/secure" => Some(("SecureString".to_owned(), "x".to_owned())),
        "/list" => Some(("StringList".to_owned(), "a, b".to_owned())),
        _ => None,
    })
}

#[test]
fn refused_values_are_named_in_the_services_words() {
    for (given, message) in [
        (vec![], "Parameters: [Name] must have values"),
        (vec![("Name", "abc"), ("Foo", "x"), ("Bar", "y")], "Parameters: [Foo, Bar] do not exist in the template"),
        (vec![("Name", "ab")], "Parameter 'Name' must contain at least 3 characters"),
        (vec![("Name", "abcdef")], "Parameter 'Name' must contain at most 5 characters"),
        (vec![("Name", "abc"), ("Size", "huge")], "Parameter 'Size' must be one of AllowedValues"),
        (vec![("Name", "abc"), ("Zone", "ab1")], "Parameter 'Zone' must match pattern [a-z]+"),
        (vec![("Name", "abc"), ("Count", "x")], "Parameter 'Count' must be a number"),
        (vec![("Name", "abc"), ("Count", "0")], "Parameter 'Count' must be a number not less than 1"),
        (vec![("Name", "abc"), ("Count", "10")], "Parameter 'Count' must be a number not greater than 9"),
        (vec![("Name", "abc"), ("Cidr", "x")], "Parameter 'Cidr' failed to satisfy constraint: an address range"),
        (
            vec![("Name", "abc"), ("Image", "/none")],
            "Unable to fetch parameters [/none] from parameter store for this account.",
        ),
        (
            vec![("Name", "abc"), ("Image", "/secure")],
            "Parameters [/secure] referenced by template have types not supported by CloudFormation.",
        ),
        (
            vec![("Name", "abc"), ("Image", "/list")],
            "Types for SSM parameters [/list] defined in CFN template and SSM are incompatible",
        ),
        (
            vec![("Name", "PREVIOUS")],
            "Invalid input for parameter key Name. Cannot specify usePreviousValue as true for a parameter key not in the \
             previous template",
        ),
    ] {
        assert_eq!(settle_with(&given, None).expect_err(message).0, message);
    }
}

#[test]
fn values_have_the_shape_of_their_type() {
    let values = settle_with(&[("Name", "abc"), ("List", "a, b")], None).expect("settles");
    assert_eq!(values["Name"].value, json!("abc"));
    assert_eq!(values["Count"].value, json!("2"), "a number is text to Ref");
    assert_eq!(values["List"].value, json!(["a", "b"]));
    assert_eq!(values["Subnets"].value, json!(["subnet-1", "subnet-2"]));
    assert_eq!(values["Image"].value, json!("ami-1"));
    assert_eq!(values["Image"].given, "/ami");
    assert!(values["Secret"].no_echo);
}

#[test]
fn previous_values_are_kept_on_request_only() {
    let before = settle_with(&[("Name", "abc"), ("Size", "big"), ("Secret", "s")], None).expect("settles");
    let after = settle_with(&[("Name", "PREVIOUS"), ("Secret", "PREVIOUS")], Some(&before)).expect("settles");
    assert_eq!(after["Name"].given, "abc");
    assert_eq!(after["Secret"].given, "s");
    assert_eq!(after["Size"].given, "small", "an omitted parameter takes its default again");
}

#[test]
fn every_documented_type_is_known_and_no_other() {
    for name in [
        "String",
        "Number",
        "List<Number>",
        "CommaDelimitedList",
        "AWS::EC2::VPC::Id",
        "List<AWS::EC2::Subnet::Id>",
        "AWS::EC2::KeyPair::KeyName",
        "AWS::SSM::Parameter::Name",
        "AWS::SSM::Parameter::Value<String>",
        "AWS::SSM::Parameter::Value<List<String>>",
        "AWS::SSM::Parameter::Value<CommaDelimitedList>",
        "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>",
        "AWS::SSM::Parameter::Value<List<AWS::EC2::Image::Id>>",
    ] {
        assert!(Kind::parse(name).is_some(), "{name}");
    }
    for name in ["Strin", "List<String>", "List<List<Number>>", "Boolean", "AWS::EC2::Nope::Id"] {
        assert!(Kind::parse(name).is_none(), "{name}");
    }
}

#[test]
fn lists_and_templates_without_parameters_have_words_of_their_own() {
    let refused = |body: &str, value: &str| {
        let template = Template::parse(body).expect("parses");
        let given = [Given { key: "List".to_owned(), value: Some(value.to_owned()), use_previous: false }];
        settle(&template, &given, None, &|_| None).expect_err(body).0
    };
    let resources = "Resources: {B: {Type: 'AWS::S3::Bucket'}}\n";
    let list = format!("Parameters: {{List: {{Type: CommaDelimitedList, AllowedPattern: 'arn:.+'}}}}\n{resources}");
    assert_eq!(refused(&list, "arn:x, y"), "Each value of parameter 'List' must match pattern arn:.+");
    assert_eq!(refused(resources, "x"), "Parameter values specified for a template which does not require them.");
}
