//! Conversations that nobody has written: found for what no conversation walks, and random ones that find trouble.

// Test code: a panic is the report.
#![allow(clippy::unwrap_used)]

use async_trait::async_trait;
use jiff::Timestamp;
use sayso::bot::Bot;
use sayso::diagnostic::{Diagnostics, draw};
use sayso::dialogue::Event;
use sayso::explore::{Conversation, Explored, Exploring, Finding, Kind, conversations, explore};
use sayso::outline::Reader;
use sayso::simulator::Simulation;
use sayso::sms::{self, AccountId, Key, MessageId, Receipt, Sender};
use sayso::store::{
    Alarm, Claim, Claimed, Commit, Cursor, Erased, Erasure, MemoryStore, Page, Parts, PartsName, Resolution,
    Resolved, Row, RowId, Scanned, Settlement, Snapshot, Store, StoreError, Table, Tally, Turn, Whole,
};
use sayso::transcript::coverage::Part;
use sayso::transcript::{Coverage, Outcome, parse, run};
use sayso::workspace::Workspace;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

fn runtime() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

/// Runs a conversation as the file that it is; what it walks.
fn passes(workspace: &mut Workspace, bot: &Arc<Bot>, chat: &str) -> Coverage {
    let file = workspace.sources.add("found.chat", chat);
    let mut found = Diagnostics::default();
    let read = parse(chat, &mut Reader::new(file, &mut found));
    let ran = runtime().block_on(run(&read, file, bot, &mut found)).unwrap();
    let (report, _) = found.into_report();
    let shown = draw(&workspace.sources, &report, false);
    assert!(ran.outcome == Outcome::Passed && report.is_empty(), "{chat}\n{shown}");
    ran.coverage
}

