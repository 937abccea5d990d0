//! Buckets and tables.

use oleoduto_cdk::{Expr, Val};

use super::grant::Grant;
use super::key::Key;
use super::pattern::followed_by;
use crate::types::BucketArn;

/// A bucket. What is in it has a place: a text that ends with `/` is a folder and everything in it, an empty text is the
/// whole bucket, any other text is the key of one object.
#[derive(Clone, Debug)]
pub struct Bucket {
    arn: Expr,
    key: Option<Key>,
}

impl Bucket {
    /// The bucket with an ARN.
    pub fn new(arn: impl Into<Val<BucketArn>>) -> Self {
        Self { arn: arn.into().into_expr(), key: None }
    }

    /// The same bucket, whose objects a key encrypts, if one is named: reading and writing need the key, too.
    #[must_use]
    pub fn encrypted_by(self, key: Option<Key>) -> Self {
        Self { key, ..self }
    }

    /// List all keys. Also what SDKs ask for to learn the region of a bucket, with HeadBucket.
    pub fn list(&self) -> Grant {
        Grant::new("ListBucket", "s3", "ListBucket").on(self.arn.clone())
    }

    /// Read objects.
    pub fn read(&self, place: &str) -> Grant {
        Grant::new("ReadObjects", "s3", "GetObject").on(self.objects(place)).and(self.key.iter().map(Key::decrypt))
    }

    /// Write objects.
    pub fn write(&self, place: &str) -> Grant {
        // Aborting: the parts of an upload that broke would otherwise stay, and cost.
        let grant = Grant::new("WriteObjects", "s3", "AbortMultipartUpload PutObject").on(self.objects(place));
        // The service decrypts the parts of an upload to join them.
        grant.and(self.key.iter().flat_map(|key| [key.decrypt(), key.data_key()]))
    }

    /// Delete objects; of a bucket with versions, the newest version becomes a marker.
    pub fn delete(&self, place: &str) -> Grant {
        Grant::new("DeleteObjects", "s3", "DeleteObject").on(self.objects(place))
    }

    /// The ARN of objects.
    fn objects(&self, place: &str) -> Expr {
        let any = if place.is_empty() || place.ends_with('/') { "*" } else { "" };
        followed_by(&self.arn, &format!("/{place}{any}"))
    }
}

/// A table of DynamoDB, and its indexes.
#[derive(Clone, Debug)]
pub struct Table {
    arn: Expr,
}

impl Table {
    /// The table with an ARN.
    pub fn new(arn: impl Into<Val<String>>) -> Self {
        Self { arn: arn.into().into_expr() }
    }

    /// Read items by key, query and scan, also by an index.
    pub fn read(&self) -> Grant {
        Grant::new("ReadTable", "dynamodb", "BatchGetItem ConditionCheckItem DescribeTable GetItem Query Scan")
            .on(self.arn.clone())
            .on(followed_by(&self.arn, "/index/*"))
    }

    /// Write and delete items.
    pub fn write(&self) -> Grant {
        let actions = "BatchWriteItem DeleteItem DescribeTable PutItem UpdateItem";
        Grant::new("WriteTable", "dynamodb", actions).on(self.arn.clone())
    }

    /// Get, put and delete single items: what a lock is made of.
    pub fn lock(&self) -> Grant {
        Grant::new("Lock", "dynamodb", "DeleteItem DescribeTable GetItem PutItem").on(self.arn.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grants::Permissions;

    #[test]
    fn objects_that_a_key_encrypts_need_the_key_as_well() {
        let bucket = Bucket::new("arn:aws:s3:::data").encrypted_by(Some(Key::new("arn:aws:kms:sa-east-1:123456789012:key/1")));
        let actions = |grant: Grant| {
            let mut permissions = Permissions::new();
            permissions.allow(grant);
            permissions.actions().into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(actions(bucket.read("raw/")), ["kms:Decrypt", "s3:GetObject"]);
        let write = ["kms:Decrypt", "kms:GenerateDataKey", "s3:AbortMultipartUpload", "s3:PutObject"];
        assert_eq!(actions(bucket.write("raw/")), write);
        assert_eq!(actions(bucket.delete("raw/")), ["s3:DeleteObject"]);
    }

    #[test]
    fn a_place_is_a_folder_an_object_or_everything() {
        let objects = |place: &str| Bucket::new("arn:aws:s3:::data").objects(place);
        assert_eq!(objects("raw/"), Expr::from("arn:aws:s3:::data/raw/*"));
        assert_eq!(objects("raw_$folder$"), Expr::from("arn:aws:s3:::data/raw_$folder$"));
        assert_eq!(objects(""), Expr::from("arn:aws:s3:::data/*"));
    }
}
