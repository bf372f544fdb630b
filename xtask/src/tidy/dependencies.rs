//! What every crate takes from the workspace, and what none may bring in.

use super::Finding;
use super::arrows::package_name;
use super::tree::{Tree, parse};

/// The workspace forbids unsafe code, and every crate takes the workspace's lints.
pub(super) fn every_crate_takes_the_lints(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, manifest) in &tree.manifests {
        let workspace = || manifest.get("workspace")?.get("lints")?.get("rust");
        if manifest.contains_key("workspace") {
            let level = workspace().and_then(|rust| rust.get("unsafe_code")?.as_str());
            if level != Some("forbid") {
                let line = tree.line_of_key(path, "unsafe_code");
                findings.push(Finding::new(path, line, "unsafe code is not forbidden"));
            }
        }
        let takes = || manifest.get("lints")?.get("workspace")?.as_bool();
        if package_name(manifest).is_some() && takes() != Some(true) {
            let line = tree.line_of_key(path, "name");
            findings.push(Finding::new(path, line, "`[lints] workspace = true` is missing"));
        }
    }
    findings
}

/// The lock files, and what each may hold of the banned: DataFusion and Ballista are written with crates of their own choice,
/// which are in nobody else's program.
const LOCKS: [(&str, &[&str]); 2] = [("Cargo.lock", &[]), ("crates/cluster/Cargo.lock", &["chrono", "async-trait"])];

/// No crate that `deny.toml` bans is in a lock file, whoever asks for it.
pub(super) fn no_banned_crate_is_locked(tree: &Tree) -> Vec<Finding> {
    let has_cluster = tree.manifests.contains_key("crates/cluster/Cargo.toml");
    let locks = LOCKS.iter().filter(|(path, _)| *path == "Cargo.lock" || has_cluster);
    locks.flat_map(|(path, allowed)| banned_in(tree, path, allowed)).collect()
}

fn banned_in(tree: &Tree, lock_path: &str, allowed: &[&str]) -> Vec<Finding> {
    let read = |path: &str| {
        let text = tree.texts.get(path).ok_or_else(|| format!("{path}: absent"))?;
        parse(path, text)
    };
    let (deny, lock) = match (read("deny.toml"), read(lock_path)) {
        (Ok(deny), Ok(lock)) => (deny, lock),
        (Err(reason), _) | (_, Err(reason)) => return vec![Finding::new("deny.toml", 1, reason)],
    };
    let banned = deny.get("bans").and_then(|bans| bans.get("deny")?.as_array());
    let locked = lock.get("package").and_then(toml::Value::as_array);
    let mut findings = Vec::new();
    for package in locked.into_iter().flatten() {
        let name = package.get("name").and_then(toml::Value::as_str);
        let ban = banned.into_iter().flatten().find(|ban| {
            let crate_name = ban.get("crate").and_then(toml::Value::as_str);
            name.is_some_and(|name| !allowed.contains(&name)) && crate_name == name
        });
        if let (Some(name), Some(ban)) = (name, ban) {
            let text = &tree.texts[lock_path];
            let at = text.find(&format!("\"{name}\"")).unwrap_or(0);
            let reason = ban.get("reason").and_then(toml::Value::as_str);
            let what = format!("`{name}` is banned: {}", reason.unwrap_or("see deny.toml"));
            findings.push(Finding::new(lock_path, tree.line(lock_path, at), what));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::tests::found;
    use super::*;

    #[test]
    fn a_crate_without_the_lints_is_found() {
        let good = "[package]\nname = \"a\"\n[lints]\nworkspace = true\n";
        let bad = "[package]\nname = \"b\"\n";
        let files = [("a/Cargo.toml", good), ("b/Cargo.toml", bad)];
        assert_eq!(found(every_crate_takes_the_lints, &files), ["b/Cargo.toml:2"]);
    }

    #[test]
    fn a_workspace_that_allows_unsafe_code_is_found() {
        let files = [("Cargo.toml", "[workspace.lints.rust]\nunsafe_code = \"warn\"\n")];
        assert_eq!(found(every_crate_takes_the_lints, &files), ["Cargo.toml:2"]);
    }

    #[test]
    fn a_banned_crate_in_the_lock_file_is_found() {
        let deny = "[bans]\ndeny = [{ crate = \"chrono\", reason = \"jiff\" }]\n";
        let lock = "[[package]]\nname = \"bytes\"\n[[package]]\nname = \"chrono\"\n";
        let files = [("deny.toml", deny), ("Cargo.lock", lock)];
        assert_eq!(found(no_banned_crate_is_locked, &files), ["Cargo.lock:4"]);
    }

    #[test]
    fn the_cluster_may_lock_what_datafusion_is_written_with_and_nothing_else_that_is_banned() {
        let deny = "[bans]\ndeny = [{ crate = \"chrono\" }, { crate = \"openssl\" }]\n";
        let lock = "[[package]]\nname = \"chrono\"\n[[package]]\nname = \"openssl\"\n";
        let cluster = ("crates/cluster/Cargo.toml", "[package]\nname = \"cluster\"\n");
        let files = [("deny.toml", deny), ("Cargo.lock", ""), cluster];
        let with_lock: Vec<_> = files.into_iter().chain([("crates/cluster/Cargo.lock", lock)]).collect();
        assert_eq!(found(no_banned_crate_is_locked, &with_lock), ["crates/cluster/Cargo.lock:4"]);
        assert_eq!(found(no_banned_crate_is_locked, &files), ["deny.toml:1"], "its lock file is needed");
    }

    #[test]
    fn a_lost_list_of_bans_is_found() {
        let files = [("Cargo.lock", "")];
        assert_eq!(found(no_banned_crate_is_locked, &files), ["deny.toml:1"]);
    }
}
