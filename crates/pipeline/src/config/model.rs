//! The configuration as the rest of Tally uses it: every name resolved, every text parsed, impossible states gone.

pub use super::alerting::{Alerting, EmailModel, WebhookAddress, WebhookModel};
pub use super::dashboard::{DashboardModel, HostName, ProxyModel};
use super::limits::Limits;
use super::places::PlaceTable;
use super::problem::{Problem, SourceText};
pub use super::raw::Keep;
use super::secret::SecretPlace;
use super::stated::StatedTable;
pub use super::text_place::TextPlace;
use crate::schedule::Schedule;
use dhis2::IdScheme;
use epi::dimension::Dimension;
use epi::field::Needs;
use epi::indicator::{Definitions, Indicator};
use epi::period::{PeriodType, Span, SpanError};
use epi::place::Places;
use epi::plan::Policies;
use epi::record::RecordKind;
use epi::statement::Statement;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;
use url::Url;

/// A checked configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file.
    pub source: SourceText,
    /// Where the line list comes from.
    pub godata: Source,
    /// Time zone in which Go.Data keeps its days, if it is stated.
    pub godata_time_zone: Option<TimeZone>,
    /// Where the data values go.
    pub dhis2: Destination,
    /// Folder of the state and of the line list.
    pub state_folder: PathBuf,
    /// What computes the reports, if not this process.
    pub engine: Option<EngineModel>,
    /// Who is told when a report needs a person.
    pub alerts: Option<Alerting>,
    /// Where the dashboard listens, and who gets in.
    pub dashboard: DashboardModel,
    /// Whether the records stay.
    pub keep: Keep,
    /// Days after which everything is read and not only what changed; 0 is always.
    pub full_after_days: u32,
    /// Hours after which ids are held against Go.Data's; 0 is always.
    pub reconcile_after_hours: u32,
    /// Days for which former computed values are known; for ever if absent.
    pub values_kept_days: Option<u32>,
    /// The map of places.
    pub places: PlaceTable,
    /// What the quality of the records is judged by.
    pub quality: Quality,
    /// Dimensions with their category options.
    pub dimensions: Vec<DimensionModel>,
    /// Reports, at least one.
    pub reports: Vec<Report>,
    /// Limits that are no keys.
    pub limits: Limits,
}

/// What computes reports over a snapshot.
#[derive(Clone, Debug)]
pub struct EngineModel {
    /// Address of the Ballista scheduler.
    pub scheduler: Located<Url>,
    /// Where snapshots lie.
    pub snapshot: Located<SnapshotPlace>,
    /// How long a computation may take.
    pub timeout: Duration,
}

/// Where snapshots lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SnapshotPlace {
    /// A folder.
    Folder(PathBuf),
    /// A bucket of an S3-compatible store and a prefix, as a URL without a slash at its end.
    S3(Url),
}

impl SnapshotPlace {
    /// Reads `s3://bucket/prefix` or a path, which is relative to `folder`; none for what is neither.
    pub fn parse(text: &str, folder: &Path) -> Option<Self> {
        if !text.contains("://") {
            return (!text.trim().is_empty()).then(|| Self::Folder(folder.join(text)));
        }
        let url = Url::parse(text.trim_end_matches('/')).ok()?;
        let bare = url.username().is_empty() && url.password().is_none() && url.query().is_none();
        (url.scheme() == "s3" && url.has_host() && url.port().is_none() && bare).then_some(Self::S3(url))
    }
}

impl fmt::Display for SnapshotPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => write!(f, "{}", path.display()),
            Self::S3(url) => f.write_str(url.as_str()),
        }
    }
}

/// Where the line list comes from.
#[derive(Clone, Debug)]
pub enum Source {
    /// A Go.Data server.
    Server {
        /// Address.
        url: Located<Url>,
        /// Outbreaks, id or name, at least one.
        outbreaks: Vec<Located<String>>,
        /// Account.
        email: Located<String>,
        /// Its password.
        password: SecretPlace,
        /// Records asked for at a time.
        page_records: u32,
        /// Time to wait for one answer.
        timeout: Duration,
        /// `http://` to another machine is allowed.
        allow_http: bool,
    },
    /// Files that Go.Data wrote.
    Files {
        /// Cases, contacts, follow-ups and so on, persons first.
        records: Vec<(RecordKind, PathBuf)>,
        /// Locations.
        locations: Option<PathBuf>,
        /// Reference data.
        reference_data: Option<PathBuf>,
        /// The name of the outbreak whose records they hold, if it is said.
        outbreak: Option<Located<String>>,
        /// Place of `files` in the configuration.
        span: Range<usize>,
    },
}

