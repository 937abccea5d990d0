//! A resource of the bindings as what a test wants.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::matcher::Matcher;
use crate::block::{Block, BlockWriter, Found};
use crate::diagnostics::Path;
use crate::expr::{Expr, Key};
use crate::hcl::Scope;
use crate::render::Renderer;
use crate::value::Val;

/// What [`any`] holds. A stack that declares it is refused, with this reason.
const ANY: &str = "`testing::any()` stands for any value in what a test wants, and is none itself";

/// Any value, as an argument of a resource that [`Template::assert_has`](super::Template::assert_has) looks for.
pub fn any<T>() -> Val<T> {
    Val::invalid(ANY)
}

/// The arguments that a block sets, as a stack writes them. Rules between arguments do not count: it is a part of a resource.
pub(super) fn of_block(mut block: impl Block, stack: &str) -> Matcher {
    let pairs = BlockWriter::collect(&mut block, Path::root(""), &mut Found::default());
    object(&pairs, stack)
}

fn object(pairs: &[(Key, Expr)], stack: &str) -> Matcher {
    Matcher::object(pairs.iter().map(|(key, value)| (key.clone(), matcher(value, stack))))
}

fn matcher(expr: &Expr, stack: &str) -> Matcher {
    match expr {
        Expr::Invalid(reasons) if reasons.iter().any(|reason| reason == ANY) => Matcher::any(),
        Expr::Object(pairs) => object(pairs, stack),
        Expr::Array(items) => Matcher::list(items.iter().map(|item| matcher(item, stack))),
        other => Matcher::equal(rendered(other, stack)),
    }
}

fn rendered(expr: &Expr, stack: &str) -> Json {
    let outputs = HashMap::new();
    let mut renderer = Renderer::new(Scope { stack, outputs: &outputs });
    renderer.value(expr, 0);
    serde_json::from_str(&renderer.out).unwrap_or(Json::String(renderer.out))
}
