//! Sound configurations and what becomes of them.

use super::{Folder, spoilt};
use insta::assert_snapshot;
use pipeline::config::Config;
use pipeline::config::model::{Credentials, IndicatorModel, Source};
use std::fmt::Write;

/// The example of that name, with a map of places, in a folder of its own.
fn example(name: &str) -> (Folder, Config) {
    let path = format!("{}/../../examples/{name}/tally.toml", env!("CARGO_MANIFEST_DIR"));
    let folder = Folder::new(&std::fs::read_to_string(path).unwrap());
    let config = folder.load(&[]).map_err(|problems| super::shown(&problems)).unwrap();
    (folder, config)
}

/// The configuration on a page.
fn page(config: &Config) -> String {
    let mut page = String::new();
    match &config.godata {
        Source::Server { url, outbreaks, email, page_records, timeout, allow_http, .. } => writeln!(
            page,
            "from {} outbreak {} as {}, {page_records} a page, {timeout:?}, http {allow_http}",
            url.value,
            outbreaks.iter().map(|outbreak| format!("{:?}", outbreak.value)).collect::<Vec<_>>().join(" and "),
            email.value
        ),
        Source::Files { records, locations, reference_data, .. } => {
            writeln!(page, "from {records:?}, locations {locations:?}, reference data {reference_data:?}")
        }
    }
    .unwrap();
    let dhis2 = &config.dhis2;
    let who = match &dhis2.credentials {
        Credentials::Basic { username, .. } => username,
        Credentials::Token(_) => "token",
    };
    writeln!(page, "to {} as {who}, by {:?}, {:?}", dhis2.url.value, dhis2.id_schemes.data_element, dhis2.timeout)
        .unwrap();
    writeln!(page, "keep {:?} in {}", config.keep, config.state_folder.display()).unwrap();
    for model in &config.dimensions {
        let names =
            (0..model.options.len()).map(|i| format!("{}={}", model.dimension.group_name(i), model.options[i].value));
        let names: Vec<_> = names.collect();
        let dimension = &model.dimension;
        writeln!(page, "{} of {} ({:?}): {}", dimension.code, dimension.field.name, dimension.unknown, names.join(" "))
            .unwrap();
    }
    for report in &config.reports {
        writeln!(
            page,
            "report {}: {} {} x{} open {} complete {} zeros {} {:?} {:?}",
            report.name,
            report.data_sets.iter().map(|one| one.value.as_str()).collect::<Vec<_>>().join(" "),
            report.period_type.value.name(),
            report.look_back,
            report.include_open,
            report.complete,
            report.zeros,
            report.policies,
            report.time_zone.iana_name(),
        )
        .unwrap();
        report.indicators.iter().for_each(|model| writeln!(page, "  {}", line(model)).unwrap());
    }
    page
}

fn line(model: &IndicatorModel) -> String {
    let indicator = &model.indicator;
    let when: Vec<_> = indicator.when.iter().map(ToString::to_string).collect();
    let condition = indicator.condition.as_ref().map_or("everyone", |condition| condition.source());
    format!(
        "{} -> {}: {:?} of {:?} {:?} at {} by {:?} where {}",
        indicator.code,
        model.goes_to.as_ref().map_or("nowhere", |goes_to| goes_to.data_element.value.as_str()),
        indicator.window,
        indicator.kinds,
        when,
        indicator.place.name,
        indicator.by,
        condition.split_whitespace().collect::<Vec<_>>().join(" "),
    )
}

#[test]
fn the_weekly_example_loads() {
    let (folder, config) = example("covid19-weekly");
    assert_snapshot!(folder.relative(&page(&config)));
}

#[test]
fn the_daily_example_loads() {
    let (folder, config) = example("covid19-daily");
    assert_snapshot!(folder.relative(&page(&config)));
}

#[test]
fn files_take_the_place_of_a_server() {
    let (_, dhis2) = super::SOUND.split_once("[dhis2]").unwrap();
    let folder = Folder::new(&format!(
        "[godata]\ntime_zone = \"Africa/Dakar\"\nfiles = {{ cases = \"cases.json\", contacts = \"contacts.json\", \
         locations = \"locations.json\" }}\n[dhis2]{dhis2}"
    ));
    let config = folder.load(&[]).unwrap();
    assert_snapshot!(folder.relative(&page(&config)));
    assert_eq!(config.godata_time_zone.unwrap().iana_name(), Some("Africa/Dakar"));
}

#[test]
fn everything_that_can_be_said_is_understood() {
    let folder = Folder::new(&spoilt(&[
        (
            "username = \"tally\"\npassword_env = \"DHIS2_PASSWORD\"",
            "token_env = \"DHIS2_TOKEN\"\nid_scheme = \"code\"",
        ),
        (
            "period = \"Weekly\"",
            "period = \"Monthly\"\nlook_back = 3\ninclude_open = true\nzeros = true\non_drift = \"overwrite\"\ntime_zone = \"Africa/Dakar\"",
        ),
        ("{ values = \"MALE\"", "{ values = [\"LNG_REFERENCE_DATA_CATEGORY_GENDER_MALE\", \"OTHER\"]"),
        (
            "when = [\"date_of_onset\", \"date_of_reporting\"]",
            "when = \"stays WHERE type = 'ISOLATION'\"\nwindow = \"at_end\"\nof = \"person\"\nplace = \"residence\"\nmeasure = \"COUNT DISTINCT visual_id\"",
        ),
    ]));
    let config = folder.load(&[]).map_err(|problems| super::shown(&problems)).unwrap();
    assert_snapshot!(folder.relative(&page(&config)));
}

#[test]
fn places_of_texts_lead_back_into_the_file() {
    let (_folder, config) = example("covid19-weekly");
    let text = &config.source.text;
    let models: Vec<_> = config.reports.iter().flat_map(|report| &report.indicators).collect();
    for model in &models {
        let condition = model.indicator.condition.as_ref().unwrap();
        let place = model.condition_at.as_ref().unwrap();
        if text[place.whole.clone()].starts_with("\"covid19.") {
            // What the catalogue says stands nowhere in the file but by its name.
            assert_eq!(place.part(&(0..1)), place.whole);
            continue;
        }
        for constant in condition.constants() {
            assert_eq!(&text[place.part(&constant.span)], format!("'{}'", constant.value));
        }
        for (basis, place) in model.indicator.when.iter().zip(&model.when_at) {
            assert_eq!(&text[place.part(&(0..basis.to_string().len()))], basis.to_string());
        }
        if let Some(goes_to) = &model.goes_to {
            let element = &goes_to.data_element;
            assert_eq!(text[element.span.clone()].trim_matches('"'), element.value);
        }
    }
    assert_eq!(models.len(), 12);
}
