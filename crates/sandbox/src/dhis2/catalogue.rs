//! Metadata with the indexes that the importer and the queries need. Rebuilt after every alteration.

use std::collections::{HashMap, HashSet};

use super::metadata::{DataElement, DataSet, Metadata};
use super::period::PeriodType;

/// A UID by value: small enough to be a key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Uid([u8; 11]);

impl Uid {
    /// Reads a well-formed UID: a letter, then ten letters or digits.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 11] = text.as_bytes().try_into().ok()?;
        let shape = bytes[0].is_ascii_alphabetic() && bytes.iter().all(u8::is_ascii_alphanumeric);
        shape.then_some(Self(bytes))
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// The kinds of metadata object that the server serves and finds by UID or code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    DataSet,
    DataElement,
    CategoryCombo,
    Category,
    CategoryOption,
    CategoryOptionCombo,
    OrgUnit,
    OptionSet,
    SetOption,
    Indicator,
    User,
}

impl Kind {
    pub(crate) const ALL: [Self; 11] = [
        Self::DataSet,
        Self::DataElement,
        Self::CategoryCombo,
        Self::Category,
        Self::CategoryOption,
        Self::CategoryOptionCombo,
        Self::OrgUnit,
        Self::OptionSet,
        Self::SetOption,
        Self::Indicator,
        Self::User,
    ];

    /// The resource name in the URL and the key of the collection.
    pub(crate) fn plural(self) -> &'static str {
        match self {
            Self::DataSet => "dataSets",
            Self::DataElement => "dataElements",
            Self::CategoryCombo => "categoryCombos",
            Self::Category => "categories",
            Self::CategoryOption => "categoryOptions",
            Self::CategoryOptionCombo => "categoryOptionCombos",
            Self::OrgUnit => "organisationUnits",
            Self::OptionSet => "optionSets",
            Self::SetOption => "options",
            Self::Indicator => "indicators",
            Self::User => "users",
        }
    }

    /// DHIS2's class name, as error messages print it.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::DataSet => "DataSet",
            Self::DataElement => "DataElement",
            Self::CategoryCombo => "CategoryCombo",
            Self::Category => "Category",
            Self::CategoryOption => "CategoryOption",
            Self::CategoryOptionCombo => "CategoryOptionCombo",
            Self::OrgUnit => "OrganisationUnit",
            Self::OptionSet => "OptionSet",
            Self::SetOption => "Option",
            Self::Indicator => "Indicator",
            Self::User => "User",
        }
    }
}

/// How references are written: `idScheme` and its like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum IdScheme {
    #[default]
    Uid,
    Code,
    Name,
}

impl IdScheme {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "uid" | "id" => Some(Self::Uid),
            "code" => Some(Self::Code),
            "name" => Some(Self::Name),
            _ => None,
        }
    }
}

/// Metadata and its indexes.
pub(crate) struct Catalogue {
    pub(crate) metadata: Metadata,
    by_uid: HashMap<(Kind, Uid), usize>,
    by_code: HashMap<(Kind, String), usize>,
    pub(crate) uids: HashMap<Kind, Vec<Uid>>,
    pub(crate) data_sets_of_element: Vec<Vec<usize>>,
    pub(crate) data_sets_of_org_unit: Vec<Vec<usize>>,
    pub(crate) elements_of_data_set: Vec<HashSet<usize>>,
    pub(crate) org_units_of_data_set: Vec<HashSet<usize>>,
    pub(crate) option_combos_of_combo: Vec<Vec<usize>>,
    pub(crate) combo_of_option_combo: Vec<Option<usize>>,
    pub(crate) children: Vec<Vec<usize>>,
    pub(crate) paths: Vec<String>,
    pub(crate) period_types: Vec<Option<PeriodType>>,
}

