//! A large workspace: how long it takes to read, link, prove and check all of it, beside what reading its bytes takes.
//!
//! `cargo bench --bench check`; `-- --keep FOLDER` writes the workspace there and leaves it. Fifty brands in two languages,
//! each with twenty flows of twenty nodes, which use every construct of `docs/flows.md`, grammars of their own and the shared
//! grammars of this repository. The other side reads the same files and takes the SHA-256 of their bytes: below that nothing
//! can come that knows whether a file has changed. A time is the shortest of several. What does not hold is printed; it is
//! no failure. A workspace that is not sound is one: nothing would be measured.

// Bench code: it prints, it measures, and a panic is the report.
#![allow(clippy::expect_used, clippy::print_stdout, clippy::disallowed_methods)]

use sayso::diagnostic::{Severity, draw};
use sayso::workspace::Workspace;
use sha2::{Digest, Sha256};
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Brands of the workspace.
const BRANDS: usize = 50;
/// Flows and nodes of all of it.
const FLOWS: usize = BRANDS * THINGS.len();
const NODES: usize = 20 * FLOWS;
/// What opening it may take: somebody waits for `sayso check`.
const BAR: Duration = Duration::from_secs(2);
/// Runs of which the shortest counts.
const RUNS: usize = 3;
/// Diagnostics that are shown.
const SHOWN: usize = 5;

/// What the flows of a brand are about, in English and Spanish: each is an intent, and starts a flow.
const THINGS: [(&str, &str); 20] = [
    ("garden", "jardin"),
    ("bicycle", "bicicleta"),
    ("lamp", "lampara"),
    ("window", "ventana"),
    ("guitar", "guitarra"),
    ("carpet", "alfombra"),
    ("blanket", "manta"),
    ("mirror", "espejo"),
    ("ladder", "escalera"),
    ("kettle", "tetera"),
    ("basket", "canasta"),
    ("hammer", "martillo"),
    ("pillow", "almohada"),
    ("candle", "vela"),
    ("jacket", "chaqueta"),
    ("tractor", "tractorcito"),
    ("umbrella", "paraguas"),
    ("backpack", "mochila"),
    ("necklace", "collar"),
    ("saddle", "montura"),
];

const CONFIG: &str = r#"[providers.main]
kind = "generic"
token = "env:TOKEN"

[secrets]
crm-key = "env:CRM_KEY"
stock-key = "env:STOCK_KEY"
"#;

/// `brand.flow` of a brand; `@B` is its number, of two digits.
const BRAND: &str = "\
brand House @B
  program House @B News
  numbers +140455501@B via main
  contact help@house@B.example
  frequency up to 4 msgs/month
  languages en, es
  timezone America/New_York
  quiet 20:00 to 09:00
  hours mon-fri 09:00 to 18:00, sat 10:00 to 16:00
  interrupt return
  optin join
  budget 6 parts
  fallback Sorry, we didn't get that. Text JOIN for news.
  fallback.es No entendimos. Responda JOIN para noticias.

personal field name: name
  was first-name
personal field born: birthdate
field zip: us_zip
field wood: one of
  oak: oaken | es roble
  pine: pinewood | es pino
  walnut: walnuts | es nogal
field count: number
  convert
field reminders: yes_no
field grade: rating
field shop: text
personal field remark: text

tag member
  was guest

media picture
  url https://house@B.example/picture.jpg
  url.es https://house@B.example/es/picture.jpg

webhook crm
  url https://crm.house@B.example/sayso
  secret crm-key
  send name, wood, count

team counter
  notify crm

lookup stock
  url https://api.house@B.example/stock?zip={zip}
  secret X-Api-Key = stock-key
  within 8s
  fill shop = shops.0.name
  fill count = shops.0.count

contest chair
  prizes 25
  odds 1 in 40
  entries 1 per 1 day
  from 2026-05-01
  until 2026-08-31
  rules https://house@B.example/rules
";

/// A flow of twenty nodes; `@T` is what it is about, `@E` the same in Spanish, `@START` what starts it, `@CALL` the lines by
/// which it waits for another one, `@B` its brand's number.
const FLOW: &str = "\
# Everything about the @T.
flow @T
  start on @START
  was old-@T
  on skip -> bye
  gone -> menu

node hello
  was greeting
  say Welcome to {program}! {terms} Ask us about the @T. What's your first name?
    or Welcome to {program}! {terms} The @T is our pride. What's your first name?
    media picture
  say.es Bienvenido a {program}! {terms} Le contamos del @E. Cual es su nombre?
  ask name
    unclear Just your first name, please.
    unclear.es Solo su nombre, por favor.
    invalid That is rather long. First name only?
    invalid.es Es muy largo. Solo su nombre?
    again What's your first name?
    again.es Cual es su nombre?
    tries 3 -> menu
    silent 2d -> nudge
  -> adult

