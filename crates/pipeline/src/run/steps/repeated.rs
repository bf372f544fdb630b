//! The end of a run in which nothing changed.

use super::{Steps, slices_to_complete};
use crate::as_of;
use crate::certificate::{Certificate, CertifiedIndicator};
use crate::comparison::{self, Comparison, Looking, Read};
use crate::control::ask::Counted;
use crate::control::counting::Counting;
use crate::error::Error;
use crate::extract::Extracted;
use crate::failure;
use crate::kept;
use crate::plan::Plan;
use crate::progress::Step;
use crate::repeat::Repeated;
use crate::report::{RunReport, Verdict};
use crate::run::definitions_hash;
use crate::run::guard::Guard;
use crate::store::{Outcome, RunState};
use crate::verify::Verified;
use serde_json::json;
use std::time::Instant;

impl Steps<'_> {
    /// The report's last run, if its numbers hold again: the cells are the same by their digest, and DHIS2 says what it left
    /// there.
    pub(super) async fn repeated(&mut self, computed: &str) -> Result<Option<Repeated>, Error> {
        let clock = Instant::now();
        let (Some(run), false) = (self.run, self.request.full) else { return Ok(None) };
        let (config, report) = (self.request.config, self.request.report);
        let span = self.definitions.span.span();
        let definitions_hash = definitions_hash(config);
        let outbreak = self.opened.outbreak_id.as_str();
        let looking = Looking { run, report: &report.name, span, definitions_hash: &definitions_hash, outbreak };
        let now = Comparison::full(&self.target, self.started_at);
        let Some(basis) = comparison::basis(self.state, looking, &now)? else { return Ok(None) };
        let Some(left) = basis.comparison.left.clone() else { return Ok(None) };
        if left.cells != computed {
            return Ok(None);
        }
        self.request.progress.begin(Step::Diff, None);
        crate::crash::before("read/diff");
        let stands = left.stands(&basis, &self.target, span).await.map_err(|error| failure::dhis2(&error, config))?;
        crate::crash::after("read/diff");
        let Some(n_read) = stands else { return Ok(None) };
        let repeated = Repeated { left, basis, n_read };
        tracing::debug!(run = run.0, earlier = repeated.basis.run.0, "nothing changed");
        self.done(Step::Diff, clock, "0 values to push, 0 held");
        Ok(Some(repeated))
    }

    /// Ends a run in which nothing changed.
    pub(super) async fn repeat(
        mut self,
        extracted: &Extracted,
        repeated: Repeated,
        counting: Counting,
        guard: &Guard,
    ) -> Result<RunReport, Error> {
        let run = self.number()?;
        let Repeated { left, basis, n_read } = repeated;
        let past = basis.report;
        let comparison = Comparison {
            read: Read::Same,
            full_at: basis.comparison.full_at,
            n_read,
            left: Some(left.clone()),
            ..Comparison::full(&self.target, self.started_at)
        };
        let mut plan = Plan { comparison: Some(comparison), ..Plan::default() };
        let summary = left.plan(&past.plan, plan.hash());
        self.state.repeat_cells(run, basis.run)?;
        let document = json!({ "hash": summary.hash, "held": summary.held }).to_string();
        self.state.record_plan(run, &summary.hash, &document)?;
        self.advance(RunState::Diffed)?;
        let span = self.definitions.span.span();
        let nothing = Verified::default();
        let pushed = self.writing(run, guard).push(&mut plan).await?;
        // What the comparison saw stands for the read-back: nothing was pushed.
        self.advance(RunState::Verifying)?;
        self.request.progress.begin(Step::Verify, None);
        let n = left.verified(0).compared;
        self.done(Step::Verify, Instant::now(), &format!("{n} of {n} values are as they should be"));
        let mut completed = 0;
        if self.request.report.complete {
            let slices = slices_to_complete(&plan, &nothing, &self.target, &self.definitions);
            completed = self.writing(run, guard).register(&slices, span).await?;
        }
        let counts = self.control(counting).await;
        let certificate = self.certify_again(extracted, &past, &counts, summary.hash.clone())?;
        let mut report = self.report(extracted, &plan, summary, Some(pushed), Some(&nothing), Verdict::Clean);
        report.verify = Some(left.verified(completed));
        report.tie_out = past.tie_out;
        report.certificate = certificate;
        kept::keep(self.state, run, &report, report.finished_at)?;
        as_of::expire(self.state, self.request.config, &self.request.report.name, report.finished_at)?;
        self.state.finish(run, Outcome::Clean, report.finished_at)?;
        Ok(report)
    }

    /// The certificate of the past run with what this one looked at: the records, Go.Data's counts, the servers.
    fn certify_again(
        &mut self,
        extracted: &Extracted,
        past: &RunReport,
        counts: &Counted,
        plan_hash: String,
    ) -> Result<Option<Certificate>, Error> {
        let Some(certified) = &past.certificate else { return Ok(None) };
        let positions = self.definitions.indicators.iter().enumerate();
        let sent = positions.filter(|(index, _)| self.target.indicators[*index].is_some());
        let indicators = sent.zip(&certified.indicators).map(|((index, _), then)| {
            let mut now =
                CertifiedIndicator { not_asked: counts.reasons[index].clone(), spans: Vec::new(), ..then.clone() };
            for (position, period) in now.periods.iter_mut().enumerate() {
                let headcount = extracted.aggregation.headcounts.get(index, position);
                (period.n_records, period.missed) = (headcount.counted, headcount.missed);
                period.godata = counts.get(index, position);
            }
            now.counted_over(&counts.spans[index])
        });
        let indicators = indicators.collect();
        let hash_and_n = (certified.cells_hash.clone(), certified.n_cells);
        Ok(Some(self.certificate(&extracted.aggregation, indicators, counts, plan_hash, hash_and_n)?))
    }
}
