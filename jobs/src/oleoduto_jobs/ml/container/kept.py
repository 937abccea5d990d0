"""Checkpoints of buckets as objects of the data bucket: a processing job has no checkpoints of SageMaker's own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oleoduto_jobs.errors import JobError

PREFIX = "checkpoints/forecast-many/"
"""One object per bucket of the newest run: the next run replaces it, so they do not grow."""


@dataclass(frozen=True)
class KeptObjects:
    """Files below ``PREFIX`` of a bucket, by boto3's client of S3."""

    client: Any
    bucket: str

    def fetch(self, names: Iterable[str], folder: Path) -> None:
        """Copy the objects of these names that exist into ``folder``."""
        from botocore.exceptions import BotoCoreError, ClientError

        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            key = f"{PREFIX}{name}"
            try:
                body = self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
            except ClientError as error:
                if error.response["Error"]["Code"] == "NoSuchKey":
                    continue
                raise self._failure(key, "read", error) from error
            except BotoCoreError as error:
                raise self._failure(key, "read", error) from error
            (folder / name).write_bytes(body)

    def keep(self, path: Path) -> None:
        """Copy a file into the bucket."""
        from botocore.exceptions import BotoCoreError, ClientError

        key = f"{PREFIX}{path.name}"
        try:
            self.client.put_object(Bucket=self.bucket, Key=key, Body=path.read_bytes())
        except (BotoCoreError, ClientError) as error:
            raise self._failure(key, "written", error) from error

    def _failure(self, key: str, what: str, error: Exception) -> JobError:
        return JobError(f"the checkpoint s3://{self.bucket}/{key} cannot be {what}: {error}")
