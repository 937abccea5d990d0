//! Terraform's functions and operators, typed. Names are Terraform's; a test compares them with what the installed
//! Terraform says of itself.

use crate::expr::Expr;
use crate::value::{Any, List, Map, Number, Val};

/// Functions whose parameters and result have one type each.
macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident($($parameter:ident: $kind:ty),*) -> $result:ty;)+) => {
        $(
            $(#[$doc])*
            pub fn $name($($parameter: impl Into<Val<$kind>>),*) -> Val<$result> {
                Val::raw(Expr::Call(stringify!($name), vec![$($parameter.into().into_expr()),*]))
            }
        )+

        /// The functions above as (name, number of parameters).
        #[cfg(test)]
        const SIMPLE: &[(&str, usize)] = &[$((stringify!($name), <[&str]>::len(&[$(stringify!($parameter)),*]))),+];
    };
}

functions! {
    /// The absolute value.
    abs(number: Number) -> Number;
    /// The path as an absolute one.
    abspath(path: String) -> String;
    /// Whether all are true.
    alltrue(list: List<bool>) -> bool;
    /// Whether any is true.
    anytrue(list: List<bool>) -> bool;
    /// Text from Base64.
    base64decode(text: String) -> String;
    /// Text as Base64.
    base64encode(text: String) -> String;
    /// Text compressed with gzip, as Base64.
    base64gzip(text: String) -> String;
    /// SHA-256 as Base64.
    base64sha256(text: String) -> String;
    /// SHA-512 as Base64.
    base64sha512(text: String) -> String;
    /// The last part of a path.
    basename(path: String) -> String;
    /// The smallest whole number not below.
    ceil(number: Number) -> Number;
    /// Text without newlines at its end.
    chomp(text: String) -> String;
    /// The address of a host in a network.
    cidrhost(prefix: String, host: Number) -> String;
    /// A prefix as a netmask (IPv4).
    cidrnetmask(prefix: String) -> String;
    /// A subnet: `new_bits` more bits of prefix, the `number`th of them.
    cidrsubnet(prefix: String, new_bits: Number, number: Number) -> String;
    /// A list of texts without empty ones and nulls.
    compact(list: List<String>) -> List<String>;
    /// Everything but the last part of a path.
    dirname(path: String) -> String;
    /// Whether a text ends with another.
    endswith(text: String, suffix: String) -> bool;
    /// The content of a file, relative to the stack's folder.
    file(path: String) -> String;
    /// The content of a file as Base64.
    filebase64(path: String) -> String;
    /// SHA-256 of a file's content as Base64.
    filebase64sha256(path: String) -> String;
    /// SHA-512 of a file's content as Base64.
    filebase64sha512(path: String) -> String;
    /// Whether a file exists.
    fileexists(path: String) -> bool;
    /// MD5 of a file's content, hexadecimal.
    filemd5(path: String) -> String;
    /// The files under a folder that match a pattern.
    fileset(path: String, pattern: String) -> List<String>;
    /// SHA-1 of a file's content, hexadecimal.
    filesha1(path: String) -> String;
    /// SHA-256 of a file's content, hexadecimal.
    filesha256(path: String) -> String;
    /// SHA-512 of a file's content, hexadecimal.
    filesha512(path: String) -> String;
    /// The greatest whole number not above.
    floor(number: Number) -> Number;
    /// A time in another format.
    formatdate(format: String, time: String) -> String;
    /// Every line but the first indented.
    indent(spaces: Number, text: String) -> String;
    /// Texts with a separator between them.
    join(separator: String, list: List<String>) -> String;
    /// Logarithm.
    log(number: Number, base: Number) -> Number;
    /// Lower case.
    lower(text: String) -> String;
    /// MD5, hexadecimal.
    md5(text: String) -> String;
    /// The path with `~` replaced.
    pathexpand(path: String) -> String;
    /// The time of the plan.
    plantimestamp() -> String;
    /// Power.
    pow(number: Number, power: Number) -> Number;
    /// Every occurrence replaced; `/.../` is a regular expression.
    replace(text: String, substring: String, replacement: String) -> String;
    /// SHA-1, hexadecimal.
    sha1(text: String) -> String;
    /// SHA-256, hexadecimal.
    sha256(text: String) -> String;
    /// SHA-512, hexadecimal.
    sha512(text: String) -> String;
    /// -1, 0 or 1.
    signum(number: Number) -> Number;
    /// Texts in order.
    sort(list: List<String>) -> List<String>;
    /// The parts of a text between separators.
    split(separator: String, text: String) -> List<String>;
    /// Whether a text starts with another.
    startswith(text: String, prefix: String) -> bool;
    /// Whether a text holds another.
    strcontains(text: String, substring: String) -> bool;
    /// The text backwards.
    strrev(text: String) -> String;
    /// A part of a text.
    substr(text: String, offset: Number, length: Number) -> String;
    /// Text from Base64 in a character encoding.
    textdecodebase64(source: String, encoding: String) -> String;
    /// Text in a character encoding, as Base64.
    textencodebase64(text: String, encoding: String) -> String;
    /// A time with a duration added, such as `10m`.
    timeadd(timestamp: String, duration: String) -> String;
    /// -1, 0 or 1 as one time is before, at or after another.
    timecmp(a: String, b: String) -> Number;
    /// The time of apply.
    timestamp() -> String;
    /// Each word with a capital.
    title(text: String) -> String;
    /// Text without these characters at its ends.
    trim(text: String, cutset: String) -> String;
    /// Text without a prefix.
    trimprefix(text: String, prefix: String) -> String;
    /// Text without white space at its ends.
    trimspace(text: String) -> String;
    /// Text without a suffix.
    trimsuffix(text: String, suffix: String) -> String;
    /// Upper case.
    upper(text: String) -> String;
    /// Text for a URL's query.
    urlencode(text: String) -> String;
    /// A random UUID, new at every apply.
    uuid() -> String;
    /// The UUID of a name in a namespace.
    uuidv5(namespace: String, name: String) -> String;
}

