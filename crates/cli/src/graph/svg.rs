//! A graph as a picture. It is readable in light and dark themes, and by a screen reader.

use std::fmt::Write as _;

use super::layout::{Layout, Placed, layout};
use super::picture::{Kind, Node, Picture};

/// Colors and lines, in both themes.
const STYLE: &str = include_str!("graph.css");

/// The picture as a file of its own.
pub(super) fn svg(picture: &Picture) -> String {
    let drawn = layout(picture);
    let (width, height) = (drawn.width.ceil(), drawn.height.ceil());
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" \
         aria-labelledby=\"{name}-title\">\n<title id=\"{name}-title\">{title}</title>\n<style>\n{STYLE}</style>\n<defs>\n{arrow}</defs>\n",
        name = picture.name,
        title = escaped(&picture.title),
        arrow = ["next", "error"].map(head).concat(),
    );
    // Groups lie below what is in them, and arrows between the two.
    let (groups, boxes): (Vec<&Node>, Vec<&Node>) = picture.nodes.iter().partition(|node| node.kind == Kind::Group);
    draw(&groups, &drawn, &mut text);
    for (arrow, points) in picture.arrows.iter().zip(&drawn.lines) {
        let class = if arrow.after_error { "error" } else { "next" };
        let _ = writeln!(text, "<path class=\"arrow {class}\" marker-end=\"url(#{class})\" d=\"{}\"/>", curve(points));
    }
    draw(&boxes, &drawn, &mut text);
    text + "</svg>\n"
}

fn draw(nodes: &[&Node], drawn: &Layout, text: &mut String) {
    for node in nodes {
        let Some(placed) = drawn.boxes.get(&node.name) else { continue };
        let _ = writeln!(
            text,
            "<g class=\"{}\"><title>{}</title>{}<text x=\"{:.1}\" y=\"{:.1}\">{}</text></g>",
            node.kind.class(),
            escaped(if node.note.is_empty() { &node.name } else { &node.note }),
            shape(node.kind, *placed),
            placed.x,
            if node.kind == Kind::Group { placed.y - placed.height / 2.0 + 16.0 } else { placed.y + 5.0 },
            escaped(&node.name),
        );
    }
}

/// A box; that of a choice is pointed at its sides.
fn shape(kind: Kind, Placed { x, y, width, height }: Placed) -> String {
    let (left, right, top, bottom) = (x - width / 2.0, x + width / 2.0, y - height / 2.0, y + height / 2.0);
    if kind == Kind::Choice {
        let tip = height / 3.0;
        return format!(
            "<polygon points=\"{left:.1},{y:.1} {:.1},{top:.1} {:.1},{top:.1} {right:.1},{y:.1} {:.1},{bottom:.1} {:.1},{bottom:.1}\"/>",
            left + tip,
            right - tip,
            right - tip,
            left + tip
        );
    }
    let round = if matches!(kind, Kind::Success | Kind::Failure) { height / 2.0 } else { 5.0 };
    format!("<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"{round}\"/>")
}

/// The head of arrows of a class, in their color.
fn head(class: &str) -> String {
    format!(
        "<marker id=\"{class}\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\">\
         <path class=\"head {class}\" d=\"M0,0 8,4 0,8z\"/></marker>\n"
    )
}

/// A smooth line: straight to the middle between points, and round each point on the way (quadratic Bézier curves).
fn curve(points: &[(f64, f64)]) -> String {
    let [first, inner @ .., last] = points else { return String::new() };
    let mut path = format!("M{:.1},{:.1}", first.0, first.1);
    for (number, (x, y)) in inner.iter().enumerate() {
        let next = inner.get(number + 1).map_or(*last, |next| (f64::midpoint(*x, next.0), f64::midpoint(*y, next.1)));
        let _ = write!(path, " Q{x:.1},{y:.1} {:.1},{:.1}", next.0, next.1);
    }
    if inner.is_empty() {
        let _ = write!(path, " L{:.1},{:.1}", last.0, last.1);
    }
    path
}

/// Text as it stands in XML and HTML.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
