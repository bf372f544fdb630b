//! The dashboard beside the daemon: a listener, and the pages behind it.

use super::log::Log;
use crate::cli::ServeArgs;
use crate::web::door::{self, Door};
use crate::web::{self, Site};
use pipeline::config::Config;
use pipeline::config::dashboard::DashboardModel;
use pipeline::run::open_state;
use pipeline::{Error, ErrorKind, clock};
use serde_json::json;
use std::future::IntoFuture;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

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
    pub(super) async fn open(
        args: &ServeArgs,
        config: &Config,
        site: &Arc<Site>,
        log: &Log,
    ) -> Result<Option<Self>, Error> {
        let mut config = config.clone();
        match args.listen.as_deref() {
            Some("off") => return Ok(None),
            Some(address) => config.dashboard.listen = parsed(address)?,
            None => {}
        }
        door::may_listen(&config, &open_state(&config)?)?;
        let address = config.dashboard.listen;
        let listener = match TcpListener::bind(address).await {
            Ok(listener) => listener,
            Err(why) => {
                let message = format!("the dashboard cannot listen at {address}: {why}");
                if args.listen.is_some() || address != DashboardModel::default().listen {
                    let error = Error::new(ErrorKind::Config, message);
                    return Err(error.advice("Choose another address, or `--listen off`."));
                }
                log.trouble(json!({ "event": "no_dashboard", "message": message }));
                return Ok(None);
            }
        };
        let at = listener.local_addr().unwrap_or(address);
        let door = Door::new(&config, at, Arc::new(clock::now))?;
        let heard = log.clone();
        door.tell_to(Box::new(move |line| heard.say(line)));
        log.say(json!({ "event": "listening", "url": format!("http://{at}") }));
        let pages = web::router(Arc::clone(site), door).into_make_service_with_connect_info::<SocketAddr>();
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

fn parsed(address: &str) -> Result<SocketAddr, Error> {
    let named = address.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    named.as_deref().unwrap_or(address).parse().map_err(|_| {
        let error = Error::new(ErrorKind::Config, format!("`{address}` is no address to listen at"));
        error.advice("Give an IP address and a port, such as `127.0.0.1:8420`, or `off`.")
    })
}
