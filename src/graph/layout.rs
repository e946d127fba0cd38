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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Boxes and lines as flows have them, and worse: circles, lines side by side, boxes that nothing leads to.
    fn sketch() -> impl Strategy<Value = Sketch> {
        let size = |width: std::ops::Range<i32>, height: std::ops::Range<i32>| {
            (width, height).prop_map(|(width, height)| Size { width: 2 * width, height: 2 * height })
        };
        let label = prop::option::of(size(10..90, 7..22));
        let wire = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), label, any::<bool>());
        let boxes = prop::collection::vec(size(30..110, 13..70), 1..24);
        (boxes, prop::collection::vec(wire, 0..60)).prop_map(|(boxes, wires)| {
            let wires = wires.into_iter().map(|(from, to, label, strong)| {
                let (from, to) = (from.index(boxes.len()), to.index(boxes.len()));
                Wire { from, to, label, strong }
            });
            Sketch { wires: wires.filter(|wire| wire.from != wire.to).collect(), boxes }
        })
    }

    fn overlap(a: &Rect, b: &Rect) -> bool {
        a.left < b.right() && b.left < a.right() && a.top < b.bottom() && b.top < a.bottom()
    }

    /// The part of a line between two of its points, as a place.
    fn around(a: Point, b: Point) -> Rect {
        let size = Size { width: (a.x - b.x).abs(), height: (a.y - b.y).abs() };
        Rect { left: a.x.min(b.x), top: a.y.min(b.y), size }
    }

    proptest! {
        #[test]
        fn nothing_covers_anything(sketch in sketch()) {
            let Layout { size, boxes, routes } = layout(&sketch);
            let labels: Vec<Rect> = routes.iter().filter_map(|route| route.label).collect();
            let all: Vec<&Rect> = boxes.iter().chain(&labels).collect();
            for (nth, one) in all.iter().enumerate() {
                prop_assert!(one.left >= 0 && one.top >= 0);
                prop_assert!(one.right() <= size.width && one.bottom() <= size.height);
                for other in &all[..nth] {
                    prop_assert!(!overlap(one, other), "{one:?} {other:?}");
                }
            }
            for (rect, wanted) in boxes.iter().zip(&sketch.boxes) {
                prop_assert_eq!(rect.size, *wanted);
            }
            for (route, wire) in routes.iter().zip(&sketch.wires) {
                prop_assert_eq!(route.label.map(|label| label.size), wire.label);
            }
        }

        #[test]
        fn lines_lead_from_border_to_border_and_through_no_box(sketch in sketch()) {
            let Layout { boxes, routes, .. } = layout(&sketch);
            for (route, wire) in routes.iter().zip(&sketch.wires) {
                let (from, to) = (&boxes[wire.from], &boxes[wire.to]);
                let (start, end) = (route.points[0], route.points[route.points.len() - 1]);
                let (leaves, comes) =
                    if route.back { (from.top, to.bottom()) } else { (from.bottom(), to.top) };
                prop_assert_eq!((start.y, end.y), (leaves, comes));
                prop_assert!((from.left..=from.right()).contains(&start.x), "{start:?} {from:?}");
                prop_assert!((to.left..=to.right()).contains(&end.x), "{end:?} {to:?}");
                prop_assert_eq!(start.y > end.y, route.back);
                for (nth, pair) in route.points.windows(2).enumerate() {
                    prop_assert!(nth % 2 == 1 || pair[0].x == pair[1].x, "upright: {pair:?}");
                    let piece = around(pair[0], pair[1]);
                    prop_assert!(boxes.iter().all(|rect| !overlap(&piece, rect)), "{piece:?}");
                }
            }
        }

        #[test]
        fn lines_without_circles_lead_down(sketch in sketch()) {
            let mut sketch = sketch;
            for wire in &mut sketch.wires {
                (wire.from, wire.to) = (wire.from.min(wire.to), wire.from.max(wire.to));
            }
            prop_assert!(layout(&sketch).routes.iter().all(|route| !route.back));
        }

        #[test]
        fn trees_have_no_crossings(parents in prop::collection::vec(any::<prop::sample::Index>(), 1..30)) {
            let wires = parents.iter().enumerate().map(|(at, parent)| Wire {
                from: parent.index(at + 1),
                to: at + 1,
                label: None,
                strong: true,
            });
            let size = Size { width: 80, height: 40 };
            let sketch = Sketch { boxes: vec![size; parents.len() + 1], wires: wires.collect() };
            let ranks = rank::ranks(&sketch);
            prop_assert_eq!(Layers::new(&sketch, &ranks).crossings(), 0);
        }
    }

    /// Boxes of one size, and lines between them.
    fn plain(boxes: usize, wires: &[(usize, usize, bool)]) -> Sketch {
        let wires = wires.iter().map(|(from, to, strong)| Wire {
            from: *from,
            to: *to,
            label: None,
            strong: *strong,
        });
        Sketch { boxes: vec![Size { width: 80, height: 40 }; boxes], wires: wires.collect() }
    }

    #[test]
    fn a_circle_is_closed_by_the_line_that_leads_back() {
        let back = |wires: &[(usize, usize, bool)]| {
            layout(&plain(3, wires)).routes.iter().map(|route| route.back).collect::<Vec<_>>()
        };
        assert_eq!(back(&[(0, 1, true), (1, 2, true), (2, 0, true)]), [false, false, true]);
        // What the flow is for leads down, whichever line comes first.
        assert_eq!(back(&[(2, 0, false), (0, 1, true), (1, 2, true)]), [true, false, false]);
    }

    #[test]
    fn what_crosses_needlessly_is_untangled() {
        // The walk that finds the first order meets 3 before 4; the line from 2 to 3 then crosses the one from 1 to 4.
        let sketch = plain(5, &[(0, 1, true), (0, 2, true), (1, 3, true), (1, 4, true), (2, 3, true)]);
        assert_eq!(Layers::new(&sketch, &rank::ranks(&sketch)).crossings(), 0);
        // Three by three cannot be drawn without one.
        let all: Vec<_> = (0..3).flat_map(|from| (3..6).map(move |to| (from, to, true))).collect();
        let sketch = plain(6, &all);
        assert_eq!(Layers::new(&sketch, &rank::ranks(&sketch)).crossings(), 9);
    }

    #[test]
    fn a_long_line_is_straight() {
        // A chain of five and a line past it.
        let sketch = plain(5, &[(0, 1, true), (1, 2, true), (2, 3, true), (3, 4, true), (0, 4, true)]);
        let Layout { boxes, routes, .. } = layout(&sketch);
        assert!(boxes[1].left == boxes[2].left && boxes[2].left == boxes[3].left, "{boxes:?}");
        let mut columns: Vec<i32> = routes[4].points.iter().map(|point| point.x).collect();
        columns.dedup();
        assert!(columns.len() <= 3, "out, down, back: {columns:?}");
    }

    #[test]
    fn nothing_is_laid_out_too() {
        assert_eq!(layout(&Sketch::default()).size, Size::default());
    }
}
