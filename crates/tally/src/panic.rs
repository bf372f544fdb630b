//! What a defect may say. The message of a panic can quote what the program was looking at, and that may be a person's
//! record: a slice of a name that ends inside a letter, a value that was not expected. So only messages that stand in the
//! source as they are get shown, and of the others only the place.

use std::panic::{Location, PanicHookInfo};

/// Replaces the message of panics from now on.
pub(crate) fn quote_nothing() {
    std::panic::set_hook(Box::new(|info| eprint!("{}", text(literal(info), info.location()))));
}

/// The message, if it is a literal of the source. A formatted one is a `String`, whatever was put into it.
fn literal<'p>(info: &'p PanicHookInfo<'_>) -> Option<&'p str> {
    info.payload().downcast_ref::<&'static str>().copied()
}

fn text(literal: Option<&str>, place: Option<&Location<'_>>) -> String {
    let place = place.map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    let message = literal.map_or_else(String::new, |literal| format!(": {literal}"));
    format!(
        "error: Tally has a defect at {place}{message}\n\
         hint: Nothing is lost: the next run repairs what this one left. Please report the place.\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Mutex, PoisonError};

    static HEARD: Mutex<Vec<Option<String>>> = Mutex::new(Vec::new());

    /// The one test of this binary that takes the hook, and it puts it back.
    #[test]
    fn a_message_that_quotes_is_kept_back_and_a_literal_one_is_shown() {
        let before = std::panic::take_hook();
        let this = std::thread::current().id();
        std::panic::set_hook(Box::new(move |info| {
            if std::thread::current().id() == this {
                let literal = literal(info).map(str::to_owned);
                HEARD.lock().unwrap_or_else(PoisonError::into_inner).push(literal);
            }
        }));
        let name = String::from("CANARY-NÄME");
        let quoting: [&dyn Fn(); 3] = [&|| panic!("no such case: {name}"), &|| drop(name[..9].to_owned()), &|| {
            "a".parse::<u8>().map_err(|_| &name).unwrap();
        }];
        let plain: [&dyn Fn(); 2] = [&|| panic!("the list is empty"), &|| assert!("".chars().next().unwrap() > 'a')];
        for act in quoting.iter().chain(&plain) {
            assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(act)).is_err());
        }
        std::panic::set_hook(before);
        let heard = HEARD.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let heard: Vec<Option<&str>> = heard.iter().map(Option::as_deref).collect();
        assert_eq!(
            heard,
            [None, None, None, Some("the list is empty"), Some("called `Option::unwrap()` on a `None` value")]
        );
    }

    #[test]
    fn the_place_and_the_next_step_are_told() {
        let told = text(None, Some(Location::caller()));
        assert!(told.starts_with("error: Tally has a defect at ") && told.contains("panic.rs:"), "{told}");
        assert!(told.contains("\nhint: "), "{told}");
        assert!(text(Some("a list"), None).contains("at an unknown place: a list\n"));
    }
}
