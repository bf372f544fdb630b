//! `tally quality`.

use super::show;
use crate::cli::{Cli, Output, QualityArgs};
use crate::render::quality as render;
use crate::terminal;
use epi::quality::{CHECKS, Likeness, Rule};
use epi::record::PersonKind;
use jiff::Timestamp;
use pipeline::config::{self, Config, Report};
use pipeline::quality::records::{self, Group, RecordFinding, Wanted};
use pipeline::quality::{self, LikelyDuplicates, NotLookedAt, QualityPlace, QualityReport};
use pipeline::run::open_state;
use pipeline::{Error, ErrorKind, clock};
use serde::Serialize;

/// The quality of the records, as it is shown: what was asked for, with the places by name.
#[derive(Serialize)]
pub(crate) struct Told {
    /// The report.
    pub(crate) report: String,
    /// The run that found it; none where the line list was read again.
    pub(crate) run: Option<i64>,
    /// When it was found.
    pub(crate) at: Timestamp,
    /// Records looked at.
    pub(crate) n_records: u64,
    /// Places with records.
    pub(crate) places: Vec<QualityPlace>,
    /// What is missing or cannot be.
    pub(crate) findings: Vec<ToldFinding>,
    /// Records that may be one person's.
    pub(crate) duplicates: Vec<LikelyDuplicates>,
    /// How long things took.
    pub(crate) delays: Vec<ToldDelay>,
    /// What could not be judged.
    pub(crate) not_looked_at: Vec<NotLookedAt>,
    /// Every record with a finding, if they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) listed: Option<Listed>,
}

/// Every record with a finding.
#[derive(Serialize)]
pub(crate) struct Listed {
    /// The findings.
    pub(crate) records: Vec<RecordFinding>,
    /// Findings beyond those.
    pub(crate) n_more: u64,
    /// Records that may be one person's.
    pub(crate) groups: Vec<Group>,
}

/// A rule broken in a field.
#[derive(Serialize)]
pub(crate) struct ToldFinding {
    pub(crate) rule: String,
    pub(crate) field: String,
    pub(crate) meaning: &'static str,
    pub(crate) remedy: &'static str,
    /// Records that break it.
    pub(crate) n_records: u64,
    /// Records that were held against it.
    pub(crate) of: u64,
    /// Where.
    pub(crate) places: Vec<AtPlace>,
    /// Some of the records.
    pub(crate) samples: Vec<String>,
}

/// A finding in a place.
#[derive(Serialize)]
pub(crate) struct AtPlace {
    pub(crate) org_unit: Option<String>,
    pub(crate) place: String,
    /// Records that break the rule.
    pub(crate) n_records: u64,
    /// Records that were held against it.
    pub(crate) of: u64,
}

/// A delay.
#[derive(Serialize)]
pub(crate) struct ToldDelay {
    pub(crate) delay: String,
    pub(crate) org_unit: Option<String>,
    /// None for all places.
    pub(crate) place: Option<String>,
    /// None for all months.
    pub(crate) month: Option<String>,
    pub(crate) n_records: u64,
    pub(crate) n_negative: u64,
    pub(crate) lower_quartile: i32,
    pub(crate) median: i32,
    pub(crate) upper_quartile: i32,
    pub(crate) percentile_90: i32,
}

/// Which findings are asked for.
#[derive(Default)]
pub(crate) struct Asked<'a> {
    pub(crate) rule: Option<&'a str>,
    pub(crate) org_unit: Option<&'a str>,
}

