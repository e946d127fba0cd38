//! Which addresses are on the public internet, and so may be called because a brand's file says so.
//!
//! After IANA's registries: "IPv4 Special-Purpose Address Registry", "IPv6 Special-Purpose Address Registry", "IPv4
//! Multicast Address Space" and "IPv6 Address Space", as of 2025. What the first two do not call globally reachable is
//! closed, and so is what lies in a range of theirs that is: no web server lives at a protocol's anycast address.

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// IPv4 networks that are not public, and what they are for. Shorter prefixes come after those within them.
const CLOSED_V4: [(Ipv4Net, &str); 17] = [
    (v4([0, 0, 0, 0], 8), "this network (RFC 791)"),
    (v4([10, 0, 0, 0], 8), "private use (RFC 1918)"),
    (v4([100, 64, 0, 0], 10), "shared address space (RFC 6598)"),
    (v4([127, 0, 0, 0], 8), "loopback (RFC 1122)"),
    (v4([169, 254, 0, 0], 16), "link local (RFC 3927)"),
    (v4([172, 16, 0, 0], 12), "private use (RFC 1918)"),
    (v4([192, 0, 0, 0], 24), "IETF protocol assignments (RFC 6890)"),
    (v4([192, 0, 2, 0], 24), "documentation (RFC 5737)"),
    (v4([192, 88, 99, 0], 24), "6to4 relay anycast, given up (RFC 7526)"),
    (v4([192, 168, 0, 0], 16), "private use (RFC 1918)"),
    (v4([198, 18, 0, 0], 15), "benchmarking (RFC 2544)"),
    (v4([198, 51, 100, 0], 24), "documentation (RFC 5737)"),
    (v4([203, 0, 113, 0], 24), "documentation (RFC 5737)"),
    (v4([233, 252, 0, 0], 24), "documentation (RFC 6676)"),
    (v4([224, 0, 0, 0], 4), "multicast (RFC 5771)"),
    (v4([255, 255, 255, 255], 32), "limited broadcast (RFC 919)"),
    (v4([240, 0, 0, 0], 4), "reserved (RFC 1112)"),
];

/// IPv6 networks that are not public, and what they are for. Shorter prefixes come after those within them. Tunnels that
/// hold an IPv4 address (6to4, Teredo) are closed whole, whatever they hold: no public service is there alone.
const CLOSED_V6: [(Ipv6Net, &str); 17] = [
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 128), "unspecified (RFC 4291)"),
    (v6([0, 0, 0, 0, 0, 0, 0, 1], 128), "loopback (RFC 4291)"),
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 96), "IPv4-compatible, given up (RFC 4291)"),
    (v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48), "translation to IPv4 of a network's own (RFC 8215)"),
    (v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64), "discard only (RFC 6666)"),
    (v6([0x100, 0, 0, 1, 0, 0, 0, 0], 64), "dummy prefix (RFC 9780)"),
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32), "Teredo (RFC 4380)"),
    (v6([0x2001, 2, 0, 0, 0, 0, 0, 0], 48), "benchmarking (RFC 5180)"),
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), "IETF protocol assignments (RFC 2928)"),
    (v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), "documentation (RFC 3849)"),
    (v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), "6to4 (RFC 3056)"),
    (v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), "documentation (RFC 9637)"),
    (v6([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16), "segment routing (RFC 9602)"),
    (v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7), "unique local (RFC 4193)"),
    (v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10), "link local (RFC 4291)"),
    (v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10), "site local, given up (RFC 3879)"),
    (v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8), "multicast (RFC 4291)"),
];

/// All that IANA has given out for hosts of the public internet.
const GLOBAL_UNICAST: Ipv6Net = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

/// What a translator of the network hands on to the IPv4 address in the last four bytes (RFC 6052).
const NAT64: Ipv6Net = v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96);

const fn v4([a, b, c, d]: [u8; 4], prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(it: [u16; 8], prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(it[0], it[1], it[2], it[3], it[4], it[5], it[6], it[7]), prefix)
}

/// What an address is for, if it is not on the public internet and in none of the networks that the operator allows.
pub(super) fn closed(address: IpAddr, allow: &[IpNet]) -> Option<&'static str> {
    let address = reached(address);
    if allow.iter().any(|network| network.contains(&address)) {
        return None;
    }
    match address {
        IpAddr::V4(address) => {
            CLOSED_V4.iter().find(|(network, _)| network.contains(&address)).map(|(_, what)| *what)
        }
        IpAddr::V6(address) => {
            let named =
                CLOSED_V6.iter().find(|(network, _)| network.contains(&address)).map(|(_, what)| *what);
            named.or((!GLOBAL_UNICAST.contains(&address)).then_some("not given out (RFC 4291)"))
        }
    }
}

