//! Policy documents: what they must look like, and whether a role's policies allow an action on a resource.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::State;
use crate::{AwsError, Region};

/// Values of condition keys for one request, such as `aws:SourceAccount`; keys in lower case.
pub type Context = BTreeMap<String, String>;

/// Whether the role's policies (inline and attached, within its boundary) allow `action` on `resource`.
/// An explicit deny wins. A policy of AWS's own that is attached grants nothing here: its text is not known [U].
pub fn allows(state: &State, role: &str, action: &str, resource: &str) -> bool {
    allows_with(state, role, action, resource, &Context::new())
}

/// [`allows`], with the values of condition keys.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
pub fn allows_with(state: &State, role: &str, action: &str, resource: &str, context: &Context) -> bool {
    let Some(role) = state.roles.get(role) else { return false };
    let managed = |arn: &String| state.policies.get(arn).map(|policy| &policy.document);
    let documents: Vec<&Value> = role.inline.values().chain(role.attached.iter().filter_map(managed)).collect();
    let request = Request { action, resource, context };
    let decide = |documents: &[&Value]| documents.iter().map(|document| request.decide(document)).max();
    let within = match &role.permissions_boundary {
        None => true,
        Some(arn) => managed(arn).is_some_and(|document| decide(&[document]) == Some(Decision::Allowed)),
    };
    within && decide(&documents) == Some(Decision::Allowed)
}

/// Whether a resource policy, such as a bucket's, denies `action` on `resource` to everyone.
pub fn denies(document: &Value, action: &str, resource: &str, context: &Context) -> bool {
    Request { action, resource, context }.decide(document) == Decision::Denied
}

/// Refuses what IAM calls malformed: no statement, or one without effect or action.
///
/// # Errors
/// `MalformedPolicyDocument`.
pub(super) fn check_document(document: &Value) -> Result<(), AwsError> {
    let malformed = |message: &str| AwsError::new("MalformedPolicyDocument", message);
    let statements = one_or_many(&document["Statement"]);
    if statements.is_empty() {
        return Err(malformed("Syntax errors in policy."));
    }
    for statement in statements {
        if !matches!(statement["Effect"].as_str(), Some("Allow" | "Deny")) {
            return Err(malformed("Syntax errors in policy."));
        }
        if statement["Action"].is_null() && statement["NotAction"].is_null() {
            return Err(malformed("Policy statement must contain actions."));
        }
    }
    Ok(())
}

/// `SimulatePrincipalPolicy`: by the policies of a role; the operator's own user may do everything.
pub(super) fn simulate(region: &Region, input: &Value) -> Result<Value, AwsError> {
    let source = input["PolicySourceArn"].as_str().unwrap_or_default();
    let role = source.split_once(":role/").map(|(_, path)| path.rsplit('/').next().unwrap_or(path).to_owned());
    let resources = match one_or_many(&input["ResourceArns"]) {
        none if none.is_empty() => vec![json!("*")],
        some => some.into_iter().cloned().collect(),
    };
    let mut results = Vec::new();
    for action in one_or_many(&input["ActionNames"]).into_iter().filter_map(Value::as_str) {
        for resource in resources.iter().filter_map(Value::as_str) {
            let allowed = match &role {
                None => true,
                Some(role) => region.world(|world| allows(&world.iam, role, action, resource)),
            };
            let decision = if allowed { "allowed" } else { "implicitDeny" };
            results.push(json!({
                "EvalActionName": action, "EvalResourceName": resource, "EvalDecision": decision,
                "MatchedStatements": [], "MissingContextValues": [],
            }));
        }
    }
    Ok(json!({ "EvaluationResults": results, "IsTruncated": false }))
}

/// What a document says of a request; ordered so that the greatest of several wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Decision {
    Silent,
    Allowed,
    Denied,
}

struct Request<'a> {
    action: &'a str,
    resource: &'a str,
    context: &'a Context,
}

