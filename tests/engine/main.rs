//! The whole engine under a simulated world. From a seed follow who writes what, which of all that waits goes on next,
//! what providers do, where the process crashes and what the disk has kept. After every run the laws hold.
//!
//! `SAYSO_CASES` says how many seeds; `SAYSO_SEED` runs a single one, as a failure prints it. Nothing waits for real
//! time.

// Test code: a panic is the report, and two environment variables are settings of the test.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, clippy::disallowed_methods)]

mod brands;
mod chance;
mod clock;
mod disk;
mod laws;
mod run;
mod twice;
mod world;

use run::Run;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Seeds where nothing else is asked for.
const SEEDS: u64 = 300;
/// One run in so many is written into a store on a real disk too.
const ON_DISK: u64 = 50;

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

fn live(seed: u64) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let run = Run::of(seed).await;
        laws::hold(&run).await;
        if seed.is_multiple_of(ON_DISK) {
            let folder = tempfile::tempdir().unwrap();
            run.disk.is_the_same_on(folder.path()).await;
        }
    });
}

/// Seeds are shared out among as many threads as there are processors.
#[test]
fn the_laws_hold_whatever_happens_between_any_two_effects() {
    if let Some(seed) = setting("SAYSO_SEED") {
        return live(seed);
    }
    let (first, count) = (1, setting("SAYSO_CASES").unwrap_or(SEEDS));
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let failed: Vec<u64> = std::thread::scope(|scope| {
        let seeds = |thread: u64| (first + thread..first + count).step_by(usize::try_from(threads).unwrap());
        let fails = |seed: &u64| catch_unwind(AssertUnwindSafe(|| live(*seed))).is_err();
        let work: Vec<_> =
            (0..threads).map(|thread| scope.spawn(move || seeds(thread).find(fails))).collect();
        work.into_iter().filter_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(
        failed.is_empty(),
        "broken by {failed:?}; one alone: SAYSO_SEED={} cargo test --test engine",
        failed[0]
    );
}

/// What happens in a run depends on its seed and on nothing else.
#[test]
fn a_seed_gives_the_same_run_again() {
    let once = || {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let run = Run::of(7).await;
            (format!("{:?}", run.disk.now()), format!("{:?}", run.world.delivered()))
        })
    };
    let (first, second) = (once(), once());
    assert!(first == second, "two runs of one seed differ");
}
