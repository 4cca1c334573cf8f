"""The errors by which topx stops a run deliberately, as opposed to something breaking."""


class NamedError(Exception):
    """An error whose message begins with the class name, because not every engine passes the name on.

    AWS Lambda reports it as ``errorType``; an emulator may report only the message.
    """

    def __str__(self) -> str:
        return f"{type(self).__name__}: {super().__str__()}"


class Refused(NamedError):
    """topx stops the run: fix the input, the data or the model before another run can succeed."""


class RequestRefused(Refused):
    """The execution's input is invalid; the message lists every error."""


class InputRefused(Refused):
    """The data under ``input/`` cannot be used: missing, unreadable, or too many rows rejected."""


class TrainingDiverged(Refused):
    """The model's loss is not finite, or larger than before training."""


class QualityRefused(Refused):
    """The model ranks worse than the gate requires."""


class PublishRefused(Refused):
    """The lists are incomplete, wrong, or older than the current version."""


REFUSALS: tuple[type[Refused], ...] = (
    RequestRefused,
    InputRefused,
    TrainingDiverged,
    QualityRefused,
    PublishRefused,
)


def refusal_in(cause: str) -> type[Refused] | None:
    """The refusal that a failed state's cause names, or None if something else failed.

    >>> refusal_in('{"errorMessage": "InputRefused: input/dataset.json is missing"}').__name__
    'InputRefused'
    >>> refusal_in("AccessDenied") is None
    True
    """
    found = [(cause.find(f"{refusal.__name__}: "), refusal) for refusal in REFUSALS]
    named = [pair for pair in found if pair[0] >= 0]
    return min(named, key=lambda pair: pair[0])[1] if named else None
