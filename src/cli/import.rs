//! `sayso import`: lists from outside. Numbers that carriers have switched off or given to somebody else (CTIA Messaging
//! Principles 5.1.5).

use super::desk::{Desk, kept_as, strange};
use super::{Exit, Streams, Unusable, many, runtime};
use crate::dialogue::Left;
use crate::engine::rights::LeftNumber;
use crate::engine::{Clock, SystemClock};
use crate::server::socket::{Request, Response};
use crate::sms::BrandId;
use crate::workspace::Workspace;
use clap::Subcommand;
use csv::{Position, ReaderBuilder, StringRecord, Trim};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Lines that are handed over at once: about 4 MiB, and in a house of many brands one pass over all people.
const LINES: usize = 50_000;

/// What is imported.
#[derive(Debug, Subcommand)]
pub(super) enum Wanted {
    /// Numbers that were switched off or given to somebody else: consent ends, and who holds them next starts clean.
    Deactivated {
        /// The list (CSV): number, date as 2026-11-23, and `deactivated` or `reassigned`; with or without a header.
        file: PathBuf,
        /// Only in this brand, instead of all.
        #[arg(long)]
        brand: Option<String>,
    },
}

/// Where the columns of a list are.
#[derive(Debug, Clone, Copy)]
struct Columns {
    phone: usize,
    on: usize,
    how: usize,
}

/// What became of a list.
#[derive(Debug, Default)]
struct Tally {
    lines: u64,
    bad: u64,
    ended: u64,
}

/// A list that is being read.
struct List<'l> {
    file: &'l Path,
    columns: Option<Columns>,
    /// The last day that may have come somewhere on earth.
    today: Date,
    tally: Tally,
    waiting: Vec<LeftNumber>,
}

/// Imports a list, line by line: as dear as [`crate::engine::Engine::left`] for each 50,000 lines, which is the memory that it takes. A bad line is
/// reported with its place and stops no other; what is imported twice changes nothing.
pub(super) fn import(
    workspace: &Workspace,
    wanted: &Wanted,
    json: bool,
    streams: &mut Streams<'_>,
) -> Result<Exit, Unusable> {
    let Wanted::Deactivated { file, brand } = wanted;
    let brand = brand.as_deref().map(|name| served(workspace, name)).transpose()?;
    let tally = runtime(false)?.block_on(deactivated(workspace, file, brand.as_ref(), streams))?;
    let Tally { lines, bad, ended } = tally;
    if json {
        writeln!(streams.out, "{}", json!({ "lines": lines, "bad": bad, "ended": ended }))?;
    } else {
        let lines = many(usize::try_from(lines).unwrap_or(usize::MAX), "line");
        let people = if ended == 1 { "person" } else { "people" };
        writeln!(streams.out, "{lines}, {bad} of them bad; {ended} {people} ended")?;
    }
    let closed: Vec<_> = match &brand {
        Some(_) => Vec::new(),
        None => { workspace.brands.iter() }.filter(|brand| workspace.bot(brand.as_str()).is_none()).collect(),
    };
    for brand in &closed {
        writeln!(streams.err, "error: the brand `{brand}` has errors: its people were not looked at")?;
        writeln!(streams.err, "  hint: mend them and import the list again; nothing is done twice")?;
    }
    Ok(if bad > 0 || !closed.is_empty() { Exit::Found } else { Exit::Done })
}

/// A brand without errors.
fn served(workspace: &Workspace, name: &str) -> Result<BrandId, Unusable> {
    let known = workspace.brands.iter().any(|brand| brand.as_str() == name);
    match workspace.bot(name) {
        Some(_) => kept_as(workspace, Some(name)),
        None if known => {
            Err(Unusable::new(format!("the brand `{name}` has errors")).hint("`sayso check` says which"))
        }
        None => Err(super::no_brand(workspace, name)),
    }
}

async fn deactivated(
    workspace: &Workspace,
    file: &Path,
    brand: Option<&BrandId>,
    streams: &mut Streams<'_>,
) -> Result<Tally, Unusable> {
    let cannot = |error: csv::Error| Unusable::new(format!("`{}` cannot be read: {error}", file.display()));
    let lines = ReaderBuilder::new().has_headers(false).flexible(true).trim(Trim::All).from_path(file);
    let mut lines = lines.map_err(cannot)?;
    let mut desk = Desk::open(workspace).await?;
    let today = SystemClock.now().to_zoned(TimeZone::UTC).date().tomorrow().unwrap_or(Date::MAX);
    let (tally, waiting) = (Tally::default(), Vec::new());
    let mut list = List { file, columns: None, today, tally, waiting };
    let mut record = StringRecord::new();
    loop {
        let more = match lines.read_record(&mut record) {
            Ok(true) => {
                list.line(&record, streams)?;
                true
            }
            Ok(false) => false,
            Err(error) if error.is_io_error() => return Err(cannot(error)),
            Err(error) => {
                list.tally.lines += 1;
                list.bad(error.position(), &error.to_string(), streams)?;
                true
            }
        };
        if list.waiting.len() == LINES || !more {
            list.tally.ended += hand_over(&mut desk, brand, std::mem::take(&mut list.waiting)).await?;
        }
        if !more {
            return Ok(list.tally);
        }
    }
}

