//! Random secrets, and what is kept of them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use pipeline::{Error, ErrorKind};
use rand::TryRng;
use rand::rngs::SysRng;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Bytes of a secret: nobody guesses one of 2^256.
const BYTES: usize = 32;

/// A new secret of the system's random numbers, in 43 letters, digits, `-` and `_`.
///
/// # Errors
/// The system has no random numbers.
pub(crate) fn random() -> Result<SecretString, Error> {
    let mut bytes = [0; BYTES];
    SysRng
        .try_fill_bytes(&mut bytes)
        .map_err(|error| Error::new(ErrorKind::Internal, format!("the system gives no random numbers: {error}")))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes).into())
}

/// What is kept of a secret and compared: its SHA-256 in hexadecimal digits. Nobody finds the secret from it, and how long a
/// comparison takes tells nothing of the secret.
pub(crate) fn hash(secret: &str) -> String {
    Sha256::digest(secret.as_bytes()).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Whether two texts are the same, in a time that tells nothing of where they differ.
pub(super) fn same(a: &str, b: &str) -> bool {
    hash(a) == hash(b)
}

/// What messages are authenticated with.
pub(super) struct Key(SecretString);

impl Key {
    pub(super) fn new(secret: &SecretString) -> Self {
        Self(secret.clone())
    }

    /// The HMAC-SHA256 of a message, as letters and digits.
    pub(super) fn seal(&self, message: &str) -> String {
        // HMAC takes a key of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.expose_secret().as_bytes()) else {
            return String::new();
        };
        mac.update(message.as_bytes());
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_long_and_never_the_same() {
        let (one, other) = (random().unwrap(), random().unwrap());
        assert_eq!(one.expose_secret().len(), 43);
        assert_ne!(one.expose_secret(), other.expose_secret());
        assert!(!format!("{one:?}").contains(one.expose_secret()));
    }

    #[test]
    fn what_is_kept_is_sha_256() {
        assert_eq!(hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert!(same("abc", "abc") && !same("abc", "abd"));
    }

    #[test]
    fn a_seal_is_of_one_key_and_one_message() {
        let key = |text: &str| Key::new(&SecretString::from(text));
        assert_eq!(key("a").seal("m"), key("a").seal("m"));
        assert_ne!(key("a").seal("m"), key("b").seal("m"));
        assert_ne!(key("a").seal("m"), key("a").seal("n"));
    }
}
