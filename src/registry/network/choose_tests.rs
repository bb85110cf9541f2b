//! Tables of networks: the default VPC as AWS makes it, and the ones that people have.

use std::collections::BTreeSet;

use super::{NetworkProblem, Wish, choose};
use crate::registry::network::{Route, Subnet, Vpc, ZoneKind};

fn vpcs() -> Vec<Vpc> {
    vec![Vpc { id: "vpc-own".into(), is_default: false }, Vpc { id: "vpc-default".into(), is_default: true }]
}

fn subnet(id: &str, zone: &str) -> Subnet {
    Subnet {
        id: id.into(),
        vpc: "vpc-default".into(),
        zone: zone.into(),
        zone_kind: ZoneKind::Availability,
        free_addresses: 4091,
        is_default: true,
        route: Route::InternetGateway,
    }
}

fn wish() -> Wish {
    Wish {
        instance_type: "t3.small".into(),
        instance_zones: ["a", "b", "c"].into_iter().map(str::to_owned).collect::<BTreeSet<_>>(),
        ..Wish::default()
    }
}

fn ids(selection: &[&Subnet]) -> String {
    selection.iter().map(|subnet| subnet.id.as_str()).collect::<Vec<_>>().join(" ")
}

/// The chosen subnets as `nodes | balancer`, or the problem.
fn outcome(subnets: &[Subnet], wish: &Wish) -> String {
    match choose(&vpcs(), subnets, wish) {
        Ok(selection) => format!("{} | {}", ids(&selection.subnets), ids(&selection.load_balancer_subnets)),
        Err(problem) => problem.to_string(),
    }
}

fn named(subnets: &[&str], balancer: &[&str]) -> Wish {
    let owned = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect();
    Wish { subnets: owned(subnets), load_balancer_subnets: owned(balancer), ..wish() }
}

#[test]
fn two_fitting_zones_of_the_default_vpc_are_chosen() {
    let mut subnets = vec![subnet("s-d", "d"), subnet("s-c", "c"), subnet("s-b", "b"), subnet("s-a", "a")];
    assert_eq!(outcome(&subnets, &wish()), "s-a s-b | s-a s-b");
    subnets[3].free_addresses = 7;
    assert_eq!(outcome(&subnets, &wish()), "s-b s-c | s-b s-c");
    subnets[2].route = Route::Indirect;
    assert_eq!(
        outcome(&subnets, &wish()),
        "a load balancer needs fitting subnets in two zones, and vpc-default has 1; s-a has 7 free addresses, 8 are \
         needed; s-b has no route to an internet gateway, which an internet-facing load balancer needs; d does not \
         offer t3.small"
            .replace("; d does", "; s-d d does")
    );
    assert_eq!(outcome(&subnets, &Wish { internal: true, ..wish() }), "s-b s-c | s-b s-c");
}

#[test]
fn default_subnets_come_before_others_of_the_zone_and_local_zones_never() {
    let mut own = subnet("s-own", "a");
    own.is_default = false;
    let mut local = subnet("s-local", "a-bos-1a");
    local.zone_kind = ZoneKind::Other;
    let subnets = [own, local, subnet("s-a", "a"), subnet("s-b", "b")];
    assert_eq!(outcome(&subnets, &wish()), "s-a s-b | s-a s-b");
    let rejected = choose(&vpcs(), &subnets, &wish()).map(|selection| selection.rejected).unwrap_or_default();
    let reasons: Vec<_> = rejected.iter().map(|rejected| format!("{} {}", rejected.subnet, rejected.why)).collect();
    assert_eq!(
        reasons,
        ["s-own fits, but is not needed", "s-local lies in a-bos-1a, which is no availability zone proper"]
    );
}

#[test]
fn availability_zones_narrow_the_choice() {
    let subnets = [subnet("s-a", "a"), subnet("s-b", "b"), subnet("s-c", "c")];
    let narrowed = Wish { availability_zones: vec!["b".into(), "c".into()], ..wish() };
    assert_eq!(outcome(&subnets, &narrowed), "s-b s-c | s-b s-c");
}

