//! The map step and the preflight: how the definitions fit the DHIS2 that is to take their values. Everything here is
//! read from metadata, before a single record is extracted.

mod element;
mod fit;
mod naming;

pub use element::Element;

use crate::config::Problem;
use crate::config::model::{Config, Credentials, Located, Report};
use crate::error::{Code, Error, ErrorKind};
use crate::failure;
use crate::report::Dhis2Facts;
use crate::store::CellKey;
use compact_str::CompactString;
use dhis2::{Behaviour, Client, DataSet, Me, OrgUnit, SystemInfo, Uid, Version};
use epi::period::{self, Period, Span};
use epi::plan::Reading;
use fit::Fit;
use jiff::civil::{Date, DateTime};
use naming::Named;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

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
    /// What the server's clock said, in its own time zone; none if it does not tell.
    pub told: Option<DateTime>,
    /// The server's time zone, an IANA name, if it tells.
    pub time_zone: Option<String>,
    /// The data sets of the report, in its order.
    pub data_sets: Vec<DataSetTarget>,
    /// Organisation units by what the map of places calls them.
    pub org_units: HashMap<String, OrgUnitTarget>,
    /// Organisation units that left the map after Tally wrote there, by UID.
    former_units: HashMap<String, OrgUnitTarget>,
    /// UIDs of former ones that DHIS2 does not show at all.
    lost_units: BTreeSet<String>,
    /// Where each indicator's values go, in the order of the report; none of one that is only for the rules of statements.
    pub indicators: Vec<Option<Address>>,
    /// Where each statement's values go, in the order of the report.
    pub statements: Vec<Address>,
    /// Names of category option combos and attribute option combos, for people.
    pub combo_names: HashMap<CompactString, String>,
    /// The data elements of the data sets.
    elements: HashMap<CompactString, Element>,
    may_edit_expired: bool,
    me: Me,
}

/// A data set of the report.
#[derive(Debug)]
pub struct DataSetTarget {
    /// What DHIS2 knows of it.
    pub data_set: DataSet,
    /// UIDs of the attribute option combos under which the report writes.
    pub attributes: BTreeSet<CompactString>,
    may_write: Result<(), String>,
}

/// An organisation unit of the map.
#[derive(Clone, Debug)]
pub struct OrgUnitTarget {
    /// What DHIS2 knows of it.
    pub unit: OrgUnit,
    /// Why it takes no values, if it does not; for each data set of the report.
    held: Vec<Option<String>>,
    /// The account may read its values; DHIS2 refuses the whole request that names one that it may not (E2012).
    pub is_readable: bool,
}

impl OrgUnitTarget {
    /// Why it takes no values of a data set, if it does not.
    pub fn held_in(&self, data_set: usize) -> Option<&str> {
        self.held.get(data_set).and_then(Option::as_deref)
    }

    /// Why it takes no values of some data set.
    pub fn held(&self) -> impl Iterator<Item = &str> {
        self.held.iter().flatten().map(String::as_str)
    }
}

/// Where the values of an indicator or a statement go.
#[derive(Clone, Debug)]
pub struct Address {
    /// The data set, by its position in the report.
    pub data_set: usize,
    /// UID of the data element.
    pub data_element: CompactString,
    /// Its name.
    pub name: String,
    /// What the configuration calls it.
    pub written: String,
    /// UIDs of the category option combo and of the attribute option combo of each combination of dimension groups.
    pub cells: Vec<(CompactString, CompactString)>,
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
        return Err(Error::new(ErrorKind::Dhis2, message).advice(advice).coded(Code::Dhis2Calendar));
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
        let schemes = config.dhis2.id_schemes;
        let mut data_sets = Vec::new();
        let mut assigned: Vec<Vec<OrgUnit>> = Vec::new();
        for named in &report.data_sets {
            let found = client.data_set(&named.value, schemes.data_set).await;
            let data_set = found.map_err(|error| failure::dhis2_at(&error, config, named))?;
            let units = client.org_units_of(data_set.id).await.map_err(|error| failure::dhis2(&error, config))?;
            assigned.push(units);
            data_sets.push(data_set);
        }
        let mut fit = Fit::new(config, report, &data_sets);
        let known = org_units(&client, config, &mut fit).await?;
        fit.period_types(info.version);
        fit.org_units(&known, &assigned);
        let indicators = fit.indicators();
        let statements = fit.statements();
        fit.clashes(&indicators, &statements);
        let elements = fit.elements(indicators.iter().flatten().flatten().chain(statements.iter().flatten()));
        let (mut problems, missing) = (fit.problems, fit.missing);
        for (element, looked_in) in missing {
            problems.push(explain_missing(&client, config, &data_sets, &element, looked_in).await?);
        }
        if !problems.is_empty() {
            return Err(Error::config(problems));
        }
        let indicators: Vec<Option<Address>> = indicators.into_iter().map(Option::unwrap_or_default).collect();
        let statements: Vec<Address> = statements.into_iter().flatten().collect();

