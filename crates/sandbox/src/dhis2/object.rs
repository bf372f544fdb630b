//! Metadata objects as trees of properties, resolved as far as the fields of a request ask.

use serde_json::{Map, Value, json};

use super::catalogue::{Catalogue, IdScheme, Kind};
use super::fields::Field;

/// Creation and last change of every metadata object: the day of the later package.
const CHANGED: &str = "2020-10-12T16:12:00.000";

/// A metadata object by kind and position.
#[derive(Clone, Copy)]
pub(crate) struct Object {
    pub(crate) kind: Kind,
    pub(crate) position: usize,
}

/// The value of a property.
pub(crate) enum Node {
    Scalar(Value),
    Object(Object),
    List(Vec<Node>),
    Embedded(Vec<(&'static str, Node)>),
}

const IDENTIFIABLE: [&str; 6] = ["id", "code", "name", "displayName", "created", "lastUpdated"];

/// The properties of a kind besides the identifiable ones.
fn own_properties(kind: Kind) -> impl Iterator<Item = &'static str> {
    let names = match kind {
        Kind::DataSet => {
            "shortName periodType expiryDays openFuturePeriods timelyDays openPeriodsAfterCoEndDate noValueRequiresComment compulsoryFieldsCompleteOnly categoryCombo dataSetElements organisationUnits dataInputPeriods compulsoryDataElementOperands access"
        }
        Kind::DataElement => {
            "shortName valueType aggregationType domainType zeroIsSignificant categoryCombo optionSet optionSetValue commentOptionSet dataSetElements access"
        }
        Kind::CategoryCombo => "dataDimensionType isDefault categories categoryOptionCombos access",
        Kind::Category => "dataDimensionType categoryOptions categoryCombos access",
        Kind::CategoryOption => "startDate endDate organisationUnits access",
        Kind::CategoryOptionCombo => "categoryCombo categoryOptions access",
        Kind::OrgUnit => {
            "shortName path level parent children ancestors leaf openingDate closedDate dataSets geometry access"
        }
        Kind::OptionSet => "valueType options access",
        Kind::SetOption => "optionSet",
        Kind::Indicator => "shortName numerator denominator indicatorType annualized access",
        Kind::User => "username authorities organisationUnits dataViewOrganisationUnits settings",
    };
    names.split(' ')
}

impl Object {
    /// The property of that name; `None` if the kind has no such property.
    pub(crate) fn property(self, catalogue: &Catalogue, name: &str) -> Option<Node> {
        let is_attribute = catalogue.metadata.attribute_values.keys().any(|(_, attribute)| attribute == name);
        let known = is_attribute
            || name == "attributeValues"
            || IDENTIFIABLE.contains(&name)
            || own_properties(self.kind).any(|own| own == name);
        known.then(|| self.own(catalogue, name).unwrap_or(Node::Scalar(Value::Null)))
    }

    fn own(self, catalogue: &Catalogue, name: &str) -> Option<Node> {
        let (uid, code, title) = self.identity(catalogue);
        match name {
            "id" => return Some(text(uid)),
            "code" => return code.map(text),
            "shortName" => return Some(text(self.short_name(catalogue).unwrap_or(title))),
            "name" | "displayName" if self.kind != Kind::User => return Some(text(title)),
            "name" | "displayName" | "username" => return Some(text(title)),
            "lastUpdated" => {
                let changed =
                    catalogue.metadata.changed_at.get(uid).map(|at| at.strftime("%Y-%m-%dT%H:%M:%S%.3f").to_string());
                return Some(text(changed.as_deref().unwrap_or(CHANGED)));
            }
            "created" => return Some(text(CHANGED)),
            "access" => return Some(self.access(catalogue)),
            "attributeValues" => return Some(attribute_values(catalogue, uid)),
            // A filter compares an attribute's value by the attribute's UID.
            attribute => {
                let key = (uid.to_owned(), attribute.to_owned());
                if let Some(value) = catalogue.metadata.attribute_values.get(&key) {
                    return Some(text(value));
                }
            }
        }
        match self.kind {
            Kind::DataSet => self.of_data_set(catalogue, name),
            Kind::DataElement => self.of_data_element(catalogue, name),
            Kind::CategoryCombo | Kind::Category | Kind::CategoryOption | Kind::CategoryOptionCombo => {
                self.of_category(catalogue, name)
            }
            Kind::OrgUnit => self.of_org_unit(catalogue, name),
            Kind::OptionSet | Kind::SetOption => self.of_option_set(catalogue, name),
            Kind::Indicator => self.of_indicator(catalogue, name),
            Kind::User => self.of_user(catalogue, name),
        }
    }

