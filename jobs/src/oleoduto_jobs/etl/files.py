"""Whole files by Hadoop's file systems: the same calls for ``s3://`` and for this machine's paths."""

from __future__ import annotations

import re
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.parser import run_date

NOT_FOUND = "java.io.FileNotFoundException"


class Files:
    """Reads, writes and lists; safe to use from several threads."""

    def __init__(self, spark: SparkSession) -> None:
        # PySpark has no public way to Hadoop's file systems.
        self._jvm: Any = spark.sparkContext._jvm
        self._hadoop: Any = spark.sparkContext._jsc.hadoopConfiguration()

    def read(self, path: str) -> bytes | None:
        """Content of a file, None if it does not exist."""
        try:
            target, system = self._open(path)
            stream = system.open(target)
            try:
                return bytes(self._jvm.org.apache.commons.io.IOUtils.toByteArray(stream))
            finally:
                stream.close()
        except Py4JJavaError as error:
            if _class(error) == NOT_FOUND:
                return None
            raise JobError(f"{path} cannot be read: {_reason(error)}") from error

    def write(self, path: str, content: bytes) -> None:
        """Make or replace a file; folders above it are made."""
        try:
            target, system = self._open(path)
            stream = system.create(target, True)
            try:
                stream.write(bytearray(content))
            finally:
                stream.close()
        except Py4JJavaError as error:
            raise JobError(f"{path} cannot be written: {_reason(error)}") from error

    def run_dates(self, uri: str) -> list[str]:
        """The run dates (YYYYMMDD) of a table's partitions, oldest first; empty if the folder does not exist."""
        try:
            target, system = self._open(uri)
            names = [str(status.getPath().getName()) for status in system.listStatus(target) if status.isDirectory()]
        except Py4JJavaError as error:
            if _class(error) == NOT_FOUND:
                return []
            raise JobError(f"{uri} cannot be listed: {_reason(error)}") from error
        dates = [name.removeprefix("dataproc=") for name in names if name.startswith("dataproc=")]
        return sorted(date for date in dates if run_date(date))

    def names(self, uri: str) -> list[str]:
        """Names of the files in a folder, in order; empty if the folder does not exist."""
        try:
            target, system = self._open(uri)
            return sorted(str(status.getPath().getName()) for status in system.listStatus(target) if status.isFile())
        except Py4JJavaError as error:
            if _class(error) == NOT_FOUND:
                return []
            raise JobError(f"{uri} cannot be listed: {_reason(error)}") from error

    def size(self, uri: str) -> int:
        """Bytes of a folder with its content."""
        try:
            target, system = self._open(uri)
            return int(system.getContentSummary(target).getLength())
        except Py4JJavaError as error:
            raise JobError(f"{uri} cannot be listed: {_reason(error)}") from error

    def replace(self, source: str, path: str) -> None:
        """Move a file to a path, and replace an existing file. S3 shows an object only when it is complete, so its
        readers see the earlier or the new one. A rename fails: Hadoop's file systems refuse it onto a file.
        """
        try:
            origin, system = self._open(source)
            target, _ = self._open(path)
            if system.exists(target):
                self._jvm.org.apache.hadoop.fs.FileUtil.copy(system, origin, system, target, True, True, self._hadoop)
            else:
                system.mkdirs(target.getParent())
                if not system.rename(origin, target):
                    raise JobError(f"{source} cannot be moved to {path}: the file system refuses")
        except Py4JJavaError as error:
            raise JobError(f"{source} cannot be moved to {path}: {_reason(error)}") from error

    def delete(self, path: str) -> None:
        """Remove a file, or a folder with its content; nothing happens if it does not exist."""
        try:
            target, system = self._open(path)
            system.delete(target, True)
        except Py4JJavaError as error:
            raise JobError(f"{path} cannot be deleted: {_reason(error)}") from error

    def _open(self, path: str) -> tuple[Any, Any]:
        target = self._jvm.org.apache.hadoop.fs.Path(path)
        return target, target.getFileSystem(self._hadoop)


def _class(error: Py4JJavaError) -> str:
    return str(error.java_exception.getClass().getName())


def _reason(error: Py4JJavaError) -> str:
    """The first line of what Java says, without its class."""
    text = str(error.java_exception.toString()).strip().splitlines()[0]
    return re.sub(r"^[\w.$]+(?:Exception|Error): ", "", text)
