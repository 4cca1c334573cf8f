"""Lifecycle rules of S3 buckets, as ministack stores them: which objects a rule applies to, and when they expire.

Source: "Lifecycle configuration elements" in the S3 user guide, and AWS::S3::Bucket Rule in the CloudFormation user
guide.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

Rule = Mapping[str, Any]


def of_template(configuration: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The supported rules of a template's LifecycleConfiguration: expiration and incomplete uploads.

    >>> of_template({"Rules": [{"Status": "Enabled", "Prefix": "scratch/", "ExpirationInDays": 30}]})
    [{'Status': 'Enabled', 'Filter': {'Prefix': 'scratch/'}, 'Expiration': {'Days': 30}}]
    """
    return [_of_template(rule) for rule in configuration.get("Rules", ())]


def _of_template(given: Rule) -> dict[str, Any]:
    rule: dict[str, Any] = {"ID": given["Id"]} if "Id" in given else {}
    rule["Status"] = given["Status"]
    narrower = {
        **({"Tags": given["TagFilters"]} if "TagFilters" in given else {}),
        **{name: int(given[name]) for name in ("ObjectSizeGreaterThan", "ObjectSizeLessThan") if name in given},
    }
    prefix = {"Prefix": given.get("Prefix", "")}
    rule["Filter"] = {"And": {**prefix, **narrower}} if narrower else prefix
    if "ExpirationInDays" in given:
        rule["Expiration"] = {"Days": int(given["ExpirationInDays"])}
    elif "ExpirationDate" in given:
        rule["Expiration"] = {"Date": given["ExpirationDate"]}
    if "AbortIncompleteMultipartUpload" in given:
        days = int(given["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"])
        rule["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": days}
    return rule


def is_about(rule: Rule, key: str, size: int, tags: Mapping[str, str]) -> bool:
    """Whether a rule is enabled, and its filter matches an object."""
    given = rule.get("Filter", {})
    wanted = {**given, **given.get("And", {})}
    pairs: Iterable[Mapping[str, str]] = [*wanted.get("Tags", ()), *([wanted["Tag"]] if "Tag" in wanted else ())]
    return (
        rule["Status"] == "Enabled"
        and key.startswith(wanted.get("Prefix", ""))
        and all(tags.get(pair["Key"]) == pair["Value"] for pair in pairs)
        and size > wanted.get("ObjectSizeGreaterThan", -1)
        and size < wanted.get("ObjectSizeLessThan", size + 1)
    )


def expired(rule: Rule, created: datetime, now: datetime) -> bool:
    """Whether an object of this age expires under the rule."""
    expiration = rule.get("Expiration", {})
    if "Date" in expiration:
        return datetime.fromisoformat(expiration["Date"]) <= now
    return "Days" in expiration and _are_over(expiration["Days"], created, now)


def abandoned(rule: Rule, begun: datetime, now: datetime) -> bool:
    """Whether the rule aborts a multipart upload of this age."""
    days = rule.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation")
    return days is not None and _are_over(days, begun, now)


def _are_over(days: int, since: datetime, now: datetime) -> bool:
    """Whether this many days have passed, rounded up to the next midnight UTC."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return since <= midnight - timedelta(days=days)
