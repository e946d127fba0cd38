//! Finding words of a text again in the file that it was written in.

use crate::diagnostic::{Place, Sources};
use crate::flow::TextDecl;
use std::ops::Range;

/// Where words come from.
#[derive(Clone, Copy)]
pub(super) enum Origin<'d> {
    /// A text, and the number of the wording in it, from 0.
    Text(&'d TextDecl, usize),
    /// They stand there as they are sent.
    Exact(Place),
}

/// The files of a brand.
pub(super) struct Places<'s> {
    files: &'s Sources,
}

impl<'s> Places<'s> {
    pub(super) fn new(files: &'s Sources) -> Self {
        Self { files }
    }

    /// The first line of a text.
    pub(super) fn of(&self, origin: Origin<'_>) -> Place {
        match origin {
            Origin::Exact(place) | Origin::Text(&TextDecl { place, .. }, 0) => place,
            Origin::Text(decl, wording) => {
                self.lines(decl, wording).first().map_or(decl.place, |(place, _)| *place)
            }
        }
    }

    /// Where the bytes `range` of `words` stand: the same words as often met in the file as they are in the text before.
    pub(super) fn within(&self, origin: Origin<'_>, words: &str, range: Range<usize>) -> Place {
        match origin {
            Origin::Exact(place) => Place {
                end: place.start + narrow(range.end),
                start: place.start + narrow(range.start),
                ..place
            },
            Origin::Text(decl, wording) => {
                let (Some(before), Some(needle)) = (words.get(..range.start), words.get(range)) else {
                    return self.of(origin);
                };
                let met_before = before.matches(needle).count();
                let lines = self.lines(decl, wording);
                let met = lines.iter().flat_map(|(place, line)| {
                    line.match_indices(needle).map(|(at, met)| Place {
                        start: place.start + narrow(at),
                        end: place.start + narrow(at + met.len()),
                        ..*place
                    })
                });
                let all: Vec<Place> = met.collect();
                all.get(met_before).or(all.last()).copied().unwrap_or_else(|| self.of(origin))
            }
        }
    }

    /// The lines of a wording, each without its indentation and the verb before the text.
    fn lines(&self, decl: &TextDecl, wording: usize) -> Vec<(Place, &'s str)> {
        let file = decl.place.file;
        let text = &self.files.get(file).text;
        let start = decl.place.range().start;
        let before = text.get(..start).unwrap_or_default();
        let indent = start - before.rfind('\n').map_or(0, |end| end + 1);
        let mut lines = Vec::new();
        let (mut at, mut met) = (start, 0);
        for line in text.get(start..).unwrap_or_default().split_inclusive('\n') {
            let words = line.trim();
            let from = at + (line.len() - line.trim_start().len());
            let deep = from - at;
            at += line.len();
            let is_first = from == start;
            if words.is_empty() || words.starts_with('#') && !is_first {
                continue;
            }
            if !is_first && deep <= indent {
                break;
            }
            let other = words.strip_prefix("or").filter(|rest| rest.starts_with(' '));
            if !is_first && other.is_none() && !words.starts_with('|') {
                continue; // a picture
            }
            met += usize::from(!is_first && other.is_some());
            if met == wording {
                let verb = match other {
                    _ if is_first => words.find(' ').map_or(0, |end| end + 1),
                    Some(_) => 3,
                    None => 0,
                };
                let place = Place::new(file, from + verb..from + words.len());
                lines.push((place, &words[verb..]));
            }
        }
        lines
    }
}

fn narrow(byte: usize) -> u32 {
    u32::try_from(byte).unwrap_or(u32::MAX)
}
