#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use super::*;

const GOOD: &str = "[project]\nname = \"oleoduto\"\nseries = \"EIA366_PBRENT366\"\n";

fn parse(section: &str) -> Result<Read, String> {
    Read::parse(PathBuf::from(NAME), format!("{GOOD}{section}\n")).map_err(|mistake| mistake.to_string())
}

#[test]
fn every_mistake_has_its_line_and_column_and_says_what_to_do() {
    let cases = [
        ("[env.dev]\naccount = \"12\"", "5:11", "an AWS account id has 12 digits"),
        ("[env.dev]\naccount = 123456789012", "5:11", "expected a string"),
        ("[env.dev]\nregion = \"Sao Paulo\"", "5:10", "a region looks like sa-east-1"),
        ("[env.dev]\nregoin = \"sa-east-1\"", "5:1", "help: did you mean `region`?"),
        ("[env.dev]\nsize = {}", "5:1", "help: did you mean `sizes`?"),
        ("[env.dev]\nzzz = 1", "5:1", "expected one of `account`"),
        ("[env.my-dev]\n", "4:6", "no `-`"),
        ("[envs.dev]\n", "4:2", "help: did you mean `env`?"),
        ("[env.dev.sizes]\nglue_workers = 1", "5:16", "2 to 299"),
        ("[env.dev.sizes]\nglue_workers = \"2\"", "5:16", "expected u32"),
        ("[env.dev.sizes]\nglue_worker_type = \"G1.X\"", "5:20", "help: did you mean `G.1X`?"),
        ("[env.dev.sizes]\ntraining_instance = \"m5.large\"", "5:21", "ml.m5.large"),
        ("[env.dev.sizes]\nlambda_memory_mb = 64", "5:20", "128 to 10240"),
        ("[env.dev.schedule]\ntimezone = \"UTC\"", "4:1", "missing field `expression`"),
        ("[env.dev.schedule]\nexpression = \"cron(0 9 * * *)\"", "5:14", "cron has 6 fields"),
        ("[env.dev.schedule]\nexpression = \"rate(1 day)\"\ntimezone = \"Sao_Paulo\"", "6:12", "`America/Sao_Paulo`"),
        ("[env.dev.retention]\nlog_days = 31", "5:12", "1, 3, 5, 7, 14, 30"),
        ("[env.dev.retention]\nimages = 1", "5:10", "2 to 1000"),
        ("[env.dev.retention]\nnoncurrent_days = 0", "5:19", "1 to 36500"),
        ("[env.dev.alarms]\nemail = \"nobody\"", "5:9", "name@example.org"),
        ("[env.dev.alarms]\n", "4:10", "help: write `email = \"name@example.org\"`, or `topic`"),
        ("[env.dev.alarms]\nbudget = 5", "4:10", "have neither `email` nor `topic`"),
        ("[env.dev.alarms]\ntopic = \"alarms\"", "5:9", "arn:aws:sns:REGION:ACCOUNT:NAME"),
        (
            "[env.dev.alarms]\nemail = \"a@b.org\"\ntopic = \"arn:aws:sns:sa-east-1:123456789012:one\"",
            "6:1",
            "help: remove `email` and subscribe",
        ),
        (
            "[env.dev]\nregion = \"sa-east-1\"\n[env.dev.alarms]\ntopic = \"arn:aws:sns:us-east-1:123456789012:one\"",
            "7:1",
            "help: name a topic of the environment's region",
        ),
        (
            "[env.dev]\nregion = \"us-gov-west-1\"\n[env.dev.alarms]\nemail = \"a@b.org\"\nbudget = 5",
            "8:1",
            "AWS Budgets does not exist in the partition of us-gov-west-1",
        ),
        ("[env.dev.alarms]\nemail = \"a@b.org\"\nno_success_days = 8", "6:19", "1 to 7"),
        (
            "[env.dev.alarms]\nemail = \"a@b.org\"\nno_success_days = 3\n[env.dev.schedule]\nexpression = \"cron(0 9 ? * MON-FRI *)\"",
            "6:1",
            "pauses for up to 72 hours, so 3 days without success are no fault",
        ),
        ("[env.dev.schedule]\nexpression = \"rate(15 minutes)\"", "5:1", "help: start them at least 60 minutes apart"),
        ("[env.dev.monitoring]\nlog_level = \"all\"", "5:13", "help: did you mean `ALL`?"),
        ("[env.dev.monitoring]\nexecution_minutes = 361", "5:21", "1 to 360"),
        ("[env.dev.mlflow]\nserver = \"small\"", "5:10", "help: did you mean `Small`?"),
        ("[env.dev.mlflow]\ntracking_uri = \"sqlite:///a.db\"", "5:16", "a tracking server is http(s)://"),
        ("[env.dev.mlflow]\nserver = \"Small\"\ntracking_uri = \"http://a\"", "6:1", "help: remove `server`"),
        ("[env.dev.mlflow]\nuri = \"http://a\"", "5:1", "`tracking_uri`"),
        ("[env.dev]\ntags = { ok = \"1\", \"aws:x\" = \"y\" }", "5:20", "belong to AWS"),
        ("[env.dev.tags]\nok = \"1\"\nStack = \"y\"", "6:1", "Oleoduto sets this tag itself"),
        ("[env.dev.tags]\nok = \"50 %\"", "5:6", "letters, digits, spaces"),
        ("[env.dev.backend]\ntype = \"gcs\"", "5:8", "`local` or `s3`"),
        ("[env.dev.backend]\ntype = \"s3\"\nbuckets = \"b\"", "6:1", "help: did you mean `bucket`?"),
        ("[env.dev.backend]\ntype = \"s3\"\nbucket = \"My_Bucket\"", "6:10", "can't be a bucket's name"),
        ("[env.dev.backend]\ntype = \"s3\"\nrole_arn = \"me\"", "6:12", "arn:PARTITION:iam"),
        ("[env.dev.backend]\nbucket = \"states\"", "5:1", "help: write `type = \"s3\"` in [env.dev.backend]"),
        (
            &format!("[env.dev]\nadditional_series = [\"{}\"]", "A".repeat(65)),
            "5:21",
            "it has 65 characters, and 64 are the most",
        ),
        (
            "[env.dev]\nregion = \"sa-east-1\"\n[env.dev.security]\nkms_key = \"arn:aws:kms:us-east-1:123456789012:key/1\"",
            "7:1",
            "help: name a key of the environment's region, or write `create`",
        ),
        (
            "[env.dev.network]\nsubnets = [\"subnet-01234567\", \"subnet-01234567\"]\nsecurity_groups = [\"sg-01234567\"]",
            "5:1",
            "help: name each once",
        ),
        ("[env.dev.network]\nsubnets = [\"subnet-01234567\"]", "4:10", "no `security_groups`"),
        ("[env.dev]\nregion = \"eusc-de-east-1\"", "5:1", "help: use a region of the partitions aws, aws-cn or aws-us-gov"),
        (
            "[env.dev]\nregion = \"cn-north-1\"\n[env.dev.mlflow]\nserver = \"Small\"",
            "7:1",
            "help: remove `server` to record in a file in the data bucket",
        ),
        (
            "[env.dev]\nregion = \"us-gov-west-1\"\n[env.dev.backend]\ntype = \"s3\"\nrole_arn = \"arn:aws:iam::123456789012:role/s\"",
            "8:1",
            "help: name a resource whose ARN begins with arn:aws-us-gov:",
        ),
        ("[env.averyveryverylongname]", "4:6", "shorten the project"),
        ("[env.dev\n", "4:9", "unclosed table"),
    ];
    for (section, place, what) in cases {
        let text = parse(section).unwrap_err();
        assert!(text.contains(&format!("--> oleoduto.toml:{place}\n")) && text.contains(what), "{section}\n{text}");
    }
}

