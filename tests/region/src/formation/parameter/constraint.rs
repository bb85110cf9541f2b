//! Constraints that a declaration puts on the text of a value. Of an SSM type they judge the name, not what is behind it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use regex::Regex;
use serde_json::Value;

use super::Declaration;
use crate::formation::FormationError;

/// A parameter value may have this many bytes.
/// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
const MAXIMUM_VALUE_BYTES: usize = 4096;

/// Checks that a declaration makes sense and that its default satisfies it.
pub(super) fn check_declaration(declaration: &Declaration, default: Option<&Value>) -> Result<(), FormationError> {
    let key = &declaration.key;
    if default.is_some() && declaration.default.is_none() {
        // https://github.com/aws-cloudformation/cfn-lint/issues/101
        return Err(FormationError::format("Every Default member must be a string."));
    }
    if let Some(pattern) = &declaration.allowed_pattern
        && anchored(pattern).is_none()
    {
        // Java's dialect is wider than ours: what only Java reads is refused rather than let through.
        return Err(FormationError::format(format_args!("AllowedPattern of parameter {key} is not a valid regex"))); // [U]
    }
    match &declaration.default {
        Some(default) => check(declaration, default),
        None => Ok(()),
    }
}

/// Checks a given or default text.
pub(super) fn check(declaration: &Declaration, text: &str) -> Result<(), FormationError> {
    let key = &declaration.key;
    let says = |what: String| -> FormationError {
        FormationError(match &declaration.constraint_description {
            // https://stackoverflow.com/questions/55101092
            Some(description) => format!("Parameter '{key}' failed to satisfy constraint: {description}"),
            None => format!("Parameter '{key}' {what}"),
        })
    };
    if text.len() > MAXIMUM_VALUE_BYTES {
        // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html; the words [U]
        return Err(FormationError(format!("Parameter '{key}' must contain at most {MAXIMUM_VALUE_BYTES} characters")));
    }
    let items: Vec<&str> = if declaration.kind.list && !declaration.kind.ssm {
        text.split(',').map(str::trim).collect()
    } else {
        vec![text]
    };
    for item in items {
        if let Some(allowed) = &declaration.allowed_values
            && !allowed.iter().any(|value| value == item)
        {
            return Err(says("must be one of AllowedValues".to_owned()));
        }
        if let Some(pattern) = &declaration.allowed_pattern
            && !anchored(pattern).is_some_and(|regex| regex.is_match(item))
        {
            if declaration.kind.list && declaration.constraint_description.is_none() {
                // https://github.com/aws-cloudformation/rain/issues/526
                return Err(FormationError(format!("Each value of parameter '{key}' must match pattern {pattern}")));
            }
            return Err(says(format!("must match pattern {pattern}")));
        }
        let length = item.chars().count();
        if let Some(least) = declaration.min_length.filter(|least| length < *least) {
            return Err(says(format!("must contain at least {least} characters")));
        }
        if let Some(most) = declaration.max_length.filter(|most| length > *most) {
            return Err(says(format!("must contain at most {most} characters")));
        }
        if declaration.kind.number {
            number(declaration, item).map_err(&says)?;
        }
    }
    Ok(())
}

fn number(declaration: &Declaration, item: &str) -> Result<(), String> {
    let number: f64 = item.parse().map_err(|_| "must be a number".to_owned())?;
    if let Some(least) = declaration.min_value.filter(|least| number < *least) {
        // https://github.com/aws/aws-k8s-tester/pull/189
        return Err(format!("must be a number not less than {least}"));
    }
    if let Some(most) = declaration.max_value.filter(|most| number > *most) {
        return Err(format!("must be a number not greater than {most}"));
    }
    Ok(())
}

/// A pattern must match the whole value. Each is compiled once: that takes longer than all else in a deployment.
fn anchored(pattern: &str) -> Option<Regex> {
    static COMPILED: Mutex<BTreeMap<String, Option<Regex>>> = Mutex::new(BTreeMap::new());
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    compiled.entry(pattern.to_owned()).or_insert_with(|| Regex::new(&format!("^(?:{pattern})$")).ok()).clone()
}
