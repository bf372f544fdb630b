//! Where the dashboard listens and who gets in, as the rest of Tally uses it.

use crate::access::Role;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The port when nothing is said.
pub const DEFAULT_PORT: u16 = 8420;

/// Where the dashboard listens, and who gets in.
#[derive(Clone, Debug)]
pub struct DashboardModel {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// By which names it may be reached, beside loopback names and the address itself.
    pub hosts: Vec<HostName>,
    /// Whether browsers may send cookies by `https://` alone, if the configuration says: [`Self::has_secure_cookies`].
    pub secure_cookies: Option<bool>,
    /// A reverse proxy in front.
    pub proxy: Option<ProxyModel>,
}

/// A name by which browsers may reach the dashboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostName {
    /// The name in small letters, or an address as a `Host` header has it: IPv6 in brackets.
    pub name: String,
    /// The port; every one if absent.
    pub port: Option<u16>,
}

/// A reverse proxy in front of the dashboard.
#[derive(Clone, Debug)]
pub struct ProxyModel {
    /// From where it connects.
    pub addresses: BTreeSet<IpAddr>,
    /// The header in which it names its visitor, in small letters; none if people sign in to Tally.
    pub user_header: Option<String>,
    /// Roles of single users.
    pub roles: BTreeMap<String, Role>,
    /// Role of all others; none if they are refused.
    pub role: Option<Role>,
}

impl Default for DashboardModel {
    fn default() -> Self {
        let listen = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), DEFAULT_PORT);
        Self { listen, hosts: Vec::new(), secure_cookies: None, proxy: None }
    }
}

impl DashboardModel {
    /// Whether only this machine is to reach it: it listens on a loopback address, and neither a name nor a proxy says that
    /// somebody else passes requests on.
    pub fn is_of_this_machine(&self) -> bool {
        self.listen.ip().is_loopback() && self.hosts.is_empty() && self.proxy.is_none()
    }

    /// Whether browsers may send cookies by `https://` alone: where others than this machine reach it, unless the configuration
    /// says otherwise. The command line may have it listen elsewhere than the configuration does.
    pub fn has_secure_cookies(&self) -> bool {
        self.secure_cookies.unwrap_or(!self.is_of_this_machine())
    }

    /// Whether a proxy says who its visitors are.
    pub fn has_proxy_users(&self) -> bool {
        self.proxy.as_ref().is_some_and(|proxy| proxy.user_header.is_some())
    }
}

impl HostName {
    /// Reads `name`, `name:port`, `1.2.3.4:port` or `[::1]:port`; none for what can be no `Host` header.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, port) = match text.rsplit_once(':') {
            Some((name, port)) if !port.contains(']') => {
                let digits = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
                (name, Some(port.parse().ok().filter(|_| digits)?))
            }
            _ => (text, None),
        };
        let is_v6 = || {
            let inside = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
            inside.is_some_and(|inside| inside.parse::<std::net::Ipv6Addr>().is_ok())
        };
        let is_label = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && label.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
        };
        let is_name = || name.len() <= 253 && name.split('.').all(is_label);
        (is_v6() || is_name()).then(|| Self { name: name.to_ascii_lowercase(), port })
    }

    /// Whether a `Host` header with this name and port means it.
    pub fn admits(&self, host: &Self) -> bool {
        self.name == host.name && self.port.is_none_or(|port| host.port == Some(port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_with_and_without_a_port() {
        let host = |text: &str| HostName::parse(text).map(|host| (host.name, host.port));
        assert_eq!(host("Tally.Example.org"), Some(("tally.example.org".into(), None)));
        assert_eq!(host("tally.example.org:8443"), Some(("tally.example.org".into(), Some(8443))));
        assert_eq!(host("10.0.0.5:1"), Some(("10.0.0.5".into(), Some(1))));
        assert_eq!(host("[::1]"), Some(("[::1]".into(), None)));
        assert_eq!(host("[::1]:8420"), Some(("[::1]".into(), Some(8420))));
        for wrong in
            ["", ":80", "a b", "a..b", "a:", "a:x", "a:+1", "a:65536", "::1", "[::1", "https://a.org", "a/b", "é.org"]
        {
            assert_eq!(host(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_name_without_a_port_is_for_every_port() {
        let host = |text: &str| HostName::parse(text).unwrap();
        assert!(host("a.org").admits(&host("A.org:81")) && host("a.org:81").admits(&host("a.org:81")));
        assert!(!host("a.org:81").admits(&host("a.org")) && !host("a.org").admits(&host("b.a.org")));
    }
}
