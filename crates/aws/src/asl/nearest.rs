//! The known word that was probably meant.

/// `; did you mean X?`, or nothing if no candidate is near.
pub(super) fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    let near = candidates.into_iter().map(|candidate| (distance(word, candidate), candidate)).min_by_key(|(d, _)| *d);
    match near {
        // A third of the letters wrong is still a slip; more is another word.
        Some((d, candidate)) if d <= (word.chars().count() / 3).max(1) => format!("; did you mean `{candidate}`?"),
        _ => String::new(),
    }
}

/// How many letters to add, drop or change to come from one word to the other; case counts for nothing.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.to_lowercase().chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(&to) {
            let changed = diagonal + usize::from(a != *b);
            diagonal = *cell;
            left = changed.min(left + 1).min(*cell + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
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
