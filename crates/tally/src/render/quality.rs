//! The quality of the records, for people and as CSV.

use super::csv;
use super::number::grouped;
use super::phrase;
use super::run::indent;
use super::table::{Column, table};
use crate::commands::quality::{Asked, AtPlace, Listed, Told, ToldDelay};
use crate::language::{Language, say};
use epi::quality::{DAYS_MAX, DAYS_MIN};
use pipeline::quality::{LikelyDuplicates, NotLookedAt, QualityReport};
use pipeline::{Error, ErrorKind};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Places named beside a finding: those with the most records.
const PLACES_SHOWN: usize = 3;
/// Rows of a list of records shown; CSV and JSON have all.
const RECORDS_SHOWN: usize = 200;

/// A few lines for a run. What a run lists elsewhere, places that are not mapped and values that are not mentioned, is not
/// repeated.
pub(crate) fn summary(quality: &QualityReport, limit: impl Fn(usize) -> usize) -> String {
    let mut findings: Vec<_> =
        quality.findings.iter().filter(|f| !["not_mapped", "not_mentioned"].contains(&f.rule.as_str())).collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.n_records));
    let alike = quality.duplicates.iter().filter_map(|row| Some((row, row.found?)));
    let alike: Vec<_> = alike.filter(|(_, found)| found.n_groups > 0).collect();
    if findings.is_empty() && alike.is_empty() {
        return String::new();
    }
    let mut text = say!("quality") + "\n";
    let shown = limit(findings.len());
    for finding in &findings[..shown] {
        let (n, places, rule) = (finding.n_records, finding.places.len(), phrase::rule(&finding.rule));
        let sample = finding.records.first().map(|id| say!("such-as", record = id)).unwrap_or_default();
        let line =
            say!("quality-finding", field = &finding.field, n = n, rule = rule, places = places, sample = sample);
        let _ = writeln!(text, "  {line}");
    }
    if findings.len() > shown {
        let _ = writeln!(text, "  {}", say!("quality-more", n = findings.len() - shown));
    }
    for (row, found) in alike {
        let (n, groups, likeness) = (found.n_records, found.n_groups, phrase::rule(&row.likeness));
        let _ = writeln!(text, "  {}", say!("quality-alike", likeness = likeness, n = n, groups = groups));
    }
    text + "\n"
}

/// Everything that is asked for.
pub(crate) fn text(told: &Told, asked: &Asked<'_>, all: bool, width: Option<u16>) -> String {
    let mut text = String::new();
    let (n, places, report) = (told.n_records, told.places.len(), &told.report);
    let at = told.at.strftime("%Y-%m-%d %H:%M UTC").to_string();
    let title = match told.run {
        Some(run) => say!("quality-of-run", report = report, n = n, places = places, run = run.to_string(), at = at),
        None => say!("quality-of-line-list", report = report, n = n, places = places, at = at),
    };
    let _ = writeln!(text, "{title}\n");
    if let Some((rule, meaning, remedy)) = asked.explained() {
        let _ = writeln!(text, "{rule}: {meaning}\n{remedy}\n");
    }
    if told.findings.is_empty() {
        text += &(say!("quality-nothing") + "\n\n");
    } else if asked.is_part() || all {
        text += &by_place(told, width);
    } else {
        text += &by_rule(told, width);
    }
    text += &duplicates(&told.duplicates);
    text += &delays(&told.delays, asked, all, width);
    if let Some(listed) = &told.listed {
        text += &records(listed, width);
    }
    text + &not_looked_at(&told.not_looked_at)
}

fn by_rule(told: &Told, width: Option<u16>) -> String {
    let rows = told.findings.iter().map(|finding| {
        vec![
            finding.field.clone(),
            phrase::rule_by_name(&finding.rule),
            grouped(finding.n_records),
            share(finding.n_records, finding.of),
            most(&finding.places),
        ]
    });
    let columns = [
        Column::Text(&say!("column-field")),
        Column::Text(&say!("column-what")),
        Column::Number(&say!("column-records")),
        Column::Number(&say!("column-share")),
        Column::Text(&say!("column-most-of-them-in")),
    ];
    format!("{}\n\n{}\n", say!("quality-what-is-missing"), indent(&table(&columns, rows, width)))
}

