//! What an operator does when things go wrong, through the command line: a full disk, damaged files, backups that are made
//! while the server works and put in the place of a lost store, and what the doctor says to all of it.

use crate::disk::{Chance, SHIM};
use crate::server::{
    MAIN, PATIENCE, PUBLIC_URL, Server, World, answered, encode, export, form, sayso, sign, texts, whose,
};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// People who write while a backup is made.
const PEOPLE: usize = 60;
const ANN: &str = "+14045550131";

/// What a verb printed, and its exit code; it never ends in a panic.
fn verb(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = sayso(folder, arguments).output().unwrap();
    let said = String::from_utf8(stderr).unwrap();
    assert!(!said.contains("panicked") && !said.contains("backtrace"), "{arguments:?}: {said}");
    (status.code().unwrap_or(-1), String::from_utf8(stdout).unwrap(), said)
}

/// What the doctor finds wrong, and that its exit code says the same.
fn problems(folder: &Path) -> Vec<Value> {
    let (code, out, said) = verb(folder, &["doctor", "--json"]);
    let found: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let bad: Vec<Value> = found.into_iter().filter(|finding| finding["grade"] == "problem").collect();
    assert_eq!(code, i32::from(!bad.is_empty()), "{out}{said}");
    assert!(bad.iter().all(|finding| finding["way_out"].is_string()), "{bad:#?}");
    bad
}

/// A world whose disk says what the files `spare` and `full` say.
async fn shimmed() -> (World, PathBuf) {
    let World { folder, fake, server, client } = World::start().await;
    server.stop();
    let real = folder.path().canonicalize().unwrap();
    (World { server: under(&real), folder, fake, client }, real)
}

