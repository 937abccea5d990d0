//! The macro that declares a type of text.

/// A marker type with a check of its literals. With `names "aws_x"`, its values are names of that Terraform type.
macro_rules! string_like {
    ($(#[$doc:meta])* $name:ident $(names $kind:literal)?, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub enum $name {}

        impl oleoduto_cdk::StringLike for $name {
            $(const NAMES: Option<&'static str> = Some($kind);)?

            fn check(literal: &str) -> Result<(), String> {
                let check: fn(&str) -> Result<(), String> = $check;
                check(literal)
            }
        }
    };
}

pub(super) use string_like;
