//! What a STOP ends where the brand lets it end less than everything, and what is seen of messages that do not leave: as
//! conversations of a brand that sells and serves.

use sayso::diagnostic::{Diagnostics, Sources, draw};
use sayso::outline::Reader;
use sayso::transcript::{parse, run};
use sayso::workspace::Workspace;
use std::sync::Arc;

const FILES: [(&str, &str); 4] = [
    ("sayso.toml", ""),
    ("grammars/en.grammar", "language en\nintent join\n  join\nintent order\n  order\nintent news\n  news\n"),
    (
        "flows/shop/brand.flow",
        "brand Shop\n  program Shop News\n  contact help@shop.example\n  frequency up to 9 msgs/week\n  languages en\n  \
         timezone America/New_York\n  optin join\n  stop ends content\nfield zip: us_zip\nfield more: yes_no\nfield born: birthdate\nfield name: name\n",
    ),
    (
        "flows/shop/a.flow",
        "flow welcome\n  start on join\nnode hello\n  say {program}: welcome! {terms} More?\n  ask more\n    silent 2h -> nudge\n  -> done\n\
         node nudge\n  say Still there? More?\n  ask more\n    silent 2h -> done\n  -> done\nnode done\n  end\n\
         flow order\n  start on order\n  content service\nnode taken\n  say Your order is taken.\n  wait 2d\n  -> ready\n\
         node ready\n  say Your order is ready.\n  end\n\
         flow news\n  start on news\nnode one\n  say Half price!\n  end\n",
    ),
];

/// Runs conversations of that brand, changed by whoever asks.
fn holds(change: impl Fn(&str) -> String, chat: &str) {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in FILES {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, change(text)).unwrap();
    }
    let workspace = Workspace::open(folder.path());
    let (report, _) = workspace.found.clone().into_report();
    let bot = workspace.bot("shop");
    let bot = Arc::clone(bot.unwrap_or_else(|| panic!("{}", draw(&workspace.sources, &report, false))));
    let (mut sources, mut found) = (Sources::default(), Diagnostics::default());
    let file = sources.add("x.chat", chat);
    let chat = parse(chat, &mut Reader::new(file, &mut found));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(run(&chat, file, &bot, &mut found)).unwrap();
    let (report, _) = found.into_report();
    assert!(report.is_empty(), "{}", draw(&sources, &report, false));
}

fn as_it_is(text: &str) -> String {
    text.to_owned()
}

const JOINED: &str = "> join\n< Shop News: welcome! *\n> yes\n";

#[test]
fn a_stop_to_marketing_leaves_what_serves() {
    let chat = "> STOP\n= consent in\n= consent out marketing\n< You have been unsubscribed from the marketing of Shop. Service messages go on; reply STOP ALL *\n\
                > news\n! *\n> order\n< Your order is taken.\n~ 2d\n< Your order is ready.\n\
                > START\n= consent in marketing\n< Shop News: welcome! *\n> yes\n> news\n< Half price!\n";
    holds(as_it_is, &format!("{JOINED}{chat}"));
}

#[test]
fn a_stop_to_what_serves_ends_everything() {
    let chat = "> order\n< Your order is taken.\n> STOP\n= consent out\n< You have been unsubscribed from Shop News. *\n~ 5d\n! *\n";
    holds(as_it_is, &format!("{JOINED}{chat}"));
}

#[test]
fn a_stop_to_marketing_ends_no_order_that_waits() {
    let chat = "> order\n< Your order is taken.\n> news\n< Half price!\n> STOP\n= consent out marketing\n\
                < You have been unsubscribed from the marketing of Shop. *\n~ 2d\n< Your order is ready.\n";
    holds(as_it_is, &format!("{JOINED}{chat}"));
}

#[test]
fn a_new_opt_in_brings_marketing_back() {
    let chat = "> STOP\n= consent out marketing\n< You have been unsubscribed from the marketing of Shop. *\n\
                > join\n= consent in marketing\n< Shop News: welcome! *\n";
    holds(as_it_is, &format!("{JOINED}{chat}"));
}

#[test]
fn without_a_setting_a_stop_ends_everything() {
    let chat =
        "> STOP\n= consent out\n= consent out marketing\n< You have been unsubscribed from Shop News. *\n";
    holds(|text| text.replace("  stop ends content\n", ""), &format!("{JOINED}{chat}"));
}

#[test]
fn what_waits_for_its_hour_is_seen_with_its_rule_and_its_moment() {
    // Alabama, Saturday evening: nothing may be begun before Monday at eight.
    let chat = "from +12055550123\nat 2026-06-06 19:00 America/Chicago\n> join\n< Shop News: welcome! *\n~ 2h\n\
                = held hours\n= held hours until 2026-06-08 08:00 America/Chicago\n~ 34h\n! *\n= held hours\n~ 2h\n< Still there? More?\n";
    holds(as_it_is, chat);
}

#[test]
fn answers_that_keep_hours_are_held_at_the_gate_and_dropped_by_choice() {
    let night = "from +14045550123\nat 2026-06-01 23:00 America/New_York\n> join\n";
    let limited = |text: &str| {
        text.replace("  optin join", "  replies limited\n  optin join").replace("silent 2h", "silent 1 day")
    };
    let held = "! *\n= held hours until 2026-06-02 08:00 America/New_York\n~ 9h\n< Shop News: welcome! *\n";
    holds(limited, &format!("{night}{held}"));
    let dropped = |text: &str| limited(text).replace("  optin join", "  outside drop\n  optin join");
    holds(dropped, &format!("{night}! *\n= dropped outside\n~ 9h\n! *\n"));
}

#[test]
fn a_campaign_at_night_is_seen_to_wait_and_ends_with_what_it_belongs_to() {
    let night =
        "from +14045550123\nat 2026-06-01 22:00 America/New_York\n> join\n< Shop News: welcome! *\n> yes\n";
    let waits = "campaign news\n! *\n= held hours until 2026-06-02 08:00 America/New_York\n";
    holds(as_it_is, &format!("{night}{waits}~ 10h\n< Half price!\n"));
    let stop = "> STOP\n= consent out marketing\n< You have been unsubscribed from the marketing of Shop. *\n~ 10h\n! *\n";
    holds(as_it_is, &format!("{night}{waits}{stop}"));
}
