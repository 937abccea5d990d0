//! Closed sets of words and numbers: a variant each, and nothing else can be given.

use oleoduto_cdk::{Expr, Number, Val};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// The word as AWS spells it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl From<$name> for Val<$name> {
            fn from(value: $name) -> Self {
                Self::raw(Expr::Str(value.as_str().to_owned()))
            }
        }
    };
}

words!(
    /// A Glue worker.
    WorkerType {
        /// 2 vCPU, 4 GB; streaming jobs only.
        G025X = "G.025X",
        /// 4 vCPU, 16 GB.
        G1X = "G.1X",
        /// 8 vCPU, 32 GB.
        G2X = "G.2X",
        /// 16 vCPU, 64 GB.
        G4X = "G.4X",
        /// 32 vCPU, 128 GB.
        G8X = "G.8X",
    }
);
words!(
    /// How urgent a Glue job is.
    ExecutionClass {
        /// Starts at once.
        Standard = "STANDARD",
        /// Cheaper, starts when there is room.
        Flex = "FLEX",
    }
);
words!(
    /// Whether an image tag can be pushed again.
    TagMutability {
        /// A tag stays what it was.
        Immutable = "IMMUTABLE",
        /// A tag can move.
        Mutable = "MUTABLE",
    }
);
words!(
    /// A Lambda runtime.
    LambdaRuntime {
        /// Node.js 20.
        Nodejs20 = "nodejs20.x",
        /// Node.js 22.
        Nodejs22 = "nodejs22.x",
        /// The base for compiled programs, such as Rust's.
        ProvidedAl2023 = "provided.al2023",
        /// Python 3.11.
        Python311 = "python3.11",
        /// Python 3.12.
        Python312 = "python3.12",
        /// Python 3.13.
        Python313 = "python3.13",
    }
);
words!(
    /// The kind of a state machine.
    SfnType {
        /// Up to a year, exactly once.
        Standard = "STANDARD",
        /// Up to five minutes, at least once.
        Express = "EXPRESS",
    }
);

/// How long CloudWatch keeps logs; the service knows only these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetentionDays {
    /// 1 day.
    Day,
    /// 3 days.
    ThreeDays,
    /// 5 days.
    FiveDays,
    /// 7 days.
    Week,
    /// 14 days.
    TwoWeeks,
    /// 30 days.
    Month,
    /// 60 days.
    TwoMonths,
    /// 90 days.
    Quarter,
    /// 180 days.
    HalfYear,
    /// 365 days.
    Year,
    /// 731 days.
    TwoYears,
    /// 1827 days.
    FiveYears,
    /// 3653 days.
    TenYears,
    /// For ever.
    Forever,
}

impl From<RetentionDays> for Val<RetentionDays> {
    fn from(value: RetentionDays) -> Self {
        let days = match value {
            RetentionDays::Day => 1,
            RetentionDays::ThreeDays => 3,
            RetentionDays::FiveDays => 5,
            RetentionDays::Week => 7,
            RetentionDays::TwoWeeks => 14,
            RetentionDays::Month => 30,
            RetentionDays::TwoMonths => 60,
            RetentionDays::Quarter => 90,
            RetentionDays::HalfYear => 180,
            RetentionDays::Year => 365,
            RetentionDays::TwoYears => 731,
            RetentionDays::FiveYears => 1827,
            RetentionDays::TenYears => 3653,
            // What the provider calls "never expire".
            RetentionDays::Forever => 0,
        };
        Self::raw(Val::<Number>::from(days).into_expr())
    }
}
