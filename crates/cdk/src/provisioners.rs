//! Provisioners and connections: commands that Terraform runs when it has created a resource, or before it destroys it.

use crate::expr::{Expr, Key};
use crate::value::{List, Map, Number, Sensitive, Val};

/// A command that Terraform runs when it has created a resource, for [`Meta::provisioner`](crate::Meta::provisioner).
///
/// `Expr::hcl("self.id")` is an attribute of the resource itself. Terraform recommends provisioners as a last resort.
///
/// ```
/// use oleoduto_cdk::{Connection, Meta, Provisioner};
/// let meta = Meta::new()
///     .connection(Connection::ssh("10.0.0.1").user("admin"))
///     .provisioner(Provisioner::remote_exec(["sudo systemctl restart web"]))
///     .provisioner(Provisioner::local_exec("./leave.sh").when_destroyed().ignore_failure());
/// ```
#[derive(Clone, Debug)]
pub struct Provisioner {
    kind: &'static str,
    arguments: Vec<(Key, Expr)>,
}

impl Provisioner {
    /// A command of the machine on which Terraform runs, in the folder of the stack.
    pub fn local_exec(command: impl Into<Val<String>>) -> Self {
        Self::of("local-exec").with("command", command.into().into_expr())
    }

    /// Commands of the created machine, over its connection.
    pub fn remote_exec(commands: impl Into<Val<List<String>>>) -> Self {
        Self::of("remote-exec").with("inline", commands.into().into_expr())
    }

    /// A script that is copied to the created machine and run there.
    pub fn remote_script(path: impl Into<Val<String>>) -> Self {
        Self::of("remote-exec").with("script", path.into().into_expr())
    }

    /// A file or folder that is copied to the created machine.
    pub fn file(source: impl Into<Val<String>>, destination: impl Into<Val<String>>) -> Self {
        Self::of("file").with("source", source.into().into_expr()).with("destination", destination.into().into_expr())
    }

    /// A file with this content on the created machine.
    pub fn content(content: impl Into<Val<String>>, destination: impl Into<Val<String>>) -> Self {
        Self::of("file").with("content", content.into().into_expr()).with("destination", destination.into().into_expr())
    }

    /// The environment of a local command.
    #[must_use]
    pub fn environment(self, variables: impl Into<Val<Map<String>>>) -> Self {
        self.with("environment", variables.into().into_expr())
    }

    /// The folder of a local command.
    #[must_use]
    pub fn working_dir(self, path: impl Into<Val<String>>) -> Self {
        self.with("working_dir", path.into().into_expr())
    }

    /// The program that reads a local command, and its arguments: `["python3", "-c"]`.
    #[must_use]
    pub fn interpreter(self, words: impl Into<Val<List<String>>>) -> Self {
        self.with("interpreter", words.into().into_expr())
    }

    /// Run it before the resource is destroyed, and not when it has been created.
    #[must_use]
    pub fn when_destroyed(self) -> Self {
        self.with("when", "destroy".into())
    }

    /// Go on if it fails.
    #[must_use]
    pub fn ignore_failure(self) -> Self {
        self.with("on_failure", "continue".into())
    }

    /// A connection of its own.
    #[must_use]
    pub fn connection(self, connection: Connection) -> Self {
        self.with("connection", connection.into())
    }

    fn of(kind: &'static str) -> Self {
        Self { kind, arguments: Vec::new() }
    }

    fn with(mut self, name: &'static str, value: Expr) -> Self {
        self.arguments.push((name.into(), value));
        self
    }
}

impl From<Provisioner> for Expr {
    fn from(provisioner: Provisioner) -> Self {
        Self::of_pairs([(provisioner.kind, Self::Object(provisioner.arguments))])
    }
}

/// How Terraform reaches a created machine.
#[derive(Clone, Debug)]
pub struct Connection(Vec<(Key, Expr)>);

impl Connection {
    /// By SSH.
    pub fn ssh(host: impl Into<Val<String>>) -> Self {
        Self(vec![("type".into(), "ssh".into()), ("host".into(), host.into().into_expr())])
    }

    /// By Windows Remote Management.
    pub fn winrm(host: impl Into<Val<String>>) -> Self {
        Self(vec![("type".into(), "winrm".into()), ("host".into(), host.into().into_expr())])
    }

    /// The user.
    #[must_use]
    pub fn user(self, name: impl Into<Val<String>>) -> Self {
        self.argument("user", name.into())
    }

    /// The content of the private key.
    #[must_use]
    pub fn private_key(self, key: impl Into<Val<Sensitive>>) -> Self {
        self.argument("private_key", key.into())
    }

    /// The password.
    #[must_use]
    pub fn password(self, password: impl Into<Val<Sensitive>>) -> Self {
        self.argument("password", password.into())
    }

    /// The port.
    #[must_use]
    pub fn port(self, port: impl Into<Val<Number>>) -> Self {
        self.argument("port", port.into())
    }

    /// How long Terraform tries: `5m`.
    #[must_use]
    pub fn timeout(self, duration: impl Into<Val<String>>) -> Self {
        self.argument("timeout", duration.into())
    }

    /// A host between.
    #[must_use]
    pub fn bastion_host(self, host: impl Into<Val<String>>) -> Self {
        self.argument("bastion_host", host.into())
    }

    /// Any other argument, such as `agent` or `host_key`.
    #[must_use]
    pub fn argument(mut self, name: &'static str, value: impl Into<Expr>) -> Self {
        self.0.push((name.into(), value.into()));
        self
    }
}

impl From<Connection> for Expr {
    fn from(connection: Connection) -> Self {
        Self::Object(connection.0)
    }
}
