//! What new objects are called: UIDs, codes, names and short names that come out the same whenever they are made.

use dhis2::{IdScheme, Uid};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// DHIS2's columns for codes and short names.
pub(super) const CODE_MAX: usize = 50;
pub(super) const SHORT_NAME_MAX: usize = 50;
/// DHIS2's column for names.
pub(super) const NAME_MAX: usize = 230;
/// Of the name of what an object belongs to, so much fits behind its own in a short name.
const BELONGS_MAX: usize = 20;

/// Begins every code that nobody gave, so that it is nobody else's.
const PREFIX: &str = "TALLY";

const LETTERS: &[u8; 52] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// What DHIS2 knows an object by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) id: String,
    pub(super) code: String,
    /// The UID is made of the code, so whatever has it was made by a package such as this one.
    pub(super) is_ours: bool,
}

impl Identity {
    /// Of an object that the configuration does not name.
    pub(super) fn generated(kind: &str, code: &str) -> Self {
        Self { id: uid(kind, code), code: code.to_owned(), is_ours: true }
    }

    /// Of an object that the configuration names: a UID is its UID, anything else its code. `generated` is its code if it has
    /// none else.
    pub(super) fn named(kind: &str, written: &str, scheme: IdScheme, generated: &str) -> Self {
        if scheme == IdScheme::Uid && Uid::parse(written).is_ok() {
            let is_ours = uid(kind, generated) == written;
            return Self { id: written.to_owned(), code: generated.to_owned(), is_ours };
        }
        Self::generated(kind, written)
    }
}

/// A UID of DHIS2's form, made of the kind of object and its code.
pub(super) fn uid(kind: &str, code: &str) -> String {
    let hash = hash(&format!("{kind}\0{code}"));
    let first = LETTERS[usize::from(hash[0]) % LETTERS.len()];
    let rest = hash[1..11].iter().map(|byte| ALPHABET[usize::from(*byte) % ALPHABET.len()]);
    std::iter::once(first).chain(rest).map(char::from).collect()
}

/// A code of these words: `TALLY_WEEKLY_CONFIRMED_CASES`. What cannot stand in a code, or has no room, is replaced by a hash.
pub(super) fn code_of(words: &[&str]) -> String {
    let mut is_lossy = false;
    let mut code = PREFIX.to_owned();
    for word in words {
        code.push('_');
        for character in word.trim().chars() {
            match character {
                _ if character.is_ascii_alphanumeric() => code.push(character.to_ascii_uppercase()),
                '_' | '-' | ' ' | '.' => code.push('_'),
                '+' => code.push_str("_PLUS"),
                _ => {
                    is_lossy = true;
                    code.push('_');
                }
            }
        }
    }
    if is_lossy || code.len() > CODE_MAX {
        code.truncate(CODE_MAX - 9);
        code.push('_');
        code.push_str(&mark(&words.join("\0")));
    }
    code
}

/// Eight characters that tell a text from others.
pub(super) fn mark(text: &str) -> String {
    hash(text)[..4].iter().map(|byte| format!("{byte:02X}")).collect()
}

fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// A code in words: `AGE_GROUP` is *Age group*.
pub(super) fn in_words(code: &str) -> String {
    let spaced = code.replace(['_', '.'], " ").trim().to_lowercase();
    let mut characters = spaced.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

/// A name for something that belongs to something else: *New deaths (Weekly)*. No other object of the kind has it: `taken`.
pub(super) fn name(title: &str, of: Option<&str>, taken: &mut BTreeSet<String>) -> String {
    fitted(title, of, NAME_MAX, taken)
}

/// As [`name`], in the room of a short name.
pub(super) fn short_name(title: &str, of: Option<&str>, taken: &mut BTreeSet<String>) -> String {
    fitted(title, of.map(|of| cut(of, BELONGS_MAX)).as_deref(), SHORT_NAME_MAX, taken)
}

fn fitted(title: &str, of: Option<&str>, max: usize, taken: &mut BTreeSet<String>) -> String {
    let end = of.map(|of| format!(" ({of})")).unwrap_or_default();
    // Databases compare names whatever their case.
    let mut with = |end: &str| {
        let fitted = format!("{}{end}", cut(title, max - end.chars().count()));
        taken.insert(fitted.to_lowercase()).then_some(fitted)
    };
    let numbered = |n: usize| format!("{end} {n}");
    with(&end).or_else(|| (2..).find_map(|n| with(&numbered(n)))).unwrap_or_default()
}

fn cut(text: &str, max: usize) -> String {
    text.chars().take(max).collect::<String>().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uid_is_of_dhis2s_form_and_follows_from_kind_and_code() {
        let all: BTreeSet<String> = (0..2000).map(|n| uid("dataElement", &format!("CODE_{n}"))).collect();
        assert_eq!(all.len(), 2000);
        assert!(all.iter().all(|uid| Uid::parse(uid).is_ok()));
        assert_ne!(uid("dataElement", "A"), uid("dataSet", "A"));
        // They stand in servers and configurations: a change of the rule would make everything a second time.
        assert_eq!(uid("dataSet", "TALLY_WEEKLY"), "qI8pPxnyOIZ");
    }

    #[test]
    fn what_the_configuration_names_keeps_its_name() {
        let uid_given = Identity::named("dataElement", "bmbNyNoJcXP", IdScheme::Uid, "TALLY_W_CASES");
        assert_eq!((uid_given.id.as_str(), uid_given.is_ours), ("bmbNyNoJcXP", false));
        let no_uid = Identity::named("dataElement", "CASES", IdScheme::Uid, "TALLY_W_CASES");
        let code = Identity::named("dataElement", "CASES", IdScheme::Code, "TALLY_W_CASES");
        assert_eq!((no_uid.code.as_str(), &no_uid), ("CASES", &code));
        // What was made without a name and was then named by its UID is still the same.
        let made = Identity::generated("dataElement", "TALLY_W_CASES");
        assert_eq!(Identity::named("dataElement", &made.id, IdScheme::Uid, "TALLY_W_CASES"), made);
    }

    #[test]
    fn codes_and_names_fit_and_are_told_apart() {
        assert_eq!(code_of(&["weekly", "confirmed cases", "80+"]), "TALLY_WEEKLY_CONFIRMED_CASES_80_PLUS");
        let (one, other) = (code_of(&["semaine", "décès"]), code_of(&["semaine", "dècés"]));
        assert!(one != other && one.starts_with("TALLY_SEMAINE_D"), "{one} {other}");
        let long = code_of(&["weekly", &"x".repeat(80)]);
        assert_eq!(long.len(), CODE_MAX);
        let mut taken = BTreeSet::new();
        let title = "Median days between the onset of the illness and its report";
        let names = [(); 3].map(|()| short_name(title, Some("A weekly report with a long name"), &mut taken));
        insta::assert_debug_snapshot!(names, @r#"
        [
            "Median days between the ons (A weekly report with)",
            "Median days between the o (A weekly report with) 2",
            "Median days between the o (A weekly report with) 3",
        ]
        "#);
        assert!(names.iter().all(|name| name.chars().count() <= SHORT_NAME_MAX));
        assert_eq!(in_words("HEALTH_CARE_WORKER"), "Health care worker");
    }
}
