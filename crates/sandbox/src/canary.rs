//! What must be found nowhere: whatever identifies an invented person, and every secret of the two servers.
//!
//! The population plants canaries in the fields that nobody has a reason to ask Go.Data for. A test that finds one in a
//! log, an error, a page or a file, or finds a password or a token there, has found a leak.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::population::{BIRTHDAY, CANARY, LATITUDE, LONGITUDE};
use crate::world::account;

/// The texts to look for, by what they are.
#[derive(Clone, Debug)]
pub struct Canaries {
    personal: Vec<(&'static str, String)>,
    secret: Vec<(&'static str, String)>,
}

impl Canaries {
    /// Those of every sandbox: the persons' data, and the secrets of the accounts in [`account`].
    pub fn of_every_sandbox() -> Self {
        let basic = |user, password| STANDARD.encode(format!("{user}:{password}")).trim_end_matches('=').to_owned();
        let without_sign = LONGITUDE.abs().to_string();
        Self {
            personal: vec![
                ("a name, telephone number, address, document or text", CANARY.to_lowercase()),
                ("a birthday", BIRTHDAY.to_owned()),
                ("a latitude", LATITUDE.to_string()),
                ("a longitude", without_sign),
            ],
            secret: vec![
                ("the password at Go.Data", account::GODATA_PASSWORD.to_owned()),
                ("the password at DHIS2", account::DHIS2_PASSWORD.to_owned()),
                ("the token of DHIS2", account::DHIS2_TOKEN.to_owned()),
                ("the header with the password of DHIS2", basic(account::DHIS2_USERNAME, account::DHIS2_PASSWORD)),
                ("a header with the password of Go.Data", basic(account::GODATA_EMAIL, account::GODATA_PASSWORD)),
            ],
        }
    }

    /// The tokens that a Go.Data issued as well.
    #[must_use]
    pub fn and_tokens(mut self, tokens: impl IntoIterator<Item = String>) -> Self {
        self.secret.extend(tokens.into_iter().map(|token| ("an access token of Go.Data", token)));
        self
    }

    /// What of it stands in some bytes: what it is, and the text.
    pub fn found_in(&self, bytes: &[u8]) -> Option<String> {
        let text = String::from_utf8_lossy(bytes);
        let lowered = text.to_ascii_lowercase();
        let personal = self.personal.iter().find(|(_, canary)| lowered.contains(canary.as_str()));
        let secret = || self.secret.iter().find(|(_, secret)| text.contains(secret.as_str()));
        personal.or_else(secret).map(|(what, text)| format!("{what}: `{text}`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_planted_is_found_wherever_it_stands() {
        let canaries = Canaries::of_every_sandbox().and_tokens(["ABCDtoken".to_owned()]);
        for leak in [
            "CANARY-NAME-0001",
            "canary-phone-7",
            "dob=1899-11-23T00:00:00.000Z",
            "{\"lat\":71.4142135}",
            "lng: -17.3205081",
            account::GODATA_PASSWORD,
            account::DHIS2_PASSWORD,
            account::DHIS2_TOKEN,
            "Authorization: Basic dGFsbHk6c2FuZGJveC1kaGlzMi1jYW5hcnk=",
            "X-Access-Token: ABCDtoken",
        ] {
            let file = [&[0, 0xff, 0xc3][..], leak.as_bytes(), &[0xfe, 0]].concat();
            assert!(canaries.found_in(&file).is_some(), "{leak}");
        }
        for innocent in ["", "CASE-00001", "tally", "a canary in a coal mine", "2020-11-23", "sandbox"] {
            assert_eq!(canaries.found_in(innocent.as_bytes()), None);
        }
    }
}
