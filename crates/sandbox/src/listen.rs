//! A router on a loopback port, on a runtime of its own: usable from blocking code and from any
//! runtime, and stopped hard, with every open connection, as a crash would.

use std::io;
use std::net::{Ipv4Addr, TcpListener};

use axum::Router;
use axum::serve::ListenerExt;
use tokio::runtime::{Builder, Runtime};

/// A server that listens until it is dropped.
#[derive(Debug)]
pub struct Listening {
    port: u16,
    runtime: Option<Runtime>,
}

impl Listening {
    /// Serves `router` on 127.0.0.1; port 0 takes any free one.
    ///
    /// # Errors
    /// When the port is taken or the runtime cannot start.
    pub fn start(port: u16, router: Router) -> io::Result<Self> {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        socket.set_nonblocking(true)?;
        let port = socket.local_addr()?.port();
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("sandbox").enable_all().build()?;
        runtime.spawn(async move {
            let listener = match tokio::net::TcpListener::from_std(socket) {
                Ok(listener) => listener.tap_io(|stream| {
                    // Without it small answers wait for the client's delayed acknowledgement.
                    let _ = stream.set_nodelay(true);
                }),
                Err(error) => return tracing::error!(%error, "the simulator cannot listen"),
            };
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the simulator stopped");
            }
        });
        Ok(Self { port, runtime: Some(runtime) })
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address without a path, `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
