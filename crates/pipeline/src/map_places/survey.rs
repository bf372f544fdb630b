//! Looking at both servers and at the map.

use super::decided::{self, Decided};
use super::outcome::Counted;
use super::records;
use super::sheet::Sheet;
use crate::config::model::{Config, Report, Source};
use crate::error::{Error, ErrorKind};
use crate::progress::{Progress, Step, counted};
use crate::{failure, source, target};
use dhis2::{IdScheme, Middle, NamedOrgUnit, Uid};
use epi::matching::{Coordinates, Decisions, Location, Matching, Rules, Unit, match_places};
use godata::{Client, OutbreakId, wire};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What to look at.
#[derive(Debug)]
pub struct Request<'a> {
    /// The configuration; its map of places is not looked at, but its path.
    pub config: &'a Config,
    /// The reports whose data sets say which organisation units take values.
    pub reports: &'a [&'a Report],
    /// From which confidence on a match is accepted.
    pub rules: Rules,
    /// Organisation units to which none of the data sets is assigned may be matched too.
    pub all_units: bool,
    /// Rows of the map without organisation unit and without a word in `how` are open, and not a person's decision.
    pub reopen: bool,
    /// Whether records are counted.
    pub count_records: bool,
}

/// Both servers' trees and the decisions of people.
#[derive(Debug)]
pub struct Survey {
    /// Address of Go.Data.
    pub godata: String,
    /// Address of DHIS2.
    pub dhis2: String,
    /// Locations, those above before those that lie in them, then by name.
    pub locations: Vec<Location>,
    /// Their positions by id.
    pub(super) positions: HashMap<String, usize>,
    /// Organisation units by UID.
    pub units: Vec<Unit>,
    /// What the map calls each unit; none of one that has no such code.
    pub keys: Vec<Option<String>>,
    /// The decisions that stand in the map.
    pub decisions: Decisions,
    /// What a person filled in since the last time: the UID by location id.
    pub(super) filled: BTreeMap<String, String>,
    /// What people chose at the terminal: the UID by location id, or none.
    pub(super) chosen: BTreeMap<String, Option<String>>,
    /// Records by the location that they name.
    pub records: BTreeMap<String, u64>,
    /// Where the records were counted.
    pub counted: Counted,
    /// The map as it was read.
    pub sheet: Sheet,
    /// How matches are judged.
    pub rules: Rules,
    /// What a person should know.
    pub warnings: Vec<String>,
}

impl Survey {
    /// Looks at both servers and at the map.
    ///
    /// # Errors
    /// What the servers say; a map that is none, or whose filled-in rows name no organisation unit; no locations.
    pub async fn read(request: &Request<'_>, progress: &dyn Progress) -> Result<Self, Error> {
        let config = request.config;
        let sheet = Sheet::read(&config.places.source.path).map_err(Error::config)?;
        progress.begin(Step::Preflight, None);
        let (locations, godata) = locations(config).await?;
        let locations = in_order(locations.into_iter().filter_map(location).collect());
        if locations.is_empty() {
            let error = Error::new(ErrorKind::Godata, "Go.Data has no locations");
            return Err(error.advice("Import the locations into Go.Data first; then map them."));
        }
        let has_points = locations.iter().any(|location| location.coordinates.is_some());
        let mut warnings = Vec::new();
        let (units, keys) = units(request, has_points, &mut warnings).await?;
        let n = |n: usize, noun: &str| counted(n as u64, noun);
        progress.end(
            Step::Preflight,
            &format!("{}, {}", n(locations.len(), "location"), n(units.len(), "organisation unit")),
        );
        let known: BTreeSet<&str> = locations.iter().map(|location| location.id.as_str()).collect();
        let Decided { decisions, filled, warnings: more, problems } =
            decided::decided(&sheet, &known, &units, &keys, request.reopen);
        if !problems.is_empty() {
            return Err(Error::config(problems));
        }
        warnings.extend(more);
        let (records, counted) = if request.count_records {
            records::count(config, request.reports, godata.as_ref(), progress).await?
        } else {
            (BTreeMap::new(), Counted::NotAtAll)
        };
        let godata = match &config.godata {
            Source::Server { url, .. } => url.value.to_string(),
            Source::Files { .. } => "files".to_owned(),
        };
        let (dhis2, rules, chosen) = (config.dhis2.url.value.to_string(), request.rules, BTreeMap::new());
        Ok(Self {
            godata,
            dhis2,
            positions: locations.iter().enumerate().map(|(at, one)| (one.id.clone(), at)).collect(),
            locations,
            units,
            keys,
            decisions,
            filled,
            chosen,
            records,
            counted,
            sheet,
            rules,
            warnings,
        })
    }

