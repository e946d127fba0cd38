//! Pictures of a brand's flows: what a node says and waits for, and every way out of it.
//!
//! A [`Picture`] is filled from a linked bot and written in one of the formats of [`ALL`]. To add a format: a file here with
//! its `FORMAT`, a line in [`ALL`], the brand's `order` flow in it as a test.

mod caption;
mod dot;
mod joined;
mod json;
mod layout;
mod measure;
mod mermaid;
mod picture;
mod svg;
mod words;

pub use picture::{Chart, Line, LineKind, Mark, MarkKind, Picture, To};
pub use svg::escaped as xml_escaped;

use std::fmt;

/// The formats that pictures are written in; the first is the default.
pub const ALL: [Format; 4] = [svg::FORMAT, mermaid::FORMAT, dot::FORMAT, json::FORMAT];

/// A format that pictures are written in.
#[derive(Clone, Copy)]
pub struct Format {
    /// Its name on the command line.
    pub name: &'static str,
    /// How names of files in it end.
    pub endings: &'static [&'static str],
    /// Writes a picture; the same picture is always the same text, which ends in a line break.
    pub write: fn(&Picture) -> String,
}

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