/// Functions over values of any type, by name.
#[cfg(test)]
const GENERIC: &[(&str, usize)] = &[
    ("can", 1),
    ("contains", 2),
    ("csvdecode", 1),
    ("distinct", 1),
    ("element", 2),
    ("flatten", 1),
    ("index", 2),
    ("jsondecode", 1),
    ("jsonencode", 1),
    ("keys", 1),
    ("length", 1),
    ("lookup", 2),
    ("nonsensitive", 1),
    ("one", 1),
    ("regex", 2),
    ("regexall", 2),
    ("reverse", 1),
    ("sensitive", 1),
    ("slice", 3),
    ("sum", 1),
    ("templatefile", 2),
    ("tobool", 1),
    ("tolist", 1),
    ("tomap", 1),
    ("tonumber", 1),
    ("toset", 1),
    ("tostring", 1),
    ("values", 1),
    ("yamldecode", 1),
    ("yamlencode", 1),
    ("zipmap", 2),
    ("cidrsubnets", 1),
    ("coalesce", 0),
    ("concat", 0),
    ("format", 1),
    ("max", 0),
    ("merge", 0),
    ("min", 0),
    ("range", 0),
    ("setintersection", 1),
    ("setunion", 1),
    ("setsubtract", 2),
    ("try", 0),
];

/// Any Terraform function, one of a provider too (`provider::aws::arn_parse`); the caller answers for the types.
pub fn call<T>(name: &'static str, arguments: impl IntoIterator<Item = Expr>) -> Val<T> {
    Val::raw(Expr::Call(name, arguments.into_iter().collect()))
}

fn exprs<T, V: Into<Val<T>>>(values: impl IntoIterator<Item = V>) -> impl Iterator<Item = Expr> {
    values.into_iter().map(|value| value.into().into_expr())
}

