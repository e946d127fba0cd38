//! What the lines of each language are, by their first words: which blanks of them count, and what may stand below.
//!
//! A new verb is a row here. A line without a row keeps its words as they stand, and so does what stands below it.

use Inside::{
    AsIs, Condition, Equal, GoesOn, Leads, Line, List, Named, Plain, Said, Text, TextGoesOn, Value, Words,
};

/// What stands in a line behind its first word, or in the whole line where no first word is known.
#[derive(Debug, Clone, Copy)]
pub(super) enum Inside {
    /// Nobody knows: nothing is touched.
    AsIs,
    /// A text from one blank behind the verb on: `say TEXT`.
    Text,
    /// A text that goes on: `| TEXT`. One blank behind the sign is no part of it.
    TextGoesOn,
    /// The whole line is more of the text above it; its indentation is no part of it.
    GoesOn,
    /// Words that blanks before them are no part of: `program WORDS`.
    Words,
    /// Names, numbers and times, parted by blanks, commas and arrows: `tries 3 -> node`.
    Plain,
    /// The same with comparisons and brackets: `when cups > 4 -> node`.
    Condition,
    /// Words parted by commas: `skip yo, dude`.
    List,
    /// `NAME: …`
    Named(&'static Inside),
    /// Words, and what an arrow leads to: `option LABEL -> node`.
    Leads(&'static Inside),
    /// Two sides that are words: `fill FIELD = path.to.value`.
    Equal,
    /// A line of its own: `personal field …`.
    Line(&'static Below),
    /// A value of a list: `mint: peppermint | es menta`.
    Value,
    /// A word, and words about it: `name Ana`.
    Said,
}

impl Inside {
    /// Whether the line is more of the text above it, so that nothing may come between.
    pub(super) fn goes_on(self) -> bool {
        matches!(self, TextGoesOn | GoesOn)
    }

    /// What may stand below a line without a first word that has a row.
    fn below(self) -> &'static Below {
        if matches!(self, Value) { &VALUE } else { &NOTHING }
    }
}

/// A first word, what stands behind it, and what may stand below. `say` is `say.es` too. What ends in a sign
/// needs no blank behind it.
type Row = (&'static str, Inside, &'static Below);

/// What may stand below a line, or at the left edge of a file.
#[derive(Debug)]
pub(super) struct Below {
    rows: &'static [Row],
    others: Inside,
}

/// What is known of one line.
#[derive(Debug)]
pub(super) struct Known {
    /// How many bytes its first word has; none where it has no row.
    pub(super) first: usize,
    /// What stands behind them.
    pub(super) inside: Inside,
    /// What may stand below the line.
    pub(super) below: &'static Below,
}

impl Below {
    const fn of(rows: &'static [Row]) -> Self {
        Self { rows, others: AsIs }
    }

    const fn all(others: Inside) -> Self {
        Self { rows: &[], others }
    }

    /// What is known of a line that stands here.
    pub(super) fn known(&'static self, line: &str) -> Known {
        let word = line.split([' ', '\t']).next().unwrap_or_default();
        let verb = word.split('.').next().unwrap_or_default();
        let length = |first: &str| match first.as_bytes() {
            [.., b'a'..=b'z'] => (verb == first).then_some(word.len()),
            _ => line.starts_with(first).then_some(first.len()),
        };
        let row = self.rows.iter().find_map(|(first, inside, below)| Some((length(first)?, *inside, *below)));
        let unknown = || (0, self.others, if self.others.goes_on() { self } else { self.others.below() });
        let (first, inside, below) = row.unwrap_or_else(unknown);
        Known { first, inside, below }
    }
}

static NOTHING: Below = Below::all(AsIs);

// ── brand.flow ──────────────────────────────────────────────────────────────────────────────────

pub(super) static BRAND: Below = Below::of(&[
    ("brand", Words, &FACTS),
    ("program", Plain, &PROGRAM),
    ("field", Named(&Plain), &FIELD_LINES),
    ("personal", Line(&FIELD), &FIELD_LINES),
    ("media", Plain, &RESOURCE),
    ("team", Plain, &RESOURCE),
    ("webhook", Plain, &RESOURCE),
    ("lookup", Plain, &LOOKUP),
    ("contest", Plain, &CONTEST),
    ("tag", Plain, &RESOURCE),
]);

static FACTS: Below = Below::of(&[
    ("program", Words, &NOTHING),
    ("contact", Words, &NOTHING),
    ("frequency", Words, &NOTHING),
    ("numbers", Plain, &NOTHING),
    ("languages", Plain, &NOTHING),
    ("timezone", Plain, &NOTHING),
    ("dates", Plain, &NOTHING),
    ("quiet", Plain, &NOTHING),
    ("cap", Plain, &NOTHING),
    ("age", Plain, &NOTHING),
    ("replies", Plain, &NOTHING),
    ("signs", Plain, &NOTHING),
    ("outside", Plain, &NOTHING),
    ("stop", Plain, &NOTHING),
    ("alert", Plain, &NOTHING),
    ("hours", Plain, &NOTHING),
    ("budget", Plain, &NOTHING),
    ("interrupt", Plain, &NOTHING),
    ("campaigns", Plain, &NOTHING),
    ("leaving", Text, &WORDINGS),
    ("optin", Plain, &NOTHING),
    ("double-optin", Plain, &NOTHING),
    ("fallback", Text, &WORDINGS),
    ("stopped", Text, &WORDINGS),
    ("started", Text, &WORDINGS),
    ("help", Text, &WORDINGS),
    ("was", Plain, &NOTHING),
]);

static PROGRAM: Below = Below::of(&[("name", Words, &NOTHING), ("frequency", Words, &NOTHING)]);

static FIELD: Below = Below::of(&[("field", Named(&Plain), &NOTHING)]);

static FIELD_LINES: Below =
    Below { rows: &[("was", Plain, &NOTHING), ("convert", Plain, &NOTHING)], others: Value };

static VALUE: Below = Below::of(&[("was", Plain, &NOTHING)]);

static RESOURCE: Below = Below::of(&[
    ("url", Words, &NOTHING),
    ("notify", Plain, &NOTHING),
    ("secret", Plain, &NOTHING),
    ("send", Plain, &NOTHING),
    ("was", Plain, &NOTHING),
]);

static LOOKUP: Below = Below::of(&[
    ("url", Words, &NOTHING),
    ("secret", Equal, &NOTHING),
    ("within", Plain, &NOTHING),
    ("fill", Equal, &NOTHING),
]);

static CONTEST: Below = Below::of(&[
    ("prizes", Plain, &NOTHING),
    ("odds", Plain, &NOTHING),
    ("entries", Plain, &NOTHING),
    ("from", Plain, &NOTHING),
    ("until", Plain, &NOTHING),
    ("rules", Words, &NOTHING),
    ("value", Words, &NOTHING),
    ("states", Plain, &NOTHING),
    ("eligible", Words, &NOTHING),
    ("free-entry", Words, &NOTHING),
]);

// ── *.flow ──────────────────────────────────────────────────────────────────────────────────────

pub(super) static FLOW: Below = Below::of(&[("flow", Plain, &FLOW_LINES), ("node", Plain, &NODE_LINES)]);

static FLOW_LINES: Below = Below::of(&[
    ("start", Plain, &NOTHING),
    ("on", Plain, &NOTHING),
    ("gone", Plain, &NOTHING),
    ("content", Plain, &NOTHING),
    ("program", Plain, &NOTHING),
    ("was", Plain, &NOTHING),
]);

static NODE_LINES: Below = Below::of(&[
    ("say", Text, &WORDINGS),
    ("set", Condition, &NOTHING),
    ("tag", Plain, &NOTHING),
    ("untag", Plain, &NOTHING),
    ("language", Plain, &NOTHING),
    ("split", Plain, &NOTHING),
    ("notify", Plain, &NOTHING),
    ("ask", Plain, &WAITING),
    ("choose", Plain, &WAITING),
    ("wait", Plain, &WAITING),
    ("call", Plain, &WAITING),
    ("consent", Plain, &WAITING),
    ("age", Plain, &WAITING),
    ("vote", Plain, &WAITING),
    ("contest", Plain, &WAITING),
    ("lookup", Plain, &WAITING),
    ("handoff", Plain, &WAITING),
    ("when", Condition, &NOTHING),
    ("end", Plain, &NOTHING),
    ("was", Plain, &NOTHING),
    ("->", Plain, &NOTHING),
]);

/// Below each of them only some of these may stand; the others are mistakes, and as easily told.
static WAITING: Below = Below::of(&[
    ("unclear", Text, &WORDINGS),
    ("invalid", Text, &WORDINGS),
    ("again", Text, &WORDINGS),
    ("option", Leads(&Plain), &OPTION),
    ("tries", Plain, &NOTHING),
    ("silent", Plain, &NOTHING),
    ("on", Plain, &NOTHING),
    ("no", Plain, &NOTHING),
    ("under", Plain, &NOTHING),
    ("voted", Plain, &NOTHING),
    ("won", Plain, &NOTHING),
    ("lost", Plain, &NOTHING),
    ("entered", Plain, &NOTHING),
    ("closed", Plain, &NOTHING),
    ("ok", Plain, &NOTHING),
    ("failed", Plain, &NOTHING),
    ("late", Plain, &NOTHING),
    ("back", Plain, &NOTHING),
]);

static OPTION: Below = Below::of(&[("label", Words, &NOTHING), ("also", List, &NOTHING)]);

static WORDINGS: Below =
    Below::of(&[("|", TextGoesOn, &MORE), ("or", Words, &MORE), ("media", Plain, &NOTHING)]);

static MORE: Below = Below::of(&[("|", TextGoesOn, &MORE)]);

// ── *.grammar ───────────────────────────────────────────────────────────────────────────────────

pub(super) static GRAMMAR: Below = Below::of(&[
    ("language", Plain, &NOTHING),
    ("intent", Plain, &SAMPLES),
    ("list", Plain, &LIST_LINES),
    ("concept", Plain, &PHRASES),
    ("type", Named(&Words), &SAMPLES),
    ("skip", List, &NOTHING),
    ("keep", List, &NOTHING),
]);

/// Patterns stand beside samples, and blanks in them are not touched.
static SAMPLES: Below = Below::of(&[(">", Words, &NOTHING), ("!", Words, &NOTHING)]);

static LIST_LINES: Below = Below::all(Value);

static PHRASES: Below = Below::all(List);

// ── *.chat ──────────────────────────────────────────────────────────────────────────────────────

pub(super) static CHAT: Below = Below::of(&[
    ("brand", Words, &NOTHING),
    ("from", Words, &NOTHING),
    ("at", Plain, &NOTHING),
    (">", Words, &TALK),
    ("<", Words, &TALK),
    ("!", Words, &TALK),
    ("h>", Words, &TALK),
    ("h", Words, &NOTHING),
    ("lookup", Leads(&Words), &NOTHING),
    ("deliver", Words, &NOTHING),
    ("tap", Words, &NOTHING),
    ("set", Said, &NOTHING),
    ("node", Words, &NOTHING),
    ("~", Plain, &NOTHING),
    ("=", Line(&KNOWN), &NOTHING),
]);

static TALK: Below = Below::all(GoesOn);

static KNOWN: Below = Below {
    rows: &[
        ("consent", Plain, &NOTHING),
        ("held", Plain, &NOTHING),
        ("dropped", Plain, &NOTHING),
        ("tag", Words, &NOTHING),
        ("not", Line(&UNKNOWN), &NOTHING),
        ("at", Words, &NOTHING),
        ("split", Said, &NOTHING),
        ("draw", Words, &NOTHING),
        ("told", Words, &NOTHING),
        ("language", Words, &NOTHING),
    ],
    others: Said,
};

static UNKNOWN: Below = Below::of(&[("tag", Words, &NOTHING), ("known", Words, &NOTHING)]);
