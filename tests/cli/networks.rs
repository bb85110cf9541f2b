//! Networks that people have: private ones, closed ones, several; and what is open to whom.

use std::collections::BTreeSet;

use dockreg_region::service::ec2::instances::Lifecycle;
use dockreg_region::service::ec2::network::NatGateway;
use serde_json::{Value, json};

use crate::harness::{Fixture, HOST, Output};

/// Zones of the region, and the network that each test has in them.
const ZONES: [(&str, &str); 2] = [("us-east-1a", "use1-az4"), ("us-east-1b", "use1-az5")];

/// Public subnets, private ones behind a NAT gateway, and one that leads nowhere; of zones a and b.
pub struct Network {
    pub vpc: String,
    pub public: [String; 2],
    pub private: [String; 2],
    pub closed: String,
}

pub fn network(fixture: &Fixture) -> Network {
    let region = fixture.region().region();
    region.world(|world| {
        let network = &mut world.ec2.network;
        let vpc = network.vpcs.keys().next().expect("the default VPC").clone();
        let public = ZONES.map(|(zone, _)| {
            let found = network.subnets.values().find(|subnet| subnet.availability_zone == zone);
            found.expect("a subnet of each zone").subnet_id.clone()
        });
        let (id, subnet_id) = ("nat-0123456789abcdef0".to_owned(), public[0].clone());
        let nat = NatGateway { id: id.clone(), subnet_id, vpc_id: vpc.clone(), tags: Default::default() };
        network.nat_gateways.insert(id.clone(), nat);
        let mut create = |number: usize, way: Option<&str>| {
            let cidr = format!("172.31.{}.0/24", 96 + number);
            network.create_subnet(&region, &vpc, ZONES[number % 2], &cidr, way).expect("a subnet")
        };
        let private = [create(0, Some(&id)), create(1, Some(&id))];
        let closed = create(2, None);
        Network { vpc, public, private, closed }
    })
}

/// The region's own subnet of a zone.
pub fn subnet_of(fixture: &Fixture, zone: &str) -> String {
    fixture.region().region().world(|world| {
        let mut all = world.ec2.network.subnets.values();
        all.find(|own| own.availability_zone == zone && own.default_for_az).expect("a subnet").subnet_id.clone()
    })
}

pub async fn up(fixture: &Fixture, flags: &[&str]) -> Output {
    fixture.run(&[&["up", "--domain", HOST, "--yes"], flags].concat()).await
}

/// The stack's parameter.
pub async fn parameter(fixture: &Fixture, name: &str) -> String {
    let described = fixture.call("cloudformation", "DescribeStacks", json!({ "StackName": "docker-registry" })).await;
    let all = described["Stacks"][0]["Parameters"].as_array().cloned().unwrap_or_default();
    let own = all.iter().find(|own| own["ParameterKey"] == name).cloned().unwrap_or_default();
    own["ParameterValue"].as_str().unwrap_or_default().to_owned()
}

/// The subnets of the load balancer, and its scheme.
pub async fn balancer(fixture: &Fixture) -> (BTreeSet<String>, Value) {
    let answer = fixture.call("elbv2", "DescribeLoadBalancers", json!({})).await;
    let own = &answer["LoadBalancers"][0];
    let zones = own["AvailabilityZones"].as_array().cloned().unwrap_or_default();
    let subnets = zones.iter().filter_map(|zone| Some(zone["SubnetId"].as_str()?.to_owned())).collect();
    (subnets, own["Scheme"].clone())
}

/// Where the running nodes are, and whether one has a public address.
pub fn nodes(fixture: &Fixture) -> (BTreeSet<String>, bool) {
    fixture.region().region().world(|world| {
        let all = world.ec2.instances.all().filter(|one| one.lifecycle == Lifecycle::Running);
        (all.clone().map(|one| one.subnet_id.clone()).collect(), all.clone().any(|one| one.public_ip.is_some()))
    })
}

