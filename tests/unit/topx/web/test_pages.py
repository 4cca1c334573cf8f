"""The content of each page for a deployment with known lists, runs and names, including hostile ones."""

import re
from collections.abc import Iterator
from contextlib import nullcontext
from html import unescape
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlsplit

import pytest

from contract.run_layout import run_id_of
from tests.unit.topx.stored_world import StoredWorld
from tests.unit.topx.web.stack import FAILED, HOSTILE, OLDER, REPORT, RUNNING, START, stack
from topx.web.markup import Page, document
from topx.web.pages import StackPages
from topx.web.request_rules import Refused

SHOWN = HOSTILE.replace("\x1b", "\\x1b").replace("\x07", "\\x07").replace("\u202e", "\\u202e")


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> StoredWorld:
    return stack(tmp_path_factory.mktemp("stack"))


@pytest.fixture
def pages(stored: StoredWorld) -> Iterator[StackPages]:
    mistakes: list[BaseException] = []
    yield StackPages(stored.deployment, nullcontext, mistakes.append)
    assert not mistakes


def made(pages: StackPages, path: str, **given: str) -> tuple[Page, str]:
    """The page, and its document."""
    page = pages.page(path, given)
    assert isinstance(page, Page)
    return page, document(page)[0].decode()


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html.split("</style>")[1])).split())


def rows(html: str) -> list[list[str]]:
    found = re.findall(r"<tr>(.*?)</tr>", html)
    return [[words(f"</style>{cell}") for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row)] for row in found]


