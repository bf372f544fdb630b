//! The map step and the preflight: how the definitions fit the DHIS2 that is to take their values. Everything here is
//! read from metadata, before a single record is extracted.

use crate::config::model::{Config, Credentials, IdScheme, IndicatorModel, Located, Report};
use crate::config::{Problem, problem};
use crate::error::{Error, ErrorKind};
use crate::failure;
use crate::report::Dhis2Facts;
use crate::store::CellKey;
use compact_str::CompactString;
use dhis2::{Behaviour, Client, DataSet, DataSetElement, Me, OrgUnit, SystemInfo, Uid, Version};
use epi::mapping::{self, Category, CategoryCombo, Disaggregation};
use epi::period::{self, Period, Span};
use jiff::civil::{Date, DateTime};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The authority that lets a user write into expired periods.
const EDIT_EXPIRED: &str = "F_EDIT_EXPIRED";
/// The authority without which DHIS2 takes no data value.
const ADD_VALUES: &str = "F_DATAVALUE_ADD";

/// A DHIS2 that was looked at, and where every value of a report goes in it.
#[derive(Debug)]
pub struct Target {
    /// The client, signed in.
    pub client: Client,
    /// What this version does differently from others.
    pub behaviour: Behaviour,
    /// Version.
    pub version: Version,
    /// Facts for the report.
    pub facts: Dhis2Facts,
    /// The name under which DHIS2 stores what this account writes.
    pub account: String,
    /// Today on the server.
    pub today: Date,
    /// Now on the server, by its own clock and time zone.
    pub now: DateTime,
    /// The data set.
    pub data_set: DataSet,
    /// UID of the attribute option combo of all values.
    pub attribute: Uid,
    /// Organisation units by what the map of places calls them.
    pub org_units: HashMap<String, OrgUnitTarget>,
    /// Organisation units that left the map after Tally wrote there, by UID.
    former_units: HashMap<String, OrgUnitTarget>,
    /// UIDs of former ones that DHIS2 does not show at all.
    lost_units: BTreeSet<String>,
    /// Where each indicator's values go, in the order of the report.
    pub indicators: Vec<IndicatorTarget>,
    /// Names of category option combos, for people.
    pub combo_names: HashMap<CompactString, String>,
    may_edit_expired: bool,
    may_write: Result<(), String>,
    me: Me,
}

/// An organisation unit of the map.
#[derive(Clone, Debug)]
pub struct OrgUnitTarget {
    /// What DHIS2 knows of it.
    pub unit: OrgUnit,
    /// Why it takes no values of this data set, if it does not.
    pub held: Option<String>,
    /// The account may read its values; DHIS2 refuses the whole request that names one that it may not (E2012).
    pub is_readable: bool,
}

/// Where an indicator's values go.
#[derive(Clone, Debug)]
pub struct IndicatorTarget {
    /// UID of the data element.
    pub data_element: CompactString,
    /// Its name.
    pub name: String,
    /// Zeros say more than no value.
    pub zero_is_significant: bool,
    /// The data element is averaged, so that DHIS2 stores its zeros although they are not significant
    /// (`ValidationUtils.dataValueIsZeroAndInsignificant`).
    pub is_averaged: bool,
    /// UID of the category option combo of each combination of dimension groups.
    pub combos: Vec<CompactString>,
}

/// Signs in to DHIS2 and asks who it is.
///
/// # Errors
/// What the server or the line to it says; a calendar other than ISO 8601; a version before 2.38.
pub async fn connect(config: &Config) -> Result<(Client, SystemInfo, Me), Error> {
    let at_url = |error: &dhis2::Error| failure::dhis2(error, config);
    let mut settings = dhis2::Settings::new(config.dhis2.url.value.clone(), credentials(config)?);
    settings.timeout = config.dhis2.timeout;
    settings.retry_delay = crate::crash::retry_delay(settings.retry_delay);
    settings.allow_http = config.dhis2.allow_http;
    config.limits.for_dhis2(&mut settings);
    let client = Client::new(&settings).map_err(|error| at_url(&error))?;
    let me = client.me().await.map_err(|error| at_url(&error))?;
    let info = client.system_info().await.map_err(|error| at_url(&error))?;
    if info.calendar != "iso8601" {
        let message = format!("DHIS2 at `{}` uses the calendar `{}`", config.dhis2.url.value, info.calendar);
        let advice = "Its periods are not ISO 8601 weeks and months, so Tally cannot write to it: a period's name would \
                      mean other days. Only servers with the ISO 8601 calendar are supported.";
        return Err(Error::new(ErrorKind::Dhis2, message).advice(advice));
    }
    Ok((client, info, me))
}

