//! Nothing personal and no secret leaves Go.Data by way of Tally: not into what it says, not into what it keeps.
//!
//! Every test of this binary looks for canaries: [`Site`] in whatever a process says, and at its end in every file. Here
//! are the scenarios that only this is about.

use crate::site::{Ended, Site, WEEKLY, WEEKS, assert_silent};
use sandbox::fault::{Fault, FaultRule, Faults, Transform};
use sandbox::population::CANARY;
use sandbox::world::account;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The population is full of canaries, or else their absence would show nothing.
#[test]
fn go_data_holds_what_must_not_be_found() {
    let site = Site::weekly();
    let documents = site.world.godata.documents();
    let text: String = documents.cases().map(|case| serde_json::to_string(case).unwrap()).collect();
    assert!(text.matches(CANARY).count() > documents.cases().count());
}

/// The scan finds a canary in a file, a file's name, on both streams, and when a test forgets to look.
#[test]
fn a_leak_is_found() {
    let site = Site::weekly();
    site.run().with_code(0);
    let n = site.assert_silent_files();
    assert!(n >= 2, "the state and the line list were looked at: {n}");
    let token = site.world.godata.issued_tokens().pop().expect("the run logged in");
    for leak in ["CANARY-NAME-0001", "1899-11-23", "71.4142135", account::DHIS2_PASSWORD, &token] {
        let path = site.path(".tally/leak");
        fs::write(&path, [b"\0\xff", leak.as_bytes(), b"\0"].concat()).unwrap();
        assert!(catch_unwind(AssertUnwindSafe(|| site.assert_silent_files())).is_err(), "{leak} in a file");
        fs::remove_file(&path).unwrap();
        for (out, err) in [(leak, ""), ("", leak)] {
            let ended = Ended { code: Some(0), out: out.to_owned(), err: err.to_owned() };
            let canaries = site.world.canaries();
            assert!(catch_unwind(AssertUnwindSafe(|| assert_silent(&canaries, "a test", &ended))).is_err(), "{leak}");
        }
    }
    fs::write(site.path("CANARY-NAME-0001"), "").unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| site.assert_silent_files())).is_err(), "in a file's name");
    fs::remove_file(site.path("CANARY-NAME-0001")).unwrap();
    // What the test wrote is the test's, until Tally writes it.
    site.write("leak", "CANARY-NAME-0001");
    assert_eq!(site.assert_silent_files(), n);
    fs::write(site.path("leak"), "CANARY-NAME-0002").unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| drop(site))).is_err(), "a test that forgets to look");
}

#[test]
fn runs_say_and_keep_nothing_secret() {
    let site = Site::weekly();
    let words: Vec<&str> = ["run", "-vv", "--all"].into_iter().chain(WEEKS).collect();
    site.tally(&words).with_code(0);
    for word in ["plan", "run"] {
        let words: Vec<&str> = [word, "--output", "json", "-vv"].into_iter().chain(WEEKS).collect();
        site.tally(&words).with_code(0);
    }
    let id = {
        let documents = site.world.godata.documents();
        documents.cases().next().unwrap()["id"].as_str().unwrap().to_owned()
    };
    for words in [
        &["check", "-vv"][..],
        &["history", "--output", "json"],
        &["show", "1", "--all", "--output", "json"],
        &["verify", "-vv", "--output", "json"],
        &["state", "show", "--output", "json"],
        &["state", "check"],
        &["explain", "case", &id, "-vv"],
    ] {
        site.tally(words).with_code(0);
    }
    let mut most_verbose = site.environment.clone();
    most_verbose.insert("TALLY_LOG".to_owned(), "trace".to_owned());
    let full = [&words[..], &["--full"]].concat();
    let ended = site.tally_with(&full, &most_verbose).with_code(0);
    assert!(ended.err.contains("TRACE"), "everything was logged");
    assert!(site.assert_silent_files() >= 2);
}

