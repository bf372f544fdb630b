//! How many records hang on each location, so that the open matches that matter come first.

use super::outcome::Counted;
use crate::config::model::{Config, Report, Source};
use crate::error::Error;
use crate::failure;
use crate::progress::{Progress, Step, counted};
use crate::source;
use crate::store::LineList;
use godata::wire::Person;
use godata::{Client, OutbreakId};
use std::collections::{BTreeMap, BTreeSet};

/// What is asked of a person: no more than is counted.
const FIELDS: [&str; 2] = ["id", "usualPlaceOfResidenceLocationId"];

/// Persons by the location that they live in: of the line list, if one is kept, else of Go.Data.
pub(super) async fn count(
    config: &Config,
    reports: &[&Report],
    godata: Option<&(Client, Vec<OutbreakId>)>,
    progress: &dyn Progress,
) -> Result<(BTreeMap<String, u64>, Counted), Error> {
    let mut n: BTreeMap<String, u64> = BTreeMap::new();
    let mut add = |location: Option<&str>| {
        if let Some(location) = location {
            *n.entry(location.to_owned()).or_default() += 1;
        }
    };
    let file = config.line_list_file();
    if file.exists() {
        LineList::open_read_only(&file)?.for_each(|person| add(person.residence.as_deref()))?;
        if !n.is_empty() {
            return Ok((n, Counted::LineList));
        }
    }
    let mut add = |location: Option<&str>| {
        if let Some(location) = location {
            *n.entry(location.to_owned()).or_default() += 1;
        }
    };
    let (Some((client, outbreaks)), Source::Server { .. }) = (godata, &config.godata) else {
        return Ok((n, Counted::NotAtAll));
    };
    let kinds: BTreeSet<_> = reports.iter().flat_map(|report| report.kinds_read(&config.dimensions)).collect();
    progress.begin(Step::Extract, None);
    let mut n_read = 0;
    let persons = kinds.into_iter().filter(|kind| kind.person().is_some());
    for (kind, outbreak) in persons.flat_map(|kind| outbreaks.iter().map(move |outbreak| (kind, outbreak))) {
        let mut pages = client.pages(source::resource(kind, outbreak), &FIELDS);
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| failure::godata(&error, config))?;
            let decoded = page.decode(|person: &mut Person<'_>| {
                n_read += 1;
                add(person.residence.text());
            });
            decoded.map_err(|error| failure::godata(&error, config))?;
            progress.advance(Step::Extract, n_read);
        }
    }
    progress.end(Step::Extract, &format!("the residence of {}", counted(n_read, "record")));
    Ok((n, Counted::Godata))
}
