//! Closed sets of words and numbers, as enums.

use oleoduto_cdk::{Expr, Val};

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
    /// The execution class of a Glue job.
    ExecutionClass {
        /// Starts immediately.
        Standard = "STANDARD",
        /// Cheaper; starts when capacity is available.
        Flex = "FLEX",
    }
);
words!(
    /// Whether an image tag can be overwritten.
    TagMutability {
        /// A tag can't be pushed again.
        Immutable = "IMMUTABLE",
        /// A tag can be pushed again.
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

/// How long CloudWatch keeps logs; the service accepts only these.
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
    /// 120 days.
    FourMonths,
    /// 150 days.
    FiveMonths,
    /// 180 days.
    HalfYear,
    /// 365 days.
    Year,
    /// 400 days.
    ThirteenMonths,
    /// 545 days.
    EighteenMonths,
    /// 731 days.
    TwoYears,
    /// 1096 days.
    ThreeYears,
    /// 1827 days.
    FiveYears,
    /// 2192 days.
    SixYears,
    /// 2557 days.
    SevenYears,
    /// 2922 days.
    EightYears,
    /// 3288 days.
    NineYears,
    /// 3653 days.
    TenYears,
    /// No expiry.
    Forever,
}

impl RetentionDays {
    /// From <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>.
    const ALL: [(Self, u32); 23] = [
        (Self::Day, 1),
        (Self::ThreeDays, 3),
        (Self::FiveDays, 5),
        (Self::Week, 7),
        (Self::TwoWeeks, 14),
        (Self::Month, 30),
        (Self::TwoMonths, 60),
        (Self::Quarter, 90),
        (Self::FourMonths, 120),
        (Self::FiveMonths, 150),
        (Self::HalfYear, 180),
        (Self::Year, 365),
        (Self::ThirteenMonths, 400),
        (Self::EighteenMonths, 545),
        (Self::TwoYears, 731),
        (Self::ThreeYears, 1096),
        (Self::FiveYears, 1827),
        (Self::SixYears, 2192),
        (Self::SevenYears, 2557),
        (Self::EightYears, 2922),
        (Self::NineYears, 3288),
        (Self::TenYears, 3653),
        (Self::Forever, 0),
    ];

    /// The number of days; 0 is no expiry, as the provider writes it.
    pub fn days(self) -> u32 {
        Self::ALL.iter().find(|(variant, _)| *variant == self).map_or(0, |(_, days)| *days)
    }

    /// The numbers of days that the service accepts.
    pub fn known() -> impl Iterator<Item = u32> {
        Self::ALL.iter().map(|(_, days)| *days)
    }

    /// The retention of a number of days, if the service accepts it.
    pub fn of_days(days: u32) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == days).map(|(variant, _)| *variant)
    }
}

impl From<RetentionDays> for Val<RetentionDays> {
    fn from(value: RetentionDays) -> Self {
        Self::raw(i64::from(value.days()).into())
    }
}