fn credentials(config: &Config) -> Result<dhis2::Credentials, Error> {
    Ok(match &config.dhis2.credentials {
        Credentials::Basic { username, password } => {
            dhis2::Credentials::Basic { username: username.clone(), password: password.read()? }
        }
        Credentials::Token(token) => dhis2::Credentials::Token(token.read()?),
    })
}

impl Target {
    /// Reads the metadata that a report needs and fits its definitions to it.
    ///
    /// # Errors
    /// Everything that does not fit, each at its place in the configuration.
    pub async fn prepare(config: &Config, report: &Report) -> Result<Self, Error> {
        let (client, info, me) = connect(config).await?;
        let scheme = scheme(config.dhis2.id_scheme);
        let data_set = match client.data_set(&report.data_set.value, scheme).await {
            Ok(data_set) => data_set,
            Err(error) => return Err(failure::dhis2_at(&error, config, &report.data_set)),
        };
        let assigned = client.org_units_of(data_set.id).await.map_err(|error| failure::dhis2(&error, config))?;
        let names: BTreeSet<String> = config.places.rows.iter().filter_map(|row| row.org_unit.clone()).collect();
        let names: Vec<String> = names.into_iter().collect();
        let known = client.org_units_by(scheme, &names).await.map_err(|error| failure::dhis2(&error, config))?;

        let mut fit = Fit { config, report, data_set: &data_set, problems: Vec::new() };
        fit.period_type(info.version);
        fit.org_units(&known);
        let options = fit.category_options();
        let attribute = fit.attribute(&options);
        let indicators: Vec<_> = report.indicators.iter().map(|indicator| fit.indicator(indicator, &options)).collect();
        fit.clashes(&indicators);
        let (mut problems, missing) = (fit.problems, missing_elements(report, &data_set, config));
        for element in missing {
            problems.push(explain_missing(&client, config, &data_set, element).await?);
        }
        let (Some(attribute), true) = (attribute, problems.is_empty()) else { return Err(Error::config(problems)) };

        let units = known.into_iter().map(|(name, unit)| {
            let held = org_unit_held(&unit, &assigned, &me, &data_set);
            let is_readable = me.may_view_at(&unit.path);
            (name, OrgUnitTarget { unit, held, is_readable })
        });
        let org_units = units.collect();
        let now =
            info.server_date.unwrap_or_else(|| jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).datetime());
        let combo_names = data_set
            .elements
            .iter()
            .flat_map(|element| &element.category_combo.category_option_combos)
            .map(|combo| (CompactString::from(combo.id.as_str()), combo.name.clone()))
            .collect();
        Ok(Self {
            behaviour: info.version.behaviour(),
            version: info.version,
            facts: Dhis2Facts {
                url: config.dhis2.url.value.to_string(),
                version: info.version_text.clone(),
                system_id: info.system_id.clone().unwrap_or_default(),
                data_set: data_set.id.to_string(),
                data_set_name: data_set.name.clone(),
            },
            account: me.username.clone(),
            today: now.date(),
            now,
            former_units: HashMap::new(),
            lost_units: BTreeSet::new(),
            may_edit_expired: me.has_authority(EDIT_EXPIRED),
            may_write: may_write(&me, &data_set),
            me,
            client,
            attribute,
            org_units,
            indicators: indicators.into_iter().flatten().collect(),
            combo_names,
            data_set,
        })
    }

    /// Why no value of this period is taken now, if it is not.
    pub fn period_held(&self, period: Period) -> Option<String> {
        if let Err(reason) = &self.may_write {
            return Some(reason.clone());
        }
        let open_periods = u32::try_from(self.data_set.open_future_periods).unwrap_or(0);
        if !period::is_open(period, self.today, open_periods) {
            return Some(format!(
                "the period is not over: data set `{}` opens {open_periods} future periods",
                self.data_set.name
            ));
        }
        // Newer servers allow fractions of a day; the day that has begun still counts.
        let expiry_days = self.data_set.expiry_days.ceil().max(0.0) as u32;
        if !self.may_edit_expired && period::is_expired(period, expiry_days, self.today) {
            return Some(format!(
                "the period expired: data set `{}` locks it after {expiry_days} days",
                self.data_set.name
            ));
        }
        self.input_held(period)
    }

    /// Why the data set's data input periods keep a period shut, if they do.
    fn input_held(&self, period: Period) -> Option<String> {
        let inputs = &self.data_set.data_input_periods;
        let is_open = inputs.iter().any(|input| {
            input.period == period.id().as_str()
                && input.opening_date.is_none_or(|opening| self.now >= opening)
                && input.closing_date.is_none_or(|closing| self.now <= closing)
        });
        let inverts = self.version.inverts_data_input_periods();
        if inputs.is_empty() || is_open != inverts {
            return None;
        }
        let name = &self.data_set.name;
        Some(if inverts {
            format!("DHIS2 {} locks data set `{name}` in its data input periods instead of outside them", self.version)
        } else {
            format!("data set `{name}` takes data only in its data input periods")
        })
    }

    /// Why an organisation unit takes no value in this period, if it does not.
    pub fn slice_held(&self, unit: &OrgUnitTarget, period: Period) -> Option<String> {
        if let Some(reason) = &unit.held {
            return Some(reason.clone());
        }
        let name = &unit.unit.name;
        match (unit.unit.opening_date, unit.unit.closed_date) {
            (Some(opening), _) if self.behaviour.checks_org_units && period.start() < opening => {
                Some(format!("organisation unit `{name}` opened on {opening}"))
            }
            (_, Some(closed)) if self.behaviour.checks_org_units && period.start() > closed => {
                Some(format!("organisation unit `{name}` closed on {closed}"))
            }
            _ => None,
        }
    }

    /// Whether one of the report's indicators decides this cell.
    pub fn writes(&self, key: &CellKey) -> bool {
        let element = |indicator: &&IndicatorTarget| indicator.data_element == key.data_element;
        key.attribute_option_combo == self.attribute.as_str()
            && self.indicators.iter().filter(element).any(|one| one.combos.contains(&key.category_option_combo))
    }

    /// Looks at organisation units where Tally wrote before they left the map: what stands there is to be taken away, if
    /// this account may still look at it.
    ///
    /// # Errors
    /// What DHIS2 says.
    pub async fn meet_former_units(&mut self, uids: Vec<String>) -> Result<(), dhis2::Error> {
        if uids.is_empty() {
            return Ok(());
        }
        let known = self.client.org_units_by(dhis2::IdScheme::Uid, &uids).await?;
        self.lost_units = uids.into_iter().filter(|uid| !known.contains_key(uid)).collect();
        let unit = |(uid, unit): (String, OrgUnit)| {
            let is_readable = self.me.may_view_at(&unit.path);
            let reason = || {
                format!("organisation unit `{}` left the map and is outside the hierarchy of the account", unit.name)
            };
            let held = (!is_readable).then(reason);
            (uid, OrgUnitTarget { unit, held, is_readable })
        };
        self.former_units = known.into_iter().map(unit).collect();
        Ok(())
    }

    /// The organisation units of the map, and those that left it.
    pub fn all_units(&self) -> impl Iterator<Item = &OrgUnitTarget> {
        self.org_units.values().chain(self.former_units.values())
    }

    /// Former organisation units that DHIS2 does not show.
    pub fn lost_units(&self) -> &BTreeSet<String> {
        &self.lost_units
    }

    /// UIDs of organisation units of which DHIS2 shows this account no values: what stands there is not known.
    pub fn unreadable(&self) -> BTreeSet<&str> {
        let units = self.all_units().filter(|unit| !unit.is_readable).map(|unit| unit.unit.id.as_str());
        units.chain(self.lost_units.iter().map(String::as_str)).collect()
    }

    /// Ends a run that could write nothing: the account may not, or no period of the span is open.
    ///
    /// # Errors
    /// Why, and who can change it.
    pub fn refuse_when_nothing_is_open(&self, span: Span, config: &Config, report: &Report) -> Result<(), Error> {
        if let Err(reason) = &self.may_write {
            let problem = failure::at_credentials(config, reason.clone())
                .advice("Ask the DHIS2 administrator to give the account what it lacks.");
            return Err(Error::at(ErrorKind::Dhis2, problem));
        }
        let reasons: Option<BTreeSet<String>> = span.iter().map(|period| self.period_held(period)).collect();
        let Some(reasons) = reasons else { return Ok(()) };
        let (first, last) = (span.first(), span.last());
        let reasons: Vec<String> = reasons.into_iter().collect();
        let message = format!(
            "DHIS2 takes no value in any period from {first} to {last}: {}",
            reasons.join("; "),
            first = first.id(),
            last = last.id()
        );
        let problem = config.problem(&report.data_set.span, message).advice(
            "Run other periods with --from and --to, wait until a period is over, or ask the DHIS2 administrator to \
             open these.",
        );
        Err(Error::at(ErrorKind::Held, problem))
    }
}

