//! Stage A: names become UIDs. The first failure ends the whole request.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::super::super::catalogue::{IdScheme, Kind, Uid};
use super::super::super::store::PeriodId;
use super::super::super::{Server, Session};
use super::super::options::{ImportOptions, Schemes, Strategy};
use super::super::payload::{Payload, SentValue, Text};
use super::super::summary::Conflict;
use super::{CompletionAsked, Entry, Group, Scope, conflict};

/// Why a request could not be decoded.
pub(super) enum Failure {
    /// With a code, 409.
    Conflict(Conflict),
    /// An unparsable period: the server throws, 500.
    Crash,
}

struct Decoder<'a> {
    server: &'a mut Server,
    session: &'a Session,
    schemes: Schemes,
    data_set: Option<usize>,
}

/// Codes for an object that is missing, not found (by code or name), malformed (as a UID), and the scheme it is named by.
struct Codes(&'static str, &'static str, &'static str, &'static str, fn(&Schemes) -> IdScheme);

const ELEMENT: Codes = Codes("Data element", "E8102", "E8103", "E8104", Schemes::data_element);
const ORG_UNIT: Codes = Codes("Organisation unit", "E8105", "E8107", "E8106", Schemes::org_unit);
const OPTION_COMBO: Codes = Codes("Category option combo", "", "E8108", "E8109", Schemes::option_combo);
const ATTRIBUTE_COMBO: Codes = Codes("Attribute option combo", "", "E8110", "E8111", Schemes::attribute_combo);

/// Decodes the payload.
pub(super) fn decode(
    server: &mut Server,
    session: &Session,
    options: &ImportOptions,
    payload: &Payload,
) -> Result<Group, Failure> {
    let schemes = payload.schemes(options);
    let mut decoder = Decoder { server, session, schemes, data_set: None };
    let data_set = decoder.data_set(payload)?;
    decoder.data_set = data_set;
    let complete = decoder.completion(payload)?;
    let scope = decoder.scope(payload)?;
    let sent = payload.data_values.as_deref().unwrap_or_default();
    let entries = sent.iter().map(|value| decoder.entry(payload, value)).collect::<Result<_, _>>()?;
    let strategy = options.strategy;
    let strategy = if strategy == Strategy::Delete { strategy } else { Strategy::CreateAndUpdate };
    let unknown = payload.data_set.trimmed().filter(|_| data_set.is_none());
    Ok(Group { data_set, unknown_data_set: unknown.map(str::to_owned), entries, scope, complete, strategy })
}

