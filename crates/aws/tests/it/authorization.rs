//! The service authorization table, and patterns of ARNs.

use oleoduto_aws::authorization::{AccessLevel, ArnPattern, Pattern, action, global_keys, service, services};
use proptest::prelude::*;

#[test]
fn every_line_of_the_table_can_be_read() {
    let (mut actions, mut types, mut named) = (0, 0, 0);
    for prefix in services() {
        let service = service(prefix).unwrap();
        let names: Vec<_> = service.actions().map(|action| action.name()).collect();
        assert!(names.is_sorted(), "{prefix} is not sorted");
        for action in service.actions() {
            actions += 1;
            named += action.resources().count();
        }
        for resource in service.resource_types() {
            types += 1;
            let arn = resource.arn();
            let pattern = ArnPattern::format(arn).unwrap_or_else(|| panic!("{prefix}: `{arn}` is no ARN"));
            assert!(resource.meets(&pattern), "{prefix}: `{arn}` does not meet itself");
            assert!(resource.meets(&ArnPattern::ANY));
        }
    }
    assert!(services().count() > 400 && actions > 20_000 && types > 2_000, "{actions} {types}");
    // Every type that a line names is one of the service.
    let lines = include_str!("../../authorization/table.txt").lines().filter(|line| !line.starts_with(['#', '@', '?', '/']));
    let words = lines.flat_map(|line| line.split(' ').skip(2)).filter(|word| !word.starts_with(['+', '>']));
    assert_eq!(words.count(), named);
    assert!(global_keys().any(|(key, kind)| key.fits("aws:SourceAccount") && kind == "String"));
    assert!(service("aws").is_none());
}

#[test]
fn an_action_has_its_types_keys_level_and_needs() {
    let delete = action("glue:DeleteDatabase").unwrap();
    let required: Vec<_> = delete.resources().filter(|row| row.required).map(|row| row.resource.name()).collect();
    assert_eq!(required, ["database", "rootcatalog", "table", "userdefinedfunction"]);
    assert!(delete.knows("glue:LakeFormationPermissions") && !delete.knows("s3:prefix"));
    let train = action("SageMaker:createtrainingjob");
    assert!(train.is_none(), "a prefix is lower case");
    let train = action("sagemaker:createtrainingjob").unwrap();
    assert_eq!((train.to_string().as_str(), train.level()), ("sagemaker:CreateTrainingJob", AccessLevel::Write));
    assert!(train.dependent_actions().any(|needed| needed == "iam:PassRole"));
    assert!(train.knows("aws:RequestTag/Team") && train.knows("sagemaker:VpcSubnets"));
    // The keys of a resource type count too.
    assert!(action("s3:GetObject").unwrap().knows("s3:BucketTag/Team"));
    assert!(action("sns:Unsubscribe").unwrap().resources().next().is_none());
    assert_eq!(action("iam:PutRolePolicy").unwrap().level(), AccessLevel::PermissionsManagement);
    let reads: Vec<_> = service("s3").unwrap().matching("getbucketpol*").map(|action| action.name()).collect();
    assert_eq!(reads, ["GetBucketPolicy", "GetBucketPolicyStatus"]);
}

#[test]
fn each_correction_is_in_the_table() {
    let table: Vec<_> = include_str!("../../authorization/table.txt").lines().collect();
    let corrections = include_str!("../../authorization/corrections.txt").lines();
    for line in corrections.filter(|line| !line.is_empty() && !line.starts_with(['#', '@'])) {
        assert!(table.contains(&line), "`{line}` is missing: run python3 scripts/renew-service-authorization.py");
    }
}

