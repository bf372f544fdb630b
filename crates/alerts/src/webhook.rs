//! A webhook: an address of somebody else that takes our message as JSON.

use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::failure::DeliveryError;
use crate::signature::{SIGNATURE_HEADER, signature};

/// A webhook.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// Address, which [`crate::check_url`] lets pass.
    pub url: Url,
    /// What messages are signed with; unsigned without one.
    pub secret: Option<SecretString>,
    /// Headers that it wants besides, such as `authorization`.
    pub headers: Vec<(String, SecretString)>,
}

impl Webhook {
    /// The headers of a message that is sent at an instant.
    pub(crate) fn headers(&self, body: &str, at: Timestamp) -> Result<HeaderMap, DeliveryError> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let name = HeaderName::try_from(name.as_str());
            let value = HeaderValue::from_str(value.expose_secret());
            let (Ok(name), Ok(mut value)) = (name, value) else {
                return Err(DeliveryError::Unsendable(
                    "a header of the webhook has characters that no header may have",
                ));
            };
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(secret) = &self.secret
            && let Ok(value) = HeaderValue::from_str(&signature(secret, at, body.as_bytes()))
        {
            headers.insert(SIGNATURE_HEADER, value);
        }
        Ok(headers)
    }
}
