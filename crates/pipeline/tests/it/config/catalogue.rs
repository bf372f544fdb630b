//! Indicators that a report takes from the catalogue by name.

use super::{Folder, SOUND, problems_after};
use insta::assert_snapshot;
use pipeline::catalogue;
use std::fmt::Write;

const WRITTEN: &str = r#"code = "confirmed_cases"
where = "classification = 'CONFIRMED'"
when = ["date_of_onset", "date_of_reporting"]
by = ["sex"]
"#;

fn with(block: &str) -> String {
    let text = SOUND.replace(WRITTEN, block);
    assert_ne!(text, SOUND, "the sound configuration has another indicator");
    text
}

#[test]
fn a_block_means_what_it_would_mean_if_somebody_had_written_it() {
    let taken = Folder::new(&with("use = \"covid19.confirmed_cases\"\nby = [\"sex\"]\n")).load(&[]).unwrap();
    let written = Folder::new(SOUND).load(&[]).unwrap();
    let meaning = |config: &pipeline::config::Config| {
        let indicator = config.reports[0].indicators[0].indicator.clone();
        epi::indicator::Indicator { title: String::new(), ..indicator }
    };
    assert_eq!(format!("{:?}", meaning(&taken)), format!("{:?}", meaning(&written)));
    assert_eq!(taken.reports[0].indicators[0].indicator.title, "New confirmed cases");
}

#[test]
fn what_the_report_says_itself_holds() {
    let block = "code = \"mine\"\nuse = \"covid19.confirmed_cases\"\nwhen = \"date_of_reporting\"\ntitle = \"Mine\"\n";
    let config = Folder::new(&with(block)).load(&[]).unwrap();
    let indicator = &config.reports[0].indicators[0].indicator;
    assert_eq!((indicator.code.as_str(), indicator.title.as_str()), ("mine", "Mine"));
    let when: Vec<String> = indicator.when.iter().map(ToString::to_string).collect();
    assert_eq!(when, ["date_of_reporting"]);
    assert!(indicator.condition.is_some(), "the condition is the block's");
}

#[test]
fn a_parameter_replaces_the_variable_of_a_question() {
    let block = "use = \"cholera.severe_dehydration\"\nwith = { dehydration = \"q_12\", severe = \"3\" }\n";
    let config = Folder::new(&with(block)).load(&[]).unwrap();
    let condition = config.reports[0].indicators[0].indicator.condition.as_ref().unwrap().source().to_owned();
    assert!(condition.contains("'q_12'") && condition.contains("'3'"), "{condition}");
}

#[test]
fn names_that_the_catalogue_lacks_come_with_the_nearest() {
    let mut all = String::new();
    for block in [
        "use = \"covid19.confirmed_case\"\n",
        "use = \"covid19.banana\"\n",
        "use = \"covid.deaths_by_onsett\"\n",
        "use = \"banana\"\n",
        "use = 7\n",
        "use = \"covid19.confirmed_cases\"\nwith = { severity = \"3\" }\n",
        "use = \"cholera.severe_dehydration\"\nwith = { sever = \"3\", dehydration = 3 }\n",
        "use = \"covid19.confirmed_cases\"\nwindow = \"at_end\"\n",
    ] {
        writeln!(all, "{block}{}---", problems_after(&[(WRITTEN, block)])).unwrap();
    }
    assert_snapshot!(all);
}

/// All blocks of all sets, each as a report of its own, are sound definitions.
#[test]
fn every_block_of_the_catalogue_can_be_taken() {
    let mut text = SOUND.split("[[report]]").next().unwrap().to_owned();
    for set in catalogue::sets() {
        write!(text, "\n[[report]]\nname = \"{}\"\ndata_set = \"x\"\nperiod = \"Weekly\"\n", set.name).unwrap();
        for block in &set.blocks {
            let element = format!("{}{}", set.name, block.code);
            write!(text, "\n[[report.indicator]]\nuse = \"{}.{}\"\n", set.name, block.code).unwrap();
            writeln!(text, "data_element = \"{element}\"").unwrap();
        }
    }
    let folder = Folder::new(&text);
    if let Err(problems) = folder.load(&[]) {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("{}", problems.join("\n"));
    }
}
