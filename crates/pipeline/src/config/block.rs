//! Puts what a building block of the catalogue says into the indicators that take it by name, before the document is held
//! against the schema. So the rest of the reader never knows whether a person or the catalogue wrote a condition; its place
//! is that of the name.

use super::near::{near, suggestion};
use super::problem::{NOWHERE, Problem, SourceText};
use crate::catalogue::{self, Block, Set, When};
use std::borrow::Cow;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

/// The key of a block's name.
const USE: &str = "use";
/// The key of the values of its parameters.
const WITH: &str = "with";

/// Fills the document in; blocks and parameters that do not exist are problems.
pub(super) fn fill_in(document: &mut DeTable<'_>, source: &SourceText) -> Vec<Problem> {
    let mut problems = Vec::new();
    for report in tables(document, "report") {
        for indicator in tables(report, "indicator") {
            let Some((name, span)) = text(indicator, USE) else { continue };
            match catalogue::find(&name) {
                Some((set, block)) => indicator_of(indicator, set, block, &span, source, &mut problems),
                None => {
                    problems.push(unknown(&name, &span, source));
                    // What it lacks now is a consequence.
                    insert(indicator, "code", NOWHERE, string(&name));
                    insert(indicator, "when", NOWHERE, string("date_of_onset"));
                }
            }
        }
    }
    problems
}

fn indicator_of(
    indicator: &mut DeTable<'_>,
    set: &'static Set,
    block: &'static Block,
    span: &Range<usize>,
    source: &SourceText,
    problems: &mut Vec<Problem>,
) {
    let given = given(indicator);
    let known: Vec<&str> = block.parameters(set).map(|parameter| parameter.name.as_str()).collect();
    for (name, _, span) in given.iter().filter(|(name, ..)| !known.contains(&name.as_str())) {
        let message = format!("`{}.{}` has no parameter `{name}`", set.name, block.code);
        problems.push(Problem::at(source, span.clone(), message).advice(suggestion(name, &known)));
    }
    let value = |wanted: &str| given.iter().find(|(name, ..)| name == wanted).map(|(_, value, _)| value.as_str());
    let mut fill = |key, value: Option<DeValue<'static>>| {
        if let Some(value) = value {
            insert(indicator, key, span.clone(), value);
        }
    };
    fill("code", Some(string(&block.code)));
    fill("title", Some(string(&block.title)));
    fill("of", block.of.as_deref().map(string));
    fill("where", block.condition_with(set, value).as_deref().map(string));
    fill("when", Some(when(&block.when, span)));
    fill("measure", block.measure.as_deref().map(string));
    fill("window", block.window.as_deref().map(string));
    fill("decimals", block.decimals.and_then(whole));
}

fn unknown(name: &str, span: &Range<usize>, source: &SourceText) -> Problem {
    let (set, code) = name.split_once('.').unwrap_or(("", name));
    let sets: Vec<&str> = catalogue::sets().iter().map(|set| set.name.as_str()).collect();
    let known = catalogue::sets().iter().find(|one| one.name == set || Some(one.name.as_str()) == near(set, &sets));
    let advice = match known {
        Some(set) => {
            let codes: Vec<&str> = set.blocks.iter().map(|block| block.code.as_str()).collect();
            match near(code, &codes) {
                Some(code) => format!("Did you mean `{}.{code}`?", set.name),
                None => format!("`tally catalogue {}` lists what it has.", set.name),
            }
        }
        None => format!("A name is a set and a code, such as `outbreak.confirmed_cases`. Sets: {}.", sets.join(", ")),
    };
    Problem::at(source, span.clone(), format!("the catalogue has no `{name}`")).advice(advice)
}

/// The tables of a list of tables; what is no table is the schema's matter.
fn tables<'t, 'i>(table: &'t mut DeTable<'i>, key: &str) -> impl Iterator<Item = &'t mut DeTable<'i>> {
    let items = match table.get_mut(key).map(Spanned::get_mut) {
        Some(DeValue::Array(items)) => Some(items.iter_mut()),
        _ => None,
    };
    items.into_iter().flatten().filter_map(|item| match item.get_mut() {
        DeValue::Table(table) => Some(table),
        _ => None,
    })
}

fn text(table: &DeTable<'_>, key: &str) -> Option<(String, Range<usize>)> {
    let value = table.get(key)?;
    value.get_ref().as_str().map(|text| (text.to_owned(), value.span()))
}

/// The parameters that an indicator gives, with their values and the places of their names.
fn given(indicator: &DeTable<'_>) -> Vec<(String, String, Range<usize>)> {
    let Some(DeValue::Table(with)) = indicator.get(WITH).map(Spanned::get_ref) else { return Vec::new() };
    let text = |value: &DeValue<'_>| value.as_str().unwrap_or_default().to_owned();
    with.iter().map(|(key, value)| (key.get_ref().to_string(), text(value.get_ref()), key.span())).collect()
}

fn insert<'i>(table: &mut DeTable<'i>, key: &str, span: Range<usize>, value: DeValue<'i>) {
    if !table.contains_key(key) {
        table.insert(Spanned::new(span.clone(), Cow::Owned(key.to_owned())), Spanned::new(span, value));
    }
}

fn string(text: &str) -> DeValue<'static> {
    DeValue::String(Cow::Owned(text.to_owned()))
}

fn when(when: &When, span: &Range<usize>) -> DeValue<'static> {
    match when {
        When::One(one) => string(one),
        When::More(more) => {
            let mut list = DeArray::default();
            more.iter().for_each(|item| list.push(Spanned::new(span.clone(), string(item))));
            DeValue::Array(list)
        }
    }
}

/// A number of decimals, of which the schema allows one digit. An integer of the parser's own type can only be read from a text.
fn whole(number: u32) -> Option<DeValue<'static>> {
    let place = usize::try_from(number).ok()?;
    let digit = "0123456789".get(place..=place)?;
    DeValue::parse(digit).ok().map(Spanned::into_inner)
}
