//! `cargo fuzz run page`: see CONTRIBUTING.md.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| (fuzz::target("page").try_on)(data));