/// JSON text of any value.
pub fn jsonencode(value: impl Into<Expr>) -> Val<String> {
    call("jsonencode", [value.into()])
}

/// The value of a JSON text.
pub fn jsondecode(text: impl Into<Val<String>>) -> Val<Any> {
    call("jsondecode", [text.into().into_expr()])
}

/// YAML text of any value.
pub fn yamlencode(value: impl Into<Expr>) -> Val<String> {
    call("yamlencode", [value.into()])
}

/// The value of a YAML text.
pub fn yamldecode(text: impl Into<Val<String>>) -> Val<Any> {
    call("yamldecode", [text.into().into_expr()])
}

/// The rows of a CSV text as maps.
pub fn csvdecode(text: impl Into<Val<String>>) -> Val<List<Map<String>>> {
    call("csvdecode", [text.into().into_expr()])
}

/// A template file rendered with variables.
pub fn templatefile(path: impl Into<Val<String>>, variables: impl Into<Expr>) -> Val<String> {
    call("templatefile", [path.into().into_expr(), variables.into()])
}

/// Text by a format such as `%s-%03d`.
pub fn format(format: impl Into<Val<String>>, arguments: impl IntoIterator<Item = Expr>) -> Val<String> {
    call("format", std::iter::once(format.into().into_expr()).chain(arguments))
}

/// The greatest number.
pub fn max(numbers: impl IntoIterator<Item = Val<Number>>) -> Val<Number> {
    call("max", exprs(numbers))
}

/// The smallest number.
pub fn min(numbers: impl IntoIterator<Item = Val<Number>>) -> Val<Number> {
    call("min", exprs(numbers))
}

/// Whole numbers from `start` to below `limit`.
pub fn range(start: impl Into<Val<Number>>, limit: impl Into<Val<Number>>) -> Val<List<Number>> {
    call("range", [start.into().into_expr(), limit.into().into_expr()])
}

/// The sum of a list.
pub fn sum(list: impl Into<Val<List<Number>>>) -> Val<Number> {
    call("sum", [list.into().into_expr()])
}

/// Consecutive subnets, each with so many more bits of prefix.
pub fn cidrsubnets(prefix: impl Into<Val<String>>, new_bits: impl IntoIterator<Item = i64>) -> Val<List<String>> {
    call("cidrsubnets", std::iter::once(prefix.into().into_expr()).chain(new_bits.into_iter().map(Expr::Int)))
}

/// What a regular expression finds first.
pub fn regex(pattern: impl Into<Val<String>>, text: impl Into<Val<String>>) -> Val<Any> {
    call("regex", [pattern.into().into_expr(), text.into().into_expr()])
}

/// Everything that a regular expression finds.
pub fn regexall(pattern: impl Into<Val<String>>, text: impl Into<Val<String>>) -> Val<List<Any>> {
    call("regexall", [pattern.into().into_expr(), text.into().into_expr()])
}

/// The first value that is neither null nor empty text.
pub fn coalesce<T>(values: impl IntoIterator<Item = Val<T>>) -> Val<T> {
    call("coalesce", exprs(values))
}

/// The first value whose evaluation does not fail.
pub fn try_<T>(values: impl IntoIterator<Item = Val<T>>) -> Val<T> {
    call("try", exprs(values))
}

/// Whether a value can be evaluated.
pub fn can<T>(value: impl Into<Val<T>>) -> Val<bool> {
    call("can", [value.into().into_expr()])
}

/// Lists one after another.
pub fn concat<T>(lists: impl IntoIterator<Item = Val<List<T>>>) -> Val<List<T>> {
    call("concat", exprs(lists))
}

/// Whether a list holds a value.
pub fn contains<T>(list: impl Into<Val<List<T>>>, value: impl Into<Val<T>>) -> Val<bool> {
    call("contains", [list.into().into_expr(), value.into().into_expr()])
}

