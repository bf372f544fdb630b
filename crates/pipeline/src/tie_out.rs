//! The tie-out of a past run, repeated now: the values that it computed, beside what DHIS2 says today and what Go.Data
//! counts today. Reads only; needs no lease, because it writes to no server.

mod compare;

use crate::certificate::{CellsHash, Certificate, CertifiedIndicator, Classifications};
use crate::config::model::{Config, Report, Source};
use crate::control::ask::{Asked, Counted, ask};
use crate::error::{Error, ErrorKind};
use crate::failure;
use crate::kept;
use crate::progress::{Progress, Step, counted};
use crate::report::GodataFacts;
use crate::run::{definitions_hash, open_state};
use crate::source;
use crate::store::{AuditRow, Run, RunId, State};
use crate::target::Target;
use compare::Past;
use epi::indicator::Indicator;
use epi::period::Span;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeSet;

/// What to tie out again.
pub struct Again<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The report of it.
    pub report: &'a Report,
    /// The run; the report's last finished one when absent.
    pub run: Option<RunId>,
    /// Listens.
    pub progress: &'a dyn Progress,
    /// Now.
    pub now: Timestamp,
    /// Who asks, for the audit.
    pub actor: &'a str,
}

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Verification {
    /// The certificate as of now.
    pub certificate: Certificate,
    /// Values that DHIS2 does not say as they were computed, the held ones aside.
    pub differences: Vec<Difference>,
    /// Number of differences beyond those.
    pub n_more_differences: u64,
    /// What a person should know.
    pub warnings: Vec<String>,
    /// Whether all three sides agree, the held values aside.
    pub agrees: bool,
}

/// A value that is not as it was computed, and who wrote what stands there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// UID of the data element.
    pub data_element: String,
    /// Its name.
    pub data_element_name: String,
    /// Period.
    pub period: String,
    /// UID of the organisation unit.
    pub org_unit: String,
    /// Its name.
    pub org_unit_name: String,
    /// UID of the category option combo.
    pub category_option_combo: String,
    /// Its name.
    pub category_option_combo_name: String,
    /// What it should be.
    pub should: Option<String>,
    /// What DHIS2 says.
    pub says: Option<String>,
    /// The DHIS2 user who wrote that.
    pub stored_by: Option<String>,
    /// When, as the server writes it.
    pub last_updated: Option<String>,
}

/// Repeats a tie-out.
///
/// # Errors
/// No run to tie out; what the servers say; another DHIS2 than the run's.
pub async fn again(request: &Again<'_>) -> Result<Verification, Error> {
    let (config, report) = (request.config, request.report);
    if !config.state_file().exists() {
        return Err(nothing_yet(report));
    }
    let mut state = open_state(config)?;
    let past = past(&state, request)?;
    request.progress.begin(Step::Preflight, None);
    let (target, godata) = futures::future::join(Target::prepare(config, report), Godata::look(config)).await;
    let (target, godata) = (target?, godata?);
    check_same_dhis2(&past.run, &target, config)?;
    request.progress.end(Step::Preflight, &format!("DHIS2 {} answers", target.facts.version));

    request.progress.begin(Step::Control, None);
    let read = |one: &CertifiedIndicator| one.periods.iter().map(|period| period.n_records + period.missed).collect();
    let asked = past.certificate.indicators.iter().map(|one| Asked::of(find(report, &one.indicator), read(one)));
    let counts = godata.count(&asked.collect::<Vec<_>>(), past.span).await;
    if let Some(error) = counts.failure.as_ref().filter(|error| !matches!(error.kind(), godata::Kind::Forbidden { .. }))
    {
        return Err(failure::godata(error, config));
    }
    request.progress.end(Step::Control, &counts.summary());

    request.progress.begin(Step::Verify, None);
    let compared = past.compare(&target, config, report).await?;
    let n = past.cells.len() as u64;
    request.progress.end(Step::Verify, &format!("{} compared", counted(n, "value")));
    let verification = conclude(request, &past, target, godata, &counts, compared);
    // The audit is an extra: a state that cannot be written to now has been read, and that is enough.
    let _ = state.record_audit(&AuditRow {
        at: request.now,
        actor: request.actor.to_owned(),
        action: "verify".to_owned(),
        detail: format!("run {}: {}", past.run.id, if verification.agrees { "agrees" } else { "differs" }),
    });
    Ok(verification)
}

