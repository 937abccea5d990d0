"""The tables of the Glue catalog and their files in the bucket."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from oleoduto_local.s3files import split_uri

SUFFIX = ".parquet"


@dataclass(frozen=True)
class Column:
    """A column as the catalog declares it: `type` is Hive's word."""

    name: str
    type: str
    comment: str


@dataclass(frozen=True)
class File:
    """An object of a table and the values of its partition."""

    bucket: str
    key: str
    etag: str
    size: int
    partition: Mapping[str, str]


@dataclass(frozen=True)
class Table:
    """A table, its columns (those of the partition last) and its files."""

    name: str
    columns: tuple[Column, ...]
    keys: tuple[str, ...]
    files: tuple[File, ...] = field(repr=False)

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)

    def partitions(self) -> list[str]:
        """The partitions that have files, the newest first."""
        return sorted({"/".join(file.partition.values()) for file in self.files}, reverse=True)


def tables(glue: Any, s3: Any) -> list[Table]:
    """All tables of the catalog whose location is in S3, by name."""
    found = []
    for page in glue.get_paginator("get_databases").paginate():
        for database in page["DatabaseList"]:
            for part in glue.get_paginator("get_tables").paginate(DatabaseName=database["Name"]):
                found += [table_of(s3, declared) for declared in part["TableList"] if location(declared).startswith("s3://")]
    return sorted(found, key=lambda table: table.name)


def location(declared: Mapping[str, Any]) -> str:
    return str(declared.get("StorageDescriptor", {}).get("Location", ""))


def table_of(s3: Any, declared: Mapping[str, Any]) -> Table:
    """A table of the catalog, with what the bucket has of it now."""
    bucket, prefix = split_uri(location(declared).rstrip("/") + "/")
    keys = declared.get("PartitionKeys") or []
    columns = [*declared["StorageDescriptor"].get("Columns", []), *keys]
    objects = (
        item
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        for item in page.get("Contents", [])
    )
    names = tuple(str(key["Name"]) for key in keys)
    return Table(
        declared["Name"],
        tuple(Column(column["Name"], column.get("Type", "string"), column.get("Comment", "")) for column in columns),
        names,
        tuple(files(bucket, prefix, names, objects)),
    )


def files(bucket: str, prefix: str, keys: tuple[str, ...], objects: Iterable[Mapping[str, Any]]) -> list[File]:
    """Those objects that Athena would read: parquet files in the folders of partitions, without hidden ones."""
    found = []
    for item in objects:
        *folders, name = str(item["Key"])[len(prefix) :].split("/")
        values = [re.fullmatch(r"([^=]+)=([^=]*)", folder) for folder in folders]
        partition = {value[1]: value[2] for value in values if value}
        if tuple(partition) == keys and len(folders) == len(keys) and name.endswith(SUFFIX) and name[0] not in "_.":
            found.append(File(bucket, item["Key"], str(item["ETag"]).strip('"'), int(item["Size"]), partition))
    return found
