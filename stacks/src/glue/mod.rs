//! `glue`: the catalog, which is declared here and not by the jobs, its rules, and the Spark jobs.

mod protection;

use std::collections::BTreeMap;

use oleoduto_aws::glue_catalog_database::GlueCatalogDatabase;
use oleoduto_aws::glue_catalog_table::{
    GlueCatalogTable, PartitionKeys, StorageDescriptor, StorageDescriptorColumns, StorageDescriptorSerDeInfo,
};
use oleoduto_aws::glue_data_quality_ruleset::{GlueDataQualityRuleset, TargetTable};
use oleoduto_aws::glue_job as resource;
use oleoduto_aws::grants::{Bucket, Grant, LogGroup, Metrics};
use oleoduto_aws::types::{ExecutionClass, GlueJobName, RoleArn, S3Uri, WorkerType};
use oleoduto_cdk::{App, Ref, Stack, Val};
use protection::Protection;
use serde::Deserialize;

use crate::parameters::GlueWorker;
use crate::support::contract::{self, Contract, ContractError};
use crate::support::folders::Folder;
use crate::support::jobs::{GlueJob, PerJob};
use crate::support::logs;
use crate::support::settings::Settings;
use crate::support::stack;
use crate::support::stack_name::StackName;
use crate::{iam, s3};

/// Written by `python -m oleoduto_jobs.catalog`: the jobs and the catalog share one schema.
const SCHEMA: &str = include_str!("../../schema.json");

#[derive(Deserialize)]
struct Table {
    columns: Vec<Column>,
    partition_keys: Vec<Column>,
    /// Rules of Glue Data Quality in DQDL, if the table has any.
    ruleset: Option<String>,
}

#[derive(Deserialize)]
struct Column {
    name: String,
    r#type: String,
    comment: String,
}

/// What it uses of other stacks.
pub(crate) struct Uses<'a> {
    pub(crate) s3: &'a s3::Exports,
    /// The ARN of the key of the data.
    pub(crate) key: Option<&'a Val<String>>,
}

/// The jobs' names.
pub(crate) struct Exports {
    pub(crate) jobs: PerJob<Ref<GlueJobName>>,
}

pub(crate) fn stack(
    app: &mut App,
    settings: &Settings,
    contract: &Contract<'_>,
    Uses { s3, key }: Uses<'_>,
    roles: &mut iam::Roles,
) -> Result<Exports, ContractError> {
    let (stack, _) = stack::add(app, settings, StackName::Glue);
    catalog(stack, settings, s3);
    for job in GlueJob::ALL {
        let uris: Vec<_> = job.folders().map(Folder::option).collect();
        let runtime = job.arguments().iter().map(|(option, _)| *option);
        let figures = figures(settings, contract, job);
        let figures = figures.iter().map(|(option, _)| option.as_str());
        let options: Vec<_> = uris.iter().map(String::as_str).chain(runtime).chain(figures).collect();
        contract::check(job.as_str(), &contract.glue[job], &options)?;
        if options.contains(&METRICS) {
            roles.glue.allow([Metrics::of(contract.metrics.namespace).put()]);
        }
    }
    let names = settings.names();
    for kind in ["error", "output"] {
        let name = format!("{}/{kind}", names.glue_logs());
        stack.add(kind, logs::group(settings, name, key));
    }
    let groups = LogGroup::new(roles.here.arn("logs", format!("log-group:{}/*", names.glue_logs())));
    roles.glue.allow([groups.create(), Metrics::of("Glue").put()]);
    let protection = Protection::add(stack, settings, roles, key);
    let jobs = s3.scripts.map(|job, script| {
        roles.glue.allow(grants(job, &roles.data));
        let mut arguments = arguments(settings, s3, job);
        arguments.extend(figures(settings, contract, job));
        stack.add(job.as_str(), glue_job(settings, job, s3.uri(script), &roles.glue.arn(), arguments, &protection)).name()
    });
    Ok(Exports { jobs })
}

/// What a job does in the data bucket.
fn grants(job: GlueJob, data: &Bucket) -> Vec<Grant> {
    let mut grants = vec![data.list()];
    // An execution may name a file in the inbox, of prices or of series.
    grants.extend([Folder::Scripts, Folder::Packages, Folder::Inbox].map(|folder| data.read(&folder.place())));
    for folder in job.reads().iter().chain(job.writes()) {
        // Spark asks first whether the table's folder is an object.
        grants.extend([folder.as_str(), &folder.place()].map(|place| data.read(place)));
    }
    for folder in job.writes() {
        // Its committer marks the folder with an object beside it.
        let mark = format!("{folder}_$folder$");
        grants.push(data.read(&mark));
        grants.extend([folder.place(), mark].iter().flat_map(|place| [data.write(place), data.delete(place)]));
    }
    grants
}

/// The option with the namespace of a job's metrics.
const METRICS: &str = "--metrics";

/// Where a job puts its figures: only if somebody looks at them, because metrics of one's own cost.
fn figures(settings: &Settings, contract: &Contract<'_>, job: GlueJob) -> Vec<(String, Val<String>)> {
    if job != GlueJob::Quality || !settings.parameters.is_watched() {
        return Vec::new();
    }
    let names = settings.names();
    [(METRICS, contract.metrics.namespace), ("--pipeline", names.prefix()), ("--region", settings.region.as_str())]
        .map(|(option, value)| (option.to_owned(), value.into()))
        .to_vec()
}

