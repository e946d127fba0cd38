//! One event at a time per subscriber, many subscribers at once: a fixed set of fair locks, chosen by key.

use crate::sms::Key;
use rustc_hash::FxBuildHasher;
use std::hash::BuildHasher;
use std::sync::OnceLock;
use tokio::sync::{Mutex, MutexGuard};

/// Locks. Two people share one with a chance of 1 in 16,384; then one of them waits for the other's commit. A fixed
/// set needs no cleaning up and costs less than a megabyte. Which lane is whose is the same in every process, so that a
/// simulated run can be repeated; whoever chose numbers to share somebody's lane would gain a wait of one commit.
const LANES: usize = BLOCKS * BLOCK;
/// Locks are made in blocks, when the first of a block is asked for: an engine that serves few people, as each
/// conversation of a test has its own, begins at once.
const BLOCKS: usize = 256;
const BLOCK: usize = 64;

/// Locks that are made together.
type Block = Box<[Mutex<()>]>;

#[derive(Debug)]
pub(super) struct Lanes {
    blocks: Box<[OnceLock<Block>]>,
}

impl Default for Lanes {
    fn default() -> Self {
        Self { blocks: (0..BLOCKS).map(|_| OnceLock::new()).collect() }
    }
}

impl Lanes {
    /// Waits until it is this subscriber's turn. First come, first served.
    pub(super) async fn enter(&self, key: &Key) -> MutexGuard<'_, ()> {
        let lane = FxBuildHasher.hash_one(key) % LANES as u64;
        let lane = usize::try_from(lane).expect("smaller than the number of lanes");
        let block = self.blocks[lane / BLOCK].get_or_init(|| (0..BLOCK).map(|_| Mutex::new(())).collect());
        block[lane % BLOCK].lock().await
    }
}
