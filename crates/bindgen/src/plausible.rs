//! Literals for examples: what a reader takes for an argument's value.

/// Ends of the names of text arguments, and a text for each; the first that fits.
const TEXTS: [(&str, &str); 11] = [
    ("email", "someone@example.com"),
    ("url", "https://example.com"),
    ("uri", "https://example.com"),
    ("domain", "example.com"),
    ("domain_name", "example.com"),
    ("cidr", "10.0.0.0/16"),
    ("cidr_block", "10.0.0.0/16"),
    ("ip_address", "10.0.0.1"),
    ("path", "/example"),
    ("version", "1.0"),
    ("description", "An example"),
];

/// A literal of a type of the engine; none for other types.
pub(crate) fn literal(rust_type: &str, name: &str) -> Option<String> {
    let ends = |end: &str| name.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with('_'));
    Some(match rust_type {
        "bool" => "true".to_owned(),
        "Number" if ends("port") => "443".to_owned(),
        "Number" => "1".to_owned(),
        "Sensitive" => "\"secret\"".to_owned(),
        "Any" | "String" => {
            let text = TEXTS.iter().find(|(end, _)| ends(end)).map_or("example", |(_, text)| text);
            format!("{text:?}")
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_fits_the_type_and_the_end_of_the_name() {
        for (rust_type, name, wanted) in [
            ("bool", "enabled", "true"),
            ("Number", "port", "443"),
            ("Number", "from_port", "443"),
            ("Number", "export", "1"),
            ("String", "name", "\"example\""),
            ("String", "image_url", "\"https://example.com\""),
            ("String", "curl", "\"example\""),
            ("Sensitive", "token", "\"secret\""),
        ] {
            assert_eq!(literal(rust_type, name).as_deref(), Some(wanted), "{name}");
        }
        assert_eq!(literal("crate::types::Arn", "arn"), None);
    }
}
