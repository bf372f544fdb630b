//! Places: what is odd in a tree or a map, and where each location is reported.

use epi::place::{Place, PlaceFinding, PlaceMap, PlaceTree, Places, Resolution, Via};
use proptest::prelude::*;

fn place(id: &str, parent: Option<&str>) -> Place {
    Place { id: id.to_owned(), parent: parent.map(str::to_owned), name: format!("Place {id}"), level: None }
}

fn tree(pairs: &[(&str, Option<&str>)]) -> (PlaceTree, Vec<PlaceFinding>) {
    PlaceTree::new(pairs.iter().map(|(id, parent)| place(id, *parent)))
}

fn map(pairs: &[(&str, &str)]) -> (PlaceMap, Vec<PlaceFinding>) {
    PlaceMap::new(pairs.iter().map(|(location, org_unit)| ((*location).to_owned(), (*org_unit).to_owned())))
}

fn texts(findings: &[PlaceFinding]) -> String {
    findings.iter().map(|finding| format!("{finding}\n")).collect()
}

/// Country > two provinces > districts, listed from below.
fn country() -> PlaceTree {
    let (tree, findings) = tree(&[
        ("village", Some("district")),
        ("district", Some("north")),
        ("north", Some("country")),
        ("south", Some("country")),
        ("country", None),
        ("abroad", None),
    ]);
    assert_eq!(findings, []);
    tree
}

#[test]
fn a_place_rolls_up_to_its_nearest_mapped_ancestor() {
    let (map, _) = map(&[("north", "OU_N"), ("country", "OU_C"), ("village", "OU_V")]);
    let (places, findings) = Places::new(country(), &map);
    assert_eq!(findings, []);
    assert_eq!(places.org_units(), ["OU_C", "OU_N", "OU_V"]);
    let mapped = |org_unit, via| Resolution::Mapped { org_unit, via };
    assert_eq!(places.resolve("village"), mapped(2, Via::Own));
    assert_eq!(places.resolve("district"), mapped(1, Via::Ancestor));
    assert_eq!(places.resolve("north"), mapped(1, Via::Own));
    assert_eq!(places.resolve("south"), mapped(0, Via::Ancestor));
    assert_eq!(places.resolve("abroad"), Resolution::Unmapped);
    assert_eq!(places.resolve("nowhere"), Resolution::Unknown);
    assert_eq!(places.resolve(""), Resolution::Unknown);
    assert_eq!(places.unmapped().map(|place| place.name.as_str()).collect::<Vec<_>>(), ["Place abroad"]);
}

#[test]
fn ids_are_compared_byte_by_byte() {
    let (map, _) = map(&[("north", "OU")]);
    let (places, _) = Places::new(country(), &map);
    for other in ["North", " north", "north ", "n\u{00f6}rth"] {
        assert_eq!(places.resolve(other), Resolution::Unknown);
    }
}

#[test]
fn several_locations_may_share_an_org_unit() {
    let (map, findings) = map(&[("south", "OU"), ("north", "OU"), ("north", "OU")]);
    assert_eq!((map.len(), findings), (2, vec![]));
    let (places, _) = Places::new(country(), &map);
    assert_eq!(places.org_units(), ["OU"]);
    assert_eq!(places.resolve("north"), places.resolve("south"));
}

#[test]
fn upwards_goes_to_the_root() {
    let tree = country();
    let path: Vec<_> = tree.upwards("village").map(|place| place.id.as_str()).collect();
    assert_eq!(path, ["village", "district", "north", "country"]);
    assert_eq!(tree.upwards("nowhere").count(), 0);
}

