//! The `Condition` of a statement: operators, sets of values, policy variables. Nothing here knows actions or resources.

use std::collections::BTreeMap;

use serde_json::Value;

use super::policy::{matches, one_or_many};

/// Values of condition keys for one request, such as `aws:RequestTag/team`; keys in lower case.
pub type Context = BTreeMap<String, Vec<String>>;

/// Whether all conditions hold. An operator unknown here fails an allow and fulfils a deny: stricter than AWS, never
/// kinder.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
pub(super) fn hold(conditions: &Value, context: &Context, deny: bool) -> bool {
    let Some(operators) = conditions.as_object() else { return true };
    operators.iter().all(|(operator, keys)| {
        keys.as_object().into_iter().flatten().all(|(key, wanted)| {
            let actual = context.get(&key.to_ascii_lowercase()).map(Vec::as_slice).filter(|values| !values.is_empty());
            let wanted: Vec<String> = one_or_many(wanted).into_iter().map(|one| filled(&text(one), context)).collect();
            holds(operator, actual, &wanted).unwrap_or(deny)
        })
    })
}

/// A text with its policy variables, such as `${aws:PrincipalAccount}`, replaced; an unknown one stays and matches
/// nothing.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
pub(super) fn filled(pattern: &str, context: &Context) -> String {
    let mut rest = pattern;
    let mut done = String::new();
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, tail)) = after.split_once('}') else { break };
        done.push_str(before);
        match (name, context.get(&name.to_ascii_lowercase()).map(Vec::as_slice)) {
            ("*" | "?" | "$", _) => done.push_str(name),
            (_, Some([value])) => done.push_str(value),
            _ => {
                done.push_str("${");
                done.push_str(name);
                done.push('}');
            }
        }
        rest = tail;
    }
    done + rest
}

/// Whether one condition operator holds; None for an operator that is not known.
fn holds(operator: &str, actual: Option<&[String]>, wanted: &[String]) -> Option<bool> {
    let (set, name) = match operator.split_once(':') {
        Some((set, name)) => (Some(set), name),
        None => (None, operator),
    };
    let (name, if_exists) = name.strip_suffix("IfExists").map_or((name, false), |name| (name, true));
    if name == "Null" {
        return Some(wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case("true")) == actual.is_none());
    }
    let test = test(name)?;
    let negative = name.contains("Not");
    let fits = |value: &String| wanted.iter().any(|wanted| test(value, wanted)) != negative;
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
    Some(match (set, actual) {
        (Some("ForAllValues"), None) => true,
        (Some("ForAllValues"), Some(values)) => values.iter().all(fits),
        (Some("ForAnyValue"), None) => if_exists,
        (None, None) => if_exists || negative,
        (Some("ForAnyValue") | None, Some(values)) => values.iter().any(fits),
        (Some(_), _) => return None,
    })
}

/// The comparison of a value with a wanted one; a negated operator has that of its positive.
fn test(name: &str) -> Option<fn(&str, &str) -> bool> {
    Some(match name {
        "StringEquals" | "StringNotEquals" => |value, wanted| value == wanted,
        "StringEqualsIgnoreCase" | "StringNotEqualsIgnoreCase" => |value, wanted| value.eq_ignore_ascii_case(wanted),
        "StringLike" | "StringNotLike" => |value, wanted| matches(wanted, value),
        "ArnLike" | "ArnNotLike" | "ArnEquals" | "ArnNotEquals" => arn_like,
        "Bool" => |value, wanted| value.eq_ignore_ascii_case(wanted),
        "NumericEquals" | "NumericNotEquals" => |value, wanted| numbers(value, wanted, |one, other| one == other),
        "NumericLessThan" => |value, wanted| numbers(value, wanted, |one, other| one < other),
        "NumericLessThanEquals" => |value, wanted| numbers(value, wanted, |one, other| one <= other),
        "NumericGreaterThan" => |value, wanted| numbers(value, wanted, |one, other| one > other),
        "NumericGreaterThanEquals" => |value, wanted| numbers(value, wanted, |one, other| one >= other),
        "DateLessThan" | "DateLessThanEquals" => |value, wanted| dates(value, wanted, |one, other| one <= other),
        "DateGreaterThan" | "DateGreaterThanEquals" => |value, wanted| dates(value, wanted, |one, other| one >= other),
        _ => return None,
    })
}

