//! The brands of the simulation: one with everything that leaves the house and everything that waits, and two that share
//! a number.

use sayso::bot::Bot;
use sayso::workspace::Workspace;
use std::sync::{Arc, LazyLock};

/// The number of one brand, and the one that two share.
pub(crate) const OWN: &str = "+14045550100";
pub(crate) const SHARED: &str = "+14045550101";

/// What people write: keywords, answers, and what nobody understands.
pub(crate) const TEXTS: [&str; 18] = [
    "JOIN", "JOIN", "yes", "yes", "no", "ana", "STOP", "START", "HELP", "stock", "win", "gelati", "coffee",
    "small", "large", "call me", "qwrty", "30303",
];

const SETTINGS: &str = "\
[providers.one]
kind = \"generic\"
token = \"env:NOBODY_READS_THIS\"

[providers.two]
kind = \"generic\"
token = \"env:NOBODY_READS_THIS\"

[secrets]
crm-key = \"env:NOBODY_READS_THIS\"
";

const ALBA: &str = "\
brand Alba
  program Alba News
  numbers +14045550100 via one
  contact help@alba.example
  frequency up to 4 msgs/month
  timezone America/New_York
  quiet 20:00 to 09:00
  interrupt return
  optin join
  fallback {program}: pardon? Text JOIN, STOCK or WIN, HELP for help, STOP to end.

field cone: yes_no
field name: name
field left: number

tag member

webhook crm
  url https://alba.example/hook
  secret crm-key
  send name

team desk
  notify crm

lookup stock
  url https://alba.example/stock
  within 8s
  fill left = left

contest mug
  prizes 3
  odds 1 in 2
  entries 2 per 1 day
  rules https://alba.example/rules
  from 2026-05-01
  until 2026-12-31
  value 3 mugs of 5 USD each
  states all
  eligible people of 18 or more
  free-entry a postcard to Alba, Atlanta, GA 30309
";

const ALBA_FLOWS: &str = "\
flow welcome
  start on join

node cone
  say Welcome to {program}! {terms} Do you like cones?
  ask cone
    tries 3 -> name
    silent 2h -> nudge
  -> name

node nudge
  say Still there?
  -> name

node name
  say What is your first name?
  ask name
    tries 3 -> done
    silent 1 day -> done
  -> done

node done
  say Thanks {name else \"friend\"}!
  tag member
  notify crm
  wait 30 minutes
  -> later

node later
  say One more thing.
  wait 14h
  -> last

node last
  say Good bye for now.
  end

flow shop
  start on stock

node ask
  say We look.
  lookup stock
    failed -> sorry
    late -> sorry
  -> found

node found
  say There are {left else 0} left.
  end

node sorry
  say Nobody knows.
  end

flow prize
  start on win

node draw
  contest mug
    won -> won
    lost -> lost
    entered -> lost
    closed -> lost

node won
  say You win!
  end

node lost
  say Not this time.
  end

flow person
  start on human

node over
  say A person writes to you.
  handoff desk
    back -> back
    silent 1h -> back

node back
  say Here we are again.
  end
";

const ALBA_WORDS: &str = "\
language en

intent join
  join
  > JOIN

intent stock
  stock
  > stock

intent win
  win
  > win

intent human
  call me
  > call me
";

fn sharing(name: &str, keyword: &str) -> [String; 3] {
    let facts = format!(
        "brand {name}\n  program {name} News\n  numbers {SHARED} via two shared\n  contact help@{keyword}.example\n  \
         frequency up to 4 msgs/month\n  timezone America/New_York\n  optin {keyword}\n  fallback {{program}} does not follow. HELP for help, STOP to end.\n\n\
         field size: one of\n  small\n  large\n"
    );
    let flow = format!(
        "flow welcome\n  start on {keyword}\n\nnode size\n  say Welcome to {{program}}! {{terms}} Small or large?\n  \
         ask size\n    silent 3h -> done\n  -> done\n\nnode done\n  say {name} notes {{size else small}}.\n  end\n"
    );
    let grammar = format!("language en\n\nintent {keyword}\n  {keyword}\n  > {keyword}\n");
    [facts, flow, grammar]
}

/// The brands, read once.
pub(crate) static BOTS: LazyLock<Vec<Arc<Bot>>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("sayso.toml", SETTINGS);
    write("flows/alba/brand.flow", ALBA);
    write("flows/alba/flows.flow", ALBA_FLOWS);
    write("grammars/alba/words.grammar", ALBA_WORDS);
    for (id, [facts, flow, words]) in
        [("bruno", sharing("Bruno", "gelati")), ("carla", sharing("Carla", "coffee"))]
    {
        write(&format!("flows/{id}/brand.flow"), &facts);
        write(&format!("flows/{id}/welcome.flow"), &flow);
        write(&format!("grammars/{id}/words.grammar"), &words);
    }
    let workspace = Workspace::open(folder.path());
    assert!(!workspace.found.has_errors(), "{:#?}", workspace.found);
    assert_eq!(workspace.bots.len(), 3);
    workspace.bots
});
