//! Random brands, written as files and linked: flows of a few nodes that use every construct, most of them sound.

use proptest::prelude::*;
use sayso::bot::{Bot, BrandSources, link, link_shared};
use sayso::diagnostic::{Diagnostics, Place, Sources};
use sayso::flow::{brand, syntax as flow_syntax};
use sayso::grammar::syntax as grammar_syntax;
use sayso::outline::Reader;

/// The lines of a brand that do not vary.
const BRAND: &str = "brand B\n  program B News\n  contact help@b.example\n  numbers +14045550100 via main\n  languages en, es\n  \
    hours mon-fri 09:00 to 18:00\n  timezone America/New_York\n  leaving Leave it? Reply YES or NO.\n  \
    leaving.es Salir? Responda SI o NO.\n\
    field name: name\nfield zip: us_zip\nfield born: birthdate\nfield cups: number\nfield more: yes_no\nfield note: text\n\
    field drink: one of\n  tea: black tea | es te\n  coffee: espresso | es cafe\n\
    program more\n  name More of B\nmedia cup\n  url https://b.example/cup.jpg\nwebhook crm\n  url https://b.example/hook\n  send name, note\n\
    team desk\n  notify crm\nlookup stock\n  url https://b.example/stock?zip={zip else \"0\"}\n  within 8s\n  fill cups = cups\n\
    contest mug\n  prizes 3\n  odds 1 in 2\n  entries 2 per 1 day\n  rules https://b.example/rules\n  from 2020-01-01\n  until 2099-12-31\n  value 3 mugs of 9 USD\n  states all\n  eligible everybody\n  free-entry a letter to us\n";

/// An intent for each flow, and one that is heard within them.
const GRAMMAR: &str = "language en\nintent go-0\n  alpha\n  join\nintent go-1\n  bravo\nintent go-2\n  charlie\nintent go-3\n  delta\n\
    intent skip\n  skip\n";

/// What a node is, and where its ways lead.
type Drawn = (usize, [usize; 3]);

/// The files of a brand: `brand.flow`, its flows, its grammar.
pub(crate) fn files() -> impl Strategy<Value = [String; 3]> {
    let lines = (
        prop::sample::select(vec!["return", "switch", "ask"]),
        prop::sample::select(vec!["optin", "double-optin"]),
        prop::sample::select(vec!["", "  quiet 20:00 to 09:00\n"]),
        prop::sample::select(vec!["", "", "  stop ends program\n", "  stop ends content\n"]),
    );
    let node = (0..KINDS, prop::array::uniform3(0..8_usize));
    let flows = prop::collection::vec(prop::collection::vec(node, 1..6), 1..4);
    (lines, flows).prop_map(|((interrupt, optin, quiet, stop), flows)| {
        let own = format!("  interrupt {interrupt}\n  {optin} go-0\n{quiet}{stop}  alert crm\n");
        let (name, below) = BRAND.split_once('\n').expect("it has lines");
        let (mut written, count) = (String::new(), flows.len());
        for (number, nodes) in flows.into_iter().enumerate() {
            // Who begins an opt-in is asked for it.
            let asks = (optin == "double-optin" && number == 0).then_some((CONSENT, [0; 3]));
            let nodes: Vec<Drawn> = asks.into_iter().chain(nodes).collect();
            let part = match (stop.is_empty(), number) {
                (false, 1) => "  program more\n",
                (false, 2) => "  content service\n",
                _ => "",
            };
            let callable = if stop.is_empty() { count } else { 0 };
            written += &flow(number, callable, &nodes).replacen("  gone ->", &format!("{part}  gone ->"), 1);
        }
        [format!("{name}\n{own}{below}"), written, GRAMMAR.to_owned()]
    })
}

/// A flow whose last node ends it; a way that does not wait leads forward, so that there are no circles.
fn flow(number: usize, count: usize, nodes: &[Drawn]) -> String {
    let last = nodes.len();
    let mut text =
        format!("flow f{number}\n  start on go-{number}\n  on skip -> n{last}\n  gone -> n{last}\n");
    for (at, (kind, to)) in nodes.iter().enumerate() {
        let ahead = |to: usize| format!("n{}", at + 1 + to % (last - at));
        let any = |to: usize| format!("n{}", to % (last + 1));
        let called =
            if number + 1 < count { format!("call f{}", number + 1) } else { "wait 1 day".to_owned() };
        let body = node(*kind, &called)
            .replace("@1", &any(to[0]))
            .replace("@2", &ahead(to[1]))
            .replace("@3", &ahead(to[2]));
        text.extend(["node n", &at.to_string(), "\n", &body]);
    }
    text + &format!("node n{last}\n  say Done with {{program}}.\n  say.es Listo.\n  end\n")
}

