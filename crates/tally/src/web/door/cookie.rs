//! The two cookies: of the session, and of forms where there is none.

use axum::http::{HeaderMap, HeaderValue, header};

/// A cookie of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cookie {
    /// Who is signed in.
    Session,
    /// What forms are bound to where nobody is signed in.
    Form,
}

impl Cookie {
    /// Its name. With the prefix, browsers take it by `https://` alone and from no neighbouring name (RFC 6265bis).
    pub(super) fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Session, true) => "__Host-tally_session",
            (Self::Session, false) => "tally_session",
            (Self::Form, true) => "__Host-tally_form",
            (Self::Form, false) => "tally_form",
        }
    }

    /// Its value in a request; none if it stands there twice, for then somebody else put one there.
    pub(super) fn read(self, secure: bool, headers: &HeaderMap) -> Option<String> {
        let name = self.name(secure);
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let mut values = lines
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.split_once('='))
            .filter(|(key, _)| key.trim() == name)
            .map(|(_, value)| value.trim());
        let value = values.next().filter(|value| !value.is_empty())?;
        if values.next().is_some() { None } else { Some(value.to_owned()) }
    }

    /// The header that sets it until the browser is closed, or takes it away where there is no value.
    pub(super) fn set(self, secure: bool, value: Option<&str>) -> HeaderValue {
        let (name, attributes) = (self.name(secure), if secure { "; Secure" } else { "" });
        let (value, age) = value.map_or(("", "; Max-Age=0"), |value| (value, ""));
        let line = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{attributes}{age}");
        // What we set are letters and digits.
        HeaderValue::from_str(&line).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::COOKIE, HeaderValue::from_str(line).unwrap());
        }
        Cookie::Session.read(false, &headers)
    }

    #[test]
    fn a_cookie_is_found_among_others_and_must_stand_alone() {
        assert_eq!(read(&["a=b; tally_session=x ; c=d"]).as_deref(), Some("x"));
        assert_eq!(read(&["a=b", "tally_session=x"]).as_deref(), Some("x"));
        for none in [&["a=b"][..], &["tally_session="], &["tally_sessions=x"], &["tally_session=x; tally_session=y"]] {
            assert_eq!(read(none), None, "{none:?}");
        }
        assert_eq!(read(&["__Host-tally_session=x"]), None);
    }

    #[test]
    fn a_cookie_is_kept_from_scripts_and_other_sites() {
        let set = |secure, value| Cookie::Session.set(secure, value).to_str().unwrap().to_owned();
        assert_eq!(set(true, Some("x")), "__Host-tally_session=x; Path=/; HttpOnly; SameSite=Strict; Secure");
        assert_eq!(set(false, None), "tally_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    }
}
