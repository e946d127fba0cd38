//! Spanish words for numbers.

use super::NumberWords;

#[rustfmt::skip]
pub(super) const NUMBERS: NumberWords = NumberWords {
    units: &[
        ("cero", 0), ("un", 1), ("uno", 1), ("una", 1), ("dos", 2), ("tres", 3), ("cuatro", 4), ("cinco", 5),
        ("seis", 6), ("siete", 7), ("ocho", 8), ("nueve", 9), ("diez", 10), ("once", 11), ("doce", 12),
        ("trece", 13), ("catorce", 14), ("quince", 15), ("dieciseis", 16), ("diecisiete", 17),
        ("dieciocho", 18), ("diecinueve", 19), ("veinte", 20), ("veintiun", 21), ("veintiuno", 21),
        ("veintiuna", 21), ("veintidos", 22), ("veintitres", 23), ("veinticuatro", 24), ("veinticinco", 25),
        ("veintiseis", 26), ("veintisiete", 27), ("veintiocho", 28), ("veintinueve", 29),
    ],
    tens: &[
        ("treinta", 30, 9), ("cuarenta", 40, 9), ("cincuenta", 50, 9), ("sesenta", 60, 9), ("setenta", 70, 9),
        ("ochenta", 80, 9), ("noventa", 90, 9),
    ],
    hundreds: &[
        ("cien", 100), ("ciento", 100), ("doscientos", 200), ("doscientas", 200), ("trescientos", 300),
        ("trescientas", 300), ("cuatrocientos", 400), ("cuatrocientas", 400), ("quinientos", 500),
        ("quinientas", 500), ("seiscientos", 600), ("seiscientas", 600), ("setecientos", 700),
        ("setecientas", 700), ("ochocientos", 800), ("ochocientas", 800), ("novecientos", 900),
        ("novecientas", 900),
    ],
    scales: &[("mil", 1_000), ("millon", 1_000_000), ("millones", 1_000_000)],
    and_after_hundreds: &[],
    and_after_tens: &["y"],
    and_half: &["y medio", "y media"],
    minus: &["menos"],
    counts: &[("una docena", 12), ("media docena", 6), ("una decena", 10)],
    articles: &[],
    counted: &[],
    ordinals: &[
        ("primero", 1), ("primera", 1), ("primer", 1), ("segundo", 2), ("segunda", 2), ("tercero", 3),
        ("tercera", 3), ("tercer", 3), ("cuarto", 4), ("cuarta", 4), ("quinto", 5), ("quinta", 5), ("sexto", 6),
        ("sexta", 6), ("septimo", 7), ("septima", 7), ("octavo", 8), ("octava", 8), ("noveno", 9),
        ("novena", 9), ("decimo", 10), ("decima", 10), ("undecimo", 11), ("decimoprimero", 11),
        ("decimo primero", 11), ("duodecimo", 12), ("decimosegundo", 12), ("decimo segundo", 12),
        ("decimotercero", 13), ("decimo tercero", 13), ("decimocuarto", 14), ("decimo cuarto", 14),
        ("decimoquinto", 15), ("decimo quinto", 15), ("decimosexto", 16), ("decimo sexto", 16),
        ("decimoseptimo", 17), ("decimo septimo", 17), ("decimoctavo", 18), ("decimo octavo", 18),
        ("decimonoveno", 19), ("decimo noveno", 19), ("vigesimo", 20), ("vigesimo primero", 21),
        ("vigesimo segundo", 22), ("vigesimo tercero", 23), ("vigesimo cuarto", 24), ("vigesimo quinto", 25),
        ("vigesimo sexto", 26), ("vigesimo septimo", 27), ("vigesimo octavo", 28), ("vigesimo noveno", 29),
        ("trigesimo", 30), ("trigesimo primero", 31),
    ],
    // "3o" and "3a" are read only when they are typed "3º" and "3ª": an apartment is a "3a" too.
    ordinal_endings: &["o", "a", "er", "ro", "ra", "do", "da", "to", "ta", "mo", "ma", "vo", "va", "no", "na"],
    moments: &["momento", "momentito", "segundito", "ratito", "minutito", "pregunta"],
    or: &["o", "u", "a"],
    shares: &["tercio", "tercios", "cuarto", "cuartos", "quinto", "quintos", "decimo", "decimos"],
    percent: &["por ciento", "porciento", "por cien"],
    out_of: &["de", "sobre"],
    stars: &["estrella", "estrellas"],
};
