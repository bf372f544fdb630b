//! From what a person wrote to what Tally uses, with all problems at once.

mod alerts;
mod dashboard;
mod destined;
mod dimension;
mod engine;
mod indicator;
mod outbreak;
mod quality;
mod report;
mod schedule;
mod server;
mod statement;

use super::limits::Limits;
use super::model::{Config, Located, Report};
use super::near::suggestion;
use super::problem::{NOWHERE, Problem, SourceText, in_order, read_text};
use super::raw::{self, At, Raw};
use super::{block, environment, places, schema, secret, syntax};
use epi::field::{Field, Table};
use jiff::tz::TimeZone;
use serde::Deserialize;
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::path::Path;
use toml::de::{DeTable, Deserializer};

/// Reads and checks a configuration.
///
/// Single values of `[godata]`, `[dhis2]`, `[state]`, `[engine]` and `[places]` may be replaced by environment variables, so that one
/// file serves several machines: `TALLY__` and the path of the value, joined by two underscores, in upper case, such as
/// `TALLY__GODATA__URL` for `url` in `[godata]`. Reports and dimensions cannot be replaced. A variable that begins so and
/// replaces nothing is a problem.
///
/// # Errors
/// Everything that is wrong, each at its place, in the order of the file.
pub fn load(path: &Path) -> Result<Config, Vec<Problem>> {
    // What is not Unicode cannot be a value of the configuration.
    let unicode = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))
    };
    load_with_env(path, std::env::vars_os().filter_map(unicode))
}

/// As [`load`], with another environment than the process's, as names and values.
///
/// # Errors
/// As [`load`].
pub fn load_with_env(path: &Path, env: impl Iterator<Item = (String, String)>) -> Result<Config, Vec<Problem>> {
    let text = read_config(path)?;
    let variables = environment::variables(env);
    parse(path, &text, &variables, Map::File).map_err(|problems| in_order(problems, path))
}

/// As [`load`], without reading the map of places, which may be missing or without any organisation unit yet: the
/// configuration's map is empty and has only its path. Nothing that needs the map is checked.
///
/// # Errors
/// As [`load`].
pub fn load_without_map(path: &Path) -> Result<Config, Vec<Problem>> {
    load_at(path, Map::None, Stage::Running)
}

/// As [`load`], for a DHIS2 in which the data elements are still to be made: an indicator may be without one. With
/// `has_map` the map of places is read, else it is as for [`load_without_map`].
///
/// # Errors
/// As [`load`].
pub fn load_before_dhis2(path: &Path, has_map: bool) -> Result<Config, Vec<Problem>> {
    load_at(path, if has_map { Map::File } else { Map::None }, Stage::BeforeDhis2)
}

fn load_at(path: &Path, map: Map<'_>, stage: Stage) -> Result<Config, Vec<Problem>> {
    let unicode = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))
    };
    let text = read_config(path)?;
    let variables = environment::variables(std::env::vars_os().filter_map(unicode));
    parse_at(path, &text, &variables, map, stage).map_err(|problems| in_order(problems, path))
}

/// Checks a configuration and a map of places that are at hand as texts. No file is read, whatever the configuration
/// names; the environment is empty.
///
/// # Errors
/// As [`load`].
pub fn check_texts(path: &Path, text: &str, map: &str) -> Result<Config, Vec<Problem>> {
    parse(path, text, &[], Map::Text(map)).map_err(|problems| in_order(problems, path))
}

fn read_config(path: &Path) -> Result<String, Vec<Problem>> {
    read_text(path, CONFIG_BYTES_MAX).map_err(|(reason, advice)| {
        let message = format!("the configuration `{}` cannot be read: {reason}", path.display());
        let advice = advice.unwrap_or("Name it with --config, or run `tally demo --keep` for one to start from.");
        vec![Problem::new(message).advice(advice)]
    })
}

/// Where the map of places is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Map<'m> {
    /// In the file that the configuration names.
    File,
    /// At hand.
    Text(&'m str),
    /// Nowhere yet.
    None,
}

fn parse(path: &Path, text: &str, variables: &[(String, String)], map: Map<'_>) -> Result<Config, Vec<Problem>> {
    parse_at(path, text, variables, map, Stage::Running)
}

/// How far the setup is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Everything has its place in DHIS2.
    Running,
    /// Data elements are still to be made.
    BeforeDhis2,
}

