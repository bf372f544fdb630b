//! The control by Go.Data's own counts, and the certificate at the end of a run.

use super::Steps;
use crate::aggregate::Aggregation;
use crate::certificate::{Certificate, CertifiedIndicator, Classifications, Says, Sheet};
use crate::control::ask::{Asked, Counted};
use crate::control::counting::Counting;
use crate::error::Error;
use crate::plan::Plan;
use crate::progress::Step;
use crate::run::{definitions_hash, rows};
use crate::source::Reader;
use crate::verify::Verified;
use epi::headcount::Headcount;
use std::time::Instant;

impl Steps<'_> {
    /// Begins to ask Go.Data for its own counts, right after its records were read. It counts while the run goes on.
    pub(super) fn count(&self, aggregation: &Aggregation) -> Counting {
        let span = self.definitions.span.span();
        let indicators = self.definitions.indicators.iter().enumerate();
        let Reader::Server { client, .. } = &self.opened.reader else {
            return Counting::nothing(indicators.len(), span, FROM_FILES);
        };
        let read =
            |index| (0..span.n_periods()).map(|period| aggregation.headcounts.get(index, period).all()).collect();
        let asked = indicators.map(|(index, indicator)| Asked::of(Some(indicator), read(index))).collect();
        let outbreaks = self.opened.outbreaks.clone();
        Counting::begin(client.clone(), outbreaks, asked, span, self.opened.time_zone.clone())
    }

    /// What Go.Data counted meanwhile. Only a control: no answer is no error.
    pub(super) async fn control(&mut self, counting: Counting) -> Counted {
        if matches!(self.opened.reader, Reader::Files { .. }) {
            return counting.finish().await;
        }
        let clock = Instant::now();
        self.request.progress.begin(Step::Control, None);
        let counted = counting.finish().await;
        let said = counted.summary();
        self.done(Step::Control, clock, &said);
        counted
    }

    /// Puts the three sides beside each other, and says aloud where Go.Data counts otherwise.
    pub(super) fn certify(
        &mut self,
        aggregation: &Aggregation,
        plan: &Plan,
        verified: &Verified,
        counted: &Counted,
        (cells_hash, n_cells): (String, u64),
    ) -> Result<Certificate, Error> {
        let indicators = self.tied_out(aggregation, plan, verified, counted);
        self.certificate(aggregation, indicators, counted, plan.hash(), (cells_hash, n_cells))
    }

    /// The document, sealed.
    pub(super) fn certificate(
        &mut self,
        aggregation: &Aggregation,
        indicators: Vec<CertifiedIndicator>,
        counted: &Counted,
        plan_hash: String,
        (cells_hash, n_cells): (String, u64),
    ) -> Result<Certificate, Error> {
        let span = self.definitions.span.span();
        let certificate = Certificate {
            run: self.number()?.0,
            report: self.request.report.name.clone(),
            first: span.first().id().to_string(),
            last: span.last().id().to_string(),
            started_at: self.started_at,
            tied_out_at: (self.request.now)(),
            tally_version: env!("CARGO_PKG_VERSION").to_owned(),
            godata: self.opened.facts.clone(),
            outbreak_id: self.opened.outbreak_id.clone(),
            dhis2: self.target.facts.clone(),
            definitions_hash: definitions_hash(self.request.config),
            cells_hash,
            n_cells,
            plan_hash,
            indicators,
            classifications: classifications(aggregation, counted),
            account: rows::account_rows(aggregation, &self.definitions),
            hash: String::new(),
        };
        if let Some(otherwise) = certificate.godata_disagreement() {
            self.warn(format!("{otherwise}: somebody is working on the records, or the account does not see them all"));
        }
        Ok(certificate.sealed())
    }

    fn tied_out(
        &self,
        aggregation: &Aggregation,
        plan: &Plan,
        verified: &Verified,
        counted: &Counted,
    ) -> Vec<CertifiedIndicator> {
        let definitions = &self.definitions;
        let span = definitions.span.span();
        let (n, statements) = (definitions.indicators.len(), &plan.statements);
        let mut sheet = Sheet::new(n + statements.named.len(), span.n_periods());
        for (key, desired, position) in plan.computed() {
            let Some(period) = span.position(key.period) else { continue };
            let stands = position.and_then(|position| verified.stored[position].as_deref());
            let agrees = self.target.reading(plan.names.name(key.data_element)).agrees(Some(&desired.value), stands);
            let is_held = position.is_some_and(|position| plan.changes[position].action.is_left());
            if let Some(statement) = statements.index_of(key) {
                sheet.add_statement(n + statement, period, is_held, agrees);
            } else if let Some(indicator) = plan.indicator_of.get(key) {
                let says = match is_held {
                    _ if plan.suppressed.contains_key(key) => Says::Suppressed,
                    true => Says::Held,
                    false => Says::Value(stands, agrees),
                };
                sheet.add(usize::from(*indicator), period, &desired.value, desired.n_records, says);
            }
        }
        // What should be gone and is not, belongs to the indicator whose data element it stands under.
        for value in verified.summary.different.iter().filter(|value| value.should.is_none()) {
            let indicator = self.target.owner_of(&value.data_element);
            let period = span.period_type().parse(&value.period).ok().and_then(|period| span.position(period));
            if let (Some(indicator), Some(period)) = (indicator, period) {
                sheet.disagree(indicator, period);
            }
        }
        let sent =
            definitions.indicators.iter().enumerate().filter(|(index, _)| self.target.indicators[*index].is_some());
        let certified = sent.map(|(index, indicator)| {
            let periods = span.iter().enumerate().map(|(position, period)| {
                let headcount = aggregation.headcounts.get(index, position);
                (period.id().to_string(), headcount, counted.get(index, position))
            });
            sheet
                .indicator(index, (&indicator.code, &indicator.title), counted.reasons[index].clone(), periods)
                .counted_over(&counted.spans[index])
        });
        let stated = statements.named.iter().enumerate().map(|(index, (code, title))| {
            let periods = span.iter().map(|period| (period.id().to_string(), Headcount::default(), None));
            sheet.indicator(n + index, (code, title), Some(NOT_COUNTED.to_owned()), periods)
        });
        certified.chain(stated).collect()
    }
}

/// Why Go.Data is not asked for a statement.
const NOT_COUNTED: &str = "a statement is not a count of records";
/// Why Go.Data is not asked when it is not there.
const FROM_FILES: &str = "the line list comes from files";

fn classifications(aggregation: &Aggregation, counted: &Counted) -> Classifications {
    match (&aggregation.classifications, &counted.classifications) {
        (_, Err(reason)) => Classifications::not_asked(reason),
        (None, _) => Classifications::not_asked("the report does not look at classifications"),
        (Some(ours), Ok(_)) if ours.is_empty() => Classifications::not_asked("the report does not look at cases"),
        (Some(ours), Ok(theirs)) => Classifications::new(
            ours.iter().map(|(classification, n)| (classification.as_deref(), *n)),
            theirs.iter().map(|(classification, n)| (classification.as_deref(), *n)),
        ),
    }
}
