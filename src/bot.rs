//! A brand linked and checked: the one value that dialogues run on. Names have become numbers, and nothing dangles.

mod check;
mod keyword;
mod link;
mod mention;
mod node;
mod resource;

pub use keyword::common_keyword;
pub use link::{BrandSources, Shared, link, link_shared};
pub use mention::{Mention, Notes, Role, Symbol, shared_mentions};
pub use node::{Action, Awaited, By, Exit, Node, Prompt, Question, Texts, Wait, Way};
pub use resource::{Contest, Lookup, Media, Team, Webhook};

use crate::consent::{Known, Whereabouts};
use crate::flow::brand::{Busy, Interrupt};
use crate::flow::{Delay, Hours};
use crate::grammar::{Grammar, Match};
use crate::language::Lang;
use crate::slot::{self, Context, DateOrder, SlotType, Value};
use crate::sms::{
    AccountId, BrandId, Class, Content, Outside, Phone, ProgrammeId, Replies, Sender, Signs, StopEnds, Text,
};
use crate::typo::{Vocabulary, mended};
use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::sync::Arc;

macro_rules! index_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl $name {
            fn new(index: usize) -> Self {
                Self(u32::try_from(index).expect("files are bounded far below four billion names"))
            }

            fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

index_type! {
    /// The number of a flow in its [`Bot`].
    FlowIx
}
index_type! {
    /// The number of a node in its [`Bot`].
    NodeIx
}
index_type! {
    /// The number of an intent in its [`Bot`].
    IntentIx
}
index_type! {
    /// The number of a field in its [`Bot`].
    FieldIx
}

/// A brand, ready to hold dialogues. Frozen: shared between threads without locks.
#[derive(Debug, Clone)]
pub struct Bot {
    /// The brand's stable name: that of its folder.
    pub id: BrandId,
    /// The name under which its data is kept: that which its folder had first.
    pub kept_as: BrandId,
    /// What people call it.
    pub name: String,
    /// The programme's name.
    pub program: String,
    /// Where people find help.
    pub contact: String,
    /// How often it writes, in its own words.
    pub frequency: Option<String>,
    /// Its languages; never empty, the first is the default.
    pub languages: Vec<Lang>,
    /// The time zone of people whose own is not known.
    pub zone: TimeZone,
    /// How dates of digits are meant.
    pub dates: DateOrder,
    /// The country of its first number (ISO 3166-1, two letters).
    pub country: String,
    /// Hours in which it does not write first, from and to, on the person's clock.
    pub quiet: Option<(Time, Time)>,
    /// How many messages that they did not ask for one person may get, and in which time.
    pub cap: Option<(u32, Delay)>,
    /// The age, in years, that a person must have shown before it begins anything.
    pub age: Option<u8>,
    /// Whether its answers keep hours and caps.
    pub replies: Replies,
    /// What becomes of typographic signs in its texts.
    pub signs: Signs,
    /// What becomes of a message that may not leave yet.
    pub outside: Outside,
    /// Parts that a text may take.
    pub budget: usize,
    /// What a STOP ends.
    pub stop_ends: StopEnds,
    /// Its programmes beside the one that every brand has.
    pub programmes: Vec<Programme>,
    /// The webhook that is told of a threat.
    pub alert: Option<Arc<Webhook>>,
    /// When its people are there, in that zone; always, if nothing is said.
    pub hours: Option<Hours>,
    /// Its numbers.
    pub numbers: Vec<Number>,
    /// Texts that start its flows, the shortest for each way in which a pattern ends. Kept where it shares a number: the
    /// brands beside it must not take them too.
    pub keywords: Vec<String>,
    /// What a keyword does while a question waits.
    pub interrupt: Interrupt,
    /// What becomes of a start by the brand while somebody is in a dialogue.
    pub campaigns: Busy,
    /// What is asked before a keyword leaves the dialogue, where that is to be asked.
    pub leaving: Option<Texts>,
    /// What is said to a text that nothing takes.
    pub fallback: Option<Texts>,
    /// The one confirmation of an opt-out, where the brand words it itself.
    pub stopped: Option<Texts>,
    /// The answer to an opt-in that no flow answers, where the brand words it itself.
    pub started: Option<Texts>,
    /// The answer to HELP, where the brand words it itself.
    pub help: Option<Texts>,
    /// What tags were called before, and what they are called now.
    pub tags_before: Vec<(String, String)>,
    /// A fingerprint of all files it was linked from.
    pub hash: String,
    webhooks: Vec<Arc<Webhook>>,
    lookups: Vec<Arc<Lookup>>,
    fields: Vec<Field>,
    intents: Vec<Intent>,
    flows: Vec<Flow>,
    nodes: Vec<Node>,
    /// Texts that mean an intent which its files name: the shortest of the patterns, and samples.
    texts: Vec<(IntentIx, String)>,
    shared: Scope,
    /// The shared words of its languages.
    vocabularies: Vec<Arc<Vocabulary>>,
    own: Scope,
}

/// A grammar and what its intents are called in the bot.
#[derive(Debug, Clone)]
struct Scope {
    grammar: Arc<Grammar>,
    intents: Vec<Option<IntentIx>>,
}

/// A number and the provider account that carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    /// The number.
    pub sender: Sender,
    /// The account.
    pub account: AccountId,
    /// Whether other brands may have it too: then a text is for the brand whose keyword it is, or else for that of the
    /// person's last dialogue.
    pub shared: bool,
}

