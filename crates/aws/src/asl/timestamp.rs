//! Times as in RFC 3339.

/// Check a time as in RFC 3339, with the capital `T` and `Z` that AWS asks for.
pub(super) fn check(field: &str, text: &str, mistakes: &mut Vec<String>) {
    if !is_timestamp(text) {
        mistakes.push(format!("{field} `{text}` is not a time such as `2030-12-31T23:59:59Z`"));
    }
}

fn is_timestamp(text: &str) -> bool {
    let Some((date, time)) = text.split_once('T') else { return false };
    let Some(zone) = time.find(['Z', '+', '-']) else { return false };
    let (time, zone) = time.split_at(zone);
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    numbers(date, '-', &[(4, 0, 9999), (2, 1, 12), (2, 1, 31)])
        // 60 is a leap second.
        && numbers(time, ':', &[(2, 0, 23), (2, 0, 59), (2, 0, 60)])
        && !fraction.is_empty()
        && fraction.chars().all(|c| c.is_ascii_digit())
        && (zone == "Z" || zone.get(1..).is_some_and(|zone| numbers(zone, ':', &[(2, 0, 23), (2, 0, 59)])))
}

/// Whether a text is numbers of fixed width, each within its bounds.
fn numbers(text: &str, separator: char, fields: &[(usize, u32, u32)]) -> bool {
    let parts: Vec<_> = text.split(separator).collect();
    parts.len() == fields.len()
        && parts.iter().zip(fields).all(|(part, (width, from, to))| {
            let digits = part.len() == *width && part.chars().all(|c| c.is_ascii_digit());
            digits && part.parse().is_ok_and(|n: u32| (*from..=*to).contains(&n))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps() {
        for good in ["2030-12-31T23:59:59Z", "2030-01-01T00:00:00.123-03:00", "2030-01-01T00:00:00+00:00"] {
            assert!(is_timestamp(good), "{good}");
        }
        for bad in [
            "",
            "2030-12-31",
            "2030-13-01T00:00:00Z",
            "2030-12-31T23:59:59",
            "2030-12-31t23:59:59z",
            "30-12-31T23:59:59Z",
            "2030-12-31T24:00:00Z",
            "2030-12-31T23:59:59.Z",
            "2030-12-31T23:59:59Zulu",
        ] {
            assert!(!is_timestamp(bad), "{bad}");
        }
    }
}
