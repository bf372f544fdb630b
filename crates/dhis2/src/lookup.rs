//! Finding metadata by uid, code or attribute value.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::client::Client;
use crate::decode;
use crate::error::{Error, ErrorKind};
use crate::id_scheme::{AttributeValue, IdScheme};
use crate::selection::QUERY_BYTES_MAX;
use crate::uid::Uid;

/// Keys in one request: enough for few requests, few enough for the database.
const KEYS_MAX: usize = 200;

impl Client {
    /// The objects of `collection` that these keys name. `fields` has the attribute values, if the scheme may be one. `what` is their kind for messages.
    pub(crate) async fn lookup<T: DeserializeOwned>(
        &self,
        collection: &'static str,
        what: &'static str,
        fields: &str,
        scheme: IdScheme,
        keys: &[String],
    ) -> Result<BTreeMap<String, T>, Error> {
        let mut found = BTreeMap::new();
        for filters in filters(scheme, keys) {
            let mut parameters: Vec<_> = filters.into_iter().map(|filter| ("filter", filter)).collect();
            parameters.push(("rootJunction", "OR".to_owned()));
            parameters.push(("fields", fields.to_owned()));
            parameters.push(("paging", "false".to_owned()));
            let mut listed: BTreeMap<String, serde_json::Value> =
                self.transport.get_json(&[collection], &parameters).await?;
            let objects: Vec<serde_json::Value> = match listed.remove(collection) {
                Some(objects) => serde_json::from_value(objects).map_err(|error| misread(collection, &error))?,
                // A list of nothing is an empty list. Without one it is somebody else's answer, and nothing is missing.
                None => return Err(misread(collection, &serde::de::Error::missing_field(collection))),
            };
            for object in objects {
                let identity = Identity::deserialize(&object).map_err(|error| misread(collection, &error))?;
                let Some(key) = identity.key(scheme, keys) else {
                    continue;
                };
                let object = serde_json::from_value(object).map_err(|error| misread(collection, &error))?;
                if found.insert(key.clone(), object).is_some() {
                    return Err(Error::new(ErrorKind::Ambiguous { what, id: key }));
                }
            }
        }
        Ok(found)
    }

    /// The one object that `key` names.
    pub(crate) async fn lookup_one<T: DeserializeOwned>(
        &self,
        collection: &'static str,
        what: &'static str,
        fields: &str,
        scheme: IdScheme,
        key: &str,
    ) -> Result<T, Error> {
        let not_found = || Error::new(ErrorKind::NotFound { what, id: key.to_owned() });
        if scheme == IdScheme::Uid {
            let uid = Uid::parse(key).map_err(|_| not_found())?;
            let parameters = [("fields", fields.to_owned())];
            let answer = self.transport.get_json(&[collection, uid.as_str()], &parameters).await;
            return answer.map_err(|error| error.or_not_found(what, key));
        }
        let keys = [key.to_owned()];
        self.lookup(collection, what, fields, scheme, &keys).await?.remove(key).ok_or_else(not_found)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    id: Uid,
    code: Option<String>,
    #[serde(default)]
    attribute_values: Vec<AttributeValue>,
}

impl Identity {
    /// Which of `keys` names this object: a database may compare more loosely than we do.
    fn key(self, scheme: IdScheme, keys: &[String]) -> Option<String> {
        let key = scheme.name_of(&self.id, self.code.as_deref(), &self.attribute_values).map(str::to_owned);
        key.filter(|key| keys.contains(key))
    }
}

/// The filters of every request, to be joined by OR. A list cannot hold commas and brackets, so keys with those get a
/// filter each.
pub(crate) fn filters(scheme: IdScheme, keys: &[String]) -> Vec<Vec<String>> {
    let property = scheme.property();
    let is_plain = |key: &&String| !key.contains([',', '[', ']', ':']);
    let (plain, odd): (Vec<&String>, Vec<&String>) = keys.iter().filter(|key| !key.is_empty()).partition(is_plain);
    let mut requests: Vec<Vec<String>> = Vec::new();
    let mut group: Vec<&str> = Vec::new();
    let mut bytes = 0;
    // Escaped, a character may take three bytes and more; half of the limit leaves room for the fields.
    for key in plain {
        let length = url::form_urlencoded::byte_serialize(key.as_bytes()).map(str::len).sum::<usize>() + 3;
        if !group.is_empty() && (group.len() == KEYS_MAX || bytes + length > QUERY_BYTES_MAX / 2) {
            requests.push(vec![format!("{property}:in:[{}]", group.join(","))]);
            group.clear();
            bytes = 0;
        }
        group.push(key);
        bytes += length;
    }
    if !group.is_empty() {
        requests.push(vec![format!("{property}:in:[{}]", group.join(","))]);
    }
    requests.extend(odd.chunks(20).map(|keys| keys.iter().map(|key| format!("{property}:eq:{key}")).collect()));
    requests
}

fn misread(collection: &'static str, error: &serde_json::Error) -> Error {
    Error::new(ErrorKind::Decode { path: collection.to_owned(), message: decode::unreadable(error) })
        .at("GET", &format!("/api/{collection}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(keys: &[&str]) -> Vec<String> {
        keys.iter().map(|&key| key.to_owned()).collect()
    }

    #[test]
    fn keys_share_a_filter_unless_they_hold_its_punctuation() {
        let requests = filters(IdScheme::Code, &texts(&["A", "B", "C,D", "", "E:F"]));
        assert_eq!(requests, [texts(&["code:in:[A,B]"]), texts(&["code:eq:C,D", "code:eq:E:F"])]);
    }

    #[test]
    fn many_keys_are_several_requests_that_cover_all() {
        let keys: Vec<String> = (0..1000).map(|number| format!("KEY_{number}")).collect();
        let requests = filters(IdScheme::Code, &keys);
        assert!(requests.len() >= 5);
        let named: usize = requests.iter().map(|filters| filters[0].split(',').count()).sum();
        assert_eq!(named, 1000);
    }
}
