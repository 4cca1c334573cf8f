"""The errors by which topx itself declines to go on, as opposed to something breaking."""


class NamedError(Exception):
    """The message begins with the name of the class, because not every engine passes the name on.

    AWS Lambda reports it as ``errorType``, an emulated one may report only the message.
    """

    def __str__(self) -> str:
        return f"{type(self).__name__}: {super().__str__()}"


class Refused(NamedError):
    """topx declines: the input, the data or the model must be fixed before another run can succeed."""


class RequestRefused(Refused):
    """The execution's input has faults; the message lists every one of them."""


class InputRefused(Refused):
    """What lies under ``input/`` cannot be used: missing, unreadable, or too many rows refused."""


class TrainingDiverged(Refused):
    """The model's loss is no number, or larger than before any training."""


class QualityRefused(Refused):
    """The model ranks worse than the gate demands."""


class PublishRefused(Refused):
    """The lists are incomplete, wrong, or older than what is published already."""


REFUSALS: tuple[type[Refused], ...] = (
    RequestRefused,
    InputRefused,
    TrainingDiverged,
    QualityRefused,
    PublishRefused,
)


def refusal_in(cause: str) -> type[Refused] | None:
    """The refusal that a failed state's cause names, or None when something else broke.

    >>> refusal_in('{"errorMessage": "InputRefused: input/dataset.json is missing"}').__name__
    'InputRefused'
    >>> refusal_in("AccessDenied") is None
    True
    """
    found = [(cause.find(f"{refusal.__name__}: "), refusal) for refusal in REFUSALS]
    named = [pair for pair in found if pair[0] >= 0]
    return min(named, key=lambda pair: pair[0])[1] if named else None
