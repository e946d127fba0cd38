//! What a sound bot may still get wrong: nodes that nobody reaches, flows that nothing starts, texts that would be refused.

mod filled;
mod stuck;
mod taken;
mod texts;

use super::{
    Action, Awaited, Bot, BrandSources, By, Exit, FlowIx, IntentIx, Node, NodeIx, Optin, Prompt, Question,
    Wait, Way,
};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::flow::Door;
use crate::flow::syntax::{Line, NodeDecl};
use crate::slot::{Answer, Context, Openness};
use crate::sms::{Content, StopEnds, Text};
use std::collections::BTreeMap;

/// Reports what would surprise people. O(nodes + ways), and a reading of each of the bot's texts for each closed question.
pub(super) fn check(bot: &Bot, sources: &BrandSources<'_>, found: &mut Diagnostics) {
    texts::texts(bot, sources, found);
    let mut reached = vec![false; bot.nodes.len()];
    for (number, decl) in sources.flows.iter().flat_map(|file| &file.flows).enumerate() {
        let flow = &bot.flows[number];
        walk(bot, flow.first, &mut reached);
        for (_, to) in &flow.on {
            walk(bot, *to, &mut reached);
        }
        if let Some(to) = flow.gone {
            walk(bot, to, &mut reached);
        }
        if decl.start_on.is_empty() && !bot.nodes.iter().any(|node| calls(node) == Some(FlowIx::new(number)))
        {
            let message = format!("only a campaign starts the flow `{}`", flow.name);
            let diagnostic = Diagnostic::new(Code::NeverStarted, decl.name.place, message);
            found.push(diagnostic.hint("write `start on INTENT` below it, if people start it by a text"));
        }
    }
    let decls: Vec<_> =
        sources.flows.iter().flat_map(|file| &file.flows).flat_map(|flow| &flow.nodes).collect();
    for (decl, reached) in decls.iter().zip(&reached) {
        if !reached {
            let message = format!("nothing leads to the node `{}`", decl.name.value);
            let diagnostic = Diagnostic::new(Code::Unreachable, decl.name.place, message);
            found.push(diagnostic.hint("lead a way out to it with `-> NODE`, or take it away"));
        }
    }
    for (index, decl) in decls.iter().enumerate() {
        if speaks_for_ever(bot, NodeIx::new(index)) {
            let message =
                format!("silence leads from `{0}` back to `{0}`, and it speaks on the way", decl.name.value);
            let diagnostic = Diagnostic::new(Code::SilentCycle, decl.name.place, message);
            found.push(diagnostic.hint("let one of the `silent` ways lead to an end"));
        }
        overlaps(bot, NodeIx::new(index), decl, found);
    }
    circles(bot, &decls, found);
    stuck::stuck(bot, &decls, found);
    filled::filled(bot, sources, found);
    for (node, decl) in bot.nodes.iter().zip(&decls) {
        taken::taken(bot, node, decl, found);
    }
    double_optin(bot, sources, found);
    age(bot, sources, found);
    scope(bot, sources, found);
    samples(bot, sources, found);
    if bot.numbers.is_empty() {
        let diagnostic = Diagnostic::new(Code::NoNumber, sources.top, "the brand has no number");
        found.push(diagnostic.hint("write `numbers +14045550100 via ACCOUNT` before it goes live"));
    }
}

/// Reports intents that begin an opt-in which no `consent ask` completes.
fn double_optin(bot: &Bot, sources: &BrandSources<'_>, found: &mut Diagnostics) {
    for name in &sources.brand.double_optin {
        let intent = bot.intents.iter().find(|intent| intent.name == name.value);
        let mut reached = vec![false; bot.nodes.len()];
        if let Some(flow) = intent.and_then(|intent| intent.starts) {
            walk(bot, bot.flow(flow).first, &mut reached);
        }
        let asks = |node: &Node| node.wait.as_ref().is_some_and(|wait| matches!(wait.what, Awaited::Consent));
        if !bot.nodes.iter().zip(reached).any(|(node, reached)| reached && asks(node)) {
            let message = format!("nothing that `{}` leads to asks for consent", name.value);
            let diagnostic = Diagnostic::new(Code::NoConsentAsk, name.place, message);
            let hint = "ask for it by `consent ask` in the flow that it starts, or call it `optin` if it is consent by itself";
            found.push(diagnostic.hint(hint));
        }
    }
}

/// Reports an age that the brand wants and no node asks for.
fn age(bot: &Bot, sources: &BrandSources<'_>, found: &mut Diagnostics) {
    let Some(wanted) = &sources.brand.age else { return };
    let asks = |node: &Node| {
        node.wait
            .as_ref()
            .is_some_and(|wait| matches!(wait.what, Awaited::Age(years) if years >= wanted.value))
    };
    if !bot.nodes.iter().any(asks) {
        let message = format!("no node asks for an age of {} or more", wanted.value);
        let diagnostic = Diagnostic::new(Code::NoAgeAsked, wanted.place, message);
        found.push(diagnostic.hint(format!("write `age at least {}` in a node", wanted.value)));
    }
}

