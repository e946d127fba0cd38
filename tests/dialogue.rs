//! Properties of the core, over random conversations with the example brand: whatever people, timers, providers and
//! operators do, in any order, these hold after every step.

// Test code: a panic is the report.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "dialogue/brands.rs"]
mod brands;
#[path = "dialogue/laws.rs"]
mod laws;

use jiff::{SignedDuration, Timestamp};
use laws::Followed;
use proptest::prelude::*;
use sayso::bot::Bot;
use sayso::consent::{Change, How, Status};
use sayso::dialogue::{
    Cause, Effect, Event, HURRIED_MAX, Human, Left, LookupAnswer, NODES_MAX, REPLIES_PER_HOUR_MAX, SENDS_MAX,
    STACK_MAX, State, Step, Taken, read, resume, step, to_record,
};
use sayso::sms::{Class, Inbound, OptOutHint, Receipt, ReceiptState};
use sayso::workspace::Workspace;
use std::path::Path;
use std::sync::{Arc, LazyLock};

static SCOOPS: LazyLock<Arc<Bot>> = LazyLock::new(|| {
    let workspace = Workspace::open(Path::new(env!("CARGO_MANIFEST_DIR")));
    Arc::clone(workspace.bot("scoops").expect("the example brand is sound"))
});

/// Something that happens, and how many seconds after the last.
#[derive(Debug, Clone)]
struct Happening {
    after: i64,
    event: Event,
}

fn inbound(body: &str, id: u64, hint: Option<OptOutHint>) -> Event {
    Event::Text(Inbound {
        account: "twilio-main".into(),
        id: format!("SM{id}").as_str().into(),
        from: "+14045550123".parse().expect("a number"),
        to: "+14045550100".parse().expect("a number"),
        body: body.to_owned(),
        sent_at: None,
        media: Vec::new(),
        hint,
        missing: 0,
    })
}

fn receipt(opted_out: bool) -> Event {
    Event::Receipt(Receipt {
        account: "twilio-main".into(),
        id: "SMout".into(),
        state: ReceiptState::Failed,
        code: None,
        opted_out,
        bad_number: false,
    })
}

