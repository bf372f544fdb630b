//! Maps of places, as spreadsheets write them: every row that is taken has a location, every problem its place.

use crate::configuration::placed;
use pipeline::config::check_texts;
use std::path::Path;

pub(crate) const WORDS: &[&str] = &[
    "\"",
    ";",
    ",",
    "\n",
    "\r\n",
    "\r",
    "location_id",
    "org_unit",
    "parent",
    "\u{feff}",
    "é",
    "\0",
    "ImspTQPwCqd",
    "\"\"",
];

/// A configuration without a fault, so that all problems are the map's.
const CONFIGURATION: &str = include_str!("../corpus/configuration/small.toml");

pub(crate) fn try_on(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match check_texts(Path::new("tally.toml"), CONFIGURATION, text) {
        Ok(config) => {
            for row in &config.places.rows {
                assert!(!row.location.is_empty(), "a row without a location");
                assert!(config.places.source.text.get(row.span.clone()).is_some(), "{row:?} stands outside");
            }
        }
        Err(problems) => placed(&problems),
    }
}