    /// UID, code and name.
    pub(crate) fn identity(self, catalogue: &Catalogue) -> (&str, Option<&str>, &str) {
        let m = &catalogue.metadata;
        macro_rules! of {
            ($list:ident) => {{
                let object = &m.$list[self.position];
                (object.uid.as_str(), object.code.as_deref(), object.name.as_str())
            }};
        }
        match self.kind {
            Kind::DataSet => of!(data_sets),
            Kind::DataElement => of!(data_elements),
            Kind::CategoryCombo => of!(category_combos),
            Kind::Category => of!(categories),
            Kind::CategoryOption => of!(category_options),
            Kind::CategoryOptionCombo => of!(category_option_combos),
            Kind::OrgUnit => of!(org_units),
            Kind::OptionSet => of!(option_sets),
            Kind::Indicator => of!(indicators),
            Kind::SetOption => catalogue.identities(Kind::SetOption)[self.position],
            Kind::User => {
                let user = &m.users[self.position];
                (user.uid.as_str(), None, user.username.as_str())
            }
        }
    }

    fn short_name(self, catalogue: &Catalogue) -> Option<&str> {
        let m = &catalogue.metadata;
        match self.kind {
            Kind::DataSet => m.data_sets[self.position].short_name.as_deref(),
            Kind::DataElement => m.data_elements[self.position].short_name.as_deref(),
            _ => None,
        }
    }

    fn access(self, catalogue: &Catalogue) -> Node {
        let m = &catalogue.metadata;
        let write = match self.kind {
            Kind::DataSet => m.data_sets[self.position].data_write,
            Kind::CategoryOption => m.category_options[self.position].data_write,
            _ => true,
        };
        let data = vec![("read", flag(true)), ("write", flag(write))];
        Node::Embedded(vec![
            ("read", flag(true)),
            ("update", flag(false)),
            ("write", flag(false)),
            ("delete", flag(false)),
            ("data", Node::Embedded(data)),
        ])
    }

    fn of_data_set(self, catalogue: &Catalogue, name: &str) -> Option<Node> {
        let set = &catalogue.metadata.data_sets[self.position];
        Some(match name {
            "periodType" => text(&set.period_type),
            "expiryDays" => Node::Scalar(json!(set.expiry_days)),
            "openFuturePeriods" => Node::Scalar(json!(set.open_future_periods)),
            "timelyDays" => Node::Scalar(json!(set.timely_days)),
            "openPeriodsAfterCoEndDate" => Node::Scalar(json!(0)),
            "noValueRequiresComment" => flag(set.no_value_requires_comment),
            "compulsoryFieldsCompleteOnly" => flag(false),
            "compulsoryDataElementOperands" => Node::List(Vec::new()),
            "categoryCombo" => one(catalogue, Kind::CategoryCombo, &set.category_combo)?,
            "organisationUnits" => many(catalogue, Kind::OrgUnit, set.org_units.iter()),
            "dataInputPeriods" => Node::List(set.input_periods.iter().map(input_period).collect()),
            "dataSetElements" => {
                let elements = set.data_elements.iter();
                Node::List(elements.filter_map(|e| data_set_element(catalogue, set, e)).collect())
            }
            _ => return None,
        })
    }

