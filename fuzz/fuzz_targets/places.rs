//! `cargo fuzz run places`: see CONTRIBUTING.md.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| (fuzz::target("places").try_on)(data));
