//! Rust code of an example, broken into lines where it is long, as rustfmt does it.

/// The length of a line.
const WIDTH: usize = 100;
const INDENT: usize = 4;

/// An expression, or a parameter.
pub(crate) enum Code {
    /// A literal or a name.
    Word(String),
    /// What stands in brackets, with what stands before them.
    Items { open: String, items: Vec<Code>, close: char },
    /// `Name::builder().setter(value).build()`.
    Built { name: String, calls: Vec<(String, Code)> },
}

impl Code {
    pub(crate) fn word(word: &str) -> Self {
        Self::Word(word.to_owned())
    }

    pub(crate) fn list(items: impl IntoIterator<Item = Self>) -> Self {
        Self::Items { open: "[".to_owned(), items: items.into_iter().collect(), close: ']' }
    }

    pub(crate) fn tuple(items: impl IntoIterator<Item = Self>) -> Self {
        Self::Items { open: "(".to_owned(), items: items.into_iter().collect(), close: ')' }
    }

    pub(crate) fn call(function: &str, items: impl IntoIterator<Item = Self>) -> Self {
        Self::Items { open: format!("{function}("), items: items.into_iter().collect(), close: ')' }
    }

    pub(crate) fn import<'a>(module: &str, names: impl IntoIterator<Item = &'a str>) -> Self {
        Self::Items { open: format!("use {module}::{{"), items: names.into_iter().map(Self::word).collect(), close: '}' }
    }

    /// The text at a level of indentation, with so many letters after it in its last line.
    pub(crate) fn lines(&self, level: usize, after: usize) -> String {
        let flat = self.flat();
        if level * INDENT + flat.len() + after <= WIDTH {
            return flat;
        }
        let at = |level: usize| format!("\n{}", " ".repeat(level * INDENT));
        match self {
            Self::Word(word) => word.clone(),
            Self::Items { open, items, close } if matches!(items.as_slice(), [Self::Items { .. }]) => {
                let items: String = items.iter().map(|item| item.lines(level, close.len_utf8() + after)).collect();
                format!("{open}{items}{close}")
            }
            Self::Items { open, items, close } => {
                let items: String =
                    items.iter().map(|item| format!("{}{},", at(level + 1), item.lines(level + 1, ",".len()))).collect();
                format!("{open}{items}{}{close}", at(level))
            }
            Self::Built { name, calls } => {
                let call = |(setter, value): &(String, Self)| {
                    let open = format!("{}.{setter}(", at(level + 1));
                    let before = open.len() - 1 - (level + 1) * INDENT;
                    let is_long = (level + 1) * INDENT + before + value.flat().len() + ")".len() > WIDTH;
                    if is_long && matches!(value, Self::Built { .. }) {
                        format!("{open}{}{},{})", at(level + 2), value.lines(level + 2, ",".len()), at(level + 1))
                    } else {
                        format!("{open}{})", value.lines(level + 1, before + ")".len()))
                    }
                };
                format!("{name}::builder(){}{}.build()", calls.iter().map(call).collect::<String>(), at(level + 1))
            }
        }
    }

    fn flat(&self) -> String {
        match self {
            Self::Word(word) => word.clone(),
            Self::Items { open, items, close } => {
                format!("{open}{}{close}", items.iter().map(Self::flat).collect::<Vec<_>>().join(", "))
            }
            Self::Built { name, calls } => {
                let calls: String = calls.iter().map(|(setter, value)| format!(".{setter}({})", value.flat())).collect();
                format!("{name}::builder(){calls}.build()")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(name: &str, calls: Vec<(&str, Code)>) -> Code {
        Code::Built { name: name.to_owned(), calls: calls.into_iter().map(|(name, code)| (name.to_owned(), code)).collect() }
    }

    #[test]
    fn what_is_short_stands_in_a_line() {
        let pair = Code::list([Code::tuple([Code::word("\"key\""), Code::word("1")])]);
        let call = Code::call("stack.add", [Code::word("\"example\""), built("Thing", vec![("sizes", pair)])]);
        assert_eq!(call.lines(1, 1), r#"stack.add("example", Thing::builder().sizes([("key", 1)]).build())"#);
    }

    #[test]
    fn what_is_long_has_a_line_for_each_part() {
        let long = || Code::Word(format!("\"{}\"", "x".repeat(60)));
        let inner = || built("Inner", vec![("first", long()), ("second", long())]);
        let outer = built("Outer", vec![("name", Code::word("\"x\"")), ("one", inner()), ("many", Code::list([inner()]))]);
        let x = "x".repeat(60);
        let wanted = format!(
            "stack.add(\n    Outer::builder()\n        .name(\"x\")\n        .one(\n            Inner::builder()\n                \
             .first(\"{x}\")\n                .second(\"{x}\")\n                .build(),\n        )\n        .many([\n            \
             Inner::builder()\n                .first(\"{x}\")\n                .second(\"{x}\")\n                .build(),\n        \
             ])\n        .build(),\n)"
        );
        assert_eq!(Code::call("stack.add", [outer]).lines(0, 0), wanted);
    }
}
