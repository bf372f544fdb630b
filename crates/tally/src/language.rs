//! The languages in which Tally speaks to people. Sentences are in the folder `language`, a folder for each language and a file
//! for each area, in the form of [Project Fluent](https://projectfluent.org); code names them by their ids with [`say!`].
//!
//! Only what people read is said this way. JSON, CSV, exit codes, files and the names in them are the same in every language.

use crate::render::number::grouped_by;
use clap::ValueEnum;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use std::cell::Cell;
use std::sync::{LazyLock, OnceLock};
use unic_langid::LanguageIdentifier;

/// A language that Tally speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// English.
    #[value(name = "en")]
    English,
    /// Français.
    #[value(name = "fr")]
    French,
}

/// The text of every file of every language.
macro_rules! texts {
    ($($file:literal)*) => {
        impl Language {
            fn texts(self) -> &'static [(&'static str, &'static str)] {
                match self {
                    Self::English => &[$(($file, include_str!(concat!("../language/en/", $file, ".ftl")))),*],
                    Self::French => &[$(($file, include_str!(concat!("../language/fr/", $file, ".ftl")))),*],
                }
            }
        }
    };
}

// A file that is added is named here.
texts![
    "accepting" "advice" "alert" "column" "demo" "doctor" "door" "error" "init" "map_places" "options" "plan" "problem" "quality" "report_page"
    "run" "state" "step" "tie_out" "verify" "web"
];

impl Language {
    /// The tag of RFC 5646, also the name of its folder.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
        }
    }

    /// What stands between the thousands of a number. French: the narrow no-break space, as the Imprimerie nationale has it.
    pub(crate) fn between_thousands(self) -> char {
        match self {
            Self::English => ',',
            Self::French => '\u{202f}',
        }
    }

    /// What stands before the decimals.
    pub(crate) fn before_decimals(self) -> &'static str {
        match self {
            Self::English => ".",
            Self::French => ",",
        }
    }

    /// The language of a locale, such as `fr_FR.UTF-8`; none for one that Tally does not speak, and for `C`.
    pub(crate) fn of_locale(locale: &str) -> Option<Self> {
        let language = locale.split(['_', '-', '.', '@']).next()?.to_lowercase();
        Self::value_variants().iter().copied().find(|known| known.tag() == language)
    }

    /// The language of an environment: of the first of the three that says anything, as POSIX has it; else English.
    fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let locale =
            ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(variable).find(|locale| !locale.is_empty());
        locale.and_then(|locale| Self::of_locale(&locale)).unwrap_or(Self::English)
    }

    /// The language of an `Accept-Language` header (RFC 9110, 12.5.4): of those that Tally speaks, the one with the greatest
    /// weight, and of equals the first. Ranges that no language is, and `*`, say nothing.
    pub(crate) fn accepted(header: &str) -> Option<Self> {
        let ranges = header.split(',').filter_map(|range| {
            let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
            let weight: f32 = weight.trim().strip_prefix("q=")?.parse().ok()?;
            Some((Self::of_locale(tag.trim())?, weight)).filter(|(_, weight)| *weight > 0.0)
        });
        ranges.reduce(|best, other| if other.1 > best.1 { other } else { best }).map(|(language, _)| language)
    }

    /// The language that is spoken here: that of [`Language::during`], else that of [`Language::within`], else the one that
    /// was chosen.
    pub(crate) fn current() -> Self {
        let of_task = || OF_TASK.try_with(|language| *language).ok();
        SPOKEN.get().or_else(of_task).or_else(|| CHOSEN.get().copied()).unwrap_or(Self::English)
    }

    /// Speaks this language in a task, on whatever threads it runs.
    pub(crate) fn within<F: Future>(self, task: F) -> impl Future<Output = F::Output> {
        OF_TASK.scope(self, task)
    }

    /// Speaks this language while `words` runs, in this thread alone: the pages of one program have readers of several
    /// languages.
    pub(crate) fn during<T>(self, words: impl FnOnce() -> T) -> T {
        /// Speaks as before, also after a panic.
        struct Before(Option<Language>);
        impl Drop for Before {
            fn drop(&mut self) {
                SPOKEN.set(self.0);
            }
        }
        let _before = Before(SPOKEN.replace(Some(self)));
        words()
    }
}

