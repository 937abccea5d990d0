//! Objects: structs of the bindings that are values of arguments.

use crate::expr::{Expr, Key};
use crate::value::Val;

/// A value whose structure the provider's schema gives, such as a rule in `ingress` of `aws_security_group`.
///
/// It stands for itself in types (`Val<List<Ingress>>`), so that an argument takes objects, and expressions by [`Val::raw`].
pub trait Object {
    /// Move every attribute to the writer.
    fn write(self, writer: &mut ObjectWriter);
}

/// Collects the attributes of an object.
#[derive(Debug)]
pub struct ObjectWriter(Vec<(Key, Expr)>);

impl ObjectWriter {
    /// Write an attribute, if it is set: an object with a structure of its own may lack it.
    pub fn opt<T>(&mut self, name: &'static str, value: Option<Val<T>>) {
        if value.is_some() {
            self.value(name, value);
        }
    }

    /// Write an attribute. One that is not set is `null`: Terraform wants every attribute of an object.
    pub fn value<T>(&mut self, name: &'static str, value: Option<Val<T>>) {
        self.0.push((Key::Borrowed(name), value.map_or(Expr::Null, Val::into_expr)));
    }
}

impl<O: Object> From<O> for Val<O> {
    fn from(object: O) -> Self {
        let mut writer = ObjectWriter(Vec::new());
        object.write(&mut writer);
        Self::raw(Expr::Object(writer.0).checked())
    }
}
