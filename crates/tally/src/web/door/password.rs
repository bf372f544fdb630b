//! Passwords: how long, how hashed, how checked.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use pipeline::{Error, ErrorKind};
use secrecy::{ExposeSecret, SecretString};

/// Characters that a password has at least. Length is what counts, so nothing else is asked of it (NIST SP 800-63B).
pub(crate) const CHARS_MIN: usize = 12;
/// Bytes that a password has at most: more is no password.
pub(crate) const BYTES_MAX: usize = 1024;

/// OWASP's first choice for argon2id: 19 MiB of memory, 2 passes, 1 lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Why this is no password to take; none if it is one.
pub(crate) fn fault(password: &SecretString) -> Option<String> {
    let password = password.expose_secret();
    if password.chars().count() < CHARS_MIN {
        return Some(format!("a password has at least {CHARS_MIN} characters"));
    }
    (password.len() > BYTES_MAX).then(|| format!("a password has at most {BYTES_MAX} bytes"))
}

/// The argon2id hash of a password as a PHC string, with a salt of its own.
///
/// # Errors
/// The system has no random numbers.
pub(crate) fn hash(password: &SecretString) -> Result<SecretString, Error> {
    hash_at(password, MEMORY_KIB, PASSES)
}

fn hash_at(password: &SecretString, memory_kib: u32, passes: u32) -> Result<SecretString, Error> {
    let cannot = || Error::new(ErrorKind::Internal, "the password cannot be hashed");
    let params = Params::new(memory_kib, passes, LANES, None).map_err(|_| cannot())?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash: PasswordHash = argon2.hash_password(password.expose_secret().as_bytes()).map_err(|_| cannot())?;
    Ok(hash.to_string().into())
}

/// Whether a password has this hash. Takes tens of milliseconds: not on a thread that answers requests.
pub(super) fn verify(password: &SecretString, hash: &SecretString) -> bool {
    let password = password.expose_secret();
    let Ok(hash) = PasswordHash::new(hash.expose_secret()) else { return false };
    password.len() <= BYTES_MAX && Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
}

/// As [`hash`], for tests that do not want to wait.
#[cfg(test)]
pub(crate) fn cheap_hash(password: &str) -> SecretString {
    hash_at(&SecretString::from(password), Params::MIN_M_COST, Params::MIN_T_COST).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_hashed_as_owasp_says_and_with_a_salt_of_its_own() {
        let password = SecretString::from("correct horse battery");
        let (one, other) = (hash(&password).unwrap(), hash(&password).unwrap());
        assert!(one.expose_secret().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", one.expose_secret());
        assert_ne!(one.expose_secret(), other.expose_secret());
        assert!(verify(&password, &one) && verify(&password, &other));
        assert!(!verify(&SecretString::from("correct horse batterz"), &one));
    }

    #[test]
    fn a_hash_that_is_none_admits_nobody() {
        for hash in ["", "x", "$argon2id$v=19$m=19456,t=2,p=1$", "$2b$12$abcdefghijklmnopqrstuv"] {
            assert!(!verify(&SecretString::from(""), &SecretString::from(hash)), "{hash}");
        }
    }

    #[test]
    fn only_length_is_asked_of_a_password() {
        let fault = |password: &str| fault(&SecretString::from(password));
        assert_eq!(fault("éléphant-bl").as_deref(), Some("a password has at least 12 characters"));
        assert_eq!(fault("éléphant-ble"), None);
        assert!(fault(&"a".repeat(BYTES_MAX + 1)).is_some());
    }
}
