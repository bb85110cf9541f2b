//! What is typed wrong is said in words that name what would be right, before anything is asked of AWS.

use crate::harness::{Fixture, HOST};

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_cannot_be_meant_is_refused_before_aws_is_asked() {
    let fixture = Fixture::new().await;
    for (flags, said) in [
        (&["--nodes", "many"][..], "it is a whole number from 1 to 10"),
        (&["--nodes", "11"], "it is a whole number from 1 to 10"),
        (&["--health-check-grace-period", "soon"], "it is a whole number from 1 to 7200"),
        (&["--image", "registry:2:3"], "is not the name of an image such as registry:3"),
        (&["--image", "registry:2"], "an AWS SDK older than IMDSv2"),
        (&["--image", "123456789012.dkr.ecr.us-east-1.amazonaws.com/registry:3"], "nodes pull without a login"),
    ] {
        let output = fixture.run(&[&["up", "--domain", HOST, "--yes"], flags].concat()).await.exits(2);
        assert!(output.stderr.contains(said), "{output}");
    }
    let output = fixture.run(&["up", "--dns-prefix", "docker", "--dns-zone", "none", "--yes"]).await.exits(2);
    assert!(output.stderr.contains("--dns-prefix needs the zone's name, and --dns-zone says none"), "{output}");
    assert!(output.stderr.contains("next: write --domain HOST"), "{output}");
    assert_eq!(fixture.region().region().journal.entries().len(), 0, "AWS was asked");
}
