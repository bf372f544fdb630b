//! Where the line list comes from: a Go.Data server, or files that it wrote.

mod outbreak;

use crate::config::model::{Config, Report, Source};
use crate::config::{Problem, problem};
use crate::error::{Error, ErrorKind};
use crate::failure;
use crate::normalise::Normaliser;
use crate::report::GodataFacts;
use epi::field::{self, Domain};
use epi::place::{Place, PlaceFinding, PlaceMap, PlaceTree, Places};
use epi::quality::ReferenceData;
use epi::record::{self, RecordKind};
use godata::wire::{Location, Outbreak, ReferenceItem};
use godata::{Client, OutbreakId, RecordFile, Resource};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

/// A source that was looked at.
#[derive(Debug)]
pub struct Opened {
    /// How to read its persons.
    pub reader: Reader,
    /// Facts for the report.
    pub facts: GodataFacts,
    /// What the line list of this source belongs to: the ids of its outbreaks, in order.
    pub outbreak_id: String,
    /// Its outbreaks, as they stand in the configuration; of files one, if they say it.
    pub outbreaks: Vec<record::Outbreak>,
    /// Time zone in which it keeps its days.
    pub time_zone: TimeZone,
    /// Locations and where they count.
    pub places: Places,
    /// Names of locations, for people.
    pub names: HashMap<String, String>,
    /// The reference data, if they are at hand.
    pub reference_data: Option<ReferenceData>,
    /// First day of the outbreak: as configured, else as Go.Data has it.
    pub outbreak_start: Option<Date>,
    /// What a person should know.
    pub warnings: Vec<String>,
}

/// How persons are read.
#[derive(Debug)]
pub enum Reader {
    /// From the server's lists.
    Server {
        /// The client.
        client: Client,
        /// The outbreaks, at least one, in the order of [`Opened::outbreaks`].
        outbreaks: Vec<OutbreakId>,
    },
    /// From files.
    Files(Vec<(RecordKind, PathBuf)>),
}

pub use outbreak::named;

/// The list of an outbreak that holds records of a kind.
pub fn resource(kind: RecordKind, outbreak: &OutbreakId) -> Resource {
    match kind {
        RecordKind::Case => Resource::Cases(outbreak.clone()),
        RecordKind::Contact => Resource::Contacts(outbreak.clone()),
        RecordKind::ContactOfContact => Resource::ContactsOfContacts(outbreak.clone()),
        RecordKind::FollowUp => Resource::FollowUps(outbreak.clone()),
        RecordKind::LabResult => Resource::LabResults(outbreak.clone()),
        RecordKind::Relationship => Resource::Relationships(outbreak.clone()),
        RecordKind::Event => Resource::Events(outbreak.clone()),
    }
}

