//! What people write where a value is wanted.

use std::collections::{BTreeMap, HashMap};

use oleoduto_cdk::{Any, App, Backend, Expr, List, Map, Number, Val};
use serde_json::{Value as Json, json};

fn written<T>(value: impl Into<Val<T>>) -> Json {
    let mut app = App::new();
    let value: Val<T> = value.into();
    app.stack("s", Backend::Local { path: "s.tfstate".into() }).output("o", value);
    let json: Json = serde_json::from_str(&app.synth().unwrap().stacks[0].json).unwrap();
    json["output"]["o"]["value"].clone()
}

#[test]
fn numbers_of_every_type_are_numbers() {
    assert_eq!(written::<Number>(3_usize), 3);
    assert_eq!(written::<Number>(3_u64), 3);
    assert_eq!(written::<Number>(u64::MAX), "${18446744073709551615}");
    assert_eq!(written::<Number>(0.1_f32), 0.1);
    assert_eq!(written::<Number>(0.25_f64), 0.25);
    assert_eq!(
        [written::<Number>(1_u8), written::<Number>(-1_i8), written::<Number>(1_i16), written::<Number>(1_u16)],
        [1, -1, 1, 1]
    );
    assert_eq!([written::<Number>(-1_isize), written::<Number>(7)], [-1, 7]);
    assert_eq!(written::<Any>(Expr::from(0.5)), 0.5);
}

#[test]
fn lists_come_from_slices_vectors_and_iterators() {
    let words = vec!["a".to_owned(), "b".to_owned()];
    let wanted = json!(["a", "b"]);
    assert_eq!(written::<List<String>>(&words), wanted);
    assert_eq!(written::<List<String>>(words.as_slice()), wanted);
    assert_eq!(written::<List<String>>(["a", "b"].iter().copied().collect::<Val<List<String>>>()), wanted);
    assert_eq!(written::<List<String>>(words), wanted);
    assert_eq!(written::<List<Number>>([1_usize, 2]), json!([1, 2]));
}

#[test]
fn maps_come_from_maps_pairs_and_iterators() {
    let wanted = json!({ "a": "1", "b": "2" });
    let pairs = || vec![("b", "2"), ("a", "1")];
    assert_eq!(written::<Map<String>>(pairs()), wanted);
    assert_eq!(written::<Map<String>>(HashMap::from([("b", "2"), ("a", "1")])), wanted);
    assert_eq!(written::<Map<String>>(BTreeMap::from([("b", "2"), ("a", "1")])), wanted);
    assert_eq!(written::<Map<String>>(pairs().into_iter().collect::<indexmap::IndexMap<_, _>>()), wanted);
    assert_eq!(written::<Map<String>>(pairs().into_iter().collect::<Val<Map<String>>>()), wanted);
}

#[test]
fn none_is_null_and_json_is_itself() {
    assert_eq!(written::<String>(None::<&str>), Json::Null);
    assert_eq!(written::<Number>(Some(3)), 3);
    let document = json!({ "a": [1, -2, 0.5, true, null, "${x}"], "b": { "c": {} } });
    let escaped = json!({ "a": [1, -2, 0.5, true, null, "$${x}"], "b": { "c": {} } });
    assert_eq!(written::<Any>(&document), escaped);
    assert_eq!(written::<Any>(Expr::from(document)), escaped);
}

#[test]
fn a_literal_is_any_value() {
    assert_eq!(written::<Any>("x"), "x");
    assert_eq!(written::<Any>(3), 3);
    assert_eq!(written::<Any>(true), true);
}
