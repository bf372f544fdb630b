//! The base address of a server.

use std::net::IpAddr;

use url::{Host, Url};

use crate::error::{Error, ErrorKind};

/// The address that all requests start from: `https://host/context/`, without `/api`.
///
/// A version in the path (`/api/40`) is cut off: it means nothing since 2.42 and changes the shape of answers before.
pub(crate) fn base_of(given: &Url, allow_http: bool) -> Result<Url, Error> {
    let invalid = |reason: &str| Error::new(ErrorKind::InvalidUrl { reason: reason.to_owned() });
    let Some(host) = given.host() else {
        return Err(invalid("it names no host"));
    };
    match given.scheme() {
        "https" => {}
        "http" if allow_http || is_loopback(&host) => {}
        "http" => {
            return Err(Error::new(ErrorKind::InsecureUrl { host: host.to_string() }));
        }
        other => return Err(invalid(&format!("the scheme is {other}, not https"))),
    }
    if !given.username().is_empty() || given.password().is_some() {
        return Err(invalid("it holds a user name or password; credentials are given apart"));
    }
    if given.query().is_some() || given.fragment().is_some() {
        return Err(invalid("it has a query or a fragment"));
    }
    let mut segments: Vec<&str> = given.path().split('/').filter(|segment| !segment.is_empty()).collect();
    let is_version = |segment: &str| segment.len() == 2 && segment.bytes().all(|byte| byte.is_ascii_digit());
    if segments.len() >= 2 && segments[segments.len() - 2] == "api" && is_version(segments[segments.len() - 1]) {
        segments.pop();
    }
    if segments.last() == Some(&"api") {
        segments.pop();
    }
    let mut base = given.clone();
    base.set_path(&segments.join("/"));
    Ok(base)
}

/// Whether the host is this machine, so that nothing crosses a network.
pub(crate) fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => IpAddr::V4(*address).is_loopback(),
        Host::Ipv6(address) => IpAddr::V6(*address).is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(text: &str) -> Result<String, String> {
        base_of(&Url::parse(text).unwrap(), false).map(String::from).map_err(|error| error.to_string())
    }

    #[test]
    fn api_and_version_are_cut_off() {
        for text in ["https://a.org/x", "https://a.org/x/", "https://a.org/x/api", "https://a.org/x/api/40/"] {
            assert_eq!(base(text).unwrap(), "https://a.org/x", "{text}");
        }
        assert_eq!(base("https://a.org").unwrap(), "https://a.org/");
    }

    #[test]
    fn plain_http_only_to_this_machine() {
        for text in ["http://localhost:8080/", "http://127.0.0.1/", "http://[::1]:9/"] {
            assert!(base(text).is_ok(), "{text}");
        }
        assert!(base("http://localhost.example.org/").is_err());
        assert!(base_of(&Url::parse("http://dhis2.local/").unwrap(), true).is_ok());
        insta::assert_snapshot!(base("http://dhis2.example.org/api").unwrap_err(), @"refusing to send credentials to dhis2.example.org over plain http");
    }

    #[test]
    fn credentials_in_the_address_are_refused_without_repeating_them() {
        let text = base("https://admin:canary@a.org/").unwrap_err();
        assert!(!text.contains("canary"));
        assert!(base("https://a.org/?x=1").is_err());
        assert!(base("ftp://a.org/").is_err());
    }
}