impl List<'_> {
    fn line(&mut self, record: &StringRecord, streams: &mut Streams<'_>) -> Result<(), Unusable> {
        let (columns, is_header) = match self.columns {
            Some(columns) => (columns, false),
            None => of_first(record),
        };
        self.columns = Some(columns);
        if is_header {
            return Ok(());
        }
        self.tally.lines += 1;
        match number(record, columns, self.today) {
            Ok(number) => self.waiting.push(number),
            Err(why) => self.bad(record.position(), &why, streams)?,
        }
        Ok(())
    }

    fn bad(&mut self, at: Option<&Position>, why: &str, streams: &mut Streams<'_>) -> Result<(), Unusable> {
        self.tally.bad += 1;
        let line = at.map_or(0, Position::line);
        writeln!(streams.err, "error: {}:{line}: {why}", self.file.display())?;
        Ok(())
    }
}

/// The columns by the header, if the first line is one; else in the order number, date, reason.
fn of_first(first: &StringRecord) -> (Columns, bool) {
    let find = |names: &[&str]| {
        let is_called =
            |cell: &str| names.contains(&cell.trim_start_matches('\u{feff}').to_lowercase().as_str());
        first.iter().position(is_called)
    };
    let phone = find(&["number", "phone", "phone_number", "msisdn", "mdn"]);
    let on = find(&["date", "on", "deactivated_at", "deactivation_date", "event_date"]);
    let how = find(&["reason", "event", "status", "how", "type"]);
    let is_header = phone.is_some() || on.is_some() && how.is_some();
    let columns = Columns { phone: phone.unwrap_or(0), on: on.unwrap_or(1), how: how.unwrap_or(2) };
    (columns, is_header)
}

/// Reads a line. Carriers write numbers with and without the `+`.
fn number(record: &StringRecord, columns: Columns, today: Date) -> Result<LeftNumber, String> {
    let cell = |at: usize, what: &str| {
        let cell = record.get(at).map(|cell| cell.trim_start_matches('\u{feff}')).unwrap_or_default();
        if cell.is_empty() { Err(format!("there is no {what}")) } else { Ok(cell) }
    };
    let written = cell(columns.phone, "number")?;
    let international = if written.starts_with('+') { written.to_owned() } else { format!("+{written}") };
    let phone = international.parse().map_err(|_| {
        format!("`{written}` is not a phone number in international form, such as +14045550123")
    })?;
    let on = cell(columns.on, "date")?;
    // Of a moment, the day counts.
    let day = on.get(..10).unwrap_or(on);
    let on: Date = day.parse().map_err(|_| format!("`{on}` is no date such as 2026-11-23"))?;
    if on > today {
        return Err(format!("`{on}` has not come yet"));
    }
    let how = match cell(columns.how, "reason")?.to_lowercase().as_str() {
        "deactivated" => Left::Deactivated,
        "reassigned" => Left::Reassigned,
        other => return Err(format!("`{other}` is no reason: write `deactivated` or `reassigned`")),
    };
    Ok(LeftNumber { phone, on, how })
}

async fn hand_over(
    desk: &mut Desk,
    brand: Option<&BrandId>,
    numbers: Vec<LeftNumber>,
) -> Result<u64, Unusable> {
    if numbers.is_empty() {
        return Ok(0);
    }
    let Response::Count(ended) = desk.ask(Request::Left { brand: brand.cloned(), numbers }).await? else {
        return Err(strange());
    };
    Ok(ended)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(cells: &[&str]) -> Result<LeftNumber, String> {
        number(
            &StringRecord::from(cells.to_vec()),
            Columns { phone: 0, on: 1, how: 2 },
            Date::constant(2026, 11, 23),
        )
    }

    #[test]
    fn lines_are_read_as_carriers_write_them() {
        let read = line(&["14045550123", "2026-06-01", "Deactivated"]).expect("a line");
        assert_eq!((read.phone.to_string().as_str(), read.how), ("+14045550123", Left::Deactivated));
        assert_eq!(
            line(&["+14045550123", "2026-06-01T04:00:00Z", "reassigned"]).map(|read| read.on),
            Ok(read.on)
        );
        for bad in [
            &["", "2026-06-01", "deactivated"][..],
            &["14045550123", "06/01/2026", "deactivated"],
            &["14045550123", "2026-11-24", "deactivated"],
            &["14045550123", "2026-06-01", "gone"],
            &["14045550123", "2026-06-01"],
            &["call me", "2026-06-01", "deactivated"],
            &["14045550123", "2026-06-0\u{e9}", "deactivated"],
        ] {
            assert!(line(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_header_says_where_the_columns_are() {
        let (columns, is_header) = of_first(&StringRecord::from(vec!["Reason", "MDN", "Date"]));
        assert!(is_header);
        assert_eq!((columns.phone, columns.on, columns.how), (1, 2, 0));
        let (columns, is_header) =
            of_first(&StringRecord::from(vec!["14045550123", "2026-06-01", "reassigned"]));
        assert!(!is_header && columns.phone == 0);
    }
}
