//! `sayso doctor`: everything that must be as it should, each with what is wrong and a way out.

mod server;

use super::{Exit, Streams, Unusable, many, runtime};
use crate::engine::{Clock, SystemClock};
use crate::provider::{Account, Way};
use crate::server::socket::{self, Client};
use crate::store::{self, Fault, OpenError, ROOM_BYTES_MIN, Report, SledStore};
use crate::workspace::Workspace;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use std::net::IpAddr;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

/// Below so much room on the disk it is worth a word.
const ROOM_BYTES_FEW: u64 = 1024 * 1024 * 1024;
/// Bytes in a mebibyte, in which room is told.
const MIB: u64 = 1024 * 1024;
/// How long a message may be due before it is worth a word.
const LATE: SignedDuration = SignedDuration::from_mins(10);
/// No clock shows less than when this was written (2026-11-01).
const BUILT: i64 = 1_793_491_200;

/// How grave it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Grade {
    /// It is as it should be.
    Ok,
    /// Somebody may want to know.
    Note,
    /// Something is wrong.
    Problem,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    grade: Grade,
    about: &'static str,
    what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    way_out: Option<String>,
}

/// What was found so far.
#[derive(Debug, Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn ok(&mut self, about: &'static str, what: impl Into<String>) {
        self.0.push(Finding { grade: Grade::Ok, about, what: what.into(), way_out: None });
    }

    fn note(&mut self, about: &'static str, what: impl Into<String>, way_out: &str) {
        let way_out = Some(way_out.to_owned());
        self.0.push(Finding { grade: Grade::Note, about, what: what.into(), way_out });
    }

    fn problem(&mut self, about: &'static str, what: impl Into<String>, way_out: &str) {
        let way_out = Some(way_out.to_owned());
        self.0.push(Finding { grade: Grade::Problem, about, what: what.into(), way_out });
    }
}

/// Looks at everything; 1 where something is wrong.
pub(super) fn doctor(workspace: &Workspace, json: bool, streams: &mut Streams<'_>) -> Result<Exit, Unusable> {
    let now = SystemClock.now();
    let mut found = Findings::default();
    files(workspace, now, &mut found);
    zones(&mut found);
    server::server(workspace, now, &mut found);
    let folder = workspace.root.join(&workspace.config.store.path);
    if folder.is_dir() {
        permissions(&folder, &mut found);
        room(&folder, &mut found);
        if let Some(report) = examined(workspace, &folder, &mut found)? {
            told(&report, &mut found);
            clock(report.last_turn, now, &mut found);
            late(&report, now, &mut found);
        }
    } else {
        found.note("store", format!("there is none at `{}`", folder.display()), "`sayso serve` makes it");
        clock(None, now, &mut found);
    }
    print(&found, json, streams)?;
    let problem = found.0.iter().any(|finding| finding.grade == Grade::Problem);
    Ok(if problem { Exit::Found } else { Exit::Done })
}

fn print(found: &Findings, json: bool, streams: &mut Streams<'_>) -> Result<(), Unusable> {
    for finding in &found.0 {
        if json {
            let line = serde_json::to_string(finding).map_err(|error| Unusable::new(error.to_string()))?;
            writeln!(streams.out, "{line}")?;
            continue;
        }
        let grade = match finding.grade {
            Grade::Ok => "ok      ",
            Grade::Note => "note    ",
            Grade::Problem => "problem ",
        };
        writeln!(streams.out, "{grade}{}: {}", finding.about, finding.what)?;
        if let Some(way_out) = &finding.way_out {
            writeln!(streams.out, "        hint: {way_out}")?;
        }
    }
    Ok(())
}

/// The workspace's own files, and the secrets that its settings name.
fn files(workspace: &Workspace, now: Timestamp, found: &mut Findings) {
    if workspace.found.has_errors() {
        found.problem("files", "the workspace's files have errors", "`sayso check` shows them");
    } else {
        found.ok("files", many(workspace.brands.len(), "brand"));
    }
    match workspace.config.open_accounts(&workspace.root) {
        Ok(accounts) => {
            found.ok("accounts", format!("{}, with their secrets", many(accounts.len(), "account")));
            for account in &accounts {
                link(account, now, found);
            }
        }
        Err(error) => {
            found.problem("accounts", error.to_string(), "set it, or take the account out of `sayso.toml`");
        }
    }
}

/// Who listens on the way of a link, and how long its provider knows us.
fn link(account: &Account, now: Timestamp, found: &mut Findings) {
    let Way::Link(opener) = &account.way else { return };
    let Some(peer) = opener.peer() else { return };
    let is_here = peer.host == "localhost" || peer.host.parse().is_ok_and(|host: IpAddr| host.is_loopback());
    match &peer.tls {
        None if !is_here => {
            let what =
                format!("`{}` is without TLS: its password and all texts can be read on the way", account.id);
            found.note("links", what, "set `tls = \"yes\"`, or let nothing but a tunnel lead there");
        }
        None => {}
        Some(tls) => {
            if let Some(identity) = &tls.identity {
                let which = format!("the certificate of `{}`", account.id);
                let way = "renew it, and let `serve` read it by `kill -HUP`";
                server::ends("links", &which, identity.ends(), now, way, found);
            }
        }
    }
}

/// Zone data is compiled in: what it says about a day that is known must be right.
fn zones(found: &mut Findings) {
    let known = Timestamp::from_second(1_782_907_200).ok(); // 2026-07-01 12:00 UTC
    let offset =
        known.zip(TimeZone::get("America/New_York").ok()).map(|(at, zone)| zone.to_offset(at).seconds());
    if offset == Some(-4 * 3_600) {
        found.ok("zones", "time zone data is there");
    } else {
        found.problem("zones", "time zone data is missing or wrong", "install the binary again");
    }
}