#[test]
fn named_subnets_are_checked_and_never_replaced() {
    let mut private_a = subnet("p-a", "a");
    private_a.route = Route::Indirect;
    let mut private_b = subnet("p-b", "b");
    private_b.route = Route::Indirect;
    let mut closed = subnet("closed", "c");
    closed.route = Route::None;
    let mut foreign = subnet("foreign", "b");
    foreign.vpc = "vpc-own".into();
    let subnets = [
        subnet("s-a", "a"),
        subnet("s-a2", "a"),
        subnet("s-b", "b"),
        subnet("s-d", "d"),
        private_a,
        private_b,
        closed,
        foreign,
    ];
    for (nodes, balancer, expected) in [
        (&["s-a", "s-b"][..], &[][..], "s-a s-b | s-a s-b"),
        (&["p-a", "p-b"], &[], "p-a p-b | s-a s-b"),
        (&["p-a"], &["s-a", "s-b"], "p-a | s-a s-b"),
        (&[], &["s-a", "s-b"], "s-a s-b | s-a s-b"),
        (&["s-a", "s-a2"], &[], "subnets s-a and s-a2 both lie in a; a load balancer takes one subnet of each zone"),
        (&["s-b"], &[], "s-b | s-b s-a"),
        (&["p-b"], &[], "p-b | s-b s-a"),
        (&["s-a", "p-b"], &[], "s-a p-b | s-a s-b"),
        (&["s-a"], &["s-a"], "a load balancer needs fitting subnets in two zones, and vpc-default has 1"),
        (&["s-a", "s-d"], &[], "subnet s-d: d does not offer t3.small"),
        (&["s-a", "s-x", "s-y"], &[], "there is no subnet s-x or s-y in this region"),
        (&["s-a", "foreign"], &[], "subnet foreign lies in vpc-own, not in vpc-default"),
        (&["s-b"], &["s-a", "s-d"], "subnet s-b lies in b, where the load balancer has no subnet"),
        (
            &["p-a"],
            &["p-a", "p-b"],
            "subnet p-a: has no route to an internet gateway, which an internet-facing load balancer needs",
        ),
        (
            &["closed"],
            &["s-a", "s-b"],
            "subnet closed: has no route to the internet; nodes fetch packages and the image from there",
        ),
    ] {
        assert_eq!(outcome(&subnets, &named(nodes, balancer)), expected, "{nodes:?} {balancer:?}");
    }
}

#[test]
fn a_second_zone_is_the_load_balancers_alone_and_must_fit_it() {
    let mut private = subnet("p-b", "b");
    private.route = Route::Indirect;
    let mut crowded = subnet("s-c", "c");
    crowded.free_addresses = 3;
    let mut subnets = vec![subnet("s-a", "a"), private, crowded];
    assert_eq!(
        outcome(&subnets, &named(&["s-a"], &[])),
        "a load balancer needs fitting subnets in two zones, and vpc-default has 1; p-b has no route to an internet \
         gateway, which an internet-facing load balancer needs; s-c has 3 free addresses, 8 are needed"
    );
    // No node is to be there, so it need not offer the instance type; zones that were named come first.
    subnets.extend([subnet("s-d", "d"), subnet("s-e", "e")]);
    assert_eq!(outcome(&subnets, &named(&["s-a"], &[])), "s-a | s-a s-d");
    let zones = Wish { availability_zones: vec!["a".into(), "e".into()], ..named(&["s-a"], &[]) };
    assert_eq!(outcome(&subnets, &zones), "s-a | s-a s-e");
}

#[test]
fn nodes_with_an_image_of_ones_own_may_be_closed_in_where_that_is_said() {
    let mut closed = subnet("closed", "a");
    closed.route = Route::None;
    let subnets = [closed, subnet("s-a", "a"), subnet("s-b", "b")];
    let own = |wish: Wish| Wish { own_image: true, ..wish };
    assert_eq!(outcome(&subnets, &own(named(&["closed"], &["s-a", "s-b"]))), "closed | s-a s-b");
    assert_eq!(outcome(&subnets, &own(wish())), "s-a s-b | s-a s-b", "none is chosen unasked");
}

#[test]
fn nodes_behind_nat_need_no_public_address() {
    let mut private = [subnet("p-a", "a"), subnet("p-b", "b")];
    private.iter_mut().for_each(|subnet| subnet.route = Route::Indirect);
    let subnets = [private[0].clone(), private[1].clone(), subnet("s-a", "a"), subnet("s-b", "b")];
    let public = |wish: &Wish| choose(&vpcs(), &subnets, wish).map(|selection| selection.node_public_address);
    assert_eq!(public(&wish()), Ok(true));
    assert_eq!(public(&named(&["p-a", "p-b"], &[])), Ok(false));
}

#[test]
fn a_missing_vpc_is_named() {
    let none: [Vpc; 0] = [];
    assert_eq!(choose(&none, &[], &wish()), Err(NetworkProblem::NoDefaultVpc));
    let wanted = Wish { vpc: Some("vpc-x".into()), ..wish() };
    assert_eq!(outcome(&[], &wanted), "there is no VPC vpc-x in this region");
}
