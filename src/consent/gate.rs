//! The gate: the one function in front of every provider. It looks again at the moment of sending, whatever the step
//! decided when the message was written.

use super::hours;
use super::whereabouts::{Whereabouts, ZoneSource};
use super::{Standing, Status};
use crate::sms::{Class, Content, Outside, ProgrammeId, Replies};
use jiff::civil::Time;
use jiff::{SignedDuration, Timestamp, Zoned};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What the gate must know about a send.
#[derive(Debug, Clone)]
pub struct Asking<'a> {
    /// Why the message is sent.
    pub class: Class,
    /// The programme that it belongs to.
    pub programme: &'a ProgrammeId,
    /// Where the person stands now.
    pub standing: &'a Standing,
    /// Whether the provider account answers STOP by itself.
    pub answers_stop: bool,
    /// Whether the dialogue has moved on since the message was held.
    pub overtaken: bool,
    /// The age, in years, that a person must have shown before the brand begins anything.
    pub age: Option<u8>,
    /// Whether answers to a person's own texts keep hours and caps.
    pub replies: Replies,
    /// What becomes of a message that may not leave yet.
    pub outside: Outside,
    /// When and how often messages may leave.
    pub limits: Limits<'a>,
    /// The moment of sending.
    pub now: Timestamp,
}

/// What says when, and how often, something may leave.
#[derive(Debug, Clone, Copy)]
pub struct Limits<'a> {
    /// What it is about.
    pub content: Content,
    /// Where the person may be.
    pub whereabouts: &'a Whereabouts,
    /// Hours in which the brand does not write first, from and to, on the person's clock: beside those of the law.
    pub quiet: Option<(Time, Time)>,
    /// When messages left that count, oldest first: at least the last [`LEFT_MAX`].
    pub left: &'a [Timestamp],
}

/// Messages of one person whose moments are kept for counting: more than any law counts.
pub const LEFT_MAX: usize = 8;

/// What the gate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Send it; this is the proof.
    Pass(Pass),
    /// Not now: at that instant ask again.
    Hold {
        /// When to ask again.
        until: Timestamp,
        /// What is in the way.
        why: Obstacle,
    },
    /// Never.
    Refuse(Refusal),
}

/// How long a message waits that a review holds, before it is asked about again: nobody knows when it is decided.
const REVIEW_AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// Why a message was allowed: kept with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pass {
    /// The last ledger entry at that moment; 0 where nothing was ever said.
    pub entry: u32,
    /// When it was checked.
    pub checked_at: Timestamp,
    /// What the person's clock showed, in every time zone in which they may be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub local: Vec<Zoned>,
    /// How these zones are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<ZoneSource>,
    /// Whether it counts for caps.
    #[serde(default)]
    pub counts: bool,
}

/// What is in the way of a message.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Obstacle {
    /// What kind of rule.
    pub why: Why,
    /// The country or state of which it is: `US-FL`; `*` is everywhere else. The brand's own where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

/// A kind of rule that messages wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The hour of the day.
    Hours,
    /// Nothing leaves on Sundays.
    Sunday,
    /// Nothing leaves on public holidays.
    Holiday,
    /// The brand's own quiet hours.
    Quiet,
    /// As many messages have left as may.
    Cap,
    /// A text of the person that may be an opt-out, and that nobody has read yet.
    Review,
}

impl Why {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Hours, Self::Sunday, Self::Holiday, Self::Quiet, Self::Cap, Self::Review];

    /// One word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Hours => "hours",
            Self::Sunday => "sunday",
            Self::Holiday => "holiday",
            Self::Quiet => "quiet",
            Self::Cap => "cap",
            Self::Review => "review",
        }
    }

    /// As it stands in a sentence.
    fn words(self) -> &'static str {
        match self {
            Self::Hours => "an hour at which nothing may leave",
            Self::Sunday => "a Sunday",
            Self::Holiday => "a public holiday",
            Self::Quiet => "the brand's quiet hours",
            Self::Cap => "a cap",
            Self::Review => "a text that nobody has read yet",
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match self.place.as_deref() {
            None => "the brand",
            Some("US-?") => "any state where they may be",
            Some("*") => "everywhere",
            Some(place) => place,
        };
        match self.why {
            Why::Hours => write!(f, "outside the hours of {place}"),
            Why::Sunday => write!(f, "nothing leaves on Sundays by the rules of {place}"),
            Why::Holiday => write!(f, "nothing leaves on public holidays by the rules of {place}"),
            Why::Quiet => f.write_str("in the brand's quiet hours"),
            Why::Review => f.write_str("a text that may be an opt-out waits to be read"),
            Why::Cap => write!(f, "as many have left as the rules of {place} allow"),
        }
    }
}