/// What people write to the example brand, and what machines do.
fn body() -> impl Strategy<Value = String> {
    let words = [
        "JOIN",
        "join please!",
        "STOP",
        "stop.",
        "S T O P",
        "arrêt",
        "🛑",
        "HELP",
        "info",
        "START",
        "unstop",
        "ana",
        "I'm Ana",
        "30309",
        "3030",
        "mint",
        "menta",
        "mango",
        "surprise me",
        "menu",
        "1",
        "2",
        "3",
        "hours",
        "order",
        "3 scoops",
        "25",
        "0",
        "yes",
        "no",
        "forget it",
        "unirme",
        "what?",
        "",
        "   ",
        "?!",
        "👍",
        "Liked “Reply STOP”",
        "thanks",
        "take me off the list",
        "\u{feff}\u{200b}",
    ];
    prop_oneof![
        8 => prop::sample::select(words.to_vec()).prop_map(str::to_owned),
        1 => "\\PC{0,40}",
        1 => "(join|stop|order|mint|30309| |!){0,30}",
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let hint = prop_oneof![
        20 => Just(None),
        1 => Just(Some(OptOutHint::Stop)),
        1 => Just(Some(OptOutHint::Start)),
        1 => Just(Some(OptOutHint::Help)),
    ];
    let start = (
        prop::sample::select(vec!["welcome", "hours", "order", "menu", "nowhere"]),
        prop::sample::select(vec![Cause::Campaign, Cause::Api, Cause::Time, Cause::Field]),
    );
    prop_oneof![
        20 => (body(), 0..60_u64, hint).prop_map(|(body, id, hint)| inbound(&body, id, hint)),
        4 => (0..40_u64).prop_map(|armed_in| Event::Timer { armed_in }),
        1 => any::<bool>().prop_map(receipt),
        2 => start.prop_map(|(flow, cause)| Event::Start { flow: flow.to_owned(), cause }),
        1 => prop::sample::select(vec![Event::Human(Human::TookOver), Event::Human(Human::GaveBack)]),
        1 => prop::sample::select(vec![How::Provider, How::Api, How::Import])
            .prop_map(|how| Event::OptOut { how, rule: "21610".to_owned() }),
        1 => Just(Event::Lookup { armed_in: 1, name: "weather".to_owned(), answer: LookupAnswer::Failed }),
        1 => Just(Event::Taken(Taken { name: "votes".to_owned(), number: Some(1) })),
    ]
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let after = prop_oneof![Just(0_i64), 1..600_i64, Just(90_000), Just(200_000)];
    prop::collection::vec((after, event()).prop_map(|(after, event)| Happening { after, event }), 1..40)
}

/// One step of a dialogue that comes from the store and goes back into it, as in production.
fn one(state: &State, event: &Event, now: Timestamp) -> (State, Step) {
    let bot = &**SCOOPS;
    let before = resume(bot, to_record(bot, state));
    let reading = read(bot, &before, event, now);
    let step = step(bot, &before, event, &reading, now, 7);
    (before, step)
}

fn sends(step: &Step) -> impl Iterator<Item = Class> {
    step.effects.iter().filter_map(|effect| match effect {
        Effect::Send(send) => Some(send.class),
        Effect::Ledger(_) | Effect::Take(_) | Effect::Lookup { .. } | Effect::Notify { .. } => None,
    })
}

fn opts_in(step: &Step) -> bool {
    step.effects.iter().any(|effect| matches!(effect, Effect::Ledger(entry) if entry.change == Change::In))
}

const NOON: &str = "2026-06-01T16:00:00Z";

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    /// After an opt-out nothing is sent but its one confirmation and answers to HELP, until an opt-in.
    #[test]
    fn a_stopped_person_is_left_alone(happenings in happenings()) {
        let mut now: Timestamp = NOON.parse().unwrap();
        let mut state = State::default();
        let mut confirmed = false;
        for Happening { after, event } in happenings {
            now += SignedDuration::from_secs(after);
            let (before, step) = one(&state, &event, now);
            let was_out = before.person.standing.status == Status::Out;
            let is_out = step.state.person.standing.status == Status::Out;
            for class in sends(&step) {
                match class {
                    Class::OptOutConfirmation => {
                        prop_assert!(is_out && !was_out, "a confirmation answers an opt-out, and only the first");
                        prop_assert!(!confirmed);
                        confirmed = true;
                    }
                    Class::Help => {}
                    Class::Reply | Class::FollowUp | Class::Campaign => {
                        prop_assert!(!is_out, "{event:?} made a stopped person be written to");
                        prop_assert!(!was_out || opts_in(&step));
                    }
                }
            }
            if was_out && !is_out {
                prop_assert!(opts_in(&step), "only an opt-in ends an opt-out");
            }
            confirmed &= is_out;
            state = step.state;
        }
    }

    /// Nothing that the brand begins reaches somebody who has not said so.
    #[test]
    fn nobody_is_written_to_who_has_not_said_so(happenings in happenings()) {
        let mut now: Timestamp = NOON.parse().unwrap();
        let mut state = State::default();
        for Happening { after, event } in happenings {
            now += SignedDuration::from_secs(after);
            let (before, step) = one(&state, &event, now);
            if sends(&step).any(|class| class == Class::Campaign) {
                prop_assert_eq!(before.person.standing.status, Status::In);
            }
            state = step.state;
        }
    }

    /// The ledger and the standing are the same story.
    #[test]
    fn every_change_of_consent_is_in_the_ledger(happenings in happenings()) {
        let mut now: Timestamp = NOON.parse().unwrap();
        let mut state = State::default();
        let mut entries = 0;
        for Happening { after, event } in happenings {
            now += SignedDuration::from_secs(after);
            let (before, step) = one(&state, &event, now);
            let mut told = before.person.standing.status;
            for effect in &step.effects {
                if let Effect::Ledger(entry) = effect {
                    entries += 1;
                    prop_assert_eq!(entry.number, entries);
                    told = match entry.change {
                        Change::In => Status::In,
                        Change::Reassigned(_) => Status::None,
                        Change::Deactivated(_) if told == Status::In => Status::None,
                        // What may be an opt-out holds what is sent, and is none yet.
                        Change::Unsure | Change::Kept | Change::Deactivated(_) | Change::Erased => told,
                        Change::Out
                        | Change::Asked
                        | Change::Declined
                        | Change::OfAge(_)
                        | Change::Underage(_) => Status::Out,
                    };
                }
            }
            prop_assert_eq!(told, step.state.person.standing.status);
            state = step.state;
        }
    }

    /// Every step is bounded, and the same inputs give the same step.
    #[test]
    fn steps_are_bounded_and_repeatable(happenings in happenings()) {
        let mut now: Timestamp = NOON.parse().unwrap();
        let mut state = State::default();
        for Happening { after, event } in happenings {
            now += SignedDuration::from_secs(after);
            let (_, step) = one(&state, &event, now);
            let (_, again) = one(&state, &event, now);
            prop_assert_eq!(&step, &again);
            prop_assert!(sends(&step).count() <= SENDS_MAX);
            prop_assert!(step.trace.nodes.len() <= NODES_MAX);
            prop_assert!(step.state.stack.len() <= STACK_MAX);
            state = step.state;
        }
    }

    /// A stale timer, a late receipt and an answer that nobody waits for change nothing.
    #[test]
    fn stale_events_change_nothing(happenings in happenings(), armed_in in 0..60_u64) {
        let mut now: Timestamp = NOON.parse().unwrap();
        let mut state = State::default();
        for Happening { after, event } in happenings {
            now += SignedDuration::from_secs(after);
            state = one(&state, &event, now).1.state;
        }
        let lookup = Event::Lookup { armed_in, name: "x".to_owned(), answer: LookupAnswer::Late };
        // A timer of any turn, and those that are armed and not due yet.
        let is_due = |turn: u64| state.person.armed().any(|timer| timer.armed_in == turn && timer.due <= now);
        let turns = state.person.armed().map(|timer| timer.armed_in).chain([armed_in]);
        let timers = turns.filter(|turn| !is_due(*turn)).map(|armed_in| Event::Timer { armed_in });
        for event in timers.chain([receipt(false), lookup]) {
            let (before, step) = one(&state, &event, now);
            prop_assert_eq!(&step.state, &before);
            prop_assert!(step.effects.is_empty());
        }
    }

    /// A dialogue survives the way through the store.
    #[test]
    fn a_dialogue_survives_being_stored(happenings in happenings()) {
        let mut now: Timestamp = NOON.parse().unwrap();
        let mut state = State::default();
        for Happening { after, event } in happenings {
            now += SignedDuration::from_secs(after);
            state = one(&state, &event, now).1.state;
            let record = to_record(&SCOOPS, &state);
            let json = serde_json::to_string(&record).unwrap();
            prop_assert_eq!(&resume(&SCOOPS, serde_json::from_str(&json).unwrap()), &state);
        }
    }

    /// Two machines that answer each other fall silent within the hour, whatever they say.
    #[test]
    fn a_loop_of_machines_comes_to_an_end(bodies in prop::collection::vec(body(), 1..4)) {
        let mut now: Timestamp = NOON.parse().unwrap();
        let mut state = State::default();
        let mut replies = 0;
        for (id, body) in bodies.iter().cycle().take(400).enumerate() {
            now += SignedDuration::from_secs(5);
            let (_, step) = one(&state, &inbound(body, 1_000 + id as u64, None), now);
            replies += sends(&step).count();
            state = step.state;
        }
        // What stands at the limit may still finish the step that reaches it.
        prop_assert!(replies <= REPLIES_PER_HOUR_MAX as usize + SENDS_MAX, "{replies} replies");
    }
}

