//! What AWS refuses that linters let pass, each with the words that the failed resource shows.

use super::rig::Rig;

async fn refused(parameters: &[(&str, &str)], says: &str) {
    let rig = Rig::new().await;
    let status = rig.create(parameters).await;
    let story = rig.story().await;
    assert_eq!(status, "ROLLBACK_COMPLETE", "{story}");
    assert!(story.contains(says), "{says}\n{story}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_needs_a_certificate_that_exists() {
    let arn = "arn:aws:iam::123456789012:server-certificate/none";
    refused(&[("Certificate", arn)], "not found").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_needs_a_template_that_can_be_launched() {
    refused(&[("InstanceType", "t9.huge")], "You must use a valid fully-formed launch template.").await;
    refused(&[("InstanceType", "t4g.small")], "does not match the architecture 'x86_64' of the specified AMI").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sizes_must_be_in_order() {
    refused(&[("Nodes", "3"), ("MaxNodes", "2")], "must be").await;
}
