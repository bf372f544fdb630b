//! A plain HTTP client for the tests.

use std::sync::Once;
use std::time::Duration;

use sandbox::clock::Clock;
use sandbox::fault::Faults;
use sandbox::godata::{Documents, GodataOptions, GodataServer};
use serde_json::{Value, json};

static PROVIDER: Once = Once::new();

pub(crate) fn client() -> reqwest::Client {
    builder().build().unwrap()
}

pub(crate) fn builder() -> reqwest::ClientBuilder {
    PROVIDER.call_once(|| {
        // Another test binary in this process may have installed it.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    // No test waits this long unless it fails.
    reqwest::Client::builder().timeout(Duration::from_secs(20)).redirect(reqwest::redirect::Policy::none())
}

/// A simulator with one user, and a token for it.
pub(crate) struct Session {
    pub(crate) server: GodataServer,
    pub(crate) token: String,
    pub(crate) client: reqwest::Client,
}

impl Session {
    pub(crate) async fn start(documents: Documents, clock: Clock, faults: Faults) -> Self {
        let options = GodataOptions::new("robot@example.org", "secret");
        let server = GodataServer::start(options, documents, clock, faults).unwrap();
        let client = client();
        let token = log_in(&client, &server.url()).await;
        Self { server, token, client }
    }

    /// GET with a filter; the status and the body.
    pub(crate) async fn get(&self, path: &str, filter: Value) -> (u16, Value) {
        let url = format!("{}/api/{path}", self.server.url());
        let request = self.client.get(url).query(&[("filter", filter.to_string())]);
        let response = request.header("X-Access-Token", &self.token).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }
}

pub(crate) async fn log_in(client: &reqwest::Client, url: &str) -> String {
    let body = json!({ "email": "robot@example.org", "password": "secret" });
    let response = client.post(format!("{url}/api/users/login")).json(&body).send().await.unwrap();
    let body: Value = response.json().await.unwrap();
    body["id"].as_str().unwrap().to_owned()
}
