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

use crate::outline::arrow;
