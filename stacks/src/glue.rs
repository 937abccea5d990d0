//! `glue`: the catalogue, declared here and not by the jobs, and its rules, and the Spark jobs.

use std::collections::BTreeMap;

use oleoduto_aws::glue_catalog_database::GlueCatalogDatabase;
use oleoduto_aws::glue_catalog_table::{
    GlueCatalogTable, PartitionKeys, StorageDescriptor, StorageDescriptorColumns, StorageDescriptorSerDeInfo,
};
use oleoduto_aws::glue_data_quality_ruleset::{GlueDataQualityRuleset, TargetTable};
use oleoduto_aws::glue_job::{Command, ExecutionProperty, GlueJob};
use oleoduto_aws::types::{ExecutionClass, GlueJobName, S3Uri, WorkerType};
use oleoduto_cdk::{App, Ref, Stack, Val, text};
use serde::Deserialize;

use crate::parameters::GlueWorker;
use crate::settings::Settings;
use crate::{iam, s3, shared};

/// Written by `python -m oleoduto_jobs.catalog`: the jobs and the catalogue share one schema.
const SCHEMA: &str = include_str!("../schema.json");

#[derive(Deserialize)]
struct Table {
    columns: Vec<Column>,
    partition_keys: Vec<Column>,
    /// Rules of Glue Data Quality in DQDL, for the tables that have any.
    ruleset: Option<String>,
}

#[derive(Deserialize)]
struct Column {
    name: String,
    r#type: String,
    comment: String,
}

/// The jobs' names.
pub(crate) struct Exports {
    pub(crate) jobs: BTreeMap<&'static str, Ref<GlueJobName>>,
}

pub(crate) fn stack(app: &mut App, settings: &Settings, s3: &s3::Exports, iam: &iam::Exports) -> Exports {
    let (stack, _) = shared::stack(app, settings, "glue");
    catalogue(stack, settings, s3);
    let mut jobs = BTreeMap::new();
    for (step, script) in &s3.scripts {
        jobs.insert(*step, job(stack, settings, s3, iam, step, script));
    }
    Exports { jobs }
}

fn job(
    stack: &mut Stack,
    settings: &Settings,
    s3: &s3::Exports,
    iam: &iam::Exports,
    step: &str,
    script: &Ref<String>,
) -> Ref<GlueJobName> {
    let uri = |folder: &str| -> Val<String> { text!["s3://", &s3.bucket, format!("/{folder}/")] };
    let script_location: Val<S3Uri> = text!["s3://", &s3.bucket, "/", script];
    let package: Val<String> = text!["s3://", &s3.bucket, "/", &s3.package];
    let mut arguments: BTreeMap<String, Val<String>> = BTreeMap::from([
        ("--enable-continuous-cloudwatch-log".to_owned(), "true".into()),
        ("--enable-metrics".to_owned(), "true".into()),
        ("--extra-py-files".to_owned(), package),
        ("--job-bookmark-option".to_owned(), "job-bookmark-disable".into()),
    ]);
    arguments.insert("--additional-python-modules".to_owned(), modules(step).into());
    for folder in folders(step) {
        arguments.insert(format!("--{}-uri", folder.replace('_', "-")), uri(folder));
    }
    let sizes = &settings.parameters.sizes;
    let job = GlueJob::builder()
        .name(format!("{}-{step}", settings.prefix()))
        .role_arn(&iam.glue)
        .glue_version("5.0")
        .worker_type(worker(sizes.glue_worker_type))
        .number_of_workers(i64::from(sizes.glue_workers))
        .max_retries(0)
        .timeout(30)
        .execution_class(ExecutionClass::Standard)
        .execution_property(ExecutionProperty::builder().max_concurrent_runs(1).build())
        .command(Command::builder().name("glueetl").python_version("3").script_location(script_location).build())
        .default_arguments(arguments)
        .build();
    stack.add(step, job).name()
}

fn worker(size: GlueWorker) -> WorkerType {
    match size {
        GlueWorker::G1X => WorkerType::G1X,
        GlueWorker::G2X => WorkerType::G2X,
        GlueWorker::G4X => WorkerType::G4X,
        GlueWorker::G8X => WorkerType::G8X,
    }
}

/// The folders that a job reads and writes.
fn folders(job: &str) -> &'static [&'static str] {
    match job {
        "etl" => &["raw", "responses", "extract_report", "revisions", "interim", "final", "reports"],
        _ => &["raw", "extract_report", "final", "quality", "quarantine", "reports"],
    }
}

/// What a job needs beside Glue's own packages. The local AWS refuses other versions than those of requirements.lock.
fn modules(job: &str) -> &'static str {
    match job {
        "etl" => "holidays==0.109",
        _ => "holidays==0.109,jinja2==3.1.6,pandera[pandas]==0.35.0",
    }
}

fn catalogue(stack: &mut Stack, settings: &Settings, s3: &s3::Exports) {
    let name = settings.prefix().replace('-', "_");
    let database = stack.add("database", GlueCatalogDatabase::builder().name(name).build());
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
                .name(format!("{}-{name}", settings.prefix()))
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
    let template: Val<String> = text!["s3://", &s3.bucket, format!("/{table}/dataproc=${{dataproc}}/")];
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
    let location: Val<String> = text!["s3://", &s3.bucket, format!("/{table}/")];
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
