//! `[secrets]`: what brands' files may name without knowing it, and which brands may.

use super::{Config, secret};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, FileId, Place};
use crate::sms::BrandId;
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The secrets of brands' files, by name.
pub(super) type Secrets = BTreeMap<String, Secret>;

/// One secret.
#[derive(Debug, Clone)]
pub(super) struct Secret {
    /// Where its values are; the first is the one in use, the others are valid while it is being changed.
    sources: Vec<String>,
    /// The brands that may name it; all may where it says none.
    brands: Option<Vec<(String, Place)>>,
}

impl Secret {
    fn is_for(&self, brand: &BrandId) -> bool {
        let names = |brands: &Vec<(String, Place)>| brands.iter().any(|(name, _)| name == brand.as_str());
        self.brands.as_ref().is_none_or(names)
    }
}

/// A secret is not where `sayso.toml` says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("secret `{secret}`: {what}")]
pub struct SecretError {
    /// Its name.
    pub secret: String,
    /// What is wrong.
    pub what: String,
}

impl Config {
    /// The names of the secrets that a brand's files may use. Another brand's are as good as unknown to it.
    pub fn secrets_of(&self, brand: &BrandId) -> impl Iterator<Item = &str> {
        self.secrets.iter().filter(|(_, secret)| secret.is_for(brand)).map(|(name, _)| name.as_str())
    }

    /// The secrets that a brand's files may use, from the environment and from files below `root`. None is without a
    /// value. The first value is the one in use; the others are there while it is being changed.
    ///
    /// # Errors
    /// The first secret that is not where it should be.
    pub fn open_secrets(
        &self,
        brand: &BrandId,
        root: &Path,
    ) -> Result<BTreeMap<String, Vec<SecretString>>, SecretError> {
        let open = |(name, own): (&String, &Secret)| {
            let values = own.sources.iter().map(|source| secret(source, root)).collect::<Result<_, _>>();
            let values = values.map_err(|what| SecretError { secret: name.clone(), what })?;
            Ok((name.clone(), values))
        };
        self.secrets.iter().filter(|(_, secret)| secret.is_for(brand)).map(open).collect()
    }

    /// Reports brands that may name a secret and do not exist.
    pub fn check_secrets(&self, brands: &[BrandId], found: &mut Diagnostics) {
        let named = self.secrets.values().flat_map(|secret| secret.brands.iter().flatten());
        for (name, place) in named.filter(|(name, _)| !brands.iter().any(|brand| brand.as_str() == name)) {
            let message = format!("there is no brand `{name}`");
            found.push(
                Diagnostic::new(Code::SecretForNobody, *place, message)
                    .did_you_mean(name, brands.iter().map(BrandId::as_str))
                    .hint("a brand is called as its folder below `flows/`"),
            );
        }
    }
}

/// Lets the table pass: [`read`] reads it, and keeps all places.
pub(super) fn later<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secrets, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| Secrets::new())
}

/// The secrets of a file that is TOML, and the bytes that may hold one which should not stand there.
pub(super) fn read(text: &str, file: FileId, found: &mut Diagnostics) -> (Secrets, Vec<Range<usize>>) {
    let mut reader = Reader { file, found, hidden: Vec::new() };
    let mut secrets = Secrets::new();
    let table = DeTable::parse(text).unwrap_or_else(|_| Spanned::new(0..0, DeTable::new()));
    if let Some((key, value)) = table.get_ref().iter().find(|(key, _)| key.get_ref() == "secrets") {
        if let DeValue::Table(table) = value.get_ref() {
            for (name, value) in table {
                if let Some(secret) = reader.secret(name.get_ref(), name.span(), value) {
                    secrets.insert(name.get_ref().to_string(), secret);
                }
            }
        } else {
            reader.hide(value);
            reader.mistake(
                key.span(),
                "`secrets` wants a table",
                "write `[secrets]`, and `NAME = \"env:NAME\"` below it",
            );
        }
    }
    (secrets, reader.hidden)
}

struct Reader<'a> {
    file: FileId,
    found: &'a mut Diagnostics,
    hidden: Vec<Range<usize>>,
}

