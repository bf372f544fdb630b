//! The session of a client, a scheduler and an executor: the same functions and the same stores in all three.

use crate::store::Stores;
use crate::{contributions, smallest};
use ballista_core::extension::{SessionConfigExt, SessionStateExt};
use ballista_core::registry::BallistaFunctionRegistry;
use datafusion::common::DataFusionError;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::prelude::{SessionConfig, SessionContext};
use std::path::Path;
use std::sync::Arc;
use url::Url;

/// Bytes of a message between machines: sealed definitions, with room for the plan around them.
pub const MESSAGE_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Settings that all three begin with.
pub fn config() -> SessionConfig {
    SessionConfig::new_with_ballista()
        .with_ballista_grpc_client_max_message_size(MESSAGE_BYTES_MAX)
        // They would be read from every file before the first record is, and every record is read anyway.
        .with_collect_statistics(false)
}

/// Stores, and a folder for what does not fit into memory.
///
/// # Errors
/// What the file system says.
pub fn runtime(spill: Option<&Path>) -> Result<Arc<RuntimeEnv>, DataFusionError> {
    let builder = RuntimeEnvBuilder::new().with_object_store_registry(Arc::new(Stores::default()));
    let builder = match spill {
        Some(folder) => builder.with_temp_file_path(folder),
        None => builder,
    };
    Ok(Arc::new(builder.build()?))
}

/// A session with our functions.
///
/// # Errors
/// What the file system says.
pub fn state(config: SessionConfig) -> Result<SessionState, DataFusionError> {
    let mut state =
        SessionStateBuilder::new().with_config(config).with_runtime_env(runtime(None)?).with_default_features().build();
    register(&mut state)?;
    Ok(state)
}

/// The functions of an executor: all that a session has. Ballista's own registry lacks the nested ones.
///
/// # Errors
/// What the file system says.
pub fn functions() -> Result<BallistaFunctionRegistry, DataFusionError> {
    Ok(BallistaFunctionRegistry::from(&state(config())?))
}

/// A client's context, whose plans are carried out by a scheduler.
///
/// # Errors
/// What the file system says.
pub fn client(scheduler: &Url, n_partitions: usize) -> Result<SessionContext, DataFusionError> {
    const DEFAULT_PORT: u16 = 50050;
    let host = scheduler.host_str().unwrap_or_default();
    let url = format!("http://{host}:{}", scheduler.port().unwrap_or(DEFAULT_PORT));
    let config = config().with_target_partitions(n_partitions).with_ballista_job_name("tally");
    let mut state = state(config)?.upgrade_for_ballista(url)?;
    // The upgrade puts Ballista's own functions in the place of all others.
    register(&mut state)?;
    Ok(SessionContext::new_with_state(state))
}

/// A context that carries out plans in this process, with the same functions.
///
/// # Errors
/// What the file system says.
pub fn local(n_partitions: usize) -> Result<SessionContext, DataFusionError> {
    Ok(SessionContext::new_with_state(state(config().with_target_partitions(n_partitions))?))
}

fn register(state: &mut SessionState) -> Result<(), DataFusionError> {
    use datafusion::execution::FunctionRegistry;
    state.register_udf(Arc::new(contributions::function()))?;
    state.register_udaf(Arc::new(smallest::function()))?;
    Ok(())
}
