//! Ages in years, and the bands that reports group them in.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The oldest age that a band may name. Nobody has lived longer, so a band beyond it is a slip of the pen.
pub const AGE_YEARS_MAX: u32 = 150;

/// How many bands a set may have: one for each year and some to spare, and small enough for a position of one byte.
pub const AGE_BANDS_MAX: usize = 200;

/// Age in completed years, from the years and months that Go.Data keeps side by side.
///
/// Months say how old an infant is: they matter only when the years are 0 or absent, where twelve of them make a year.
/// `None` when neither is known.
#[must_use]
pub fn completed_years(years: Option<u32>, months: Option<u32>) -> Option<u32> {
    match (years, months) {
        (Some(years), _) if years > 0 => Some(years),
        (_, Some(months)) => Some(months / 12),
        (years, None) => years,
    }
}

/// Ages from one number of completed years to another, both included; without an upper end in `80+`.
///
/// ```
/// use epi::age::AgeBand;
///
/// let band: AgeBand = "0-4".parse()?;
/// assert!(band.contains(4) && !band.contains(5));
/// assert_eq!("80+".parse::<AgeBand>()?.to_years, None);
/// # Ok::<(), epi::age::AgeBandError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AgeBand {
    /// The youngest age of the band, in completed years.
    pub from_years: u32,
    /// The oldest age of the band, or `None` when it has no upper end.
    pub to_years: Option<u32>,
}

/// Why a text is not an age band.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AgeBandError {
    /// It is not written like one.
    #[error("`{0}` is not an age band, which is written 0-4, 80+ or 5")]
    Malformed(String),
    /// The ends are the wrong way round.
    #[error("the age band `{0}` runs backwards")]
    Reversed(AgeBand),
    /// It names an age above [`AGE_YEARS_MAX`].
    #[error("the age band `{0}` goes beyond {AGE_YEARS_MAX} years")]
    TooOld(AgeBand),
}

/// How much of a refused text an error repeats, in characters.
const EXCERPT_CHARS_MAX: usize = 32;

impl AgeBand {
    /// Whether the age lies in the band.
    #[must_use]
    pub fn contains(self, age_years: u32) -> bool {
        self.from_years <= age_years && self.to_years.is_none_or(|to| age_years <= to)
    }

    fn checked(self) -> Result<Self, AgeBandError> {
        if self.to_years.is_some_and(|to| to < self.from_years) {
            Err(AgeBandError::Reversed(self))
        } else if self.from_years.max(self.to_years.unwrap_or(0)) > AGE_YEARS_MAX {
            Err(AgeBandError::TooOld(self))
        } else {
            Ok(self)
        }
    }

    /// The last age that the band covers, when there is nothing older than [`OLDER`].
    fn last(self) -> u32 {
        self.to_years.unwrap_or(OLDER)
    }
}

impl FromStr for AgeBand {
    type Err = AgeBandError;

    /// Reads `0-4`, `80+` or `5`.
    fn from_str(text: &str) -> Result<Self, AgeBandError> {
        let malformed = || AgeBandError::Malformed(text.chars().take(EXCERPT_CHARS_MAX).collect());
        let years = |digits: &str| -> Result<u32, AgeBandError> {
            let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| digits.parse().ok()).flatten().ok_or_else(malformed)
        };
        let band = if let Some(from) = text.strip_suffix('+') {
            Self { from_years: years(from)?, to_years: None }
        } else if let Some((from, to)) = text.split_once('-') {
            Self { from_years: years(from)?, to_years: Some(years(to)?) }
        } else {
            let only = years(text)?;
            Self { from_years: only, to_years: Some(only) }
        };
        band.checked()
    }
}

impl fmt::Display for AgeBand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self.to_years {
            None => format!("{}+", self.from_years),
            Some(to) if to == self.from_years => format!("{to}"),
            Some(to) => format!("{}-{to}", self.from_years),
        };
        f.pad(&text)
    }
}

impl Serialize for AgeBand {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AgeBand {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl de::Visitor<'_> for Text {
            type Value = AgeBand;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an age band, such as `0-4` or `80+`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<AgeBand, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Text)
    }
}

