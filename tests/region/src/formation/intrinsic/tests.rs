//! Functions one by one: what they give, and how their misuse is named.

use serde_json::json;

use super::*;
use crate::formation::condition;
use crate::formation::parameter::settle;

const HEAD: &str = r"
Parameters:
  Env: {Type: String, Default: dev}
  List: {Type: CommaDelimitedList, Default: 'a, b,c'}
  Secret: {Type: String, NoEcho: true, Default: hunter2}
Mappings:
  Sizes:
    us-east-1: {Small: 2, Names: [x, y]}
Conditions:
  IsProd: !Equals [!Ref Env, prod]
  IsDev: !Not [!Condition IsProd]
  Both: !And [!Condition IsDev, !Equals [a, a]]
Resources:
  Other: {Type: 'AWS::S3::Bucket'}
  R:
    Type: AWS::SSM::Parameter
    Properties:
      Type: String
      Value: ";

struct One;

impl Resources for One {
    fn reference(&self, logical_id: &str) -> Option<Value> {
        (logical_id == "Other").then(|| "other-bucket".into())
    }
    fn attribute(&self, logical_id: &str, name: &str) -> Option<Value> {
        (logical_id == "Other" && name == "Arn").then(|| "arn:other".into())
    }
}

struct Nothing;

impl Resources for Nothing {
    fn reference(&self, _: &str) -> Option<Value> {
        Some(UNKNOWN.into())
    }
    fn attribute(&self, _: &str, _: &str) -> Option<Value> {
        Some(UNKNOWN.into())
    }
}

fn evaluate(value: &str, resources: &dyn Resources, masked: bool) -> Result<Option<Value>, FormationError> {
    let template = Template::parse(&format!("{HEAD}{value}\n"))?;
    let parameters = settle(&template, &[], None, &|_| None)?;
    let zones = vec!["us-east-1a".to_owned(), "us-east-1b".to_owned()];
    let pseudo = Pseudo {
        account_id: "123456789012".to_owned(),
        region: "us-east-1".to_owned(),
        stack_name: "demo".to_owned(),
        url_suffix: "amazonaws.com".to_owned(),
        partition: "aws".to_owned(),
        zones,
        exports: [("known".to_owned(), "imported".to_owned())].into(),
        ..Pseudo::default()
    };
    let empty = Outcomes::new();
    let scope = Scope {
        template: &template,
        parameters: &parameters,
        pseudo: &pseudo,
        outcomes: &empty,
        resources: &NoResources,
        masked,
    };
    let outcomes = condition::outcomes(&scope)?;
    let scope = Scope { outcomes: &outcomes, resources, ..scope };
    let properties = &template.resource("R").map(|resource| resource.properties.clone()).unwrap_or_default();
    scope.resolve(&properties["Value"])
}

#[test]
fn functions_give_what_the_reference_says() {
    for (value, expected) in [
        ("!Ref Env", json!("dev")),
        ("!Ref List", json!(["a", "b", "c"])),
        ("!Ref Other", json!("other-bucket")),
        ("!Ref AWS::Region", json!("us-east-1")),
        ("!GetAtt Other.Arn", json!("arn:other")),
        ("!Sub '${Env}-${Other}-${Other.Arn}-${AWS::StackName}'", json!("dev-other-bucket-arn:other-demo")),
        ("!Sub 'keep ${!Literal} and $alone'", json!("keep ${Literal} and $alone")),
        ("!Sub ['${X}/${Env}', {X: !Ref AWS::AccountId}]", json!("123456789012/dev")),
        ("!Join ['|', !Ref List]", json!("a|b|c")),
        ("!Join ['', [a, !Ref Env, 3]]", json!("adev3")),
        ("!Split [',', 'a,b,,c']", json!(["a", "b", "", "c"])),
        ("!Select [1, !Ref List]", json!("b")),
        ("!Select ['0', !GetAZs '']", json!("us-east-1a")),
        ("!GetAZs {Ref: 'AWS::Region'}", json!(["us-east-1a", "us-east-1b"])),
        ("!FindInMap [Sizes, !Ref AWS::Region, Small]", json!(2)),
        ("!Select [1, !FindInMap [Sizes, us-east-1, Names]]", json!("y")),
        ("!If [IsProd, big, small]", json!("small")),
        ("!If [Both, !Ref Env, small]", json!("dev")),
        ("{Keep: 1, Drop: !If [IsProd, 2, !Ref 'AWS::NoValue']}", json!({"Keep": 1})),
        ("[a, !If [IsProd, b, !Ref 'AWS::NoValue'], c]", json!(["a", "c"])),
        ("{'Fn::Base64': !Sub 'hello ${Env}'}", json!("aGVsbG8gZGV2")),
        ("!Cidr [10.0.0.0/16, 2, 8]", json!(["10.0.0.0/24", "10.0.1.0/24"])),
        ("!Select [1, !Cidr [!Sub '10.0.0.0/16', '2']]", json!("10.0.1.0/24")),
        ("!ImportValue known", json!("imported")),
    ] {
        assert_eq!(evaluate(value, &One, false), Ok(Some(expected)), "{value}");
    }
}

