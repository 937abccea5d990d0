//! The certificates that a provider trusts, and whether they allow it to be configured more than once.

use std::path::PathBuf;

/// The variables that make a provider trust a certificate bundle. A provider that is configured more than once can't use
/// `AWS_CA_BUNDLE`, because its SDK refuses to add a bundle to an existing client. `SSL_CERT_FILE` has the same effect.
pub(crate) fn trust(bundle: Option<std::ffi::OsString>) -> Vec<(&'static str, Option<std::ffi::OsString>)> {
    match bundle.filter(|bundle| !bundle.is_empty()) {
        Some(bundle) => vec![("SSL_CERT_FILE", Some(bundle)), ("AWS_CA_BUNDLE", None)],
        None => Vec::new(),
    }
}

/// Whether the settings of this machine allow a provider to be configured more than once.
pub(crate) fn allowed_here() -> bool {
    let bundle = std::env::var_os("AWS_CA_BUNDLE").is_some_and(|bundle| !bundle.is_empty());
    // Go reads SSL_CERT_FILE on Linux, but uses the system's store on macOS.
    cfg!(unix) && (!bundle || cfg!(target_os = "linux")) && !shared_config_names_a_bundle()
}

fn shared_config_names_a_bundle() -> bool {
    let path = std::env::var_os("AWS_CONFIG_FILE")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".aws/config")));
    let text = path.and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
    text.lines().any(|line| line.trim_start().starts_with("ca_bundle"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_becomes_the_root_certificates() {
        assert_eq!(trust(None), []);
        let names: Vec<_> = trust(Some("x.pem".into())).into_iter().map(|(key, value)| (key, value.is_some())).collect();
        assert_eq!(names, [("SSL_CERT_FILE", true), ("AWS_CA_BUNDLE", false)]);
    }
}
