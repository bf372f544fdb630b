//! The signature by which a receiver knows that a message is ours, and fresh.

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use std::fmt::Write;

/// The header that holds the signature.
pub const SIGNATURE_HEADER: &str = "tally-signature";

/// `t=SECONDS,v1=HEX`: HMAC-SHA256 (RFC 2104) with the secret as the key, over the seconds since 1970 as decimal digits, a
/// full stop, and the body as it is sent.
pub fn signature(secret: &SecretString, at: Timestamp, body: &[u8]) -> String {
    let seconds = at.as_second();
    // HMAC takes a key of any length, so that this is never the empty case.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()) else {
        return String::new();
    };
    mac.update(seconds.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    let mut text = format!("t={seconds},v1=");
    for byte in mac.finalize().into_bytes() {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with `printf '%s' '1606172400.{"schema":1}' | openssl dgst -sha256 -hmac 'a secret of the ministry'`.
    #[test]
    fn it_is_what_openssl_computes() {
        let secret = SecretString::from("a secret of the ministry");
        let at = Timestamp::from_second(1_606_172_400).unwrap();
        assert_eq!(
            signature(&secret, at, br#"{"schema":1}"#),
            "t=1606172400,v1=1f190449869d132b47b45ae221f99cce5282329b2d8d9a14b49a446234ee5eb8"
        );
    }
}