fn by_place(told: &Told, width: Option<u16>) -> String {
    let rows = told.findings.iter().flat_map(|finding| {
        finding.places.iter().map(|at| {
            vec![
                finding.field.clone(),
                phrase::rule_by_name(&finding.rule),
                phrase::place(&at.place),
                at.org_unit.clone().unwrap_or_default(),
                grouped(at.n_records),
                share(at.n_records, at.of),
            ]
        })
    });
    let columns = [
        Column::Text(&say!("column-field")),
        Column::Text(&say!("column-what")),
        Column::Text(&say!("column-place")),
        Column::Text(&say!("column-org-unit")),
        Column::Number(&say!("column-records")),
        Column::Number(&say!("column-share")),
    ];
    format!("{}\n\n{}\n", say!("quality-what-is-missing"), indent(&table(&columns, rows, width)))
}

fn duplicates(rows: &[LikelyDuplicates]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut text = say!("quality-duplicates") + "\n";
    for row in rows {
        let what = phrase::rule(&row.likeness);
        let found = match row.found {
            Some(found) if found.n_groups == 0 => say!("quality-duplicates-none", likeness = what),
            Some(found) => {
                say!("quality-alike", likeness = what, n = found.n_records, groups = found.n_groups)
            }
            None => say!("quality-duplicates-unknown", likeness = what),
        };
        let _ = writeln!(text, "  {found}");
    }
    text + "\n"
}

fn delays(delays: &[ToldDelay], asked: &Asked<'_>, all: bool, width: Option<u16>) -> String {
    let shown = delays.iter().filter(|row| all || (row.month.is_none() && (asked.is_part() || row.place.is_none())));
    let rows: Vec<Vec<String>> = shown
        .map(|row| {
            let whose = row.place.as_ref().or(row.month.as_ref());
            vec![
                phrase::rule(&row.delay),
                whose.cloned().unwrap_or_else(|| say!("quality-all")),
                grouped(row.n_records),
                days(row.lower_quartile),
                days(row.median),
                days(row.upper_quartile),
                days(row.percentile_90),
                share(row.n_negative, row.n_records),
            ]
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    let columns = [
        Column::Text(&say!("column-from-to")),
        Column::Text(&say!("column-where-or-when")),
        Column::Number(&say!("column-records")),
        Column::Number(&say!("column-a-quarter")),
        Column::Number(&say!("column-half")),
        Column::Number(&say!("column-three-quarters")),
        Column::Number(&say!("column-nine-in-ten")),
        Column::Number(&say!("column-backwards")),
    ];
    format!("{}\n\n{}\n", say!("quality-delays"), indent(&table(&columns, rows, width)))
}

fn records(listed: &Listed, width: Option<u16>) -> String {
    let mut text = String::new();
    if !listed.records.is_empty() {
        let shown = RECORDS_SHOWN.min(listed.records.len());
        let rows = listed.records[..shown].iter().map(|row| {
            vec![row.record.clone(), row.field.to_owned(), phrase::rule_by_name(row.rule), phrase::place(&row.place)]
        });
        let columns = [
            Column::Text(&say!("column-record")),
            Column::Text(&say!("column-field")),
            Column::Text(&say!("column-what")),
            Column::Text(&say!("column-place")),
        ];
        let _ = writeln!(text, "{}\n\n{}", say!("quality-records"), indent(&table(&columns, rows, width)));
        let more = (listed.records.len() - shown) as u64 + listed.n_more;
        if more > 0 {
            let _ = writeln!(text, "  {}\n", say!("quality-more-records", n = more));
        }
    }
    if !listed.groups.is_empty() {
        text += &(say!("quality-groups") + "\n");
        let shown = RECORDS_SHOWN.min(listed.groups.len());
        for group in &listed.groups[..shown] {
            let _ = writeln!(
                text,
                "  {}",
                say!("colon", before = phrase::rule(group.likeness), after = group.records.join(", "))
            );
        }
        if listed.groups.len() > shown {
            let _ = writeln!(text, "  {}", say!("quality-more-groups", n = listed.groups.len() - shown));
        }
        text += "\n";
    }
    text
}

/// Not zero, but unknown; by what is missing, for the list is long.
fn not_looked_at(rows: &[NotLookedAt]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut by_field: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for row in rows {
        by_field.entry(&row.field).or_default().push(phrase::rule_by_name(&row.rule));
    }
    let mut text = say!("quality-not-looked-at") + "\n";
    for (field, rules) in by_field {
        let _ = writeln!(text, "  {}", say!("colon", before = field, after = rules.join(", ")));
    }
    text
}

/// One line for each rule, field and place; or for each record, where they were listed.
pub(crate) fn findings_csv(told: &Told) -> Result<String, Error> {
    let mut lines = Vec::new();
    if let Some(listed) = &told.listed {
        line(&mut lines, ["rule", "field", "org_unit", "place", "record", "group"])?;
        for row in &listed.records {
            let org_unit = row.org_unit.as_deref().unwrap_or_default();
            line(&mut lines, [row.rule, row.field, org_unit, row.place.as_str(), row.record.as_str(), ""])?;
        }
        for (number, group) in listed.groups.iter().enumerate() {
            for record in &group.records {
                let number = (number + 1).to_string();
                line(&mut lines, [group.likeness, "", "", "", record.as_str(), number.as_str()])?;
            }
        }
    } else {
        line(&mut lines, ["rule", "field", "org_unit", "place", "n_records", "of"])?;
        for finding in &told.findings {
            for at in &finding.places {
                let org_unit = at.org_unit.as_deref().unwrap_or_default();
                let (n, of) = (at.n_records.to_string(), at.of.to_string());
                line(
                    &mut lines,
                    [
                        finding.rule.as_str(),
                        finding.field.as_str(),
                        org_unit,
                        at.place.as_str(),
                        n.as_str(),
                        of.as_str(),
                    ],
                )?;
            }
        }
    }
    finished(lines)
}

/// One line for each delay, place and month.
pub(crate) fn delays_csv(told: &Told) -> Result<String, Error> {
    let mut lines = Vec::new();
    let head = ["delay", "org_unit", "place", "month", "n_records", "n_negative"];
    line(&mut lines, head.into_iter().chain(["lower_quartile", "median", "upper_quartile", "percentile_90"]))?;
    for row in &told.delays {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let named = [row.delay.clone(), text(&row.org_unit), text(&row.place), text(&row.month)];
        let days = [row.lower_quartile, row.median, row.upper_quartile, row.percentile_90].map(|days| days.to_string());
        let n = [row.n_records, row.n_negative].map(|n| n.to_string());
        line(&mut lines, named.into_iter().chain(n).chain(days))?;
    }
    finished(lines)
}

fn line<'c, T: Into<Cow<'c, str>>>(lines: &mut Vec<u8>, cells: impl IntoIterator<Item = T>) -> Result<(), Error> {
    let written = csv::line(lines, cells.into_iter().map(Into::into));
    written.map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))
}