/// Looks at the source: signs in, finds the outbreak, reads locations and reference data, and holds the definitions
/// against them.
///
/// # Errors
/// What the server or the files say; an unknown outbreak; constants that the reference data do not have.
pub async fn open(config: &Config, report: &Report) -> Result<Opened, Error> {
    match &config.godata {
        Source::Server { .. } => open_server(config, report).await,
        Source::Files { records, locations, reference_data, outbreak, span } => {
            let wanted = report.kinds_read(&config.dimensions);
            let given: BTreeSet<_> = records.iter().map(|(kind, _)| *kind).collect();
            if let Some(missing) = report.kinds().difference(&given).next() {
                let message =
                    format!("no file with {}s is given, and report `{}` counts them", missing.name(), report.name);
                return Err(config.problem(span, message).advice("Add it to `files`.").into());
            }
            if wanted.iter().any(|kind| kind.person().is_some()) && given.iter().all(|kind| kind.person().is_none()) {
                let message = format!("no file of persons is given, and report `{}` looks at them", report.name);
                let advice = "Add `cases`, `contacts` or both to `files`.";
                return Err(config.problem(span, message).advice(advice).into());
            }
            let read = |error: godata::Error| failure::godata(&error, config);
            let locations = match locations {
                Some(path) => read_all::<Location>(path).map_err(read)?,
                None => Vec::new(),
            };
            let reference = match reference_data {
                Some(path) => Some(read_all::<ReferenceItem>(path).map_err(read)?),
                None => None,
            };
            let records: Vec<_> = records.iter().filter(|(kind, _)| wanted.contains(kind)).cloned().collect();
            let facts = GodataFacts {
                source: "files".to_owned(),
                version: None,
                outbreak: None,
                n_records: 0,
                n_counted_by_godata: None,
                extraction: String::new(),
                n_travelled: 0,
                n_changed: None,
            };
            let zone = config.godata_time_zone.clone().unwrap_or(TimeZone::UTC);
            // Of files nobody knows an id: it is what the configuration calls it.
            let outbreaks = outbreak.iter().map(|named| record::Outbreak::new(&named.value, &named.value)).collect();
            let facts = GodataFacts { outbreak: outbreak.as_ref().map(|named| named.value.clone()), ..facts };
            let mut opened =
                finish(config, report, Reader::Files(records), facts, outbreaks, zone, locations, reference)?;
            opened.outbreak_id = "files".to_owned();
            Ok(opened)
        }
    }
}

/// Signs in to Go.Data and finds the outbreaks, in the order of the configuration.
///
/// # Errors
/// What the server says; outbreaks of whose id or name there is none.
pub async fn connect(config: &Config) -> Result<(Client, Vec<Outbreak>), Error> {
    let Source::Server { url, outbreaks: wanted, email, password, page_records, timeout, allow_http } = &config.godata
    else {
        return Err(Error::new(ErrorKind::Internal, "files are no server"));
    };
    let mut settings = godata::Settings::new(url.value.clone(), email.value.clone(), password.read()?);
    settings.timeout = *timeout;
    settings.retry_delay = crate::crash::retry_delay(settings.retry_delay);
    settings.allow_http = *allow_http;
    config.limits.for_godata(&mut settings);
    settings.page_records = std::num::NonZeroU32::new(*page_records).unwrap_or(settings.page_records);
    let ask = |error: godata::Error| failure::godata(&error, config);
    let client = Client::new(settings).map_err(ask)?;
    client.log_in().await.map_err(ask)?;
    let outbreaks = client.outbreaks().await.map_err(ask)?;
    Ok((client, outbreak::find(config, wanted, &outbreaks)?))
}

/// The time zone in which a server keeps its days: as configured, else as it says itself, else UTC.
pub fn time_zone(config: &Config, version: Option<&godata::wire::Version>) -> TimeZone {
    let told = version.and_then(|v| v.timezone.text()).and_then(|name| TimeZone::get(name).ok());
    config.godata_time_zone.clone().or(told).unwrap_or(TimeZone::UTC)
}

async fn open_server(config: &Config, report: &Report) -> Result<Opened, Error> {
    let (client, found) = connect(config).await?;
    let outbreaks: Vec<record::Outbreak> = found.iter().map(named).collect();
    let ask = |error: godata::Error| failure::godata(&error, config);
    let (version, locations, reference, user) =
        futures::future::join4(client.version(), client.locations(), client.reference_data(), client.user()).await;
    let version = version.map_err(ask)?;
    let (locations, reference) = (locations.map_err(ask)?, reference.map_err(ask)?);
    let mut warnings = Vec::new();
    // What the account may see is an extra: an account that may not look at itself still reads cases.
    if let Ok(Some(user)) = user
        && user.disregard_geographic_restrictions.get() == Some(&false)
    {
        warnings.push(
            "the Go.Data account is bound by geographic restrictions: if the outbreak applies them, cases of other \
             areas are missing; let the account disregard them"
                .to_owned(),
        );
    }
    let zone = time_zone(config, version.as_ref());
    let Source::Server { url, .. } = &config.godata else {
        return Err(Error::new(ErrorKind::Internal, "files are no server"));
    };
    let facts = GodataFacts {
        source: url.value.to_string(),
        version: version.and_then(|v| v.version.into_option()),
        outbreak: Some(outbreaks.iter().map(record::Outbreak::name).collect::<Vec<_>>().join("; ")),
        n_records: 0,
        n_counted_by_godata: None,
        extraction: String::new(),
        n_travelled: 0,
        n_changed: None,
    };
    let ids = outbreaks.iter().map(|outbreak| OutbreakId::new(outbreak.id())).collect();
    let reader = Reader::Server { client, outbreaks: ids };
    let mut opened = finish(config, report, reader, facts, outbreaks, zone, locations, Some(reference))?;
    opened.warnings.extend(warnings);
    let normaliser = Normaliser::new(&opened.time_zone);
    // Of several, the first that began: a date before all of them is wrong in any.
    let starts = found.iter().map(|found| found.start_date.text().and_then(|text| normaliser.day(text)));
    let start = starts.collect::<Option<Vec<_>>>().and_then(|starts| starts.into_iter().min());
    opened.outbreak_start = config.quality.outbreak_start.or(start);
    Ok(opened)
}

