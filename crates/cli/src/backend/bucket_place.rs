//! Where a bucket of states is.

use crate::aws::Place;

/// Where a bucket of states is, and who reaches it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketPlace {
    /// Its name.
    pub name: String,
    /// Its region.
    pub region: String,
    /// The profile of the AWS configuration that reads and writes it.
    pub profile: Option<String>,
    /// The role that reads and writes it.
    pub role_arn: Option<String>,
}

impl BucketPlace {
    /// Where calls about it go.
    pub(super) fn place(&self) -> Place<'_> {
        Place::of_states(&self.region, self.profile.as_deref(), self.role_arn.as_deref())
    }
}
