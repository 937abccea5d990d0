//! `Wait` states.

use oleoduto_cdk::Expr;

use super::common::{Common, data_methods, next_method};
use super::limits::{self, MAX_SECONDS};
use super::path::{self, Kind};
use super::timestamp;

/// A wait.
#[derive(Clone, Debug)]
pub struct Wait {
    until: Until,
    pub(super) common: Common,
}

data_methods!(Wait);
next_method!(Wait);

#[derive(Clone, Debug)]
enum Until {
    Seconds(i64),
    SecondsPath(String),
    Timestamp(String),
    TimestampPath(String),
}

impl Wait {
    fn new(until: Until) -> Self {
        Self { until, common: Common::default() }
    }

    /// Wait so many seconds: 0 to 99 999 999.
    pub fn seconds(seconds: i64) -> Self {
        Self::new(Until::Seconds(seconds))
    }

    /// Wait as many seconds as the number at a path says.
    pub fn seconds_path(path: &str) -> Self {
        Self::new(Until::SecondsPath(path.to_owned()))
    }

    /// Wait until a time such as `2030-12-31T23:59:59Z`.
    pub fn timestamp(timestamp: &str) -> Self {
        Self::new(Until::Timestamp(timestamp.to_owned()))
    }

    /// Wait until the time at a path.
    pub fn timestamp_path(path: &str) -> Self {
        Self::new(Until::TimestampPath(path.to_owned()))
    }

    pub(super) fn check(&self, mistakes: &mut Vec<String>) {
        self.common.check(mistakes);
        match &self.until {
            Until::Seconds(seconds) => limits::check("Seconds", *seconds, 0..=MAX_SECONDS, mistakes),
            Until::SecondsPath(text) => path::check_field("SecondsPath", text, Kind::Reference, mistakes),
            Until::Timestamp(text) => timestamp::check("Timestamp", text, mistakes),
            Until::TimestampPath(text) => path::check_field("TimestampPath", text, Kind::Reference, mistakes),
        }
    }

    pub(super) fn document(&self) -> Expr {
        let mut pairs = self.common.head("Wait");
        pairs.push(match &self.until {
            Until::Seconds(seconds) => ("Seconds", (*seconds).into()),
            Until::SecondsPath(path) => ("SecondsPath", path.as_str().into()),
            Until::Timestamp(timestamp) => ("Timestamp", timestamp.as_str().into()),
            Until::TimestampPath(path) => ("TimestampPath", path.as_str().into()),
        });
        self.common.tail(pairs)
    }
}