fn arguments(settings: &Settings, s3: &s3::Exports, job: GlueJob) -> BTreeMap<String, Val<String>> {
    let mut arguments: BTreeMap<String, Val<String>> = BTreeMap::from([
        ("--additional-python-modules".to_owned(), s3.uri(&s3.requirements[job])),
        // The groups of this prefix are the pipeline's own, with a retention; the default ones belong to the account.
        // Source: https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html
        ("--custom-logGroup-prefix".to_owned(), settings.names().glue_logs().into()),
        ("--enable-metrics".to_owned(), "true".into()),
        ("--extra-py-files".to_owned(), s3.uri(&s3.package)),
        ("--job-bookmark-option".to_owned(), "job-bookmark-disable".into()),
        // Source: https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-python-libraries.html
        ("--python-modules-installer-option".to_owned(), "-r".into()),
    ]);
    arguments.extend(job.folders().map(|folder| (folder.option(), s3.folder_uri(folder))));
    arguments
}

fn glue_job(
    settings: &Settings,
    job: GlueJob,
    script: Val<S3Uri>,
    role: &Ref<RoleArn>,
    arguments: BTreeMap<String, Val<String>>,
    protection: &Protection,
) -> resource::GlueJob {
    let sizes = &settings.parameters.sizes;
    resource::GlueJob::builder()
        .name(settings.names().of(job))
        .role_arn(role)
        .glue_version("5.0")
        .worker_type(worker(sizes.glue_worker_type))
        .number_of_workers(i64::from(sizes.glue_workers))
        .max_retries(0)
        .timeout(30)
        .execution_class(ExecutionClass::Standard)
        .execution_property(resource::ExecutionProperty::builder().max_concurrent_runs(1).build())
        .command(resource::Command::builder().name("glueetl").python_version("3").script_location(script).build())
        .default_arguments(arguments)
        .maybe_security_configuration(protection.configuration.clone())
        .maybe_connections(protection.connections.clone())
        .build()
}

fn worker(size: GlueWorker) -> WorkerType {
    match size {
        GlueWorker::G1X => WorkerType::G1X,
        GlueWorker::G2X => WorkerType::G2X,
        GlueWorker::G4X => WorkerType::G4X,
        GlueWorker::G8X => WorkerType::G8X,
    }
}

fn catalog(stack: &mut Stack, settings: &Settings, s3: &s3::Exports) {
    let names = settings.names();
    let database = stack.add("database", GlueCatalogDatabase::builder().name(names.database()).build());
    let tables: BTreeMap<String, Table> = match serde_json::from_str(SCHEMA) {
        Ok(tables) => tables,
        Err(error) => {
            stack.report(oleoduto_cdk::Diagnostic::error(
                "glue/schema.json",
                format!("the schema of the tables can't be read: {error}"),
                "write it again: python -m oleoduto_jobs.catalog > stacks/schema.json",
            ));
            return;
        }
    };
    for (name, table) in &tables {
        let resource = GlueCatalogTable::builder()
            .name(name)
            .database_name(database.name())
            .table_type("EXTERNAL_TABLE")
            .parameters(projection(s3, name))
            .partition_keys(table.partition_keys.iter().map(partition_key).collect::<Vec<_>>())
            .storage_descriptor(storage(s3, name, table))
            .build();
        let resource = stack.add(name, resource);
        if let Some(rules) = &table.ruleset {
            let target = TargetTable::builder().database_name(database.name()).table_name(resource.name()).build();
            let ruleset = GlueDataQualityRuleset::builder()
                .name(names.of(name))
                .description(format!("What the schema says of the table {name}; the quality job checks more"))
                .ruleset(rules)
                .target_table(target)
                .build();
            stack.add(name, ruleset);
        }
    }
}

/// Partition projection: Athena computes the partitions, nothing has to register them.
fn projection(s3: &s3::Exports, table: &str) -> BTreeMap<String, Val<String>> {
    let template: Val<String> = s3.uri(format!("{table}/dataproc=${{dataproc}}/"));
    BTreeMap::from([
        ("classification".to_owned(), "parquet".into()),
        ("projection.enabled".to_owned(), "true".into()),
        ("projection.dataproc.type".to_owned(), "date".into()),
        ("projection.dataproc.format".to_owned(), "yyyyMMdd".into()),
        ("projection.dataproc.range".to_owned(), "20200101,NOW+1DAYS".into()),
        ("projection.dataproc.interval".to_owned(), "1".into()),
        ("projection.dataproc.interval.unit".to_owned(), "DAYS".into()),
        ("storage.location.template".to_owned(), template),
    ])
}

fn partition_key(column: &Column) -> PartitionKeys {
    PartitionKeys::builder().name(&column.name).r#type(&column.r#type).comment(&column.comment).build()
}

fn storage(s3: &s3::Exports, table: &str, schema: &Table) -> StorageDescriptor {
    let location: Val<String> = s3.uri(format!("{table}/"));
    let columns = schema.columns.iter().map(|column| {
        StorageDescriptorColumns::builder().name(&column.name).r#type(&column.r#type).comment(&column.comment).build()
    });
    StorageDescriptor::builder()
        .location(location)
        .input_format("org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat")
        .output_format("org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat")
        .ser_de_info(
            StorageDescriptorSerDeInfo::builder()
                .serialization_library("org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe")
                .build(),
        )
        .columns(columns.collect::<Vec<_>>())
        .build()
}
