//! What the roles of workflows may do with the states: derived from the backend.

use std::collections::BTreeSet;

use oleoduto_aws::calls::{Access, Calls};
use oleoduto_aws::grants::{Grant, Key, Permissions, Table};
use oleoduto_aws::lookups::Lookups;
use oleoduto_aws::policy::Statement;
use oleoduto_backend::StateBackend;
use oleoduto_cdk::{Backend, Val};

use crate::support::settings::{Settings, StateBucket, StateStore};
use crate::support::stack_name::StackName;

/// The bucket of states, as the workflows of one environment use it.
pub(super) struct States<'a> {
    settings: &'a Settings,
    lookups: &'a Lookups,
    store: &'a StateBucket,
}

impl<'a> States<'a> {
    /// None if states are files, which no workflow can reach.
    pub(super) fn of(settings: &'a Settings, lookups: &'a Lookups) -> Option<Self> {
        match &settings.state {
            StateStore::S3(store) => Some(Self { settings, lookups, store }),
            StateStore::Local(_) => None,
        }
    }

    /// Read the states of the environment.
    pub(super) fn read(&self) -> Vec<Grant> {
        if let Some(assume) = self.assume() {
            return vec![assume];
        }
        let mut grants = vec![self.list(), Grant::new("ReadStates", "s3", "GetObject").on(self.own("*"))];
        grants.extend(self.key().iter().map(Key::decrypt));
        // The table has the digest of each state, besides the locks.
        grants.extend(self.table().map(|table| Grant::new("ReadDigests", "dynamodb", "GetItem").on(table)));
        grants
    }

    /// Read and write them, and the locks beside them.
    pub(super) fn write(&self) -> Vec<Grant> {
        if let Some(assume) = self.assume() {
            return vec![assume];
        }
        let actions = "DeleteObject GetObject PutObject";
        let mut grants = vec![self.list(), Grant::new("WriteStates", "s3", actions).on(self.own("*"))];
        grants.extend(self.key().iter().map(Key::decrypt));
        grants.extend(self.key().iter().map(Key::encrypt));
        grants.extend(self.table().map(|table| Table::new(table).lock()));
        grants
    }

    /// Create, protect and destroy the bucket, and look into it: by version too, because what a deleted state names would be
    /// lost with it.
    pub(super) fn own_bucket(&self, rows: &[&Calls]) -> Permissions {
        let mut own = Permissions::new();
        for row in rows {
            let table = self.store.dynamodb_table.as_deref().filter(|_| row.kind() == "aws_dynamodb_table");
            let names = [table.unwrap_or(&self.store.bucket).to_owned()];
            own.allow(row.grants(Access::Write, self.lookups, &names));
        }
        let objects = self.bucket("/*");
        own.allow(
            Grant::new("OwnState", "s3", "DeleteObject DeleteObjectVersion GetObject GetObjectVersion PutObject").on(objects),
        );
        own.allow(self.key().iter().flat_map(|key| [key.decrypt(), key.encrypt()]));
        own.allow(self.table().map(|table| Table::new(table).lock()));
        own.allow(self.assume());
        own
    }

    /// The resource types of the bucket's own stack.
    pub(super) fn kinds(&self) -> BTreeSet<String> {
        let backend = StateBackend {
            project: self.settings.project.to_string(),
            account: self.settings.account.to_string(),
            region: self.settings.region.to_string(),
            bucket: self.store.bucket.to_string(),
            kms_key_id: self.store.kms_key_id.as_deref().map(str::to_owned),
            dynamodb_table: self.store.dynamodb_table.as_deref().map(str::to_owned),
            adopt: false,
            adopt_table: false,
            statements: Vec::new(),
            disposable: false,
        };
        oleoduto_backend::app(&backend, Backend::Local { path: "backend.tfstate".into() }, None).resource_types()
    }

    /// Workflows never write the state of the stack with their own roles.
    pub(super) fn keep_own_state(&self) -> Statement {
        let own = self.bucket(&format!("/{}/{}.*", self.settings.scope(), StackName::Cicd));
        Statement::deny("KeepOwnState", &["s3:DeleteObject", "s3:PutObject"]).on(own)
    }

    /// If another role has the access, that is all to allow.
    fn assume(&self) -> Option<Grant> {
        let role = self.store.role_arn.as_ref()?;
        Some(Grant::new("AssumeStateRole", "sts", "AssumeRole").on(role.as_str()))
    }

    fn list(&self) -> Grant {
        let prefix = format!("{}/*", self.settings.scope());
        Grant::new("ListStates", "s3", "ListBucket").on(self.bucket("")).when("StringLike", "s3:prefix", prefix)
    }

    fn bucket(&self, key: &str) -> Val<String> {
        self.lookups.s3_arn(format!("{}{key}", self.store.bucket))
    }

    /// The objects of the environment.
    fn own(&self, rest: &str) -> Val<String> {
        self.bucket(&format!("/{}/{rest}", self.settings.scope()))
    }

    fn table(&self) -> Option<Val<String>> {
        let table = self.store.dynamodb_table.as_ref()?;
        Some(self.lookups.arn("dynamodb", format!("table/{table}")))
    }

    /// The key of the states.
    fn key(&self) -> Option<Key> {
        let key = self.store.kms_key_id.as_deref()?;
        Some(match key.split_once("alias/") {
            Some((_, alias)) => Key::with_alias(self.lookups, &format!("alias/{alias}")),
            None if key.starts_with("arn:") => Key::new(key),
            None => Key::new(self.lookups.arn::<String>("kms", format!("key/{key}"))),
        })
    }
}
