//! Security groups and their rules.
//!
//! The words of errors are [U] where no source is cited.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde_json::{Value, json};

use super::{State, Tags};
use crate::{AwsError, Region};

/// Which traffic a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Ingress,
    Egress,
}

/// The other end of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peer {
    Ipv4(String),
    Ipv6(String),
    /// Id of a security group.
    Group(String),
    PrefixList(String),
}

/// What a rule allows.
#[derive(Debug, Clone)]
pub struct Permission {
    pub direction: Direction,
    /// `tcp`, `udp`, `icmp`, `-1` for all.
    pub protocol: String,
    /// Absent for protocol `-1`.
    pub ports: Option<(u16, u16)>,
    pub peer: Peer,
    pub description: Option<String>,
}

impl Permission {
    /// The rule as EC2 keeps it: its range in the one way of writing it.
    #[must_use]
    pub fn kept(mut self) -> Self {
        if let Peer::Ipv4(cidr) | Peer::Ipv6(cidr) = &mut self.peer
            && let Some(range) = canonical(cidr)
        {
            *cidr = range;
        }
        self
    }

    fn same(&self, other: &Self) -> bool {
        self.direction == other.direction
            && self.protocol == other.protocol
            && self.ports == other.ports
            && self.peer == other.peer
    }

    /// As refusals show it: `peer: 10.0.0.0/8, TCP, from port: 22, to port: 22, ALLOW`.
    fn shown(&self) -> String {
        let (Peer::Ipv4(peer) | Peer::Ipv6(peer) | Peer::Group(peer) | Peer::PrefixList(peer)) = &self.peer;
        let protocol = if self.protocol == "-1" { "ALL".to_owned() } else { self.protocol.to_ascii_uppercase() };
        match self.ports {
            Some((from, to)) => format!("peer: {peer}, {protocol}, from port: {from}, to port: {to}, ALLOW"),
            None => format!("peer: {peer}, {protocol}, ALLOW"),
        }
    }
}

/// Protocol and ports, by which EC2 shows rules together.
type Traffic<'r> = (&'r str, Option<(u16, u16)>);

/// A security group.
#[derive(Debug, Clone)]
pub struct SecurityGroup {
    pub id: String,
    pub name: String,
    pub description: String,
    pub vpc_id: String,
    /// By rule id (`sgr-…`).
    pub rules: BTreeMap<String, Permission>,
    pub tags: Tags,
}

impl State {
    /// Makes a security group with the default egress rule (everything); gives its id.
    ///
    /// # Errors
    /// `InvalidVpcID.NotFound`, `InvalidGroup.Duplicate`.
    // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
    pub fn create_security_group(
        &mut self,
        region: &Region,
        name: &str,
        description: &str,
        vpc_id: &str,
        tags: Vec<(String, String)>,
    ) -> Result<String, AwsError> {
        self.network.vpc(vpc_id)?;
        if self.security_groups.values().any(|group| group.name == name && group.vpc_id == vpc_id) {
            let message = format!("The security group '{name}' already exists for VPC '{vpc_id}'");
            // https://github.com/hashicorp/terraform/issues/15428
            return Err(AwsError::new("InvalidGroup.Duplicate", message));
        }
        let id = format!("sg-0{}", region.random.hex(16));
        let everywhere = Permission {
            direction: Direction::Egress,
            protocol: "-1".to_owned(),
            ports: None,
            peer: Peer::Ipv4("0.0.0.0/0".to_owned()),
            description: None,
        };
        let group = SecurityGroup {
            id: id.clone(),
            name: name.to_owned(),
            description: description.to_owned(),
            vpc_id: vpc_id.to_owned(),
            rules: BTreeMap::from([(format!("sgr-0{}", region.random.hex(16)), everywhere)]),
            tags: tags.into(),
        };
        self.security_groups.insert(id.clone(), group);
        Ok(id)
    }

    /// The security group of this id.
    ///
    /// # Errors
    /// `InvalidGroup.NotFound`.
    pub fn security_group_mut(&mut self, id: &str) -> Result<&mut SecurityGroup, AwsError> {
        self.security_groups.get_mut(id).ok_or_else(|| no_such_group(id))
    }

    /// Adds a rule to a group; gives the rule's id.
    ///
    /// # Errors
    /// `InvalidGroup.NotFound` for the group or a group it names, `InvalidPermission.Duplicate`,
    /// `InvalidParameterValue` for a malformed CIDR.
    pub fn authorize(&mut self, region: &Region, group_id: &str, permission: Permission) -> Result<String, AwsError> {
        match &permission.peer {
            Peer::Group(peer) if !self.security_groups.contains_key(peer) => return Err(no_such_group(peer)),
            Peer::Ipv4(cidr) | Peer::Ipv6(cidr) if canonical(cidr).is_none() => return Err(malformed(cidr)),
            _ => {}
        }
        let group = self.security_group_mut(group_id)?;
        if group.rules.values().any(|rule| rule.same(&permission)) {
            let message = format!("the specified rule \"{}\" already exists", permission.shown());
            // https://github.com/ansible/ansible/issues/15188, https://github.com/lucidsoftware/cumulus/issues/101 (all
            // traffic)
            return Err(AwsError::new("InvalidPermission.Duplicate", message));
        }
        let id = format!("sgr-0{}", region.random.hex(16));
        group.rules.insert(id.clone(), permission);
        Ok(id)
    }

    /// Removes a rule by its id.
    ///
    /// # Errors
    /// `InvalidSecurityGroupRuleId.NotFound`.
    pub fn revoke(&mut self, rule_id: &str) -> Result<(), AwsError> {
        let found = self.security_groups.values_mut().any(|group| group.rules.remove(rule_id).is_some());
        if found {
            return Ok(());
        }
        let message = format!("The security group rule ID '{rule_id}' does not exist");
        Err(AwsError::new("InvalidSecurityGroupRuleId.NotFound", message))
    }

