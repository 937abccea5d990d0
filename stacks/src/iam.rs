//! `iam`: one role per service. What a role may do is declared where the use is; this module only writes it down.

use oleoduto_aws::grants::{self, Bucket, Permissions};
use oleoduto_aws::iam_role::IamRole;
use oleoduto_aws::lookups::Lookups;
use oleoduto_aws::policy::trust;
use oleoduto_cdk::{App, Expr};

use crate::support::names::{Names, Role};
use crate::support::settings::Settings;
use crate::support::stack;
use crate::support::stack_name::StackName;
use crate::{kms, s3};

/// The roles, while the stacks that use them are declared.
pub(crate) struct Roles {
    /// The lookups of the stack `iam`: ARNs in grants are made of these, because references to other stacks would be a circle.
    pub(crate) here: Lookups,
    pub(crate) names: Names,
    /// The data bucket, as grants name it.
    pub(crate) data: Bucket,
    pub(crate) glue: grants::Role,
    pub(crate) lambda: grants::Role,
    pub(crate) sagemaker: grants::Role,
    pub(crate) states: grants::Role,
    /// Of the schedule, if the environment has one.
    pub(crate) scheduler: Option<grants::Role>,
    /// Of the tracking server, if the environment has one.
    pub(crate) mlflow: Option<grants::Role>,
}

/// What all roles together may do.
pub(crate) struct Granted {
    permissions: Permissions,
    here: Lookups,
    names: Names,
    bucket: Expr,
    roles: Vec<(Role, Expr)>,
}

impl Granted {
    /// The lookups of the roles' stack.
    pub(crate) fn lookups(&self) -> &Lookups {
        &self.here
    }

    /// The permissions for a policy of another stack, with names instead of references.
    pub(crate) fn at(&self, there: &Lookups) -> Permissions {
        let lookups = [
            (Expr::from(&self.here.account), Expr::from(&there.account)),
            (Expr::from(&self.here.region), Expr::from(&there.region)),
            (Expr::from(&self.here.partition), Expr::from(&there.partition)),
        ];
        let bucket = (self.bucket.clone(), self.names.bucket_of::<String>(there).into());
        let role = |(role, arn): &(Role, Expr)| (arn.clone(), self.names.role_arn::<String>(*role, there).into());
        let pairs: Vec<_> = lookups.into_iter().chain([bucket]).chain(self.roles.iter().map(role)).collect();
        self.permissions.replaced(&pairs)
    }
}

/// Add the stack, with roles that may do nothing yet.
pub(crate) fn stack(app: &mut App, settings: &Settings, s3: &s3::Exports) -> Roles {
    let (stack, here) = stack::add(app, settings, StackName::Iam);
    let names = settings.names();
    let parameters = &settings.parameters;
    if settings.cicd().is_some() {
        // A role can't have a boundary that does not exist, and a boundary can't be removed before its roles.
        stack.depends_on_stack(StackName::Cicd.as_str());
    }
    let boundary = settings.cicd().map(|_| names.boundary_arn(&here));
    let mut role = |role: Role| {
        let resource = IamRole::builder()
            .name(names.of(role))
            .assume_role_policy(trust(&format!("{}.amazonaws.com", role.service()), &here.account))
            // Workflows that create roles could otherwise create one that may do everything.
            .maybe_permissions_boundary(boundary.clone())
            .build();
        grants::Role::add(stack, role.as_str(), resource)
    };
    let server = parameters.mlflow.as_ref().is_some_and(|mlflow| mlflow.server.is_some());
    let mlflow = server.then(|| role(Role::Mlflow));
    let (glue, lambda, sagemaker, states) = (role(Role::Glue), role(Role::Lambda), role(Role::Sagemaker), role(Role::States));
    let scheduler = parameters.schedule.as_ref().map(|_| role(Role::Scheduler));
    let data = Bucket::new(here.s3_arn(&s3.bucket)).encrypted_by(kms::named(settings, &here));
    Roles { data, names, glue, lambda, sagemaker, states, scheduler, mlflow, here }
}

/// Write the policies of all roles, when every stack that uses them is declared.
pub(crate) fn write(app: &mut App, roles: Roles, s3: &s3::Exports) -> Granted {
    let Roles { here, names, glue, lambda, sagemaker, states, scheduler, mlflow, .. } = roles;
    let always = [(Role::Glue, glue), (Role::Lambda, lambda), (Role::Sagemaker, sagemaker), (Role::States, states)];
    let asked = [(Role::Scheduler, scheduler), (Role::Mlflow, mlflow)];
    let asked = asked.into_iter().filter_map(|(role, resource)| Some((role, resource?)));
    let mut granted = Granted { permissions: Permissions::new(), here, names, bucket: (&s3.bucket).into(), roles: Vec::new() };
    app.extend(StackName::Iam.as_str(), |stack| {
        for (role, resource) in always.into_iter().chain(asked) {
            granted.roles.push((role, resource.arn().into()));
            granted.permissions.extend(&resource.write(stack, "pipeline"));
        }
    });
    granted
}
