//! Which block of the catalogue counts what a data element asks for, by the element's name and code.

use super::reading::{Reading, read};
use super::term::Term;
use crate::catalogue::{self, Block, Set};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// How many other blocks are named beside a data element that none fits.
const CANDIDATES_MAX: usize = 5;
/// From here on a block is worth naming: a third of all that both say is common.
const CANDIDATE_FROM: f64 = 0.33;

/// What is proposed for a data element.
#[derive(Clone, Debug, PartialEq)]
pub enum Proposal {
    /// The block that counts just this, by its name (`covid19.confirmed_cases`).
    Sure(String),
    /// None fits beyond doubt; these are near, the nearest first.
    Open(Vec<String>),
}

/// A block with what its title says.
struct Known {
    name: String,
    set: &'static str,
    title: Reading,
    /// The classifications that its meaning names, for titles that name none.
    classes: BTreeSet<Term>,
}

static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let known = |set: &'static Set, block: &'static Block| Known {
        name: format!("{}.{}", set.name, block.code),
        set: set.name.as_str(),
        title: read(&block.title),
        classes: classes(&read(block.meaning.split('.').next().unwrap_or_default()).terms),
    };
    catalogue::sets().iter().flat_map(|set| set.blocks.iter().map(move |block| known(set, block))).collect()
});

/// The blocks for a data element of this name and code. `disease` is the catalogue's set for the disease that the data set is
/// about; what the element says itself holds before it.
pub fn propose(name: &str, code: Option<&str>, disease: Option<&str>) -> Proposal {
    let mut said = read(name);
    if said.terms.is_empty() {
        let by_code = code.map(read).unwrap_or_default();
        said = Reading { disease: said.disease.or(by_code.disease), ..by_code };
    }
    let disease = said.disease.or(disease);
    // A disease's own definitions hold before those of any outbreak.
    let of_set = |wanted: &'static str| KNOWN.iter().filter(move |known| known.set == wanted);
    let own = catalogue::sets().iter().find(|set| Some(set.name.as_str()) == disease).map(|set| set.name.as_str());
    let sets = own.filter(|set| *set != "outbreak").into_iter().chain(["outbreak"]);
    let known: Vec<&Known> = sets.flat_map(of_set).collect();
    let fitting: Vec<&&Known> = known.iter().filter(|known| fits(&said, known)).collect();
    let best = fitting.first().map(|first| first.set);
    match fitting.iter().filter(|known| Some(known.set) == best).collect::<Vec<_>>().as_slice() {
        [only] => return Proposal::Sure(only.name.clone()),
        [] => {}
        // Two blocks of one set for one name: a person has to say which.
        several => return Proposal::Open(several.iter().map(|known| known.name.clone()).collect()),
    }
    let mut near: Vec<(f64, &Known)> = known.iter().map(|known| (likeness(&said, known), *known)).collect();
    near.retain(|(likeness, _)| *likeness >= CANDIDATE_FROM);
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut names: Vec<String> = Vec::new();
    for (_, known) in near {
        let code = known.name.split_once('.').map(|(_, code)| code);
        let is_told = names.iter().any(|name| name.split_once('.').map(|(_, code)| code) == code);
        if !is_told && names.len() < CANDIDATES_MAX {
            names.push(known.name.clone());
        }
    }
    Proposal::Open(names)
}

/// Both say the same, and neither says a word that nobody knows.
fn fits(said: &Reading, known: &Known) -> bool {
    let wanted = classes(&said.terms);
    let counted = classes(&known.title.terms);
    let same_classes = wanted == counted || (counted.is_empty() && !wanted.is_empty() && wanted == known.classes);
    let reported = !known.title.terms.contains(&Term::Reported) || said.terms.contains(&Term::Reported);
    !said.terms.is_empty()
        && said.unknown.is_empty()
        && known.title.unknown.is_empty()
        && same_classes
        && reported
        && subject(&said.terms) == subject(&known.title.terms)
}

/// The share of what both say that is common to them, from 0 to 1.
fn likeness(said: &Reading, known: &Known) -> f64 {
    let (said, known) = (&said.terms, &known.title.terms);
    let n_all = said.union(known).count();
    if n_all == 0 { 0.0 } else { said.intersection(known).count() as f64 / n_all as f64 }
}

fn classes(terms: &BTreeSet<Term>) -> BTreeSet<Term> {
    const CLASSES: [Term; 4] = [Term::Confirmed, Term::Probable, Term::Suspected, Term::Discarded];
    terms.iter().copied().filter(|term| CLASSES.contains(term)).collect()
}