impl Source {
    /// Whether the records of several outbreaks are counted.
    pub fn has_several_outbreaks(&self) -> bool {
        matches!(self, Self::Server { outbreaks, .. } if outbreaks.len() > 1)
    }

    /// The outbreaks as they were written.
    pub fn outbreaks(&self) -> &[Located<String>] {
        match self {
            Self::Server { outbreaks, .. } => outbreaks,
            Self::Files { outbreak, .. } => outbreak.as_slice(),
        }
    }

    /// The place of the outbreaks in the configuration.
    pub fn outbreaks_at(&self) -> Option<Range<usize>> {
        let (first, last) = (self.outbreaks().first()?, self.outbreaks().last()?);
        Some(first.span.start..last.span.end)
    }
}

/// Where the data values go.
#[derive(Clone, Debug)]
pub struct Destination {
    /// Address.
    pub url: Located<Url>,
    /// How to sign in.
    pub credentials: Credentials,
    /// How things are named in the configuration and the map of places.
    pub id_schemes: NamedBy,
    /// Values in one request.
    pub batch_values: Option<usize>,
    /// Time to wait for one answer.
    pub timeout: Duration,
    /// `http://` to another machine is allowed.
    pub allow_http: bool,
    /// What is small and is left out; nothing if absent.
    pub small_cells: Option<SmallCells>,
}

/// What is small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SmallCells {
    /// Fewer records than this are.
    pub threshold: u64,
    /// So is none.
    pub suppress_zeros: bool,
}

/// An indicator that is the sum of others, by their codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Total {
    /// The sum.
    pub of: String,
    /// What adds up to it.
    pub parts: Vec<String>,
}

/// How things of DHIS2 are named in the configuration and in the map of places. The wire has UIDs whatever is written here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NamedBy {
    /// Data sets.
    pub data_set: IdScheme,
    /// Data elements.
    pub data_element: IdScheme,
    /// Category options.
    pub category_option: IdScheme,
    /// Organisation units.
    pub org_unit: IdScheme,
}

/// How to sign in to DHIS2.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// User name and password.
    Basic {
        /// User name.
        username: String,
        /// Password.
        password: SecretPlace,
    },
    /// Personal access token.
    Token(SecretPlace),
}

/// What the quality of the records is judged by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quality {
    /// Go.Data is asked also for the fields that only these rules need.
    pub all_rules: bool,
    /// First day of the outbreak, instead of Go.Data's.
    pub outbreak_start: Option<Date>,
}

impl Quality {
    /// The names by which Go.Data is asked for what these rules need beyond the reports.
    pub fn wire_fields(self) -> impl Iterator<Item = &'static str> {
        epi::quality::WIRE.iter().copied().filter(move |_| self.all_rules)
    }
}

/// A value with its place in the configuration.
#[derive(Clone, Debug)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Its bytes in the file.
    pub span: Range<usize>,
}

/// A dimension and what its groups are called in DHIS2.
#[derive(Clone, Debug)]
pub struct DimensionModel {
    /// The groups.
    pub dimension: Dimension,
    /// The category option of each group; the one for *unknown* last, if it has one.
    pub options: Vec<Located<String>>,
    /// Text values of the groups, for the check against the reference data.
    pub values: Vec<Located<String>>,
}

/// A report.
#[derive(Clone, Debug)]
pub struct Report {
    /// Name.
    pub name: String,
    /// DHIS2 data sets, at least one.
    pub data_sets: Vec<Located<String>>,
    /// Their period type.
    pub period_type: Located<PeriodType>,
    /// Number of closed periods before today that a run covers.
    pub look_back: u32,
    /// Also cover the period that has not ended.
    pub include_open: bool,
    /// Says which day it is.
    pub time_zone: TimeZone,
    /// When it runs by itself, if it does.
    pub scheduled: Option<Scheduled>,
    /// Options of the data set's own category combo.
    pub attribute_options: Vec<Located<String>>,
    /// A comment for the values that are written, with its placeholders.
    pub comment: Option<String>,
    /// Register completeness after a clean verify.
    pub complete: bool,
    /// Write explicit zeros.
    pub zeros: bool,
    /// What to do with somebody else's values.
    pub policies: Policies,
    /// So much of what was reported a run may take away by itself, in percent.
    pub losses_max_percent: u32,
    /// Codes of indicators whose small values are published all the same.
    pub publish_small: Vec<String>,
    /// Sums that people know.
    pub totals: Vec<Total>,
    /// The indicators, at least one.
    pub indicators: Vec<IndicatorModel>,
    /// The statements.
    pub statements: Vec<StatementModel>,
}

