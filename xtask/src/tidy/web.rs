//! What the dashboard never does: hold script or style in a page, send a form that any site could send, pass the door by.

use super::Finding;
use super::source::tokens;
use super::tree::Tree;

/// The folder of the dashboard.
const WEB: &str = "crates/tally/src/web/";
/// A file that is downloaded and stands alone, with its style in it.
const STANDS_ALONE: &str = "crates/tally/src/web/certificate.html";
/// Where routes may be put together; `pages/` holds tests alone, which ask the whole house.
const ROUTES: [&str; 5] = ["mod.rs", "api.rs", "api/", "door/", "pages/"];
/// The layers of the door, all around.
const DOOR: [&str; 3] = ["door::admit", "door::host", "door::headers"];

/// No template holds a script, a style or an address of elsewhere, and every form that changes something carries `csrf`.
pub(super) fn templates_are_plain(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let templates = tree.texts.iter().filter(|(path, _)| path.starts_with(WEB) && path.ends_with(".html"));
    for (path, text) in templates.filter(|(path, _)| *path != STANDS_ALONE) {
        for (n, line) in text.lines().enumerate() {
            for what in tags(line).filter_map(forbidden) {
                findings.push(Finding::new(path, n + 1, what));
            }
        }
        for (at, _) in text.match_indices("<form method=\"post\"") {
            let form = text[at..].split("</form>").next().unwrap_or_default();
            if !form.contains("name=\"csrf\"") {
                let line = text[..at].matches('\n').count() + 1;
                findings.push(Finding::new(path, line, "a form without its `csrf` is refused"));
            }
        }
    }
    findings
}

/// The tags of a line, without their brackets.
fn tags(line: &str) -> impl Iterator<Item = &str> {
    line.split('<').skip(1).filter_map(|rest| rest.split('>').next())
}

fn forbidden(tag: &str) -> Option<&'static str> {
    let attributes = || tag.split_whitespace().skip(1);
    let outside = ["src=\"http", "href=\"http", "action=\"http", "src=\"//", "href=\"//", "action=\"//"];
    if tag.starts_with("style") || attributes().any(|attribute| attribute.starts_with("style=")) {
        return Some("style in a page is forbidden by its policy");
    }
    if tag.starts_with("script") && !tag.contains(" src=\"") {
        return Some("script in a page is forbidden by its policy");
    }
    if attributes().any(|attribute| attribute.starts_with("on") && attribute.contains('=')) {
        return Some("script in an attribute is forbidden by the policy of pages");
    }
    attributes()
        .any(|attribute| outside.iter().any(|start| attribute.starts_with(start)))
        .then_some("a page takes nothing from elsewhere and leads nowhere else")
}

/// Routes are put together in one place, and the door stands around all of them.
pub(super) fn the_door_is_around_every_route(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, source) in tree.sources.iter().filter(|(path, _)| path.starts_with("crates/tally/src/")) {
        let is_home = path.strip_prefix(WEB).is_some_and(|rest| ROUTES.iter().any(|home| rest.starts_with(home)));
        if !is_home {
            for (at, _) in tokens(&source.production).into_iter().filter(|(_, word)| *word == "Router") {
                let what = "routes are put together in `web/mod.rs`, behind the door";
                findings.push(Finding::new(path, tree.line(path, at), what));
            }
        }
    }
    let house = format!("{WEB}mod.rs");
    let Some(source) = tree.sources.get(&house) else { return findings };
    let code = &source.production;
    let last = [".route(", ".merge(", ".nest(", ".fallback("].iter().filter_map(|call| code.rfind(call)).max();
    let at = last.unwrap_or_default();
    for layer in DOOR.iter().filter(|layer| !code[at..].contains(**layer)) {
        let what = format!("what comes before the layer `{layer}` alone is behind it, and it does not come last");
        findings.push(Finding::new(&house, tree.line(&house, at), what));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::tests::found;
    use super::*;

    #[test]
    fn what_a_page_may_not_hold_is_found() {
        let page = "<link href=\"{{ style }}\"><script src=\"{{ s }}\" defer></script>\n<script>alert(1)</script>\n\
                    <p style=\"x\">\n<style>\n<a onclick=\"x()\" href=\"/runs\">\n<img src=\"https://a.org/x\">\n\
                    <form method=\"post\" action=\"/ask\">\n<button>\n</form>\n\
                    <form method=\"post\" action=\"/ask\">\n<input name=\"csrf\"></form>\n<form method=\"get\"></form>\n";
        let path = "crates/tally/src/web/run.html";
        let expected = [2, 3, 4, 5, 6, 7].map(|line| format!("{path}:{line}"));
        assert_eq!(found(templates_are_plain, &[(path, page)]), expected);
        assert_eq!(found(templates_are_plain, &[(STANDS_ALONE, page)]), [""; 0]);
    }

    #[test]
    fn a_route_beside_the_door_is_found() {
        let house = "crates/tally/src/web/mod.rs";
        let whole = "fn router() { pages.route(a, b).layer(door::admit).layer(door::host).layer(door::headers) }\n";
        assert_eq!(found(the_door_is_around_every_route, &[(house, whole)]), [""; 0]);
        let open =
            "fn router() {\n  pages.layer(door::host).layer(door::admit)\n  .route(a, b).layer(door::headers)\n}\n";
        assert_eq!(
            found(the_door_is_around_every_route, &[(house, open)]),
            [format!("{house}:3"), format!("{house}:3")]
        );
        let other = "crates/tally/src/commands/serve.rs";
        let text = "fn f() {\n  axum::Router::new()\n}\n";
        assert_eq!(found(the_door_is_around_every_route, &[(other, text)]), [format!("{other}:2")]);
    }
}
