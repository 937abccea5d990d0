use oleoduto_cdk::{Map, Ref};

fn stage(tags: &Ref<Map<String>>) -> Ref<String> {
    tags.get("Stage")
}

fn main() {}