/// When a report runs by itself.
#[derive(Clone, Debug)]
pub struct Scheduled {
    /// Its due times.
    pub schedule: Schedule,
    /// Place of the schedule.
    pub span: Range<usize>,
    /// How long after a due time a run must have succeeded, if that is said.
    pub deadline: Option<SignedDuration>,
    /// Run once for what became due while the daemon was down.
    pub catch_up: bool,
}

/// A statement and where its values go.
#[derive(Clone, Debug)]
pub struct StatementModel {
    /// How the value follows from the numbers of the report's indicators, in their order.
    pub statement: Statement,
    /// Place of its code.
    pub span: Range<usize>,
    /// Where its values go.
    pub goes_to: Destined,
    /// Places of the values of the rules, in order, and of `otherwise`, if it is there.
    pub values_at: Vec<Range<usize>>,
    /// What people stated.
    pub stated: Option<StatedTable>,
}

/// Where the values of an indicator or a statement go, as it was written.
#[derive(Clone, Debug)]
pub struct Destined {
    /// DHIS2 data element.
    pub data_element: Located<String>,
    /// The data set among those of the report, if it is said.
    pub data_set: Option<Located<String>>,
    /// Category options that hold for all values.
    pub options: Vec<Located<String>>,
    /// Options of the data set's own category combo, if they are not those of the report.
    pub attribute_options: Option<Vec<Located<String>>>,
}

/// An indicator and where its values go.
#[derive(Clone, Debug)]
pub struct IndicatorModel {
    /// What is measured.
    pub indicator: Indicator,
    /// Place of its code.
    pub span: Range<usize>,
    /// Where its values go; none: they are only for the rules of statements.
    pub goes_to: Option<Destined>,
    /// So many of its dimensions, the last ones, decide the attribute option combo.
    pub n_attribute_dimensions: usize,
    /// Place of its date bases.
    pub when_span: Range<usize>,
    /// Place of each of them.
    pub when_at: Vec<TextPlace>,
    /// Place of the text of its condition.
    pub condition_at: Option<TextPlace>,
    /// Place of the expression that it measures.
    pub measure_at: Option<TextPlace>,
}

impl Config {
    /// A problem at a place of the configuration.
    pub fn problem(&self, span: &Range<usize>, message: impl Into<String>) -> Problem {
        Problem::at(&self.source, span.clone(), message)
    }

    /// The report of that name; without a name the only one.
    ///
    /// # Errors
    /// No such report, or several to choose from.
    pub fn report(&self, name: Option<&str>) -> Result<&Report, Problem> {
        let names = || self.reports.iter().map(|report| report.name.as_str()).collect::<Vec<_>>();
        match (name, self.reports.as_slice()) {
            (None, [only]) => Ok(only),
            (None, _) => Err(Problem::new("the configuration has several reports")
                .advice(format!("Choose one with --report: {}.", names().join(", ")))),
            (Some(name), reports) => reports.iter().find(|report| report.name == name).ok_or_else(|| {
                let near = epi::nearest(name, &names()).map(|near| format!("Did you mean `{near}`?"));
                Problem::new(format!("the configuration has no report `{name}`"))
                    .advice(near.unwrap_or_else(|| format!("It has: {}.", names().join(", "))))
            }),
        }
    }
}

impl Config {
    /// What decides the numbers of a report: the one place where a run and the lineage of its numbers get it from.
    pub fn definitions(&self, report: &Report, span: Span, now: Timestamp, places: Places) -> Definitions {
        Definitions {
            span: span.index(),
            today: now.to_zoned(report.time_zone.clone()).date(),
            places,
            dimensions: self.dimensions.iter().map(|dimension| dimension.dimension.clone()).collect(),
            indicators: report.indicators.iter().map(|indicator| indicator.indicator.clone()).collect(),
        }
    }

