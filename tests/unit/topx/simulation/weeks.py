"""Made-up weeks for tests of the displays."""

from dataclasses import replace
from datetime import date, timedelta

from topx.simulation.week import Measured, Rivals, Week


def measured(value: float, width: float) -> Measured:
    return Measured(value, value - width, value + width)


def rivals(model: float, other: float, width: float) -> Rivals:
    return Rivals(measured(model, width), measured(other, width), measured(model - other, width / 2), 100)


def weeks(number: int) -> list[Week]:
    """``number`` weeks; the first has no comparison, and every fifth is refused."""
    found = []
    for place in range(number):
        week = Week(
            until=(date(2025, 12, 14) + timedelta(7 * place)).isoformat(),
            rows=1_000 + 10 * place,
            status="published",
            run_id=f"run-{place}",
            users=100 + place,
            items=500 + 20 * place,
            new_items=20 if place else None,
            popular=rivals(0.12 + place / 1000, 0.08, 0.01),
            champion=rivals(0.1, 0.1 + place / 1000, 0.02) if place else None,
            overlap=0.625 if place else None,
            seconds=61.4,
        )
        refused = replace(week, status="refused", why="champion", overlap=None)
        found.append(refused if place % 5 == 4 else week)
    return found
