"""A simulation as one self-contained HTML page, in the style of the run reports."""

import json
from collections.abc import Callable, Sequence
from datetime import date
from html import escape
from typing import Any

from contract.visible_text import JOINERS, visible
from topx import outcome
from topx.page_style import page_style
from topx.simulation.svg_chart import Series, bar_chart, line_chart
from topx.simulation.week import Measured, Rivals, Week

_NONE = '<span class="muted">–</span>'


def drawing(data: str, asked: int, days: int, given: Any, weeks: Sequence[Week]) -> str:
    """The page's HTML.

    Args:
        data: its name.
        asked: the requested number of weeks.
        days: of each week except the first.
        given: the input of each run.
        weeks: those that were run to the end, at least one.
    """
    title = f"{visible(data, keep=JOINERS)}, {len(weeks)} week{'s' if len(weeks) > 1 else ''}"
    facts = [
        f"{_long(weeks[0].until)} to {_long(weeks[-1].until)}",
        f"{days} days a week",
        f"input {json.dumps(given)}",
    ]
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Simulation · {escape(title)}</title>
<style>{page_style()}</style>
</head>
<body>
<main>
<header>
  <p class="eyebrow">topx · simulation</p>
  <h1>{escape(title)}</h1>
  <p class="facts">{"".join(f"<span>{escape(fact)}</span>" for fact in facts)}</p>
</header>
{_warnings(asked, weeks)}
<section>
<h2>What would have been published</h2>
<div class="grid">
{"".join(_figures(weeks))}
</div>
</section>
<section>
<h2>Week by week</h2>
<div class="card scroll">
{_table(weeks)}
</div>
{_NOTES}
</section>
<footer>The first run had all that is older than the other weeks; each later one had one week more. This page loads
nothing from anywhere.</footer>
</main>
</body>
</html>
"""


_NOTES = """<dl>
  <dt>NDCG@10</dt><dd>how high the held-out items stand among the first ten: 1 is the ideal order, 0 none of them. The
  latest interactions of each user are held out; bands are 95% intervals by the bootstrap over users.</dd>
  <dt>Beside the champion</dt><dd>only what is later than the data of the version then published, which could not know
  it; fewer users, so more noise. Of both lists is left out what a user had before.</dd>
  <dt>×</dt><dd>the model’s NDCG@10 over the other’s, which the gate checks; in colour where the difference by user is
  beyond noise.</dd>
  <dt>Overlap</dt><dd>the share of a user’s list that was in theirs before, mean over the users of both versions.</dd>
  <dt>New items</dt><dd>not in the catalogue of the last week whose data was read.</dd>
