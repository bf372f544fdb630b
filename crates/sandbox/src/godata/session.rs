//! Who is asking: users, log-ins, lock-out, and tokens with their sliding life.

use std::collections::{BTreeSet, HashMap};

use axum::http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::answer::Refusal;
use crate::clock::iso_millis;
use crate::random::Random;

/// Failed log-ins after which a user is blocked.
const LOGIN_FAILURES_MAX: u32 = 10;

/// How long a user stays blocked after the last counted failure.
const BLOCKED_FOR: SignedDuration = SignedDuration::from_mins(30);

/// The length of Go.Data's tokens.
const TOKEN_LENGTH: usize = 64;

/// A user of the simulated server.
#[derive(Clone)]
pub struct User {
    /// The user's id.
    pub id: String,
    /// The log-in name, in lower case.
    pub email: String,
    /// The password.
    pub password: String,
    /// The outbreaks that the user may see; empty means all.
    pub outbreak_ids: Vec<String>,
    /// The only outbreak in which requests other than GET are allowed; `None` allows none.
    pub active_outbreak_id: Option<String>,
    /// What the user may do.
    pub permissions: Permissions,
    /// Whether a log-in only answers that a code was mailed.
    pub two_factor: bool,
    /// The places to which an outbreak that applies geographic restrictions confines the user; `None` sees all. Persons of
    /// other places are in no list and no count; those without a place are.
    pub only_places: Option<BTreeSet<String>>,
}

/// What a user may do.
#[derive(Clone, Debug)]
pub enum Permissions {
    /// Everything.
    All,
    /// Only what these permission names allow (`case_list`, ...).
    Only(BTreeSet<String>),
}

impl User {
    /// A user who may do everything, in all outbreaks.
    pub fn new(email: &str, password: &str) -> Self {
        Self {
            id: Random::of_text(email).uuid(),
            email: email.to_lowercase(),
            password: password.to_owned(),
            outbreak_ids: Vec::new(),
            active_outbreak_id: None,
            permissions: Permissions::All,
            two_factor: false,
            only_places: None,
        }
    }

    pub(crate) fn require(&self, permission: &str) -> Result<(), Refusal> {
        match &self.permissions {
            Permissions::All => Ok(()),
            Permissions::Only(names) if names.contains(permission) => Ok(()),
            Permissions::Only(_) => Err(Refusal::missing_permission(permission)),
        }
    }

    pub(crate) fn sees_place(&self, location: Option<&str>) -> bool {
        self.only_places.as_ref().is_none_or(|places| location.is_none_or(|location| places.contains(location)))
    }

    pub(crate) fn sees_outbreak(&self, id: &str) -> bool {
        self.outbreak_ids.is_empty() || self.outbreak_ids.iter().any(|one| one == id)
    }
}

/// How the token came.
pub(crate) enum Credential {
    None,
    Token(String),
    Bearer(String),
}

impl Credential {
    /// Looks where LoopBack looks, in its order.
    pub(crate) fn of(query: &HashMap<String, String>, headers: &HeaderMap) -> Self {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if let Some(token) = query.get("access_token") {
            return Self::Token(token.clone());
        }
        if let Some(token) = header("x-access-token") {
            return Self::Token(token.to_owned());
        }
        let Some(value) = header("authorization") else {
            return Self::None;
        };
        match value.split_once(' ') {
            Some(("Bearer", token)) => Self::Bearer(token.to_owned()),
            // The scheme's test ignores case, the extraction of the token does not: it looks up the
            // whole text, finds nothing, and takes the path of an unknown Bearer token.
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("bearer") => Self::Bearer(value.to_owned()),
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("basic") => Self::None,
            _ => Self::Token(value.to_owned()),
        }
    }
}

/// Why a request is not let in.
pub(crate) enum Stranger {
    Refused(Refusal),
    /// The server's worker throws and the request is never answered.
    NeverAnswered,
}

impl From<Refusal> for Stranger {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

struct Token {
    user: usize,
    created: Timestamp,
}

#[derive(Default, Clone)]
struct Failures {
    n: u32,
    last: Timestamp,
}

/// The live sessions.
pub(crate) struct Sessions {
    users: Vec<User>,
    failures: Vec<Failures>,
    tokens: HashMap<String, Token>,
    issued: Vec<String>,
    ttl_secs: i64,
    random: Random,
}

impl Sessions {
    pub(crate) fn new(users: Vec<User>, ttl_secs: i64) -> Self {
        let failures = vec![Failures::default(); users.len()];
        Self { users, failures, tokens: HashMap::new(), issued: Vec::new(), ttl_secs, random: Random::new(0) }
    }

    pub(crate) fn user(&self, id: &str) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    /// Alters every user, as an administrator would.
    pub(crate) fn edit_users(&mut self, alter: impl FnMut(&mut User)) {
        self.users.iter_mut().for_each(alter);
    }

