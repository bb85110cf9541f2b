//! `down --delete-images`: counted before it is agreed to, and finished by the next run wherever one was cut short.

use dockreg_region::service::s3::store::Object;
use serde_json::json;

use crate::harness::{Fixture, UP, signal};

const DELETE: [&str; 5] = ["down", "--yes", "--delete-images", "--confirm-stack", "docker-registry"];

/// A registry with so many layers of a thousand bytes each; its bucket.
async fn with_layers(count: usize) -> (Fixture, String) {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    let bucket = fixture.buckets().remove(0);
    fixture.region().region().world(|world| {
        let objects = &mut world.s3.bucket_mut(&bucket).expect("the bucket").objects;
        objects.clear();
        objects.extend((0..count).map(|number| (format!("layer-{number:05}"), Object::new(vec![7; 1000], 0.0))));
    });
    (fixture, bucket)
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_and_bytes_are_counted_first_and_all_of_them_go() {
    let (fixture, bucket) = with_layers(2345).await;
    let mut terminal = fixture.terminal(&["down", "--delete-images"]);
    terminal.shows("Type the stack's name to delete it").await.types("docker-registry\r").await;
    let output = terminal.ended().await.exits(0);
    let said = output.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let counted = format!("delete the bucket {bucket} and every image in it: 2345 objects, 2345 KB.");
    assert!(said.contains(&counted), "no {counted:?} in\n{output}");
    assert!(output.stdout.contains("with 2345 objects are deleted"), "{output}");
    assert!(fixture.stacks().await.is_empty() && fixture.buckets().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_killed_after_the_stack_was_gone_is_finished_by_the_next() {
    // Two pages are counted first.
    for (operation, after) in
        [("ListObjectVersions", 2), ("DeleteObjects", 0), ("DeleteObjects", 1), ("DeleteBucket", 0)]
    {
        let (fixture, bucket) = with_layers(1500).await;
        fixture.plant(json!({ "operation": operation, "after": after, "times": 1, "effect": "stall" }));
        let child = fixture.spawn(&DELETE);
        let process = child.id().expect("a process").to_string();
        fixture.called(operation, after as usize + 1).await;
        signal(&process, "KILL");
        assert_eq!(fixture.ended(child, &DELETE).await.code, None);
        assert!(fixture.stacks().await.is_empty(), "{operation} {after}: the stack goes first");
        assert_eq!(fixture.buckets(), std::slice::from_ref(&bucket), "{operation} {after}");

        let plain = fixture.run(&["down", "--yes"]).await.exits(0);
        assert!(plain.stdout.contains(&format!("images are in the bucket {bucket}")), "{operation}: {plain}");
        assert!(plain.stdout.contains("dockreg down --yes --delete-images --confirm-stack docker-registry"), "{plain}");
        assert_eq!(fixture.buckets(), [bucket], "{operation} {after}");
        fixture.run(&DELETE).await.exits(0).ignored();
        assert!(fixture.buckets().is_empty(), "{operation} {after}");
        fixture.run(&DELETE).await.exits(0).ignored();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_cannot_be_deleted_is_left_behind_and_no_success() {
    let (fixture, bucket) = with_layers(1).await;
    fixture.plant(json!({ "operation": "DeleteBucket", "times": 2, "effect": "denied" }));
    for text in [format!("the bucket {bucket} is not"), format!("the bucket {bucket} is not deleted")] {
        let output = fixture.run(&DELETE).await.exits(3);
        assert!(output.stderr.contains(&text), "{output}");
        assert!(output.stderr.contains("next: to finish: dockreg down --yes --delete-images"), "{output}");
    }
    fixture.run(&DELETE).await.exits(0).ignored();
    assert!(fixture.buckets().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_of_images_that_takes_too_long_ends_by_timeout() {
    let (fixture, bucket) = with_layers(1).await;
    fixture.run(&["down", "--yes"]).await.exits(0).ignored();
    fixture.plant(json!({ "operation": "DeleteObjects", "times": 1, "effect": "stall" }));
    let output = fixture.run(&[&DELETE[..], &["--timeout", "3s"]].concat()).await.exits(3);
    assert!(output.stderr.contains("--timeout passed; some of the images are deleted, some are not"), "{output}");
    assert_eq!(fixture.buckets(), [bucket]);
    fixture.run(&DELETE).await.exits(0).ignored();
    assert!(fixture.buckets().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_object_is_one() {
    let (fixture, bucket) = with_layers(1).await;
    let output = fixture.run(&DELETE).await.exits(0);
    assert!(output.stderr.contains("every image in it: 1 object, 1000 bytes."), "{output}");
    assert!(output.stdout.contains(&format!("the bucket {bucket} with 1 object are deleted")), "{output}");
}
