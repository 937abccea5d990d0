//! Text with references in it.

use crate::expr::{Expr, Part};
use crate::value::{Any, StringLike, Val};

/// Text with references, as [`text!`](crate::text!) makes it. It fits wherever text is wanted, of whatever type.
#[derive(Clone, Debug)]
pub struct Text(Vec<Part>);

impl Text {
    /// Text of parts.
    pub fn new(parts: impl IntoIterator<Item = Expr>) -> Self {
        let mut out: Vec<Part> = Vec::new();
        let mut add = |part: Part| match (part, out.last_mut()) {
            (Part::Text(text), Some(Part::Text(last))) => last.push_str(&text),
            (part, _) => out.push(part),
        };
        for part in parts {
            match part {
                Expr::Str(text) => add(Part::Text(text)),
                // Text within text: its parts join those around it.
                Expr::Template(inner) => inner.into_iter().for_each(&mut add),
                other => add(Part::Interpolation(other)),
            }
        }
        Self(out)
    }
}

/// Text without references is checked as a literal; the rest only the provider can check.
impl<T: StringLike> From<Text> for Val<T> {
    fn from(Text(mut parts): Text) -> Self {
        match parts.as_mut_slice() {
            [] => String::new().into(),
            [Part::Text(text)] => std::mem::take(text).into(),
            _ => Self::raw(Expr::Template(parts).checked()),
        }
    }
}

impl<T: StringLike> From<&Text> for Val<T> {
    fn from(text: &Text) -> Self {
        text.clone().into()
    }
}

impl From<Text> for Expr {
    fn from(text: Text) -> Self {
        Val::<String>::from(text).into_expr()
    }
}

impl From<&Text> for Expr {
    fn from(text: &Text) -> Self {
        text.clone().into()
    }
}

impl From<Text> for Val<Any> {
    fn from(text: Text) -> Self {
        Self::raw(text.into())
    }
}

impl From<Text> for Part {
    fn from(text: Text) -> Self {
        Self::Interpolation(text.into())
    }
}

impl From<&Text> for Part {
    fn from(text: &Text) -> Self {
        text.clone().into()
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::new([text.into()])
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::new([text.into()])
    }
}

/// Text with references: `text!["s3://", bucket.bucket(), "/raw/"]` makes a [`Text`].
#[macro_export]
macro_rules! text {
    ($($part:expr),+ $(,)?) => {
        $crate::Text::new([$($crate::Expr::from($part)),+])
    };
}
