//! `Fn::Cidr`: the first blocks of a size within a block of addresses.
//! https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-cidr.html

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Default of the host part's bits: a /24.
pub(super) const HOST_BITS: u32 = 8;

/// The first `count` blocks with `host_bits` bits of addresses each in `block`. None where the block cannot be read, or
/// has not so many.
pub(super) fn blocks(block: &str, count: u32, host_bits: u32) -> Option<Vec<String>> {
    let (address, prefix) = block.split_once('/')?;
    let (address, prefix): (IpAddr, u32) = (address.parse().ok()?, prefix.parse().ok()?);
    let (width, start): (u32, u128) = match address {
        IpAddr::V4(address) => (32, u128::from(u32::from(address))),
        IpAddr::V6(address) => (128, u128::from(address)),
    };
    let outer = width.checked_sub(prefix)?;
    let room = 1_u128.checked_shl(outer.checked_sub(host_bits)?)?;
    if !(1..=256).contains(&count) || u128::from(count) > room {
        return None;
    }
    let first = start >> outer << outer;
    let text = |index: u128| {
        let value = first + (index << host_bits);
        let address = match address {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::from(u32::try_from(value).ok()?)),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from(value)),
        };
        Some(format!("{address}/{}", width - host_bits))
    };
    (0..u128::from(count)).map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::blocks;

    #[test]
    fn blocks_follow_each_other_and_must_fit() {
        let all = |block, count, bits| blocks(block, count, bits).map(|list| list.join(" "));
        for (block, count, bits, expected) in [
            ("192.168.0.0/24", 3, 5, Some("192.168.0.0/27 192.168.0.32/27 192.168.0.64/27")),
            ("10.0.0.0/16", 2, 8, Some("10.0.0.0/24 10.0.1.0/24")),
            ("10.0.0.7/30", 1, 2, Some("10.0.0.4/30")),
            ("2001:db8::/56", 2, 64, Some("2001:db8::/64 2001:db8:0:1::/64")),
            ("10.0.0.0/24", 9, 5, None),
            ("10.0.0.0/24", 0, 5, None),
            ("10.0.0.0/24", 1, 9, None),
            ("10.0.0.0/33", 1, 1, None),
            ("10.0.0.0", 1, 1, None),
        ] {
            assert_eq!(all(block, count, bits).as_deref(), expected, "{block} {count} {bits}");
        }
    }
}
