//! Why two places are taken for one, in the language that was chosen.

use super::or_as_it_came;
use crate::language::say;

/// Why a location and an organisation unit are taken for the same place, or not.
pub(crate) fn alike(text: &str) -> String {
    or_as_it_came(text, known)
}

fn known(text: &str) -> Option<String> {
    Some(match text {
        "same id" => say!("alike-same-id"),
        "same code" => say!("alike-same-code"),
        "same name" => say!("alike-same-name"),
        "same name but for general words" => say!("alike-general-words"),
        "same name, words joined otherwise" => say!("alike-joined"),
        "same words in another order" => say!("alike-order"),
        "another spelling of the same sound" => say!("alike-sound"),
        "sounds nearly the same" => say!("alike-alike-sound"),
        "one letter differs" => say!("alike-one-letter"),
        "two letters differ" => say!("alike-two-letters"),
        "somewhat alike" => say!("alike-somewhat"),
        "one name has more words" => say!("alike-more-words"),
        "another name" => say!("alike-other-name"),
        "another kind of place" => say!("alike-other-kind"),
        "same parent" => say!("alike-parent"),
        "in the same area, a level more or less between" => say!("alike-ancestor"),
        "parents of the same name" => say!("alike-parents-alike"),
        "parent not matched" => say!("alike-parent-unknown"),
        "both at the top" => say!("alike-roots"),
        "under another parent" => say!("alike-other-parent"),
        "another level than its peers" => say!("alike-other-level"),
        "the only ones left under their parents" => say!("alike-only-ones"),
        _ => return known_of_names(text).or_else(|| known_of_numbers(text)),
    })
}

/// The reasons that quote a name.
fn known_of_names(text: &str) -> Option<String> {
    let quoted = |before: &str, after: &str| text.strip_prefix(before)?.strip_suffix(after);
    if let Some((location, unit)) = quoted("one says \"", "\"").and_then(|both| both.split_once("\", the other \"")) {
        let said = |mark: &str| if mark == "nothing" { say!("nothing") } else { mark.to_owned() };
        return Some(say!("alike-marks", location = said(location), unit = said(unit)));
    }
    if let Some(name) = quoted("by the name \"", "\"") {
        return Some(say!("alike-synonym", name = name));
    }
    if let Some(name) = quoted("the location \"", "\" fits it as well") {
        return Some(say!("alike-another-location", name = name));
    }
    if let Some(name) = quoted("is the location \"", "\" already") {
        return Some(say!("alike-taken", name = name));
    }
    quoted("\"", "\" fits as well").map(|name| say!("alike-another-unit", name = name))
}

/// The reasons that count or measure.
fn known_of_numbers(text: &str) -> Option<String> {
    let number = |rest: Option<&str>| rest?.parse::<u64>().ok();
    if let Some(n) = number(text.strip_suffix(" letters differ")) {
        return Some(say!("alike-letters", n = n));
    }
    if let Some(km) = number(text.strip_suffix(" km apart")) {
        return Some(say!("alike-near", km = km));
    }
    if let Some(km) = number(text.strip_suffix(" km apart, too far")) {
        return Some(say!("alike-far", km = km));
    }
    let (inside, of) = text.strip_suffix(" matched places lie in it")?.split_once(" of its ")?;
    Some(say!("alike-children", inside = number(Some(inside))?, n = number(Some(of))?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use epi::matching::Reason;

    /// The English message is what the matching says, so that a changed word of it is found.
    #[test]
    fn every_reason_is_known() {
        let name = || "Côte".to_owned();
        let mut reasons = vec![
            Reason::SameId,
            Reason::SameCode,
            Reason::SameName,
            Reason::SameNameButGeneralWords,
            Reason::JoinedOtherwise,
            Reason::OtherOrder,
            Reason::SameSound,
            Reason::AlikeSound,
            Reason::AlikeName,
            Reason::MoreWords,
            Reason::Marks { location: "nothing".to_owned(), unit: "east".to_owned() },
            Reason::OtherName,
            Reason::BySynonym(name()),
            Reason::OtherKind,
            Reason::SameParent,
            Reason::SameAncestor,
            Reason::ParentsAlike,
            Reason::ParentUnknown,
            Reason::BothRoots,
            Reason::OtherParent,
            Reason::OtherLevel,
            Reason::Children { inside: 5, of: 6 },
            Reason::OnlyOnesLeft,
            Reason::Near(3),
            Reason::Far(700),
            Reason::AnotherUnit(name()),
            Reason::AnotherLocation(name()),
            Reason::Taken(name()),
        ];
        reasons.extend((1..4).map(Reason::LettersDiffer));
        for reason in reasons {
            assert_eq!(known(&reason.to_string()), Some(reason.to_string()));
        }
        assert_eq!(known("it looks nice"), None);
    }
}
