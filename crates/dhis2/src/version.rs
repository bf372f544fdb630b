//! Versions of DHIS2 and, in one table, all that differs between them here.

use std::fmt;

use crate::values::{DATA_VALUES_MAX_GROUP, DATA_VALUES_MAX_ROW};

/// The oldest release this client speaks with. Earlier ones answer imports without an HTTP status or error codes.
const OLDEST: u16 = 38;

/// The first release with the group importer (DHIS2-19679).
const FIRST_GROUP: u16 = 43;

/// A release of DHIS2: `2.42.1` has minor 42 and patch 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    minor: u16,
    patch: u16,
}

/// A version that this client does not speak with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefusedVersion {
    /// The text is no version of DHIS2.
    #[error("{0:?} is not a version of DHIS2, like 2.42.1")]
    Unreadable(String),
    /// Older than 2.38.
    #[error("DHIS2 2.{0} is too old: import results can be trusted from 2.38 on")]
    TooOld(u16),
}

/// Which importer a server has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// 2.38 to 2.42: every value is judged by itself.
    Row,
    /// 2.43 and later: a wrong key or period rejects the whole group (data set) of values.
    Group,
}

/// What a server does with a zero of a data element whose zeros are not significant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ZeroStorage {
    /// It silently drops a new one, counted nowhere, and deletes an existing row.
    DropsInsignificant,
    /// It stores every zero.
    StoresAll,
}

/// How a value that the server already has is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnchangedRows {
    /// As `ignored`, without a rejected index.
    Ignored,
    /// As `updated`.
    Updated,
}

/// What a wrong period text in one value does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WholeFailure {
    /// Rejects that value alone.
    OneValue,
    /// Fails the request with status 500.
    Request,
}

/// Which attribute option combo a `completeDate` inside a data value set completes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompletionCombo {
    /// Always the default one.
    Default,
    /// The one of the data value set.
    OfTheSet,
}

/// All that differs between versions. The one table; nothing else asks for a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Behaviour {
    /// The importer.
    pub dialect: Dialect,
    /// What becomes of zeros.
    pub zeros: ZeroStorage,
    /// How unchanged values are counted.
    pub unchanged: UnchangedRows,
    /// Whether `imported` tells new rows apart; otherwise they count as `updated`.
    pub tells_new_rows: bool,
    /// The HTTP status of an import of which a part was rejected.
    pub partial_status: u16,
    /// Whether one value with a wrong key rejects all values of its group, so that guilty values must be bisected.
    pub rejects_groups: bool,
    /// What a wrong period text does.
    pub wrong_period: WholeFailure,
    /// Whether strategies other than DELETE have an effect.
    pub honours_strategy: bool,
    /// Whether a value without category option combo is stored under *default* without complaint, even if the data
    /// element has no such combo. True everywhere: name every combo.
    pub accepts_missing_combo: bool,
    /// Whether org units must be assigned to the data set and open in the period.
    pub checks_org_units: bool,
    /// Whether a request may carry a `deletion` scope; older servers ignore it silently.
    pub deletion_scope: bool,
    /// How the importer spells the follow-up flag. The client sends both.
    pub follow_up: &'static str,
    /// Whether an integer's trailing `.0` is cut off instead of rejected.
    pub trims_integers: bool,
    /// Whether read-back hoists what all values share to the top.
    pub hoists: bool,
    /// Whether a dry run tells new from changed values.
    pub dry_run_counts: bool,
    /// What a `completeDate` completes. This client never sends one; it registers completeness apart.
    pub completion_combo: CompletionCombo,
    /// A sensible number of values in one request.
    pub data_values_max: usize,
}