fn under(real: &Path) -> Server {
    let (folder, full, spare) = (real.join("store"), real.join("full"), real.join("spare"));
    Server::start_under(
        real,
        &[
            ("LD_PRELOAD", SHIM.as_os_str()),
            ("SHIM_FOLDER", folder.as_os_str()),
            ("SHIM_FULL", full.as_os_str()),
            ("SHIM_SPARE", spare.as_os_str()),
        ],
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_disk_is_full_texts_come_again_and_none_is_lost() {
    let (world, real) = shimmed().await;
    world.say(ANN, "SM1", "JOIN").await;
    world.fake.wait_for(ANN, 1).await;
    std::fs::write(real.join("spare"), "1000000").unwrap();
    let refused = world.text(ANN, "SM2", "yes").await;
    assert_eq!(refused.status, 503);
    assert!(refused.body.contains("the disk is full"), "{}", refused.body);
    assert_eq!(texts(&world.export("turns")), ["SM1"], "other verbs read on");
    std::fs::remove_file(real.join("spare")).unwrap();
    world.say(ANN, "SM2", "yes").await;
    world.fake.wait_for(ANN, 2).await;
    let (folder, said) = world.end();
    assert!(said.contains("the disk is full") && said.contains("the disk has room again"), "{said}");
    assert_eq!(texts(&export(folder.path(), "turns")), ["SM1", "SM2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_refuses_a_write_ends_the_process_and_nothing_acknowledged_is_lost() {
    let (world, real) = shimmed().await;
    world.say(ANN, "SM1", "JOIN").await;
    world.fake.wait_for(ANN, 1).await;
    std::fs::write(real.join("full"), "").unwrap();
    let form = form(ANN, MAIN, "SM2", "yes");
    let path = "/v1/providers/twilio-main/inbound";
    let signature = sign(&format!("{PUBLIC_URL}{path}"), &form);
    let request = world.client.post(format!("{}{path}", world.server.address));
    let request = request.header("x-twilio-signature", &signature).body(encode(&form));
    // The connection breaks, or somebody answered before it did; it was not taken.
    assert!(answered(request).await.map_or(503, |answered| answered.status) == 503);
    let World { folder, fake, server, client } = world;
    let (status, said) = server.ended();
    assert!(!status.success());
    assert!(said.contains("the store could not be written; ending"), "{said}");
    std::fs::remove_file(real.join("full")).unwrap();
    let world = World { server: under(&real), folder, fake, client };
    world.say(ANN, "SM2", "yes").await;
    let (folder, _) = world.end();
    assert_eq!(texts(&export(folder.path(), "turns")), ["SM1", "SM2"]);
    assert_eq!(problems(folder.path()), [Value::Null; 0]);
}

/// A store with some turns in it, whose server was stopped.
async fn stopped() -> (tempfile::TempDir, Vec<String>) {
    let world = World::start().await;
    let mut ids = Vec::new();
    for (number, text) in ["JOIN", "yes", "no", "ana"].iter().enumerate() {
        let id = format!("SM{number}");
        world.say(ANN, &id, text).await;
        world.fake.wait_for(ANN, number + 1).await;
        ids.push(id);
    }
    (world.end().0, ids)
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_files_are_told_with_a_way_out() {
    let (folder, _) = stopped().await;
    assert_eq!(problems(folder.path()), [Value::Null; 0]);
    let store = folder.path().join("store/sled");
    let mut chance = Chance(7);
    let mut told = 0;
    let names = ["db", "conf"].into_iter().chain(["db"; 10]);
    for name in names {
        let path = store.join(name);
        let whole = std::fs::read(&path).unwrap();
        let written = whole.iter().rposition(|byte| *byte != 0).unwrap() as u64;
        let mut damaged = whole.clone();
        for _ in 0..4 {
            damaged[usize::try_from(chance.below(written)).unwrap()] ^= 0x55;
        }
        let copy = tempfile::tempdir().unwrap();
        copy_all(folder.path(), copy.path());
        std::fs::write(copy.path().join("store/sled").join(name), damaged).unwrap();
        // What sled takes for a torn end is cut off by it: then the doctor sees holes or nothing.
        told += usize::from(!problems(copy.path()).is_empty());
        let (code, out, said) = verb(copy.path(), &["export", "turns"]);
        assert!(code == 0 || (code == 2 && said.contains("hint: ")), "{code}: {out}{said}");
    }
    assert!(told > 0, "no damage was seen");
}

fn copy_all(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy_all(&entry.path(), &target);
        } else if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Writes until it is enough, each text when the one before is acknowledged.
async fn writes_on(writer: usize, client: reqwest::Client, address: String, done: Arc<AtomicBool>) {
    let path = "/v1/providers/twilio-main/inbound";
    let mut texts = 0;
    while !done.load(Ordering::Relaxed) {
        let person = (writer + texts * 8) % PEOPLE;
        let (from, id) = (format!("+1404555{person:04}"), format!("B{writer}-{texts}"));
        let form = form(&from, MAIN, &id, ["STOP", "START", "JOIN"][texts % 3]);
        let signature = sign(&format!("{PUBLIC_URL}{path}"), &form);
        let request = client.post(format!("{address}{path}")).header("x-twilio-signature", &signature);
        assert_eq!(answered(request.body(encode(&form))).await.unwrap().status, 200);
        texts += 1;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_made_while_the_server_works_and_restores_without_sending_again() {
    let world = World::start().await;
    let phone = |person: usize| format!("+1404555{person:04}");
    for person in 0..PEOPLE {
        world.say(&phone(person), &format!("A{person}"), "JOIN").await;
    }
    world.fake.hold();
    let folder = world.folder.path().to_path_buf();
    let done = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let (client, address) = (world.client.clone(), world.server.address.clone());
            tokio::spawn(writes_on(writer, client, address, Arc::clone(&done)))
        })
        .collect();
    let backup = tokio::task::spawn_blocking(move || verb(&folder, &["backup", "."]));
    let (code, out, said) = backup.await.unwrap();
    assert_eq!(code, 0, "{out}{said}");
    done.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.unwrap();
    }
    let file = PathBuf::from(out.split_once(": ").unwrap().0);
    world.fake.wait_held(1).await;
    assert_eq!(problems(world.folder.path()), [Value::Null; 0], "the doctor asks the server");
    world.fake.release();
    let World { folder, fake, server, .. } = world;
    server.stop();
    let (path, calls) = (folder.path(), fake.calls().len());

    let (code, _, said) = verb(path, &["restore", file.to_str().unwrap()]);
    assert!(code == 2 && said.contains("there is a store"), "{said}");
    std::fs::rename(path.join("store"), path.join("lost")).unwrap();
    broken_backups_are_refused(path, &path.join(&file));
    let (code, out, said) = verb(path, &["restore", file.to_str().unwrap()]);
    assert_eq!(code, 0, "{out}{said}");
    assert_eq!(problems(path), [Value::Null; 0]);

    let (lost, kept) = (turns_of(path, "lost"), turns_of(path, "store"));
    assert_eq!(kept, lost[..kept.len()], "it is the store as it stood at one moment");
    every_dialogue_has_its_turns(path, &kept);
    let ids: BTreeSet<String> = texts(&kept).into_iter().collect();
    assert!((0..PEOPLE).all(|person| ids.contains(&format!("A{person}"))), "{ids:?}");
    let open = |row: &&Value| !row["state"]["unknown"].is_object() && !row["state"]["dead"].is_object();
    let outbox = export(path, "outbox");
    assert_eq!(outbox.iter().find(open), None);
    assert!(outbox.iter().any(|row| row["state"]["unknown"].is_object()), "some were being sent");
    let server = Server::start(path);
    let deadline = Instant::now() + PATIENCE;
    while export(path, "outbox").iter().any(|row| open(&row)) {
        assert!(Instant::now() < deadline);
    }
    server.stop();
    assert_eq!(fake.calls().len(), calls, "nothing was sent again");
    assert!(outbox.iter().all(|row| !whose(row).is_empty()));
}

/// No dialogue is older or newer than the log beside it.
fn every_dialogue_has_its_turns(folder: &Path, turns: &[Value]) {
    for dialogue in export(folder, "subscribers") {
        let turns = turns.iter().filter(|turn| whose(turn) == whose(&dialogue)).count();
        assert_eq!(dialogue["record"]["person"]["turn"], turns, "{}", whose(&dialogue));
    }
}

fn turns_of(folder: &Path, store: &str) -> Vec<Value> {
    let (code, out, said) = verb(folder, &["export", "turns", "--folder", store]);
    assert_eq!(code, 0, "{said}");
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// One that was cut, changed or made by a newer version is refused, and leaves nothing.
fn broken_backups_are_refused(folder: &Path, file: &Path) {
    let whole = std::fs::read(file).unwrap();
    let newer = String::from_utf8_lossy(&whole[..200]).find("\"format\":").unwrap() + "\"format\":".len();
    let changed = |at: usize, to: u8| {
        let mut bytes = whole.clone();
        bytes[at] = to;
        bytes
    };
    let broken = [
        (whole[..whole.len() - 1].to_vec(), "no whole backup"),
        (whole[..whole.len() / 2].to_vec(), "no whole backup"),
        (Vec::new(), "no whole backup"),
        (changed(whole.len() / 2, whole[whole.len() / 2] ^ 1), "no whole backup"),
        (changed(newer, b'9'), "the backup has format 9"),
    ];
    for (bytes, words) in broken {
        std::fs::write(folder.join("broken"), bytes).unwrap();
        let (code, _, said) = verb(folder, &["restore", "broken"]);
        assert!(code == 2 && said.contains(words) && said.contains("hint: "), "{said}");
        assert!(!folder.join("store").exists());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_says_what_is_wrong_around_the_store() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, _) = stopped().await;
    let store = folder.path().join("store");
    std::fs::set_permissions(&store, std::fs::Permissions::from_mode(0o755)).unwrap();
    let bad = problems(folder.path());
    assert!(bad.len() == 1 && bad[0]["about"] == "permissions", "{bad:#?}");
    std::fs::set_permissions(&store, std::fs::Permissions::from_mode(0o700)).unwrap();
    let settings = folder.path().join("sayso.toml");
    let written = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, written.replace("TEST_CURL_TOKEN", "TEST_NO_SUCH_TOKEN")).unwrap();
    let bad = problems(folder.path());
    assert!(bad.len() == 1 && bad[0]["about"] == "accounts", "{bad:#?}");
}
