//! A data element's name taken apart: what it counts, by terms of outbreak reports, and the words that nobody knows.

use super::term::{DISEASES, SAY_NOTHING, TERMS, Term};
use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Letters of a name that are looked at; DHIS2 keeps 230.
const LETTERS_MAX: usize = 300;

/// What a name says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reading {
    /// What it counts.
    pub(super) terms: BTreeSet<Term>,
    /// The set of the catalogue for the disease that it names.
    pub(super) disease: Option<&'static str>,
    /// Words that nobody knows: what is left of them may be the point of the name.
    pub(super) unknown: Vec<String>,
}

#[derive(Clone, Copy)]
enum Meaning {
    Term(Term),
    Disease(&'static str),
    Nothing,
}

/// A phrase, word by word, and what it means.
type Phrase = (Vec<&'static str>, Meaning);

/// Phrases by their first word, the longest first.
static PHRASES: LazyLock<HashMap<&'static str, Vec<Phrase>>> = LazyLock::new(|| {
    let terms = TERMS.iter().flat_map(|(term, phrases)| phrases.iter().map(|phrase| (*phrase, Meaning::Term(*term))));
    let diseases =
        DISEASES.iter().flat_map(|(set, phrases)| phrases.iter().map(|phrase| (*phrase, Meaning::Disease(set))));
    let nothing = SAY_NOTHING.iter().map(|phrase| (*phrase, Meaning::Nothing));
    let mut by_word: HashMap<_, Vec<_>> = HashMap::new();
    for (phrase, meaning) in terms.chain(diseases).chain(nothing) {
        let words: Vec<&str> = phrase.split(' ').collect();
        by_word.entry(words[0]).or_default().push((words, meaning));
    }
    by_word.values_mut().for_each(|phrases| phrases.sort_by_key(|(words, _)| std::cmp::Reverse(words.len())));
    by_word
});

/// Takes a name apart.
pub(super) fn read(name: &str) -> Reading {
    let words = folded(name);
    let (mut reading, mut at) = (Reading::default(), 0);
    while at < words.len() {
        let rest = &words[at..];
        let is_here = |phrase: &[&str]| phrase.len() <= rest.len() && phrase.iter().zip(rest).all(|(a, b)| a == b);
        let phrases = PHRASES.get(rest[0].as_str()).map(Vec::as_slice).unwrap_or_default();
        match phrases.iter().find(|(phrase, _)| is_here(phrase)) {
            Some((phrase, meaning)) => {
                match meaning {
                    Meaning::Term(term) => drop(reading.terms.insert(*term)),
                    Meaning::Disease(set) => reading.disease = Some(set),
                    Meaning::Nothing => {}
                }
                at += phrase.len();
            }
            None => {
                reading.unknown.push(rest[0].clone());
                at += 1;
            }
        }
    }
    reading
}

/// The words of a text, without accents, in small letters.
pub(super) fn folded(text: &str) -> Vec<String> {
    let letters =
        text.nfkd().filter(|letter| !is_combining_mark(*letter)).flat_map(char::to_lowercase).take(LETTERS_MAX);
    let folded: String = letters.map(|letter| if letter.is_alphanumeric() { letter } else { ' ' }).collect();
    folded.split_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Term as T;

    #[test]
    fn names_say_the_same_in_four_languages() {
        for (names, terms) in [
            (
                [
                    "COVID-19 - New confirmed cases (sex/age)",
                    "Nouveaux cas confirmés de COVID-19",
                    "Casos nuevos confirmados de COVID-19",
                    "COVID-19: novos casos confirmados",
                ],
                vec![T::Confirmed, T::Case],
            ),
            (
                [
                    "Deaths among health workers",
                    "Décès parmi le personnel de santé",
                    "Muertes entre trabajadores de salud",
                    "Óbitos entre profissionais de saúde",
                ],
                vec![T::Death, T::HealthWorker],
            ),
            (
                [
                    "Contacts lost to follow-up",
                    "Contacts perdus de vue",
                    "Contactos perdidos de vista",
                    "Contatos perdidos",
                ],
                vec![T::Contact, T::Lost],
            ),
        ] {
            for name in names {
                let reading = read(name);
                assert_eq!(reading.terms.into_iter().collect::<Vec<_>>(), terms, "{name}");
                assert_eq!(reading.unknown, Vec::<String>::new(), "{name}");
            }
        }
    }

    #[test]
    fn a_disease_is_known_and_what_nobody_knows_is_kept() {
        let reading = read("MPOX - cas confirmés chez les réfugiés");
        assert_eq!((reading.disease, reading.unknown), (Some("mpox"), vec!["refugies".to_owned()]));
    }

    #[test]
    fn no_phrase_stands_for_two_things() {
        let mut seen = HashMap::new();
        let terms =
            TERMS.iter().flat_map(|(term, phrases)| phrases.iter().map(move |phrase| (*phrase, format!("{term:?}"))));
        let nothing = SAY_NOTHING.iter().map(|phrase| (*phrase, "nothing".to_owned()));
        for (phrase, meaning) in terms.chain(nothing) {
            assert_eq!(folded(phrase).join(" "), phrase, "is folded");
            let other = seen.insert(phrase, meaning.clone());
            assert!(other.as_ref().is_none_or(|other| *other == meaning), "`{phrase}` is {other:?} and {meaning}");
        }
    }
}
