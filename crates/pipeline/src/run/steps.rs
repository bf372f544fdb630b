//! The steps of one run, each recorded before the next begins.

mod cells;
mod certify;
mod repeated;

use super::guard::Guard;
use super::writing::{self, Writing};
use super::{Request, definitions_hash, rows, span_of};
use crate::acceptance;
use crate::aggregate::Aggregation;
use crate::as_of;
use crate::cause::{self, Past};
use crate::comparison::{Comparison, Looking};
use crate::config::Problem;
use crate::config::model::{Config, Keep};
use crate::crash;
use crate::diff;
use crate::engine::{self, Contents};
use crate::error::{Code, Error, ErrorKind};
use crate::extract::{self, Extracted, How, Reading};
use crate::kept;
use crate::losses;
use crate::plan::Plan;
use crate::plan_document::PlanDocument;
use crate::progress::{Step, counted};
use crate::push::{self, Slice};
use crate::quality;
use crate::repeat;
use crate::report::{PlanSummary, PushSummary, RunReport, Timing, Verdict};
use crate::source::{self, Opened, Reader};
use crate::store::{
    self, Belonging, Destination, Dhis2Seen, ExtractionId, GodataSeen, LineList, Outcome, RunId, RunState, State,
};
use crate::target::Target;
use crate::verify::{self, Verified};
use compact_str::CompactString;
use epi::cell::Cells;
use epi::field::{Needs, TableName};
use epi::indicator::Definitions;
use epi::record::RecordKind;
use jiff::Timestamp;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

/// The steps of one run.
pub(super) struct Steps<'a> {
    request: &'a Request<'a>,
    state: &'a mut State,
    run: Option<RunId>,
    started_at: Timestamp,
    target: Target,
    opened: Opened,
    definitions: Arc<Definitions>,
    timings: Vec<Timing>,
    warnings: Vec<String>,
}

impl<'a> Steps<'a> {
    /// Preflight: both servers are looked at and the definitions held against them, before anything is read or written.
    pub(super) async fn begin(
        request: &'a Request<'a>,
        state: &'a mut State,
        run: Option<RunId>,
    ) -> Result<Self, Error> {
        let (config, report) = (request.config, request.report);
        engine::asked(config, request.engine.as_ref())?;
        let (started_at, clock) = ((request.now)(), Instant::now());
        request.progress.begin(Step::Preflight, None);
        let span = span_of(request)?;
        crash::before("read/preflight");
        let (target, opened) =
            futures::future::join(Target::prepare(config, report), source::open(config, report)).await;
        crash::after("read/preflight");
        let (target, opened) = both(target, opened)?;
        check_destination(state, config, &target, started_at, run.is_some())?;
        let definitions = Arc::new(config.definitions(report, span, started_at, opened.places.clone()));
        if !request.release {
            target.refuse_when_nothing_is_open(span, config, report)?;
        }
        let mut warnings = opened.warnings.clone();
        for warning in &warnings {
            request.progress.warn(warning);
        }
        if let Some(run) = run {
            let version = opened.facts.version.clone().unwrap_or_default();
            state.record_godata(run, &GodataSeen { version, outbreak: opened.outbreak_id.clone() })?;
            let facts = &target.facts;
            let (version, system_id, url) = (facts.version.clone(), facts.system_id.clone(), facts.url.clone());
            state.record_dhis2(run, &Dhis2Seen { version, system_id, url })?;
            let settled = push::settle(state, &target, config, started_at).await?;
            if settled > 0 {
                warnings.push(format!("{settled} requests of an interrupted run were settled by reading DHIS2"));
            }
        }
        let mut steps =
            Self { request, state, run, started_at, target, opened, definitions, timings: Vec::new(), warnings };
        let fits = format!("DHIS2 {} and the definitions fit", steps.target.facts.version);
        steps.done(Step::Preflight, clock, &fits);
        Ok(steps)
    }

