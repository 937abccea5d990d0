"""Objects of the local S3 to files and back, with the rules that SageMaker and Glue follow."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from oleoduto_local.errors import JobError


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of an s3:// (or s3a://) URI."""
    scheme, separator, rest = uri.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme not in ("s3", "s3a") or not separator or not bucket:
        raise JobError(f"{uri!r} is not an S3 URI; write s3://BUCKET/KEY")
    return bucket, key


def relative_name(key: str, prefix: str) -> str:
    """Where an object lands below the folder of its prefix; a prefix that is a whole key lands by its last
    part.
    """
    if prefix.endswith("/") or not prefix:
        return key[len(prefix) :]
    if key == prefix:
        return key.rsplit("/", 1)[-1]
    if key[len(prefix)] == "/":
        return key[len(prefix) + 1 :]
    return key[prefix.rfind("/") + 1 :]


def inside(folder: Path, name: str, what: str) -> Path:
    """The path of `name` below a folder; `what` says in the error which key or setting gave the name."""
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()) or path.resolve() == folder.resolve():
        raise JobError(f"ClientError: {what} leads out of the folder {folder.name!r} of the job; give it another name")
    return path


def list_keys(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    """All keys with the prefix but folder markers, however many pages they take."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", []):
            if not item["Key"].endswith("/"):
                yield item["Key"]


def download_object(s3: Any, uri: str, target: Path, what: str) -> Path:
    """One object; `what` says in the error which setting named it."""
    bucket, key = split_uri(uri)
    try:
        body = s3.get_object(Bucket=bucket, Key=key)["Body"]
    except ClientError as error:
        raise JobError(f"{what} {uri} cannot be read: {_reason(error)}") from error
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            for chunk in body.iter_chunks(1 << 20):
                file.write(chunk)
    except OSError as error:
        # A key may be too long for a file's name, or need a folder where another key has a file.
        raise JobError(f"ClientError: {what} {uri} cannot be written to a file: {error.strerror}") from error
    return target


def download_prefix(s3: Any, uri: str, folder: Path) -> int:
    """All objects of a prefix into a folder; returns how many."""
    bucket, prefix = split_uri(uri)
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    try:
        for key in list_keys(s3, bucket, prefix):
            target = inside(folder, relative_name(key, prefix), f"Data download failed: the S3 key {key!r}")
            download_object(s3, f"s3://{bucket}/{key}", target, "the object")
            count += 1
    except ClientError as error:
        raise JobError(f"{uri} cannot be listed: {_reason(error)}") from error
    return count


def upload_file(s3: Any, path: Path, uri: str) -> None:
    bucket, key = split_uri(uri)
    try:
        with path.open("rb") as body:
            s3.put_object(Bucket=bucket, Key=key, Body=body)
    except ClientError as error:
        raise JobError(f"{uri} cannot be written: {_reason(error)}") from error


def upload_folder(s3: Any, folder: Path, uri: str) -> int:
    """All files below a folder to a prefix; returns how many."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in files:
        upload_file(s3, path, f"{uri.rstrip('/')}/{path.relative_to(folder).as_posix()}")
    return len(files)


def _reason(error: ClientError) -> str:
    details = error.response.get("Error", {})
    return f"{details.get('Code', 'unknown error')}: {details.get('Message', '')}".rstrip(": ")