fn parse_at(
    path: &Path,
    text: &str,
    variables: &[(String, String)],
    map: Map<'_>,
    stage: Stage,
) -> Result<Config, Vec<Problem>> {
    let (mut document, errors) = DeTable::parse_recoverable(text);
    let source = SourceText::new(path, secret::masked(text, document.get_ref())).with_variables(variables);
    if !errors.is_empty() {
        return Err(syntax::problems(&source, &errors));
    }
    let schema = raw::complete_schema();
    let mut problems = block::fill_in(document.get_mut(), &source);
    problems.extend(environment::apply(document.get_mut(), variables, &source, &schema));
    problems.extend(schema::check(&source, &mut document, &schema));
    let raw = match Raw::deserialize(Deserializer::from(document)) {
        Ok(raw) => raw,
        // The mended document fits the schema, so this shows only where the schema says less than the types.
        Err(error) => {
            problems.push(syntax::problem(&source, &error));
            return Err(problems);
        }
    };
    Checker { source, problems, map, stage }.config(&raw)
}

struct Checker<'a> {
    source: SourceText,
    problems: Vec<Problem>,
    map: Map<'a>,
    stage: Stage,
}

impl Checker<'_> {
    fn config(mut self, raw: &Raw) -> Result<Config, Vec<Problem>> {
        let folder = self.source.path.parent().unwrap_or(Path::new("")).to_owned();
        let godata = self.godata(&raw.godata, &folder);
        let godata_time_zone = raw.godata.get().time_zone.as_ref().and_then(|zone| self.time_zone(zone));
        let dhis2 = self.dhis2(&raw.dhis2, &folder);
        let engine = raw.engine.as_ref().and_then(|engine| self.engine(engine, &folder));
        let alerts = raw.alerts.as_ref().and_then(|alerts| self.alerts(alerts, &folder));
        let dashboard = self.dashboard(&raw.dashboard);
        let places = self.places(&raw.places, &folder);
        let quality = self.quality(&raw.quality);
        let dimensions: Vec<_> = raw.dimension.iter().filter_map(|dimension| self.dimension(dimension)).collect();
        self.unique("dimension", raw.dimension.iter().map(|d| &d.code));
        self.unique("report", raw.report.get().iter().map(|r| &r.name));
        if raw.report.get().is_empty() {
            self.at(raw.report.span(), "the configuration has no report").advice("Add a `[[report]]`.");
        }
        // The files of stated values are read where the map is one; a text at hand stands alone.
        let units: Option<Vec<&str>> = places.as_ref().filter(|_| self.map == Map::File).map(|table| {
            table.rows.iter().filter_map(|row| row.org_unit.as_deref()).collect::<BTreeSet<_>>().into_iter().collect()
        });
        let report = |report: &raw::Report| self.report(report, &raw.dimension, units.as_deref(), &folder);
        let reports: Vec<_> = raw.report.get().iter().map(report).collect();
        drop(units);
        if dhis2.as_ref().is_some_and(|dhis2| dhis2.small_cells.is_some()) {
            reports.iter().flatten().for_each(|report| self.increments(report));
        }
        let state_folder = raw.state.folder.as_ref().map_or("state", |at| at.get());
        match (godata, dhis2, places) {
            (Some(godata), Some(dhis2), Some(places)) if self.problems.is_empty() => whole(Config {
                state_folder: folder.join(state_folder),
                source: self.source,
                godata,
                godata_time_zone,
                dhis2,
                engine,
                alerts,
                dashboard,
                keep: raw.state.keep,
                full_after_days: raw.state.full_after_days.as_ref().map_or(DEFAULT_FULL_AFTER_DAYS, |at| *at.get()),
                reconcile_after_hours: (raw.state.reconcile_after_hours.as_ref())
                    .map_or(DEFAULT_RECONCILE_AFTER_HOURS, |at| *at.get()),
                values_kept_days: raw.state.values_kept_days.as_ref().map(|at| *at.get()),
                places,
                quality,
                dimensions,
                reports: reports.into_iter().flatten().collect(),
                limits: Limits::default(),
            }),
            _ => Err(self.problems),
        }
    }

    /// What is cumulative gives what is new away, small or not.
    fn increments(&mut self, report: &Report) {
        for (up_to, new) in crate::suppress::increments(report) {
            let (up_to, code) = (&up_to.indicator.code, &new.indicator.code);
            let message = format!(
                "small values of `{code}` can be computed from `{up_to}`: it counts the same cases up to the end of each period"
            );
            self.at(new.span.clone(), message).advice(format!(
                "Leave one of the two away, or add `{code}` to `publish_small` if its small values may be known."
            ));
        }
    }

    fn places(&mut self, raw: &raw::Places, folder: &Path) -> Option<places::PlaceTable> {
        if raw.map.span() == NOWHERE {
            return None;
        }
        let path = folder.join(raw.map.get());
        let found = match self.map {
            Map::Text(text) => places::of_text(&path, text),
            Map::File => places::read(&path),
            Map::None => return Some(places::none(&path)),
        };
        let problems = match found {
            Ok(places) => return Some(places),
            Err(problems) => problems,
        };
        for problem in problems {
            let placed = match problem.place {
                Some(_) => problem,
                None => Problem { place: Problem::at(&self.source, raw.map.span(), "").place, ..problem },
            };
            self.problems.push(placed);
        }
        None
    }

    fn field(&mut self, table: &'static Table, at: &At<String>) -> Option<&'static Field> {
        let found = table.field(at.get());
        if found.is_none() {
            let known: Vec<_> = table.all_fields().map(|field| field.name).collect();
            let advice = match table.grouping(at.get()) {
                Some(field) => format!("Did you mean `{}`?", field.name),
                None => suggestion(at.get(), &known),
            };
            self.at(at.span(), format!("unknown field `{}`", at.get())).advice(advice);
        }
        found
    }

    fn time_zone(&mut self, at: &At<String>) -> Option<TimeZone> {
        let found = TimeZone::get(at.get()).ok();
        if found.is_none() {
            let names: Vec<_> = jiff::tz::db().available().map(|name| name.as_str().to_owned()).collect();
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            let advice = match suggestion(at.get(), &names) {
                near if near.starts_with("Did") => near,
                _ => "Use a name of the IANA database, such as `Africa/Dakar` or `UTC`.".to_owned(),
            };
            self.at(at.span(), format!("unknown time zone `{}`", at.get())).advice(advice);
        }
        found
    }

    fn unique<'a>(&mut self, what: &str, names: impl Iterator<Item = &'a At<String>>) {
        let mut seen = HashMap::new();
        for at in names.filter(|at| at.span() != NOWHERE) {
            match seen.entry(at.get().as_str()) {
                Entry::Vacant(entry) => {
                    entry.insert(at.span().start);
                }
                Entry::Occupied(first) => {
                    let first = self.source.line(*first.get());
                    self.at(at.span(), format!("{what} `{}` stands twice, first on line {first}", at.get()))
                        .advice("Give each its own name.");
                }
            }
        }
    }

    /// Enters a problem; advice may be added to what is returned.
    fn at(&mut self, span: Range<usize>, message: impl Into<String>) -> Entered<'_> {
        self.problems.push(Problem::at(&self.source, span, message));
        Entered(&mut self.problems)
    }
}

/// What can only be told of the configuration as a whole.
fn whole(config: Config) -> Result<Config, Vec<Problem>> {
    let mut problems = destined::clashes(&config);
    problems.extend(outbreak::problems(&config));
    if problems.is_empty() { Ok(config) } else { Err(problems) }
}

/// The problem that was entered last.
struct Entered<'a>(&'a mut Vec<Problem>);

impl Entered<'_> {
    fn advice(self, advice: impl Into<String>) {
        if let Some(problem) = self.0.last_mut() {
            problem.advice = Some(advice.into());
        }
    }
}

/// Days between two full extractions when nothing is said: a change without a stamp waits no longer than a weekly report.
const DEFAULT_FULL_AFTER_DAYS: u32 = 7;
/// Hours between two comparisons of ids when nothing is said: one takes seconds, and one a day costs nobody anything.
const DEFAULT_RECONCILE_AFTER_HOURS: u32 = 24;

/// A configuration is a few hundred lines; a larger file is another one.
const CONFIG_BYTES_MAX: u64 = 1024 * 1024;

fn located(at: &At<String>) -> Located<String> {
    Located { value: at.get().clone(), span: at.span() }
}
