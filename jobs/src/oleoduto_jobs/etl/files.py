"""Whole files by Hadoop's file systems: the same calls for ``s3://`` and for this machine's paths."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.parser import run_date

T = TypeVar("T")

NOT_FOUND = "java.io.FileNotFoundException"


class Files:
    """Reads, writes and lists; safe to use from several threads."""

    def __init__(self, spark: SparkSession) -> None:
        # PySpark has no public way to Hadoop's file systems.
        self._jvm: Any = spark.sparkContext._jvm
        self._hadoop: Any = spark.sparkContext._jsc.hadoopConfiguration()

    def read(self, path: str) -> bytes | None:
        """Content of a file, None if it does not exist."""

        def content(target: Any, system: Any) -> bytes:
            with closing(system.open(target)) as stream:
                return bytes(self._jvm.org.apache.commons.io.IOUtils.toByteArray(stream))

        return self._of_existing(path, "read", content)

    def length(self, path: str) -> int | None:
        """Bytes of a file, of which none are read; None if it does not exist."""
        return self._of_existing(path, "read", lambda target, system: int(system.getFileStatus(target).getLen()))

    def must_read(self, path: str) -> bytes:
        """Content of a file that must exist."""
        content = self.read(path)
        if content is None:
            raise JobError(f"{path} does not exist")
        return content

    def write(self, path: str, content: bytes) -> None:
        """Make or replace a file; folders above it are made."""
        with _job_errors(f"{path} cannot be written"):
            target, system = self._open(path)
            with closing(system.create(target, True)) as stream:
                stream.write(bytearray(content))

    def fetch(self, path: str, target: Path) -> None:
        """Copy a file, which must exist, to a path of this machine."""
        with _job_errors(f"{path} cannot be read"):
            origin, system = self._open(path)
            self._jvm.org.apache.hadoop.fs.FileUtil.copy(
                system, origin, self._jvm.java.io.File(str(target)), False, self._hadoop
            )

    def send(self, source: Path, path: str) -> None:
        """Copy a file of this machine to a path, in the place of what is there."""
        with _job_errors(f"{path} cannot be written"):
            target, system = self._open(path)
            # Hadoop takes the text of an address as it is, and a space in it is no `%20`.
            origin = self._jvm.org.apache.hadoop.fs.Path(self._jvm.java.io.File(str(source)).toURI())
            system.copyFromLocalFile(False, True, origin, target)

    def run_dates(self, uri: str) -> list[str]:
        """The run dates (YYYYMMDD) of a table's partitions, oldest first; empty if the folder does not exist."""
        names = [self._name(status) for status in self._listed(uri) if status.isDirectory()]
        dates = [name.removeprefix("dataproc=") for name in names if name.startswith("dataproc=")]
        return sorted(date for date in dates if run_date(date))

    def names(self, uri: str) -> list[str]:
        """Names of the files in a folder, in order; empty if the folder does not exist."""
        return sorted(self._name(status) for status in self._listed(uri) if status.isFile())

    def versions(self, uri: str) -> list[tuple[str, int, int]]:
        """Name, bytes and time of change of each file in a folder: whether one was replaced since an earlier call."""
        listed = [status for status in self._listed(uri) if status.isFile()]
        return sorted((self._name(one), int(one.getLen()), int(one.getModificationTime())) for one in listed)

    def size(self, uri: str) -> int:
        """Bytes of a folder with its content."""
        with _job_errors(f"{uri} cannot be listed"):
            target, system = self._open(uri)
            return int(system.getContentSummary(target).getLength())

    def replace(self, source: str, path: str) -> None:
        """Move a file to a path, and replace an existing file. S3 shows an object only when it is complete, so its
        readers see the earlier or the new one. A rename fails: Hadoop's file systems refuse it onto a file.
        """
        with _job_errors(f"{source} cannot be moved to {path}"):
            origin, system = self._open(source)
            target, _ = self._open(path)
            if system.exists(target):
                self._jvm.org.apache.hadoop.fs.FileUtil.copy(system, origin, system, target, True, True, self._hadoop)
            else:
                system.mkdirs(target.getParent())
                if not system.rename(origin, target):
                    raise JobError(f"{source} cannot be moved to {path}: the file system refuses")

    def delete(self, path: str) -> None:
        """Remove a file, or a folder with its content; nothing happens if it does not exist."""
        with _job_errors(f"{path} cannot be deleted"):
            target, system = self._open(path)
            system.delete(target, True)

    def _listed(self, uri: str) -> list[Any]:
        return self._of_existing(uri, "listed", lambda target, system: list(system.listStatus(target))) or []

    def _of_existing(self, path: str, done: str, ask: Callable[[Any, Any], T]) -> T | None:
        """What a path's file system says of it; None if nothing is there."""
        with _job_errors(f"{path} cannot be {done}"):
            try:
                return ask(*self._open(path))
            except Py4JJavaError as error:
                if _class(error) == NOT_FOUND:
                    return None
                raise

    @staticmethod
    def _name(status: Any) -> str:
        return str(status.getPath().getName())

    def _open(self, path: str) -> tuple[Any, Any]:
        target = self._jvm.org.apache.hadoop.fs.Path(path)
        return target, target.getFileSystem(self._hadoop)


@contextmanager
def _job_errors(what: str) -> Iterator[None]:
    try:
        yield
    except Py4JJavaError as error:
        raise JobError(f"{what}: {_reason(error)}") from error


def _class(error: Py4JJavaError) -> str:
    return str(error.java_exception.getClass().getName())


def _reason(error: Py4JJavaError) -> str:
    """The first line of what Java says, without its class."""
    text = str(error.java_exception.toString()).strip().splitlines()[0]
    return re.sub(r"^[\w.$]+(?:Exception|Error): ", "", text)
