//! Where snapshots lie: a folder, or a bucket of an S3-compatible store. Keys come from the environment only, by the names
//! that everybody uses (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT`, `AWS_ALLOW_HTTP`), on
//! every machine that reads: none travels with a plan.

use crate::failure;
use datafusion::common::{DataFusionError, exec_err};
use datafusion::execution::object_store::ObjectStoreRegistry;
use futures::TryStreamExt;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use pipeline::config::model::SnapshotPlace;
use pipeline::{Error, ErrorKind};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use url::Url;

/// A place for snapshots.
#[derive(Clone, Debug)]
pub struct Store {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    /// Scheme and host, as the engine's plans name it.
    root: Url,
    place: SnapshotPlace,
}

impl Store {
    /// Opens a place. A folder is created (0700) where `create` says so.
    ///
    /// # Errors
    /// A folder that cannot be reached or created; an environment that lacks what the store needs.
    pub fn open(place: &SnapshotPlace, create: bool) -> Result<Self, Error> {
        let place = place.clone();
        match &place {
            SnapshotPlace::Folder(folder) => {
                let failed = |error: std::io::Error| {
                    let message = format!("the folder of snapshots `{}`: {error}", folder.display());
                    Error::new(ErrorKind::Config, message).advice(
                        "It has to be there under this path on every machine; `tally-cluster snapshot` creates it.",
                    )
                };
                if create {
                    create_private(folder).map_err(failed)?;
                }
                let folder = folder.canonicalize().map_err(failed)?;
                let prefix = Path::from_absolute_path(&folder).map_err(failure::internal)?;
                let root = Url::parse("file:///").map_err(failure::internal)?;
                Ok(Self { store: Arc::new(LocalFileSystem::new()), prefix, root, place })
            }
            SnapshotPlace::S3(url) => {
                let bucket = url.host_str().unwrap_or_default();
                let store = s3(bucket).map_err(|error| failure::store(&format!("the store `{place}`"), &error))?;
                let root = Url::parse(&format!("s3://{bucket}/")).map_err(failure::internal)?;
                let prefix = Path::from_url_path(url.path()).map_err(failure::internal)?;
                Ok(Self { store: Arc::new(store), prefix, root, place })
            }
        }
    }

    /// The place, for people.
    pub fn place(&self) -> &SnapshotPlace {
        &self.place
    }

    /// A path below the place.
    pub fn path(&self, parts: &[&str]) -> Path {
        parts.iter().fold(self.prefix.clone(), |path, part| {
            // A part with slashes is several; everything else is escaped where it has to be.
            part.split('/').fold(path, |path, part| path.join(part))
        })
    }

    /// The URL of a path, as the engine's plans name it.
    pub fn url(&self, path: &Path) -> String {
        format!("{}{path}", self.root)
    }

    /// The store itself.
    pub fn objects(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.store)
    }

    /// The bytes of an object; none where there is none.
    ///
    /// # Errors
    /// What the store says.
    pub async fn read(&self, path: &Path) -> Result<Option<Vec<u8>>, Error> {
        match self.store.get(path).await {
            Ok(found) => Ok(Some(found.bytes().await.map_err(|error| self.failed(path, &error))?.to_vec())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed(path, &error)),
        }
    }

    /// Writes an object whole or not at all.
    ///
    /// # Errors
    /// What the store says.
    pub async fn write(&self, path: &Path, bytes: Vec<u8>) -> Result<(), Error> {
        self.store.put(path, PutPayload::from(bytes)).await.map_err(|error| self.failed(path, &error))?;
        Ok(())
    }

    /// The folders right below a path, by name.
    ///
    /// # Errors
    /// What the store says.
    pub async fn folders(&self, path: &Path) -> Result<Vec<String>, Error> {
        let listed = self.store.list_with_delimiter(Some(path)).await.map_err(|error| self.failed(path, &error))?;
        let names = listed.common_prefixes.iter().filter_map(|path| path.filename().map(str::to_owned));
        Ok(names.collect())
    }

    /// Removes everything below a path.
    ///
    /// # Errors
    /// What the store says.
    pub async fn remove(&self, path: &Path) -> Result<(), Error> {
        let objects = self.store.list(Some(path)).map_ok(|object| object.location);
        let objects: Vec<Path> = objects.try_collect().await.map_err(|error| self.failed(path, &error))?;
        for object in objects {
            self.store.delete(&object).await.map_err(|error| self.failed(&object, &error))?;
        }
        if let SnapshotPlace::Folder(_) = self.place {
            // A store has no folders; a file system keeps the empty ones, which disturb nobody if they stay.
            let _ = std::fs::remove_dir_all(format!("/{path}"));
        }
        Ok(())
    }

    /// An error at a path.
    pub fn failed(&self, path: &Path, error: &object_store::Error) -> Error {
        let name = path.prefix_match(&self.prefix).map(|rest| rest.map(|part| part.as_ref().to_owned()));
        let name = name.map_or_else(|| path.to_string(), |parts| parts.collect::<Vec<_>>().join("/"));
        failure::store(&format!("`{name}` in `{}`", self.place), error)
    }
}

fn s3(bucket: &str) -> Result<object_store::aws::AmazonS3, object_store::Error> {
    AmazonS3Builder::from_env().with_bucket_name(bucket).build()
}

#[cfg(unix)]
fn create_private(folder: &std::path::Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn create_private(folder: &std::path::Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)
}

/// The stores of a session, by the scheme and host that plans name: files, and buckets with the keys of this machine.
#[derive(Debug, Default)]
pub struct Stores {
    known: Mutex<HashMap<String, Arc<dyn ObjectStore>>>,
}

impl ObjectStoreRegistry for Stores {
    fn register_store(&self, url: &Url, store: Arc<dyn ObjectStore>) -> Option<Arc<dyn ObjectStore>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(key(url), store)
    }

    fn get_store(&self, url: &Url) -> Result<Arc<dyn ObjectStore>, DataFusionError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = known.get(&key(url)) {
            return Ok(Arc::clone(store));
        }
        let store: Arc<dyn ObjectStore> = match url.scheme() {
            "file" => Arc::new(LocalFileSystem::new()),
            "s3" => Arc::new(s3(url.host_str().unwrap_or_default())?),
            other => return exec_err!("no store has the scheme `{other}`"),
        };
        known.insert(key(url), Arc::clone(&store));
        Ok(store)
    }
}

fn key(url: &Url) -> String {
    format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default())
}