fn scheme(scheme: IdScheme) -> dhis2::IdScheme {
    match scheme {
        IdScheme::Uid => dhis2::IdScheme::Uid,
        IdScheme::Code => dhis2::IdScheme::Code,
    }
}

fn may_write(me: &Me, data_set: &DataSet) -> Result<(), String> {
    if !me.has_authority(ADD_VALUES) {
        return Err(format!("the DHIS2 account may not add data values (authority {ADD_VALUES})"));
    }
    if data_set.can_write == Some(false) && !me.has_authority("ALL") {
        return Err(format!("the DHIS2 account may not write data of data set `{}` (sharing)", data_set.name));
    }
    Ok(())
}

fn org_unit_held(unit: &OrgUnit, assigned: &[OrgUnit], me: &Me, data_set: &DataSet) -> Option<String> {
    if !assigned.iter().any(|one| one.id == unit.id) {
        return Some(format!("data set `{}` is not assigned to organisation unit `{}`", data_set.name, unit.name));
    }
    if !me.may_enter_at(&unit.path) {
        return Some(format!("organisation unit `{}` is outside the hierarchy of the DHIS2 account", unit.name));
    }
    if !me.may_view_at(&unit.path) {
        return Some(format!("the DHIS2 account may write data of organisation unit `{}` but not read it", unit.name));
    }
    None
}