impl Catalogue {
    /// Indexes the metadata.
    ///
    /// # Panics
    /// If an object's UID is not of DHIS2's shape: a real server could not hold it.
    pub(crate) fn new(metadata: Metadata) -> Self {
        let mut catalogue = Self {
            metadata,
            by_uid: HashMap::new(),
            by_code: HashMap::new(),
            uids: HashMap::new(),
            data_sets_of_element: Vec::new(),
            data_sets_of_org_unit: Vec::new(),
            elements_of_data_set: Vec::new(),
            org_units_of_data_set: Vec::new(),
            option_combos_of_combo: Vec::new(),
            combo_of_option_combo: Vec::new(),
            children: Vec::new(),
            paths: Vec::new(),
            period_types: Vec::new(),
        };
        catalogue.index_identities();
        catalogue.index_data_sets();
        catalogue.index_combos();
        catalogue.index_hierarchy();
        catalogue
    }

    /// UID, code and name of every object of a kind, in order.
    pub(crate) fn identities(&self, kind: Kind) -> Vec<(&str, Option<&str>, &str)> {
        macro_rules! of {
            ($list:expr) => {
                $list.iter().map(|o| (o.uid.as_str(), o.code.as_deref(), o.name.as_str())).collect()
            };
        }
        let m = &self.metadata;
        match kind {
            Kind::DataSet => of!(m.data_sets),
            Kind::DataElement => of!(m.data_elements),
            Kind::CategoryCombo => of!(m.category_combos),
            Kind::Category => of!(m.categories),
            Kind::CategoryOption => of!(m.category_options),
            Kind::CategoryOptionCombo => of!(m.category_option_combos),
            Kind::OrgUnit => of!(m.org_units),
            Kind::OptionSet => of!(m.option_sets),
            Kind::Indicator => of!(m.indicators),
            Kind::SetOption => (m.option_sets.iter().flat_map(|s| &s.options))
                .map(|o| (o.uid.as_str(), Some(o.code.as_str()), o.name.as_str()))
                .collect(),
            Kind::User => (m.users.iter()).map(|u| (u.uid.as_str(), None, u.username.as_str())).collect(),
        }
    }

    /// Position of the object that the text names under the scheme.
    pub(crate) fn find(&self, kind: Kind, scheme: IdScheme, text: &str) -> Option<usize> {
        match scheme {
            IdScheme::Uid => self.by_uid(kind, Uid::parse(text)?),
            IdScheme::Code => self.by_code.get(&(kind, text.to_owned())).copied(),
            IdScheme::Name => self.identities(kind).iter().position(|(_, _, name)| *name == text),
        }
    }

    /// Position of the object of that UID.
    pub(crate) fn by_uid(&self, kind: Kind, uid: Uid) -> Option<usize> {
        self.by_uid.get(&(kind, uid)).copied()
    }

    /// The UID of the object at a position.
    pub(crate) fn uid(&self, kind: Kind, position: usize) -> Uid {
        self.uids[&kind][position]
    }

    /// How an object is written under a scheme; none if it has no code.
    pub(crate) fn written(&self, kind: Kind, scheme: IdScheme, uid: Uid) -> Option<String> {
        let m = &self.metadata;
        let position = match scheme {
            IdScheme::Uid => return Some(uid.as_str().to_owned()),
            IdScheme::Code | IdScheme::Name => self.by_uid(kind, uid)?,
        };
        let (code, name) = match kind {
            Kind::DataElement => (m.data_elements[position].code.clone(), &m.data_elements[position].name),
            Kind::OrgUnit => (m.org_units[position].code.clone(), &m.org_units[position].name),
            Kind::DataSet => (m.data_sets[position].code.clone(), &m.data_sets[position].name),
            Kind::CategoryOptionCombo => {
                (m.category_option_combos[position].code.clone(), &m.category_option_combos[position].name)
            }
            _ => return None,
        };
        if scheme == IdScheme::Code { code } else { Some(name.clone()) }
    }

    /// The category combo that disaggregates an element within a data set.
    pub(crate) fn effective_combo(&self, data_set: &DataSet, element: &DataElement) -> Option<usize> {
        let replaced = data_set.combo_overrides.iter().find(|(uid, _)| *uid == element.uid);
        let combo = replaced.map_or(&element.category_combo, |(_, combo)| combo);
        self.find(Kind::CategoryCombo, IdScheme::Uid, combo)
    }

