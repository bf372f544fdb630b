//! Age bands: how they are read, what sets of them are refused, and which band an age lies in.

use epi::age::{AGE_YEARS_MAX, AgeBand, AgeBands, completed_years};
use proptest::prelude::*;

fn bands(texts: &[&str]) -> Vec<AgeBand> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn wrong(texts: &[&str]) -> String {
    AgeBands::new(bands(texts)).unwrap_err().iter().map(|error| format!("{error}\n")).collect()
}

#[test]
fn months_matter_below_one_year() {
    for (years, months, age) in [
        (Some(34), Some(0), Some(34)),
        (Some(34), Some(11), Some(34)),
        (Some(1), Some(30), Some(1)),
        (Some(0), Some(7), Some(0)),
        (None, Some(7), Some(0)),
        (None, Some(12), Some(1)),
        (Some(0), Some(18), Some(1)),
        (Some(0), None, Some(0)),
        (None, None, None),
    ] {
        assert_eq!(completed_years(years, months), age, "{years:?} years, {months:?} months");
    }
}

#[test]
fn bands_are_read_and_shown() {
    for text in ["0-4", "80+", "5", "0", "0+", "0-150"] {
        assert_eq!(text.parse::<AgeBand>().unwrap().to_string(), text);
    }
    assert_eq!("05-09".parse::<AgeBand>().unwrap().to_string(), "5-9");
    assert_eq!("5-5".parse::<AgeBand>().unwrap().to_string(), "5");
    assert_eq!(serde_json::from_str::<AgeBand>(r#""80+""#).unwrap(), bands(&["80+"])[0]);
    assert_eq!(serde_json::to_string(&bands(&["0-4"])).unwrap(), r#"["0-4"]"#);
}

#[test]
fn what_is_no_band_is_refused() {
    let texts =
        ["", "-", "+", "4-", "-4", "0 - 4", "0–4", "<5", "80++", "1-2-3", "4-0", "0-151", "151+", "99999999999", "1e1"];
    let refused: String = texts.iter().map(|text| format!("{}\n", text.parse::<AgeBand>().unwrap_err())).collect();
    insta::assert_snapshot!(refused, @r"
    `` is not an age band, which is written 0-4, 80+ or 5
    `-` is not an age band, which is written 0-4, 80+ or 5
    `+` is not an age band, which is written 0-4, 80+ or 5
    `4-` is not an age band, which is written 0-4, 80+ or 5
    `-4` is not an age band, which is written 0-4, 80+ or 5
    `0 - 4` is not an age band, which is written 0-4, 80+ or 5
    `0–4` is not an age band, which is written 0-4, 80+ or 5
    `<5` is not an age band, which is written 0-4, 80+ or 5
    `80++` is not an age band, which is written 0-4, 80+ or 5
    `1-2-3` is not an age band, which is written 0-4, 80+ or 5
    the age band `4-0` runs backwards
    the age band `0-151` goes beyond 150 years
    the age band `151+` goes beyond 150 years
    `99999999999` is not an age band, which is written 0-4, 80+ or 5
    `1e1` is not an age band, which is written 0-4, 80+ or 5
    ");
}

#[test]
fn a_set_with_overlaps_or_gaps_is_refused_with_all_of_them() {
    insta::assert_snapshot!(wrong(&["0-4", "4-9", "15-19", "20+", "30-39"]), @r"
    the age bands `0-4` and `4-9` overlap at 4
    no age band has 10-14, between `4-9` and `15-19`
    the age bands `20+` and `30-39` overlap at 30-39
    ");
    insta::assert_snapshot!(wrong(&["20+", "0-4", "0-4"]), @r"
    the age bands `0-4` and `0-4` overlap at 0-4
    no age band has 5-19, between `0-4` and `20+`
    ");
    insta::assert_snapshot!(wrong(&["0-9", "3", "12+"]), @r"
    the age bands `0-9` and `3` overlap at 3
    no age band has 10-11, between `0-9` and `12+`
    ");
    insta::assert_snapshot!(wrong(&["0-9", "5+"]), @r"the age bands `0-9` and `5+` overlap at 5-9");
    insta::assert_snapshot!(wrong(&[]), @r"there is no age band");
    let impossible = vec![AgeBand { from_years: 5, to_years: Some(4) }, AgeBand { from_years: 999, to_years: None }];
    let errors: String = AgeBands::new(impossible).unwrap_err().iter().map(|error| format!("{error}\n")).collect();
    insta::assert_snapshot!(errors, @r"
    the age band `5-4` runs backwards
    the age band `999+` goes beyond 150 years
    ");
    assert!(AgeBands::new(bands(&["5"; 201])).is_err());
}

#[test]
fn positions_keep_the_given_order() {
    let set = AgeBands::new(bands(&["65+", "0-4", "5-64"])).unwrap();
    assert_eq!([0, 4, 5, 64, 65, 150, 151, u32::MAX].map(|age| set.index_of(age).unwrap()), [1, 1, 2, 2, 0, 0, 0, 0]);
    assert!(set.uncovered().is_empty());
}

#[test]
fn ages_below_the_first_and_above_the_last_band_are_uncovered() {
    let set = AgeBands::new(bands(&["15-24", "25-49"])).unwrap();
    assert_eq!(set.uncovered(), bands(&["0-14", "50+"]));
    assert_eq!([14, 50, u32::MAX].map(|age| set.index_of(age)), [None; 3]);
    let to_the_top = AgeBands::new(bands(&["0-150"])).unwrap();
    assert_eq!(to_the_top.index_of(AGE_YEARS_MAX + 1), None);
    assert_eq!(to_the_top.uncovered(), [AgeBand { from_years: AGE_YEARS_MAX + 1, to_years: None }]);
}

proptest! {
    #[test]
    fn a_set_is_accepted_when_each_age_between_its_ends_has_one_band(
        ends in proptest::collection::vec((0..20_u32, proptest::option::weighted(0.9, 0..8_u32)), 1..6),
    ) {
        let given: Vec<AgeBand> = ends
            .into_iter()
            .map(|(from, length)| AgeBand { from_years: from, to_years: length.map(|length| from + length) })
            .collect();
        let holders = |age: u32| given.iter().filter(|band| band.contains(age)).count();
        let covered: Vec<u32> = (0..=AGE_YEARS_MAX + 1).filter(|age| holders(*age) > 0).collect();
        let between = covered[0]..=covered[covered.len() - 1];
        let sound = between.clone().all(|age| holders(age) == 1);
        let set = AgeBands::new(given.clone());
        prop_assert_eq!(set.is_ok(), sound);
        if let Ok(set) = set {
            for age in 0..200 {
                prop_assert_eq!(set.index_of(age), given.iter().position(|band| band.contains(age)));
                let uncovered = set.uncovered().iter().any(|band| band.contains(age));
                prop_assert_eq!(uncovered, set.index_of(age).is_none());
            }
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in ".*") {
        let _ = text.parse::<AgeBand>();
    }

    #[test]
    fn what_is_read_reads_back(text in "[0-9]{1,3}(\\+|-[0-9]{1,3})?") {
        if let Ok(band) = text.parse::<AgeBand>() {
            prop_assert_eq!(band.to_string().parse(), Ok(band));
        }
    }
}