    fn of_data_element(self, catalogue: &Catalogue, name: &str) -> Option<Node> {
        let element = &catalogue.metadata.data_elements[self.position];
        Some(match name {
            "valueType" => text(&element.value_type),
            "aggregationType" => text(&element.aggregation_type),
            "domainType" => text("AGGREGATE"),
            "zeroIsSignificant" => flag(element.zero_is_significant),
            "categoryCombo" => one(catalogue, Kind::CategoryCombo, &element.category_combo)?,
            "optionSetValue" => flag(element.option_set.is_some()),
            "optionSet" => one(catalogue, Kind::OptionSet, element.option_set.as_ref()?)?,
            "commentOptionSet" => one(catalogue, Kind::OptionSet, element.comment_option_set.as_ref()?)?,
            "dataSetElements" => {
                let sets = catalogue.data_sets_of_element[self.position].iter();
                let sets = sets.map(|&set| &catalogue.metadata.data_sets[set]);
                Node::List(sets.filter_map(|set| data_set_element(catalogue, set, &element.uid)).collect())
            }
            _ => return None,
        })
    }

    fn of_category(self, catalogue: &Catalogue, name: &str) -> Option<Node> {
        let m = &catalogue.metadata;
        Some(match (self.kind, name) {
            (Kind::CategoryCombo, "categories") => {
                many(catalogue, Kind::Category, m.category_combos[self.position].categories.iter())
            }
            (Kind::CategoryCombo, "categoryOptionCombos") => {
                let combos = catalogue.option_combos_of_combo[self.position].iter();
                Node::List(combos.map(|&p| object(Kind::CategoryOptionCombo, p)).collect())
            }
            (Kind::CategoryCombo, "isDefault") => flag(m.category_combos[self.position].name == "default"),
            (Kind::CategoryCombo | Kind::Category, "dataDimensionType") => text("DISAGGREGATION"),
            (Kind::Category, "categoryOptions") => {
                many(catalogue, Kind::CategoryOption, m.categories[self.position].category_options.iter())
            }
            (Kind::Category, "categoryCombos") => {
                let uid = &m.categories[self.position].uid;
                let combos = m.category_combos.iter().filter(|c| c.categories.contains(uid));
                many(catalogue, Kind::CategoryCombo, combos.map(|c| &c.uid))
            }
            (Kind::CategoryOption, "startDate") => day(m.category_options[self.position].start_date?),
            (Kind::CategoryOption, "endDate") => day(m.category_options[self.position].end_date?),
            (Kind::CategoryOption, "organisationUnits") => {
                many(catalogue, Kind::OrgUnit, m.category_options[self.position].org_units.iter())
            }
            (Kind::CategoryOptionCombo, "categoryCombo") => {
                one(catalogue, Kind::CategoryCombo, &m.category_option_combos[self.position].category_combo)?
            }
            (Kind::CategoryOptionCombo, "categoryOptions") => {
                let options = m.category_option_combos[self.position].category_options.iter();
                many(catalogue, Kind::CategoryOption, options)
            }
            _ => return None,
        })
    }

    fn of_org_unit(self, catalogue: &Catalogue, name: &str) -> Option<Node> {
        let unit = &catalogue.metadata.org_units[self.position];
        let children = &catalogue.children[self.position];
        Some(match name {
            "path" => text(&catalogue.paths[self.position]),
            "level" => Node::Scalar(json!(unit.level)),
            "parent" => one(catalogue, Kind::OrgUnit, unit.parent.as_ref()?)?,
            "children" => Node::List(children.iter().map(|&p| object(Kind::OrgUnit, p)).collect()),
            "ancestors" => {
                let path = catalogue.paths[self.position].split('/').map(str::to_owned);
                let above: Vec<_> = path.filter(|uid| !uid.is_empty() && *uid != unit.uid).collect();
                many(catalogue, Kind::OrgUnit, above.iter())
            }
            "leaf" => flag(children.is_empty()),
            "openingDate" => day(unit.opening_date),
            "closedDate" => day(unit.closed_date?),
            "geometry" => {
                if !unit.border.is_empty() {
                    return Some(Node::Scalar(json!({ "type": "Polygon", "coordinates": [unit.border] })));
                }
                let (longitude, latitude) = unit.point?;
                Node::Scalar(json!({ "type": "Point", "coordinates": [longitude, latitude] }))
            }
            "dataSets" => {
                let sets = catalogue.data_sets_of_org_unit[self.position].iter();
                Node::List(sets.map(|&p| object(Kind::DataSet, p)).collect())
            }
            _ => return None,
        })
    }

