//! `down --delete-images` of a bucket that the stack did not make (`up --bucket`): it wants that bucket's name.

use dockreg_region::fault::{Effect, Fault};
use dockreg_region::service::s3::store::Object;
use dockreg_region::service::s3::{NewBucket, create_bucket};
use serde_json::json;

use crate::harness::{Fixture, HOST, Output};

const NAME: &str = "images-of-our-own";
const IMAGES: [&str; 5] = ["down", "--yes", "--delete-images", "--confirm-stack", "docker-registry"];
const CONFIRMED: &str = "dockreg down --yes --delete-images --confirm-stack docker-registry --confirm-bucket";

/// A registry that serves a bucket of one's own, with an object in it.
async fn served() -> Fixture {
    let fixture = Fixture::new().await;
    let new = NewBucket { name: NAME.to_owned(), location: "us-east-1".to_owned(), ..NewBucket::default() };
    create_bucket(&fixture.region().region(), new).await.expect("a bucket");
    fixture.region().region().world(|world| {
        let bucket = world.s3.bucket_mut(NAME).expect("the bucket");
        bucket.objects.insert("holidays.jpg".to_owned(), Object::new(vec![7; 1000], 0.0));
    });
    fixture.run(&["up", "--domain", HOST, "--bucket", NAME, "--yes"]).await.exits(0).ignored();
    fixture
}

async fn named(fixture: &Fixture, bucket: &str) -> Output {
    fixture.run(&[&IMAGES[..], &["--confirm-bucket", bucket]].concat()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_changed_until_the_bucket_is_named() {
    let fixture = served().await;
    let before = fixture.mutations().len();
    let unnamed = fixture.run(&IMAGES).await.exits(1);
    insta::assert_snapshot!("down_given_unnamed", unnamed.transcript());
    let other = named(&fixture, "holidays").await.exits(1);
    assert!(other.stderr.contains(&format!("--confirm-bucket says holidays, the bucket is {NAME}")), "{other}");
    assert_eq!(fixture.mutations().len(), before, "{:?}", fixture.mutations());
    let output = named(&fixture, NAME).await.exits(0);
    let told =
        format!("the bucket {NAME}, which is your own and not made by the stack, and all that is in it: 1 object");
    let said = output.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains(&told), "{output}");
    assert!(output.stdout.contains(&format!("the bucket {NAME} with 1 object are deleted")), "{output}");
    assert!(fixture.stacks().await.is_empty() && fixture.buckets().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_terminal_its_name_is_typed() {
    let fixture = served().await;
    let before = fixture.mutations().len();
    for (typed, code) in [("docker-registry\r", 1), ("images-of-our-own\r", 0)] {
        let mut terminal = fixture.terminal(&["down", "--delete-images"]);
        terminal.shows("Type the stack's name").await.types("docker-registry\r").await;
        terminal.shows("Type the bucket's name").await;
        assert_eq!(fixture.mutations().len(), before, "{:?}", fixture.mutations());
        terminal.types(typed).await;
        let output = terminal.ended().await.exits(code);
        assert_eq!(output.stdout.contains("nothing was changed"), code == 1, "{output}");
    }
    assert!(fixture.stacks().await.is_empty() && fixture.buckets().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_was_cut_off_is_finished_by_the_name_alone() {
    let fixture = served().await;
    fixture.plant(json!({ "operation": "DeleteObjects", "times": 1, "effect": "denied" }));
    let cut = named(&fixture, NAME).await.exits(3);
    assert!(cut.stderr.contains(&format!("next: to finish: {CONFIRMED} {NAME}")), "{cut}");
    assert!(fixture.stacks().await.is_empty());

    let unnamed = fixture.run(&IMAGES).await.exits(0);
    assert!(unnamed.stdout.contains(&format!("{CONFIRMED} NAME")), "{unnamed}");
    assert_eq!(fixture.buckets(), [NAME]);
    let declined =
        fixture.run_on_terminal(&["down", "--delete-images", "--confirm-bucket", NAME], "no\r").await.exits(1);
    assert!(declined.stdout.contains("which is your own and not made by the stack"), "{declined}");
    assert_eq!(fixture.buckets(), [NAME]);
    named(&fixture, NAME).await.exits(0).ignored();
    assert!(fixture.buckets().is_empty());
    let gone = named(&fixture, NAME).await.exits(0);
    assert!(gone.stdout.contains(&format!("and none named {NAME}")), "{gone}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_of_another_stack_is_not_this_ones() {
    let fixture = served().await;
    fixture.region().region().world(|world| {
        let tags = &mut world.s3.bucket_mut(NAME).expect("the bucket").tags;
        tags.push(("dockreg:stack".to_owned(), "other".to_owned()));
    });
    let refused = fixture.run(&IMAGES).await.exits(1);
    assert!(refused.stderr.contains(&format!("the bucket {NAME} is your own and not made by the stack")), "{refused}");
    assert_eq!(fixture.buckets(), [NAME]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_nobody_saw_before_the_stack_went_stays() {
    let fixture = served().await;
    fixture.region().region().plant(Fault {
        service: Some("s3".to_owned()),
        operation: Some("GetBucketLocation".to_owned()),
        times: Some(1),
        effect: Effect::Fail { code: "NoSuchBucket".into(), message: "no".into(), status: Some(404) },
        ..Fault::default()
    });
    let output = fixture.run(&IMAGES).await.exits(3);
    assert!(output.stderr.contains(&format!("the stack is deleted, the bucket {NAME} is not")), "{output}");
    assert!(output.stderr.contains(&format!("next: to finish: {CONFIRMED} {NAME}")), "{output}");
    assert_eq!(fixture.buckets(), [NAME]);
}
