//! The first message after an opt-in: what it must hold (CTIA Messaging Principles 5.1.2.1), on every way to the first wait.

use super::super::super::{Action, Awaited, Bot, BrandSources, FlowIx, Node, NodeIx, Optin, Wait};
use super::held::{ALL, Held, PROGRAM, REQUEST, TERMS, held, names};
use super::said;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place};
use crate::flow::TextDecl;
use crate::flow::syntax::{FlowDecl, NodeDecl};
use crate::language::Lang;
use std::collections::{BTreeMap, BTreeSet};

/// Flows within flows that are looked into: as many as run within one another.
const CALLS_MAX: usize = 8;

/// Reports flows that people opt in by and whose first messages do not hold what they must, in each language.
pub(super) fn first_messages(bot: &Bot, sources: &BrandSources<'_>, found: &mut Diagnostics) {
    let of = |optin: Optin| -> BTreeSet<FlowIx> {
        bot.intents.iter().filter(|intent| intent.optin == optin).filter_map(|intent| intent.starts).collect()
    };
    let flows: Vec<&FlowDecl> = sources.flows.iter().flat_map(|file| &file.flows).collect();
    let decls: Vec<&NodeDecl> = flows.iter().flat_map(|flow| &flow.nodes).collect();
    let mut told = |flow: FlowIx, missing: BTreeMap<Option<Place>, Held>| {
        for (place, missing) in missing {
            found.push(report(bot, flow, place, flows[flow.index()].name.place, missing));
        }
    };
    for flow in of(Optin::Single) {
        told(flow, missing(bot, &decls, |walk| walk.confirmed(flow)));
    }
    for flow in of(Optin::Double) {
        told(flow, missing(bot, &decls, |walk| walk.asked(flow)));
    }
}

/// Where the first texts begin on ways that lack facts, in any language; `None` where nothing is said.
fn missing(
    bot: &Bot,
    decls: &[&NodeDecl],
    ways: impl Fn(&mut Walk<'_, '_>),
) -> BTreeMap<Option<Place>, Held> {
    let mut missing = BTreeMap::new();
    for language in &bot.languages {
        let mut walk = Walk {
            bot,
            decls,
            language: *language,
            agreed: None,
            missing: &mut missing,
            held: BTreeMap::new(),
            ended: BTreeMap::new(),
        };
        ways(&mut walk);
    }
    missing
}

fn report(bot: &Bot, flow: FlowIx, place: Option<Place>, flow_place: Place, missing: Held) -> Diagnostic {
    let name = &bot.flow(flow).name;
    let message = if place.is_none() {
        format!("people opt in by `{name}`, and it says nothing before it waits or ends")
    } else {
        format!("the first message of `{name}` does not say: {}", names(missing))
    };
    let hint = match (missing & PROGRAM != 0, missing & TERMS != 0) {
        (true, false) => "write `{program}` into it",
        (false, _) => "write `{terms}` into it: the sentence with these facts",
        (true, true) => {
            "write `{program}` and `{terms}` into it: the programme, and the sentence with the other facts"
        }
    };
    Diagnostic::new(Code::FirstMessage, place.unwrap_or(flow_place), message).hint(hint)
}

/// What was said on a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Said {
    held: Held,
    /// Where the first text stands.
    first: Option<Place>,
}

impl Said {
    /// What was said first, and then this.
    fn and(self, then: Self) -> Self {
        Self { held: self.held | then.held, first: self.first.or(then.first) }
    }
}

/// Walks flows in one language, from where somebody comes in to every place where they wait.
struct Walk<'w, 'b> {
    bot: &'b Bot,
    decls: &'w [&'b NodeDecl],
    language: Lang,
    /// Where people come to who have agreed, and what they had been told: filled while questions for consent are looked
    /// for. Then other waits are walked past, as nothing that was said before them belongs to the question.
    agreed: Option<BTreeSet<(Option<NodeIx>, Said)>>,
    missing: &'w mut BTreeMap<Option<Place>, Held>,
    /// What the texts of a node hold that were looked at already, each with its place.
    held: BTreeMap<NodeIx, Vec<Said>>,
    /// How flows end that were walked already, by how deep within others; those that are being walked end nowhere yet.
    ended: BTreeMap<(FlowIx, usize, Said), BTreeSet<Said>>,
}

impl Walk<'_, '_> {
    /// Judges a flow that is consent: its first messages.
    fn confirmed(&mut self, flow: FlowIx) {
        for said in self.flow(flow, Said::default(), 0) {
            self.judge(said, ALL);
        }
    }

    /// Judges a flow that asks for consent: every such question, and what follows a yes.
    fn asked(&mut self, flow: FlowIx) {
        self.agreed = Some(BTreeSet::new());
        self.flow(flow, Said::default(), 0);
        let agreed = self.agreed.take().unwrap_or_default();
        self.ended.clear();
        let mut ended: BTreeSet<Said> =
            agreed.iter().filter(|(to, _)| to.is_none()).map(|(_, said)| *said).collect();
        ended.extend(self.from(agreed.into_iter().filter_map(|(to, said)| Some((to?, said))).collect(), 0));
        for said in ended {
            self.judge(said, ALL);
        }
    }

