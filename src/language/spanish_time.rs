//! Spanish words for days, times of the day and lengths of time.

use super::{TimeUnit, TimeWords};

#[rustfmt::skip]
pub(super) const TIMES: TimeWords = TimeWords {
    months: &[
        &["enero", "ene"], &["febrero", "feb"], &["marzo", "mar"], &["abril", "abr"], &["mayo", "may"],
        &["junio", "jun"], &["julio", "jul"], &["agosto", "ago"], &["septiembre", "setiembre", "sept", "sep"],
        &["octubre", "oct"], &["noviembre", "nov"], &["diciembre", "dic"],
    ],
    weekdays: &[
        &["lunes"], &["martes"], &["miercoles"], &["jueves"], &["viernes"], &["sabado"], &["domingo"],
    ],
    weekdays_short: &[&["lun"], &["mar"], &["mie"], &["jue"], &["vie"], &["sab"], &["dom"]],
    days: &[
        ("hoy", 0), ("esta noche", 0), ("manana", 1), ("ayer", -1), ("pasado manana", 2), ("anteayer", -2),
        ("antier", -2), ("antes de ayer", -2),
        // "Ocho días" and "quince días" count the first day too: a week, and two.
        ("hoy en ocho", 7), ("de hoy en ocho", 7), ("hoy en ocho dias", 7), ("de hoy en ocho dias", 7),
        ("hoy en quince", 14), ("de hoy en quince", 14), ("hoy en quince dias", 14), ("de hoy en quince dias", 14),
        ("manana en ocho", 8), ("de manana en ocho", 8), ("manana en ocho dias", 8), ("de manana en ocho dias", 8),
    ],
    // "La mañana" is the morning.
    not_days_after: &["la", "esta", "media", "buena"],
    day_lead: &["el", "este", "el dia", "para el"],
    of: &["de", "del"],
    this: &["este"],
    next_before: &["proximo", "el proximo", "este proximo"],
    next_after: &["proximo", "que viene", "que entra"],
    of_next_week: &[
        "de la proxima semana", "de la semana que viene", "la semana que viene", "la proxima semana", "en ocho",
        "en ocho dias",
    ],
    counted_from: &["desde"],
    // The nearest one, says the Academy.
    next_may_skip: false,
    last_before: &["el ultimo", "el pasado"],
    last_after: &["pasado"],
    ahead_before: &["en", "dentro de", "de aqui a"],
    ahead_after: &[],
    ago_before: &["hace"],
    ago_after: &["atras"],
    units: &[
        ("s", TimeUnit::Second), ("seg", TimeUnit::Second), ("segs", TimeUnit::Second),
        ("segundo", TimeUnit::Second), ("segundos", TimeUnit::Second), ("m", TimeUnit::Minute),
        ("min", TimeUnit::Minute), ("mins", TimeUnit::Minute), ("minuto", TimeUnit::Minute),
        ("minutos", TimeUnit::Minute), ("h", TimeUnit::Hour), ("hr", TimeUnit::Hour), ("hrs", TimeUnit::Hour),
        ("hs", TimeUnit::Hour), ("hora", TimeUnit::Hour), ("horas", TimeUnit::Hour), ("d", TimeUnit::Day),
        ("dia", TimeUnit::Day), ("dias", TimeUnit::Day), ("sem", TimeUnit::Week), ("semana", TimeUnit::Week),
        ("semanas", TimeUnit::Week), ("mes", TimeUnit::Month), ("meses", TimeUnit::Month),
        ("ano", TimeUnit::Year), ("anos", TimeUnit::Year),
    ],
    lengths: &[
        ("media hora", 1_800), ("hora y media", 5_400), ("medio dia", 43_200), ("cuarto de hora", 900),
        ("un cuarto de hora", 900), ("tres cuartos de hora", 2_700),
    ],
    named_hours: &[
        ("mediodia", 12), ("el mediodia", 12), ("medio dia", 12), ("medianoche", 0), ("media noche", 0),
        ("doce del mediodia", 12), ("doce de la noche", 0),
    ],
    hour_lead: &["a las", "a la", "las", "la", "como a las", "sobre las", "para las"],
    oclock: &["en punto"],
    hours24: &["h", "hs", "hrs", "horas"],
    minutes_before: &[
        ("cuarto para las", -15), ("un cuarto para las", -15), ("cuarto para la", -15),
        ("un cuarto para la", -15),
    ],
    minutes_after: &[("y media", 30), ("y cuarto", 15), ("y un cuarto", 15), ("menos cuarto", -15)],
    past: &[],
    to: &["para las", "para la"],
    plus: &["y", "con"],
    less: &["menos"],
    am: &["de la manana", "de la madrugada", "am", "a m", "por la manana"],
    pm: &["de la tarde", "del mediodia", "pm", "p m", "por la tarde"],
    night: &["de la noche", "por la noche"],
};
