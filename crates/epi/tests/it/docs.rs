//! The documentation says what the code says: fields, reasons, rules, actions, periods and conditions.

use epi::condition::Condition;
use epi::contribution::Reason;
use epi::field::{Domain, LISTS, TABLES, Table, TableName};
use epi::issue::Rule;
use epi::period::{self, PeriodType};
use epi::plan::Action;
use epi::quality;
use epi::value::ValueType;
use std::collections::BTreeSet;
use std::path::Path;

/// A chapter of the documentation.
fn chapter(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The text below a heading, up to the next heading of any level.
fn section<'t>(text: &'t str, heading: &str) -> &'t str {
    let start = text.find(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("there is no heading `{heading}`"));
    let body = &text[start + heading.len() + 2..];
    let mut fenced = false;
    let mut end = 0;
    for line in body.split_inclusive('\n') {
        fenced ^= line.starts_with("```");
        if line.starts_with('#') && !fenced {
            break;
        }
        end += line.len();
    }
    &body[..end]
}

/// The rows of a section's table, without its two head lines.
fn rows(section: &str) -> Vec<&str> {
    section.lines().filter(|line| line.starts_with('|')).skip(2).collect()
}

/// The first cell of each row.
fn first_cells(section: &str) -> Vec<&str> {
    rows(section).into_iter().map(|row| row.split('|').nth(1).unwrap_or_default().trim()).collect()
}

fn field_row(name: &str, value_type: ValueType, domain: Domain, doc: &str) -> String {
    let values = match domain {
        Domain::Free => String::new(),
        Domain::OneOf(values) => format!("`{}`", values.join("`, `")),
        Domain::Reference(category) => format!("reference data `{category}`"),
        Domain::Location => "location id".to_owned(),
        Domain::Outbreak | Domain::OutbreakId => "as in `[godata]`".to_owned(),
    };
    format!("| `{name}` | {value_type} | {values} | {doc} |")
}

#[test]
fn every_field_of_the_catalogue_is_documented_and_no_other() {
    let text = chapter("conditions.md");
    for table in TABLES {
        let heading = match table.name {
            TableName::Person => "## Fields of a person",
            TableName::FollowUp => "## Fields of a follow-up",
            TableName::LabResult => "## Fields of a laboratory result",
            TableName::Relationship => "## Fields of a relationship",
            TableName::Event => "## Fields of an event",
        };
        let section = section(&text, heading);
        // Those of the persons whom a record names are those of the table of persons, with a prefix.
        let own = table.all_fields().filter(|field| !field.name.contains('.'));
        let expected: Vec<_> = own.map(|f| field_row(f.name, f.value_type, f.domain, f.doc)).collect();
        assert_eq!(rows(section), expected, "{heading}");
        assert!(section.contains(&format!("`{}`", table.name.name())), "{heading} lacks the table's name");
        let place = table.default_place().map(|place| format!("counts at `{}`", place.name)).unwrap_or_default();
        assert!(section.contains(&place), "{heading} lacks: {place}");
        for prefix in prefixes(table) {
            assert!(section.contains(&format!("`{prefix}age_years`")), "{heading} lacks `{prefix}`");
        }
    }
}

/// How the names of fields of persons begin whom a table's records name.
fn prefixes(table: &Table) -> BTreeSet<&'static str> {
    table.all_fields().filter_map(|field| Some(&field.name[..=field.name.find('.')?])).collect()
}

#[test]
fn every_list_of_the_catalogue_is_documented_and_no_other() {
    let text = chapter("conditions.md");
    for list in LISTS {
        let section = section(&text, &format!("### `{}`", list.name));
        assert!(section.contains(list.doc), "`{}` lacks its sentence: {}", list.name, list.doc);
        let expected: Vec<_> = list.fields.iter().map(|f| field_row(f.name, f.value_type, f.domain, f.doc)).collect();
        assert_eq!(rows(section), expected, "{}", list.name);
    }
    let headings: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    let expected: Vec<_> = LISTS.iter().map(|list| format!("`{}`", list.name)).collect();
    assert_eq!(headings, expected);
}

#[test]
fn every_condition_of_the_documentation_is_understood() {
    let text = chapter("conditions.md");
    let mut fence = None;
    let mut n = 0;
    for line in text.lines() {
        match (fence, line.strip_prefix("```")) {
            (None, Some(language)) => fence = Some(language),
            (Some(_), Some(_)) => fence = None,
            (Some("sql"), None) => {
                let errors = Condition::parse(line).err();
                assert!(errors.is_none(), "{line}: {errors:?}");
                n += 1;
            }
            _ => {}
        }
    }
    assert!(n > 10, "only {n} conditions were found");
}

