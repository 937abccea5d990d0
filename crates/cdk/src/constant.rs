//! The arguments that Terraform reads letter by letter: `${` is no template in them, and they can't have references.

use crate::expr::{Expr, Key};

/// Whether an argument of a block of a section is one. Of the section `terraform`, everything is.
pub(crate) fn is_constant(section: &str, argument: &str) -> bool {
    matches!(
        (section, argument),
        ("variable", "default" | "description") | ("output", "description") | ("module", "source" | "version")
    )
}

/// Mark them, so that nothing in them is escaped.
pub(crate) fn mark(sections: &mut [(Key, Expr)]) {
    for (section, body) in sections {
        if section == "terraform" {
            mark_value(body);
        } else if let Expr::Object(blocks) = body {
            let arguments = blocks.iter_mut().filter_map(|(_, block)| match block {
                Expr::Object(arguments) => Some(arguments),
                _ => None,
            });
            arguments.flatten().filter(|(name, _)| is_constant(section, name)).for_each(|(_, value)| mark_value(value));
        }
    }
}

fn mark_value(value: &mut Expr) {
    *value = Expr::Constant(Box::new(std::mem::replace(value, Expr::Null)));
}
