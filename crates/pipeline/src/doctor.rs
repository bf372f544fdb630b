//! The doctor: everything that a person can set right before a run, looked at one after the other and to the end, each finding
//! with its cause and its remedy. Where `check` stops at the first thing that would end a run, the doctor goes on.

mod code;
mod daemon;
mod dhis2;
mod godata;
mod report;

pub use code::Code;

use crate::config::model::{Config, Source};
use crate::config::{self, Problem};
use crate::error::Error;
use crate::progress::{Progress, Step, counted};
use crate::upkeep::{self, Severity};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use std::path::Path;

/// Clocks that differ by more than this put records near midnight and near a watermark on the wrong side.
const SKEW_MAX: SignedDuration = SignedDuration::from_mins(5);

/// What was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Area {
    /// The file and the map of places.
    Configuration,
    /// The state folder.
    State,
    /// What `tally serve` needs: schedules, the dashboard, alerts.
    Daemon,
    /// The server with the line list.
    Godata,
    /// The server with the data values.
    Dhis2,
    /// How a report fits both.
    Report,
}

impl Area {
    /// The word for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::State => "state",
            Self::Daemon => "daemon",
            Self::Godata => "Go.Data",
            Self::Dhis2 => "DHIS2",
            Self::Report => "report",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// Where.
    pub area: Area,
    /// How bad it is.
    pub severity: Severity,
    /// What was looked at.
    pub code: Code,
    /// What was found, a sentence.
    pub text: String,
    /// Why it is so, or what comes of it.
    pub cause: Option<String>,
    /// What to do.
    pub remedy: Option<String>,
}

/// All that was found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Examination {
    /// In the order of looking.
    pub findings: Vec<Diagnosis>,
}

impl Examination {
    /// The worst of all findings.
    pub fn severity(&self) -> Severity {
        self.findings.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Ok)
    }

    /// 0 if all is well, 40 if somebody should look, 10 if a run would end.
    pub fn exit_code(&self) -> u8 {
        match self.severity() {
            Severity::Error => crate::ErrorKind::Config.exit_code(),
            Severity::Warning => crate::ErrorKind::Held.exit_code(),
            Severity::Ok => 0,
        }
    }

    fn well(&mut self, area: Area, code: Code, text: String) {
        self.findings.push(Diagnosis { area, severity: Severity::Ok, code, text, cause: None, remedy: None });
    }

    fn warn(&mut self, area: Area, code: Code, text: String, cause: &str, remedy: &str) {
        let (cause, remedy) = (Some(cause.to_owned()), Some(remedy.to_owned()));
        self.findings.push(Diagnosis { area, severity: Severity::Warning, code, text, cause, remedy });
    }

    /// An error that would end a run, with all of its problems.
    fn failed(&mut self, area: Area, code: Code, error: &Error) {
        let of_problem = |problem: &Problem| {
            let place = problem.location().map(|place| format!("{place}: ")).unwrap_or_default();
            (format!("{place}{}", problem.message), problem.advice.clone())
        };
        let told: Vec<(String, Option<String>)> = match error.problems.as_slice() {
            [] => vec![(error.message.clone(), error.advice.clone())],
            problems => problems.iter().map(of_problem).collect(),
        };
        for (text, remedy) in told {
            let severity = Severity::Error;
            self.findings.push(Diagnosis { area, severity, code, text, cause: None, remedy });
        }
    }

    /// The difference between a server's clock and ours.
    fn clock(&mut self, area: Area, code: Code, theirs: Timestamp, ours: Timestamp) {
        let skew = theirs.duration_since(ours);
        if skew.abs() <= SKEW_MAX {
            return self.well(area, code, format!("the clocks of {} and of this machine agree", area.name()));
        }
        let seconds = skew.abs().as_secs();
        let by = match seconds / 3600 {
            0 => counted((seconds / 60).unsigned_abs(), "minute"),
            hours => counted(hours.unsigned_abs(), "hour"),
        };
        let side = if skew.is_negative() { "behind" } else { "ahead of" };
        self.warn(
            area,
            code,
            format!("the clock of {} is {by} {side} this machine's", area.name()),
            "What changed is asked for by the server's clock, periods open and close by it, and certificates are held against \
             ours.",
            "Set the clock that is wrong; a time service (NTP) keeps it right.",
        );
    }
}

/// Looks at everything.
///
/// `report`: only this one of the configuration.
pub async fn examine(path: &Path, report: Option<&str>, progress: &dyn Progress, now: Timestamp) -> Examination {
    let mut examination = Examination::default();
    let config = match config::load(path) {
        Ok(config) => config,
        Err(problems) => {
            examination.failed(Area::Configuration, Code::Configuration, &Error::config(problems));
            return examination;
        }
    };
    let reports: Vec<_> = match report {
        None => config.reports.iter().collect(),
        Some(name) => match config.report(Some(name)) {
            Ok(report) => vec![report],
            Err(problem) => {
                examination.failed(Area::Configuration, Code::Configuration, &problem.into());
                return examination;
            }
        },
    };
    examination.well(
        Area::Configuration,
        Code::Configuration,
        format!("`{}` is well formed: {}", path.display(), counted(reports.len() as u64, "report")),
    );
    secrets(&config, &mut examination);
    state(&config, now, &mut examination);
    daemon::examine(&config, &reports, now, &mut examination);
    progress.begin(Step::Preflight, None);
    let is_server = matches!(config.godata, Source::Server { .. });
    let mut both_answer = true;
    if is_server {
        both_answer &= godata::examine(&config, now, &mut examination).await;
    }
    both_answer &= dhis2::examine(&config, now, &mut examination).await;
    // Without one of the servers every report would only repeat that it does not answer.
    if both_answer {
        for report in reports {
            report::examine(&config, report, now, &mut examination).await;
        }
    }
    progress.end(Step::Preflight, &counted(examination.findings.len() as u64, "finding"));
    examination
}

/// Whether every secret is where the configuration says.
fn secrets(config: &Config, examination: &mut Examination) {
    let mut all_there = true;
    for secret in config.secrets() {
        if let Err(problem) = secret.read() {
            all_there = false;
            examination.failed(Area::Configuration, Code::Secret, &problem.into());
        }
    }
    if all_there {
        examination.well(
            Area::Configuration,
            Code::Secret,
            "every password and token is where the file says".to_owned(),
        );
    }
}

fn state(config: &Config, now: Timestamp, examination: &mut Examination) {
    if !config.state_file().exists() {
        let text = format!("no run was made yet: `{}` holds no state", config.state_folder.display());
        return examination.well(Area::State, Code::State, text);
    }
    match upkeep::inspect(config, now) {
        Ok(inspection) => examination.findings.extend(inspection.findings.into_iter().map(|finding| Diagnosis {
            area: Area::State,
            severity: finding.severity,
            code: Code::State,
            text: finding.text,
            cause: None,
            remedy: finding.advice,
        })),
        Err(error) => examination.failed(Area::State, Code::State, &error),
    }
}
