//! Where the dashboard listens and who gets in.

use super::Checker;
use crate::access::is_name;
use crate::config::dashboard::{DashboardModel, HostName, ProxyModel};
use crate::config::problem::NOWHERE;
use crate::config::raw::{self, At};
use std::net::{IpAddr, SocketAddr};

/// More names than one server is given.
const HOSTS_MAX: usize = 32;
/// More proxies than stand in front of one server.
const PROXIES_MAX: usize = 32;

impl Checker<'_> {
    pub(super) fn dashboard(&mut self, raw: &raw::Dashboard) -> DashboardModel {
        let default = DashboardModel::default();
        let listen = raw.listen.as_ref().and_then(|at| self.listen(at)).unwrap_or(default.listen);
        let hosts = raw.hosts.as_ref().map(|at| self.hosts(at)).unwrap_or_default();
        let proxy = raw.proxy.as_ref().map(|at| self.proxy(at.get()));
        DashboardModel { listen, hosts, secure_cookies: raw.secure_cookies.as_ref().map(|at| *at.get()), proxy }
    }

    fn listen(&mut self, at: &At<String>) -> Option<SocketAddr> {
        if at.span() == NOWHERE {
            return None;
        }
        let text = at.get().strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
        let parsed = text.as_ref().unwrap_or(at.get()).parse().ok();
        if parsed.is_none() {
            self.at(at.span(), format!("`{}` is no address to listen on", at.get()))
                .advice("Give an IP address and a port, such as `127.0.0.1:8420`, `0.0.0.0:8420` or `[::1]:8420`.");
        }
        parsed
    }

    fn hosts(&mut self, at: &At<Vec<At<String>>>) -> Vec<HostName> {
        if at.get().len() > HOSTS_MAX {
            self.at(at.span(), format!("there are more than {HOSTS_MAX} hosts")).advice("Keep those that people use.");
        }
        let mut hosts = Vec::new();
        for host in at.get() {
            match HostName::parse(host.get()) {
                Some(host) => hosts.push(host),
                None => self
                    .at(host.span(), format!("`{}` is no name of a host", host.get()))
                    .advice("Give what stands in the address bar between `//` and `/`, such as `tally.example.org`."),
            }
        }
        hosts
    }

    fn proxy(&mut self, raw: &raw::DashboardProxy) -> ProxyModel {
        let n = raw.addresses.get().len();
        if raw.addresses.span() != NOWHERE && !(1..=PROXIES_MAX).contains(&n) {
            self.at(raw.addresses.span(), format!("`addresses` needs 1 to {PROXIES_MAX} addresses"))
                .advice("Name those from which the proxy connects: whoever connects from one is believed.");
        }
        let mut addresses = std::collections::BTreeSet::new();
        for at in raw.addresses.get() {
            match at.get().parse::<IpAddr>() {
                Ok(address) => drop(addresses.insert(address.to_canonical())),
                Err(_) => self.at(at.span(), format!("`{}` is no IP address", at.get())).advice(
                    "Give the address from which the proxy connects, such as `10.0.0.5`; no name and no network.",
                ),
            }
        }
        let user_header = raw.user_header.as_ref().and_then(|at| self.user_header(at));
        for (name, at) in raw.roles.iter().filter(|(name, _)| !is_name(name)) {
            self.at(at.span(), format!("`{name}` can be no name of a user"))
                .advice("Names have letters, digits and `.`, `_`, `-`, `@`, 64 at most.");
        }
        if raw.user_header.is_none()
            && let Some(unused) = raw.role.iter().chain(raw.roles.values()).next()
        {
            self.at(unused.span(), "roles are for users whom the proxy names, and it names none")
                .advice("Add `user_header`, or leave the roles out.");
        }
        let role = raw.role.as_ref().map(|at| *at.get());
        let roles = raw.roles.iter().map(|(name, at)| (name.clone(), *at.get())).collect();
        ProxyModel { addresses, user_header, roles, role }
    }

    fn user_header(&mut self, at: &At<String>) -> Option<String> {
        if at.span() == NOWHERE {
            return None;
        }
        let name = at.get().to_ascii_lowercase();
        let is_header = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        // What means something else already cannot also mean this.
        let taken =
            ["authorization", "cookie", "forwarded", "host", "origin", "referer", "x-forwarded-for", "x-csrf-token"];
        if !is_header || taken.contains(&name.as_str()) {
            self.at(at.span(), format!("`{}` cannot be the header that names a user", at.get()))
                .advice("Give the one that the proxy sets, such as `X-Remote-User`.");
            return None;
        }
        Some(name)
    }
}