        let assigned: Vec<HashSet<Uid>> =
            assigned.iter().map(|units| units.iter().map(|unit| unit.id).collect()).collect();
        let units = known.into_iter().map(|(name, unit)| {
            let held = |(data_set, assigned)| org_unit_held(&unit, assigned, &me, data_set);
            let held = data_sets.iter().zip(&assigned).map(held).collect();
            let is_readable = me.may_view_at(&unit.path);
            (name, OrgUnitTarget { unit, held, is_readable })
        });
        let org_units = units.collect();
        let now =
            info.server_date.unwrap_or_else(|| jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).datetime());
        let in_order = |name: fn(&DataSet) -> String| data_sets.iter().map(name).collect::<Vec<_>>().join(", ");
        let facts = Dhis2Facts {
            url: config.dhis2.url.value.to_string(),
            version: info.version_text.clone(),
            system_id: info.system_id.clone().unwrap_or_default(),
            data_set: in_order(|data_set| data_set.id.to_string()),
            data_set_name: in_order(|data_set| data_set.name.clone()),
        };
        let combo_names = combo_names(&data_sets);
        let data_sets = data_sets.into_iter().enumerate().map(|(index, data_set)| {
            let addresses = indicators.iter().flatten().chain(&statements).filter(|one| one.data_set == index);
            let attributes = addresses.flat_map(|one| one.cells.iter().map(|(_, attribute)| attribute.clone()));
            DataSetTarget { attributes: attributes.collect(), may_write: may_write(&me, &data_set), data_set }
        });
        Ok(Self {
            behaviour: info.version.behaviour(),
            version: info.version,
            facts,
            account: me.username.clone(),
            today: now.date(),
            now,
            told: info.server_date,
            time_zone: info.server_time_zone_id.clone(),
            former_units: HashMap::new(),
            lost_units: BTreeSet::new(),
            may_edit_expired: me.has_authority(EDIT_EXPIRED),
            data_sets: data_sets.collect(),
            me,
            client,
            org_units,
            indicators,
            statements,
            combo_names,
            elements,
        })
    }

    /// Where the report's values go: those of the indicators, then those of the statements.
    pub fn addresses(&self) -> impl Iterator<Item = &Address> {
        self.indicators.iter().flatten().chain(&self.statements)
    }

    /// The first indicator or statement that writes a data element, by its position among both.
    pub fn owner_of(&self, data_element: &str) -> Option<usize> {
        let is_it = |address: &Address| address.data_element == data_element;
        let indicator = self.indicators.iter().position(|one| one.as_ref().is_some_and(is_it));
        indicator.or_else(|| Some(self.indicators.len() + self.statements.iter().position(is_it)?))
    }

    /// A data element of the data sets; none of one that left them.
    pub fn element(&self, uid: &str) -> Option<&Element> {
        self.elements.get(uid)
    }

    /// Whether the values of a data element are those of a statement.
    pub fn is_statement(&self, uid: &str) -> bool {
        self.statements.iter().any(|address| address.data_element == uid)
    }

    /// How two values of a data element are compared.
    pub fn reading(&self, uid: &str) -> Reading {
        self.element(uid).map(|element| element.reading).unwrap_or_default()
    }

    /// The data set to which the values of a data element go, by its position; the first for one that left them all.
    pub fn data_set_of(&self, uid: &str) -> usize {
        self.element(uid).map_or(0, |element| element.data_set)
    }

    /// Why no value of this period is taken now in a data set, if it is not.
    pub fn period_held(&self, data_set: usize, period: Period) -> Option<String> {
        let DataSetTarget { data_set, may_write, .. } = self.data_sets.get(data_set)?;
        if let Err(reason) = may_write {
            return Some(reason.clone());
        }
        let open_periods = u32::try_from(data_set.open_future_periods).unwrap_or(0);
        if !period::is_open(period, self.today, open_periods) {
            return Some(format!(
                "the period is not over: data set `{}` opens {open_periods} future periods",
                data_set.name
            ));
        }
        // Newer servers allow fractions of a day; the day that has begun still counts.
        let expiry_days = data_set.expiry_days.ceil().max(0.0) as u32;
        if !self.may_edit_expired && period::is_expired(period, expiry_days, self.today) {
            return Some(format!("the period expired: data set `{}` locks it after {expiry_days} days", data_set.name));
        }
        self.input_held(data_set, period)
    }

    /// Why the data set's data input periods keep a period shut, if they do.
    fn input_held(&self, data_set: &DataSet, period: Period) -> Option<String> {
        let inputs = &data_set.data_input_periods;
        let is_open = inputs.iter().any(|input| {
            input.period == period.id().as_str()
                && input.opening_date.is_none_or(|opening| self.now >= opening)
                && input.closing_date.is_none_or(|closing| self.now <= closing)
        });
        let inverts = self.version.inverts_data_input_periods();
        if inputs.is_empty() || is_open != inverts {
            return None;
        }
        let name = &data_set.name;
        Some(if inverts {
            format!("DHIS2 {} locks data set `{name}` in its data input periods instead of outside them", self.version)
        } else {
            format!("data set `{name}` takes data only in its data input periods")
        })
    }

    /// Why an organisation unit takes no value of a data set in this period, if it does not.
    pub fn slice_held(&self, unit: &OrgUnitTarget, data_set: usize, period: Period) -> Option<String> {
        if let Some(reason) = unit.held_in(data_set) {
            return Some(reason.to_owned());
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

    /// Whether one of the report's indicators or statements decides this cell.
    pub fn writes(&self, key: &CellKey) -> bool {
        self.addresses().filter(|one| one.data_element == key.data_element).any(|one| {
            one.cells.iter().any(|(combo, attribute)| {
                *combo == key.category_option_combo && *attribute == key.attribute_option_combo
            })
        })
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
            let held = vec![(!is_readable).then(reason); self.data_sets.len()];
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
        let no_writer = |one: &DataSetTarget| one.may_write.as_ref().err().cloned();
        if let Some(reasons) = self.data_sets.iter().map(no_writer).collect::<Option<BTreeSet<String>>>() {
            let reasons = reasons.into_iter().collect::<Vec<_>>().join("; ");
            let problem = failure::at_credentials(config, reasons)
                .advice("Ask the DHIS2 administrator to give the account what it lacks.");
            return Err(Error::at(ErrorKind::Dhis2, problem).coded(Code::Dhis2Permission));
        }
        let of_all = (0..self.data_sets.len()).flat_map(|data_set| span.iter().map(move |period| (data_set, period)));
        let reasons: Option<BTreeSet<String>> =
            of_all.map(|(data_set, period)| self.period_held(data_set, period)).collect();
        let Some(reasons) = reasons else { return Ok(()) };
        let (first, last) = (span.first(), span.last());
        let reasons: Vec<String> = reasons.into_iter().collect();
        let message = format!(
            "DHIS2 takes no value in any period from {first} to {last}: {}",
            reasons.join("; "),
            first = first.id(),
            last = last.id()
        );
        let problem = config.problem(&report.data_sets_at(), message).advice(
            "Run other periods with --from and --to, wait until a period is over, or ask the DHIS2 administrator to \
             open these.",
        );
        Err(Error::at(ErrorKind::Held, problem))
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

fn org_unit_held(unit: &OrgUnit, assigned: &HashSet<Uid>, me: &Me, data_set: &DataSet) -> Option<String> {
    if !assigned.contains(&unit.id) {
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

/// The organisation units of the map. A name that means several is noted at its lines, and is none of them.
async fn org_units(client: &Client, config: &Config, fit: &mut Fit<'_>) -> Result<BTreeMap<String, OrgUnit>, Error> {
    let mut names: BTreeSet<String> = config.places.rows.iter().filter_map(|row| row.org_unit.clone()).collect();
    loop {
        let asked: Vec<String> = names.iter().cloned().collect();
        let found = client.org_units_by(config.dhis2.id_schemes.org_unit, &asked).await;
        match found.as_ref().map_err(dhis2::Error::kind) {
            Err(dhis2::ErrorKind::Ambiguous { id, .. }) if names.remove(id) => fit.ambiguous_unit(id),
            _ => return found.map_err(|error| failure::dhis2(&error, config)),
        }
    }
}

fn combo_names(data_sets: &[DataSet]) -> HashMap<CompactString, String> {
    let of_elements = data_sets.iter().flat_map(|data_set| &data_set.elements).map(|element| &element.category_combo);
    let combos = of_elements.chain(data_sets.iter().map(|data_set| &data_set.category_combo));
    let named = combos.flat_map(|combo| &combo.category_option_combos);
    named.map(|combo| (CompactString::from(combo.id.as_str()), combo.name.clone())).collect()
}

/// A data element that is not in the data set may be elsewhere, be a DHIS2 indicator, or not be at all.
async fn explain_missing(
    client: &Client,
    config: &Config,
    data_sets: &[DataSet],
    element: &Located<String>,
    looked_in: Option<usize>,
) -> Result<Problem, Error> {
    let scheme = config.dhis2.id_schemes.data_element;
    let name = &element.value;
    let ask = |error: dhis2::Error| failure::dhis2_at(&error, config, element);
    let indicator = client.find_indicator(name, scheme).await.map_err(ask)?;
    if let Some(indicator) = indicator {
        let message = format!("`{name}` is the DHIS2 indicator \"{}\", not a data element", indicator.name);
        let advice = "DHIS2 computes an indicator from data elements. Report its numerator and its denominator as data \
                      elements instead.";
        return Ok(config.problem(&element.span, message).advice(advice));
    }
    let looked_in: Vec<&DataSet> = match looked_in {
        Some(index) => data_sets.get(index).into_iter().collect(),
        None => data_sets.iter().collect(),
    };
    let elsewhere = client.data_elements(scheme, std::slice::from_ref(name)).await.map_err(ask)?;
    Ok(match elsewhere.get(name) {
        Some(found) => {
            let names: Vec<_> = looked_in.iter().map(|data_set| format!("`{}`", data_set.name)).collect();
            let message =
                format!("data element `{name}` (\"{}\") is not in data set {}", found.name, names.join(" or "));
            config.problem(&element.span, message).advice("Add it to the data set in DHIS2, or name another one.")
        }
        None => {
            let message = format!("DHIS2 has no data element `{name}` that this account can read");
            let elements: Vec<_> = looked_in.iter().flat_map(|data_set| &data_set.elements).collect();
            let known: Vec<&str> = elements.iter().filter_map(|e| e.data_element.name_in(scheme)).collect();
            let near = epi::nearest(name, &known).map(|near| format!("Did you mean `{near}`? ")).unwrap_or_default();
            let known: Vec<String> = elements
                .iter()
                .map(|e| format!("{} ({})", e.data_element.name_in(scheme).unwrap_or("-"), e.data_element.name))
                .collect();
            config.problem(&element.span, message).advice(format!("{near}The data set has: {}.", known.join(", ")))
        }
    })
}
