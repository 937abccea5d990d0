//! Text means what it says: what the real Terraform evaluates is what Rust wrote, for any characters in any place.
//!
//! All cases of a batch are one `terraform apply`. A batch that is wrong is halved until one case is left.
//! `PROPTEST_CASES` is the number of cases (500 without it), `OLEODUTO_SEED` the number that chooses them.

use std::collections::BTreeMap;

use crate::common::real::{Data, refusal, terraform};
use icu_normalizer::ComposingNormalizerBorrowed;
use oleoduto_cdk::{App, Backend, Expr, Map, Meta, Number, Ref, Sensitive, Stack, Text, Val, Variable, func, hcl, text};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value as Json, json};

const BATCH: usize = 500;
/// What Terraform knows only at apply.
const KNOWN: [&str; 7] = ["5", "{x}", "$", "", "é ☕", "a\"b\\", "${y}"];
const TOKENS: [&str; 34] = [
    "$",
    "$$",
    "%",
    "{",
    "}",
    "${",
    "%{",
    "$${",
    "~}",
    "\"",
    "\\",
    "\n",
    "\r",
    "\t",
    "EOT",
    "\nEOT\n",
    "/",
    "//",
    "*/",
    "#",
    "a",
    "terraform.workspace",
    "é",
    "e\u{301}",
    "\u{0}",
    "\u{1b}",
    "\u{7f}",
    "\u{2028}",
    "\u{feff}",
    "🦀",
    "각",
    "'",
    "`",
    " ",
];

#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    Secret(String),
    Known(usize),
    Number(i64),
    KnownNumber,
    Hand(usize),
    Nested(Vec<Piece>),
}

#[derive(Clone, Debug)]
enum Case {
    Text(String),
    Map(BTreeMap<String, String>),
    Argument(String, String),
    Lookup(BTreeMap<String, String>, String),
    Joined(Vec<Piece>),
    JoinedArgument(Vec<Piece>),
    Encoded(BTreeMap<String, Vec<Piece>>),
    Hcl(String),
    Heredoc(Vec<Piece>),
    Default(String),
    MapDefault(BTreeMap<String, String>),
    Key(String, String),
    Whole(i64),
    Fraction(f64),
    Operators([bool; 3]),
}

fn string() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        6 => proptest::sample::select(&TOKENS[..]).prop_map(str::to_owned),
        1 => proptest::char::ranges(vec!['\0'..='\u{2ff}', '\u{370}'..='\u{3ff}', '\u{4e00}'..='\u{4fff}'].into()).prop_map(String::from),
    ];
    vec(token, 0..7).prop_map(|tokens| tokens.concat())
}

fn piece() -> impl Strategy<Value = Piece> {
    let leaf = prop_oneof![
        4 => string().prop_map(Piece::Text),
        1 => string().prop_map(Piece::Secret),
        3 => (0..KNOWN.len()).prop_map(Piece::Known),
        1 => any::<i64>().prop_map(Piece::Number),
        1 => Just(Piece::KnownNumber),
        1 => (0..KNOWN.len()).prop_map(Piece::Hand),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| vec(inner, 0..4).prop_map(Piece::Nested))
}

fn case() -> impl Strategy<Value = Case> {
    let pieces = || vec(piece(), 0..5);
    let map = || btree_map(string(), string(), 0..4);
    prop_oneof![
        string().prop_map(Case::Text),
        map().prop_map(Case::Map),
        (string(), string()).prop_map(|(a, b)| Case::Argument(a, b)),
        (map(), string()).prop_map(|(map, key)| Case::Lookup(map, key)),
        pieces().prop_map(Case::Joined),
        pieces().prop_map(Case::JoinedArgument),
        btree_map(string(), pieces(), 0..3).prop_map(Case::Encoded),
        string().prop_map(Case::Hcl),
        pieces().prop_map(Case::Heredoc),
        string().prop_map(Case::Default),
        map().prop_map(Case::MapDefault),
        (string(), string()).prop_map(|(key, value)| Case::Key(key, value)),
        any::<i64>().prop_map(Case::Whole),
        proptest::num::f64::NORMAL.prop_map(Case::Fraction),
        any::<[bool; 3]>().prop_map(Case::Operators),
    ]
}