impl Reader<'_> {
    fn mistake(&mut self, at: Range<usize>, message: impl Into<String>, hint: &str) {
        let diagnostic = Diagnostic::new(Code::BadConfig, Place::new(self.file, at), message);
        self.found.push(diagnostic.hint(hint));
    }

    /// Keeps every value in here from being printed; a table's own bytes are only those of its head.
    fn hide(&mut self, value: &Spanned<DeValue<'_>>) {
        self.hidden.push(value.span());
        if let DeValue::Table(table) = value.get_ref() {
            table.iter().for_each(|(_, value)| self.hide(value));
        }
    }

    fn secret(&mut self, name: &str, at: Range<usize>, value: &Spanned<DeValue<'_>>) -> Option<Secret> {
        let DeValue::Table(table) = value.get_ref() else {
            return Some(Secret { sources: self.sources(name, at, value)?, brands: None });
        };
        let mut sources = None;
        let mut brands = None;
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "value" => sources = Some(self.sources(name, key.span(), value)),
                "brands" => brands = Some(self.brands(key.span(), value)),
                unknown => {
                    self.hide(value);
                    let place = Place::new(self.file, key.span());
                    let message = format!("a secret has no setting `{unknown}`");
                    let diagnostic = Diagnostic::new(Code::BadConfig, place, message);
                    self.found.push(
                        diagnostic
                            .did_you_mean(unknown, ["value", "brands"])
                            .hint("a secret has `value`, and `brands` where not all may name it"),
                    );
                }
            }
        }
        if sources.is_none() {
            let message = format!("the secret `{name}` does not say where it is");
            self.mistake(at, message, "write `value = \"env:NAME\"` or `value = \"file:PATH\"`");
        }
        // Brands that cannot be read are no leave for all of them.
        Some(Secret { sources: sources??, brands: brands.map(Option::unwrap_or_default) })
    }

    /// Where the values are: one place, or several.
    fn sources(&mut self, name: &str, at: Range<usize>, value: &Spanned<DeValue<'_>>) -> Option<Vec<String>> {
        let sources =
            strings(value).map(|found| found.into_iter().map(|(source, _)| source).collect::<Vec<_>>());
        let sources = sources.filter(|sources| sources.iter().all(|source| super::names_a_place(source)));
        if sources.is_none() {
            self.hide(value);
            let message = format!("the secret `{name}` stands in the file");
            self.mistake(at, message, super::SAY_WHERE);
        }
        sources
    }

    fn brands(&mut self, at: Range<usize>, value: &Spanned<DeValue<'_>>) -> Option<Vec<(String, Place)>> {
        let brands = strings(value).filter(|_| matches!(value.get_ref(), DeValue::Array(_)));
        if brands.is_none() {
            self.hide(value);
            self.mistake(at, "`brands` wants a list of brands", "write for example `brands = [\"scoops\"]`");
        }
        let place = |span| Place::new(self.file, span);
        brands.map(|brands| brands.into_iter().map(|(name, span)| (name, place(span))).collect())
    }
}

/// A string, or the strings of a list, each with its bytes; none where it is anything else, or empty.
fn strings(value: &Spanned<DeValue<'_>>) -> Option<Vec<(String, Range<usize>)>> {
    let string = |value: &Spanned<DeValue<'_>>| {
        value.get_ref().as_str().map(|string| (string.to_owned(), value.span()))
    };
    match value.get_ref() {
        DeValue::Array(list) if list.is_empty() => None,
        DeValue::Array(list) => list.iter().map(string).collect(),
        DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)
        | DeValue::Table(_) => string(value).map(|one| vec![one]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Sources;
    use secrecy::ExposeSecret;

    const SETTINGS: &str = r#"
[outside]
allow = ["127.0.0.1", "10.1.0.0/16", "10.2.0.0/99"]

[secrets]
open = "file:open"
changing = ["file:new", "file:old"]

[secrets.scoops-only]
value = "file:scoops"
brands = ["scoops", "pizza"]

[secrets.nobodys]
value = "file:missing"
brands = []
"#;

    fn config() -> Config {
        let file = Sources::default().add("sayso.toml", SETTINGS);
        Config::parse(SETTINGS, file, crate::provider::Catalogue::default(), &mut Diagnostics::default())
    }

    fn opened(brand: &str, files: &[(&str, &str)]) -> Result<Vec<(String, Vec<String>)>, String> {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).expect("a file");
        }
        let opened = config().open_secrets(&BrandId::from(brand), folder.path());
        let shown =
            |values: Vec<SecretString>| values.iter().map(|value| value.expose_secret().to_owned()).collect();
        opened
            .map(|secrets| secrets.into_iter().map(|(name, values)| (name, shown(values))).collect())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_brand_gets_its_own_secrets_and_everybodys() {
        let files = [("open", "a\n"), ("new", "b"), ("old", "c"), ("scoops", "d")];
        let everybodys = [
            ("changing".to_owned(), vec!["b".to_owned(), "c".to_owned()]),
            ("open".to_owned(), vec!["a".to_owned()]),
        ];
        assert_eq!(opened("tea", &files), Ok(everybodys.to_vec()));
        let mut scoops = everybodys.to_vec();
        scoops.push(("scoops-only".to_owned(), vec!["d".to_owned()]));
        assert_eq!(opened("scoops", &files), Ok(scoops));
        let names = |brand: &str| config().secrets_of(&brand.into()).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(names("tea"), ["changing", "open"]);
        assert_eq!(names("pizza"), ["changing", "open", "scoops-only"]);
    }

    #[test]
    fn a_secret_that_is_not_there_is_named() {
        let files = [("open", "a"), ("new", "b"), ("old", "  \n")];
        assert_eq!(opened("tea", &files), Err("secret `changing`: `file:old` is empty".to_owned()));
        let said = opened("tea", &files[..2]).expect_err("a file is missing");
        assert!(said.starts_with("secret `changing`: `old` cannot be read"), "{said}");
    }

    #[test]
    fn networks_are_addresses_or_ranges() {
        let allow = config().outside.allow().iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(allow, ["127.0.0.1/32", "10.1.0.0/16"], "what cannot be read opens nothing");
    }
}
