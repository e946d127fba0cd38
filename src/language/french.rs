//! French word lists.

use super::Lexicon;

// Filled lines: one word a line would be pages.
#[rustfmt::skip]
pub(super) const LEXICON: Lexicon = Lexicon {
    skip: &["bonjour", "bonsoir", "salut", "coucou", "merci", "svp", "stp", "sil", "vous", "te", "plait"],
    yes: &[
        "oui", "o", "ouais", "ouai", "ok", "daccord", "dac", "bien sur", "volontiers", "avec plaisir", "si",
        "👍", "ouep", "ouaip", "yep", "okay", "oki", "d accord", "oui d accord", "absolument", "exactement",
        "tout a fait", "carrement", "certainement", "evidemment", "pourquoi pas", "bien sur que oui",
        "mais oui", "oui bien sur", "ca marche", "ca me va", "allez y", "vas y", "je veux bien", "parfait",
        "entendu", "bien entendu", "avec joie", "yes", "c est ca", "cest ca", "oui je veux",
    ],
    no: &[
        "non", "n", "nan", "non merci", "jamais", "pas maintenant", "pas question", "👎", "nope", "no",
        "nan merci", "pas du tout", "absolument pas", "certainement pas", "surement pas", "bien sur que non",
        "mais non", "non pas du tout", "pas vraiment", "pas aujourdhui", "pas encore", "pas moi",
        "je ne veux pas", "je veux pas", "non je ne veux pas", "pas interesse", "pas interessee",
        "hors de question", "negatif", "en aucun cas", "plus maintenant",
    ],
    maybe: &[
        "peut etre", "peutetre", "peut etre bien", "pt etre", "ptetre", "ptet", "je ne sais pas",
        "je sais pas", "je ne sais pas encore", "je sais pas encore", "chais pas", "jsais pas", "jsp",
        "sais pas", "aucune idee", "pas sur", "pas sure", "je ne suis pas sur", "je ne suis pas sure",
        "je suis pas sur", "je suis pas sure", "pas certain", "pas certaine", "ca depend", "cela depend",
        "on verra", "je verrai", "possible", "cest possible", "c est possible", "possiblement",
        "probablement", "sans doute", "eventuellement", "bof", "🤷",
    ],
    name_lead: &[
        "je mappelle", "je m appelle", "je suis", "moi cest", "cest", "mon nom est", "mon prenom est",
        "appelez moi", "appelle moi", "moi c est", "c est", "c est moi", "cest moi", "moi je mappelle",
        "je me nomme", "je me prenomme", "mon prenom", "mon nom", "prenom", "nom", "mon prenom cest",
        "mon nom cest", "on mappelle", "on m appelle", "tu peux mappeler", "vous pouvez mappeler", "moi",
    ],
    name_tail: &[
        "ici", "a lappareil", "a l appareil", "enchante", "enchantee", "est mon prenom", "est mon nom",
        "cest mon prenom", "cest mon nom", "et vous", "et toi", "pour vous servir",
    ],
    not_a_name: &[
        "oui", "non", "ok", "quoi", "qui", "pourquoi", "comment", "quand", "ou", "merci", "bonjour", "salut",
        "je", "rien", "personne", "pas", "le", "la", "les", "ouais", "nan", "si", "ne", "veux", "veut",
        "voulez", "voudrais", "peux", "peut", "suis", "es", "est", "etes", "sommes", "sont", "ai", "as",
        "avez", "avons", "ont", "cest", "jai", "jaime", "tu", "il", "elle", "on", "nous", "vous", "ils",
        "elles", "me", "te", "se", "moi", "toi", "lui", "leur", "mon", "ma", "mes", "ton", "ta", "tes",
        "son", "sa", "ses", "notre", "votre", "vos", "ce", "cet", "cette", "ces", "ca", "cela", "un", "une",
        "des", "aux", "au", "et", "mais", "donc", "car", "dans", "sur", "sous", "avec", "sans", "pour",
        "par", "chez", "vers", "entre", "que", "quel", "quelle", "quels", "quelles", "quest", "qu", "plus",
        "moins", "tres", "trop", "bien", "mal", "bon", "bonne", "encore", "deja", "jamais", "toujours",
        "maintenant", "aujourdhui", "demain", "hier", "sais", "savoir", "dire", "dis", "dites", "donne",
        "donner", "donnerai", "faire", "fait", "fais", "aller", "vais", "va", "allez", "vient", "viens",
        "veuillez", "arret", "arrete", "arretez", "stop", "aide", "desabonner", "inscrire", "inscription",
        "message", "messages", "sms", "numero", "nom", "prenom", "svp", "stp", "desole", "desolee", "occupe",
        "occupee", "malade", "fatigue", "fatiguee", "conduis", "volant", "quelquun", "quelqu", "chose",
        "tout", "tous", "toute", "toutes", "aucun", "aucune", "anonyme", "secret", "mdr", "lol", "ptdr",
        "bof", "euh", "ah", "oh", "bah", "point", "etre",
    ],
    place_lead: &[
        "a", "au", "aux", "en", "dans", "de", "du", "des", "vers", "pres de", "j habite", "jhabite",
        "j habite a", "jhabite a", "j habite au", "jhabite au", "j habite en", "jhabite en", "j habite dans",
        "jhabite dans", "j habite pres de", "jhabite pres de", "je vis a", "je vis en", "je vis au",
        "je vis dans", "je suis a", "je suis en", "je suis au", "je suis de", "je viens de", "je viens du",
        "on habite a", "on habite en", "nous habitons a", "nous habitons en", "ma ville est",
        "ma ville cest", "ma ville", "ville", "ma region est", "ma region cest", "ma region", "region",
    ],
    numbers: super::french_numbers::NUMBERS,
    time: super::french_time::TIMES,
};
