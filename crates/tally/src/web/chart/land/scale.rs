//! Five classes of values from light to dark, in which about as many units fall each. One hue, so that it reads the same with any
//! colour vision and on a grey print. Zero is white, apart from the smallest class: no case is other than few.

use rust_decimal::Decimal;

/// From few to many.
pub(super) const COLOURS: [&str; 5] = ["#d6e6f4", "#abd0e6", "#6aaed6", "#3282be", "#08468b"];
/// The colour of zero.
pub(super) const ZERO: &str = "#ffffff";
/// The colour of what is below zero, such as an average of changes.
pub(super) const NEGATIVE: &str = "#f4d9b0";

/// The classes of some values.
#[derive(Debug)]
pub(super) struct Scale {
    /// The smallest and the largest value of each class that has any.
    classes: Vec<(Decimal, Decimal)>,
    has_negative: bool,
}

impl Scale {
    /// The classes of some values. Equal values are always in one class; there are fewer classes than five if there are fewer
    /// values.
    pub(super) fn of<'v>(values: impl Iterator<Item = &'v Decimal>) -> Self {
        let mut positive: Vec<Decimal> = Vec::new();
        let mut has_negative = false;
        for value in values {
            if *value > Decimal::ZERO {
                positive.push(*value);
            }
            has_negative |= *value < Decimal::ZERO;
        }
        positive.sort_unstable();
        let mut classes: Vec<(Decimal, Decimal)> = Vec::new();
        let mut begin = 0;
        for class in 1..=COLOURS.len() {
            let end = positive.len() * class / COLOURS.len();
            let Some(largest) = end.checked_sub(1).and_then(|last| positive.get(last)) else { continue };
            // All that are equal to the largest one too.
            let end = positive.partition_point(|value| value <= largest);
            if end > begin {
                classes.push((positive[begin], *largest));
                begin = end;
            }
        }
        Self { classes, has_negative }
    }

    /// The smallest and the largest value of each class, from few to many.
    pub(super) fn classes(&self) -> impl Iterator<Item = (Decimal, Decimal)> {
        self.classes.iter().copied()
    }

    /// Whether any value is below zero.
    pub(super) fn has_negative(&self) -> bool {
        self.has_negative
    }

    /// The colour of a value.
    pub(super) fn colour(&self, value: Decimal) -> &'static str {
        if value.is_zero() {
            return ZERO;
        }
        if value < Decimal::ZERO {
            return NEGATIVE;
        }
        let class = self.classes.iter().position(|(_, largest)| value <= *largest);
        COLOURS[class.unwrap_or(self.classes.len().saturating_sub(1)).min(COLOURS.len() - 1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale(values: &[i64]) -> Scale {
        let values: Vec<Decimal> = values.iter().map(|value| Decimal::from(*value)).collect();
        Scale::of(values.iter())
    }

    fn classes(values: &[i64]) -> Vec<(i64, i64)> {
        let whole = |value: Decimal| value.try_into().unwrap();
        scale(values).classes().map(|(from, to)| (whole(from), whole(to))).collect()
    }

    #[test]
    fn classes_hold_about_as_many_and_never_part_what_is_equal() {
        assert_eq!(classes(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 100]), [(1, 2), (3, 4), (5, 6), (7, 8), (9, 100)]);
        assert_eq!(classes(&[1, 1, 1, 1, 1, 1, 1, 50]), [(1, 1), (50, 50)]);
        assert_eq!(classes(&[7]), [(7, 7)]);
        assert_eq!(classes(&[0, 0, -3]), []);
    }

    #[test]
    fn more_is_never_lighter() {
        let values: Vec<i64> = (0..200).map(|n| n * n % 97).collect();
        let scale = scale(&values);
        let place = |value: i64| {
            let colour = scale.colour(Decimal::from(value));
            COLOURS.iter().position(|known| *known == colour).map_or(0, |place| place + 1)
        };
        assert_eq!((place(0), place(1), place(96)), (0, 1, 5));
        assert!((0..96).all(|value| place(value) <= place(value + 1)));
        assert_eq!(scale.colour(Decimal::from(-1)), NEGATIVE);
    }
}