    /// Matches what nobody decided.
    pub fn judge(&self) -> Matching {
        match_places(&self.locations, &self.units, &self.decisions, self.rules)
    }

    /// Takes a person's choice for a location: the position of a unit, or none of its own.
    pub fn choose(&mut self, location: usize, unit: Option<usize>) {
        let id = self.locations[location].id.clone();
        let unit = unit.map(|unit| self.units[unit].id.clone());
        self.decisions.insert(id.clone(), unit.clone());
        self.chosen.insert(id, unit);
    }

    /// What lies above a location, from its root to its parent, by name.
    pub fn parents_of_location(&self, location: usize) -> Vec<String> {
        let find = |id: &str| self.positions.get(id).map(|at| &self.locations[*at]);
        names_above(&self.locations[location].parent, |id| find(id).map(|one| (one.name.clone(), one.parent.clone())))
    }

    /// What lies above a unit, from its root to its parent, by name.
    pub fn parents_of_unit(&self, unit: usize) -> Vec<String> {
        let find = |id: &str| self.units.binary_search_by(|one| one.id.as_str().cmp(id)).ok();
        names_above(&self.units[unit].parent, |id| {
            find(id).map(|at| (self.units[at].name.clone(), self.units[at].parent.clone()))
        })
    }
}

/// Names upwards, turned around. A tree that goes in a circle ends after as many levels as no tree has.
fn names_above(parent: &Option<String>, find: impl Fn(&str) -> Option<(String, Option<String>)>) -> Vec<String> {
    const LEVELS_MAX: usize = 20;
    let (mut names, mut at) = (Vec::new(), parent.clone());
    while let Some((name, parent)) = at.as_deref().and_then(&find).filter(|_| names.len() < LEVELS_MAX) {
        names.push(name);
        at = parent;
    }
    names.reverse();
    names
}

async fn locations(config: &Config) -> Result<(Vec<wire::Location>, Option<(Client, Vec<OutbreakId>)>), Error> {
    let ask = |error: godata::Error| failure::godata(&error, config);
    match &config.godata {
        Source::Server { .. } => {
            let (client, outbreaks) = source::connect(config).await?;
            let locations = client.locations().await.map_err(ask)?;
            let ids = outbreaks.into_iter().filter_map(|outbreak| outbreak.id.into_option());
            Ok((locations, Some((client, ids.map(OutbreakId::new).collect()))))
        }
        Source::Files { locations: Some(path), .. } => Ok((source::read_all(path).map_err(ask)?, None)),
        Source::Files { span, .. } => {
            let problem = config.problem(span, "no file with locations is given, so there is nothing to map");
            Err(problem.advice("Add `locations` to `files`: Go.Data writes such a file.").into())
        }
    }
}

fn location(wire: wire::Location) -> Option<Location> {
    if wire.deleted.get() == Some(&true) {
        return None;
    }
    let id = wire.id.into_option()?;
    let texts = wire.identifiers.iter().flat_map(|one| [one.code.text(), one.description.text()]).flatten();
    // Where the description holds the code, the code says what kind of code it is, the same for all.
    let codes = texts.filter(|text| !text.trim().is_empty() && !text.starts_with("LNG_")).map(str::to_owned);
    let point = wire.geo_location.get();
    let coordinates = point.and_then(|p| Coordinates::new(*p.latitude.get()?, *p.longitude.get()?));
    Some(Location {
        name: wire.name.into_option().unwrap_or_else(|| id.clone()),
        synonyms: wire.synonyms.iter().filter(|name| !name.trim().is_empty()).cloned().collect(),
        codes: codes.collect(),
        parent: wire.parent.into_option(),
        coordinates,
        id,
    })
}

