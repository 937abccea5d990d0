//! The pauses of a schedule: the shortest and the longest time between two starts.

use jiff::civil::Date;

/// Minutes of a day.
const DAY: i64 = 24 * 60;
/// The years that are looked at if a schedule names none: four years and a leap day, with every position of the weekdays in
/// short months.
const YEARS: std::ops::RangeInclusive<i64> = 2024..=2028;
const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// The shortest and the longest pause between two starts, in minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pauses {
    pub(crate) shortest: i64,
    pub(crate) longest: i64,
}

/// The pauses of a schedule that was checked; `None` if it starts less than twice.
pub(crate) fn pauses(expression: &str) -> Option<Pauses> {
    let (kind, rest) = expression.split_once('(')?;
    let inner = rest.strip_suffix(')')?;
    match kind {
        "rate" => {
            let (value, unit) = inner.split_once(' ')?;
            let minutes = match unit.trim_end_matches('s') {
                "minute" => 1,
                "hour" => 60,
                _ => DAY,
            };
            let every = value.parse::<i64>().ok()? * minutes;
            Some(Pauses { shortest: every, longest: every })
        }
        "cron" => of_cron(inner),
        _ => None,
    }
}

fn of_cron(cron: &str) -> Option<Pauses> {
    let [minutes, hours, days, months, weekdays, years] = cron.split(' ').collect::<Vec<_>>().try_into().ok()?;
    let starts: Vec<i64> = values(hours, 0, 23, &[])
        .iter()
        .flat_map(|hour| values(minutes, 0, 59, &[]).into_iter().map(move |m| hour * 60 + m))
        .collect();
    let months = values(months, 1, 12, &MONTHS);
    let years = if years == "*" { YEARS.collect() } else { values(years, 1970, 2199, &[]) };
    let (mut last, mut found): (Option<i64>, Option<Pauses>) = (None, None);
    for year in years {
        for month in &months {
            let Some(shape) = Month::new(year, *month) else { continue };
            for day in (1..=shape.days).filter(|day| shape.has(days, weekdays, *day)) {
                for start in &starts {
                    let at = shape.minute(day) + start;
                    if let Some(pause) = last.map(|last| at - last) {
                        let known = found.unwrap_or(Pauses { shortest: pause, longest: pause });
                        found = Some(Pauses { shortest: known.shortest.min(pause), longest: known.longest.max(pause) });
                    }
                    last = Some(at);
                }
            }
        }
    }
    found
}

/// A month: its first day, and the number of its days.
struct Month {
    first: Date,
    days: i64,
}

impl Month {
    fn new(year: i64, month: i64) -> Option<Self> {
        let first = Date::new(year.try_into().ok()?, month.try_into().ok()?, 1).ok()?;
        Some(Self { first, days: first.days_in_month().into() })
    }

    /// The minute at which a day begins, from 1970 on.
    fn minute(&self, day: i64) -> i64 {
        self.first.duration_since(Date::constant(1970, 1, 1)).as_mins() + (day - 1) * DAY
    }

    /// 1 is Sunday.
    fn weekday(&self, day: i64) -> i64 {
        (i64::from(self.first.weekday().to_sunday_zero_offset()) + day - 1) % 7 + 1
    }

    /// Whether a schedule starts on a day; one of the fields is `?`.
    fn has(&self, days: &str, weekdays: &str, day: i64) -> bool {
        if weekdays != "?" {
            return weekdays.split(',').any(|item| self.has_weekday(item, day));
        }
        days.split(',').any(|item| match item {
            "L" => day == self.days,
            "LW" => day == self.nearest_weekday(self.days),
            _ => match item.strip_suffix('W').and_then(|near| near.parse().ok()) {
                Some(near) => day == self.nearest_weekday(near),
                None => values(item, 1, 31, &[]).contains(&day),
            },
        })
    }

    fn has_weekday(&self, item: &str, day: i64) -> bool {
        let own = self.weekday(day);
        if item == "L" {
            return own == 7;
        }
        if let Some(last) = item.strip_suffix('L') {
            return values(last, 1, 7, &DAYS).contains(&own) && day > self.days - 7;
        }
        match item.split_once('#') {
            Some((name, week)) => values(name, 1, 7, &DAYS).contains(&own) && week.parse() == Ok((day - 1) / 7 + 1),
            None => values(item, 1, 7, &DAYS).contains(&own),
        }
    }

    /// The weekday of the month that is nearest to a day.
    fn nearest_weekday(&self, day: i64) -> i64 {
        match self.weekday(day) {
            7 if day == 1 => 3,
            7 => day - 1,
            1 if day == self.days => day - 2,
            1 => day + 1,
            _ => day,
        }
    }
}

/// The values of a field, in their order.
fn values(field: &str, low: i64, high: i64, words: &[&str]) -> Vec<i64> {
    let value = |text: &str| {
        let word = words.iter().zip(low..).find(|(word, _)| word.eq_ignore_ascii_case(text)).map(|(_, value)| value);
        word.or_else(|| text.parse().ok())
    };
    let mut found: Vec<i64> = Vec::new();
    for item in field.split(',') {
        let (range, step) = item.split_once('/').map_or((item, None), |(range, step)| (range, step.parse::<usize>().ok()));
        let (from, to) = match range.split_once('-') {
            Some((from, to)) => (value(from), value(to)),
            None if range == "*" || range == "?" => (Some(low), Some(high)),
            // `5/10` goes on to the end.
            None => (value(range), step.map_or(value(range), |_| Some(high))),
        };
        if let (Some(from), Some(to)) = (from, to) {
            found.extend((from..=to).step_by(step.unwrap_or(1).max(1)));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    #[test]
    fn pauses_are_those_of_the_calendar() {
        for (expression, shortest, longest) in [
            ("rate(15 minutes)", 15, 15),
            ("rate(1 day)", DAY, DAY),
            ("cron(0 9 ? * MON-FRI *)", DAY, 3 * DAY),
            ("cron(0/20 * * * ? *)", 20, 20),
            ("cron(0 9,10 * * ? *)", 60, 23 * 60),
            ("cron(0 9 1 * ? *)", 28 * DAY, 31 * DAY),
            ("cron(0 9 L * ? *)", 28 * DAY, 31 * DAY),
            ("cron(0 9 ? * 6#2 *)", 28 * DAY, 35 * DAY),
            ("cron(0 9 ? * SUN *)", 7 * DAY, 7 * DAY),
            ("cron(0 9 LW * ? 2026)", 28 * DAY, 32 * DAY),
            ("cron(5,35 14 * JAN,JUL ? 2026)", 30, 151 * DAY - 30),
        ] {
            assert_eq!(pauses(expression).unwrap(), Pauses { shortest, longest }, "{expression}");
        }
    }

    #[test]
    fn what_starts_once_has_no_pause() {
        assert_eq!(pauses("at(2026-01-31T12:00:00)"), None);
        assert_eq!(pauses("cron(0 9 1 1 ? 2026)"), None);
    }
}
