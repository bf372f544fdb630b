//! The session: one login for all requests, renewed when Go.Data forgets it, given up when Go.Data refuses it.
//!
//! Go.Data keeps one token for an account and ends it after ten idle minutes. Ten failed logins lock the account for
//! half an hour. So logins are single-flight, and a refusal is remembered and never tried again by the same client.

use std::sync::Arc;

use reqwest::header::HeaderValue;
use secrecy::ExposeSecret;
use serde_json::json;
use tokio::sync::Mutex;

use crate::error::{Error, Kind, unreadable};
use crate::exchange::{Exchange, Key, Question, secret_header};
use crate::settings::Settings;
use crate::wire::answer::{Login, OauthToken};

const LOGIN: &str = "/users/login";
const OAUTH: &str = "/oauth/token";

/// A token and whose it is.
pub(crate) struct Token {
    pub(crate) header: HeaderValue,
    pub(crate) user: Option<String>,
}

pub(crate) struct Session {
    state: Mutex<State>,
}

enum State {
    LoggedOut,
    LoggedIn(Arc<Token>),
    Refused { kind: Kind, code: Option<String>, asked: &'static str },
}

impl Session {
    pub(crate) fn new() -> Self {
        Self { state: Mutex::new(State::LoggedOut) }
    }

    /// The token, after a login if there is none yet. Who comes while another logs in waits for the same token.
    pub(crate) async fn token(&self, exchange: &Exchange, settings: &Settings) -> Result<Arc<Token>, Error> {
        self.token_other_than(None, exchange, settings).await
    }

    /// A newer token than this one, which Go.Data refused. If another request renewed it already, that one.
    pub(crate) async fn renewed(
        &self,
        stale: &Arc<Token>,
        exchange: &Exchange,
        settings: &Settings,
    ) -> Result<Arc<Token>, Error> {
        self.token_other_than(Some(stale), exchange, settings).await
    }

    async fn token_other_than(
        &self,
        stale: Option<&Arc<Token>>,
        exchange: &Exchange,
        settings: &Settings,
    ) -> Result<Arc<Token>, Error> {
        let mut state = self.state.lock().await;
        match &*state {
            State::LoggedIn(token) if !stale.is_some_and(|stale| Arc::ptr_eq(stale, token)) => {
                return Ok(Arc::clone(token));
            }
            State::Refused { kind, code, asked } => {
                return Err(Error::new(kind.clone(), *asked).with_code(code.clone()));
            }
            State::LoggedIn(_) | State::LoggedOut => {}
        }
        match log_in(exchange, settings).await {
            Ok(token) => {
                let token = Arc::new(token);
                *state = State::LoggedIn(Arc::clone(&token));
                Ok(token)
            }
            Err(error) => {
                let code = error.code().map(str::to_owned);
                *state = match error.kind().clone() {
                    kind @ (Kind::LoginFailed
                    | Kind::Blocked
                    | Kind::TwoFactor
                    | Kind::Captcha
                    | Kind::BadRequest { .. }) => State::Refused { kind, code, asked: "POST /users/login" },
                    _ => State::LoggedOut,
                };
                Err(error)
            }
        }
    }
}

/// Logs in; by the OAuth path only where the ordinary one does not exist.
async fn log_in(exchange: &Exchange, settings: &Settings) -> Result<Token, Error> {
    let password = settings.password.expose_secret();
    let body = json!({ "email": settings.email, "password": password }).to_string();
    let question = Question::post(LOGIN, body.into_bytes());
    match exchange.send(&question, Key::Nobody).await {
        Ok(answer) => {
            let login: Login = read(&answer.body, &question)?;
            let token = login.id.into_option();
            token_of(token, login.user.into_option(), login.two_factor.get(), &question)
        }
        Err(error) if *error.kind() == Kind::NotFound => log_in_by_oauth(exchange, settings).await,
        Err(error) => Err(error),
    }
}

async fn log_in_by_oauth(exchange: &Exchange, settings: &Settings) -> Result<Token, Error> {
    let password = settings.password.expose_secret();
    // Unlike the ordinary login, this one compares the e-mail as it is; stored ones are lower case.
    let body = json!({ "username": settings.email.to_lowercase(), "password": password }).to_string();
    let question = Question::post(OAUTH, body.into_bytes());
    let answer = exchange.send(&question, Key::Nobody).await?;
    let oauth: OauthToken = read(&answer.body, &question)?;
    let wrapped = oauth.response.into_option().unwrap_or_default();
    let two_factor = oauth.two_factor.get().or(wrapped.two_factor.get());
    let token = oauth.access_token.into_option().or(wrapped.access_token.into_option());
    token_of(token, None, two_factor, &question)
}

fn token_of(
    token: Option<String>,
    user: Option<String>,
    two_factor: Option<&bool>,
    question: &Question,
) -> Result<Token, Error> {
    let asked = question.asked();
    if two_factor == Some(&true) {
        return Err(Error::new(Kind::TwoFactor, asked));
    }
    let Some(token) = token else {
        let reason = "there is no token in it".to_owned();
        return Err(Error::new(Kind::Decode { reason }, asked));
    };
    let header = secret_header(&token.into(), &asked)?;
    Ok(Token { header, user })
}

fn read<'a, T: serde::Deserialize<'a>>(body: &'a [u8], question: &Question) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|error| Error::new(unreadable(&error), question.asked()))
}
