//! Random conversations that look for trouble: somebody who gets no further, a limit that is met, a text over the budget, a panic.
//!
//! The seed decides everything, whatever the number of threads. A conversation that ends in trouble is made as short as it gets.

use super::alphabet::{Alphabet, Sort};
use super::shrink::shrink;
use super::stuck::is_stuck;
use super::talk::{Script, Talk, Turned};
use crate::bot::Bot;
use crate::dialogue::{Effect, Human};
use crate::flow::Delay;
use crate::simulator::{Simulation, SimulationError};
use crate::sms::encoding::cost;
use crate::sms::{BrandId, Class, Phone};
use crate::store::{RowState, Scanned, Table};
use crate::transcript::Line;
use jiff::Timestamp;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::Runtime;

/// Turns of one conversation: enough for any flow that people walk to its end, and for the next one.
const TURNS_EACH: usize = 16;
/// Rows of the outbox that are looked at in the end.
const ROWS_MAX: usize = 64;
/// Standpoints that one thread remembers as left; then it begins anew.
const LEFT_MAX: usize = 100_000;
/// Texts of people who do not care what was asked.
const NOISE: [&str; 14] = [
    "hello",
    "HELP",
    "STOP",
    "START",
    "yes",
    "no",
    "1",
    "👍",
    "?",
    "ok",
    "thanks!",
    "what is this",
    "asdf",
    "I love you so much",
];
/// When conversations begin.
const MOMENTS: [&str; 4] =
    ["2026-06-01T16:00:00Z", "2026-06-05T02:30:00Z", "2026-03-08T05:00:00Z", "2026-12-24T22:00:00Z"];

/// What is to be explored.
#[derive(Debug, Clone, Copy)]
pub struct Exploring {
    /// Turns in all.
    pub turns: usize,
    /// What chance is drawn from.
    pub seed: u64,
    /// Threads that work at it.
    pub threads: usize,
}

/// How a simulation of a brand begins at a moment.
pub type Open = dyn Fn(&Arc<Bot>, Timestamp) -> Result<Simulation, SimulationError> + Sync;

/// What is wrong in a conversation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Trouble {
    /// What kind of trouble it is.
    pub kind: Kind,
    /// The node where it is, as `flow.node`, or what the person wrote to.
    pub node: String,
    /// What is to be said about it.
    pub what: String,
}

/// Kinds of trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Nothing that the person writes and no time gets them on.
    Stuck,
    /// A limit cut the dialogue off.
    Limit,
    /// A text takes more parts than the brand's budget.
    OverBudget,
    /// Our own code broke.
    Panic,
}

impl Kind {
    /// All kinds, in the order in which they are told.
    pub const ALL: [Self; 4] = [Self::Stuck, Self::Limit, Self::OverBudget, Self::Panic];

    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Stuck => "stuck",
            Self::Limit => "limit",
            Self::OverBudget => "over budget",
            Self::Panic => "panic",
        }
    }
}

/// Trouble that some conversations have come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The brand.
    pub brand: BrandId,
    /// What is wrong.
    pub trouble: Trouble,
    /// How many conversations came to it.
    pub conversations: usize,
    /// The shortest that is left of the first of them, as a file.
    pub chat: String,
}

/// What exploring came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explored {
    /// Turns that were walked; conversations in trouble end early.
    pub turns: usize,
    /// Conversations.
    pub conversations: usize,
    /// What was found, by brand and kind.
    pub findings: Vec<Finding>,
}

/// Walks random conversations with brands, in turns. O(turns), and some hundred turns for each finding.
#[must_use]
pub fn explore(bots: &[Arc<Bot>], exploring: Exploring, open: &Open) -> Explored {
    let conversations = if bots.is_empty() { 0 } else { exploring.turns.div_ceil(TURNS_EACH) };
    let (next, taken) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let ended: Mutex<BTreeMap<usize, (Trouble, Script)>> = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..exploring.threads.max(1) {
            scope.spawn(|| {
                let Some(mut walker) = Walker::new(open) else { return };
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= conversations {
                        return;
                    }
                    let turns = TURNS_EACH.min(exploring.turns - number * TURNS_EACH);
                    let bot = &bots[number % bots.len()];
                    let mut chance = Chance::new(exploring.seed, number);
                    let (trouble, script, turns) = walker.walk(bot, &mut chance, turns);
                    taken.fetch_add(turns, Ordering::Relaxed);
                    if let Some(trouble) = trouble {
                        ended
                            .lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .insert(number, (trouble, script));
                    }
                }
            });
        }
    });
    let ended = ended.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut groups: BTreeMap<(usize, Trouble), (usize, Script)> = BTreeMap::new();
    for (number, (trouble, script)) in ended {
        groups.entry((number % bots.len(), trouble)).or_insert((0, script)).0 += 1;
    }
    let mut walker = Walker::new(open);
    let findings = groups.into_iter().filter_map(|((brand, trouble), (conversations, script))| {
        let bot = &bots[brand];
        let chat = walker.as_mut()?.shortest(bot, &trouble, &script);
        Some(Finding { brand: bot.id.clone(), trouble, conversations, chat })
    });
    Explored { turns: taken.load(Ordering::Relaxed), conversations, findings: findings.collect() }
}