impl Request<'_> {
    fn decide(&self, document: &Value) -> Decision {
        one_or_many(&document["Statement"])
            .into_iter()
            .map(|one| self.decide_statement(one))
            .max()
            .unwrap_or(Decision::Silent)
    }

    fn decide_statement(&self, statement: &Value) -> Decision {
        let deny = statement["Effect"] == "Deny";
        let action = self.action.to_ascii_lowercase();
        let actions = |name: &str| {
            one_or_many(&statement[name])
                .into_iter()
                .filter_map(Value::as_str)
                .any(|pattern| matches(&pattern.to_ascii_lowercase(), &action))
        };
        let resources = |name: &str| {
            one_or_many(&statement[name])
                .into_iter()
                .filter_map(Value::as_str)
                .any(|pattern| matches(pattern, self.resource))
        };
        let action_fits = if statement["NotAction"].is_null() { actions("Action") } else { !actions("NotAction") };
        let resource_fits = match (&statement["Resource"], &statement["NotResource"]) {
            (Value::Null, Value::Null) => true,
            (Value::Null, _) => !resources("NotResource"),
            _ => resources("Resource"),
        };
        if !action_fits || !resource_fits || !self.conditions_hold(&statement["Condition"], deny) {
            return Decision::Silent;
        }
        if deny { Decision::Denied } else { Decision::Allowed }
    }

    /// A condition operator unknown here fails an allow and fulfils a deny: stricter than AWS, never kinder.
    fn conditions_hold(&self, conditions: &Value, deny: bool) -> bool {
        let Some(operators) = conditions.as_object() else { return true };
        operators.iter().all(|(operator, keys)| {
            keys.as_object().into_iter().flatten().all(|(key, wanted)| {
                let actual = self.context.get(&key.to_ascii_lowercase()).map(String::as_str);
                let wanted: Vec<String> = one_or_many(wanted).into_iter().map(text).collect();
                holds(operator, actual, &wanted).unwrap_or(deny)
            })
        })
    }
}

/// Whether one condition operator holds; None for an operator that is not known.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
fn holds(operator: &str, actual: Option<&str>, wanted: &[String]) -> Option<bool> {
    let (name, if_exists) = operator.strip_suffix("IfExists").map_or((operator, false), |name| (name, true));
    if name == "Null" {
        return Some(wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case("true")) == actual.is_none());
    }
    let negative = name.contains("Not");
    let Some(actual) = actual else { return Some(if_exists || negative) };
    let fits = |test: &dyn Fn(&str) -> bool| wanted.iter().any(|wanted| test(wanted)) != negative;
    Some(match name {
        "StringEquals" | "StringNotEquals" => fits(&|wanted| wanted == actual),
        "StringEqualsIgnoreCase" | "StringNotEqualsIgnoreCase" => fits(&|wanted| wanted.eq_ignore_ascii_case(actual)),
        "StringLike" | "StringNotLike" | "ArnLike" | "ArnNotLike" | "ArnEquals" | "ArnNotEquals" => {
            fits(&|wanted| matches(wanted, actual))
        }
        "Bool" => fits(&|wanted| wanted.eq_ignore_ascii_case(actual)),
        _ => return None,
    })
}

/// IAM's wildcards: `*` any run of characters, `?` any one.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        if p < pattern.len() && pattern[p] == '*' {
            star = Some((p, t));
            p += 1;
        } else if p < pattern.len() && (pattern[p] == '?' || pattern[p] == text[t]) {
            p += 1;
            t += 1;
        } else if let Some((star_p, star_t)) = star {
            p = star_p + 1;
            t = star_t + 1;
            star = Some((star_p, star_t + 1));
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|rest| *rest == '*')
}

fn one_or_many(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(many) => many.iter().collect(),
        one => vec![one],
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::{Context, Decision, Request, matches};
    use serde_json::json;

    fn decide(document: &serde_json::Value, action: &str, resource: &str, context: &[(&str, &str)]) -> Decision {
        let context: Context = context.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Request { action, resource, context: &context }.decide(document)
    }

    #[test]
    fn wildcards_match_as_iam_does() {
        for (pattern, text, expected) in [
            ("s3:*Object", "s3:GetObject", true),
            ("arn:aws:s3:::b/*", "arn:aws:s3:::b", false),
            ("arn:aws:s3:::b/*", "arn:aws:s3:::b/x/y", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*", "", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn a_deny_wins_and_conditions_are_asked() {
        let document = json!({ "Statement": [
            { "Effect": "Allow", "Action": "s3:*", "Resource": "*" },
            { "Effect": "Deny", "Action": "s3:deleteobject", "Resource": "arn:aws:s3:::b/keep" },
            { "Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": { "Bool": { "aws:SecureTransport": false } } },
        ] });
        assert_eq!(decide(&document, "s3:GetObject", "arn:aws:s3:::b/x", &[]), Decision::Allowed);
        assert_eq!(decide(&document, "s3:DeleteObject", "arn:aws:s3:::b/keep", &[]), Decision::Denied);
        let plain = [("aws:securetransport", "false")];
        assert_eq!(decide(&document, "s3:GetObject", "arn:aws:s3:::b/x", &plain), Decision::Denied);
        assert_eq!(decide(&document, "sts:AssumeRole", "*", &[]), Decision::Silent);
    }

    #[test]
    fn an_unknown_operator_never_helps() {
        let of = |effect: &str| {
            json!({ "Statement": { "Effect": effect, "Action": "a:B", "Resource": "*",
                "Condition": { "DateGreaterThan": { "aws:CurrentTime": "2020-01-01" } } } })
        };
        let context = [("aws:currenttime", "2026-01-01")];
        assert_eq!(decide(&of("Allow"), "a:B", "*", &context), Decision::Silent);
        assert_eq!(decide(&of("Deny"), "a:B", "*", &context), Decision::Denied);
    }
}
