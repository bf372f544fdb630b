//! The documentation's page of faults, made of the catalogue and of what is expected of each.

use std::path::Path;

use sandbox::fault_catalogue::{self, Server};

use super::expected::{EXPECTED, Ends};

const PAGE: &str = "docs/src/faults.md";

const HEAD: &str = "# What can go wrong

A run either says what the line list says, or says that it does not. This page lists the faults that are known, and what
Tally does in each. Every row is played by a test, on both of DHIS2's importers: a run while the fault lasts, then one after
it, which makes DHIS2 equal to an independent count. What the [exit codes](troubleshooting.md) mean stands elsewhere.

To see one yourself, play it with `tally sandbox --fault NAME`.
";

fn page() -> String {
    let mut page = HEAD.to_owned();
    for (server, title) in [(Server::Godata, "Go.Data"), (Server::Dhis2, "DHIS2")] {
        page += &format!("\n## {title}\n\n| fault | what happens | what Tally does | exit code |\n|---|---|---|---|\n");
        for fault in fault_catalogue::all().filter(|fault| fault.server == server) {
            let Some(expected) = EXPECTED.iter().find(|expected| expected.name == fault.name) else { continue };
            let code = match expected.ends {
                Ends::Well(verdict) => verdict.exit_code(),
                Ends::Badly(kind) => kind.exit_code(),
            };
            page += &format!("| `{}` | {} | {} | {code} |\n", fault.name, fault.what, expected.does);
        }
    }
    page
}

#[test]
fn the_page_of_faults_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(PAGE);
    if std::env::var_os("TALLY_UPDATE").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page(), "{PAGE} is out of date: run this test with TALLY_UPDATE=1");
}

#[test]
fn every_row_tells_what_tally_does() {
    for expected in EXPECTED {
        assert!(expected.does.len() > 15 && expected.does.ends_with('.'), "{}", expected.name);
    }
}
