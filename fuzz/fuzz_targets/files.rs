//! Any bytes as a brand's files: read, linked and, where a bot comes of them, talked to. The laws are those of
//! `tests/dialogue.rs`.
//!
//! An input is five parts with a line of `~~~~` between them: `brand.flow`, a flow file, a grammar, a conversation, and what
//! happens. Of the last one each line is something that happens; the texts of the conversation happen first.
#![no_main]

#[path = "../../tests/dialogue/laws.rs"]
mod laws;

use laws::Followed;
use libfuzzer_sys::fuzz_target;
use sayso::bot::{Bot, BrandSources, Shared, link, link_shared};
use sayso::consent::How;
use sayso::diagnostic::{Diagnostics, Place, Sources, draw};
use sayso::dialogue::{Cause, Event, Human, LookupAnswer, Taken};
use sayso::flow::{brand, syntax as flow_syntax};
use sayso::grammar::syntax as grammar_syntax;
use sayso::outline::Reader;
use sayso::sms::{Inbound, OptOutHint, Receipt, ReceiptState};
use sayso::transcript;
use std::sync::LazyLock;

/// What stands between the parts of an input.
const BETWEEN: &str = "\n~~~~\n";
/// Things that happen to one dialogue.
const HAPPENINGS_MAX: usize = 24;

/// No shared grammars: the input's own is all that is heard.
static SHARED: LazyLock<Shared> = LazyLock::new(|| link_shared(&[], &mut Diagnostics::default()));

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let mut parts = text.split(BETWEEN);
    let mut part = || parts.next().unwrap_or_default();
    let (brand, flow, grammar, chat, happens) = (part(), part(), part(), part(), part());
    let (mut sources, mut found) = (Sources::default(), Diagnostics::default());
    let mut add = |name: &str, text: &str| sources.add(name, text);
    let files = [
        add("flows/a/brand.flow", brand),
        add("flows/a/a.flow", flow),
        add("grammars/a/a.grammar", grammar),
        add("flows/a/a.chat", chat),
    ];
    let brand = brand::parse(brand, &mut Reader::new(files[0], &mut found));
    let flows = [flow_syntax::parse(flow, &mut Reader::new(files[1], &mut found))];
    let grammars = [grammar_syntax::parse(grammar, &mut Reader::new(files[2], &mut found))];
    let _ = transcript::parse(chat, &mut Reader::new(files[3], &mut Diagnostics::default()));
    // As a shared grammar it must do no harm either.
    let _ = link_shared(&grammars, &mut Diagnostics::default());
    let brand_sources = BrandSources {
        id: "a".into(),
        brand: &brand,
        top: Place::new(files[0], 0..0),
        flows: &flows,
        grammars: &grammars,
        hash: String::new(),
        files: &sources,
        notes: None,
    };
    // As in a workspace: files that could not all be read whole make no bot.
    let bot = link(&brand_sources, &SHARED, &mut found).filter(|_| !found.has_errors());
    let (report, _) = found.into_report();
    let _ = draw(&sources, &report[..report.len().min(10)], false);
    if let Some(bot) = bot {
        talk(&bot, chat, happens);
    }
});

/// Lets everything happen, one thing after the other.
fn talk(bot: &Bot, chat: &str, happens: &str) {
    let noon = "2026-06-01T16:00:00Z".parse().expect("a moment");
    let mut dialogue = Followed::new(bot, noon, 7);
    let texts = chat.lines().filter_map(|line| line.strip_prefix("> "));
    for (number, text) in texts.take(HAPPENINGS_MAX).enumerate() {
        dialogue.happens(&inbound(text, number, None), 5);
    }
    for (number, line) in happens.lines().take(HAPPENINGS_MAX).enumerate() {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (after, event) = happening(&dialogue, word, rest, number);
        dialogue.happens(&event, after);
    }
}

/// What a line says that happens, and after how many seconds.
fn happening(dialogue: &Followed<'_>, word: &str, rest: &str, number: usize) -> (i64, Event) {
    let person = &dialogue.state.person;
    let timer = person.timers.first();
    let wait = timer.map_or(60, |timer| timer.due.duration_since(dialogue.now).as_secs().max(0));
    let (asked, name) = dialogue.asked.last().cloned().unwrap_or((1, rest.to_owned()));
    let lookup = |armed_in: u64, answer| Event::Lookup { armed_in, name: name.clone(), answer };
    let event = match word {
        // The timer when it is due, the one of another turn, and one that is not due yet.
        "~" => return (wait, Event::Timer { armed_in: timer.map_or(1, |timer| timer.armed_in) }),
        "timer" => Event::Timer { armed_in: rest.parse().unwrap_or(1) },
        "lookup" => lookup(asked, LookupAnswer::Ok(pairs(rest))),
        "failed" => lookup(asked, LookupAnswer::Failed),
        "late" => lookup(rest.parse().unwrap_or(asked), LookupAnswer::Late),
        "taken" => Event::Taken(person.taken.first().cloned().unwrap_or_else(|| Taken {
            name: rest.to_owned(),
            number: Some(1),
        })),
        "start" => Event::Start { flow: rest.to_owned(), cause: Cause::Campaign },
        "took" => Event::Human(Human::TookOver),
        "wrote" => Event::Human(Human::Wrote { body: rest.to_owned() }),
        "gave" => Event::Human(Human::GaveBack),
        "out" => Event::OptOut { how: How::Api, rule: rest.to_owned() },
        "receipt" => receipt(rest == "out"),
        "pinned" => {
            let (node, arm) = rest.split_once(' ').unwrap_or((rest, ""));
            Event::Pinned { node: node.to_owned(), arm: arm.to_owned() }
        }
        "stop" => inbound(rest, number, Some(OptOutHint::Stop)),
        _ => inbound(rest, number + HAPPENINGS_MAX, None),
    };
    (i64::try_from(rest.len()).unwrap_or(0) * 600, event)
}

/// `name=value` of each word.
fn pairs(rest: &str) -> Vec<(String, String)> {
    let pair = |word: &str| word.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    rest.split(' ').filter_map(pair).collect()
}

fn inbound(body: &str, id: usize, hint: Option<OptOutHint>) -> Event {
    Event::Text(Inbound {
        account: "main".into(),
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
    let (account, id) = ("main".into(), "SMout".into());
    Event::Receipt(Receipt { account, id, state: ReceiptState::Failed, code: None, opted_out })
}