#[test]
fn functions_used_wrongly_are_named() {
    for (value, message) in [
        ("!Select [3, !Ref List]", "Template error: Fn::Select cannot select nonexistent value at index 3"),
        (
            "!Select [x, !Ref List]",
            "Template error: Fn::Select requires a list argument with two elements: an integer index and a list",
        ),
        ("!FindInMap [Sizes, eu-west-1, Small]", "Template error: Unable to get mapping for Sizes::eu-west-1::Small"),
        (
            "!GetAtt Other",
            "Template error: if specifying one argument to Fn::GetAtt, that argument must be a non-empty string in format \
             <LogicalId>.<Attribute>",
        ),
        (
            "{'Fn::GetAtt': [Other]}",
            "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the \
             resource attribute",
        ),
        ("!Base64 [a]", "Template error: every Fn::Base64 object must have a String-typed value."),
        (
            "!Sub '${not-a-name}'",
            "Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, \
             periods, and colons",
        ),
        (
            "!Sub '${Nope}'",
            "Template format error: Unresolved resource dependencies [Nope] in the Resources block of the template",
        ),
        ("!If [Nope, a, b]", "Template error: unresolved condition dependency Nope in Fn::If"),
        ("!ImportValue shared", "No export named shared found"),
        (
            "!Cidr [10.0.0.0/24, 9, 5]",
            "Template error: every Fn::Cidr object requires an IP address block, the number of CIDRs to generate (1 to \
             256), which must fit into it, and optionally the number of subnet bits of each",
        ),
        (
            "{'Fn::Length': !Ref List}",
            "Template error: Encountered unsupported function: Fn::Length Supported functions are: [Fn::Base64, \
             Fn::GetAtt, Fn::GetAZs, Fn::ImportValue, Fn::Join, Fn::Split, Fn::FindInMap, Fn::Select, Ref, \
             Fn::Equals, Fn::If, Fn::Not, Condition, Fn::And, Fn::Or, Fn::Contains, Fn::EachMemberEquals, \
             Fn::EachMemberIn, Fn::ValueOf, Fn::ValueOfAll, Fn::RefAll, Fn::Sub, Fn::Cidr]",
        ),
        ("!Transform {Name: 'AWS::Include'}", "Template error: Fn::Transform is not simulated"),
    ] {
        assert_eq!(evaluate(value, &One, false), Err(FormationError(message.to_owned())), "{value}");
    }
}

#[test]
fn what_is_not_known_yet_stays_unknown_through_every_function() {
    for value in [
        "!Ref Other",
        "!GetAtt Other.Arn",
        "!Sub 'arn:${Other}/*'",
        "!Join ['-', [a, !Ref Other]]",
        "!Select [2, !Split ['-', !Ref Other]]",
        "{'Fn::Base64': !Sub '${Other}'}",
        "!Select [1, !Cidr [!GetAtt Other.Arn, 2]]",
    ] {
        assert_eq!(evaluate(value, &Nothing, false), Ok(Some(UNKNOWN.into())), "{value}");
    }
}

#[test]
fn parameters_without_echo_are_masked_on_request() {
    assert_eq!(evaluate("!Sub 'k=${Secret}'", &One, true), Ok(Some("k=****".into())));
    assert_eq!(evaluate("!Sub 'k=${Secret}'", &One, false), Ok(Some("k=hunter2".into())));
}
