//! The names of the stacks.

use super::listed::listed;

listed!(
    /// A stack.
    pub(crate) enum StackName {
        Kms = "kms",
        S3 = "s3",
        Iam = "iam",
        Cicd = "cicd",
        Glue = "glue",
        Ecr = "ecr",
        Lambda = "lambda",
        Mlflow = "mlflow",
        Stepfunctions = "stepfunctions",
        Monitoring = "monitoring",
    }
);

impl StackName {
    /// What a stack is for, in a sentence.
    pub(crate) const fn purpose(self) -> &'static str {
        match self {
            Self::Kms => "the key that encrypts the data, the logs and the images, if the environment has one of its own",
            Self::S3 => "the bucket of data, models, reports and scripts",
            Self::Iam => "the roles of the jobs, the function and the state machine, with what each uses and nothing else",
            Self::Cicd => "the roles with which GitHub's workflows plan and apply; a person applies it",
            Self::Glue => "the Spark jobs that extract, transform and check the prices, and the tables of the catalog",
            Self::Ecr => "the repository of the image that trains and forecasts",
            Self::Lambda => "the function that decides an execution's dates and names, and what a failure means",
            Self::Mlflow => "the MLflow server that keeps the runs of training, if the environment has one",
            Self::Stepfunctions => "the state machine that runs the pipeline, and its schedule",
            Self::Monitoring => "the alarms, their topic and the dashboard",
        }
    }
}
