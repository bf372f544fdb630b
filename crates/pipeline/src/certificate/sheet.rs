//! Values of single keys added up for the certificate.

use super::{CertifiedIndicator, CertifiedPeriod, number};
use epi::cell::wire_text;
use epi::headcount::Headcount;
use rust_decimal::Decimal;

/// What DHIS2 says at a key.
#[derive(Clone, Copy, Debug)]
pub enum Says<'a> {
    /// This value, or none; and whether that is what it should say.
    Value(Option<&'a str>, bool),
    /// Something else, because ours waits for a person or a later day.
    Held,
    /// Nothing, because ours is left out as a small cell.
    Suppressed,
}

/// The sums of a tie-out while the values come in.
#[derive(Clone, Debug)]
pub struct Sheet {
    n_periods: usize,
    sums: Vec<Sums>,
}

#[derive(Clone, Debug, Default)]
struct Sums {
    n_records: u64,
    ours: Decimal,
    dhis2: Decimal,
    held: Decimal,
    suppressed: Option<Decimal>,
    differs: bool,
}

impl Sheet {
    /// No value yet.
    pub fn new(n_indicators: usize, n_periods: usize) -> Self {
        Self { n_periods, sums: vec![Sums::default(); n_indicators * n_periods] }
    }

    /// Adds one of our values, and what DHIS2 says there. What lies outside the sheet is left out.
    pub fn add(&mut self, indicator: usize, period: usize, value: &str, n_records: u64, says: Says<'_>) {
        let Some(sums) = self.at(indicator, period) else { return };
        sums.n_records += n_records;
        sums.ours = sums.ours.saturating_add(number(value));
        match says {
            Says::Suppressed => {
                sums.suppressed = Some(sums.suppressed.unwrap_or_default().saturating_add(number(value)));
            }
            Says::Held => sums.held = sums.held.saturating_add(number(value)),
            Says::Value(says, agrees) => {
                sums.dhis2 = sums.dhis2.saturating_add(says.map(number).unwrap_or_default());
                sums.differs |= !agrees;
            }
        }
    }

    /// Adds one value of a statement. What is summed up is how many there are, and how many DHIS2 says too.
    pub fn add_statement(&mut self, index: usize, period: usize, is_held: bool, agrees: bool) {
        let says = if is_held { Says::Held } else { Says::Value(agrees.then_some("1"), agrees) };
        self.add(index, period, "1", 0, says);
    }

    /// Notes that DHIS2 says something where it should say nothing.
    pub fn disagree(&mut self, indicator: usize, period: usize) {
        if let Some(sums) = self.at(indicator, period) {
            sums.differs = true;
        }
    }

    /// Number of records behind the values of a period.
    pub fn n_records(&self, indicator: usize, period: usize) -> u64 {
        self.sums.get(indicator * self.n_periods + period).map_or(0, |sums| sums.n_records)
    }

    /// An indicator's tie-out; `periods` names its periods, with the records and Go.Data's count of each.
    pub fn indicator(
        &self,
        index: usize,
        (code, title): (&str, &str),
        not_asked: Option<String>,
        periods: impl Iterator<Item = (String, Headcount, Option<u64>)>,
    ) -> CertifiedIndicator {
        let sums = &self.sums[index * self.n_periods..(index + 1) * self.n_periods];
        let periods = sums.iter().zip(periods).map(|(sums, (period, headcount, godata))| CertifiedPeriod {
            period,
            n_records: headcount.counted,
            missed: headcount.missed,
            ours: wire_text(sums.ours),
            godata,
            dhis2: wire_text(sums.dhis2),
            held: wire_text(sums.held),
            suppressed: sums.suppressed.map(wire_text),
            dhis2_agrees: !sums.differs,
        });
        CertifiedIndicator {
            indicator: code.to_owned(),
            title: title.to_owned(),
            not_asked,
            periods: periods.collect(),
            spans: Vec::new(),
        }
    }

    fn at(&mut self, indicator: usize, period: usize) -> Option<&mut Sums> {
        if period >= self.n_periods {
            return None;
        }
        self.sums.get_mut(indicator * self.n_periods + period)
    }
}
