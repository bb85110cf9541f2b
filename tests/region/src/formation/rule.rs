//! The Rules section: assertions on parameters, checked before anything is made.
//! https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html

use serde_json::Value;

use super::FormationError;
use super::condition;
use super::intrinsic::Scope;

/// Checks every rule of the template.
///
/// # Errors
/// The assertions that do not hold, with their descriptions.
pub fn check(scope: &Scope<'_>) -> Result<(), FormationError> {
    for (name, rule) in &scope.template.rules {
        if let Some(when) = rule.get("RuleCondition") {
            if !holds(scope, when)? {
                continue;
            }
        }
        let assertions = rule.get("Assertions").and_then(Value::as_array).filter(|list| !list.is_empty());
        let Some(assertions) = assertions else {
            return Err(FormationError::format(format_args!("Rule {name} must have Assertions"))); // [U]
        };
        for assertion in assertions {
            let Some(test) = assertion.get("Assert") else {
                return Err(FormationError::format(format_args!("Rule {name} has an assertion without Assert"))); // [U]
            };
            if !holds(scope, test)? {
                // https://stackoverflow.com/questions/63846126 "Template error: Assertion failed …" [U]
                let description =
                    assertion.get("AssertDescription").and_then(Value::as_str).unwrap_or("Assertion failed");
                return Err(FormationError::function(format_args!("{description}")));
            }
        }
    }
    Ok(())
}

/// A rule's function: those of conditions, and those that only rules have.
fn holds(scope: &Scope<'_>, value: &Value) -> Result<bool, FormationError> {
    let Some((name, argument)) = value.as_object().filter(|map| map.len() == 1).and_then(|map| map.iter().next())
    else {
        return Err(FormationError::format("Rules can only be boolean functions")); // [U]
    };
    let list = argument.as_array().map(Vec::as_slice).unwrap_or_default();
    match (name.as_str(), list) {
        ("Fn::And", _) => list.iter().try_fold(true, |all, inner| Ok(holds(scope, inner)? && all)),
        ("Fn::Or", _) => list.iter().try_fold(false, |any, inner| Ok(holds(scope, inner)? || any)),
        ("Fn::Not", [inner]) => Ok(!holds(scope, inner)?),
        ("Fn::Contains", [haystack, needle]) => {
            let needle = scope.resolve(needle)?.unwrap_or_default();
            Ok(items(scope, haystack)?.contains(&needle))
        }
        ("Fn::EachMemberEquals", [members, expected]) => {
            let expected = scope.resolve(expected)?.unwrap_or_default();
            Ok(items(scope, members)?.iter().all(|item| *item == expected))
        }
        ("Fn::EachMemberIn", [members, allowed]) => {
            let allowed = items(scope, allowed)?;
            Ok(items(scope, members)?.iter().all(|item| allowed.contains(item)))
        }
        _ => condition::holds(scope, value),
    }
}

fn items(scope: &Scope<'_>, value: &Value) -> Result<Vec<Value>, FormationError> {
    Ok(match scope.resolve(value)?.unwrap_or_default() {
        Value::Array(items) => items,
        other => vec![other],
    })
}
