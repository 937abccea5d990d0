//! A text where one of a few words belongs.
use oleoduto_aws::ecr_repository::EcrRepository;

fn main() {
    let _ = EcrRepository::builder().name("ml").image_tag_mutability("immutable").build();
}
