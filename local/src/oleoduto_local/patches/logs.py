"""CloudWatch Logs: a group with a key needs one that the service may use."""

from typing import Any

from oleoduto_local.access.key_policy import refusal
from oleoduto_local.context import LocalAws
from oleoduto_local.patching import load, replace, require

# Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
ACTIONS = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo")


def install(_local: LocalAws) -> None:
    backend = require(load("moto.logs.models"), "LogsBackend")
    invalid = require(load("moto.logs.exceptions"), "InvalidParameterException")

    # moto takes any text for a key; AWS creates no group whose data it could not encrypt.
    def create_log_group(self: Any, log_group_name: str, *args: Any, **kwargs: Any) -> Any:
        key = kwargs.get("kmsKeyId")
        if key:
            arn = f"arn:{self.partition}:logs:{self.region_name}:{self.account_id}:log-group:{log_group_name}"
            service = f"logs.{self.region_name}.amazonaws.com"
            context = {"kms:encryptioncontext:aws:logs:arn": (arn,), "aws:sourcearn": (arn,)}
            why = refusal(self.account_id, self.region_name, key, service, ACTIONS, context)
            if why is not None:
                said = f"The specified KMS key does not exist or is not allowed to be used with Arn '{arn}'"
                raise invalid(msg=f"{said} ({why})")
        return original(self, log_group_name, *args, **kwargs)

    original = replace(backend, "create_log_group", create_log_group)