/// What is counted, without the classification. "Cases" says nothing beside what became of them, and that something was
/// recorded goes without saying.
fn subject(terms: &BTreeSet<Term>) -> BTreeSet<Term> {
    let classes = classes(terms);
    let mut subject: BTreeSet<Term> = terms.difference(&classes).copied().collect();
    subject.remove(&Term::Reported);
    subject.remove(&Term::Registered);
    if subject.len() > 1 {
        subject.remove(&Term::Case);
    }
    // Cases of a classification are cases, and deaths of cases are deaths.
    if subject.is_empty() && !terms.is_empty() {
        subject.insert(Term::Case);
    }
    subject
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sure(name: &str, disease: Option<&str>) -> Option<String> {
        match propose(name, None, disease) {
            Proposal::Sure(block) => Some(block),
            Proposal::Open(_) => None,
        }
    }

    /// The data elements of WHO's COVID-19 packages, as they are named there.
    #[test]
    fn the_weekly_package_is_understood() {
        for (name, block) in [
            ("COVID19 - New Confirmed Cases", Some("covid19.confirmed_cases")),
            ("COVID19 - New Probable Cases", Some("covid19.probable_cases")),
            ("COVID19 - New Confirmed Deaths", Some("covid19.confirmed_deaths")),
            ("COVID19 - New Probable Deaths", Some("covid19.probable_deaths")),
            ("COVID19 - New Cases Among HW (Confirmed + Probable)", Some("covid19.health_worker_cases")),
            ("COVID19 - New Deaths Among HW (Confirmed + Probable)", Some("covid19.health_worker_deaths")),
            ("COVID19 - New Hospitalized Cases", Some("covid19.hospitalised")),
            ("COVID19 - New Discharged Cases", Some("covid19.discharged")),
            ("COVID19 - Tested", Some("covid19.tested")),
            ("COVID19 - Tested with PCR Assay", Some("covid19.tested_by_pcr")),
            ("COVID-19 - New confirmed cases (sex/age)", Some("covid19.confirmed_cases")),
            ("COVID-19 - Recovered cases (sex/age)", Some("covid19.recovered")),
            ("COVID-19 - New deaths (sex/age)", Some("outbreak.deaths")),
            // What nobody knows, or what may mean several things, is left to a person.
            ("COVID-19 - Confirmed cases by transmission classification", None),
            ("COVID-19 - New cases treated", None),
            ("COVID19 - Transmission Classification", None),
            ("New confirmed cases among refugees", None),
        ] {
            assert_eq!(sure(name, None).as_deref(), block, "{name}");
        }
    }

    #[test]
    fn the_language_does_not_matter() {
        for (names, block) in [
            (
                ["New suspected cases", "Nouveaux cas suspects", "Casos sospechosos nuevos", "Novos casos suspeitos"],
                "ebola.suspected_cases",
            ),
            (
                [
                    "Confirmed and probable cases",
                    "Cas confirmés et probables",
                    "Casos confirmados y probables",
                    "Casos confirmados e prováveis",
                ],
                "ebola.confirmed_and_probable_cases",
            ),
            (
                [
                    "Contacts lost to follow-up",
                    "Contacts perdus de vue",
                    "Contactos perdidos de vista",
                    "Contatos perdidos",
                ],
                "ebola.contacts_lost",
            ),
            (
                [
                    "New deaths in the community",
                    "Décès communautaires",
                    "Muertes en la comunidad",
                    "Mortes na comunidade",
                ],
                "ebola.community_deaths",
            ),
        ] {
            for name in names {
                assert_eq!(sure(name, Some("ebola")).as_deref(), Some(block), "{name}");
            }
        }
    }

    #[test]
    fn what_is_near_is_named() {
        let Proposal::Open(near) = propose("New confirmed cases among refugees", None, Some("covid19")) else {
            panic!()
        };
        assert_eq!(near[0], "covid19.confirmed_cases");
        assert!(near.len() <= CANDIDATES_MAX);
        assert_eq!(propose("Bed nets handed out", None, None), Proposal::Open(Vec::new()));
    }

    #[test]
    fn a_code_speaks_where_the_name_says_nothing() {
        assert_eq!(
            propose("Indicateur 12", Some("CHOLERA_CONFIRMED_CASES"), None),
            Proposal::Sure("cholera.confirmed_cases".into())
        );
    }
}
