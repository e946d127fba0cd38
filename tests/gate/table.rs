//! The cases of `quiet.tsv`.

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use sayso::consent::{Asking, Known, Limits, Standing, Status, Verdict, Whereabouts, gate};
use sayso::sms::{Class, Content, Outside, Replies};

/// What the gate says of a message to somebody who has opted in, or stopped where it is the confirmation of that.
pub(crate) fn verdict(
    known: Known<'_>,
    (class, content): (Class, Content),
    quiet: Option<(Time, Time)>,
    left: &[Timestamp],
    now: Timestamp,
) -> Verdict {
    let whereabouts = Whereabouts::of(known);
    let status = if class == Class::OptOutConfirmation { Status::Out } else { Status::In };
    gate(&Asking {
        class,
        programme: &sayso::sms::ProgrammeId::main(),
        standing: &Standing { status, ..Standing::default() },
        answers_stop: false,
        overtaken: false,
        age: None,
        replies: Replies::Always,
        outside: Outside::Hold,
        limits: Limits { content, whereabouts: &whereabouts, quiet, left },
        now,
    })
}

pub(crate) fn shown(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Pass(_) => "pass".to_owned(),
        Verdict::Hold { until, why } => {
            let kind = serde_json::to_value(why.why).unwrap();
            format!("hold {until} {} {}", kind.as_str().unwrap(), why.place.as_deref().unwrap_or("brand"))
        }
        Verdict::Refuse(refusal) => format!("never {refusal:?}"),
    }
}

#[test]
fn every_case_of_the_table_is_judged_as_it_says() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in include_str!("quiet.tsv").lines().filter(|line| !line.starts_with('#')) {
        let [phone, zip, region, what, at, expected, _] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let some = |text: &'static str| (text != "-").then_some(text);
        let known = Known {
            phone: Some(phone.parse().unwrap()),
            zip: some(zip),
            region: some(region),
            zone: &TimeZone::UTC,
            country: "US",
        };
        let left = what.split_once("left=").map_or("", |(_, left)| left);
        let left: Vec<Timestamp> =
            left.split(',').filter(|at| !at.is_empty()).map(|at| at.parse().unwrap()).collect();
        let sent = match what.split(' ').next().unwrap() {
            "campaign" => (Class::Campaign, Content::Marketing),
            "service" => (Class::Campaign, Content::Service),
            "follow-up" => (Class::FollowUp, Content::Marketing),
            "reply" => (Class::Reply, Content::Marketing),
            "help" => (Class::Help, Content::Marketing),
            "confirmation" => (Class::OptOutConfirmation, Content::Marketing),
            other => panic!("{other}"),
        };
        let said = shown(&verdict(known, sent, None, &left, at.parse().unwrap()));
        if said != expected {
            wrong.push(format!("{line}\n  said: {said}"));
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 60, "{count} cases");
}
