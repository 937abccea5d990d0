//! Whole numbers that AWS accepts within bounds.

use std::ops::RangeInclusive;

/// The longest time that AWS accepts for any wait or timeout, seconds.
pub(super) const MAX_SECONDS: i64 = 99_999_999;

/// Check the number of a field.
pub(super) fn check(field: &str, value: i64, bounds: RangeInclusive<i64>, mistakes: &mut Vec<String>) {
    if !bounds.contains(&value) {
        mistakes.push(format!("{field} is {value}; AWS accepts {} to {}", bounds.start(), bounds.end()));
    }
}