/// Who writes in other words each time, and without a pause, is a machine that answers ours; a silence makes it heard again,
/// and what the law wants heard is heard at any time.
#[test]
fn a_machine_that_answers_at_once_is_not_answered_for_long() {
    let begin: Timestamp = NOON.parse().unwrap();
    let run = |pause: SignedDuration| {
        let (mut now, mut state, mut replies) = (begin, State::default(), 0);
        for (id, words) in (0..40).zip(["HELP", "Hours?", "INFO", "join"].into_iter().cycle()) {
            now += pause;
            let (_, step) = one(&state, &inbound(words, 1_000 + id, None), now);
            replies += sends(&step).count();
            state = step.state;
        }
        (now, state, replies)
    };
    let (now, state, hurried) = run(SignedDuration::from_millis(100));
    let (_, _, calm) = run(SignedDuration::from_secs(6));
    let most = 2 * HURRIED_MAX as usize;
    assert!((1..=most).contains(&hurried) && calm >= 40, "{hurried} replies in a hurry, {calm} with pauses");
    let answered = |words: &str, after: SignedDuration| {
        sends(&one(&state, &inbound(words, 9_999, None), now + after).1).count()
    };
    assert_eq!(answered("HELP", SignedDuration::from_secs(1)), 0);
    let (_, stopped) = one(&state, &inbound("STOP", 9_999, None), now + SignedDuration::from_secs(1));
    assert_eq!(stopped.state.person.standing.status, Status::Out, "it is heard, and not answered");
    assert_eq!(answered("HELP", SignedDuration::from_mins(2)), 1);
}

