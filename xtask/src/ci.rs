//! The gate's steps in their order, cheapest first. The first one that fails ends the gate with its remedy.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::outside::{self, Setting};
use crate::{generate, root, tidy};

struct Step {
    name: &'static str,
    remedy: &'static str,
    run: fn(&Gate) -> Result<(), String>,
}

struct Gate {
    root: PathBuf,
    shared: PathBuf,
}

/// What the tests are built and run with. The feature lets tests end the binary at any boundary.
const TEST: &str = "test --workspace --features tally/crash-points --locked";

const STEPS: [Step; 9] = [
    Step {
        name: "fmt",
        remedy: "run `cargo fmt --all` (`rustup component add rustfmt` if cargo does not know it)",
        run: |gate| gate.cargo("fmt --all --check", &[]),
    },
    Step {
        name: "tidy",
        remedy: "each finding names its rule; ARCHITECTURE.md says why the rule exists",
        run: |gate| tidy::check(&gate.root),
    },
    Step {
        name: "clippy",
        remedy: "mend what it says; where it is wrong, `#[expect(lint, reason = \"...\")]` \
                 (`rustup component add clippy` if cargo does not know it)",
        run: |gate| {
            gate.cargo("clippy --workspace --all-targets --locked -- -D warnings", &[])?;
            // What only tests compile.
            gate.cargo(
                "clippy -p pipeline -p tally --all-targets --features tally/crash-points --locked -- -D warnings",
                &[],
            )
        },
    },
    Step {
        name: "doc",
        remedy: "mend the doc comments; `cargo doc --no-deps --open` shows them",
        run: |gate| gate.cargo("doc --workspace --no-deps --locked", &[("RUSTDOCFLAGS", "-D warnings")]),
    },
    Step {
        name: "generated",
        remedy: "run `cargo xtask generate` and commit what it wrote",
        run: |gate| generate::check(&gate.root),
    },
    // A workspace of its own, which nothing above compiles.
    Step {
        name: "cluster",
        remedy: "as for fmt, clippy and test, in the folder crates/cluster: `cargo test --manifest-path crates/cluster/Cargo.toml NAME`",
        run: |gate| {
            gate.cargo("fmt --manifest-path crates/cluster/Cargo.toml --check", &[])?;
            let target = gate.cluster_target().display().to_string();
            let envs = [
                ("CARGO_TARGET_DIR", target.as_str()),
                // Clippy as the compiler of this crate: `cargo clippy` would have DataFusion checked once more, for minutes.
                ("RUSTC_WORKSPACE_WRAPPER", "clippy-driver"),
                ("CLIPPY_ARGS", "-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__"),
            ];
            gate.cargo("test --manifest-path crates/cluster/Cargo.toml --locked", &envs)
        },
    },
    // Both use the program that the tests are built with, so that nothing is built for them alone.
    Step {
        name: "browser",
        remedy: "run it again with `cargo xtask ci --only browser`; pictures of the pages lie in target/screenshots. It needs \
                 `apt-get install chromium nodejs npm`, and npm's registry once",
        run: |gate| {
            gate.cargo(&format!("{TEST} --no-run"), &[])?;
            outside::browser(&gate.setting())
        },
    },
    Step {
        name: "python",
        remedy: "run it again with `cargo xtask ci --only python`. It needs `apt-get install python3 python3-venv`, and PyPI once",
        run: |gate| {
            gate.cargo(&format!("{TEST} --no-run"), &[])?;
            outside::python(&gate.setting())
        },
    },
    // Last, so that cargo's own counts are the gate's last words. `no` keeps snapshots as committed.
    Step {
        name: "test",
        remedy: "run the named test alone with `cargo test -p CRATE NAME` (for tally `-p tally --features crash-points`); after an intended change \
                 of a snapshot, run it with INSTA_UPDATE=always and read the difference",
        run: |gate| gate.cargo(TEST, &[("INSTA_UPDATE", "no")]),
    },
];

/// The names of the steps in their order.
pub(crate) fn step_names() -> Vec<&'static str> {
    STEPS.iter().map(|step| step.name).collect()
}

