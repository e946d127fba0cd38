//! French words for days, times of the day and lengths of time.

use super::{TimeUnit, TimeWords};

#[rustfmt::skip]
pub(super) const TIMES: TimeWords = TimeWords {
    months: &[
        &["janvier", "janv"], &["fevrier", "fevr", "fev"], &["mars"], &["avril", "avr"], &["mai"], &["juin"],
        &["juillet", "juil"], &["aout"], &["septembre", "sept"], &["octobre", "oct"], &["novembre", "nov"],
        &["decembre", "dec"],
    ],
    weekdays: &[
        &["lundi"], &["mardi"], &["mercredi"], &["jeudi"], &["vendredi"], &["samedi"], &["dimanche"],
    ],
    weekdays_short: &[&["lun"], &["mar"], &["mer"], &["jeu"], &["ven", "vend"], &["sam"], &["dim"]],
    days: &[
        ("aujourdhui", 0), ("auj", 0), ("ajd", 0), ("ce soir", 0), ("demain", 1), ("hier", -1),
        ("apres demain", 2), ("avant hier", -2), ("aujourdhui en huit", 7),
        ("demain en huit", 8),
    ],
    not_days_after: &[],
    day_lead: &["le", "pour le", "au"],
    of: &["de"],
    this: &["ce"],
    next_before: &["le prochain"],
    next_after: &["prochain", "qui vient"],
    of_next_week: &["de la semaine prochaine", "semaine prochaine", "en huit"],
    counted_from: &["depuis", "des"],
    // The nearest one, says the Academy.
    next_may_skip: false,
    last_before: &[],
    last_after: &["dernier", "passe"],
    ahead_before: &["dans", "dici"],
    ahead_after: &[],
    ago_before: &["il y a", "y a"],
    ago_after: &[],
    units: &[
        ("s", TimeUnit::Second), ("sec", TimeUnit::Second), ("seconde", TimeUnit::Second),
        ("secondes", TimeUnit::Second), ("m", TimeUnit::Minute), ("mn", TimeUnit::Minute),
        ("min", TimeUnit::Minute), ("mins", TimeUnit::Minute), ("minute", TimeUnit::Minute),
        ("minutes", TimeUnit::Minute), ("h", TimeUnit::Hour), ("heure", TimeUnit::Hour),
        ("heures", TimeUnit::Hour), ("j", TimeUnit::Day), ("jour", TimeUnit::Day), ("jours", TimeUnit::Day),
        ("journee", TimeUnit::Day), ("sem", TimeUnit::Week), ("semaine", TimeUnit::Week),
        ("semaines", TimeUnit::Week), ("mois", TimeUnit::Month), ("an", TimeUnit::Year),
        ("ans", TimeUnit::Year), ("annee", TimeUnit::Year), ("annees", TimeUnit::Year),
    ],
    lengths: &[
        ("demi heure", 1_800), ("une demi heure", 1_800), ("la demi heure", 1_800), ("demi journee", 43_200),
        ("une demi journee", 43_200), ("quart dheure", 900), ("un quart dheure", 900),
        ("trois quarts dheure", 2_700), ("trois quart dheure", 2_700),
    ],
    named_hours: &[("midi", 12), ("minuit", 0)],
    hour_lead: &["a", "vers"],
    oclock: &[],
    hours24: &["h", "heure", "heures"],
    minutes_before: &[],
    minutes_after: &[
        ("et demie", 30), ("et demi", 30), ("et quart", 15), ("moins le quart", -15), ("moins quart", -15),
    ],
    past: &[],
    to: &[],
    plus: &["et"],
    less: &["moins"],
    am: &["du matin", "ce matin", "am", "demain matin"],
    pm: &["de lapres midi", "de laprem", "du soir", "ce soir", "cet apres midi", "pm", "demain soir"],
    night: &["de la nuit", "cette nuit"],
};
