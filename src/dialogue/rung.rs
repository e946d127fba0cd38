//! What an inbound text can be: the rungs, from the top. The first rung that takes the text decides; the order of ties
//! works only inside a rung. Nothing in a flow can change the first two.

use super::reading::{Reading, waiting};
use super::state::{Count, Person, State};
use crate::bot::{Awaited, Bot, FlowIx, IntentIx, NodeIx, Optin};
use crate::consent::{Kind, Reason, Status};
use crate::slot::{Answer, Openness, Value};
use jiff::{SignedDuration, Timestamp};

/// All that a rung looks at.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// The brand.
    pub bot: &'a Bot,
    /// The dialogue before the text.
    pub state: &'a State,
    /// What the text could mean.
    pub reading: &'a Reading,
    /// The moment of the turn.
    pub now: Timestamp,
}

/// What a rung decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    /// Record it, answer nothing; why.
    Ignore(&'static str),
    /// The person opts out, by this word or rule, and why.
    OptOut(String, Reason),
    /// The person may be opting out, by this rule: somebody must read it.
    Unsure(String),
    /// The person asks for help.
    Help,
    /// The person opts in by a compliance word.
    OptIn(String),
    /// It answers the waiting question.
    Answer(Value),
    /// The dialogue goes on at this node, because of that intent.
    Go(Option<IntentIx>, NodeIx),
    /// A keyword starts a flow.
    Start(IntentIx, FlowIx),
    /// A keyword of a flow that is open: the waiting question is asked again.
    AskAgain(IntentIx),
    /// Yes: the dialogue is left for the flow that was offered.
    Leave(FlowIx),
    /// No: the waiting question is asked again.
    Stay,
    /// A human reads it: recorded, for them to answer.
    ToHuman,
    /// A bad answer: not understood.
    Unclear,
    /// A bad answer: understood, and not acceptable.
    Invalid,
    /// Nothing takes it and nothing waits.
    Fallback,
}

