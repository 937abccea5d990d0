//! A reader of text, for the small grammars of paths and intrinsic functions.

/// Replaces a reference in text that is checked: its value is not known at synth.
pub(super) const OPAQUE: char = '\u{FFFC}';

/// Text as its author wrote it, for messages.
pub(super) fn shown(text: &str) -> String {
    text.replace(OPAQUE, "${…}")
}

/// The rest of a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a>(&'a str);

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self(text)
    }

    pub(super) fn rest(self) -> &'a str {
        self.0
    }

    pub(super) fn peek(self) -> Option<char> {
        self.0.chars().next()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let mut chars = self.0.chars();
        let c = chars.next();
        self.0 = chars.as_str();
        c
    }

    /// Go past `token` if it is next.
    pub(super) fn eat(&mut self, token: &str) -> bool {
        let rest = self.0.strip_prefix(token);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    pub(super) fn take_while(&mut self, keep: impl Fn(char) -> bool) -> &'a str {
        let end = self.0.find(|c| !keep(c)).unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at(end);
        self.0 = rest;
        taken
    }

    pub(super) fn spaces(&mut self) {
        self.take_while(char::is_whitespace);
    }

    /// The inside of a quoted text whose opening `quote` was just read; a backslash takes the next character as it is.
    pub(super) fn quoted(&mut self, quote: char) -> Result<&'a str, String> {
        let start = self.0;
        let mut escaped = false;
        while let Some(c) = self.next() {
            if c == quote && !escaped {
                let length = start.len() - self.0.len() - quote.len_utf8();
                return Ok(&start[..length]);
            }
            escaped = c == '\\' && !escaped;
        }
        Err(format!("the quote {quote} before `{}` is never closed", shown(start)))
    }
}
