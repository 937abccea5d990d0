//! One stack's `cdk.tf.json`.

use crate::backend::Backend;
use crate::constant;
use crate::diagnostics::Diagnostic;
use crate::element::{Element, Section};
use crate::exports::Export;
use crate::expr::{Expr, Key};
use crate::hcl::{OutputIds, Scope};
use crate::manifest::FORMAT_VERSION;
use crate::names;
use crate::overrides;
use crate::render::{Renderer, is_sorted, sorted};
use crate::stack::Stack;

/// The body of a section: a tree, or elements, which are rendered one by one.
enum SectionBody<'a> {
    Tree(Expr),
    Elements(Vec<&'a Element>),
}

/// Render a stack. `remote` are the producers that it reads, `exported` is what others read of it, `outputs` are ids of what it
/// reads.
pub(crate) fn stack<'a>(
    stack: &Stack,
    remote: impl Iterator<Item = (&'a str, &'a Backend)>,
    exported: &[Export],
    outputs: &OutputIds,
) -> String {
    let remote: Vec<Element> = remote.map(|(producer, backend)| remote_state(stack, producer, backend)).collect();
    let trees = trees(stack, exported).into_iter();
    let mut sections: Vec<(Key, SectionBody<'_>)> = trees.map(|(key, tree)| (key, SectionBody::Tree(tree))).collect();
    for section in Section::ALL {
        let elements: Vec<&Element> =
            remote.iter().chain(&stack.contents.elements).filter(|element| element.section == section).collect();
        if !elements.is_empty() {
            sections.push((section.name().into(), SectionBody::Elements(elements)));
        }
    }
    sections.sort_by(|a, b| a.0.cmp(&b.0));
    let mut renderer = Renderer::new(Scope { stack: stack.name(), outputs });
    renderer.members(0, sections.into_iter().map(|(key, section)| (section, key)), |renderer, section, indent| match section {
        SectionBody::Tree(tree) => renderer.value(&tree, indent),
        SectionBody::Elements(elements) => render_elements(renderer, elements, stack.name(), indent),
    });
    renderer.out
}

/// All sections but those of elements, in no order.
fn trees(stack: &Stack, exported: &[Export]) -> Vec<(Key, Expr)> {
    let contents = &stack.contents;
    let mut trees: Vec<(Key, Expr)> = vec![("terraform".into(), terraform(stack))];
    for (section, blocks) in &contents.named {
        let blocks = blocks.iter().map(|block| (block.id.clone(), Expr::Object(block.body.clone())));
        trees.push(((*section).into(), Expr::of_pairs(blocks)));
    }
    if !exported.is_empty() {
        let outputs = exported.iter().map(|output| {
            let value = Expr::hcl(output.local.as_str());
            (output.id.clone().into(), Expr::of_pairs([("sensitive", Expr::from(true)), ("value", value)]))
        });
        match trees.iter_mut().find(|(key, _)| key == "output") {
            Some((_, Expr::Object(own))) => own.extend(outputs),
            _ => trees.push(("output".into(), Expr::Object(outputs.collect()))),
        }
    }
    if !contents.locals.is_empty() {
        trees.push(("locals".into(), Expr::Object(contents.locals.clone())));
    }
    if !contents.providers.is_empty() {
        let providers = contents.providers.iter().map(|(name, configured)| (name.clone(), Expr::Array(configured.clone())));
        trees.push(("provider".into(), Expr::of_pairs(providers)));
    }
    let rows = contents.moves_and_imports.iter();
    trees.extend(rows.map(|(section, blocks)| ((*section).into(), Expr::Array(blocks.clone()))));
    for (path, value) in &contents.overrides {
        // `override_mistakes` reported a path that leads nowhere.
        let _ = overrides::set(&mut trees, path, value.clone());
    }
    constant::mark(&mut trees);
    trees.push(("//".into(), Expr::Constant(Box::new(comment(stack, exported)))));
    trees
}

/// The mistakes in a stack's overrides: they are tried on a tree without resources.
pub(crate) fn override_mistakes(stack: &Stack) -> impl Iterator<Item = Diagnostic> {
    stack.contents.overrides.iter().filter_map(|(path, value)| {
        let place = || format!("{}/{path}", stack.name());
        let first = path.split('.').next().unwrap_or_default();
        if let Some(section) = Section::ALL.map(Section::name).into_iter().find(|section| *section == first) {
            let reason = format!("`{section}` is overridden at the block: Meta::override_at");
            return Some(overrides::refused(place(), &reason));
        }
        let mut trees = vec![("terraform".into(), terraform(stack))];
        overrides::set(&mut trees, path, value.clone()).err().map(|reason| overrides::refused(place(), &reason))
    })
}

fn remote_state(stack: &Stack, producer: &str, backend: &Backend) -> Element {
    let id = names::cross_stack_input(producer);
    let (kind, config) = backend.state_of(producer);
    let body = vec![
        ("backend".into(), kind.into()),
        ("config".into(), Expr::of_pairs(config)),
        ("workspace".into(), Expr::hcl("terraform.workspace")),
    ];
    Element {
        section: Section::Data,
        target: stack.target(format!("data.terraform_remote_state.{id}")),
        type_name: "terraform_remote_state".into(),
        id,
        path: None,
        has_metadata: false,
        taggable: false,
        provider: None,
        write_only: None,
        body,
        overrides: Vec::new(),
    }
}

fn terraform(stack: &Stack) -> Expr {
    let config = Expr::of_pairs(stack.backend().arguments());
    let required =
        Expr::Object(stack.contents.required_providers.iter().map(|(name, entry)| (name.clone(), entry.clone())).collect());
    let backend = match stack.backend().kind() {
        "cloud" => ("cloud", config),
        kind => ("backend", Expr::of_pairs([(kind.to_owned(), config)])),
    };
    let version = stack.contents.terraform_version().map(|version| ("required_version", version.into()));
    Expr::of_pairs([backend, ("required_providers", required)].into_iter().chain(version))
}

/// `"//"` of the root: what cdktf's tools read.
fn comment(stack: &Stack, exported: &[Export]) -> Expr {
    let mut metadata = vec![("backend", Expr::from(stack.backend().kind()))];
    if let Some(overridden) = overridden(stack) {
        metadata.push(("overrides", overridden));
    }
    metadata.push(("stackName", stack.name().into()));
    metadata.push(("version", FORMAT_VERSION.into()));
    let own = stack.contents.named.get("output").into_iter().flatten().map(|block| (block.path.clone(), block.id.clone()));
    let all = own.chain(exported.iter().map(|output| (output.path.clone(), output.id.clone())));
    let outputs = Expr::of_pairs(all.map(|(path, id)| (path, Expr::from(id))));
    let outputs = match &outputs {
        Expr::Object(pairs) if pairs.is_empty() => outputs,
        _ => Expr::of_pairs([(stack.name().to_owned(), outputs)]),
    };
    Expr::of_pairs([("metadata", Expr::of_pairs(metadata)), ("outputs", outputs)])
}

/// Which arguments are overridden, by type, as cdktf notes it.
fn overridden(stack: &Stack) -> Option<Expr> {
    let mut by_type: std::collections::BTreeMap<&str, std::collections::BTreeSet<&str>> = std::collections::BTreeMap::new();
    let first = |path: &'_ str| path.split('.').next().unwrap_or_default().len();
    for element in &stack.contents.elements {
        for (path, _) in &element.overrides {
            by_type.entry(&element.type_name).or_default().insert(&path[..first(path)]);
        }
    }
    for (path, _) in &stack.contents.overrides {
        by_type.entry("stack").or_default().insert(&path[..first(path)]);
    }
    let lists =
        by_type.into_iter().map(|(name, keys)| (name.to_owned(), Expr::Array(keys.into_iter().map(Expr::from).collect())));
    let lists: Vec<_> = lists.collect();
    (!lists.is_empty()).then(|| Expr::of_pairs(lists))
}

fn render_elements(renderer: &mut Renderer<'_>, mut elements: Vec<&Element>, stack: &str, indent: usize) {
    elements.sort_by(|a, b| (&a.type_name, &a.id).cmp(&(&b.type_name, &b.id)));
    let by_type = elements.chunk_by(|a, b| a.type_name == b.type_name);
    renderer.members(indent, by_type.map(|same| (same, &same[0].type_name)), |renderer, same, indent| {
        renderer.members(indent, same.iter().map(|element| (element, &element.id)), |renderer, element, indent| {
            render_element(renderer, element, stack, indent);
        });
    });
}

fn render_element(renderer: &mut Renderer<'_>, element: &Element, stack: &str, indent: usize) {
    let metadata = element.has_metadata.then_some((None, "//"));
    let mut write = |renderer: &mut Renderer<'_>, value: Option<&Expr>, indent: usize| match value {
        Some(value) => renderer.value(value, indent),
        None => render_metadata(renderer, element, stack, indent),
    };
    // Bindings write their arguments in order; only meta-arguments and overrides come late.
    if is_sorted(&element.body) {
        let arguments = element.body.iter().map(|(key, value)| (Some(value), &**key));
        renderer.members(indent, metadata.into_iter().chain(arguments), &mut write);
    } else {
        let arguments = sorted(&element.body).into_iter().map(|(key, value)| (Some(value), &**key));
        renderer.members(indent, metadata.into_iter().chain(arguments), &mut write);
    }
}

fn render_metadata(renderer: &mut Renderer<'_>, element: &Element, stack: &str, indent: usize) {
    renderer.members(indent, [((), "metadata")], |renderer, (), indent| {
        renderer.members(indent, [(true, "path"), (false, "uniqueId")], |renderer, is_path, _| {
            if is_path {
                let path = [stack, "/", element.construct_path()].concat();
                renderer.text(&path);
            } else {
                renderer.text(&element.id);
            }
        });
    });
}
