//! "Did you mean ...?"

/// The known word nearest to what was written, if any is near enough to be what was meant.
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let folded = word.to_lowercase();
    known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(&folded, &candidate.to_lowercase()), *candidate))
        .filter(|(score, _)| *score >= NEAR)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// Below this similarity (Jaro-Winkler, 0 to 1) a suggestion confuses more than it helps.
const NEAR: f64 = 0.82;

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_of_the_pen_is_found_and_a_stranger_is_not() {
        assert_eq!(nearest("CONFIRMD", &["CONFIRMED", "PROBABLE"]), Some("CONFIRMED"));
        assert_eq!(nearest("date_of_onst", &["date_of_onset", "date_of_outcome"]), Some("date_of_onset"));
        assert_eq!(nearest("banana", &["CONFIRMED", "PROBABLE"]), None);
    }
}
