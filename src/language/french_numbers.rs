//! French words for numbers.

use super::NumberWords;

#[rustfmt::skip]
pub(super) const NUMBERS: NumberWords = NumberWords {
    units: &[
        ("zero", 0), ("un", 1), ("une", 1), ("deux", 2), ("trois", 3), ("quatre", 4), ("cinq", 5), ("six", 6),
        ("sept", 7), ("huit", 8), ("neuf", 9), ("dix", 10), ("onze", 11), ("douze", 12), ("treize", 13),
        ("quatorze", 14), ("quinze", 15), ("seize", 16), ("dix sept", 17), ("dix huit", 18), ("dix neuf", 19),
    ],
    // Belgium and Switzerland have words for 70, 80 and 90; France counts on by scores.
    tens: &[
        ("vingt", 20, 9), ("trente", 30, 9), ("quarante", 40, 9), ("cinquante", 50, 9), ("soixante", 60, 19),
        ("septante", 70, 9), ("quatre vingt", 80, 19), ("quatre vingts", 80, 0), ("huitante", 80, 9),
        ("octante", 80, 9), ("nonante", 90, 9),
    ],
    hundreds: &[
        ("cent", 100), ("deux cent", 200), ("deux cents", 200), ("trois cent", 300), ("trois cents", 300),
        ("quatre cent", 400), ("quatre cents", 400), ("cinq cent", 500), ("cinq cents", 500), ("six cent", 600),
        ("six cents", 600), ("sept cent", 700), ("sept cents", 700), ("huit cent", 800), ("huit cents", 800),
        ("neuf cent", 900), ("neuf cents", 900),
    ],
    scales: &[
        ("mille", 1_000), ("million", 1_000_000), ("millions", 1_000_000), ("milliard", 1_000_000_000),
        ("milliards", 1_000_000_000),
    ],
    and_after_hundreds: &[],
    and_after_tens: &["et"],
    and_half: &["et demi", "et demie"],
    minus: &["moins"],
    counts: &[
        ("une dizaine", 10), ("une douzaine", 12), ("une demi douzaine", 6), ("une quinzaine", 15),
        ("une vingtaine", 20), ("une centaine", 100),
    ],
    articles: &[],
    counted: &[],
    ordinals: &[
        ("premier", 1), ("premiere", 1), ("deuxieme", 2), ("second", 2), ("seconde", 2), ("troisieme", 3),
        ("quatrieme", 4), ("cinquieme", 5), ("sixieme", 6), ("septieme", 7), ("huitieme", 8), ("neuvieme", 9),
        ("dixieme", 10), ("onzieme", 11), ("douzieme", 12), ("treizieme", 13), ("quatorzieme", 14),
        ("quinzieme", 15), ("seizieme", 16), ("dix septieme", 17), ("dix huitieme", 18), ("dix neuvieme", 19),
        ("vingtieme", 20), ("vingt et unieme", 21), ("vingt deuxieme", 22), ("vingt troisieme", 23),
        ("vingt quatrieme", 24), ("vingt cinquieme", 25), ("vingt sixieme", 26), ("vingt septieme", 27),
        ("vingt huitieme", 28), ("vingt neuvieme", 29), ("trentieme", 30), ("trente et unieme", 31),
    ],
    ordinal_endings: &["er", "re", "ere", "e", "eme", "ieme", "nd", "nde"],
    moments: &["moment", "instant", "question"],
    or: &["ou", "a"],
    shares: &["tiers", "quart", "quarts", "cinquiemes", "dixieme", "dixiemes"],
    percent: &["pour cent", "pourcent", "pourcents", "pour cents"],
    out_of: &["sur"],
    stars: &["etoile", "etoiles"],
};
