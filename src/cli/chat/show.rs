//! What the prompt shows of a dialogue: where it stands, what is known, the ledger, the reasons.

use crate::bot::{Awaited, Bot};
use crate::consent::LedgerEntry;
use crate::dialogue::{Errand, Record};
use crate::expr::shown;
use crate::simulator::{Delivered, SimulationError};
use crate::sms::encoding::{Alphabet, GSM7_ONE, UCS2_ONE, cost};
use crate::store::{Row, RowState, Scanned, Table};
use crate::transcript::{Reasons, Session};
use jiff::Timestamp;

/// A name and a value a line.
pub(super) type Rows = Vec<(String, String)>;

fn row(rows: &mut Rows, name: &str, value: impl Into<String>) {
    rows.push((name.to_owned(), value.into()));
}

/// A moment in the brand's zone.
pub(super) fn moment(bot: &Bot, at: Timestamp) -> String {
    at.to_zoned(bot.zone.clone()).strftime("%a %Y-%m-%d %H:%M:%S %Z").to_string().replace(":00 ", " ")
}

/// Where the dialogue stands.
pub(super) async fn state(session: &Session) -> Result<Rows, SimulationError> {
    let (bot, record) = (session.bot(), session.record().await?);
    let person = &record.person;
    let mut rows = Rows::new();
    row(&mut rows, "time", moment(bot, session.now()));
    row(&mut rows, "person", session.phone().to_string());
    row(&mut rows, "consent", person.standing.status.to_string());
    row(&mut rows, "language", person.language.unwrap_or_else(|| bot.first_language()).to_string());
    for stood in record.stack.iter().rev() {
        let path = format!("{}.{}", stood.flow, stood.node);
        let what = bot.node_at(&path).and_then(|node| bot.node(node).wait.as_ref());
        let what = what.map_or("moved here by an edit".to_owned(), |wait| awaited(bot, &wait.what));
        let until = stood.until.map(|until| format!(", until {}", moment(bot, until))).unwrap_or_default();
        let tries = if stood.tries == 0 { String::new() } else { format!(", bad answers: {}", stood.tries) };
        row(&mut rows, "at", format!("{path}: {what}{until}{tries}"));
    }
    if record.stack.is_empty() {
        row(&mut rows, "at", "nothing");
    }
    for timer in &person.timers {
        row(&mut rows, "timer", format!("rings {}", moment(bot, timer.due)));
    }
    for start in &person.starts {
        let until = moment(bot, start.timer.due);
        row(&mut rows, "campaign", format!("{} waits for the dialogue's end, until {until}", start.flow));
    }
    if person.human {
        row(&mut rows, "human", person.team.as_deref().unwrap_or("has taken over"));
    }
    if let Some(flow) = &person.offered {
        row(&mut rows, "offered", format!("to leave for {flow}"));
    }
    let key = |row: &Row| row.key.phone == session.phone();
    for item in session.all(Table::Outbox).await? {
        if let Scanned::Row(message) = item
            && key(&message)
        {
            row(&mut rows, "outbox", outgoing(bot, &message));
        }
    }
    Ok(rows)
}

/// What a node waits for, in a few words.
fn awaited(bot: &Bot, what: &Awaited) -> String {
    match what {
        Awaited::Field(field) => format!("asks for {}", bot.field(*field).name),
        Awaited::Option { .. } => "offers a choice".to_owned(),
        Awaited::Vote { name, .. } => format!("takes a vote on {name}"),
        Awaited::Consent => "asks for consent".to_owned(),
        Awaited::Age(years) => format!("asks for an age of at least {years}"),
        Awaited::Pause(_) => "lets time pass".to_owned(),
        Awaited::Flow(flow) => format!("waits for the flow {}", bot.flow(*flow).name),
        Awaited::Draw(contest) => format!("draws in the contest {}", contest.name),
        Awaited::Lookup(lookup) => format!("waits for the lookup {}", lookup.name),
        Awaited::Human(team) => format!("waits for the team {}", team.name),
    }
}

