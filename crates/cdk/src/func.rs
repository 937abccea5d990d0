//! Terraform's functions and operators, typed. Names are Terraform's; a test compares them with what the installed
//! Terraform says of itself.

use crate::expr::Expr;
pub use crate::operators::{add, and, conditional, div, eq, ge, gt, le, lt, mul, ne, not, or, rem, sub};
use crate::value::{Any, List, Map, Number, Val};

/// The type of an argument: any expression, or a value of a kind.
macro_rules! argument {
    () => { Expr };
    ($kind:ty) => { Val<$kind> };
}

/// Functions of Terraform. A parameter without a kind takes any expression; the one after `;` takes any number of values.
macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident$(<$generic:ident>)?(
        $($parameter:ident $(: $kind:ty)?),* $(; $rest:ident $(: $each:ty)?)?
    ) -> $result:ty;)+) => {
        $(
            $(#[$doc])*
            pub fn $name$(<$generic>)?(
                $($parameter: impl Into<argument!($($kind)?)>,)* $($rest: impl IntoIterator<Item = argument!($($each)?)>)?
            ) -> Val<$result> {
                let arguments = [$(Expr::from(Into::<argument!($($kind)?)>::into($parameter))),*].into_iter();
                call(stringify!($name), arguments$(.chain($rest.into_iter().map(Expr::from)))?)
            }
        )+

        /// The functions above as (name, number of parameters).
        #[cfg(test)]
        const FUNCTIONS: &[(&str, usize)] = &[$((stringify!($name), <[&str]>::len(&[$(stringify!($parameter)),*]))),+];
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
    /// A bcrypt hash, new at every apply; the cost is 10 if none is given.
    bcrypt(text: String; cost: Number) -> String;
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
    /// JSON text of any value.
    jsonencode(value) -> String;
    /// The value of a JSON text.
    jsondecode(text: String) -> Any;
    /// YAML text of any value.
    yamlencode(value) -> String;
    /// The value of a YAML text.
    yamldecode(text: String) -> Any;
    /// The rows of a CSV text as maps.
    csvdecode(text: String) -> List<Map<String>>;
    /// A template file rendered with variables.
    templatefile(path: String, variables) -> String;
    /// A text with variables in it as a template. The template must be a reference, such as a local's.
    templatestring(template: String, variables) -> String;
    /// Text by a format such as `%s-%03d`.
    format(format: String; arguments) -> String;
    /// A text for each item of lists, by a format.
    formatlist(format: String; lists) -> List<String>;
    /// Text as a whole number of a base from 2 to 62.
    parseint(text: String, base: Number) -> Number;
    /// Text from what a public RSA key encrypted, as Base64.
    rsadecrypt(ciphertext: String, private_key: String) -> String;
    /// The greatest number.
    max(; numbers: Number) -> Number;
    /// The smallest number.
    min(; numbers: Number) -> Number;
    /// Whole numbers from `start` to below `limit`.
    range(start: Number, limit: Number) -> List<Number>;
    /// The sum of a list.
    sum(list: List<Number>) -> Number;
    /// What a regular expression finds first.
    regex(pattern: String, text: String) -> Any;
    /// Everything that a regular expression finds.
    regexall(pattern: String, text: String) -> List<Any>;
    /// The first value that is neither null nor empty text.
    coalesce<T>(; values: T) -> T;
    /// The first list that is not empty.
    coalescelist<T>(; lists: List<T>) -> List<T>;
    /// A list in pieces of a size.
    chunklist<T>(list: List<T>, size: Number) -> List<List<T>>;
    /// Every combination of the items of lists.
    setproduct<T>(; lists: List<T>) -> List<List<T>>;
    /// The values whose keys, at the same positions, are in a list.
    matchkeys<T>(values: List<T>, keys: List<String>, wanted: List<String>) -> List<T>;
    /// A map of lists with its keys and values exchanged.
    transpose(map: Map<List<String>>) -> Map<List<String>>;
    /// Whether a value can be evaluated.
    can<T>(value: T) -> bool;
    /// Lists one after another.
    concat<T>(; lists: List<T>) -> List<T>;
    /// Whether a list holds a value.
    contains<T>(list: List<T>, value: T) -> bool;
    /// A list without repetitions.
    distinct<T>(list: List<T>) -> List<T>;
    /// An item of a list; the position wraps around.
    element<T>(list: List<T>, position: Number) -> T;
    /// The position of a value in a list.
    index<T>(list: List<T>, value: T) -> Number;
    /// Lists of lists as one list.
    flatten<T>(lists: List<List<T>>) -> List<T>;
    /// A list backwards.
    reverse<T>(list: List<T>) -> List<T>;
    /// A part of a list, from a position to before another.
    slice<T>(list: List<T>, from: Number, to: Number) -> List<T>;
    /// The only item of a list of one; null for an empty one.
    one<T>(list: List<T>) -> T;
    /// How many items, entries or characters.
    length(value) -> Number;
    /// The keys of a map.
    keys<T>(map: Map<T>) -> List<String>;
    /// The values of a map.
    values<T>(map: Map<T>) -> List<T>;
    /// The value of a key, or a default.
    lookup<T>(map: Map<T>, key: String, default: T) -> T;
    /// Maps in one; later ones win.
    merge<T>(; maps: Map<T>) -> Map<T>;
    /// A map from keys and values.
    zipmap<T>(keys: List<String>, values: List<T>) -> Map<T>;
    /// What is in all of two sets.
    setintersection<T>(a: List<T>, b: List<T>) -> List<T>;
    /// What is in any of two sets.
    setunion<T>(a: List<T>, b: List<T>) -> List<T>;
    /// What is in the first set and not in the second.
    setsubtract<T>(a: List<T>, b: List<T>) -> List<T>;
    /// A list as a set.
    toset<T>(list: List<T>) -> List<T>;
    /// A set as a list.
    tolist<T>(set: List<T>) -> List<T>;
    /// An object as a map.
    tomap<T>(object) -> Map<T>;
    /// Any simple value as text.
    tostring(value) -> String;
    /// Text as a number.
    tonumber(value) -> Number;
    /// Text as a boolean.
    tobool(value) -> bool;
    /// The value, which Terraform must not print.
    sensitive<T>(value: T) -> T;
    /// The value, which Terraform may print after all.
    nonsensitive<T>(value: T) -> T;
    /// Whether Terraform must not print a value.
    issensitive(value) -> bool;
    /// The value, with null in the place of what is ephemeral.
    ephemeralasnull<T>(value: T) -> T;
}

/// Any Terraform function, one of a provider too (`provider::aws::arn_parse`); the caller answers for the types.
pub fn call<T>(name: &'static str, arguments: impl IntoIterator<Item = Expr>) -> Val<T> {
    Val::raw(Expr::Call(name, arguments.into_iter().collect()).checked())
}

/// Consecutive subnets, each with so many more bits of prefix.
pub fn cidrsubnets(prefix: impl Into<Val<String>>, new_bits: impl IntoIterator<Item = i64>) -> Val<List<String>> {
    call("cidrsubnets", std::iter::once(prefix.into().into_expr()).chain(new_bits.into_iter().map(Expr::Int)))
}

/// The first value whose evaluation does not fail.
pub fn try_<T>(values: impl IntoIterator<Item = Val<T>>) -> Val<T> {
    call("try", values.into_iter().map(Val::into_expr))
}

#[cfg(test)]
mod tests {
    use super::FUNCTIONS;
    use std::process::Command;

    /// The installed Terraform is asked for its own list.
    #[test]
    fn the_functions_are_those_of_terraform_with_as_many_parameters() {
        let output = Command::new("terraform").args(["metadata", "functions", "-json"]).output().unwrap();
        let known: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let known = &known["function_signatures"];
        assert!(FUNCTIONS.len() > 100);
        for (name, parameters) in FUNCTIONS.iter().chain(&[("cidrsubnets", 1), ("try", 0)]) {
            let signature = known.get(name).unwrap_or_else(|| panic!("Terraform has no function `{name}`"));
            let fixed = signature["parameters"].as_array().map_or(0, Vec::len);
            let variadic = signature.get("variadic_parameter").is_some();
            assert!(fixed == *parameters || (variadic && fixed <= *parameters), "{name}: {fixed} parameters, not {parameters}");
        }
        let ours: Vec<&str> = FUNCTIONS.iter().map(|(name, _)| *name).chain(["cidrsubnets", "try"]).collect();
        let plain = known.as_object().unwrap().keys().map(String::as_str).filter(|name| !name.contains("::"));
        let missing: Vec<&str> = plain.filter(|name| !ours.contains(name)).collect();
        assert_eq!(missing, Vec::<&str>::new(), "functions of Terraform without a binding");
    }
}
