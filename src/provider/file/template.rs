//! Texts with holes, of which a request to a provider is made: `{to}`, `{cfg.account_sid}`. Two braces are one.

use serde::Deserialize;
use std::borrow::Cow;
use std::str::FromStr;

/// A text with holes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Words(String),
    Hole(Hole),
    /// One text where the message travels as GSM-7, another where it does not.
    Alphabet(String, String),
}

/// What a hole is filled with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hole {
    /// The person's number, with its `+`.
    To,
    /// The person's number without it.
    ToDigits,
    /// The person's number as it is dialled within its country, without the leading zero.
    ToNational,
    /// Our number, with its `+`; a short code has none.
    From,
    /// Our number without it.
    FromDigits,
    /// The words.
    Text,
    /// The words in UCS-2, as hexadecimal digits.
    TextHex,
    /// The addresses of the pictures: a list in JSON, a repeated field in a form.
    Media,
    /// Our own name of the message.
    Id,
    /// The same in the form of a UUID.
    Uuid,
    /// The address at which we take receipts.
    Callback,
    /// A setting of the account.
    Setting(String),
    /// A secret of the account.
    Secret(String),
}

impl Hole {
    /// Every hole without a name of its own, as it is written.
    pub const ALL: [(&'static str, Self); 11] = [
        ("to", Self::To),
        ("to_digits", Self::ToDigits),
        ("to_national", Self::ToNational),
        ("from", Self::From),
        ("from_digits", Self::FromDigits),
        ("text", Self::Text),
        ("text_hex", Self::TextHex),
        ("media", Self::Media),
        ("id", Self::Id),
        ("uuid", Self::Uuid),
        ("callback", Self::Callback),
    ];
}

impl Template {
    /// The text with its holes filled; nothing where one of them cannot be: what is not set is left out.
    ///
    /// `is_gsm7` is asked where the alphabet of the message decides.
    pub fn fill<'v>(
        &self,
        is_gsm7: impl Fn() -> bool,
        value: impl Fn(&Hole) -> Option<Cow<'v, str>>,
    ) -> Option<String> {
        let mut filled = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Words(words) => filled.push_str(words),
                Piece::Hole(hole) => filled.push_str(&value(hole)?),
                Piece::Alphabet(gsm7, other) => filled.push_str(if is_gsm7() { gsm7 } else { other }),
            }
        }
        Some(filled)
    }

    /// Whether it is the list of pictures and nothing else.
    #[must_use]
    pub fn is_media(&self) -> bool {
        self.0 == [Piece::Hole(Hole::Media)]
    }

    /// Its holes.
    pub fn holes(&self) -> impl Iterator<Item = &Hole> {
        self.0.iter().filter_map(|piece| if let Piece::Hole(hole) = piece { Some(hole) } else { None })
    }

    /// The words, where it has no holes.
    #[must_use]
    pub fn words(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Piece::Words(words)] => Some(words),
            _ => None,
        }
    }
}

impl TryFrom<String> for Template {
    type Error = String;

    fn try_from(written: String) -> Result<Self, String> {
        written.parse()
    }
}

impl FromStr for Template {
    type Err = String;

    fn from_str(written: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut words = String::new();
        let mut rest = written;
        while let Some(at) = rest.find(['{', '}']) {
            words.push_str(&rest[..at]);
            let brace = &rest[at..];
            if let Some(behind) = brace.strip_prefix("{{").or_else(|| brace.strip_prefix("}}")) {
                words.push_str(&brace[..1]);
                rest = behind;
                continue;
            }
            let inside = brace.strip_prefix('{').and_then(|behind| behind.split_once('}'));
            let Some((inside, behind)) = inside else {
                return Err(format!("a brace of `{written}` has no partner; two of them are one sign"));
            };
            if !words.is_empty() {
                pieces.push(Piece::Words(std::mem::take(&mut words)));
            }
            pieces.push(piece(inside)?);
            rest = behind;
        }
        words.push_str(rest);
        if !words.is_empty() {
            pieces.push(Piece::Words(words));
        }
        Ok(Self(pieces))
    }
}

fn piece(inside: &str) -> Result<Piece, String> {
    if let Some(choice) = inside.strip_prefix("gsm7?") {
        let (gsm7, other) = choice.split_once(':').ok_or("write `{gsm7?ONE:OTHER}`")?;
        return Ok(Piece::Alphabet(gsm7.to_owned(), other.to_owned()));
    }
    if let Some(name) = inside.strip_prefix("cfg.") {
        return Ok(Piece::Hole(Hole::Setting(name.to_owned())));
    }
    if let Some(name) = inside.strip_prefix("secret.") {
        return Ok(Piece::Hole(Hole::Secret(name.to_owned())));
    }
    let known = Hole::ALL.into_iter().find(|(name, _)| *name == inside);
    known.map(|(_, hole)| Piece::Hole(hole)).ok_or_else(|| {
        let known: Vec<_> = Hole::ALL.iter().map(|(name, _)| format!("{{{name}}}")).collect();
        format!(
            "nothing is called `{{{inside}}}`; there are {}, {{cfg.NAME}}, {{secret.NAME}}",
            known.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(template: &str) -> Option<String> {
        let template: Template = template.parse().expect("a template");
        template.fill(
            || true,
            |hole| {
                let known = [(Hole::Text, "hi"), (Hole::Setting("sid".to_owned()), "AC1")];
                known.into_iter().find(|(known, _)| known == hole).map(|(_, value)| value.into())
            },
        )
    }

    #[test]
    fn holes_are_filled_and_what_is_not_set_leaves_all_of_it_out() {
        assert_eq!(fill("a {text} b").as_deref(), Some("a hi b"));
        assert_eq!(fill("{{{cfg.sid}}}").as_deref(), Some("{AC1}"));
        assert_eq!(fill("{gsm7?text:unicode}").as_deref(), Some("text"));
        assert_eq!(fill("").as_deref(), Some(""));
        assert_eq!(fill("{cfg.other}"), None);
    }

    #[test]
    fn what_is_no_template_is_told() {
        for wrong in ["{", "}", "{txt}", "{text", "{gsm7?a}", "{}", "{to|digits}"] {
            assert!(wrong.parse::<Template>().is_err(), "{wrong}");
        }
    }
}
