//! Terraform's backends, besides `local` and `s3`.

use crate::backend::Backend;
use crate::expr::{Expr, Key};
use crate::value::{List, Map, Number, Val};

macro_rules! backends {
    ($($(#[$doc:meta])* $name:ident = $kind:literal ($($required:ident),+) { $($argument:ident: $type:ty),+ $(,)? })+) => {$(
        $(#[$doc])*
        ///
        /// The methods are Terraform's arguments. Leave secrets out: Terraform takes them from the environment, or from
        /// `terraform init -backend-config`, and what is set here stands in the output and in every consumer.
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name(Vec<(Key, Expr)>);

        impl $name {
            /// With what the backend can't do without.
            pub fn new($($required: impl Into<String>),+) -> Self {
                Self(vec![$((stringify!($required).into(), Expr::Str($required.into()))),+])
            }

            $(
                #[doc = concat!("`", stringify!($argument), "`.")]
                #[must_use]
                pub fn $argument(self, value: impl Into<Val<$type>>) -> Self {
                    self.argument(stringify!($argument), value.into().into_expr())
                }
            )+

            /// Any other argument, or block.
            #[must_use]
            pub fn argument(mut self, name: &'static str, value: impl Into<Expr>) -> Self {
                self.0.retain(|(known, _)| known != name);
                self.0.push((name.into(), value.into()));
                self
            }
        }

        impl From<$name> for Backend {
            fn from(backend: $name) -> Self {
                Self::Other { kind: $kind.to_owned(), config: backend.0 }
            }
        }
    )+};
}

backends! {
    /// The `azurerm` backend: a blob, locked by Azure.
    ///
    /// ```
    /// use oleoduto_cdk::{App, AzurermBackend};
    /// let mut app = App::new();
    /// app.stack("net", AzurermBackend::new("acmestates", "states", "net.tfstate").use_azuread_auth(true));
    /// ```
    AzurermBackend = "azurerm" (storage_account_name, container_name, key) {
        resource_group_name: String, subscription_id: String, tenant_id: String, client_id: String, environment: String,
        metadata_host: String, client_certificate_path: String, oidc_token_file_path: String, msi_endpoint: String,
        snapshot: bool, use_azuread_auth: bool, use_msi: bool, use_oidc: bool,
    }
    /// The `consul` backend: a key, locked by Consul.
    ConsulBackend = "consul" (path) {
        address: String, scheme: String, datacenter: String, ca_file: String, cert_file: String, key_file: String, gzip: bool,
        lock: bool,
    }
    /// The `cos` backend: an object in Tencent Cloud.
    CosBackend = "cos" (bucket) {
        region: String, prefix: String, key: String, acl: String, domain: String, endpoint: String, encrypt: bool,
        accelerate: bool,
    }
    /// The `gcs` backend: an object in Google Cloud Storage, locked by it.
    ///
    /// ```
    /// use oleoduto_cdk::{App, GcsBackend};
    /// let mut app = App::new();
    /// app.stack("net", GcsBackend::new("acme-states").prefix("net"));
    /// ```
    GcsBackend = "gcs" (bucket) {
        prefix: String, credentials: String, impersonate_service_account: String,
        impersonate_service_account_delegates: List<String>, kms_encryption_key: String, storage_custom_endpoint: String,
    }
    /// The `http` backend: any server that takes GET and POST, and LOCK if it can.
    HttpBackend = "http" (address) {
        update_method: String, lock_address: String, lock_method: String, unlock_address: String, unlock_method: String,
        username: String, skip_cert_verification: bool, retry_max: Number, retry_wait_min: Number,
        retry_wait_max: Number,
    }
    /// The `kubernetes` backend: a secret, locked by a lease.
    KubernetesBackend = "kubernetes" (secret_suffix) {
        namespace: String, labels: Map<String>, config_path: String, config_context: String, config_context_cluster: String,
        host: String, cluster_ca_certificate: String, in_cluster_config: bool, insecure: bool,
    }
    /// The `oss` backend: an object in Alibaba Cloud, locked by Tablestore if a table is given.
    OssBackend = "oss" (bucket) {
        prefix: String, key: String, region: String, endpoint: String, profile: String, ecs_role_name: String, acl: String,
        tablestore_endpoint: String, tablestore_table: String, encrypt: bool,
    }
    /// The `pg` backend: a row in PostgreSQL, locked by it.
    PgBackend = "pg" (schema_name) {
        conn_str: String, skip_schema_creation: bool, skip_table_creation: bool, skip_index_creation: bool,
    }
}

/// HCP Terraform, or Terraform Enterprise: `terraform.cloud`, or the older backend `remote`.
///
/// ```
/// use oleoduto_cdk::{App, CloudBackend};
/// let mut app = App::new();
/// app.stack("net", CloudBackend::new("acme", "net").project("platform"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct CloudBackend {
    kind: &'static str,
    arguments: Vec<(Key, Expr)>,
    workspaces: Vec<(Key, Expr)>,
}

impl CloudBackend {
    /// A workspace of an organization.
    pub fn new(organization: impl Into<String>, workspace: impl Into<String>) -> Self {
        let arguments = vec![("organization".into(), Expr::Str(organization.into()))];
        Self { kind: "cloud", arguments, workspaces: vec![("name".into(), Expr::Str(workspace.into()))] }
    }

    /// The same as the backend `remote`, for Terraform before 1.1.
    #[must_use]
    pub fn as_remote(mut self) -> Self {
        self.kind = "remote";
        self.workspaces.retain(|(name, _)| name == "name");
        self
    }

    /// The project in which Terraform creates the workspace. The backend `remote` has none.
    #[must_use]
    pub fn project(mut self, name: impl Into<String>) -> Self {
        self.workspaces.push(("project".into(), Expr::Str(name.into())));
        self
    }

    /// Another server than `app.terraform.io`.
    #[must_use]
    pub fn hostname(mut self, hostname: impl Into<String>) -> Self {
        self.arguments.push(("hostname".into(), Expr::Str(hostname.into())));
        self
    }
}

impl From<CloudBackend> for Backend {
    fn from(CloudBackend { kind, mut arguments, workspaces }: CloudBackend) -> Self {
        arguments.push(("workspaces".into(), Expr::of_pairs(workspaces)));
        Self::Other { kind: kind.to_owned(), config: arguments }
    }
}
