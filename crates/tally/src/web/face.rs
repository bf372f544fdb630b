//! What every page has around its content.

use super::asset;
use super::moment::Moment;
use super::visit::Visit;
use super::visitor::{Right, Way};
use crate::language::{Language, say};
use jiff::tz::TimeZone;

/// What stands around the content of a page: see `layout.html`.
pub(super) struct Face {
    pub(super) title: String,
    pub(super) language: &'static str,
    /// Tag and name of the other language, in itself.
    pub(super) other_language: (&'static str, &'static str),
    /// Path and query of this page.
    pub(super) here: String,
    pub(super) links: Vec<Link>,
    /// Who signed in, where somebody had to.
    pub(super) signed_in: Option<String>,
    pub(super) csrf: String,
    /// Whether what it shows moves, so that a browser without JavaScript asks again.
    pub(super) refresh: bool,
    /// Whether a browser with JavaScript asks again too: nothing tells it when to.
    pub(super) reload: bool,
    pub(super) made_at: Option<Moment>,
}

/// A page in the list of pages.
pub(super) struct Link {
    pub(super) href: &'static str,
    pub(super) text: String,
    pub(super) is_here: bool,
}

/// The list of pages: by their paths.
const PAGES: [&str; 7] = ["/", "/decisions", "/runs", "/quality", "/places", "/settings", "/audit"];

/// What an address has at its end when its page is to stay as it is.
const STILL: &str = "still=1";

impl Face {
    /// The face of a page that answers a visit.
    pub(super) fn new(visit: &Visit, title: String) -> Self {
        let here = visit.path();
        let is_here = |href: &str| if href == "/" { here == "/" } else { here.starts_with(href) };
        let may = |href: &str| visit.visitor.may(right(href));
        let links = PAGES.into_iter().filter(|href| may(href));
        let links = links.map(|href| Link { href, text: page_name(href), is_here: is_here(href) });
        let now = visit.site.now();
        Self {
            title,
            language: Language::current().tag(),
            other_language: other_language(),
            here: visit.here.clone(),
            links: links.collect(),
            signed_in: (visit.visitor.way == Way::Session).then(|| visit.visitor.name.clone()),
            csrf: visit.visitor.csrf.clone(),
            refresh: false,
            reload: false,
            made_at: Some(Moment::new(now, now, &TimeZone::UTC)),
        }
    }

    /// Whether somebody asked that the page stays as it is: who reads slowly, or hears it read, needs that.
    pub(super) fn is_still(&self) -> bool {
        self.here.ends_with(STILL)
    }

    /// The address of this page as it is now.
    pub(super) fn still(&self) -> String {
        let sign = if self.here.contains('?') { '&' } else { '?' };
        format!("{}{sign}{STILL}", self.here)
    }

    pub(super) fn style(&self) -> String {
        asset::style()
    }

    pub(super) fn script(&self) -> String {
        asset::script()
    }

    pub(super) fn icon(&self) -> String {
        asset::icon()
    }

    pub(super) fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }
}

/// What one must be allowed to see a page.
fn right(href: &str) -> Right {
    match href {
        "/settings" | "/audit" => Right::Settings,
        _ => Right::Read,
    }
}

fn page_name(href: &str) -> String {
    match href {
        "/" => say!("page-overview"),
        "/decisions" => say!("page-decisions"),
        "/runs" => say!("page-runs"),
        "/quality" => say!("page-quality"),
        "/places" => say!("page-places"),
        "/settings" => say!("page-settings"),
        _ => say!("page-audit"),
    }
}

/// Tag and name, in itself, of the language that is not spoken.
pub(in crate::web) fn other_language() -> (&'static str, &'static str) {
    match Language::current() {
        Language::English => ("fr", "Français"),
        Language::French => ("en", "English"),
    }
}
