//! Why nothing was generated.

/// Why nothing was generated.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The schema's format is not the one that this version reads.
    #[error("the schema has format_version `{0}`; this version reads 0.1, 0.2 and 1.x: write it with Terraform 1.x")]
    Format(String),
    /// The schema does not describe the provider.
    #[error("the schema does not describe provider `{0}`; it has: {1}")]
    Provider(String, String),
    /// A listed type does not exist.
    #[error("provider `{provider}` has no {kind} `{name}`: correct the list in the bindings file")]
    Unknown {
        /// The provider's address.
        provider: String,
        /// Resource, data source or function.
        kind: &'static str,
        /// The listed name.
        name: String,
    },
    /// A semantic type or a rule names an argument that does not exist.
    #[error("`{0}` has no attribute `{1}`, which [types] or [rules] names: correct the bindings file")]
    Attribute(String, String),
    /// A file of a Terraform module can't be read.
    #[error("{0}: {1}: correct the module")]
    Module(String, String),
    /// A type is listed twice.
    #[error("the bindings file lists {kind} `{name}` twice: keep one of the lines")]
    Repeated {
        /// Resource, data source or function.
        kind: &'static str,
        /// The listed name.
        name: String,
    },
    /// The schema uses something the generator does not know.
    #[error("`{0}`: {1} is not known to this version of the generator")]
    Unsupported(String, String),
}
