//! Whether somebody who waits gets on: by some text, or by time.

use super::alphabet::{Alphabet, Sort};
use super::search::facts;
use super::talk::Talk;
use crate::flow::Delay;
use crate::simulator::SimulationError;
use crate::transcript::Line;
use rustc_hash::FxHashSet;
use std::collections::VecDeque;

/// Lines that are tried for one standpoint. Where they do not suffice nothing is claimed: somebody is stuck who was followed
/// everywhere.
const TRIALS_MAX: usize = 400;
/// So long a silence ends what two machines say to each other, and the pauses that a writer is likely to make.
const SILENCES: [Delay; 2] = [Delay::Exact { seconds: 3_660 }, Delay::Calendar { days: 2 }];

/// Whether nothing that the person can write and no time leads to a place where nothing waits for them. Leaving by STOP does not
/// count, and whom a human has taken over is not the flow's. `false` where it was not followed to the end.
///
/// # Errors
/// When the simulation fails, which is a bug of sayso.
pub(super) async fn is_stuck(alphabet: &Alphabet, talk: &Talk) -> Result<bool, SimulationError> {
    let bot = talk.bot();
    let mut known: FxHashSet<Vec<u64>> = FxHashSet::default();
    let Some(start) = talk.fork()? else { return Ok(false) };
    let mut open = VecDeque::from([start]);
    let mut trials = 0;
    while let Some(at) = open.pop_front() {
        let record = at.record().await?;
        if record.stack.is_empty() || record.person.human {
            return Ok(false);
        }
        let moves = alphabet.moves(bot, &record, at.now()).into_iter();
        let moves = moves.filter(|(sort, _)| *sort != Sort::Human).map(|(_, line)| line);
        for line in moves.chain(SILENCES.map(Line::Wait)) {
            trials += 1;
            if trials > TRIALS_MAX {
                return Ok(false);
            }
            let Some(mut next) = at.fork()? else { return Ok(false) };
            next.go(&line).await?;
            let record = next.record().await?;
            if record.stack.is_empty() || record.person.human {
                return Ok(false);
            }
            if known.insert(facts(bot, &record, next.now())) {
                open.push_back(next);
            }
        }
    }
    Ok(true)
}