pub(crate) fn read_all<T: for<'de> godata::wire::Record<'de>>(path: &std::path::Path) -> Result<Vec<T>, godata::Error> {
    let mut all = Vec::new();
    RecordFile::open(path)?.decode(|record: &mut T| all.push(std::mem::take(record)))?;
    Ok(all)
}

#[expect(clippy::too_many_arguments, reason = "the parts of one struct, put together once")]
fn finish(
    config: &Config,
    report: &Report,
    reader: Reader,
    facts: GodataFacts,
    outbreaks: Vec<record::Outbreak>,
    time_zone: TimeZone,
    locations: Vec<Location>,
    reference: Option<Vec<ReferenceItem>>,
) -> Result<Opened, Error> {
    let mut problems = outbreak::check_constants(config, report, &outbreaks);
    if let Some(reference) = &reference {
        problems.extend(check_constants(config, report, reference));
    }
    if !problems.is_empty() {
        return Err(Error::config(problems));
    }
    let reference_data = reference.map(by_category);
    let (places, names, warnings) = places(config, locations)?;
    let outbreak_start = config.quality.outbreak_start;
    let mut ids: Vec<&str> = outbreaks.iter().map(record::Outbreak::id).collect();
    // The same outbreaks in another order are the same line list.
    ids.sort_unstable();
    let outbreak_id = ids.join(" ");
    Ok(Opened {
        reader,
        facts,
        outbreak_id,
        outbreaks,
        time_zone,
        places,
        names,
        reference_data,
        outbreak_start,
        warnings,
    })
}

/// The short values of each category.
fn by_category(items: Vec<ReferenceItem>) -> ReferenceData {
    let mut known = ReferenceData::default();
    for item in &items {
        if let (Some(category), Some(id)) = (item.category.text(), item.id.text()) {
            known.entry(category.to_owned()).or_default().insert(field::short_value(category, id).into());
        }
    }
    known
}

/// Every constant that is compared with reference data has to be among them.
fn check_constants(config: &Config, report: &Report, reference: &[ReferenceItem]) -> Vec<Problem> {
    let mut known: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for item in reference {
        if let (Some(category), Some(id)) = (item.category.text(), item.id.text()) {
            known.entry(category).or_default().insert(field::short_value(category, id));
        }
    }
    let mut problems = Vec::new();
    let mut check = |domain: Domain, value: &str, span: std::ops::Range<usize>| {
        let Domain::Reference(category) = domain else { return };
        let Some(values) = known.get(category) else { return };
        if !values.contains(value) {
            let candidates: Vec<&str> = values.iter().copied().collect();
            let advice = match epi::nearest(value, &candidates) {
                Some(near) => format!("Did you mean `{near}`?"),
                None => format!("Go.Data has: {}.", candidates.join(", ")),
            };
            problems.push(config.problem(&span, format!("unknown value '{value}' of {category}")).advice(advice));
        }
    };
    for_each_constant(config, report, &mut check);
    problems.dedup_by(|a, b| a.message == b.message && a.location() == b.location());
    problems
}

