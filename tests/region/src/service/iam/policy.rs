//! Policy documents: what they must look like, and whether a role's policies allow an action on a resource.

use serde_json::{Value, json};

use super::condition::{self, Context};
use super::{State, aws_managed};
use crate::{AwsError, Region};

/// Whether the role's policies (inline and attached, within its boundary) allow `action` on `resource`.
/// An explicit deny wins.
pub fn allows(state: &State, role: &str, action: &str, resource: &str) -> bool {
    role_decision(state, role, &Request { action, resource, context: &Context::new() }) == Decision::Allowed
}

/// What a role's policies say of a request.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
pub(crate) fn role_decision(state: &State, role: &str, request: &Request) -> Decision {
    let Some(role) = state.roles.get(role) else { return Decision::Silent };
    let managed = |arn: &str| -> Option<&Value> {
        state.policies.get(arn).map(|policy| &policy.document).or_else(|| aws_managed::document(arn))
    };
    let attached = role.attached.iter().filter_map(|arn| managed(arn));
    let own = role.inline.values().chain(attached).map(|document| request.decide(document)).max();
    let own = own.unwrap_or(Decision::Silent);
    let bound = match &role.permissions_boundary {
        None => Decision::Allowed,
        Some(arn) => managed(arn).map_or(Decision::Silent, |document| request.decide(document)),
    };
    match (own, bound) {
        (Decision::Denied, _) | (_, Decision::Denied) => Decision::Denied,
        (Decision::Allowed, Decision::Allowed) => Decision::Allowed,
        _ => Decision::Silent,
    }
}

/// Who wants to act by a role: a service by its name, or a principal of the account by its ARN.
#[derive(Debug, Clone, Copy)]
pub enum Assuming<'a> {
    Service(&'a str),
    Account { arn: &'a str, account: &'a str },
}

/// Whether a role's trust policy lets somebody assume it.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
pub fn trusts(trust_policy: &Value, who: Assuming, context: &Context) -> bool {
    let named = |statement: &Value| {
        let principal = &statement["Principal"];
        let any = principal == "*";
        match who {
            Assuming::Service(name) => any || one_or_many(&principal["Service"]).iter().any(|one| *one == name),
            Assuming::Account { arn, account } => {
                let root = format!(":iam::{account}:root");
                let fits = |one: &str| one == "*" || one == arn || one == account || one.ends_with(&root);
                any || one_or_many(&principal["AWS"]).into_iter().filter_map(Value::as_str).any(fits)
            }
        }
    };
    let request = Request { action: "sts:AssumeRole", resource: "*", context };
    let of = |statement: &&Value| named(statement);
    let statements = one_or_many(&trust_policy["Statement"]);
    statements.iter().filter(|one| of(one)).map(|one| request.decide_statement(one)).max() == Some(Decision::Allowed)
}

/// Whether a resource policy, such as a bucket's, denies `action` on `resource` to everyone.
pub fn denies(document: &Value, action: &str, resource: &str, context: &Context) -> bool {
    Request { action, resource, context }.decide(document) == Decision::Denied
}

/// Refuses what IAM calls malformed: no statement, or one without effect or action.
///
/// # Errors
/// `MalformedPolicyDocument`.
// https://github.com/kubernetes/kops/issues/13095
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

/// `SimulatePrincipalPolicy`: by the policies of a role, or what the operator's own user is limited to.
pub(super) fn simulate(region: &Region, input: &Value) -> Result<Value, AwsError> {
    let source = input["PolicySourceArn"].as_str().unwrap_or_default();
    let role = source.split_once(":role/").map(|(_, path)| path.rsplit('/').next().unwrap_or(path).to_owned());
    if let Some(role) = role.as_ref().filter(|role| region.world(|world| !world.iam.roles.contains_key(*role))) {
        return Err(super::no_such("role", "name", role));
    }
    let resources = match one_or_many(&input["ResourceArns"]) {
        none if none.is_empty() => vec![json!("*")],
        some => some.into_iter().cloned().collect(),
    };
    let mut results = Vec::new();
    for action in one_or_many(&input["ActionNames"]).into_iter().filter_map(Value::as_str) {
        for resource in resources.iter().filter_map(Value::as_str) {
            let allowed = match &role {
                None => region.world(|world| {
                    let request = Request { action, resource, context: &Context::new() };
                    world.iam.caller_policy.as_ref().is_none_or(|policy| request.decide(policy) == Decision::Allowed)
                }),
                Some(role) => region.world(|world| allows(&world.iam, role, action, resource)),
            };
            let decision = if allowed { "allowed" } else { "implicitDeny" };
            results.push(json!({
                "EvalActionName": action, "EvalResourceName": resource, "EvalDecision": decision,
                "MatchedStatements": [], "MissingContextValues": [],
            }));
        }
    }
    super::page(results, input, "EvaluationResults")
}

/// What a document says of a request; ordered so that the greatest of several wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Decision {
    Silent,
    Allowed,
    Denied,
}

/// One action on one resource.
pub(crate) struct Request<'a> {
    pub(crate) action: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) context: &'a Context,
}

impl Request<'_> {
    /// What one document says.
    pub(crate) fn decide(&self, document: &Value) -> Decision {
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
                .any(|pattern| matches(&condition::filled(pattern, self.context), self.resource))
        };
        let action_fits = if statement["NotAction"].is_null() { actions("Action") } else { !actions("NotAction") };
        let resource_fits = match (&statement["Resource"], &statement["NotResource"]) {
            (Value::Null, Value::Null) => true,
            (Value::Null, _) => !resources("NotResource"),
            _ => resources("Resource"),
        };
        if !action_fits || !resource_fits || !condition::hold(&statement["Condition"], self.context, deny) {
            return Decision::Silent;
        }
        if deny { Decision::Denied } else { Decision::Allowed }
    }
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

pub(super) fn one_or_many(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(many) => many.iter().collect(),
        one => vec![one],
    }
}

#[cfg(test)]
mod tests {
    use super::{Decision, Request, matches};
    use crate::service::iam::condition::Context;
    use serde_json::json;

    fn decide(document: &serde_json::Value, action: &str, resource: &str, context: &[(&str, &str)]) -> Decision {
        let context: Context =
            context.iter().map(|(key, value)| ((*key).to_owned(), vec![(*value).to_owned()])).collect();
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
                "Condition": { "BinaryEquals": { "key": "QmluYXJ5" } } } })
        };
        let context = [("key", "QmluYXJ5")];
        assert_eq!(decide(&of("Allow"), "a:B", "*", &context), Decision::Silent);
        assert_eq!(decide(&of("Deny"), "a:B", "*", &context), Decision::Denied);
    }
}