impl Version {
    /// Reads `version` of `system/info`: `2.42.1`, `2.44-SNAPSHOT`, `2.40.3.1`, and `42.1` as newer releases call
    /// themselves.
    ///
    /// # Errors
    /// If the text is no version, or one before 2.38.
    pub fn parse(text: &str) -> Result<Self, RefusedVersion> {
        let unreadable = || RefusedVersion::Unreadable(text.chars().take(40).collect());
        let number = text.trim().split(['-', '+', ' ']).next().unwrap_or_default();
        let parts: Vec<u16> = number.split('.').map(str::parse).collect::<Result<_, _>>().map_err(|_| unreadable())?;
        let (minor, patch) = match *parts.as_slice() {
            [2, minor] => (minor, 0),
            [2, minor, patch, ..] => (minor, patch),
            [major, ref rest @ ..] if major >= FIRST_GROUP => (major, rest.first().copied().unwrap_or(0)),
            _ => return Err(unreadable()),
        };
        if minor < OLDEST {
            return Err(RefusedVersion::TooOld(minor));
        }
        Ok(Self { minor, patch })
    }

    /// The release: 42 for `2.42.1`.
    #[must_use]
    pub fn minor(self) -> u16 {
        self.minor
    }

    /// Which importer it has.
    #[must_use]
    pub fn dialect(self) -> Dialect {
        if self.minor >= FIRST_GROUP { Dialect::Group } else { Dialect::Row }
    }

    /// The table's row for this version.
    #[must_use]
    pub fn behaviour(self) -> Behaviour {
        let row = Behaviour {
            dialect: Dialect::Row,
            zeros: ZeroStorage::DropsInsignificant,
            unchanged: UnchangedRows::Ignored,
            tells_new_rows: true,
            partial_status: 409,
            rejects_groups: false,
            wrong_period: WholeFailure::OneValue,
            honours_strategy: true,
            accepts_missing_combo: true,
            checks_org_units: false,
            deletion_scope: false,
            follow_up: "followup",
            trims_integers: false,
            hoists: false,
            dry_run_counts: true,
            completion_combo: CompletionCombo::OfTheSet,
            data_values_max: DATA_VALUES_MAX_ROW,
        };
        match self.minor {
            ..=40 => Behaviour { completion_combo: CompletionCombo::Default, ..row },
            41..FIRST_GROUP => row,
            FIRST_GROUP.. => Behaviour {
                dialect: Dialect::Group,
                zeros: ZeroStorage::StoresAll,
                unchanged: UnchangedRows::Updated,
                tells_new_rows: false,
                partial_status: 200,
                rejects_groups: true,
                wrong_period: WholeFailure::Request,
                honours_strategy: false,
                checks_org_units: true,
                deletion_scope: true,
                follow_up: "followUp",
                trims_integers: true,
                hoists: true,
                dry_run_counts: false,
                data_values_max: DATA_VALUES_MAX_GROUP,
                ..row
            },
        }
    }

    /// Whether data sets with `dataInputPeriods` are locked exactly backwards (DHIS2-21981): the tags 2.43.0 and
    /// 2.43.1 only.
    #[must_use]
    pub fn inverts_data_input_periods(self) -> bool {
        self.minor == 43 && self.patch <= 1
    }

    /// Whether it knows a period type by this name (`Weekly`, `FinancialSep`, ...).
    #[must_use]
    pub fn knows_period_type(self, name: &str) -> bool {
        PERIOD_TYPES.iter().any(|&(known, since)| known == name && self.minor >= since)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "2.{}.{}", self.minor, self.patch)
    }
}

