//! What a node does and waits for, and by what it is left, in a few words each: the spelling of the files.

use crate::bot::{Action, Awaited, Bot, By, Node, Texts, Way};
use crate::flow::{Door, Pause};
use crate::language::Lang;

/// The first wording of a text, as it is written.
pub(super) fn text(texts: &Texts, language: Lang) -> String {
    texts.in_language(language).first().map(ToString::to_string).unwrap_or_default()
}

/// What a node does besides speaking and being left.
pub(super) fn action(bot: &Bot, action: &Action) -> Vec<String> {
    match action {
        Action::Say(_, media) => media.iter().map(|media| format!("media {}", media.name)).collect(),
        Action::Leave(_) | Action::Split(_) => Vec::new(),
        Action::Tag(tag) => vec![format!("tag {tag}")],
        Action::Untag(tag) => vec![format!("untag {tag}")],
        Action::Language(language) => vec![format!("language {language}")],
        Action::Set(field, term) => vec![format!("set {} = {term}", bot.field(*field).name)],
        Action::Notify(webhook) => vec![format!("notify {}", webhook.name)],
    }
}

/// What is waited for.
pub(super) fn awaited(bot: &Bot, awaited: &Awaited) -> String {
    match awaited {
        Awaited::Field(field) => format!("ask {}", bot.field(*field).name),
        Awaited::Option { labels, .. } => format!("choose 1 of {}", labels.len()),
        Awaited::Pause(Pause::For(delay)) => format!("wait {delay}"),
        Awaited::Pause(Pause::Until(time)) => format!("wait until {:02}:{:02}", time.hour(), time.minute()),
        Awaited::Flow(flow) => format!("call {}", bot.flow(*flow).name),
        Awaited::Consent => "consent ask".to_owned(),
        Awaited::Age(years) => format!("age at least {years}"),
        Awaited::Vote { name, options, .. } => format!("vote {name}, 1 of {}", options.len()),
        Awaited::Draw(contest) => format!("contest {}", contest.name),
        Awaited::Lookup(lookup) => format!("lookup {}", lookup.name),
        Awaited::Human(team) => format!("handoff {}", team.name),
    }
}

/// By what a way leaves its node; nothing where it is the plain one.
pub(super) fn way(bot: &Bot, node: &Node, way: &Way<'_>, language: Lang) -> String {
    match way.by {
        By::When(_, condition) => format!("when {condition}"),
        By::Always => String::new(),
        By::Arm(number) => arm(node, number),
        By::Door(door) => match door_words(node, door, language) {
            Some(words) => format!("{door} {words}"),
            None => door.to_string(),
        },
        By::On(_) => way.by.name(bot),
    }
}

/// How often an arm of a split is taken: its weight, of all.
fn arm(node: &Node, number: u16) -> String {
    let arms = node.actions.iter().find_map(|action| match action {
        Action::Split(arms) => Some(arms),
        Action::Say(..)
        | Action::Tag(_)
        | Action::Untag(_)
        | Action::Language(_)
        | Action::Set(..)
        | Action::Notify(_)
        | Action::Leave(_) => None,
    });
    let arms = arms.map(Vec::as_slice).unwrap_or_default();
    let all: u64 = arms.iter().map(|(weight, _)| u64::from(*weight)).sum();
    let own = usize::from(number).checked_sub(1).and_then(|at| arms.get(at));
    own.map_or_else(|| format!("arm {number}"), |(weight, _)| format!("{weight} of {all}"))
}

/// What stands behind a door's name: an option's label, how many tries, how long a silence.
fn door_words(node: &Node, door: Door, language: Lang) -> Option<String> {
    let wait = node.wait.as_ref()?;
    if let Door::Option(number) = door {
        let at = usize::from(number).checked_sub(1)?;
        let label = match &wait.what {
            Awaited::Option { labels, .. } => labels.get(at),
            Awaited::Vote { options, .. } => options.get(at).map(|(_, label)| label),
            Awaited::Field(_)
            | Awaited::Pause(_)
            | Awaited::Flow(_)
            | Awaited::Consent
            | Awaited::Age(_)
            | Awaited::Draw(_)
            | Awaited::Lookup(_)
            | Awaited::Human(_) => None,
        };
        return label.map(|label| text(label, language));
    }
    if door == Door::Tries {
        return wait.prompt.tries.map(|tries| tries.to_string());
    }
    wait.prompt.silent.filter(|_| door == Door::Silent).map(|delay| delay.to_string())
}
