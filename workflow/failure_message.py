"""The message about a failed run, the same by email and on the terminal."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from contract.refusal import REFUSALS
from contract.visible_text import visible
from workflow.failed_run import TIMEOUT, FailedRun
from workflow.failure_cause import error_name, sentence
from workflow.failure_guide import AFTER_PUBLISHING, ERRORS, GUIDE, STATES

# The limits of SNS: "Subject" of Publish in the API reference; ASCII, without line breaks.
MOST_SUBJECT = 100
_REFUSED = {refusal.__name__ for refusal in REFUSALS}
_REDRIVE = (
    "On AWS, an execution that failed can be redriven within 14 days: it continues from the failed state. The embedded "
    "AWS cannot redrive; there, start another run."
)


class Ending(Enum):
    """How a run ended without success. The values appear in the subject."""

    REFUSED = "refused"  # stopped by topx: somebody must fix something
    FAILED = "failed"
    TIMED_OUT = "timed out"
    STOPPED = "was stopped"


@dataclass(frozen=True)
class FailureMessage:
    """``subject`` is one line, as in an inbox; ``text`` is the whole message."""

    subject: str
    text: str


def ending_of(run: FailedRun) -> Ending:
    """Which of the four ways a run ended."""
    if run.status == "ABORTED":
        return Ending.STOPPED
    if run.status == "TIMED_OUT" or run.error == TIMEOUT:
        return Ending.TIMED_OUT
    declined = error_name(run.error, run.cause) in _REFUSED
    # A published version was not refused, even if a later state fails with a refusal's name.
    return Ending.REFUSED if declined and not _has_published(run) else Ending.FAILED


def _has_published(run: FailedRun) -> bool:
    return run.published or run.after_publishing or (run.state is not None and run.state.name in AFTER_PUBLISHING)


def failure_message(
    run: FailedRun, *, current: str | None, places: Mapping[str, str], product: str = "topx"
) -> FailureMessage:
    """Compose the message: which state failed, why, the current version, what to do and where to look.

    Args:
        run: the failed run.
        current: the current version, None if nothing is published.
        places: where to see more: label to link or path.
        product: the stack's name, with which the subject begins.
    """
    ending = ending_of(run)
    blocks = [
        first_sentence(run),
        _current(run, current),
        "\n".join(["What to do", *(f"- {advice}" for advice in _advice(run, ending)), f"More: {GUIDE}"]),
    ]
    if places:
        blocks.append("\n".join(["Where to look", *(f"- {label}: {place}" for label, place in places.items())]))
    where = f" ({run.state.name})" if run.state else ""
    what = f"published, AfterPublishing {ending.value}" if run.after_publishing else ending.value
    subject = visible(f"{product} {what}: {run.run_id}{where}").encode("ascii", "replace").decode()
    return FailureMessage(subject[:MOST_SUBJECT], visible("\n\n".join(blocks), keep="\n"))


def first_sentence(run: FailedRun) -> str:
    """Which run ended, how, in which state, and why."""
    ending = ending_of(run)
    where = f' in state "{run.state.name}"' if run.state else ""
    if run.part:
        where += f", {run.part}"
    begin = f"topx refused run {run.run_id}" if ending is Ending.REFUSED else f"{_subject(run)} {ending.value}"
    message = f"{begin}{where}: {_cause(run, ending)}"
    return message if message[-1] in ".!?…" else f"{message}."


def _subject(run: FailedRun) -> str:
    if run.after_publishing:
        return f"Run {run.run_id} published its version. The state machine AfterPublishing"
    return f"Run {run.run_id}"


def _cause(run: FailedRun, ending: Ending) -> str:
    message = sentence(run.error, run.cause)
    if ending is Ending.STOPPED:
        return message or "no reason was given; CloudTrail's StopExecution event says who stopped it"
    if ending is Ending.TIMED_OUT:
        return message or _time_out(run)
    return message or f"{run.error or 'no error was reported'}"


def _time_out(run: FailedRun) -> str:
    state = run.child or run.state
    if state and (state.timed_out or run.status == "FAILED"):
        return "the state took longer than its TimeoutSeconds allow"
    message = "the whole execution took longer than its TimeoutSeconds allow"
    if state and state.attempts:
        message += (
            f"; an earlier attempt of the state failed: {sentence(state.attempts[0].error, state.attempts[0].cause)}"
        )
    return message


def _current(run: FailedRun, current: str | None) -> str:
    if run.after_publishing:
        return f"Current version: {current or 'none'}."
    if current == run.run_id:
        return f"Current version: {current}, which this run published before it failed."
    if run.published:
        return f"This run published its version before it failed. Current version: {current or 'none'}."
    if current is None:
        return "No version is published yet."
    return f"This run published nothing. The current version is still {current}."


def _advice(run: FailedRun, ending: Ending) -> list[str]:
    """The guide's entries that apply: of the error, then of the state; for a map's child, of the inner state."""
    name = {Ending.STOPPED: "Cancelled", Ending.TIMED_OUT: TIMEOUT}.get(ending, error_name(run.error, run.cause))
    found = [f"{name}: {ERRORS[name].do}"] if name in ERRORS else []
    if ending is not Ending.STOPPED:
        found += [f"{s.name}: {STATES[s.name]}" for s in (run.child, run.state) if s and s.name in STATES]
    return found if ending is Ending.REFUSED else [*found, _REDRIVE]