/// Shows what is missing or cannot be in the records.
pub(crate) async fn quality(args: &QualityArgs, cli: &Cli) -> Result<u8, Error> {
    let asked = Asked { rule: args.rule.as_deref(), org_unit: args.org_unit.as_deref() };
    check_rule(asked.rule)?;
    if args.delays && cli.output != Output::Csv {
        let error = Error::new(ErrorKind::Config, "--delays is for --output csv");
        return Err(error.advice("The page and the JSON have the delays beside the findings."));
    }
    let config = config::load(&args.config.config).map_err(Error::config)?;
    let report = config.report(args.config.report.as_deref())?;
    let told = if args.records {
        from_line_list(&config, report, &asked).await?
    } else {
        from_last_run(&config, report, &asked)?
    };
    match (cli.output, args.delays) {
        (Output::Csv, true) => super::write(&render::delays_csv(&told)?)?,
        (Output::Csv, false) => super::write(&render::findings_csv(&told)?)?,
        _ => show(cli, &told, || render::text(&told, &asked, args.all, terminal::width()))?,
    }
    Ok(0)
}

fn from_last_run(config: &Config, report: &Report, asked: &Asked<'_>) -> Result<Told, Error> {
    let state = open_state(config)?;
    let Some(kept) = quality::last(&state, &report.name)? else {
        let message = format!("no run of report `{}` has looked at records yet", report.name);
        return Err(Error::new(ErrorKind::Config, message).advice("`tally run` looks at them while it counts them."));
    };
    told(report, Some(kept.run), kept.finished_at, &kept.quality, asked)
}

async fn from_line_list(config: &Config, report: &Report, asked: &Asked<'_>) -> Result<Told, Error> {
    let wanted = Wanted { rule: asked.rule.and_then(Rule::named), place: asked.org_unit.map(str::to_owned) };
    let now = clock::now();
    let listing = records::list(config, report, &wanted, now).await?;
    let mut told = told(report, None, now, &listing.quality, asked)?;
    let groups = listing.groups.into_iter().filter(|group| asked.wants(group.likeness));
    let is_likeness = asked.rule.is_some_and(|rule| Likeness::ALL.iter().any(|likeness| likeness.name() == rule));
    told.listed = Some(Listed {
        records: if is_likeness { Vec::new() } else { listing.records },
        n_more: if is_likeness { 0 } else { listing.n_more },
        groups: groups.collect(),
    });
    Ok(told)
}

impl Asked<'_> {
    fn wants(&self, rule: &str) -> bool {
        self.rule.is_none_or(|asked| asked == rule)
    }

    fn wants_place(&self, place: &QualityPlace) -> bool {
        self.org_unit.is_none_or(|named| place.is(named))
    }

    /// The rule that is asked for, with its meaning and what to do.
    pub(crate) fn explained(&self) -> Option<(&str, &'static str, &'static str)> {
        let name = self.rule?;
        let rule = Rule::named(name).map(|rule| (rule.meaning(), rule.remedy()));
        let likeness = || Likeness::ALL.into_iter().find(|likeness| likeness.name() == name);
        let (meaning, remedy) = rule.or_else(|| likeness().map(|likeness| (likeness.meaning(), likeness.remedy())))?;
        Some((name, meaning, remedy))
    }

    /// Whether something less than everything is asked for.
    pub(crate) fn is_part(&self) -> bool {
        self.rule.is_some() || self.org_unit.is_some()
    }
}

/// The rule has to be one.
fn check_rule(name: Option<&str>) -> Result<(), Error> {
    let names: Vec<&str> = Rule::ALL.map(Rule::name).into_iter().chain(Likeness::ALL.map(Likeness::name)).collect();
    match name {
        Some(name) if !names.contains(&name) => {
            let advice = match epi::nearest(name, &names) {
                Some(near) => format!("Did you mean `{near}`?"),
                None => format!("The rules are: {}.", names.join(", ")),
            };
            Err(Error::new(ErrorKind::Config, format!("there is no rule `{name}`")).advice(advice))
        }
        _ => Ok(()),
    }
}

