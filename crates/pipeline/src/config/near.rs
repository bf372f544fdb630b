//! What a person probably meant.

use strsim::osa_distance;

/// The known word nearest to another, two letters that changed places included; none if none is near.
pub(super) fn near<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let lower = word.to_lowercase();
    let slip = || known.iter().find(|known| osa_distance(&lower, &known.to_lowercase()) <= 1).copied();
    epi::nearest(word, known).or_else(|| if word.chars().count() > 2 { slip() } else { None })
}

/// Advice on an unknown word: the known one nearest to it, or one of which it is a part, or all.
pub(super) fn suggestion(word: &str, known: &[&str]) -> String {
    let is_part = |known: &&&str| known.split(['_', '/']).any(|part| part.eq_ignore_ascii_case(word));
    match near(word, known).or_else(|| known.iter().find(is_part).copied()) {
        Some(near) => format!("Did you mean `{near}`?"),
        None if known.is_empty() => "None is declared.".to_owned(),
        None => format!("Known: {}.", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_parts_and_strangers_are_told_apart() {
        assert_eq!(near("ulr", &["outbreak", "url"]), Some("url"));
        assert_eq!(near("or", &["of"]), None);
        assert_eq!(suggestion("onset", &["gender", "date_of_onset"]), "Did you mean `date_of_onset`?");
        assert_eq!(suggestion("banana", &["gender"]), "Known: gender.");
        assert_eq!(suggestion("banana", &[]), "None is declared.");
    }
}
