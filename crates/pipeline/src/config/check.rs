//! From what a person wrote to what Tally uses, with all problems at once.

use super::model::{
    Config, Credentials, Destination, DimensionModel, IndicatorModel, Located, Report, Source, TextPlace,
};
use super::problem::{Problem, SourceText};
use super::raw::{self, At, Raw};
use super::secret::SecretPlace;
use super::{places, schema};
use epi::age::{AgeBand, AgeBands};
use epi::basis::DateBasis;
use epi::condition::{Condition, ConditionError};
use epi::dimension::{Dimension, Groups, Unknown};
use epi::field::{self, Domain, Field};
use epi::indicator::{Indicator, Measure, Window};
use epi::period::PeriodType;
use epi::plan::{Policies, Policy};
use epi::record::PersonKind;
use epi::value::ValueType;
use jiff::tz::TimeZone;
use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;
use url::Url;

/// Reads and checks a configuration.
///
/// # Errors
/// Everything that is wrong, each at its place.
pub fn load(path: &Path) -> Result<Config, Vec<Problem>> {
    read(path).map_err(|mut problems| {
        for problem in &mut problems {
            problem
                .advice
                .get_or_insert_with(|| "Correct it there; `tally check` says whether all is well then.".to_owned());
        }
        problems
    })
}

fn read(path: &Path) -> Result<Config, Vec<Problem>> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let message = format!("the configuration `{}` cannot be read: {error}", path.display());
        vec![Problem::new(message).advice("Name it with --config, or run `tally demo --keep` for one to start from.")]
    })?;
    parse(SourceText::new(path, text))
}

fn parse(source: SourceText) -> Result<Config, Vec<Problem>> {
    let syntax = |error: &toml::de::Error| {
        let span = error.span().unwrap_or(0..0);
        let message = format!("this is not TOML: {}", error.message().lines().next().unwrap_or_default());
        vec![
            Problem::at(&source, span, message)
                .advice("Look for a quote, a bracket or an equals sign that is missing there."),
        ]
    };
    let document = toml::de::DeTable::parse(&source.text).map_err(|error| syntax(&error))?;
    let problems = schema::check(&source, &document, &raw::json_schema());
    if !problems.is_empty() {
        return Err(problems);
    }
    let raw: Raw = toml::from_str(&source.text).map_err(|error| syntax(&error))?;
    Checker { source, problems: Vec::new() }.config(&raw)
}

struct Checker {
    source: SourceText,
    problems: Vec<Problem>,
}

impl Checker {
    fn config(mut self, raw: &Raw) -> Result<Config, Vec<Problem>> {
        let folder = self.source.path.parent().unwrap_or(Path::new("")).to_owned();
        let godata = self.godata(&raw.godata, &folder);
        let godata_time_zone = raw.godata.time_zone.as_ref().and_then(|zone| self.time_zone(zone));
        let dhis2 = self.dhis2(&raw.dhis2, &folder);
        let places = match places::read(&folder.join(raw.places.map.get())) {
            Ok(places) => Some(places),
            Err(problems) => {
                let at_key = |mut problem: Problem| {
                    problem.place.get_or_insert_with(|| (self.source.clone(), raw.places.map.span()));
                    problem
                };
                self.problems.extend(problems.into_iter().map(at_key));
                None
            }
        };
        let dimensions: Vec<_> = raw.dimension.iter().filter_map(|dimension| self.dimension(dimension)).collect();
        self.unique("dimension", raw.dimension.iter().map(|d| &d.code));
        self.unique("report", raw.report.iter().map(|r| &r.name));
        if raw.report.is_empty() {
            self.problems.push(Problem::at(&self.source, 0..0, "the configuration has no report"));
        }
        let reports: Vec<_> = raw.report.iter().map(|report| self.report(report, &raw.dimension)).collect();
        let state_folder = raw.state.folder.as_ref().map_or("state", |at| at.get());
        match (godata, dhis2, places) {
            (Some(godata), Some(dhis2), Some(places)) if self.problems.is_empty() => Ok(Config {
                state_folder: folder.join(state_folder),
                source: self.source,
                godata,
                godata_time_zone,
                dhis2,
                keep: raw.state.keep,
                places,
                dimensions,
                reports: reports.into_iter().flatten().collect(),
            }),
            _ => Err(self.problems),
        }
    }