/// Why a message is never sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// The person has opted out.
    OptedOut,
    /// The person never opted in, and this is no direct answer.
    NoConsent,
    /// The provider answers STOP itself; a second confirmation is one too many (47 CFR 64.1200(a)(12)).
    ProviderAnswers,
    /// The dialogue has moved on while the message was held.
    Overtaken,
    /// The brand's content is for an age that the person has not shown to have reached.
    NotOfAge,
    /// It could not leave at its moment for this, and the brand wants nothing late.
    Outside(Why),
}

impl Refusal {
    /// The words of [`Refusal::name`].
    pub const NAMES: [&str; 6] =
        ["opted-out", "no-consent", "provider-answers", "overtaken", "not-of-age", "outside"];

    /// One word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OptedOut => "opted-out",
            Self::NoConsent => "no-consent",
            Self::ProviderAnswers => "provider-answers",
            Self::Overtaken => "overtaken",
            Self::NotOfAge => "not-of-age",
            Self::Outside(_) => "outside",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OptedOut => f.write_str("the person has opted out"),
            Self::NoConsent => f.write_str("the person never opted in, and this answers nothing"),
            Self::ProviderAnswers => f.write_str("the provider confirms the opt-out itself"),
            Self::Overtaken => f.write_str("the dialogue has moved on while it was held"),
            Self::NotOfAge => {
                f.write_str("the person has not shown to be of the age that the brand asks for")
            }
            Self::Outside(why) => write!(f, "the brand wants nothing late, and it met {}", why.words()),
        }
    }
}

/// Decides about one send. Pure; the only way to a provider. O(zones in which the person may be × their rules): one zone and
/// two rules mostly.
#[must_use]
pub fn gate(asking: &Asking<'_>) -> Verdict {
    let refuse = Verdict::Refuse;
    let status = asking.standing.towards(asking.programme, asking.limits.content);
    match (asking.class, status) {
        (Class::OptOutConfirmation, _) if asking.answers_stop => refuse(Refusal::ProviderAnswers),
        // An opt-in right behind an opt-out makes its confirmation untrue.
        (Class::OptOutConfirmation, _) if !asking.standing.is_stopped() => refuse(Refusal::Overtaken),
        (Class::OptOutConfirmation | Class::Help, _) => pass(asking, false),
        (Class::Reply | Class::FollowUp | Class::Campaign, Status::Out) => refuse(Refusal::OptedOut),
        (Class::Reply | Class::FollowUp | Class::Campaign, _) if asking.standing.unsure.is_some() => {
            let until = asking.now.checked_add(REVIEW_AGAIN).unwrap_or(Timestamp::MAX);
            Verdict::Hold { until, why: Obstacle { why: Why::Review, place: None } }
        }
        (Class::Reply, Status::None | Status::In) => match asking.replies {
            Replies::Always => pass(asking, false),
            Replies::Limited => limited(asking),
        },
        (Class::FollowUp | Class::Campaign, Status::None) => refuse(Refusal::NoConsent),
        (Class::FollowUp | Class::Campaign, Status::In) if asking.overtaken => refuse(Refusal::Overtaken),
        (Class::FollowUp | Class::Campaign, Status::In) if !asking.standing.is_of_age(asking.age) => {
            refuse(Refusal::NotOfAge)
        }
        (Class::FollowUp | Class::Campaign, Status::In) => limited(asking),
    }
}

fn pass(asking: &Asking<'_>, counts: bool) -> Verdict {
    let whereabouts = asking.limits.whereabouts;
    Verdict::Pass(Pass {
        entry: asking.standing.entries,
        checked_at: asking.now,
        local: whereabouts.local(asking.now),
        zone: Some(whereabouts.source),
        counts,
    })
}

/// What keeps hours and caps.
fn limited(asking: &Asking<'_>) -> Verdict {
    match (asking.limits.blocked(asking.now), asking.outside) {
        (None, _) => pass(asking, asking.limits.content == Content::Marketing),
        (Some((until, why)), Outside::Hold) => Verdict::Hold { until, why },
        (Some((_, obstacle)), Outside::Drop) => Verdict::Refuse(Refusal::Outside(obstacle.why)),
    }
}

/// How far ahead the first lawful instant is looked for; then the gate is asked again.
const AHEAD_MAX: SignedDuration = SignedDuration::from_hours(24 * 14);

