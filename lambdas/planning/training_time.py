"""How long SageMaker's factorization machines may train, by the size of the data, and the batch that this allows.

Two measurements stand behind it (docs/decisions/0250-training-time.md). A log of SageMaker's own container has 215,000
records a second: two features each, 64 factors, 2,600 features in all, on ml.c4.xlarge. MXNet 1.9.1 as it is published
is as fast there, but slows down as features grow: after each batch its optimizer goes over every parameter, 3.9 ns for
each. Whether SageMaker's build does so is not known. So there are two estimates, without that and with it.
"""

from dataclasses import dataclass

from contract.documents import Summary, TrainingFiles
from contract.outcome_documents import TrainingSeconds
from contract.refusal import RequestRefused
from contract.request_document import Request
from lambdas.planning import job_volumes
from sagemaker_contract import fm_hyperparameters

# What a training job may take.
MOST_SECONDS = 82_800
_RECORDS_A_SECOND = 215_000
_LOGGED_FACTORS = 64
_LOGGED_FEATURES = 2
_SECONDS_A_PARAMETER = 3.9e-9
# The recipe's batch, and those for data that might train too long with it.
_BATCHES = (1_000, 2_000, 4_000, 8_000, 16_000)
# What keeps its effect over an epoch only if it shrinks as the batch grows.
_A_BATCH = ("linear_wd", "factors_wd")


@dataclass(frozen=True)
class TrainingSize:
    """What the time of one training depends on.

    ``keys`` are the features of an example: its user, its item and what is known of them.
    """

    examples: int
    keys: int
    feature_dim: int
    factors: int
    epochs: int
    hosts: int

    @classmethod
    def of(cls, request: Request, summary: Summary, files: TrainingFiles, epochs: int) -> "TrainingSize":
        """The size of a training on these files."""
        known = (field["type"] for fields in summary["features"].values() for field in fields)
        return cls(
            files["examples"],
            _LOGGED_FEATURES + job_volumes.side_keys(known),
            summary["feature_dim"],
            request["factors"],
            epochs,
            request["training_instance_count"],
        )

    def seconds(self, batch: int) -> TrainingSeconds:
        """How long it trains with batches of so many examples; some minutes for starting the instance come on top."""
        visits = self.examples * self.epochs / self.hosts
        work = self.keys / _LOGGED_FEATURES * self.factors / _LOGGED_FACTORS
        least = visits * work / _RECORDS_A_SECOND
        sweeps = visits / batch * self.feature_dim * (self.factors + 1) * _SECONDS_A_PARAMETER
        return TrainingSeconds(least=round(least), most=round(least + sweeps))

    def require_time(self, batch: int) -> TrainingSeconds:
        """The same, of a training that may end in time.

        Raises:
            RequestRefused: when even the shorter estimate is more than a training job may take.
        """
        found = self.seconds(batch)
        if found["least"] > MOST_SECONDS:
            fitting = self.epochs * MOST_SECONDS // found["least"]
            fewer = f"set epochs to at most {fitting}, or " if fitting else ""
            raise RequestRefused(
                f"training would take {found['least'] / 3600:.0f} hours, and a training job may take "
                f"{MOST_SECONDS / 3600:.0f}: {self.examples:,} examples, {self.epochs} epochs, {self.factors} factors, "
                f"some {_RECORDS_A_SECOND:,} examples of {_LOGGED_FACTORS} factors a second; {fewer}leave out the "
                "oldest interactions (where in dataset.json)"
            )
        return found


def fit_batch(values: dict[str, str], sizes: list[TrainingSize]) -> None:
    """Set ``mini_batch_size`` to the smallest with which even the longer estimates of all trainings fit into a job.

    The largest one where none does. Weight decay shrinks as the batch grows: it is applied after each batch.
    """
    batch = next((b for b in _BATCHES if all(size.seconds(b)["most"] <= MOST_SECONDS for size in sizes)), _BATCHES[-1])
    values["mini_batch_size"] = str(batch)
    if batch > _BATCHES[0]:
        for name in _A_BATCH:
            values[name] = fm_hyperparameters.wire_value(float(values[name]) * _BATCHES[0] / batch)
