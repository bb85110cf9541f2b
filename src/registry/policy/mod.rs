//! The IAM policy that dockreg's caller needs, as a document: the table's permissions, on this stack's resources. Pure.

mod resource;
mod table;

use serde_json::{Map, Value, json};

use table::{Grant, PERMISSIONS};

/// The most characters that IAM takes in one managed policy, white space not counted.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
pub const MAX_CHARACTERS: usize = 6_144;

/// What a policy is for.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// The stack's region.
    pub region: String,
    /// The stack's name.
    pub stack_name: String,
    /// A bucket that the stack does not make.
    pub bucket: Option<String>,
    /// ARN of the policy that must bound the nodes' role.
    pub permissions_boundary: Option<String>,
    /// Who makes the stack's resources.
    pub maker: Maker,
    /// A part of it; `None` for the whole.
    pub part: Option<Part>,
}

/// A policy in two parts, each of which IAM takes as a managed policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What dockreg itself calls.
    First,
    /// What else CloudFormation calls.
    Second,
}

/// Who makes the stack's resources, and for which of the two a policy is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Maker {
    /// CloudFormation, in the caller's name: the policy is the caller's, and holds everything.
    #[default]
    Caller,
    /// CloudFormation, by this role (`up --role-arn`): the policy is the caller's.
    Role(String),
    /// CloudFormation, by a role whose policy this is.
    ThisRole,
}

/// Who calls an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// dockreg itself.
    Dockreg,
    /// CloudFormation, or a service that it called, for the stack.
    CloudFormation,
    /// One as well as the other.
    Both,
}

/// Every action that the policy of a whole installation allows, in the order of the table.
#[must_use]
pub fn actions() -> Vec<&'static str> {
    PERMISSIONS.iter().flat_map(|grant| grant.actions).copied().collect()
}

/// The policy.
#[must_use]
pub fn document(scope: &Scope) -> Value {
    let of_part = |by| scope.part.is_none_or(|part| (part == Part::Second) == (by == By::CloudFormation));
    let granted = PERMISSIONS.iter().filter(|grant| scope.maker.wants(grant.by) && of_part(grant.by));
    let mut statements: Vec<Value> = granted.filter_map(|grant| statement(scope, grant)).collect();
    if let Maker::Role(arn) = &scope.maker
        && of_part(By::Dockreg)
    {
        statements.push(json!({
            "Sid": "PassRole",
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": arn,
            "Condition": { "StringEquals": { "iam:PassedToService": resource::CLOUDFORMATION } },
        }));
    }
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// Characters of a policy as IAM counts them.
#[must_use]
pub fn characters(document: &Value) -> usize {
    document.to_string().chars().filter(|own| !own.is_whitespace()).count()
}

impl Maker {
    fn wants(&self, by: By) -> bool {
        match self {
            Self::Caller => true,
            Self::Role(_) => by != By::CloudFormation,
            Self::ThisRole => by != By::Dockreg,
        }
    }
}

/// One statement; `None` for a grant that this scope has no use for.
fn statement(scope: &Scope, grant: &Grant) -> Option<Value> {
    let resources = resource::arns(scope, grant.on);
    let mut conditions = resource::conditions(scope, grant.on)?;
    // Whoever holds the policy may do this through CloudFormation alone. A service role is not called for anybody.
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html (aws:CalledVia)
    if grant.by == By::CloudFormation && scope.maker == Maker::Caller {
        conditions.push(("ForAnyValue:StringEquals", "aws:CalledVia", json!(resource::CLOUDFORMATION)));
    }
    let mut statement = json!({
        "Sid": grant.sid,
        "Effect": "Allow",
        "Action": one_or_many(grant.actions.iter().map(|own| (*own).to_owned()).collect()),
        "Resource": one_or_many(resources),
    });
    if !conditions.is_empty() {
        let mut operators = Map::new();
        for (operator, key, value) in conditions {
            let keys = operators.entry(operator).or_insert_with(|| json!({}));
            keys[key] = value;
        }
        statement["Condition"] = Value::Object(operators);
    }
    Some(statement)
}

fn one_or_many(texts: Vec<String>) -> Value {
    match <[String; 1]>::try_from(texts) {
        Ok([one]) => json!(one),
        Err(many) => json!(many),
    }
}

#[cfg(test)]
mod tests;
