//! Numbers as the language writes them.

use crate::language::Language;
use crate::render::number::grouped_by;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// Decimals that are shown: an average age needs one, a rate two.
const DECIMALS_MAX: u32 = 2;

/// A value: its thousands set apart, its decimals as the language has them.
pub(in crate::web) fn figure(value: Decimal) -> String {
    let value = value.round_dp(DECIMALS_MAX).normalize();
    let language = Language::current();
    let whole = value.trunc().abs().to_u64().map(|whole| grouped_by(language.between_thousands(), whole));
    let mut text = whole.unwrap_or_else(|| value.trunc().abs().to_string());
    let fraction = value.fract().abs();
    if !fraction.is_zero() {
        let digits = fraction.to_string();
        text.push_str(language.before_decimals());
        text.push_str(digits.trim_start_matches("0."));
    }
    if value.is_sign_negative() && !value.is_zero() {
        text.insert(0, '\u{2212}');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_for_people() {
        let written = |text: &str| figure(text.parse().unwrap());
        assert_eq!(
            ["0", "1234567", "0.5", "1234.567", "-12", "-0.004", "99999999999999999999"].map(written),
            ["0", "1,234,567", "0.5", "1,234.57", "\u{2212}12", "0", "99999999999999999999"]
        );
    }
}
