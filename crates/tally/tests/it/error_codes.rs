//! What ends a command has a code, and `tally explain error` says what it means.

use crate::site::{Site, snapshot, tally_in};
use sandbox::fault::{Fault, FaultRule};
use std::collections::BTreeMap;
use std::net::TcpListener;

/// A port on which nobody listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    format!("http://{}", listener.local_addr().expect("it has an address"))
}

/// What is done to a site, the exit code that a run ends with then, and the error's code.
type Case = (&'static str, i32, &'static dyn Fn(&Site));

const CASES: &[Case] = &[
    ("configuration", 10, &|site| site.configure("period = \"Weekly\"", "period = \"Weekley\"")),
    ("godata_connection", 75, &|site| site.configure(&site.world.godata.url(), &nobody())),
    ("godata_other_server", 20, &|site| {
        let url = site.world.godata.url();
        site.configure(&url, &format!("{url}/godata"));
    }),
    ("godata_login", 20, &|site| site.write("godata-password", "not-the-password")),
    ("godata_outbreak", 10, &|site| site.configure("COVID-19 in Sandland", "COVID-19 in Snowland")),
    ("godata_failed", 75, &|site| {
        let failure = Fault::Reject { status: 502, body: "<h1>Internal error</h1>".to_owned() };
        site.world.godata.faults().push(FaultRule::on("*", failure).forever());
    }),
    ("godata_no_records", 20, &|site| site.world.godata.documents().persons.clear()),
    ("dhis2_connection", 75, &|site| site.configure(&site.world.dhis2_url(), &nobody())),
    ("dhis2_other_server", 30, &|site| {
        let url = site.world.dhis2_url();
        site.configure(&url, &format!("{url}/training"));
    }),
    ("dhis2_login", 30, &|site| site.write("dhis2-password", "not-the-password")),
    ("dhis2_unknown", 10, &|site| site.configure("uKtOZwDnIpM", "uKtOZwDnIpX")),
    ("state_file", 10, &|site| {
        site.run().with_code(0);
        site.write(".tally/state.sqlite", "this is no database, and was one");
    }),
];

#[test]
fn an_error_has_its_code_and_the_command_that_explains_it() {
    for (code, exit_code, spoil) in CASES {
        let site = Site::weekly();
        spoil(&site);
        let ended = site.tally(&["run", "--output", "json"]).with_code(*exit_code);
        let error = &ended.json()["error"];
        assert_eq!(error["code"], *code, "{ended}");
        let help = error["help"].as_str().expect("the command that explains it");
        let words: Vec<&str> = help.split(' ').skip(1).collect();
        let told = site.tally(&words).with_code(0);
        assert!(told.out.starts_with(&format!("{code}\n  cause:  ")) && told.out.contains("\n  remedy: "), "{told}");
    }
}

#[test]
fn codes_are_explained_one_by_one_and_all_together_without_any_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let explain = |words: &[&str]| tally_in(folder.path(), &[&["explain", "error"], words].concat(), &BTreeMap::new());
    snapshot("explain_error", &explain(&["dhis2_certificate"]).with_code(0).to_string());
    snapshot("explain_error_unknown", &explain(&["dhis3_certificate"]).with_code(10).to_string());
    let all = explain(&["--output", "json"]).with_code(0).json();
    let names: Vec<_> = all.as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    let expected: Vec<_> = pipeline::Code::ALL.iter().map(|code| code.name()).collect();
    assert_eq!(names, expected);
    assert!(explain(&[]).with_code(0).out.lines().filter(|line| line.starts_with("  remedy: ")).count() == names.len());
}
