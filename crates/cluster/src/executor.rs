//! `tally-cluster executor`: Ballista's executor with our functions.

use crate::failure;
use crate::session::{self, MESSAGE_BYTES_MAX};
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use clap::Args;
use datafusion::prelude::SessionConfig;
use pipeline::{Error, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use url::Url;

/// How an executor is started.
#[derive(Args, Clone, Debug)]
pub struct ExecutorArgs {
    /// Address of the scheduler.
    #[arg(long, value_name = "URL", default_value = "df://localhost:50050")]
    pub scheduler: Url,
    /// Address to listen on. As the scheduler's: a network of its own.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub bind: IpAddr,
    /// Name under which the scheduler, the other executors and clients reach this machine.
    #[arg(long, value_name = "HOST", default_value = "localhost")]
    pub host: String,
    /// Port for results.
    #[arg(long, value_name = "PORT", default_value_t = 50051)]
    pub port: u16,
    /// Port for tasks.
    #[arg(long, value_name = "PORT", default_value_t = 50052)]
    pub task_port: u16,
    /// Tasks at a time; as many as the machine has cores when nothing is said.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub cores: Option<u16>,
    /// Bytes of memory for all tasks together, beyond which they use the folder; 70 % of the machine's when nothing is said.
    #[arg(long, value_name = "BYTES")]
    pub memory_bytes: Option<u64>,
    /// Folder for what goes between tasks; one that goes away again when nothing is said. No record is in it, only counts.
    #[arg(long, value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
    /// Seconds between two signs of life.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub sign_of_life_secs: u64,
    /// Seconds to wait for a scheduler that is not there yet.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub wait_secs: u16,
}

/// Works until stopped; `ready` is called once it can be reached.
///
/// # Errors
/// A port that is taken; a scheduler that is not there; what the executor ends with.
pub async fn work(args: ExecutorArgs, ready: impl FnOnce()) -> Result<(), Error> {
    const DEFAULT_PORT: u16 = 50050;
    let io = |error: std::io::Error| Error::new(ErrorKind::Config, format!("the folder of the executor: {error}"));
    let passing = match &args.folder {
        Some(folder) => {
            std::fs::create_dir_all(folder).map_err(io)?;
            None
        }
        None => Some(tempfile::tempdir().map_err(io)?),
    };
    let folder = args.folder.clone().or_else(|| passing.as_ref().map(|passing| passing.path().to_owned()));
    let spill = folder.clone();
    let message = u32::try_from(MESSAGE_BYTES_MAX).unwrap_or(u32::MAX);
    let config = ExecutorProcessConfig {
        bind_host: args.bind.to_string(),
        external_host: Some(args.host),
        port: args.port,
        grpc_port: args.task_port,
        scheduler_host: args.scheduler.host_str().unwrap_or_default().to_owned(),
        scheduler_port: args.scheduler.port().unwrap_or(DEFAULT_PORT),
        scheduler_connect_timeout_seconds: args.wait_secs.max(1),
        // 0 is as many as there are.
        vcores: args.cores.map_or(0, usize::from),
        work_dir: folder.map(|folder| folder.to_string_lossy().into_owned()),
        memory_pool_size: args.memory_bytes,
        executor_heartbeat_interval_seconds: args.sign_of_life_secs,
        grpc_max_decoding_message_size: message,
        grpc_max_encoding_message_size: message,
        override_function_registry: Some(Arc::new(session::functions().map_err(failure::internal)?)),
        override_config_producer: Some(Arc::new(session::config)),
        override_runtime_producer: Some(Arc::new(move |_: &SessionConfig| session::runtime(spill.as_deref()))),
        ..ExecutorProcessConfig::default()
    };
    let scheduler = args.scheduler.clone();
    let addresses = [args.port, args.task_port].map(|port| SocketAddr::new(args.bind, port));
    let working = tokio::spawn(start_executor_process(Arc::new(config)));
    let ended = tokio::select! {
        ended = working => ended.map_err(failure::internal)?,
        never = crate::commands::once_reachable(&addresses, ready) => match never {},
    };
    ended.map_err(|error| {
        let message = format!("the executor of `{scheduler}` ended: {error}");
        Error::new(ErrorKind::Temporary, message)
            .advice("Is the scheduler running, and are both ports of the executor free?")
    })
}