fn missing_elements<'r>(report: &'r Report, data_set: &DataSet, config: &Config) -> Vec<&'r Located<String>> {
    let elements = report.indicators.iter().map(|indicator| &indicator.data_element);
    elements.filter(|element| find_element(data_set, &element.value, config.dhis2.id_scheme).is_none()).collect()
}

/// A data element that is not in the data set may be elsewhere, be a DHIS2 indicator, or not be at all.
async fn explain_missing(
    client: &Client,
    config: &Config,
    data_set: &DataSet,
    element: &Located<String>,
) -> Result<Problem, Error> {
    let scheme = scheme(config.dhis2.id_scheme);
    let name = &element.value;
    let ask = |error: dhis2::Error| failure::dhis2(&error, config);
    let indicator = client.find_indicator(name, scheme).await.map_err(ask)?;
    if let Some(indicator) = indicator {
        let message = format!("`{name}` is the DHIS2 indicator \"{}\", not a data element", indicator.name);
        let advice = "DHIS2 computes an indicator from data elements. Report its numerator and its denominator as data \
                      elements instead.";
        return Ok(config.problem(&element.span, message).advice(advice));
    }
    let elsewhere = client.data_elements(scheme, std::slice::from_ref(name)).await.map_err(ask)?;
    Ok(match elsewhere.get(name) {
        Some(found) => {
            let message = format!("data element `{name}` (\"{}\") is not in data set `{}`", found.name, data_set.name);
            config.problem(&element.span, message).advice("Add it to the data set in DHIS2, or name another one.")
        }
        None => {
            let message = format!("DHIS2 has no data element `{name}` that this account can read");
            let known: Vec<String> =
                data_set.elements.iter().map(|e| format!("{} ({})", e.data_element.id, e.data_element.name)).collect();
            config.problem(&element.span, message).advice(format!("The data set has: {}.", known.join(", ")))
        }
    })
}