/// A list without repetitions.
pub fn distinct<T>(list: impl Into<Val<List<T>>>) -> Val<List<T>> {
    call("distinct", [list.into().into_expr()])
}

/// An item of a list; the position wraps around.
pub fn element<T>(list: impl Into<Val<List<T>>>, position: impl Into<Val<Number>>) -> Val<T> {
    call("element", [list.into().into_expr(), position.into().into_expr()])
}

/// The position of a value in a list.
pub fn index<T>(list: impl Into<Val<List<T>>>, value: impl Into<Val<T>>) -> Val<Number> {
    call("index", [list.into().into_expr(), value.into().into_expr()])
}

/// Lists of lists as one list.
pub fn flatten<T>(lists: impl Into<Val<List<List<T>>>>) -> Val<List<T>> {
    call("flatten", [lists.into().into_expr()])
}

/// A list backwards.
pub fn reverse<T>(list: impl Into<Val<List<T>>>) -> Val<List<T>> {
    call("reverse", [list.into().into_expr()])
}

/// A part of a list, from a position to before another.
pub fn slice<T>(list: impl Into<Val<List<T>>>, from: impl Into<Val<Number>>, to: impl Into<Val<Number>>) -> Val<List<T>> {
    call("slice", [list.into().into_expr(), from.into().into_expr(), to.into().into_expr()])
}

/// The only item of a list of one; null for an empty one.
pub fn one<T>(list: impl Into<Val<List<T>>>) -> Val<T> {
    call("one", [list.into().into_expr()])
}

/// How many items, entries or characters.
pub fn length(value: impl Into<Expr>) -> Val<Number> {
    call("length", [value.into()])
}

/// The keys of a map.
pub fn keys<T>(map: impl Into<Val<Map<T>>>) -> Val<List<String>> {
    call("keys", [map.into().into_expr()])
}

/// The values of a map.
pub fn values<T>(map: impl Into<Val<Map<T>>>) -> Val<List<T>> {
    call("values", [map.into().into_expr()])
}

/// The value of a key, or a default.
pub fn lookup<T>(map: impl Into<Val<Map<T>>>, key: impl Into<Val<String>>, default: impl Into<Val<T>>) -> Val<T> {
    call("lookup", [map.into().into_expr(), key.into().into_expr(), default.into().into_expr()])
}

/// Maps in one; later ones win.
pub fn merge<T>(maps: impl IntoIterator<Item = Val<Map<T>>>) -> Val<Map<T>> {
    call("merge", exprs(maps))
}

/// A map from keys and values.
pub fn zipmap<T>(keys: impl Into<Val<List<String>>>, values: impl Into<Val<List<T>>>) -> Val<Map<T>> {
    call("zipmap", [keys.into().into_expr(), values.into().into_expr()])
}

/// What is in all of two sets.
pub fn setintersection<T>(a: impl Into<Val<List<T>>>, b: impl Into<Val<List<T>>>) -> Val<List<T>> {
    call("setintersection", [a.into().into_expr(), b.into().into_expr()])
}

/// What is in any of two sets.
pub fn setunion<T>(a: impl Into<Val<List<T>>>, b: impl Into<Val<List<T>>>) -> Val<List<T>> {
    call("setunion", [a.into().into_expr(), b.into().into_expr()])
}

/// What is in the first set and not in the second.
pub fn setsubtract<T>(a: impl Into<Val<List<T>>>, b: impl Into<Val<List<T>>>) -> Val<List<T>> {
    call("setsubtract", [a.into().into_expr(), b.into().into_expr()])
}

/// A list as a set.
pub fn toset<T>(list: impl Into<Val<List<T>>>) -> Val<List<T>> {
    call("toset", [list.into().into_expr()])
}

/// A set as a list.
pub fn tolist<T>(set: impl Into<Val<List<T>>>) -> Val<List<T>> {
    call("tolist", [set.into().into_expr()])
}