/// What happens to a random brand: what was said, armed and asked before comes again, in time and late.
#[derive(Debug, Clone)]
enum Doing {
    Writes(String, u64),
    Is(Event),
    /// The armed timer rings when it is due.
    Rings,
    /// A lookup of one of the turns that asked answers.
    Answers(usize, LookupAnswer),
    /// The oldest result of a take is heard; twice, if so.
    Hears(bool),
}

fn doing() -> impl Strategy<Value = Doing> {
    let words = [
        "join",
        "alpha",
        "bravo",
        "charlie",
        "delta",
        "skip",
        "tea",
        "espresso",
        "2",
        "1",
        "7",
        "yes",
        "no",
        "Ana",
        "30309",
        "10001",
        "May 14, 1990",
        "red",
        "STOP",
        "HELP",
        "START",
        "what?",
        "Liked “Hi”",
        "",
    ];
    let fills = |said: &str| LookupAnswer::Ok(vec![("cups".to_owned(), said.to_owned())]);
    let answers = vec![fills("3"), fills("many"), LookupAnswer::Failed, LookupAnswer::Late];
    let wrote = Event::Human(Human::Wrote { body: "Hello, a person here.".to_owned() });
    let pins = [("f0.n0", "n1"), ("mug", "won"), ("mug", "lost")];
    let pinned = |(node, arm): (&str, &str)| Event::Pinned { node: node.to_owned(), arm: arm.to_owned() };
    let taken = |number| Event::Taken(Taken { name: "contest mug".to_owned(), number });
    let left = |how, day: &str| Event::Left { how, on: day.parse().unwrap() };
    let others = vec![
        wrote,
        taken(Some(1)),
        taken(None),
        pinned(pins[0]),
        pinned(pins[1]),
        pinned(pins[2]),
        left(Left::Deactivated, "2026-06-01"),
        left(Left::Deactivated, "2026-07-01"),
        left(Left::Reassigned, "2026-06-02"),
        Event::Filled { field: "cups".to_owned(), words: None, by: Some("Tess".to_owned()) },
    ];
    let start = (0..4_usize).prop_map(|n| Event::Start { flow: format!("f{n}"), cause: Cause::Campaign });
    prop_oneof![
        12 => (prop::sample::select(words.to_vec()), 0..60_u64).prop_map(|(said, id)| Doing::Writes(said.to_owned(), id)),
        4 => Just(Doing::Rings),
        3 => (0..3_usize, prop::sample::select(answers)).prop_map(|(back, answer)| Doing::Answers(back, answer)),
        3 => any::<bool>().prop_map(Doing::Hears),
        2 => event().prop_map(Doing::Is),
        1 => start.prop_map(Doing::Is),
        1 => prop::sample::select(others).prop_map(Doing::Is),
    ]
}

