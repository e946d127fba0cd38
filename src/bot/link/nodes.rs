//! Linking nodes: what they do, what they wait for, how they are left.

use super::Linker;
use crate::bot::{Action, Exit, FieldIx, FlowIx, Node, Prompt, Texts, Wait};
use crate::diagnostic::{At, Code, Diagnostic, Place};
use crate::expr::{Expr, Piece, Template, type_assignment, type_condition, unknown_field};
use crate::flow::TextDecl;
use crate::flow::syntax::{AskDecl, ChooseDecl, FlowDecl, Line, NodeDecl, OptionDecl, PromptDecl};
use crate::grammar::{reserved_spelling, told_apart};
use crate::language::Lang;
use crate::slot::Menu;
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
                let said = self.texts(&texts);
                self.act(&mut node, Action::Say(said), first.place);
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
            Line::Ask(_) | Line::Choose(_) | Line::Wait(_) | Line::Call(_) if node.wait.is_some() => {
                let message = "a second thing to wait for in one node";
                let diagnostic = Diagnostic::new(Code::SecondWait, line.place(), message);
                self.found
                    .push(diagnostic.hint("a node waits at most once; put this into a node of its own"));
            }
            Line::Ask(ask) => node.wait = self.ask(ask, within),
            Line::Choose(choose) => {
                node.wait = self.choose(choose, within);
                return true; // by one of its options
            }
            Line::Wait(pause) => node.wait = Some(Wait::Pause(pause.value)),
            Line::Call(name) => node.wait = self.call(name),
            Line::When(condition, to) => {
                let when = type_condition(condition, &self.schema, self.found);
                if let (Some(when), Some(to)) = (when, self.target(to, within)) {
                    leave(node, Exit { when: Some(when), to: Some(to) });
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
                    leave(node, Exit { when: None, to: Some(to) });
                }
                return true;
            }
            Line::End(_) => {
                leave(node, Exit { when: None, to: None });
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

    fn ask(&mut self, decl: &AskDecl, within: &FlowDecl) -> Option<Wait> {
        let field = self.field(&decl.field);
        let prompt = self.prompt(&decl.prompt, within);
        Some(Wait::Ask { field: field?, prompt })
    }

    fn choose(&mut self, decl: &ChooseDecl, within: &FlowDecl) -> Option<Wait> {
        if decl.options.is_empty() {
            let diagnostic = Diagnostic::new(Code::EmptyList, decl.place, "a choice without options");
            self.found.push(diagnostic.hint("write them below it: `option LABEL -> node`"));
        }
        for word in decl.options.iter().flat_map(OptionDecl::words) {
            reserved_spelling(word, self.found);
        }
        // A word twice in one option is told, too.
        let each = decl.options.iter().flat_map(OptionDecl::words).map(std::iter::once);
        told_apart("options", each, self.found);
        let words: Vec<Vec<String>> = decl
            .options
            .iter()
            .map(|option| option.words().map(|word| word.value.clone()).collect())
            .collect();
        let mut options = Vec::new();
        for option in &decl.options {
            let to = self.target(&option.to, within);
            options.push((self.labels(option), to));
        }
        let prompt = self.prompt(&decl.prompt, within);
        let options =
            options.into_iter().map(|(texts, to)| Some((texts, to?))).collect::<Option<Vec<_>>>()?;
        Some(Wait::Choose { menu: Arc::new(Menu::new(&words)), options, prompt })
    }

    /// What is shown for an option, in the brand's languages.
    fn labels(&mut self, option: &OptionDecl) -> Texts {
        let decl = |language: Option<&At<Lang>>, label: &At<String>| TextDecl {
            language: language.cloned(),
            template: Template { pieces: vec![Piece::Words(label.value.clone())] },
            others: Vec::new(),
            place: label.place,
        };
        let mut decls = vec![decl(None, &option.label)];
        decls.extend(option.labels.iter().map(|(language, label)| decl(Some(language), label)));
        self.texts(&decls.iter().collect::<Vec<_>>())
    }

    fn call(&mut self, name: &At<String>) -> Option<Wait> {
        let found = self.flows.iter().position(|flow| flow.name == name.value);
        if found.is_none() {
            let message = format!("no flow is called `{}`", name.value);
            let known: Vec<String> = self.flows.iter().map(|flow| flow.name.clone()).collect();
            let diagnostic = Diagnostic::new(Code::UnknownFlow, name.place, message);
            self.found.push(diagnostic.did_you_mean(&name.value, known.iter().map(String::as_str)));
        }
        Some(Wait::Call(FlowIx::new(found?)))
    }

    fn set(&mut self, name: &At<String>, value: &Expr) -> Option<Action> {
        let ix = self.field(name)?;
        let field = self.schema.fields[ix.index()].clone();
        Some(Action::Set(ix, type_assignment(&field, value, &self.schema, self.found)?))
    }

    /// A field by its name.
    fn field(&mut self, name: &At<String>) -> Option<FieldIx> {
        let found = self.schema.fields.iter().position(|field| field.name == name.value);
        if found.is_none() {
            self.found.push(unknown_field(name, &self.schema, &[]));
        }
        found.map(FieldIx::new)
    }

    fn prompt(&mut self, decl: &PromptDecl, within: &FlowDecl) -> Prompt {
        Prompt {
            unclear: self.optional_texts(&decl.unclear),
            invalid: self.optional_texts(&decl.invalid),
            again: self.optional_texts(&decl.again),
            tries: decl.tries.as_ref().and_then(|(count, to)| Some((count.value, self.target(to, within)?))),
            silent: decl
                .silent
                .as_ref()
                .and_then(|(delay, to)| Some((delay.value, self.target(to, within)?))),
            on: self.branches(&decl.on, within),
        }
    }
}

fn leave(node: &mut Node, exit: Exit) {
    if node.wait.is_some() {
        node.exits.push(exit);
    } else {
        node.actions.push(Action::Leave(exit));
    }
}

fn is_translation(line: &Line) -> bool {
    matches!(line, Line::Say(text) if text.language.is_some())
}