static CHOSEN: OnceLock<Language> = OnceLock::new();

tokio::task_local! {
    static OF_TASK: Language;
}

thread_local! {
    static SPOKEN: Cell<Option<Language>> = const { Cell::new(None) };
}

/// Chooses the language for as long as the program runs: what is asked for, else what the locale says, else English. The first
/// choice stays.
pub(crate) fn choose(asked: Option<Language>) {
    let language = asked.unwrap_or_else(|| Language::of_environment(|name| std::env::var(name).ok()));
    let _ = CHOSEN.set(language);
}

/// A message in the language that was chosen, as a `String`: `say!("id")`, `say!("id", name = name, n = 3)`. Numbers are numbers to
/// Fluent: it picks their plural, and writes their thousands as the language does. A number that is only a name, such as that of
/// a run, is given as text.
macro_rules! say {
    ($id:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::language::said($id, [$((stringify!($name), fluent_bundle::FluentValue::from($value))),*])
    };
}
pub(crate) use say;

/// What [`say!`] says.
pub(crate) fn said<const N: usize>(id: &'static str, arguments: [(&'static str, FluentValue<'_>); N]) -> String {
    said_in(Language::current(), id, &arguments.into_iter().collect())
}

type Messages = FluentBundle<FluentResource>;

/// A language is read when it is spoken first: help and completions never need one.
static ENGLISH: LazyLock<Messages> = LazyLock::new(|| messages(Language::English));
static FRENCH: LazyLock<Messages> = LazyLock::new(|| messages(Language::French));

fn messages(language: Language) -> Messages {
    let tag: LanguageIdentifier = language.tag().parse().unwrap_or_default();
    let mut messages = FluentBundle::new_concurrent(vec![tag]);
    // The marks would stand as boxes in many a terminal, and both languages are written from left to right.
    messages.set_use_isolating(false);
    messages.set_formatter(Some(match language {
        Language::English => |value, _| whole(Language::English, value),
        Language::French => |value, _| whole(Language::French, value),
    }));
    for (_, text) in language.texts() {
        // A test proves that every file can be read whole, and that no id stands twice.
        let resource = FluentResource::try_new((*text).to_owned()).unwrap_or_else(|(readable, _)| readable);
        let _ = messages.add_resource(resource);
    }
    messages
}

