//! Chance from a seed, and the points at which it decides who goes on.

use std::sync::Mutex;
use tokio::sync::oneshot;

/// Chance that goes the same way from the same seed (`SplitMix64`).
#[derive(Debug)]
pub(crate) struct Chance(Mutex<u64>);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }

    fn next(&self) -> u64 {
        let mut state = self.0.lock().unwrap();
        *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = *state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    /// Whether something happens that happens so many times in a thousand.
    pub(crate) fn hits(&self, in_a_thousand: usize) -> bool {
        self.below(1_000) < in_a_thousand
    }

    /// One of these.
    pub(crate) fn one_of<'t, T>(&self, things: &'t [T]) -> &'t T {
        &things[self.below(things.len())]
    }
}

/// Where everything waits that touches the store or the world outside, until it is let go on.
#[derive(Debug, Default)]
pub(crate) struct Points {
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    doors: Vec<oneshot::Sender<()>>,
    /// How often anything came to a point: as long as this grows, somebody is still walking.
    passed: u64,
}

impl Points {
    /// Waits to be let go on.
    pub(crate) async fn pass(&self) {
        let (door, opened) = oneshot::channel();
        {
            let mut waiting = self.waiting.lock().unwrap();
            waiting.doors.push(door);
            waiting.passed += 1;
        }
        opened.await.expect("whoever is not let go on is dropped with its run");
    }

    pub(crate) fn passed(&self) -> u64 {
        self.waiting.lock().unwrap().passed
    }

    /// How many wait.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.lock().unwrap().doors.iter().filter(|door| !door.is_closed()).count()
    }

    /// Lets one of those who wait go on; false when there is nobody.
    pub(crate) fn let_one_go(&self, chance: &Chance) -> bool {
        let mut waiting = self.waiting.lock().unwrap();
        // Those who were waiting when the process crashed are gone.
        waiting.doors.retain(|door| !door.is_closed());
        if waiting.doors.is_empty() {
            return false;
        }
        let one = chance.below(waiting.doors.len());
        waiting.doors.remove(one).send(()).is_ok()
    }
}
