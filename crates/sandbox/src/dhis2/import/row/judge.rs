//! The checks of one value, in the importer's order; the first that fails ends them.

use std::collections::HashMap;

use super::super::super::catalogue::{IdScheme, Kind, Uid};
use super::super::super::period::Period;
use super::super::super::store::{Key, PeriodId};
use super::super::super::value_type;
use super::super::super::{DEFAULT_OPTION_COMBO, Server, Session};
use super::super::options::{ImportOptions, Schemes, Strategy};
use super::super::payload::{SentValue, Text};
use super::super::summary::Conflict;
use super::{Outer, constraints};

/// Longest comment in characters.
const COMMENT_CHARS_MAX: usize = 50_000;

/// Why a value is not written.
pub(super) enum Refusal {
    /// Its conflicts: one, or one for each option that the user may not write.
    Conflicts(Vec<Conflict>),
    /// The real importer throws here, and takes the whole import with it.
    Crash,
}

/// A value that passed.
pub(super) struct Resolved {
    pub(super) key: Key,
    pub(super) element: usize,
    pub(super) value: Option<String>,
    pub(super) comment: Option<String>,
    pub(super) followup: bool,
    pub(super) deleted: bool,
    pub(super) stored_by: Option<String>,
}

/// What a value refers to, by position in the catalogue.
pub(super) struct References<'a> {
    pub(super) element: usize,
    pub(super) period: &'a Period,
    pub(super) org_unit: usize,
    pub(super) option_combo: Option<usize>,
    pub(super) attribute_combo: Option<usize>,
}