fn conclude(
    request: &Again<'_>,
    past: &Past,
    target: Target,
    godata: Godata,
    counts: &Counted,
    compared: compare::Compared,
) -> Verification {
    let mut warnings = Vec::new();
    let certified = &past.certificate;
    let mut hash = CellsHash::default();
    past.cells.iter().for_each(|cell| hash.add(cell));
    let (cells_hash, n_cells) = hash.finish();
    let is_as_certified = cells_hash == certified.cells_hash && certified.is_genuine();
    if !is_as_certified {
        warnings.push(format!("the values kept for run {} are not those that it certified", past.run.id));
    }
    if past.run.definitions_hash != definitions_hash(request.config) {
        warnings.push(format!("the configuration or the map of places changed since run {}: run again", past.run.id));
    }
    if let Some(later) = &past.unfinished {
        let how =
            if later.finished_at.is_some() { "did not come to its end" } else { "is under way or was interrupted" };
        warnings.push(format!("run {} began later and {how}: what it wrote shows as a difference", later.id));
    }
    let certificate = Certificate {
        tied_out_at: request.now,
        godata: godata.facts(certified),
        dhis2: target.facts,
        cells_hash,
        n_cells,
        indicators: past.tied_out(&compared.sheet, counts, request.report),
        classifications: classified(certified, counts),
        ..certified.clone()
    };
    let moved = past.moved_on(&certificate);
    match (moved, certificate.godata_disagreement()) {
        (Some(moved), _) => warnings.push(format!("{moved}: run again")),
        (None, Some(otherwise)) => {
            warnings.push(format!("{otherwise}, as in the run: does the account see all records?"))
        }
        (None, None) => {}
    }
    let certificate = certificate.sealed();
    let agrees =
        is_as_certified && compared.differences.is_empty() && certificate.dhis2_agrees() && certificate.godata_agrees();
    let (differences, n_more_differences) = (compared.differences, compared.n_more_differences);
    Verification { certificate, differences, n_more_differences, warnings, agrees }
}

/// Go.Data as it is now, if there is a server.
enum Godata {
    Server {
        client: godata::Client,
        outbreaks: Vec<epi::record::Outbreak>,
        version: Option<godata::wire::Version>,
        zone: jiff::tz::TimeZone,
    },
    Files,
}

impl Godata {
    async fn look(config: &Config) -> Result<Self, Error> {
        if matches!(config.godata, Source::Files { .. }) {
            return Ok(Self::Files);
        }
        let (client, found) = source::connect(config).await?;
        let outbreaks = found.iter().map(source::named).collect();
        let version = client.version().await.map_err(|error| failure::godata(&error, config))?;
        let zone = source::time_zone(config, version.as_ref());
        Ok(Self::Server { client, outbreaks, version, zone })
    }

    async fn count(&self, asked: &[Asked], span: Span) -> Counted {
        match self {
            Self::Server { client, outbreaks, zone, .. } => ask(client, outbreaks, asked, span, zone).await,
            Self::Files => Counted::nothing(asked.len(), span, "the line list comes from files"),
        }
    }

    /// The facts of the run, with the version of today.
    fn facts(self, certified: &Certificate) -> GodataFacts {
        let now = match self {
            Self::Server { version, .. } => version.and_then(|version| version.version.into_option()),
            Self::Files => None,
        };
        let facts = certified.godata.clone();
        GodataFacts { version: now.or(facts.version), ..facts }
    }
}

fn find<'r>(report: &'r Report, code: &str) -> Option<&'r Indicator> {
    report.indicators.iter().map(|model| &model.indicator).find(|indicator| indicator.code == code)
}

