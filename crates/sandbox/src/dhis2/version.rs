//! The simulated release, and which of DHIS2's two importers it has.

/// A DHIS2 release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// `42` of `2.42.1`.
    pub minor: u32,
    /// `1` of `2.42.1`.
    pub patch: u32,
}

/// The importer behind `/api/dataValueSets`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Up to 2.42: each row is judged alone (codes E76xx).
    Row,
    /// From 2.43: a key error rejects the whole group (codes E80xx and E81xx).
    Group,
}

impl Version {
    /// Reads `2.42.0`, `2.43.0.1`, `2.44-SNAPSHOT`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(['.', '-']);
        let major = parts.next()?;
        let minor = parts.next()?.parse().ok()?;
        let patch = parts.next().and_then(|p| p.parse().ok()).unwrap_or(0);
        (major == "2").then_some(Self { minor, patch })
    }

    /// The importer of this release.
    pub fn dialect(self) -> Dialect {
        if self.minor <= 42 { Dialect::Row } else { Dialect::Group }
    }

    /// Whether data input periods are read backwards: tags 2.43.0, 2.43.0.1 and 2.43.1 (DHIS2-21981).
    pub fn inverts_input_periods(self) -> bool {
        self.minor == 43 && self.patch <= 1
    }

    /// Whether `/api/NN/` is served.
    pub(crate) fn serves_api(self, number: u32) -> bool {
        (28..=self.minor).contains(&number)
    }

    /// Whether the import summary goes out unwrapped and always with status 200.
    pub(crate) fn plain_summary(self, api: Option<u32>) -> bool {
        self.minor <= 36 || (self.minor <= 41 && api.is_some_and(|n| n <= 37))
    }
}