    fn godata(&mut self, raw: &raw::Godata, folder: &Path) -> Option<Source> {
        if let Some(files) = &raw.files {
            if let Some(url) = &raw.url {
                self.at(url.span(), "`godata` has both a server and files").advice("Keep `url` or `files`.".to_owned());
            }
            let kinds = [
                (PersonKind::Case, &files.get().cases),
                (PersonKind::Contact, &files.get().contacts),
                (PersonKind::ContactOfContact, &files.get().contacts_of_contacts),
            ];
            let persons =
                kinds.into_iter().filter_map(|(kind, path)| Some((kind, folder.join(path.as_ref()?)))).collect();
            let join = |path: &Option<String>| path.as_ref().map(|path| folder.join(path));
            return Some(Source::Files {
                persons,
                locations: join(&files.get().locations),
                reference_data: join(&files.get().reference_data),
                span: files.span(),
            });
        }
        let url = self.required(raw.url.as_ref(), "godata.url", "Name the Go.Data server, or `files` that it wrote.");
        let outbreak = self.required(raw.outbreak.as_ref(), "godata.outbreak", "Give the outbreak's id or exact name.");
        let email =
            self.required(raw.email.as_ref(), "godata.email", "Give the e-mail address of Tally's own account.");
        let password =
            self.secret("the Go.Data password", raw.password_env.as_ref(), raw.password_file.as_ref(), folder);
        if password.is_none() {
            self.missing("godata.password_env", "Name the environment variable or, with `password_file`, the file.");
        }
        let url = url.and_then(|url| self.url(&url))?;
        Some(Source::Server {
            url,
            outbreak: outbreak?,
            email: email?,
            password: password?,
            page_records: raw.page_records.as_ref().map_or(DEFAULT_PAGE_RECORDS, |at| *at.get()),
            timeout: timeout(raw.timeout_secs.as_ref()),
            allow_http: raw.allow_http,
        })
    }

    fn dhis2(&mut self, raw: &raw::Dhis2, folder: &Path) -> Option<Destination> {
        let url = self.url(&Located { value: raw.url.get().clone(), span: raw.url.span() });
        let token = self.secret("the DHIS2 token", raw.token_env.as_ref(), raw.token_file.as_ref(), folder);
        let password = self.secret("the DHIS2 password", raw.password_env.as_ref(), raw.password_file.as_ref(), folder);
        let credentials = match (token, &raw.username, password) {
            (Some(token), None, None) => Some(Credentials::Token(token)),
            (None, Some(username), Some(password)) => {
                Some(Credentials::Basic { username: username.get().clone(), password })
            }
            (Some(_), _, _) => {
                self.missing("one of two ways to sign in", "Keep the token, or user name and password.");
                None
            }
            (None, Some(_), None) => {
                self.missing("dhis2.password_env", "Name the environment variable or, with `password_file`, the file.");
                None
            }
            (None, None, _) => {
                let advice = "Set `token_env` for a personal access token, or `username` and `password_env`.";
                self.missing("a way to sign in to DHIS2", advice);
                None
            }
        };
        Some(Destination {
            url: url?,
            credentials: credentials?,
            id_scheme: raw.id_scheme,
            batch_values: raw.batch_values.as_ref().map(|at| *at.get() as usize),
            timeout: timeout(raw.timeout_secs.as_ref()),
            allow_http: raw.allow_http,
        })
    }

    fn dimension(&mut self, raw: &raw::Dimension) -> Option<DimensionModel> {
        let field = self.field(&raw.field)?;
        let mut options: Vec<_> = raw.groups.get().iter().map(|group| located(&group.option)).collect();
        let mut values = Vec::new();
        let groups = if field.value_type == ValueType::Number {
            let mut bands = Vec::new();
            for group in raw.groups.get() {
                match &group.ages {
                    Some(ages) => match ages.get().parse::<AgeBand>() {
                        Ok(band) => bands.push(band),
                        Err(error) => {
                            self.at(ages.span(), error.to_string());
                        }
                    },
                    None => {
                        self.at(group.option.span(), "a group of a number needs `ages`");
                    }
                }
            }
            if bands.len() != raw.groups.get().len() {
                return None;
            }
            match AgeBands::new(bands) {
                Ok(bands) => Groups::Bands(bands),
                Err(errors) => {
                    for error in errors {
                        self.at(raw.groups.span(), error.to_string());
                    }
                    return None;
                }
            }
        } else {
            let mut groups = Vec::new();
            for group in raw.groups.get() {
                match &group.values {
                    Some(given) => {
                        let short = |value: &String| match field.domain {
                            Domain::Reference(category) => field::short_value(category, value).to_owned(),
                            _ => value.clone(),
                        };
                        let texts: Vec<_> = given.get().items().iter().map(short).collect();
                        values.extend(texts.iter().map(|text| Located { value: text.clone(), span: given.span() }));
                        groups.push(texts);
                    }
                    None => {
                        self.at(group.option.span(), "a group of a text needs `values`");
                    }
                }
            }
            Groups::Values(groups)
        };
        let unknown = if raw.unknown.get() == "exclude" {
            Unknown::Exclude
        } else {
            options.push(located(&raw.unknown));
            Unknown::Group
        };
        let dimension = Dimension { code: raw.code.get().clone(), field, groups, unknown };
        Some(DimensionModel { dimension, options, values })
    }

