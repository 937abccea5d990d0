//! Buckets, tables and keys.

use oleoduto_cdk::{Expr, Val};

use super::grant::Grant;
use super::pattern::followed_by;
use crate::types::BucketArn;

/// A bucket. What is in it has a place: a text that ends with `/` is a folder and everything in it, an empty text is the
/// whole bucket, any other text is the key of one object.
#[derive(Clone, Debug)]
pub struct Bucket {
    arn: Expr,
}

impl Bucket {
    /// The bucket with an ARN.
    pub fn new(arn: impl Into<Val<BucketArn>>) -> Self {
        Self { arn: arn.into().into_expr() }
    }

    /// List all keys. Also what SDKs ask for to learn the region of a bucket, with HeadBucket.
    pub fn list(&self) -> Grant {
        Grant::new("ListBucket", "s3", "ListBucket").on(self.arn.clone())
    }

    /// Read objects.
    pub fn read(&self, place: &str) -> Grant {
        Grant::new("ReadObjects", "s3", "GetObject").on(self.objects(place))
    }

    /// Write objects.
    pub fn write(&self, place: &str) -> Grant {
        // Aborting: the parts of an upload that broke would otherwise stay, and cost.
        Grant::new("WriteObjects", "s3", "AbortMultipartUpload PutObject").on(self.objects(place))
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

/// A key of KMS.
#[derive(Clone, Debug)]
pub struct Key {
    arn: Expr,
}

impl Key {
    /// The key with an ARN.
    pub fn new(arn: impl Into<Val<String>>) -> Self {
        Self { arn: arn.into().into_expr() }
    }

    /// Decrypt, also what a service such as S3 encrypted with a data key of this key.
    pub fn decrypt(&self) -> Grant {
        Grant::new("Decrypt", "kms", "Decrypt").on(self.arn.clone())
    }

    /// Encrypt, also by a service such as S3, which asks for a data key. An upload in parts also has to decrypt.
    pub fn encrypt(&self) -> Grant {
        Grant::new("Encrypt", "kms", "Encrypt GenerateDataKey").on(self.arn.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_folder_an_object_or_everything() {
        let objects = |place: &str| Bucket::new("arn:aws:s3:::data").objects(place);
        assert_eq!(objects("raw/"), Expr::from("arn:aws:s3:::data/raw/*"));
        assert_eq!(objects("raw_$folder$"), Expr::from("arn:aws:s3:::data/raw_$folder$"));
        assert_eq!(objects(""), Expr::from("arn:aws:s3:::data/*"));
    }
}
