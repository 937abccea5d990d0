"""Requests that a service's model forbids are refused in AWS's words, though moto accepts them."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_support import IMAGE, ROLE, Aws

from oleoduto_local.model_checks import message
from oleoduto_local.patches.validation import refusal


def refused(service: str, action: str, request: dict[str, Any]) -> str:
    found = refusal(service, action, json.dumps(request))
    assert found is not None
    return ": ".join(found)


TRAINING = {
    "TrainingJobName": "a",
    "RoleArn": ROLE,
    "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
    "OutputDataConfig": {"S3OutputPath": "s3://b/models/"},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
    "StoppingCondition": {"MaxRuntimeInSeconds": 60},
}


def test_a_valid_request_passes() -> None:
    assert refusal("sagemaker", "CreateTrainingJob", json.dumps(TRAINING)) is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"TrainingJobName": "a_b"},
            "Value 'a_b' at 'trainingJobName' failed to satisfy constraint: Member must satisfy regular",
        ),
        ({"TrainingJobName": "a" * 64}, "Member must have length less than or equal to 63"),
        (
            {"RoleArn": None},
            "1 validation error detected: Value null at 'roleArn' failed to satisfy constraint: Member must not",
        ),
        (
            {"RoleArn": "x"},
            "Value 'x' at 'roleArn' failed to satisfy constraint: Member must have length greater than or equal to 20",
        ),
        ({"StoppingCondition": {"MaxRuntimeInSeconds": 0}}, "at 'stoppingCondition.maxRuntimeInSeconds' failed to satisfy"),
        ({"StoppingCondition": {"MaxRuntimeInSeconds": 0}}, "Member must have value greater than or equal to 1"),
        (
            {"HyperParameters": {"a": "x" * 2501}},
            "at 'hyperParameters.a.member' failed to satisfy constraint: Member must have length",
        ),
        (
            {"HyperParameters": {"a": 1}},
            "SerializationException: the value 1 at 'hyperParameters.a.member' can not be converted",
        ),
        (
            {"Tags": [{"Key": "", "Value": ""}]},
            "at 'tags.1.member.key' failed to satisfy constraint: Member must have length greater",
        ),
        (
            {"ResourceConfig": {**TRAINING["ResourceConfig"], "InstanceType": "ml.x"}},
            "Member must satisfy enum value set: [ml.m4.xl",
        ),  # type: ignore[dict-item]
    ],
)
def test_sagemaker(change: dict[str, Any], words: str) -> None:
    assert words in refused("sagemaker", "CreateTrainingJob", {**TRAINING, **change})


def test_glue_and_lambda() -> None:
    job = {"Name": "x" * 256, "Role": "r", "Command": {"Name": "glueetl"}}
    assert "Member must have length less than or equal to 255" in refused("glue", "CreateJob", job)
    function = {"FunctionName": "a b", "Role": ROLE, "Code": {}, "Timeout": 0}
    said = refused("lambda", "CreateFunction", function)
    assert said.startswith("ValidationException: 2 validation errors detected: Value 'a b' at 'functionName'")
    assert "Value '0' at 'timeout' failed to satisfy constraint: Member must have value greater than or equal to 1" in said


def test_ten_violations_are_named_at_most() -> None:
    assert message([f"v{n}" for n in range(12)]).endswith("v8; v9")


def test_the_server_refuses_what_the_model_forbids(aws: Aws) -> None:
    """Through boto3, which checks required members and types itself, but neither patterns nor lengths."""
    with pytest.raises(ClientError, match=r"ValidationException.*Value 'a_b' at 'trainingJobName'"):
        aws.sagemaker.create_training_job(**{**TRAINING, "TrainingJobName": "a_b"})
    with pytest.raises(ClientError, match=r"ValidationException.*less than or equal to 255"):
        aws.glue.create_job(Name="x" * 256, Role=ROLE, Command={"Name": "glueetl"})
    with pytest.raises(ClientError, match=r"ValidationException.*at 'description'.*less than or equal to 256"):
        aws.function("", Description="x" * 257)
