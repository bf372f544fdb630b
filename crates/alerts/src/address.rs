//! Which addresses a message may go to.

use std::net::IpAddr;

use thiserror::Error;
use url::{Host, Url};

/// Why a message may not go to an address. The address is not repeated: its path is often the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AddressError {
    /// It is not a web address.
    #[error("this is not a web address")]
    NotHttp,
    /// It is `http://` to another machine.
    #[error("this is `http://` to another machine")]
    Insecure,
    /// It has a user name or a password in it.
    #[error("this address holds a user name or a password")]
    Credentials,
}

/// Whether a message may go there: `https://`, or `http://` to this machine, or to any if that is allowed.
///
/// # Errors
/// Why not.
pub fn check_url(url: &Url, allow_http: bool) -> Result<(), AddressError> {
    let Some(host) = url.host() else {
        return Err(AddressError::NotHttp);
    };
    match url.scheme() {
        "https" => {}
        "http" if allow_http || is_loopback(&host) => {}
        "http" => return Err(AddressError::Insecure),
        _ => return Err(AddressError::NotHttp),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(AddressError::Credentials);
    }
    Ok(())
}

/// Whether a host name or an IP address is this machine.
pub fn is_loopback_host(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

pub(crate) fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

/// The host and the port, which a message may say.
pub(crate) fn place(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, allow_http: bool) -> Result<(), AddressError> {
        check_url(&Url::parse(text).unwrap(), allow_http)
    }

    #[test]
    fn plain_http_stays_on_this_machine_unless_allowed() {
        for text in ["https://a.org/x?y=1", "http://localhost:1/", "http://127.0.0.1/", "http://[::1]:9/"] {
            assert_eq!(check(text, false), Ok(()), "{text}");
        }
        assert_eq!(check("http://localhost.a.org/", false), Err(AddressError::Insecure));
        assert_eq!(check("http://a.org/", true), Ok(()));
        assert_eq!(check("ftp://a.org/", true), Err(AddressError::NotHttp));
        assert_eq!(check("mailto:a@a.org", true), Err(AddressError::NotHttp));
        assert_eq!(check("https://user:canary@a.org/", true), Err(AddressError::Credentials));
    }

    #[test]
    fn a_host_is_this_machine_only_by_its_own_names() {
        for host in ["localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]"] {
            assert!(is_loopback_host(host), "{host}");
        }
        for host in ["localhost.example.org", "10.0.0.1", "127.0.0.1.example.org", "::2", ""] {
            assert!(!is_loopback_host(host), "{host}");
        }
    }

    #[test]
    fn a_place_is_the_host_alone() {
        let url = Url::parse("https://hooks.example.org/services/CANARY?token=CANARY").unwrap();
        assert_eq!(place(&url), "hooks.example.org");
        assert_eq!(place(&Url::parse("http://127.0.0.1:8080/CANARY").unwrap()), "127.0.0.1:8080");
    }
}
