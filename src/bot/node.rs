//! A linked node: what it does, what it waits for, and all ways out of it.

use super::{Bot, Contest, Field, FieldIx, FlowIx, IntentIx, Lookup, Media, NodeIx, Team, Webhook};
use crate::expr;
use crate::flow::{Delay, Door, Pause};
use crate::language::Lang;
use crate::slot::{Menu, SlotType};
use std::sync::Arc;

/// A linked node.
#[derive(Debug, Clone)]
pub struct Node {
    /// The flow it belongs to.
    pub flow: FlowIx,
    /// Its stable name within the flow.
    pub name: String,
    /// Names it had before.
    pub was: Vec<String>,
    /// What is done on arrival.
    pub actions: Vec<Action>,
    /// What is waited for then.
    pub wait: Option<Wait>,
    /// The ways out after the wait, tried from the top; the last one is always open.
    pub exits: Vec<Exit>,
}

impl Node {
    /// Whether it has this name, or had it before.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name || self.was.iter().any(|was| was == name)
    }

    /// Every way out, in the order of the file: those of its lines, then those of its wait. The `on` of its flow are ways of
    /// the flow.
    pub fn ways(&self) -> impl Iterator<Item = Way<'_>> {
        let waits = self.wait.iter().flat_map(Wait::ways);
        let exits = self.exits.iter().map(Exit::way);
        self.actions.iter().flat_map(Action::ways).chain(waits).chain(exits)
    }
}

/// Something a node does.
#[derive(Debug, Clone)]
pub enum Action {
    /// Send a text, with these pictures.
    Say(Texts, Vec<Arc<Media>>),
    /// Put a tag on the person.
    Tag(String),
    /// Take a tag off.
    Untag(String),
    /// Speak this language from now on.
    Language(Lang),
    /// Fill a field; what is unfilled empties it.
    Set(FieldIx, expr::Term),
    /// Tell somebody.
    Notify(Arc<Webhook>),
    /// Leave the node here, if its condition holds.
    Leave(Exit),
    /// Leave the node by one of these arms, each with its weight; a person always takes the same one.
    Split(Vec<(u32, NodeIx)>),
}

impl Action {
    /// What it says, if it says something.
    #[must_use]
    pub fn text(&self) -> Option<&Texts> {
        if let Self::Say(texts, _) = self { Some(texts) } else { None }
    }

    /// The ways by which it may leave the node.
    pub fn ways(&self) -> impl Iterator<Item = Way<'_>> {
        let (exit, arms) = match self {
            Self::Leave(exit) => (Some(exit.way()), [].as_slice()),
            Self::Split(arms) => (None, arms.as_slice()),
            Self::Say(..)
            | Self::Tag(_)
            | Self::Untag(_)
            | Self::Language(_)
            | Self::Set(..)
            | Self::Notify(_) => (None, [].as_slice()),
        };
        let arm = |(number, (_, to)): (u16, &(u32, NodeIx))| Way { by: By::Arm(number), to: Some(*to) };
        exit.into_iter().chain((1..).zip(arms).map(arm))
    }
}

/// A way out that the lines of a node name.
#[derive(Debug, Clone)]
pub struct Exit {
    /// Its place among those of its node, from 1.
    pub number: u16,
    /// Open only when this holds.
    pub when: Option<expr::Formula>,
    /// Where it leads; the flow ends where it leads nowhere.
    pub to: Option<NodeIx>,
}

impl Exit {
    /// The way out that it is.
    #[must_use]
    pub fn way(&self) -> Way<'_> {
        let by = match &self.when {
            Some(when) => By::When(self.number, when),
            None => By::Always,
        };
        Way { by, to: self.to }
    }
}

/// What a node waits for, and what becomes of it.
#[derive(Debug, Clone)]
pub struct Wait {
    /// What is waited for.
    pub what: Awaited,
    /// What becomes of other texts, and of silence.
    pub prompt: Prompt,
    /// The ways out that have a name of their own; all else is left by the node's [`Node::exits`].
    pub doors: Vec<(Door, NodeIx)>,
}

impl Wait {
    /// Where a door leads, if the wait has it.
    #[must_use]
    pub fn door(&self, door: Door) -> Option<NodeIx> {
        self.doors.iter().find(|(own, _)| *own == door).map(|(_, to)| *to)
    }

    /// Its own ways out.
    pub fn ways(&self) -> impl Iterator<Item = Way<'_>> {
        let doors = self.doors.iter().map(|(door, to)| Way { by: By::Door(*door), to: Some(*to) });
        let on = self.prompt.on.iter().map(|(intent, to)| Way { by: By::On(*intent), to: Some(*to) });
        doors.chain(on)
    }
}

