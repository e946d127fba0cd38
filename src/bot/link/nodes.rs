//! Linking nodes: what they do, what they wait for, how they are left.

use super::Linker;
use crate::bot::{Action, Awaited, Exit, FieldIx, FlowIx, Media, Node, NodeIx, Prompt, Symbol, Texts, Wait};
use crate::diagnostic::{At, Code, Diagnostic, Place};
use crate::expr::{Expr, Formula, Piece, Template, type_assignment, type_condition, unknown_field};
use crate::flow::syntax::{AwaitedDecl, FlowDecl, Line, NodeDecl, OptionDecl, PromptDecl, WaitDecl};
use crate::flow::{Door, TextDecl};
use crate::grammar::{reserved_spelling, told_apart};
use crate::language::Lang;
use crate::slot::Menu;
use crate::sms::Text;
use std::sync::Arc;

impl Linker<'_> {
    pub(super) fn node(&mut self, flow: FlowIx, decl: &NodeDecl, within: &FlowDecl) -> Node {
        let mut node = Node {
            flow,
            name: decl.name.value.clone(),
            was: decl.was.iter().map(|was| was.value.clone()).collect(),
            actions: Vec::new(),
            wait: None,
            exits: Vec::new(),
        };
        let mut lines = decl.lines.iter().peekable();
        let mut left_at: Option<Place> = None;
        while let Some(line) = lines.next() {
            if let Some(place) = left_at {
                let diagnostic = Diagnostic::new(Code::DeadLine, line.place(), "this line is never reached");
                self.found.push(
                    diagnostic.related(place, "the node is left here").hint("take it away, or move it up"),
                );
                break;
            }
            if let Line::Say(first) = line {
                let mut texts = vec![first];
                while let Some(Line::Say(more)) = lines.next_if(|line| is_translation(line)) {
                    texts.push(more);
                }
                let (said, media) = (self.texts(&texts), self.pictures(&texts));
                self.act(&mut node, Action::Say(said, media), first.place);
            } else if self.line(line, &mut node, within) {
                left_at = Some(line.place());
            }
        }
        if left_at.is_none() {
            let message = format!("the node `{}` can run past its last line", decl.name.value);
            let diagnostic = Diagnostic::new(Code::NoWayOut, decl.name.place, message);
            self.found.push(diagnostic.hint("end it with `-> NODE` or `end`"));
        }
        node
    }

    /// Links one line that is no text; whether the node is left by it in every case.
    fn line(&mut self, line: &Line, node: &mut Node, within: &FlowDecl) -> bool {
        match line {
            Line::Say(_) => {}
            Line::Tag(tag) => self.act(node, Action::Tag(tag.value.clone()), tag.place),
            Line::Untag(tag) => self.act(node, Action::Untag(tag.value.clone()), tag.place),
            Line::Language(lang) => {
                self.known_language(lang);
                self.act(node, Action::Language(lang.value), lang.place);
            }
            Line::Set(field, value) => {
                if let Some(action) = self.set(field, value) {
                    self.act(node, action, field.place);
                }
            }
            Line::Notify(name) => {
                if let Some(webhook) = self.resource("webhook", name, |r| &r.webhooks, |w| &w.name) {
                    self.act(node, Action::Notify(webhook), name.place);
                }
            }
            Line::Wait(wait) if node.wait.is_some() => {
                let message = "a second thing to wait for in one node";
                let diagnostic = Diagnostic::new(Code::SecondWait, wait.place, message);
                self.found
                    .push(diagnostic.hint("a node waits at most once; put this into a node of its own"));
            }
            Line::Wait(wait) => {
                node.wait = self.wait(wait, within);
                return wait.is_left_by_doors();
            }
            Line::When(condition, to) => {
                let when = type_condition(condition, &self.schema, self.found);
                if let (Some(when), Some(to)) = (when, self.target(to, within)) {
                    leave(node, Some(when), Some(to));
                }
            }
            Line::Split(arms) => {
                let linked = arms.value.iter().map(|(weight, to)| Some((*weight, self.target(to, within)?)));
                if let Some(linked) = linked.collect::<Option<Vec<_>>>() {
                    self.act(node, Action::Split(linked), arms.place);
                }
                return true;
            }
            Line::Go(to) => {
                if let Some(to) = self.target(to, within) {
                    leave(node, None, Some(to));
                }
                return true;
            }
            Line::End(_) => {
                leave(node, None, None);
                return true;
            }
        }
        false
    }

    /// Adds an action, unless the question already stands: what happens after the answer belongs to the next node.
    fn act(&mut self, node: &mut Node, action: Action, place: Place) {
        if node.wait.is_some() {
            let diagnostic =
                Diagnostic::new(Code::AfterWait, place, "after the question only ways out can stand");
            self.found.push(diagnostic.hint("put this into the node that the way out leads to"));
            return;
        }
        node.actions.push(action);
    }

    fn wait(&mut self, decl: &WaitDecl, within: &FlowDecl) -> Option<Wait> {
        let prompt = self.prompt(&decl.prompt, within);
        let doors = decl.prompt.doors.iter().map(|(door, to)| Some((*door, self.target(to, within)?)));
        let doors: Vec<Option<(Door, NodeIx)>> = doors.collect();
        for door in decl.doors_needed().iter().filter(|door| decl.prompt.door(**door).is_none()) {
            let message = format!("this does not say where `{door}` leads");
            let diagnostic = Diagnostic::new(Code::NoDoor, decl.place, message);
            self.found.push(diagnostic.hint(format!("write `{door} -> NODE` below it")));
        }
        let what = match &decl.what {
            AwaitedDecl::Ask(field) => Awaited::Field(self.field(field)?),
            AwaitedDecl::Choose => {
                let (menu, labels) = self.menu(&decl.options, decl.place);
                Awaited::Option { menu, labels }
            }
            AwaitedDecl::Vote(name) => {
                let (menu, labels) = self.menu(&decl.options, decl.place);
                let counted = decl.options.iter().map(|option| Text::new(&option.label.value).phrase());
                let name = name.value.clone();
                Awaited::Vote { name, menu, options: counted.zip(labels).collect() }
            }
            AwaitedDecl::Consent => Awaited::Consent,
            AwaitedDecl::Age(years) => Awaited::Age(*years),
            AwaitedDecl::Contest(name) => {
                Awaited::Draw(self.resource("contest", name, |r| &r.contests, |c| &c.name)?)
            }
            AwaitedDecl::Lookup(name) => {
                Awaited::Lookup(self.resource("lookup", name, |r| &r.lookups, |l| &l.name)?)
            }
            AwaitedDecl::Handoff(name) => {
                Awaited::Human(self.resource("team", name, |r| &r.teams, |t| &t.name)?)
            }
            AwaitedDecl::Pause(pause) => Awaited::Pause(*pause),
            AwaitedDecl::Call(flow) => Awaited::Flow(self.called(flow)?),
        };
        Some(Wait { what, prompt, doors: doors.into_iter().flatten().collect() })
    }

    /// The pictures that are sent with a text, in all languages.
    fn pictures(&mut self, texts: &[&TextDecl]) -> Vec<Arc<Media>> {
        for (text, media) in texts.iter().skip(1).flat_map(|text| text.media.iter().map(move |m| (text, m))) {
            let message = "a picture belongs to the text in all its languages";
            let diagnostic = Diagnostic::new(Code::UnknownWord, media.place, message);
            let hint = "write it below `say`; its own translations are `url.es` lines of its block";
            self.found.push(diagnostic.related(text.place, "this is a translation").hint(hint));
        }
        let media = texts.first().into_iter().flat_map(|text| &text.media);
        media.filter_map(|name| self.resource("media", name, |r| &r.media, |m| &m.name)).collect()
    }

    /// How an answer to a menu is read, and what is shown for each option.
    fn menu(&mut self, options: &[OptionDecl], place: Place) -> (Arc<Menu>, Vec<Texts>) {
        if options.is_empty() {
            let diagnostic = Diagnostic::new(Code::EmptyList, place, "there are no options to choose from");
            self.found.push(diagnostic.hint("write them below it: `option LABEL -> node`"));
        }
        for word in options.iter().flat_map(OptionDecl::words) {
            reserved_spelling(word, self.found);
        }
        // A word twice in one option is told, too.
        told_apart("options", options.iter().flat_map(OptionDecl::words).map(std::iter::once), self.found);
        let words = |option: &OptionDecl| option.words().map(|word| word.value.clone()).collect();
        let menu = Menu::new(&options.iter().map(words).collect::<Vec<Vec<String>>>());
        (Arc::new(menu), options.iter().map(|option| self.labels(option)).collect())
    }

    /// What is shown for an option, in the brand's languages.
    fn labels(&mut self, option: &OptionDecl) -> Texts {
        let decl = |language: Option<&At<Lang>>, label: &At<String>| TextDecl {
            language: language.cloned(),
            template: Template { pieces: vec![Piece::Words(label.value.clone())] },
            others: Vec::new(),
            media: Vec::new(),
            place: label.place,
        };
        let mut decls = vec![decl(None, &option.label)];
        decls.extend(option.labels.iter().map(|(language, label)| decl(Some(language), label)));
        self.texts(&decls.iter().collect::<Vec<_>>())
    }

    /// A flow by its name.
    fn called(&mut self, name: &At<String>) -> Option<FlowIx> {
        let found = self.flows.iter().position(|flow| flow.name == name.value);
        if found.is_none() {
            let message = format!("no flow is called `{}`", name.value);
            let known: Vec<String> = self.flows.iter().map(|flow| flow.name.clone()).collect();
            let diagnostic = Diagnostic::new(Code::UnknownFlow, name.place, message);
            self.found.push(diagnostic.did_you_mean(&name.value, known.iter().map(String::as_str)));
        }
        self.note(name, found, Symbol::Flow);
        found.map(FlowIx::new)
    }

    fn set(&mut self, name: &At<String>, value: &Expr) -> Option<Action> {
        let ix = self.field(name)?;
        let field = self.schema.fields[ix.index()].clone();
        Some(Action::Set(ix, type_assignment(&field, value, &self.schema, self.found)?))
    }

    /// A field by its name.
    pub(super) fn field(&mut self, name: &At<String>) -> Option<FieldIx> {
        let found = self.schema.fields.iter().position(|field| field.name == name.value);
        if found.is_none() {
            self.found.push(unknown_field(name, &self.schema, &[]));
        }
        self.note(name, found, Symbol::Field);
        found.map(FieldIx::new)
    }

    fn prompt(&mut self, decl: &PromptDecl, within: &FlowDecl) -> Prompt {
        Prompt {
            unclear: self.optional_texts(&decl.unclear),
            invalid: self.optional_texts(&decl.invalid),
            again: self.optional_texts(&decl.again),
            tries: decl.tries.as_ref().map(|tries| tries.value),
            silent: decl.silent.as_ref().map(|delay| delay.value),
            on: self.branches(&decl.on, within),
        }
    }
}

fn leave(node: &mut Node, when: Option<Formula>, to: Option<NodeIx>) {
    let before = node.actions.iter().filter(|action| matches!(action, Action::Leave(_))).count();
    let number = u16::try_from(before + node.exits.len() + 1).unwrap_or(u16::MAX);
    let exit = Exit { number, when, to };
    if node.wait.is_some() {
        node.exits.push(exit);
    } else {
        node.actions.push(Action::Leave(exit));
    }
}

fn is_translation(line: &Line) -> bool {
    matches!(line, Line::Say(text) if text.language.is_some())
}