impl Decoder<'_> {
    fn data_set(&self, payload: &Payload) -> Result<Option<usize>, Failure> {
        let Some(text) = payload.data_set.trimmed() else {
            return Ok(None);
        };
        let catalogue = &self.server.catalogue;
        let found = catalogue.find(Kind::DataSet, self.schemes.data_set(), text);
        if found.is_none() && self.schemes.data_set() == IdScheme::Uid && Uid::parse(text).is_none() {
            return Err(refuse("E8004", &[text], format!("Data set UID is malformed: `{text}`")));
        }
        if found.is_none() && self.schemes.data_set() != IdScheme::Uid {
            return Err(refuse("E8005", &[text], format!("Data set not found: `{text}`")));
        }
        Ok(found)
    }

    fn completion(&mut self, payload: &Payload) -> Result<Option<CompletionAsked>, Failure> {
        let Some(text) = payload.complete_date.trimmed() else {
            return Ok(None);
        };
        let whole = text.get(..10).unwrap_or(text);
        let shape = text.len() == 10 || text.as_bytes().get(10) == Some(&b'T');
        let date = whole
            .parse::<Date>()
            .ok()
            .filter(|_| shape)
            .ok_or_else(|| refuse("E8008", &[text], format!("Complete date is not a valid date: `{text}`")))?;
        let (Some(period), Some(_), Some(_)) =
            (payload.period.trimmed(), payload.org_unit.trimmed(), payload.data_set.trimmed())
        else {
            let text = "Complete date requires data set, organisation unit and period of the group";
            return Err(refuse("E8009", &[], text));
        };
        let period = self.period(period)?;
        let org_unit = self.required(Kind::OrgUnit, &payload.org_unit, &ORG_UNIT)?;
        let attribute_combo = self.attribute(&payload.attribute_option_combo)?;
        Ok(Some(CompletionAsked { date, period, org_unit, attribute_combo }))
    }

    fn scope(&mut self, payload: &Payload) -> Result<Scope, Failure> {
        let Some(deletion) = &payload.deletion else {
            return Ok(Scope::default());
        };
        let mut scope = Scope::default();
        for unit in &deletion.org_units {
            scope.org_units.push(self.named(Kind::OrgUnit, unit, &ORG_UNIT)?);
        }
        for period in &deletion.periods {
            scope.periods.push(self.period(period)?);
        }
        for element in &deletion.elements {
            let combo = |text: &Option<String>, codes| {
                text.as_deref().map(|t| self.named(Kind::CategoryOptionCombo, t, codes)).transpose()
            };
            let option_combo = combo(&element.category_option_combo, &OPTION_COMBO)?;
            let attribute_combo = combo(&element.attribute_option_combo, &ATTRIBUTE_COMBO)?;
            let uid = self.named(Kind::DataElement, &element.data_element, &ELEMENT)?;
            scope.elements.push((uid, option_combo, attribute_combo));
        }
        Ok(scope)
    }

    /// A value; its own period, unit and attribute combo win over the group's.
    fn entry(&mut self, payload: &Payload, sent: &SentValue) -> Result<Entry, Failure> {
        let period = sent.period.trimmed().or(payload.period.trimmed());
        let period = period.ok_or_else(|| refuse("E8100", &[], "Period is required"))?;
        let period = self.period(period)?;
        let data_element = self.required(Kind::DataElement, &sent.data_element, &ELEMENT)?;
        let unit = if sent.org_unit.trimmed().is_some() { &sent.org_unit } else { &payload.org_unit };
        let org_unit = self.required(Kind::OrgUnit, unit, &ORG_UNIT)?;
        let option_combo = match &sent.category_option_combo {
            Text::Options(options) => Some(self.by_options(options, Some(data_element), "E8108")?),
            text => text.trimmed().map(|t| self.named(Kind::CategoryOptionCombo, t, &OPTION_COMBO)).transpose()?,
        };
        let own = &sent.attribute_option_combo;
        let given = if own.trimmed().is_some() || matches!(own, Text::Options(_)) {
            own
        } else {
            &payload.attribute_option_combo
        };
        let attribute_combo = self.attribute(given)?;
        Ok(Entry {
            data_element,
            org_unit,
            period,
            option_combo,
            attribute_combo,
            value: sent.value.trimmed().map(str::to_owned),
            comment: sent.comment.trimmed().map(str::to_owned),
            followup: sent.follow_up.unwrap_or(false),
            deleted: sent.deleted.unwrap_or(false),
        })
    }

    fn period(&mut self, text: &str) -> Result<PeriodId, Failure> {
        self.server.periods.id(text, self.session.version).ok_or(Failure::Crash)
    }

    fn required(&self, kind: Kind, text: &Text, codes: &Codes) -> Result<Uid, Failure> {
        let missing = || refuse(codes.1, &[], format!("{} is required", codes.0));
        self.named(kind, text.trimmed().ok_or_else(missing)?, codes)
    }

    /// A UID is taken as it is if it is well-formed; whether it exists is asked later.
    fn named(&self, kind: Kind, text: &str, codes: &Codes) -> Result<Uid, Failure> {
        let scheme = (codes.4)(&self.schemes);
        if scheme == IdScheme::Uid {
            let malformed = || refuse(codes.3, &[text], format!("{} UID is malformed: `{text}`", codes.0));
            return Uid::parse(text).ok_or_else(malformed);
        }
        let catalogue = &self.server.catalogue;
        let found = catalogue.find(kind, scheme, text);
        let found = found.ok_or_else(|| refuse(codes.2, &[text], format!("{} not found: `{text}`", codes.0)))?;
        Ok(catalogue.uid(kind, found))
    }

    fn attribute(&self, text: &Text) -> Result<Option<Uid>, Failure> {
        match text {
            Text::Options(options) => self.by_options(options, None, "E8110").map(Some),
            text => (text.trimmed()).map(|t| self.named(Kind::CategoryOptionCombo, t, &ATTRIBUTE_COMBO)).transpose(),
        }
    }

    /// The option combo of the options that an object names, within the element's combo or, without
    /// an element, the data set's.
    fn by_options(
        &self,
        options: &BTreeMap<String, String>,
        element: Option<Uid>,
        code: &'static str,
    ) -> Result<Uid, Failure> {
        let catalogue = &self.server.catalogue;
        let Some(set) = self.data_set.map(|set| self.server.data_set(set)) else {
            return Err(refuse("E8101", &[], "Data set is required when using category options"));
        };
        let combo = match element {
            None => catalogue.find(Kind::CategoryCombo, IdScheme::Uid, &set.category_combo),
            Some(uid) => (catalogue.by_uid(Kind::DataElement, uid))
                .and_then(|e| catalogue.effective_combo(set, &catalogue.metadata.data_elements[e])),
        };
        let of_combo = combo.map(|c| &catalogue.option_combos_of_combo[c]).into_iter().flatten();
        let found = of_combo.copied().find(|&p| {
            let own = &catalogue.metadata.category_option_combos[p].category_options;
            own.len() == options.len() && options.values().all(|o| own.contains(o))
        });
        let named = format!("{options:?}");
        let found = found.ok_or_else(|| refuse(code, &[&named], format!("Option combo not found: `{named}`")))?;
        Ok(catalogue.uid(Kind::CategoryOptionCombo, found))
    }
}

fn refuse(code: &'static str, args: &[&str], text: impl Into<String>) -> Failure {
    Failure::Conflict(conflict(code, args, text))
}