/// The folder holds what people told brands: it is its owner's alone, and all of it can be read.
fn permissions(folder: &Path, found: &mut Findings) {
    let (mut bad, mut own) = (Vec::new(), None);
    walk(folder, &mut |path, looked| match looked {
        Ok(metadata) => {
            let owner = *own.get_or_insert(metadata.uid());
            if metadata.uid() != owner {
                bad.push(format!("`{}` belongs to somebody else", path.display()));
            }
            let socket = path.file_name().is_some_and(|name| name == socket::NAME);
            if metadata.is_file() && !socket && std::fs::File::open(path).is_err() {
                bad.push(format!("`{}` cannot be read", path.display()));
            }
        }
        Err(error) => bad.push(format!("`{}`: {error}", path.display())),
    });
    let mode = std::fs::metadata(folder).map_or(0, |metadata| metadata.permissions().mode() & 0o777);
    if mode & 0o077 != 0 {
        bad.push(format!("others may enter `{}` (mode {mode:03o})", folder.display()));
    }
    if bad.is_empty() {
        found.ok("permissions", "the store is its owner's alone");
    }
    for what in bad {
        let way =
            format!("`chown -R USER {0}` and `chmod -R go= {0}`, for the user who serves", folder.display());
        found.problem("permissions", what, &way);
    }
}

fn walk(path: &Path, look: &mut impl FnMut(&Path, std::io::Result<std::fs::Metadata>)) {
    let metadata = std::fs::symlink_metadata(path);
    let is_folder = metadata.as_ref().is_ok_and(std::fs::Metadata::is_dir);
    look(path, metadata);
    if !is_folder {
        return;
    }
    match std::fs::read_dir(path) {
        Ok(entries) => entries.flatten().for_each(|entry| walk(&entry.path(), look)),
        Err(error) => look(path, Err(error)),
    }
}

fn room(folder: &Path, found: &mut Findings) {
    let Some(left) = store::room(folder) else {
        return found.note("disk", "the system does not say how much room is left", "look at it with `df`");
    };
    let what = format!("{} MiB are left", left / MIB);
    if left < ROOM_BYTES_MIN {
        let least = ROOM_BYTES_MIN / MIB;
        found.problem(
            "disk",
            format!("{what}; below {least} MiB nothing is taken"),
            "make room on the store's disk",
        );
    } else if left < ROOM_BYTES_FEW {
        found.note("disk", what, "make room on the store's disk before it is full");
    } else {
        found.ok("disk", what);
    }
}

/// The store itself, or through the server that has it open.
fn examined(workspace: &Workspace, folder: &Path, found: &mut Findings) -> Result<Option<Report>, Unusable> {
    let cache_bytes = workspace.config.store.cache_mb * 1024 * 1024;
    match SledStore::open(folder, cache_bytes) {
        Ok(store) => {
            found.ok("store", "it opens");
            Ok(Some(store.examine()))
        }
        Err(OpenError::Locked(_)) => runtime(false)?.block_on(async {
            let asked = async {
                let mut client = Client::connect(folder).await.map_err(words)?;
                client.examine().await.map_err(words)
            };
            Ok(match asked.await {
                Ok(report) => {
                    found.ok("store", "its server has it open, and answers");
                    Some(report)
                }
                Err(error) => {
                    let what = format!("it is in use, and its server does not answer: {error}");
                    found.problem("store", what, "is another verb using it? try again in a moment");
                    None
                }
            })
        }),
        Err(error) => {
            found.problem("store", error.to_string(), error.way_out());
            Ok(None)
        }
    }
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// What is in it.
fn told(report: &Report, found: &mut Findings) {
    let (turns, people) = (report.turns, report.subscribers);
    found.ok("contents", format!("format {}, {turns} turns, {people} dialogues", report.format));
    for (fault, (times, examples)) in &report.faults {
        let way = match fault {
            Fault::Unreadable | Fault::Hole | Fault::Ledger => {
                "keep a copy of the folder, stop serving, move it away and restore the last backup"
            }
            Fault::Orphan => "it is never sent; restore the last backup if there are many",
            Fault::Alarm => "it goes on when the person writes; restore the last backup if there are many",
        };
        let more = times - examples.len() as u64;
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        found.problem("contents", format!("{}{more}", examples.join("; ")), way);
    }
    if report.unknown > 0 {
        let what = format!("{} messages are `unknown`: nobody knows whether they left", report.unknown);
        found.note("outbox", what, "`sayso export outbox` shows them; ask the provider whether it has them");
    }
    if report.dead > 0 {
        found.note(
            "outbox",
            format!("{} messages are never sent", report.dead),
            "`sayso export outbox` says why",
        );
    }
}

fn late(report: &Report, now: Timestamp, found: &mut Findings) {
    let Some(due) = report.due.filter(|due| now.duration_since(*due) > LATE) else {
        return found.ok("outbox", format!("{} messages wait", report.waiting));
    };
    let what = format!("{} messages wait, the first since {due}", report.waiting);
    found.note("outbox", what, "is `sayso serve` running, and can it reach the provider? its log says so");
}

/// A clock that is wrong rings timers early or late, and lets messages into the night.
fn clock(last_turn: Option<Timestamp>, now: Timestamp, found: &mut Findings) {
    let way = "set the machine's clock, and keep it by NTP";
    match last_turn {
        _ if now.as_second() < BUILT => {
            found.problem("clock", format!("it shows {now}, before this version was written"), way);
        }
        Some(last) if last > now => {
            found.problem("clock", format!("it shows {now}, and the last turn was made at {last}"), way);
        }
        Some(_) | None => found.ok("clock", now.strftime("%Y-%m-%d %H:%M:%SZ").to_string()),
    }
}
