//! The map of places, a file that people edit in a spreadsheet.

use super::{Folder, SOUND, problems_after};
use insta::assert_snapshot;

fn problems_with(map: impl AsRef<[u8]>) -> String {
    Folder::new(SOUND).write("places.csv", map).problems(&[])
}

#[test]
fn a_map_that_is_not_there_is_named_where_the_configuration_names_it() {
    let all = [problems_after(&[("places.csv", "no_places.csv")]), problems_after(&[("places.csv", ".")])];
    assert_snapshot!(all.join("---\n"));
}

#[test]
fn a_map_with_mistakes_is_corrected_line_by_line() {
    let all = [
        problems_with("id,unit\nL1,A\n"),
        problems_with(""),
        problems_with("location_id,org_unit\nL1,A\n,B\nL2,C\n\nL1,D\n"),
        problems_with("location_id,org_unit\nL1,\nL2,\n"),
        problems_with(b"location_id,org_unit\nC\xF4te,A\n"),
    ];
    assert_snapshot!(all.join("---\n"));
}

#[test]
fn mistakes_in_the_map_come_after_those_in_the_configuration() {
    let folder = Folder::new(&super::spoilt(&[("Weekly", "Weakly")])).write("places.csv", "location_id,org_unit\n,A\n");
    assert_snapshot!(folder.problems(&[]));
}
