//! How alike two names are.

use super::name::Name;
use super::reason::Reason;

/// How alike two names are, and why.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Likeness {
    /// From 0, nothing in common, to 1, the same.
    pub(super) score: f64,
    /// What was found.
    pub(super) reason: Reason,
    /// Both say what kind of place they are, and they say different kinds.
    pub(super) kinds_differ: bool,
    /// They have the same naming words but for a direction or a number.
    pub(super) marks_differ: bool,
}

/// The most that names are worth of which one says "north" or "2" and the other nothing.
const MARK_MISSING: f64 = 0.75;
/// The most that names are worth of which one says "north" and the other "south".
const MARKS_DIFFER: f64 = 0.4;
/// What is left of a likeness if a "town" is compared with a "district".
const KINDS_DIFFER: f64 = 0.9;

/// Compares two names.
pub(super) fn likeness(one: &Name, other: &Name) -> Likeness {
    let (mut score, mut reason) = words(one, other);
    let marks_differ = one.marks != other.marks;
    if marks_differ && score > 0.0 {
        let both = !one.marks.is_empty() && !other.marks.is_empty();
        let most = if both { MARKS_DIFFER } else { MARK_MISSING };
        if score > most {
            let shown = |name: &Name| if name.marks.is_empty() { "nothing".to_owned() } else { name.marks.join(" ") };
            score = most;
            reason = Reason::Marks { location: shown(one), unit: shown(other) };
        }
    }
    let kinds_differ = one.kinds != 0 && other.kinds != 0 && one.kinds & other.kinds == 0;
    if kinds_differ {
        score *= KINDS_DIFFER;
    }
    Likeness { score, reason, kinds_differ, marks_differ }
}

/// Compares the naming words.
fn words(one: &Name, other: &Name) -> (f64, Reason) {
    if one.compact.is_empty() || other.compact.is_empty() {
        return (0.0, Reason::OtherName);
    }
    if one.all == other.all {
        return (1.0, Reason::SameName);
    }
    if one.words == other.words {
        return (0.995, Reason::SameNameButGeneralWords);
    }
    if one.compact == other.compact {
        return (0.98, Reason::JoinedOtherwise);
    }
    if one.sorted == other.sorted {
        return (0.98, Reason::OtherOrder);
    }
    if one.only_marks || other.only_marks {
        return (0.0, Reason::OtherName);
    }
    let several = one.words.len() > 1 && one.words.len() == other.words.len();
    let sorted = if several { spelling(&one.sorted, &other.sorted) } else { (0.0, Reason::OtherName) };
    let sounds = if one.sounds == other.sounds && one.sounds.chars().count() >= 4 {
        (0.95, Reason::SameSound)
    } else {
        (0.0, Reason::OtherName)
    };
    let found = [spelling(&one.compact, &other.compact), sounds, sorted, sounding(one, other), contained(one, other)];
    found.into_iter().max_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or((0.0, Reason::OtherName))
}

/// Compares letter by letter.
fn spelling(one: &str, other: &str) -> (f64, Reason) {
    let (n_one, n_other) = (one.chars().count(), other.chars().count());
    let (longer, apart) = (n_one.max(n_other), n_one.abs_diff(n_other));
    let n = if apart > 3 { apart } else { strsim::osa_distance(one, other) };
    let first_differs = one.chars().next() != other.chars().next();
    let score = match (n, longer) {
        (1, 8..) => 0.94,
        (1, 6..) => 0.93,
        (1, 5) => 0.91,
        (1, 4) => 0.84,
        (1, _) => 0.6,
        (2, 11..) => 0.91,
        (2, 9..) => 0.89,
        (2, 8) => 0.86,
        (2, 6..) => 0.76,
        (3, 14..) => 0.88,
        (3, 11..) => 0.84,
        _ => strsim::jaro_winkler(one, other) * 0.75,
    };
    // A slip seldom hits the first letter; another first letter is mostly another place.
    let score = if first_differs { score - 0.07 } else { score };
    let reason = match n {
        1..=3 if score >= 0.7 => Reason::LettersDiffer(n),
        _ if score >= 0.6 => Reason::AlikeName,
        _ => Reason::OtherName,
    };
    (score, reason)
}

/// Compares what is heard, for names that differ in a spelling and in a letter.
fn sounding(one: &Name, other: &Name) -> (f64, Reason) {
    let longer = one.sounds.chars().count().max(other.sounds.chars().count());
    let same_start = one.sounds.chars().next() == other.sounds.chars().next();
    if longer >= 6 && same_start && strsim::osa_distance(&one.sounds, &other.sounds) == 1 {
        (if longer >= 8 { 0.91 } else { 0.88 }, Reason::AlikeSound)
    } else {
        (0.0, Reason::OtherName)
    }
}

/// One name has all words of the other, and more.
fn contained(one: &Name, other: &Name) -> (f64, Reason) {
    let (few, many) = if one.words.len() <= other.words.len() { (one, other) } else { (other, one) };
    let letters = |name: &Name| name.compact.chars().count() as f64;
    let is_in = few.words.iter().all(|word| word.chars().count() > 2 && many.words.contains(word));
    if few.words.len() < many.words.len() && is_in {
        (0.62 + 0.25 * letters(few) / letters(many), Reason::MoreWords)
    } else {
        (0.0, Reason::OtherName)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(one: &str, other: &str) -> f64 {
        likeness(&Name::of(one), &Name::of(other)).score
    }

    #[test]
    fn neighbours_are_told_apart() {
        for (one, other) in
            [("Nord-Kivu", "Sud-Kivu"), ("Boké 1", "Boké II"), ("Haut-Uele", "Bas-Uele"), ("Zone A", "Zone B")]
        {
            assert!(score(one, other) <= 0.41, "{one} {other} {}", score(one, other));
        }
        assert!(score("Boké", "Boké 2") <= 0.75);
        assert!(score("Bo City", "Bo District") < 0.91);
    }

    #[test]
    fn the_same_place_is_seen_through_its_spellings() {
        for (one, other) in [
            ("Nord Kivu", "nk Nord-Kivu Province"),
            ("Kindu Alunguli", "Alunguli Kindu"),
            ("Mont Ngafula", "Mont-Ngafula"),
            ("Montngafula", "Mont Ngafula"),
            ("Chapainawabganj", "Chapai Nawabganj Zila"),
        ] {
            assert!(score(one, other) >= 0.98, "{one} {other} {}", score(one, other));
        }
        assert!(score("Kailahun", "Kailaun") >= 0.94);
        assert!((0.7..0.9).contains(&score("Kalemie", "Kalemie Lac")));
        assert!(score("Goma", "Kindu") < 0.5);
    }

    #[test]
    fn likeness_does_not_depend_on_the_side() {
        let names = ["Nord-Kivu", "Boké 1", "Boke", "Kalemie Lac", "Mont Ngafula", "", "Æ"];
        for one in names {
            for other in names {
                assert!((score(one, other) - score(other, one)).abs() < 1e-9, "{one} {other}");
            }
        }
    }
}