pub fn set(subnets: &[String]) -> BTreeSet<String> {
    subnets.iter().cloned().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_in_private_subnets_are_behind_a_load_balancer_in_public_ones() {
    let fixture = Fixture::new().await;
    let network = network(&fixture);
    up(&fixture, &["--subnets", &network.private.join(","), "--nodes", "2"]).await.exits(0).ignored();
    assert_eq!(balancer(&fixture).await, (set(&network.public), json!("internet-facing")));
    assert_eq!(nodes(&fixture), (set(&network.private), false));
    assert_eq!(parameter(&fixture, "NodePublicAddress").await, "false");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_subnet_of_nodes_is_enough() {
    let fixture = Fixture::new().await;
    let network = network(&fixture);
    let balancers = network.public.join(",");
    let flags = ["--subnets", &network.private[0], "--load-balancer-subnets", &balancers];
    up(&fixture, &flags).await.exits(0).ignored();
    assert_eq!(balancer(&fixture).await.0, set(&network.public));
    assert_eq!(nodes(&fixture).0, set(&network.private[..1]));
}

/// A load balancer must be in two zones, and takes the second by itself.
#[tokio::test(flavor = "multi_thread")]
async fn one_subnet_of_nodes_is_enough_without_another_word() {
    for private in [false, true] {
        let fixture = Fixture::new().await;
        let network = network(&fixture);
        let own = if private { &network.private[1] } else { &network.public[1] };
        let output = up(&fixture, &["--subnets", own]).await.exits(0);
        assert_eq!(nodes(&fixture), (set(std::slice::from_ref(own)), !private), "{output}");
        assert_eq!(balancer(&fixture).await.0, set(&network.public), "{output}");
        let again = up(&fixture, &["--subnets", own]).await.exits(0);
        assert!(again.stderr.contains("nothing to change"), "{again}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_zone_of_private_nodes_gets_a_public_subnet() {
    let fixture = Fixture::new().await;
    let network = network(&fixture);
    let third = subnet_of(&fixture, "us-east-1c");
    let mixed = [&network.private[0], &network.private[1], &third].map(String::as_str).join(",");
    up(&fixture, &["--subnets", &mixed]).await.exits(0).ignored();
    let mut expected = set(&network.public);
    expected.insert(third);
    assert_eq!(balancer(&fixture).await.0, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_zones_than_are_needed_may_be_named() {
    let fixture = Fixture::new().await;
    up(&fixture, &["--availability-zones", "us-east-1b,us-east-1c,us-east-1d"]).await.exits(0).ignored();
    assert_eq!(parameter(&fixture, "AvailabilityZones").await, "us-east-1b,us-east-1c");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_internal_registry_needs_no_public_subnet() {
    let fixture = Fixture::new().await;
    let network = network(&fixture);
    let private = network.private.join(",");
    let faced = up(&fixture, &["--load-balancer-subnets", &private]).await.exits(1);
    assert!(faced.stderr.contains("no route to an internet gateway"), "{faced}");
    assert!(faced.stderr.contains("name public subnets with --load-balancer-subnets, or say --internal"), "{faced}");
    assert!(fixture.mutations().is_empty(), "{:?}", fixture.mutations());
    up(&fixture, &["--subnets", &private, "--internal", "--no-verify"]).await.exits(0).ignored();
    assert_eq!(balancer(&fixture).await, (set(&network.private), json!("internal")));
    assert!(!nodes(&fixture).1, "no node has a public address");
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_could_fetch_nothing_are_refused_before_anything_is_made() {
    let fixture = Fixture::new().await;
    let network = network(&fixture);
    let balancers = network.public.join(",");
    let flags = ["--subnets", &network.closed, "--load-balancer-subnets", &balancers];
    let refused = up(&fixture, &flags).await.exits(1);
    assert!(refused.stderr.contains(&format!("subnet {}: has no route to the internet", network.closed)), "{refused}");
    assert!(refused.stderr.contains("give it a NAT gateway"), "{refused}");
    assert!(fixture.mutations().is_empty(), "{:?}", fixture.mutations());
    let image = fixture.region().region().world(|world| {
        let of_kind = world.ec2.images.iter().find(|image| image.architecture == "x86_64");
        of_kind.expect("an image").image_id.clone()
    });
    let planned = up(&fixture, &[&flags[..], &["--ami", &image, "--dry-run"]].concat()).await.exits(0);
    assert!(planned.stderr.contains("the VPC needs endpoints for S3"), "{planned}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_subnets_of_one_zone_are_refused_by_name() {
    let fixture = Fixture::new().await;
    let network = network(&fixture);
    let (first, second) = (&network.public[0], &network.private[0]);
    let refused = up(&fixture, &["--internal", "--subnets", &format!("{first},{second}")]).await.exits(1);
    let words = format!("subnets {first} and {second} both lie in us-east-1a");
    assert!(refused.stderr.contains(&words), "{refused}");
    assert!(fixture.mutations().is_empty(), "{:?}", fixture.mutations());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_without_a_default_vpc_wants_one_named() {
    let fixture = Fixture::new().await;
    let network = network(&fixture);
    fixture.region().region().world(|world| {
        world.ec2.network.vpcs.values_mut().for_each(|vpc| vpc.is_default = false);
        world.ec2.network.subnets.values_mut().for_each(|subnet| subnet.default_for_az = false);
    });
    let refused = up(&fixture, &[]).await.exits(1);
    assert!(refused.stderr.contains("this region has no default VPC"), "{refused}");
    assert!(fixture.mutations().is_empty(), "{:?}", fixture.mutations());
    up(&fixture, &["--vpc", &network.vpc]).await.exits(0).ignored();
    assert_eq!(balancer(&fixture).await.0.len(), 2);
}

/// The rules into a group whose description is this, as `PORT-PORT from SOURCE`.
async fn open(fixture: &Fixture, description: &str) -> BTreeSet<String> {
    let answer = fixture.call("ec2", "DescribeSecurityGroups", json!({})).await;
    let groups = answer["SecurityGroups"].as_array().cloned().unwrap_or_default();
    let name = |id: &Value| {
        let known = groups.iter().find(|group| group["GroupId"] == *id);
        known.and_then(|group| group["Description"].as_str()).unwrap_or("another group").to_owned()
    };
    let own = groups.iter().find(|group| group["Description"] == description).expect("the group");
    let mut found = BTreeSet::new();
    for rule in own["IpPermissions"].as_array().into_iter().flatten() {
        let ports = format!("{} {}-{}", rule["IpProtocol"], rule["FromPort"], rule["ToPort"]).replace('"', "");
        for range in rule["IpRanges"].as_array().into_iter().flatten() {
            found.insert(format!("{ports} from {}", range["CidrIp"].as_str().unwrap_or_default()));
        }
        for pair in rule["UserIdGroupPairs"].as_array().into_iter().flatten() {
            found.insert(format!("{ports} from {}", name(&pair["GroupId"])));
        }
    }
    found
}

fn rules<const N: usize>(rules: [&str; N]) -> BTreeSet<String> {
    rules.map(str::to_owned).into()
}

const OF_BALANCER: [&str; 2] = ["tcp 80-80 from Registry load balancer", "tcp 8081-8081 from Registry load balancer"];

#[tokio::test(flavor = "multi_thread")]
async fn what_is_open_is_open_to_those_who_were_named() {
    let fixture = Fixture::new().await;
    up(&fixture, &["--allowed-cidr", "203.0.113.0/24", "--admin-cidr", "198.51.100.7/32", "--no-verify"])
        .await
        .exits(0)
        .ignored();
    assert_eq!(open(&fixture, "Registry load balancer").await, rules(["tcp 443-443 from 203.0.113.0/24"]));
    let mut nodes = rules_for("Administrators of registry nodes");
    // Plain HTTP, port 80, is for the group alone.
    nodes.insert("tcp 22-22 from 198.51.100.7/32".to_owned());
    assert_eq!(open(&fixture, "Registry nodes").await, nodes);
    assert_eq!(open(&fixture, "Administrators of registry nodes").await, rules(["tcp 22-22 from 198.51.100.7/32"]));
    let described = fixture.call("cloudformation", "DescribeStacks", json!({ "StackName": "docker-registry" })).await;
    let outputs = described["Stacks"][0]["Outputs"].as_array().cloned().unwrap_or_default();
    let made = outputs.iter().find(|output| output["OutputKey"] == "AdminGroupId").expect("the group's id");
    assert_eq!(joined(&fixture, made["OutputValue"].as_str().expect("an id")), 0, "the nodes are not administrators");
}

/// The group's members reach the nodes; the nodes are not in it.
#[tokio::test(flavor = "multi_thread")]
async fn administrators_come_by_their_group() {
    let fixture = Fixture::new().await;
    let groups = fixture.call("ec2", "DescribeSecurityGroups", json!({})).await;
    let admins = groups["SecurityGroups"][0]["GroupId"].as_str().expect("the default group").to_owned();
    up(&fixture, &["--admin-security-group", &admins]).await.exits(0).ignored();
    let mut nodes = rules_for("default VPC security group");
    assert_eq!(open(&fixture, "Registry nodes").await, nodes);
    assert_eq!(joined(&fixture, &admins), 0, "the nodes are not administrators");

    // A range beside the group: no second group, and no node is replaced.
    let before = fixture.region().region().world(|world| world.ec2.instances.all().count());
    fixture.run(&["up", "--admin-cidr", "198.51.100.7/32", "--yes"]).await.exits(0).ignored();
    nodes.insert("tcp 22-22 from 198.51.100.7/32".to_owned());
    assert_eq!(open(&fixture, "Registry nodes").await, nodes);
    assert_eq!(fixture.region().region().world(|world| world.ec2.instances.all().count()), before);
    let groups = fixture.call("ec2", "DescribeSecurityGroups", json!({})).await;
    assert!(!groups.to_string().contains("Administrators of registry nodes"), "{groups:#}");
}

/// What is open on the nodes: to the load balancer, and on 22 and 80 to members of the group of this description.
fn rules_for(administrators: &str) -> BTreeSet<String> {
    let mut all = rules(OF_BALANCER);
    all.extend([22, 80].map(|port| format!("tcp {port}-{port} from {administrators}")));
    all
}

/// How many nodes are in a group.
fn joined(fixture: &Fixture, group: &str) -> usize {
    let region = fixture.region().region();
    region.world(|world| {
        world.ec2.instances.all().filter(|node| node.security_groups.iter().any(|own| own == group)).count()
    })
}
