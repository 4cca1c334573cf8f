"""The hyperparameters of SageMaker's factorization machines, and their valid values.

Source: "Factorization Machines Hyperparameters" in the SageMaker developer guide. Values are
strings on the wire.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

GROUPS = ("bias", "linear", "factors")
_WIRE_NUMBER = {
    "int": re.compile(r"[+-]?[0-9]+"),
    "float": re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?(nan|inf|infinity)", re.IGNORECASE),
}


@dataclass(frozen=True)
class Hyperparameter:
    """One hyperparameter: its kind, its lower bound or choices, and SageMaker's default."""

    kind: str  # "int", "float" or "choice"
    default: str | None = None  # None: no default in SageMaker
    minimum: float | None = None
    choices: tuple[str, ...] = ()

    def fault(self, value: object) -> str | None:
        """Why ``value`` is invalid, or None."""
        text = wire_value(value)
        if self.kind == "choice":
            return None if text in self.choices else f"must be one of {', '.join(self.choices)}, got {value!r}"
        # Python accepts 1_000 and Arabic digits as numbers; SageMaker's containers may not.
        if not _WIRE_NUMBER[self.kind].fullmatch(text):
            return f"must be {'a whole number' if self.kind == 'int' else 'a number'}, got {value!r}"
        number = float(text)
        if not math.isfinite(number):
            return f"must be finite, got {value!r}"
        if self.minimum is not None and number < self.minimum:
            return f"must be at least {self.minimum:g}, got {value!r}"
        return None


def wire_value(value: object) -> str:
    """A hyperparameter's value in SageMaker's form: text.

    >>> wire_value(0.003), wire_value(True), wire_value("adam")
    ('0.003', 'true', 'adam')
    """
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else repr(value) if isinstance(value, float) else str(value)


def _group(name: str, rate: str, decay: str, sigma: str) -> dict[str, Hyperparameter]:
    return {
        f"{name}_lr": Hyperparameter("float", rate, 0),
        f"{name}_wd": Hyperparameter("float", decay, 0),
        f"{name}_init_method": Hyperparameter("choice", "normal", choices=("normal", "uniform", "constant")),
        f"{name}_init_sigma": Hyperparameter("float", sigma, 0),
        f"{name}_init_scale": Hyperparameter("float", None, 0),
        f"{name}_init_value": Hyperparameter("float"),
    }


HYPERPARAMETERS: dict[str, Hyperparameter] = {
    "feature_dim": Hyperparameter("int", None, 1),
    "num_factors": Hyperparameter("int", None, 1),
    "predictor_type": Hyperparameter("choice", choices=("binary_classifier", "regressor")),
    "epochs": Hyperparameter("int", "1", 1),
    "mini_batch_size": Hyperparameter("int", "1000", 1),
    **_group("bias", "0.1", "0.01", "0.01"),
    **_group("linear", "0.001", "0.001", "0.01"),
    **_group("factors", "0.0001", "0.00001", "0.001"),
    "clip_gradient": Hyperparameter("float"),
    "eps": Hyperparameter("float"),
    "rescale_grad": Hyperparameter("float"),
}
REQUIRED = ("feature_dim", "num_factors", "predictor_type")


def faults(values: Mapping[str, object], *, complete: bool = True) -> list[str]:
    """All errors in a set of hyperparameters, in the set's own order.

    ``complete``: also require the mandatory ones; without it, the set contains overrides.
    """
    found = [f"{name} is missing" for name in REQUIRED if complete and name not in values]
    for name, value in values.items():
        known = HYPERPARAMETERS.get(name)
        fault = known.fault(value) if known else "is not a hyperparameter of factorization machines"
        if fault:
            found.append(f"{name} {fault}")
    for group in GROUPS:
        method = values.get(f"{group}_init_method", "normal")
        for name, wanted in (("init_sigma", "normal"), ("init_scale", "uniform"), ("init_value", "constant")):
            if f"{group}_{name}" in values and method != wanted:
                found.append(f"{group}_{name} is valid only with {group}_init_method {wanted}, which is {method!r}")
    return found
