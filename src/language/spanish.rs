//! Spanish word lists.

use super::Lexicon;

pub(super) const LEXICON: Lexicon = Lexicon {
    skip: &[
        "hola", "buenas", "buenos", "dias", "tardes", "noches", "gracias", "por", "favor", "porfa",
        "porfavor",
    ],
    yes: &[
        "si",
        "s",
        "sip",
        "claro",
        "claro que si",
        "ok",
        "vale",
        "dale",
        "bueno",
        "por supuesto",
        "de acuerdo",
        "👍",
    ],
    no: &["no", "n", "nop", "no gracias", "nunca", "ahora no", "todavia no", "para nada", "👎"],
    name_lead: &["me llamo", "soy", "yo soy", "mi nombre es", "mi nombre", "llamame", "es"],
    not_a_name: &[
        "si", "no", "ok", "que", "quien", "por", "como", "cuando", "donde", "gracias", "hola", "nada",
        "nadie", "yo", "el", "la", "los", "las", "vale", "claro",
    ],
    numbers: super::spanish_numbers::NUMBERS,
    time: super::spanish_time::TIMES,
};
