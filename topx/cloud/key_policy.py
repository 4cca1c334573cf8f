"""The statements that a customer managed key's policy needs in addition to delegating to IAM.

Roles use the key through IAM. Two services use it directly, without a role of the stack: CloudWatch Logs, which
encrypts the log groups, and CloudWatch, whose alarms publish to the topic. Sources: "Encrypt log data in CloudWatch
Logs using AWS KMS", CloudWatch Logs user guide; "Enable compatibility between event sources from AWS services and
encrypted topics", SNS developer guide.
"""

from collections.abc import Mapping
from typing import Any


def statements(region: str, key_arn: str) -> dict[str, dict[str, Any]]:
    """By service principal, the statement that it needs."""
    _, partition, _, _, account, _ = key_arn.split(":", 5)
    logs, alarms = f"logs.{region}.amazonaws.com", "cloudwatch.amazonaws.com"
    return {
        logs: {
            "Sid": "TopxLogs",
            "Effect": "Allow",
            "Principal": {"Service": logs},
            "Action": ["kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
            "Resource": "*",
            "Condition": {
                "ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:{partition}:logs:{region}:{account}:*"}
            },
        },
        alarms: {
            "Sid": "TopxAlarms",
            "Effect": "Allow",
            "Principal": {"Service": alarms},
            "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:SourceAccount": account}},
        },
    }


def absent(policy: Mapping[str, Any], region: str, key_arn: str) -> dict[str, dict[str, Any]]:
    """Those whose service no statement of ``policy`` allows; the details of the others are not checked."""
    let_in = {name for statement in _listed(policy["Statement"]) for name in _services(statement)}
    return {name: wanted for name, wanted in statements(region, key_arn).items() if not let_in & {name, "*"}}


def _services(statement: Mapping[str, Any]) -> list[str]:
    principal = statement.get("Principal", {})
    if statement.get("Effect") != "Allow":
        return []
    if principal == "*":
        return ["*"]
    return ["*"] if "*" in _listed(principal.get("AWS", [])) else _listed(principal.get("Service", []))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