#[test]
fn everything_odd_is_found_at_once() {
    let (tree, findings) = tree(&[
        ("a", Some("b")),
        ("c", Some("a")),
        ("b", Some("c")),
        ("self", Some("self")),
        ("below", Some("a")),
        ("orphan", Some("gone")),
        ("a", None),
        ("root", None),
    ]);
    insta::assert_snapshot!(texts(&findings), @r"
    the location `a` is listed more than once
    the location `orphan` lies in `gone`, which is not listed
    the location `a` in `b` in `c` lies in itself
    the location `self` lies in itself
    ");
    let path: Vec<_> = tree.upwards("below").map(|place| place.id.as_str()).collect();
    assert_eq!(path, ["below", "a"]);

    let (map, findings) = map(&[("a", "OU1"), ("a", "OU2"), ("lost", "OU3"), ("gone", "OU4"), ("root", "OU5")]);
    insta::assert_snapshot!(texts(&findings), @r"the location `a` is mapped to `OU1` and to `OU2`");
    let (places, findings) = Places::new(tree, &map);
    insta::assert_snapshot!(texts(&findings), @r"
    the mapped location `gone` is not listed
    the mapped location `lost` is not listed
    ");
    assert_eq!(places.resolve("below"), Resolution::Mapped { org_unit: 0, via: Via::Ancestor });
    assert_eq!(places.resolve("b"), Resolution::Unmapped, "nothing rolls up along a cycle");
    assert_eq!(places.resolve("lost"), Resolution::Mapped { org_unit: 1, via: Via::Own });
    let through_unlisted = Resolution::Mapped { org_unit: 2, via: Via::Ancestor };
    assert_eq!(places.resolve("orphan"), through_unlisted);
}

#[test]
fn a_very_deep_tree_is_no_trouble() {
    let depth = 200_000;
    let ids: Vec<String> = (0..depth).map(|n| format!("p{n}")).collect();
    let (tree, _) =
        PlaceTree::new((0..depth).map(|n| place(&ids[n], n.checked_sub(1).map(|parent| ids[parent].as_str()))));
    let (map, _) = map(&[("p0", "TOP")]);
    let (places, _) = Places::new(tree, &map);
    assert_eq!(places.resolve("p199999"), Resolution::Mapped { org_unit: 0, via: Via::Ancestor });
}

/// Where a location is reported, found the slow way: by searching the lists again at each step.
fn roll_up(listed: &[(u8, Option<u8>)], mapped: &[(u8, u8)], location: u8) -> Option<u8> {
    let parent = |id: u8| listed.iter().find(|(listed, _)| *listed == id)?.1;
    let on_cycle = |id: u8| {
        let mut at = parent(id);
        for _ in 0..listed.len() {
            if at == Some(id) {
                return true;
            }
            at = at.and_then(parent);
        }
        false
    };
    let mut at = Some(location);
    while let Some(id) = at {
        if let Some((_, org_unit)) = mapped.iter().find(|(mapped, _)| *mapped == id) {
            return Some(*org_unit);
        }
        at = if on_cycle(id) { None } else { parent(id) };
    }
    None
}

proptest! {
    #[test]
    fn resolving_is_the_naive_roll_up(
        listed in proptest::collection::vec((0..24_u8, proptest::option::of(0..26_u8)), 0..30),
        mapped in proptest::collection::vec((0..28_u8, 0..5_u8), 0..10),
    ) {
        let id = |n: u8| format!("location-{n}");
        let (tree, findings) = PlaceTree::new(
            listed.iter().map(|(location, parent)| place(&id(*location), parent.map(id).as_deref())),
        );
        let distinct: std::collections::HashSet<_> = listed.iter().map(|(location, _)| location).collect();
        let n_duplicates =
            findings.iter().filter(|finding| matches!(finding, PlaceFinding::DuplicateId { .. })).count();
        prop_assert_eq!(n_duplicates + distinct.len(), listed.len());
        prop_assert_eq!(tree.places().len(), distinct.len());

        let (map, _) = PlaceMap::new(mapped.iter().map(|(location, org_unit)| (id(*location), format!("OU{org_unit}"))));
        let (places, _) = Places::new(tree, &map);
        for location in 0..30 {
            let known = distinct.contains(&location);
            let own = mapped.iter().any(|(mapped, _)| *mapped == location);
            match (places.resolve(&id(location)), roll_up(&listed, &mapped, location)) {
                (Resolution::Mapped { org_unit, via }, Some(expected)) => {
                    prop_assert_eq!(&places.org_units()[org_unit], &format!("OU{expected}"));
                    prop_assert_eq!(via == Via::Own, own);
                    prop_assert!(known || own);
                }
                (Resolution::Unmapped, None) => prop_assert!(known && !own),
                (Resolution::Unknown, None) => prop_assert!(!known && !own),
                (found, expected) => prop_assert!(false, "{location}: {found:?}, not {expected:?}"),
            }
        }
    }

    #[test]
    fn findings_do_not_depend_on_the_order_of_the_list(
        parents in proptest::collection::vec(proptest::option::of(0..14_usize), 12),
        seed in proptest::collection::vec(any::<u32>(), 12),
    ) {
        let id = |n: usize| format!("location-{n}");
        let listed: Vec<Place> =
            parents.iter().enumerate().map(|(n, parent)| place(&id(n), parent.map(id).as_deref())).collect();
        let mut order: Vec<usize> = (0..12).collect();
        order.sort_by_key(|at| seed[*at]);
        let mut one = texts_sorted(&PlaceTree::new(listed.clone()).1);
        let mut other = texts_sorted(&PlaceTree::new(order.into_iter().map(|at| listed[at].clone())).1);
        one.sort();
        other.sort();
        prop_assert_eq!(one, other);
    }
}

fn texts_sorted(findings: &[PlaceFinding]) -> Vec<String> {
    findings.iter().map(ToString::to_string).collect()
}