</dl>"""


def _warnings(asked: int, weeks: Sequence[Week]) -> str:
    lost = [week for week in weeks if week.status != outcome.PUBLISHED]
    found = [f"Until {_long(week.until)}: {week.status}{f', {week.why}' if week.why else ''}." for week in lost]
    if len(weeks) < asked:
        found.append(f"{len(weeks)} of {asked} weeks were run.")
    items = "".join(f"<li>{escape(text)}</li>" for text in found)
    return f'<ul class="warnings" aria-label="Warnings">{items}</ul>' if items else ""


def _figures(weeks: Sequence[Week]) -> list[str]:
    labels = [_short(week.until) for week in weeks]
    lost = frozenset(number for number, week in enumerate(weeks) if week.status != outcome.PUBLISHED)
    rings = " A hollow point is a week that published nothing." if lost else ""
    pairs = (
        ("Model and most-popular", [week.popular for week in weeks], "most popular", "On all held-out interactions."),
        (
            "Model and champion",
            [week.champion for week in weeks],
            "champion",
            "On interactions newer than the champion’s data.",
        ),
    )
    found = []
    for title, rivals, other, on_what in pairs:
        series = [
            _ndcg("model", [one.model if one else None for one in rivals], lost),
            _ndcg(other, [one.other if one else None for one in rivals]),
        ]
        svg = line_chart(f"NDCG@10 of model and {other} by week", labels, series, _decimal)
        found.append(_figure(title, svg, [one.name for one in series], f"NDCG@10. {on_what}{rings}"))
    overlap = Series("overlap", [week.overlap for week in weeks])
    svg = line_chart("Overlap with the previous version, by week", labels, [overlap], "{:.0%}".format)
    found.append(_figure("Overlap with the previous version", svg, [], "The share of a user’s list that stayed."))
    for title, values, message in (
        ("Users", [week.users for week in weeks], "Those who get a list."),
        ("New items", [week.new_items for week in weeks], "Not in the catalogue of the last week whose data was read."),
        ("New interactions", [None, *(week.rows for week in weeks[1:])], "Rows that the week added."),
    ):
        bars = Series(title, values)
        svg = bar_chart(f"{title} by week", labels, bars, _whole)
        found.append(_figure(title, svg, [], message))
    return found


def _ndcg(name: str, measured: Sequence[Measured | None], hollow: frozenset[int] = frozenset()) -> Series:
    spans = [(one.low, one.high) if one else None for one in measured]
    return Series(name, [one.value if one else None for one in measured], spans, hollow)


def _figure(title: str, svg: str, series: Sequence[str], caption: str) -> str:
    names = "".join(
        f'<li><i style="background: var(--series-{number})"></i>{escape(name)}</li>'
        for number, name in enumerate(series, 1)
    )
    legend = f'<ul class="legend">{names}</ul>' if names else ""
    return f"""<figure class="card">
<h3>{escape(title)}</h3>
{legend}
{svg}
<figcaption>{escape(caption)}</figcaption>
</figure>
"""


_COLUMNS: Sequence[tuple[str, Callable[[Week], str]]] = (
    ("users", lambda week: _count(week.users)),
    ("new items", lambda week: _count(week.new_items)),
    ("model", lambda week: _measured(week.popular.model if week.popular else None)),
    ("most popular", lambda week: _measured(week.popular.other if week.popular else None)),
    ("×", lambda week: _ratio(week.popular)),
    ("model, later", lambda week: _measured(week.champion.model if week.champion else None)),
    ("champion", lambda week: _measured(week.champion.other if week.champion else None)),
    ("×", lambda week: _ratio(week.champion)),
    ("overlap", lambda week: _NONE if week.overlap is None else f"{week.overlap:.1%}"),
)


def _table(weeks: Sequence[Week]) -> str:
    head = "".join(f'<th class="n">{name}</th>' for name, _ in _COLUMNS)
    rows = []
    for week in weeks:
        cells = "".join(f'<td class="n">{cell(week)}</td>' for _, cell in _COLUMNS)
        message = f"{week.status}<br><small>{escape(week.why)}</small>" if week.why else week.status
        rows.append(f'<tr><th scope="row">{_short(week.until)}</th>{cells}<td class="n">{message}</td></tr>')
    return (
        f'<table class="metrics"><thead><tr><th>until</th>{head}<th class="n">outcome</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _count(number: int | None) -> str:
    return _NONE if number is None else f"{number:,}"


def _measured(measured: Measured | None) -> str:
    return _NONE if measured is None else f"{measured.value:.4f}"


def _ratio(rivals: Rivals | None) -> str:
    if rivals is None or rivals.ratio is None:
        return _NONE
    written = f"{rivals.ratio:.2f}"
    return f'<span class="differs">{written}</span>' if rivals.difference.beyond_noise else written


def _decimal(value: float) -> str:
    return f"{value:.2f}" if round(value, 2) == round(value, 6) else f"{value:.3f}"


def _whole(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else f"{value:g}"


def _short(day: str) -> str:
    found = date.fromisoformat(day)
    return f"{found.day} {found:%b}"


def _long(day: str) -> str:
    found = date.fromisoformat(day)
    return f"{found.day} {found:%B %Y}"
