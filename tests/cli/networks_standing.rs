//! The network of a standing registry: what is not said stays, and no change leaves a node that serves unserved.

use std::collections::BTreeSet;

use dockreg_region::starting;
use serde_json::{Value, json};

use crate::harness::{Fixture, HOST, Output};
use crate::networks::{Network, balancer, network, nodes, parameter, set, subnet_of, up};

/// The public subnets of zones c and d.
fn elsewhere(fixture: &Fixture) -> [String; 2] {
    ["us-east-1c", "us-east-1d"].map(|zone| subnet_of(fixture, zone))
}

/// A registry that stands, made with these flags; the region, as it then is, and how many changes it took.
async fn standing(flags: impl Fn(&Network) -> Vec<String>) -> (Fixture, Network, usize) {
    let fixture = Fixture::new().await;
    let network = network(&fixture);
    let flags = flags(&network);
    up(&fixture, &flags.iter().map(String::as_str).collect::<Vec<_>>()).await.exits(0).ignored();
    let changes = fixture.mutations().len();
    (fixture, network, changes)
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

/// A private subnet of this zone.
fn private_of(fixture: &Fixture, network: &Network, (zone, id): (&str, &str), cidr: &str) -> String {
    let region = fixture.region().region();
    region.world(|world| {
        let nat = world.ec2.network.nat_gateways.keys().next().expect("a NAT gateway").clone();
        world.ec2.network.create_subnet(&region, &network.vpc, (zone, id), cidr, Some(&nat)).expect("a subnet")
    })
}

/// Every instance there ever was.
fn instances(fixture: &Fixture) -> BTreeSet<String> {
    fixture.region().region().world(|world| world.ec2.instances.all().map(|one| one.id.clone()).collect())
}

/// The command lines of the hint, as they are typed.
fn steps(refused: &Output) -> Vec<Vec<String>> {
    let quoted = refused.stderr.split('`').skip(1).step_by(2);
    quoted.map(|line| line.split_whitespace().skip(1).map(str::to_owned).collect()).collect()
}

/// Types what the refusal says while clients connect all the time.
async fn follow(fixture: &Fixture, refused: &Output, count: usize) {
    let steps = steps(refused);
    assert_eq!(steps.len(), count, "{refused}");
    let clients = fixture.clients(4);
    for step in &steps {
        let words: Vec<_> = step.iter().map(String::as_str).chain(["--yes"]).collect();
        fixture.run(&words).await.exits(0).ignored();
    }
    let seen = clients.stop().await;
    assert!(seen.failures.is_empty(), "of {} connections failed {:?}", seen.leaves.len(), seen.failures);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_to_other_zones_is_refused_and_its_two_steps_lose_no_request() {
    let (fixture, _, changes) = standing(|_| owned(&["--nodes", "2"])).await;
    let new = elsewhere(&fixture);
    let refused = up(&fixture, &["--subnets", &new.join(",")]).await.exits(1);
    assert!(refused.stderr.contains("the nodes that serve now are in us-east-1a and us-east-1b"), "{refused}");
    assert_eq!(fixture.mutations().len(), changes, "{:?}", fixture.mutations());
    follow(&fixture, &refused, 2).await;
    assert_eq!(nodes(&fixture).0, set(&new));
    assert_eq!(balancer(&fixture).await.0, set(&new));
    assert_eq!(parameter(&fixture, "LoadBalancerSubnets").await, "", "it follows the nodes again");
    let again = up(&fixture, &["--subnets", &new.join(",")]).await.exits(0);
    assert!(again.stderr.contains("nothing to change"), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn both_kinds_of_subnets_named_at_once_are_judged_alike() {
    let (fixture, _, changes) = standing(|_| Vec::new()).await;
    let new = elsewhere(&fixture).join(",");
    let refused = up(&fixture, &["--subnets", &new, "--load-balancer-subnets", &new]).await.exits(1);
    assert!(refused.stderr.contains("the nodes that serve now are in us-east-1a"), "{refused}");
    let refused = up(&fixture, &["--load-balancer-subnets", &new]).await.exits(1);
    assert!(refused.stderr.contains("lies in us-east-1a, where the load balancer has no subnet"), "{refused}");
    assert_eq!(fixture.mutations().len(), changes, "{:?}", fixture.mutations());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_load_balancer_alone_changes_and_private_nodes_stay() {
    let (fixture, network, _) =
        standing(|network| owned(&["--nodes", "2", "--subnets", &network.private.join(",")])).await;
    let before = instances(&fixture);
    let mut wider = network.public.to_vec();
    wider.push(subnet_of(&fixture, "us-east-1c"));
    up(&fixture, &["--load-balancer-subnets", &wider.join(",")]).await.exits(0).ignored();
    assert_eq!(balancer(&fixture).await.0, set(&wider));
    assert_eq!(instances(&fixture), before, "the same nodes");
    assert_eq!(nodes(&fixture), (set(&network.private), false));
    assert_eq!(parameter(&fixture, "NodePublicAddress").await, "false");
}

#[tokio::test(flavor = "multi_thread")]
async fn private_nodes_move_with_public_subnets_in_front_of_them() {
    let (fixture, network, changes) = standing(|network| owned(&["--subnets", &network.private.join(",")])).await;
    let new = [
        private_of(&fixture, &network, ("us-east-1c", "use1-az6"), "172.31.101.0/24"),
        private_of(&fixture, &network, ("us-east-1d", "use1-az1"), "172.31.102.0/24"),
    ];
    let refused = up(&fixture, &["--subnets", &new.join(",")]).await.exits(1);
    assert!(refused.stderr.contains("lies in us-east-1c, where the load balancer has no subnet"), "{refused}");
    assert_eq!(fixture.mutations().len(), changes, "{:?}", fixture.mutations());
    follow(&fixture, &refused, 2).await;
    assert_eq!(nodes(&fixture), (nodes(&fixture).0.intersection(&set(&new)).cloned().collect(), false));
    assert_eq!(balancer(&fixture).await.0, set(&elsewhere(&fixture)));
}

#[tokio::test(flavor = "multi_thread")]
async fn load_balancer_subnets_of_before_are_not_left_behind() {
    let (fixture, network, changes) = standing(|network| {
        owned(&["--subnets", &network.public[0], "--load-balancer-subnets", &network.public.join(",")])
    })
    .await;
    let new = elsewhere(&fixture);
    let refused = up(&fixture, &["--subnets", &new.join(",")]).await.exits(1);
    assert_eq!(fixture.mutations().len(), changes, "{:?}", fixture.mutations());
    follow(&fixture, &refused, 2).await;
    assert_eq!(balancer(&fixture).await.0, set(&new));
    // Back to one of them, which the load balancer serves already.
    up(&fixture, &["--subnets", &new[0]]).await.exits(0).ignored();
    assert_eq!((nodes(&fixture).0, balancer(&fixture).await.0), (set(&new[..1]), set(&new)));
    drop(network);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_zone_more_takes_one_step() {
    let (fixture, network, _) = standing(|_| Vec::new()).await;
    let mut wider = network.public.to_vec();
    wider.push(subnet_of(&fixture, "us-east-1c"));
    let clients = fixture.clients(4);
    up(&fixture, &["--subnets", &wider.join(",")]).await.exits(0).ignored();
    let seen = clients.stop().await;
    assert!(seen.failures.is_empty(), "of {} connections failed {:?}", seen.leaves.len(), seen.failures);
    assert_eq!(balancer(&fixture).await.0, set(&wider));
}

#[tokio::test(flavor = "multi_thread")]
async fn zones_named_when_it_was_made_follow_the_subnets() {
    let (fixture, _, _) = standing(|_| owned(&["--availability-zones", "us-east-1a,us-east-1b"])).await;
    let new = elsewhere(&fixture);
    let refused = up(&fixture, &["--subnets", &new.join(",")]).await.exits(1);
    follow(&fixture, &refused, 2).await;
    assert_eq!(parameter(&fixture, "AvailabilityZones").await, "us-east-1c,us-east-1d");
    let refused = up(&fixture, &["--availability-zones", "us-east-1a,us-east-1b"]).await.exits(1);
    let words = format!("subnet {}: lies in us-east-1c, which --availability-zones leaves out", new[0]);
    assert!(refused.stderr.contains(&words), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_internal_registry_stays_one_without_the_word() {
    let (fixture, network, _) =
        standing(|network| owned(&["--internal", "--no-verify", "--subnets", &network.private.join(",")])).await;
    let third = private_of(&fixture, &network, ("us-east-1c", "use1-az6"), "172.31.101.0/24");
    let mut wider = network.private.to_vec();
    wider.push(third);
    up(&fixture, &["--no-verify", "--subnets", &wider.join(",")]).await.exits(0).ignored();
    assert_eq!(balancer(&fixture).await, (set(&wider), json!("internal")));
}

/// Where nodes and load balancer are, neither is judged again.
#[tokio::test(flavor = "multi_thread")]
async fn subnets_that_would_not_be_chosen_today_are_kept() {
    let (fixture, network, _) = standing(|network| owned(&["--subnets", &network.private.join(",")])).await;
    fixture.region().region().world(|world| {
        for table in world.ec2.network.route_tables.values_mut() {
            table.routes.retain(|route| route.nat_gateway_id.is_none());
        }
    });
    let wider = format!("{},{}", network.public.join(","), subnet_of(&fixture, "us-east-1c"));
    up(&fixture, &["--load-balancer-subnets", &wider]).await.exits(0).ignored();
    assert_eq!(balancer(&fixture).await.0.len(), 3);
    let refused = up(&fixture, &["--subnets", &network.private[0], "--instance-type", "m99.huge"]).await.exits(1);
    assert!(refused.stderr.contains("there is no instance type m99.huge"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_vpc_is_refused() {
    let (fixture, network, changes) = standing(|_| Vec::new()).await;
    let other = "vpc-0123456789abcdef0";
    fixture.region().region().world(|world| {
        let mut vpc = world.ec2.network.vpcs[&network.vpc].clone();
        (vpc.vpc_id, vpc.is_default) = (other.to_owned(), false);
        world.ec2.network.vpcs.insert(other.to_owned(), vpc);
    });
    let refused = up(&fixture, &["--vpc", other, "--region", "us-east-1"]).await.exits(1);
    assert!(
        refused.stderr.contains(&format!("is in {}, and no load balancer moves to another", network.vpc)),
        "{refused}"
    );
    let typed = format!("`dockreg down --region us-east-1`, then `dockreg up --region us-east-1 --vpc {other}` again");
    assert!(refused.stderr.contains(&typed), "{refused}");
    assert_eq!(fixture.mutations().len(), changes, "{:?}", fixture.mutations());
    let same = up(&fixture, &["--vpc", &network.vpc]).await.exits(0);
    assert!(same.stderr.contains("nothing to change"), "{same}");
}

/// What is named as it is, in whatever order, replaces no node.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_network_changes_nothing() {
    let (fixture, network, changes) = standing(|_| Vec::new()).await;
    let [first, second] = &network.public;
    let turned = format!("{second},{first}");
    let same = up(&fixture, &["--subnets", &turned, "--load-balancer-subnets", &turned]).await.exits(0);
    assert!(same.stderr.contains("nothing to change"), "{same}");
    assert_eq!(fixture.mutations().len(), changes, "{:?}", fixture.mutations());
    assert!(same.stdout.contains(HOST) || same.stderr.contains(HOST), "{same}");
}

/// The parameters of 2014, zones among them, given to the template alone: `up` without a flag changes nothing about them,
/// and pins the image that the nodes have, though there is a newer one.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_template_alone_was_launched_with_stays() {
    let fixture = Fixture::new().await;
    let network = network(&fixture);
    let groups = fixture.call("ec2", "DescribeSecurityGroups", json!({})).await;
    let certificate = fixture.in_iam().await.pop().expect("the region's own");
    let given = [
        ("VpcId", network.vpc.clone()),
        ("Subnets", network.public.join(",")),
        ("AvailabilityZones", "us-east-1b,us-east-1a".to_owned()),
        ("SslCertificate", certificate),
        ("DnsPrefix", "docker".to_owned()),
        ("DnsZone", "example.test".to_owned()),
        ("AdminSecurityGroup", groups["SecurityGroups"][0]["GroupId"].as_str().unwrap_or_default().to_owned()),
        ("HealthCheckGracePeriod", "500".to_owned()),
    ];
    let body = fixture.run(&["template"]).await.exits(0).stdout;
    let parameters = given.map(|(key, value)| json!({ "ParameterKey": key, "ParameterValue": value }));
    let input = json!({ "StackName": "docker-registry", "TemplateBody": body, "Parameters": parameters,
        "Capabilities": ["CAPABILITY_IAM"] });
    fixture.call("cloudformation", "CreateStack", input).await;
    fixture.until_status("CREATE_COMPLETE").await;
    let look = async || {
        let input = json!({ "StackName": "docker-registry" });
        let stack = fixture.call("cloudformation", "DescribeStacks", input).await;
        let parameters = stack["Stacks"][0]["Parameters"].as_array().cloned().unwrap_or_default();
        let (image, others): (Vec<Value>, Vec<Value>) =
            parameters.into_iter().partition(|own| own["ParameterKey"] == "Ami");
        (others, balancer(&fixture).await, instances(&fixture), image)
    };
    let before = look().await;
    assert_eq!(before.3[0]["ParameterValue"], "");
    let region = fixture.region().region();
    let images =
        || region.world(|world| world.ec2.instances.all().map(|own| own.image_id.clone()).collect::<BTreeSet<_>>());
    let present = images();
    let parameter = "/aws/service/debian/release/13/latest/amd64";
    let newer = region.world(|world| starting::release(&region, world, parameter, "debian-13-amd64-20261116-2297"));
    assert!(newer.is_some_and(|newer| !present.contains(&newer)));
    fixture.run(&["up", "--yes"]).await.exits(0).ignored();
    let after = look().await;
    assert_eq!((&after.0, &after.1, &after.2), (&before.0, &before.1, &before.2));
    assert_eq!((images().len(), &images()), (1, &present));
    assert!(present.contains(after.3[0]["ParameterValue"].as_str().unwrap_or_default()), "{:?}", after.3);
    let [first, second] = &network.public;
    fixture.run(&["up", "--yes", "--subnets", &format!("{second},{first}")]).await.exits(0).ignored();
    assert_eq!((look().await.1, look().await.2), (before.1, before.2));
}

/// A registry whose nodes are of a type that every zone has, in these zones; and their subnets.
async fn small_in(zones: &[&str]) -> (Fixture, BTreeSet<String>) {
    let fixture = Fixture::new().await;
    let subnets: Vec<_> = zones.iter().map(|zone| subnet_of(&fixture, zone)).collect();
    up(&fixture, &["--instance-type", "t2.small", "--subnets", &subnets.join(",")]).await.exits(0).ignored();
    (fixture, set(&subnets))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_that_no_zone_of_the_nodes_offers_is_refused_before_anything_is_changed() {
    let (mut fixture, _) = small_in(&["us-east-1e"]).await;
    let changes = fixture.mutations().len();
    let refused = fixture.run(&["up", "--instance-type", "t3.medium", "--yes"]).await.exits(1);
    let words = "us-east-1e does not offer t3.medium, and the nodes of docker-registry are in no other zone";
    assert!(refused.stderr.contains(words), "{refused}");
    assert!(refused.stderr.contains("name --subnets in zones that offer it: us-east-1a, us-east-1b"), "{refused}");
    fixture.set("DOCKREG_INSTANCE_TYPE", "t3.medium");
    let refused = fixture.run(&["up", "--dry-run"]).await.exits(1);
    assert!(refused.stderr.contains(words), "{refused}");
    assert_eq!(fixture.mutations().len(), changes, "{:?}", fixture.mutations());
    fixture.set("DOCKREG_INSTANCE_TYPE", "t2.medium");
    fixture.run(&["up", "--yes"]).await.exits(0).ignored();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_that_one_of_two_zones_does_not_offer_is_a_warning() {
    let (fixture, before) = small_in(&["us-east-1a", "us-east-1e"]).await;
    let warned = fixture.run(&["up", "--instance-type", "t3.medium", "--nodes", "2", "--yes"]).await.exits(0);
    let words = "us-east-1e does not offer t3.medium: every node will be in us-east-1a";
    assert!(warned.stderr.contains(words), "{warned}");
    let a = subnet_of(&fixture, "us-east-1a");
    assert!(before.contains(&a));
    assert_eq!(nodes(&fixture).0, set(&[a]));
    // It is said once, with the change.
    let again = fixture.run(&["up", "--instance-type", "t3.medium", "--yes"]).await.exits(0);
    assert!(!again.stderr.contains("does not offer"), "{again}");
}
