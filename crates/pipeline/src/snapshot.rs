//! Where the records of a snapshot come from: the line list as the last run left it, or straight from Go.Data.
//!
//! What is written where, and in which form, is the business of whoever takes them.

use crate::config::model::{Config, Keep, Report};
use crate::engine::Contents;
use crate::error::{Error, ErrorKind};
use crate::extract::{self, Reading, time_zone_name};
use crate::progress::Progress;
use crate::run::guard::{Clock, Guard};
use crate::run::open_state;
use crate::source::{self, Opened};
use crate::store::{Belonging, LineList, StoreError};
use epi::quality::{Scope, Surroundings};
use epi::record::Linked;
use jiff::Timestamp;
use std::path::PathBuf;
use std::sync::Arc;

/// Whose records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// The line list that the last run left in the state folder.
    LineList,
    /// Go.Data, or its files, read now.
    Godata,
}

/// What a snapshot is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Go.Data's id of the outbreak.
    pub outbreak: String,
    /// What the records hold.
    pub contents: Contents,
    /// The time zone in which instants became days.
    pub time_zone: String,
    /// The moment whose line list it is.
    pub as_of: Timestamp,
    /// Number of records.
    pub n_records: u64,
}

/// The records of a snapshot, at rest for as long as this lives: no run changes them meanwhile.
pub struct Records {
    line_list: LineList,
    origin: Origin,
    /// The line list is this snapshot's own, and goes away with it.
    passing: Option<Passing>,
    guard: Guard,
    config: Config,
}

impl Records {
    /// Takes the records; without a word of `from`, those of the line list if one is kept, else those of Go.Data.
    ///
    /// # Errors
    /// Another run is under way; no line list, or one that is not whole; what Go.Data says.
    pub async fn take(
        config: &Config,
        from: Option<From>,
        progress: Arc<dyn Progress>,
        now: &Clock,
    ) -> Result<Self, Error> {
        if let (true, Some(at)) = (config.godata.has_several_outbreaks(), config.godata.outbreaks_at()) {
            let problem = config.problem(&at, "a snapshot holds one outbreak");
            return Err(problem.advice("Make a configuration for each outbreak that is to have a snapshot.").into());
        }
        let kept = config.keep == Keep::Records && config.line_list_file().exists();
        let from = from.unwrap_or(if kept { From::LineList } else { From::Godata });
        let mut state = open_state(config)?;
        let guard = Guard::take(&mut state, config, now)?;
        let taken = match from {
            From::LineList => of_line_list(config).map(|(list, origin)| (list, origin, None)),
            From::Godata => of_godata(config, progress, now()).await.map(|(list, o, passing)| (list, o, Some(passing))),
        };
        match taken {
            Ok((line_list, origin, passing)) => Ok(Self { line_list, origin, passing, guard, config: config.clone() }),
            Err(error) => {
                guard.release(&mut state)?;
                Err(error)
            }
        }
    }

    /// What they are.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Reads every record beside the persons whom it names, with the names of its fields that could not be read on the wire; in no promised order.
    ///
    /// # Errors
    /// What the line list says.
    pub fn for_each(&self, with: impl FnMut(&Linked, Vec<String>)) -> Result<(), Error> {
        Ok(self.line_list.for_each_found(with)?)
    }

    /// Lets runs go on.
    ///
    /// # Errors
    /// What the state says.
    pub fn end(self) -> Result<(), Error> {
        let Self { line_list, passing, guard, config, .. } = self;
        drop(line_list);
        if let Some(passing) = passing {
            passing.end()?;
        }
        guard.release(&mut open_state(&config)?)
    }
}

fn of_line_list(config: &Config) -> Result<(LineList, Origin), Error> {
    let path = config.line_list_file();
    let advice = "Run `tally run` or `tally plan` first, or read from Go.Data with `--from godata`.";
    if !path.exists() {
        let message = format!("no line list is kept in `{}`", config.state_folder.display());
        return Err(Error::new(ErrorKind::Config, message).advice(advice));
    }
    let list = LineList::open_read_only(&path)?;
    let Belonging { outbreak, normalisation, time_zone } = list.belonging().clone();
    let unfinished = list.resume(&outbreak)?.is_some() || list.full_is_unfinished()?;
    let last = list.last_finished()?.filter(|_| !unfinished);
    let Some(last) = last else {
        let message = format!("the line list in `{}` is not whole: its extraction did not end", path.display());
        return Err(Error::new(ErrorKind::Config, message).advice(advice));
    };
    let contents = normalisation.parse().map_err(|error: crate::engine::NoContents| {
        Error::new(ErrorKind::Config, format!("the line list in `{}`: {error}", path.display())).advice(advice)
    })?;
    let n_records = list.len()?;
    let origin = Origin { outbreak, contents, time_zone, as_of: last.started_at, n_records };
    Ok((list, origin))
}

/// Reads Go.Data into a line list of its own, for a report that is all reports of the configuration.
async fn of_godata(
    config: &Config,
    progress: Arc<dyn Progress>,
    now: Timestamp,
) -> Result<(LineList, Origin, Passing), Error> {
    let report = all_reports(config)?;
    let opened = source::open(config, &report).await?;
    let (kinds, kinds_read, needs) = (report.kinds(), config.kinds_read(), config.needs());
    let contents = Contents::of(&kinds_read, &needs).named(&opened.outbreaks);
    let belonging = belonging(&opened, &contents);
    let passing = Passing::begin(config)?;
    let line_list = LineList::open(&passing.path, &belonging)?;
    let span = report
        .look_back(now.to_zoned(report.time_zone.clone()).date())
        .map_err(|error| Error::new(ErrorKind::Config, error.to_string()))?;
    let definitions = Arc::new(config.definitions(&report, span, now, opened.places.clone()));
    let reading = Reading {
        report: None,
        definitions: &definitions,
        kinds,
        kinds_read,
        needs,
        // Nobody looks at what this reading counts.
        quality: Arc::new(Scope::new(&definitions, &Surroundings::default())),
        line_list: Some(line_list),
        full: true,
        fresh: None,
        config,
        progress,
        now,
    };
    extract::extract(&opened, reading).await?;
    let list = LineList::open_read_only(&passing.path)?;
    let Belonging { outbreak, time_zone, .. } = belonging;
    let n_records = list.len()?;
    Ok((list, Origin { outbreak, contents, time_zone, as_of: now, n_records }, passing))
}

fn belonging(opened: &Opened, contents: &Contents) -> Belonging {
    Belonging {
        outbreak: opened.outbreak_id.clone(),
        normalisation: contents.to_string(),
        time_zone: time_zone_name(&opened.time_zone).to_owned(),
    }
}

/// One report with the indicators of all.
fn all_reports(config: &Config) -> Result<Report, Error> {
    let mut reports = config.reports.iter().cloned();
    let mut all = reports.next().ok_or_else(|| Error::new(ErrorKind::Config, "the configuration has no report"))?;
    all.indicators.extend(reports.flat_map(|report| report.indicators));
    Ok(all)
}

/// The file of a line list that goes away again. It holds data of persons; one that a killed process left is removed by the
/// next.
struct Passing {
    path: PathBuf,
}

impl Passing {
    fn begin(config: &Config) -> Result<Self, StoreError> {
        let path = config.state_folder.join("snapshot.sqlite");
        LineList::expire(&path)?;
        Ok(Self { path })
    }

    fn end(self) -> Result<(), StoreError> {
        LineList::expire(&self.path)
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        // Whoever ended in order has removed it and heard of any failure.
        let _ = LineList::expire(&self.path);
    }
}