/// The address at which a connection ends: IPv4 addresses in the clothes of IPv6 are what they hold.
fn reached(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) if NAT64.contains(&address) => {
            let [.., a, b, c, d] = address.octets();
            IpAddr::V4(Ipv4Addr::new(a, b, c, d))
        }
        canonical @ (IpAddr::V4(_) | IpAddr::V6(_)) => canonical,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_closed(address: &str) -> Option<&'static str> {
        closed(address.parse().expect("an address"), &[])
    }

    /// First and last addresses of each entry, and the addresses just outside.
    #[test]
    fn what_the_registries_close_is_closed() {
        let closed_ones = [
            ("0.0.0.0", "this network"),
            ("0.255.255.255", "this network"),
            ("10.0.0.0", "private use"),
            ("10.255.255.255", "private use"),
            ("100.64.0.0", "shared address space"),
            ("100.127.255.255", "shared address space"),
            ("127.0.0.1", "loopback"),
            ("127.255.255.255", "loopback"),
            ("169.254.0.0", "link local"),
            ("169.254.169.254", "link local"),
            ("172.16.0.0", "private use"),
            ("172.31.255.255", "private use"),
            ("192.0.0.9", "IETF protocol assignments"),
            ("192.0.0.170", "IETF protocol assignments"),
            ("192.0.2.255", "documentation"),
            ("192.88.99.1", "6to4 relay anycast"),
            ("192.168.0.1", "private use"),
            ("192.168.255.255", "private use"),
            ("198.18.0.0", "benchmarking"),
            ("198.19.255.255", "benchmarking"),
            ("198.51.100.7", "documentation"),
            ("203.0.113.7", "documentation"),
            ("224.0.0.1", "multicast"),
            ("233.252.0.1", "documentation"),
            ("239.255.255.255", "multicast"),
            ("240.0.0.1", "reserved"),
            ("255.255.255.254", "reserved"),
            ("255.255.255.255", "limited broadcast"),
            ("::", "unspecified"),
            ("::1", "loopback"),
            ("::127.0.0.1", "IPv4-compatible"),
            ("::8.8.8.8", "IPv4-compatible"),
            ("::ffff:127.0.0.1", "loopback"),
            ("::ffff:169.254.169.254", "link local"),
            ("64:ff9b::10.0.0.1", "private use"),
            ("64:ff9b::a9fe:a9fe", "link local"),
            ("64:ff9b:1::8.8.8.8", "translation to IPv4"),
            ("100::1", "discard only"),
            ("100:0:0:1::1", "dummy prefix"),
            ("2001::7f00:1", "Teredo"),
            ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "Teredo"),
            ("2001:1::1", "IETF protocol assignments"),
            ("2001:2::1", "benchmarking"),
            ("2001:1ff:ffff::", "IETF protocol assignments"),
            ("2001:db8::1", "documentation"),
            ("2002:7f00:1::", "6to4"),
            ("2002:808:808::1", "6to4"),
            ("3fff::1", "documentation"),
            ("3fff:fff:ffff::", "documentation"),
            ("5f00::1", "segment routing"),
            ("fc00::1", "unique local"),
            ("fd00:ec2::254", "unique local"),
            ("fe80::1", "link local"),
            ("febf::1", "link local"),
            ("fec0::1", "site local"),
            ("ff02::1", "multicast"),
            // In no registry of special purposes, and in nobody's hands.
            ("64:ff9b:2::1", "not given out"),
            ("200::1", "not given out"),
            ("4000::1", "not given out"),
            ("f000::1", "not given out"),
        ];
        for (address, what) in closed_ones {
            let found = is_closed(address);
            assert!(found.is_some_and(|found| found.starts_with(what)), "{address}: {found:?}, not {what}");
        }
    }

    #[test]
    fn what_lies_beside_them_is_public() {
        #[rustfmt::skip]
        let public = [
            "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
            "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255",
            "192.0.1.0", "192.0.3.0", "192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0",
            "198.17.255.255", "198.20.0.0", "198.51.99.255", "198.51.101.0", "203.0.112.255", "203.0.114.0",
            "223.255.255.255",
            "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2001:200::1", "2001:4860:4860::8888", "2001:db7:ffff::",
            "2001:db9::", "2003::1", "2606:4700::1111", "2a00:1450::1", "3ffe:ffff::", "3fff:1000::",
        ];
        for address in public {
            assert_eq!(is_closed(address), None, "{address}");
        }
    }

    #[test]
    fn the_operator_opens_what_they_name() {
        let allow: Vec<IpNet> = ["10.1.0.0/16", "127.0.0.1/32", "fd00:1::/32"]
            .map(|network| network.parse().expect("a network"))
            .to_vec();
        let closed = |address: &str| closed(address.parse().expect("an address"), &allow);
        for open in ["10.1.2.3", "127.0.0.1", "fd00:1::7", "::ffff:10.1.2.3", "64:ff9b::10.1.2.3", "8.8.8.8"]
        {
            assert_eq!(closed(open), None, "{open}");
        }
        for shut in
            ["10.2.0.1", "127.0.0.2", "fd00:2::7", "::1", "::10.1.2.3", "2002:a01:203::1", "::ffff:10.2.0.1"]
        {
            assert!(closed(shut).is_some(), "{shut}");
        }
    }
}
