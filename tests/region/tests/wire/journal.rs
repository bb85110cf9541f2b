//! The journal: requests and states in the order of time, printed when a test fails, never with a secret.

use std::process::Command;

use dockreg_region::fault::{Effect, Fault};

use crate::signer::{Ask, region};

const SECRET: &str = "a-secret-that-nobody-may-see";

/// Creates a stack with a secret in it and one resource that AWS refuses.
async fn eventful() -> dockreg_region::Running {
    let running = region().await;
    let template = r#"{"Parameters":{"Password":{"Type":"String","NoEcho":true}},"Resources":{
        "Kept":{"Type":"AWS::SecretsManager::Secret","Properties":{"Name":"kept","SecretString":{"Ref":"Password"}}},
        "Wrong":{"Type":"AWS::SSM::Parameter","DependsOn":"Kept","Properties":{"Name":"/wrong","Type":"String","Value":"x"}}}}"#;
    let effect = Effect::FailResource { reason: format!("{SECRET} is refused") };
    running.region().plant(Fault { resource: Some("Wrong".to_owned()), effect, ..Fault::default() });
    let encode = |text: &str| percent_encoding::utf8_percent_encode(text, dockreg_region::wire::UNRESERVED).to_string();
    let form = format!(
        "Action=CreateStack&Version=2010-05-15&StackName=eventful&TemplateBody={}&Parameters.member.1.ParameterKey=Password\
         &Parameters.member.1.ParameterValue={SECRET}",
        encode(template)
    );
    let answer = Ask::query("cloudformation", &form).answer(&running).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let mut ticks = tokio::time::interval(std::time::Duration::from_millis(5));
    while !running.region().journal.changes().iter().any(|change| change.state == "ROLLBACK_COMPLETE") {
        ticks.tick().await;
    }
    running
}

#[tokio::test]
async fn requests_and_states_are_in_it_and_no_secret() {
    let running = eventful().await;
    for _ in 0..3 {
        Ask::query("sts", "Action=GetCallerIdentity&Version=2011-06-15").answer(&running).await;
    }
    let timeline = running.region().journal.timeline();
    for part in ["CreateStack ", "stack eventful ", "eventful Kept ", "CREATE_FAILED", "ROLLBACK_COMPLETE", "×3"] {
        assert!(timeline.contains(part), "no {part} in\n{timeline}");
    }
    let place = |part: &str| timeline.find(part).unwrap_or_else(|| panic!("no {part} in\n{timeline}"));
    assert!(
        place("eventful Kept ") < place("eventful Wrong ") && place("eventful Wrong ") < place("GetCallerIdentity")
    );
    let lines = running.region().journal.lines();
    assert!(!timeline.contains(SECRET) && !lines.contains(SECRET), "{timeline}");
    assert!(lines.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
}

/// Fails when another test asks for it, to be looked at.
#[tokio::test]
async fn fails_on_request() {
    let running = eventful().await;
    #[expect(clippy::disallowed_methods, reason = "another run of this program is told so")]
    let asked = std::env::var("FAIL_ON_REQUEST").is_ok();
    assert!(!asked, "as requested");
    drop(running);
}

#[tokio::test]
async fn a_failing_test_prints_it() {
    let program = std::env::current_exe().expect("this program");
    let run = || {
        let mut command = Command::new(&program);
        command.args(["--exact", "journal::fails_on_request"]).env_remove("FAIL_ON_REQUEST");
        command
    };
    let failed = run().env("FAIL_ON_REQUEST", "1").output().expect("it runs");
    let said = String::from_utf8_lossy(&failed.stdout).into_owned() + &String::from_utf8_lossy(&failed.stderr);
    assert!(!failed.status.success(), "{said}");
    assert!(said.contains("what happened in the region") && said.contains("stack eventful"), "{said}");
    assert!(!said.contains(SECRET), "{said}");
    let passed = run().output().expect("it runs");
    let said = String::from_utf8_lossy(&passed.stdout).into_owned() + &String::from_utf8_lossy(&passed.stderr);
    assert!(passed.status.success() && !said.contains("what happened"), "{said}");
}
