//! Servers that are not what the configuration says, do not let us in, or answer nonsense.

use crate::site::{Site, WEEKS, refused, refused_at, refused_then};
use sandbox::fault::{Fault, FaultRule, Faults};
use sandbox::godata::PersonType;
use std::net::TcpListener;
use std::time::Duration;

fn always(faults: &Faults, path: &str, fault: Fault) {
    faults.push(FaultRule::on(path, fault).forever());
}

/// A port on which nobody listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    format!("http://{}", listener.local_addr().expect("it has an address"))
}

#[test]
fn nobody_listens() {
    refused("nobody_at_godata", 75, |site| site.configure(&site.world.godata.url(), &nobody()));
    refused("nobody_at_dhis2", 75, |site| site.configure(&site.world.dhis2_url(), &nobody()));
}

#[test]
fn each_server_at_the_others_address() {
    refused("dhis2_at_godatas_address", 20, |site| site.configure(&site.world.godata.url(), &site.world.dhis2_url()));
    refused("godata_at_dhis2s_address", 30, |site| site.configure(&site.world.dhis2_url(), &site.world.godata.url()));
}

#[test]
fn a_wrong_path_in_an_address() {
    refused("godata_under_another_path", 20, |site| {
        let url = site.world.godata.url();
        site.configure(&url, &format!("{url}/godata"));
    });
    refused("dhis2_under_another_path", 30, |site| {
        let url = site.world.dhis2_url();
        site.configure(&url, &format!("{url}/training"));
    });
}

#[test]
fn wrong_passwords() {
    refused("wrong_godata_password", 20, |site| site.write("godata-password", "not-the-password"));
    refused("wrong_dhis2_password", 30, |site| site.write("dhis2-password", "not-the-password"));
}

#[test]
fn an_unknown_account() {
    refused("unknown_godata_account", 20, |site| site.configure("tally@example.org", "tolly@example.org"));
    refused("unknown_dhis2_account", 30, |site| site.configure("username = \"tally\"", "username = \"tolly\""));
}

#[test]
fn a_wrong_token() {
    refused("wrong_dhis2_token", 30, |site| {
        site.configure("username = \"tally\"\npassword_file = \"dhis2-password\"", "token_file = \"dhis2-token\"");
        site.write("dhis2-token", "d2pat_wrongwrongwrongwrongwrongwrongwr0000000000");
    });
}

#[test]
fn a_token_that_was_revoked() {
    let mut site = Site::weekly();
    site.configure("username = \"tally\"\npassword_file = \"dhis2-password\"", "token_file = \"dhis2-token\"");
    site.settle();
    site.write("dhis2-token", sandbox::world::account::DHIS2_TOKEN);
    site.run().with_code(0);
    let restore = |site: &mut Site| {
        let tokens = [sandbox::world::account::DHIS2_TOKEN.to_owned()].into();
        site.world.dhis2.edit(|metadata| metadata.users[0].tokens = tokens);
    };
    refused_at(&mut site, "revoked_dhis2_token", 30, |site| site.world.dhis2.revoke_tokens(), restore);
}

#[test]
fn an_account_that_may_not_write() {
    let set = |write: bool| {
        move |site: &mut Site| {
            site.world.dhis2.edit(|metadata| {
                let authorities = &mut metadata.users[0].authorities;
                if write {
                    authorities.insert("F_DATAVALUE_ADD".to_owned())
                } else {
                    authorities.remove("F_DATAVALUE_ADD")
                }
            });
        }
    };
    refused_then("may_not_add_values", 30, set(false), set(true));
}

#[test]
fn html_instead_of_json() {
    for (name, path) in
        [("html_at_login", "*/login"), ("html_at_outbreaks", "*/outbreaks"), ("html_at_cases", "*/cases")]
    {
        refused(name, 20, |site| always(site.world.godata.faults(), path, Fault::Html { status: 200 }));
    }
    for (name, path) in [("html_at_me", "*/me"), ("html_at_values", "*/dataValueSets")] {
        refused(name, 30, |site| always(&site.world.dhis2_faults, path, Fault::Html { status: 200 }));
    }
}

#[test]
fn json_of_another_shape() {
    let list = || Fault::Reject { status: 200, body: "[{\"title\": \"Petshop\"}]".to_owned() };
    let object = || Fault::Reject { status: 200, body: "{\"title\": \"Petshop\"}".to_owned() };
    refused("object_for_cases", 20, |site| always(site.world.godata.faults(), "*/cases", object()));
    refused("list_for_me", 30, |site| always(&site.world.dhis2_faults, "*/me", list()));
    refused("other_object_for_system_info", 30, |site| always(&site.world.dhis2_faults, "*/system/info", object()));
}

#[test]
fn a_redirect_to_a_login_page() {
    let to = "/dhis-web-login/";
    refused("redirect_of_dhis2", 30, |site| {
        always(&site.world.dhis2_faults, "*/dataValueSets", Fault::Redirect { to: to.to_owned() });
    });
    refused("redirect_of_godata", 20, |site| {
        let to = "https://portal.example.org/login?next=/api/".to_owned();
        always(site.world.godata.faults(), "*/login", Fault::Redirect { to });
    });
}

#[test]
fn a_server_that_fails_for_ever() {
    let failure = |status| Fault::Reject { status, body: "<h1>Internal error</h1>".to_owned() };
    refused("godata_500_for_ever", 75, |site| always(site.world.godata.faults(), "*/cases", failure(500)));
    refused("godata_502_for_ever", 75, |site| always(site.world.godata.faults(), "*", failure(502)));
    refused("dhis2_503_for_ever", 75, |site| always(&site.world.dhis2_faults, "*", failure(503)));
    refused("dhis2_500_for_ever", 30, |site| always(&site.world.dhis2_faults, "*/dataSets*", failure(500)));
}

