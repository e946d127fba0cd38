//! How long `wait` waits: for a length of time, or until a time of the day.

pub use crate::expr::{Delay, delay};

use crate::diagnostic::{Code, Diagnostic};
use crate::outline::{Reader, Span, first_word};
use jiff::civil::Time;

/// How long `wait` waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pause {
    /// So long.
    For(Delay),
    /// Until the clock next shows this time in the person's zone; an hour that daylight saving skips moves forward.
    Until(Time),
}

/// A time of the day, as files write it: `09:00`.
pub(super) fn clock(text: &str) -> Option<Time> {
    Time::strptime("%H:%M", text.trim()).ok()
}

/// Two times of the day that are not the same: `20:00 to 09:00`.
pub(super) fn from_to(text: &str) -> Option<(Time, Time)> {
    let (from, to) = text.split_once(" to ")?;
    Some((clock(from)?, clock(to)?)).filter(|(from, to)| from != to)
}

/// Reads what follows `wait`; reports what is none.
pub(super) fn pause(span: Span<'_>, reader: &mut Reader<'_>) -> Option<Pause> {
    let (word, rest) = first_word(span);
    if *word.fragment() != "until" {
        return delay(span, reader).map(Pause::For);
    }
    if let Some(time) = clock(rest.fragment()) {
        return Some(Pause::Until(time));
    }
    let place = reader.place(span);
    let message = format!("`{}` is no time of the day", rest.fragment());
    reader
        .report(Diagnostic::new(Code::BadDelay, place, message).hint("write for example `wait until 09:00`"));
    None
}
