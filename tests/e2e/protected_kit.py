"""A key, a network and access logs: what they need in the account, and what of the pipeline carries them."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from project import PATIENCE, ROOT, Project, execution_end
from runner_kit import ACCOUNT, Deployment

from oleoduto_local import faults
from oleoduto_local.faults import Fault

LOGS = "logs-of-the-account"
# The jobs that an execution starts, by the state and the word in the job's name.
JOBS = {"Etl": "etl", "Train": "train", "Monitor": "monitor"}


@dataclass(frozen=True)
class Network:
    """Two subnets of one VPC, a subnet of another, and a security group of the first."""

    subnets: list[str]
    stranger: str
    group: str


def make_network(project: Project) -> Network:
    """Networks as an account has them before the pipeline comes."""
    ec2 = project.client("ec2")
    vpc, other = (ec2.create_vpc(CidrBlock=block)["Vpc"]["VpcId"] for block in ("10.1.0.0/16", "10.2.0.0/16"))

    def subnet(vpc: str, block: str, zone: str) -> str:
        return str(ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=zone)["Subnet"]["SubnetId"])

    group = ec2.create_security_group(GroupName="jobs", Description="jobs", VpcId=vpc)["GroupId"]
    subnets = [subnet(vpc, "10.1.1.0/24", "us-east-1a"), subnet(vpc, "10.1.2.0/24", "us-east-1b")]
    return Network(subnets, subnet(other, "10.2.1.0/24", "us-east-1a"), group)


def make_log_bucket(project: Project) -> None:
    """A bucket in which S3 may log."""
    s3 = project.client("s3")
    s3.create_bucket(Bucket=LOGS)
    write = {"Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject"}
    document = {"Version": "2012-10-17", "Statement": [{**write, "Resource": f"arn:aws:s3:::{LOGS}/*"}]}
    s3.put_bucket_policy(Bucket=LOGS, Policy=json.dumps(document))


def section(environment: str, network: Network) -> str:
    """The sections of `oleoduto.toml`."""
    return (
        f'\n[env.{environment}.security]\nkms_key = "create"\naccess_logs = "{LOGS}"\n'
        f"\n[env.{environment}.network]\nsubnets = {json.dumps(network.subnets)}\n"
        f'security_groups = ["{network.group}"]\n'
    )


def every_place_has_the_key(project: Project, prefix: str) -> str:
    """Bucket, logs, topic, queue and repository; returns the key's ARN."""
    kms = project.client("kms")
    (alias,) = [row for row in kms.list_aliases()["Aliases"] if row["AliasName"] == f"alias/{prefix}"]
    key = str(kms.describe_key(KeyId=alias["TargetKeyId"])["KeyMetadata"]["Arn"])
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]
    bucket, s3 = f"{prefix}-{ACCOUNT}-us-east-1", project.client("s3")
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    logging = s3.get_bucket_logging(Bucket=bucket)["LoggingEnabled"]
    assert (logging["TargetBucket"], logging["TargetPrefix"]) == (LOGS, f"{bucket}/")
    groups = project.client("logs").describe_log_groups(logGroupNamePrefix="/aws")["logGroups"]
    assert [group["kmsKeyId"] for group in groups if prefix in group["logGroupName"]] == [key] * 4
    sns, sqs = project.client("sns"), project.client("sqs")
    (topic,) = [row["TopicArn"] for row in sns.list_topics()["Topics"]]
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["KmsMasterKeyId"] == key
    queue = sqs.get_queue_url(QueueName=f"{prefix}-dead-letters")["QueueUrl"]
    assert sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]["KmsMasterKeyId"] == key
    (repository,) = project.client("ecr").describe_repositories()["repositories"]
    assert repository["encryptionConfiguration"] == {"encryptionType": "KMS", "kmsKey": key}
    return key


def every_job_carries_key_and_network(project: Project, machine: str, key: str, network: Network) -> None:
    """An execution starts each kind of job with them. A fault ends each job before it works, which would take minutes."""
    states = project.client("stepfunctions")
    for state, word in JOBS.items():
        faults.write(project.folder / ".oleoduto" / "local", [Fault(f"*-{word}*", "AlgorithmError: enough, exit code: 1")])
        given = json.dumps({"source": "sample", "run_date": "2020-03-10", "start_at": state})
        arn = states.start_execution(stateMachineArn=machine, input=given)["executionArn"]
        ended = execution_end(states, arn)
        assert ended["status"] == "FAILED" and "enough" in ended["cause"], ended

    vpc = {"Subnets": network.subnets, "SecurityGroupIds": [network.group]}
    sagemaker = project.client("sagemaker")
    (training,) = sagemaker.list_training_jobs()["TrainingJobSummaries"]
    training = sagemaker.describe_training_job(TrainingJobName=training["TrainingJobName"])
    assert training["VpcConfig"] == vpc
    assert training["ResourceConfig"]["VolumeKmsKeyId"] == training["OutputDataConfig"]["KmsKeyId"] == key
    assert training["EnableInterContainerTrafficEncryption"]
    (processing,) = sagemaker.list_processing_jobs()["ProcessingJobSummaries"]
    processing = sagemaker.describe_processing_job(ProcessingJobName=processing["ProcessingJobName"])
    assert processing["NetworkConfig"]["VpcConfig"] == vpc
    assert processing["NetworkConfig"]["EnableInterContainerTrafficEncryption"]
    assert processing["ProcessingResources"]["ClusterConfig"]["VolumeKmsKeyId"] == key
    assert processing["ProcessingOutputConfig"]["KmsKeyId"] == key
    every_glue_job_carries_key_and_network(project, key, network)
    (function,) = project.client("lambda").list_functions()["Functions"]
    found = function["VpcConfig"]
    assert (set(found["SubnetIds"]), found["SecurityGroupIds"]) == (set(network.subnets), [network.group])


def every_glue_job_carries_key_and_network(project: Project, key: str, network: Network) -> None:
    glue = project.client("glue")
    jobs = glue.get_jobs()["Jobs"]
    assert len(jobs) == 2
    for job in jobs:
        settings = glue.get_security_configuration(Name=job["SecurityConfiguration"])["SecurityConfiguration"]
        encryption = settings["EncryptionConfiguration"]
        assert encryption["S3Encryption"] == [{"S3EncryptionMode": "SSE-KMS", "KmsKeyArn": key}]
        assert encryption["JobBookmarksEncryption"] == {"JobBookmarksEncryptionMode": "CSE-KMS", "KmsKeyArn": key}
        connections = [glue.get_connection(Name=name)["Connection"] for name in job["Connections"]["Connections"]]
        places = [connection["PhysicalConnectionRequirements"] for connection in connections]
        assert [place["SubnetId"] for place in places] == network.subnets
        assert all(place["SecurityGroupIdList"] == [network.group] for place in places)


def scan(deployment: Deployment, file: Path, *reasons: Path) -> subprocess.CompletedProcess[str]:
    """Scan the saved plans of a deployment."""
    file.write_text(deployment.good("show", "--plan", "--json").stdout)
    command = ["python3", str(ROOT / "scripts/scan_plans.py"), str(file), *map(str, reasons)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE)
