//! Graphs in the languages of other programs.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::picture::{Kind, Node, Picture};

/// Mermaid. Stacks are their own ids, names of states can hold anything and get a number.
pub(super) fn mermaid(picture: &Picture) -> String {
    let ids = ids(picture);
    let mut text = format!("graph {}\n", if picture.rightwards { "LR" } else { "TD" });
    write(picture, &mut text, None, 1, &|node, depth, text| {
        let (indent, id) = ("  ".repeat(depth), &ids[node.name.as_str()]);
        let label = node.name.replace('"', "#quot;");
        let _ = match node.kind {
            Kind::Group => writeln!(text, "{indent}subgraph {id} [\"{label}\"]"),
            _ if *id == node.name => writeln!(text, "{indent}{id}"),
            Kind::Choice => writeln!(text, "{indent}{id}{{{{\"{label}\"}}}}"),
            Kind::Success | Kind::Failure => writeln!(text, "{indent}{id}([\"{label}\"])"),
            _ => writeln!(text, "{indent}{id}[\"{label}\"]"),
        };
    });
    for arrow in &picture.arrows {
        let line = if arrow.after_error { "-.->" } else { "-->" };
        let _ = writeln!(text, "  {} {line} {}", ids[arrow.from.as_str()], ids[arrow.to.as_str()]);
    }
    text
}

/// Mermaid's ids: the names, if all are plain words.
fn ids(picture: &Picture) -> HashMap<&str, String> {
    let plain =
        |name: &str| name.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-')) && name != "end";
    let all_plain = picture.name == "stacks" && picture.nodes.iter().all(|node| plain(&node.name));
    let id = |(number, node): (usize, &Node)| if all_plain { node.name.clone() } else { format!("n{number}") };
    picture.nodes.iter().enumerate().map(|(number, node)| (node.name.as_str(), id((number, node)))).collect()
}

/// Graphviz.
pub(super) fn dot(picture: &Picture) -> String {
    let mut text = format!("digraph {} {{\n  rankdir={};\n", picture.name, if picture.rightwards { "LR" } else { "TB" });
    write(picture, &mut text, None, 1, &|node, depth, text| {
        let (indent, name) = ("  ".repeat(depth), quoted(&node.name));
        let _ = match node.kind {
            Kind::Group => {
                writeln!(text, "{indent}subgraph {} {{\n{indent}  label={name};", quoted(&format!("cluster {}", node.name)))
            }
            Kind::Choice => writeln!(text, "{indent}{name} [shape=diamond];"),
            _ => writeln!(text, "{indent}{name};"),
        };
    });
    for arrow in &picture.arrows {
        let style = if arrow.after_error { " [style=dashed]" } else { "" };
        let _ = writeln!(text, "  {} -> {}{style};", quoted(&arrow.from), quoted(&arrow.to));
    }
    text + "}\n"
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Writes the boxes within one, each group closed after what is in it.
fn write(picture: &Picture, text: &mut String, parent: Option<&str>, depth: usize, line: &dyn Fn(&Node, usize, &mut String)) {
    for node in picture.nodes.iter().filter(|node| node.parent.as_deref() == parent) {
        line(node, depth, text);
        if node.kind == Kind::Group {
            write(picture, text, Some(&node.name), depth + 1, line);
            let close = if text.starts_with("graph") { "end" } else { "}" };
            let _ = writeln!(text, "{}{close}", "  ".repeat(depth));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::machine::tests::machine;

    #[test]
    fn groups_choices_and_errors_are_written_in_both_languages() {
        let (mermaid, dot) = (mermaid(&machine()), dot(&machine()));
        let id = |name: &str| ids(&machine())[name].clone();
        let lines = [
            "graph TD".to_owned(),
            format!("  {}{{{{\"Ask\"}}}}", id("Ask")),
            format!("  subgraph {} [\"Both\"]", id("Both")),
            format!("    {}[\"Left\"]", id("Left")),
            format!("  {}([\"Stop\"])", id("Stop")),
            format!("  {} -.-> {}", id("Left"), id("Stop")),
        ];
        for line in lines {
            assert!(mermaid.lines().any(|found| found == line), "{line}\n{mermaid}");
        }
        for line in ["subgraph \"cluster Both\" {", "\"Ask\" [shape=diamond];", "\"Left\" -> \"Stop\" [style=dashed];"] {
            assert!(dot.contains(line), "{line}\n{dot}");
        }
        assert_eq!(dot.matches('{').count(), dot.matches('}').count());
    }
}
