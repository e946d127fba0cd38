//! The gate: the one function in front of every provider. It looks again at the moment of sending, whatever the step
//! decided when the message was written.

use super::{Standing, Status};
use crate::sms::Class;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

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
    },
    /// Never.
    Refuse(Refusal),
}

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
        (Class::OptOutConfirmation, Status::Out)
        | (Class::Help, _)
        | (Class::Reply, Status::None | Status::In) => pass(),
        (Class::Reply | Class::FollowUp | Class::Campaign, Status::Out) => Verdict::Refuse(Refusal::OptedOut),
        (Class::FollowUp | Class::Campaign, Status::None) => Verdict::Refuse(Refusal::NoConsent),
        (Class::FollowUp | Class::Campaign, Status::In) if asking.overtaken => {
            Verdict::Refuse(Refusal::Overtaken)
        }
        (Class::FollowUp | Class::Campaign, Status::In) => {
            match quiet_until(asking.quiet, asking.zone, asking.now) {
                Some(until) => Verdict::Hold { until },
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
            let held = until.map(|until| Verdict::Hold { until: until.parse().expect("a time") });
            let got = verdict(Class::FollowUp, Status::In, now);
            assert_eq!(matches!(got, Verdict::Pass(_)), held.is_none(), "{now}");
            if let Some(held) = held {
                assert_eq!(got, held, "{now}");
            }
            assert!(matches!(verdict(Class::Reply, Status::In, now), Verdict::Pass(_)), "{now}");
        }
    }
}