fn finished(lines: Vec<u8>) -> Result<String, Error> {
    String::from_utf8(lines).map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))
}

fn days(days: i32) -> String {
    match days {
        DAYS_MAX.. => say!("quality-over", days = DAYS_MAX - 1),
        ..=DAYS_MIN => say!("quality-under", days = (DAYS_MIN + 1).to_string()),
        days => days.to_string(),
    }
}

/// In percent, with one digit; what is not nothing is not shown as nothing.
pub(crate) fn share(n: u64, of: u64) -> String {
    if of == 0 {
        return String::new();
    }
    let per_mille = (u128::from(n) * 1000 + u128::from(of) / 2) / u128::from(of);
    match per_mille {
        0 if n > 0 => format!("<0{}1 %", Language::current().before_decimals()),
        per_mille => format!("{}{}{} %", per_mille / 10, Language::current().before_decimals(), per_mille % 10),
    }
}

/// The places with the most records.
fn most(places: &[AtPlace]) -> String {
    let mut places: Vec<&AtPlace> = places.iter().collect();
    places.sort_by(|a, b| b.n_records.cmp(&a.n_records).then(a.place.cmp(&b.place)));
    let named =
        places.iter().take(PLACES_SHOWN).map(|at| format!("{} {}", phrase::place(&at.place), grouped(at.n_records)));
    let more = places.len().saturating_sub(PLACES_SHOWN);
    let more = (more > 0).then(|| say!("quality-more-places", n = more));
    named.chain(more).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_in_percent_and_never_hide_a_record() {
        assert_eq!(
            [(0, 7), (1, 3), (1, 10_000), (7, 7)].map(|(n, of)| share(n, of)),
            ["0.0 %", "33.3 %", "<0.1 %", "100.0 %"]
        );
        assert_eq!(share(0, 0), "");
        assert_eq!([DAYS_MIN, -3, 0, DAYS_MAX].map(days), ["under -59", "-3", "0", "over 365"]);
    }
}
