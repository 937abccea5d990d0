//! `oleoduto graph`: the stacks and what they use of each other.

use oleoduto_cdk::Manifest;

/// A graph language.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Format {
    /// Mermaid, as GitHub shows it
    Mermaid,
    /// Graphviz
    Dot,
}

/// The graph; an arrow goes from a stack to one that uses it.
pub(crate) fn render(manifest: &Manifest, format: Format) -> String {
    let mut text = String::from(match format {
        Format::Mermaid => "graph LR\n",
        Format::Dot => "digraph stacks {\n  rankdir=LR;\n",
    });
    for (name, stack) in &manifest.stacks {
        match format {
            Format::Mermaid => text.push_str(&format!("  {name}\n")),
            Format::Dot => text.push_str(&format!("  \"{name}\";\n")),
        }
        for producer in &stack.dependencies {
            match format {
                Format::Mermaid => text.push_str(&format!("  {producer} --> {name}\n")),
                Format::Dot => text.push_str(&format!("  \"{producer}\" -> \"{name}\";\n")),
            }
        }
    }
    if matches!(format, Format::Dot) {
        text.push_str("}\n");
    }
    text
}
