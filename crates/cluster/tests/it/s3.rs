//! A snapshot in an S3-compatible store: a server that checks signatures, on loopback.

use crate::agreement::agree;
use crate::machines::Machines;
use crate::site::Site;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use jiff::civil::date;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use sandbox::population::Population;
use std::path::Path;
use tokio::net::TcpListener;

const WEEKLY: &str = include_str!("../../../../examples/covid19-weekly/tally.toml");
const KEY: &str = "AKIATALLY";
const SECRET: &str = "a-secret-of-forty-characters-as-they-are";

/// Serves the folders below `root` as buckets, for as long as the runtime lives; returns the address.
fn serve(runtime: &tokio::runtime::Runtime, root: &Path) -> String {
    let mut service = S3ServiceBuilder::new(FileSystem::new(root).unwrap());
    service.set_auth(SimpleAuth::from_single(KEY, SECRET));
    let service = service.build();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    runtime.spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let service = service.clone();
            tokio::spawn(async move {
                let server = Builder::new(TokioExecutor::new());
                let _ = server.serve_connection(TokioIo::new(socket), service).await;
            });
        }
    });
    url
}

#[test]
fn a_snapshot_in_a_store_is_counted_with_the_keys_of_the_environment() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("outbreaks")).unwrap();
    let endpoint = serve(&runtime, root.path());
    let keys = |secret| {
        [
            ("AWS_ACCESS_KEY_ID", KEY),
            ("AWS_SECRET_ACCESS_KEY", secret),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ENDPOINT", endpoint.as_str()),
            ("AWS_ALLOW_HTTP", "true"),
        ]
    };
    let environment = keys(SECRET);
    let machines = Machines::start(2, &environment);
    let site = Site::of(WEEKLY, Population::covid19(7, 300, date(2020, 2, 3), 12));
    site.engine(machines.url.as_str(), Path::new("s3://outbreaks/of/tally"));
    let weeks = ["--from", "2020W6", "--to", "2020W17", "--output", "json"];
    let plan = |config: &'static str| ["plan", "--config", config].into_iter().chain(weeks).collect::<Vec<_>>();
    let here = site.tally(&plan("tally.toml"), &[]).with_code(0).json();

    let snapshot = ["snapshot", "--config", "cluster.toml", "--files", "3"];
    let refused = site.tally(&snapshot, &keys("another-secret")).with_code(10).err();
    assert!(refused.contains("Check the keys in the environment"), "{refused}");
    assert!(!refused.contains("another-secret") && !refused.contains(KEY), "{refused}");

    for _ in 0..3 {
        // The third removes the first.
        site.tally(&snapshot, &environment).with_code(0);
    }
    let home = root.path().join("outbreaks/of/tally");
    let outbreak = std::fs::read_dir(&home).unwrap().next().unwrap().unwrap().path();
    let folders = std::fs::read_dir(&outbreak).unwrap().map(|entry| entry.unwrap().path());
    let with_files = folders.filter(|path| path.join("case/00000.parquet").exists()).count();
    assert_eq!(with_files, 2, "the last two snapshots");

    let there = site.tally(&plan("cluster.toml"), &environment).with_code(0).json();
    assert_eq!(there["godata"]["extraction"], "snapshot");
    agree(&there, &here, "a store");
}