/// A programme beside the one that every brand has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programme {
    /// Its stable name.
    pub id: ProgrammeId,
    /// What people call it.
    pub name: String,
    /// How often it writes, in the brand's words.
    pub frequency: Option<String>,
}

/// A field of the brand.
#[derive(Clone)]
pub struct Field {
    /// Its stable name.
    pub name: String,
    /// Whether it is personal data.
    pub personal: bool,
    /// How an answer is read.
    pub slot_type: Arc<dyn SlotType>,
    /// Names it had before.
    pub was: Vec<String>,
    /// Whether values of a type it had before are read anew.
    pub convert: bool,
    /// Of a list: keys that its values had before, with those of today.
    pub keys_before: Vec<(String, String)>,
}

impl std::fmt::Debug for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.name, self.slot_type.name())
    }
}

/// An intent that the brand's flows use.
#[derive(Debug, Clone)]
pub struct Intent {
    /// Its name.
    pub name: String,
    /// The flow it starts.
    pub starts: Option<FlowIx>,
    /// Whether it is consent.
    pub optin: Optin,
    /// Whether the brand's files name it: all others start nothing and lead nowhere.
    pub named: bool,
}

/// What an intent says about consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Optin {
    /// Nothing.
    #[default]
    No,
    /// It is consent.
    Single,
    /// It asks for consent, which the answer to a [`Awaited::Consent`] then gives.
    Double,
}

/// A linked flow.
#[derive(Debug, Clone)]
pub struct Flow {
    /// Its stable name.
    pub name: String,
    /// Names it had before.
    pub was: Vec<String>,
    /// Where it starts.
    pub first: NodeIx,
    /// Intents heard anywhere in it.
    pub on: Vec<(IntentIx, NodeIx)>,
    /// Where people go whose node is no more; the start, if nothing is said.
    pub gone: Option<NodeIx>,
    /// What its messages are about.
    pub content: Content,
    /// The programme that they belong to.
    pub programme: ProgrammeId,
}

/// An intent of the brand that a text means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// The intent.
    pub intent: IntentIx,
    /// The pattern that took the text, and its slots.
    pub matched: Match,
}

impl Bot {
    /// All that a text can mean to this brand, best first. The brand's own grammar and the shared one run side by side; of the
    /// shared one its languages are heard.
    #[must_use]
    pub fn recognize(&self, text: &Text, context: &Context<'_>) -> Vec<Heard> {
        let heard = |scope: &Scope, matched: Match| {
            let intent = scope.intents[matched.intent as usize]?;
            Some(Heard { intent, matched })
        };
        let own = self.own.grammar.recognize(text, context).into_iter();
        let shared = self.shared.grammar.recognize_for(text, context, self.own.grammar.skips()).into_iter();
        let shared = shared.filter(|matched| self.languages.contains(&matched.language));
        let mut all: Vec<Heard> = own.filter_map(|matched| heard(&self.own, matched)).collect();
        all.extend(shared.filter_map(|matched| heard(&self.shared, matched)));
        // Stable: of equals the brand's own comes first.
        all.sort_by_key(|heard| std::cmp::Reverse(heard.matched.rank));
        all
    }

