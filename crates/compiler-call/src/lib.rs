//! How the compiler was called, for tests that compile programs against the libraries of their own build.
//!
//! A test that starts a cargo for its programs pays for a second build of all libraries. Only the compiler of the test knows
//! where the first build is: a macro runs in it and sees its arguments.

use proc_macro::{Literal, TokenStream, TokenTree};
use std::path::Path;

/// An array of texts: the compiler, and the options with which it finds the libraries of the crate that calls the macro.
#[proc_macro]
pub fn compiler_call(_: TokenStream) -> TokenStream {
    let call =
        std::env::current_exe().map_err(|error| error.to_string()).and_then(|driver| of(&driver, std::env::args().skip(1)));
    match call {
        Ok(call) => array(&call),
        Err(error) => refusal(&format!("the call of the compiler is not known: {error}")),
    }
}

/// The compiler beside its driver, which may be clippy's, and the options that say where libraries are.
fn of(driver: &Path, mut arguments: impl Iterator<Item = String>) -> Result<Vec<String>, String> {
    let mut call = vec![driver.with_file_name(format!("rustc{}", std::env::consts::EXE_SUFFIX)).display().to_string()];
    while let Some(argument) = arguments.next() {
        if argument.starts_with('@') {
            return Err(format!("its arguments are in the file `{argument}`: shorten the path of the target folder"));
        } else if argument.starts_with("--edition") {
            call.push(argument);
        } else if argument == "--extern" || argument == "-L" {
            call.push(argument);
            call.extend(arguments.next());
        }
    }
    Ok(call)
}

/// `["..", ".."]`.
fn array(texts: &[String]) -> TokenStream {
    let comma = || TokenTree::from(proc_macro::Punct::new(',', proc_macro::Spacing::Alone));
    let content = texts.iter().flat_map(|text| [Literal::string(text).into(), comma()]).collect();
    TokenTree::from(proc_macro::Group::new(proc_macro::Delimiter::Bracket, content)).into()
}

/// `compile_error!("..")`.
fn refusal(message: &str) -> TokenStream {
    let message = proc_macro::Group::new(proc_macro::Delimiter::Parenthesis, TokenTree::from(Literal::string(message)).into());
    let name = proc_macro::Ident::new("compile_error", proc_macro::Span::call_site());
    let bang = proc_macro::Punct::new('!', proc_macro::Spacing::Alone);
    [TokenTree::from(name), bang.into(), message.into()].into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(arguments: &[&str]) -> Result<Vec<String>, String> {
        of(Path::new("/toolchain/bin/clippy-driver"), arguments.iter().map(|&argument| argument.to_owned()))
    }

    #[test]
    fn the_options_of_libraries_are_kept() {
        let kept = ["--edition=2024", "--extern", "bon=/t/libbon.rlib", "-L", "dependency=/t/deps"];
        let given = ["rustc", "--crate-name", "x", kept[0], "-C", "debuginfo=1", kept[1], kept[2], "--test", kept[3], kept[4]];
        assert_eq!(
            call(&given),
            Ok([&["/toolchain/bin/rustc"], &kept[..]].concat().iter().map(|&word| word.to_owned()).collect())
        );
    }

    #[test]
    fn arguments_in_a_file_are_refused() {
        assert!(call(&["rustc", "@/tmp/arguments"]).is_err_and(|error| error.contains("`@/tmp/arguments`")));
    }
}
