use super::*;

fn location(id: &str, name: &str, parent: &str) -> Location {
    let parent = (!parent.is_empty()).then(|| parent.to_owned());
    Location { id: id.to_owned(), name: name.to_owned(), parent, ..Location::default() }
}

fn unit(id: &str, name: &str, parent: &str) -> Unit {
    let parent = (!parent.is_empty()).then(|| parent.to_owned());
    Unit { id: id.to_owned(), name: name.to_owned(), parent, may_take: true, ..Unit::default() }
}

/// What each location became: the unit's id with an exclamation mark if sure, else the best candidate with a question mark.
fn outcome(locations: &[Location], units: &[Unit], decisions: &Decisions) -> Vec<String> {
    let matching = match_places(locations, units, decisions, Rules::default());
    let told = |matched: &Matched| match (matched.unit(), matched.candidates.first()) {
        (Some(unit), _) => format!("{}!", units[unit].id),
        (None, Some(candidate)) => format!("{}?", units[candidate.unit].id),
        (None, None) => "-".to_owned(),
    };
    matching.locations.iter().map(told).collect()
}

fn none() -> Decisions {
    Decisions::new()
}

#[test]
fn the_parent_decides_among_places_of_one_name() {
    let locations = [
        location("c", "Sandland", ""),
        location("p", "Haut-Lomami", "c"),
        location("q", "Tanganyika", "c"),
        location("a", "Kabalo", "p"),
        location("b", "Kabalo", "q"),
    ];
    let units = [
        unit("C", "République du Sandland", ""),
        unit("Q", "tn Tanganyika Province", "C"),
        unit("B", "tn Kabalo Zone de Santé", "Q"),
        unit("P", "hl Haut Lomami Province", "C"),
        unit("A", "hl Kabalo Zone de Santé", "P"),
    ];
    assert_eq!(outcome(&locations, &units, &none()), ["C!", "P!", "Q!", "A!", "B!"]);
    // Without parents nobody knows which is which.
    let flat: Vec<Location> = locations[3..].iter().map(|one| location(&one.id, &one.name, "")).collect();
    assert_eq!(outcome(&flat, &units, &none()), ["B?", "B?"]);
}

#[test]
fn north_is_never_south_and_one_never_two() {
    let locations = [location("n", "Nord-Kivu", ""), location("1", "Boké 1", ""), location("u", "Bo City", "")];
    let units = [unit("S", "Sud Kivu", ""), unit("2", "Boké 2", ""), unit("D", "Bo District", "")];
    for (at, matched) in match_places(&locations, &units, &none(), Rules::default()).locations.iter().enumerate() {
        assert_eq!(matched.state, State::Open, "{at}");
    }
}

#[test]
fn a_level_more_or_less_does_no_harm() {
    let locations = [location("c", "Sandland", ""), location("a", "Kenema", "c"), location("b", "Pujehun", "c")];
    let units = [
        unit("C", "Sandland", ""),
        unit("R", "Eastern Region", "C"),
        unit("A", "Kenema District", "R"),
        unit("T", "Southern Region", "C"),
        unit("B", "Pujehun District", "T"),
    ];
    assert_eq!(outcome(&locations, &units, &none()), ["C!", "A!", "B!"]);
    let deeper = [
        location("c", "Sandland", ""),
        location("r", "Region of rivers", "c"),
        location("a", "Kenema", "r"),
        location("b", "Pujehun", "r"),
    ];
    let flat = [unit("C", "Sandland", ""), unit("A", "Kenema District", "C"), unit("B", "Pujehun District", "C")];
    assert_eq!(outcome(&deeper, &flat, &none()), ["C!", "-", "A!", "B!"]);
}

#[test]
fn a_converted_tree_matches_by_ids_whatever_the_names_say() {
    let locations: Vec<Location> = (0..6).map(|n| location(&format!("u{n}"), &format!("Place {n}"), "")).collect();
    let mut units: Vec<Unit> = (0..6).map(|n| unit(&format!("u{n}"), &format!("Renamed {}", 5 - n), "")).collect();
    units.push(unit("other", "Place 3", ""));
    let matching = match_places(&locations, &units, &none(), Rules::default());
    assert!(matching.is_converted());
    assert_eq!(matching.n_same_ids, 6);
    for (at, matched) in matching.locations.iter().enumerate() {
        assert_eq!((matched.state, matched.candidates[0].unit), (State::Accepted, at));
        assert_eq!(matched.candidates[0].reasons, [Reason::SameId]);
    }
}

#[test]
fn codes_speak_before_names_but_small_numbers_do_not() {
    let mut one = location("x", "Old name", "");
    one.codes.push(" ou_kenema ".to_owned());
    let mut other = location("y", "Kono", "");
    other.codes.push("12".to_owned());
    let mut coded = unit("A", "Kenema", "");
    coded.codes.push("OU_KENEMA".to_owned());
    let mut numbered = unit("B", "Pujehun", "");
    numbered.codes.push("12".to_owned());
    assert_eq!(outcome(&[one, other], &[coded, numbered], &none()), ["A!", "B?"]);
}

