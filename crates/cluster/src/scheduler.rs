//! `tally-cluster scheduler`: Ballista's scheduler with our functions.

use crate::failure;
use crate::session::{self, MESSAGE_BYTES_MAX};
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::start_server;
use clap::Args;
use pipeline::{Error, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// How a scheduler is started.
#[derive(Args, Clone, Debug)]
pub struct SchedulerArgs {
    /// Address to listen on. Whoever reaches it may run what they like on the executors: a network of its own, never the
    /// open one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub bind: IpAddr,
    /// Port to listen on.
    #[arg(long, value_name = "PORT", default_value_t = 50050)]
    pub port: u16,
    /// Name under which executors and clients reach this machine.
    #[arg(long, value_name = "HOST", default_value = "localhost")]
    pub host: String,
    /// Seconds without a sign of life after which an executor counts as lost, and its work is given to others.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(3..=3600))]
    pub lost_after_secs: u64,
}

/// Serves until stopped; `ready` is called once it can be reached.
///
/// # Errors
/// A port that is taken; what the scheduler ends with.
pub async fn serve(args: SchedulerArgs, ready: impl FnOnce()) -> Result<(), Error> {
    let address = SocketAddr::new(args.bind, args.port);
    let message = u32::try_from(MESSAGE_BYTES_MAX).unwrap_or(u32::MAX);
    let config = SchedulerConfig {
        bind_host: args.bind.to_string(),
        bind_port: args.port,
        external_host: args.host,
        executor_timeout_seconds: args.lost_after_secs,
        no_executors_grace_period_seconds: args.lost_after_secs,
        expire_dead_executor_interval_seconds: (args.lost_after_secs / 3).max(1),
        grpc_server_max_decoding_message_size: message,
        grpc_server_max_encoding_message_size: message,
        grpc_client_max_message_size: message,
        override_config_producer: Some(Arc::new(session::config)),
        override_session_builder: Some(Arc::new(session::state)),
        ..SchedulerConfig::default()
    };
    let failed = |error: ballista_core::error::BallistaError| {
        let message = format!("the scheduler at {address} ended: {error}");
        Error::new(ErrorKind::Config, message).advice("Is the port free, and the address one of this machine?")
    };
    let cluster = BallistaCluster::new_from_config(&config).await.map_err(failed)?;
    // On a worker of its own: the planner's recursion wants the stack of one.
    let serving = tokio::spawn(start_server(cluster, address, Arc::new(config)));
    let addresses = [address];
    tokio::select! {
        ended = serving => ended.map_err(failure::internal)?.map_err(failed),
        stopped = crate::commands::stopped() => stopped,
        never = crate::commands::once_reachable(&addresses, ready) => match never {},
    }
}
