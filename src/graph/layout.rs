//! Where boxes and lines stand: in layers from the top to the bottom, after Sugiyama, Tagawa and Toda (1981).
//!
//! Lines that close a circle are turned ([`rank`]), every box gets a row, each row between two rows of boxes holds labels;
//! the order within rows is sought that has few crossings ([`order`]), and long lines become straight ([`align`]). Whole
//! pixels alone, no chance: the same sketch is always laid out alike. O(sweeps · lines · rows that they cross).

mod align;
mod order;
mod rank;
mod route;

use order::Layers;

/// What is to be laid out. Nothing in it leads from a box to itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Sketch {
    pub(super) boxes: Vec<Size>,
    pub(super) wires: Vec<Wire>,
}

/// Width and height in pixels; both are even, so that halves are whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Size {
    pub(super) width: i32,
    pub(super) height: i32,
}

/// A line from a box to another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wire {
    pub(super) from: usize,
    pub(super) to: usize,
    /// The room its label needs.
    pub(super) label: Option<Size>,
    /// Whether it belongs to what the flow is for: those lines lead downwards and are kept short and straight first.
    pub(super) strong: bool,
}

/// A point; `x` grows to the right, `y` downwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) x: i32,
    pub(super) y: i32,
}

/// A place on the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rect {
    pub(super) left: i32,
    pub(super) top: i32,
    pub(super) size: Size,
}

impl Rect {
    pub(super) fn right(self) -> i32 {
        self.left + self.size.width
    }

    pub(super) fn bottom(self) -> i32 {
        self.top + self.size.height
    }
}

/// Everything in its place, in the order of the sketch; nothing lies left of or above 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) size: Size,
    pub(super) boxes: Vec<Rect>,
    pub(super) routes: Vec<Route>,
}

/// The way of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Route {
    /// From the border of a box to the border of the other. It is upright from each point of an even place to the next one,
    /// and swings over to the following pair between the rows.
    pub(super) points: Vec<Point>,
    /// Where its label stands.
    pub(super) label: Option<Rect>,
    /// Whether it leads upwards.
    pub(super) back: bool,
}

/// Lays a sketch out.
pub(super) fn layout(sketch: &Sketch) -> Layout {
    let ranks = rank::ranks(sketch);
    let layers = Layers::new(sketch, &ranks);
    let columns = align::columns(&layers);
    route::routes(sketch, &ranks, &layers, &columns)
}

/// A list's place as a number of the picture; lists are bounded far below the largest.
fn int(place: usize) -> i32 {
    i32::try_from(place).unwrap_or(i32::MAX)
}
