//! The dashboard beside the daemon: a listener, and the pages behind it.

use super::log::Log;
use crate::cli::ServeArgs;
use crate::web;
use pipeline::{Error, ErrorKind};
use serde_json::json;
use std::future::IntoFuture;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Where the dashboard is, if nothing else is said: on this machine alone.
const LISTEN: &str = "127.0.0.1:8420";
/// So long a page that is being sent may take when the daemon ends; pages that move never end by themselves.
const LAST_PAGES: Duration = Duration::from_secs(2);

/// A dashboard that is open.
pub(super) struct Dashboard {
    close: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

impl Dashboard {
    /// Opens it; none where it is off. If it was never asked for, and its usual place is taken, the reports run all the same.
    ///
    /// # Errors
    /// An address that is none, or that cannot be listened at.
    pub(super) async fn open(args: &ServeArgs, site: &Arc<web::Site>, log: &Log) -> Result<Option<Self>, Error> {
        let asked = args.listen.as_deref();
        let address = asked.unwrap_or(LISTEN);
        if address == "off" {
            return Ok(None);
        }
        let listener = match TcpListener::bind(address).await {
            Ok(listener) => listener,
            Err(why) => {
                let message = format!("the dashboard cannot listen at {address}: {why}");
                if asked.is_some() {
                    let error = Error::new(ErrorKind::Config, message);
                    return Err(error.advice("Choose another address, or `off`."));
                }
                log.trouble(json!({ "event": "no_dashboard", "message": message }));
                return Ok(None);
            }
        };
        let at = listener.local_addr().map_or_else(|_| address.to_owned(), |at| at.to_string());
        log.say(json!({ "event": "listening", "url": format!("http://{at}") }));
        let pages = web::router(Arc::clone(site)).into_make_service_with_connect_info::<SocketAddr>();
        let (close, closed) = oneshot::channel::<()>();
        let served = axum::serve(listener, pages).with_graceful_shutdown(async move { drop(closed.await) });
        let served = tokio::spawn(async move { drop(served.into_future().await) });
        Ok(Some(Self { close, served }))
    }

    /// Takes no more requests, and gives those that are answered a moment.
    pub(super) async fn close(self) {
        let _ = self.close.send(());
        let abort = self.served.abort_handle();
        if tokio::time::timeout(LAST_PAGES, self.served).await.is_err() {
            abort.abort();
        }
    }
}
