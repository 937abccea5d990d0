//! Text patterns and ARN patterns, and whether two of them have a text in common.

/// A part of a [`Pattern`]. `but` is a character that the part does not match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    /// This character.
    Char(char),
    /// One character.
    One { but: Option<char> },
    /// Any number of characters.
    Many { but: Option<char> },
}

/// Text with wildcards: the pattern of a policy, or a text whose parts are partly unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pattern(Vec<Token>);

impl Pattern {
    /// A pattern of a policy: `*` is any text, `?` any character, `${*}` the character `*`, and any other policy variable
    /// an unknown text.
    pub fn wildcards(text: &str) -> Self {
        let mut pattern = Self::default();
        pattern.push_wildcards(text, |_| None);
        pattern
    }

    /// An exact text.
    pub fn exact(text: &str) -> Self {
        Self(text.chars().map(Token::Char).collect())
    }

    /// Append a pattern; `without` says which character a variable's text does not have.
    pub(crate) fn push_wildcards(&mut self, text: &str, without: impl Fn(&str) -> Option<char>) {
        let mut rest = text;
        while let Some((before, (name, after))) =
            rest.split_once("${").and_then(|(before, variable)| Some((before, variable.split_once('}')?)))
        {
            self.push_plain(before);
            match name {
                "*" | "?" | "$" => self.0.extend(name.chars().map(Token::Char)),
                name => self.push_unknown(without(name), false),
            }
            rest = after;
        }
        self.push_plain(rest);
    }

    fn push_plain(&mut self, text: &str) {
        self.0.extend(text.chars().map(|c| match c {
            '*' => Token::Many { but: None },
            '?' => Token::One { but: None },
            c => Token::Char(c),
        }));
    }

    /// Append an unknown text without `but`: of at least one character, or perhaps an empty one.
    pub(crate) fn push_unknown(&mut self, but: Option<char>, may_be_empty: bool) {
        if !may_be_empty {
            self.0.push(Token::One { but });
        }
        self.0.push(Token::Many { but });
    }

    /// Append a format of the table; a placeholder stands for at least one character.
    pub(crate) fn push_format(&mut self, text: &str) {
        // Before the sixth field a part of an ARN has no colon; a bucket's name has no slash.
        self.push_wildcards(text, |name| match name {
            "Partition" | "Vendor" | "Region" | "Account" => Some(':'),
            "BucketName" => Some('/'),
            _ => None,
        });
    }

    /// The number of literal `:`.
    pub(crate) fn colons(&self) -> usize {
        self.0.iter().filter(|token| **token == Token::Char(':')).count()
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Split at the first literal `:`.
    fn split_colon(&self) -> Option<(Self, Self)> {
        let at = self.0.iter().position(|token| *token == Token::Char(':'))?;
        Some((Self(self.0[..at].to_vec()), Self(self.0[at + 1..].to_vec())))
    }

    /// Whether some text fits both patterns.
    pub fn meets(&self, other: &Self) -> bool {
        let (mut a, mut b) = (self.0.as_slice(), other.0.as_slice());
        while let ([Token::Char(x), rest_a @ ..], [Token::Char(y), rest_b @ ..]) = (a, b) {
            if x != y {
                return false;
            }
            (a, b) = (rest_a, rest_b);
        }
        meet(a, b)
    }

    /// Whether the text fits.
    pub fn fits(&self, text: &str) -> bool {
        self.meets(&Self::exact(text))
    }
}

/// From the end: `next[j]` says whether the tokens of `a` after this one meet those of `b` from `j`.
fn meet(a: &[Token], b: &[Token]) -> bool {
    // At the end of `a` only tokens that may be empty are left to meet.
    let mut next: Vec<bool> = vec![false; b.len() + 1];
    next[b.len()] = true;
    for j in (0..b.len()).rev() {
        next[j] = next[j + 1] && matches!(b[j], Token::Many { .. });
    }
    let mut row = vec![false; b.len() + 1];
    for &left in a.iter().rev() {
        let left_is_many = matches!(left, Token::Many { .. });
        row[b.len()] = left_is_many && next[b.len()];
        for j in (0..b.len()).rev() {
            let right_is_many = matches!(b[j], Token::Many { .. });
            let both = common(left, b[j]);
            row[j] = (left_is_many && next[j])
                || (right_is_many && row[j + 1])
                || (!right_is_many && both && if left_is_many { row[j + 1] } else { next[j + 1] })
                || (right_is_many && !left_is_many && both && next[j]);
        }
        std::mem::swap(&mut row, &mut next);
    }
    next[0]
}

/// Whether both tokens match some character.
fn common(left: Token, right: Token) -> bool {
    match (left, right) {
        (Token::Char(x), Token::Char(y)) => x == y,
        (Token::Char(c), Token::One { but } | Token::Many { but })
        | (Token::One { but } | Token::Many { but }, Token::Char(c)) => but != Some(c),
        _ => true,
    }
}

/// The six fields of an ARN, or `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArnPattern(Option<[Pattern; 6]>);

impl ArnPattern {
    /// Every resource: `*`.
    pub const ANY: Self = Self(None);

    /// The ARN of a policy, with wildcards; nothing if the text is no ARN.
    pub fn new(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::ANY);
        }
        Self::from_pattern(&Pattern::wildcards(text))
    }

    /// A format of the table, such as `arn:${Partition}:s3:::${BucketName}`. A placeholder stands for at least one character.
    pub fn format(text: &str) -> Option<Self> {
        let mut pattern = Pattern::default();
        pattern.push_format(text);
        Self::from_pattern(&pattern)
    }

    /// From the pattern of a whole ARN; nothing if it has less than six fields.
    pub(crate) fn from_pattern(pattern: &Pattern) -> Option<Self> {
        let mut rest = pattern.clone();
        let mut fields: [Pattern; 6] = Default::default();
        for field in &mut fields[..5] {
            let (first, after) = rest.split_colon()?;
            *field = first;
            rest = after;
        }
        if !fields[0].fits("arn") || rest.is_empty() {
            return None;
        }
        fields[5] = rest;
        Some(Self(Some(fields)))
    }

    /// Whether some ARN fits both, compared field by field.
    pub fn meets(&self, other: &Self) -> bool {
        let (Some(own), Some(others)) = (&self.0, &other.0) else { return true };
        own.iter().zip(others).all(|(own, other)| own.meets(other))
    }
}