fn does(dialogue: &mut Followed<'_>, doing: Doing, after: i64) {
    let person = &dialogue.state.person;
    match doing {
        Doing::Writes(said, id) => _ = dialogue.happens(&inbound(&said, id, None), after),
        Doing::Is(event) => _ = dialogue.happens(&event, after),
        Doing::Rings => {
            let Some(timer) = person.armed().next() else { return };
            let wait = timer.due.duration_since(dialogue.now).as_secs().max(0);
            // Rounded up: a moment that is not whole is still due.
            dialogue.happens(&Event::Timer { armed_in: timer.armed_in }, wait + 1);
        }
        Doing::Answers(back, answer) => {
            let Some((armed_in, name)) = dialogue.asked.iter().rev().nth(back).cloned() else { return };
            dialogue.happens(&Event::Lookup { armed_in, name, answer }, after);
        }
        Doing::Hears(twice) => {
            let Some(taken) = person.taken.first().cloned() else { return };
            for _ in 0..=usize::from(twice) {
                dialogue.happens(&Event::Taken(taken.clone()), after);
            }
        }
    }
}

/// Random brands that are talked to; `SAYSO_CASES` asks for more of them.
#[allow(clippy::disallowed_methods)] // a setting of the tests, none of the program
fn brands_talked_to() -> u32 {
    std::env::var("SAYSO_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: brands_talked_to(), max_global_rejects: 1_000_000, ..ProptestConfig::default() })]

    /// Whatever the brand, and whatever happens: the laws hold.
    #[test]
    fn the_laws_hold_for_any_brand(
        files in brands::files(),
        doings in prop::collection::vec((prop_oneof![Just(0_i64), 1..600_i64, Just(90_000)], doing()), 1..40),
        seed in any::<u64>(),
    ) {
        let bot = brands::linked(&files);
        prop_assume!(bot.is_ok());
        let bot = bot.expect("it was just assumed");
        let mut dialogue = Followed::new(&bot, NOON.parse().unwrap(), seed);
        dialogue.happens(&inbound("join", 1_000, None), 0);
        for (after, doing) in doings {
            does(&mut dialogue, doing, after);
        }
    }
}

/// An answer is for the node that asked: where two flows have asked the same lookup, the one that is heard waits for its own.
#[test]
fn an_answer_goes_to_the_flow_that_asked() {
    let brand = "brand B\n  program B\n  contact b\n  optin go-0\nfield cups: number\n\
        lookup stock\n  url https://b.example/stock\n  fill cups = cups\n";
    let flow = |n: u8| {
        format!(
            "flow f{n}\n  start on go-{n}\nnode look\n  lookup stock\n    failed -> no\n    late -> no\n  -> yes\n\
             node yes\n  say {{program}} {n}: {{cups}} left. {{terms}}\n  end\nnode no\n  say {{program}} {n}: none. {{terms}}\n  end\n"
        )
    };
    let grammar = "language en\nintent go-0\n  alpha\nintent go-1\n  bravo\n";
    let bot =
        brands::linked(&[brand.to_owned(), flow(0) + &flow(1), grammar.to_owned()]).expect("it is sound");
    let mut dialogue = Followed::new(&bot, NOON.parse().unwrap(), 7);
    dialogue.happens(&inbound("alpha", 1, None), 1);
    dialogue.happens(&inbound("bravo", 2, None), 1);
    let [(first, name), (second, _)] = &dialogue.asked.clone()[..] else { panic!("{:?}", dialogue.asked) };
    let cups = |said: &str| LookupAnswer::Ok(vec![("cups".to_owned(), said.to_owned())]);
    let answers = |armed_in: u64, answer| Event::Lookup { armed_in, name: name.clone(), answer };
    let entered = dialogue.happens(&answers(*first, cups("3")), 1).trace.nodes;
    assert_eq!(entered, [""; 0], "the other flow is heard");
    let entered = dialogue.happens(&answers(*second, LookupAnswer::Failed), 1).trace.nodes;
    assert_eq!(entered, ["f1.no", "f0.yes"]);
}

/// An answer under the name of another lookup fills nothing.
#[test]
fn an_answer_to_another_lookup_fills_nothing() {
    let brand = "brand B\n  program B\n  contact b\n  optin go-0\nfield cups: number\n\
        lookup stock\n  url https://b.example/stock\n  fill cups = cups\n";
    let flow = "flow f0\n  start on go-0\nnode look\n  lookup stock\n    failed -> bye\n    late -> bye\n  -> bye\n\
        node bye\n  say {program}: {terms} {cups else 0}\n  end\n";
    let grammar = "language en\nintent go-0\n  alpha\n";
    let bot = brands::linked(&[brand, flow, grammar].map(str::to_owned)).expect("it is sound");
    let mut dialogue = Followed::new(&bot, NOON.parse().unwrap(), 7);
    dialogue.happens(&inbound("alpha", 1, None), 1);
    let answer = LookupAnswer::Ok(vec![("cups".to_owned(), "3".to_owned())]);
    let armed_in = dialogue.asked[0].0;
    dialogue.happens(&Event::Lookup { armed_in, name: "prices".to_owned(), answer }, 1);
    assert!(dialogue.state.person.fields.is_empty());
}

/// Random brands are of use only if most of them are sound.
#[test]
fn most_random_brands_are_sound() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut draw = || brands::files().new_tree(&mut runner).expect("nothing is filtered").current();
    let broken: Vec<_> = (0..40).filter_map(|_| brands::linked(&draw()).err()).collect();
    assert!(broken.len() < 20, "{} of 40 are not: {:?}", broken.len(), broken.first());
}