fn classified(certified: &Certificate, counts: &Counted) -> Classifications {
    match (&certified.classifications.not_asked, &counts.classifications) {
        // Where the run had no count of its own, there is nothing to hold against Go.Data's.
        (Some(reason), _) => Classifications::not_asked(reason),
        (None, Err(reason)) => Classifications::not_asked(reason),
        (None, Ok(theirs)) => Classifications::new(
            certified.classifications.rows.iter().map(|row| (row.classification.as_deref(), row.ours)),
            theirs.iter().map(|(classification, n)| (classification.as_deref(), *n)),
        ),
    }
}

/// The run to tie out, with what it left.
fn past(state: &State, request: &Again<'_>) -> Result<Past, Error> {
    let report = request.report;
    let refuse = |message: String, advice: &str| Err(Error::new(ErrorKind::Config, message).advice(advice.to_owned()));
    let done = |run: &Run| run.outcome.is_some();
    let runs = state.runs(Some(&report.name), RUNS_LOOKED_AT)?;
    let unfinished = runs.first().filter(|newest| request.run.is_none() && !done(newest)).cloned();
    let last = runs.into_iter().find(done);
    let run = match (request.run, &last) {
        (None, None) => return Err(nothing_yet(report)),
        (None, Some(last)) => last.clone(),
        (Some(id), _) => match state.run(id)? {
            Some(run) if run.report == report.name && done(&run) => run,
            Some(run) if run.report == report.name => {
                return refuse(format!("run {id} did not finish"), "`tally history` tells which runs did.");
            }
            Some(run) => {
                let message = format!("run {id} is one of report `{}`, not of `{}`", run.report, report.name);
                return refuse(message, "Choose its report with --report.");
            }
            None => return refuse(format!("there is no run {id}"), "`tally history` lists the runs."),
        },
    };
    let id = run.id;
    let kept = kept::report(state, id)?;
    let Some((held, certificate)) = kept.and_then(|kept| Some((compare::held(&kept.plan), kept.certificate?))) else {
        return refuse(
            format!("run {id} left no certificate"),
            "It carried out a saved plan, which has only the values that changed, or an earlier version of Tally made it. \
             Run the report again.",
        );
    };
    let parse = |text: &str| report.period_type.value.parse(text);
    let span = parse(&run.period_first).ok().zip(parse(&run.period_last).ok());
    let Some(span) = span.and_then(|(first, last)| Span::between(first, last).ok()) else {
        let message = format!(
            "run {id} covers {} to {}, and the report has other periods now",
            run.period_first, run.period_last
        );
        return refuse(message, "Run again.");
    };
    if run.cells_expired {
        return refuse(format!("the values of run {id} are no longer kept"), "Tie out a later run, or run again.");
    }
    let cells = state.cells(id)?;
    let is_last = last.is_some_and(|last| last.id == id);
    let ledger = match (&run.dhis2, is_last) {
        (Some(dhis2), true) => {
            let periods: Vec<_> = span.iter().map(epi::period::Period::id).collect();
            let periods: Vec<&str> = periods.iter().map(|id| id.as_str()).collect();
            let ledger = state.ledger_of_report(&dhis2.system_id, &report.name, &periods)?;
            ledger.into_iter().map(|(key, _)| key).collect()
        }
        // Later runs wrote other values since; what this one took away is not known any more.
        _ => BTreeSet::new(),
    };
    Ok(Past { run, certificate, cells, held, ledger, span, unfinished })
}

/// Runs among which the last finished one is looked for: failed runs of some days of a schedule lie on top.
const RUNS_LOOKED_AT: u32 = 1_000;

fn nothing_yet(report: &Report) -> Error {
    Error::new(ErrorKind::Config, format!("no run of report `{}` has finished yet", report.name))
        .advice("`tally run` makes one; it ends with a tie-out of its own.")
}

fn check_same_dhis2(run: &Run, target: &Target, config: &Config) -> Result<(), Error> {
    let then = run.dhis2.as_ref().map(|dhis2| dhis2.system_id.as_str()).unwrap_or_default();
    if then == target.facts.system_id {
        return Ok(());
    }
    let (url, now) = (&config.dhis2.url, &target.facts.system_id);
    let message = format!("another DHIS2 answers at `{}`: system id {now}, not {then} as in run {}", url.value, run.id);
    Err(config.problem(&url.span, message).advice("What the run wrote stands in the other one.").into())
}
