//! The dates of a backfill.

use anyhow::{Context as _, bail};
use jiff::civil::Date;
use jiff::{Span, ToSpan as _};

/// More dates than anybody means: two years of days.
const MOST: usize = 750;

/// The time between two dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Every {
    /// Each day.
    Day,
    /// Each seventh day.
    Week,
    /// The same day of each month, or the month's last day.
    Month,
}

impl Every {
    fn times(self, count: i32) -> Span {
        match self {
            Self::Day => count.days(),
            Self::Week => count.weeks(),
            Self::Month => count.months(),
        }
    }
}

/// A date as YYYY-MM-DD.
pub(crate) fn parse(text: &str) -> Result<Date, String> {
    let date: Result<Date, _> = text.parse();
    date.map_err(|_| format!("`{text}` can't be used: a date looks like 2023-01-31"))
}

/// The dates from the first to the last.
pub(super) fn between(from: Date, to: Date, every: Every) -> anyhow::Result<Vec<Date>> {
    if from > to {
        bail!("--from {from} is after --to {to}: exchange them");
    }
    let mut dates = Vec::new();
    for count in 0.. {
        // From the first date each time: months after the 31st would lose days step by step.
        let date = from.checked_add(every.times(count)).context("the dates leave the calendar")?;
        if date > to {
            break;
        }
        if dates.len() == MOST {
            bail!("from {from} to {to} are more than {MOST} dates: choose a shorter range, or a longer --every");
        }
        dates.push(date);
    }
    Ok(dates)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    fn of(from: &str, to: &str, every: Every) -> Vec<String> {
        let dates = between(parse(from).unwrap(), parse(to).unwrap(), every).unwrap();
        dates.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn both_ends_are_dates_and_months_keep_their_day() {
        assert_eq!(of("2023-01-01", "2023-12-01", Every::Month).len(), 12);
        assert_eq!(of("2024-01-31", "2024-04-30", Every::Month), ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"]);
        assert_eq!(of("2024-02-28", "2024-03-01", Every::Day), ["2024-02-28", "2024-02-29", "2024-03-01"]);
        assert_eq!(of("2024-01-01", "2024-01-14", Every::Week), ["2024-01-01", "2024-01-08"]);
        assert_eq!(of("2024-01-01", "2024-01-01", Every::Day), ["2024-01-01"]);
    }

    #[test]
    fn a_range_that_is_turned_around_or_too_long_is_refused() {
        let error = |from: &str, to: &str| between(parse(from).unwrap(), parse(to).unwrap(), Every::Day).unwrap_err().to_string();
        assert!(error("2024-01-02", "2024-01-01").contains("exchange them"));
        assert!(error("2020-01-01", "2024-01-01").contains("more than 750 dates"));
        assert!(parse("2024-02-30").unwrap_err().contains("2023-01-31"));
        assert!(parse("1.2.2024").is_err());
    }
}
