//! Asking a person about the open locations, those with most records first.

use crate::language::say;
use crate::render::phrase::places::alike;
use dialoguer::FuzzySelect;
use dialoguer::theme::{ColorfulTheme, SimpleTheme, Theme};
use epi::matching::{Matching, State};
use pipeline::map_places::Survey;
use pipeline::{Error, ErrorKind};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// What a person is asked.
pub(super) struct Question {
    /// The location, where it lies and what hangs on it.
    pub(super) prompt: String,
    /// What can be chosen: candidates first, then what else can be done, then all other organisation units.
    pub(super) choices: Vec<(String, Choice)>,
}

/// What a person may choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// This organisation unit, by position.
    Unit(usize),
    /// No organisation unit of its own.
    Above,
    /// Another time.
    Later,
    /// All others another time.
    Stop,
}

/// Who is asked.
pub(super) trait Person {
    /// Puts a question.
    fn choose(&mut self, question: &Question) -> Result<Choice, Error>;
}

/// As long as matching takes no longer than this, it is done again after each answer: an answer helps to match the places
/// below and the other places of that name.
const AGAIN: Duration = Duration::from_millis(700);

/// Asks about every open location until none is left or the person stops.
pub(super) fn ask(survey: &mut Survey, mut matching: Matching, person: &mut dyn Person) -> Result<Matching, Error> {
    let mut put_off: BTreeSet<String> = BTreeSet::new();
    let mut is_quick = true;
    loop {
        let outcome = survey.outcome(&matching);
        let open: Vec<_> = outcome.open().into_iter().filter(|one| !put_off.contains(&one.location_id)).collect();
        let Some(next) = open.first() else { return Ok(matching) };
        let id = next.location_id.clone();
        let Some(at) = survey.locations.iter().position(|location| location.id == id) else { return Ok(matching) };
        let question = question(survey, &matching, at, next.records_hanging, open.len());
        match person.choose(&question)? {
            Choice::Stop => return Ok(matching),
            Choice::Later => drop(put_off.insert(id)),
            answer => {
                let unit = if let Choice::Unit(unit) = answer { Some(unit) } else { None };
                survey.choose(at, unit);
                if is_quick {
                    let begun = Instant::now();
                    matching = survey.judge();
                    is_quick = begun.elapsed() < AGAIN;
                } else {
                    matching.locations[at].state = State::Decided(unit);
                }
            }
        }
    }
}

fn question(survey: &Survey, matching: &Matching, at: usize, records: u64, n_open: usize) -> Question {
    let candidates = &matching.locations[at].candidates;
    let mut choices: Vec<(String, Choice)> = Vec::new();
    for candidate in candidates {
        let reasons: Vec<String> = candidate.reasons.iter().map(|reason| alike(&reason.to_string())).collect();
        let place = place(&survey.units[candidate.unit].name, &survey.parents_of_unit(candidate.unit));
        let reasons = format!("{}, {}", candidate.confidence, reasons.join(", "));
        let text = say!("colon", before = place, after = reasons);
        choices.push((text, Choice::Unit(candidate.unit)));
    }
    for (text, choice) in
        [(say!("ask-later"), Choice::Later), (say!("ask-above"), Choice::Above), (say!("ask-stop"), Choice::Stop)]
    {
        choices.push((text, choice));
    }
    let shown: BTreeSet<usize> = candidates.iter().map(|one| one.unit).collect();
    let others = (0..survey.units.len()).filter(|unit| survey.units[*unit].may_take && !shown.contains(unit));
    let mut others: Vec<(String, Choice)> = others
        .map(|unit| (place(&survey.units[unit].name, &survey.parents_of_unit(unit)), Choice::Unit(unit)))
        .collect();
    others.sort_by(|a, b| a.0.cmp(&b.0));
    choices.extend(others);
    let standing = place(&survey.locations[at].name, &survey.parents_of_location(at));
    let prompt = match records {
        0 => say!("ask-prompt", place = standing, open = n_open),
        n => say!("ask-prompt-records", place = standing, n = n, open = n_open),
    };
    Question { prompt, choices }
}

/// A name and what it lies in, the nearest first.
fn place(name: &str, parents: &[String]) -> String {
    let above: Vec<&str> = parents.iter().rev().map(String::as_str).collect();
    let text = if above.is_empty() { name.to_owned() } else { say!("ask-in", name = name, above = above.join(", ")) };
    // Names come from two servers: nothing in them may move the cursor or colour the screen.
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The person at this terminal.
pub(super) struct Terminal;

/// Choices that are shown at once.
const SHOWN: usize = 12;

impl Person for Terminal {
    fn choose(&mut self, question: &Question) -> Result<Choice, Error> {
        let (plain, coloured) = (SimpleTheme, ColorfulTheme::default());
        let theme: &dyn Theme = if crate::terminal::is_fancy() { &coloured } else { &plain };
        let items: Vec<&str> = question.choices.iter().map(|(text, _)| text.as_str()).collect();
        let select = FuzzySelect::with_theme(theme).with_prompt(&question.prompt).items(&items).default(0);
        match select.max_length(SHOWN).interact_opt() {
            Ok(Some(chosen)) => Ok(question.choices[chosen].1),
            Ok(None) => Ok(Choice::Later),
            // Ctrl-C: what was chosen so far is saved.
            Err(dialoguer::Error::IO(error)) if error.kind() == std::io::ErrorKind::Interrupted => Ok(Choice::Stop),
            Err(error) => Err(Error::new(ErrorKind::Internal, format!("the terminal cannot be used: {error}"))
                .advice("Give --non-interactive, and fill in the map in a spreadsheet.")),
        }
    }
}