#[test]
fn a_server_that_never_answers() {
    refused("godata_silent", 75, |site| {
        site.configure("[godata]", "[godata]\ntimeout_secs = 1");
        always(site.world.godata.faults(), "*/cases", Fault::Hold);
    });
    refused("dhis2_silent", 75, |site| {
        site.configure("[dhis2]", "[dhis2]\ntimeout_secs = 1");
        always(&site.world.dhis2_faults, "*/me", Fault::Hold);
    });
}

#[test]
fn a_body_that_is_always_cut() {
    refused("godata_cut_for_ever", 75, |site| {
        // What changed fits into less.
        site.configure("[state]", "[state]\nfull_after_days = 0");
        always(site.world.godata.faults(), "*/cases", Fault::CutBody { at_byte: 1000 });
    });
}

#[test]
fn another_dhis2_at_the_same_address() {
    // A server that was restored from a copy, or replaced: the ledger does not hold there.
    refused("another_system_id", 10, |site| {
        let info = r#"{"version":"2.42.1","systemId":"11111111-2222-3333-4444-555555555555","calendar":"iso8601","serverDate":"2026-01-05T10:00:00.000"}"#;
        always(&site.world.dhis2_faults, "*/system/info", Fault::Reject { status: 200, body: info.to_owned() });
    });
}

/// The same for every command that holds values against DHIS2 or writes there.
#[test]
fn another_dhis2_stops_every_command() {
    let site = Site::weekly();
    site.run().with_code(0);
    let id = site.world.godata.documents().cases().find(|case| case["deleted"] == false).unwrap()["id"].clone();
    site.world.godata.edit(|e| e.delete(id.as_str().unwrap())).unwrap();
    let weeks = |words: &[&'static str]| [words, &WEEKS[..]].concat();
    site.tally(&weeks(&["plan", "--out", "plan.json"])).with_code(0);
    let (values, n_writes) = (site.values(), site.n_writes());
    let info = r#"{"version":"2.42.1","systemId":"11111111-2222-3333-4444-555555555555","calendar":"iso8601","serverDate":"2026-01-05T10:00:00.000"}"#;
    always(&site.world.dhis2_faults, "*/system/info", Fault::Reject { status: 200, body: info.to_owned() });
    let commands =
        [weeks(&["plan"]), vec!["apply", "plan.json"], weeks(&["apply", "--held"]), vec!["verify"], weeks(&["run"])];
    for command in commands {
        let ended = site.tally(&command).with_code(10);
        assert!(ended.err.contains("11111111-2222-3333-4444-555555555555"), "{command:?} names it: {ended}");
        assert!(ended.err.contains("hint: "), "{command:?}: {ended}");
        assert_eq!((site.values(), site.n_writes()), (values.clone(), n_writes), "{command:?}: {ended}");
    }
    site.world.dhis2_faults.clear();
    site.tally(&["apply", "plan.json"]).with_code(0);
    assert_eq!(site.values(), site.truth());
}

#[test]
fn another_calendar() {
    refused("another_calendar", 30, |site| {
        let info = r#"{"version":"2.42.1","systemId":"eed3d451-4ff5-4193-b951-ffcc68954299","calendar":"ethiopian","serverDate":"2026-01-05T10:00:00.000"}"#;
        always(&site.world.dhis2_faults, "*/system/info", Fault::Reject { status: 200, body: info.to_owned() });
    });
}

#[test]
fn an_empty_outbreak() {
    let mut site = Site::weekly();
    site.run().with_code(0);
    let persons = std::mem::take(&mut site.world.godata.documents().persons);
    let emptied = |_: &mut Site| ();
    refused_at(&mut site, "empty_outbreak", 20, emptied, |site| site.world.godata.documents().persons = persons);
}

#[test]
fn an_outbreak_without_cases() {
    let mut site = Site::weekly();
    site.run().with_code(0);
    let persons = site.world.godata.documents().persons.clone();
    let spoil = |site: &mut Site| {
        let case = PersonType::Case.id();
        site.world
            .godata
            .documents()
            .persons
            .retain(|person| person.get("type").and_then(|t| t.as_str()) != Some(case));
    };
    refused_at(&mut site, "outbreak_without_cases", 20, spoil, |site| site.world.godata.documents().persons = persons);
}

#[test]
fn a_report_with_no_open_period() {
    let set = |days: i64| {
        move |site: &mut Site| site.world.dhis2.edit(|metadata| metadata.data_set_mut("uKtOZwDnIpM").expiry_days = days)
    };
    refused_then("no_open_period", 40, set(10), set(0));
}

#[test]
fn a_report_of_future_periods() {
    refused("future_periods", 40, |site| {
        site.arguments = ["run", "--from", "2090W1", "--to", "2090W4"].map(str::to_owned).to_vec();
    });
}

#[test]
fn slow_answers_are_waited_for() {
    let site = Site::weekly();
    let slow = Fault::Delay(Duration::from_millis(300));
    site.world.godata.faults().push(FaultRule::on("*/cases", slow.clone()).times(2));
    site.world.dhis2_faults.push(FaultRule::on("*/dataValueSets", slow).times(2));
    site.world
        .dhis2_faults
        .push(FaultRule::on("*/dataSets*", Fault::SlowDrip { bytes: 4096, every: Duration::from_millis(5) }).times(1));
    site.run().with_code(0);
    assert_eq!(site.values(), site.truth());
}
