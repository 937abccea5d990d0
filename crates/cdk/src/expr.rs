//! Terraform expressions as a tree: `resolve` checks it, `render` writes it.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// The key of an object or the name of an argument.
pub type Key = Cow<'static, str>;

/// What the address of an ephemeral resource begins with.
pub(crate) const EPHEMERAL: &str = "ephemeral.";

/// The place of a block: its stack and its address (`aws_s3_bucket.data`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target(Arc<Place>);

#[derive(Debug, PartialEq, Eq, Hash)]
struct Place {
    stack: Arc<str>,
    address: String,
}

impl Target {
    pub(crate) fn new(stack: &Arc<str>, address: String) -> Self {
        Self(Arc::new(Place { stack: stack.clone(), address }))
    }

    /// The Terraform address, such as `aws_s3_bucket.data` or `data.aws_region.current`.
    pub fn address(&self) -> &str {
        &self.0.address
    }

    /// The Terraform type, such as `aws_s3_bucket`.
    pub fn type_name(&self) -> &str {
        let address = &self.0.address;
        let address = address.strip_prefix("data.").or(address.strip_prefix(EPHEMERAL)).unwrap_or(address);
        address.split('.').next().unwrap_or(address)
    }

    /// Whether it is an ephemeral resource.
    pub(crate) fn is_ephemeral(&self) -> bool {
        self.0.address.starts_with(EPHEMERAL)
    }

    /// The name of the stack that declares it.
    pub fn stack(&self) -> &str {
        &self.0.stack
    }

    /// Whether it is another target, or an instance or all instances of it.
    pub fn is_of(&self, other: &Self) -> bool {
        let address = self.address().strip_prefix("values(").unwrap_or(self.address());
        let rest = address.strip_prefix(other.address());
        self.stack() == other.stack() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['[', ')']))
    }

    /// The same stack, another address: an instance or all instances of a repeated block.
    pub(crate) fn at(&self, address: String) -> Self {
        Self::new(&self.0.stack, address)
    }
}

impl AsRef<Target> for Target {
    fn as_ref(&self) -> &Target {
        self
    }
}

/// An attribute of a target: `aws_s3_bucket.data.arn`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reference {
    pub(crate) target: Target,
    /// Empty for the target itself, as in `local.name`.
    pub(crate) path: Cow<'static, str>,
    pub(crate) sensitive: bool,
}

impl Reference {
    /// The block that it reads.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The attribute, such as `arn`; empty for the target itself.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The expression as written inside the stack that owns the target.
    pub(crate) fn local(&self) -> String {
        let mut text = String::with_capacity(self.target.address().len() + self.path.len() + 1);
        self.push_local(&mut text);
        text
    }

    pub(crate) fn push_local(&self, out: &mut String) {
        out.push_str(self.target.address());
        if !self.path.is_empty() {
            if !self.path.starts_with('[') {
                out.push('.');
            }
            out.push_str(&self.path);
        }
    }
}

/// A piece of a string template or of hand-written HCL.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Literal text; in a template, `${` and `%{` in it are escaped when rendered.
    Text(String),
    /// An interpolated expression.
    Interpolation(Expr),
}

/// How deep expressions may be nested in each other: deeper ones are refused at synth.
pub const MAX_DEPTH: usize = 500;