fn outgoing(bot: &Bot, row: &Row) -> String {
    let what = match &row.errand {
        Errand::Send(send) => format!("{:?}", send.body),
        Errand::Lookup(lookup) => format!("the lookup {}", lookup.name),
        Errand::Notify(notify) => format!("the webhook {}", notify.name),
    };
    match &row.state {
        RowState::Pending => format!("{what}, due {}, tries so far: {}", moment(bot, row.due), row.attempts),
        RowState::Held => format!("{what}, held until {}", moment(bot, row.due)),
        RowState::Sending => format!("{what}, being sent"),
        RowState::Unknown { why } => format!("{what}, nobody knows whether it left: {why}"),
        RowState::Dead { why } => format!("{what}, never sent: {why:?}"),
    }
}

/// What is known about a person.
pub(super) fn data(bot: &Bot, record: &Record) -> Rows {
    let person = &record.person;
    let language = person.language.unwrap_or_else(|| bot.first_language());
    let mut rows = Rows::new();
    for (name, value) in &person.fields {
        let (stored, read) = (value.to_string(), shown(value, language));
        let read = if stored == read { String::new() } else { format!(" ({read})") };
        row(&mut rows, name, format!("{stored}{read}"));
    }
    person.tags.iter().for_each(|tag| row(&mut rows, "tag", tag.as_str()));
    person.votes.iter().for_each(|(vote, option)| row(&mut rows, "vote", format!("{vote}: {option}")));
    person
        .entries
        .iter()
        .for_each(|(name, count)| row(&mut rows, "contest", format!("{name}: {}", count.count)));
    person.arms.iter().for_each(|(split, arm)| row(&mut rows, "arm", format!("{split}: {arm}")));
    rows
}

/// A person's consent ledger.
pub(super) async fn consent(session: &Session) -> Result<Rows, SimulationError> {
    let record = session.record().await?;
    let standing = &record.person.standing;
    let since = standing.since.map(|since| format!(", since {}", moment(session.bot(), since)));
    let mut rows = vec![("consent".to_owned(), format!("{}{}", standing.status, since.unwrap_or_default()))];
    for (programme, status) in &standing.parts.programmes {
        row(&mut rows, programme.as_str(), status.to_string());
    }
    if standing.parts.no_marketing {
        row(&mut rows, "marketing", "out");
    }
    for item in session.all(Table::Consents).await? {
        if let Scanned::Consent { key, entry, .. } = item
            && key.phone == session.phone()
        {
            entered(session.bot(), &entry, &mut rows);
        }
    }
    Ok(rows)
}

fn entered(bot: &Bot, entry: &LedgerEntry, rows: &mut Rows) {
    let at = moment(bot, entry.at);
    row(rows, &entry.number.to_string(), format!("{} by {} ({}), {at}", entry.change, entry.how, entry.rule));
    let words = [("shown", &entry.shown), ("received", &entry.received)];
    for (name, said) in words {
        if let Some(said) = said {
            row(rows, name, format!("{said:?}"));
        }
    }
}

/// Why the last turn went as it did.
pub(super) fn why(reasons: &Reasons) -> Rows {
    let mut rows = Rows::new();
    if let Some(why) = &reasons.text {
        row(&mut rows, "text", format!("{:?} is {}", why.text, why.kind));
        why.lines().into_iter().for_each(|(name, value)| row(&mut rows, name, value));
    }
    reasons.walked.iter().for_each(|(name, value)| row(&mut rows, name, value.as_str()));
    rows
}

/// What a message costs: its parts, the alphabet, how full the first part is, and what made it dear.
pub(super) fn price(message: &Delivered) -> String {
    let cost = cost(&message.text);
    let parts = super::super::many(cost.parts, "part");
    let (alphabet, one) = match cost.alphabet {
        Alphabet::Gsm7 => ("GSM-7", GSM7_ONE),
        Alphabet::Ucs2 => ("UCS-2", UCS2_ONE),
    };
    let outside = cost.outside.map(|sign| format!(" because of {sign:?}")).unwrap_or_default();
    format!("{parts}, {alphabet}{outside}, {} of {one}", cost.units)
}