/// The period types and the release that brought them (`PeriodType.java`, `PERIOD_TYPES`).
const PERIOD_TYPES: &[(&str, u16)] = &[
    ("Daily", OLDEST),
    ("Weekly", OLDEST),
    ("WeeklyWednesday", OLDEST),
    ("WeeklyThursday", OLDEST),
    ("WeeklyFriday", 43),
    ("WeeklySaturday", OLDEST),
    ("WeeklySunday", OLDEST),
    ("BiWeekly", OLDEST),
    ("Monthly", OLDEST),
    ("BiMonthly", OLDEST),
    ("Quarterly", OLDEST),
    ("QuarterlyNov", OLDEST),
    ("SixMonthly", OLDEST),
    ("SixMonthlyApril", OLDEST),
    ("SixMonthlyNov", OLDEST),
    ("Yearly", OLDEST),
    ("FinancialFeb", 43),
    ("FinancialApril", OLDEST),
    ("FinancialJuly", OLDEST),
    ("FinancialAug", 43),
    ("FinancialSep", 42),
    ("FinancialOct", OLDEST),
    ("FinancialNov", OLDEST),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    #[test]
    fn texts_of_system_info() {
        for (text, minor, patch) in [
            ("2.42.1", 42, 1),
            ("2.44-SNAPSHOT", 44, 0),
            ("2.40.3.1", 40, 3),
            ("2.38.1.1-SNAPSHOT", 38, 1),
            ("2.43", 43, 0),
            ("43.1.0", 43, 1),
        ] {
            assert_eq!(version(text), Version { minor, patch }, "{text}");
        }
        for text in ["", "2", "2.x", "3.1", "latest", "2.42.x", "40.1"] {
            assert!(matches!(Version::parse(text), Err(RefusedVersion::Unreadable(_))), "{text}");
        }
    }

    #[test]
    fn old_releases_are_refused_with_an_explanation() {
        insta::assert_snapshot!(Version::parse("2.37.9").unwrap_err(), @"DHIS2 2.37 is too old: import results can be trusted from 2.38 on");
        insta::assert_snapshot!(Version::parse("trunk").unwrap_err(), @r#""trunk" is not a version of DHIS2, like 2.42.1"#);
    }

    #[test]
    fn the_table_of_2_42() {
        insta::assert_debug_snapshot!(version("2.42.1").behaviour(), @r#"
        Behaviour {
            dialect: Row,
            zeros: DropsInsignificant,
            unchanged: Ignored,
            tells_new_rows: true,
            partial_status: 409,
            rejects_groups: false,
            wrong_period: OneValue,
            honours_strategy: true,
            accepts_missing_combo: true,
            checks_org_units: false,
            deletion_scope: false,
            follow_up: "followup",
            trims_integers: false,
            hoists: false,
            dry_run_counts: true,
            completion_combo: OfTheSet,
            data_values_max: 5000,
        }
        "#);
    }

    #[test]
    fn the_table_of_2_43() {
        insta::assert_debug_snapshot!(version("2.43.0").behaviour(), @r#"
        Behaviour {
            dialect: Group,
            zeros: StoresAll,
            unchanged: Updated,
            tells_new_rows: false,
            partial_status: 200,
            rejects_groups: true,
            wrong_period: Request,
            honours_strategy: false,
            accepts_missing_combo: true,
            checks_org_units: true,
            deletion_scope: true,
            follow_up: "followUp",
            trims_integers: true,
            hoists: true,
            dry_run_counts: false,
            completion_combo: OfTheSet,
            data_values_max: 20000,
        }
        "#);
    }

    #[test]
    fn versions_alike() {
        assert_eq!(version("2.38.0").behaviour(), version("2.40.9").behaviour());
        assert_eq!(version("2.41.0").behaviour(), version("2.42.9").behaviour());
        assert_eq!(version("2.43.0").behaviour(), version("2.44-SNAPSHOT").behaviour());
        assert_eq!(version("2.40.0").behaviour().completion_combo, CompletionCombo::Default);
        assert_eq!(version("2.41.0").behaviour().completion_combo, CompletionCombo::OfTheSet);
    }

    #[test]
    fn period_types_arrive_with_their_release() {
        assert!(version("2.38.0").knows_period_type("WeeklyWednesday"));
        assert!(!version("2.42.0").knows_period_type("WeeklyFriday"));
        assert!(version("2.43.0").knows_period_type("WeeklyFriday"));
        assert!(!version("2.41.0").knows_period_type("FinancialSep"));
        assert!(version("2.42.0").knows_period_type("FinancialSep"));
        assert!(!version("2.44").knows_period_type("TwoYearly"));
    }

    #[test]
    fn the_inverted_input_periods() {
        assert!(version("2.43.1").inverts_data_input_periods());
        assert!(!version("2.43.2").inverts_data_input_periods());
        assert!(!version("2.42.1").inverts_data_input_periods());
    }
}