impl Limits<'_> {
    /// The first instant at which everything allows a message to leave, wherever the person may be, and what is in the way
    /// now; `None` where nothing is. Each rule moves the instant ahead to where it allows it, until none does: O(days × rules).
    #[must_use]
    pub fn blocked(&self, now: Timestamp) -> Option<(Timestamp, Obstacle)> {
        let (mut until, why, place) = self.next(now)?;
        let end = now.checked_add(AHEAD_MAX).unwrap_or(Timestamp::MAX);
        while let Some((later, ..)) = self.next(until).filter(|_| until < end) {
            until = later;
        }
        Some((until.min(end), Obstacle { why, place: place.map(str::to_owned) }))
    }

    /// Until when one of the rules blocks, if one does.
    fn next(&self, at: Timestamp) -> Option<(Timestamp, Why, Option<&'static str>)> {
        for spot in self.whereabouts.spots() {
            for (place, row) in spot.rows.iter().filter(|(_, row)| row.is_about(self.content)) {
                if let Some((until, why)) = row.blocks(spot.zone(), at) {
                    return Some((until, why, Some(place)));
                }
                if let Some(until) = row.cap.and_then(|cap| cap.blocks(self.left, at)) {
                    return Some((until, Why::Cap, Some(place)));
                }
            }
            let quiet = self.quiet.and_then(|quiet| hours::quiet_until(quiet, spot.zone(), at));
            if let Some(until) = quiet {
                return Some((until, Why::Quiet, None));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consent::Known;
    use jiff::tz::TimeZone;

    fn georgia() -> Whereabouts {
        let known = Known {
            phone: "+14045550123".parse().ok(),
            zip: None,
            region: None,
            zone: &TimeZone::UTC,
            country: "US",
        };
        Whereabouts::of(known)
    }

    fn asked(change: impl FnOnce(&mut Asking<'_>), status: Status, now: &str) -> Verdict {
        let standing = Standing { status, entries: 7, ..Standing::default() };
        let time = |hour| Time::constant(hour, 0, 0, 0);
        let whereabouts = georgia();
        let quiet = Some((time(20), time(9)));
        let mut asking = Asking {
            class: Class::FollowUp,
            programme: &ProgrammeId::main(),
            standing: &standing,
            answers_stop: false,
            overtaken: false,
            age: None,
            replies: Replies::Always,
            outside: Outside::Hold,
            limits: Limits { content: Content::Marketing, whereabouts: &whereabouts, quiet, left: &[] },
            now: now.parse().expect("a time"),
        };
        change(&mut asking);
        gate(&asking)
    }

    fn verdict(class: Class, status: Status, now: &str) -> Verdict {
        asked(|asking| asking.class = class, status, now)
    }

    #[test]
    fn nothing_but_the_confirmation_and_help_passes_after_stop() {
        let noon = "2026-06-01T16:00:00Z";
        for class in [Class::Reply, Class::FollowUp, Class::Campaign] {
            assert_eq!(verdict(class, Status::Out, noon), Verdict::Refuse(Refusal::OptedOut));
        }
        for class in [Class::OptOutConfirmation, Class::Help] {
            assert!(matches!(verdict(class, Status::Out, noon), Verdict::Pass(Pass { entry: 7, .. })));
        }
    }

    #[test]
    fn a_text_that_may_be_an_opt_out_holds_everything_but_help() {
        let noon = "2026-06-01T16:00:00Z";
        for status in [Status::None, Status::In] {
            let since = noon.parse().expect("a time");
            let unsure = Some(crate::consent::Unsure { since, entry: 1 });
            let standing = Standing { status, unsure, entries: 1, ..Standing::default() };
            for class in [Class::Reply, Class::FollowUp, Class::Campaign, Class::Help] {
                let mut read = None;
                let change = |asking: &mut Asking<'_>| {
                    read = Some(gate(&Asking { class, standing: &standing, ..asking.clone() }));
                };
                asked(change, status, noon);
                let held = matches!(&read, Some(Verdict::Hold { why, .. }) if why.why == Why::Review);
                assert_eq!(held, class != Class::Help, "{class:?}: {read:?}");
            }
        }
    }

    #[test]
    fn an_opt_out_of_a_part_refuses_that_part_and_no_other() {
        let (main, deals) = (ProgrammeId::main(), ProgrammeId::from("deals"));
        let noon = "2026-06-01T16:00:00Z";
        let programmes = [(main.clone(), Status::In), (deals.clone(), Status::Out)].into();
        let of_programme = Standing {
            status: Status::In,
            parts: crate::consent::Parts { programmes, ..Default::default() },
            ..Standing::default()
        };
        let of_marketing = Standing {
            status: Status::In,
            parts: crate::consent::Parts { no_marketing: true, ..Default::default() },
            ..Standing::default()
        };
        let news = ProgrammeId::from("news");
        for (standing, programme, content, expected) in [
            (&of_programme, &main, Content::Marketing, None),
            (&of_programme, &deals, Content::Service, Some(Refusal::OptedOut)),
            (&of_programme, &news, Content::Service, Some(Refusal::NoConsent)),
            (&of_marketing, &main, Content::Service, None),
            (&of_marketing, &main, Content::Marketing, Some(Refusal::OptedOut)),
        ] {
            let mut read = None;
            asked(
                |asking| {
                    let limits = Limits { content, ..asking.limits };
                    read = Some(gate(&Asking { programme, standing, limits, ..asking.clone() }));
                },
                Status::In,
                noon,
            );
            let refused = if let Some(Verdict::Refuse(refusal)) = read { Some(refusal) } else { None };
            assert_eq!(refused, expected, "{programme} {content:?}");
        }
    }

    #[test]
    fn nobody_is_written_to_who_has_not_said_so() {
        let noon = "2026-06-01T16:00:00Z";
        assert!(matches!(verdict(Class::Reply, Status::None, noon), Verdict::Pass(_)));
        for class in [Class::FollowUp, Class::Campaign] {
            assert_eq!(verdict(class, Status::None, noon), Verdict::Refuse(Refusal::NoConsent));
        }
    }

    #[test]
    fn the_night_holds_what_the_brand_begins_and_lets_answers_pass() {
        let cases = [
            ("2026-06-02T00:30:00Z", Some("2026-06-02T13:00:00Z")), // 20:30 in New York
            ("2026-06-02T12:59:00Z", Some("2026-06-02T13:00:00Z")), // 08:59
            ("2026-06-02T13:00:00Z", None),                         // 09:00
            ("2026-11-01T04:30:00Z", Some("2026-11-01T14:00:00Z")), // the night the clocks go back
        ];
        for (now, until) in cases {
            let got = verdict(Class::FollowUp, Status::In, now);
            let held = if let Verdict::Hold { until, .. } = &got { Some(until.to_string()) } else { None };
            assert_eq!(held.as_deref(), until, "{now}: {got:?}");
            assert!(matches!(verdict(Class::Reply, Status::In, now), Verdict::Pass(_)), "{now}");
        }
    }

    #[test]
    fn a_brand_may_limit_its_answers_and_drop_what_is_late() {
        let night = "2026-06-02T03:30:00Z";
        let limited = asked(
            |asking| (asking.class, asking.replies) = (Class::Reply, Replies::Limited),
            Status::None,
            night,
        );
        assert!(matches!(limited, Verdict::Hold { .. }), "{limited:?}");
        let dropped = asked(|asking| asking.outside = Outside::Drop, Status::In, night);
        assert_eq!(dropped, Verdict::Refuse(Refusal::Outside(Why::Hours)));
    }

    #[test]
    fn nothing_begins_before_an_age_is_shown() {
        let noon = "2026-06-01T16:00:00Z";
        let of = |age| asked(|asking| asking.age = age, Status::In, noon);
        assert_eq!(of(Some(21)), Verdict::Refuse(Refusal::NotOfAge));
        assert!(matches!(of(None), Verdict::Pass(_)));
    }

    #[test]
    fn the_proof_names_the_clock_and_how_it_is_known() {
        let Verdict::Pass(pass) = verdict(Class::Campaign, Status::In, "2026-06-01T16:00:00Z") else {
            panic!()
        };
        let local: Vec<String> = pass.local.iter().map(ToString::to_string).collect();
        assert_eq!(local, ["2026-06-01T12:00:00-04:00[America/New_York]"]);
        assert_eq!((pass.zone, pass.counts), (Some(ZoneSource::Prefix), true));
    }

    #[test]
    fn hours_that_leave_no_room_are_asked_about_again_in_a_fortnight() {
        let time = |hour| Time::constant(hour, 0, 0, 0);
        let never = Some((time(7), time(22)));
        let held = asked(|asking| asking.limits.quiet = never, Status::In, "2026-06-01T16:00:00Z");
        let Verdict::Hold { until, .. } = held else { panic!("{held:?}") };
        assert_eq!(until.to_string(), "2026-06-15T16:00:00Z");
    }
}
