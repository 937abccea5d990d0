//! A graph as a page: the picture, and all that is in it as a table.

use super::picture::Picture;
use super::svg::{escaped, svg};

/// The page around the picture; `{{...}}` are its parts.
const PAGE: &str = include_str!("page.html");

/// The page. It loads nothing.
pub(super) fn html(picture: &Picture) -> String {
    let mut rows = String::new();
    for node in &picture.nodes {
        let next = |after_error: bool| {
            let arrows = picture.arrows.iter().filter(|arrow| arrow.from == node.name && arrow.after_error == after_error);
            arrows.map(|arrow| escaped(&arrow.to)).collect::<Vec<_>>().join(", ")
        };
        let (next, caught) = (next(false), next(true));
        rows += &format!(
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{next}</td><td>{caught}</td></tr>\n",
            escaped(&node.name),
            escaped(&node.note)
        );
    }
    PAGE.replace("{{title}}", &escaped(&picture.title)).replace("{{picture}}", &svg(picture)).replace("{{rows}}", &rows)
}