/// What was found, as far as it is asked for.
pub(crate) fn told(
    report: &Report,
    run: Option<i64>,
    at: Timestamp,
    quality: &QualityReport,
    asked: &Asked<'_>,
) -> Result<Told, Error> {
    let wanted: Vec<bool> = quality.places.iter().map(|place| asked.wants_place(place)).collect();
    if let Some(named) = asked.org_unit
        && !wanted.contains(&true)
    {
        let known: Vec<&str> = quality.places.iter().map(|place| place.name.as_str()).collect();
        let advice = match epi::nearest(named, &known) {
            Some(near) => format!("Did you mean `{near}`?"),
            None => "Name it as the map of places does: its id there, or its name.".to_owned(),
        };
        return Err(Error::new(ErrorKind::Config, format!("no record lives in `{named}`")).advice(advice));
    }
    let duplicates = quality.duplicates.iter().filter(|row| asked.wants(&row.likeness) && asked.org_unit.is_none());
    let delays = quality.delays.iter().filter(|row| {
        asked.rule.is_none() && (asked.org_unit.is_none() || row.place.is_some_and(|place| wanted[place]))
    });
    Ok(Told {
        report: report.name.clone(),
        run,
        at,
        n_records: quality.places.iter().zip(&wanted).filter(|(_, wanted)| **wanted).map(|(p, _)| p.n_records()).sum(),
        places: quality.places.iter().zip(&wanted).filter(|(_, w)| **w).map(|(place, _)| place.clone()).collect(),
        findings: findings(quality, asked, &wanted),
        duplicates: duplicates.cloned().collect(),
        delays: delays.map(|row| told_delay(row, quality)).collect(),
        not_looked_at: quality.not_looked_at.iter().filter(|row| asked.wants(&row.rule)).cloned().collect(),
        listed: None,
    })
}

fn findings(quality: &QualityReport, asked: &Asked<'_>, wanted: &[bool]) -> Vec<ToldFinding> {
    let mut told = Vec::new();
    for finding in quality.findings.iter().filter(|finding| asked.wants(&finding.rule)) {
        let check = CHECKS.iter().find(|check| check.rule.name() == finding.rule && check.field == finding.field);
        let kinds = check.map_or(&PersonKind::ALL[..], |check| check.kinds);
        let of = |place: &QualityPlace| -> u64 {
            let counts = [place.cases, place.contacts, place.contacts_of_contacts];
            kinds.iter().map(|kind| counts[*kind as usize]).sum()
        };
        let at = finding.places.iter().filter(|(place, _)| wanted.get(*place) == Some(&true));
        let places: Vec<AtPlace> = at
            .map(|(place, n)| {
                let at = &quality.places[*place];
                AtPlace { org_unit: at.org_unit.clone(), place: at.name.clone(), n_records: *n, of: of(at) }
            })
            .collect();
        if places.is_empty() {
            continue;
        }
        let all_of: u64 = quality.places.iter().zip(wanted).filter(|(_, wanted)| **wanted).map(|(p, _)| of(p)).sum();
        let rule = Rule::named(&finding.rule);
        told.push(ToldFinding {
            rule: finding.rule.clone(),
            field: finding.field.clone(),
            meaning: rule.map_or("", Rule::meaning),
            remedy: rule.map_or("", Rule::remedy),
            n_records: places.iter().map(|at| at.n_records).sum(),
            of: all_of,
            places,
            // The samples are of all places.
            samples: if asked.org_unit.is_none() { finding.records.clone() } else { Vec::new() },
        });
    }
    told
}

fn told_delay(row: &quality::DelayRow, quality: &QualityReport) -> ToldDelay {
    let place = row.place.and_then(|place| quality.places.get(place));
    ToldDelay {
        delay: row.delay.clone(),
        org_unit: place.and_then(|place| place.org_unit.clone()),
        place: place.map(|place| place.name.clone()),
        month: row.month.clone(),
        n_records: row.n_records,
        n_negative: row.n_negative,
        lower_quartile: row.lower_quartile,
        median: row.median,
        upper_quartile: row.upper_quartile,
        percentile_90: row.percentile_90,
    }
}