/// A Terraform expression.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Expr {
    /// `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// Literal text.
    Str(String),
    /// Literal text that is the name of a resource of the given Terraform type.
    Name(&'static str, String),
    /// Literal text that is never printed.
    Secret(String),
    /// Text with interpolations.
    Template(Vec<Part>),
    /// An attribute of a resource, data source, module, variable or local.
    Ref(Reference),
    /// HCL written by hand, with expressions in it: the escape hatch.
    Raw(Vec<Part>),
    /// A list.
    Array(Vec<Expr>),
    /// An object; keys in the order given.
    Object(Vec<(Key, Expr)>),
    /// A Terraform function.
    Call(&'static str, Vec<Expr>),
    /// `left operator right`.
    Binary(&'static str, Box<(Expr, Expr)>),
    /// `condition ? yes : no`.
    Conditional(Box<(Expr, Expr, Expr)>),
    /// A value that Terraform reads letter by letter, without templates: an address, the default of a variable.
    Constant(Box<Expr>),
    /// A value that its type refused, with every reason; reported at synth with the attribute's path.
    Invalid(Vec<String>),
}

impl Expr {
    /// An object from pairs.
    pub fn object<K: Into<Key>>(pairs: impl IntoIterator<Item = (K, Expr)>) -> Self {
        Self::of_pairs(pairs).checked()
    }

    /// An object that the engine makes itself, whatever is in it: it is refused as a part, not as a whole.
    pub(crate) fn of_pairs<K: Into<Key>>(pairs: impl IntoIterator<Item = (K, Expr)>) -> Self {
        Self::Object(pairs.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    /// HCL written by hand, such as `each.key` or `aws_vpc.main[0].id`.
    pub fn hcl(text: impl Into<String>) -> Self {
        Self::Raw(vec![Part::Text(text.into())])
    }

    /// HCL written by hand, with expressions in it, as [`hcl!`](crate::hcl) makes it.
    pub fn hcl_of(parts: impl IntoIterator<Item = Part>) -> Self {
        Self::Raw(parts.into_iter().collect()).checked()
    }

    /// The address of a block, where Terraform wants the block and not a value of it.
    pub(crate) fn address(address: &str) -> Self {
        Self::Constant(Box::new(address.into()))
    }

    /// The addresses of blocks.
    pub(crate) fn addresses(targets: &[Target]) -> Self {
        Self::Array(targets.iter().map(|target| Self::address(target.address())).collect())
    }

    /// `jsonencode(self)`: JSON text of a document that may hold references.
    pub fn jsonencode(self) -> Self {
        Self::Call("jsonencode", vec![self]).checked()
    }

    /// The expression, unless it is nested too deep. All that reads a tree is recursive: a refused one is not kept.
    pub(crate) fn checked(self) -> Self {
        if self.is_deeper_than(MAX_DEPTH) {
            return Self::Invalid(vec![format!("expressions are nested more than {MAX_DEPTH} deep")]);
        }
        self
    }

    fn is_deeper_than(&self, levels: usize) -> bool {
        let mut deeper = levels == 0;
        self.children(|child| deeper = deeper || child.is_deeper_than(levels - 1));
        deeper
    }

    /// Whether Terraform must not print the value: it says so itself of what is made of sensitive values.
    pub(crate) fn is_sensitive(&self) -> bool {
        match self {
            Self::Ref(reference) => reference.sensitive,
            Self::Secret(_) | Self::Call("sensitive", _) => true,
            Self::Call("nonsensitive" | "issensitive", _) => false,
            other => {
                let mut sensitive = false;
                other.children(|child| sensitive = sensitive || child.is_sensitive());
                sensitive
            }
        }
    }

    /// Whether only Terraform will know the value, or a part of it.
    pub fn is_dynamic(&self) -> bool {
        match self {
            Self::Ref(_) | Self::Raw(_) | Self::Call(..) | Self::Binary(..) | Self::Conditional(_) => true,
            other => {
                let mut dynamic = false;
                other.children(|child| dynamic = dynamic || child.is_dynamic());
                dynamic
            }
        }
    }

    /// The literal text, if that is all it is.
    pub fn literal(&self) -> Option<&str> {
        match self {
            Self::Str(text) | Self::Name(_, text) => Some(text),
            _ => None,
        }
    }

    /// The expressions directly inside, in the order of their appearance.
    pub(crate) fn children<'a>(&'a self, mut visit: impl FnMut(&'a Self)) {
        match self {
            Self::Template(parts) | Self::Raw(parts) => parts.iter().for_each(|part| {
                if let Part::Interpolation(expr) = part {
                    visit(expr);
                }
            }),
            Self::Array(items) | Self::Call(_, items) => items.iter().for_each(visit),
            Self::Object(pairs) => pairs.iter().for_each(|(_, value)| visit(value)),
            Self::Binary(_, sides) => [&sides.0, &sides.1].into_iter().for_each(visit),
            Self::Conditional(parts) => [&parts.0, &parts.1, &parts.2].into_iter().for_each(visit),
            Self::Constant(inner) => visit(inner),
            Self::Null | Self::Bool(_) | Self::Int(_) | Self::Float(_) | Self::Ref(_) => {}
            Self::Str(_) | Self::Name(..) | Self::Secret(_) | Self::Invalid(_) => {}
        }
    }
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => value.fmt(f),
            Self::Int(value) => value.fmt(f),
            Self::Float(value) => value.fmt(f),
            Self::Str(text) | Self::Name(_, text) => text.fmt(f),
            Self::Secret(_) => f.write_str("(sensitive value)"),
            Self::Template(parts) => f.debug_tuple("Template").field(parts).finish(),
            Self::Ref(reference) => f.write_str(&reference.local()),
            Self::Raw(parts) => f.debug_tuple("Raw").field(parts).finish(),
            Self::Array(items) => items.fmt(f),
            Self::Object(pairs) => f.debug_map().entries(pairs.iter().map(|(key, value)| (key, value))).finish(),
            Self::Call(name, arguments) => f.debug_tuple(name).field(arguments).finish(),
            Self::Binary(operator, sides) => write!(f, "({:?} {operator} {:?})", sides.0, sides.1),
            Self::Conditional(parts) => write!(f, "({:?} ? {:?} : {:?})", parts.0, parts.1, parts.2),
            Self::Constant(inner) => inner.fmt(f),
            Self::Invalid(reasons) => f.debug_tuple("Invalid").field(reasons).finish(),
        }
    }
}

/// HCL written by hand with typed values in it: `hcl!["[for s in ", subnets, " : s.id]"]` makes an [`Expr`].
///
/// Bare text (`&str`, `String`) is HCL, copied unchanged. Everything else is a value: a reference is written bare, a
/// text (`Val<String>`) in quotes, and hand-written HCL in parentheses if its operators could mix with those around it.
#[macro_export]
macro_rules! hcl {
    ($($part:expr),+ $(,)?) => {
        $crate::Expr::hcl_of([$($crate::Part::from($part)),+])
    };
}