/// Gives every constant of a report that is compared with a field: what it should be, its text and its place.
fn for_each_constant(config: &Config, report: &Report, check: &mut dyn FnMut(Domain, &str, std::ops::Range<usize>)) {
    for model in &report.indicators {
        if let (Some(condition), Some(place)) = (&model.indicator.condition, &model.condition_at) {
            for constant in condition.constants() {
                check(constant.domain, &constant.value, place.part(&constant.span));
            }
        }
        for basis in &model.indicator.when {
            for constant in basis.conditions().flat_map(|condition| condition.constants()) {
                check(constant.domain, &constant.value, model.when_span.clone());
            }
        }
        if let (Some(measured), Some(place)) = (model.indicator.measure.expression(), &model.measure_at) {
            for constant in measured.constants() {
                check(constant.domain, &constant.value, place.part(&constant.span));
            }
        }
        for dimension in model.indicator.by.iter().map(|index| &config.dimensions[*index]) {
            for value in &dimension.values {
                check(dimension.dimension.field.domain, &value.value, value.span.clone());
            }
        }
    }
}

type PlacesAndNames = (Places, HashMap<String, String>, Vec<String>);

/// The places as the map alone has them, where no server is asked.
///
/// # Errors
/// What is wrong with the map.
pub(crate) fn places_of_the_map(config: &Config) -> Result<Places, Error> {
    Ok(places(config, Vec::new())?.0)
}

/// Joins Go.Data's locations and the map.
fn places(config: &Config, locations: Vec<Location>) -> Result<PlacesAndNames, Error> {
    let rows = &config.places.rows;
    let from_server = !locations.is_empty();
    let all: Vec<Place> = if from_server {
        let place = |location: Location| {
            Some(Place {
                id: location.id.into_option()?,
                parent: location.parent.into_option(),
                name: location.name.into_option().unwrap_or_default(),
                level: location.geographical_level.into_option(),
            })
        };
        locations.into_iter().filter_map(place).collect()
    } else {
        let ids: BTreeSet<&str> = rows.iter().map(|row| row.location.as_str()).collect();
        let by_name: HashMap<&str, &str> = rows.iter().map(|row| (row.name.as_str(), row.location.as_str())).collect();
        // People write a parent's id or its name.
        let parent = |text: &String| {
            if ids.contains(text.as_str()) {
                Some(text.clone())
            } else {
                by_name.get(text.as_str()).map(|id| (*id).to_owned())
            }
        };
        rows.iter()
            .map(|row| Place {
                id: row.location.clone(),
                parent: row.parent.as_ref().and_then(parent),
                name: row.name.clone(),
                level: None,
            })
            .collect()
    };
    let names = all.iter().map(|place| (place.id.clone(), place.name.clone())).collect();
    let (tree, mut findings) = PlaceTree::new(all);
    let entries = rows.iter().filter_map(|row| Some((row.location.clone(), row.org_unit.clone()?)));
    let (map, more) = PlaceMap::new(entries);
    findings.extend(more);
    let (places, more) = Places::new(tree, &map);
    findings.extend(more);
    let (mut problems, mut warnings) = (Vec::new(), Vec::new());
    for finding in findings {
        match &finding {
            PlaceFinding::UnknownMapped { location } => {
                let span = rows.iter().find(|row| row.location == *location).map_or(0..0, |row| row.span.clone());
                let message = format!("Go.Data has no location `{location}`");
                let problem = problem::Problem::at(&config.places.source, span, message)
                    .advice("Remove the line, or correct the location_id.");
                problems.push(problem);
            }
            other => warnings.push(format!("locations: {other}")),
        }
    }
    if problems.is_empty() { Ok((places, names, warnings)) } else { Err(Error::config(problems)) }
}
