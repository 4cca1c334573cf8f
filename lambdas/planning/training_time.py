"""How long SageMaker's factorization machines will train, by the size of the data, and the batch size that fits.

It is based on two measurements (docs/decisions/0250-training-time.md). A log of SageMaker's own container shows 215,000
records a second: two features each, 64 factors, 2,600 features in all, on ml.c4.xlarge. The published MXNet 1.9.1 is as
fast there, but slows down as the number of features grows: after each batch its optimizer updates every parameter, 3.9
ns for each. Whether SageMaker's build does so is unknown. So there are two estimates, without and with it.
"""

from dataclasses import dataclass

from contract.documents import Summary, TrainingFiles
from contract.outcome_documents import TrainingSeconds
from contract.refusal import RequestRefused
from contract.request_document import Request
from lambdas.planning import job_times, job_volumes
from sagemaker_contract import fm_hyperparameters

_RECORDS_A_SECOND = 215_000
_LOGGED_FACTORS = 64
_LOGGED_FEATURES = 2
_SECONDS_A_PARAMETER = 3.9e-9
# The recipe's batch size, and those for data that might train too long with it.
_BATCHES = (1_000, 2_000, 4_000, 8_000, 16_000)
# Hyperparameters that must shrink as the batch grows to have the same effect over an epoch.
_A_BATCH = ("linear_wd", "factors_wd")


@dataclass(frozen=True)
class TrainingSize:
    """What the time of one training depends on.

    ``keys`` are the features of an example (its user, its item and their side features): least and most.
    """

    examples: int
    keys: tuple[int, int]
    feature_dim: int
    factors: int
    epochs: int
    hosts: int
    spot: bool = False

    @classmethod
    def of(cls, request: Request, summary: Summary, files: TrainingFiles, epochs: int) -> "TrainingSize":
        """The size of a training on these files."""
        known = [field["type"] for fields in summary["features"].values() for field in fields]
        return cls(
            files["examples"],
            (_LOGGED_FEATURES + len(known), _LOGGED_FEATURES + job_volumes.side_keys(known)),
            summary["feature_dim"],
            request["factors"],
            epochs,
            request["training_instance_count"],
            request["spot"],
        )

    def seconds(self, batch: int) -> TrainingSeconds:
        """The training time with this batch size, without the minutes for starting the instance."""
        visits = self.examples * self.epochs / self.hosts
        work = visits * self.factors / _LOGGED_FACTORS / _RECORDS_A_SECOND
        least, most = (work * keys / _LOGGED_FEATURES for keys in self.keys)
        updates = visits / batch * self.feature_dim * (self.factors + 1) * _SECONDS_A_PARAMETER
        return TrainingSeconds(least=round(least), most=round(most + updates))

    def ends(self, batch: int) -> bool:
        """Whether even the longer estimate is within the job's time limit."""
        return self.seconds(batch)["most"] <= self._limit

    def require_time(self, batch: int) -> TrainingSeconds:
        """The estimates, if the training may end in time.

        Raises:
            RequestRefused: if even the shorter one exceeds the job's time limit.
        """
        found = self.seconds(batch)
        if found["least"] > self._limit:
            fitting = self.epochs * self._limit // found["least"]
            remedies = [
                *([f"set epochs to at most {fitting}"] if fitting else []),
                *(["set spot to false"] if self.spot else []),
                "leave out the oldest interactions (where in dataset.json)",
                "name a training_instance_type that you know to be fast enough, whose time is not checked",
            ]
            raise RequestRefused(
                f"training would take at least {found['least'] / 3600:.1f} hours, and {self._job} may take "
                f"{self._limit / 3600:g}: {self.examples:,} examples, {self.epochs} epoch{'s' * (self.epochs > 1)}, "
                f"{self.factors} factors, at "
                f"{_RECORDS_A_SECOND:,} examples of {_LOGGED_FACTORS} factors a second; {', or '.join(remedies)}"
            )
        return found

    @property
    def _limit(self) -> int:
        return job_times.most_training_seconds(spot=self.spot)

    @property
    def _job(self) -> str:
        return "one on spare capacity" if self.spot else "a training job"


def fit_batch(values: dict[str, str], sizes: list[TrainingSize]) -> None:
    """Set ``mini_batch_size`` to the smallest with which the longer estimates of all trainings are within the limit.

    If none is, use the largest. Weight decay shrinks as the batch grows, because it is applied after each batch.
    """
    batch = next((batch for batch in _BATCHES if all(size.ends(batch) for size in sizes)), _BATCHES[-1])
    values["mini_batch_size"] = str(batch)
    if batch > _BATCHES[0]:
        for name in _A_BATCH:
            values[name] = fm_hyperparameters.wire_value(float(values[name]) * _BATCHES[0] / batch)
