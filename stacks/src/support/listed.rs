//! Enums that list all of their values.

/// An enum with a text for each variant, and the list of all variants.
macro_rules! listed {
    ($(#[$doc:meta])* $visibility:vis enum $name:ident { $($(#[$inner:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        $visibility enum $name {
            $($(#[$inner])* $variant,)+
        }

        impl $name {
            /// All of them, in their order.
            #[allow(dead_code, reason = "of some enums only the tests use the list")]
            $visibility const ALL: [Self; [$($text),+].len()] = [$(Self::$variant),+];

            /// The text.
            $visibility const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

pub(crate) use listed;
