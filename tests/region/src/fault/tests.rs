//! How faults are read, and which calls they hit.

use std::time::Duration;

use super::{Fault, Faults};

fn faults(text: &str) -> Faults {
    let faults = Faults::default();
    for fault in Fault::read(text).expect("faults") {
        faults.add(fault);
    }
    faults
}

/// Whether a call by an operator is hit.
fn on_call(faults: &Faults, input: &str) -> bool {
    faults.on_call("cloudformation", "DescribeStacks", "arn:aws:iam::1:user/operator", input).is_some()
}

fn hits(faults: &Faults, calls: usize) -> Vec<bool> {
    (0..calls).map(|_| on_call(faults, "{\"StackName\":\"x\"}")).collect()
}

#[test]
fn a_fault_from_a_file_hits_as_often_as_it_says() {
    let faults = faults(
        r#"[{ "operation": "DescribeStacks", "resource": "\"x\"", "after": 1, "times": 2, "effect": "throttle" },
            { "service": "ec2", "effect": "cut_after" }]"#,
    );
    assert_eq!(hits(&faults, 5), [false, true, true, false, false]);
    assert!(!on_call(&faults, "{}"));
    let listed = faults.list();
    assert_eq!((&listed[0]["calls"], &listed[0]["hits"]), (&5.into(), &2.into()));
    assert_eq!(listed[0]["effect"], "throttle");
}

#[test]
fn a_fault_of_a_caller_lets_others_pass_and_does_not_count_them() {
    let faults = faults(r#"[{ "caller": "assumed-role/", "times": 1, "effect": "throttle" }]"#);
    assert_eq!(hits(&faults, 2), [false, false]);
    assert!(faults.on_call("s3", "GetObject", "arn:aws:sts::1:assumed-role/node/i-1", "{}").is_some());
    assert_eq!(faults.list()[0]["calls"], 1);
}

#[test]
fn a_probability_hits_its_share_and_the_same_calls_for_a_seed() {
    let drawn = |seed: u64| {
        hits(&faults(&format!(r#"[{{ "probability": 0.2, "seed": {seed}, "effect": "throttle" }}]"#)), 1000)
    };
    let one = drawn(3);
    assert_eq!(one, drawn(3));
    assert_ne!(one, drawn(4));
    let share = one.iter().filter(|hit| **hit).count();
    assert!((150..250).contains(&share), "{share} of 1000");
}

#[test]
fn a_fault_of_a_resource_hits_it_before_or_after_it_is_made() {
    let faults = faults(
        r#"[{ "operation": "CREATE", "resource": "Nodes", "effect": { "fail_resource": { "reason": "early" } } },
            { "resource": "Nodes", "after": 1, "after_effect": true, "effect": { "fail_resource": { "reason": "late" } } },
            { "resource": "Bucket", "effect": { "slow_resource": 60 } }]"#,
    );
    assert!(faults.on_call("cloudformation", "CREATE", "-", "Nodes").is_none());
    let first = faults.on_resource("Nodes", "CREATE");
    assert_eq!((first.failing(false).as_deref(), first.failing(true)), (Some("early"), None));
    let second = faults.on_resource("Nodes", "DELETE");
    assert_eq!((second.failing(false), second.failing(true).as_deref()), (None, Some("late")));
    assert_eq!(faults.on_resource("Nodes", "DELETE").failing(true), None);
    assert_eq!(faults.on_resource("Bucket", "CREATE").delay(), Duration::from_secs(60));
}

#[test]
fn what_is_wrong_with_faults_is_said() {
    for (text, problem) in [
        ("{}", "not an array of faults"),
        (r#"[{ "effect": "trottle" }]"#, "unknown variant `trottle`"),
        (r#"[{ "effect": "throttle", "time": 2 }]"#, "unknown field `time`"),
        (r#"[{ "effect": { "fail": { "code": "X", "message": "y", "sttus": 1 } } }]"#, "unknown field `sttus`"),
        (r#"[{ "effect": "throttle" }, { "probability": 1.5, "effect": "throttle" }]"#, "fault 2: probability"),
        (r#"[{ "effect": { "slow": -1 } }]"#, "seconds must be a number from 0"),
        (r#"[{ "effect": "cut_before", "after_effect": true }]"#, "after_effect goes with"),
        (r#"[{ "caller": "user/", "effect": { "slow_resource": 1 } }]"#, "caller goes with an effect on calls"),
        (r#"[{ "operation": "MAKE", "effect": { "slow_resource": 1 } }]"#, "CREATE, UPDATE, DELETE, not MAKE"),
    ] {
        let said = Fault::read(text).expect_err(text);
        assert!(said.contains(problem), "{said}");
    }
}