    /// Whether the organisation unit is one of the roots or below one.
    pub(crate) fn is_within(&self, org_unit: usize, roots: &[String]) -> bool {
        let path = &self.paths[org_unit];
        roots.iter().any(|root| path.split('/').any(|part| part == root))
    }

    /// The unit and everything below it.
    pub(crate) fn subtree(&self, org_unit: usize) -> Vec<usize> {
        let mut found = vec![org_unit];
        let mut next = 0;
        while next < found.len() {
            found.extend(self.children[found[next]].iter().copied());
            next += 1;
        }
        found
    }

    fn index_identities(&mut self) {
        for kind in Kind::ALL {
            let mut uids = Vec::new();
            let mut codes = Vec::new();
            for (uid, code, _) in self.identities(kind) {
                let parsed = Uid::parse(uid);
                uids.push(parsed.unwrap_or_else(|| panic!("`{uid}` is not a DHIS2 UID")));
                codes.push(code.map(str::to_owned));
            }
            for (position, (uid, code)) in uids.iter().zip(codes).enumerate() {
                self.by_uid.insert((kind, *uid), position);
                if let Some(code) = code {
                    self.by_code.insert((kind, code), position);
                }
            }
            self.uids.insert(kind, uids);
        }
    }

    fn positions<'a>(&self, kind: Kind, uids: impl Iterator<Item = &'a String>) -> HashSet<usize> {
        uids.filter_map(|uid| self.find(kind, IdScheme::Uid, uid)).collect()
    }

    fn index_data_sets(&mut self) {
        let mut of_element = vec![Vec::new(); self.metadata.data_elements.len()];
        let mut of_org_unit = vec![Vec::new(); self.metadata.org_units.len()];
        for (position, data_set) in self.metadata.data_sets.iter().enumerate() {
            let elements = self.positions(Kind::DataElement, data_set.data_elements.iter());
            let org_units = self.positions(Kind::OrgUnit, data_set.org_units.iter());
            elements.iter().for_each(|&e| of_element[e].push(position));
            org_units.iter().for_each(|&o| of_org_unit[o].push(position));
            self.elements_of_data_set.push(elements);
            self.org_units_of_data_set.push(org_units);
            self.period_types.push(PeriodType::by_name(&data_set.period_type));
        }
        self.data_sets_of_element = of_element;
        self.data_sets_of_org_unit = of_org_unit;
    }

    fn index_combos(&mut self) {
        let mut of_combo = vec![Vec::new(); self.metadata.category_combos.len()];
        for (position, option_combo) in self.metadata.category_option_combos.iter().enumerate() {
            let combo = self.find(Kind::CategoryCombo, IdScheme::Uid, &option_combo.category_combo);
            if let Some(combo) = combo {
                of_combo[combo].push(position);
            }
            self.combo_of_option_combo.push(combo);
        }
        self.option_combos_of_combo = of_combo;
    }

    fn index_hierarchy(&mut self) {
        let n_units = self.metadata.org_units.len();
        let mut children = vec![Vec::new(); n_units];
        for (position, unit) in self.metadata.org_units.iter().enumerate() {
            let mut path = format!("/{}", unit.uid);
            let mut above = unit.parent.as_deref();
            let mut n_steps = 0;
            while let Some(parent) = above.and_then(|p| self.find(Kind::OrgUnit, IdScheme::Uid, p)) {
                if n_steps == 0 {
                    children[parent].push(position);
                }
                let parent = &self.metadata.org_units[parent];
                path.insert_str(0, &format!("/{}", parent.uid));
                above = parent.parent.as_deref();
                n_steps += 1;
                assert!(n_steps <= n_units, "organisation unit {} is its own ancestor", unit.uid);
            }
            self.paths.push(path);
        }
        self.children = children;
    }
}
