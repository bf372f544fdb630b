//! Where the dashboard listens and who gets in, as a person wrote it.

use super::At;
use crate::access::Role;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Where the dashboard listens, and who gets in.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dashboard {
    /// Address and port, such as `127.0.0.1:8420`; that one when absent.
    pub listen: Option<At<String>>,
    /// Names by which browsers may reach the dashboard, such as `tally.example.org`, each with a port or for every port.
    /// Loopback names and the address itself need not be named.
    pub hosts: Option<At<Vec<At<String>>>>,
    /// Whether browsers may send cookies by `https://` alone; true when absent, unless the address is a loopback one and
    /// there are no `hosts`.
    pub secure_cookies: Option<At<bool>>,
    /// A reverse proxy in front.
    pub proxy: Option<At<DashboardProxy>>,
}

/// A reverse proxy in front of the dashboard.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DashboardProxy {
    /// Addresses from which the proxy connects. Nobody else's headers are believed.
    pub addresses: At<Vec<At<String>>>,
    /// Header in which the proxy says who its visitor is, such as `X-Remote-User`. It must take it away from what visitors
    /// send. Without it, people sign in to Tally.
    pub user_header: Option<At<String>>,
    /// Roles of single users of the proxy.
    #[serde(default)]
    pub roles: BTreeMap<String, At<Role>>,
    /// Role of all its other users; they are refused when absent.
    pub role: Option<At<Role>>,
}
