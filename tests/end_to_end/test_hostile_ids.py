"""Ids and titles that could be taken for markup, keys, paths or commands remain text from the file to the screen."""

import gzip
import json
import re
from pathlib import Path

import pytest

from contract.recommendation_table import default_key
from tests.browser.chromium import Chromium
from tests.end_to_end.conftest import SMALL, Published, Ran, Run, Tool
from tests.end_to_end.hostile_board import BOARD, ITEMS, USERS, group, has, hostile_data, title

# Characters that control a terminal: C0 except the line feed, DEL, C1, bidi controls, zero-width characters, other line
# ends.
_ACTING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


@pytest.fixture(scope="module")
def run(topx: Tool, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder: Path = tmp_path_factory.mktemp("hostile") / "data"
    return topx.run("--data", hostile_data(folder), **SMALL)


@pytest.fixture(scope="module")
def published(run: Run, topx: Tool) -> Published:
    assert (run.code, run.record["status"]) == (0, "published"), run.out + run.err
    return topx.published()


def harmless(ran: Ran) -> str:
    assert (ran.code, ran.err) == (0, "")
    assert _ACTING.findall(ran.out) == []
    return ran.out


def test_every_user_gets_the_unseen_items_of_the_right_colour(run: Run, published: Published) -> None:
    counts = [run.record[name] for name in ("users", "items", "interactions", "rejected")]
    assert counts == [len(set(USERS)), BOARD.items, BOARD.users * BOARD.taken, 0]
    assert set(published.lists) == set(USERS)
    for number, user in enumerate(USERS):
        assert set(published.lists[user][0]) == set(ITEMS[number % 2 : BOARD.items : 2]) - set(has(number)), user


def test_the_archive_holds_the_same_lists(run: Run, topx: Tool, published: Published) -> None:
    packed = [topx.body(key) for key in topx.keys(run.layout.published_lists)]
    archived = {
        line["user"]: line["items"] for some in packed for line in map(json.loads, gzip.decompress(some).splitlines())
    }
    assert archived == {user: items for user, (items, _) in published.lists.items()}


def test_every_list_is_read_by_the_command_line(
    topx: Tool, published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Connecting takes half a second, which is the same for every id.
    monkeypatch.setattr("topx.commands.recommend.connect", lambda *_: topx.deployment)
    titles = {item: title(number) for number, item in enumerate(ITEMS[: BOARD.items])}
    for user, (items, scores) in published.lists.items():
        answer = json.loads(harmless(topx("recommend", "--json", "--", user)))
        due = [{"id": item, "title": titles[item], "score": score} for item, score in zip(items, scores, strict=True)]
        assert (answer["user"], answer["fallback"], answer["items"]) == (user, None, due)
        harmless(topx("recommend", "--", user))


def test_who_is_unknown_gets_the_list_of_their_group(topx: Tool, published: Published) -> None:
    assert published.pointer is not None
    for value in (group(0), group(1)):
        stored = topx.deployment.table.get_item(Key=default_key(published.pointer["current"], value))["Item"]
        answer = json.loads(harmless(topx("recommend", "nobody", "--json", "--as", f"group={value}")))
        assert answer["fallback"] == {"column": "group", "value": value}
        assert [item["id"] for item in answer["items"]] == stored["items"]
        harmless(topx("recommend", "nobody", "--as", f"group={value}"))


def test_nothing_that_is_printed_acts_on_the_terminal(run: Run, topx: Tool, published: Published) -> None:
    harmless(run)
    for command in (["runs"], ["runs", "--json"], ["status"], ["watch"], ["report"]):
        harmless(topx(*command))


@pytest.mark.parametrize("name", ["report", "outcome"])
def test_the_pages_show_text_and_make_no_element_of_it(
    run: Run, published: Published, browser: Chromium, name: str
) -> None:
    with browser.tab() as tab:
        for domain in ("Page", "Runtime", "Log", "Network"):
            tab.ask(f"{domain}.enable")
        tab.load(Path(run.record[name]).as_uri())
        assert tab.evaluate("document.querySelectorAll('script, img, iframe, x-hostile, [onerror]').length") == 0
        assert tab.events("Runtime.exceptionThrown") == []
        assert len(tab.events("Network.requestWillBeSent")) == 1, "itself"
        shown = str(tab.evaluate("document.documentElement.innerText"))
    # A browser turns table cells into tabs; joiners, which emoji need, are harmless.
    assert _ACTING.findall(re.sub("[\t\u200d]", "", shown)) == []
    if name == "report":
        assert "<script>hit()</script>" in shown


def test_a_refusal_shows_what_it_names_as_text(topx: Tool, published: Published, tmp_path: Path) -> None:
    refused = topx.run("--data", hostile_data(tmp_path / "data", time="\x1b[31m[/b]\u202e"), **SMALL)
    assert (refused.code, refused.record["status"]) == (3, "refused")
    assert r"\x1b[31m[/b]\u202e" in refused.out
    assert _ACTING.findall(refused.out + refused.err) == []
    assert topx.published() == published