/// As if it had no conversation of its own, a brand gets one for everything in it that can be walked, and each of them is true.
fn is_walked_everywhere(brand: &str) {
    let mut workspace = Workspace::open(Path::new(env!("CARGO_MANIFEST_DIR")));
    let bot = Arc::clone(workspace.bot(brand).unwrap());
    let wanted: Vec<String> = Part::ALL.iter().flat_map(|part| part.of(&bot)).collect();
    let found = conversations(&bot, &wanted, &runtime()).unwrap();
    let walks = |name: &String| found.iter().any(|conversation| conversation.walks.contains(name));
    let missing: Vec<&String> = wanted.iter().filter(|name| !walks(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    for Conversation { walks, chat } in &found {
        let coverage = passes(&mut workspace, &bot, chat);
        for name in walks {
            assert!(coverage.has(name), "{name} is not walked by\n{chat}");
        }
    }
}

#[test]
fn everything_in_brewery_is_walked_by_some_conversation() {
    is_walked_everywhere("brewery");
}

#[test]
fn everything_in_scoops_is_walked_by_some_conversation() {
    is_walked_everywhere("scoops");
}

#[test]
fn everything_in_trailhead_is_walked_by_some_conversation() {
    is_walked_everywhere("trailhead");
}

const SETTINGS: &str = "[providers.main]\nkind = \"generic\"\ntoken = \"env:TOKEN\"\n";

const BRAND: &str = "\
brand Gelato
  program Gelato News
  numbers +14045550100 via main
  contact help@gelato.example
  timezone America/New_York
  optin join

field cups: number
field zip: us_zip
field note: text
";

const GRAMMAR: &str = "intent join\n  join\nintent count\n  count\nintent other\n  other\n";

/// A workspace of one brand with these lines of facts and these flows besides the one that people join by.
fn planted(facts: &str, flows: &str) -> (TempDir, Workspace) {
    let folder = tempfile::tempdir().unwrap();
    let join = "flow welcome\n  start on join\n\nnode hello\n  say {program}: {terms} Hello!\n  end\n";
    let brand = BRAND.replacen("  optin join\n", &format!("  optin join\n{facts}"), 1);
    for (path, text) in [
        ("sayso.toml", SETTINGS),
        ("flows/gelato/brand.flow", brand.as_str()),
        ("flows/gelato/welcome.flow", join),
        ("flows/gelato/other.flow", flows),
        ("grammars/en.grammar", GRAMMAR),
    ] {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let workspace = Workspace::open(folder.path());
    let (report, _) = workspace.found.clone().into_report();
    assert!(!workspace.found.has_errors(), "{}", draw(&workspace.sources, &report, false));
    (folder, workspace)
}

fn found(workspace: &Workspace, wanted: &[&str]) -> Vec<Conversation> {
    let wanted: Vec<String> = wanted.iter().map(|name| (*name).to_owned()).collect();
    conversations(workspace.bot("gelato").unwrap(), &wanted, &runtime()).unwrap()
}

#[test]
fn conditions_are_met_by_values_that_they_name() {
    let flows = "\
flow count
  start on count

node ask
  set cups = (cups else 0) + 1
  when cups > 4 -> many
  say Your ZIP code?
  ask zip
    tries 2 -> end
  when near \"Atlanta, GA\" 50 mi -> near
  -> far

node near
  say Near!
  -> end

node far
  say Far!
  -> end

node many
  say Many!
  end

node end
  end
";
    let (_folder, mut workspace) = planted("", flows);
    let wanted = ["count.ask when 2", "count.ask ->", "count.ask tries", "count.ask when 1"];
    let found = found(&workspace, &wanted);
    let walks: Vec<&str> = found.iter().flat_map(|c| &c.walks).map(String::as_str).collect();
    assert_eq!(walks, wanted);
    let bot = Arc::clone(workspace.bot("gelato").unwrap());
    for conversation in &found {
        passes(&mut workspace, &bot, &conversation.chat);
    }
    let near = found.iter().find(|c| c.walks.contains(&"count.ask when 2".to_owned())).unwrap();
    // Nothing that the way does not need.
    assert_eq!(near.chat.lines().filter(|line| line.starts_with("> ")).count(), 2, "{}", near.chat);
}

#[test]
fn what_cannot_be_walked_is_not_invented() {
    let flows = "\
flow count
  start on count

node ask
  say A number?
  ask cups
    tries 2 -> end
  when tag never-given -> gift
  -> end

node gift
  say Here!
  -> end

node end
  end
";
    let (_folder, workspace) = planted("", flows);
    let found = found(&workspace, &["count.gift", "count.ask ->"]);
    assert_eq!(found.iter().map(|c| c.walks.clone()).collect::<Vec<_>>(), [["count.ask ->"]]);
}

fn explored(workspace: &Workspace, turns: usize, seed: u64, threads: usize) -> Explored {
    let exploring = Exploring { turns, seed, threads };
    explore(&workspace.bots, exploring, &|bot, begin| Simulation::new(bot, begin))
}

/// What happens in a conversation: its lines without what is answered.
fn happens(chat: &str) -> Vec<&str> {
    let signs = ["> ", "~ ", "h ", "= ", "lookup "];
    chat.lines().filter(|line| signs.iter().any(|sign| line.starts_with(sign))).collect()
}

#[test]
fn the_example_brands_are_sound() {
    let workspace = Workspace::open(Path::new(env!("CARGO_MANIFEST_DIR")));
    let explored = explored(&workspace, 1_000, 3, 2);
    assert_eq!((explored.turns, explored.conversations), (1_000, 63));
    assert_eq!(explored.findings, []);
}

/// The way out needs a tag that nobody is given: the files do not show that, whoever walks does.
#[test]
fn somebody_who_is_stuck_is_found() {
    let flows = "\
flow count
  start on count

node ask
  say A number?
  ask cups
  when tag never-given -> end
  -> ask

node end
  end
";
    let (_folder, mut workspace) = planted("  interrupt return\n", flows);
    let report = explored(&workspace, 400, 1, 2);
    let [Finding { trouble, conversations, chat, .. }] = report.findings.as_slice() else {
        panic!("{report:#?}")
    };
    assert_eq!((trouble.kind, trouble.node.as_str()), (Kind::Stuck, "count.ask"));
    assert!(*conversations > 1, "{report:#?}");
    assert_eq!(happens(chat), ["> count"], "{chat}");
    let bot = Arc::clone(workspace.bot("gelato").unwrap());
    passes(&mut workspace, &bot, chat);
}

/// Nothing waits in this circle, and only a value closes it.
#[test]
fn a_limit_that_is_met_is_found() {
    let flows = "\
flow count
  start on count

node ask
  say A number?
  ask cups
    tries 2 -> end
  when cups > 20 -> many
  -> end

node many
  say {note else \"Many\"} and {note else \"many\"} and {note else \"many\"}!
  say Two!
  say Three!
  say Four!
  say Five!
  say Six!
  say Seven!
  say Eight!
  say Nine!
  -> end

node end
  end
";
    let (_folder, mut workspace) = planted("", flows);
    let report = explored(&workspace, 400, 1, 2);
    let [Finding { trouble, chat, .. }] = report.findings.as_slice() else { panic!("{report:#?}") };
    assert_eq!((trouble.kind, trouble.node.as_str()), (Kind::Limit, "count.end"));
    assert_eq!(trouble.what, "more messages in one turn than anybody reads");
    assert_eq!(happens(chat), ["> count", "> 21"], "{chat}");
    let bot = Arc::clone(workspace.bot("gelato").unwrap());
    passes(&mut workspace, &bot, chat);
}

#[test]
fn a_text_over_the_budget_is_found() {
    let long = "a long story that goes on and on, ".repeat(6);
    let flows = format!(
        "flow count\n  start on count\n\nnode ask\n  say A number?\n  ask cups\n    tries 2 -> end\n  when cups = 7 -> long\n  \
         -> end\n\nnode long\n  say {long}\n  -> end\n\nnode end\n  end\n"
    );
    let (_folder, mut workspace) = planted("  budget 1 part\n", &flows);
    let report = explored(&workspace, 400, 1, 2);
    let told = |finding: &&Finding| finding.trouble.node == "count.end";
    let Finding { trouble, chat, .. } = report.findings.iter().find(told).unwrap();
    assert_eq!(
        (trouble.kind, trouble.what.as_str()),
        (Kind::OverBudget, "a text takes 2 parts; the budget is 1")
    );
    assert_eq!(happens(chat), ["> count", "> 7"], "{chat}");
    let bot = Arc::clone(workspace.bot("gelato").unwrap());
    passes(&mut workspace, &bot, chat);
    // The same seed, whoever does the work; another one walks otherwise.
    assert_eq!(explored(&workspace, 400, 1, 1), report);
    let counts = |report: &Explored| report.findings.iter().map(|f| f.conversations).collect::<Vec<_>>();
    assert!((2..6).any(|seed| counts(&explored(&workspace, 400, seed, 2)) != counts(&report)));
}

/// A store that breaks at a word.
#[derive(Default)]
struct Fragile(MemoryStore);

#[async_trait]
impl Store for Fragile {
    async fn load(&self, key: &Key) -> Result<Snapshot, StoreError> {
        self.0.load(key).await
    }
    async fn commit(&self, turns: Vec<Turn>) -> Result<Vec<Commit>, StoreError> {
        let breaks = |turn: &Turn| matches!(&turn.entry.event, Event::Text(text) if text.body == "count");
        assert!(!turns.iter().any(breaks), "planted");
        self.0.commit(turns).await
    }
    async fn claim(&self, claim: Claim) -> Result<Claimed, StoreError> {
        self.0.claim(claim).await
    }
    async fn row(&self, id: RowId) -> Result<Option<Row>, StoreError> {
        self.0.row(id).await
    }
    async fn resolve(
        &self,
        row: RowId,
        resolution: Resolution,
        at: Timestamp,
    ) -> Result<Resolved, StoreError> {
        self.0.resolve(row, resolution, at).await
    }
    async fn claim_for(&self, key: &Key, from: Sender, limit: usize) -> Result<Vec<Row>, StoreError> {
        self.0.claim_for(key, from, limit).await
    }
    async fn settle(&self, settled: Vec<(RowId, Settlement)>) -> Result<(), StoreError> {
        self.0.settle(settled).await
    }
    async fn due(&self, until: Timestamp, limit: usize) -> Result<Vec<Alarm>, StoreError> {
        self.0.due(until, limit).await
    }
    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.0.next_due().await
    }
    async fn tally(&self) -> Result<Tally, StoreError> {
        self.0.tally().await
    }
    async fn left(&self, key: &Key) -> Result<Vec<Timestamp>, StoreError> {
        self.0.left(key).await
    }
    async fn receipt(&self, receipt: &Receipt) -> Result<Option<Key>, StoreError> {
        self.0.receipt(receipt).await
    }
    async fn ledger(&self, key: &Key) -> Result<Vec<Scanned>, StoreError> {
        self.0.ledger(key).await
    }
    async fn erase(&self, erasures: Vec<Erasure>) -> Result<Vec<Erased>, StoreError> {
        self.0.erase(erasures).await
    }
    async fn stray(&self, receipt: &Receipt, at: Timestamp) -> Result<(), StoreError> {
        self.0.stray(receipt, at).await
    }
    async fn strays(&self, account: &AccountId, id: &MessageId) -> Result<Vec<Receipt>, StoreError> {
        self.0.strays(account, id).await
    }
    async fn part(&self, part: &sms::Part, at: Timestamp) -> Result<Parts, StoreError> {
        self.0.part(part, at).await
    }
    async fn parts_due(&self, now: Timestamp, limit: usize) -> Result<Vec<Whole>, StoreError> {
        self.0.parts_due(now, limit).await
    }
    async fn parts_done(&self, name: &PartsName) -> Result<(), StoreError> {
        self.0.parts_done(name).await
    }
    async fn linked(&self, account: &AccountId, runs: bool) -> Result<bool, StoreError> {
        self.0.linked(account, runs).await
    }
    async fn scan(&self, what: Table, after: Option<Cursor>, limit: usize) -> Result<Page, StoreError> {
        self.0.scan(what, after, limit).await
    }
}

#[test]
fn a_panic_is_found() {
    let flows = "flow count\n  start on count\n\nnode hello\n  say Hello!\n  end\n";
    let (_folder, workspace) = planted("", flows);
    let exploring = Exploring { turns: 100, seed: 1, threads: 2 };
    let report = explore(&workspace.bots, exploring, &|bot, begin| {
        Simulation::with_store(bot, begin, Arc::new(Fragile::default()))
    });
    let [Finding { trouble, chat, .. }] = report.findings.as_slice() else { panic!("{report:#?}") };
    assert_eq!((trouble.kind, trouble.what.as_str()), (Kind::Panic, "planted"));
    assert_eq!(happens(chat), ["> count"], "{chat}");
    assert!(report.turns < 100, "a conversation ends where it breaks");
}