#[test]
fn decisions_stay_and_help_what_lies_below() {
    let locations = [location("p", "Léopoldville", ""), location("a", "Ndjili", "p"), location("b", "Masina", "p")];
    let units = [
        unit("P", "Kinshasa", ""),
        unit("A", "Ndjili", "P"),
        unit("B", "Masina I", "P"),
        unit("Q", "Kwilu", ""),
        unit("R", "Ndjili", "Q"),
    ];
    assert_eq!(outcome(&locations, &units, &none())[1], "A?");
    let decided: Decisions = [("p".to_owned(), Some("P".to_owned())), ("b".to_owned(), None)].into();
    assert_eq!(outcome(&locations, &units, &decided), ["P!", "A!", "-"]);
}

#[test]
fn children_tell_a_parent_that_was_renamed() {
    let locations = [
        location("p", "Bas-Congo", ""),
        location("a", "Matadi", "p"),
        location("b", "Boma", "p"),
        location("c", "Muanda", "p"),
    ];
    let units = [
        unit("X", "Kwango", ""),
        unit("P", "Kongo Central", ""),
        unit("A", "Matadi", "P"),
        unit("B", "Boma", "P"),
        unit("C", "Moanda", "P"),
    ];
    let matching = match_places(&locations, &units, &none(), Rules::default());
    assert_eq!((matching.locations[0].state, matching.locations[0].candidates[0].unit), (State::Open, 1));
    assert!(matching.locations[0].candidates[0].reasons.contains(&Reason::Children { inside: 2, of: 2 }));
}

#[test]
fn one_unit_is_not_given_twice_and_who_decided_so_is_told() {
    let locations = [location("a", "Freetown", ""), location("b", "Freetown", "")];
    let units = [unit("F", "Freetown", "")];
    assert_eq!(outcome(&locations, &units, &none()), ["F?", "F?"]);
    let both: Decisions = ["a", "b"].map(|id| (id.to_owned(), Some("F".to_owned()))).into();
    let matching = match_places(&locations, &units, &both, Rules::default());
    assert_eq!(matching.shared, [(0, vec![0, 1])].into());
    let one: Decisions = [("a".to_owned(), Some("F".to_owned()))].into();
    let matching = match_places(&locations, &units, &one, Rules::default());
    assert_eq!(matching.locations[1].state, State::Open);
    assert_eq!(matching.locations[1].candidates[0].reasons.last(), Some(&Reason::Taken("Freetown".to_owned())));
}

#[test]
fn distance_speaks_for_and_against() {
    let at = |latitude, longitude| Coordinates::new(latitude, longitude);
    let mut here = location("a", "Kamakwey", "c");
    here.coordinates = at(9.49, -12.24);
    let mut there = unit("A", "Kamakwie", "C");
    there.coordinates = at(9.50, -12.24);
    let tops = (location("c", "Sandland", ""), unit("C", "Sandland", ""));
    let locations = [tops.0, here.clone()];
    let confidence = |unit: &Unit| {
        let units = [tops.1.clone(), unit.clone()];
        match_places(&locations, &units, &none(), Rules::default()).locations[1].candidates[0].confidence
    };
    let near = confidence(&there);
    there.coordinates = None;
    let unknown = confidence(&there);
    there.coordinates = at(4.0, 10.0);
    let far = confidence(&there);
    assert!(near > unknown && unknown > far, "{near} {unknown} {far}");
    assert_eq!(Coordinates::new(0.0, 0.0), None);
    assert_eq!(Coordinates::new(91.0, 0.0), None);
    let km = at(0.0, 1.0).unwrap().kilometres_to(at(0.0, 2.0).unwrap());
    assert!((km - 111.2).abs() < 0.1, "{km}");
}

#[test]
fn units_that_take_no_values_only_say_where_others_lie() {
    let locations = [location("p", "Kono", ""), location("a", "Koidu", "p")];
    let mut above = unit("P", "Kono", "");
    above.may_take = false;
    let units = [above, unit("A", "Koidu", "P")];
    assert_eq!(outcome(&locations, &units, &none()), ["-", "A!"]);
}

#[test]
fn the_order_of_places_changes_nothing() {
    let locations = [location("c", "Sandland", ""), location("a", "Kenema", "c"), location("b", "Kenima", "c")];
    let units = [unit("C", "Sandland", ""), unit("A", "Kenema", "C"), unit("B", "Kenima", "C")];
    let forth = outcome(&locations, &units, &none());
    let turned: Vec<Location> = locations.iter().rev().cloned().collect();
    let units: Vec<Unit> = units.iter().rev().cloned().collect();
    let mut back = outcome(&turned, &units, &none());
    back.reverse();
    assert_eq!(forth, back);
    assert_eq!(forth, ["C!", "A!", "B!"]);
}
