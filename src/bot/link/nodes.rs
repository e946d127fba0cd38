//! Linking nodes: what they do, what they wait for, how they are left.

use super::Linker;
use crate::bot::{Action, Exit, FieldIx, FlowIx, Node, Prompt, Wait};
use crate::diagnostic::{Code, Diagnostic, Place};
use crate::expr::type_condition;
use crate::flow::syntax::{AskDecl, FlowDecl, Line, NodeDecl, PromptDecl};

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
                let diagnostic =
                    Diagnostic::new(Code::DeadLine, line_place(line), "this line is never reached");
                self.found.push(
                    diagnostic.related(place, "the node is left here").hint("take it away, or move it up"),
                );
                break;
            }
            match line {
                Line::Say(first) => {
                    let mut texts = vec![first];
                    while let Some(Line::Say(more)) = lines.next_if(|line| is_translation(line)) {
                        texts.push(more);
                    }
                    let said = self.texts(&texts);
                    self.act(&mut node, Action::Say(said), first.place);
                }
                Line::Tag(tag) => self.act(&mut node, Action::Tag(tag.value.clone()), tag.place),
                Line::Untag(tag) => self.act(&mut node, Action::Untag(tag.value.clone()), tag.place),
                Line::Language(lang) => {
                    self.known_language(lang);
                    self.act(&mut node, Action::Language(lang.value), lang.place);
                }
                Line::Ask(ask) if node.wait.is_none() => node.wait = self.ask(ask, within),
                Line::Ask(ask) => {
                    let diagnostic =
                        Diagnostic::new(Code::SecondWait, ask.field.place, "a second question in one node");
                    self.found.push(
                        diagnostic
                            .hint("a node waits at most once; put this question into a node of its own"),
                    );
                }
                Line::When(condition, to) => {
                    let when = type_condition(condition, &self.schema, self.found);
                    if let (Some(when), Some(to)) = (when, self.target(to, within)) {
                        leave(&mut node, Exit { when: Some(when), to: Some(to) });
                    }
                }
                Line::Go(to) => {
                    left_at = Some(to.place);
                    if let Some(to) = self.target(to, within) {
                        leave(&mut node, Exit { when: None, to: Some(to) });
                    }
                }
                Line::End(place) => {
                    left_at = Some(*place);
                    leave(&mut node, Exit { when: None, to: None });
                }
            }
        }
        if left_at.is_none() {
            let message = format!("the node `{}` can run past its last line", decl.name.value);
            let diagnostic = Diagnostic::new(Code::NoWayOut, decl.name.place, message);
            self.found.push(diagnostic.hint("end it with `-> NODE` or `end`"));
        }
        node
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
        let field = self.schema.fields.iter().position(|field| field.name == decl.field.value);
        if field.is_none() {
            let message = format!("no field is called `{}`", decl.field.value);
            let names = self.schema.fields.iter().map(|field| field.name.as_str());
            let diagnostic = Diagnostic::new(Code::UnknownField, decl.field.place, message);
            self.found.push(
                diagnostic
                    .did_you_mean(&decl.field.value, names)
                    .hint(format!("declare it in `brand.flow`, as in `field {}: text`", decl.field.value)),
            );
        }
        let prompt = self.prompt(&decl.prompt, within);
        Some(Wait::Ask { field: FieldIx::new(field?), prompt })
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

fn line_place(line: &Line) -> Place {
    match line {
        Line::Say(text) => text.place,
        Line::Tag(at) | Line::Untag(at) | Line::Go(at) | Line::When(_, at) => at.place,
        Line::Language(at) => at.place,
        Line::Ask(ask) => ask.field.place,
        Line::End(place) => *place,
    }
}