/// Each of the six parts of an ARN is compared by itself.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html (Conditions_ARN)
fn arn_like(value: &str, wanted: &str) -> bool {
    let (value, wanted): (Vec<&str>, Vec<&str>) = (value.splitn(6, ':').collect(), wanted.splitn(6, ':').collect());
    value.len() == wanted.len() && value.iter().zip(&wanted).all(|(value, wanted)| matches(wanted, value))
}

fn numbers(value: &str, wanted: &str, compare: fn(f64, f64) -> bool) -> bool {
    matches!((value.parse(), wanted.parse()), (Ok(value), Ok(wanted)) if compare(value, wanted))
}

fn dates(value: &str, wanted: &str, compare: fn(jiff::Timestamp, jiff::Timestamp) -> bool) -> bool {
    matches!((value.parse(), wanted.parse()), (Ok(value), Ok(wanted)) if compare(value, wanted))
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::{Context, filled, hold};
    use serde_json::json;

    fn context(pairs: &[(&str, &[&str])]) -> Context {
        let values = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        pairs.iter().map(|(key, given)| (key.to_ascii_lowercase(), values(given))).collect()
    }

    #[test]
    fn conditions_hold_as_iam_says() {
        let given = context(&[
            ("iam:PassedToService", &["ec2.amazonaws.com"]),
            ("aws:TagKeys", &["team", "cost"]),
            ("aws:SecureTransport", &["true"]),
            ("aws:SourceArn", &["arn:aws:s3:::bucket"]),
            ("s3:max-keys", &["10"]),
        ]);
        for (expected, condition) in [
            (true, json!({ "StringEquals": { "iam:PassedToService": "ec2.amazonaws.com" } })),
            (false, json!({ "StringEquals": { "iam:PassedToService": "EC2.amazonaws.com" } })),
            (true, json!({ "StringLike": { "iam:passedtoservice": ["x", "ec2.*"] } })),
            (false, json!({ "StringNotLike": { "iam:PassedToService": "ec2.*" } })),
            (false, json!({ "StringEquals": { "iam:AWSServiceName": "x" } })),
            (true, json!({ "StringEqualsIfExists": { "iam:AWSServiceName": "x" } })),
            (true, json!({ "StringNotEquals": { "iam:AWSServiceName": "x" } })),
            (true, json!({ "ForAllValues:StringEquals": { "aws:TagKeys": ["team", "cost", "owner"] } })),
            (false, json!({ "ForAllValues:StringEquals": { "aws:TagKeys": ["team"] } })),
            (true, json!({ "ForAllValues:StringEquals": { "aws:Absent": ["team"] } })),
            (true, json!({ "ForAnyValue:StringLike": { "aws:TagKeys": "te*" } })),
            (false, json!({ "ForAnyValue:StringLike": { "aws:Absent": "te*" } })),
            (true, json!({ "Bool": { "aws:SecureTransport": true } })),
            (true, json!({ "Null": { "aws:Absent": "true" } })),
            (true, json!({ "ArnLike": { "aws:SourceArn": "arn:aws:s3:::b*" } })),
            (false, json!({ "ArnLike": { "aws:SourceArn": "arn:*" } })),
            (true, json!({ "NumericLessThanEquals": { "s3:max-keys": "10" } })),
            (false, json!({ "NumericGreaterThan": { "s3:max-keys": "10" } })),
            (
                false,
                json!({ "StringEquals": { "iam:PassedToService": "ec2.amazonaws.com" }, "Bool": { "aws:SecureTransport": "false" } }),
            ),
        ] {
            assert_eq!(hold(&condition, &given, false), expected, "{condition}");
        }
    }

    #[test]
    fn variables_are_replaced() {
        let given = context(&[("aws:username", &["operator"])]);
        assert_eq!(
            filled("arn:aws:s3:::${aws:username}/${*}/${aws:none}", &given),
            "arn:aws:s3:::operator/*/${aws:none}"
        );
    }
}
