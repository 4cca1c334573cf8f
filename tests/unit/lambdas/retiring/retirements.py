"""What tests of retirement do: publish versions, choose what retires, and retire it."""

from contract.run_layout import RunLayout
from lambdas.handlers import choose_retirement, publish_version, record_retirement, retire_part, write_outcome
from lambdas.publishing.version_pointer import VersionPointer
from tests.unit.lambdas.conftest import Aws
from tests.unit.lambdas.runs import loaded, plan, publishing, run_id, written

PARTS = ["part-00000", "part-00001"]


def published(aws: Aws, *days: int, keep_versions: int = 3) -> None:
    """Published versions, whose plans keep this many."""
    for day in days:
        loaded(aws, day, planned=plan(day, keep_versions=keep_versions))
        publish_version.handler(publishing(day), None)
        write_outcome.handler(written(day), None)


def choose(day: int) -> choose_retirement.Answer:
    return choose_retirement.handler({"run_id": run_id(day), "status": "Completed"}, None)


def chosen(aws: Aws, day: int) -> list[retire_part.Event]:
    found: list[retire_part.Event] = aws.get_json(RunLayout(aws.bucket, run_id(day)).retirement)
    return found


def statuses(aws: Aws) -> dict[str, str]:
    return {record["version"]: record["status"] for record in VersionPointer(aws.table).records()}


def outcome_warnings(aws: Aws, day: int) -> list[str]:
    """The outcome's warnings, each only once however often the state is repeated."""
    record_retirement.handler({"run_id": run_id(day)}, None)
    warnings: list[str] = aws.get_json(RunLayout(aws.bucket, run_id(day)).outcome)["warnings"]
    assert len(set(warnings)) == len(warnings)
    return warnings


def retire(aws: Aws, day: int) -> None:
    """Like the Map."""
    for event in chosen(aws, day):
        retire_part.handler(event, None)
