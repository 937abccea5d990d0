// The benchmark's apps in cdktn 0.24, as the TypeScript compiler leaves them: plain JavaScript for Node.
// node app.js six | resources N | stacks N; the output goes to CDKTF_OUTDIR.
"use strict";

const path = require("node:path");
const { App, Fn, LocalBackend, S3Backend, TerraformAsset, TerraformStack } = require("cdktn");
const aws = "@cdktn/provider-aws/lib";
const { AwsProvider } = require(`${aws}/provider`);
const { S3Bucket } = require(`${aws}/s3-bucket`);
const { S3Object } = require(`${aws}/s3-object`);

const PER_STACK = 10;
const GROUP = 6;
const PROJECT = "ipea-eia366-pbrent366";

class Plain extends TerraformStack {
  constructor(app, name) {
    super(app, name);
    new AwsProvider(this, "aws", { region: "us-east-1" });
    new LocalBackend(this, { path: `terraform.${name}.tfstate` });
  }

  // Half buckets, half objects that refer to them; the last bucket.
  fill(name, count) {
    let last;
    for (let index = 0; index < Math.floor(count / 2); index += 1) {
      const tags = { Name: `${name}-${index}`, Environment: "bench" };
      last = new S3Bucket(this, `bucket${index}`, { bucket: `bucket-${name}-${index}`, tags });
      new S3Object(this, `object${index}`, { bucket: last.bucket, key: `data/${index}.txt`, content: "content" });
    }
    return last;
  }
}

function resources(app, count) {
  new Plain(app, "bench").fill("bench", count);
}

function stacks(app, count) {
  let before;
  for (let index = 0; index < count; index += 1) {
    const name = `stack${index}`;
    const stack = new Plain(app, name);
    if (before && index % GROUP !== 0) {
      new S3Object(stack, "marker", { bucket: before.bucket, key: `${name}.txt`, content: "content" });
    }
    before = stack.fill(name, PER_STACK);
  }
}

class Stage extends TerraformStack {
  constructor(app, name) {
    super(app, name);
    const { DataAwsCallerIdentity } = require(`${aws}/data-aws-caller-identity`);
    const { DataAwsRegion } = require(`${aws}/data-aws-region`);
    new AwsProvider(this, "aws", { region: "us-east-1" });
    new S3Backend(this, {
      bucket: `terraform-backend-${name}-${PROJECT}`,
      key: "terraform.tfstate",
      region: "us-east-1",
      encrypt: true,
      dynamodbTable: `terraform-backend-lock-table-${name}-${PROJECT}`,
      assumeRole: { roleArn: `arn:aws:iam::123456789012:role/${name}-${PROJECT}-terraform-backend-role` },
    });
    new DataAwsCallerIdentity(this, "current");
    new DataAwsRegion(this, "region");
  }
}

