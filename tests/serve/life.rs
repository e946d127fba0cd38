//! Starting, stopping, and other verbs while it runs.

use crate::fake::Answer;
use crate::server::{Server, World, export, sayso, some_workspace, texts};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::{Duration, Instant};

const GIL: &str = "+14045550129";

#[tokio::test(flavor = "multi_thread")]
async fn other_verbs_read_the_store_while_it_is_served_and_afterwards() {
    let world = World::start().await;
    for (sid, text) in [("SM1", "JOIN"), ("SM2", "yes"), ("SM3", "yes")] {
        world.say(GIL, sid, text).await;
    }
    world.fake.wait_for(GIL, 3).await;
    world.export_until("outbox", <[_]>::is_empty).await;
    let socket = world.folder.path().join("store/serve.sock");
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&socket), 0o600);
    assert_eq!(mode(socket.parent().unwrap()) & 0o077, 0, "the folder is nobody else's either");
    let whats = ["turns", "subscribers", "sent", "outbox", "consents"];
    let during = whats.map(|what| world.export(what));
    assert_eq!(texts(&during[0]), ["SM1", "SM2", "SM3"]);
    let folder = world.end().0;
    let after = whats.map(|what| export(folder.path(), what));
    assert_eq!(during, after);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_may_be_an_opt_out_is_decided_while_it_is_served_and_afterwards() {
    let world = World::start().await;
    for (sid, text) in [("SM1", "JOIN"), ("SM2", "go away lol"), ("SM3", "yes")] {
        world.say(GIL, sid, text).await;
    }
    world.fake.wait_for(GIL, 1).await;
    let review = |folder: &std::path::Path, arguments: &[&str]| {
        let done = sayso(folder, &[&["consent", "review"], arguments].concat()).output().unwrap();
        let words = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (done.status.code(), words(done.stdout), words(done.stderr))
    };
    let (code, listed, said) = review(world.folder.path(), &[]);
    assert_eq!((code, listed.lines().count()), (Some(0), 1), "{listed}{said}");
    assert!(listed.contains(GIL) && listed.contains("go away lol"), "{listed}");
    assert!(said.contains("1 text waits to be read, the oldest for 0 min"), "{said}");
    // Nothing was answered to what came behind it.
    assert_eq!(world.fake.calls().len(), 1);
    let (code, _, said) = review(world.folder.path(), &["--keep", "+14045550100"]);
    assert_eq!(code, Some(2), "{said}");
    let (code, out, said) = review(world.folder.path(), &["--keep", GIL, "--by", "Ana"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(out.contains("kept"), "{out}");
    world.say(GIL, "SM4", "go away lol").await;
    let folder = world.end().0;
    let (code, out, said) = review(folder.path(), &["--optout", GIL, "--by", "Ana"]);
    assert_eq!(code, Some(0), "{out}{said}");
    let entries = export(folder.path(), "consents");
    let last = entries.last().unwrap();
    assert_eq!(last["entry"]["change"], "out", "{last}");
    assert_eq!(last["entry"]["how"], "review", "{last}");
    assert_eq!(last["entry"]["rule"], "read by Ana", "{last}");
    let (_, listed, _) = review(folder.path(), &[]);
    assert_eq!(listed, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_is_cut_short_is_no_success() {
    let world = World::start().await;
    // In the place of the server's socket stands one that gives a first page and goes away.
    let path = world.folder.path().join("store/serve.sock");
    std::fs::remove_file(&path).unwrap();
    let listener = UnixListener::bind(path).unwrap();
    let goes_away = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        BufReader::new(&stream).read_line(&mut String::new()).unwrap();
        stream.write_all(br#"{"page":{"items":[],"next":[116,0]}}"#).unwrap();
    });
    let export = sayso(world.folder.path(), &["export", "turns"]).output().unwrap();
    goes_away.join().unwrap();
    let said = String::from_utf8_lossy(&export.stderr).into_owned();
    assert_eq!(export.status.code(), Some(2), "half an export was taken for a whole one: {said}");
    assert!(said.contains("error: "), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn told_to_stop_it_stops_soon_and_comes_up_again() {
    let world = World::start().await;
    world.say(GIL, "SM1", "JOIN").await;
    world.fake.wait_for(GIL, 1).await;
    // Connections that nobody uses do not keep it: one that said nothing, and those of the client's pool.
    let address = world.server.address.trim_start_matches("http://").to_owned();
    let _idle = std::net::TcpStream::connect(address).unwrap();
    let asked = Instant::now();
    let (status, said) = world.server.stop();
    assert_eq!(status.code(), Some(0), "{said}");
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());

    let again = World { server: Server::start(world.folder.path()), ..world };
    again.say(GIL, "SM1", "JOIN").await;
    again.say(GIL, "SM2", "yes").await;
    again.fake.wait_for(GIL, 2).await;
    let folder = again.end().0;
    assert_eq!(texts(&export(folder.path(), "turns")), ["SM1", "SM2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn once_it_says_that_it_serves_it_can_be_asked_and_stopped() {
    let folder = some_workspace(|settings| settings).await;
    for _ in 0..8 {
        let server = Server::start(folder.path());
        assert!(UnixStream::connect(folder.path().join("store/serve.sock")).is_ok(), "no socket yet");
        let (status, said) = server.stop();
        assert_eq!(status.code(), Some(0), "{status}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_that_has_begun_is_finished_before_it_stops() {
    let world = World::start().await;
    world.fake.script(GIL, [Answer::Hold]);
    world.say(GIL, "SM1", "JOIN").await;
    world.fake.wait_held(1).await;
    world.server.terminate();
    // It has heard: nobody new is let in.
    let address = world.server.address.trim_start_matches("http://").to_owned();
    let deadline = Instant::now() + crate::server::PATIENCE;
    while std::net::TcpStream::connect(&address).is_ok() {
        assert!(Instant::now() < deadline, "it still listens");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    world.fake.release();
    let (status, said) = world.server.ended();
    assert_eq!(status.code(), Some(0), "{said}");
    let _server = Server::start(world.folder.path());
    let outbox = export(world.folder.path(), "outbox");
    assert!(outbox.is_empty(), "the provider's answer was a moment away: {outbox:#?}");
    assert_eq!(export(world.folder.path(), "sent").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_served_is_not_served_twice() {
    let world = World::start().await;
    let second = sayso(world.folder.path(), &["serve"]).output().unwrap();
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(2), "{said}");
    assert!(said.contains("in use"), "{said}");
    world.say(GIL, "SM1", "JOIN").await;
    assert_eq!(texts(&world.export("turns")), ["SM1"], "the socket is still the first one's");
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = some_workspace(|settings| settings.replace("127.0.0.1:0", &address)).await;
    let serve = sayso(folder.path(), &["serve"]).output().unwrap();
    let said = String::from_utf8_lossy(&serve.stderr).into_owned();
    assert_eq!(serve.status.code(), Some(2), "{said}");
    assert!(said.contains(&address), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_missing_is_named() {
    let folder = some_workspace(|settings| settings).await;
    let serve = |change: &dyn Fn(&mut std::process::Command)| {
        let mut command = sayso(folder.path(), &["serve"]);
        change(&mut command);
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        said
    };
    let missing = serve(&|command| {
        command.env_remove("TEST_TWILIO_TOKEN");
    });
    assert!(missing.contains("TEST_TWILIO_TOKEN"), "{missing}");
    let empty = serve(&|command| {
        command.env("TEST_CURL_TOKEN", "");
    });
    assert!(empty.contains("TEST_CURL_TOKEN"), "{empty}");

    let folder = some_workspace(|settings| settings.replace("env:TEST_CURL_TOKEN", "file:curl.token")).await;
    let output = sayso(folder.path(), &["serve"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("curl.token"), "{said}");
    let mut token = std::fs::File::create(folder.path().join("curl.token")).unwrap();
    writeln!(token, "from-a-file").unwrap();
    Server::start(folder.path()).kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_in_the_settings_is_a_mistake() {
    for written in ["\"sesame-12345\"", "[\"env:TEST_CURL_TOKEN\", \"sesame-12345\"]", "12345", "[]"] {
        let folder = some_workspace(|settings| settings.replace("\"env:TEST_CURL_TOKEN\"", written)).await;
        let check = sayso(folder.path(), &["check"]).output().unwrap();
        let said = String::from_utf8_lossy(&check.stderr).into_owned();
        assert_eq!(check.status.code(), Some(1), "{written}: {said}");
        assert!(said.contains("W601") && said.contains("the secret `token` stands in the file"), "{said}");
        assert!(said.contains("sayso.toml:") && said.contains("env:NAME"), "{said}");
        assert!(!said.contains("sesame"), "the secret itself is nobody's to print:\n{said}");
    }
}