/// Only what a person writes is their last text: no reaction, no machine's answer, and nothing that others do.
#[test]
fn a_reply_is_a_text_that_the_person_wrote() {
    let mut now: Timestamp = NOON.parse().unwrap();
    let mut state = State::default();
    assert_eq!(state.person.last_text, None);
    let others = [
        inbound("Liked “Welcome”", 2, None),
        inbound(
            "I'm driving with Focus turned on. I'll see your message when I get where I'm going.",
            3,
            None,
        ),
        Event::Start { flow: "hours".to_owned(), cause: Cause::Campaign },
        Event::Timer { armed_in: 1 },
        receipt(false),
        Event::Human(Human::TookOver),
    ];
    let join = inbound("JOIN", 1, None);
    state = one(&state, &join, now).1.state;
    let joined = now;
    for event in others {
        now += SignedDuration::from_hours(1);
        state = one(&state, &event, now).1.state;
        assert_eq!(state.person.last_text, Some(joined), "{event:?}");
    }
    now += SignedDuration::from_hours(1);
    state = one(&state, &inbound("STOP", 4, None), now).1.state;
    assert_eq!(state.person.last_text, Some(now));
}

/// A person on a node that an edit took away goes where `gone` says; one whose flow is gone is free.
#[test]
fn nobody_is_lost_when_a_flow_is_edited() {
    let stands = |flow: &str, node: &str| {
        let json = format!(r#"{{"stack":[{{"flow":"{flow}","node":"{node}"}}],"person":{{}}}}"#);
        resume(&SCOOPS, serde_json::from_str(&json).unwrap())
    };
    let now = NOON.parse().unwrap();
    let gone = stands("welcome", "a-node-of-last-year");
    let (_, step) = one_of(&gone, "hello?", now);
    assert_eq!(step.trace.nodes, ["welcome.zip"], "the flow says `gone -> zip`");
    let free = stands("a-flow-of-last-year", "hello");
    assert!(free.stack.is_empty());
    let (_, step) = one_of(&free, "JOIN", now);
    assert_eq!(step.trace.nodes, ["welcome.hello"]);
}

/// Somebody who waited for time to pass, at a node that asks since an edit, is asked with their next text.
#[test]
fn a_pause_that_became_a_question_is_asked() {
    let json = r#"{"stack":[{"flow":"welcome","node":"zip","until":"2026-06-02T16:00:00Z"}],"person":{}}"#;
    let waited = resume(&SCOOPS, serde_json::from_str(json).unwrap());
    let (_, step) = one_of(&waited, "30309", NOON.parse().unwrap());
    assert_eq!(step.trace.nodes, ["welcome.zip"], "nobody had asked, so it was no answer");
}

fn one_of(state: &State, text: &str, now: Timestamp) -> (State, Step) {
    let event = inbound(text, 1, None);
    let reading = read(&SCOOPS, state, &event, now);
    (state.clone(), step(&SCOOPS, state, &event, &reading, now, 7))
}

/// A brand with one flow that asks and one that only tells, for what the example brand does not do.
const SHOP: [(&str, &str); 4] = [
    ("sayso.toml", ""),
    ("grammars/en.grammar", "intent join\n  join\nintent hours\n  hours\nintent news\n  news\n"),
    (
        "flows/shop/brand.flow",
        "brand Shop\n  program Shop News\n  contact help@shop.example\n  optin join, news\nfield size: number\n",
    ),
    (
        "flows/shop/a.flow",
        "flow ask\n  start on join, hours\nnode size\n  say {program}! {terms}\n  say What size?\n  ask size\n    tries 2 -> out\n  -> out\n\
         node out\n  say Done.\n  end\nflow tell\n  start on news\nnode tell\n  say {program}! {terms}\n  end\n",
    ),
];

fn shop(change: impl Fn(&str) -> String) -> Arc<Bot> {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in SHOP {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, change(text)).unwrap();
    }
    let workspace = Workspace::open(folder.path());
    Arc::clone(workspace.bot("shop").expect("the brand is sound"))
}

