"""Connections of Glue on a running server, as Terraform uses them."""

import pytest
from botocore.exceptions import ClientError
from local_support import Aws


def test_a_connection_is_given_back_whole_and_can_be_deleted(aws: Aws) -> None:
    glue = aws.client("glue")
    network = {"SubnetId": "subnet-01234567", "SecurityGroupIdList": ["sg-01234567"], "AvailabilityZone": "us-east-1a"}
    glue.create_connection(
        ConnectionInput={
            "Name": "one",
            "ConnectionType": "NETWORK",
            "ConnectionProperties": {},
            "PhysicalConnectionRequirements": network,
        }
    )
    found = glue.get_connection(Name="one")["Connection"]
    assert (found["ConnectionType"], found["PhysicalConnectionRequirements"]) == ("NETWORK", network)
    glue.delete_connection(ConnectionName="one")
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        glue.get_connection(Name="one")
