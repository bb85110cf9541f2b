//! Tables of changes to a registry that stands.

use std::collections::BTreeSet;

use super::{Standing, change};
use crate::registry::network::{Route, Subnet, Vpc, Wish, ZoneKind};

/// Subnets `s-…` are public, `p-…` private; the last letter is the zone.
fn subnet(id: &str) -> Subnet {
    Subnet {
        id: id.into(),
        vpc: "vpc".into(),
        zone: id[2..].into(),
        zone_kind: ZoneKind::Availability,
        free_addresses: 100,
        is_default: true,
        route: if id.starts_with('s') { Route::InternetGateway } else { Route::Indirect },
    }
}

fn list(ids: &str) -> Vec<String> {
    ids.split_whitespace().map(str::to_owned).collect()
}

/// What comes of nodes and load balancer here, when it is asked for there.
fn outcome(standing: (&str, &str), asked: (&str, &str), change_more: impl Fn(&mut Wish, &mut Vec<Subnet>)) -> String {
    let mut subnets: Vec<_> = list("s-a s-b s-c s-d p-a p-b p-c").iter().map(|id| subnet(id)).collect();
    let mut wish = Wish {
        vpc: Some("vpc".into()),
        subnets: list(asked.0),
        load_balancer_subnets: list(asked.1),
        standing: Some(Standing {
            subnets: list(standing.0),
            load_balancer_subnets: list(if standing.1.is_empty() { standing.0 } else { standing.1 }),
            balancer_follows: standing.1.is_empty(),
        }),
        instance_type: "t3.small".into(),
        instance_zones: ["a", "b", "c", "d"].into_iter().map(str::to_owned).collect::<BTreeSet<_>>(),
        ..Wish::default()
    };
    change_more(&mut wish, &mut subnets);
    let ids = |subnets: &[&Subnet]| subnets.iter().map(|own| own.id.as_str()).collect::<Vec<_>>().join(" ");
    match change(&[Vpc { id: "vpc".into(), is_default: true }], &subnets, &wish) {
        Ok(selection) => format!("{} | {}", ids(&selection.subnets), ids(&selection.load_balancer_subnets)),
        Err(problem) => format!("{problem}: {}", problem.cure("up")),
    }
}

#[test]
fn what_is_not_said_stays_and_every_node_that_serves_is_served() {
    let left = |zones: &str| {
        format!(
            "the nodes that serve now are in {zones}, where the load balancer would have no subnet any more: it changes \
             first, and nobody would be served until new nodes are up"
        )
    };
    let bare =
        |subnet: &str, zone: &str| format!("subnet {subnet} lies in {zone}, where the load balancer has no subnet");
    let two = |nodes: &str, meanwhile: &str, last: &str| {
        format!(
            "in two steps every node stays served: `up --subnets {nodes} --load-balancer-subnets {meanwhile}`, then \
             `up --load-balancer-subnets {last}`"
        )
    };
    for (standing, asked, expected) in [
        // The load balancer goes where the nodes go, as far as it may.
        (("s-a s-b", ""), ("s-a s-b s-c", ""), "s-a s-b s-c | s-a s-b s-c".to_owned()),
        (("s-a s-b", ""), ("s-b", ""), "s-b | s-b s-a".to_owned()),
        (("s-a s-b", ""), ("p-a p-b", ""), "p-a p-b | s-a s-b".to_owned()),
        (
            ("s-a s-b", ""),
            ("s-c s-d", ""),
            format!("{}: {}", left("a and b"), two("s-c,s-d", "s-c,s-d,s-a,s-b", "s-c,s-d")),
        ),
        (("s-a s-b", ""), ("s-b s-c", ""), format!("{}: {}", left("a"), two("s-b,s-c", "s-b,s-c,s-a", "s-b,s-c"))),
        // Named once, it stays.
        (("p-a p-b", "s-a s-b"), ("", "s-a s-b s-c"), "p-a p-b | s-a s-b s-c".to_owned()),
        (("p-a p-b", "s-a s-b"), ("p-a", ""), "p-a | s-a s-b".to_owned()),
        (("p-a p-b", "s-a s-b"), ("p-b p-a", "s-b s-a"), "p-a p-b | s-a s-b".to_owned()),
        (("p-a", "s-a s-b"), ("p-c", ""), format!("{}: {}", bare("p-c", "c"), two("p-c", "s-c,s-a,s-b", "s-c,s-a"))),
        (
            ("p-a p-b", "s-a s-b"),
            ("p-a p-b p-c", ""),
            format!(
                "{}: let the load balancer be there too: `up --subnets p-a,p-b,p-c --load-balancer-subnets s-a,s-b,s-c`",
                bare("p-c", "c")
            ),
        ),
        // It alone leaves no node.
        (
            ("p-a p-b", "s-a s-b"),
            ("", "s-b s-c"),
            format!("{}: add a subnet of that zone to --load-balancer-subnets", bare("p-a", "a")),
        ),
        (
            ("s-a s-b", ""),
            ("s-c s-d", "s-c s-d"),
            format!("{}: {}", left("a and b"), two("s-c,s-d", "s-c,s-d,s-a,s-b", "s-c,s-d")),
        ),
    ] {
        assert_eq!(outcome(standing, asked, |_, _| {}), expected, "{standing:?} {asked:?}");
    }
}

#[test]
fn what_stands_is_not_judged_again_but_by_what_is_asked_anew() {
    let full = |_: &mut Wish, subnets: &mut Vec<Subnet>| {
        for own in subnets.iter_mut().filter(|own| own.zone != "c") {
            (own.free_addresses, own.route) = (0, Route::None);
        }
    };
    assert_eq!(outcome(("p-a p-b", "s-a s-b"), ("", "s-a s-b s-c"), full), "p-a p-b | s-a s-b s-c");
    let unfit = outcome(("p-a p-b", "s-a s-b"), ("", "s-a s-b s-d"), full);
    assert!(unfit.starts_with("subnet s-d: has 0 free addresses"), "{unfit}");
    let other_type = |wish: &mut Wish, _: &mut Vec<Subnet>| {
        wish.instance_zones.remove("a");
    };
    let unfit = outcome(("p-a p-b", "s-a s-b"), ("", "s-a s-b s-c"), other_type);
    assert!(unfit.starts_with("subnet p-a: a does not offer t3.small"), "{unfit}");
}