fn find_element<'d>(data_set: &'d DataSet, name: &str, scheme: IdScheme) -> Option<&'d DataSetElement> {
    data_set.elements.iter().find(|element| match scheme {
        IdScheme::Uid => element.data_element.id.as_str() == name,
        IdScheme::Code => element.data_element.code.as_deref() == Some(name),
    })
}

/// Fits a report to the metadata and collects what does not.
struct Fit<'a> {
    config: &'a Config,
    report: &'a Report,
    data_set: &'a DataSet,
    problems: Vec<Problem>,
}

/// Category options of the data set by what the configuration calls them.
type Options = BTreeMap<String, String>;

impl Fit<'_> {
    fn at(&mut self, span: &std::ops::Range<usize>, message: String, advice: &str) {
        self.problems.push(self.config.problem(span, message).advice(advice));
    }

    fn period_type(&mut self, version: Version) {
        let ours = &self.report.period_type;
        let name = ours.value.name();
        if self.data_set.period_type != name {
            let message =
                format!("data set `{}` is {}, and the report is {name}", self.data_set.name, self.data_set.period_type);
            let advice = format!("Set `period = \"{}\"`.", self.data_set.period_type);
            self.at(&ours.span, message, &advice);
        } else if !version.knows_period_type(name) {
            self.at(&ours.span, format!("DHIS2 {version} does not know the period type {name}"), "Use another one.");
        }
    }

    fn org_units(&mut self, known: &BTreeMap<String, OrgUnit>) {
        for row in &self.config.places.rows {
            if let Some(name) = &row.org_unit
                && !known.contains_key(name)
            {
                let message = format!("DHIS2 has no organisation unit `{name}` that this account can read");
                let problem = problem::Problem::at(&self.config.places.source, row.span.clone(), message)
                    .advice("Correct the line, or leave its org_unit empty to count the place in the place above it.");
                self.problems.push(problem);
            }
        }
    }

    /// The options of all categories in play, so that dimensions may name them by UID or code.
    fn category_options(&self) -> Options {
        let combos = self.data_set.elements.iter().map(|element| &element.category_combo);
        let categories = combos.chain([&self.data_set.category_combo]).flat_map(|combo| &combo.categories);
        categories
            .flat_map(|category| &category.category_options)
            .filter_map(|option| {
                let name = match self.config.dhis2.id_scheme {
                    IdScheme::Uid => option.id.to_string(),
                    IdScheme::Code => option.code.clone()?,
                };
                Some((name, option.id.to_string()))
            })
            .collect()
    }

    fn option(&mut self, name: &Located<String>, options: &Options) -> Option<String> {
        if let Some(uid) = options.get(&name.value) {
            return Some(uid.clone());
        }
        let known: Vec<&str> = options.keys().map(String::as_str).collect();
        let advice = match epi::nearest(&name.value, &known) {
            Some(near) => format!("Did you mean `{near}`?"),
            None => "Name an option of a category of the data set's elements.".to_owned(),
        };
        let message = format!("no category of data set `{}` has the option `{}`", self.data_set.name, name.value);
        if !self.problems.iter().any(|problem| problem.message == message) {
            self.at(&name.span, message, &advice);
        }
        None
    }

    fn attribute(&mut self, options: &Options) -> Option<Uid> {
        let wanted = &self.report.attribute_options;
        let mut disaggregation = Disaggregation::default();
        for name in wanted {
            disaggregation.fixed.push(self.option(name, options)?);
        }
        let combo = &self.data_set.category_combo;
        match mapping::category_option_combos(&disaggregation, &combo_of(combo), combo.is_default) {
            Ok(found) => found.first().and_then(|uid| Uid::parse(uid).ok()),
            Err(errors) => {
                let span = wanted.first().map_or(&self.report.data_set.span, |first| &first.span).clone();
                for error in errors {
                    self.at(
                        &span,
                        format!("attribute options: {error}"),
                        "Name one option of each category in `attribute_options`.",
                    );
                }
                None
            }
        }
    }

    fn indicator(&mut self, model: &IndicatorModel, options: &Options) -> Option<IndicatorTarget> {
        let element = find_element(self.data_set, &model.data_element.value, self.config.dhis2.id_scheme)?;
        self.value_type(model, element);
        let mut disaggregation = Disaggregation::default();
        for index in &model.indicator.by {
            let dimension = &self.config.dimensions[*index];
            let uids: Vec<_> = dimension.options.iter().map(|name| self.option(name, options)).collect();
            disaggregation
                .dimensions
                .push((dimension.dimension.code.clone(), uids.into_iter().collect::<Option<_>>()?));
        }
        for name in &model.options {
            disaggregation.fixed.push(self.option(name, options)?);
        }
        let combo = &element.category_combo;
        match mapping::category_option_combos(&disaggregation, &combo_of(combo), combo.is_default) {
            Ok(combos) => Some(IndicatorTarget {
                data_element: element.data_element.id.as_str().into(),
                name: element.data_element.name.clone(),
                zero_is_significant: element.data_element.zero_is_significant,
                is_averaged: matches!(
                    element.data_element.aggregation_type.as_str(),
                    "AVERAGE" | "AVERAGE_SUM_ORG_UNIT"
                ),
                combos: combos.into_iter().map(Into::into).collect(),
            }),
            Err(errors) => {
                for error in errors {
                    let message = format!("indicator `{}`: {error}", model.indicator.code);
                    let advice = "Its dimensions (`by`) and fixed `options` have to decide every category of the data \
                                  element's category combo, once each.";
                    self.at(&model.span, message, advice);
                }
                None
            }
        }
    }

    /// Two indicators must not decide one value: the second would replace the first.
    fn clashes(&mut self, targets: &[Option<IndicatorTarget>]) {
        let mut owners: HashMap<(&str, &str), usize> = HashMap::new();
        for (index, target) in targets.iter().enumerate() {
            let Some(target) = target else { continue };
            let mut clash = None;
            for combo in &target.combos {
                let owner = *owners.entry((&target.data_element, combo)).or_insert(index);
                clash = clash.or((owner != index).then_some(owner));
            }
            if let Some(owner) = clash {
                let indicators = &self.report.indicators;
                let (one, other) = (&indicators[owner].indicator.code, &indicators[index].indicator.code);
                let message = format!("indicators `{one}` and `{other}` both write \"{}\"", target.name);
                let advice = "Each data value takes the number of one indicator: give one of them another data element, \
                              or other `options`.";
                self.at(&indicators[index].data_element.span, message, advice);
            }
        }
    }

    /// Whether numbers of this kind fit the data element's value type (DHIS2's ValidationUtils).
    fn value_type(&mut self, model: &IndicatorModel, element: &DataSetElement) {
        let value_type = element.data_element.value_type.as_str();
        let span = &model.data_element.span;
        let name = &element.data_element.name;
        let is_fraction = model.indicator.measure.gives_fractions(model.indicator.decimals);
        match value_type {
            "NUMBER" => {}
            "INTEGER" | "INTEGER_ZERO_OR_POSITIVE" | "INTEGER_POSITIVE" if is_fraction => {
                let message =
                    format!("\"{name}\" takes whole numbers ({value_type}), and this measure gives fractions");
                self.at(span, message, "Set `decimals = 0`, or name a data element of type NUMBER.");
            }
            "INTEGER" | "INTEGER_ZERO_OR_POSITIVE" => {}
            "INTEGER_POSITIVE" if self.report.zeros => {
                let message = format!("\"{name}\" takes no zero ({value_type}), and the report writes zeros");
                self.at(span, message, "Leave out `zeros`, or change the data element's type.");
            }
            "INTEGER_POSITIVE" => {}
            other => {
                let message = format!("\"{name}\" holds {other} values, and an indicator gives numbers");
                self.at(span, message, "Name a data element whose value type is a number.");
            }
        }
    }
}

fn combo_of(combo: &dhis2::CategoryCombo) -> CategoryCombo {
    CategoryCombo {
        id: combo.id.to_string(),
        name: combo.name.clone(),
        categories: combo
            .categories
            .iter()
            .map(|category| Category {
                name: category.name.clone(),
                options: category.category_options.iter().map(|o| (o.id.to_string(), o.name.clone())).collect(),
            })
            .collect(),
        combos: combo
            .category_option_combos
            .iter()
            .map(|coc| (coc.id.to_string(), coc.category_options.iter().map(ToString::to_string).collect()))
            .collect(),
    }
}