class Links(HTMLParser):
    """Every URL in a page, and every element's name."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses += [str(value) for name, value in attrs if name in ("href", "action", "src")]


def everything(stored: StoredWorld) -> list[tuple[str, dict[str, str]]]:
    user = stored.world.user_id(3)
    listed = stored.deployment.table.get_item({"pk": f"user#{user}", "version": stored.version})["Item"]["items"]
    return [
        ("/", {}),
        ("/run", {"execution": "tuesday"}),
        ("/run", {"execution": "wednesday"}),
        ("/versions", {}),
        ("/user", {"id": user}),
        ("/user", {"id": HOSTILE}),
        ("/user", {"id": user, "version": OLDER}),
        ("/user", {"id": f"{HOSTILE} unknown"}),
        ("/difference", {"id": user, "before": OLDER, "after": stored.version}),
        ("/explain", {"id": user, "item": listed[0]}),
        ("/explain", {"id": HOSTILE, "item": HOSTILE}),
        ("/report", {"run": OLDER}),
    ]


def test_no_name_becomes_markup_or_acts(stored: StoredWorld, pages: StackPages) -> None:
    allowed = {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "nav",
        "a",
        "form",
        "input",
        "button",
        "header",
        "p",
        "h1",
        "h2",
        "h3",
        "span",
        "div",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "small",
        "code",
    }
    for path, given in everything(stored):
        _, html = made(pages, path, **given)
        found = Links(html)
        assert found.elements <= allowed, path
        assert not {name for name in found.attributes if name.startswith("on") or name == "style"}
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202e]", html)
        assert {urlsplit(address).scheme + urlsplit(address).netloc for address in found.addresses} == {""}


def test_every_link_leads_to_a_page(stored: StoredWorld, pages: StackPages) -> None:
    seen = set()
    for path, given in everything(stored):
        for target in Links(made(pages, path, **given)[1]).addresses:
            parts = urlsplit(target)
            query = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
            is_forms = parts.path in ("/user", "/difference") and not query
            # The model does not have the hostile user, who has a list all the same.
            if is_forms or (parts.path == "/explain" and query["id"] == HOSTILE):
                continue
            seen.add(target)
            page = pages.page(parts.path, query)
            assert isinstance(page, bytes) or page.status == 200, target
    assert len(seen) > 10


def test_runs_are_listed_with_how_they_ended(pages: StackPages) -> None:
    _, html = made(pages, "/")
    found = {row[0]: row[1] for row in rows(html)[1:]}
    assert found == {
        run_id_of(RUNNING, START.isoformat()): "running",
        run_id_of(FAILED, START.isoformat()): "failed",
    }


def test_a_run_that_goes_on_is_loaded_again_and_one_that_ended_is_not(pages: StackPages) -> None:
    page, html = made(pages, "/run", execution="tuesday")
    assert '<meta http-equiv="refresh" content="5">' in html
    assert page.facts[0] == "running"
    assert rows(html)[1][:3] == ["Plan the run", "done", "2.0"]
    assert rows(html)[2][:2] == ["Prepare training data", "running"]
    assert rows(html)[3][:3] == ["Plan training", "waiting", ""]
    page, html = made(pages, "/run", execution="wednesday")
    assert "refresh" not in html
    assert page.facts[0] == "failed"
    assert rows(html)[2][:3] == ["Prepare training data", "failed", "88.0"]
    assert rows(html)[3][:2] == ["Plan training", "not reached"]


def test_a_runs_own_page_comes_as_it_lies_in_the_bucket(pages: StackPages) -> None:
    run = run_id_of(FAILED, START.isoformat())
    assert pages.page("/report", {"run": run}) == REPORT
    assert "/report?run=" in made(pages, "/run", execution="wednesday")[1]
    assert "/outcome?run=" not in made(pages, "/run", execution="wednesday")[1]
    assert made(pages, "/outcome", run=run)[0].status == 404


def test_versions_say_which_is_served_and_which_are_kept(stored: StoredWorld, pages: StackPages) -> None:
    page, html = made(pages, "/versions")
    assert [(row[0], row[2]) for row in rows(html)[1:]] == [
        (stored.version, "current"),
        (OLDER, "published"),
        ("20261109t030000120-a9711f", "retired"),
    ]
    assert page.facts == ("2 kept",)


def test_a_list_stands_beside_what_the_user_had(stored: StoredWorld, pages: StackPages) -> None:
    world, user = stored.world, 3
    _, html = made(pages, "/user", id=world.user_id(user))
    recommended, had = (rows(table) for table in re.findall(r"<table>.*?</table>", html)[:2])
    own = stored.deployment.table.get_item({"pk": f"user#{world.user_id(user)}", "version": stored.version})["Item"]
    titled = [named(world.titles, item) for item in own["items"]]
    assert [row[1] for row in recommended[1:]] == titled
    assert [row[2] for row in recommended[1:]] == [f"{float(score):.4f}" for score in own["scores"]]
    latest = [item for owner, item, _, _ in world.pairs if owner == user][::-1]
    assert [row[0] for row in had[1:]] == [named(world.titles, world.item_id(item)) for item in latest]


def named(titles: object, item: str) -> str:
    title = titles[int(item.removeprefix("item/"))]  # type: ignore[index]
    return f"{title.replace(HOSTILE, SHOWN)} {item}" if title else item


def test_without_the_index_the_page_says_so(
    stored: StoredWorld, pages: StackPages, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in [key for key in stored.deployment.s3.objects if key.startswith("scratch/")]:
        monkeypatch.delitem(stored.deployment.s3.objects, key)
    page, html = made(pages, "/user", id=stored.world.user_id(3))
    assert page.status == 200
    assert "are no longer in the bucket" in words(html)
    assert len(rows(html)) > 3


def test_the_difference_says_what_went_came_and_moved(stored: StoredWorld, pages: StackPages) -> None:
    user = stored.world.user_id(3)
    page, html = made(pages, "/difference", id=user, before=OLDER, after=stored.version)
    before, after = (rows(table)[1:] for table in re.findall(r"<table>.*?</table>", html))
    length = len(after)
    assert [row[2] for row in before] == [f"place {place}" for place in range(2, length + 1)] + ["gone"]
    assert [row[2] for row in after] == ["new"] + [f"place {place}" for place in range(1, length)]
    assert before[-1][1] == f"{SHOWN} {SHOWN}"
    assert page.facts == (f"{length - 1} of {length} items in both",)


def test_a_score_is_explained(stored: StoredWorld, pages: StackPages) -> None:
    user = stored.world.user_id(3)
    own = stored.deployment.table.get_item({"pk": f"user#{user}", "version": stored.version})["Item"]
    page, html = made(pages, "/explain", id=user, item=own["items"][0])
    assert page.facts[1] == "place 1 of the published list"
    summands = [float(row[1]) for row in rows(html)[1:5]]
    assert sum(summands) == pytest.approx(float(own["scores"][0]), abs=3e-4)


@pytest.mark.parametrize(
    ("path", "given", "status"),
    [
        ("/", {"id": "1"}, 400),
        ("/run", {}, 400),
        ("/run", {"execution": "../x"}, 400),
        ("/run", {"execution": "tuesday\n"}, 400),
        ("/report", {"run": "../../input"}, 400),
        ("/report", {"run": f"{OLDER}/../{OLDER}"}, 400),
        ("/user", {"id": ""}, 400),
        ("/user", {"id": "1", "version": "newest"}, 400),
        ("/difference", {"id": "1", "before": OLDER}, 400),
        ("/runs/", {}, 404),
        ("/static/../user", {}, 404),
    ],
)
def test_what_a_page_does_not_take_is_refused(pages: StackPages, path: str, given: dict[str, str], status: int) -> None:
    with pytest.raises(Refused) as refused:
        pages.page(path, given)
    assert refused.value.status == status
    assert not any(value in str(refused.value) for value in given.values() if len(value) > 1)


def test_a_mistake_of_ours_is_told_where_topx_was_started(stored: StoredWorld) -> None:
    mistakes: list[BaseException] = []
    broken = StackPages(stored.deployment, nullcontext, mistakes.append)
    broken._pages["/"] = (lambda _deployment: 1 / 0, {}, frozenset())  # type: ignore[assignment,return-value]
    page = broken.page("/", {})
    assert isinstance(page, Page)
    assert page.status == 500
    assert "division" not in document(page)[0].decode()
    assert [type(one) for one in mistakes] == [ZeroDivisionError]
