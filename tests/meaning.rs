//! What texts mean to a brand: the shared grammars and its own side by side, through the files that people write.

// Test code: a panic is the report.
#![allow(clippy::unwrap_used)]

use sayso::bot::Bot;
use sayso::workspace::Workspace;
use std::fs;
use std::sync::Arc;

const SHARED_EN: &str = "language en

intent join
  join [now]
  sign me up please
intent thanks
  thanks
intent menu
  menu
intent yes
  (yes | 👍)
intent deals
  coupon
";
const SHARED_ES: &str = "language es

intent join
  quiero unirme
intent menu
  menu
intent hola
  hola amigo
";
const OWN: &str = "language en

skip dude, up
keep cheers

type code: /[a-z]{2}[0-9]{3}/
  > ab123

intent pub
  cheers
intent coupon
  coupon
intent redeem
  redeem {code}
intent count
  {number} cones
intent vote
  vote {choice: number}
  two beers
";
const BRAND: &str = "brand Shop
  program Shop News
  contact help@shop.example
  languages en
  optin join
field code: code
";
const FLOW: &str = "flow start
  start on join, menu, thanks, pub, coupon, redeem, count, vote
  on yes -> a
node a
  say Hello {name}, this is {program}. {terms}
  end
";

fn bot(languages: &str) -> Arc<Bot> {
    let folder = tempfile::tempdir().unwrap();
    let brand = BRAND.replace("languages en", &format!("languages {languages}")) + "field name: name\n";
    for (path, text) in [
        ("sayso.toml", ""),
        ("grammars/en.grammar", SHARED_EN),
        ("grammars/es.grammar", SHARED_ES),
        ("grammars/shop/own.grammar", OWN),
        ("flows/shop/brand.flow", &brand),
        ("flows/shop/start.flow", FLOW),
    ] {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let workspace = Workspace::open(folder.path());
    Arc::clone(workspace.bot("shop").unwrap_or_else(|| panic!("{:#?}", workspace.found)))
}

/// The best meaning of a text, with its slots.
fn meant(bot: &Bot, body: &str) -> String {
    let context = bot.context("2026-06-01T12:00:00Z".parse().unwrap());
    let text = sayso::sms::Text::new(body);
    let Some(best) = bot.recognize(&text, &context).into_iter().next() else { return "-".to_owned() };
    let slots = best.matched.slots.iter().map(|slot| format!(" {}={}", slot.name, slot.value));
    format!("{}{}", bot.intent(best.intent).name, slots.collect::<String>())
}

fn all_mean(bot: &Bot, cases: &[(&str, &str)]) {
    let said: Vec<(&str, String)> = cases.iter().map(|(body, _)| (*body, meant(bot, body))).collect();
    let expected: Vec<(&str, String)> =
        cases.iter().map(|(body, meant)| (*body, (*meant).to_owned())).collect();
    assert_eq!(said, expected);
}

#[test]
fn a_pattern_takes_the_whole_text_but_what_says_nothing() {
    all_mean(
        &bot("en"),
        &[
            ("Hi, JOIN please!", "join"),
            ("join 😀", "join"),
            ("👋 hello join 👍", "join"),
            ("join the army", "-"),
            ("sign me up please", "join"),
            ("thanks", "thanks"),
            ("thanks 😊", "thanks"),
            ("👍", "yes"),
            ("👍👍", "yes"),
            ("hey thanks", "thanks"),
            ("hi hi", "-"),
            ("😀", "-"),
            ("", "-"),
        ],
    );
}

#[test]
fn a_brand_changes_what_says_nothing_in_shared_grammars_too() {
    all_mean(
        &bot("en"),
        &[
            ("join dude", "join"),
            ("dude, join up now", "join"),
            ("sign me up please dude", "join"),
            ("cheers", "pub"),
            ("join cheers", "-"),
            ("cheers please", "pub"),
        ],
    );
}

#[test]
fn slots_hold_what_was_typed_and_ranks_decide() {
    all_mean(
        &bot("en"),
        &[
            ("redeem AB123", "redeem code=AB123"),
            ("redeem AB1234", "-"),
            ("two cones please", "count number=2"),
            ("vote two", "vote choice=2"),
            ("two beers", "vote"),
            ("coupon", "coupon"),
        ],
    );
}

#[test]
fn a_slip_beside_an_emoji_is_mended_and_heard() {
    let bot = bot("en");
    for (body, heard) in [("jion 😀", "join"), ("👋 redeam ab123", "redeem code=ab123"), ("blue conse", "-")]
    {
        let mended = bot.mended(&sayso::sms::Text::new(body), None);
        let context = bot.context("2026-06-01T12:00:00Z".parse().unwrap());
        let best = mended.and_then(|text| bot.recognize(&text, &context).into_iter().next());
        let name = best.map_or("-".to_owned(), |best| {
            let slots = best.matched.slots.iter().map(|slot| format!(" {}={}", slot.name, slot.value));
            format!("{}{}", bot.intent(best.intent).name, slots.collect::<String>())
        });
        assert_eq!(name, heard, "{body}");
    }
}

#[test]
fn only_the_brands_languages_are_heard() {
    // "por favor" says nothing in Spanish only.
    all_mean(&bot("en"), &[("quiero unirme", "-"), ("menu", "menu"), ("join por favor", "-")]);
    all_mean(&bot("en, es"), &[("join por favor", "join")]);
    all_mean(&bot("en, es"), &[("quiero unirme", "join"), ("menu", "menu"), ("Menú", "menu")]);
}

#[test]
fn letters_that_look_latin_and_slips_are_mended_by_the_brands_languages() {
    let mended = |languages: &str, body: &str| {
        let bot = bot(languages);
        let text = bot.mended(&sayso::sms::Text::new(body), None)?;
        Some(text.words().collect::<Vec<_>>().join(" "))
    };
    assert_eq!(mended("en", "j\u{43e}in").as_deref(), Some("join"));
    assert_eq!(mended("en", "r\u{435}deam ab123").as_deref(), Some("redeem ab123"));
    assert_eq!(mended("en", "jion 😀!").as_deref(), Some("join 😀"));
    assert_eq!(mended("en", "j o i n 😀").as_deref(), Some("join"));
    assert_eq!(mended("en", "unirne"), None);
    assert_eq!(mended("es", "unirne").as_deref(), Some("unirme"));
}
