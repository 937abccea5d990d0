//! What a program writes with the bindings of odd names.

use oleoduto_cdk::{DataSource, List, Map, Number, Provider, Ref, Resource, Stack, Val, text};

use crate::bindings::google_beta::{list::GoogleList, provider::GoogleBetaProvider};
use crate::bindings::random::string::RandomString;
use crate::bindings::terraform::{data::Data, data_remote_state::RemoteStateData, provider_functions::encode_expr};
use crate::bindings::x::{data_y::YData, labels::Labels, tagged::Tagged, x_data_y::DataY, x_static::Static};

const _: () = assert!(Tagged::TAGGABLE && !Labels::TAGGABLE);
const _: () = assert!(GoogleList::PROVIDER.is_some() && Tagged::PROVIDER.is_none());

/// Arguments of types that would be shadowed by a type of the same name.
pub fn strings(stack: &mut Stack) -> Ref<String> {
    let string = stack.add("s", RandomString::builder().length(8).override_special("!").build());
    let list: Val<List<String>> = Val::from([string.result()]);
    let map: Val<Map<Number>> = Val::from([("length", string.length())]);
    let copy = stack.add("copy", RandomString::builder().length(9).maybe_override_special(None::<&str>).build());
    let _ = (list, map, encode_expr(oleoduto_cdk::Expr::from("x")));
    copy.result()
}

/// What bears the same name in other kinds, or in Rust.
pub fn names() -> [&'static str; 6] {
    let _ = Data::builder().input(oleoduto_cdk::Expr::from(1)).build();
    let _ = RemoteStateData::builder().backend("local").build();
    [DataY::TYPE, YData::TYPE, Static::TYPE, GoogleList::TYPE, GoogleBetaProvider::NAME, GoogleBetaProvider::SOURCE]
}

/// Text with a reference to a string of the provider's.
pub fn sentence(result: &Ref<String>) -> Val<String> {
    text!["it is ", result].into()
}