/// What is declared once for all cases of a batch.
struct Shared {
    known: Vec<Ref<String>>,
    number: Ref<Number>,
}

impl Shared {
    fn declare(stack: &mut Stack) -> Self {
        let mut data = |id: &str, input: Expr| stack.add_raw("terraform_data", id, [("input", input)], Meta::new());
        let known = KNOWN.iter().enumerate().map(|(index, text)| data(&format!("known{index}"), (*text).into()).attr("output"));
        Self { known: known.collect(), number: data("number", 7.into()).attr("output") }
    }

    fn piece(&self, piece: &Piece) -> (Expr, String) {
        match piece {
            Piece::Text(text) => (text.into(), text.clone()),
            Piece::Secret(text) => (Val::<Sensitive>::from(text).into(), text.clone()),
            Piece::Known(index) => (Expr::from(&self.known[*index]), KNOWN[*index].to_owned()),
            Piece::Number(number) => (Expr::from(*number), number.to_string()),
            Piece::KnownNumber => (Expr::from(&self.number), "7".to_owned()),
            Piece::Hand(index) => (Expr::hcl(format!("terraform_data.known{index}.output")), KNOWN[*index].to_owned()),
            Piece::Nested(pieces) => {
                let (value, text) = self.joined(pieces);
                (value.into_expr(), text)
            }
        }
    }

    fn joined(&self, pieces: &[Piece]) -> (Val<String>, String) {
        let (values, texts): (Vec<_>, Vec<_>) = pieces.iter().map(|piece| self.piece(piece)).unzip();
        (Text::new(values).into(), texts.concat())
    }
}

fn map(pairs: &BTreeMap<String, String>) -> Val<Map<String>> {
    pairs.clone().into()
}

/// The expression of a case, and the value that it must have.
fn declare(stack: &mut Stack, shared: &Shared, index: usize, case: &Case) -> (Expr, Json) {
    match case {
        Case::Text(text) => (text.into(), json!(text)),
        Case::Map(pairs) => (map(pairs).into(), json!(pairs)),
        Case::Argument(a, b) => (func::join("", [a.as_str(), b.as_str()]).into(), json!(format!("{a}{b}"))),
        Case::Lookup(pairs, default) => {
            let key = pairs.keys().next().map_or("none", String::as_str);
            let found = pairs.get(key).unwrap_or(default);
            (func::lookup::<String>(map(pairs), key, default).into(), json!(found))
        }
        Case::Joined(pieces) => {
            let (value, text) = shared.joined(pieces);
            (value.into(), json!(text))
        }
        Case::JoinedArgument(pieces) => {
            let (value, text) = shared.joined(pieces);
            let list: Val<oleoduto_cdk::List<String>> = [&value, &Val::from("|")].map(Clone::clone).into();
            (func::join("", list).into(), json!(text + "|"))
        }
        Case::Encoded(pairs) => {
            let pairs = pairs.iter().map(|(key, pieces)| (key, shared.joined(pieces)));
            let (values, texts): (Vec<_>, BTreeMap<_, _>) =
                pairs.map(|(key, (value, text))| ((key.clone(), value.into_expr()), (key, text))).unzip();
            (func::jsondecode(func::jsonencode(Expr::object(values))).into(), json!(texts))
        }
        Case::Hcl(text) => {
            let value: Val<String> = text.into();
            (hcl!["[for x in [", value, "] : x][0]"], json!(text))
        }
        Case::Heredoc(pieces) => {
            let (value, text) = shared.joined(pieces);
            (hcl!["<<EOT\n${", value, "}\nEOT\n"], json!(text + "\n"))
        }
        Case::Default(text) => {
            let variable = Variable::new().description(text).default_value(text);
            (stack.variable::<String>(&format!("v{index}"), variable).into(), json!(text))
        }
        Case::MapDefault(pairs) => {
            let variable = Variable::new().default_value(map(pairs));
            (stack.variable::<Map<String>>(&format!("v{index}"), variable).into(), json!(pairs))
        }
        Case::Key(key, value) => {
            let both = |each: oleoduto_cdk::Each<String>| Val::<String>::from(text![each.key(), "=", each.value()]);
            let entries = [(key.as_str(), value.as_str())];
            let keyed = stack.add_for_each::<String, _>(&format!("k{index}"), entries, Meta::new(), |each| Data(both(each)));
            (keyed.at(key).as_ref().attr::<String>("output").into(), json!(format!("{key}={value}")))
        }
        Case::Whole(number) => (func::tostring(*number).into(), json!(number.to_string())),
        Case::Fraction(number) => {
            // Compared by Terraform: as text it has more digits than either.
            let text: Val<String> = format!("{number:?}").as_str().into();
            (func::eq::<Number>(Val::<Number>::from(*number), func::tonumber(text)).into(), json!(true))
        }
        Case::Operators([a, b, c]) => {
            let or: Val<bool> = Val::raw(hcl![*a, " || ", *b]);
            (func::not(Val::raw(hcl![func::and(or, *c), " == true"])).into(), json!(!((a | b) & c)))
        }
    }
}

