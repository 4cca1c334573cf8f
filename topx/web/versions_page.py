"""The existing versions, and the former ones."""

from contract.recommendation_table import PUBLISHED, SORT_KEY
from contract.version_record import VersionRecord
from topx.deployment import Deployment
from topx.published import current_version, versions
from topx.web.markup import Html, Page, element, joined, table


def versions_page(deployment: Deployment) -> Page:
    """Every version, newest first: when it was published, and whether it is current or kept."""
    current, found = current_version(deployment.table), list(versions(deployment.table))
    if not found:
        return Page("Versions", element("p", "Nothing is published yet."))
    rows = [
        (record[SORT_KEY], _published(record), "current" if record[SORT_KEY] == current else str(record["status"]))
        for record in found
    ]
    facts = (f"{sum(record['status'] == PUBLISHED for record in found)} kept",)
    body = [table(("version", "published", "status"), rows)]
    if kept := [str(record[SORT_KEY]) for record in found if record["status"] == PUBLISHED][:2][::-1]:
        body += [element("h2", "One user's list in two of them"), *_comparison(kept[0], kept[-1])]
    body.append(
        element(
            "p",
            element("code", deployment.command("rollback", "VERSION")),
            " makes another one that is kept current.",
            class_="below",
        )
    )
    return Page("Versions", joined(body), facts)


def _published(record: VersionRecord) -> str:
    return str(record.get("published_at", ""))[:16].replace("T", " ")


def _comparison(before: str, after: str) -> list[Html]:
    fields = {"id": ("", "a user's id"), "before": (before, "before"), "after": (after, "after")}
    return [
        element(
            "form",
            *(
                element(
                    "input", name=name, value=value, placeholder=text, aria_label=text, size="28", required="required"
                )
                for name, (value, text) in fields.items()
            ),
            element("button", "Compare"),
            action="/difference",
        )
    ]
