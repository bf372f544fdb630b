//! What a category of DHIS2 disaggregates by, from the names of its options: sex, age, classification, outcome.

use super::reading::{folded, read};
use super::term::Term;
use dhis2::{Category, CategoryOption};
use epi::age::{AGE_YEARS_MAX, AgeBand, AgeBands};

/// What a category disaggregates by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Understood {
    /// The field whose values decide, such as `gender`.
    pub field: &'static str,
    /// The code that the dimension gets.
    pub code: &'static str,
    /// Values or ages, each with its option.
    pub groups: Vec<Group>,
    /// The option for whoever is in no group.
    pub unknown: Option<Named>,
}

impl Understood {
    /// The code for a dimension of it: its own, or, where another dimension has that, with the first number that is free.
    pub fn free_code(&self, is_free: impl Fn(&str) -> bool) -> String {
        let numbered = (2..).map(|n| format!("{}_{n}", self.code));
        std::iter::once(self.code.to_owned()).chain(numbered).find(|code| is_free(code)).unwrap_or_default()
    }
}

/// A group of a dimension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// A value of the field, or ages (`0-4`, `80+`).
    pub members: String,
    /// The option that it counts in.
    pub option: Named,
}

/// A category option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// UID.
    pub uid: String,
    /// Name.
    pub name: String,
}

/// Why a category was not understood, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotUnderstood {
    /// Name of the category.
    pub category: String,
    /// The options that nobody knows, or what is wrong with them.
    pub reason: String,
}

const MALE: &[&str] = &[
    "male",
    "males",
    "m",
    "man",
    "men",
    "boy",
    "boys",
    "homme",
    "hommes",
    "masculin",
    "garcons",
    "hombre",
    "hombres",
    "masculino",
    "varon",
    "varones",
    "homem",
    "homens",
];
const FEMALE: &[&str] = &[
    "female", "females", "f", "woman", "women", "girl", "girls", "femme", "femmes", "feminin", "filles", "mujer",
    "mujeres", "femenino", "mulher", "mulheres", "feminino",
];
/// Nobody knows, in four languages.
const UNKNOWN: &[&str] = &[
    "unknown",
    "unk",
    "not known",
    "not stated",
    "not specified",
    "unspecified",
    "missing",
    "inconnu",
    "inconnue",
    "inconnus",
    "non precise",
    "non renseigne",
    "non specifie",
    "desconocido",
    "desconocida",
    "sin dato",
    "sin datos",
    "no especificado",
    "ignorado",
    "desconhecido",
    "desconhecida",
    "nao especificado",
    "sem informacao",
];
/// Words that say what the category is about and not which option.
const ABOUT: &[&str] = &[
    "sex", "sexe", "sexo", "gender", "genre", "genero", "age", "ages", "edad", "idade", "group", "groupe", "grupo",
    "years", "year", "yrs", "yr", "ans", "an", "anos", "ano", "old", "covid19", "covid",
];
const MONTHS: &[&str] = &["month", "months", "mois", "meses", "mo", "m"];
const BELOW: &[&str] = &["under", "below", "less than", "moins de", "menor de", "menores de", "menos de"];
const AND_ABOVE: &[&str] = &[
    "and above",
    "and over",
    "and older",
    "and more",
    "or more",
    "or older",
    "plus",
    "et plus",
    "ou plus",
    "y mas",
    "o mas",
    "e mais",
    "ou mais",
    "above",
    "over",
    "e acima",
];
const TO: &[&str] = &["to", "a", "until"];

/// Understands a category, or says why not.
///
/// # Errors
/// Options that mean nothing known, the same twice, or ages that overlap or leave a gap.
pub fn understand(category: &Category) -> Result<Understood, NotUnderstood> {
    let fail = |reason: String| NotUnderstood { category: category.name.clone(), reason };
    let (unknowns, options): (Vec<&CategoryOption>, Vec<&CategoryOption>) =
        category.category_options.iter().partition(|option| is_unknown(&option.name));
    if let [_, second, ..] = unknowns.as_slice() {
        return Err(fail(format!("`{}` is a second option for what is not known", second.name)));
    }
    let unknown = unknowns.first().map(|option| named(option));
    let mut first_stranger = None;
    for (field, code, meaning) in [
        ("gender", "sex", sex as fn(&str) -> Option<String>),
        ("age_years", "age_group", ages),
        ("classification", "classification", classification),
        ("outcome", "outcome", outcome),
    ] {
        let read = |option: &&CategoryOption| {
            meaning(&option.name)
                .or_else(|| option.code.as_deref().and_then(meaning))
                .ok_or_else(|| option.name.clone())
        };
        let members: Vec<Result<String, String>> = options.iter().map(read).collect();
        let n_known = members.iter().filter(|one| one.is_ok()).count();
        if n_known == 0 {
            continue;
        }
        if let Some(stranger) = members.iter().find_map(|one| one.as_ref().err()) {
            first_stranger.get_or_insert_with(|| format!("`{stranger}` is no {}", code.replace('_', " ")));
            continue;
        }
        let members: Vec<String> = members.into_iter().flatten().collect();
        check(&members, field == "age_years").map_err(fail)?;
        let groups =
            members.into_iter().zip(&options).map(|(members, option)| Group { members, option: named(option) });
        return Ok(Understood { field, code, groups: groups.collect(), unknown });
    }
    let names = || options.iter().take(4).map(|option| format!("`{}`", option.name)).collect::<Vec<_>>().join(", ");
    Err(fail(first_stranger.unwrap_or_else(|| format!("nothing is known of {}", names()))))
}

