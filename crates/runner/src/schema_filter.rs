//! The part of a provider's schema that a run needs.
//!
//! Terraform asks a provider for its schema in each command. That of `aws` describes 1,500 types, and takes a second and a half
//! of a processor to write and to read; the rest of a small `plan` takes a tenth of that. A program names a few dozen types.

use std::collections::BTreeSet;

/// The fields of `GetProviderSchema.Response` that are maps from the name of a type to its schema: resources, data sources,
/// ephemeral resources, list resources. The numbers are those of protocols 5 and 6.
/// Source: <https://github.com/hashicorp/terraform/blob/v1.11.4/docs/plugin-protocol/tfplugin5.8.proto>.
const MAPS: [u64; 4] = [2, 3, 8, 9];
/// The wire type of texts and messages.
const DELIMITED: u64 = 2;
/// A message of gRPC starts with a byte, 1 if it is compressed, and its length.
const HEAD: usize = 5;
/// The tag of the key of a map's entry.
const KEY: u8 = 0x0a;

/// The words of a text that can be names of types of a provider, such as `aws_s3_bucket`.
pub(crate) fn names<'a>(text: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    let words = text.split(|character: char| !(character.is_ascii_alphanumeric() || character == '_'));
    words.filter(move |word| word.starts_with(prefix))
}

/// A message of gRPC with a response, without the types that nobody names; none if it is not such a message.
pub(crate) fn shortened(message: &[u8], named: &BTreeSet<&str>) -> Option<Vec<u8>> {
    let (head, content) = message.split_at_checked(HEAD)?;
    let length = u32::from_be_bytes(head.get(1..)?.try_into().ok()?);
    if head[0] != 0 || usize::try_from(length) != Ok(content.len()) {
        return None;
    }
    let kept = filtered(content, named)?;
    let length = u32::try_from(kept.len()).ok()?.to_be_bytes();
    Some([[0].as_slice(), &length, &kept].concat())
}

/// A response without the types that nobody names; none if it is not such a response.
fn filtered(response: &[u8], named: &BTreeSet<&str>) -> Option<Vec<u8>> {
    let mut kept = Vec::new();
    let mut rest = response;
    while !rest.is_empty() {
        let start = rest;
        let tag = varint(&mut rest)?;
        if tag & 7 != DELIMITED {
            return None;
        }
        let field = delimited(&mut rest)?;
        let length = start.len() - rest.len();
        if !MAPS.contains(&(tag >> 3)) || named.contains(key(field)?) {
            kept.extend_from_slice(&start[..length]);
        }
    }
    Some(kept)
}

/// The key of a map's entry, which is its first field.
fn key(mut entry: &[u8]) -> Option<&str> {
    if take(&mut entry, 1)? != [KEY] {
        return None;
    }
    std::str::from_utf8(delimited(&mut entry)?).ok()
}

fn delimited<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(varint(rest)?).ok()?;
    take(rest, length)
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(length)?;
    *rest = left;
    Some(taken)
}

/// A number of the wire format: seven bits per byte, the lowest first.
fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = u64::from(*take(rest, 1)?.first()?);
        number |= (byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A field of texts; longer ones than 127 bytes have a length of two bytes.
    fn field(number: u8, content: &[u8]) -> Vec<u8> {
        let length = content.len();
        let mut bytes = vec![number << 3 | 2];
        if length > 127 {
            bytes.push((length & 0x7f) as u8 | 0x80);
            bytes.push((length >> 7) as u8);
        } else {
            bytes.push(length as u8);
        }
        [bytes, content.to_vec()].concat()
    }

    fn entry(map: u8, name: &str, schema: &[u8]) -> Vec<u8> {
        field(map, &[field(1, name.as_bytes()), field(2, schema)].concat())
    }

    #[test]
    fn only_types_that_are_named_are_kept_and_all_other_fields() {
        let long = [7; 200];
        let provider = field(1, b"provider");
        let functions = entry(7, "arn_parse", b"f");
        let bucket = entry(2, "aws_s3_bucket", &long);
        let data = entry(3, "aws_s3_bucket", b"d");
        let other = [entry(2, "aws_s3_bucket_acl", &long), entry(8, "aws_kms_secrets", b"e")].concat();
        let response = [provider.clone(), bucket.clone(), other, data.clone(), functions.clone()].concat();
        let named = BTreeSet::from(["aws_s3_bucket"]);
        assert_eq!(filtered(&response, &named).unwrap(), [provider, bucket, data, functions].concat());
    }

    #[test]
    fn what_is_no_response_is_left_alone() {
        let named = BTreeSet::new();
        let cut = &entry(2, "aws_s3_bucket", b"schema")[..9];
        let without_key = field(2, &field(2, b"x"));
        for bytes in [cut, &without_key, &[0x08, 0x01], &[0xff; 12]] {
            assert_eq!(filtered(bytes, &named), None, "{bytes:?}");
        }
        assert_eq!(filtered(&[], &named), Some(Vec::new()));
        assert_eq!(shortened(&[0, 0, 0, 0, 0], &named), Some(vec![0; HEAD]));
        assert_eq!(shortened(&[1, 0, 0, 0, 0], &named), None, "it is compressed");
        assert_eq!(shortened(&[0, 0, 0, 0, 9], &named), None, "it is cut off");
    }

    #[test]
    fn names_are_whole_words_wherever_they_are() {
        let text = r#"{"resource":{"aws_s3_bucket":{"b":{}}},"moved":[{"from":"aws_iam_role.x"}],"x":"my_aws_thing ${data.aws_region.r}"}"#;
        assert_eq!(names(text, "aws_").collect::<Vec<_>>(), ["aws_s3_bucket", "aws_iam_role", "aws_region"]);
    }
}
