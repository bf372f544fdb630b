//! How much is asked of a server at a time.

use crate::server::{Reply, Server};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

/// What the documentation promises.
const AT_ONCE: usize = 4;

#[tokio::test]
async fn few_requests_are_under_way_at_a_time() {
    let (under_way, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let together = Arc::new(Barrier::new(AT_ONCE));
    let (now, max) = (Arc::clone(&under_way), Arc::clone(&most));
    let server = Server::start(move |request| {
        if request.is_login() {
            return Reply::login("a-token");
        }
        max.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        // Nobody is answered before so many are there.
        together.wait();
        now.fetch_sub(1, Ordering::SeqCst);
        Reply::json(200, "[]")
    });
    let client = server.client();
    client.log_in().await.expect("a login");
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..3 * AT_ONCE {
        let client = client.clone();
        all.spawn(async move { client.outbreaks().await });
    }
    for answer in all.join_all().await {
        assert!(answer.expect("a list").is_empty());
    }
    assert_eq!(most.load(Ordering::SeqCst), AT_ONCE);
}
