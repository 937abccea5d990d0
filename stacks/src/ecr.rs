//! `ecr`: the repository of the training image.

use oleoduto_aws::ecr_lifecycle_policy::EcrLifecyclePolicy;
use oleoduto_aws::ecr_repository::{EcrRepository, EncryptionConfiguration, ImageScanningConfiguration};
use oleoduto_aws::types::TagMutability;
use oleoduto_cdk::{App, Expr, Ref, Stack, Val, Variable, func, text};

use crate::support::files::Files;
use crate::support::names::Single;
use crate::support::settings::Settings;
use crate::support::stack;
use crate::support::stack_name::StackName;

/// The image.
pub(crate) struct Exports {
    pub(crate) repository_url: Ref<String>,
    pub(crate) tag: String,
}

impl Exports {
    /// The image's URI, for the stack that declares [`digest`]: with the digest of the image that was pushed if it is known,
    /// else with the tag, which is a hash of the image's inputs and can't be pushed twice.
    pub(crate) fn image(&self, digest: &Ref<String>) -> Val<String> {
        let by_digest = text![&self.repository_url, "@", digest];
        let by_tag = text![&self.repository_url, format!(":{}", self.tag)];
        func::conditional(func::eq::<String>(digest, ""), by_tag, by_digest)
    }
}

/// The variable by which a workflow passes the digest of the image that was pushed (`TF_VAR_image_digest`).
pub(crate) fn digest(stack: &mut Stack) -> Ref<String> {
    let variable =
        Variable::new().description("Digest of the image that was pushed; empty to use its tag").default_value("").not_null();
    stack.variable("image_digest", variable)
}

pub(crate) fn stack(app: &mut App, settings: &Settings, files: &Files, key: Option<&Val<String>>) -> Exports {
    let (stack, _) = stack::add(app, settings, StackName::Ecr);
    let encryption = key.map(|key| EncryptionConfiguration::builder().encryption_type("KMS").kms_key(key.clone()).build());
    let repository = EcrRepository::builder()
        .name(settings.names().of(Single::Repository))
        .image_tag_mutability(TagMutability::Immutable)
        .image_scanning_configuration(ImageScanningConfiguration::builder().scan_on_push(true).build())
        .encryption_configuration(encryption.into_iter().collect::<Vec<_>>())
        .force_delete(settings.parameters.disposable)
        .build();
    let repository = stack.add("ml", repository);
    let lifecycle = lifecycle(&files.image_tag, settings.parameters.retention.images);
    stack.add("ml", EcrLifecyclePolicy::builder().repository(repository.name()).policy(lifecycle).build());
    stack.output("repository_url", repository.repository_url());
    stack.output("image_tag", files.image_tag.as_str());
    Exports { repository_url: repository.repository_url(), tag: files.image_tag.clone() }
}

/// Which images expire. Of several rules that select an image only the first can expire it: nothing pushes a tag twice, so
/// the image of this configuration stays, however many were pushed since.
/// Source: <https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html#lp_evaluation_rules>.
fn lifecycle(tag: &str, images: u32) -> Val<String> {
    let used = [("tagStatus", Expr::from("tagged")), ("tagPrefixList", Expr::Array(vec![tag.into()]))];
    let rules = [
        ("keep the image of this configuration".to_owned(), used.to_vec(), 1),
        ("remove images without a tag, which nothing can name".to_owned(), vec![("tagStatus", "untagged".into())], 1),
        (format!("keep the last {images} images"), vec![("tagStatus", "any".into())], i64::from(images)),
    ];
    let rules = (1_i64..).zip(rules).map(|(priority, (description, mut selection, count))| {
        selection.extend([("countType", "imageCountMoreThan".into()), ("countNumber", count.into())]);
        Expr::object([
            ("rulePriority", Expr::from(priority)),
            ("description", description.into()),
            ("selection", Expr::object(selection)),
            ("action", Expr::object([("type", Expr::from("expire"))])),
        ])
    });
    Val::raw(Expr::object([("rules", Expr::Array(rules.collect()))]).jsonencode())
}