    /// A text with its look-alike letters read as Latin ones and its misspelt words mended, by the words of the grammars and
    /// of the question's own list; `None` where there was nothing to mend.
    #[must_use]
    pub fn mended(&self, text: &Text, question: Option<Question<'_>>) -> Option<Text> {
        let shared = self.vocabularies.iter().map(|words| &**words);
        let mut vocabularies: Vec<&Vocabulary> = shared.chain([self.own.grammar.vocabulary()]).collect();
        vocabularies.extend(question.and_then(|question| question.slot_type.vocabulary()));
        let latin = text.latinized();
        mended(latin.as_ref().unwrap_or(text), &vocabularies).or(latin)
    }

    /// What reading values depends on at that moment.
    #[must_use]
    pub fn context(&self, now: Timestamp) -> Context<'_> {
        Context {
            languages: &self.languages,
            now,
            zone: self.zone.clone(),
            dates: self.dates,
            country: &self.country,
        }
    }

    /// Whether messages of a class keep hours and caps.
    #[must_use]
    pub fn limits(&self, class: Class) -> bool {
        match class {
            Class::FollowUp | Class::Campaign => true,
            Class::Reply => self.replies == Replies::Limited,
            Class::OptOutConfirmation | Class::Help => false,
        }
    }

    /// Where a person may be, by their number and what is known about them: their first field that holds a ZIP code, else the
    /// first that holds a state. O(fields).
    #[must_use]
    pub fn whereabouts(&self, phone: Option<Phone>, known: &BTreeMap<String, Value>) -> Whereabouts {
        let first = |slot_type: &str| {
            let mut fields = self.fields.iter().filter(|field| field.slot_type.name() == slot_type);
            fields.find_map(|field| match known.get(&field.name) {
                Some(Value::Text(text)) => Some(text.as_str()),
                _ => None,
            })
        };
        let (zip, region) = (first("us_zip"), first("region"));
        Whereabouts::of(Known { phone, zip, region, zone: &self.zone, country: &self.country })
    }

    /// The language of people who have shown none.
    ///
    /// # Panics
    /// Never: linking refuses a brand without languages.
    #[must_use]
    pub fn first_language(&self) -> Lang {
        *self.languages.first().expect("linking gives every brand a language")
    }

    /// A field by its number.
    #[must_use]
    pub fn field(&self, ix: FieldIx) -> &Field {
        &self.fields[ix.index()]
    }

    /// All fields, in the order of the file.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// A webhook by its name.
    #[must_use]
    pub fn webhook(&self, name: &str) -> Option<&Webhook> {
        self.webhooks.iter().find(|webhook| webhook.name == name).map(|webhook| &**webhook)
    }

    /// A lookup by its name.
    #[must_use]
    pub fn lookup(&self, name: &str) -> Option<&Lookup> {
        self.lookups.iter().find(|lookup| lookup.name == name).map(|lookup| &**lookup)
    }

    /// All lookups, in the order of the file.
    pub fn lookups(&self) -> impl Iterator<Item = &Lookup> {
        self.lookups.iter().map(|lookup| &**lookup)
    }

    /// The names of the secrets that its webhooks and lookups use.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        let signing = self.webhooks.iter().filter_map(|webhook| webhook.secret.as_deref());
        let asking = self.lookups.iter().flat_map(|lookup| &lookup.secrets);
        signing.chain(asking.map(|(_, secret)| secret.as_str()))
    }

    /// An intent by its number.
    #[must_use]
    pub fn intent(&self, ix: IntentIx) -> &Intent {
        &self.intents[ix.index()]
    }

    /// Texts that are taken by patterns of the intents which the brand's files name: the shortest for each end of a pattern,
    /// and the samples of its own grammars. What a text means in the end, [`Bot::recognize`] says.
    pub fn texts(&self) -> impl Iterator<Item = (IntentIx, &str)> {
        self.texts.iter().map(|(intent, text)| (*intent, text.as_str()))
    }

    /// All intents that the brand can hear.
    pub fn intents(&self) -> impl Iterator<Item = &Intent> {
        self.intents.iter()
    }

    /// The flows of the `optin` intents, in the order of the intents: START leads to the first.
    pub fn optin_flows(&self) -> impl Iterator<Item = FlowIx> {
        self.intents.iter().filter(|intent| intent.optin != Optin::No).filter_map(|intent| intent.starts)
    }

    /// What people call a programme, and how often it writes. One that its files have no more has the facts of the main one.
    #[must_use]
    pub fn programme(&self, id: &ProgrammeId) -> (&str, Option<&str>) {
        match self.programmes.iter().find(|programme| programme.id == *id) {
            Some(programme) => (&programme.name, programme.frequency.as_deref()),
            None => (&self.program, self.frequency.as_deref()),
        }
    }

    /// A flow by its number.
    #[must_use]
    pub fn flow(&self, ix: FlowIx) -> &Flow {
        &self.flows[ix.index()]
    }

    /// All flows, in the order of the files.
    pub fn flows(&self) -> impl Iterator<Item = &Flow> {
        self.flows.iter()
    }

    /// All nodes, each with its flow, in the order of the files.
    pub fn nodes(&self) -> impl Iterator<Item = (&Flow, &Node)> {
        self.nodes.iter().map(|node| (self.flow(node.flow), node))
    }

    /// A flow by its name or one it had before.
    #[must_use]
    pub fn flow_named(&self, name: &str) -> Option<FlowIx> {
        let now = self.flows.iter().position(|flow| flow.name == name);
        now.or_else(|| self.flows.iter().position(|flow| flow.was.iter().any(|was| was == name)))
            .map(FlowIx::new)
    }

    /// A node by its number.
    #[must_use]
    pub fn node(&self, ix: NodeIx) -> &Node {
        &self.nodes[ix.index()]
    }

    /// A node's stable name with its flow's: `flow.node`.
    #[must_use]
    pub fn path(&self, ix: NodeIx) -> String {
        let node = self.node(ix);
        format!("{}.{}", self.flow(node.flow).name, node.name)
    }

    /// The question of a node, if it asks one.
    #[must_use]
    pub fn question(&self, ix: NodeIx) -> Option<Question<'_>> {
        let wait = self.node(ix).wait.as_ref()?;
        let slot_type: &dyn SlotType = match &wait.what {
            Awaited::Field(field) => &*self.field(*field).slot_type,
            Awaited::Option { menu, .. } | Awaited::Vote { menu, .. } => &**menu,
            Awaited::Consent => slot::YES_NO,
            Awaited::Age(_) => slot::BIRTHDATE,
            Awaited::Pause(_)
            | Awaited::Flow(_)
            | Awaited::Draw(_)
            | Awaited::Lookup(_)
            | Awaited::Human(_) => return None,
        };
        Some(Question { wait, slot_type })
    }

    /// The nodes of a flow with their numbers, in the order of the file.
    pub fn nodes_of(&self, flow: FlowIx) -> impl Iterator<Item = (NodeIx, &Node)> {
        let first = self.flow(flow).first.index();
        let own = self.nodes[first..].iter().take_while(move |node| node.flow == flow);
        own.enumerate().map(move |(within, node)| (NodeIx::new(first + within), node))
    }

    /// The node that is written `flow.node`, by the names of the day or earlier ones.
    #[must_use]
    pub fn node_at(&self, path: &str) -> Option<NodeIx> {
        let (flow, node) = path.split_once('.')?;
        self.node_named(self.flow_named(flow)?, node)
    }

    /// A node of a flow by its name or one it had before. O(nodes of the flow).
    #[must_use]
    pub fn node_named(&self, flow: FlowIx, name: &str) -> Option<NodeIx> {
        let first = self.flow(flow).first.index();
        let own = || self.nodes[first..].iter().take_while(|node| node.flow == flow);
        let now = own().position(|node| node.name == name);
        let found = now.or_else(|| own().position(|node| node.was.iter().any(|was| was == name)));
        found.map(|within| NodeIx::new(first + within))
    }

    /// How many flows, nodes and intents it has.
    #[must_use]
    pub fn size(&self) -> (usize, usize, usize) {
        (self.flows.len(), self.nodes.len(), self.intents.len())
    }
}