/// An object as a map.
pub fn tomap<T>(object: impl Into<Expr>) -> Val<Map<T>> {
    call("tomap", [object.into()])
}

/// Any simple value as text.
pub fn tostring(value: impl Into<Expr>) -> Val<String> {
    call("tostring", [value.into()])
}

/// Text as a number.
pub fn tonumber(value: impl Into<Expr>) -> Val<Number> {
    call("tonumber", [value.into()])
}

/// Text as a boolean.
pub fn tobool(value: impl Into<Expr>) -> Val<bool> {
    call("tobool", [value.into()])
}

/// The value, which Terraform must not print.
pub fn sensitive<T>(value: impl Into<Val<T>>) -> Val<T> {
    call("sensitive", [value.into().into_expr()])
}

/// The value, which Terraform may print after all.
pub fn nonsensitive<T>(value: impl Into<Val<T>>) -> Val<T> {
    call("nonsensitive", [value.into().into_expr()])
}

/// `condition ? yes : no`.
pub fn conditional<T>(condition: impl Into<Val<bool>>, yes: impl Into<Val<T>>, no: impl Into<Val<T>>) -> Val<T> {
    Val::raw(Expr::Conditional(Box::new((condition.into().into_expr(), yes.into().into_expr(), no.into().into_expr()))))
}

macro_rules! operators {
    ($($(#[$doc:meta])* $name:ident<$($generic:ident)?>($kind:ty) -> $result:ty = $operator:literal;)+) => {$(
        $(#[$doc])*
        pub fn $name$(<$generic>)?(left: impl Into<Val<$kind>>, right: impl Into<Val<$kind>>) -> Val<$result> {
            Val::raw(Expr::Binary($operator, Box::new((left.into().into_expr(), right.into().into_expr()))))
        }
    )+};
}

operators! {
    /// `left == right`.
    eq<T>(T) -> bool = "==";
    /// `left != right`.
    ne<T>(T) -> bool = "!=";
    /// `left && right`.
    and<>(bool) -> bool = "&&";
    /// `left || right`.
    or<>(bool) -> bool = "||";
    /// `left < right`.
    lt<>(Number) -> bool = "<";
    /// `left <= right`.
    le<>(Number) -> bool = "<=";
    /// `left > right`.
    gt<>(Number) -> bool = ">";
    /// `left >= right`.
    ge<>(Number) -> bool = ">=";
    /// `left + right`.
    add<>(Number) -> Number = "+";
    /// `left - right`.
    sub<>(Number) -> Number = "-";
    /// `left * right`.
    mul<>(Number) -> Number = "*";
    /// `left / right`.
    div<>(Number) -> Number = "/";
    /// `left % right`.
    rem<>(Number) -> Number = "%";
}

/// `!value`.
pub fn not(value: impl Into<Val<bool>>) -> Val<bool> {
    Val::raw(crate::hcl!["!", value.into()])
}

#[cfg(test)]
mod tests {
    use super::{GENERIC, SIMPLE};
    use std::process::Command;

    /// The installed Terraform is asked for its own list.
    #[test]
    fn every_function_is_one_that_terraform_has_with_as_many_parameters() {
        let output = Command::new("terraform").args(["metadata", "functions", "-json"]).output().unwrap();
        let known: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let known = &known["function_signatures"];
        assert!(SIMPLE.len() + GENERIC.len() > 100);
        for (name, parameters) in SIMPLE.iter().chain(GENERIC) {
            let signature = known.get(name).unwrap_or_else(|| panic!("Terraform has no function `{name}`"));
            let fixed = signature["parameters"].as_array().map_or(0, Vec::len);
            let variadic = signature.get("variadic_parameter").is_some();
            assert!(fixed == *parameters || (variadic && fixed <= *parameters), "{name}: {fixed} parameters, not {parameters}");
        }
    }
}
