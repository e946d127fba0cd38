//! What a brand says and asks: `brand.flow` and `*.flow` files as they were written, names still names.

pub mod brand;
mod door;
mod hours;
pub mod syntax;
mod text;
mod time;

pub use door::Door;
pub use hours::Hours;
pub use text::TextDecl;
pub use time::{Delay, Pause, delay};

use crate::outline::Span;
use nom::Input;

/// The two sides of `… -> node`, trimmed, if there is an arrow. Arrows inside quotes are no arrows.
fn arrow(line: Span<'_>) -> Option<(Span<'_>, Span<'_>)> {
    let mut quoted = false;
    let bytes = line.fragment().as_bytes();
    for at in 0..bytes.len() {
        match bytes[at] {
            b'"' => quoted = !quoted,
            b'-' if !quoted && bytes.get(at + 1) == Some(&b'>') => {
                let left = line.take(at);
                let left = left.take(left.fragment().trim_end().len());
                return Some((left, crate::outline::after(line, at + 2)));
            }
            _ => {}
        }
    }
    None
}