#[test]
fn a_mistake_shows_its_line_and_marks_what_is_meant() {
    insta::assert_snapshot!(parse("[env.dev]\naccount = \"12\" # mine").unwrap_err(), @r#"
    `12` can't be used: an AWS account id has 12 digits
     --> oleoduto.toml:5:11
      |
    5 | account = "12" # mine
      |           ^^^^
    "#);
    insta::assert_snapshot!(parse("[env.dev.sizes]\nglue_worker = 3").unwrap_err(), @r"
    unknown field `glue_worker`, expected one of `glue_worker_type`, `glue_workers`, `training_instance`, `forecast_instance`, `spot`, `lambda_memory_mb`
     --> oleoduto.toml:5:1
      |
    5 | glue_worker = 3
      | ^^^^^^^^^^^
      = help: did you mean `glue_workers`?
    ");
}

#[test]
fn every_section_is_checked_not_only_the_chosen_one() {
    let long = parse("[env.dev]\n[env.prod]\nregion = \"ap-southeast-1\"\n[env.abcdefghijkl]\nregion = \"ap-southeast-1\"");
    assert!(long.unwrap_err().contains("oleoduto.toml:7:6"));
    let project = "[project]\nname = \"a-project-of-thirty-characters\"\nseries = \"A\"\n[env.a]\nregion = \"ap-southeast-1\"\n[env.a.backend]\ntype = \"s3\"\n";
    let mistake = Read::parse(PathBuf::from(NAME), project.to_owned()).unwrap_err().to_string();
    assert!(mistake.contains("7:1") && mistake.contains("name one with `bucket`"), "{mistake}");
}

#[test]
fn a_file_with_everything_is_read() {
    let read = parse(
        "[env.prod]\naccount = \"123456789012\"\nregion = \"sa-east-1\"\ndisposable = true\n\
         tags = { CostCenter = \"42\" }\n[env.prod.backend]\ntype = \"s3\"\nbucket = \"states\"",
    )
    .unwrap();
    let prod = read.file.env.values().next().unwrap();
    assert_eq!(prod.backend.r#type, BackendType::S3);
    assert_eq!(read.line(&["env", "prod", "region"]), Some(6));
    assert_eq!(read.line(&["env", "prod", "backend", "bucket"]), Some(11));
    assert_eq!(read.line(&["env", "prod", "tags", "CostCenter"]), Some(8));
    assert_eq!(read.line(&["env", "prod", "schedule"]), None);
}
