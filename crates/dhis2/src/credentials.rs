//! How a client proves who it is.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use crate::error::{Error, ErrorKind};

/// What a client shows to DHIS2 on every request.
///
/// `Debug` prints neither password nor token.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// A user's name and password. Users with two-factor authentication cannot sign in this way.
    Basic {
        /// The user's name.
        username: String,
        /// The password.
        password: SecretString,
    },
    /// A personal access token (`d2p_...`, `d2pat_...`). It never opens a session on the server.
    Token(SecretString),
}

impl Credentials {
    /// Whether the server opens a session for these credentials. If so the client must keep its cookie, otherwise
    /// every request opens another session and the user's limit of sessions (10 by default) is soon reached.
    pub(crate) fn opens_session(&self) -> bool {
        matches!(self, Self::Basic { .. })
    }

    /// The `Authorization` header, marked as sensitive so that nothing prints it.
    pub(crate) fn header(&self) -> Result<HeaderValue, Error> {
        let text = match self {
            Self::Basic { username, .. } if username.contains(':') => {
                return Err(invalid("a user name cannot contain a colon"));
            }
            Self::Basic { username, password } => {
                let pair = format!("{username}:{}", password.expose_secret());
                format!("Basic {}", BASE64_STANDARD.encode(pair))
            }
            Self::Token(token) => format!("ApiToken {}", token.expose_secret().trim()),
        };
        let mut value = HeaderValue::from_str(&text)
            .map_err(|_| invalid("the token holds characters that no personal access token has"))?;
        value.set_sensitive(true);
        Ok(value)
    }
}

fn invalid(reason: &'static str) -> Error {
    Error::new(ErrorKind::InvalidCredentials { reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_prints_a_secret() {
        let basic = Credentials::Basic { username: "admin".into(), password: "s3cret-canary".into() };
        let token = Credentials::Token("d2p_canary".into());
        let printed = format!("{basic:?} {token:?} {:?} {:?}", basic.header().unwrap(), token.header().unwrap());
        assert!(!printed.contains("canary"), "{printed}");
        assert!(!printed.contains("YWRtaW46"), "{printed}");
    }

    #[test]
    fn headers_as_dhis2_reads_them() {
        let basic = Credentials::Basic { username: "admin".into(), password: "district".into() };
        assert_eq!(basic.header().unwrap(), "Basic YWRtaW46ZGlzdHJpY3Q=");
        let token = Credentials::Token("d2p_abc\n".into());
        assert_eq!(token.header().unwrap(), "ApiToken d2p_abc");
        assert!(Credentials::Token("d2p\nabc".into()).header().is_err());
        assert!(Credentials::Basic { username: "a:b".into(), password: "c".into() }.header().is_err());
    }
}
