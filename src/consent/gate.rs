//! The gate: the one function in front of every provider. It looks again at the moment of sending, whatever the step
//! decided when the message was written.

use super::{Standing, Status};
use crate::sms::Class;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

/// What the gate must know about a send.
#[derive(Debug, Clone)]
pub struct Asking<'a> {
    /// Why the message is sent.
    pub class: Class,
    /// Where the person stands now.
    pub standing: &'a Standing,
    /// Whether the provider account answers STOP by itself.
    pub answers_stop: bool,
    /// Whether the dialogue has moved on since the message was held.
    pub overtaken: bool,
    /// The brand's quiet hours, from and to, in `zone`.
    pub quiet: Option<(Time, Time)>,
    /// The person's time zone.
    pub zone: &'a TimeZone,
    /// The moment of sending.
    pub now: Timestamp,
}

/// What the gate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Send it; this is the proof.
    Pass(Pass),
    /// Not now: at that instant ask again.
    Hold {
        /// When to ask again.
        until: Timestamp,
        /// What holds it.
        by: HeldBy,
    },
    /// Never.
    Refuse(Refusal),
}

/// What holds a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldBy {
    /// The hours in which nothing may be sent.
    Hours,
    /// A text of the person that may be an opt-out, and that nobody has read yet.
    Review,
}

impl HeldBy {
    /// One word for logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Hours => "hours",
            Self::Review => "review",
        }
    }
}

/// How long a message waits that a review holds, before it is asked about again: nobody knows when it is decided.
const REVIEW_AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// Why a message was allowed: kept with it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Pass {
    /// The last ledger entry at that moment; 0 where nothing was ever said.
    pub entry: u32,
    /// When it was checked.
    pub checked_at: Timestamp,
}

/// Why a message is never sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
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
}

/// Decides about one send. Pure; the only way to a provider.
#[must_use]
pub fn gate(asking: &Asking<'_>) -> Verdict {
    let pass = || Verdict::Pass(Pass { entry: asking.standing.entries, checked_at: asking.now });
    match (asking.class, asking.standing.status) {
        (Class::OptOutConfirmation, _) if asking.answers_stop => Verdict::Refuse(Refusal::ProviderAnswers),
        // An opt-in right behind an opt-out makes its confirmation untrue.
        (Class::OptOutConfirmation, Status::In | Status::None) => Verdict::Refuse(Refusal::Overtaken),
        (Class::Reply | Class::FollowUp | Class::Campaign, Status::Out) => Verdict::Refuse(Refusal::OptedOut),
        (Class::Reply | Class::FollowUp | Class::Campaign, _) if asking.standing.unsure.is_some() => {
            let until = asking.now.checked_add(REVIEW_AGAIN).unwrap_or(Timestamp::MAX);
            Verdict::Hold { until, by: HeldBy::Review }
        }
        (Class::OptOutConfirmation, Status::Out)
        | (Class::Help, _)
        | (Class::Reply, Status::None | Status::In) => pass(),
        (Class::FollowUp | Class::Campaign, Status::None) => Verdict::Refuse(Refusal::NoConsent),
        (Class::FollowUp | Class::Campaign, Status::In) if asking.overtaken => {
            Verdict::Refuse(Refusal::Overtaken)
        }
        (Class::FollowUp | Class::Campaign, Status::In) => {
            match quiet_until(asking.quiet, asking.zone, asking.now) {
                Some(until) => Verdict::Hold { until, by: HeldBy::Hours },
                None => pass(),
            }
        }
    }
}

/// When the quiet hours end that `now` lies in, if it lies in any. A time that daylight saving skips moves forward.
#[must_use]
pub fn quiet_until(quiet: Option<(Time, Time)>, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
    let (from, to) = quiet?;
    let local = now.to_zoned(zone.clone());
    let clock = local.time();
    let overnight = from > to;
    let quiet = if overnight { clock >= from || clock < to } else { clock >= from && clock < to };
    if !quiet {
        return None;
    }
    let tomorrow = overnight && clock >= from;
    let day = if tomorrow { local.date().checked_add(1.day()).ok()? } else { local.date() };
    zone.to_ambiguous_timestamp(day.to_datetime(to)).compatible().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(class: Class, status: Status, now: &str) -> Verdict {
        let zone = TimeZone::get("America/New_York").expect("bundled");
        let standing = Standing { status, entries: 7, ..Standing::default() };
        let time = |hour| Time::constant(hour, 0, 0, 0);
        let now = now.parse().expect("a time");
        let quiet = Some((time(20), time(9)));
        gate(&Asking {
            class,
            standing: &standing,
            answers_stop: false,
            overtaken: false,
            quiet,
            zone: &zone,
            now,
        })
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
        let zone = TimeZone::UTC;
        let now: Timestamp = "2026-06-01T16:00:00Z".parse().expect("a time");
        for status in [Status::None, Status::In] {
            let unsure = Some(crate::consent::Unsure { since: now, entry: 1 });
            let standing = Standing { status, unsure, entries: 1, ..Standing::default() };
            let asking = |class| {
                gate(&Asking {
                    class,
                    standing: &standing,
                    answers_stop: false,
                    overtaken: true,
                    quiet: None,
                    zone: &zone,
                    now,
                })
            };
            for class in [Class::Reply, Class::FollowUp, Class::Campaign] {
                assert!(matches!(asking(class), Verdict::Hold { by: HeldBy::Review, .. }), "{class:?}");
            }
            assert!(matches!(asking(Class::Help), Verdict::Pass(_)));
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
            let held =
                until.map(|until| Verdict::Hold { until: until.parse().expect("a time"), by: HeldBy::Hours });
            let got = verdict(Class::FollowUp, Status::In, now);
            assert_eq!(matches!(got, Verdict::Pass(_)), held.is_none(), "{now}");
            if let Some(held) = held {
                assert_eq!(got, held, "{now}");
            }
            assert!(matches!(verdict(Class::Reply, Status::In, now), Verdict::Pass(_)), "{now}");
        }
    }
}
