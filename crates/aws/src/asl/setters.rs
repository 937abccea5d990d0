//! The setters of the builders.

/// Setters that put a value into a field: `name(argument: Type) => field = value;`.
macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $kind:ty)?) => $($field:ident).+ = $value:expr;)+) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self $(, $argument: $kind)?) -> Self {
            self.$($field).+ = $value;
            self
        }
    )+};
}

pub(super) use setters;
