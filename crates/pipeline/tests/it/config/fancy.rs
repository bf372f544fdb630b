//! Problems with the part of the file that they are about.

use super::{Folder, spoilt};
use insta::assert_snapshot;
use miette::{GraphicalReportHandler, GraphicalTheme};
use pipeline::config::Problem;

/// A problem as a terminal without colours shows it.
pub(super) fn plain(problem: &Problem) -> String {
    let mut text = String::new();
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).with_width(100);
    handler.render_report(&mut text, problem.report().as_ref()).unwrap();
    text
}

#[test]
fn a_problem_is_shown_in_its_file() {
    let folder = Folder::new(&spoilt(&[
        ("email = \"tally@example.org\"\n", ""),
        ("[places]\nmap = \"places.csv\"\n", ""),
        (
            "where = \"classification = 'CONFIRMED'\"",
            "where = '''\nclassification = 'CONFIRMED'\nAND outcom = 'DECEASED''''",
        ),
        ("by = [\"sex\"]", "by = [\"sexx\"]"),
    ]));
    let reports: String = folder.load(&[]).unwrap_err().iter().map(plain).collect();
    assert_snapshot!(folder.relative(&reports));
}
