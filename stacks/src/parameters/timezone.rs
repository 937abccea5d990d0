//! IANA time zones.

/// Refuse a time zone that IANA does not know, and suggest the nearest.
pub(super) fn check(text: &str) -> Result<(), String> {
    // Not the machine's own zones: what is valid here is valid everywhere.
    let zones = jiff::tz::TimeZoneDatabase::bundled();
    // The database takes any spelling; EventBridge documents IANA's.
    if zones.get(text).is_ok_and(|zone| zone.iana_name() == Some(text)) {
        return Ok(());
    }
    let names: Vec<String> = zones.available().map(|name| name.to_string()).collect();
    // What a person leaves away or misspells: the continent, capitals, a letter.
    let distance = |name: &str| {
        let whole = strsim::damerau_levenshtein(&name.to_lowercase(), &text.to_lowercase());
        let city = name.rsplit('/').next().unwrap_or(name);
        whole.min(strsim::damerau_levenshtein(&city.to_lowercase(), &text.to_lowercase()))
    };
    let nearest = names.iter().map(|name| (distance(name), name)).min().filter(|(distance, _)| *distance <= 2);
    let hint =
        nearest.map_or_else(|| "one looks like America/Sao_Paulo".to_owned(), |(_, name)| format!("did you mean `{name}`?"));
    Err(format!("`{text}` can't be used: it is no IANA time zone; {hint}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    #[test]
    fn a_time_zone_is_spelled_as_iana_does() {
        for good in ["UTC", "America/Sao_Paulo", "Europe/Lisbon"] {
            assert!(check(good).is_ok(), "{good}");
        }
        for (bad, hint) in [
            ("america/sao_paulo", "did you mean `America/Sao_Paulo`?"),
            ("Sao_Paulo", "did you mean `America/Sao_Paulo`?"),
            ("Europe/Lisabon", "did you mean `Europe/Lisbon`?"),
            ("the moon", "looks like America/Sao_Paulo"),
        ] {
            let why = check(bad).unwrap_err();
            assert!(why.contains(hint), "{why}");
        }
    }
}