#[test]
fn what_the_documentation_calls_refused_is_refused() {
    let text = chapter("conditions.md");
    let written = first_cells(section(&text, "## What is refused"));
    assert!(written.len() > 5, "only {} rows were found", written.len());
    for cell in written {
        let condition = cell.trim_matches('`');
        assert!(Condition::parse(condition).is_err(), "not refused: {condition}");
    }
}

/// Every reason, in the order in which they apply. A new one does not compile until it stands here.
fn reasons() -> Vec<Reason> {
    let next = |reason: Option<Reason>| {
        Some(match reason {
            None => Reason::OtherKind,
            Some(Reason::OtherKind) => Reason::ConditionFalse,
            Some(Reason::ConditionFalse) => Reason::ConditionUnknown,
            Some(Reason::ConditionUnknown) => Reason::NoDate,
            Some(Reason::NoDate) => Reason::OutsidePeriods,
            Some(Reason::OutsidePeriods) => Reason::NoPlace,
            Some(Reason::NoPlace) => Reason::UnknownPlace,
            Some(Reason::UnknownPlace) => Reason::PlaceNotMapped,
            Some(Reason::PlaceNotMapped) => Reason::UnknownGroup(0),
            Some(Reason::UnknownGroup(_)) => Reason::NoValue,
            Some(Reason::NoValue) => return None,
        })
    };
    std::iter::successors(next(None), |reason| next(Some(*reason))).collect()
}

#[test]
fn every_reason_is_documented_in_the_order_in_which_they_apply() {
    let text = chapter("concepts.md");
    let expected: Vec<_> = reasons().iter().map(ToString::to_string).collect();
    assert_eq!(first_cells(section(&text, "## Account")), expected);
    assert!(reasons().is_sorted());
}

#[test]
fn every_rule_of_data_quality_is_documented() {
    let text = chapter("concepts.md");
    assert_eq!(first_cells(section(&text, "## Issues")), Rule::ALL.map(Rule::name));
}

#[test]
fn every_action_is_documented_with_whether_it_is_pushed() {
    let text = chapter("concepts.md");
    let section = section(&text, "## Plan");
    let next = |action: Option<Action>| {
        Some(match action {
            None => Action::Create,
            Some(Action::Create) => Action::Update,
            Some(Action::Update) => Action::RetractByDeletion,
            Some(Action::RetractByDeletion) => Action::RetractToZero,
            Some(Action::RetractToZero) => Action::Unchanged,
            Some(Action::Unchanged) => Action::Drifted,
            Some(Action::Drifted) => Action::Existing,
            Some(Action::Existing) => Action::Accepted,
            Some(Action::Accepted) => Action::Held,
            Some(Action::Held) => return None,
        })
    };
    let actions = std::iter::successors(next(None), |action| next(Some(*action)));
    let expected: Vec<_> =
        actions.map(|action| (action.name(), if action.is_pushed() { "yes" } else { "no" })).collect();
    let written: Vec<_> = rows(section)
        .into_iter()
        .map(|row| {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            (cells[1], cells[3])
        })
        .collect();
    assert_eq!(written, expected);
}

#[test]
fn every_period_type_is_documented_with_the_period_of_one_day() {
    let text = chapter("periods.md");
    let day = jiff::civil::date(2021, 1, 3);
    // Versions before the oldest that is supported need no mention.
    let since = |period_type: PeriodType| {
        period_type.since().filter(|minor| *minor > 38).map_or(String::new(), |minor| format!("2.{minor}"))
    };
    let expected: Vec<_> = period::explain(day)
        .into_iter()
        .map(|(period_type, period)| {
            (format!("`{}`", period_type.name()), format!("`{}`", period.id()), since(period_type))
        })
        .collect();
    let written: Vec<_> = rows(section(&text, "## Types"))
        .into_iter()
        .map(|row| {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            (cells[1].to_owned(), cells[2].to_owned(), cells[4].to_owned())
        })
        .collect();
    assert_eq!(written, expected);
}

#[test]
fn every_rule_of_the_quality_of_records_is_documented_with_its_remedy_and_no_other() {
    let text = chapter("quality.md");
    let expected: Vec<_> = quality::Rule::ALL
        .into_iter()
        .map(|rule| {
            let checks = quality::CHECKS.iter().filter(|check| check.rule == rule);
            let fields: Vec<_> = checks.map(|check| format!("`{}`", check.field)).collect();
            format!("| `{rule}` | {} | {} | {} |", fields.join(", "), rule.meaning(), rule.remedy())
        })
        .collect();
    assert_eq!(rows(section(&text, "## Rules")), expected);
    let expected = quality::Likeness::ALL.map(|like| format!("| `{like}` | {} | {} |", like.meaning(), like.remedy()));
    assert_eq!(rows(section(&text, "## Likely duplicates")), expected);
    let expected = quality::Delay::ALL.map(|delay| format!("| `{delay}` | {} |", delay.meaning()));
    assert_eq!(rows(section(&text, "## Delays")), expected);
}