node nudge
  say Still there? What's your first name?
  say.es Sigue ahi? Cual es su nombre?
  ask name
    silent 2 days -> bye
  -> adult

node adult
  say When were you born? Please send it as MM/DD/YYYY.
  say.es Cuando nacio? Envielo como MM/DD/AAAA.
  age at least 18
    unclear Please send the full date, like 04/23/1990.
    unclear.es Envie la fecha completa, como 04/23/1990.
    tries 2 -> bye
    under -> bye
  -> zip

node zip
  when known zip -> menu
  say And your ZIP code, {name else \"friend\"}?
    | We look where the next @T is.
  say.es Y su codigo postal, {name else \"amigo\"}?
    | Buscamos donde hay @E.
  ask zip
    invalid A ZIP code has five digits, like 30309.
    invalid.es Un codigo postal tiene cinco cifras, como 30309.
    tries 2 -> menu
    silent 1d -> bye
  -> look

node look
  lookup stock
    failed -> menu
    late -> menu
  when count > 2 and known shop -> near
  -> menu

node near
  when region = \"Atlanta, GA\" or near \"Atlanta, GA\" 50 mi -> counted
  -> menu

node counted
  say {shop} has {count} {count one \"piece\" other \"pieces\"} of the @T: {link https://house@B.example/@T as @T}
  say.es {shop} tiene {count} {count one \"pieza\" other \"piezas\"} de @E: {link @T}
  -> menu

node menu
  say What would you like to know about the @T?
  say.es Que desea saber?
  choose
    option The woods -> wood
      label.es Las maderas
      also timber
    option A reminder tomorrow -> remind
      label.es Un recordatorio
    option Our prizes -> member
      label.es Los premios
    unclear Just the number, please.
    unclear.es Solo el numero, por favor.
    on talk-to-human -> human
    tries 3 -> bye
    silent 1d -> bye

node wood
  say Hi {name else \"friend\"}! Oak, pine or walnut?
  say.es Hola {name else \"amigo\"}! Roble, pino o nogal?
  ask wood
    again Oak, pine or walnut?
    again.es Roble, pino o nogal?
    tries 2 -> grade
    silent 1d -> bye
  when wood = oak and not tag member -> sets
  when wood != pine -> poll
  -> grade

node sets
  set count = (count else 0) + 1
  tag lover-of-@T
  untag newcomer
  split 50 grade, 50 poll

node grade
  say How did we do, from 1 to 5?
  say.es Que tal, de 1 a 5?
  ask grade
    invalid From 1 to 5, please.
    invalid.es De 1 a 5, por favor.
    tries 2 -> bye
    silent 1d -> bye
  when grade < 3 -> remark
  -> poll

node remark
  say What should we do better with the @T?
  say.es Que podemos mejorar?
  ask remark
    silent 1d -> bye
  -> human

node poll
  say Which @T shall we make next?
  say.es Cual hacemos ahora?
  vote next-@T
    option A large one
      label.es Uno grande
    option A small one
      label.es Uno chico
    tries 2 -> bye
    voted -> member
  -> member

node member
  when tag member -> draw
  say {program}: {terms} Reply YES to join.
  say.es {program}: {terms} Responda SI para unirse.
  consent ask
    tries 2 -> bye
    no -> bye
  -> draw

node draw
  tag member
  contest chair
    won -> human
    lost -> remind
    entered -> remind
    closed -> bye

node human
  when not open -> remind
  notify crm
  say A person will write to you here. You won or asked for it. Rules: {link https://house@B.example/rules as rules}
  say.es Una persona le escribira aqui. Reglas: {link rules}
  handoff counter
    back -> bye
    silent 2h -> remind

node remind
  say We will write to you about the @T tomorrow.
  say.es Le escribimos manana.
  wait until 10:00
  -> later

node later
  wait 2h
  when last reply within 1 day -> other
  -> bye

node other
  @CALL
  -> bye

node bye
  say That is all about the @T, {name else \"friend\"}!
  say.es Eso es todo, {name else \"amigo\"}!
  end
";

/// The patterns of an intent, in English and Spanish.
const ENGLISH: &str = "
intent @T
  [show | open] @T
  (tell me | what do you know) about (the | your) @T [today]
  (@T ; prices)
  [<wanting>] {n: number} @Ts
  what does (a | the) @T cost
  ... broken @T ...
  > tell me about the @T
  > 3 @Ts
  ! the @T of my neighbour is nice
";
const SPANISH: &str = "
intent @T
  [el | la] @E
  (quiero | deseo) saber (del | de la) @E
  {n: number} @Es
  > quiero saber del @E
";

fn main() {
    let kept = kept();
    let folder = tempfile::tempdir().expect("a folder");
    let root = kept.as_deref().unwrap_or_else(|| folder.path());
    write_workspace(root);
    let files = files_below(root);
    let bytes: usize = files.iter().map(|path| read(path).len()).sum();
    println!("{BRANDS} brands, {FLOWS} flows, {NODES} nodes, {} files, {} kB", files.len(), bytes / 1_000);
    println!("the shortest of {RUNS} runs\n");

    // One after the other and in turns: neither side has the quieter machine.
    let (mut ours, mut plain) = (Duration::MAX, Duration::MAX);
    for _ in 0..RUNS {
        plain = plain.min(timed(|| hash(&files)));
        ours = ours.min(timed(|| Workspace::open(root)));
    }
    let found = sound(root);
    let ratio = ours.as_secs_f64() / plain.as_secs_f64();
    println!("    {:9.1} ms  Workspace::open: read, parse, link, prove, check", millis(ours));
    println!("    {:9.1} ms  the same files read, and the SHA-256 of their bytes", millis(plain));
    println!("    {ratio:9.1}     the ratio");
    println!("    {found:9}     diagnostics, none of them an error\n");
    println!("{}  in less than {BAR:?}", if ours < BAR { "reached    " } else { "NOT REACHED" });
}

/// The folder of `--keep FOLDER`.
fn kept() -> Option<PathBuf> {
    let arguments: Vec<String> = std::env::args().collect();
    let at = arguments.iter().position(|argument| argument == "--keep")?;
    Some(PathBuf::from(arguments.get(at + 1).expect("`--keep` is followed by a folder")))
}

/// The number of diagnostics of a workspace that has no errors, and as many brands, flows and nodes as it should.
fn sound(root: &Path) -> usize {
    let workspace = Workspace::open(root);
    let sizes = workspace.bots.iter().map(|bot| bot.size());
    let (flows, nodes) = sizes.fold((0, 0), |sum, (flows, nodes, _)| (sum.0 + flows, sum.1 + nodes));
    let (report, hidden) = workspace.found.into_report();
    let drawn = || draw(&workspace.sources, &report[..report.len().min(SHOWN)], false);
    let errors = report.iter().filter(|diagnostic| diagnostic.code.severity() == Severity::Error).count();
    assert_eq!(errors, 0, "{}", drawn());
    assert_eq!((workspace.bots.len(), flows, nodes), (BRANDS, FLOWS, NODES), "{}", drawn());
    report.len() + hidden
}

fn write_workspace(root: &Path) {
    write(&root.join("sayso.toml"), CONFIG);
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("grammars");
    for path in files_below(&shared).iter().filter(|path| path.parent() == Some(&*shared)) {
        let name = path.file_name().expect("a file has a name");
        write(&root.join("grammars").join(name), &String::from_utf8(read(path)).expect("a grammar is UTF-8"));
    }
    for brand in 0..BRANDS {
        let number = format!("{brand:02}");
        let flows = root.join(format!("flows/house{number}"));
        let grammars = root.join(format!("grammars/house{number}"));
        write(&flows.join("brand.flow"), &BRAND.replace("@B", &number));
        let (mut english, mut spanish) = (
            "language en\n\nconcept wanting\n  i want, i'd like, give me\n".to_owned(),
            "language es\n".to_owned(),
        );
        for (at, (thing, in_spanish)) in THINGS.iter().enumerate() {
            let filled =
                |text: &str| text.replace("@T", thing).replace("@E", in_spanish).replace("@B", &number);
            let call = match THINGS.get(at + 1) {
                Some((next, _)) => format!("call {next}"),
                None => "wait 1 day".to_owned(),
            };
            let start = if at == 0 { format!("join, {thing}") } else { (*thing).to_owned() };
            let flow = filled(FLOW).replace("@CALL", &call).replace("@START", &start);
            write(&flows.join(format!("{thing}.flow")), &flow);
            english += &filled(ENGLISH);
            spanish += &filled(SPANISH);
        }
        write(&grammars.join("en.grammar"), &english);
        write(&grammars.join("es.grammar"), &spanish);
    }
}

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("a folder");
    std::fs::write(path, text).expect("a file");
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).expect("a file")
}

/// All files below a folder, in order of name.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() { open.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

fn hash(files: &[PathBuf]) -> Vec<u8> {
    let mut hash = Sha256::new();
    for path in files {
        hash.update(read(path));
    }
    hash.finalize().to_vec()
}

/// How long `run` takes; dropping what it returns is no part of it.
fn timed<T>(run: impl FnOnce() -> T) -> Duration {
    let begin = Instant::now();
    let result = black_box(run());
    let took = begin.elapsed();
    drop(result);
    took
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
