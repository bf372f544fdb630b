//! What people read in French, and what stays the same in every language.

use crate::site::{Site, snapshot, tally_in};
use std::collections::BTreeMap;

fn environment(variables: &[(&str, &str)]) -> BTreeMap<String, String> {
    variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn a_demo_in_french() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["demo", "--cases", "300", "--language", "fr"];
    let ended = tally_in(folder.path(), &arguments, &BTreeMap::new()).with_code(0);
    assert!(ended.out.contains("toutes concordent"), "{ended}");
    assert!(ended.out.contains("Seconde exécution\u{a0}: rien d'envoyé"), "{ended}");
    for english in ["error", "warning", "pushed", "records", "values", "organisation unit"] {
        assert!(!ended.to_string().contains(english), "`{english}` is English:\n{ended}");
    }
}

/// The days of the demo's outbreak are those of today, so that a site whose outbreak is of 2020 is looked at in detail.
#[test]
fn a_run_in_french() {
    let mut site = Site::weekly();
    site.environment = environment(&[("TALLY_LANGUAGE", "fr")]);
    snapshot("french_plan", &site.tally(&["plan", "--from", "2020W6", "--to", "2020W17"]).with_code(0).to_string());
    snapshot("french_run", &site.run().with_code(0).to_string());
    snapshot("french_run_again", &site.run().with_code(0).to_string());
    snapshot("french_verify", &site.tally(&["verify"]).with_code(0).to_string());
    snapshot("french_history", &site.tally(&["history"]).with_code(0).to_string());
    snapshot("french_quality", &site.tally(&["quality"]).with_code(0).to_string());
    snapshot("french_check", &site.tally(&["check"]).with_code(0).to_string());
}

#[test]
fn places_are_mapped_in_french() {
    let site = Site::weekly();
    let first = site.read("places.csv").lines().next().expect("titles").to_owned() + "\n";
    site.write("places.csv", first);
    let ended = site.tally(&["map", "places", "--language", "fr"]).with_code(40);
    snapshot("french_map_places", &ended.to_string());
}

#[test]
fn the_doctor_in_french() {
    let site = Site::weekly();
    site.world.dhis2.edit(|m| m.users[0].authorities.insert("ALL".to_owned()));
    let told = site.tally(&["doctor", "--language", "fr"]).with_code(40);
    for french in [
        "\nétat\n  ok         aucune exécution pour l'instant\u{a0}: `.tally` ne contient pas d'état\n",
        "\n  attention  le compte `tally` peut tout faire (autorité ALL)\n             cause\u{a0}:  Quiconque obtient",
        "\n             remède\u{a0}: Donnez à Tally un compte à lui",
        "\n2 constats à examiner\u{a0}; une exécution irait à son terme.\n",
    ] {
        assert!(told.out.contains(french), "{french}\n{told}");
    }
    for english in [" the ", " is ", " are ", "why:", "do:"] {
        assert!(!told.to_string().contains(english), "`{english}` is English:\n{told}");
    }
}

#[test]
fn a_server_that_is_down_in_french() {
    let site = Site::weekly();
    let url = site.world.dhis2_url();
    site.configure(&url, "http://127.0.0.1:9");
    let told = site.tally(&["run", "--language", "fr"]).with_code(75);
    assert!(told.err.contains("conseil\u{a0}: Vérifiez l'adresse, la connexion"), "{told}");
}

#[test]
fn several_mistakes_in_french() {
    let site = Site::weekly();
    site.configure("field = \"gender\"", "field = \"gendre\"");
    site.configure("period = \"Weekly\"", "period = \"Weekley\"");
    let ended = site.tally_with(&["run"], &environment(&[("LANG", "fr_SN.UTF-8")])).with_code(10);
    snapshot("french_several_mistakes", &ended.to_string());
}

#[test]
fn flag_variable_and_locale_choose_in_this_order() {
    let folder = tempfile::tempdir().unwrap();
    let said = |flags: &[&str], variables: &[(&str, &str)]| {
        let arguments: Vec<&str> = ["check"].iter().chain(flags).copied().collect();
        tally_in(folder.path(), &arguments, &environment(variables)).with_code(10).err
    };
    let (english, french) = ("error: ", "erreur\u{a0}: ");
    for (flags, variables, begins) in [
        (&[][..], &[][..], english),
        (&[], &[("LANG", "fr_FR.UTF-8")], french),
        (&[], &[("LANG", "fr_FR.UTF-8"), ("LC_ALL", "C")], english),
        (&[], &[("LANG", "pt_MZ.UTF-8")], english),
        (&[], &[("LANG", "en_GB.UTF-8"), ("TALLY_LANGUAGE", "fr")], french),
        (&["--language", "en"], &[("LANG", "fr_FR.UTF-8"), ("TALLY_LANGUAGE", "fr")], english),
        (&["--language", "fr"], &[], french),
    ] {
        let said = said(flags, variables);
        assert!(said.starts_with(begins), "{flags:?} {variables:?}: {said}");
    }
}

#[test]
fn an_unknown_language_is_an_error_of_usage() {
    let folder = tempfile::tempdir().unwrap();
    for (flags, variables) in [(&["--language", "klingon"][..], &[][..]), (&[], &[("TALLY_LANGUAGE", "klingon")])] {
        let arguments: Vec<&str> = ["check"].iter().chain(flags).copied().collect();
        let ended = tally_in(folder.path(), &arguments, &environment(variables)).with_code(2);
        assert!(ended.err.contains("klingon") && ended.err.contains("[possible values: en, fr]"), "{ended}");
    }
}

/// JSON, files and exit codes are for programs, which know no languages.
#[test]
fn programs_read_the_same_in_every_language() {
    let site = Site::weekly();
    let told = |language: &str, arguments: &[&str], code: i32| {
        let arguments: Vec<&str> = arguments.iter().copied().chain(["--language", language]).collect();
        site.tally(&arguments).with_code(code).out
    };
    let certificate = |language: &str| {
        let name = format!("{language}.html");
        told(language, &["show", "1", "--certificate", &name], 0);
        site.read(&name)
    };
    site.run().with_code(0);
    for arguments in [&["check", "--output", "json"][..], &["show", "1", "--output", "json"]] {
        assert_eq!(told("en", arguments, 0), told("fr", arguments, 0), "{arguments:?}");
    }
    for what in [&["export", "cells"][..], &["quality", "--output", "csv"]] {
        assert_eq!(told("en", what, 0), told("fr", what, 0), "{what:?}");
    }
    assert_eq!(certificate("en"), certificate("fr"));
    site.configure("look_back", "look_bak");
    let broken = ["run", "--output", "json"];
    assert_eq!(told("en", &broken, 10), told("fr", &broken, 10));
}
