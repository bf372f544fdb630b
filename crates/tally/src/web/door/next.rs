//! Where somebody wanted to go who has to sign in first.

use axum::http::Uri;
use url::form_urlencoded;

/// Bytes of an address that is kept: longer than any of ours.
const BYTES_MAX: usize = 2048;

/// The address of the page of signing in that leads on to this one.
pub(super) fn sign_in_before(uri: &Uri) -> String {
    let wanted = uri.path_and_query().map_or("/", |wanted| wanted.as_str());
    match local(wanted) {
        "/" => "/sign-in".to_owned(),
        wanted => {
            let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", wanted).finish();
            format!("/sign-in?{query}")
        }
    }
}

/// The address if it is a page of ours, else the first page: nobody is sent away to another site.
pub(in crate::web) fn local(wanted: &str) -> &str {
    let path = wanted.split(['?', '#']).next().unwrap_or_default();
    // A browser takes `//` and `/\` for the beginning of another site's address.
    let is_path = wanted.starts_with('/') && !wanted.starts_with("//");
    let is_plain = wanted.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') && wanted.len() <= BYTES_MAX;
    if is_path && is_plain && !matches!(path, "/sign-in" | "/sign-out") { wanted } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_page_of_ours_comes_next() {
        for ours in ["/", "/runs/7?all=1", "/a//b", "/r%C3%A9gion"] {
            assert_eq!(local(ours), ours);
        }
        let long = format!("/{}", "a".repeat(BYTES_MAX));
        for other in [
            "",
            "runs",
            "//evil.org",
            "/\\evil.org",
            "https://evil.org",
            "/a\r\nb",
            "/a b",
            "/é",
            "/sign-in?next=/",
            "/sign-out",
            &long,
        ] {
            assert_eq!(local(other), "/", "{other}");
        }
    }

    #[test]
    fn where_one_wanted_to_go_is_kept() {
        assert_eq!(sign_in_before(&Uri::from_static("/runs/7?a=b&c=d")), "/sign-in?next=%2Fruns%2F7%3Fa%3Db%26c%3Dd");
        assert_eq!(sign_in_before(&Uri::from_static("/")), "/sign-in");
    }
}
