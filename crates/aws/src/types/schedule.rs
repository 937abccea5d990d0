//! Schedules of EventBridge: `rate(...)`, `cron(...)` and `at(...)`.

use super::string_like::string_like;

string_like!(
    /// A schedule: `rate(1 day)`, `cron(0 12 * * ? *)` or, once, `at(2026-01-31T12:00:00)`.
    ScheduleExpression,
    check
);

/// A field of a cron expression.
struct Field {
    name: &'static str,
    low: u32,
    high: u32,
    /// Names of the values, from the lowest.
    words: &'static [&'static str],
}

const fn field(name: &'static str, low: u32, high: u32, words: &'static [&'static str]) -> Field {
    Field { name, low, high, words }
}

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const FIELDS: [Field; 6] = [
    field("minutes", 0, 59, &[]),
    field("hours", 0, 23, &[]),
    field("day of month", 1, 31, &[]),
    field("month", 1, 12, &MONTHS),
    field("day of week", 1, 7, &DAYS),
    field("year", 1970, 2199, &[]),
];

fn check(literal: &str) -> Result<(), String> {
    let fail = |why: String| Err(format!("`{literal}` is not a schedule: {why}"));
    let inner = |kind: &str| literal.strip_prefix(kind)?.strip_prefix('(')?.strip_suffix(')');
    let checked = if let Some(rate) = inner("rate") {
        check_rate(rate)
    } else if let Some(cron) = inner("cron") {
        check_cron(cron)
    } else if let Some(at) = inner("at") {
        check_at(at)
    } else {
        Err("the form is rate(1 day), cron(0 12 * * ? *) or at(2026-01-31T12:00:00)".to_owned())
    };
    checked.or_else(fail)
}

fn check_rate(rate: &str) -> Result<(), String> {
    let Some((value, unit)) = rate.split_once(' ') else {
        return Err("a rate is a number and a unit, as in rate(2 hours)".to_owned());
    };
    let value = value.parse::<u32>().map_err(|_| format!("`{value}` is not a whole number"))?;
    let singular = ["minute", "hour", "day"];
    let fits = match value {
        0 => return Err("a rate is at least 1".to_owned()),
        1 => singular.contains(&unit),
        _ => unit.strip_suffix('s').is_some_and(|unit| singular.contains(&unit)),
    };
    if fits { Ok(()) } else { Err(format!("`{unit}` must be minute, hour or day, in the plural when the number is not 1")) }
}

fn check_cron(cron: &str) -> Result<(), String> {
    let fields: Vec<&str> = cron.split(' ').collect();
    if fields.len() != FIELDS.len() {
        return Err(format!("cron has 6 fields (minutes hours day-of-month month day-of-week year), this one {}", fields.len()));
    }
    for (text, field) in fields.iter().zip(&FIELDS) {
        check_field(text, field)?;
    }
    if (fields[2] == "?") == (fields[4] == "?") {
        return Err("exactly one of day of month and day of week must be `?`".to_owned());
    }
    Ok(())
}

fn check_field(text: &str, field: &Field) -> Result<(), String> {
    let Field { name, low, high, words } = *field;
    let is_day = name.starts_with("day");
    if text == "*" || (text == "?" && is_day) || (is_day && matches!(text, "L" | "LW")) {
        return Ok(());
    }
    let value = |part: &str| -> Result<u32, String> {
        let known = words.iter().position(|word| word.eq_ignore_ascii_case(part)).and_then(|index| u32::try_from(index).ok());
        let number = known.map(|index| index + low).or_else(|| part.parse().ok());
        number
            .filter(|number| (low..=high).contains(number))
            .ok_or_else(|| format!("`{part}` is not a value of the field {name} ({low} to {high})"))
    };
    for item in text.split(',') {
        let (range, step) = item.split_once('/').map_or((item, None), |(range, step)| (range, Some(step)));
        if let Some(step) = step {
            let positive = step.parse::<u32>().is_ok_and(|step| step > 0);
            if !positive {
                return Err(format!("`{step}` is not a step of the field {name}"));
            }
        }
        // 3W: the weekday nearest to the 3rd; 6#2: the second Friday; 5L: the last Thursday.
        let plain = if name == "day of month" { range.strip_suffix('W').unwrap_or(range) } else { range };
        let plain = if name == "day of week" { plain.strip_suffix('L').unwrap_or(plain) } else { plain };
        let plain = match plain.split_once('#') {
            Some((day, week)) if name == "day of week" && matches!(week, "1" | "2" | "3" | "4" | "5") => day,
            _ => plain,
        };
        match plain.split_once('-') {
            Some((from, to)) => {
                value(from)?;
                value(to)?;
            }
            None if plain == "*" => {}
            None => {
                value(plain)?;
            }
        }
    }
    Ok(())
}

fn check_at(at: &str) -> Result<(), String> {
    let pattern = "dddd-dd-ddTdd:dd:dd";
    let shaped = at.len() == pattern.len()
        && at.chars().zip(pattern.chars()).all(|(c, p)| if p == 'd' { c.is_ascii_digit() } else { c == p });
    if shaped { Ok(()) } else { Err("a time has the form 2026-01-31T12:00:00".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_that_eventbridge_takes_are_taken() {
        for good in [
            "rate(1 day)",
            "rate(15 minutes)",
            "cron(0 12 * * ? *)",
            "cron(0/15 8-18 ? * MON-FRI *)",
            "cron(0 9 L * ? 2026)",
            "cron(0 9 ? * 6#2 *)",
            "cron(0 9 3W * ? *)",
            "cron(5,35 14 * JAN,JUL ? *)",
            "at(2026-01-31T12:00:00)",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn schedules_that_eventbridge_refuses_are_explained() {
        for (bad, why) in [
            ("daily", "the form is rate"),
            ("rate(1 days)", "plural"),
            ("rate(0 days)", "at least 1"),
            ("cron(0 12 * * *)", "this one 5"),
            ("cron(0 12 * * * *)", "exactly one of"),
            ("cron(60 12 * * ? *)", "`60` is not a value of the field minutes (0 to 59)"),
            ("cron(0 12 ? * 8 *)", "day of week"),
            ("cron(0 12 * * ? */0)", "not a step"),
            ("at(tomorrow)", "the form 2026"),
        ] {
            assert!(check(bad).unwrap_err().contains(why), "{bad}: {:?}", check(bad));
        }
    }
}