/// Reports a scope of STOP that has nothing to tell apart, and programmes that no flow belongs to.
fn scope(bot: &Bot, sources: &BrandSources<'_>, found: &mut Diagnostics) {
    let brand = sources.brand;
    let is_used = |name: &str| bot.flows().any(|flow| flow.programme.as_str() == name);
    for program in brand.programs.iter().filter(|program| !is_used(&program.name.value)) {
        let name = &program.name.value;
        let diagnostic = Diagnostic::new(
            Code::IdleStop,
            program.name.place,
            format!("no flow belongs to the program `{name}`"),
        );
        found.push(diagnostic.hint(format!("write `program {name}` below the flows that do")));
    }
    calls_across(bot, sources, found);
    let Some(ends) = &brand.stop_ends else { return };
    let (idle, hint) = match ends.value {
        StopEnds::Brand => return,
        StopEnds::Programme => (bot.programmes.is_empty(), "write a block `program NAME` for another one"),
        StopEnds::Content => (
            !bot.flows().any(|flow| flow.content == Content::Service),
            "write `content service` below the flows that sell nothing",
        ),
    };
    if idle {
        let message = "a STOP has nothing to leave, and ends everything";
        found.push(Diagnostic::new(Code::IdleStop, ends.place, message).hint(hint));
    }
}

/// Reports calls between flows that a STOP may part.
fn calls_across(bot: &Bot, sources: &BrandSources<'_>, found: &mut Diagnostics) {
    let decls = sources.flows.iter().flat_map(|file| &file.flows).flat_map(|flow| &flow.nodes);
    for (node, decl) in bot.nodes.iter().zip(decls) {
        let Some(called) = calls(node) else { continue };
        let (from, to) = (bot.flow(node.flow), bot.flow(called));
        let parts_content = bot.stop_ends == StopEnds::Content && from.content != to.content;
        if from.programme == to.programme && !parts_content {
            continue;
        }
        let what = if parts_content { "content" } else { "program" };
        let message = format!("`{}` calls `{}`, which has another `{what}`", from.name, to.name);
        let place = decl.lines.iter().find_map(Line::wait).map_or(decl.name.place, |wait| wait.place);
        let diagnostic = Diagnostic::new(Code::CallsAcross, place, message);
        found.push(
            diagnostic
                .hint(format!("let both flows have the same `{what}`, or end one where the other starts")),
        );
    }
}

/// Reports samples of the brand that mean something else once the shared grammars are heard beside its own.
fn samples(bot: &Bot, sources: &BrandSources<'_>, found: &mut Diagnostics) {
    let context = Context::of(&bot.languages);
    for intent in sources.grammars.iter().flat_map(|file| &file.intents) {
        let name = &intent.name.value;
        let Some(own) = bot.intents.iter().position(|known| known.name == *name).map(IntentIx::new) else {
            continue;
        };
        for sample in &intent.samples {
            let heard = bot.recognize(&Text::new(&sample.value), &context);
            let mut meant = heard.iter().map(|heard| heard.intent);
            let best = meant.find(|ix| *ix == own || bot.intent(*ix).named);
            if let Some(best) = best.filter(|best| *best != own) {
                let message =
                    format!("among all that the brand hears this means `{}`", bot.intent(best).name);
                let diagnostic = Diagnostic::new(Code::SampleFails, sample.place, message);
                let hint = format!("give `{name}` a `priority`, or make the other one narrower");
                found.push(diagnostic.hint(hint));
            }
        }
    }
}

/// Reports intents of which a text is an answer to the waiting question, too: there the answer wins.
fn overlaps(bot: &Bot, ix: NodeIx, decl: &NodeDecl, found: &mut Diagnostics) {
    let Some(Question { slot_type, wait }) = bot.question(ix) else { return };
    let (flow, prompt) = (bot.node(ix).flow, &wait.prompt);
    let place = decl.lines.iter().find(|line| line.wait().is_some()).map(Line::place);
    let (Some(place), Openness::Closed) = (place, slot_type.openness()) else { return };
    let context = Context::of(&bot.languages);
    let is_answer = |text: &str| matches!(slot_type.read(&Text::new(text), &context), Answer::Value(_));
    let mut shortest: BTreeMap<IntentIx, String> = BTreeMap::new();
    let mut overlap = |intent: IntentIx, text: String| {
        let known = shortest.entry(intent).or_insert_with(|| text.clone());
        if text.len() < known.len() {
            *known = text;
        }
    };
    for text in slot_type.answers().into_iter().filter(|text| is_answer(text)) {
        let heard = bot.recognize(&Text::new(&text), &context);
        heard
            .iter()
            .filter(|heard| acts(bot, flow, prompt, heard.intent))
            .for_each(|h| overlap(h.intent, text.clone()));
    }
    for (intent, text) in
        bot.texts.iter().filter(|(intent, text)| acts(bot, flow, prompt, *intent) && is_answer(text))
    {
        overlap(*intent, text.clone());
    }
    for (intent, text) in shortest {
        let name = &bot.intent(intent).name;
        let message = format!(
            "`{text}` is an answer to this question and means `{name}`: here rung 4 takes it, as the answer"
        );
        let diagnostic = Diagnostic::new(Code::AnswerOverlaps, place, message);
        found.push(diagnostic.hint(
            "a closed answer comes before `on` and keywords; write another word where that would surprise",
        ));
    }
}