/// What is waited for.
#[derive(Debug, Clone)]
pub enum Awaited {
    /// An answer that fills a field.
    Field(FieldIx),
    /// The number of an option, or its name. Option `n` leaves by [`Door::Option`].
    Option {
        /// How an answer is read.
        menu: Arc<Menu>,
        /// What is shown for each option.
        labels: Vec<Texts>,
    },
    /// Time to pass.
    Pause(Pause),
    /// Another flow to end.
    Flow(FlowIx),
    /// Yes or no to the question whether we may write; no leaves by [`Door::No`].
    Consent,
    /// A birth date that makes the person at least so many years old; another one leaves by [`Door::Under`].
    Age(u8),
    /// A vote for one of the options. Option `n` may leave by [`Door::Option`], who has voted by [`Door::Voted`].
    Vote {
        /// Its name.
        name: String,
        /// How an answer is read.
        menu: Arc<Menu>,
        /// The name under which each option is counted, and what is shown for it.
        options: Vec<(String, Texts)>,
    },
    /// The draw of a contest: [`Door::Won`], [`Door::Lost`], [`Door::Entered`] or [`Door::Closed`].
    Draw(Arc<Contest>),
    /// An outside answer: [`Door::Ok`], [`Door::Failed`] or [`Door::Late`].
    Lookup(Arc<Lookup>),
    /// A human, who gives the dialogue back by [`Door::Back`].
    Human(Arc<Team>),
}

impl Awaited {
    /// What a record keeps of it, so that an edit of the files is noticed: the verb, and what it is about.
    #[must_use]
    pub fn name(&self, bot: &Bot) -> String {
        match self {
            Self::Field(field) => format!("ask {}", bot.field(*field).name),
            Self::Option { .. } => "choose".to_owned(),
            Self::Pause(_) => "wait".to_owned(),
            Self::Flow(_) => "call".to_owned(),
            Self::Consent => "consent".to_owned(),
            Self::Age(_) => "age".to_owned(),
            Self::Vote { name, .. } => format!("vote {name}"),
            Self::Draw(contest) => format!("contest {}", contest.name),
            Self::Lookup(lookup) => format!("lookup {}", lookup.name),
            Self::Human(_) => "handoff".to_owned(),
        }
    }

    /// Whether that is its name, or that of a field which is called otherwise today.
    #[must_use]
    pub fn is_called(&self, name: &str, bot: &Bot) -> bool {
        let before = |field: &Field| field.was.iter().any(|was| name == format!("ask {was}"));
        self.name(bot) == name || matches!(self, Self::Field(field) if before(bot.field(*field)))
    }

    /// What is shown for each option of a menu, the first one first.
    pub fn labels(&self) -> impl Iterator<Item = &Texts> {
        let (labels, options) = match self {
            Self::Option { labels, .. } => (labels.as_slice(), [].as_slice()),
            Self::Vote { options, .. } => ([].as_slice(), options.as_slice()),
            Self::Field(_)
            | Self::Pause(_)
            | Self::Flow(_)
            | Self::Consent
            | Self::Age(_)
            | Self::Draw(_)
            | Self::Lookup(_)
            | Self::Human(_) => ([].as_slice(), [].as_slice()),
        };
        labels.iter().chain(options.iter().map(|(_, label)| label))
    }
}

/// How a question deals with what comes instead of an answer.
#[derive(Debug, Clone, Default)]
pub struct Prompt {
    /// Printed when the answer was not understood.
    pub unclear: Option<Texts>,
    /// Printed when it was understood and cannot be accepted.
    pub invalid: Option<Texts>,
    /// Printed when the question is asked again; the node's last text, if nothing is said.
    pub again: Option<Texts>,
    /// So many bad answers lead through [`Door::Tries`].
    pub tries: Option<u32>,
    /// So long a silence leads through [`Door::Silent`].
    pub silent: Option<Delay>,
    /// Intents that are heard while it waits.
    pub on: Vec<(IntentIx, NodeIx)>,
}

/// A question that waits: how its answers are read, and what becomes of other texts.
#[derive(Clone, Copy)]
pub struct Question<'b> {
    /// What is waited for.
    pub wait: &'b Wait,
    /// How an answer is read.
    pub slot_type: &'b dyn SlotType,
}

/// A way out of a node.
#[derive(Debug, Clone, Copy)]
pub struct Way<'b> {
    /// By what it is left.
    pub by: By<'b>,
    /// Where it leads; the flow ends where it leads nowhere.
    pub to: Option<NodeIx>,
}

/// By what a node is left. Its printed form, below the node's name, is the stable name of the way.
#[derive(Debug, Clone, Copy)]
pub enum By<'b> {
    /// A `when` with its condition: the line of that number among the node's ways out, from 1.
    When(u16, &'b expr::Formula),
    /// The last line: `-> node` or `end`.
    Always,
    /// The arm of a `split` of that number, from 1.
    Arm(u16),
    /// What became of the wait.
    Door(Door),
    /// An intent that is heard while it waits.
    On(IntentIx),
}

impl By<'_> {
    /// Its name, as coverage and pictures print it.
    #[must_use]
    pub fn name(self, bot: &Bot) -> String {
        match self {
            Self::When(number, _) => format!("when {number}"),
            Self::Always => "->".to_owned(),
            Self::Arm(number) => format!("arm {number}"),
            Self::Door(door) => door.to_string(),
            Self::On(intent) => format!("on {}", bot.intent(intent).name),
        }
    }
}

/// A text in every language it was written in, each in one or several wordings; never empty, the first is the default.
#[derive(Debug, Clone)]
pub struct Texts(pub(super) Vec<(Lang, Vec<expr::Text>)>);

impl Texts {
    /// The wordings in a language, or in the default one where that is missing.
    ///
    /// # Panics
    /// Never: linking makes no empty ones.
    #[must_use]
    pub fn in_language(&self, language: Lang) -> &[expr::Text] {
        let own = self.0.iter().find(|(lang, _)| *lang == language);
        &own.or(self.0.first()).expect("linking makes no empty texts").1
    }
}
