//! Reports.

use super::destined::ONE_OF_EACH;
use super::{Checker, located};
use crate::config::model::{Located, Report, Total};
use crate::config::near::suggestion;
use crate::config::raw::{self, At};
use epi::period::PeriodType;
use epi::plan::{Policies, Policy};
use jiff::tz::TimeZone;
use std::path::Path;

/// Periods covered when nothing is said: late reports of a quarter still correct their weeks.
const DEFAULT_LOOK_BACK: u32 = 13;
/// Corrections of a week take some hundredths of what was reported; a tenth is news.
const DEFAULT_LOSSES_MAX_PERCENT: u32 = 10;

impl Checker<'_> {
    pub(super) fn report(
        &mut self,
        raw: &raw::Report,
        dimensions: &[raw::Dimension],
        units: Option<&[&str]>,
        folder: &Path,
    ) -> Option<Report> {
        let period_type = PeriodType::from_name(raw.period.get());
        if period_type.is_none() {
            let names: Vec<_> = PeriodType::ALL.iter().map(|t| t.name()).collect();
            self.at(raw.period.span(), format!("unknown period type `{}`", raw.period.get()))
                .advice(suggestion(raw.period.get(), &names));
        }
        let indicators = raw.indicator.get();
        let codes = indicators.iter().map(|i| &i.code).chain(raw.statement.iter().map(|statement| &statement.code));
        self.unique("indicator", codes);
        if indicators.is_empty() {
            self.at(raw.indicator.span(), format!("report `{}` has no indicator", raw.name.get()))
                .advice("Add a `[[report.indicator]]`.");
        }
        let codes: Vec<&str> = indicators.iter().map(|i| i.code.get().as_str()).collect();
        let totals = raw.total.iter().flat_map(|total| std::iter::once(&total.of).chain(&total.parts));
        for code in raw.publish_small.iter().chain(totals).filter(|code| !codes.contains(&code.get().as_str())) {
            self.at(code.span(), format!("the report has no indicator `{}`", code.get()))
                .advice(suggestion(code.get(), &codes));
        }
        let indicators: Vec<_> = indicators.iter().map(|i| self.indicator(i, dimensions)).collect();
        let statements = self.statements(raw, period_type, units, folder);
        self.only_for_rules(raw, &statements);
        let data_sets = self.data_sets(raw);
        self.comment(raw.comment.as_ref());
        self.once(raw.attribute_options.iter().map(located).collect::<Vec<_>>().iter(), ONE_OF_EACH);
        let time_zone = match &raw.time_zone {
            Some(zone) => self.time_zone(zone)?,
            None => TimeZone::UTC,
        };
        let scheduled = self.scheduled(raw, &time_zone)?;
        let policy = |on| if on == raw::OnOther::Overwrite { Policy::Overwrite } else { Policy::Hold };
        Some(Report {
            name: raw.name.get().clone(),
            data_sets,
            period_type: Located { value: period_type?, span: raw.period.span() },
            look_back: raw.look_back.as_ref().map_or(DEFAULT_LOOK_BACK, |at| *at.get()),
            include_open: raw.include_open,
            time_zone,
            scheduled,
            attribute_options: raw.attribute_options.iter().map(located).collect(),
            comment: raw.comment.as_ref().map(|at| at.get().clone()),
            complete: raw.complete,
            zeros: raw.zeros,
            policies: Policies { on_drift: policy(raw.on_drift), on_existing: policy(raw.on_existing) },
            losses_max_percent: raw.losses_max_percent.as_ref().map_or(DEFAULT_LOSSES_MAX_PERCENT, |at| *at.get()),
            publish_small: raw.publish_small.iter().map(|code| code.get().clone()).collect(),
            totals: raw
                .total
                .iter()
                .map(|total| Total {
                    of: total.of.get().clone(),
                    parts: total.parts.iter().map(|part| part.get().clone()).collect(),
                })
                .collect(),
            indicators: indicators.into_iter().collect::<Option<_>>()?,
            statements: statements.into_iter().collect::<Option<_>>()?,
        })
    }

    fn data_sets(&mut self, raw: &raw::Report) -> Vec<Located<String>> {
        let found: Vec<_> =
            raw.data_set.items().into_iter().map(|(name, span)| Located { value: name.to_owned(), span }).collect();
        if found.is_empty() {
            self.at(raw.data_set.span(), "`data_set` names no data set").advice("Name one, or several in a list.");
        }
        self.once(found.iter(), "Name each data set once.");
        found
    }

    fn comment(&mut self, at: Option<&At<String>>) {
        let Some(at) = at else { return };
        if at.get().len() > COMMENT_BYTES_MAX {
            self.at(at.span(), format!("the comment is longer than {COMMENT_BYTES_MAX} bytes"))
                .advice("It is written with every value: say less.");
        }
        for written in at.get().split('{').skip(1) {
            let unknown = written.split('}').next().unwrap_or_default();
            if !PLACEHOLDERS.contains(&unknown) {
                let known = PLACEHOLDERS.map(|name| format!("{{{name}}}")).join(", ");
                self.at(at.span(), format!("a comment has no placeholder `{{{unknown}}}`"))
                    .advice(format!("It has: {known}."));
            }
        }
    }
}

/// What a comment can say besides its own words. Nothing of a record.
const PLACEHOLDERS: [&str; 4] = ["report", "run", "date", "version"];
/// DHIS2 takes 5,000 characters from 2.43 on; with the placeholders filled in, this stays far below.
const COMMENT_BYTES_MAX: usize = 500;
