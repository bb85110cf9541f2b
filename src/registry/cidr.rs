//! Ranges of addresses: as they are typed, and as EC2 keeps them. Pure.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Reads a range of IPv4 addresses and returns it as EC2 keeps it, without the bits that the range leaves open:
/// `100.68.0.18/18` is `100.68.0.0/18`. Ranges of IPv6 are refused: the load balancer has no such address.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpRange.html>
pub fn parse(text: &str) -> Result<String, String> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    if address.parse::<Ipv6Addr>().is_ok() {
        return Err("the load balancer has no IPv6 address: name a range of IPv4, like 203.0.113.0/24".to_owned());
    }
    let wrong = "a range of IPv4 addresses is four numbers up to 255, a slash and up to 32, like 203.0.113.0/24";
    let address: Ipv4Addr = address.parse().map_err(|_| wrong)?;
    let Some(length) = length else {
        return Err(format!("a range ends with its length: {address}/32 is this address alone"));
    };
    let digits = length.bytes().all(|byte| byte.is_ascii_digit());
    let length: u32 = length.parse().ok().filter(|length| digits && *length <= 32).ok_or(wrong)?;
    let mask = u32::MAX.checked_shl(32 - length).unwrap_or_default();
    Ok(format!("{}/{length}", Ipv4Addr::from(u32::from(address) & mask)))
}

/// The same, or nothing for nobody.
pub fn parse_or_nobody(text: &str) -> Result<String, String> {
    if text.is_empty() { Ok(String::new()) } else { parse(text) }
}

/// Whether both texts are the same range.
#[must_use]
pub fn same(one: &str, other: &str) -> bool {
    parse(one).is_ok_and(|range| parse(other) == Ok(range))
}

#[cfg(test)]
mod tests {
    use super::{parse, same};

    #[test]
    fn ranges_lose_the_bits_they_leave_open() {
        for (text, range) in [
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("203.0.113.7/0", "0.0.0.0/0"),
            ("100.68.0.18/18", "100.68.0.0/18"),
            ("203.0.113.7/32", "203.0.113.7/32"),
            ("203.0.113.7/31", "203.0.113.6/31"),
            ("10.0.0.0/08", "10.0.0.0/8"),
        ] {
            assert_eq!(parse(text).as_deref(), Ok(range), "{text}");
            assert!(same(text, range), "{text}");
        }
        assert!(!same("10.0.0.0/8", "10.0.0.0/9") && !same("", "") && !same("a.registry/1", "a.registry/1"));
    }

    #[test]
    fn what_is_none_says_how_one_is_written() {
        for (text, why) in [
            ("999.1.1.1/99", "four numbers"),
            ("10.0.0.0/33", "up to 32"),
            ("10.0.0.0/+8", "up to 32"),
            ("10.0.0.0/", "up to 32"),
            ("10.0.0/8", "four numbers"),
            ("010.0.0.0/8", "four numbers"),
            (" 10.0.0.0/8", "four numbers"),
            ("", "four numbers"),
            ("everybody", "four numbers"),
            ("10.0.0.7", "10.0.0.7/32 is this address alone"),
            ("2001:db8::/32", "no IPv6"),
            ("::1", "no IPv6"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
