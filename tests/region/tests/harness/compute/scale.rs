//! Many regions in one process: no fixed port, no global state, no thread of its own for any of them.

use tokio::task::LocalSet;

use super::rig::Rig;

/// How many come up side by side.
const REGIONS: usize = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn regions_do_not_meet_in_one_process() {
    // Only the watching is on this thread: the regions live on the runtime's.
    let watching = LocalSet::new();
    let started: Vec<_> = (0..REGIONS)
        .map(|_| {
            watching.spawn_local(async {
                let rig = Rig::with_registry(&[]).await;
                rig.members("InService").await.len()
            })
        })
        .collect();
    watching.await;
    for region in started {
        assert_eq!(region.await.expect("a region"), 1);
    }
}