    fn report(&mut self, raw: &raw::Report, dimensions: &[raw::Dimension]) -> Option<Report> {
        let period_type = PeriodType::from_name(raw.period.get());
        if period_type.is_none() {
            let names: Vec<_> = PeriodType::ALL.iter().map(|t| t.name()).collect();
            let advice = match epi::nearest(raw.period.get(), &names) {
                Some(near) => format!("Did you mean `{near}`?"),
                None => format!("Known: {}.", names.join(", ")),
            };
            self.at(raw.period.span(), format!("unknown period type `{}`", raw.period.get())).advice(advice);
        }
        self.unique("indicator", raw.indicator.iter().map(|i| &i.code));
        if raw.indicator.is_empty() {
            self.at(raw.name.span(), format!("report `{}` has no indicator", raw.name.get()));
        }
        let indicators: Vec<_> = raw.indicator.iter().map(|i| self.indicator(i, dimensions)).collect();
        let time_zone = match &raw.time_zone {
            Some(zone) => self.time_zone(zone)?,
            None => TimeZone::UTC,
        };
        let policy = |on| if on == raw::OnOther::Overwrite { Policy::Overwrite } else { Policy::Hold };
        Some(Report {
            name: raw.name.get().clone(),
            data_set: located(&raw.data_set),
            period_type: Located { value: period_type?, span: raw.period.span() },
            look_back: raw.look_back.as_ref().map_or(DEFAULT_LOOK_BACK, |at| *at.get()),
            include_open: raw.include_open,
            time_zone,
            attribute_options: raw.attribute_options.iter().map(located).collect(),
            complete: raw.complete,
            zeros: raw.zeros,
            policies: Policies { on_drift: policy(raw.on_drift), on_existing: policy(raw.on_existing) },
            indicators: indicators.into_iter().collect::<Option<_>>()?,
        })
    }

    fn indicator(&mut self, raw: &raw::Indicator, dimensions: &[raw::Dimension]) -> Option<IndicatorModel> {
        let condition = match &raw.condition {
            Some(at) => match Condition::parse(at.get()) {
                Ok(condition) => Some(Some(condition)),
                Err(errors) => {
                    self.condition_errors(at.get(), at.span(), errors);
                    None
                }
            },
            None => Some(None),
        };
        let window = match raw.window {
            raw::Window::During => Window::During,
            raw::Window::AtEnd => Window::AtEnd,
            raw::Window::UpTo => Window::UpTo,
            raw::Window::Overlapping => Window::Overlapping,
        };
        let when = self.when(&raw.when, window);
        let place = match &raw.place {
            Some(at) => self.field(at).filter(|field| {
                let is_location = field.domain == Domain::Location;
                if !is_location {
                    self.at(at.span(), format!("`{}` is not a place", field.name))
                        .advice("Use `residence`.".to_owned());
                }
                is_location
            }),
            None => field::field("residence"),
        };
        let measure = raw.measure.as_ref().map_or(Some(Measure::Count), |at| self.measure(at));
        let mut by = Vec::new();
        for code in &raw.by {
            match dimensions.iter().position(|d| d.code.get() == code.get()) {
                Some(index) if by.contains(&index) => {
                    self.at(code.span(), format!("dimension `{}` stands twice", code.get()));
                }
                Some(index) => by.push(index),
                None => {
                    let known: Vec<_> = dimensions.iter().map(|d| d.code.get().as_str()).collect();
                    let advice = suggestion(code.get(), &known);
                    self.at(code.span(), format!("unknown dimension `{}`", code.get())).advice(advice);
                }
            }
        }
        let kinds = match raw.of {
            raw::Of::Case => vec![PersonKind::Case],
            raw::Of::Contact => vec![PersonKind::Contact],
            raw::Of::ContactOfContact => vec![PersonKind::ContactOfContact],
            raw::Of::Person => PersonKind::ALL.to_vec(),
        };
        let indicator = Indicator {
            code: raw.code.get().clone(),
            title: raw.title.clone().unwrap_or_else(|| raw.code.get().clone()),
            kinds,
            condition: condition?,
            when: when?,
            window,
            place: place?,
            measure: measure?,
            by,
            decimals: raw.decimals.as_ref().map_or(DEFAULT_DECIMALS, |at| *at.get()),
        };
        Some(IndicatorModel {
            indicator,
            span: raw.code.span(),
            when_span: raw.when.span(),
            data_element: located(&raw.data_element),
            options: raw.options.iter().map(located).collect(),
            condition_at: raw.condition.as_ref().map(|at| text_place(&self.source, at.get(), at.span())),
        })
    }

