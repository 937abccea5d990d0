//! `ecr`: the repository of the training image.

use oleoduto_aws::ecr_lifecycle_policy::EcrLifecyclePolicy;
use oleoduto_aws::ecr_repository::{EcrRepository, ImageScanningConfiguration};
use oleoduto_aws::types::TagMutability;
use oleoduto_cdk::{App, Expr, Ref, Val, text};

use crate::files::Files;
use crate::settings::Settings;
use crate::shared;

/// The image.
pub(crate) struct Exports {
    pub(crate) repository_url: Ref<String>,
    pub(crate) tag: String,
}

impl Exports {
    /// The image's URI: its tag is made of its inputs, and tags can't be pushed twice.
    pub(crate) fn image(&self) -> Val<String> {
        text![&self.repository_url, format!(":{}", self.tag)]
    }
}

pub(crate) fn stack(app: &mut App, settings: &Settings, files: &Files) -> Exports {
    let (stack, _) = shared::stack(app, settings, "ecr");
    let repository = EcrRepository::builder()
        .name(format!("{}-ml", settings.prefix()))
        .image_tag_mutability(TagMutability::Immutable)
        .image_scanning_configuration(ImageScanningConfiguration::builder().scan_on_push(true).build())
        .force_delete(settings.disposable)
        .build();
    let repository = stack.add("ml", repository);
    let images = settings.parameters.retention.images;
    let selection = Expr::object([
        ("tagStatus", Expr::from("any")),
        ("countType", "imageCountMoreThan".into()),
        ("countNumber", i64::from(images).into()),
    ]);
    let rule = Expr::object([
        ("rulePriority", Expr::from(1)),
        ("description", format!("keep the last {images} images").into()),
        ("selection", selection),
        ("action", Expr::object([("type", Expr::from("expire"))])),
    ]);
    let lifecycle = Val::raw(Expr::object([("rules", Expr::Array(vec![rule]))]).jsonencode());
    stack.add("ml", EcrLifecyclePolicy::builder().repository(repository.name()).policy(lifecycle).build());
    stack.output("repository_url", repository.repository_url());
    stack.output::<String>("image_tag", files.image_tag.as_str());
    Exports { repository_url: repository.repository_url(), tag: files.image_tag.clone() }
}
