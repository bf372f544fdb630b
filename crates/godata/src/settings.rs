//! Where Go.Data is, who asks, and how patiently.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use secrecy::SecretString;
use url::{Host, Url};

use crate::error::{Error, Kind};

/// The records of a page by default. Go.Data builds a page in memory; with the few fields of a report 5,000 are some
/// 2 MB, and the cost of a request is small beside them.
const PAGE_RECORDS: NonZeroU32 = NonZeroU32::new(5_000).expect("not zero");

/// The largest answer that is read by default. A page of 5,000 whole cases is some 13 MB.
const ANSWER_BYTES_MAX: usize = 256 << 20;

/// The most pages of a list by default: at the default size, five billion records. A list that goes on beyond is a
/// server's mistake, and would be read for ever.
const PAGES_MAX: u32 = 1_000_000;

/// The key of the version endpoint in a Go.Data whose configuration nobody touched.
const API_KEY: &str = "your_api_key_here";

/// How to reach one Go.Data as one account.
///
/// The account should be a service account of its own: each login ends the account's other sessions.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The server's address, with or without `/api`.
    pub url: Url,
    /// The account's e-mail.
    pub email: String,
    /// The account's password.
    pub password: SecretString,
    /// The key that Go.Data 2.50 wants for its version; by default the one it is shipped with.
    pub api_key: SecretString,
    /// For a whole request, from the connection to the last byte.
    pub timeout: Duration,
    /// For the connection alone.
    pub connect_timeout: Duration,
    /// Records a page.
    pub page_records: NonZeroU32,
    /// How often a failed reading is asked again.
    pub retries: u32,
    /// The wait before the first retry; it doubles from one to the next, with jitter.
    pub retry_delay: Duration,
    /// Allow plain http to other machines, which shows the password and the records to the network.
    pub allow_http: bool,
    /// The largest answer that is read, unpacked, in bytes.
    pub answer_bytes_max: usize,
    /// The most pages of a list that are read.
    pub pages_max: u32,
    /// Ask for compressed answers. By default not from this machine, where the line costs nothing.
    pub gzip: bool,
}

impl Settings {
    /// The settings for an account, with cautious defaults.
    pub fn new(url: Url, email: impl Into<String>, password: impl Into<SecretString>) -> Self {
        Self {
            gzip: !is_loopback(&url),
            url,
            email: email.into(),
            password: password.into(),
            api_key: API_KEY.into(),
            timeout: Duration::from_secs(120),
            connect_timeout: Duration::from_secs(10),
            page_records: PAGE_RECORDS,
            retries: 4,
            retry_delay: Duration::from_millis(500),
            allow_http: false,
            answer_bytes_max: ANSWER_BYTES_MAX,
            pages_max: PAGES_MAX,
        }
    }

    /// The root of the web API, `https://host/api/`.
    pub(crate) fn api_root(&self) -> Result<Url, Error> {
        let invalid =
            |reason: &str| Error::new(Kind::InvalidUrl { reason: reason.to_owned() }, "the address of Go.Data");
        let url = &self.url;
        let Some(host) = url.host_str() else {
            return Err(invalid("it has no host"));
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(invalid("it holds a user or password, which belong into their own settings"));
        }
        match url.scheme() {
            "https" => {}
            "http" if self.allow_http || is_loopback(url) => {}
            "http" => {
                let kind = Kind::InsecureUrl { host: host.to_owned() };
                return Err(Error::new(kind, "the address of Go.Data"));
            }
            _ => return Err(invalid("it does not begin with https://")),
        }
        let mut root = url.clone();
        root.set_query(None);
        root.set_fragment(None);
        let path = url.path().trim_end_matches('/');
        let path = path.strip_suffix("/api").unwrap_or(path);
        root.set_path(&format!("{path}/api/"));
        Ok(root)
    }
}

/// Whether the address is on this machine, so that nothing crosses a network.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => IpAddr::from(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        // Names below `localhost` may be asked of a network, whatever RFC 6761 says.
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(url: &str) -> String {
        let settings = Settings::new(url.parse().unwrap(), "a@example.org", "p");
        match settings.api_root() {
            Ok(root) => root.to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_base_and_the_api_are_both_accepted() {
        for url in [
            "https://g.example.org",
            "https://g.example.org/",
            "https://g.example.org/api",
            "https://g.example.org/api/?x#y",
        ] {
            assert_eq!(root(url), "https://g.example.org/api/");
        }
        assert_eq!(root("https://example.org/godata/api"), "https://example.org/godata/api/");
        assert_eq!(root("https://example.org/apiary"), "https://example.org/apiary/api/");
    }

    #[test]
    fn plain_http_stays_on_this_machine() {
        for url in ["http://127.0.0.1:8080", "http://[::1]", "http://localhost"] {
            assert!(root(url).starts_with("http://"), "{url}");
        }
        insta::assert_snapshot!(root("http://10.0.0.7/api"), @"the address of Go.Data: plain http to 10.0.0.7 would send the password readable by others");
        insta::assert_snapshot!(root("http://localhost.example.org"), @"the address of Go.Data: plain http to localhost.example.org would send the password readable by others");
        assert!(!root("http://go.localhost").starts_with("http://"), "a resolver may ask the network for it");
        let mut settings = Settings::new("http://10.0.0.7".parse().unwrap(), "a", "p");
        settings.allow_http = true;
        assert_eq!(settings.api_root().unwrap().as_str(), "http://10.0.0.7/api/");
    }

    #[test]
    fn other_addresses_are_refused() {
        insta::assert_snapshot!(root("ftp://example.org"), @"the address of Go.Data: the address is not usable: it does not begin with https://");
        insta::assert_snapshot!(root("file:///tmp/x"), @"the address of Go.Data: the address is not usable: it has no host");
        insta::assert_snapshot!(root("https://me:canary@example.org"), @"the address of Go.Data: the address is not usable: it holds a user or password, which belong into their own settings");
    }

    #[test]
    fn debug_shows_no_password() {
        let settings = Settings::new("https://g.example.org".parse().unwrap(), "a", "canary");
        assert!(!format!("{settings:?}").contains("canary"));
    }
}
