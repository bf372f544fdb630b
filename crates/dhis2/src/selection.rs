//! Selecting a cube of data, and cutting it so that every address stays short enough.

use jiff::civil::Date;

use crate::transport::Parameters;

/// The longest query of one request. Tomcat and nginx take 8 KiB for the request line with its headers; the rest is
/// left for headers and the proxies' own.
pub(crate) const QUERY_BYTES_MAX: usize = 6 * 1024;

/// The time that a query asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Time {
    /// These periods, in DHIS2's spelling, like `2026W5`.
    Periods(Vec<String>),
    /// All periods that lie between two days, both included.
    Between {
        /// The first day.
        start: Date,
        /// The last day.
        end: Date,
    },
    /// Of all periods that lie between two days what was written or deleted lately. DHIS2 compares its own stamps with its
    /// own clock; see [`changed_within`] for what its time zone does to that.
    ChangedWithin {
        /// The first day.
        start: Date,
        /// The last day.
        end: Date,
        /// How many minutes ago at most.
        minutes: u32,
    },
}

/// The minutes to ask for, so that nothing is missed that was written within `minutes` on a server whose clock is
/// `offset_minutes` ahead of UTC.
///
/// DHIS2 computes the instant by its clock and writes it into its query as a UTC time, while the column has no time zone and
/// holds the server's own time (`SpringDataValueSetStore`, `toLongGmtDate`). West of Greenwich it so looks for stamps
/// some hours too late and would miss what was written in between; east of it, it finds some hours more than was asked for,
/// which does no harm.
#[must_use]
pub fn changed_within(minutes: u32, offset_minutes: i32) -> u32 {
    minutes.saturating_add(offset_minutes.min(0).unsigned_abs())
}

/// Lists whose product is asked for, and what every request carries besides.
#[derive(Debug, Clone)]
pub(crate) struct Selection {
    pub(crate) lists: Vec<(&'static str, Vec<String>)>,
    pub(crate) fixed: Parameters,
}

impl Selection {
    pub(crate) fn with_time(mut self, time: &Time) -> Self {
        match time {
            Time::Periods(periods) => self.lists.push(("period", periods.clone())),
            Time::Between { start, end } => {
                self.fixed.push(("startDate", start.to_string()));
                self.fixed.push(("endDate", end.to_string()));
            }
            Time::ChangedWithin { start, end, minutes } => {
                self.fixed.push(("startDate", start.to_string()));
                self.fixed.push(("endDate", end.to_string()));
                // Not `lastUpdated`: how the server reads that text depends on its time zone too.
                self.fixed.push(("lastUpdatedDuration", format!("{minutes}m")));
            }
        }
        self
    }

    /// The parameters of the requests that together ask for all of it: the longest list is halved until all fit.
    pub(crate) fn requests(self) -> Vec<Parameters> {
        let mut waiting = vec![self];
        let mut requests = Vec::new();
        while let Some(selection) = waiting.pop() {
            let parameters = selection.parameters();
            if query_length(&parameters) <= QUERY_BYTES_MAX {
                requests.push(parameters);
                continue;
            }
            match selection.halved() {
                Some((first, second)) => waiting.extend([second, first]),
                // Nothing to cut: the server shall judge.
                None => requests.push(parameters),
            }
        }
        requests
    }

    fn parameters(&self) -> Parameters {
        let listed = self.lists.iter().flat_map(|(name, values)| values.iter().map(|value| (*name, value.clone())));
        listed.chain(self.fixed.iter().cloned()).collect()
    }

    fn halved(&self) -> Option<(Self, Self)> {
        let bytes = |values: &[String]| values.iter().map(String::len).sum::<usize>();
        let longest = (0..self.lists.len())
            .filter(|&index| self.lists[index].1.len() > 1)
            .max_by_key(|&index| bytes(&self.lists[index].1))?;
        let (mut first, mut second) = (self.clone(), self.clone());
        let half = first.lists[longest].1.len() / 2;
        first.lists[longest].1.truncate(half);
        second.lists[longest].1.drain(..half);
        Some((first, second))
    }
}

fn query_length(parameters: &Parameters) -> usize {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parameters);
    query.finish().len()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn numbered(prefix: &str, count: usize) -> Vec<String> {
        (0..count).map(|number| format!("{prefix}{number:010}")).collect()
    }

    #[test]
    fn a_short_selection_is_one_request() {
        let selection =
            Selection { lists: vec![("orgUnit", numbered("o", 3))], fixed: vec![("children", "true".into())] };
        let requests = selection.with_time(&Time::Periods(vec!["2026W5".into()])).requests();
        assert_eq!(requests.len(), 1);
        assert_eq!(requests[0].len(), 5);
    }

    #[test]
    fn a_long_one_is_cut_into_parts_that_cover_every_pair_once() {
        let (units, periods) = (numbered("o", 900), numbered("p", 700));
        let selection = Selection { lists: vec![("orgUnit", units.clone())], fixed: vec![("x", "y".into())] };
        let requests = selection.with_time(&Time::Periods(periods.clone())).requests();
        let mut pairs = BTreeSet::new();
        for request in &requests {
            assert!(query_length(request) <= QUERY_BYTES_MAX);
            assert!(request.contains(&("x", "y".to_owned())));
            for (_, unit) in request.iter().filter(|(name, _)| *name == "orgUnit") {
                for (_, period) in request.iter().filter(|(name, _)| *name == "period") {
                    assert!(pairs.insert((unit.clone(), period.clone())), "asked twice");
                }
            }
        }
        assert_eq!(pairs.len(), units.len() * periods.len());
    }

    #[test]
    fn what_cannot_be_cut_is_sent_as_it_is() {
        let selection = Selection { lists: vec![("orgUnit", vec!["o".repeat(9000)])], fixed: Vec::new() };
        assert_eq!(selection.requests().len(), 1);
    }
}
