//! `sayso lsp`: serves an editor over the standard input and output.

use super::{Exit, Unusable};

/// Serves until the editor ends; 1 where it ended without saying so, as the protocol wants it.
pub(super) fn lsp() -> Result<Exit, Unusable> {
    match crate::lsp::serve() {
        Ok(true) => Ok(Exit::Done),
        Ok(false) => Ok(Exit::Found),
        Err(broken) => Err(Unusable::new(broken.to_string())
            .hint("this verb is for editors: `docs/editors.md` says how they start it")),
    }
}
