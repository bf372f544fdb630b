//! Ways to sign in, and secrets that are not where they should be.

use super::{Folder, problems_after, spoilt};
use insta::assert_snapshot;
use pipeline::config::SecretPlace;
use pipeline::config::model::{Config, Credentials, Source};
use secrecy::ExposeSecret;

#[test]
fn a_server_and_files_exclude_each_other() {
    let all = [
        problems_after(&[("[godata]", "[godata]\nfiles = { cases = \"cases.json\" }")]),
        problems_after(&[("url = \"https://godata.example.org\"\n", "files = { locations = \"x\" }\n")]),
    ];
    assert_snapshot!(all.join("---\n"));
}

#[test]
fn incomplete_credentials_are_completed() {
    let godata_password = ("password_env = \"GODATA_PASSWORD\"\n", "");
    let dhis2_password = ("password_env = \"DHIS2_PASSWORD\"\n", "");
    let username = ("username = \"tally\"\n", "");
    let all = [
        problems_after(&[godata_password, dhis2_password]),
        problems_after(&[username]),
        problems_after(&[username, dhis2_password]),
    ];
    assert_snapshot!(all.join("---\n"));
}

#[test]
fn two_ways_to_sign_in_are_one_too_many() {
    let all = [
        problems_after(&[("username =", "token_env = \"T\"\nusername =")]),
        problems_after(&[
            ("\"GODATA_PASSWORD\"", "\"GODATA_PASSWORD\"\npassword_file = \"x\""),
            ("\"DHIS2_PASSWORD\"", "\"DHIS2_PASSWORD\"\npassword_file = \"x\""),
        ]),
    ];
    assert_snapshot!(all.join("---\n"));
}

#[test]
fn a_secret_in_the_configuration_is_refused_and_never_shown() {
    let config = spoilt(&[
        ("password_env = \"GODATA_PASSWORD\"", "password = \"hunter2 é\"\nemial = \"a\""),
        ("password_env = \"DHIS2_PASSWORD\"", "token = \"d2pat_abc\"\ntimeout_secs = 0"),
    ]);
    let folder = Folder::new(&config);
    let problems = folder.load(&[]).unwrap_err();
    let reports: String = problems.iter().map(|problem| format!("{:?}", problem.report())).collect();
    assert!(!reports.contains("hunter2") && !reports.contains("d2pat"), "{reports}");
    assert_snapshot!(folder.problems(&[]));
}

fn godata_password(config: &Config) -> &SecretPlace {
    let Source::Server { password, .. } = &config.godata else { panic!("a server is configured") };
    password
}

#[test]
fn a_secret_comes_from_the_environment_a_file_or_the_credentials_folder() {
    let folder = Folder::new(&spoilt(&[("password_env = \"DHIS2_PASSWORD\"", "password_file = \"secret\"")]))
        .write("secret", "from a file\r\n")
        .write("GODATA_PASSWORD", "from systemd\n");
    let config = folder.load(&[]).unwrap();
    let place = godata_password(&config);
    let given = place.read_with(|name| (name == "GODATA_PASSWORD").then(|| "from env".to_owned())).unwrap();
    assert_eq!(given.expose_secret(), "from env");
    let credentials = folder.0.path().display().to_string();
    let given = place.read_with(|name| (name == "CREDENTIALS_DIRECTORY").then(|| credentials.clone())).unwrap();
    assert_eq!(given.expose_secret(), "from systemd");
    let Credentials::Basic { password, .. } = &config.dhis2.credentials else { panic!("a password is configured") };
    assert_eq!(password.read_with(|_| None).unwrap().expose_secret(), "from a file");
}

#[test]
fn a_secret_that_is_not_there_is_explained() {
    let folder = Folder::new(&spoilt(&[
        ("\"GODATA_PASSWORD\"", "\"GODATA_PASSWORD\""),
        ("password_env = \"DHIS2_PASSWORD\"", "password_file = \"secret\""),
    ]));
    let config = folder.load(&[]).unwrap();
    let Credentials::Basic { password, .. } = &config.dhis2.credentials else { panic!("a password is configured") };
    let no_file = password.read_with(|_| None).unwrap_err();
    let folder = folder.write("secret", "\n");
    let empty_file = password.read_with(|_| None).unwrap_err();
    let folder = folder.write("secret", vec![b'x'; 100_000]);
    let large_file = password.read_with(|_| None).unwrap_err();
    let not_set = godata_password(&config).read_with(|_| None).unwrap_err();
    let empty = godata_password(&config).read_with(|_| Some(String::new())).unwrap_err();
    let all = [no_file, empty_file, large_file, not_set, empty];
    assert_snapshot!(folder.relative(&super::shown(&all)));
}

#[test]
fn a_secret_in_place_of_its_variables_name_is_not_repeated() {
    let config = Folder::new(&spoilt(&[("\"GODATA_PASSWORD\"", "\"hunter-2\"")])).load(&[]).unwrap();
    let problem = godata_password(&config).read_with(|_| None).unwrap_err();
    assert!(!problem.to_string().contains("hunter"), "{problem}");
}
