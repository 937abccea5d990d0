//! Suggestions for misspelled words.

/// `; did you mean X?`, or nothing if no candidate is near.
pub(crate) fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    let near = candidates.into_iter().map(|candidate| (distance(word, candidate), candidate)).min_by_key(|(d, _)| *d);
    match near {
        // Up to a third of the letters may be wrong; beyond that it is another word.
        Some((d, candidate)) if d <= (word.chars().count() / 3).max(1) => format!("; did you mean `{candidate}`?"),
        _ => String::new(),
    }
}

/// The number of letters to add, drop or change to turn one word into the other, without regard to case.
fn distance(from: &str, to: &str) -> usize {
    strsim::levenshtein(&from.to_lowercase(), &to.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (from, to, expected) in [("", "", 0), ("a", "", 1), ("", "ab", 2), ("kitten", "sitting", 3), ("JOB", "job", 0)] {
            assert_eq!(distance(from, to), expected, "{from} {to}");
        }
    }

    #[test]
    fn only_near_words_are_suggested() {
        assert_eq!(did_you_mean("JobNam", ["JobName", "Arguments"]), "; did you mean `JobName`?");
        assert_eq!(did_you_mean("Nowhere", ["Done", "Failed"]), "");
    }
}
