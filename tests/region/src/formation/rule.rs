//! The Rules section: assertions on parameters, checked before anything is made.
//! https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html

use serde_json::Value;

use super::FormationError;
use super::condition;
use super::intrinsic::Scope;
use super::parameter::Specific;

/// Looks up an attribute of what an AWS-specific value names: kind, value, attribute.
/// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-rules.html
pub type AttributeLookup<'a> = &'a dyn Fn(Specific, &str, &str) -> Option<String>;

/// Checks every rule of the template.
///
/// # Errors
/// The assertions that do not hold, with their descriptions.
pub fn check(scope: &Scope<'_>, look_up: AttributeLookup<'_>) -> Result<(), FormationError> {
    let rules = Rules { scope, look_up };
    for (name, rule) in &scope.template.rules {
        if let Some(when) = rule.get("RuleCondition")
            && !rules.holds(when)?
        {
            continue;
        }
        let assertions = rule.get("Assertions").and_then(Value::as_array).filter(|list| !list.is_empty());
        let Some(assertions) = assertions else {
            return Err(FormationError::format(format_args!("Rule {name} must have Assertions"))); // [U]
        };
        for assertion in assertions {
            let Some(test) = assertion.get("Assert") else {
                return Err(FormationError::format(format_args!("Rule {name} has an assertion without Assert"))); // [U]
            };
            if !rules.holds(test)? {
                // https://stackoverflow.com/questions/63846126 "Template error: Assertion failed …" [U]
                let description =
                    assertion.get("AssertDescription").and_then(Value::as_str).unwrap_or("Assertion failed");
                return Err(FormationError::function(format_args!("{description}")));
            }
        }
    }
    Ok(())
}

struct Rules<'a> {
    scope: &'a Scope<'a>,
    look_up: AttributeLookup<'a>,
}

impl Rules<'_> {
    /// A rule's function: those of conditions, and those that only rules have.
    fn holds(&self, value: &Value) -> Result<bool, FormationError> {
        let single = value.as_object().filter(|map| map.len() == 1).and_then(|map| map.iter().next());
        let Some((name, argument)) = single else {
            return Err(FormationError::format("Rules can only be boolean functions")); // [U]
        };
        let list = argument.as_array().map(Vec::as_slice).unwrap_or_default();
        match (name.as_str(), list) {
            ("Fn::And", _) => list.iter().try_fold(true, |all, inner| Ok(self.holds(inner)? && all)),
            ("Fn::Or", _) => list.iter().try_fold(false, |any, inner| Ok(self.holds(inner)? || any)),
            ("Fn::Not", [inner]) => Ok(!self.holds(inner)?),
            ("Fn::Contains", [haystack, needle]) => {
                let needles = self.items(needle)?;
                let haystack = self.items(haystack)?;
                Ok(needles.iter().all(|needle| haystack.contains(needle)))
            }
            ("Fn::EachMemberEquals", [members, expected]) => {
                let expected = self.items(expected)?;
                Ok(self.items(members)?.iter().all(|item| expected == [item.clone()]))
            }
            ("Fn::EachMemberIn", [members, allowed]) => {
                let allowed = self.items(allowed)?;
                Ok(self.items(members)?.iter().all(|item| allowed.contains(item)))
            }
            _ => condition::holds(self.scope, value),
        }
    }

    fn items(&self, value: &Value) -> Result<Vec<Value>, FormationError> {
        if let Some([parameter, attribute]) = value.get("Fn::ValueOf").and_then(Value::as_array).map(Vec::as_slice) {
            return self.value_of(parameter, attribute);
        }
        Ok(match self.scope.resolve(value)?.unwrap_or_default() {
            Value::Array(items) => items,
            other => vec![other],
        })
    }

    /// An attribute of everything that a parameter names.
    fn value_of(&self, parameter: &Value, attribute: &Value) -> Result<Vec<Value>, FormationError> {
        let (key, attribute) = (parameter.as_str().unwrap_or_default(), attribute.as_str().unwrap_or_default());
        let specific = self.scope.template.parameter(key).and_then(|declared| declared.kind.specific);
        let Some((specific, given)) = specific.zip(self.scope.parameters.get(key)) else {
            // [U] the words
            return Err(FormationError::function(format_args!(
                "Fn::ValueOf needs an AWS-specific parameter, not {key}"
            )));
        };
        let names = match &given.value {
            Value::Array(items) => items.clone(),
            other => vec![other.clone()],
        };
        let names = names.iter().filter_map(Value::as_str);
        // What does not exist has no attribute; that it does not exist is said later.
        Ok(names.filter_map(|name| (self.look_up)(specific, name, attribute)).map(Value::from).collect())
    }
}
