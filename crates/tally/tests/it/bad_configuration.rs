//! Every wrong thing that a person can write: named, with its place, and harmless.

use crate::site::refused;
use sandbox::dhis2::Indicator;

#[test]
fn no_configuration() {
    refused("no_configuration", 10, |site| std::fs::remove_file(site.path("tally.toml")).unwrap());
}

#[test]
fn not_toml() {
    refused("not_toml", 10, |site| site.configure("[godata]", "[godata"));
}

#[test]
fn a_misspelt_key() {
    refused("misspelt_key", 10, |site| site.configure("look_back", "look_bak"));
}

#[test]
fn a_number_in_quotes() {
    refused("number_in_quotes", 10, |site| site.configure("look_back = 30", "look_back = \"30\""));
}

#[test]
fn several_mistakes_are_all_named() {
    refused("several_mistakes", 10, |site| {
        site.configure("field = \"gender\"", "field = \"gendre\"");
        site.configure("period = \"Weekly\"", "period = \"Weekley\"");
        site.configure("outcome = 'DECEASED'", "outcom = 'DECEASED'");
    });
}

#[test]
fn an_address_without_a_scheme() {
    refused("address_without_scheme", 10, |site| {
        let url = site.world.godata.url();
        site.configure(&url, "godata.example.org");
    });
}

#[test]
fn plain_http_to_another_machine() {
    for (name, dhis2) in [("plain_http_to_godata", false), ("plain_http_to_dhis2", true)] {
        refused(name, 10, |site| {
            let url = if dhis2 { site.world.dhis2_url() } else { site.world.godata.url() };
            site.configure(&url, "http://data.example.org");
        });
    }
}

#[test]
fn no_password() {
    refused("password_not_set", 10, |site| {
        site.configure("password_file = \"godata-password\"", "password_env = \"TALLY_GODATA_PASSWORD\"");
    });
    refused("password_file_missing", 10, |site| std::fs::remove_file(site.path("dhis2-password")).unwrap());
    refused("password_empty", 10, |site| site.write("godata-password", "\n"));
}

#[test]
fn an_unknown_outbreak() {
    refused("unknown_outbreak", 10, |site| site.configure("COVID-19 in Sandland", "COVID-19 in Sandlund"));
}

#[test]
fn an_unknown_data_set() {
    refused("unknown_data_set", 10, |site| site.configure("uKtOZwDnIpM", "uKtOZwDnIpX"));
}

#[test]
fn a_data_set_that_is_no_uid() {
    refused("data_set_no_uid", 10, |site| site.configure("uKtOZwDnIpM", "weekly surveillance"));
}

#[test]
fn an_unknown_data_element() {
    refused("unknown_data_element", 10, |site| site.configure("bmbNyNoJcXP", "bmbNyNoJcXX"));
}

#[test]
fn a_data_element_of_another_data_set() {
    refused("data_element_elsewhere", 10, |site| site.configure("bmbNyNoJcXP", "CnPsS2xE8UN"));
}

#[test]
fn an_unknown_org_unit() {
    refused("unknown_org_unit", 10, |site| {
        let uid = site.world.population.org_units[7].uid.clone();
        site.replace("places.csv", &uid, "OuNotThere1");
    });
}

#[test]
fn an_unknown_category_option() {
    refused("unknown_category_option", 10, |site| site.configure("UPvKbcqTEY3", "UPvKbcqTEY4"));
}

#[test]
fn an_option_that_is_not_of_the_data_elements_categories() {
    refused("option_of_another_category", 10, |site| {
        site.configure(
            "{ values = \"MALE\", option = \"MP15bHaQh2x\" }",
            "{ values = \"MALE\", option = \"UPvKbcqTEY3\" }",
        );
    });
}

#[test]
fn a_dimension_too_few() {
    refused("dimension_too_few", 10, |site| site.configure("by = [\"age_group\", \"sex\"]", "by = [\"age_group\"]"));
}

#[test]
fn an_unknown_period_type() {
    refused("unknown_period_type", 10, |site| site.configure("period = \"Weekly\"", "period = \"Weekley\""));
}

#[test]
fn another_period_type_than_the_data_sets() {
    refused("other_period_type", 10, |site| {
        site.configure("period = \"Weekly\"", "period = \"Monthly\"");
        site.arguments = vec!["run".into()];
    });
}

#[test]
fn wrong_periods_on_the_command_line() {
    for (name, from, to) in [
        ("period_unknown", "2020W54", "2020W6"),
        ("period_of_another_type", "202002", "2020W6"),
        ("period_garbage", "last week", "2020W6"),
        ("periods_reversed", "2020W17", "2020W6"),
    ] {
        refused(name, 10, |site| site.arguments = ["run", "--from", from, "--to", to].map(str::to_owned).to_vec());
    }
}

#[test]
fn an_unknown_report() {
    refused("unknown_report", 10, |site| site.arguments.extend(["--report".to_owned(), "weekley".to_owned()]));
}

#[test]
fn an_unknown_column_of_the_line_list() {
    refused("unknown_column", 10, |site| site.configure("classification = 'CONFIRMED'", "clasification = 'CONFIRMED'"));
    refused("unknown_date", 10, |site| site.configure("\"date_of_outcome\"", "\"date_of_outcom\""));
}

#[test]
fn an_unknown_reference_value() {
    refused("unknown_reference_value", 10, |site| {
        site.configure("classification = 'CONFIRMED'", "classification = 'CONFIRMD'");
    });
    refused("unknown_reference_value_of_a_group", 10, |site| site.configure("values = \"MALE\"", "values = \"MAN\""));
}

#[test]
fn a_condition_that_is_no_condition() {
    refused("broken_condition", 10, |site| {
        site.configure("where = \"classification = 'PROBABLE'\"", "where = \"classification = 'PROBABLE' AND\"");
    });
}

#[test]
fn no_map_of_places() {
    refused("no_map", 10, |site| std::fs::remove_file(site.path("places.csv")).unwrap());
}

#[test]
fn a_map_with_an_unknown_location() {
    refused("map_unknown_location", 10, |site| site.replace("places.csv", "SN006,", "SN777,"));
}

#[test]
fn a_map_with_a_line_twice() {
    refused("map_duplicate_line", 10, |site| {
        let text = site.read("places.csv");
        let line = text.lines().nth(5).expect("a sixth line").to_owned();
        site.write("places.csv", format!("{text}{line}\n"));
    });
}

#[test]
fn a_map_without_its_column() {
    refused("map_without_column", 10, |site| site.replace("places.csv", "org_unit,org_unit_name", "ou,ou_name"));
}

#[test]
fn a_map_that_is_not_text() {
    refused("map_not_text", 10, |site| site.write("places.csv", b"PK\x03\x04\x14\0\x06\0\x08\0\xff\xfe\x80"));
}

#[test]
fn an_empty_map() {
    refused("map_empty", 10, |site| site.write("places.csv", ""));
}

#[test]
fn a_dhis2_indicator_is_no_data_element() {
    refused("dhis2_indicator", 10, |site| {
        site.world.dhis2.edit(|metadata| {
            metadata.indicators.push(Indicator {
                uid: "IndIcator01".to_owned(),
                code: None,
                name: "COVID-19 case fatality ratio".to_owned(),
                numerator: "#{rBw83gVQLHK}".to_owned(),
                denominator: "#{bmbNyNoJcXP}".to_owned(),
                indicator_type: "hmSnCXmLYwt".to_owned(),
            });
        });
        site.configure("bmbNyNoJcXP", "IndIcator01");
    });
}
