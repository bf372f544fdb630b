//! A heartbeat: a request that says nothing but "still alive", to a monitor that alarms when it stays away.

use url::Url;

/// How a heartbeat is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HeartbeatMethod {
    /// GET, which every monitor takes.
    #[default]
    Get,
    /// POST, without a body.
    Post,
}

/// A monitor outside that alarms when no heartbeat came.
#[derive(Clone, Debug)]
pub struct Heartbeat {
    /// Address, which [`crate::check_url`] lets pass.
    pub url: Url,
    /// How it is asked for.
    pub method: HeartbeatMethod,
}