    fn when(&mut self, at: &At<raw::OneOrMore>, window: Window) -> Option<Vec<DateBasis>> {
        let mut bases = Vec::new();
        for text in at.get().items() {
            match DateBasis::parse(text) {
                Ok(basis) if basis.is_interval() == window.needs_interval() => bases.push(basis),
                Ok(basis) if basis.is_interval() => {
                    let advice = "Use `first(...)` or `last(...)`, or the window `at_end` or `overlapping`.";
                    self.at(at.span(), format!("`{basis}` gives intervals, and the window needs a date"))
                        .advice(advice);
                }
                Ok(basis) => {
                    let advice = "Use intervals, such as `stays WHERE type = 'HOSPITALIZATION'`.";
                    self.at(at.span(), format!("`{basis}` is a date, and the window needs intervals")).advice(advice);
                }
                Err(errors) => {
                    // A list of texts has one span; the text is looked for inside it.
                    let whole = at.span();
                    let found = self.source.text.get(whole.clone()).and_then(|file| file.find(text.as_str()));
                    let start = found.map(|offset| whole.start + offset);
                    self.place_errors(&TextPlace { whole, start }, errors);
                }
            }
        }
        if at.get().items().is_empty() {
            self.at(at.span(), "`when` names no date");
        }
        (bases.len() == at.get().items().len()).then_some(bases)
    }

    fn measure(&mut self, at: &At<String>) -> Option<Measure> {
        let words: Vec<&str> = at.get().split_whitespace().collect();
        let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
        let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
        let (make, name): (fn(&'static Field) -> Measure, &str) = match lower.as_slice() {
            ["count"] => return Some(Measure::Count),
            ["count", "distinct", _] => (Measure::CountDistinct, words[2]),
            ["sum", _] => (Measure::Sum, words[1]),
            ["average", _] => (Measure::Average, words[1]),
            ["min", _] => (Measure::Min, words[1]),
            ["max", _] => (Measure::Max, words[1]),
            ["median", _] => (Measure::Median, words[1]),
            _ => {
                let advice = "Use count, count distinct F, sum F, average F, min F, max F or median F, with a field F.";
                self.at(at.span(), format!("unknown measure `{}`", at.get())).advice(advice);
                return None;
            }
        };
        let Some(field) = field::field(name) else {
            let known: Vec<_> = field::PERSON.iter().map(|field| field.name).collect();
            self.at(at.span(), format!("unknown field `{name}`")).advice(suggestion(name, &known));
            return None;
        };
        let measure = make(field);
        let distinct = matches!(measure, Measure::CountDistinct(_));
        let fits = if distinct { ValueType::Text } else { ValueType::Number };
        if field.value_type != fits {
            self.at(at.span(), format!("`{name}` is a {}, and this measure needs a {fits}", field.value_type));
            return None;
        }
        Some(measure)
    }

    fn field(&mut self, at: &At<String>) -> Option<&'static Field> {
        let found = field::field(at.get());
        if found.is_none() {
            let known: Vec<_> = field::PERSON.iter().map(|field| field.name).collect();
            self.at(at.span(), format!("unknown field `{}`", at.get())).advice(suggestion(at.get(), &known));
        }
        found
    }

