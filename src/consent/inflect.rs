//! The forms of English verbs, so that a list names each once: text, texts, texting, texted.

/// The classes that a list of verbs stands for: the bare forms, those of he, she and it, those in -ing (and -in), and the past
/// with the participle. Each is named by its first word, so by the first verb. A verb that is not regular brings its past: `take:took:taken`. Where English doubles
/// a letter depends on the stress (bugging, bothering): both spellings are forms, since people write both.
pub(super) fn inflected(verbs: &[&str]) -> [Vec<String>; 4] {
    let mut forms: [Vec<String>; 4] = Default::default();
    for verb in verbs {
        let mut parts = verb.split(':');
        let whole = parts.next().unwrap_or_default();
        let past: Vec<&str> = parts.collect();
        // The first word is what changes: "hit up", "hitting up".
        let (base, rest) = whole.split_once(' ').map_or((whole, ""), |(base, rest)| (base, rest));
        let with_rest = |form: String| if rest.is_empty() { form } else { format!("{form} {rest}") };
        forms[0].push(whole.to_owned());
        forms[1].push(with_rest(third(base)));
        let stem = base.strip_suffix('e').filter(|stem| !stem.ends_with('e')).unwrap_or(base);
        for (form, ending, dropped) in [(2, "ing", "in"), (3, "ed", "")] {
            if form == 3 && !past.is_empty() {
                forms[3].extend(past.iter().map(|past| with_rest((*past).to_owned())));
                continue;
            }
            let stem = if form == 3 {
                stem.strip_suffix('y').map_or(stem.to_owned(), |y| format!("{y}i"))
            } else {
                stem.to_owned()
            };
            let doubled = if stem == base { doubled(base) } else { None };
            for stem in [Some(stem), doubled].into_iter().flatten() {
                forms[form].push(with_rest(format!("{stem}{ending}")));
                if !dropped.is_empty() {
                    forms[form].push(with_rest(format!("{stem}{dropped}")));
                }
            }
        }
    }
    forms
}

/// The form of he, she and it.
fn third(base: &str) -> String {
    let hisses = ["s", "x", "z", "ch", "sh"].iter().any(|end| base.ends_with(end));
    format!("{base}{}", if hisses { "es" } else { "s" })
}

/// A verb with its last letter doubled, if that is a consonant behind one vowel.
fn doubled(base: &str) -> Option<String> {
    let is_vowel = |letter: u8| b"aeiou".contains(&letter);
    match base.as_bytes() {
        [.., before, vowel, last]
            if is_vowel(*vowel) && !is_vowel(*before) && !is_vowel(*last) && !b"wxy".contains(last) =>
        {
            Some(format!("{base}{}", char::from(*last)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_are_inflected_as_people_write_them() {
        let forms = inflected(&["spam", "take:took:taken", "hit up:hit", "notify"]);
        let of = |form: usize| forms[form].join(" ");
        assert_eq!(of(0), "spam take hit up notify");
        assert_eq!(of(1), "spams takes hits up notifys");
        assert!(
            of(2).contains("spamming") && of(2).contains("taking") && of(2).contains("hitting up"),
            "{}",
            of(2)
        );
        assert_eq!(of(3), "spamed spammed took taken hit up notified");
    }
}
