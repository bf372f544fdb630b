//! Nothing personal and no secret leaves Go.Data by way of Tally: not into what it says, not into what it keeps.

use crate::site::{Ended, Site, WEEKLY, WEEKS};
use base64_of::basic;
use sandbox::fault::{Fault, FaultRule};
use sandbox::population::CANARY;
use sandbox::world::account;
use std::fs;
use std::path::Path;

mod base64_of {
    //! HTTP's basic credentials, spelt out: the tests depend on no library for it.

    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    /// What stands in the header for a user and a password, without padding.
    pub(super) fn basic(user: &str, password: &str) -> String {
        let text = format!("{user}:{password}");
        let mut digits = String::new();
        for three in text.as_bytes().chunks(3) {
            let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
            let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
            for at in 0..=three.len() {
                digits.push(char::from(DIGITS[(bits >> (18 - 6 * at)) as usize & 63]));
            }
        }
        digits
    }

    #[test]
    fn as_in_the_standard() {
        assert_eq!(basic("Aladdin", "open sesame"), "QWxhZGRpbjpvcGVuIHNlc2FtZQ");
    }
}

fn secrets() -> Vec<String> {
    vec![
        CANARY.to_owned(),
        account::GODATA_PASSWORD.to_owned(),
        account::DHIS2_PASSWORD.to_owned(),
        account::DHIS2_TOKEN.to_owned(),
        basic(account::DHIS2_USERNAME, account::DHIS2_PASSWORD),
    ]
}

#[track_caller]
pub(crate) fn assert_silent(what: &str, bytes: &[u8]) {
    for secret in secrets() {
        let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "`{secret}` is in {what}");
    }
}

/// Looks at every byte of every file below a folder; the files that the test wrote itself aside.
pub(crate) fn assert_silent_files(folder: &Path) -> usize {
    let mut n = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            n += assert_silent_files(&path);
        } else if !["godata-password", "dhis2-password", "dhis2-token"].contains(&name) {
            assert_silent(&path.display().to_string(), &fs::read(&path).unwrap());
            n += 1;
        }
    }
    n
}

fn said(site: &Site, arguments: &[&str]) -> Ended {
    let ended = site.tally(arguments);
    assert_silent(&format!("stdout of {arguments:?}"), ended.out.as_bytes());
    assert_silent(&format!("stderr of {arguments:?}"), ended.err.as_bytes());
    ended
}

/// The population is full of canaries, or else their absence would show nothing.
#[test]
fn go_data_holds_what_must_not_be_found() {
    let site = Site::weekly();
    let documents = site.world.godata.documents();
    let text: String = documents.cases().map(|case| serde_json::to_string(case).unwrap()).collect();
    assert!(text.matches(CANARY).count() > documents.cases().count());
}

#[test]
fn runs_say_and_keep_nothing_secret() {
    let site = Site::weekly();
    let words: Vec<&str> = ["run", "-vv", "--all"].into_iter().chain(WEEKS).collect();
    let mut most_verbose = site.environment.clone();
    most_verbose.insert("TALLY_LOG".to_owned(), "trace".to_owned());
    said(&site, &words).with_code(0);
    for word in ["plan", "run"] {
        let words: Vec<&str> = [word, "--output", "json", "-vv"].into_iter().chain(WEEKS).collect();
        said(&site, &words).with_code(0);
    }
    said(&site, &["check", "-vv"]).with_code(0);
    said(&site, &["history", "--output", "json"]).with_code(0);
    said(&site, &["show", "1", "--all", "--output", "json"]).with_code(0);
    let ended = crate::site::tally_in(site.folder(), &words, &most_verbose).with_code(0);
    assert_silent("the log in all detail", ended.err.as_bytes());
    let n = assert_silent_files(site.folder());
    assert!(n >= 4, "the configuration, the map, the state and the line list were looked at, not {n}");
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
        assert_ne!(said(&site, &words).code, Some(0));
        assert_silent_files(&site.path(".tally"));
        site.restore();
    }
    site.configure("username = \"tally\"\npassword_file = \"dhis2-password\"", "token_file = \"dhis2-token\"");
    site.write("dhis2-token", account::DHIS2_TOKEN);
    site.world.dhis2.revoke_tokens();
    said(&site, &["run", "-vv"]).with_code(30);
    assert_silent_files(site.folder());
}

/// A password typed into the configuration, where an address belongs, is not repeated.
#[test]
fn a_password_in_an_address_is_not_repeated() {
    let site = Site::weekly();
    let url = site.world.dhis2_url();
    let with_password = url.replace("http://", &format!("http://tally:{}@", account::DHIS2_PASSWORD));
    site.configure(&url, &with_password);
    said(&site, &["run"]);
}

#[test]
fn the_files_are_for_nobody_else() {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let site = Site::weekly();
        site.run().with_code(0);
        for file in ["state.sqlite", "line-list.sqlite"] {
            let mode = fs::metadata(site.path(".tally").join(file)).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{file} is {mode:o}");
        }
    }
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
