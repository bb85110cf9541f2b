//! What a registry costs a month, by list prices of us-east-1. An estimate that says so. Pure.

use serde::Serialize;

/// When the prices were read from AWS's public pages.
pub const PRICES_OF: &str = "2026-11, us-east-1";

/// Hours in AWS's month.
const HOURS: f64 = 730.0;
/// A load balancer with hardly any traffic, per hour: its own price and a tenth of a capacity unit.
const LOAD_BALANCER: f64 = 0.0225 + 0.0008;
/// One public IPv4 address, per hour.
const PUBLIC_ADDRESS: f64 = 0.005;
/// One secret, per month.
const SECRET: f64 = 0.40;
/// One GB of gp3, per month.
const DISK: f64 = 0.08;
/// The root volume that the template gives a node, in GB.
const DISK_GB: f64 = 8.0;
/// One GB of images in S3, per month.
const IMAGES: f64 = 0.023;
/// The images assumed, in GB.
pub const IMAGES_GB: f64 = 50.0;
/// One GB of images in ECR, per month, for comparison.
const ECR: f64 = 0.10;

/// On-demand Linux prices per hour.
const INSTANCES: [(&str, f64); 14] = [
    ("t3.micro", 0.0104),
    ("t3.small", 0.0208),
    ("t3.medium", 0.0416),
    ("t3.large", 0.0832),
    ("t3a.small", 0.0188),
    ("t3a.medium", 0.0376),
    ("t4g.micro", 0.0084),
    ("t4g.small", 0.0168),
    ("t4g.medium", 0.0336),
    ("t4g.large", 0.0672),
    ("m5.large", 0.096),
    ("m6g.large", 0.077),
    ("m7g.large", 0.0816),
    ("c7g.large", 0.0725),
];

/// What decides the price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Size<'a> {
    /// The nodes' instance type.
    pub instance_type: &'a str,
    /// How many nodes.
    pub nodes: u32,
    /// Whether nodes have public addresses.
    pub node_addresses: bool,
    /// Zones of an internet-facing load balancer; none for an internal one.
    pub balancer_addresses: u32,
}

/// What a registry costs a month, in US dollars.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// Everything.
    pub total: f64,
    /// The same images in ECR.
    pub ecr: f64,
    /// Of the total: nodes with disks and addresses.
    pub nodes: f64,
    /// Of the total: the load balancer with its addresses.
    pub load_balancer: f64,
    /// Of the total: images and secrets.
    pub storage: f64,
}

impl Estimate {
    /// Nodes, load balancer and storage in whole dollars that add up to those of the total; each is off by less than one.
    #[must_use]
    pub fn whole_dollars(&self) -> [f64; 3] {
        let exact = [self.nodes, self.load_balancer, self.storage];
        let mut whole = exact.map(f64::floor);
        let lost = |part: usize| exact[part] - exact[part].floor();
        let mut parts = [0, 1, 2];
        parts.sort_by(|one, other| lost(*other).total_cmp(&lost(*one)));
        for part in parts {
            if whole.iter().sum::<f64>() < self.total.round() {
                whole[part] += 1.0;
            }
        }
        whole
    }
}

/// Estimates; `None` for an instance type whose price is not known here.
#[must_use]
pub fn estimate(size: &Size<'_>) -> Option<Estimate> {
    let (_, hourly) = INSTANCES.iter().find(|(name, _)| *name == size.instance_type)?;
    let address = if size.node_addresses { PUBLIC_ADDRESS } else { 0.0 };
    let nodes = f64::from(size.nodes) * ((hourly + address) * HOURS + DISK * DISK_GB);
    let load_balancer = (LOAD_BALANCER + f64::from(size.balancer_addresses) * PUBLIC_ADDRESS) * HOURS;
    let storage = IMAGES * IMAGES_GB + 3.0 * SECRET;
    let cents = |dollars: f64| (dollars * 100.0).round() / 100.0;
    Some(Estimate {
        total: cents(nodes + load_balancer + storage),
        ecr: cents(ECR * IMAGES_GB),
        nodes: cents(nodes),
        load_balancer: cents(load_balancer),
        storage: cents(storage),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_small_node_costs_about_45_dollars() {
        let size = Size { instance_type: "t3.small", nodes: 1, node_addresses: true, balancer_addresses: 2 };
        let total = estimate(&size).map(|estimate| estimate.total);
        assert!(total.is_some_and(|total| (44.0..50.0).contains(&total)), "{total:?}");
    }

    #[test]
    fn parts_add_up_to_the_total() {
        let kinds = INSTANCES.iter().flat_map(|(name, _)| (1..=9).map(move |nodes| (*name, nodes)));
        for (instance_type, nodes) in kinds {
            for (node_addresses, balancer_addresses) in [(true, 3), (false, 0)] {
                let size = Size { instance_type, nodes, node_addresses, balancer_addresses };
                let Some(cost) = estimate(&size) else { panic!("{size:?}") };
                let whole = cost.whole_dollars();
                assert!((whole.iter().sum::<f64>() - cost.total.round()).abs() < 0.001, "{cost:?} {whole:?}");
                let exact = [cost.nodes, cost.load_balancer, cost.storage];
                assert!(whole.iter().zip(exact).all(|(one, exact)| (one - exact).abs() < 1.0), "{cost:?} {whole:?}");
            }
        }
    }

    #[test]
    fn an_unknown_type_has_no_price() {
        let size = Size { instance_type: "z9.huge", nodes: 1, node_addresses: true, balancer_addresses: 2 };
        assert_eq!(estimate(&size), None);
    }
}
