//! `dockreg iam-policy`, given to a caller of a region that enforces it: enough for everything that dockreg does, and
//! nothing in it could be left out.

mod document;
mod scene;
mod scenes;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use scene::Scene;
use scenes::SCENES;

/// Regions at once: more only make each other slow.
const AT_ONCE: usize = 4;

/// How many actions are taken away in a usual test run; `DOCKREG_TEST_POLICY=all` takes each of them, and another value those
/// that it names, divided by commas.
const SAMPLE: usize = 8;

/// dockreg itself does without these: it knows less then, and `-vv` says why.
const OPTIONAL: [&str; 12] = [
    // What is in IAM is offered where ACM's certificates may not be listed.
    "acm:ListCertificates",
    // Why no node could be launched is not told.
    "autoscaling:DescribeScalingActivities",
    // Failures are told by the stack's events alone.
    "cloudformation:DescribeEvents",
    // A node that fails has no log to show.
    "ec2:DescribeInstances",
    "ec2:GetConsoleOutput",
    // Whether there is the key pair that was named is not checked.
    "ec2:DescribeKeyPairs",
    // Whether nodes may use the key of their disks is not checked.
    "ec2:GetEbsDefaultKmsKeyId",
    // A certificate that is one of several of a listener shows no user; AWS refuses to delete it all the same.
    "elasticloadbalancing:DescribeListenerCertificates",
    // A load balancer that uses a certificate is named without its stack.
    "elasticloadbalancing:DescribeTags",
    // Whether nodes can push into a bucket of one's own, and what heaps up in it, is not checked.
    "s3:GetEncryptionConfiguration",
    "s3:GetLifecycleConfiguration",
    // A limit of the account is not checked.
    "servicequotas:GetServiceQuota",
];

/// The policy without one action.
fn without(policy: &Value, action: &str) -> Value {
    let mut policy = policy.clone();
    let mut found = 0;
    let statements = policy["Statement"].as_array_mut().expect("statements");
    for statement in statements.iter_mut() {
        let actions = scene::texts(&statement["Action"]);
        let rest: Vec<_> = actions.iter().filter(|own| *own != action).cloned().collect();
        found += actions.len() - rest.len();
        statement["Action"] = rest.into();
    }
    assert_eq!(found, 1, "{action} in {policy:#}");
    statements.retain(|statement| statement["Action"].as_array().is_some_and(|actions| !actions.is_empty()));
    policy
}

/// Does all of it, a few at a time.
async fn all<T: Send + 'static>(jobs: impl Iterator<Item = impl Future<Output = T> + Send + 'static>) -> Vec<T> {
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    for job in jobs {
        let permits = permits.clone();
        running.spawn(async move {
            let _permit = permits.acquire_owned().await;
            job.await
        });
    }
    running.join_all().await
}

/// Plays a scene with the whole policy; gives the actions that it asked for, and how long it took.
async fn allowed(scene: &'static Scene) -> (&'static Scene, BTreeSet<String>, Duration) {
    let began = Instant::now();
    let stage = scene.set().await;
    let policy = stage.policy(scene).await;
    let last = stage.play(scene, &policy).await;
    assert!(last.as_expected, "{}: {}", scene.name, last.output);
    (scene, stage.asked(), began.elapsed())
}

/// Plays scenes without one action, until one is refused in a run, by the action's name. Otherwise, what was printed.
async fn refused(scenes: Vec<&'static Scene>, action: &'static str) -> Option<String> {
    let mut unnoticed = format!("without {action}");
    for scene in scenes {
        let stage = scene.set().await;
        let policy = stage.policy(scene).await;
        let last = stage.play(scene, &without(&policy, action)).await;
        let printed = stage.fixture.printed() + &last.output.stdout;
        let printed = printed.split_whitespace().collect::<Vec<_>>().join(" ");
        // Of a pattern, an action that it covers.
        let named = action.strip_suffix('*').map_or_else(|| format!("{action} "), str::to_owned);
        let is_named = printed.contains(&format!("not authorized to perform: {named}"));
        if is_named && (scene.is_awkward() || last.as_expected == OPTIONAL.contains(&action)) {
            return None;
        }
        unnoticed.push_str(&format!("\n{}, named: {is_named}\n{}", scene.name, last.output));
    }
    Some(unnoticed)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_is_enough_and_nothing_in_it_could_be_left_out() {
    let mut played = all(SCENES.iter().map(allowed)).await;
    // Where a run fails anyhow, an action is missed only if it is nowhere else.
    played.sort_by_key(|(scene, _, took)| (scene.is_awkward(), *took));
    let granted: BTreeSet<&'static str> = dockreg::registry::policy::actions().into_iter().collect();
    let asking = |action: &str| -> Vec<&'static Scene> {
        let covers = |own: &String| action.strip_suffix('*').map_or(own == action, |start| own.starts_with(start));
        played.iter().filter(|(_, asked, _)| asked.iter().any(covers)).map(|(scene, ..)| *scene).collect()
    };
    let unused: Vec<_> = granted.iter().filter(|action| asking(action).is_empty()).collect();
    assert!(unused.is_empty(), "no scene needs these: {unused:?}");

    #[expect(clippy::disallowed_methods, reason = "how a test is told to try everything")]
    let wanted = std::env::var("DOCKREG_TEST_POLICY").ok();
    // Another part of the list each day, and the same all day long.
    let day = jiff::Timestamp::now().as_second() / 86_400;
    let first = usize::try_from(day).unwrap_or_default() * SAMPLE % granted.len();
    let taken: Vec<&'static str> = match wanted.as_deref() {
        Some("all") => granted.iter().copied().collect(),
        Some(names) => names.split(',').filter_map(|name| granted.get(name).copied()).collect(),
        None => granted.iter().copied().cycle().skip(first).take(SAMPLE).collect(),
    };
    let taken = taken.into_iter().map(|action| refused(asking(action), action));
    let unnoticed: Vec<String> = all(taken.collect::<Vec<_>>().into_iter()).await.into_iter().flatten().collect();
    assert!(unnoticed.is_empty(), "{}", unnoticed.join("\n\n"));
}
