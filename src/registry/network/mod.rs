//! The part of a VPC that matters here: subnets, their zones, and where their traffic goes. Pure: filled in by
//! whoever asked EC2.

mod choose;
mod problem;
mod standing;

use serde::Serialize;

pub use choose::{Selection, Wish, choose};
pub use problem::{NetworkProblem, Rejected, Rejection};
pub use standing::{Standing, Steps, change};

/// A VPC of the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Vpc {
    /// Its id.
    pub id: String,
    /// Whether it is the region's default VPC.
    pub is_default: bool,
}

/// A subnet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Subnet {
    /// Its id.
    pub id: String,
    /// The VPC it lies in.
    pub vpc: String,
    /// The availability zone's name in this account, such as `us-east-1a`.
    pub zone: String,
    /// What kind of place the zone is.
    pub zone_kind: ZoneKind,
    /// Addresses still free in it.
    pub free_addresses: u32,
    /// Whether it is its zone's default subnet.
    pub is_default: bool,
    /// Where traffic to the internet goes from here.
    pub route: Route,
}

/// The kind of place a zone is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ZoneKind {
    /// An availability zone proper.
    Availability,
    /// A Local Zone, Wavelength Zone or Outpost: not every service is there.
    Other,
}

/// Where a subnet's traffic to the internet goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Route {
    /// To an internet gateway: the subnet is public.
    InternetGateway,
    /// To a NAT gateway or instance, a transit gateway or the like: out, but not in.
    Indirect,
    /// Nowhere.
    None,
}

/// A route table, as far as it decides where internet traffic goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteTable {
    /// The VPC it belongs to.
    pub vpc: String,
    /// Whether it serves every subnet that has no table of its own.
    pub is_main: bool,
    /// The subnets it is associated with.
    pub subnets: Vec<String>,
    /// The target of its active route for `0.0.0.0/0`, such as `igw-1` or `nat-1`.
    pub default_target: Option<String>,
}

/// Where a subnet's internet traffic goes: by its own route table, or by its VPC's main one.
pub fn route_of(subnet: &str, vpc: &str, tables: &[RouteTable]) -> Route {
    let own = tables.iter().find(|table| table.subnets.iter().any(|id| id == subnet));
    let table = own.or_else(|| tables.iter().find(|table| table.is_main && table.vpc == vpc));
    match table.and_then(|table| table.default_target.as_deref()) {
        Some(target) if target.starts_with("igw-") => Route::InternetGateway,
        Some(_) => Route::Indirect,
        None => Route::None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Route, RouteTable, route_of};

    #[test]
    fn a_subnet_follows_its_own_table_then_the_main_one() {
        let table = |vpc: &str, is_main, subnet: &str, target: Option<&str>| RouteTable {
            vpc: vpc.to_owned(),
            is_main,
            subnets: if subnet.is_empty() { Vec::new() } else { vec![subnet.to_owned()] },
            default_target: target.map(str::to_owned),
        };
        let tables = [
            table("vpc-2", true, "", None),
            table("vpc-1", true, "", Some("igw-1")),
            table("vpc-1", false, "subnet-nat", Some("nat-1")),
            table("vpc-1", false, "subnet-closed", None),
        ];
        assert_eq!(route_of("subnet-any", "vpc-1", &tables), Route::InternetGateway);
        assert_eq!(route_of("subnet-nat", "vpc-1", &tables), Route::Indirect);
        assert_eq!(route_of("subnet-closed", "vpc-1", &tables), Route::None);
        assert_eq!(route_of("subnet-any", "vpc-2", &tables), Route::None);
        assert_eq!(route_of("subnet-any", "vpc-3", &tables), Route::None);
    }
}
