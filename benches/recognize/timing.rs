//! Timing several sides on the same texts, so that none of them is flattered and noise meets all alike.
//!
//! One call is too short for the clock, so [`CHUNK`] *different* texts of one class are timed together and the time is
//! divided; a text is not repeated before all others of its class have been through, by all sides. In each round every
//! side runs through the class once, and another side is the first. The texts of a chunk are read through before the clock
//! starts, because a text that arrives has just been read too: what is cold is what a side looks it up in. A chunk's time is the median of its rounds; the median
//! and the mean of a class are those of its chunks. Dropping what a side returns is part of its time.

use crate::workload::Class;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Texts that are timed together.
const CHUNK: usize = 20;
/// Rounds; the median counts.
const ROUNDS: usize = 9;
/// What a side may take in all rounds together; a slower one is timed on the first texts of each class, and a very slow
/// one in fewer rounds.
const BUDGET: Duration = Duration::from_millis(2_500);

/// What sides are run on.
pub(crate) trait Input {
    /// Reads all of it, so that it is near.
    fn touch(&self) -> usize;
}

impl Input for String {
    fn touch(&self) -> usize {
        self.bytes().map(usize::from).sum()
    }
}

/// Something that is timed on texts. All sides are called alike, by a pointer.
pub(crate) struct Side<'s, T, A> {
    pub(crate) name: &'static str,
    /// Printed behind its times.
    pub(crate) note: String,
    pub(crate) answer: Box<dyn Fn(&T) -> A + 's>,
}

/// Nanoseconds a call of one side, by class: one number for each chunk.
#[derive(Debug)]
pub(crate) struct Times {
    chunks: BTreeMap<Class, Vec<f64>>,
}

impl Times {
    /// The chunks of one class, or of all.
    fn of(&self, class: Option<Class>) -> Vec<f64> {
        let wanted = self.chunks.iter().filter(|(of, _)| class.is_none_or(|class| class == **of));
        wanted.flat_map(|(_, chunks)| chunks).copied().collect()
    }

    pub(crate) fn median(&self, class: Option<Class>) -> f64 {
        median(self.of(class))
    }

    pub(crate) fn mean(&self, class: Option<Class>) -> f64 {
        let chunks = self.of(class);
        chunks.iter().sum::<f64>() / chunks.len() as f64
    }

    /// How many texts were timed, the first of each class.
    pub(crate) fn texts(&self, class: Option<Class>) -> usize {
        self.of(class).len() * CHUNK
    }
}

pub(crate) fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

/// Times all sides on all classes.
pub(crate) fn time<T: Input, A>(sides: &[Side<'_, T, A>], classes: &BTreeMap<Class, Vec<T>>) -> Vec<Times> {
    let plans: Vec<Plan> = sides.iter().map(|side| Plan::of(side, classes)).collect();
    let mut times: Vec<Times> = sides.iter().map(|_| Times { chunks: BTreeMap::new() }).collect();
    for (class, texts) in classes {
        let chunks: Vec<&[T]> = texts.chunks_exact(CHUNK).collect();
        let mut rounds = vec![vec![Vec::with_capacity(ROUNDS); chunks.len()]; sides.len()];
        for round in 0..ROUNDS {
            for turn in 0..sides.len() {
                let number = (round + turn) % sides.len();
                let plan = &plans[number];
                let few = if round < plan.rounds { plan.chunks(chunks.len()) } else { 0 };
                for (chunk, rounds) in chunks.iter().take(few).zip(&mut rounds[number]) {
                    rounds.push(time_chunk(&sides[number], chunk));
                }
            }
        }
        for (times, rounds) in times.iter_mut().zip(rounds) {
            let medians = rounds.into_iter().filter(|rounds| !rounds.is_empty()).map(median);
            times.chunks.insert(*class, medians.collect());
        }
    }
    times
}

/// Nanoseconds a text.
fn time_chunk<T: Input, A>(side: &Side<'_, T, A>, chunk: &[T]) -> f64 {
    black_box(chunk.iter().map(Input::touch).sum::<usize>());
    let begin = Instant::now();
    for text in chunk {
        black_box((side.answer)(black_box(text)));
    }
    begin.elapsed().as_secs_f64() * 1e9 / CHUNK as f64
}

/// How much of the work a side can do within its budget.
struct Plan {
    /// The share of the texts.
    share: f64,
    rounds: usize,
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "shares of small counts")]
impl Plan {
    /// By how long it takes for the first texts of each class.
    fn of<T, A>(side: &Side<'_, T, A>, classes: &BTreeMap<Class, Vec<T>>) -> Self {
        let probes = classes.values().flat_map(|texts| texts.iter().take(CHUNK / 10));
        let probes: Vec<&T> = probes.collect();
        let begin = Instant::now();
        for text in &probes {
            black_box((side.answer)(text));
        }
        let each = begin.elapsed().as_secs_f64() / probes.len() as f64;
        let all = classes.values().map(Vec::len).sum::<usize>() as f64;
        let least = (classes.len() * CHUNK) as f64;
        Self {
            share: (BUDGET.as_secs_f64() / (each * all * ROUNDS as f64)).min(1.0),
            rounds: ((BUDGET.as_secs_f64() / (each * least)) as usize).clamp(1, ROUNDS),
        }
    }

    /// So many of `all` chunks, but one at least.
    fn chunks(&self, all: usize) -> usize {
        (all as f64 * self.share).ceil() as usize
    }
}