#[test]
fn arns_are_compared_field_by_field() {
    let fits = |service_name: &str, kind: &str, arn: &str| {
        let types = service(service_name).unwrap().resource_types();
        types.iter().find(|known| known.name() == kind).unwrap().meets(&ArnPattern::new(arn).unwrap())
    };
    assert!(fits("glue", "job", "arn:aws:glue:eu-west-1:123456789012:job/x*"));
    assert!(fits("glue", "job", "arn:*:glue:*:*:*"));
    assert!(!fits("glue", "job", "arn:aws:glue:eu-west-1:123456789012:table/x/y"));
    assert!(!fits("glue", "job", "arn:aws:lambda:eu-west-1:123456789012:job/x"));
    // A dashboard has no region, and a role neither.
    assert!(!fits("cloudwatch", "dashboard", "arn:aws:cloudwatch:eu-west-1:123456789012:dashboard/x"));
    assert!(fits("cloudwatch", "dashboard", "arn:aws:cloudwatch::123456789012:dashboard/x"));
    assert!(!fits("iam", "role", "arn:aws:iam:eu-west-1:123456789012:role/x"));
    // A bucket's name has no slash, a role's path does.
    assert!(!fits("s3", "bucket", "arn:aws:s3:::data/raw/*") && fits("s3", "bucket", "arn:aws:s3:::data*"));
    assert!(fits("iam", "role", "arn:aws:iam::123456789012:role/team/x"));
    // AWS judges this type on all alarms.
    assert!(!fits("cloudwatch", "all-alarms", "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:x-*"));
    assert!(fits("cloudwatch", "all-alarms", "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:*"));
    // A policy variable stands for a text.
    assert!(fits("s3", "object", "arn:aws:s3:::data/${aws:username}/*"));
    for bad in ["", "arn", "arn:aws:s3", "urn:aws:s3:::b", "arn:aws:s3:::"] {
        assert!(ArnPattern::new(bad).is_none(), "{bad}");
    }
}

/// Whether the text fits, by the definition of wildcards.
fn fits(pattern: &[char], text: &[char]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        (['*', rest @ ..], _) => fits(rest, text) || matches!(text, [_, after @ ..] if fits(pattern, after)),
        (['?', rest @ ..], [_, after @ ..]) => fits(rest, after),
        ([c, rest @ ..], [first, after @ ..]) => c == first && fits(rest, after),
        _ => false,
    }
}

/// Every text of `a`, `b` and `:` with at most `length` characters.
fn texts(length: usize) -> Vec<Vec<char>> {
    let mut all = vec![Vec::new()];
    let mut last = all.clone();
    for _ in 0..length {
        last = last.iter().flat_map(|text| ['a', 'b', ':'].map(|c| [text.as_slice(), &[c]].concat())).collect();
        all.extend(last.iter().cloned());
    }
    all
}

proptest! {
    #[test]
    fn patterns_meet_exactly_if_some_text_fits_both(a in "[ab:*?]{0,4}", b in "[ab:*?]{0,4}") {
        let (left, right): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
        // The shortest common text has a character for each token of both at most.
        let common = texts(8).iter().any(|text| fits(&left, text) && fits(&right, text));
        prop_assert_eq!(Pattern::wildcards(&a).meets(&Pattern::wildcards(&b)), common, "{} {}", a, b);
        prop_assert_eq!(Pattern::wildcards(&b).meets(&Pattern::wildcards(&a)), common);
    }

    #[test]
    fn a_pattern_made_of_a_text_fits_it(text in "[a-c/:-]{1,20}", from in 0usize..20, to in 0usize..20) {
        let (from, to) = (from.min(to).min(text.len()), from.max(to).min(text.len()));
        let pattern = Pattern::wildcards(&format!("{}*{}", &text[..from], &text[to..]));
        prop_assert!(pattern.fits(&text));
        let longer = format!("{}x{}", &text[..from], &text[to..]);
        prop_assert_eq!(Pattern::exact(&text).fits(&longer), text == longer);
    }

    #[test]
    fn an_arn_of_a_format_meets_it(parts in proptest::collection::vec("[a-z0-9-]{1,8}", 8)) {
        for resource in ["glue", "sagemaker", "states", "lambda"].into_iter().flat_map(|name| service(name).unwrap().resource_types()) {
            let mut parts = parts.iter().cycle();
            let mut arn = String::new();
            let mut rest = resource.arn();
            while let Some((before, placeholder)) = rest.split_once("${") {
                arn += before;
                arn += parts.next().unwrap();
                rest = placeholder.split_once('}').unwrap().1;
            }
            arn += rest;
            prop_assert!(resource.meets(&ArnPattern::new(&arn).unwrap()), "{}", arn);
            let elsewhere = arn.replacen(":", ":x:", 1);
            prop_assert!(!resource.meets(&ArnPattern::new(&elsewhere).unwrap()), "{}", elsewhere);
        }
    }
}
