//! Where a request that changes something comes from: a page of ours, or one elsewhere.

use super::host::is_loopback;
use super::{Door, Refusal};
use axum::http::{HeaderMap, header};
use pipeline::config::dashboard::HostName;
use url::Url;

impl Door {
    /// Refuses what a page of another origin sent. A browser says so in `Sec-Fetch-Site` and in `Origin`, an older one in
    /// `Referer`; a program that shows a token may say nothing.
    pub(super) fn of_ours(
        &self,
        headers: &HeaderMap,
        host: Option<&HostName>,
        is_program: bool,
    ) -> Result<(), Refusal> {
        let said = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
        if said("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none")) {
            return Err(Refusal::Origin);
        }
        let host = host.ok_or(Refusal::Origin)?;
        match said(header::ORIGIN.as_str()).or_else(|| said(header::REFERER.as_str())) {
            Some(origin) if self.is_of(origin, host) => Ok(()),
            None if is_program => Ok(()),
            Some(_) | None => Err(Refusal::Origin),
        }
    }

    fn is_of(&self, origin: &str, host: &HostName) -> bool {
        let Ok(url) = Url::parse(origin) else { return false };
        let usual = match url.scheme() {
            "https" => 443,
            "http" if !self.dashboard.has_secure_cookies() || is_loopback(host) => 80,
            _ => return false,
        };
        url.host_str() == Some(host.name.as_str()) && url.port().unwrap_or(usual) == host.port.unwrap_or(usual)
    }
}