/// One thread's walker.
struct Walker<'o> {
    runtime: Rc<Runtime>,
    open: &'o Open,
    alphabets: FxHashMap<BrandId, Arc<Alphabet>>,
    /// Standpoints that somebody has left.
    left: FxHashSet<(BrandId, Vec<u64>)>,
}

impl<'o> Walker<'o> {
    fn new(open: &'o Open) -> Option<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().ok()?;
        Some(Self {
            runtime: Rc::new(runtime),
            open,
            alphabets: FxHashMap::default(),
            left: FxHashSet::default(),
        })
    }

    fn alphabet(&mut self, bot: &Bot) -> Arc<Alphabet> {
        let now = MOMENTS[0].parse().expect("a moment");
        let known = self.alphabets.entry(bot.id.clone());
        Arc::clone(known.or_insert_with(|| Arc::new(Alphabet::of(bot, now))))
    }

    /// A random conversation of so many turns: the trouble that it ends in, what was done, and how many turns it took.
    fn walk(
        &mut self,
        bot: &Arc<Bot>,
        chance: &mut Chance,
        turns: usize,
    ) -> (Option<Trouble>, Script, usize) {
        let alphabet = self.alphabet(bot);
        let begin = *chance.one_of(&MOMENTS.map(|moment| moment.parse().expect("a moment")));
        let mut script = Script { begin, phone: chance.phone(), lines: Vec::new() };
        let mut taken = 0;
        let (runtime, outside) = (Rc::clone(&self.runtime), alphabet.outside());
        let ended = guarded(&runtime, async {
            let mut talk = Talk::new((self.open)(bot, begin)?, bot, script.phone);
            while taken < turns {
                let record = talk.record().await?;
                if let Some(answer) = chance.some_of(&outside).filter(|_| taken % 4 == 0) {
                    talk.go(answer).await?;
                    script.lines.push(answer.clone());
                }
                let line = chance.line(&alphabet.moves(bot, &record, talk.now()));
                script.lines.push(line.clone());
                taken += 1;
                if let Some(trouble) = trouble(bot, &talk.go(&line).await?) {
                    return Ok(Some(trouble));
                }
            }
            self.end(&alphabet, &talk).await
        });
        (ended, script, taken)
    }

    /// What the end of a conversation shows: whether the person gets on, and whether a send ended in a panic.
    async fn end(&mut self, alphabet: &Alphabet, talk: &Talk) -> Result<Option<Trouble>, SimulationError> {
        let record = talk.record().await?;
        let Some(top) = record.stack.last() else { return broken(talk).await };
        let node = format!("{}.{}", top.flow, top.node);
        let standpoint = (talk.bot().id.clone(), super::search::facts(talk.bot(), &record, talk.now()));
        if !self.left.contains(&standpoint) {
            if is_stuck(alphabet, talk).await? {
                let what = "nothing that they write and no time gets them on".to_owned();
                return Ok(Some(Trouble { kind: Kind::Stuck, node, what }));
            }
            if self.left.len() >= LEFT_MAX {
                self.left.clear();
            }
            self.left.insert(standpoint);
        }
        broken(talk).await
    }

    /// What a script ends in.
    fn ends(&mut self, bot: &Arc<Bot>, script: &Script) -> Option<Trouble> {
        let alphabet = self.alphabet(bot);
        let runtime = Rc::clone(&self.runtime);
        guarded(&runtime, async {
            let mut talk = Talk::new((self.open)(bot, script.begin)?, bot, script.phone);
            for line in &script.lines {
                if let Some(trouble) = trouble(bot, &talk.go(line).await?) {
                    return Ok(Some(trouble));
                }
            }
            self.end(&alphabet, &talk).await
        })
    }

    /// The fewest lines that end in the same trouble, as a file.
    fn shortest(&mut self, bot: &Arc<Bot>, trouble: &Trouble, script: &Script) -> String {
        let lines = shrink(script.lines.clone(), |lines| {
            let trial = Script { lines: lines.to_vec(), ..script.clone() };
            self.ends(bot, &trial).as_ref() == Some(trouble)
        });
        let shortest = Script { lines, ..script.clone() };
        self.written(bot, &shortest)
    }

    /// A script as a file; its last line stands there without an answer where our own code breaks at it.
    fn written(&self, bot: &Arc<Bot>, script: &Script) -> String {
        let mut chat = String::new();
        let _broke = guarded(&self.runtime, async {
            let mut talk = Talk::new((self.open)(bot, script.begin)?, bot, script.phone);
            for line in &script.lines {
                chat = format!("{}{line}\n", talk.written());
                talk.go(line).await?;
                chat = talk.written();
            }
            Ok(None)
        });
        chat
    }
}

