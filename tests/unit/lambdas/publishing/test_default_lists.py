"""The default lists: published with their version, read through the pointer, retired with it."""

import copy
import re
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from contract.recommendation_table import default_key, user_item
from contract.run_layout import RunLayout
from lambdas.handlers import publish_version, record_retirement, rollback
from lambdas.publishing.version_pointer import VersionPointer
from tests.unit.lambdas.conftest import Aws
from tests.unit.lambdas.runs import DEFAULT_LISTS, changed, loaded, plain, publishing, run_id
from topx.home import REPOSITORY
from topx.problem import Problem
from topx.published import Fallback, RecommendedList, list_for


def publish(day: int) -> None:
    publish_version.handler(publishing(day), None)


def defaults(aws: Aws, day: int) -> list[str]:
    """The keys of one version's default lists."""
    items = aws.table.scan()["Items"]
    return sorted(i["pk"] for i in items if i["pk"].startswith("meta#default") and i["version"] == run_id(day))


def ids(found: RecommendedList) -> list[str]:
    return [item.id for item in found.items]


def test_publishing_writes_them_beside_the_users_lists(aws: Aws) -> None:
    loaded(aws, 23)
    assert defaults(aws, 23) == []
    publish(23)
    overall, kind = (aws.table.get_item(Key=default_key(run_id(23), value))["Item"] for value in (None, "火"))
    assert plain(overall) == {
        "pk": "meta#default",
        "version": run_id(23),
        "by": "country",
        "items": ["b", "a"],
        "scores": [0.5, 0.3333333],
    }
    assert (kind["pk"], kind["items"]) == ("meta#default#火", ["a"])


def test_a_run_without_them_publishes_nothing(aws: Aws) -> None:
    layout = loaded(aws, 23)
    aws.s3.delete_object(Bucket=aws.bucket, Key=layout.default_lists)
    with pytest.raises(Exception, match=r"default_lists\.json is missing"):
        publish(23)
    assert not VersionPointer(aws.table).pointer()


def test_readers_get_their_own_list_else_that_of_their_kind_else_everybodys(aws: Aws) -> None:
    loaded(aws, 23)
    publish(23)
    own = list_for(aws.table, "ü 3", 10, ("country", "火"))
    assert (own.fallback, ids(own)) == (None, ["a", "b"])
    kind = list_for(aws.table, "nobody", 10, ("country", "火"))
    assert (kind.fallback, kind.user, kind.version, ids(kind)) == (
        Fallback("country", "火"),
        "nobody",
        run_id(23),
        ["a"],
    )
    for like in (("country", "unheard of"), None):
        everybodys = list_for(aws.table, "nobody", 10, like)
        assert (everybodys.fallback, ids(everybodys)) == (Fallback(), ["b", "a"])
    assert ids(list_for(aws.table, "nobody", 1, None)) == ["b"]
    with pytest.raises(Problem, match=r"default lists by country; users\.default_by"):
        list_for(aws.table, "nobody", 10, ("age", "30"))


def test_who_has_no_list_or_an_empty_one_gets_theirs_from_every_reader(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``topx recommend``, and the readers in README.md and docs/deploy.md."""
    loaded(aws, 23, without_list=frozenset({4}))
    publish(23)
    # As written by an older topx, whose version may become current again.
    aws.table.put_item(Item=user_item("emptied", run_id(23), [], []))
    monkeypatch.setattr(boto3, "resource", lambda _: SimpleNamespace(Table=lambda _: aws.table))
    functions = [shown("docs/run.md")["top_items"], shown("docs/deploy.md")["Recommendations"]("TABLE").top_items]
    for user in ("ü 4", "emptied", "nobody"):
        everybodys = list_for(aws.table, user, 10, None)
        assert (everybodys.fallback, ids(everybodys)) == (Fallback(), ["b", "a"])
        assert ids(list_for(aws.table, user, 10, ("country", "火"))) == ["a"]
        assert [item for item, _ in functions[0](user)] == functions[1](user) == ["b", "a"]
        assert [item for item, _ in functions[0](user, "火")] == ["a"]
    assert [item for item, _ in functions[0]("ü 3")] == functions[1]("ü 3") == ["a", "b"]


def shown(page: str) -> dict[str, Any]:
    """What the Python code on a page defines; its last line, which shows a list, is left out."""
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    (code,) = (block for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "meta#current" in block)
    defined: dict[str, Any] = {"__name__": "reader"}
    exec(code.rpartition("\nprint(")[0], defined)
    return defined


def test_without_a_feature_there_is_everybodys_list_only(aws: Aws) -> None:
    loaded(aws, 23, default_lists={"by": None, "lists": DEFAULT_LISTS["lists"][:1]})
    publish(23)
    assert "by" not in aws.table.get_item(Key=default_key(run_id(23)))["Item"]
    assert ids(list_for(aws.table, "nobody", 10, None)) == ["b", "a"]
    with pytest.raises(Problem, match="for no feature, only one for all unknown users"):
        list_for(aws.table, "nobody", 10, ("country", "火"))


def test_they_change_with_the_pointer(aws: Aws) -> None:
    for day, item in ((16, "old"), (23, "new")):
        lists = copy.deepcopy(DEFAULT_LISTS["lists"])
        lists[0] = changed(lists[0], items=[item], scores=[1.0])
        loaded(aws, day, default_lists={"by": "country", "lists": lists})
        publish(day)
        assert ids(list_for(aws.table, "nobody", 10, None)) == [item]
    rollback.handler({"version": run_id(16), "by": "ada"}, None)
    assert ids(list_for(aws.table, "nobody", 10, None)) == ["old"]


def test_they_retire_with_their_version_and_no_other(aws: Aws) -> None:
    for day in (16, 23):
        loaded(aws, day)
        publish(day)
    versions = VersionPointer(aws.table)
    versions.mark_retiring(run_id(16))
    layout = RunLayout(aws.bucket, run_id(23))
    aws.put_json(layout.retirement, [{"version": run_id(16), "part": "part-00000"}])
    for _ in range(2):  # a repeated state finds them deleted
        assert record_retirement.handler({"run_id": run_id(23)}, None) == {"retired": [run_id(16)]}
        assert defaults(aws, 16) == []
    assert defaults(aws, 23) == ["meta#default", "meta#default#火"]


def test_a_version_of_before_there_were_any_retires_too(aws: Aws) -> None:
    for day in (16, 23):
        loaded(aws, day)
        publish(day)
    aws.s3.delete_object(Bucket=aws.bucket, Key=RunLayout(aws.bucket, run_id(16)).default_lists)
    VersionPointer(aws.table).mark_retiring(run_id(16))
    layout = RunLayout(aws.bucket, run_id(23))
    aws.put_json(layout.retirement, [{"version": run_id(16), "part": "part-00000"}])
    aws.put_json(layout.outcome, {"warnings": []})
    assert record_retirement.handler({"run_id": run_id(23)}, None) == {"retired": [run_id(16)]}
    assert "default_lists.json is missing" in aws.get_json(layout.outcome)["warnings"][0]
