//! The Glue jobs: what each runs, reads and writes.

use std::ops::Index;

use serde::Deserialize;

use super::folders::Folder;
use super::listed::listed;

listed!(
    /// A Glue job, in the order of the pipeline.
    pub(crate) enum GlueJob {
        Etl = "etl",
        Quality = "quality",
    }
);

impl GlueJob {
    /// The file name of the entry script, in `jobs/scripts` and in the bucket's folder of scripts.
    pub(crate) fn script(self) -> &'static str {
        match self {
            Self::Etl => "etl.py",
            Self::Quality => "quality.py",
        }
    }

    /// The folders that it reads and does not write.
    pub(crate) fn reads(self) -> &'static [Folder] {
        match self {
            Self::Etl => &[],
            Self::Quality => &[Folder::Raw, Folder::ExtractReport, Folder::Final],
        }
    }

    /// The folders that it writes; it may read them, too.
    pub(crate) fn writes(self) -> &'static [Folder] {
        match self {
            Self::Etl => &[
                Folder::Raw,
                Folder::Responses,
                Folder::ExtractReport,
                Folder::Revisions,
                Folder::Interim,
                Folder::Final,
                Folder::Reports,
            ],
            Self::Quality => &[Folder::Quality, Folder::Quarantine, Folder::Reports],
        }
    }

    /// Every folder whose URI is an argument.
    pub(crate) fn folders(self) -> impl Iterator<Item = Folder> {
        self.reads().iter().chain(self.writes()).copied()
    }

    /// The arguments that the state machine passes: options, and paths of their values.
    pub(crate) fn arguments(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Etl => &[("--dataproc", "$.run.dataproc"), ("--series", "$.run.series_list"), ("--source", "$.run.source")],
            Self::Quality => &[("--dataproc", "$.run.dataproc"), ("--series", "$.run.series_list")],
        }
    }
}

/// A value for each Glue job.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PerJob<T> {
    etl: T,
    quality: T,
}

impl<T> PerJob<T> {
    /// Make the values, in the order of the pipeline.
    pub(crate) fn try_new<E>(mut make: impl FnMut(GlueJob) -> Result<T, E>) -> Result<Self, E> {
        Ok(Self { etl: make(GlueJob::Etl)?, quality: make(GlueJob::Quality)? })
    }

    /// Make other values of these, in the order of the pipeline.
    pub(crate) fn map<U>(&self, mut make: impl FnMut(GlueJob, &T) -> U) -> PerJob<U> {
        PerJob { etl: make(GlueJob::Etl, &self.etl), quality: make(GlueJob::Quality, &self.quality) }
    }
}

impl<T> Index<GlueJob> for PerJob<T> {
    type Output = T;

    fn index(&self, job: GlueJob) -> &T {
        match job {
            GlueJob::Etl => &self.etl,
            GlueJob::Quality => &self.quality,
        }
    }
}