    /// Stops before anything is pushed.
    pub(super) async fn plan(mut self) -> Result<(RunReport, PlanDocument), Error> {
        let extracted = self.extract().await?;
        let plan = self.diff(&extracted.aggregation).await?;
        let verdict = if plan.holds() { Verdict::Held } else { Verdict::Clean };
        let summary = plan.summary(&self.target);
        let report = self.report(&extracted, &plan, summary, None, None, verdict);
        let definitions = definitions_hash(self.request.config);
        let document = PlanDocument::of(&report, &plan, &self.target, &definitions, extracted.extraction)?;
        Ok((report, document))
    }

    /// Pushes, verifies and finishes.
    pub(super) async fn push(mut self, guard: &Guard) -> Result<RunReport, Error> {
        let mut extracted = self.extract().await?;
        self.advance(RunState::Extracted)?;
        self.record_aggregation(&extracted)?;
        self.advance(RunState::Aggregated)?;
        let counting = self.count(&extracted.aggregation);
        let computed = repeat::cells_digest(&extracted.aggregation.cells, &self.definitions);
        if let Some(repeated) = self.repeated(&computed).await? {
            return self.repeat(&extracted, repeated, counting, guard).await;
        }
        let mut plan = self.diff(&extracted.aggregation).await?;
        let run = self.number()?;
        // The plan stands for them from here on.
        extracted.aggregation.cells = Cells::default();
        let mut summary = plan.summary(&self.target);
        let cells = self.record_cells(&plan)?;
        let document = serde_json::to_string(&json!({ "hash": summary.hash, "held": summary.held }))
            .map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))?;
        self.state.record_plan(run, &summary.hash, &document)?;
        self.advance(RunState::Diffed)?;

        let span = self.definitions.span.span();
        let mut writing = self.writing(run, guard);
        let pushed = writing.push(&mut plan).await?;
        let mut verified = writing.verify(&plan, span).await?;
        if self.request.report.complete {
            let slices = slices_to_complete(&plan, &verified, &self.target, &self.definitions);
            verified.summary.completed = self.writing(run, guard).register(&slices, span).await?;
        }
        if !pushed.held.is_empty() {
            summary = plan.summary(&self.target);
        }
        let (verdict, outcome) = writing::verdict(&plan, &pushed, &verified);
        if let Some(comparison) = plan.comparison.take_if(|_| outcome == Outcome::Clean) {
            let left = repeat::left(&plan, &verified, &self.target, computed);
            plan.comparison = Some(Comparison { left, ..comparison });
        }
        let counted = self.control(counting).await;
        let certificate = self.certify(&extracted.aggregation, &plan, &verified, &counted, cells)?;
        let mut report = self.report(&extracted, &plan, summary, Some(pushed), Some(&verified), verdict);
        report.certificate = Some(certificate);
        kept::keep(self.state, run, &report, report.finished_at)?;
        as_of::expire(self.state, self.request.config, &self.request.report.name, report.finished_at)?;
        self.state.finish(run, outcome, report.finished_at)?;
        Ok(report)
    }

    async fn extract(&mut self) -> Result<Extracted, Error> {
        let clock = Instant::now();
        if self.run.is_some() {
            self.advance(RunState::Extracting)?;
        }
        self.request.progress.begin(Step::Extract, None);
        crash::before("read/extract");
        let extracted = match engine::asked(self.request.config, self.request.engine.as_ref())? {
            Some((settings, engine)) => extract::compute(&self.opened, &self.reading()?, settings, engine).await?,
            None => extract::extract(&self.opened, self.reading()?).await?,
        };
        crash::after("read/extract");
        if let (Some(run), Some(extraction)) = (self.run, extracted.extraction) {
            self.state.record_extraction(run, extraction)?;
        }
        for warning in &extracted.warnings {
            self.warn(warning.clone());
        }
        let n_records = extracted.aggregation.account.n_records;
        self.opened.facts.n_records = n_records;
        self.opened.facts.n_counted_by_godata = extracted.n_counted_by_godata;
        self.opened.facts.extraction = extracted.how.name().to_owned();
        self.opened.facts.n_travelled = extracted.n_travelled;
        self.opened.facts.n_changed = extracted.n_changed;
        if extracted.n_unusable > 0 {
            let n = extracted.n_unusable;
            self.warn(format!("{n} records have no id or stand twice; they were counted once or not at all"));
        }
        if extracted.n_counted_by_godata.is_some_and(|count| count != n_records) {
            self.warn(
                "Go.Data counts another number of records than were read: somebody is working on them, or the \
                       account does not see them all"
                    .to_owned(),
            );
        }
        let cells = extracted.aggregation.cells.len();
        self.done(
            Step::Extract,
            clock,
            &format!("{} counted into {}", counted(n_records, "record"), counted(cells as u64, "cell")),
        );
        Ok(extracted)
    }

    /// What is read. The line list is one for all reports of a configuration, so it holds what any of them needs; without
    /// it, and from files, only what this report needs is looked at.
    fn reading(&self) -> Result<Reading<'_>, Error> {
        let Request { config, report, progress, full, after, now, .. } = self.request;
        let earlier = after.map(|run| self.state.run(run)).transpose()?.flatten();
        // A snapshot is what another engine counts; the line list stays as it is.
        let keeps = config.keep == Keep::Records && config.engine.is_none();
        let shared = keeps && matches!(self.opened.reader, Reader::Server { .. });
        let kinds = report.kinds();
        let (kinds_read, needs) = if shared {
            (config.kinds_read(), config.needs())
        } else {
            let mut needs = self.definitions.needs();
            needs.persons(config.quality.wire_fields());
            (report.kinds_read(&config.dimensions), needs)
        };
        let quality = Arc::new(quality::scope(
            &self.definitions,
            &self.opened,
            &needs.of(TableName::Person),
            &quality::persons(&kinds),
        ));
        let line_list = if keeps { Some(self.line_list(&kinds_read, &needs)?) } else { None };
        Ok(Reading {
            report: Some(&report.name),
            definitions: &self.definitions,
            kinds,
            kinds_read,
            needs,
            quality,
            line_list,
            full: *full,
            fresh: earlier.and_then(|run| run.extraction).map(ExtractionId),
            config,
            progress: Arc::clone(progress),
            now: now(),
        })
    }

    fn line_list(&self, kinds: &BTreeSet<RecordKind>, needs: &Needs) -> Result<LineList, Error> {
        let belonging = Belonging {
            outbreak: self.opened.outbreak_id.clone(),
            normalisation: Contents::of(kinds, needs).named(&self.opened.outbreaks).to_string(),
            time_zone: extract::time_zone_name(&self.opened.time_zone).to_owned(),
        };
        let path = self.request.config.line_list_file();
        match LineList::open(&path, &belonging) {
            Ok(list) => Ok(list),
            // It can be rebuilt from Go.Data at any time, and is, right now.
            Err(store::StoreError::OtherNormalisation { .. } | store::StoreError::OtherOutbreak { .. }) => {
                LineList::expire(&path)?;
                Ok(LineList::open(&path, &belonging)?)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn diff(&mut self, aggregation: &Aggregation) -> Result<Plan, Error> {
        let clock = Instant::now();
        self.request.progress.begin(Step::Diff, None);
        let (config, report) = (self.request.config, self.request.report);
        let definitions_hash = definitions_hash(config);
        let span = self.definitions.span.span();
        // A plan is for a person to look at, and reads everything.
        let run = self.run.filter(|_| !self.request.full);
        let outbreak = self.opened.outbreak_id.as_str();
        let looking =
            run.map(|run| Looking { run, report: &report.name, span, definitions_hash: &definitions_hash, outbreak });
        let (cells, looking) = (&aggregation.cells, (looking, self.started_at));
        let mut plan =
            diff::diff(cells, &self.definitions, &mut self.target, self.state, config, report, looking).await?;
        let line_list = self.kept_line_list()?;
        let past = Past { state: self.state, line_list: line_list.as_ref(), definitions_hash: &definitions_hash };
        cause::explain(&mut plan, &self.definitions, &self.target, report, &past)?;
        let n_accepted = acceptance::apply(&mut plan, &self.target, self.state, &report.name)?;
        if n_accepted > 0 {
            // The next run cannot tell what stands there from what Tally wrote.
            plan.comparison = None;
            let values = counted(n_accepted, "value");
            self.warn(format!("{values} of somebody else stay as they are, because a person accepted them"));
        }
        diff::hold(&mut plan, &self.target, self.request.release);
        if !self.request.release {
            losses::hold(&mut plan, &self.target, report.losses_max_percent);
        }
        for warning in rows::renamed_warnings(&plan) {
            self.warn(warning);
        }
        if plan.n_exposed > 0 {
            self.warn(format!(
                "{} can be computed from values that `publish_small` lets through",
                counted(plan.n_exposed, "small value")
            ));
        }
        let changes = plan.pushed().count();
        let held = plan.changes.iter().filter(|change| change.action.is_held()).count();
        self.done(Step::Diff, clock, &format!("{} to push, {held} held", counted(changes as u64, "value")));
        Ok(plan)
    }

    /// The line list as it is now, to look at.
    fn kept_line_list(&self) -> Result<Option<LineList>, Error> {
        let path = self.request.config.line_list_file();
        let config = self.request.config;
        if config.keep == Keep::Nothing || config.engine.is_some() || !path.exists() {
            return Ok(None);
        }
        Ok(Some(LineList::open_read_only(&path)?))
    }

    fn record_aggregation(&mut self, extracted: &Extracted) -> Result<(), Error> {
        let run = self.number()?;
        let aggregation = &extracted.aggregation;
        self.state.record_n_records(run, aggregation.account.n_records)?;
        let mut rows = Vec::new();
        for (account, indicator) in aggregation.account.indicators.iter().zip(&self.definitions.indicators) {
            let mut row = |reason: String, n| {
                rows.push(store::AccountRow { indicator: indicator.code.clone(), reason, n });
            };
            row("counted".to_owned(), account.n_counted());
            for (reason, n) in &account.excluded {
                row(rows::reason_name(*reason, &self.definitions), *n);
            }
        }
        self.state.record_account(run, &rows)?;
        let unmapped: Vec<_> = aggregation
            .unmapped
            .iter()
            .map(|(location, n)| store::Unmapped { location: location.to_string(), n: *n })
            .collect();
        self.state.record_unmapped(run, &unmapped)?;
        let issues: Vec<_> = aggregation
            .issue_samples()
            .map(|issue| store::IssueRow {
                rule: issue.rule.name().to_owned(),
                field: issue.field.to_owned(),
                record_id: issue.record.to_string(),
                detail: String::new(),
            })
            .collect();
        self.state.record_issues(run, &issues)?;
        Ok(())
    }

    fn report(
        &self,
        extracted: &Extracted,
        plan: &Plan,
        summary: PlanSummary,
        push: Option<PushSummary>,
        verified: Option<&Verified>,
        verdict: Verdict,
    ) -> RunReport {
        let span = self.definitions.span.span();
        let aggregation = &extracted.aggregation;
        RunReport {
            run: self.run.map(|run| run.0),
            report: self.request.report.name.clone(),
            first: span.first().id().to_string(),
            last: span.last().id().to_string(),
            started_at: self.started_at,
            finished_at: (self.request.now)(),
            verdict,
            godata: self.opened.facts.clone(),
            dhis2: self.target.facts.clone(),
            account: rows::account_rows(aggregation, &self.definitions),
            unmapped: rows::unmapped_rows(aggregation, &self.definitions, &self.opened),
            unmentioned: rows::unmentioned_rows(aggregation, &self.definitions),
            issues: rows::issue_rows(aggregation),
            // An engine counts entries, and the quality has none: nothing is known of it, which is not zero.
            quality: (extracted.how != How::Snapshot)
                .then(|| quality::report(&aggregation.quality, &self.definitions.places, self.request.config)),
            comparison: plan.comparison.clone(),
            plan: summary,
            push,
            verify: verified.map(|verified| verified.summary.clone()),
            tie_out: verify::tie_out(plan, &self.definitions, &self.target, verified),
            certificate: None,
            timings: self.timings.clone(),
            warnings: self.warnings.clone(),
        }
    }

    /// What writes.
    fn writing<'s>(&'s mut self, run: RunId, guard: &'s Guard) -> Writing<'s> {
        Writing {
            state: self.state,
            run,
            target: &self.target,
            config: self.request.config,
            report: self.request.report,
            guard,
            progress: self.request.progress.as_ref(),
            now: self.request.now.as_ref(),
            timings: &mut self.timings,
            warnings: &mut self.warnings,
        }
    }

    fn done(&mut self, step: Step, clock: Instant, summary: &str) {
        let run = self.run;
        self.timings.push(writing::done(step, clock, summary, run, self.request.progress.as_ref()));
    }

    fn warn(&mut self, message: String) {
        self.request.progress.warn(&message);
        self.warnings.push(message);
    }

    fn advance(&mut self, to: RunState) -> Result<(), Error> {
        self.request.stop.check()?;
        let run = self.number()?;
        Ok(self.state.advance(run, None, to)?)
    }

    fn number(&self) -> Result<RunId, Error> {
        self.run.ok_or_else(|| Error::new(ErrorKind::Internal, "a plan has no number in the history"))
    }
}

/// Both preflights, or all problems of both.
fn both(target: Result<Target, Error>, opened: Result<Opened, Error>) -> Result<(Target, Opened), Error> {
    match (target, opened) {
        (Ok(target), Ok(opened)) => Ok((target, opened)),
        (Err(one), Err(other)) if one.kind == ErrorKind::Config && other.kind == ErrorKind::Config => {
            let mut problems: Vec<Problem> = one.problems;
            problems.extend(other.problems);
            Err(Error::config(problems))
        }
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}

/// A state file belongs to the DHIS2 that it was first used with: after a server was replaced by another, or a copy of it,
/// what the ledger says of the old one must not touch the new one.
pub(super) fn check_destination(
    state: &mut State,
    config: &Config,
    target: &Target,
    now: Timestamp,
    remember: bool,
) -> Result<(), Error> {
    let url = config.dhis2.url.value.to_string();
    let system_id = &target.facts.system_id;
    if system_id.is_empty() {
        let message = format!("DHIS2 at `{url}` does not tell its system id");
        let advice =
            "Without it Tally cannot know that it is the same server as before. Is a proxy cutting the answer?";
        return Err(Error::new(ErrorKind::Dhis2, message).advice(advice).coded(Code::Dhis2Replaced));
    }
    match state.destination(&url)? {
        Some(known) if known.system_id != *system_id => {
            let problem = config
                .problem(
                    &config.dhis2.url.span,
                    format!("another DHIS2 answers at `{url}`: system id {system_id}, not {}", known.system_id),
                )
                .advice(
                    "If the server was replaced on purpose, use another state folder: what Tally remembers of the \
                         old one does not hold there.",
                );
            Err(Error::from(problem).coded(Code::Dhis2Replaced))
        }
        Some(_) => Ok(()),
        None if remember => {
            Ok(state.set_destination(&url, &Destination { system_id: system_id.clone(), seen_at: now })?)
        }
        None => Ok(()),
    }
}

/// Every mapped organisation unit in every closed period in which all is as it should be and nothing is held, for each
/// data set and each attribute option combo of it that the report writes. A slice without a single case is complete too:
/// nothing happened there, and somebody looked.
fn slices_to_complete(plan: &Plan, verified: &Verified, target: &Target, definitions: &Definitions) -> Vec<Slice> {
    let mut slices = Vec::new();
    let mut units: Vec<_> = target.org_units.values().collect();
    units.sort_by_key(|unit| unit.unit.id);
    for (data_set, of_set) in target.data_sets.iter().enumerate() {
        for period in definitions.span.span().iter() {
            if period.end() >= definitions.today || target.period_held(data_set, period).is_some() {
                continue;
            }
            for unit in units.iter().filter(|unit| target.slice_held(unit, data_set, period).is_none()) {
                let org_unit = CompactString::from(unit.unit.id.as_str());
                for attribute in &of_set.attributes {
                    let numbers = plan.names.find(&org_unit).zip(plan.names.find(attribute));
                    let is_unclean =
                        |(unit, attribute)| verified.unclean.contains(&(data_set, period, unit, attribute));
                    if !numbers.is_some_and(is_unclean) {
                        slices.push(Slice {
                            data_set,
                            period,
                            org_unit: org_unit.clone(),
                            attribute: attribute.clone(),
                        });
                    }
                }
            }
        }
    }
    slices
}