    fn of_option_set(self, catalogue: &Catalogue, name: &str) -> Option<Node> {
        let sets = &catalogue.metadata.option_sets;
        if self.kind == Kind::OptionSet {
            return Some(match name {
                "valueType" => text(&sets[self.position].value_type),
                "options" => {
                    let options = sets[self.position].options.iter().map(|o| &o.uid);
                    many(catalogue, Kind::SetOption, options)
                }
                _ => return None,
            });
        }
        let uid = self.identity(catalogue).0;
        let owner = sets.iter().find(|set| set.options.iter().any(|o| o.uid == uid))?;
        (name == "optionSet").then(|| one(catalogue, Kind::OptionSet, &owner.uid))?
    }

    fn of_indicator(self, catalogue: &Catalogue, name: &str) -> Option<Node> {
        let indicator = &catalogue.metadata.indicators[self.position];
        Some(match name {
            "numerator" => text(&indicator.numerator),
            "denominator" => text(&indicator.denominator),
            "indicatorType" => Node::Embedded(vec![("id", text(&indicator.indicator_type))]),
            "annualized" => flag(false),
            _ => return None,
        })
    }

    fn of_user(self, catalogue: &Catalogue, name: &str) -> Option<Node> {
        let user = &catalogue.metadata.users[self.position];
        Some(match name {
            "authorities" => Node::List(user.authorities.iter().map(|a| text(a)).collect()),
            "organisationUnits" | "dataViewOrganisationUnits" => many(catalogue, Kind::OrgUnit, user.org_units.iter()),
            "settings" => {
                Node::Embedded(vec![("keyAnalysisDisplayProperty", text("name")), ("keyUiLocale", text("en"))])
            }
            _ => return None,
        })
    }
}

impl Node {
    /// The JSON of the node with the wanted fields of what it refers to; a reference without
    /// fields is written as its id.
    pub(crate) fn project(&self, catalogue: &Catalogue, fields: Option<&[Field]>) -> Value {
        match self {
            Self::Scalar(value) => value.clone(),
            Self::List(nodes) => nodes.iter().map(|n| n.project(catalogue, fields)).collect(),
            Self::Object(object) => {
                let id = [Field::Property("id".to_owned(), None)];
                let names: Vec<_> = IDENTIFIABLE.into_iter().chain(own_properties(object.kind)).collect();
                select(&names, fields.unwrap_or(&id), |name, nested| {
                    Some(object.property(catalogue, name)?.project(catalogue, nested))
                })
            }
            Self::Embedded(entries) => {
                let names: Vec<_> = entries.iter().map(|(name, _)| *name).collect();
                select(&names, fields.unwrap_or(&[Field::All]), |name, nested| {
                    let (_, node) = entries.iter().find(|(n, _)| *n == name)?;
                    Some(node.project(catalogue, nested))
                })
            }
        }
    }