/// Texts one after the other, each through the store; the sends of the last one, and the dialogue after it.
fn after(bot: &Bot, state: State, texts: &[&str]) -> (Vec<String>, State) {
    let mut state = state;
    let mut said = Vec::new();
    for (id, text) in texts.iter().enumerate() {
        let event = inbound(text, id as u64, None);
        let before = resume(bot, to_record(bot, &state));
        let now = NOON.parse().unwrap();
        let reading = read(bot, &before, &event, now);
        let step = step(bot, &before, &event, &reading, now, 7);
        said = step
            .effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Send(send) => Some(send.body.clone()),
                Effect::Ledger(_) | Effect::Take(_) | Effect::Lookup { .. } | Effect::Notify { .. } => None,
            })
            .collect();
        state = step.state;
    }
    (said, state)
}

/// Consent is written down wherever an opt-in intent is heard, also where it starts nothing.
#[test]
fn an_opt_in_is_consent_even_where_its_flow_is_open() {
    let bot = shop(str::to_owned);
    let (_, state) = after(&bot, State::default(), &["hours"]);
    assert_eq!(state.person.standing.status, Status::None);
    let (said, state) = after(&bot, state, &["join"]);
    assert_eq!(state.person.standing.status, Status::In);
    assert_eq!(said, ["What size?"]);
}

/// A flow in between changes nothing about how often the question was answered badly.
#[test]
fn an_interruption_is_no_fresh_start() {
    let bot = shop(str::to_owned);
    let (said, _) = after(&bot, State::default(), &["join", "huge", "news", "huge"]);
    assert_eq!(said, ["Done."], "the second bad answer leaves");
}

/// Whoever an edit has moved is asked before their text is an answer, whatever they text in between.
#[test]
fn who_was_moved_is_asked_before_they_answer() {
    let old = shop(|text| text.replace("node size", "node how-large"));
    let (_, state) = after(&old, State::default(), &["join"]);
    let record = to_record(&old, &state);
    let new = shop(str::to_owned);
    let moved = resume(&new, record);
    let (said, state) = after(&new, moved, &["HELP"]);
    assert!(said[0].starts_with("Shop News: help"), "{said:?}");
    let (said, state) = after(&new, state, &["7"]);
    assert_eq!(said.last().map(String::as_str), Some("What size?"));
    let (said, state) = after(&new, state, &["7"]);
    assert_eq!((said, state.person.fields.len()), (vec!["Done.".to_owned()], 1));
}
