"""``topx forget``: erase a user."""

from collections.abc import Iterable

from rich.table import Table

from contract.erasure_document import ErasureAnswer
from contract.run_layout import RUNS_PREFIX
from contract.visible_text import shown_id, visible
from topx.called_function import call, this_machines_user
from topx.deployment import Deployment
from topx.home import home
from topx.problem import Problem
from topx.terminal import Terminal


def forget(deployment: Deployment, console: Terminal, *, user: str, by: str | None, as_json: bool) -> int:
    """Call the deployed function until the user is erased, and print what was erased and what remains.

    Raises:
        Problem: if a run is in progress, the id is invalid, or the stack is of an older topx.
    """
    if deployment.forget_function is None:
        raise Problem(
            "this stack has no function that forgets users (output ForgetFunctionName): an older topx made it; deploy "
            "it again"
        )
    asked = {"user_id": user, "by": by or this_machines_user()}
    record: ErasureAnswer = call(deployment.patient_functions, deployment.forget_function, asked)
    while not record["finished"]:
        record = call(deployment.patient_functions, deployment.forget_function, asked)
    _delete_copies(record["documents"])
    deployment.keep()
    if as_json:
        console.print_document(record)
    else:
        _show(console, user, record)
    return 0


def _show(console: Terminal, user: str, record: ErasureAnswer) -> None:
    console.print(f"Forgot user {shown_id(user)}: all later runs leave the user's rows out.")
    counts = Table(box=None, pad_edge=False, show_header=False)
    counts.add_column()
    counts.add_column(justify="right")
    for what, number in (
        ("lists deleted, one a version", len(record["versions"])),
        ("run documents erased from", len(record["documents"])),
        ("scratch files deleted (of all users)", record["scratch"]),
        ("older versions of objects deleted", record["older"]),
    ):
        counts.add_row(what, f"{number:,}")
    console.print(counts)
    if not record["versions"] and not record["documents"]:
        console.print("Nothing was found for this user. Ids are text, exactly as in the data.")
    console.print("\nNot erased:")
    for remains in record["remains"]:
        console.print(f"- {remains}", soft_wrap=True)
    for key in record["unknown"]:
        console.print(f"- {visible(key)} is not a topx document, and was not searched.", soft_wrap=True)
    console.print(f"\nRecord: {record['record']}", soft_wrap=True)


def _delete_copies(keys: Iterable[str]) -> None:
    """Delete the run pages downloaded to this machine, which may show the user."""
    for run in {key.removeprefix(RUNS_PREFIX).partition("/")[0] for key in keys if key.endswith(".html")}:
        for name in (f"{run}.html", f"{run}-outcome.html"):
            (home() / "reports" / name).unlink(missing_ok=True)