/// No group stands twice, and ages neither overlap nor leave a gap.
fn check(members: &[String], are_ages: bool) -> Result<(), String> {
    if let Some((_, twice)) = members.iter().enumerate().find(|(at, one)| members[..*at].contains(one)) {
        return Err(format!("two options mean {twice}"));
    }
    if are_ages {
        let bands: Vec<AgeBand> = members.iter().filter_map(|band| band.parse().ok()).collect();
        AgeBands::new(bands).map_err(|wrong| wrong.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))?;
    }
    Ok(())
}

fn named(option: &CategoryOption) -> Named {
    Named { uid: option.id.to_string(), name: option.name.clone() }
}

/// The words of an option's name without those that say what the category is about.
fn words(name: &str) -> Vec<String> {
    let mut words = folded(name);
    words.retain(|word| !ABOUT.contains(&word.as_str()));
    words
}

fn is_unknown(name: &str) -> bool {
    UNKNOWN.contains(&words(name).join(" ").as_str())
}

fn sex(name: &str) -> Option<String> {
    let words = words(name).join(" ");
    let is = |list: &[&str]| list.contains(&words.as_str());
    if is(MALE) {
        Some("MALE".to_owned())
    } else if is(FEMALE) {
        Some("FEMALE".to_owned())
    } else {
        None
    }
}

fn classification(name: &str) -> Option<String> {
    let said = read(name);
    let classes: Vec<Term> = said.terms.into_iter().filter(|term| *term != Term::Case).collect();
    let value = match classes.as_slice() {
        _ if !said.unknown.is_empty() => return None,
        [Term::Confirmed] => "CONFIRMED",
        [Term::Probable] => "PROBABLE",
        [Term::Suspected] => "SUSPECT",
        [Term::Discarded] => "NOT_A_CASE_DISCARDED",
        _ => return None,
    };
    Some(value.to_owned())
}

fn outcome(name: &str) -> Option<String> {
    const ALIVE: &[&str] = &["alive", "survived", "vivant", "vivants", "vivo", "vivos"];
    let said = read(name);
    let words = words(name).join(" ");
    let value = match said.terms.iter().filter(|term| **term != Term::Case).collect::<Vec<_>>().as_slice() {
        [] if ALIVE.contains(&words.as_str()) => "ALIVE",
        _ if !said.unknown.is_empty() => return None,
        [Term::Death] => "DECEASED",
        [Term::Recovered] => "RECOVERED",
        _ => return None,
    };
    Some(value.to_owned())
}

