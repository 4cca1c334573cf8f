"""A user's id in sentences and on pages, as written by topx."""

import html
import json
from pathlib import Path

import pytest

from containers.extract.pages import templates
from lambdas.forgetting import mentions
from tests.unit.containers.extract import rendered_report
from tests.unit.containers.extract.world import World

HOSTILE = ["u1", "17", 'say "hi"', "O'Brien", "a\\b", "<b>&amp;", "line\nbreak", "東京", "x" * 300]


@pytest.mark.parametrize("user", HOSTILE)
def test_a_sentence_loses_the_id_however_it_is_quoted(user: str) -> None:
    row = json.dumps({"who": f" {user} "[:200], "what": "i1", "stars": "no number"}, ensure_ascii=False)
    sentence = (
        f"User {user!r} has most; 3 of 9 ids, such as {user[:100]!r}, are odd; line 2: value is no number: {row}."
    )
    reported = mentions.without(sentence, user)
    assert reported.count(mentions.FORGOTTEN) == 3
    assert user[:100] not in reported.replace("17 of", "")
    assert reported.startswith("User (forgotten) has most; 3 of 9 ids, such as (forgotten), are odd;")
    assert '"what": "i1", "stars": "no number"' in reported


def test_other_ids_and_numbers_stay() -> None:
    sentence = '17 of 171 user ids, such as \'171\', and User \'u17\' too: {"who": "171", "what": "a17b"}'
    assert mentions.without(sentence, "17") == sentence


@pytest.mark.parametrize(("text", "held"), [("17,i1,5", True), ("170,i1,5", False), ("i1,a 17", True), ("i17", False)])
def test_a_text_holds_an_id_as_a_word_of_its_own(text: str, held: bool) -> None:
    assert mentions.holds(text, "17") is held


def test_the_report_shows_whom_it_is_said_to_show(tmp_path: Path) -> None:
    world = World.random(30, 20)
    page = rendered_report.page(world, tmp_path)
    users = [world.user_id(number) for number in range(world.users)]
    shown = [user for user in users if f"<h3>User {html.escape(user)}</h3>" in page]
    assert len(shown) == 10
    assert [user for user in users if mentions.shown_on(page, user)] == shown


@pytest.mark.parametrize("user", HOSTILE)
def test_a_page_shows_a_user_under_a_heading_or_in_a_warning(user: str) -> None:
    heading = render_text("<h3>User {{ text }} <small>40% stayed</small></h3>", user)
    warning = render_text("<p>{{ text }}</p>", f"User {user!r} has 60% of all interactions.")
    for page in (heading, warning):
        assert mentions.shown_on(f"<html>{page}<p>17 users, 1 item</p></html>", user), page
    assert not mentions.shown_on("<h3>User u170 <small></small></h3><p>17 users, say hi, O Brien</p>", user)


def test_a_long_id_is_found_anywhere_on_a_page() -> None:
    assert mentions.shown_on("<td>ada@example.org</td>", "ada@example.org")
    assert not mentions.shown_on("<td>bada@example.org</td>", "ada@example.org")
    assert not mentions.shown_on("<td>17</td>", "17")


def render_text(source: str, text: str) -> str:
    """Like in the pages' own environment."""
    return templates._TEMPLATES.from_string(source).render(text=text)
