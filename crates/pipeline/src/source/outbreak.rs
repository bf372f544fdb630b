//! The outbreaks that a configuration names, among those that the account sees.

use super::for_each_constant;
use crate::config::Problem;
use crate::config::model::{Config, Located, Report};
use crate::error::{Code, Error};
use epi::field::Domain;
use epi::record;
use godata::wire::Outbreak;
use std::collections::BTreeSet;

/// An outbreak as records remember it.
pub fn named(outbreak: &Outbreak) -> record::Outbreak {
    let text = |field: Option<&str>| field.unwrap_or_default().to_owned();
    record::Outbreak::new(&text(outbreak.id.text()), &text(outbreak.name.text()))
}

/// The outbreaks that are wanted, in their order.
///
/// # Errors
/// All that are not there, or are not told apart.
pub(super) fn find(config: &Config, wanted: &[Located<String>], seen: &[Outbreak]) -> Result<Vec<Outbreak>, Error> {
    let (mut found, mut problems) = (Vec::<&Outbreak>::new(), Vec::new());
    for one in wanted {
        match find_one(config, one, seen) {
            Ok(outbreak) => {
                let is_known = |known: &&Outbreak| known.id.text() == outbreak.id.text();
                if found.iter().any(is_known) {
                    let message = format!("outbreak `{}` stands twice, by its name and by its id", one.value);
                    let advice = "Its records would count twice: name it once.";
                    problems.push(config.problem(&one.span, message).advice(advice));
                }
                found.push(outbreak);
            }
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        return Ok(found.into_iter().cloned().collect());
    }
    Err(Error::config(problems).coded(Code::GodataOutbreak))
}

fn find_one<'o>(config: &Config, wanted: &Located<String>, seen: &'o [Outbreak]) -> Result<&'o Outbreak, Problem> {
    let by_id = seen.iter().find(|outbreak| outbreak.id.text() == Some(&wanted.value));
    let by_name: Vec<_> = seen.iter().filter(|outbreak| outbreak.name.text() == Some(&wanted.value)).collect();
    match (by_id, by_name.as_slice()) {
        (Some(found), _) => Ok(found),
        (None, [only]) => Ok(only),
        (None, []) => {
            let known: Vec<&str> = seen.iter().filter_map(|outbreak| outbreak.name.text()).collect();
            let advice = match (epi::nearest(&wanted.value, &known), known.as_slice()) {
                (Some(near), _) => format!("Did you mean `{near}`?"),
                (None, []) => "The account sees no outbreak at all.".to_owned(),
                (None, known) => format!("The account sees: {}.", known.join(", ")),
            };
            let message = format!("Go.Data shows this account no outbreak `{}`", wanted.value);
            Err(config.problem(&wanted.span, message).advice(advice))
        }
        (None, _) => {
            let message = format!("Go.Data has several outbreaks named `{}`", wanted.value);
            Err(config.problem(&wanted.span, message).advice("Give the outbreak's id."))
        }
    }
}

/// Every constant that is compared with the outbreak of a record has to be one whose records are read.
pub(super) fn check_constants(config: &Config, report: &Report, outbreaks: &[record::Outbreak]) -> Vec<Problem> {
    let names: Vec<&str> = outbreaks.iter().map(record::Outbreak::name).collect();
    let ids: Vec<&str> = outbreaks.iter().map(record::Outbreak::id).collect();
    let mut problems: Vec<Problem> = Vec::new();
    for_each_constant(config, report, &mut |domain, value, span| {
        let (known, others, other) = match domain {
            Domain::Outbreak => (&names, &ids, "outbreak_id"),
            Domain::OutbreakId => (&ids, &names, "outbreak"),
            _ => return,
        };
        if known.contains(&value) {
            return;
        }
        let advice = if others.contains(&value) {
            format!("Compare it with `{other}`.")
        } else if known.is_empty() {
            "Say with `outbreak` in `[godata]` which outbreak the files are of.".to_owned()
        } else {
            match epi::nearest(value, known) {
                Some(near) => format!("Did you mean `{near}`?"),
                None => format!("`[godata]` has: {}.", known.join(", ")),
            }
        };
        problems.push(config.problem(&span, format!("no record is of outbreak '{value}'")).advice(advice));
    });
    // A dimension stands once, whoever uses it.
    let mut told = BTreeSet::new();
    problems.retain(|problem| told.insert((problem.message.clone(), problem.location())));
    problems
}