/// Ages in completed years: `0-4`, `80+`, `5`.
fn ages(name: &str) -> Option<String> {
    // Signs that say as much as words do.
    let spelled = name.replace('<', " below ").replace("≥", " from ").replace(">=", " from ").replace('>', " beyond ");
    let spelled = spelled.replace(['–', '—', '−', '-'], " to ").replace('+', " plus ");
    let mut all = folded(&spelled);
    // Codes such as AGE_0_4 have nothing between their numbers.
    if let Some(second) = all.windows(2).position(|two| two.iter().all(|word| word.parse::<u32>().is_ok())) {
        all.insert(second + 1, "to".to_owned());
    }
    let in_months = all.iter().any(|word| MONTHS.contains(&word.as_str()));
    let mut words: Vec<String> = all.into_iter().filter(|word| !ABOUT.contains(&word.as_str())).collect();
    if in_months {
        words.retain(|word| !MONTHS.contains(&word.as_str()));
    }
    let numbers: Vec<u32> = words.iter().filter_map(|word| word.parse().ok()).collect();
    let between =
        words.iter().filter(|word| word.parse::<u32>().is_err()).map(String::as_str).collect::<Vec<_>>().join(" ");
    let (from, to) = match (numbers.as_slice(), between.as_str()) {
        ([from, to], word) if TO.contains(&word) => (*from, Some(*to)),
        ([below], word) if BELOW.contains(&word) => (0, Some(below.checked_sub(1)?)),
        ([from], word) if AND_ABOVE.contains(&word) || word == "from" => (*from, None),
        ([above], "beyond") => (above + 1, None),
        ([age], "") => (*age, Some(*age)),
        _ => return None,
    };
    // Months are whole years or none: 0-11 months are age 0, 12-59 months are 1-4.
    let (from, to) = match (in_months, to) {
        (false, to) => (from, to),
        (true, Some(to)) if from % 12 == 0 && (to + 1) % 12 == 0 => (from / 12, Some((to + 1) / 12 - 1)),
        (true, _) => return None,
    };
    let band = AgeBand { from_years: from, to_years: to };
    let is_sound = from <= to.unwrap_or(from) && to.unwrap_or(from) <= AGE_YEARS_MAX;
    is_sound.then(|| band.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn category(names: &[&str]) -> Category {
        let option = |(n, name): (usize, &&str)| serde_json::json!({ "id": format!("Option{n:05}"), "name": name });
        let options: Vec<_> = names.iter().enumerate().map(option).collect();
        let category = serde_json::json!({ "id": "Category001", "name": "A category", "categoryOptions": options });
        serde_json::from_value(category).unwrap()
    }

    fn members(names: &[&str]) -> Result<(&'static str, Vec<String>, Option<String>), String> {
        understand(&category(names))
            .map(|found| {
                let members = found.groups.into_iter().map(|group| group.members).collect();
                (found.field, members, found.unknown.map(|unknown| unknown.name))
            })
            .map_err(|wrong| wrong.reason)
    }

    #[test]
    fn sexes_are_known_in_four_languages() {
        for names in [
            ["Female", "Male", "Unknown Sex"],
            ["Sexe féminin", "Sexe masculin", "Inconnu"],
            ["Mujer", "Hombre", "Sin dato"],
            ["Feminino", "Masculino", "Desconhecido"],
            ["F", "M", "UNK"],
        ] {
            let (field, members, unknown) = members(&names).unwrap();
            assert_eq!((field, members), ("gender", vec!["FEMALE".to_owned(), "MALE".to_owned()]), "{names:?}");
            assert_eq!(unknown.as_deref(), Some(names[2]));
        }
    }

    #[test]
    fn ages_are_read_as_people_write_them() {
        for (names, bands) in [
            (vec!["0-4 years", "5 - 14 years", "15+ years", "Unknown age"], vec!["0-4", "5-14", "15+"]),
            (vec!["<1", "1-4", "5 to 59", ">=60"], vec!["0", "1-4", "5-59", "60+"]),
            (vec!["Moins de 5 ans", "5 à 14 ans", "15 ans et plus"], vec!["0-4", "5-14", "15+"]),
            (vec!["Menores de 5 años", "5–14 años", "15 años y más"], vec!["0-4", "5-14", "15+"]),
            (vec!["0-11 months", "12-59 months", "5 years and above"], vec!["0", "1-4", "5+"]),
            (vec!["AGE_0_4", "AGE_5_PLUS"], vec!["0-4", "5+"]),
            (vec!["0-59", ">59"], vec!["0-59", "60+"]),
        ] {
            let (field, members, _) = members(&names).unwrap_or_else(|reason| panic!("{names:?}: {reason}"));
            assert_eq!((field, members), ("age_years", bands.into_iter().map(str::to_owned).collect()), "{names:?}");
        }
    }

    #[test]
    fn what_nobody_knows_is_told() {
        assert_eq!(members(&["Male", "Female", "Goat"]).unwrap_err(), "`Goat` is no sex");
        assert_eq!(members(&["Imported", "Local"]).unwrap_err(), "nothing is known of `Imported`, `Local`");
        assert_eq!(members(&["0-4", "4-9"]).unwrap_err(), "the age bands `0-4` and `4-9` overlap at 4");
        assert_eq!(members(&["Male", "Homme"]).unwrap_err(), "two options mean MALE");
        assert!(members(&["0-6 months", "7-59 months"]).is_err(), "Go.Data's ages are years");
    }

    #[test]
    fn classifications_and_outcomes_are_known() {
        assert_eq!(
            members(&["Cas confirmés", "Cas probables", "Cas suspects"]).unwrap().1,
            ["CONFIRMED", "PROBABLE", "SUSPECT"]
        );
        assert_eq!(members(&["Alive", "Lost", "Recovered"]).unwrap_err(), "`Lost` is no outcome");
        assert_eq!(members(&["Alive", "Died", "Recovered"]).unwrap().1, ["ALIVE", "DECEASED", "RECOVERED"]);
    }
}