    /// What Go.Data is asked for by any report: what the line list that they share holds.
    pub fn needs(&self) -> Needs {
        let mut needs = Needs::nothing();
        self.reports.iter().for_each(|report| needs.extend(&report.needs(&self.dimensions)));
        needs.persons(self.quality.wire_fields());
        if self.godata.has_several_outbreaks() {
            self.kinds_read().iter().for_each(|kind| needs.outbreak(kind.table()));
        }
        needs
    }

    /// Which lists of Go.Data any report needs, those of persons whom other records name included.
    pub fn kinds_read(&self) -> BTreeSet<RecordKind> {
        self.reports.iter().flat_map(|report| report.kinds_read(&self.dimensions)).collect()
    }

    /// Where every password and token is.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretPlace> {
        let godata = match &self.godata {
            Source::Server { password, .. } => Some(password),
            Source::Files { .. } => None,
        };
        let (Credentials::Basic { password: dhis2, .. } | Credentials::Token(dhis2)) = &self.dhis2.credentials;
        godata.into_iter().chain([dhis2])
    }

    /// As [`Report::is_current`], of a report by its name; one that is not there any more is not judged.
    pub fn is_current(&self, report: &str, last: &str, began_at: Timestamp) -> bool {
        self.reports.iter().find(|one| one.name == report).is_none_or(|report| report.is_current(last, began_at))
    }

    /// The state file.
    pub fn state_file(&self) -> PathBuf {
        self.state_folder.join("state.sqlite")
    }

    /// The line list, if records are kept.
    pub fn line_list_file(&self) -> PathBuf {
        self.state_folder.join("line-list.sqlite")
    }
}

impl Report {
    /// The code of an indicator, or of a statement, which are counted on behind the indicators.
    pub fn code_at(&self, position: usize) -> Option<&str> {
        let statement = || self.statements.get(position - self.indicators.len()).map(|one| one.statement.code.as_str());
        self.indicators.get(position).map(|model| model.indicator.code.as_str()).or_else(statement)
    }

    /// The places of the data sets in the configuration.
    pub fn data_sets_at(&self) -> Range<usize> {
        let (first, last) = (self.data_sets.first(), self.data_sets.last());
        first.map_or(0, |first| first.span.start)..last.map_or(0, |last| last.span.end)
    }

    /// The periods that a run covers on a day if nobody says otherwise: the closed ones, and the open one too if the report
    /// asks for it.
    ///
    /// # Errors
    /// A span beyond the calendar.
    pub fn look_back(&self, today: Date) -> Result<Span, SpanError> {
        let n = self.look_back as usize + usize::from(self.include_open);
        Span::look_back(self.period_type.value, today, n, self.include_open)
    }

    /// Whether a run that began then, and whose last period this was, counts as one of the schedule: it reached the last period
    /// that the schedule would have had it cover. One that fills in older periods says nothing of what is due.
    pub fn is_current(&self, last: &str, began_at: Timestamp) -> bool {
        let due = self.look_back(began_at.to_zoned(self.time_zone.clone()).date());
        match (due, self.period_type.value.parse(last)) {
            (Ok(due), Ok(last)) => last >= due.last(),
            // The report has other periods now.
            _ => true,
        }
    }

    /// Which lists of Go.Data are counted.
    pub fn kinds(&self) -> BTreeSet<RecordKind> {
        self.indicators.iter().flat_map(|i| i.indicator.kinds.iter().copied()).collect()
    }

    /// What Go.Data is asked for.
    pub fn needs(&self, dimensions: &[DimensionModel]) -> Needs {
        let mut needs = Needs::nothing();
        for model in &self.indicators {
            needs.extend(&model.indicator.needs(|d| &dimensions[d].dimension));
        }
        needs
    }

    /// Which lists of Go.Data have to be read: those that are counted, and all lists of persons if other records need the
    /// persons whom they name. A person may stand in any of the three.
    pub fn kinds_read(&self, dimensions: &[DimensionModel]) -> BTreeSet<RecordKind> {
        let mut kinds = self.kinds();
        if self.needs(dimensions).joins() {
            kinds.extend(RecordKind::PERSONS);
        }
        kinds
    }
}
