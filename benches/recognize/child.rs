//! What is measured in a process of its own: building a grammar, and linking many brands. The kernel counts a process's
//! peak memory for its whole life, so each measurement gets a life.

use crate::workload::{Written, parse};
use sayso::bot::{Bot, BrandSources, Shared, link, link_shared};
use sayso::diagnostic::{Diagnostics, Place, Severity, Sources};
use sayso::flow::{brand, syntax as flow_syntax};
use sayso::grammar::{compile, prove, syntax};
use sayso::outline::Reader;
use sayso::sms::BrandId;
use std::fmt::Write;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a child may take.
const PATIENCE: Duration = Duration::from_secs(150);
/// Intents of one brand's own grammar.
const BRAND_INTENTS: usize = 20;

/// Runs this program again with one argument and one number; what it printed last, or why it did not.
pub(crate) fn run(argument: &str, number: usize) -> Result<Vec<f64>, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command.args([argument, &number.to_string()]).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let begin = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            break status;
        }
        if begin.elapsed() > PATIENCE {
            let _ = child.kill(); // it may have ended by itself
            let _ = child.wait();
            return Err(format!("not done after {PATIENCE:?}"));
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let mut said = String::new();
    if let Some(mut stdout) = child.stdout.take() {
        stdout.read_to_string(&mut said).map_err(|error| error.to_string())?;
    }
    let last = said.lines().last().unwrap_or_default();
    if !status.success() {
        return Err(format!("{status}"));
    }
    last.split(' ').map(|number| number.parse().map_err(|_| last.to_owned())).collect()
}

/// A line of `/proc/self/status`, in MiB.
fn status(name: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kibibytes = line.and_then(|line| line.trim_matches([':', ' ', '\t', 'k', 'B']).parse::<f64>().ok());
    kibibytes.unwrap_or(f64::NAN) / 1_024.0
}

/// What building came to: seconds to parse and compile, seconds to prove, MiB of the whole process at its peak and before
/// anything was parsed, states, and what was found that is no mistake.
#[derive(Debug)]
pub(crate) struct Built {
    pub(crate) compile: f64,
    pub(crate) prove: f64,
    pub(crate) peak: f64,
    pub(crate) before: f64,
    pub(crate) states: f64,
    pub(crate) remarks: f64,
}

impl Built {
    /// The middle one of a few by its time, where they do not take long.
    pub(crate) fn of(intents: usize) -> Result<Self, String> {
        let few = if intents > 2_000 { 1 } else { 5 };
        let mut all = (0..few).map(|_| Self::once(intents)).collect::<Result<Vec<_>, _>>()?;
        all.sort_by(|a, b| a.seconds().total_cmp(&b.seconds()));
        Ok(all.swap_remove(few / 2))
    }

    pub(crate) fn seconds(&self) -> f64 {
        self.compile + self.prove
    }

    fn once(intents: usize) -> Result<Self, String> {
        match run("--child-build", intents)?[..] {
            [compile, prove, peak, before, states, remarks] => {
                Ok(Self { compile, prove, peak, before, states, remarks })
            }
            _ => Err("it printed something else".to_owned()),
        }
    }
}

/// The child's part: builds a grammar of so many intents.
pub(crate) fn build(intents: usize) -> Result<String, String> {
    let written = Written::new(intents, 0).files;
    let before = status("VmRSS");
    let mut found = Diagnostics::default();
    let begin = Instant::now();
    let files = parse(&written, &mut found);
    let grammar = compile(&files, &|_| None, &mut found);
    let compiled = begin.elapsed().as_secs_f64();
    sound(&found)?;
    let begin = Instant::now();
    prove(&grammar, &files, &mut found);
    let proved = begin.elapsed().as_secs_f64();
    sound(&found)?;
    let (peak, states, remarks) = (status("VmHWM"), grammar.states(), found.iter().count());
    Ok(format!("{compiled} {proved} {peak} {before} {states} {remarks}"))
}

/// The first mistake in a grammar that should have none.
pub(crate) fn sound(found: &Diagnostics) -> Result<(), String> {
    let error = found.iter().find(|diagnostic| diagnostic.code.severity() == Severity::Error);
    error.map_or(Ok(()), |error| Err(error.message.clone()))
}

/// What linking brands came to: seconds, and MiB that the process grew by.
pub(crate) fn brands(count: usize) -> Result<(f64, f64), String> {
    match run("--child-brands", count)?[..] {
        [seconds, grown] => Ok((seconds, grown)),
        _ => Err("it printed something else".to_owned()),
    }
}

/// The child's part: links so many brands that share the repository's grammars.
pub(crate) fn link_brands(count: usize) -> Result<String, String> {
    let mut sources = Sources::default();
    let mut found = Diagnostics::default();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("grammars");
    let files = ["en", "es", "fr"].map(|language| {
        let text = std::fs::read_to_string(folder.join(format!("{language}.grammar"))).expect("it is there");
        let file = sources.add(language, "");
        syntax::parse(&text, &mut Reader::new(file, &mut found))
    });
    let shared = link_shared(&files, &mut found);
    sound(&found)?;
    let before = status("VmRSS");
    let begin = Instant::now();
    let mut bots = Vec::with_capacity(count);
    for number in 0..count {
        // What was read of a brand and what was found about it are gone before the next.
        let mut found = Diagnostics::default();
        let bot = link_brand(number, &shared, &mut found);
        sound(&found)?;
        bots.push(Arc::new(bot.expect("a brand without errors is linked")));
    }
    Ok(format!("{} {}", begin.elapsed().as_secs_f64(), status("VmRSS") - before))
}

fn link_brand(number: usize, shared: &Shared, found: &mut Diagnostics) -> Option<Bot> {
    let written = Written::new(BRAND_INTENTS, 1 + number as u64);
    let mut sources = Sources::default();
    let top = sources.add("brand.flow", "");
    let brand = brand::parse(&brand_text(number), &mut Reader::new(top, found));
    let flows = sources.add("main.flow", "");
    let flows = [flow_syntax::parse(&flow_text(&written), &mut Reader::new(flows, found))];
    let grammars = parse(&written.files, found);
    let brand_sources = BrandSources {
        id: BrandId::from(format!("brand-{number}").as_str()),
        brand: &brand,
        top: Place::new(top, 0..1),
        flows: &flows,
        grammars: &grammars,
        hash: format!("{number:016x}"),
        files: &sources,
        notes: None,
    };
    link(&brand_sources, shared, found)
}

fn brand_text(number: usize) -> String {
    format!(
        "brand Brand {number}\n  program Brand {number} Alerts\n  numbers +1404{:07} via main\n  \
         contact help@brand{number}.example\n  optin join\n\nfield first-name: name\nfield zip: us_zip\n",
        2_000_000 + number
    )
}

/// A flow that is joined, and one that all the brand's own intents start, each answered by a text of its own.
fn flow_text(written: &Written) -> String {
    let mut text = "flow welcome\n  start on join\n\nnode hello\n  say Welcome to {program}! {terms} What's your first name?\n  \
                    ask first-name\n    tries 2 -> done\n  -> done\n\nnode done\n  \
                    say You're in, {first-name else \"friend\"}!\n  end\n"
        .to_owned();
    for intent in &written.intents {
        let name = &intent.name;
        let _ = write!(
            text,
            "\nflow {name}\n  start on {name}\n\nnode answer\n  say Here is all about {name}, \
             {{first-name else \"friend\"}}. Ask us anything else.\n  end\n"
        );
    }
    text
}