/// Does something in which our own code may break.
fn guarded(
    runtime: &Runtime,
    run: impl Future<Output = Result<Option<Trouble>, SimulationError>>,
) -> Option<Trouble> {
    let broke = |what: String| Some(Trouble { kind: Kind::Panic, node: "sayso".to_owned(), what });
    match catch_unwind(AssertUnwindSafe(|| runtime.block_on(run))) {
        Ok(Ok(trouble)) => trouble,
        Ok(Err(error)) => broke(error.to_string()),
        Err(payload) => {
            let words = payload.downcast_ref::<String>().cloned();
            let words = words.or_else(|| payload.downcast_ref::<&str>().map(|words| (*words).to_owned()));
            broke(words.unwrap_or_else(|| "a panic without words".to_owned()))
        }
    }
}

/// Whether a turn met a limit, or said more than the brand pays for.
fn trouble(bot: &Bot, turned: &Turned) -> Option<Trouble> {
    for turn in &turned.turns {
        let node = turn.trace.nodes.last().cloned().unwrap_or_else(|| "no node".to_owned());
        if let Some(note) = turn.trace.notes.iter().find(|note| note.starts_with("limit: ")) {
            return Some(Trouble { kind: Kind::Limit, node, what: note["limit: ".len()..].to_owned() });
        }
        let own = turn.effects.iter().filter_map(Effect::send).filter(|send| {
            send.media.is_empty() && matches!(send.class, Class::Reply | Class::FollowUp | Class::Campaign)
        });
        let wrote = matches!(turn.event, crate::dialogue::Event::Human(_));
        if let Some(parts) =
            own.map(|send| cost(&send.body).parts).find(|parts| *parts > bot.budget && !wrote)
        {
            let what = format!("a text takes {parts} parts; the budget is {}", bot.budget);
            return Some(Trouble { kind: Kind::OverBudget, node, what });
        }
    }
    None
}

/// Whether something that was to be sent ended in a panic: the engine lives on, and shows it.
async fn broken(talk: &Talk) -> Result<Option<Trouble>, SimulationError> {
    let store = talk.simulation().engine().store();
    let page = store.scan(Table::Outbox, None, ROWS_MAX).await?;
    let mut rows = page.items.into_iter().filter_map(Scanned::row);
    Ok(rows.find_map(|row| match row.state {
        RowState::Unknown { why } => Some(Trouble { kind: Kind::Panic, node: "sayso".to_owned(), what: why }),
        RowState::Pending | RowState::Held | RowState::Sending | RowState::Dead { .. } => None,
    }))
}

/// Numbers of one conversation (`SplitMix64`; Steele, Lea and Flood, 2014).
struct Chance(u64);

impl Chance {
    fn new(seed: u64, conversation: usize) -> Self {
        let mut chance = Self(seed);
        let own = chance.draw() ^ (conversation as u64).wrapping_mul(0xD1B5_4A32_D192_ED03);
        Self(own)
    }

    fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.draw() % end.max(1) as u64).unwrap_or_default()
    }

    fn some_of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        let at = self.below(all.len());
        all.get(at)
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        self.some_of(all).expect("there is something to choose from")
    }

    /// A number that nobody has (555-01xx, NANPA), in one of many areas: what chance decides in a dialogue depends on it.
    fn phone(&mut self) -> Phone {
        let (area, line) =
            (*self.one_of(&["212", "303", "404", "503", "617", "720", "808"]), self.below(100));
        format!("+1{area}55501{line:02}").parse().expect("a number")
    }

    /// What happens next: mostly what was asked for, sometimes what was not, and now and then time.
    fn line(&mut self, moves: &[(Sort, Line)]) -> Line {
        let wanted = match self.below(20) {
            0..=9 => [Sort::Answer, Sort::Heard, Sort::Keyword],
            10 | 11 => [Sort::Bad, Sort::Answer, Sort::Keyword],
            12 => [Sort::Time, Sort::Human, Sort::Keyword],
            13 => [Sort::Campaign, Sort::Human, Sort::Heard],
            14..=16 => [Sort::Keyword, Sort::Answer, Sort::Heard],
            17 => return Line::Wait(Delay::Exact { seconds: *self.one_of(&[60, 3_600, 86_400, 259_200]) }),
            18 => {
                return Line::Human(
                    self.one_of(&[Human::TookOver, Human::GaveBack, Human::GaveBack]).clone(),
                );
            }
            _ => return Line::Text((*self.one_of(&NOISE)).to_owned()),
        };
        for sort in wanted {
            let fitting: Vec<&Line> =
                moves.iter().filter(|(own, _)| *own == sort).map(|(_, line)| line).collect();
            if let Some(line) = self.some_of(&fitting) {
                return (*line).clone();
            }
        }
        Line::Text((*self.one_of(&NOISE)).to_owned())
    }
}
