//! Where values go: data elements, category options, and that each cell has one owner.

use super::{Checker, located};
use crate::config::model::{Config, Destined, DimensionModel, Located, Report};
use crate::config::problem::{NOWHERE, Problem};
use crate::config::raw::{self, At};
use std::collections::{BTreeMap, BTreeSet};

/// Cells of one indicator that are held against others before DHIS2 is asked. Beyond, the preflight does it.
const CELLS_MAX: usize = 20_000;

pub(super) const ONE_OF_EACH: &str = "Name one option of each category.";

impl Checker<'_> {
    pub(super) fn goes_to(&mut self, raw: &raw::Indicator) -> Option<Destined> {
        let Some(data_element) = &raw.data_element else {
            let span = |at: Option<&At<String>>| at.map(At::span);
            let of_list = |list: Option<&Vec<At<String>>>| span(list.and_then(|list| list.first()));
            let superfluous = span(raw.data_set.as_ref())
                .or_else(|| of_list(Some(&raw.options)))
                .or_else(|| of_list(raw.attribute_options.as_ref()))
                .or_else(|| of_list(Some(&raw.attribute_by)));
            if let Some(superfluous) = superfluous {
                let message = format!("indicator `{}` has no data element to which this could belong", raw.code.get());
                self.at(superfluous, message).advice("Add `data_element`, or take this away.");
            }
            return None;
        };
        Some(Destined {
            data_element: located(data_element),
            data_set: raw.data_set.as_ref().map(located),
            options: raw.options.iter().map(located).collect(),
            attribute_options: raw.attribute_options.as_ref().map(|list| list.iter().map(located).collect()),
        })
    }

    /// Options are named once, also beside the dimensions that have them.
    pub(super) fn options_once(&mut self, goes_to: &Destined, codes: &[&At<String>], dimensions: &[raw::Dimension]) {
        self.once(goes_to.options.iter(), ONE_OF_EACH);
        self.once(goes_to.attribute_options.iter().flatten(), ONE_OF_EACH);
        for code in codes {
            let Some(dimension) = dimensions.iter().find(|dimension| dimension.code.get() == code.get()) else {
                continue;
            };
            let of_groups = dimension.groups.get().iter().map(|group| group.get().option.get());
            let all: BTreeSet<&String> = of_groups.chain([dimension.unknown.get()]).collect();
            for option in &goes_to.options {
                if all.contains(&option.value) && option.span != NOWHERE {
                    let message =
                        format!("option `{}` stands here and in dimension `{}`", option.value, dimension.code.get());
                    self.at(option.span.clone(), message)
                        .advice("One of the two decides the category: take the other away.");
                }
            }
        }
    }

    pub(super) fn once<'a>(&mut self, names: impl Iterator<Item = &'a Located<String>>, advice: &str) {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for name in names.filter(|name| name.span != NOWHERE) {
            match seen.get(name.value.as_str()) {
                Some(first) => {
                    let first = self.source.line(*first);
                    self.at(name.span.clone(), format!("`{}` stands twice, first on line {first}", name.value))
                        .advice(advice);
                }
                None => _ = seen.insert(&name.value, name.span.start),
            }
        }
    }
}

/// An indicator or a statement that writes.
struct Writer<'c> {
    report: &'c Report,
    code: &'c str,
    goes_to: &'c Destined,
    /// The options of each of its cells, and those of its attribute option combo.
    cells: BTreeSet<(BTreeSet<&'c str>, BTreeSet<&'c str>)>,
}

/// Cells that two indicators or statements would write, also of two reports: which of the two numbers stood there would be
/// a matter of chance. What is told here needs no server: one data element, one period type, the same options.
pub(super) fn clashes(config: &Config) -> Vec<Problem> {
    let writers: Vec<Writer<'_>> =
        config.reports.iter().flat_map(|report| writers(report, &config.dimensions)).collect();
    let mut problems = Vec::new();
    for (index, writer) in writers.iter().enumerate() {
        let is_same = |other: &&Writer<'_>| {
            other.goes_to.data_element.value == writer.goes_to.data_element.value
                && other.report.period_type.value == writer.report.period_type.value
                && !other.cells.is_disjoint(&writer.cells)
        };
        let Some(other) = writers[..index].iter().find(is_same) else { continue };
        let element = &writer.goes_to.data_element;
        let owner = if other.report.name == writer.report.name {
            format!("`{}`", other.code)
        } else {
            format!("`{}` of report `{}`", other.code, other.report.name)
        };
        let message = format!("{owner} and `{}` both write data element `{}`", writer.code, element.value);
        let advice = "Each data value has one owner: give one of the two another data element, or other `options`.";
        problems.push(config.problem(&element.span, message).advice(advice));
    }
    problems
}

fn writers<'c>(report: &'c Report, dimensions: &'c [DimensionModel]) -> Vec<Writer<'c>> {
    let indicators = report.indicators.iter().filter_map(|model| {
        let by = &model.indicator.by;
        let split = by.len() - model.n_attribute_dimensions.min(by.len());
        let goes_to = model.goes_to.as_ref()?;
        Some((model.indicator.code.as_str(), goes_to, &by[..split], &by[split..]))
    });
    let statements =
        report.statements.iter().map(|model| (model.statement.code.as_str(), &model.goes_to, &[][..], &[][..]));
    let writer = |(code, goes_to, by, attribute_by): (&'c str, &'c Destined, &[usize], &[usize])| {
        let attribute_options = goes_to.attribute_options.as_ref().unwrap_or(&report.attribute_options);
        let cells = combinations(&goes_to.options, by, dimensions)?;
        let attributes = combinations(attribute_options, attribute_by, dimensions)?;
        let cells =
            cells.iter().flat_map(|cell| attributes.iter().map(move |attribute| (cell.clone(), attribute.clone())));
        Some(Writer { report, code, goes_to, cells: cells.collect() })
    };
    indicators.chain(statements).filter_map(writer).collect()
}

/// The sets of options that fixed ones and dimensions make; none if they are too many.
fn combinations<'c>(
    fixed: &'c [Located<String>],
    by: &[usize],
    dimensions: &'c [DimensionModel],
) -> Option<Vec<BTreeSet<&'c str>>> {
    let mut sets = vec![fixed.iter().map(|option| option.value.as_str()).collect::<BTreeSet<_>>()];
    for dimension in by {
        let options = &dimensions.get(*dimension)?.options;
        if sets.len() * options.len() > CELLS_MAX {
            return None;
        }
        let with = |set: &BTreeSet<&'c str>, option: &'c Located<String>| {
            set.iter().copied().chain([option.value.as_str()]).collect::<BTreeSet<_>>()
        };
        sets = sets.iter().flat_map(|set| options.iter().map(move |option| with(set, option))).collect();
    }
    Some(sets)
}
