//! A person's rights and the proofs of consent, by the verbs that operators type: while it serves, and at rest.

use crate::server::{World, export, of, sayso, some_workspace, texts};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::path::Path;

const ANA: &str = "+14045550141";
const BEN: &str = "+14045550142";
const CAM: &str = "+14045550143";

/// What an invocation came to: exit code, standard output, standard error.
type Ran = (Option<i32>, String, String);

fn run(folder: &Path, arguments: &[&str]) -> Ran {
    let output = sayso(folder, arguments).env("SAYSO_LOG", "warn").output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// Runs it, which must end with that code; what it printed.
fn must(code: i32, folder: &Path, arguments: &[&str]) -> String {
    let (came, out, err) = run(folder, arguments);
    assert_eq!(came, Some(code), "{arguments:?}: {out}{err}");
    out
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&must(0, folder, arguments)).unwrap()
}

/// Ana has joined, said her name and texted a picture; Ben has joined.
async fn world() -> World {
    let world = World::start().await;
    for (sid, text) in [("SM1", "JOIN"), ("SM2", "yes"), ("SM3", "yes"), ("SM4", "ana")] {
        world.say(ANA, sid, text).await;
    }
    world.say(BEN, "SM9", "JOIN").await;
    world.fake.wait_for(ANA, 4).await;
    world.fake.wait_for(BEN, 1).await;
    world.export_until("outbox", <[_]>::is_empty).await;
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn the_proof_for_a_number_is_a_page_and_json_while_it_serves_and_afterwards() {
    let world = world().await;
    world.say(ANA, "SM6", "STOP").await;
    let show = |arguments: &[&str]| {
        let arguments = [&["consent", "show", ANA], arguments].concat();
        must(0, world.folder.path(), &arguments)
    };
    let page = show(&[]);
    for words in [
        "Consent of +14045550141 with the brand `gelato`",
        "Now: out since",
        "Chain: unbroken, 2 entries.",
        "opted in by text",
        "received  | JOIN",
        "opted out by text",
        "received  | STOP",
        "sender    +14045550100",
        "message   SM1",
        "program   Gelato News",
    ] {
        assert!(page.contains(words), "`{words}` is missing:\n{page}");
    }
    let proof: Value = serde_json::from_str(&show(&["--json", "--brand", "gelato"])).unwrap();
    assert_eq!(proof["chain"]["broken"], Value::Array(Vec::new()), "{proof:#}");
    assert_eq!(proof["ledger"][1]["link"]["previous"], proof["ledger"][0]["link"]["hash"]);
    // Anybody can compute a digest again, from what is exported.
    let lines = must(0, world.folder.path(), &["export", "consents"]);
    for line in lines.lines().filter(|line| line.contains(ANA)) {
        let (said, link) = line.strip_suffix('}').unwrap().split_once(",\"link\":").unwrap();
        let link: Value = serde_json::from_str(link).unwrap();
        let salted = format!("{{\"salt\":{},{}}}", link["salt"], said.strip_prefix('{').unwrap());
        let digest = Sha256::digest(format!("sayso entry 1\n{salted}"));
        let digest = digest.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        assert_eq!(link["digest"], digest.as_str(), "{salted}");
    }
    let (code, _, err) = run(world.folder.path(), &["consent", "show", "+14045550199"]);
    assert!(code == Some(2) && err.contains("knows nobody by the number +14045550199"), "{err}");
    let (code, _, err) = run(world.folder.path(), &["consent", "show", ANA, "--brand", "gelatto"]);
    assert!(code == Some(2) && err.contains("did you mean `gelato`?"), "{err}");
    let folder = world.end().0;
    assert_eq!(must(0, folder.path(), &["consent", "show", ANA]), page);
}

#[tokio::test(flavor = "multi_thread")]
async fn chains_are_verified_and_a_byte_that_was_changed_is_found() {
    let world = world().await;
    must(0, world.folder.path(), &["consent", "verify"]);
    let roots = must(0, world.folder.path(), &["consent", "roots", "--brand", "gelato"]);
    assert!(roots.contains("gelato") && roots.contains("may still grow"), "{roots}");
    assert_eq!(must(0, world.folder.path(), &["consent", "roots", "--brand", "nobody"]), "");
    let folder = world.end().0;
    assert_eq!(must(0, folder.path(), &["consent", "roots"]), roots);
    {
        let db = sled::open(folder.path().join("store/sled")).unwrap();
        let (key, value) = db.scan_prefix(b"l").next().unwrap().unwrap();
        let at = value.windows(4).position(|bytes| bytes == b"JOIN").unwrap();
        let mut bytes = value.to_vec();
        bytes[at] = b'j';
        db.insert(key, bytes).unwrap();
        db.flush().unwrap();
    }
    let found = must(1, folder.path(), &["consent", "verify"]);
    assert_eq!(found, format!("gelato: {ANA}, entry 1: its digest is not that of what it says\n"));
    let found = must(1, folder.path(), &["consent", "verify", "--json"]);
    let found: Value = serde_json::from_str(&found).unwrap();
    assert_eq!((&found["whose"], &found["number"]), (&ANA.into(), &1.into()), "{found}");
    assert!(must(1, folder.path(), &["consent", "show", ANA]).contains("Chain: BROKEN at entry 1"));
    must(0, folder.path(), &["consent", "show", BEN]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_gets_everything_and_nothing_of_others() {
    let world = world().await;
    let all = json(world.folder.path(), &["export", "--person", ANA]);
    assert_eq!(all["fields"]["name"], "Ana", "{all:#}");
    assert_eq!(all["tags"][0], "member");
    let messages = all["messages"].as_array().unwrap();
    let said: Vec<_> = messages.iter().filter(|message| message["from"] == "person").collect();
    assert_eq!(
        said.iter().map(|message| message["text"].as_str().unwrap()).collect::<Vec<_>>(),
        ["JOIN", "yes", "yes", "ana"]
    );
    assert_eq!(messages.len() - said.len(), 4);
    assert!(
        messages.iter().all(|message| message["from"] == "person" || message["sent_at"].is_string()),
        "{all:#}"
    );
    assert_eq!(all["ledger"].as_array().unwrap().len(), 1);
    assert!(!all.to_string().contains(BEN));
    let readable = must(0, world.folder.path(), &["export", "--person", ANA, "--readable"]);
    for words in ["name: Ana", "Tags: member", "> JOIN", "< Thanks Ana!"] {
        assert!(readable.contains(words), "`{words}` is missing:\n{readable}");
    }
    let (code, _, err) = run(world.folder.path(), &["export", "--person", ANA, "--brand", "gelat"]);
    assert!(code == Some(2) && err.contains("did you mean `gelato`?"), "{err}");
    let folder = world.end().0;
    assert_eq!(json(folder.path(), &["export", "--person", ANA]), all);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_is_read_as_an_answer_and_kept_with_its_author() {
    let world = world().await;
    let folder = world.folder.path();
    assert_eq!(must(0, folder, &["set", ANA, "name", "anna maria", "--by", "Tess"]), "name: Anna Maria\n");
    let turns = world.export("turns");
    let last = &turns.last().unwrap()["entry"];
    assert_eq!(last["event"]["filled"]["by"], "Tess", "{last:#}");
    assert_eq!(json(folder, &["export", "--person", ANA])["fields"]["name"], "Anna Maria");
    for (arguments, says) in [
        (
            &["set", ANA, "nme", "x"] as &[&str],
            "the brand has no field `nme`; its fields are cone, cup, name",
        ),
        (&["set", ANA, "cone", "perhaps not now"], "`perhaps not now` is no value of `cone`"),
        (&["set", "+14045550199", "name", "Zoe"], "does not know this number"),
        (&["set", ANA, "name"], "required"),
        (&["set", ANA, "name", "Anna Maria"], "nothing was changed"),
    ] {
        let (code, out, err) = run(folder, arguments);
        assert!(code == Some(2) && out.is_empty() && err.contains(says), "{arguments:?}: {out}{err}");
    }
    assert_eq!(world.export("turns").len(), turns.len(), "nothing was written for these");
    let folder = world.end().0;
    assert_eq!(must(0, folder.path(), &["set", ANA, "name", "--clear"]), "name: empty\n");
    assert_eq!(json(folder.path(), &["export", "--person", ANA])["fields"].get("name"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_forgotten_is_gone_and_stays_opted_out() {
    let world = world().await;
    world.say(ANA, "SM5", "STOP").await;
    world.fake.wait_for(ANA, 5).await;
    world.export_until("outbox", <[_]>::is_empty).await;
    let folder = world.folder.path();
    let (code, said, err) = run(folder, &["forget", ANA]);
    assert!(code == Some(2) && err.contains("--yes"), "{said}{err}");
    for words in [
        "goes",
        "3 fields and 1 tag",
        "5 texts of theirs",
        "5 sent messages",
        "2 entries in the ledger",
        "stays",
    ] {
        assert!(said.contains(words), "`{words}` is missing:\n{said}");
    }
    assert_eq!(of(&world.export("subscribers"), ANA).len(), 1, "nothing was done yet");
    let before = world.export("turns").len();
    let said = must(0, folder, &["forget", ANA, "--brand", "gelato", "--yes"]);
    assert!(
        said.contains("erased: 5 turns, 5 sent and 0 waiting messages, the words of 2 ledger entries"),
        "{said}"
    );
    for what in ["subscribers", "turns", "sent", "outbox", "consents", "roots", "suppressions"] {
        let rows = world.export(what);
        let shown = serde_json::to_string(&rows).unwrap();
        for gone in ["4045550141", "\"ana\"", "\"Ana\"", "SM1", "SM5"] {
            assert!(!shown.contains(gone), "`{gone}` is left in {what}: {shown}");
        }
    }
    assert_eq!(world.export("turns").len(), before, "turns keep their places");
    must(0, folder, &["consent", "verify"]);
    let page = must(0, folder, &["consent", "show", ANA]);
    assert!(
        page.contains("Now: out") && page.contains("3 entries") && page.contains("erased by the operator"),
        "{page}"
    );
    assert!(must(0, folder, &["forget", ANA, "--yes"]).contains("was erased from the brand `gelato` before"));
    // A keyword that is no consent is not answered; consent begins anew, on a clean sheet.
    world.say(ANA, "SM6", "hello").await;
    world.say(ANA, "SM7", "JOIN").await;
    world.fake.wait_for(ANA, 6).await;
    let all = json(folder, &["export", "--person", ANA]);
    assert_eq!(
        (&all["standing"]["status"], &all["standing"]["entries"]),
        (&"in".into(), &4.into()),
        "{all:#}"
    );
    assert_eq!(all["fields"], serde_json::json!({}));
    must(0, folder, &["consent", "verify"]);
    let folder = world.end().0;
    must(0, folder.path(), &["forget", BEN, "--yes"]);
    must(0, folder.path(), &["consent", "verify"]);
    assert!(of(&export(folder.path(), "subscribers"), BEN).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_that_left_their_holders_end_consent_once_and_their_next_holders_start_clean() {
    let world = world().await;
    world.say(CAM, "SM20", "JOIN").await;
    world.fake.wait_for(CAM, 1).await;
    let folder = world.folder.path();
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let list = format!(
        "\u{feff}phone,reason,date\n{ANA},reassigned,{today}\n14045550142,Deactivated,{today}T00:00:00Z\n\
         call me,deactivated,{today}\n{BEN},deactivated,yesterday\n\"+14045550199\",deactivated,{today}\n\
         {CAM},deactivated,2001-01-01\n{CAM},gone,{today}\n{CAM},deactivated,2999-01-01\n"
    );
    std::fs::write(folder.join("left.csv"), &list).unwrap();
    let (code, said, err) = run(folder, &["import", "deactivated", "left.csv"]);
    assert_eq!((code, said.as_str()), (Some(1), "8 lines, 4 of them bad; 2 people ended\n"), "{err}");
    for place in [
        "left.csv:4: `call me` is not a phone number",
        "left.csv:5: `yesterday` is no date",
        "left.csv:8: `gone` is no reason",
        "left.csv:9: `2999-01-01` has not come yet",
    ] {
        assert!(err.contains(place), "`{place}` is missing:\n{err}");
    }
    let again = run(folder, &["import", "deactivated", "left.csv", "--json"]).1;
    assert_eq!(again, "{\"bad\":4,\"ended\":0,\"lines\":8}\n", "what is imported twice changes nothing");
    let page = must(0, folder, &["consent", "show", ANA]);
    assert!(
        page.contains("Now: none") && page.contains(&format!("given to somebody else on {today}")),
        "{page}"
    );
    assert!(must(0, folder, &["consent", "show", CAM]).contains("Now: in"), "older news than the consent");
    // The new holder is asked everything anew, and is not given what the old one said.
    world.say(ANA, "SM30", "JOIN").await;
    world.fake.wait_for(ANA, 5).await;
    let all = json(folder, &["export", "--person", ANA]);
    assert_eq!(all["fields"], serde_json::json!({}), "{all:#}");
    assert!(!all.to_string().contains("ana\"") && all["holder_since"].is_string(), "{all:#}");
    assert_eq!(all["messages"].as_array().unwrap().len(), 2);
    must(0, folder, &["consent", "verify"]);

    let (folder, _) = world.end();
    std::fs::write(folder.path().join("bare.csv"), format!("{CAM},{today},deactivated\n")).unwrap();
    let said = must(0, folder.path(), &["import", "deactivated", "bare.csv", "--brand", "gelato"]);
    assert_eq!(said, "1 line, 0 of them bad; 1 person ended\n");
    let (code, _, err) = run(folder.path(), &["import", "deactivated", "no.csv"]);
    assert!(code == Some(2) && err.contains("no.csv"), "{err}");
    assert_eq!(texts(&export(folder.path(), "turns")).len(), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn ledgers_are_kept_for_years_after_consent_has_ended_and_no_longer() {
    use sayso::store::{SledStore, Store};
    let folder = some_workspace(|settings| settings + "\n[ledger]\nkeep_years = 2\n").await;
    let store = SledStore::open(&folder.path().join("store"), 1 << 20).unwrap();
    for (phone, since) in [(ANA, "2019-01-01T00:00:00Z"), (BEN, "2099-01-01T00:00:00Z")] {
        store.commit(vec![opted_out(phone, since)]).await.unwrap();
    }
    drop(store);
    let (code, said, err) = run(folder.path(), &["consent", "expire"]);
    assert!(code == Some(2) && err.contains("--yes"), "{err}");
    assert_eq!(said, "gelato: 1 person's consent ended more than 2 years ago\n");
    let said = must(0, folder.path(), &["consent", "expire", "--yes", "--brand", "gelato"]);
    assert!(said.ends_with("1 erased; the proofs and the suppressions stay\n"), "{said}");
    let left = export(folder.path(), "subscribers");
    assert_eq!((left.len(), of(&left, BEN).len()), (1, 1));
    let said = must(0, folder.path(), &["consent", "expire", "--yes"]);
    assert_eq!(said, "nobody's consent ended more than 2 years ago\n");
    assert!(must(0, folder.path(), &["consent", "show", ANA]).contains("Now: out since 2019"));
    must(0, folder.path(), &["consent", "verify"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opt_out_that_came_by_another_way_is_entered_and_sends_nothing() {
    let world = world().await;
    let folder = world.folder.path();
    let said = must(
        1,
        folder,
        &["consent", "optout", ANA, CAM, "12", "--way", "an e-mail of 3 June", "--by", "Tess"],
    );
    assert_eq!(said, "2 numbers: 2 opted out, 0 had before\n");
    let said = must(0, folder, &["consent", "optout", ANA]);
    assert_eq!(said, "1 number: 0 opted out, 1 had before\n");
    let page = must(0, folder, &["consent", "show", CAM]);
    for words in ["Now: out since", "opted out by the API", "an e-mail of 3 June, entered by Tess"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    world.say(ANA, "SM7", "hello?").await;
    assert!(world.export("outbox").is_empty());
    let (folder, _) = world.end();
    must(0, folder.path(), &["consent", "verify"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_erases_daily_what_was_kept_long_enough() {
    use sayso::store::{SledStore, Store};
    for (setting, left) in [("expire = true", 1), ("expire = false", 2)] {
        let folder =
            some_workspace(|settings| format!("{settings}\n[ledger]\nkeep_years = 2\n{setting}\n")).await;
        let store = SledStore::open(&folder.path().join("store"), 1 << 20).unwrap();
        for (phone, since) in [(ANA, "2019-01-01T00:00:00Z"), (BEN, "2099-01-01T00:00:00Z")] {
            store.commit(vec![opted_out(phone, since)]).await.unwrap();
        }
        drop(store);
        let server = crate::server::Server::start(folder.path());
        if left == 1 {
            while export(folder.path(), "subscribers").len() > 1 {
                tokio::task::yield_now().await;
            }
        }
        let (status, _) = server.stop();
        assert!(status.success());
        assert_eq!(export(folder.path(), "subscribers").len(), left, "{setting}");
        must(0, folder.path(), &["consent", "verify"]);
    }
}

fn opted_out(phone: &str, since: &str) -> sayso::store::Turn {
    use sayso::consent::{Change, How, LedgerEntry, Standing, Status, chain::Salt};
    use sayso::dialogue::{Effect, Event, Record, Trace};
    let key = sayso::sms::Key { brand: "gelato".into(), phone: phone.parse().unwrap() };
    let at = since.parse().unwrap();
    let mut record = Record::default();
    record.person.turn = 1;
    record.person.standing =
        Standing { status: Status::Out, since: Some(at), entries: 1, ..Standing::default() };
    let ledger = LedgerEntry {
        number: 1,
        at,
        change: Change::Out,
        how: How::Api,
        rule: "test".into(),
        reason: sayso::consent::Reason::Asked,
        settles: None,
        shown: None,
        received: None,
        message: None,
        sender: None,
        language: sayso::language::Lang::EN,
        programme: "Gelato News".into(),
        scope: sayso::consent::Scope::Brand,
    };
    let entry = sayso::store::Entry {
        key: key.clone(),
        turn: 1,
        at,
        event: Event::OptOut { how: How::Api, rule: "test".into() },
        seed: 1,
        bot: String::new(),
        effects: vec![Effect::Ledger(ledger)],
        trace: Trace::default(),
    };
    let salt = Salt::new([1; 16]);
    sayso::store::Turn {
        key,
        read_version: 0,
        at,
        seen: None,
        record,
        salt,
        hold_until: None,
        via: None,
        entry,
    }
}
