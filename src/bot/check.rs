//! What a sound bot may still get wrong: nodes that nobody reaches, flows that nothing starts.

use super::{Action, Bot, BrandSources, FlowIx, IntentIx, NodeIx, Prompt, Question, Wait};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::flow::syntax::{Line, NodeDecl};
use crate::slot::{Answer, Context, Openness};
use crate::sms::Text;
use std::collections::BTreeMap;

/// Reports what would surprise people. O(nodes + ways), and a reading of each of `texts` for each closed question; `texts`
/// are some that the patterns take, with what they mean.
pub(super) fn check(
    bot: &Bot,
    sources: &BrandSources<'_>,
    texts: &[(IntentIx, String)],
    found: &mut Diagnostics,
) {
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
        if decl.start_on.is_empty() {
            let message = format!("nothing starts the flow `{}`", flow.name);
            let diagnostic = Diagnostic::new(Code::NeverStarted, decl.name.place, message);
            found.push(diagnostic.hint("write `start on INTENT` below it, if people start it by a text"));
        }
    }
    let decls = sources.flows.iter().flat_map(|file| &file.flows).flat_map(|flow| &flow.nodes);
    for (decl, reached) in decls.zip(&reached) {
        if !reached {
            let message = format!("nothing leads to the node `{}`", decl.name.value);
            let diagnostic = Diagnostic::new(Code::Unreachable, decl.name.place, message);
            found.push(diagnostic.hint("lead a way out to it with `-> NODE`, or take it away"));
        }
    }
    let decls: Vec<_> =
        sources.flows.iter().flat_map(|file| &file.flows).flat_map(|flow| &flow.nodes).collect();
    for (index, decl) in decls.iter().enumerate() {
        if speaks_for_ever(bot, NodeIx::new(index)) {
            let message =
                format!("silence leads from `{0}` back to `{0}`, and it speaks on the way", decl.name.value);
            let diagnostic = Diagnostic::new(Code::SilentCycle, decl.name.place, message);
            found.push(diagnostic.hint("let one of the `silent` ways lead to an end"));
        }
        overlaps(bot, NodeIx::new(index), decl, texts, found);
    }
    if bot.numbers.is_empty() {
        let diagnostic = Diagnostic::new(Code::NoNumber, sources.top, "the brand has no number");
        found.push(diagnostic.hint("write `numbers +14045550100 via ACCOUNT` before it goes live"));
    }
}

/// Reports intents of which a text is an answer to the waiting question, too: there the answer wins.
fn overlaps(bot: &Bot, ix: NodeIx, decl: &NodeDecl, texts: &[(IntentIx, String)], found: &mut Diagnostics) {
    let Some(Question { slot_type, prompt, .. }) = bot.question(ix) else { return };
    let flow = bot.node(ix).flow;
    let place = decl
        .lines
        .iter()
        .find_map(|line| if let Line::Ask(ask) = line { Some(ask.field.place) } else { None });
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
        texts.iter().filter(|(intent, text)| acts(bot, flow, prompt, *intent) && is_answer(text))
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
    starts || linked.optin || branches.any(|(heard, _)| *heard == intent)
}

/// Whether somebody who never answers would be written to again and again: a way from a node back to itself by silence
/// and open ways out alone, on which a text is said.
fn speaks_for_ever(bot: &Bot, start: NodeIx) -> bool {
    let says = |ix: NodeIx| bot.node(ix).actions.iter().any(|action| matches!(action, Action::Say(_)));
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

/// Where a node leads when nobody answers.
fn silent_ways(bot: &Bot, ix: NodeIx) -> Vec<NodeIx> {
    let node = bot.node(ix);
    let leaving = node.actions.iter().filter_map(|action| match action {
        Action::Leave(exit) => exit.to,
        Action::Say(_) | Action::Tag(_) | Action::Untag(_) | Action::Language(_) => None,
    });
    match &node.wait {
        Some(wait) => {
            let silent = wait.prompt().and_then(|prompt| prompt.silent);
            leaving.chain(silent.iter().map(|(_, to)| *to)).collect()
        }
        None => leaving.chain(node.exits.iter().filter_map(|exit| exit.to)).collect(),
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
        let leaving = node.actions.iter().filter_map(|action| match action {
            Action::Leave(exit) => exit.to,
            Action::Say(_) | Action::Tag(_) | Action::Untag(_) | Action::Language(_) => None,
        });
        open.extend(leaving.chain(node.exits.iter().filter_map(|exit| exit.to)));
        if let Some(prompt) = node.wait.as_ref().and_then(Wait::prompt) {
            open.extend(prompt.tries.iter().map(|(_, to)| *to));
            open.extend(prompt.silent.iter().map(|(_, to)| *to));
            open.extend(prompt.on.iter().map(|(_, to)| *to));
        }
    }
}
