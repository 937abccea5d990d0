//! What the cdktf and cdktn command lines pass to an app: the output folder and the context of `cdktf.json`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value as Json;

/// The context that `cdktf.json` (or `--context`) gives the app.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Context {
    values: BTreeMap<String, Json>,
}

/// Why the environment does not hold a valid context.
#[derive(Debug, thiserror::Error)]
pub enum ContextError {
    /// Not an object in JSON.
    #[error("CDKTF_CONTEXT_JSON is not a JSON object: {0}. Correct `context` in cdktf.json")]
    Json(#[from] serde_json::Error),
    /// A value of another type than the app needs.
    #[error("`{key}` in the context is {value}, which is not text: correct `context` in cdktf.json")]
    NotText {
        /// The key.
        key: String,
        /// Its value.
        value: Json,
    },
    /// HCL output was requested.
    #[error("HCL output (SYNTH_HCL_OUTPUT=true, --hcl) is not supported: run synth without it, Terraform reads the JSON as well")]
    Hcl,
}

impl Context {
    /// The context of the environment: `CDKTF_CONTEXT_JSON`, empty if it is not set.
    ///
    /// # Errors
    /// It is not a JSON object, or HCL output is requested.
    pub fn from_env() -> Result<Self, ContextError> {
        if std::env::var("SYNTH_HCL_OUTPUT").is_ok_and(|value| value == "true") {
            return Err(ContextError::Hcl);
        }
        std::env::var("CDKTF_CONTEXT_JSON").map_or_else(|_| Ok(Self::default()), |text| Self::parse(&text))
    }

    /// The context in a JSON text.
    ///
    /// # Errors
    /// It is not a JSON object.
    pub fn parse(text: &str) -> Result<Self, ContextError> {
        Ok(Self { values: serde_json::from_str(text)? })
    }

    /// A value of any type.
    pub fn get(&self, key: &str) -> Option<&Json> {
        self.values.get(key)
    }

    /// A text.
    ///
    /// # Errors
    /// The value is there and is not text.
    pub fn text(&self, key: &str) -> Result<Option<String>, ContextError> {
        match self.values.get(key) {
            None => Ok(None),
            Some(Json::String(text)) => Ok(Some(text.clone())),
            Some(other) => Err(ContextError::NotText { key: key.to_owned(), value: other.clone() }),
        }
    }
}

/// The output folder: `CDKTF_OUTDIR`, or `cdktf.out`.
pub fn out_dir() -> PathBuf {
    std::env::var_os("CDKTF_OUTDIR").map_or_else(|| PathBuf::from("cdktf.out"), PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_texts_or_an_error_that_names_the_key() {
        let context = Context::parse(r#"{"region": "sa-east-1", "cdktfRelativeModules": []}"#).unwrap();
        assert_eq!(context.text("region").unwrap().as_deref(), Some("sa-east-1"));
        assert_eq!(context.text("account").unwrap(), None);
        assert!(context.text("cdktfRelativeModules").unwrap_err().to_string().contains("cdktfRelativeModules"));
        assert!(Context::parse("[]").unwrap_err().to_string().contains("cdktf.json"));
    }
}
