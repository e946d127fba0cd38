//! French word lists.

use super::Lexicon;

pub(super) const LEXICON: Lexicon = Lexicon {
    skip: &["bonjour", "bonsoir", "salut", "coucou", "merci", "svp", "stp", "sil", "vous", "te", "plait"],
    yes: &[
        "oui",
        "o",
        "ouais",
        "ouai",
        "ok",
        "daccord",
        "dac",
        "bien sur",
        "volontiers",
        "avec plaisir",
        "si",
        "👍",
    ],
    no: &["non", "n", "nan", "non merci", "jamais", "pas maintenant", "pas question", "👎"],
    name_lead: &[
        "je mappelle",
        "je m appelle",
        "je suis",
        "moi cest",
        "cest",
        "mon nom est",
        "mon prenom est",
        "appelez moi",
        "appelle moi",
    ],
    not_a_name: &[
        "oui", "non", "ok", "quoi", "qui", "pourquoi", "comment", "quand", "ou", "merci", "bonjour", "salut",
        "je", "rien", "personne", "pas", "le", "la", "les",
    ],
    numbers: super::french_numbers::NUMBERS,
    time: super::french_time::TIMES,
};