    /// Walks a flow; what was said on the ways on which it ends without having waited. O(nodes + ways) for each set of
    /// facts that a node is come to with, and there are hardly ever two.
    fn flow(&mut self, flow: FlowIx, said: Said, calls: usize) -> BTreeSet<Said> {
        if let Some(ended) = self.ended.get(&(flow, calls, said)) {
            return ended.clone();
        }
        self.ended.insert((flow, calls, said), BTreeSet::new());
        let ended = self.from(vec![(self.bot.flow(flow).first, said)], calls);
        self.ended.insert((flow, calls, said), ended.clone());
        ended
    }

    /// Walks on from nodes, each with what was said before.
    fn from(&mut self, mut ahead: Vec<(NodeIx, Said)>, calls: usize) -> BTreeSet<Said> {
        let mut ended = BTreeSet::new();
        let mut seen = BTreeSet::new();
        while let Some((at, said)) = ahead.pop() {
            if seen.insert((at, said)) {
                self.node(at, said, calls, &mut ahead, &mut ended);
            }
        }
        ended
    }

    fn node(
        &mut self,
        at: NodeIx,
        mut said: Said,
        calls: usize,
        ahead: &mut Vec<(NodeIx, Said)>,
        ended: &mut BTreeSet<Said>,
    ) {
        let bot = self.bot;
        let node = bot.node(at);
        let own = self.said_by(at);
        let mut texts = own.into_iter();
        let mut go = |to: Option<NodeIx>, said: Said| match to {
            Some(to) => ahead.push((to, said)),
            None => _ = ended.insert(said),
        };
        for action in &node.actions {
            match action {
                Action::Say(..) => said = said.and(texts.next().unwrap_or_default()),
                Action::Leave(exit) => {
                    go(exit.to, said);
                    if exit.when.is_none() {
                        return;
                    }
                }
                Action::Split(arms) => {
                    for (_, to) in arms {
                        go(Some(*to), said);
                    }
                    return;
                }
                Action::Tag(_)
                | Action::Untag(_)
                | Action::Language(_)
                | Action::Set(..)
                | Action::Notify(_) => {}
            }
        }
        let behind = self.waited(node, said, calls);
        for (to, said) in behind {
            go(to, said);
        }
    }

    /// Where one goes on from the wait of a node, or from a node without one; nowhere, where what was said is judged.
    fn waited(&mut self, node: &Node, said: Said, calls: usize) -> Vec<(Option<NodeIx>, Said)> {
        let behind: BTreeSet<Said> = match node.wait.as_ref().map(|wait| &wait.what) {
            Some(Awaited::Consent) if self.agreed.is_some() => {
                self.judge(said, REQUEST);
                let yes = node.exits.iter().map(|exit| (exit.to, said));
                self.agreed.iter_mut().for_each(|agreed| agreed.extend(yes.clone()));
                return Vec::new();
            }
            Some(
                Awaited::Field(_)
                | Awaited::Option { .. }
                | Awaited::Pause(_)
                | Awaited::Consent
                | Awaited::Age(_)
                | Awaited::Vote { .. }
                | Awaited::Human(_),
            ) => {
                if self.agreed.is_none() {
                    self.judge(said, ALL);
                    return Vec::new();
                }
                BTreeSet::from([Said::default()])
            }
            Some(Awaited::Flow(flow)) if calls < CALLS_MAX => self.flow(*flow, said, calls + 1),
            // Decided at once, or while the person waits for the answer.
            Some(Awaited::Flow(_) | Awaited::Draw(_) | Awaited::Lookup(_)) | None => BTreeSet::from([said]),
        };
        let doors = node.wait.iter().flat_map(Wait::ways).map(|way| way.to);
        let ways: Vec<Option<NodeIx>> = doors.chain(node.exits.iter().map(|exit| exit.to)).collect();
        behind
            .into_iter()
            .flat_map(|said| ways.iter().map(move |to| (*to, said)).collect::<Vec<_>>())
            .collect()
    }

    /// What each text of a node holds.
    fn said_by(&mut self, at: NodeIx) -> Vec<Said> {
        let (bot, language) = (self.bot, self.language);
        let decl = self.decls[at.index()];
        let program = bot.programme(&bot.flow(bot.node(at).flow).programme).0;
        let held = self.held.entry(at).or_insert_with(|| {
            let texts = bot.node(at).actions.iter().filter_map(Action::text);
            let texts = texts.zip(said(decl));
            let said = texts.map(|(texts, decls)| Said {
                held: held(bot, program, texts, language),
                first: Some(place_in(&decls, bot, language)),
            });
            said.collect()
        });
        held.clone()
    }

    /// A way has come to where all that is needed must have been said.
    fn judge(&mut self, said: Said, needed: Held) {
        let missing = needed & !said.held;
        if missing != 0 {
            *self.missing.entry(said.first).or_default() |= missing;
        }
    }
}

/// Where a text stands in a language, or the one that is sent in its place.
fn place_in(decls: &[&TextDecl], bot: &Bot, language: Lang) -> Place {
    let own = decls.iter().find(|decl| super::language_of(decl, bot) == language);
    let first = || decls.iter().find(|decl| super::language_of(decl, bot) == bot.first_language());
    own.or_else(first).or(decls.first()).expect("a text was written in some language").place
}
