//! What the roles of SageMaker jobs need, from the jobs' own parameters.

use oleoduto_cdk::{Expr, Part, Ref, text};

use super::sagemaker::{ProcessingJob, TrainingJob};
use crate::grants::{Bucket, Grant, Key, LogGroup, Metrics};
use crate::lookups::Lookups;

/// The start of a text whose rest an intrinsic function completes at run time.
const FORMAT: &str = "States.Format('";

impl TrainingJob {
    /// What the job's role needs for the data, the logs and the metrics of the job; the image is not among it. An S3 URI whose
    /// folder only the run knows is a mistake, reported at synth.
    /// Source: <https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html#sagemaker-roles-createtrainingjob-perms>.
    pub fn grants(&self, here: &Lookups) -> Vec<Grant> {
        let data = Data { partition: &here.partition, key: self.protection.named_key() };
        let mut grants = run(here, "TrainingJobs");
        grants.extend(self.channels.iter().flat_map(|channel| data.input(&channel.uri)));
        grants.extend(data.output(&self.output_uri));
        if let Some(uri) = &self.checkpoint_uri {
            grants.extend(data.input(uri));
            grants.extend(data.output(uri));
        }
        grants.extend(self.protection.grants(here));
        grants
    }
}

impl ProcessingJob {
    /// Same as [`TrainingJob::grants`], of the inputs and outputs.
    /// Source: <https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html#sagemaker-roles-createprocessingjob-perms>.
    pub fn grants(&self, here: &Lookups) -> Vec<Grant> {
        let data = Data { partition: &here.partition, key: self.protection.named_key() };
        let mut grants = run(here, "ProcessingJobs");
        grants.extend(self.inputs.iter().flat_map(|channel| data.input(&channel.uri)));
        grants.extend(self.outputs.iter().flat_map(|channel| data.output(&channel.uri)));
        grants.extend(self.protection.grants(here));
        grants
    }
}

/// What a job of a kind needs to run at all. Its log group and its namespace have the same name.
fn run(here: &Lookups, kind: &str) -> Vec<Grant> {
    let name = format!("/aws/sagemaker/{kind}");
    vec![LogGroup::new(here.arn("logs", format!("log-group:{name}"))).create_after_look(), Metrics::of(name).put()]
}

/// Where a job's data are, and the key that encrypts them.
struct Data<'a> {
    partition: &'a Ref<String>,
    key: Option<Key>,
}

impl Data<'_> {
    fn input(&self, uri: &Expr) -> Vec<Grant> {
        match folder(self.partition, uri) {
            Ok((bucket, folder)) => vec![bucket.list(), bucket.encrypted_by(self.key.clone()).read(&folder)],
            Err(reason) => vec![Grant::unknown("ReadObjects", "s3", "GetObject", reason)],
        }
    }

    fn output(&self, uri: &Expr) -> Vec<Grant> {
        match folder(self.partition, uri) {
            Ok((bucket, folder)) => vec![bucket.list(), bucket.encrypted_by(self.key.clone()).write(&folder)],
            Err(reason) => vec![Grant::unknown("WriteObjects", "s3", "PutObject", reason)],
        }
    }
}

/// The bucket and the folder of an S3 URI, which may be completed at run time: `raw/` of
/// `States.Format('s3://BUCKET/raw/dataproc={}/', $.dataproc)`.
fn folder(partition: &Ref<String>, uri: &Expr) -> Result<(Bucket, String), String> {
    let unknown = || {
        format!(
            "{uri:?} names no bucket and folder before the run: write them as s3://BUCKET/FOLDER/, with only the rest from the state's input"
        )
    };
    let (bucket, rest) = match uri {
        Expr::Str(text) => {
            let (bucket, rest) = text
                .trim_start_matches(FORMAT)
                .strip_prefix("s3://")
                .and_then(|text| text.split_once('/'))
                .ok_or_else(unknown)?;
            (Expr::from(bucket), rest)
        }
        Expr::Template(parts) => match parts.as_slice() {
            [Part::Text(start), Part::Interpolation(bucket), Part::Text(rest)] if start.trim_start_matches(FORMAT) == "s3://" => {
                (bucket.clone(), rest.strip_prefix('/').ok_or_else(unknown)?)
            }
            _ => return Err(unknown()),
        },
        _ => return Err(unknown()),
    };
    let known = rest.split(['{', '\'']).next().unwrap_or_default();
    let folder = known.rsplit_once('/').map(|(folder, _)| format!("{folder}/")).ok_or_else(unknown)?;
    Ok((Bucket::new(text!["arn:", partition, ":s3:::", bucket]), folder))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use oleoduto_cdk::{App, Backend};

    use super::*;

    fn found(uri: Expr) -> Result<String, String> {
        let mut app = App::new();
        let here = Lookups::add(app.stack("s", Backend::Local { path: "s.tfstate".into() }));
        folder(&here.partition, &uri).map(|(bucket, folder)| format!("{:?}", bucket.read(&folder)))
    }

    fn of(parts: [Expr; 3]) -> Expr {
        oleoduto_cdk::Text::new(parts).into()
    }

    #[test]
    fn the_folder_is_what_is_known_before_the_run() {
        let bucket = || Expr::hcl("the_bucket");
        for (start, rest, folder) in [
            ("States.Format('s3://", "/raw/dataproc={}/', $.run.dataproc)", "/raw/*"),
            ("States.Format('s3://", "/models/champion/{}/', $.run.series)", "/models/champion/*"),
            ("s3://", "/models/", "/models/*"),
        ] {
            let grant = found(of([start.into(), bucket(), rest.into()])).unwrap();
            assert!(grant.contains(folder) && grant.contains("the_bucket"), "{grant}");
        }
        assert!(found("s3://data/raw/x.csv".into()).unwrap().contains("data/raw/*"));
    }

    #[test]
    fn a_folder_that_only_the_run_knows_is_a_mistake() {
        let bucket = Expr::hcl("the_bucket");
        for uri in ["$.uri".into(), "s3://data".into(), of(["States.Format('s3://".into(), bucket, "/{}/', 'raw')".into()])] {
            assert!(found(uri.clone()).unwrap_err().contains("before the run"), "{uri:?}");
        }
    }
}
