//! Which counts to ask for: one over the whole span, and only where that differs the way to the periods that differ. Pure.

/// Periods that one count is over, by their positions in the span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// Records whose date lies in one of these periods. Such a count is the sum over them.
    Within {
        /// First position.
        first: usize,
        /// Last position.
        last: usize,
    },
    /// Records up to the end of a period: a cumulative number. What differs once differs from there on, so the first period
    /// that differs is looked for.
    UpTo {
        /// The first position that may be the one.
        low: usize,
        /// The last position that may be the one.
        high: usize,
        /// The position that is asked for.
        at: usize,
    },
}

impl Range {
    /// The one question that a run asks if all agrees.
    pub fn whole(is_cumulative: bool, n_periods: usize) -> Self {
        let last = n_periods.saturating_sub(1);
        if is_cumulative { Self::UpTo { low: 0, high: last, at: last } } else { Self::Within { first: 0, last } }
    }

    /// First and last position of the periods that the count stands for.
    pub fn periods(self) -> (usize, usize) {
        match self {
            Self::Within { first, last } => (first, last),
            Self::UpTo { at, .. } => (at, at),
        }
    }

    /// What to ask next, the later periods first; nothing once the periods that differ are known. A range that agrees needs
    /// no more.
    pub fn next(self, agrees: bool) -> Vec<Self> {
        match self {
            Self::Within { first, last } if !agrees && first < last => {
                let middle = first + (last - first) / 2;
                vec![Self::Within { first: middle + 1, last }, Self::Within { first, last: middle }]
            }
            Self::Within { .. } => Vec::new(),
            Self::UpTo { low, high, at } => {
                let (low, high) = if agrees { (at + 1, high) } else { (low, at) };
                match low < high {
                    true => vec![Self::UpTo { low, high, at: low + (high - low) / 2 }],
                    false => Vec::new(),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks until nothing is left to ask; the ranges in the order in which they were asked for.
    fn asked(is_cumulative: bool, n_periods: usize, agrees: impl Fn(Range) -> bool) -> Vec<(usize, usize)> {
        let (mut waiting, mut asked) = (vec![Range::whole(is_cumulative, n_periods)], Vec::new());
        while !waiting.is_empty() {
            asked.extend(waiting.iter().map(|range| range.periods()));
            waiting = waiting.into_iter().flat_map(|range| range.next(agrees(range))).collect();
        }
        asked
    }

    #[test]
    fn a_span_that_agrees_is_asked_for_once() {
        for is_cumulative in [false, true] {
            assert_eq!(asked(is_cumulative, 110, |_| true).len(), 1);
            assert_eq!(asked(is_cumulative, 1, |_| false), [(0, 0)]);
        }
        assert_eq!(asked(true, 8, |_| true), [(7, 7)], "the last period of a cumulative number has them all");
    }

    #[test]
    fn the_periods_that_differ_are_found_in_few_questions() {
        for wrong in 0..110 {
            let found = asked(false, 110, |range| {
                let (first, last) = range.periods();
                !(first..=last).contains(&wrong)
            });
            assert!(found.contains(&(wrong, wrong)) && found.len() <= 15, "{wrong}: {found:?}");
            let found = asked(true, 110, |range| range.periods().1 < wrong);
            assert!(found.contains(&(wrong, wrong)) && found.len() <= 8, "{wrong}: {found:?}");
            assert!(wrong == 0 || found.contains(&(wrong - 1, wrong - 1)) || found.len() == 8, "{wrong}: {found:?}");
        }
        let all = asked(false, 8, |_| false);
        assert_eq!(all.len(), 15);
        assert_eq!(all[1], (4, 7), "the later half comes first");
    }
}