    /// The scalars at the end of a dotted path; `Err` names a property that does not exist.
    pub(crate) fn at(&self, catalogue: &Catalogue, path: &[&str], found: &mut Vec<Value>) -> Result<(), String> {
        match (self, path) {
            (Self::List(nodes), _) => nodes.iter().try_for_each(|n| n.at(catalogue, path, found)),
            (Self::Scalar(Value::Null), _) => Ok(()),
            (Self::Scalar(value), []) => {
                found.push(value.clone());
                Ok(())
            }
            (Self::Object(object), []) => {
                found.push(json!(object.identity(catalogue).0));
                Ok(())
            }
            (Self::Object(object), [name, rest @ ..]) => match object.property(catalogue, name) {
                Some(node) => node.at(catalogue, rest, found),
                None => Err((*name).to_owned()),
            },
            (Self::Embedded(entries), [name, rest @ ..]) => match entries.iter().find(|(n, _)| n == name) {
                Some((_, node)) => node.at(catalogue, rest, found),
                None => Err((*name).to_owned()),
            },
            (Self::Embedded(_), []) => {
                found.push(json!(true));
                Ok(())
            }
            (Self::Scalar(_), [name, ..]) => Err((*name).to_owned()),
        }
    }
}

/// An object as a node.
pub(crate) fn object(kind: Kind, position: usize) -> Node {
    Node::Object(Object { kind, position })
}

/// Builds an object of the chosen properties; nulls are left out.
fn select(
    names: &[&str],
    fields: &[Field],
    mut value_of: impl FnMut(&str, Option<&[Field]>) -> Option<Value>,
) -> Value {
    let mut built = Map::new();
    let mut insert = |name: &str, nested: Option<&[Field]>| {
        if let Some(value) = value_of(name, nested).filter(|v| !v.is_null()) {
            built.insert(name.to_owned(), value);
        }
    };
    for field in fields {
        match field {
            Field::Property(name, nested) => insert(name, nested.as_deref()),
            Field::All => names.iter().for_each(|name| insert(name, None)),
            Field::Identifiable => IDENTIFIABLE.iter().for_each(|name| insert(name, None)),
            Field::Nameable => {
                IDENTIFIABLE.iter().chain(&["shortName"]).for_each(|name| insert(name, None));
            }
            Field::Without(_) => {}
        }
    }
    for field in fields {
        if let Field::Without(name) = field {
            built.remove(name);
        }
    }
    Value::Object(built)
}

fn data_set_element(catalogue: &Catalogue, set: &super::metadata::DataSet, element: &str) -> Option<Node> {
    let mut entries = vec![
        ("dataElement", one(catalogue, Kind::DataElement, element)?),
        ("dataSet", one(catalogue, Kind::DataSet, &set.uid)?),
    ];
    if let Some((_, combo)) = set.combo_overrides.iter().find(|(uid, _)| uid == element) {
        entries.push(("categoryCombo", one(catalogue, Kind::CategoryCombo, combo)?));
    }
    Some(Node::Embedded(entries))
}

fn attribute_values(catalogue: &Catalogue, uid: &str) -> Node {
    let of_object = catalogue.metadata.attribute_values.iter().filter(|((object, _), _)| object == uid);
    let value = |((_, attribute), value): (&(String, String), &String)| {
        Node::Embedded(vec![("value", text(value)), ("attribute", Node::Embedded(vec![("id", text(attribute))]))])
    };
    Node::List(of_object.map(value).collect())
}

fn input_period(entry: &super::metadata::InputPeriod) -> Node {
    let moment = |at: &Option<jiff::Timestamp>| {
        at.map_or(Node::Scalar(Value::Null), |at| text(&at.strftime("%Y-%m-%dT%H:%M:%S%.3f").to_string()))
    };
    Node::Embedded(vec![
        ("period", Node::Embedded(vec![("id", text(&entry.period))])),
        ("openingDate", moment(&entry.opening)),
        ("closingDate", moment(&entry.closing)),
    ])
}

fn one(catalogue: &Catalogue, kind: Kind, uid: &str) -> Option<Node> {
    catalogue.find(kind, IdScheme::Uid, uid).map(|position| object(kind, position))
}

fn many<'a>(catalogue: &Catalogue, kind: Kind, uids: impl Iterator<Item = &'a String>) -> Node {
    Node::List(uids.filter_map(|uid| one(catalogue, kind, uid)).collect())
}

fn text(value: &str) -> Node {
    Node::Scalar(json!(value))
}

fn flag(value: bool) -> Node {
    Node::Scalar(json!(value))
}

fn day(value: jiff::civil::Date) -> Node {
    text(&format!("{value}T00:00:00.000"))
}
