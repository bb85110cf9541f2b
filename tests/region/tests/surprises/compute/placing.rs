//! Where instances and load balancers can be, and what being elsewhere does.

use dockreg_region::service::ec2::network::NewInterface;
use serde_json::json;

use crate::client::connect;
use crate::rig::{HOST, Rig, TEMPLATE};

/// The template with its nodes in one subnet of their own.
fn nodes_in(subnet: &str) -> String {
    TEMPLATE.replace(r#""VPCZoneIdentifier": {"Ref": "Subnets"}"#, &format!(r#""VPCZoneIdentifier": ["{subnet}"]"#))
}

/// Makes two subnets, with this prefix length, in the first two zones, which lead out by `way_out` or nowhere; gives
/// their ids with a comma between.
fn subnets(rig: &Rig, way_out: Option<&str>, prefix: u8) -> String {
    let region = rig.running.region();
    region.world(|world| {
        let vpc = world.ec2.network.vpcs.keys().next().cloned().expect("a VPC");
        let zones = world.ec2.zones.clone();
        let made = zones.iter().take(2).enumerate().map(|(index, (zone, id))| {
            let cidr = format!("172.31.{}.0/{prefix}", 96 + index);
            let network = &mut world.ec2.network;
            network.create_subnet(&region, &vpc, (zone, id), &cidr, way_out).expect("a subnet")
        });
        made.collect::<Vec<_>>().join(",")
    })
}

/// Not every zone has every instance type: the group goes elsewhere if it can, and else for ever nowhere.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_03_a_zone_without_the_instance_type_gets_no_node() {
    let rig = Rig::new().await;
    let (a, e) = (rig.subnet('a'), rig.subnet('e'));
    let both = format!("{a},{e}");
    assert_eq!(rig.create(&[("Subnets", &both), ("Nodes", "2")]).await, "CREATE_COMPLETE", "{}", rig.story().await);
    let groups = rig.ask("autoscaling", "DescribeAutoScalingGroups", json!({})).await;
    let instances = groups["AutoScalingGroups"][0]["Instances"].as_array().cloned().unwrap_or_default();
    assert_eq!(instances.len(), 2);
    assert!(instances.iter().all(|one| one["AvailabilityZone"] == "us-east-1a"), "{instances:#?}");
    let failed = rig.activities().await.into_iter().find(|one| one["StatusCode"] == "Failed").expect("a failed launch");
    let message = failed["StatusMessage"].as_str().unwrap_or_default();
    assert!(
        message.starts_with(
            "Your requested instance type (t3.small) is not supported in your requested Availability Zone (us-east-1e)."
        ) && message.ends_with("Launching EC2 instance failed."),
        "{failed}"
    );

    let rig = Rig::new().await;
    assert_eq!(rig.create_from(&nodes_in(&rig.subnet('e')), &[]).await, "ROLLBACK_COMPLETE");
    assert!(rig.story().await.contains("Received 0 SUCCESS signal(s) out of 1"), "{}", rig.story().await);
}

/// A load balancer needs two zones, and eight free addresses in each of its subnets.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_03_a_load_balancer_needs_two_zones_and_room() {
    let rig = Rig::new().await;
    assert_eq!(rig.create(&[("Subnets", &rig.subnet('a'))]).await, "ROLLBACK_COMPLETE");
    let says = "At least two subnets in two different Availability Zones must be specified";
    assert!(rig.story().await.contains(says), "{}", rig.story().await);

    let rig = Rig::new().await;
    // A block of 16 has 11 addresses for the account.
    let subnets = subnets(&rig, Some("igw-1"), 28);
    let narrow = subnets.split(',').next().expect("a subnet").to_owned();
    let region = rig.running.region();
    region.world(|world| {
        for _ in 0..4 {
            let taken = NewInterface { subnet_id: narrow.clone(), ..NewInterface::default() };
            world.ec2.network.create_interface(&region, taken).expect("an address");
        }
    });
    assert_eq!(rig.create(&[("Subnets", &subnets)]).await, "ROLLBACK_COMPLETE");
    let says = format!("Not enough IP space available in {narrow}. ELB requires at least 8 free IP addresses");
    assert!(rig.story().await.contains(&says), "{}", rig.story().await);
}

/// Where a load balancer goes later is judged as where it was made: in its VPC, with room in each subnet that is new.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_03_a_load_balancer_changes_its_subnets_by_the_same_rules() {
    let rig = Rig::new().await;
    assert_eq!(rig.create(&[]).await, "CREATE_COMPLETE", "{}", rig.story().await);
    let narrow = subnets(&rig, Some("igw-1"), 29);
    assert_eq!(rig.update(&[("Subnets", &narrow)]).await, "UPDATE_ROLLBACK_COMPLETE");
    assert!(rig.story().await.contains("ELB requires at least 8 free IP addresses"), "{}", rig.story().await);
    let elsewhere = subnets(&rig, Some("igw-1"), 24);
    rig.running.region().world(|world| {
        for id in elsewhere.split(',') {
            world.ec2.network.subnets.get_mut(id).expect("a subnet").vpc_id = "vpc-0123456789abcdef0".to_owned();
        }
    });
    assert_eq!(rig.update(&[("Subnets", &elsewhere)]).await, "UPDATE_ROLLBACK_COMPLETE");
    assert!(rig.story().await.contains("All subnets must belong to the same VPC"), "{}", rig.story().await);
}

/// An internet-facing load balancer in private subnets is made without a word, and nobody reaches it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_04_a_public_load_balancer_in_private_subnets_is_not_reached() {
    let rig = Rig::new().await;
    let subnets = subnets(&rig, Some("nat-1"), 24);
    assert_eq!(rig.create(&[("Subnets", &subnets)]).await, "CREATE_COMPLETE", "{}", rig.story().await);
    assert!(rig.targets().await.iter().all(|(_, state, _)| state == "healthy"), "all is well, seen from inside");
    assert!(connect(&rig, HOST).await.is_err());
}

/// Nodes without a way out fetch nothing, and cannot even say so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_04_nodes_without_a_way_out_never_signal() {
    let rig = Rig::new().await;
    let lonely = subnets(&rig, None, 24).split(',').next().expect("a subnet").to_owned();
    assert_eq!(rig.create_from(&nodes_in(&lonely), &[]).await, "ROLLBACK_COMPLETE");
    assert!(rig.story().await.contains("Received 0 SUCCESS signal(s) out of 1"), "{}", rig.story().await);
}

/// Five vCPUs are enough for two nodes of two, and not for the third that a rolling update begins with.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_13_a_young_account_cannot_roll_two_nodes() {
    let rig = Rig::new().await;
    rig.running.region().world(|world| world.ec2.vcpu_quota = Some(5));
    assert_eq!(rig.create(&[("Nodes", "2")]).await, "CREATE_COMPLETE", "{}", rig.story().await);
    let before = rig.members("InService").await;
    let status = rig.update(&[("Nodes", "2"), ("Image", "registry:3.1")]).await;
    let story = rig.story().await;
    assert_eq!(status, "UPDATE_ROLLBACK_COMPLETE", "{story}");
    assert!(story.contains("Failed to receive 1 resource signal(s) for the current batch."), "{story}");
    let failed = rig.activities().await.into_iter().find(|one| one["StatusCode"] == "Failed").expect("a failed launch");
    let message = failed["StatusMessage"].as_str().unwrap_or_default();
    assert!(message.contains("your current vCPU limit of 5 allows for the instance bucket"), "{failed}");
    assert_eq!(rig.members("InService").await, before, "the old nodes are left");
}