/// Whether a mark turns the direction of all that comes after it, be it of the same text or not.
fn turns(mark: char) -> bool {
    matches!(mark, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text without marks that turn the direction of what comes after it, for the middle of a sentence. Arabic needs none.
pub(crate) fn straight(text: &str) -> String {
    text.replace(turns, "")
}

/// A whole number with its thousands set apart, and a text that turns nothing around; everything else is written as Fluent does.
fn whole(language: Language, value: &FluentValue<'_>) -> Option<String> {
    match value {
        FluentValue::String(text) if text.contains(turns) => Some(straight(text)),
        FluentValue::Number(number) if number.value >= 0.0 && number.value.fract() == 0.0 => {
            Some(grouped_by(language.between_thousands(), number.value as u64))
        }
        _ => None,
    }
}

/// A message in a language; what it does not know is said in English.
fn said_in(language: Language, id: &str, arguments: &FluentArgs<'_>) -> String {
    let in_english = || formatted(&ENGLISH, id, arguments);
    let text = match language {
        Language::English => in_english(),
        Language::French => formatted(&FRENCH, id, arguments).or_else(in_english),
    };
    // A test proves that every id is there.
    text.unwrap_or_else(|| id.to_owned())
}

fn formatted(messages: &Messages, id: &str, arguments: &FluentArgs<'_>) -> Option<String> {
    let message = messages.get_message(id)?;
    // What an argument lacks shows as its name; a test proves that none does.
    Some(messages.format_pattern(message.value()?, Some(arguments), &mut Vec::new()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::{Path, PathBuf};

    /// The messages of a language by id, each with its text as it stands in the file.
    fn entries(language: Language) -> BTreeMap<String, String> {
        let mut entries: BTreeMap<String, String> = BTreeMap::new();
        for (file, text) in language.texts() {
            let mut id = None;
            for line in text.lines().filter(|line| !line.starts_with('#')) {
                if let Some((name, rest)) =
                    line.split_once(" =").filter(|_| line.starts_with(|c: char| c.is_ascii_lowercase()))
                {
                    let before = entries.insert(name.to_owned(), rest.to_owned());
                    assert!(before.is_none(), "`{name}` stands twice, again in {}/{file}.ftl", language.tag());
                    id = Some(name.to_owned());
                } else if let Some(entry) = id.as_ref().and_then(|id| entries.get_mut(id)) {
                    *entry += "\n";
                    *entry += line;
                }
            }
        }
        entries
    }

    #[test]
    fn a_name_in_a_sentence_turns_nothing_around() {
        let text = said(
            "colon",
            [("before", FluentValue::from("a\u{202e}b\u{2067}")), ("after", FluentValue::from("\u{200f}\u{645}"))],
        );
        assert_eq!(text, "ab: \u{200f}\u{645}");
    }

    /// The names behind each `$` of a text.
    fn variables(text: &str) -> BTreeSet<String> {
        let name = |rest: &str| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "_-".contains(*c)).collect();
        text.split('$').skip(1).map(name).collect()
    }

    fn files_below(folder: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
    }

    /// Every use of [`say!`] in the sources: its id and the names of its arguments.
    fn uses() -> Vec<(PathBuf, String, BTreeSet<String>)> {
        let mut uses = Vec::new();
        for path in files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
            let text = std::fs::read_to_string(&path).unwrap();
            let text = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
            for (at, call) in text.match_indices(concat!("say", "!(")) {
                let mut parts = inside(&text[at + call.len()..]).into_iter();
                let id = parts.next().unwrap_or_default().trim().trim_matches('"').to_owned();
                let names = parts.filter_map(|part| Some(part.split_once('=')?.0.trim().to_owned())).collect();
                uses.push((path.clone(), id, names));
            }
        }
        uses
    }

    /// What stands between the parentheses of a call, by its outer commas.
    fn inside(rest: &str) -> Vec<String> {
        let (mut parts, mut depth, mut quoted) = (vec![String::new()], 0, false);
        let mut chars = rest.chars();
        while let Some(c) = chars.next() {
            match c {
                '\\' if quoted => drop(chars.next()),
                '"' => quoted = !quoted,
                '(' | '[' | '{' if !quoted => depth += 1,
                ')' if !quoted && depth == 0 => break,
                ')' | ']' | '}' if !quoted => depth -= 1,
                ',' if !quoted && depth == 0 => {
                    parts.push(String::new());
                    continue;
                }
                _ => {}
            }
            parts.last_mut().unwrap().push(c);
        }
        parts
    }

    #[test]
    fn every_file_of_every_folder_is_spoken() {
        let names = |files: Vec<PathBuf>| -> BTreeSet<String> {
            files.iter().map(|file| file.file_name().unwrap().to_string_lossy().into_owned()).collect()
        };
        for language in Language::value_variants() {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("language").join(language.tag());
            let known = language.texts().iter().map(|(name, _)| format!("{name}.ftl")).collect();
            assert_eq!(names(files_below(&folder)), known, "language/{}", language.tag());
        }
        let folders: BTreeSet<_> = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("language"))
            .unwrap()
            .map(|folder| folder.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        assert_eq!(folders, Language::value_variants().iter().map(|language| language.tag().to_owned()).collect());
    }

    #[test]
    fn every_file_is_well_formed() {
        for language in Language::value_variants() {
            for (file, text) in language.texts() {
                let read = FluentResource::try_new((*text).to_owned());
                assert!(read.is_ok(), "{}/{file}.ftl: {:?}", language.tag(), read.err().map(|(_, errors)| errors));
            }
        }
    }

    #[test]
    fn what_the_code_says_is_there_with_its_arguments_and_nothing_else_is() {
        let english = entries(Language::English);
        let uses = uses();
        assert!(uses.len() > 5, "the sources are read");
        for (path, id, names) in &uses {
            let text =
                english.get(id).unwrap_or_else(|| panic!("no `{id}` in language/en, said by {}", path.display()));
            assert_eq!(names, &variables(text), "arguments of `{id}` in {} and in language/en", path.display());
        }
        let said: BTreeSet<&String> = uses.iter().map(|(_, id, _)| id).collect();
        let unused: Vec<&String> = english.keys().filter(|id| !said.contains(id)).collect();
        assert!(unused.is_empty(), "nobody says {unused:?}");
    }

    #[test]
    fn all_languages_have_the_same_messages_with_the_same_variables() {
        let english = entries(Language::English);
        for language in Language::value_variants() {
            let other = entries(*language);
            let shape = |entries: &BTreeMap<String, String>| -> BTreeMap<String, BTreeSet<String>> {
                entries.iter().map(|(id, text)| (id.clone(), variables(text))).collect()
            };
            assert_eq!(shape(&english), shape(&other), "language/{}", language.tag());
        }
    }

    #[test]
    fn every_message_can_be_said_with_any_number() {
        for (language, messages) in [(Language::English, &*ENGLISH), (Language::French, &*FRENCH)] {
            for (id, text) in entries(language) {
                for n in [0, 1, 2, 5000] {
                    let mut arguments = FluentArgs::new();
                    variables(&text).into_iter().for_each(|name| arguments.set(name, n));
                    let message = messages.get_message(&id).unwrap_or_else(|| panic!("`{id}` is read"));
                    let mut errors = Vec::new();
                    let said = messages.format_pattern(message.value().unwrap(), Some(&arguments), &mut errors);
                    assert!(errors.is_empty() && !said.is_empty(), "{} `{id}`: {errors:?}", language.tag());
                }
            }
        }
    }

    /// A line may end between a word and a sign that stands apart from it, unless the space forbids it.
    #[test]
    fn french_signs_are_held_by_no_break_spaces() {
        for (id, text) in entries(Language::French) {
            for apart in [" :", " ;", " ?", " !", "« ", " »"] {
                assert!(!text.contains(apart), "`{id}`: an ordinary space in `{apart}` of {text}");
            }
        }
    }

    #[test]
    fn the_locale_chooses_the_language() {
        let language = |set: &[(&str, &str)]| {
            Language::of_environment(|name| {
                set.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(language(&[]), Language::English);
        for locale in ["fr_FR.UTF-8", "fr", "fr_SN", "FR-CD", "fr_FR@euro"] {
            assert_eq!(language(&[("LANG", locale)]), Language::French, "{locale}");
        }
        for locale in ["C", "C.UTF-8", "POSIX", "en_GB.UTF-8", "pt_MZ", "frp", ""] {
            assert_eq!(language(&[("LANG", locale)]), Language::English, "{locale}");
        }
        assert_eq!(language(&[("LANG", "fr_FR"), ("LC_MESSAGES", "en_GB")]), Language::English);
        assert_eq!(language(&[("LANG", "en_GB"), ("LC_ALL", "fr_FR"), ("LC_MESSAGES", "en_GB")]), Language::French);
        assert_eq!(language(&[("LANG", "fr_FR"), ("LC_ALL", "")]), Language::French);
    }

    #[test]
    fn numbers_are_written_as_the_language_does() {
        let mut arguments = FluentArgs::new();
        arguments.set("ms", 1_234_567_u64);
        arguments.set("step", "a");
        arguments.set("summary", "b");
        assert_eq!(said_in(Language::English, "step-ended", &arguments), "a b (1,234,567 ms)");
        assert_eq!(said_in(Language::French, "step-ended", &arguments), "a b (1\u{202f}234\u{202f}567 ms)");
    }

    #[test]
    fn a_message_that_no_language_has_is_its_own_id() {
        assert_eq!(said_in(Language::French, "no-such-message", &FluentArgs::new()), "no-such-message");
    }
}
