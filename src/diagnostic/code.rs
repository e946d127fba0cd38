//! The codes: one line each for its name, and a page for `sayso explain CODE`.

use super::{Severity, nearest};

macro_rules! codes {
    ($($name:ident $id:literal $severity:ident $title:literal $page:literal)*) => {
        /// What a diagnostic is about. The printed name never changes its meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $title] $name,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The printed name: a letter for the kind of file, and a number.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// How grave it is.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)* }
            }

            /// What it is about, in a few words.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }

            /// The page that `sayso explain` prints.
            #[must_use]
            pub fn page(self) -> &'static str {
                match self { $(Self::$name => $page,)* }
            }
        }
    };
}

impl Code {
    /// The code of that printed name, in any case.
    #[must_use]
    pub fn by_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.id().eq_ignore_ascii_case(id))
    }

    /// The printed name that is nearest to a mistyped one.
    #[must_use]
    pub fn nearest_id(id: &str) -> Option<&'static str> {
        nearest(&id.to_uppercase(), Self::ALL.iter().map(|code| code.id()))
    }
}

codes! {
    // S: lines and indentation, in every file.
    TabIndent "S001" Error "a tab in the indentation"
        "Files are indented by two spaces a level. A tab is as wide as each editor likes, so two people would read two different files. `sayso fmt` mends it."
    OddIndent "S002" Error "an odd number of spaces"
        "Files are indented by two spaces a level. An odd number of spaces belongs to no level; the nearest one was taken to read on. `sayso fmt` writes it down as it was read."
    DeepIndent "S003" Error "a line that belongs to no other"
        "What is indented below a line belongs to it. This line is indented deeper than the line above can own."
    UnknownBlock "S004" Error "an unknown block"
        "A line at the left edge begins a block, and its first word says which. This file knows no such block."
    UnknownWord "S005" Error "an unknown line"
        "The first word of a line says what the line is. Nothing of that name can stand at this place."
    BadName "S006" Error "this is no name"
        "Names of intents, fields, flows, nodes, tags and values are small letters, digits, `-` and `_`, and begin with a letter."
    BadLanguage "S007" Error "this is no language"
        "Languages are written by their two-letter code of ISO 639-1: `en`, `es`, `fr`."
    NotUtf8 "S008" Error "a file that is not UTF-8"
        "Files are read as UTF-8. Save it in that encoding; the broken bytes were replaced to read the rest."
    TooLarge "S009" Error "a file that is too large"
        "Files above 4 MiB are not read: they are a slip, not a dialogue."
    // G: grammars.
    BadPattern "G101" Error "a pattern that cannot be read"
        "A pattern is made of words, `[optional]`, `(one | other)`, `(all ; in any order)`, `{slot}`, `{slot: type}`, `<concept>` and `light[s]`. A backslash makes a sign an ordinary one."
    EmptyPattern "G102" Error "a pattern that takes a text of no words"
        "If everything in a pattern is optional, it would take any empty text. At least one word or slot must be required."
    UnknownConcept "G103" Error "an unknown concept"
        "`<name>` stands for any phrase of the block `concept name` in the same scope."
    UnknownType "G104" Error "an unknown list or type"
        "`{x}` is a value of the list `x`, else of the brand's field `x`, else of the slot type `x`; `{x: y}` is a value of `y` called `x`."
    EmptyPhrase "G105" Error "nothing between two commas"
        "A comma parts phrases; there is none between two of them, or at the end of a line."
    SampleFails "G106" Error "a sample that does not hold"
        "`>` before a text claims that it means this intent, `!` that it does not. The grammar says otherwise. One of the two is wrong, and people will notice which."
    Tie "G107" Error "two intents that a text cannot tell apart"
        "Ties are settled by declared priority, then by more literal words, then by narrower slots. Nothing is left to chance or to the order of files: two intents that can still tie are an error, and the text shows it."
    TooManyStates "G108" Error "a grammar that grows too large"
        "Patterns are made into one automaton, whose size is bounded so that 8,000 brands fit one machine. Alternatives within alternatives multiply; write them as several patterns."
    SharedIntent "G109" Error "an intent that is shared already"
        "A brand's intent takes the place of a shared one only when it says so: `intent NAME replace`. Otherwise a slip of the pen would silence the shared one."
    ReservedWord "G110" Error "a reserved word"
        "Some words, alone in a text, are heard before any flow and in any state: stop, stopall, unsubscribe, unsub, cancel, end, quit, revoke, optout, remove, arret, arrete, nomas and the stop emoji are opt-outs; help, info, aide, ayuda ask for help; start, unstop opt in. A pattern or a list value that is such a word could never be met."
    DeadPattern "G111" Error "a pattern that no text can meet"
        "Every way through this pattern needs a value of a list that has none."
    IdleOption "G112" Warning "an option that changes nothing"
        "Greetings and politeness may stand anywhere in a text. An optional part of such words alone takes no text that the pattern would not take without it."
    Shadowed "G113" Error "an intent that is never meant"
        "For every text that this intent takes, another one wins by the order of ties. It could as well not be there."
    Uncovered "G114" Note "where the proofs stop"
        "Ties are proven for words and lists, and for an example of each slot type. What stands in a gap can be anything, so patterns with gaps are checked by their samples alone."
    BadType "G115" Error "a type that cannot be used"
        "`type order: /[A-Z]{2}[0-9]{6}/` defines a type of values by a regular expression, which is bounded in size. It takes whole words, in any case unless it begins with `(?-i)`. Below it stand samples: `>` must be such a value, `!` must be none."
    PerhapsShadowed "G116" Note "an intent that was never meant in any text that was tried"
        "The proofs walk through a type that reads for itself (a number, a date, an expression of your own) with one example. For that example another intent wins; for other values this one may. A sample below the intent that only it takes settles the question."
    // B: brand.flow
    NoBrand "B201" Error "no brand is named"
        "`brand.flow` begins with `brand NAME`: what people call the brand."
    MissingFact "B202" Error "a fact that the rules require is missing"
        "The confirmation of an opt-out names the programme and a contact, and so does the answer to HELP (47 CFR 64.1200(a)(12), CTIA Messaging Principles 5.1.2.1). Therefore `program` and `contact` must stand in `brand.flow`. A contest says where its rules are, from when until when it goes on, what the prizes are worth, in which states and for whom it is open, and how to take part without a text."
    BadNumbers "B203" Error "a number that cannot be read"
        "Numbers are written in international form, or as a short code, each with the provider account of `sayso.toml` that carries it: `numbers +14045550100 via twilio-main`."
    BadZone "B204" Error "an unknown time zone"
        "Time zones are those of the IANA database, named after cities: `America/New_York`."
    BadHours "B205" Error "hours that cannot be read"
        "Hours are two times of the day in 24-hour form: `quiet 20:00 to 09:00`."
    ReservedName "B206" Error "a reserved name"
        "Some names mean something in every expression, such as `region` or `tag`, and so cannot be names of fields."
    EmptyList "B207" Error "an empty list"
        "A `one of` field has its values below it, one a line: the stable key, then a colon and other spellings."
    DeclaredTwice "B208" Error "declared twice"
        "Each name stands for one thing. Of two declarations one would be silently ignored, so there can be only one."
    NoNumber "B209" Note "a brand without a number"
        "Without a number nobody can text the brand. That is fine while it is written; before it goes live it needs one."
    NumberTaken "B210" Error "a number that two brands claim"
        "A number belongs to one brand: otherwise nobody could say whom a text is meant for. Brands that are to share one each say `shared` behind its account; then a text goes to the brand whose keyword it is, or else to that of the person's last dialogue, and STOP ends the messages of all of them."
    UnknownAccount "B211" Error "an unknown provider account"
        "A number names the provider account that carries it. Accounts are tables of `sayso.toml`: `[providers.NAME]`."
    BrandTaken "B212" Error "an earlier name that another brand has"
        "`was NAME` in `brand.flow` says which folder the brand was: its data is kept under that name. Of two brands with one name, one would read the other's data."
    KeywordShared "B213" Error "a keyword of two brands that share a number"
        "On a shared number the keyword says which brand is meant. A text that starts a flow of two of them says nothing, so each needs words of its own."
    IdleStop "B215" Warning "a STOP that ends everything all the same"
        "`stop ends program` lets a STOP end the programme of the message that it answers, where the person is in another one too; `stop ends content` lets it end marketing, where the brand also has flows with `content service`. A brand that has nothing else to go on with ends everything by every STOP, and needs no such line. A `program` that no flow names is never begun."
    CallsAcross "B216" Error "a flow that calls one of another program"
        "Consent is for one program, and a STOP may end one and leave another. A flow that is called speaks in the middle of the one that calls it, so both belong to the same `program`, and where a STOP may end marketing alone (`stop ends content`), both have the same `content`."
    NoAgeAsked "B214" Error "an age that nobody is asked for"
        "`age at least 21` in `brand.flow` says that nothing is begun with people who have not shown to be so old. They show it in a node with `age at least 21` or a greater age; without one nothing would ever be begun with anybody."
    // F: flows
    UnknownNode "F301" Error "an unknown node"
        "A way out leads to a node of the same flow."
    UnknownIntent "F302" Error "an unknown intent"
        "Flows start on intents, and intents are written in grammars: the brand's own in `grammars/BRAND/`, shared ones in `grammars/`."
    UnknownField "F303" Error "an unknown field"
        "Fields are declared in `brand.flow`, with their type, so that an answer can be understood and stored."
    UnknownLanguage "F304" Error "a language that the brand does not speak"
        "The brand's languages stand in `brand.flow`; a text in another one would never be sent."
    NoTarget "F305" Error "a way out that leads nowhere"
        "A way out ends with `-> NODE`, the name of a node of the same flow; nothing is guessed from the order of the nodes."
    NoWayOut "F306" Error "a node that can run past its last line"
        "Each node ends with a way out that is always open: `-> NODE` or `end`. Otherwise a person would be left standing."
    DeadLine "F307" Error "a line that is never reached"
        "The node is left above this line in every case."
    AfterWait "F308" Error "something to do after the question"
        "A node does things, waits at most once, and is left. What is to happen after the answer belongs to the next node."
    SecondWait "F309" Error "a second question in one node"
        "A node waits at most once, so that there is never a doubt which question an answer belongs to."
    EmptyFlow "F310" Error "a flow without nodes"
        "A flow starts at its first node; this one has none."
    StartsTwice "F311" Error "an intent that starts two flows"
        "One intent starts one flow: nothing is left to chance."
    StrayNode "F312" Error "a node before any flow"
        "Nodes belong to the flow above them in the file."
    EmptyText "F313" Error "a text without words"
        "A message needs words; they stand behind the verb, on the same line."
    BadDelay "F314" Error "a length of time that cannot be read"
        "`30m`, `2h`, `2d` are exact lengths (a day is 24 hours); `2 days`, `1 week` are counted on the calendar of the person's time zone. Two years is the longest."
    BadNumber "F315" Error "a number that cannot be read"
        "A whole number in the range that the hint names."
    Unreachable "F316" Warning "a node that nobody reaches"
        "No way out, no `on`, no `tries` and no `silent` leads to this node."
    NeverStarted "F317" Note "a flow that no text starts"
        "No intent starts this flow, and no other flow calls it: only a campaign or the API can."
    Untranslated "F318" Warning "a missing translation"
        "The brand speaks several languages, and this text is missing in one of them. The first language is sent instead."
    SilentCycle "F319" Error "somebody who is silent would be written to for ever"
        "Ways that are taken because nobody answers lead from this node back to it, and a text is said on the way. Somebody who never answers would get it again and again. At run time sixteen messages without an answer are the end, but no brand should come to that."
    AnswerOverlaps "F320" Note "a keyword that is an answer"
        "A text means an intent and is an answer to a waiting question as well. What it is then is decided by the rungs, not by the order of ties: a closed answer (a list, a number, a date, yes or no) comes before the node's `on`, the flow's `on` and keywords. Elsewhere the text means the intent."
    UnknownFlow "F321" Error "an unknown flow"
        "`call FLOW` runs another flow of the same brand and comes back when it ends."
    Circle "F322" Error "a circle without anything to wait for"
        "Ways out lead from this node back to it, and nowhere on the way is a question asked or time waited for. One text would run through it until the limit of sixty-four nodes ends the dialogue."
    NoDoor "F323" Error "a wait that does not say where one of its ends leads"
        "What comes of a `lookup`, a `contest`, an age gate or a question for consent is not in the writer's hands, so the file says where each end leads: `failed -> NODE`, `won -> NODE` and `lost -> NODE`, `under -> NODE`, `no -> NODE`."
    UnknownResource "F324" Error "something that the brand does not have"
        "Media, teams, webhooks, lookups and contests are blocks of `brand.flow`; flows use them by their names."
    BadAddress "F325" Error "this is no address"
        "Addresses are written in full, with `http://` or `https://`, and without a name or password in them. The host of a lookup stands in plain letters, so that nobody's answer can choose whom we call."
    MissingLine "F326" Error "a block without a line it needs"
        "Without this line nothing could be done with the block."
    NoConsentAsk "F327" Error "consent that is never asked for"
        "`double-optin` says that a text only begins an opt-in and that a `consent ask` completes it. The flow that the intent starts has none, so nobody would ever be subscribed."
    LateTooLong "F328" Error "an outside answer that may take too long"
        "Somebody is waiting on their phone while a lookup runs. It may take at most a minute; write a `silent` way or a `wait` for what takes longer."
    NeverFilled "F329" Warning "a field that nothing has filled"
        "A text or a condition reads a field that no way to this place fills, and that no other flow fills. Whoever comes here for the first time reads a gap, and every comparison is false for them."
    NeverTaken "F330" Warning "a way out that can never be taken"
        "Ways out are tried from the top. In every case in which this condition holds one above it holds too, or there is no such case at all."
    NoEnd "F331" Warning "a node that leads to no end"
        "Whatever somebody answers here, and however long they are silent, no way leads on to an end. They stay in this flow until they write STOP or another keyword."
    // F34: what texts say
    OverBudget "F340" Warning "a text that can take more parts than the budget"
        "Carriers bill a message by parts: 160 characters of GSM-7, or 153 each where there are several; one character outside GSM-7 puts the whole text into UCS-2, with 70 or 67 characters a part (3GPP TS 23.038, 23.040). Texts are counted in each language and wording, with their menus and with the longest values that they are expected to show. The budget is two parts, or `budget 3 parts` in `brand.flow`."
    CostlyCharacter "F341" Note "a character that costs parts"
        "One character outside GSM-7 puts a whole text into UCS-2, in which less than half as much fits into a part. Word processors write such characters where a keyboard writes others: curly quotes, long dashes, an ellipsis. The hint says what to write instead."
    FirstMessage "F342" Error "a first message that does not say what it must"
        "The message that answers an opt-in names the programme, a contact, how to opt out, that messages recur and how often, and that rates may apply (CTIA Messaging Principles 5.1.2.1). `{program}` and `{terms}` say all of it, in the brand's languages. They must be said on every way from the start of a flow that is consent to where it first waits or ends, in every wording."
    BlockedAddress "F343" Error "an address that carriers block"
        "Carriers of the United States and Canada block texts with an address of a public link shortener: it hides where it leads, and shares its name with those who send fraud. Write the whole address, or use a short domain of your own."
    ForbiddenWord "F344" Warning "a word of what carriers forbid"
        "Some content is refused on the networks of the United States and Canada, whoever sends it: cannabis, high-risk loans and crypto, debt relief, leads for third parties, gambling, tobacco, adult content. A word alone proves nothing, so it is a warning; a reviewer will look at it in the same way. The lists stand in `data/rules/forbidden.toml`, with their sources."
    AgeGate "F345" Warning "something for grown-ups that anybody can read"
        "Alcohol and firearms may be written about only behind an age gate: a question for the full date of birth, before any of it. A yes or no is refused. A text counts as gated when each way to it leads through `age at least 21`, through an `ask` of a field of the type `birthdate`, or through a condition on one."
    NumberForStop "F346" Error "a number in place of STOP"
        "Carriers refuse texts that offer a number to opt out with, and sayso does not take one for an opt-out: it would be the answer to a question, or nothing. Offer STOP."
    GluedStop "F347" Error "advice without blanks"
        "Carriers refuse advice whose words are glued together, as in `STOP2END` or `stop=quit`: people do not read it as words. Write `Reply STOP to opt out`."
    NoSuchStop "F348" Error "a word that does not opt out"
        "The text says that a word ends the messages, and it does not: only the reserved words do, alone in a text (`sayso explain G110` lists them). Whoever follows the advice gets more messages, which the rules forbid (47 CFR 64.1200(a)(10))."
    StopEndsAll "F349" Warning "a stop that is promised for a part"
        "A reserved word alone in a text ends all messages of the brand. This text promises it for less: an order, an appointment, one kind of message. Whoever follows it hears nothing more. Give that another word, and an intent that hears it."
    RequiredFact "F350" Error "a required text that does not say what it must"
        "A brand may word the answers to STOP (`stopped`), to START (`started`) and to HELP (`help`) itself. The confirmation of an opt-out names the programme and a contact (47 CFR 64.1200(a)(12), carriers' tables); the answer to HELP also that rates may apply and STOP; the answer to an opt-in all that a first message says (CTIA Messaging Principles 5.1.2.1). Every wording in every language must."
    MarketingInConfirmation "F351" Error "marketing in the confirmation of an opt-out"
        "The one message that may follow an opt-out must hold no marketing (47 CFR 64.1200(a)(12)): no offer, no link to a shop, no invitation but the word that brings the messages back."
    BareFallback "F352" Note "a fallback that does not say who writes and how to leave"
        "Carriers want the answer to a text that was not understood to name the programme, HELP and STOP. The answer that is sent where a brand words none does."
    // E: expressions and texts
    BadExpression "E401" Error "an expression that cannot be read"
        "Expressions compare fields with values (`flavor = mango`, `visits > 3`), ask for tags (`tag vip`) and for filled fields (`known name`), and join these with `and`, `or`, `not` and brackets. `name else \"friend\"` gives a default."
    BadTemplate "E402" Error "a brace that does not match"
        "`{…}` in a text is an expression; `{{` is a brace that is sent."
    WrongType "E403" Error "values that cannot be compared"
        "Expressions are typed against the brand's fields: comparing a number with a word would quietly be false for everybody."
    UnknownValue "E404" Error "a value that the list does not have"
        "The field is a list, and this is none of its keys: the comparison could never hold."
    NeedsField "E405" Error "a field that is missing for this"
        "`age` is counted from the first field of the type `birthdate`; `region` and `near` come from the first field of a postal type (`us_zip`, `ca_postal`, `fr_postal`). A brand without such a field never knows them."
    UnknownPlace "E406" Error "a place that is not known, or not alone"
        "Places are cities and towns with their state (`\"Atlanta, GA\"`), states, provinces and regions (`\"GA\"`, `\"Quebec\"`), in the country of the brand's postal codes. A name that several places bear is written with its state."
    BadLink "E407" Error "a link that leads nowhere"
        "`{link https://scoops.example/mango as mango}` is a link with a name, `{link mango}` the same one in another text. The address begins with `https://` or `http://`; a name is given once, anywhere in the brand's files."
    BadPlural "E408" Error "forms of a word that do not fit its numbers"
        "`{scoops one \"scoop\" other \"scoops\"}` shows the word that goes with a number. Each language has its own classes of numbers, as Unicode names them: English has `one` and `other`, other languages have `zero`, `two`, `few` or `many` as well. `other` must always be there."
    // C: conversations
    BadChat "C501" Error "a line of a conversation that cannot be read"
        "A conversation is made of `>` (they write), `<` (we write), `~ 2d` (time passes), `= FIELD VALUE` (what is known), `! …` (what must not happen) and a head of `brand`, `from` and `at`."
    ChatFails "C502" Error "a conversation that went otherwise"
        "The bot did not do what the conversation says. Either the flow changed and the conversation is to follow, or the flow is wrong."
    // W: the workspace
    BadConfig "W601" Error "a setting that cannot be read"
        "`sayso.toml` holds the operator's settings. Unknown ones are refused, so that a slip is not silently ignored."
    NoBrandFile "W602" Error "a brand without its file"
        "Each folder below `flows/` is a brand and holds a `brand.flow`."
    Unreadable "W603" Error "a file that cannot be read"
        "The file is there and cannot be opened; the operating system says why."
    BadProvider "W606" Error "a provider's file that cannot be used"
        "A file in `providers/` says how a provider signs, where its fields are and how it sends; `docs/providers.md` shows how one is written. Accounts whose kind is such a file are not opened until it is mended."
    UnknownSecret "W605" Error "an unknown secret"
        "The files of a brand name secrets and never hold them: the operator writes into `[secrets]` of `sayso.toml` where each one is, and which brands may use it."
    SecretForNobody "W604" Warning "a secret for a brand that is not there"
        "`brands` in `sayso.toml` names the brands whose files may use a secret, each as its folder below `flows/`. The name of a brand that does not exist helps nobody."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_name_of_its_own_and_a_page() {
        let mut ids: Vec<_> = Code::ALL.iter().map(|code| code.id()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), Code::ALL.len());
        assert!(Code::ALL.iter().all(|code| code.page().ends_with('.') && code.page().len() > 40));
        assert_eq!(Code::by_id("f301"), Some(Code::UnknownNode));
    }
}
