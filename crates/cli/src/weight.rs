//! The order in which changes are shown: what is lost first, then who may do what.

use oleoduto_runner::ResourceReport;

/// Deletions and replacements first, then IAM, then the rest, each by address.
pub(crate) fn by_weight(resources: &[ResourceReport]) -> impl Iterator<Item = &ResourceReport> {
    let mut sorted: Vec<_> = resources.iter().collect();
    sorted.sort_by_key(|resource| (rank(resource.action.destroys(), &resource.address), &resource.address));
    sorted.into_iter()
}

fn rank(destroys: bool, address: &str) -> u8 {
    match (destroys, address.contains("aws_iam_")) {
        (true, _) => 0,
        (_, true) => 1,
        _ => 2,
    }
}

/// The same order for the blocks of `terraform show PLAN`. What is before the first block and after the last one stays there.
pub(crate) fn sorted_diff(text: &str) -> String {
    let mut head = String::new();
    let mut blocks: Vec<String> = Vec::new();
    let mut tail = String::new();
    for line in text.lines() {
        // Terraform's comment before each block, such as `  # aws_s3_bucket.b will be created`.
        let starts = line.strip_prefix("  # ").is_some_and(|rest| !rest.starts_with(['(', ' ']) && !rest.is_empty());
        let ends = line.starts_with("Plan:") || line.starts_with("Changes to Outputs:");
        if starts && tail.is_empty() {
            blocks.push(String::new());
        }
        let place = match blocks.last_mut() {
            _ if ends || !tail.is_empty() => &mut tail,
            Some(block) => block,
            None => &mut head,
        };
        place.push_str(line);
        place.push('\n');
    }
    blocks.sort_by_key(|block| {
        let first = block.lines().next().unwrap_or_default();
        rank(first.contains("destroyed") || first.contains("replaced"), first)
    });
    [head, blocks.concat(), tail].concat().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_comes_first_and_then_who_may_do_what() {
        let text = "\nTerraform will perform the following actions:\n\n  # aws_s3_object.o will be created\n  + resource {}\n\n  \
                    # aws_iam_role.r will be updated in-place\n  ~ resource {\n        # (3 unchanged attributes hidden)\n    \
                    }\n\n  # aws_ecr_repository.e must be replaced\n-/+ resource {}\n\nPlan: 2 to add.\n";
        let sorted = sorted_diff(text);
        let at = |part: &str| sorted.find(part).unwrap();
        assert!(at("following") < at("aws_ecr") && at("aws_ecr") < at("aws_iam") && at("aws_iam") < at("aws_s3"), "{sorted}");
        assert!(at("hidden") < at("aws_s3") && sorted.ends_with("Plan: 2 to add."), "{sorted}");
    }
}