// The six stacks of ../../crates/aws/tests/golden, byte for byte: run.py compares them.
function six(app) {
  const { IamRole } = require(`${aws}/iam-role`);
  const { IamPolicy } = require(`${aws}/iam-policy`);
  const { IamPolicyAttachment } = require(`${aws}/iam-policy-attachment`);
  const { GlueJob } = require(`${aws}/glue-job`);
  const { EcrRepository } = require(`${aws}/ecr-repository`);
  const { LambdaFunction } = require(`${aws}/lambda-function`);
  const { SfnStateMachine } = require(`${aws}/sfn-state-machine`);
  const iam = new Stage(app, "iam");
  const allow = (actions, resource = "*") => ({ Effect: "Allow", Action: actions, Resource: resource });
  const training = ["CreateTrainingJob", "DescribeTrainingJob", "StopTrainingJob", "AddTags"].map((name) => `sagemaker:${name}`);
  const logs = ["CreateLogGroup", "CreateLogStream", "PutLogEvents"].map((name) => `logs:${name}`);
  const services = ["events", "states", "glue", "lambda", "sagemaker"].map((name) => `${name}.amazonaws.com`);
  const role = new IamRole(iam, "iam_role", {
    name: `iam-role-${PROJECT}`,
    assumeRolePolicy: JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: services } }],
    }),
  });
  const policy = new IamPolicy(iam, "iam_policy", {
    name: `step-functions-policy-${PROJECT}`,
    policy: JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        allow(["states:*"]),
        allow(["glue:*"]),
        allow(training),
        allow(["s3:*"]),
        allow(["iam:PassRole"]),
        allow(["ecr:*"]),
        allow(logs, "arn:aws:logs:*:*:*"),
        allow(["events:*"]),
        allow(["lambda:*"]),
      ],
    }),
  });
  new IamPolicyAttachment(iam, "policy_attach", { name: "attach-policy", policyArn: policy.arn, roles: [role.name] });

  const s3 = new Stage(app, "s3");
  const bucket = new S3Bucket(s3, "bucket", { bucket: `s3-bucket-${PROJECT}` });
  for (const folder of ["scripts", "raw", "interim", "final", "predictions", "query-results"]) {
    new S3Object(s3, `${folder.replace("-", "_")}_path`, { bucket: bucket.bucket, key: `${folder}/` });
  }

  const glue = new Stage(app, "glue");
  const jobs = ["extract", "transform", "load"].map((step) => {
    const name = `glue-job-${step}-${PROJECT}`;
    return new GlueJob(glue, `${step}_job`, {
      name,
      roleArn: role.arn,
      command: { name: "glueetl", pythonVersion: "3", scriptLocation: `s3://${bucket.bucket}/scripts/${name}.py` },
      defaultArguments: {
        "--additional-python-modules": "ipeadatapy",
        "--enable-glue-datacatalog": "true",
        "--job-bookmark-option": "job-bookmark-disable",
      },
      maxRetries: 0,
      numberOfWorkers: 2,
      workerType: "G.1X",
    });
  });

  const ecr = new Stage(app, "ecr");
  const repository = new EcrRepository(ecr, "sagemaker_training_job_repository", {
    name: `ecr-${PROJECT}`,
    imageTagMutability: "MUTABLE",
    imageScanningConfiguration: { scanOnPush: true },
  });

  const lambda = new Stage(app, "lambda");
  const zip = "../../crates/aws/tests/golden/stacks/lambda/assets/code/15E479EAC18D6DC9BB3BA40B5D48C02B/lambda_function.zip";
  const code = new TerraformAsset(lambda, "code", { path: path.resolve(__dirname, zip) });
  const generate = new LambdaFunction(lambda, "generate_training_vars", {
    filename: code.path,
    functionName: "lambda-generate-training-vars",
    handler: "lambda_function.lambda_handler",
    role: role.arn,
    runtime: "python3.9",
  });

  const steps = new Stage(app, "stepfunctions");
  const fail = [{ ErrorEquals: ["States.ALL"], Next: "fail-state" }];
  const names = ["extract", "transform", "load"].map((step) => `glue-job-${step}-${PROJECT}`);
  const [vars, train] = ["lambda-generate-training-vars", `sagemaker-training-job-${PROJECT}`];
  const states = {};
  jobs.forEach((job, index) => {
    states[names[index]] = {
      Type: "Task",
      Resource: "arn:aws:states:::glue:startJobRun.sync",
      Parameters: { JobName: job.name },
      Catch: fail,
      Next: names[index + 1] ?? vars,
    };
  });
  states[vars] = { Type: "Task", Resource: generate.arn, ResultPath: "$.TrainingVars", Catch: fail, Next: train };
  states[train] = {
    Type: "Task",
    Resource: "arn:aws:states:::sagemaker:createTrainingJob.sync",
    Parameters: {
      "TrainingJobName.$": "$.TrainingVars.TrainingJobName",
      ResourceConfig: { InstanceCount: 1, InstanceType: "ml.m5.large", VolumeSizeInGB: 50 },
      AlgorithmSpecification: { TrainingImage: `${repository.repositoryUrl}:latest`, TrainingInputMode: "File" },
      OutputDataConfig: { S3OutputPath: `s3://${bucket.bucket}/predictions` },
      StoppingCondition: { MaxRuntimeInSeconds: 86400, MaxWaitTimeInSeconds: 86400 },
      RoleArn: role.arn,
      InputDataConfig: [
        {
          ChannelName: "training",
          ContentType: "application/x-parquet",
          DataSource: {
            S3DataSource: {
              S3DataType: "S3Prefix",
              "S3Uri.$": `States.Format('s3://${bucket.bucket}/final/dataproc={}', $.TrainingVars.DataProc)`,
              S3DataDistributionType: "ShardedByS3Key",
            },
          },
        },
      ],
      EnableManagedSpotTraining: true,
    },
    Catch: fail,
    End: true,
  };
  states["fail-state"] = { Type: "Fail", Error: "JobFailed", Cause: "A execução do job falhou." };
  const comment = "Orquestração dos jobs de ETL e treinamento usando Step Functions";
  new SfnStateMachine(steps, "state_machine", {
    name: `state-machine-${PROJECT}`,
    roleArn: role.arn,
    definition: Fn.jsonencode({ Comment: comment, StartAt: names[0], States: states }),
  });
}

const [kind, count] = process.argv.slice(2);
const apps = { six, resources, stacks };
if (!(kind in apps)) {
  console.error(`error: ${kind} is none of ${Object.keys(apps).join(", ")}`);
  process.exit(2);
}
const app = new App();
apps[kind](app, Number(count));
app.synth();
