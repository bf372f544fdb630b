//! Whatever a person types, Tally answers with problems, not with a panic.

use super::{Folder, SOUND};
use proptest::prelude::*;

const EXAMPLE: &str = include_str!("../../../../../examples/covid19-weekly/tally.toml");

/// An edit: at a position (of 65536) so many characters are replaced by a piece.
fn edit() -> impl Strategy<Value = (u16, usize, String)> {
    let pieces = prop_oneof![
        Just(String::new()),
        prop::sample::select(vec![
            "\"",
            "'",
            "'''",
            "\"\"\"",
            "\\",
            "\n",
            "[",
            "]",
            "[[",
            "{",
            "}",
            "=",
            ",",
            ".",
            "#",
            "-1",
            "99999999999999999999",
            "1.5",
            "true",
            "é",
            "[godata]",
            "[[report]]",
            "[report]",
            "files = {}",
            "when",
            "stays WHERE",
            "first(",
            "\u{feff}",
            "\r\n",
            "\\u00e9",
            "2020-01-01",
        ])
        .prop_map(str::to_owned),
        ".{0,4}",
    ];
    (any::<u16>(), 0..40_usize, pieces)
}

fn edited(config: &str, edits: &[(u16, usize, String)]) -> String {
    let mut chars: Vec<char> = config.chars().collect();
    for (position, removed, piece) in edits {
        let start = usize::from(*position) * chars.len() / 65536;
        let end = (start + removed).min(chars.len());
        chars.splice(start..end, piece.chars());
    }
    chars.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_edit_of_a_configuration_makes_it_panic(
        edits in prop::collection::vec(edit(), 1..4),
        small in any::<bool>(),
        url in prop::option::of(".{0,20}"),
    ) {
        let config = edited(if small { SOUND } else { EXAMPLE }, &edits);
        let folder = Folder::new(&config);
        let env: Vec<_> = url.iter().map(|url| ("TALLY__DHIS2__URL", url.as_str())).collect();
        if let Err(problems) = folder.load(&env) {
            prop_assert!(!problems.is_empty());
            for problem in &problems {
                prop_assert!(problem.location().is_some(), "{problem} has no place");
                prop_assert!(!super::fancy::plain(problem).contains("OutOfBounds"), "{problem} is outside the text");
            }
        }
    }
}