/// What Tally leaves behind is for nobody else, and the plan, the certificates and the copies hold nothing personal either.
#[test]
fn every_file_that_tally_leaves_is_private_and_silent() {
    let site = Site::weekly();
    let plan = [&["plan"], &WEEKS[..], &["--out", "plan.json"]].concat();
    site.tally(&plan).with_code(0);
    let run = |certificate| [&["run"], &WEEKS[..], &["--certificate", certificate]].concat();
    site.tally(&run("page.html")).with_code(0);
    site.tally(&run("page.json")).with_code(0);
    site.tally(&["verify", "--certificate", "now.html"]).with_code(0);
    site.tally(&["state", "backup", "--with-line-list", "copy.sqlite"]).with_code(0);
    let left = ["plan.json", "page.html", "page.json", "now.html", "copy.sqlite", "copy.line-list.sqlite"];
    let kept = [".tally/state.sqlite", ".tally/line-list.sqlite"];
    for name in left.into_iter().chain(kept) {
        let mode = fs::metadata(site.path(name)).unwrap_or_else(|_| panic!("{name} is there")).permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    assert_eq!(fs::metadata(site.path(".tally")).unwrap().permissions().mode() & 0o777, 0o700);
    assert!(site.assert_silent_files() >= left.len() + kept.len());
}

/// A refusal in the words of either server, which quote a person. `{}` is Go.Data's shape or DHIS2's.
fn quoting(status: u16) -> [Fault; 4] {
    let words = format!("{CANARY}SURNAME-0001 of {CANARY}STREET-00001 is no date");
    let error = serde_json::json!({ "error": { "statusCode": status, "name": words, "message": words, "code": words,
        "details": { "permissions": words } } });
    let message = serde_json::json!({ "httpStatus": words, "httpStatusCode": status, "status": "ERROR", "message": words,
        "devMessage": words, "errorCode": words, "id": words, "systemId": [words] });
    [
        Fault::Reject { status, body: error.to_string() },
        Fault::Reject { status, body: message.to_string() },
        Fault::Reject { status, body: format!("<html>{words}</html>") },
        Fault::Reject { status, body: words },
    ]
}

#[test]
fn servers_that_quote_persons_are_not_repeated() {
    let mut site = Site::weekly();
    site.run().with_code(0);
    let id = site.world.godata.documents().cases().next().unwrap()["id"].as_str().unwrap().to_owned();
    site.world.godata.edit(|e| e.delete(&id)).unwrap();
    let scripts: [fn(&Site) -> &Faults; 2] = [|site| site.world.godata.faults(), |site| &site.world.dhis2_faults];
    let paths = ["*/cases", "*/login", "/api/me", "/api/dataSets*", "/api/*dataValueSets*"];
    for (at, path) in paths.into_iter().enumerate() {
        let script = scripts[usize::from(at > 1)];
        for status in [200, 400, 403, 409] {
            for fault in quoting(status) {
                script(&site).push(FaultRule::on(path, fault).forever());
                let ended = site.tally(&[&["run", "-vv", "--full"], &WEEKS[..]].concat());
                assert_ne!(ended.code, Some(0), "{path} {status}: {ended}");
                site.restore();
            }
        }
    }
    site.assert_silent_files();
    site.tally(&["history", "--output", "json", "--limit", "1000"]).with_code(0);
    site.run().with_code(0);
    assert_eq!(site.values(), site.truth());
}

#[test]
fn failures_say_and_keep_nothing_secret() {
    let mut site = Site::weekly();
    for (name, fault) in [
        ("*/cases", Fault::CutBody { at_byte: 4000 }),
        ("*/cases", Fault::Reject { status: 200, body: format!("[{{\"_id\": 1, \"firstName\": \"{CANARY}A\"}}]") }),
        ("*/login", Fault::Html { status: 200 }),
    ] {
        site.world.godata.faults().push(FaultRule::on(name, fault).forever());
        let words: Vec<&str> = ["run", "-vv"].into_iter().chain(WEEKS).collect();
        assert_ne!(site.tally(&words).code, Some(0));
        site.restore();
    }
    site.configure("username = \"tally\"\npassword_file = \"dhis2-password\"", "token_file = \"dhis2-token\"");
    site.write("dhis2-token", account::DHIS2_TOKEN);
    site.world.dhis2.revoke_tokens();
    site.tally(&[&["run", "-vv"], &WEEKS[..]].concat()).with_code(30);
}

/// Fields that nobody asked for come all the same, as from a server that knows no projection: they are passed over.
#[test]
fn fields_that_nobody_asked_for_are_passed_over() {
    let site = Site::weekly();
    let more = format!("{{\"firstName\":\"{CANARY}NAME-1\",\"addresses\":[{{\"phoneNumber\":\"{CANARY}PHONE-1\"}}],");
    let alter = Transform::new(move |page| {
        String::from_utf8_lossy(&page).replace("{\"id\"", &format!("{more}\"id\"")).into_bytes()
    });
    site.world.godata.faults().push(FaultRule::on("*/cases", Fault::AlterAnswer(alter)).forever());
    site.tally(&[&["run", "-vv"], &WEEKS[..]].concat()).with_code(0);
    assert_eq!(site.values(), site.truth());
}

/// A defect may meet a person's record; what it says then quotes nothing, nor does what is kept of it.
#[cfg(feature = "crash-points")]
#[test]
fn a_panic_quotes_nothing() {
    for point in ["before state/intent", "before line-list/page"] {
        let mut site = Site::weekly();
        let mut environment = site.environment.clone();
        environment.insert("TALLY_CRASH".to_owned(), point.to_owned());
        environment.insert("TALLY_CRASH_PANIC".to_owned(), format!("{CANARY}NAME-0001"));
        environment.insert("RUST_BACKTRACE".to_owned(), "full".to_owned());
        let arguments = [&["run", "-vv"], &WEEKS[..]].concat();
        let ended = site.tally_with(&arguments, &environment);
        assert!(matches!(ended.code, Some(1 | 101)), "{point}: {ended}");
        assert!(ended.err.contains("Tally has a defect at") && ended.err.contains("crash.rs"), "{point}: {ended}");
        site.tally(&["history", "--output", "json"]).with_code(0);
        site.restore();
        site.run().with_code(0);
        assert_eq!(site.values(), site.truth());
    }
}

/// A proxy that is named for the network gets no request to this machine, and so no password.
#[test]
fn a_request_to_this_machine_takes_no_way_through_a_proxy() {
    let mut site = Site::weekly();
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", proxy.local_addr().unwrap());
    let n_guests = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&n_guests);
    // The thread ends with the test's process.
    std::thread::spawn(move || {
        for _ in proxy.incoming() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        site.environment.insert(name.to_owned(), url.clone());
    }
    let ended = site.tally(&["check"]);
    assert_eq!(n_guests.load(Ordering::SeqCst), 0, "nobody comes to the proxy: {ended}");
    ended.with_code(0);
}

/// A password typed into the configuration, where an address belongs, is not repeated.
#[test]
fn a_password_in_an_address_is_not_repeated() {
    let site = Site::weekly();
    let url = site.world.dhis2_url();
    let with_password = url.replace("http://", &format!("http://tally:{}@", account::DHIS2_PASSWORD));
    site.configure(&url, &with_password);
    site.tally(&["run"]).with_code(10);
}

#[test]
fn nothing_stays_when_nothing_is_to_be_kept() {
    assert!(WEEKLY.contains("keep = \"records\""));
    let site = Site::weekly();
    site.configure("keep = \"records\"", "keep = \"nothing\"");
    site.run().with_code(0);
    assert!(!site.path(".tally/line-list.sqlite").exists());
    assert_eq!(site.values(), site.truth());
}
