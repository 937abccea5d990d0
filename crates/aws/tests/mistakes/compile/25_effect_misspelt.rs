//! A statement's effect is a function, not a word.
use oleoduto_aws::policy::{Statement, policy};

fn main() {
    let _ = policy([Statement::alow("Read", &["s3:GetObject"]).on("arn:aws:s3:::prices/*")]);
}