/// One rung.
#[derive(Debug)]
pub struct Rung {
    /// Its name, as `why` and the log print it.
    pub name: &'static str,
    /// Whether it also hears people who have opted out.
    pub hears_stopped: bool,
    /// Its decision, or `None` when the text is not its affair.
    pub decide: fn(&Scene<'_>) -> Option<Move>,
}

/// The rungs, first to last.
pub const RUNGS: [Rung; 9] = [
    Rung { name: "not a person speaking", hears_stopped: true, decide: not_speech },
    Rung { name: "opt-out, help, opt-in", hears_stopped: true, decide: compliance },
    Rung { name: "a text waits to be read", hears_stopped: false, decide: review },
    Rung { name: "taken over by a human", hears_stopped: false, decide: human },
    Rung { name: "closed answer or the node's `on`", hears_stopped: false, decide: closed_answer },
    Rung { name: "the flow's `on`", hears_stopped: false, decide: flow_on },
    Rung { name: "keyword", hears_stopped: true, decide: keyword },
    Rung { name: "open answer", hears_stopped: false, decide: open_answer },
    Rung { name: "nothing else", hears_stopped: false, decide: leftover },
];

/// Where keywords stand among the rungs: what takes a text here or above knows what it says.
pub const KEYWORD: usize = 6;

/// The first rung that takes a text, by its place in [`RUNGS`], and what it decides. `None` where a person has opted out
/// and no rung that hears them takes it.
#[must_use]
pub fn decide(scene: &Scene<'_>) -> Option<(usize, Move)> {
    let stopped = scene.state.person.standing.status == Status::Out;
    let hearing = RUNGS.iter().enumerate().filter(|(_, rung)| rung.hears_stopped || !stopped);
    { hearing }.find_map(|(place, rung)| Some((place, (rung.decide)(scene)?)))
}

/// Replies to one person in an hour: more than anybody reads, few enough that two machines talking to each other
/// cost little before they fall silent.
pub const REPLIES_PER_HOUR_MAX: u32 = 60;
/// The same text so often within [`REPEAT_WINDOW`] is a machine's (one large platform stops at 20 in 5 minutes).
pub const REPEATS_MAX: u32 = 10;
/// The window in which repeats are counted.
pub const REPEAT_WINDOW: SignedDuration = SignedDuration::from_mins(10);
/// So many texts in a row, each within [`HURRY`] of the one before, are a machine's that answers ours: two of them that were
/// let loose on each other made 20 messages in 2 seconds. Other words each time do not hide it.
pub const HURRIED_MAX: u32 = 12;
/// A pause that somebody makes who reads an answer before they write the next.
const HURRY: SignedDuration = SignedDuration::from_secs(4);
/// After so long a silence the other side is heard again.
const CALM: SignedDuration = SignedDuration::from_mins(1);
/// The time in which replies are counted.
pub(super) const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// The fallback is said at most once in this time.
const FALLBACK_EVERY: SignedDuration = SignedDuration::from_hours(24);

fn not_speech(scene: &Scene<'_>) -> Option<Move> {
    if scene.reading.kind == Kind::AutoReply {
        return Some(Move::Ignore("a machine answers for the person"));
    }
    if scene.reading.kind == Kind::Tapback {
        return Some(Move::Ignore("a reaction, not a text"));
    }
    if scene.reading.text.original().trim().is_empty() {
        return Some(Move::Ignore("no words"));
    }
    None
}

fn compliance(scene: &Scene<'_>) -> Option<Move> {
    match &scene.reading.kind {
        Kind::OptOut { .. } if scene.state.person.standing.status == Status::Out => {
            Some(Move::Ignore("opted out already; one confirmation is enough"))
        }
        Kind::OptOut { rule, reason, .. } => Some(Move::OptOut(rule.clone(), *reason)),
        // A human who has taken over reads it anyway; who has stopped cannot stop again.
        Kind::Unsure { .. } if scene.state.person.human || is_loop(scene) => None,
        Kind::Unsure { .. } if scene.state.person.standing.status == Status::Out => None,
        Kind::Unsure { .. } if scene.state.person.standing.unsure.is_some() => None,
        Kind::Unsure { rule, .. } => Some(Move::Unsure(rule.clone())),
        Kind::Help(_) if is_loop(scene) => Some(Move::Ignore("a machine answers a machine")),
        Kind::Help(_) => Some(Move::Help),
        Kind::OptIn(rule) => Some(Move::OptIn(rule.clone())),
        // The limit stands here, behind the words that must always be heard and before all that may be answered.
        Kind::Speech | Kind::Tapback | Kind::AutoReply => {
            is_loop(scene).then_some(Move::Ignore("a machine answers a machine"))
        }
    }
}

/// Whether two machines seem to talk to each other: text upon text without a pause, too many replies in the hour, or the same
/// text again and again.
pub(super) fn is_loop(scene: &Scene<'_>) -> bool {
    let over = |count: Option<Count>, window, max| {
        count.is_some_and(|c: Count| scene.now.duration_since(c.since) < window && c.count >= max)
    };
    let person = &scene.state.person;
    let same = person.repeated.filter(|(text, _)| *text == text_fingerprint(scene.reading));
    let since = person.last_text.map(|last| scene.now.duration_since(last));
    person.hurried >= HURRIED_MAX && since.is_some_and(|since| since < CALM && !since.is_negative())
        || over(person.replies, HOUR, REPLIES_PER_HOUR_MAX)
        || over(same.map(|(_, count)| count), REPEAT_WINDOW, REPEATS_MAX)
}

/// How many texts have come in a hurry, with one that comes now. Who was taken for a machine is one until it is silent.
pub(super) fn hurried(person: &Person, now: Timestamp) -> u32 {
    let Some(since) = person.last_text.map(|last| now.duration_since(last)) else { return 0 };
    let pause = if person.hurried >= HURRIED_MAX { CALM } else { HURRY };
    // At one and the same moment is where a clock stands, as in conversations that are written down.
    if since.is_zero() {
        person.hurried
    } else if since.is_positive() && since < pause {
        person.hurried.saturating_add(1)
    } else {
        0
    }
}

/// A text's fingerprint for telling repeats. Kept for minutes only.
pub(super) fn text_fingerprint(reading: &Reading) -> u64 {
    use std::hash::{Hash, Hasher};
    let mut hasher = rustc_hash::FxHasher::default();
    reading.text.original().hash(&mut hasher);
    hasher.finish()
}

/// While a text of theirs waits to be read, what a person writes is recorded and stays unanswered.
fn review(scene: &Scene<'_>) -> Option<Move> {
    scene.state.person.standing.unsure?;
    Some(Move::Ignore("a text of theirs waits to be read"))
}

fn human(scene: &Scene<'_>) -> Option<Move> {
    scene.state.person.human.then_some(Move::ToHuman)
}

fn closed_answer(scene: &Scene<'_>) -> Option<Move> {
    if let Some(frame) = scene.state.stack.last().filter(|frame| frame.displaced) {
        return Some(Move::Go(None, frame.node));
    }
    if let (Some(offered), Some(yes)) = (&scene.state.person.offered, scene.reading.agreed) {
        let flow = scene.bot.flow_named(offered).filter(|_| yes);
        return Some(flow.map_or(Move::Stay, Move::Leave));
    }
    if let Some((Openness::Closed, Answer::Value(value))) = &scene.reading.answer {
        return Some(Move::Answer(value.clone()));
    }
    heard_in(scene, &waiting(scene.bot, scene.state)?.wait.prompt.on)
}

fn flow_on(scene: &Scene<'_>) -> Option<Move> {
    let frame = scene.state.stack.last()?;
    heard_in(scene, &scene.bot.flow(frame.flow).on)
}

/// The best of the heard intents that a list of branches names.
fn heard_in(scene: &Scene<'_>, branches: &[(IntentIx, NodeIx)]) -> Option<Move> {
    let mut heard = scene.reading.heard.iter();
    let found = heard.find_map(|h| branches.iter().find(|(intent, _)| *intent == h.intent));
    found.map(|(intent, node)| Move::Go(Some(*intent), *node))
}

fn keyword(scene: &Scene<'_>) -> Option<Move> {
    let stopped = scene.state.person.standing.status == Status::Out;
    let mut heard = scene.reading.heard.iter().map(|heard| (heard.intent, scene.bot.intent(heard.intent)));
    heard.find_map(|(ix, intent)| match intent.starts {
        _ if stopped && intent.optin == Optin::No => None,
        Some(flow) if intent.optin == Optin::No && has_ended(scene, flow) => {
            Some(Move::Ignore("opted out of what this starts"))
        }
        Some(flow) if scene.state.stack.iter().any(|frame| frame.flow == flow) => Some(Move::AskAgain(ix)),
        Some(flow) => Some(Move::Start(ix, flow)),
        None => (intent.optin == Optin::Single).then(|| Move::OptIn(intent.name.clone())),
    })
}

/// Whether the person has opted out of what a flow says.
fn has_ended(scene: &Scene<'_>, flow: FlowIx) -> bool {
    let flow = scene.bot.flow(flow);
    scene.state.person.standing.towards(&flow.programme, flow.content) == Status::Out
}

fn open_answer(scene: &Scene<'_>) -> Option<Move> {
    match &scene.reading.answer {
        Some((Openness::Open, Answer::Value(value))) => Some(Move::Answer(value.clone())),
        _ => None,
    }
}

/// What the rungs of closed answers, `on` and keywords say to the text with its misspelt words mended.
fn repaired(scene: &Scene<'_>) -> Option<Move> {
    let reading = scene.reading.repaired.as_deref()?;
    let scene = Scene { reading, ..*scene };
    [closed_answer, flow_on, keyword].into_iter().find_map(|decide| decide(&scene))
}

/// Whether the dialogue waits for something that comes within moments, and not from the person.
fn awaits_answer(scene: &Scene<'_>) -> bool {
    let frame = scene.state.stack.last();
    let wait = frame.and_then(|frame| scene.bot.node(frame.node).wait.as_ref());
    matches!(wait.map(|wait| &wait.what), Some(Awaited::Lookup(_) | Awaited::Draw(_)))
}

#[expect(clippy::unnecessary_wraps, reason = "the last rung has the shape of all rungs")]
fn leftover(scene: &Scene<'_>) -> Option<Move> {
    if let Some(repaired) = repaired(scene) {
        return Some(repaired);
    }
    Some(match &scene.reading.answer {
        Some((_, Answer::Invalid(_))) => Move::Invalid,
        Some(_) => Move::Unclear,
        None if awaits_answer(scene) => Move::Ignore("an answer from outside is on its way"),
        None if scene
            .state
            .person
            .fallback_at
            .is_some_and(|at| scene.now.duration_since(at) < FALLBACK_EVERY) =>
        {
            Move::Ignore("the fallback was said within the last 24 hours")
        }
        None => Move::Fallback,
    })
}
