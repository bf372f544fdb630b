//! The answers that are no lists of records: logins, counts, the version, the account, errors.

use std::collections::BTreeMap;

use serde::de::MapAccess;

use super::field::{Field, FromWire, HasOdd, Key, List};
use super::record::wire;

wire! {
    /// The answer of `/users/login`.
    pub(crate) struct Login {
        /// The token.
        "id" => id: Field<String>,
        /// Whose it is.
        "userId" => user: Field<String>,
        /// True instead of a token when a second factor is asked for.
        "twoFA" => two_factor: Field<bool>,
    }
}

wire! {
    /// The answer of `/oauth/token`.
    pub(crate) struct OauthToken {
        /// The token.
        "access_token" => access_token: Field<String>,
        /// Where servers before 2.44 put it.
        "response" => response: Field<OauthResponse>,
        /// True instead of a token when a second factor is asked for.
        "twoFA" => two_factor: Field<bool>,
    }
}

wire! {
    /// What older servers wrapped the token in.
    pub(crate) struct OauthResponse {
        /// The token.
        "access_token" => access_token: Field<String>,
        /// True instead of a token when a second factor is asked for.
        "twoFA" => two_factor: Field<bool>,
    }
}

wire! {
    /// The answer of a count.
    pub(crate) struct Count {
        /// How many.
        "count" => count: Field<f64>,
        /// Whether the server stopped counting there.
        "hasMore" => has_more: Field<bool>,
    }
}

wire! {
    /// The answer of the counts by classification.
    pub(crate) struct ClassificationCounts {
        /// By reference-data id, or `..._UNCLASSIFIED`, which is none.
        "classification" => by: Field<BTreeMap<String, Field<Count>>>,
        /// All cases, discarded ones included.
        "count" => count: Field<f64>,
    }
}

wire! {
    /// What the server tells about itself.
    pub struct Version {
        /// For example `2.50.3`.
        "version" => version: Field<String>,
        /// The time zone whose midnights are the server's dates; IANA name.
        "timezone" => timezone: Field<String>,
        /// After how many seconds of idleness a token dies.
        "tokenTTL" => token_ttl_secs: Field<f64>,
    }
}

wire! {
    /// What an account may see, without who it is.
    pub struct User {
        /// The account's id.
        "id" => id: Field<String>,
        /// If not true, outbreaks with geographic restrictions show only the regions of the account's teams.
        "disregardGeographicRestrictions" => disregard_geographic_restrictions: Field<bool>,
        /// The outbreaks it may see; empty means all.
        "outbreakIds" => outbreaks: List<String>,
        /// The outbreak that the account works in.
        "activeOutbreakId" => active_outbreak: Field<String>,
        /// Its roles.
        "roleIds" => roles: List<String>,
        /// Its permissions, if the server tells them.
        "permissionIds" => permissions: List<String>,
    }
}

wire! {
    /// The body of every refusal.
    pub(crate) struct ErrorAnswer {
        /// What is wrong.
        "error" => error: Field<ErrorBody>,
    }
}

wire! {
    /// What is wrong.
    pub(crate) struct ErrorBody {
        /// Go.Data's code; LoopBack's own refusals have none.
        "code" => code: Field<String>,
        /// More for programs.
        "details" => details: Field<ErrorDetails>,
    }
}

wire! {
    /// What is wrong, for programs.
    pub(crate) struct ErrorDetails {
        /// The permissions of which one is missing.
        "permissions" => permissions: Field<String>,
    }
}

impl<'de, V: FromWire<'de>> FromWire<'de> for BTreeMap<String, Field<V>> {
    fn from_object<A: MapAccess<'de>>(mut map: A) -> Result<Option<Self>, A::Error> {
        let mut this = Self::new();
        while let Some(Key(key)) = map.next_key()? {
            this.insert(key.into_owned(), map.next_value()?);
        }
        Ok(Some(this))
    }
}

impl<V: HasOdd> HasOdd for BTreeMap<String, V> {
    fn has_odd(&self) -> bool {
        self.values().any(HasOdd::has_odd)
    }
}
