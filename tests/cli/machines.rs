//! The nodes' image: pinned when the stack is made, moved by `--upgrade` within its kind, and never exchanged for another.

use std::collections::BTreeSet;

use dockreg_region::Region;
use dockreg_region::service::ec2::instances::Lifecycle;
use serde_json::{Value, json};

use crate::harness::{Fixture, HOST, UP};

const DEBIAN: &str = "/aws/service/debian/release/13/latest/amd64";
const DEBIAN_ARM: &str = "/aws/service/debian/release/13/latest/arm64";
const OLD_DEBIAN: &str = "/aws/service/debian/release/12/latest/amd64";
const UBUNTU: &str = "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id";

fn set(image: &str) -> BTreeSet<String> {
    [image.to_owned()].into()
}

/// The image that a public parameter names at this moment.
fn current(region: &Region, parameter: &str) -> String {
    region.world(|world| world.ssm.value(parameter).expect("the parameter").1)
}

/// A newer image than the one that the parameter names: the parameter names it from now on.
fn published(region: &Region, parameter: &str, name: &str) -> String {
    let id = format!("ami-0{:0>16}", name.len());
    let old = current(region, parameter);
    region.world(|world| {
        let mut newer = world.ec2.images.iter().find(|image| image.image_id == old).expect("the image").clone();
        newer.image_id.clone_from(&id);
        newer.name = name.to_owned();
        world.ec2.images.push(newer);
        world.ssm.parameters.get_mut(parameter).expect("the parameter").values.push(id.clone());
    });
    id
}

/// The images that the nodes run, and the one that the stack's parameter names with its root device.
async fn images(fixture: &Fixture) -> (BTreeSet<String>, Value) {
    let region = fixture.region().region();
    let running = region.world(|world| {
        let all = world.ec2.instances.all().filter(|node| node.lifecycle == Lifecycle::Running);
        all.map(|node| node.image_id.clone()).collect()
    });
    let described = fixture.call("cloudformation", "DescribeStacks", json!({ "StackName": "docker-registry" })).await;
    let of = |key: &str| {
        let all = described["Stacks"][0]["Parameters"].as_array().into_iter().flatten();
        all.into_iter().find(|own| own["ParameterKey"] == key).map(|own| own["ParameterValue"].clone())
    };
    (running, json!([of("Ami"), of("RootDeviceName")]))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_image_stays_until_upgrade_moves_it_and_every_node() {
    let fixture = Fixture::new().await;
    let region = fixture.region().region();
    let first = current(&region, DEBIAN);
    fixture.run(&["up", "--domain", HOST, "--nodes", "2", "--yes"]).await.exits(0).ignored();
    let newer = published(&region, DEBIAN, "debian-13-amd64-20261120-2301");
    assert_ne!(newer, first);

    let before = fixture.mutations();
    fixture.run(&UP).await.exits(0).ignored();
    assert_eq!(fixture.mutations(), before, "a newer image alone is no change");
    for change in [&["--tag", "team=a"][..], &["--instance-type", "t3.medium"]] {
        fixture.run(&[&["up", "--yes"], change].concat()).await.exits(0).ignored();
        assert_eq!(images(&fixture).await, (set(&first), json!([first, "/dev/xvda"])), "{change:?}");
    }

    let planned = fixture.run(&["up", "--upgrade", "--dry-run"]).await.exits(0);
    assert!(planned.stdout.contains(&format!("ImageId: {first} → {newer}")), "{planned}");
    fixture.run(&["up", "--upgrade", "--yes"]).await.exits(0).ignored();
    assert_eq!(images(&fixture).await, (set(&newer), json!([newer, "/dev/xvda"])));

    let before = fixture.mutations();
    fixture.run(&["up", "--upgrade", "--yes"]).await.exits(0).ignored();
    assert_eq!(fixture.mutations(), before, "it is the newest");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_of_another_kind_is_never_exchanged_for_debian() {
    let fixture = Fixture::new().await;
    let region = fixture.region().region();
    let ubuntu = current(&region, UBUNTU);
    fixture.run(&["up", "--domain", HOST, "--ami", &ubuntu, "--yes"]).await.exits(0).ignored();
    let before = fixture.mutations();

    let upgraded = fixture.run(&["up", "--upgrade", "--yes"]).await.exits(1);
    let words =
        format!("the nodes' image {ubuntu} (ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20261015)");
    assert!(upgraded.stderr.contains(&format!("{words} is none of Debian's")), "{upgraded}");
    let debian = current(&region, DEBIAN);
    assert!(upgraded.stderr.contains(&format!("--ami; for Debian 13: --ami {debian}")), "{upgraded}");

    let armed = fixture.run(&["up", "--instance-type", "t4g.small", "--yes"]).await.exits(1);
    assert!(armed.stderr.contains(&format!("{words} is for x86_64 and t4g.small runs arm64")), "{armed}");
    let debian = current(&region, DEBIAN_ARM);
    assert!(armed.stderr.contains(&format!("for Debian 13: --ami {debian}")), "{armed}");

    region.world(|world| world.ec2.images.retain(|image| image.image_id != ubuntu));
    let gone = fixture.run(&["up", "--instance-type", "t3.medium", "--yes"]).await.exits(1);
    assert!(gone.stderr.contains(&format!("the nodes' image {ubuntu} is gone")), "{gone}");
    assert_eq!(fixture.mutations(), before, "nothing was changed");
    assert_eq!(images(&fixture).await, (set(&ubuntu), json!([ubuntu, "/dev/sda1"])));
}

/// A baked image may be named like Debian's: whose it is counts.
#[tokio::test(flavor = "multi_thread")]
async fn an_image_of_ones_own_is_none_of_debians_whatever_its_name() {
    let fixture = Fixture::new().await;
    let region = fixture.region().region();
    let baked = "ami-0123456789abcdef0";
    region.world(|world| {
        let mut own = world.ec2.images.first().expect("an image").clone();
        own.image_id = baked.to_owned();
        own.owner_id = "123456789012";
        world.ec2.images.push(own);
    });
    fixture.run(&["up", "--domain", HOST, "--ami", baked, "--yes"]).await.exits(0).ignored();
    let upgraded = fixture.run(&["up", "--upgrade", "--yes"]).await.exits(1);
    assert!(upgraded.stderr.contains("is none of Debian's"), "{upgraded}");
    assert_eq!(images(&fixture).await.0, set(baked));
}

#[tokio::test(flavor = "multi_thread")]
async fn debian_stays_the_release_it_is() {
    let fixture = Fixture::new().await;
    let region = fixture.region().region();
    let twelve = current(&region, OLD_DEBIAN);
    fixture.run(&["up", "--domain", HOST, "--ami", &twelve, "--yes"]).await.exits(0).ignored();
    let newer = published(&region, OLD_DEBIAN, "debian-12-amd64-20261121-2302");
    fixture.run(&["up", "--upgrade", "--yes"]).await.exits(0).ignored();
    assert_eq!(images(&fixture).await.0, set(&newer));
}

/// Another architecture needs another image: of the same release.
#[tokio::test(flavor = "multi_thread")]
async fn debian_follows_the_instance_type() {
    let fixture = Fixture::new().await;
    let region = fixture.region().region();
    fixture.run(&UP).await.exits(0).ignored();
    fixture.run(&["up", "--instance-type", "t4g.small", "--yes"]).await.exits(0).ignored();
    assert_eq!(images(&fixture).await.0, set(&current(&region, DEBIAN_ARM)));
}