/// Whether an intent would do something else than ask again while a question waits.
fn acts(bot: &Bot, own: FlowIx, prompt: &Prompt, intent: IntentIx) -> bool {
    let linked = bot.intent(intent);
    let mut branches = prompt.on.iter().chain(&bot.flow(own).on);
    let starts = linked.starts.is_some_and(|flow| flow != own);
    starts || linked.optin != Optin::No || branches.any(|(heard, _)| *heard == intent)
}

/// Whether somebody who never answers would be written to again and again: a way from a node back to itself by silence
/// and open ways out alone, on which a text is said.
fn speaks_for_ever(bot: &Bot, start: NodeIx) -> bool {
    let says = |ix: NodeIx| bot.node(ix).actions.iter().any(|action| action.text().is_some());
    let mut reached = vec![false; bot.nodes.len()];
    let mut open = silent_ways(bot, start);
    let mut spoken = says(start);
    while let Some(at) = open.pop() {
        if at == start {
            return spoken;
        }
        if !std::mem::replace(&mut reached[at.index()], true) {
            spoken |= says(at);
            open.extend(silent_ways(bot, at));
        }
    }
    false
}

/// The flow that a node calls, if it calls one.
fn calls(node: &Node) -> Option<FlowIx> {
    if let Awaited::Flow(flow) = node.wait.as_ref()?.what { Some(flow) } else { None }
}

/// Where a node leads when nobody answers.
fn silent_ways(bot: &Bot, ix: NodeIx) -> Vec<NodeIx> {
    let node = bot.node(ix);
    let asks = bot.question(ix).is_some();
    let is_silent = |way: &Way<'_>| match way.by {
        By::Door(door) => !asks || door == Door::Silent,
        By::When(..) | By::Always | By::Arm(_) => true,
        By::On(_) => false,
    };
    let doors = node.wait.iter().flat_map(Wait::ways).filter(is_silent);
    let exits = node.exits.iter().filter(|_| !asks).map(Exit::way);
    let ways = node.actions.iter().flat_map(Action::ways).chain(doors).chain(exits);
    ways.filter_map(|way| way.to).chain(calls(node).map(|flow| bot.flow(flow).first)).collect()
}

/// Where a node leads without waiting for anything: what it calls may end at once.
fn instant_ways(bot: &Bot, ix: NodeIx) -> Vec<NodeIx> {
    let node = bot.node(ix);
    if node.wait.is_some() && calls(node).is_none() {
        return node.actions.iter().flat_map(Action::ways).filter_map(|way| way.to).collect();
    }
    silent_ways(bot, ix)
}

/// How far the walk has come with a node.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Walked {
    No,
    OnTheWay,
    Yes,
}

/// Reports nodes from which one comes back to them without anything to wait for on the way, each circle once.
/// O(nodes + ways): a walk in depth that meets a node which is still on its way.
fn circles(bot: &Bot, decls: &[&NodeDecl], found: &mut Diagnostics) {
    let mut walked = vec![Walked::No; bot.nodes.len()];
    for start in (0..bot.nodes.len()).map(NodeIx::new) {
        let mut open: Vec<(NodeIx, Vec<NodeIx>)> = Vec::new();
        let mut next = Some(start).filter(|start| walked[start.index()] == Walked::No);
        loop {
            if let Some(node) = next.take() {
                walked[node.index()] = Walked::OnTheWay;
                open.push((node, instant_ways(bot, node)));
            }
            let Some((at, ways)) = open.last_mut() else { break };
            let Some(way) = ways.pop() else {
                walked[at.index()] = Walked::Yes;
                open.pop();
                continue;
            };
            match walked[way.index()] {
                Walked::Yes => {}
                Walked::No => next = Some(way),
                Walked::OnTheWay => {
                    let name = &decls[way.index()].name;
                    let message = format!(
                        "from `{0}` one comes back to `{0}` without waiting for anything",
                        name.value
                    );
                    let diagnostic = Diagnostic::new(Code::Circle, name.place, message);
                    found.push(diagnostic.hint("ask or wait somewhere on the way, or let it end"));
                }
            }
        }
    }
}

/// Marks every node that can be reached from one.
fn walk(bot: &Bot, from: NodeIx, reached: &mut [bool]) {
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        let Some(mark) = reached.get_mut(at.index()) else { continue };
        if std::mem::replace(mark, true) {
            continue;
        }
        let node = bot.node(at);
        open.extend(node.ways().filter_map(|way| way.to));
        open.extend(calls(node).map(|flow| bot.flow(flow).first));
    }
}
