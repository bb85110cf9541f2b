//! The policy as a whole: what it may never hold, and that IAM takes it.

use std::collections::BTreeSet;

use super::*;

fn scope(stack: &str, maker: Maker) -> Scope {
    Scope { region: "eu-central-1".to_owned(), stack_name: stack.to_owned(), maker, ..Scope::default() }
}

fn actions_of(document: &Value) -> BTreeSet<String> {
    let statements = document["Statement"].as_array().cloned().unwrap_or_default();
    let texts = |value: &Value| -> Vec<String> {
        match value {
            Value::Array(many) => many.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            one => one.as_str().map(str::to_owned).into_iter().collect(),
        }
    };
    statements.iter().flat_map(|statement| texts(&statement["Action"])).collect()
}

#[test]
fn each_action_is_granted_once_and_by_a_wildcard_only_what_cloudformation_reads() {
    let all = actions();
    let distinct: BTreeSet<_> = all.iter().collect();
    assert_eq!(all.len(), distinct.len());
    assert!(all.iter().all(|action| action.contains(':')), "{all:?}");
    for grant in PERMISSIONS.iter().filter(|grant| grant.by != By::CloudFormation) {
        assert!(grant.actions.iter().all(|action| !action.contains('*')), "{}", grant.sid);
    }
    assert!(all.iter().all(|action| !action.trim_end_matches(":Describe*").contains('*')), "{all:?}");
    let sids: BTreeSet<_> = PERMISSIONS.iter().map(|grant| grant.sid).collect();
    assert_eq!(sids.len(), PERMISSIONS.len());
}

/// The whole does not fit, each part does: a stack's name may have 128 characters.
#[test]
fn each_part_of_the_longest_policy_fits_in_one() {
    for maker in [
        Maker::Caller,
        Maker::Role(format!("arn:aws-us-gov:iam::123456789012:role/{}", "r".repeat(64))),
        Maker::ThisRole,
    ] {
        for part in [Part::First, Part::Second] {
            let long = Scope {
                bucket: Some("b".repeat(63)),
                permissions_boundary: Some(format!("arn:aws-us-gov:iam::123456789012:policy/{}", "p".repeat(128))),
                region: "us-gov-west-1".to_owned(),
                part: Some(part),
                ..scope(&"s".repeat(128), maker.clone())
            };
            let characters = characters(&document(&long));
            assert!(characters <= MAX_CHARACTERS, "{maker:?} {part:?}: {characters} characters");
        }
    }
}

#[test]
fn the_parts_are_the_whole() {
    let whole = document(&scope("s", Maker::Caller));
    let part = |part| document(&Scope { part: Some(part), ..scope("s", Maker::Caller) });
    let statements = |document: &Value| document["Statement"].as_array().cloned().unwrap_or_default();
    let both = [statements(&part(Part::First)), statements(&part(Part::Second))].concat();
    assert_eq!(both.len(), statements(&whole).len());
    assert!(statements(&whole).iter().all(|own| both.contains(own)));
}

#[test]
fn caller_and_role_together_hold_what_one_would() {
    let whole = actions_of(&document(&scope("s", Maker::Caller)));
    let caller = actions_of(&document(&scope("s", Maker::Role("arn:aws:iam::1:role/r".to_owned()))));
    let role = document(&scope("s", Maker::ThisRole));
    assert_eq!(caller.union(&actions_of(&role)).cloned().collect::<BTreeSet<_>>(), whole);
    assert!(!caller.contains("iam:CreateRole"));
    assert!(!role.to_string().contains("aws:CalledVia"), "a role is not called for anybody");
}

#[test]
fn what_makes_and_deletes_goes_through_cloudformation() {
    let document = document(&scope("s", Maker::Caller));
    let statements = document["Statement"].as_array().cloned().unwrap_or_default();
    let making = |statement: &&Value| {
        let text = statement["Action"].to_string();
        ["iam:Create", "iam:Attach", "iam:Pass", "ec2:Run", "ec2:Create", "ec2:Delete"]
            .iter()
            .any(|own| text.contains(own))
    };
    let found: Vec<_> = statements.iter().filter(making).collect();
    assert!(found.len() > 4);
    for statement in found {
        let via = &statement["Condition"]["ForAnyValue:StringEquals"]["aws:CalledVia"];
        assert_eq!(via, resource::CLOUDFORMATION, "{statement:#}");
    }
}

#[test]
fn a_boundary_bounds_the_role() {
    let arn = "arn:aws:iam::123456789012:policy/fence";
    let bounded = Scope { permissions_boundary: Some(arn.to_owned()), ..scope("s", Maker::Caller) };
    let document = document(&bounded);
    for sid in ["BoundedRole", "Boundary"] {
        let statements = document["Statement"].as_array().cloned().unwrap_or_default();
        let own = statements.iter().find(|statement| statement["Sid"] == sid).cloned().unwrap_or_default();
        assert_eq!(own["Condition"]["StringEquals"]["iam:PermissionsBoundary"], arn, "{sid}");
    }
    assert!(!actions_of(&super::document(&scope("s", Maker::Caller))).contains("iam:PutRolePermissionsBoundary"));
    assert!(!document.to_string().contains("DeleteRolePermissionsBoundary"), "who may take it away is not bounded");
}