/// Places above before the places in them, and those of one parent by name: the order of a new map.
fn in_order(locations: Vec<Location>) -> Vec<Location> {
    let ids: BTreeSet<String> = locations.iter().map(|location| location.id.clone()).collect();
    let mut below: BTreeMap<Option<String>, Vec<Location>> = BTreeMap::new();
    for location in locations {
        let parent = location.parent.clone().filter(|parent| ids.contains(parent));
        below.entry(parent).or_default().push(location);
    }
    // What comes first is taken last.
    below.values_mut().for_each(|of_one| of_one.sort_by(|a, b| (&b.name, &b.id).cmp(&(&a.name, &a.id))));
    let (mut ordered, mut waiting) = (Vec::new(), below.remove(&None).unwrap_or_default());
    loop {
        while let Some(location) = waiting.pop() {
            waiting.extend(below.remove(&Some(location.id.clone())).unwrap_or_default());
            ordered.push(location);
        }
        // What goes in a circle hangs on no root.
        let Some((_, rest)) = below.pop_first() else { return ordered };
        waiting = rest;
    }
}

async fn units(
    request: &Request<'_>,
    with_points: bool,
    warnings: &mut Vec<String>,
) -> Result<(Vec<Unit>, Vec<Option<String>>), Error> {
    let config = request.config;
    let ask = |error: &dhis2::Error| failure::dhis2(error, config);
    let (client, ..) = target::connect(config).await?;
    let mut found = client.org_units().await.map_err(|error| ask(&error))?;
    found.sort_by(|a, b| a.id.as_str().cmp(b.id.as_str()));
    let mut assigned: BTreeSet<Uid> = BTreeSet::new();
    for named in request.reports.iter().flat_map(|report| &report.data_sets) {
        let data_set = client.data_set(&named.value, config.dhis2.id_schemes.data_set).await;
        let data_set = data_set.map_err(|error| failure::dhis2_at(&error, config, named))?;
        let units = client.org_units_of(data_set.id).await.map_err(|error| ask(&error))?;
        assigned.extend(units.iter().map(|unit| unit.id));
    }
    if assigned.is_empty() && !request.all_units {
        let error = Error::new(ErrorKind::Dhis2, "the data sets of the report are assigned to no organisation unit");
        return Err(error.advice("Assign them in DHIS2, or give --all-units to map to any organisation unit."));
    }
    let middles = if with_points { client.org_unit_middles().await } else { Ok(BTreeMap::new()) };
    let middles = middles.unwrap_or_else(|error| {
        warnings.push(format!("where the organisation units are could not be read: {error}"));
        BTreeMap::new()
    });
    let scheme = config.dhis2.id_schemes.org_unit;
    let keys: Vec<Option<String>> = found.iter().map(|unit| key(unit, scheme)).collect();
    let units = found.into_iter().zip(&keys).map(|(unit, key)| {
        let may_take = key.is_some() && (request.all_units || assigned.contains(&unit.id));
        let middle = middles.get(&unit.id).copied();
        self::unit(unit, may_take, middle)
    });
    Ok((units.collect(), keys))
}

fn key(unit: &NamedOrgUnit, scheme: IdScheme) -> Option<String> {
    scheme.name_of(&unit.id, unit.code.as_deref(), &unit.attribute_values).map(str::to_owned)
}

fn unit(unit: NamedOrgUnit, may_take: bool, middle: Option<Middle>) -> Unit {
    let attributes = unit.attribute_values.into_iter().map(|value| value.value);
    Unit {
        id: unit.id.as_str().to_owned(),
        other_names: unit.short_name.into_iter().filter(|name| *name != unit.name).collect(),
        name: unit.name,
        codes: unit.code.into_iter().chain(attributes).filter(|code| !code.trim().is_empty()).collect(),
        parent: unit.parent.map(|parent| parent.id.as_str().to_owned()),
        coordinates: middle.and_then(|middle| Coordinates::new(middle.latitude, middle.longitude)),
        may_take,
    }
}