    /// Checks a password and makes the user's only token. `Ok(None)` means that a code was mailed.
    pub(crate) fn log_in(&mut self, email: &str, password: &str, now: Timestamp) -> Result<Option<String>, Refusal> {
        let at = self.users.iter().position(|user| user.email == email).ok_or_else(Refusal::login_failed)?;
        let failures = &mut self.failures[at];
        if failures.n >= LOGIN_FAILURES_MAX {
            if now.duration_since(failures.last) < BLOCKED_FOR {
                return Err(Refusal::blocked());
            }
            failures.n = 0;
        }
        if self.users[at].password != password {
            failures.n += 1;
            failures.last = now;
            return Err(Refusal::login_failed());
        }
        failures.n = 0;
        if self.users[at].two_factor {
            return Ok(None);
        }
        self.tokens.retain(|_, token| token.user != at);
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let id = self.random.text(alphabet, TOKEN_LENGTH);
        self.tokens.insert(id.clone(), Token { user: at, created: now });
        self.issued.push(id.clone());
        Ok(Some(id))
    }

    /// The body of a successful `/users/login`.
    pub(crate) fn login_body(&self, token: &str, now: Timestamp) -> Value {
        let user = self.tokens.get(token).map(|token| self.users[token.user].id.as_str());
        let now = iso_millis(now);
        json!({ "id": token, "ttl": self.ttl_secs, "created": now, "userId": user, "createdAt": now,
            "createdBy": "system", "updatedAt": now, "updatedBy": "system", "dbUpdatedAt": now, "deleted": false })
    }

    /// The user behind a request. A valid use renews the token's life; `expire` ends it first.
    pub(crate) fn authenticate(
        &mut self,
        credential: &Credential,
        now: Timestamp,
        expire: bool,
    ) -> Result<User, Stranger> {
        let (id, bearer) = match credential {
            Credential::None => return Err(Refusal::authorization_required().into()),
            Credential::Token(id) => (id, false),
            Credential::Bearer(id) => (id, true),
        };
        let Some(token) = self.tokens.get_mut(id) else {
            let refused = Stranger::Refused(Refusal::authorization_required());
            return Err(if bearer { Stranger::NeverAnswered } else { refused });
        };
        if expire || now.duration_since(token.created).as_secs() >= self.ttl_secs {
            self.tokens.remove(id);
            return Err(Refusal::invalid_token().into());
        }
        token.created = now;
        Ok(self.users[token.user].clone())
    }

    /// Every token that was ever issued.
    pub(crate) fn issued(&self) -> &[String] {
        &self.issued
    }

    /// Ends a session. The Bearer form is not understood and leaves the token valid.
    pub(crate) fn log_out(&mut self, credential: &Credential) -> Result<(), Refusal> {
        let known = match credential {
            Credential::Token(id) => self.tokens.remove(id).is_some(),
            Credential::Bearer(_) | Credential::None => false,
        };
        if known { Ok(()) } else { Err(Refusal::new(401, "accessToken is required to logout")) }
    }

    /// Forgets every token, as a restart with an emptied database would.
    pub(crate) fn forget_tokens(&mut self) {
        self.tokens.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_second(1_600_000_000 + secs).unwrap()
    }

    fn code(result: Result<User, Stranger>) -> String {
        match result {
            Ok(_) => "ok".to_owned(),
            Err(Stranger::NeverAnswered) => "never answered".to_owned(),
            Err(Stranger::Refused(refused)) => refused.body["error"]["code"].as_str().unwrap().to_owned(),
        }
    }

    #[test]
    fn a_token_slides_then_expires_first_invalid_then_unknown() {
        let mut sessions = Sessions::new(vec![User::new("a@b", "p")], 600);
        let id = sessions.log_in("a@b", "p", at(0)).unwrap().unwrap();
        let token = Credential::Token(id.clone());
        assert_eq!(code(sessions.authenticate(&token, at(500), false)), "ok");
        assert_eq!(code(sessions.authenticate(&token, at(1099), false)), "ok");
        assert_eq!(code(sessions.authenticate(&Credential::Bearer(id.clone()), at(1699), false)), "INVALID_TOKEN");
        assert_eq!(code(sessions.authenticate(&token, at(1700), false)), "AUTHORIZATION_REQUIRED");
        assert_eq!(code(sessions.authenticate(&Credential::Bearer(id), at(1700), false)), "never answered");
    }

    #[test]
    fn ten_failures_block_for_half_an_hour() {
        let mut sessions = Sessions::new(vec![User::new("a@b", "p")], 600);
        for second in 0..10 {
            assert_eq!(sessions.log_in("a@b", "wrong", at(second)).unwrap_err().status, 401);
        }
        assert_eq!(sessions.log_in("a@b", "p", at(10)).unwrap_err().status, 422);
        assert!(sessions.log_in("a@b", "p", at(9 + 1800)).is_ok());
        assert_eq!(sessions.log_in("nobody", "p", at(0)).unwrap_err().status, 401);
    }

    #[test]
    fn a_second_log_in_ends_the_first_session() {
        let mut sessions = Sessions::new(vec![User::new("a@b", "p")], 600);
        let first = sessions.log_in("a@b", "p", at(0)).unwrap().unwrap();
        let second = sessions.log_in("a@b", "p", at(1)).unwrap().unwrap();
        let code_of = |sessions: &mut Sessions, id| code(sessions.authenticate(&Credential::Token(id), at(2), false));
        assert_eq!(code_of(&mut sessions, first), "AUTHORIZATION_REQUIRED");
        assert_eq!(code_of(&mut sessions, second), "ok");
    }
}
