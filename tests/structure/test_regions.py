"""The table of regions is that of AWS's own data, as far as these are published."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import botocore

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "stacks/src/parameters/place.rs"
# What every stack needs, by the names of endpoints.
SERVICES = (
    "glue",
    "api.sagemaker",
    "states",
    "lambda",
    "scheduler",
    "api.ecr",
    "kms",
    "s3",
    "sns",
    "sqs",
    "logs",
    "monitoring",
)


def endpoints() -> dict[str, dict[str, Any]]:
    """The partitions of botocore, by their names."""
    path = Path(botocore.__file__).parent / "data/endpoints.json"
    return {partition["partition"]: partition for partition in json.loads(path.read_text())["partitions"]}


def table() -> dict[str, set[str]]:
    """The regions of each partition as the stacks know them."""
    (text,) = re.findall(r"const REGIONS: .*? = \[\n(.*?)\n\];", SOURCE.read_text(), re.DOTALL)
    pairs = re.findall(r'"(aws[a-z-]*)",\s*&\[(.*?)\]', text, re.DOTALL)
    return {partition: set(re.findall(r'"([a-z0-9-]+)"', regions)) for partition, regions in pairs}


def test_the_regions_are_those_of_the_partitions() -> None:
    known = endpoints()
    found = table()
    assert set(found) == {"aws", "aws-cn", "aws-us-gov"}
    for partition, regions in found.items():
        assert regions == set(known[partition]["regions"]), partition


def test_every_region_has_what_the_stacks_use() -> None:
    known = endpoints()
    for partition, regions in table().items():
        for service in SERVICES:
            lacking = regions - set(known[partition]["services"][service]["endpoints"])
            assert lacking == set(), f"{service} in {partition}"
