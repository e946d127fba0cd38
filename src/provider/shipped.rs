//! The providers that come with sayso, and those of a workspace.

use super::Kind;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

macro_rules! files {
    ($($name:literal)*) => {
        /// The files that come with sayso: the `kind` of each, and its text. A workspace may have its own of the same name.
        pub const ALL: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../providers/", $name, ".toml"))),)*];
    };
}

files! {
    "africas-talking" "aws" "azure" "bandwidth" "bird" "clicksend" "generic" "infobip" "jasmin" "kannel" "messagebird"
    "plivo" "sinch" "smpp" "telnyx" "twilio" "vonage" "vonage-messages" "whatsapp"
}

/// Every kind that accounts may name.
#[derive(Debug, Clone)]
pub struct Catalogue(BTreeMap<String, Arc<Kind>>);

impl Default for Catalogue {
    /// The kinds that come with sayso; read once.
    fn default() -> Self {
        static SHIPPED: LazyLock<BTreeMap<String, Arc<Kind>>> = LazyLock::new(|| {
            let read = |(name, text): &(&str, &str)| {
                let kind = Kind::parse(name, text).expect("tests read every file that is shipped");
                ((*name).to_owned(), Arc::new(kind))
            };
            ALL.iter().map(read).collect()
        });
        Self(SHIPPED.clone())
    }
}

impl Catalogue {
    /// Adds a kind, in place of one of the same name.
    pub fn add(&mut self, kind: Kind) {
        self.0.insert(kind.name.clone(), Arc::new(kind));
    }

    /// Takes a kind out: accounts that name it are not opened.
    pub fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// The kind of that name.
    #[must_use]
    pub fn kind(&self, name: &str) -> Option<&Arc<Kind>> {
        self.0.get(name)
    }

    /// Every kind, in order of name.
    pub fn kinds(&self) -> impl Iterator<Item = &Arc<Kind>> {
        self.0.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_that_is_shipped_can_be_read() {
        for (name, text) in ALL {
            if let Err(mistakes) = Kind::parse(name, text) {
                let shown: Vec<_> = mistakes.iter().map(|m| (&text[m.at.clone()], &m.what)).collect();
                panic!("{name}: {shown:#?}");
            }
        }
        assert!(ALL.is_sorted(), "a list that is looked through by people is in order");
    }
}