    fn condition_errors(&mut self, text: &str, whole: Range<usize>, errors: Vec<ConditionError>) {
        let place = text_place(&self.source, text, whole);
        self.place_errors(&place, errors);
    }

    fn place_errors(&mut self, place: &TextPlace, errors: Vec<ConditionError>) {
        for error in errors {
            let mut problem = Problem::at(&self.source, place.part(&error.span), error.message);
            problem.advice = error.hint;
            self.problems.push(problem);
        }
    }

    fn url(&mut self, at: &Located<String>) -> Option<Located<Url>> {
        match Url::parse(&at.value) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => {
                Some(Located { value: url, span: at.span.clone() })
            }
            _ => {
                self.at(at.span.clone(), format!("`{}` is not the address of a server", at.value))
                    .advice("It should look like `https://example.org`.".to_owned());
                None
            }
        }
    }

    fn time_zone(&mut self, at: &At<String>) -> Option<TimeZone> {
        match TimeZone::get(at.get()) {
            Ok(zone) => Some(zone),
            Err(_) => {
                self.at(at.span(), format!("unknown time zone `{}`", at.get()))
                    .advice("Use a name of the IANA database, such as `Africa/Dakar` or `UTC`.".to_owned());
                None
            }
        }
    }

    fn secret(
        &mut self,
        what: &'static str,
        env: Option<&At<String>>,
        file: Option<&At<String>>,
        folder: &Path,
    ) -> Option<SecretPlace> {
        SecretPlace::of(what, env, file, &self.source, folder).unwrap_or_else(|problem| {
            self.problems.push(problem);
            None
        })
    }

    fn unique<'a>(&mut self, what: &str, names: impl Iterator<Item = &'a At<String>>) {
        let mut seen: HashMap<&str, ()> = HashMap::new();
        for at in names {
            if seen.insert(at.get(), ()).is_some() {
                self.problems.push(Problem::at(&self.source, at.span(), format!("{what} `{}` stands twice", at.get())));
            }
        }
    }

    fn required(&mut self, at: Option<&At<String>>, key: &str, advice: &str) -> Option<Located<String>> {
        if at.is_none() {
            self.missing(key, advice);
        }
        at.map(located)
    }

    fn missing(&mut self, what: &str, advice: &str) {
        let problem = Problem::at(&self.source, 0..0, format!("{what} is missing")).advice(advice);
        self.problems.push(problem);
    }

    /// Enters a problem; advice may be added to what is returned.
    fn at(&mut self, span: Range<usize>, message: impl Into<String>) -> Entered<'_> {
        self.problems.push(Problem::at(&self.source, span, message));
        Entered(&mut self.problems)
    }
}

/// The problem that was entered last.
struct Entered<'a>(&'a mut Vec<Problem>);

impl Entered<'_> {
    fn advice(self, advice: impl Into<String>) {
        if let Some(problem) = self.0.last_mut() {
            problem.advice = Some(advice.into());
        }
    }
}

/// Records asked for at a time: large enough that the round trips do not count, small enough for a slow line.
const DEFAULT_PAGE_RECORDS: u32 = 5000;
/// Periods covered when nothing is said: late reports of a quarter still correct their weeks.
const DEFAULT_LOOK_BACK: u32 = 13;
/// Digits of an average when nothing is said.
const DEFAULT_DECIMALS: u32 = 2;
/// Seconds to wait for an answer when nothing is said: a slow server with a large page needs them.
const DEFAULT_TIMEOUT_SECS: u32 = 120;

fn timeout(at: Option<&At<u32>>) -> Duration {
    Duration::from_secs(u64::from(at.map_or(DEFAULT_TIMEOUT_SECS, |at| *at.get())))
}

fn located(at: &At<String>) -> Located<String> {
    Located { value: at.get().clone(), span: at.span() }
}

fn suggestion(word: &str, known: &[&str]) -> String {
    match epi::nearest(word, known) {
        Some(near) => format!("Did you mean `{near}`?"),
        None => format!("Known: {}.", known.join(", ")),
    }
}

/// Finds where the text of a TOML string begins in the file.
fn text_place(source: &SourceText, text: &str, whole: Range<usize>) -> TextPlace {
    let written = source.text.get(whole.clone()).unwrap_or_default();
    let start = written.find(text).filter(|_| !text.is_empty()).map(|offset| whole.start + offset);
    TextPlace { whole, start }
}
