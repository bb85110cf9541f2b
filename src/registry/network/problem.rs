//! Why a subnet or a whole network does not fit, and what to do about it. Pure.

use serde::Serialize;
use thiserror::Error;

use super::Steps;

/// A load balancer wants this many free addresses in each of its subnets.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html>
pub(super) const MIN_FREE_ADDRESSES: u32 = 8;

/// A subnet that was passed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rejected {
    /// Its id.
    pub subnet: String,
    /// Why.
    pub why: Rejection,
}

/// Why a subnet does not fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rejection {
    /// It lies in a zone that was not asked for.
    ZoneNotWanted(String),
    /// It lies in a Local Zone, Wavelength Zone or Outpost.
    ZoneKind(String),
    /// Its zone does not offer the instance type.
    NotOffered {
        /// The instance type.
        instance_type: String,
        /// The zone.
        zone: String,
    },
    /// It has too few free addresses.
    Addresses(u32),
    /// It has no route to the internet at all.
    NoRoute,
    /// It has no route to an internet gateway, which an internet-facing load balancer needs.
    Private,
    /// It fits; another subnet of the same zone was taken, or two zones are enough.
    NotNeeded,
}

impl std::fmt::Display for Rejection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ZoneNotWanted(zone) => write!(f, "lies in {zone}, which --availability-zones leaves out"),
            Self::ZoneKind(zone) => write!(f, "lies in {zone}, which is no availability zone proper"),
            Self::NotOffered { instance_type, zone } => write!(f, "{zone} does not offer {instance_type}"),
            Self::Addresses(free) => write!(f, "has {free} free addresses, {MIN_FREE_ADDRESSES} are needed"),
            Self::NoRoute => f.write_str("has no route to the internet; nodes fetch packages and the image from there"),
            Self::Private => {
                f.write_str("has no route to an internet gateway, which an internet-facing load balancer needs")
            }
            Self::NotNeeded => f.write_str("fits, but is not needed"),
        }
    }
}

/// Why the network cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NetworkProblem {
    /// The region has no default VPC.
    #[error("this region has no default VPC")]
    NoDefaultVpc,
    /// The VPC asked for is not there.
    #[error("there is no VPC {0} in this region")]
    UnknownVpc(String),
    /// Subnets asked for are not there.
    #[error("there is no subnet {} in this region", .0.join(" or "))]
    UnknownSubnets(Vec<String>),
    /// Subnets asked for lie in another VPC.
    #[error("subnet {subnet} lies in {vpc}, not in {expected}")]
    OtherVpc {
        /// The subnet.
        subnet: String,
        /// The VPC it lies in.
        vpc: String,
        /// The VPC of the others, or the one asked for.
        expected: String,
    },
    /// Two of the load balancer's subnets lie in one zone.
    #[error("subnets {first} and {second} both lie in {zone}; a load balancer takes one subnet of each zone")]
    SameZone {
        /// One of them.
        first: String,
        /// The other.
        second: String,
        /// Their zone.
        zone: String,
    },
    /// A subnet asked for does not fit.
    #[error("subnet {}: {}", .0.subnet, .0.why)]
    Unfit(Rejected),
    /// A node's subnet lies in a zone where the load balancer is not.
    #[error("subnet {subnet} lies in {zone}, where the load balancer has no subnet")]
    ZoneWithoutBalancer {
        /// The node's subnet.
        subnet: String,
        /// Its zone.
        zone: String,
        /// How a standing registry gets there, whose load balancer stays where it is unless told.
        steps: Option<Steps>,
    },
    /// The load balancer would leave zones where the nodes are that serve now.
    #[error(
        "the nodes that serve now are in {}, where the load balancer would have no subnet any more: it changes first, \
         and nobody would be served until new nodes are up",
        zones.join(" and ")
    )]
    NodesLeftBehind {
        /// Those zones.
        zones: Vec<String>,
        /// How the registry gets there all the same.
        steps: Steps,
    },
    /// Fewer than two zones are left.
    #[error("a load balancer needs fitting subnets in two zones, and {vpc} has {found}{}", listed(rejected))]
    TooFewZones {
        /// The VPC.
        vpc: String,
        /// How many zones have one.
        found: usize,
        /// The others, each with its reason.
        rejected: Vec<Rejected>,
    },
}

impl NetworkProblem {
    /// What to type next; `up` is how `dockreg up` is typed for this registry.
    pub fn cure(&self, up: &str) -> String {
        let cure = match self {
            Self::NoDefaultVpc => "name a VPC with --vpc, or make one with: aws ec2 create-default-vpc",
            Self::UnknownVpc(_) | Self::UnknownSubnets(_) => {
                "see what there is with: aws ec2 describe-subnets --query 'Subnets[].[VpcId,SubnetId,AvailabilityZone]'"
            }
            Self::OtherVpc { .. } => "name subnets of one VPC only",
            Self::SameZone { .. } => "leave one of them away, and name one in another zone",
            Self::Unfit(Rejected { why: Rejection::Private, .. }) => {
                "name public subnets with --load-balancer-subnets, or say --internal"
            }
            Self::Unfit(Rejected { why: Rejection::NotOffered { .. }, .. }) => {
                "name another subnet, or another --instance-type"
            }
            Self::Unfit(Rejected { why: Rejection::NoRoute, .. }) => {
                "give it a NAT gateway, name another subnet, or name an image that holds everything with --ami"
            }
            Self::Unfit(Rejected { why: Rejection::ZoneNotWanted(_), .. }) => {
                "name subnets of those zones with --subnets"
            }
            Self::Unfit(_) => "name another subnet",
            Self::ZoneWithoutBalancer { steps: Some(steps), .. } | Self::NodesLeftBehind { steps, .. } => {
                return steps.typed(up);
            }
            Self::ZoneWithoutBalancer { steps: None, .. } => "add a subnet of that zone to --load-balancer-subnets",
            Self::TooFewZones { .. } => {
                "name two fitting subnets with --subnets A,B, another VPC with --vpc, or another --instance-type"
            }
        };
        cure.to_owned()
    }
}

impl Steps {
    /// The steps as they are typed: the second only where the load balancer has something to give up.
    fn typed(&self, up: &str) -> String {
        let Self { subnets, meanwhile, finally } = self;
        let first = format!("`{up} --subnets {} --load-balancer-subnets {}`", subnets.join(","), meanwhile.join(","));
        if meanwhile == finally {
            return format!("let the load balancer be there too: {first}");
        }
        let last = finally.join(",");
        format!("in two steps every node stays served: {first}, then `{up} --load-balancer-subnets {last}`")
    }
}

fn listed(rejected: &[Rejected]) -> String {
    rejected.iter().map(|Rejected { subnet, why }| format!("; {subnet} {why}")).collect()
}
