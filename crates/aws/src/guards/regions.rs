//! Regions in which there may be resources.

use std::collections::BTreeSet;

use oleoduto_cdk::{AppView, Diagnostic, Expr, Guard};

use super::quoted::quoted;

/// Every configuration of the AWS provider, and every resource with a region of its own, is in one of these regions.
#[derive(Clone, Debug)]
pub struct AllowedRegions(BTreeSet<String>);

impl AllowedRegions {
    /// The regions, such as `sa-east-1`.
    pub fn new<R: Into<String>>(regions: impl IntoIterator<Item = R>) -> Self {
        Self(regions.into_iter().map(Into::into).collect())
    }

    fn judge(&self, place: String, region: Option<&Expr>) -> Option<Diagnostic> {
        let allowed = quoted(self.0.iter().map(String::as_str));
        let place = format!("{place}.region");
        match region.map(|region| (region, region.literal())) {
            Some((_, Some(region))) if self.0.contains(region) => None,
            Some((_, Some(region))) => {
                let message = format!("region `{region}` is not allowed");
                Some(Diagnostic::error(place, message, format!("use {allowed}")))
            }
            Some((_, None)) => {
                let message = "only Terraform knows this region: synth can't compare it with those allowed";
                Some(Diagnostic::warning(place, message, format!("write the region as text: {allowed}")))
            }
            None => {
                let message = "the environment of whoever runs Terraform decides on the region";
                Some(Diagnostic::error(place, message, format!("set it to {allowed}")))
            }
        }
    }
}

impl Guard for AllowedRegions {
    fn name(&self) -> &str {
        "allowed-regions"
    }

    fn check(&self, app: &AppView<'_>) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for stack in app.stacks() {
            let providers = stack.providers().filter(|provider| provider.name() == "aws");
            found.extend(providers.filter_map(|provider| self.judge(provider.place(), provider.get("region"))));
            // Since version 6 of the provider, a resource may have a region of its own.
            for resource in stack.resources().filter(|resource| resource.type_name().starts_with("aws_")) {
                found.extend(resource.get("region").and_then(|region| self.judge(resource.place(), Some(region))));
            }
        }
        found
    }
}
