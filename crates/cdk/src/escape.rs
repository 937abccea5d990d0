//! Literal text in the three forms that Terraform reads: JSON strings, templates, and strings of HCL in quotes.

use std::fmt::Write as _;

/// Writing to a `String` can't fail.
pub(crate) fn push(out: &mut String, value: impl std::fmt::Display) {
    let _ = write!(out, "{value}");
}

/// As JavaScript writes it: whole numbers without a fraction.
pub(crate) fn push_float(out: &mut String, value: f64) {
    if value.fract() == 0.0 && value.abs() < 1e15 { push(out, value as i64) } else { push(out, value) }
}

/// What Terraform drops at the beginning of a template.
const BYTE_ORDER_MARK: char = '\u{feff}';

pub(crate) fn needs_template_escape(text: &str) -> bool {
    // Almost no text has a brace or begins so: one pass without branches finds out.
    let first = text.as_bytes().first() == Some(&0xef);
    let suspect = text.bytes().fold(first, |found, byte| found | (byte == b'{'));
    suspect && (has_opening(text) || text.starts_with(BYTE_ORDER_MARK))
}

fn has_opening(text: &str) -> bool {
    text.contains("${") || text.contains("%{")
}

/// Text of a template. Terraform drops a byte order mark at its beginning, and reads no escape after a carriage return: such
/// text is written in quotes.
pub(crate) fn push_template_text(out: &mut String, text: &str) {
    if text.starts_with(BYTE_ORDER_MARK) || text.contains('\r') {
        out.push_str("${\"");
        push_quoted_text(out, text);
        out.push_str("\"}");
    } else {
        push_escaped(out, text);
    }
}

/// `${` and `%{` open an interpolation in every Terraform string: doubled, they are text.
fn push_escaped(out: &mut String, text: &str) {
    if has_opening(text) {
        out.push_str(&text.replace("${", "$${").replace("%{", "%%{"));
    } else {
        out.push_str(text);
    }
}

/// Text between the quotes of an HCL string.
pub(crate) fn push_quoted_text(out: &mut String, text: &str) {
    let start = out.len();
    push_escaped(out, text);
    if out[start..].contains(['\\', '"', '\n', '\r', '\t']) {
        let escaped = out[start..].replace('\\', "\\\\").replace('"', "\\\"");
        let escaped = escaped.replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t");
        out.truncate(start);
        out.push_str(&escaped);
    }
}

/// `["key"]`: an element of a map, or an instance.
pub(crate) fn push_key(out: &mut String, key: &str) {
    out.push_str("[\"");
    push_quoted_text(out, key);
    out.push_str("\"]");
}

/// A JSON string with its quotes.
pub(crate) fn push_json(out: &mut String, text: &str) {
    out.reserve(text.len() + 2);
    out.push('"');
    // Without branches in it, this loop is vectorized; what follows rarely runs.
    let is_plain = !text.bytes().fold(false, |found, byte| found | (byte < 0x20) | (byte == b'"') | (byte == b'\\'));
    if is_plain {
        out.push_str(text);
        out.push('"');
        return;
    }
    let mut start = 0;
    for (index, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(&text[start..index]);
        start = index + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            0x08 => out.push_str("\\b"),
            0x0c => out.push_str("\\f"),
            other => push(out, format_args!("\\u{other:04x}")),
        }
    }
    out.push_str(&text[start..]);
    out.push('"');
}