/// Terraform keeps text in normalization form C.
fn normalized(value: &Json) -> Json {
    let text = |text: &str| ComposingNormalizerBorrowed::new_nfc().normalize(text).into_owned();
    match value {
        Json::String(value) => text(value).into(),
        Json::Array(items) => items.iter().map(normalized).collect(),
        Json::Object(pairs) => pairs.iter().map(|(key, value)| (text(key), normalized(value))).collect(),
        other => other.clone(),
    }
}

/// What is wrong with a batch: what Terraform says, or the first value that differs.
fn wrong(cases: &[Case]) -> Option<String> {
    let mut app = App::new();
    let stack = app.stack("s", Backend::Local { path: "terraform.tfstate".into() });
    let shared = Shared::declare(stack);
    let (values, wanted): (Vec<_>, Vec<_>) =
        cases.iter().enumerate().map(|(index, case)| declare(stack, &shared, index, case)).unzip();
    stack.sensitive_output("cases", Expr::Array(values));
    let folder = tempfile::tempdir().unwrap();
    app.synth().unwrap().write(folder.path()).unwrap();
    let said = refusal(folder.path(), &["init", "-input=false", "-no-color"])
        .or_else(|| refusal(folder.path(), &["apply", "-auto-approve", "-input=false", "-no-color"]));
    if said.is_some() {
        return said;
    }
    let outputs: Json = serde_json::from_str(&terraform(folder.path(), &["output", "-json"])).unwrap();
    let got = outputs["cases"]["value"].as_array().unwrap();
    assert_eq!(got.len(), wanted.len());
    let mut pairs = wanted.iter().zip(got);
    pairs.find(|(wanted, got)| normalized(wanted) != **got).map(|(wanted, got)| format!("wanted {wanted}\n   got {got}"))
}

fn smallest(cases: &[Case], said: String) -> (Case, String) {
    if let [only] = cases {
        return (only.clone(), said);
    }
    let (left, right) = cases.split_at(cases.len() / 2);
    match (wrong(left), wrong(right)) {
        (Some(said), _) => smallest(left, said),
        (None, Some(said)) => smallest(right, said),
        (None, None) => panic!("wrong only together: {said}"),
    }
}

#[test]
fn what_terraform_evaluates_is_what_rust_wrote() {
    let number = |name: &str, default: u64| std::env::var(name).map_or(default, |text| text.parse().unwrap());
    let (count, seed) = (number("PROPTEST_CASES", 500) as usize, number("OLEODUTO_SEED", 1));
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let strategy = case();
    let cases: Vec<Case> = (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect();
    for batch in cases.chunks(BATCH) {
        if let Some(said) = wrong(batch) {
            let (case, said) = smallest(batch, said);
            panic!("seed {seed}: {case:?}\n{said}");
        }
    }
}