    /// Removes the default egress rule, as CloudFormation does when a template gives `SecurityGroupEgress`.
    ///
    /// # Errors
    /// `InvalidGroup.NotFound`.
    pub fn revoke_all_egress(&mut self, group_id: &str) -> Result<(), AwsError> {
        self.security_group_mut(group_id)?.rules.retain(|_, rule| rule.direction == Direction::Ingress);
        Ok(())
    }

    /// Deletes a group.
    ///
    /// # Errors
    /// `InvalidGroup.NotFound`; `DependencyViolation` while an interface uses it or another group names it;
    /// `CannotDelete` for a VPC's default group.
    // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html
    pub fn delete_security_group(&mut self, id: &str) -> Result<(), AwsError> {
        let group = self.security_group_mut(id)?;
        if group.name == "default" {
            let message = format!("the specified group: \"{id}\" name: \"default\" cannot be deleted by a user");
            return Err(AwsError::new("CannotDelete", message));
        }
        let used = self.network.interfaces.values().any(|one| one.groups.iter().any(|group| group == id));
        let peer = Peer::Group(id.to_owned());
        let named = self
            .security_groups
            .values()
            .any(|group| group.id != id && group.rules.values().any(|rule| rule.peer == peer));
        if used || named {
            return Err(AwsError::new("DependencyViolation", format!("resource {id} has a dependent object")));
        }
        self.security_groups.remove(id);
        Ok(())
    }
}

impl SecurityGroup {
    pub(super) fn describe(&self, region: &Region) -> Value {
        json!({
            "GroupId": self.id, "GroupName": self.name, "Description": self.description, "VpcId": self.vpc_id,
            "OwnerId": region.settings.account,
            "SecurityGroupArn": region.arn("ec2", &format!("security-group/{}", self.id)),
            "IpPermissions": self.permissions(Direction::Ingress, &region.settings.account),
            "IpPermissionsEgress": self.permissions(Direction::Egress, &region.settings.account),
            "Tags": self.tags,
        })
    }

    /// Rules of one direction, those of the same protocol and ports put together as EC2 shows them.
    fn permissions(&self, direction: Direction, account: &str) -> Vec<Value> {
        let mut shown: Vec<(Traffic, Value)> = Vec::new();
        for rule in self.rules.values().filter(|rule| rule.direction == direction) {
            let key = (rule.protocol.as_str(), rule.ports);
            let place = shown.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
                let mut empty = json!({ "IpProtocol": rule.protocol, "IpRanges": [], "Ipv6Ranges": [],
                    "PrefixListIds": [], "UserIdGroupPairs": [] });
                if let Some((from, to)) = rule.ports {
                    (empty["FromPort"], empty["ToPort"]) = (json!(from), json!(to));
                }
                shown.push((key, empty));
                shown.len() - 1
            });
            let (list, mut entry) = match &rule.peer {
                Peer::Ipv4(cidr) => ("IpRanges", json!({ "CidrIp": cidr })),
                Peer::Ipv6(cidr) => ("Ipv6Ranges", json!({ "CidrIpv6": cidr })),
                Peer::PrefixList(id) => ("PrefixListIds", json!({ "PrefixListId": id })),
                Peer::Group(id) => ("UserIdGroupPairs", json!({ "GroupId": id, "UserId": account })),
            };
            if let Some(description) = &rule.description {
                entry["Description"] = json!(description);
            }
            if let Some(entries) = shown[place].1[list].as_array_mut() {
                entries.push(entry);
            }
        }
        shown.into_iter().map(|(_, value)| value).collect()
    }
}

// https://github.com/mitchellh/vagrant-aws/issues/468
fn no_such_group(id: &str) -> AwsError {
    AwsError::new("InvalidGroup.NotFound", format!("The security group '{id}' does not exist"))
}

/// The range as EC2 keeps and shows it, without the bits that its length leaves open; None for what is no range.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpRange.html
fn canonical(cidr: &str) -> Option<String> {
    let (address, length) = cidr.split_once('/')?;
    let length: u32 = length.parse().ok()?;
    match address.parse().ok()? {
        IpAddr::V4(address) => {
            let open = u32::MAX.checked_shr(length).or((length == 32).then_some(0))?;
            Some(format!("{}/{length}", Ipv4Addr::from(u32::from(address) & !open)))
        }
        IpAddr::V6(address) => {
            let open = u128::MAX.checked_shr(length).or((length == 128).then_some(0))?;
            Some(format!("{}/{length}", Ipv6Addr::from(u128::from(address) & !open)))
        }
    }
}

// https://github.com/aws/aws-cli/issues/2428
fn malformed(cidr: &str) -> AwsError {
    AwsError::new("InvalidParameterValue", format!("CIDR block {cidr} is malformed"))
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn ranges_are_kept_without_their_open_bits() {
        for (cidr, kept) in [
            ("100.68.0.18/18", Some("100.68.0.0/18")),
            ("10.1.2.3/0", Some("0.0.0.0/0")),
            ("10.1.2.3/32", Some("10.1.2.3/32")),
            ("2001:db8::7/64", Some("2001:db8::/64")),
            ("2001:db8::7/128", Some("2001:db8::7/128")),
            ("10.0.0.0/33", None),
            ("2001:db8::/129", None),
            ("999.1.1.1/9", None),
            ("10.0.0.0", None),
        ] {
            assert_eq!(canonical(cidr).as_deref(), kept, "{cidr}");
        }
    }
}
