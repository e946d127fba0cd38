//! `sayso read`: what one slot type reads in a text, alone.

use super::why::each_line;
use super::{Exit, Streams, Unusable};
use crate::diagnostic::nearest;
use crate::engine::{Clock, SystemClock};
use crate::language::{self, Lang};
use crate::slot::{self, Answer, Context, DateOrder, SlotType};
use crate::sms::Text;
use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

/// What reading depends on besides the text.
#[derive(Debug, Args)]
pub(super) struct Surroundings {
    /// The languages that are understood, parted by commas.
    #[arg(long, value_delimiter = ',', default_values = ["en", "fr", "es"])]
    languages: Vec<String>,
    /// The moment it is read at, such as 2026-06-01T16:00:00Z; now, if nothing is said.
    #[arg(long)]
    at: Option<String>,
    /// The time zone of the person.
    #[arg(long, default_value = "UTC")]
    zone: String,
    /// The country of numbers and amounts (two letters).
    #[arg(long, default_value = "US")]
    country: String,
    /// Dates of digits have the day first.
    #[arg(long)]
    day_first: bool,
}

/// Reads one text, or every line of the standard input where the text is `-`.
pub(super) fn read(
    kind: &str,
    surroundings: &Surroundings,
    text: &str,
    json: bool,
    streams: &mut Streams<'_>,
) -> Result<Exit, Unusable> {
    let known = || slot::ALL.into_iter().map(SlotType::name);
    let slot_type = slot::by_name(kind).ok_or_else(|| {
        let error = Unusable::new(format!("there is no slot type `{kind}`"));
        let list = format!("the types are {}", known().collect::<Vec<_>>().join(", "));
        error.hint(nearest(kind, known()).map_or(list, |near| format!("did you mean `{near}`?")))
    })?;
    let languages = languages(&surroundings.languages)?;
    let country = surroundings.country.to_uppercase();
    let context = context(surroundings, &languages, &country)?;
    each_line(text, |line| {
        let said = said(&*slot_type, line, &context);
        if json {
            writeln!(streams.out, "{said}")?;
        } else {
            let result = said["result"].as_str().unwrap_or_default();
            let detail = ["value", "why", "values"].into_iter().find_map(|key| said.get(key));
            writeln!(streams.out, "{result} {}", detail.map(ToString::to_string).unwrap_or_default())?;
        }
        Ok(())
    })?;
    Ok(Exit::Done)
}

fn languages(codes: &[String]) -> Result<Vec<Lang>, Unusable> {
    let known = || language::all().map(|lang| lang.to_string()).collect::<Vec<_>>().join(", ");
    let read = |code: &String| {
        code.trim()
            .parse::<Lang>()
            .map_err(|error| Unusable::new(error.to_string()).hint(format!("known are {}", known())))
    };
    codes.iter().map(read).collect()
}

fn context<'l>(
    surroundings: &Surroundings,
    languages: &'l [Lang],
    country: &'l str,
) -> Result<Context<'l>, Unusable> {
    let moment =
        |text: &String| text.parse::<Timestamp>().map_err(|error| Unusable::new(format!("--at: {error}")));
    Ok(Context {
        languages,
        now: surroundings.at.as_ref().map(moment).transpose()?.unwrap_or_else(|| SystemClock.now()),
        zone: TimeZone::get(&surroundings.zone).map_err(|error| Unusable::new(format!("--zone: {error}")))?,
        dates: if surroundings.day_first { DateOrder::DayFirst } else { DateOrder::MonthFirst },
        country,
    })
}

/// What was read: `result` is `value`, `invalid`, `ambiguous` or `unclear`.
fn said(slot_type: &dyn SlotType, line: &str, context: &Context<'_>) -> serde_json::Value {
    let kind = slot_type.name();
    match slot_type.read(&Text::new(line), context) {
        Answer::Value(value) => {
            json!({ "type": kind, "text": line, "result": "value", "value": value.to_string() })
        }
        Answer::Invalid(why) => json!({ "type": kind, "text": line, "result": "invalid", "why": why }),
        Answer::Ambiguous(values) => {
            let values: Vec<String> = values.iter().map(ToString::to_string).collect();
            json!({ "type": kind, "text": line, "result": "ambiguous", "values": values })
        }
        Answer::Unclear => json!({ "type": kind, "text": line, "result": "unclear" }),
    }
}