/// The checks with what they share over a request.
pub(super) struct Judge<'a> {
    pub(super) server: &'a Server,
    pub(super) session: &'a Session,
    pub(super) options: &'a ImportOptions,
    pub(super) strategy: Strategy,
    pub(super) outer: &'a Outer,
    schemes: Schemes,
    within: HashMap<usize, bool>,
    latest: HashMap<usize, Option<Period>>,
    default_combo: Option<usize>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(
        server: &'a Server,
        session: &'a Session,
        options: &'a ImportOptions,
        strategy: Strategy,
        schemes: Schemes,
        outer: &'a Outer,
    ) -> Self {
        let default_combo = server.catalogue.find(Kind::CategoryOptionCombo, IdScheme::Uid, DEFAULT_OPTION_COMBO);
        Self {
            server,
            session,
            options,
            strategy,
            outer,
            schemes,
            within: HashMap::new(),
            latest: HashMap::new(),
            default_combo,
        }
    }

    /// Judges a value.
    pub(super) fn judge(
        &mut self,
        sent: &SentValue,
        period: Option<PeriodId>,
        period_text: &str,
    ) -> Result<Resolved, Refusal> {
        let server = self.server;
        let period_id = period;
        let mut refs = self.references(sent, period.map(|id| server.periods.get(id)), period_text)?;
        self.check_content(sent, refs.element)?;
        constraints::required(self, &refs)?;
        refs.option_combo = refs.option_combo.or(self.default_combo);
        refs.attribute_combo = refs.attribute_combo.or(self.default_combo);
        let combo = |position: Option<usize>| -> Result<Uid, Refusal> {
            Ok(server.catalogue.uid(Kind::CategoryOptionCombo, position.ok_or(Refusal::Crash)?))
        };
        let key = Key {
            org_unit: server.catalogue.uid(Kind::OrgUnit, refs.org_unit),
            period: period_id.ok_or(Refusal::Crash)?,
            data_element: server.catalogue.uid(Kind::DataElement, refs.element),
            option_combo: combo(refs.option_combo)?,
            attribute_combo: combo(refs.attribute_combo)?,
        };
        constraints::check(self, sent, &refs, &key)?;
        let value_type = &server.catalogue.metadata.data_elements[refs.element].value_type;
        let text = |text: &Text| text.trimmed().map(str::to_owned);
        Ok(Resolved {
            key,
            element: refs.element,
            value: sent.value.trimmed().map(|v| value_type::normalise_row(value_type, v).to_owned()),
            comment: text(&sent.comment),
            followup: sent.followup.unwrap_or(false),
            deleted: sent.deleted.unwrap_or(false),
            stored_by: text(&sent.stored_by),
        })
    }

    /// The last period that is open for the data set.
    pub(super) fn latest_open(&mut self, data_set: usize) -> Option<&Period> {
        let (server, session) = (self.server, self.session);
        let latest = self.latest.entry(data_set);
        latest.or_insert_with(|| super::super::timeliness::latest_open(session, server.data_set(data_set))).as_ref()
    }

    /// Checks 1-8: everything exists and may be written.
    fn references<'b>(
        &mut self,
        sent: &SentValue,
        period: Option<&'b Period>,
        period_text: &str,
    ) -> Result<References<'b>, Refusal> {
        let catalogue = &self.server.catalogue;
        let given = sent.data_element.trimmed().unwrap_or("");
        let element = catalogue
            .find(Kind::DataElement, self.schemes.data_element(), given)
            .ok_or_else(|| missing("E7610", "dataElement", given, "Data element not found or not accessible"))?;
        let period = period.ok_or_else(|| missing("E7611", "period", period_text, "Period not valid"))?;
        let given = sent.org_unit.trimmed().unwrap_or("");
        let own = || catalogue.find(Kind::OrgUnit, self.schemes.org_unit(), given);
        let org_unit = self
            .outer
            .org_unit
            .or_else(own)
            .ok_or_else(|| missing("E7612", "orgUnit", given, "Organisation unit not found or not accessible"))?;
        let option_combo = self.option_combo(sent)?;
        let attribute_combo = self.attribute_combo(sent)?;
        self.check_hierarchy(org_unit)?;
        Ok(References { element, period, org_unit, option_combo, attribute_combo })
    }

    /// Checks 4 and 5.
    fn option_combo(&self, sent: &SentValue) -> Result<Option<usize>, Refusal> {
        let property = "categoryOptionCombo";
        let what = "Category option combo not found or not accessible for writing data";
        let combo = self.combo(sent.category_option_combo.trimmed(), "E7613", property, what)?;
        self.check_options(combo, "E7614", property, "Category option combo")?;
        Ok(combo)
    }

    /// Checks 6 and 7.
    fn attribute_combo(&self, sent: &SentValue) -> Result<Option<usize>, Refusal> {
        let property = "attributeOptionCombo";
        let what = "Attribute option combo not found or not accessible for writing data";
        let combo = match self.outer.attribute_combo {
            Some(outer) => Some(outer),
            None => self.combo(sent.attribute_option_combo.trimmed(), "E7615", property, what)?,
        };
        self.check_options(combo, "E7616", property, "Attribute option combo")?;
        Ok(combo)
    }

    fn combo(
        &self,
        given: Option<&str>,
        code: &'static str,
        property: &'static str,
        what: &str,
    ) -> Result<Option<usize>, Refusal> {
        let Some(text) = given else { return Ok(None) };
        let catalogue = &self.server.catalogue;
        let found = catalogue.find(Kind::CategoryOptionCombo, self.schemes.option_combo(), text);
        found.map(Some).ok_or_else(|| missing(code, property, text, what))
    }

    /// Check 8, which superusers do not escape.
    fn check_hierarchy(&mut self, org_unit: usize) -> Result<(), Refusal> {
        let (catalogue, user) = (&self.server.catalogue, &self.session.user);
        let within = self.within.entry(org_unit);
        if *within.or_insert_with(|| catalogue.is_within(org_unit, &user.org_units)) {
            return Ok(());
        }
        let uid = catalogue.metadata.org_units[org_unit].uid.clone();
        let name = &user.username;
        let text = format!("Organisation unit: `{uid}` not in hierarchy of current user: `{name}`");
        Err(one("E7617", "orgUnit", vec![("organisationUnit", uid)], text))
    }

    /// Data write access to each option of a combo; every lacking one is a conflict.
    fn check_options(
        &self,
        combo: Option<usize>,
        code: &'static str,
        property: &'static str,
        what: &str,
    ) -> Result<(), Refusal> {
        let Some(combo) = combo.filter(|_| !self.session.user.is_super()) else {
            return Ok(());
        };
        let m = &self.server.catalogue.metadata;
        let combo = &m.category_option_combos[combo];
        let conflicts: Vec<_> = combo
            .category_options
            .iter()
            .filter(|uid| {
                let found = self.server.catalogue.find(Kind::CategoryOption, IdScheme::Uid, uid);
                found.is_some_and(|option| !m.category_options[option].data_write)
            })
            .map(|option| {
                let objects = vec![(property, combo.uid.clone()), ("categoryOption", option.clone())];
                let text = format!("{what}: `{}` option not accessible: `{option}`", combo.uid);
                Conflict::row(code, property, objects, text)
            })
            .collect();
        if conflicts.is_empty() { Ok(()) } else { Err(Refusal::Conflicts(conflicts)) }
    }

    /// Checks 9-12: value and comment.
    fn check_content(&self, sent: &SentValue, element: usize) -> Result<(), Refusal> {
        let m = &self.server.catalogue.metadata;
        let element = &m.data_elements[element];
        let object = || vec![("dataElement", element.uid.clone())];
        let (value, comment) = (sent.value.as_deref(), sent.comment.as_deref());
        let deletes = sent.deleted == Some(true) || self.strategy == Strategy::Delete;
        if value.is_none() && comment.is_none() && !deletes {
            let text = format!("Data value or comment not specified for data element: `{}`", element.uid);
            return Err(one("E7618", "value", object(), text));
        }
        let normal = value.map(|v| value_type::normalise_row(&element.value_type, v));
        if let Some(key) = normal.and_then(|v| value_type::fault(&element.value_type, v)) {
            let text = format!(
                "Value must match value type of data element `{}`: `{}`",
                element.uid,
                value_type::sentence(key)
            );
            let mut objects = object();
            objects.push(("property", key.to_owned()));
            return Err(one("E7619", "value", objects, text));
        }
        if comment.is_some_and(|c| c.chars().count() > COMMENT_CHARS_MAX) {
            return Err(one("E7620", "comment", object(), "Invalid comment: comment_length_greater_than_max_length"));
        }
        let Some(set) = element.option_set.as_ref() else {
            return Ok(());
        };
        let value = normal.ok_or(Refusal::Crash)?;
        let set = m.option_sets.iter().find(|s| s.uid == *set);
        if set.is_some_and(|set| !set.options.iter().any(|option| option.code == value)) {
            let text = "Data value is not a valid option of the data element option set";
            return Err(one("E7621", "value", object(), format!("{text}: `{}`", element.uid)));
        }
        Ok(())
    }
}

/// A refusal with one conflict.
pub(super) fn one(
    code: &'static str,
    property: &'static str,
    objects: Vec<(&'static str, String)>,
    text: impl Into<String>,
) -> Refusal {
    Refusal::Conflicts(vec![Conflict::row(code, property, objects, text)])
}

fn missing(code: &'static str, property: &'static str, given: &str, what: &str) -> Refusal {
    let name = if property == "orgUnit" { "organisationUnit" } else { property };
    one(code, property, vec![(name, given.to_owned())], format!("{what}: `{given}`"))
}