/// Runs every step in order, or the one named `only`, and stops at the first failure.
///
/// # Errors
/// With the failed step and its remedy, when no step has that name, or when the shared folder is missing.
pub(crate) fn run(root: &Path, only: Option<&str>) -> Result<(), String> {
    if let Some(name) = only.filter(|name| !step_names().contains(name)) {
        let names = step_names().join(", ");
        return Err(format!("no step `{name}`; the steps are: {names}"));
    }
    let named = std::env::var_os(root::SHARED).map(PathBuf::from);
    let gate = Gate { root: root.to_path_buf(), shared: root::shared(root, named)? };
    let chosen = STEPS.iter().filter(|step| only.is_none_or(|name| name == step.name));
    run_steps(chosen, &gate)
}

fn run_steps<'a>(steps: impl Iterator<Item = &'a Step>, gate: &Gate) -> Result<(), String> {
    for Step { name, remedy, run } in steps {
        println!("gate: {name} ...");
        let started = Instant::now();
        let done = run(gate);
        let secs = started.elapsed().as_secs_f64();
        match done {
            Ok(()) if *name == "test" => {}
            Ok(()) => println!("gate: {name} ok in {secs:.1} s"),
            Err(report) => {
                return Err(format!("{report}\ngate: {name} FAILED after {secs:.1} s\n  remedy: {remedy}"));
            }
        }
    }
    Ok(())
}

impl Gate {
    /// Where cargo builds.
    fn target(&self) -> PathBuf {
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
        self.root.join(target)
    }

    /// Where the cluster is built: a folder of its own, so that neither build waits for the other's lock.
    fn cluster_target(&self) -> PathBuf {
        self.target().join("cluster")
    }

    fn setting(&self) -> Setting<'_> {
        Setting { root: &self.root, target: self.target() }
    }

    fn cargo(&self, args: &str, envs: &[(&str, &str)]) -> Result<(), String> {
        let mut command = cargo();
        command
            .args(args.split(' '))
            .current_dir(&self.root)
            .env(root::SHARED, &self.shared)
            .envs(envs.iter().copied());
        finish(command).map_err(|how| format!("`cargo {args}` {how}"))
    }
}

/// The cargo that runs this program.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs a command to its end.
///
/// # Errors
/// How it ended, if not well.
pub(crate) fn finish(mut command: Command) -> Result<(), String> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("ended with {status}")),
        Err(reason) => Err(format!("does not start: {reason}")),
    }
}

#[cfg(test)]
mod tests {
    use std::process::Stdio;

    use super::*;

    #[test]
    fn an_unknown_step_is_refused_with_the_known_ones() {
        let report = run(Path::new("."), Some("tests")).unwrap_err();
        assert_eq!(
            report,
            "no step `tests`; the steps are: fmt, tidy, clippy, doc, generated, cluster, browser, python, test"
        );
    }

    #[test]
    fn tests_come_last_so_that_cargos_counts_close_the_gate() {
        assert_eq!(step_names().last(), Some(&"test"));
    }

    #[test]
    fn the_first_failure_ends_the_gate_with_its_remedy() {
        let steps = [
            Step { name: "first", remedy: "mend it", run: |_| Err("it is broken".to_owned()) },
            Step { name: "second", remedy: "", run: |_| panic!("a step ran after a failure") },
        ];
        let gate = Gate { root: PathBuf::new(), shared: PathBuf::new() };
        let report = run_steps(steps.iter(), &gate).unwrap_err();
        assert!(report.starts_with("it is broken\ngate: first FAILED after"), "{report}");
        assert!(report.ends_with("\n  remedy: mend it"), "{report}");
    }

    #[test]
    fn a_command_that_fails_is_a_failure() {
        let run = |arg: &str| {
            let mut command = cargo();
            command.arg(arg).stdout(Stdio::null()).stderr(Stdio::null());
            finish(command)
        };
        assert_eq!(run("--version"), Ok(()));
        assert!(run("--no-such-flag").unwrap_err().starts_with("ended with"));
        let absent = finish(Command::new("no-such-program-at-all"));
        assert!(absent.unwrap_err().starts_with("does not start"));
    }
}
