//! Where boxes and arrows lie: dagre's layered layout, which Mermaid uses as well.

use std::collections::HashMap;

use dagre::graph::{Graph, GraphOptions};
use dagre::{EdgeLabel, GraphLabel, LayoutOptions, NodeLabel, RankDir};

use super::picture::{Kind, Picture};

/// Pixels per letter of a label in 14 px, wide enough for most system fonts.
const LETTER: f64 = 8.0;
/// Height of a box.
const HEIGHT: f64 = 34.0;
/// Empty room around the picture.
const MARGIN: f64 = 12.0;

/// A placed picture, in pixels from its upper left corner.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) width: f64,
    pub(super) height: f64,
    /// The boxes of the nodes by name.
    pub(super) boxes: HashMap<String, Placed>,
    /// The points of each arrow, in the order of the picture's arrows.
    pub(super) lines: Vec<Vec<(f64, f64)>>,
}

/// A box: its center and its size.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Place the boxes and arrows of a picture.
pub(super) fn layout(picture: &Picture) -> Layout {
    let mut graph: Graph<NodeLabel, EdgeLabel> =
        Graph::with_options(GraphOptions { directed: true, multigraph: true, compound: true });
    for node in &picture.nodes {
        let size = |width, height| NodeLabel { width, height, ..NodeLabel::default() };
        #[expect(clippy::cast_precision_loss, reason = "a name has fewer letters than a float counts")]
        let wide = (node.name.chars().count() as f64).mul_add(LETTER, 26.0);
        // A group is as large as what is in it.
        graph.set_node(node.name.clone(), Some(if node.kind == Kind::Group { size(0.0, 0.0) } else { size(wide, HEIGHT) }));
    }
    for node in &picture.nodes {
        graph.set_parent(&node.name, node.parent.as_deref());
    }
    for (number, arrow) in picture.arrows.iter().enumerate() {
        graph.set_edge(arrow.from.as_str(), arrow.to.as_str(), Some(EdgeLabel::default()), Some(&number.to_string()));
    }
    let options = LayoutOptions {
        rankdir: if picture.rightwards { RankDir::LR } else { RankDir::TB },
        nodesep: 22.0,
        ranksep: 38.0,
        edgesep: 12.0,
        marginx: MARGIN,
        marginy: MARGIN,
        ..LayoutOptions::default()
    };
    dagre::layout(&mut graph, Some(options));
    read(picture, &graph)
}

/// What the layout wrote into the graph.
fn read(picture: &Picture, graph: &Graph<NodeLabel, EdgeLabel>) -> Layout {
    let boxes = picture.nodes.iter().filter_map(|node| {
        let found = graph.node(&node.name)?;
        let placed = Placed { x: found.x?, y: found.y?, width: found.width, height: found.height };
        Some((node.name.clone(), placed))
    });
    let lines = picture.arrows.iter().enumerate().map(|(number, arrow)| {
        let edge = graph.edge(&arrow.from, &arrow.to, Some(&number.to_string()));
        edge.map(|edge| edge.points.iter().map(|point| (point.x, point.y)).collect()).unwrap_or_default()
    });
    let size = graph.graph_label::<GraphLabel>().map_or((0.0, 0.0), |label| (label.width, label.height));
    Layout { width: size.0, height: size.1, boxes: boxes.collect(), lines: lines.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::machine::tests::machine;

    fn sides(placed: Placed) -> (f64, f64, f64, f64) {
        let Placed { x, y, width, height } = placed;
        (x - width / 2.0, x + width / 2.0, y - height / 2.0, y + height / 2.0)
    }

    #[test]
    fn boxes_lie_apart_groups_around_theirs_and_arrows_between() {
        let picture = machine();
        let layout = layout(&picture);
        let within = |inner: (f64, f64, f64, f64), outer: (f64, f64, f64, f64)| {
            inner.0 >= outer.0 && inner.1 <= outer.1 && inner.2 >= outer.2 && inner.3 <= outer.3
        };
        let of = |name: &str| sides(layout.boxes[name]);
        for node in &picture.nodes {
            assert!(within(of(&node.name), (0.0, layout.width, 0.0, layout.height)), "{} lies outside", node.name);
            if let Some(parent) = &node.parent {
                assert!(within(of(&node.name), of(parent)), "{} lies outside of {parent}", node.name);
            }
        }
        let plain: Vec<_> = picture.nodes.iter().filter(|node| node.kind != Kind::Group).collect();
        for (number, one) in plain.iter().enumerate() {
            for other in &plain[..number] {
                let (a, b) = (of(&one.name), of(&other.name));
                assert!(a.1 <= b.0 || b.1 <= a.0 || a.3 <= b.2 || b.3 <= a.2, "{} covers {}", one.name, other.name);
            }
        }
        for (arrow, line) in picture.arrows.iter().zip(&layout.lines) {
            for (end, name) in [(line.first(), &arrow.from), (line.last(), &arrow.to)] {
                let ((x, y), sides) = (*end.unwrap(), of(name));
                let near = sides.0 - 1.0 <= x && x <= sides.1 + 1.0 && sides.2 - 1.0 <= y && y <= sides.3 + 1.0;
                assert!(near, "the arrow {} -> {} ends at {x}, {y}", arrow.from, arrow.to);
            }
        }
    }
}