const KINDS: usize = 16;
const CONSENT: usize = 14;

/// The lines of a node: `@1` is any node, `@2` and `@3` lie ahead.
fn node(kind: usize, called: &str) -> String {
    let hello = "  say {program}: {terms} Hi {name else \"friend\"}!\n  say.es {program}: {terms}\n";
    let below = "    unclear What?\n    unclear.es Que?\n    again Once more?\n    again.es Otra vez?\n    tries 2 -> @2\n    silent 2h -> @3\n";
    let asks = |what: &str| format!("{hello}  ask {what}\n{below}");
    match kind {
        0 => format!("{}  when drink = coffee and not tag vip -> @2\n  -> @1\n", asks("drink")),
        1 => format!("{}  -> @1\n", asks("name")),
        2 => format!("{}  when near \"Atlanta, GA\" 50 mi or region = \"NY\" -> @3\n  -> @2\n", asks("zip")),
        3 => format!("{}    on go-3 -> @1\n  when cups > 4 -> @2\n  -> @3\n", asks("cups")),
        4 => format!("{}  when more -> @2\n  -> @1\n", asks("more")),
        5 => format!("{}  -> @2\n", asks("note")),
        6 => format!("{hello}  choose\n    option Tea -> @1\n    option Coffee -> @2\n      also mocha\n{below}"),
        7 => "  when last reply within 2h and open -> @2\n  wait 2 days\n  -> @3\n".to_owned(),
        8 => "  say Until then.\n    or See you.\n  wait until 10:00\n  -> @1\n".to_owned(),
        9 => format!("  {called}\n  -> @2\n"),
        10 => "  lookup stock\n    failed -> @2\n    late -> @3\n  when cups > 2 -> @2\n  -> @3\n".to_owned(),
        11 => "  say A person writes to you.\n  notify crm\n  handoff desk\n    back -> @2\n    silent 1h -> @3\n".to_owned(),
        12 => format!("{hello}  vote next\n    option Red -> @2\n    option Blue\n    voted -> @3\n{below}  -> @1\n"),
        13 => "  contest mug\n    won -> @2\n    lost -> @3\n    entered -> @2\n    closed -> @3\n".to_owned(),
        CONSENT => format!("{hello}  consent ask\n    no -> @2\n    tries 2 -> @3\n  -> @2\n"),
        _ => "  set cups = (cups else 0) + 1\n  tag vip\n  untag new\n  language es\n  say Look: {link https://b.example/x as x}\n    \
              media cup\n  when known born -> @3\n  split 1 @2, 2 @3\n"
            .to_owned(),
    }
}

/// The brand that these files are, or what is wrong with them.
pub(crate) fn linked(files: &[String; 3]) -> Result<Bot, Diagnostics> {
    let (mut sources, mut found) = (Sources::default(), Diagnostics::default());
    let names = ["flows/b/brand.flow", "flows/b/a.flow", "grammars/b/a.grammar"];
    let [brand_file, flow_file, grammar_file] =
        [0, 1, 2].map(|at| sources.add(names[at], files[at].as_str()));
    let brand = brand::parse(&files[0], &mut Reader::new(brand_file, &mut found));
    let flows = [flow_syntax::parse(&files[1], &mut Reader::new(flow_file, &mut found))];
    let grammars = [grammar_syntax::parse(&files[2], &mut Reader::new(grammar_file, &mut found))];
    let shared = link_shared(&[], &mut found);
    let from = BrandSources {
        id: "b".into(),
        brand: &brand,
        top: Place::new(brand_file, 0..0),
        flows: &flows,
        grammars: &grammars,
        hash: String::new(),
        files: &sources,
        notes: None,
    };
    link(&from, &shared, &mut found).filter(|_| !found.has_errors()).ok_or(found)
}
