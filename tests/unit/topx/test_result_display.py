"""What ``topx run`` says at its end of a run that has published."""

import io

from topx.outcome import Outcome
from topx.result_display import _show_numbers
from topx.terminal import Terminal


def shown(**known: object) -> str:
    out = io.StringIO()
    _show_numbers(Terminal(file=out, width=80), Outcome("published", **known))  # type: ignore[arg-type]
    return " ".join(out.getvalue().split())


def test_what_was_left_out_and_who_has_no_list_are_counted_where_there_are_any() -> None:
    text = shown(users=7, rejected=2, filtered=1_200, empty=3)
    assert "rejected 2 left out by where 1,200 users without a list 3" in text
    text = shown(users=7, rejected=2, filtered=0, empty=0)
    assert "where" not in text
    assert "without a list" not in text


def test_every_warning_is_printed_as_it_is() -> None:
    warnings = ["User '[bold]bot[/b]' has 99.0% of all interactions.", "2 of 9 rows were refused."]
    text = shown(warnings=warnings)
    told = " ".join(text.split())
    assert all(warning in told for warning in warnings)