/// What is wrong with a set of age bands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AgeBandsError {
    /// There is no band.
    #[error("there is no age band")]
    Empty,
    /// More bands than [`AGE_BANDS_MAX`].
    #[error("{0} age bands are more than {AGE_BANDS_MAX}")]
    TooMany(usize),
    /// A band that cannot be.
    #[error(transparent)]
    Band(#[from] AgeBandError),
    /// Two bands share ages.
    #[error("the age bands `{first}` and `{second}` overlap at {shared}")]
    Overlap {
        /// The band that begins first.
        first: AgeBand,
        /// The other one.
        second: AgeBand,
        /// The ages that both have.
        shared: AgeBand,
    },
    /// No band has these ages, although there are bands below and above.
    #[error("no age band has {missing}, between `{before}` and `{after}`")]
    Gap {
        /// The band below the gap.
        before: AgeBand,
        /// The band above the gap.
        after: AgeBand,
        /// The ages that are missing.
        missing: AgeBand,
    },
}

/// The age that stands for everything above [`AGE_YEARS_MAX`].
const OLDER: u32 = AGE_YEARS_MAX + 1;

/// What stands in the table for an age that no band has.
const NO_BAND: u8 = u8::MAX;
const _: () = assert!(AGE_BANDS_MAX <= NO_BAND as usize);

/// Bands that neither overlap nor leave a gap between them, in the order in which they were given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgeBands {
    bands: Vec<AgeBand>,
    /// The position of the band for each age up to [`OLDER`].
    positions: Box<[u8]>,
}

impl AgeBands {
    /// Checks the bands.
    ///
    /// # Errors
    /// Everything that is wrong, at once: bands that overlap, ages missing between two bands. Ages below the first band and
    /// above the last one may be left out on purpose; [`AgeBands::uncovered`] tells.
    pub fn new(bands: Vec<AgeBand>) -> Result<Self, Vec<AgeBandsError>> {
        if bands.is_empty() {
            return Err(vec![AgeBandsError::Empty]);
        }
        if bands.len() > AGE_BANDS_MAX {
            return Err(vec![AgeBandsError::TooMany(bands.len())]);
        }
        let impossible: Vec<_> =
            bands.iter().filter_map(|band| band.checked().err()).map(AgeBandsError::Band).collect();
        let wrong = if impossible.is_empty() { overlaps_and_gaps(&bands) } else { impossible };
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let mut positions = vec![NO_BAND; OLDER as usize + 1].into_boxed_slice();
        for (position, band) in bands.iter().enumerate() {
            positions[band.from_years as usize..=band.last() as usize].fill(position as u8);
        }
        Ok(Self { bands, positions })
    }

    /// The bands in the order in which they were given.
    #[must_use]
    pub fn bands(&self) -> &[AgeBand] {
        &self.bands
    }

    /// The position of the band that has this age, or `None` for an age that is below the first or above the last band.
    #[must_use]
    #[inline]
    pub fn index_of(&self, age_years: u32) -> Option<usize> {
        let position = self.positions[age_years.min(OLDER) as usize];
        (position != NO_BAND).then_some(usize::from(position))
    }

    /// The ages below the first band and above the last one, which no band has.
    #[must_use]
    pub fn uncovered(&self) -> Vec<AgeBand> {
        let youngest = self.bands.iter().map(|band| band.from_years).min().unwrap_or(0);
        let oldest = self.bands.iter().map(|band| band.last()).max().unwrap_or(OLDER);
        let below = (youngest > 0).then(|| AgeBand { from_years: 0, to_years: Some(youngest - 1) });
        let above = (oldest < OLDER).then(|| AgeBand { from_years: oldest + 1, to_years: None });
        below.into_iter().chain(above).collect()
    }
}

fn overlaps_and_gaps(bands: &[AgeBand]) -> Vec<AgeBandsError> {
    let mut sorted = bands.to_vec();
    sorted.sort_by_key(|band| (band.from_years, band.last()));
    let mut wrong = Vec::new();
    // The band that reaches furthest so far; a later one may lie within it.
    let mut before = sorted[0];
    for after in sorted.into_iter().skip(1) {
        if after.from_years <= before.last() {
            let to_years = match (before.to_years, after.to_years) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
            let shared = AgeBand { from_years: after.from_years, to_years };
            wrong.push(AgeBandsError::Overlap { first: before, second: after, shared });
        } else if after.from_years > before.last() + 1 {
            let missing = AgeBand { from_years: before.last() + 1, to_years: Some(after.from_years - 1) };
            wrong.push(AgeBandsError::Gap { before, after, missing });
        }
        if after.last() > before.last() {
            before = after;
        }
    }
    wrong
}
