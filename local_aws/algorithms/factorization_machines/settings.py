"""Parses the training job's hyperparameters from the strings of hyperparameters.json."""

from collections.abc import Mapping
from dataclasses import dataclass

from sagemaker_contract.fm_hyperparameters import GROUPS, HYPERPARAMETERS, faults

# MXNet's Adam, which SageMaker's start-up log names; each group's rate and decay are multiplied by a base of 1.0.
_FIXED = {"_optimizer": "adam", "_learning_rate": "1.0", "_wd": "1.0", "use_bias": "true", "use_linear": "true"}
_DEFAULT_EPS = 1e-8
_PARAMETER_OF_METHOD = {"normal": "sigma", "uniform": "scale", "constant": "value"}


class ClientError(Exception):
    """The job's request or data is invalid; the message says what to fix."""


@dataclass(frozen=True)
class Group:
    """One group of parameters: how it is initialized and how it learns."""

    lr: float
    wd: float
    init_method: str
    init_parameter: float  # sigma, scale or value, depending on the method


@dataclass(frozen=True)
class Settings:
    """Every hyperparameter, parsed; ``clip_gradient`` is None if gradients are not clipped."""

    feature_dim: int
    num_factors: int
    binary_classifier: bool
    epochs: int
    mini_batch_size: int
    bias: Group
    linear: Group
    factors: Group
    clip_gradient: float | None
    eps: float
    rescale_grad: float
    wire: dict[str, str]  # every hyperparameter with a value, as text


def decode(given: Mapping[str, str]) -> Settings:
    """The settings in ``hyperparameters.json``, with SageMaker's defaults.

    ``rescale_grad`` defaults to 1 / mini_batch_size, also for a shorter last batch, as in MXNet's Module. A
    ``clip_gradient`` of zero or less means no clipping, as in MXNet.

    Raises:
        ClientError: with every error in one message.
    """
    found = faults(given)
    if HYPERPARAMETERS["feature_dim"].fault(given.get("feature_dim", "1")) is None:
        found += _too_wide(int(given.get("feature_dim", "1")))
    defaults = {name: known.default for name, known in HYPERPARAMETERS.items() if known.default is not None}
    values = {**{name: text for name, text in defaults.items() if not name.endswith("_sigma")}, **given}
    for group in GROUPS:
        method = values[f"{group}_init_method"]
        wanted = f"{group}_init_{_PARAMETER_OF_METHOD.get(method, 'sigma')}"
        if wanted not in values and wanted in defaults:
            values[wanted] = defaults[wanted]
        if wanted not in values:
            found.append(f"{wanted} is missing; {group}_init_method {method} needs it")
    if found:
        raise ClientError(f"hyperparameters: {'; '.join(found)}")
    clip = float(values.get("clip_gradient", 0))
    return Settings(
        feature_dim=int(values["feature_dim"]),
        num_factors=int(values["num_factors"]),
        binary_classifier=values["predictor_type"] == "binary_classifier",
        epochs=int(values["epochs"]),
        mini_batch_size=int(values["mini_batch_size"]),
        bias=_group(values, "bias"),
        linear=_group(values, "linear"),
        factors=_group(values, "factors"),
        clip_gradient=clip if clip > 0 else None,
        eps=float(values.get("eps", _DEFAULT_EPS)),
        rescale_grad=float(values["rescale_grad"]) if "rescale_grad" in values else 1 / int(values["mini_batch_size"]),
        wire={**_FIXED, **values},
    )


def _too_wide(feature_dim: int) -> list[str]:
    # Keys are held as int32.
    return [] if feature_dim < 2**31 else [f"feature_dim must be below 2^31 for the stand-in, got {feature_dim}"]


def _group(values: Mapping[str, str], name: str) -> Group:
    method = values[f"{name}_init_method"]
    return Group(
        lr=float(values[f"{name}_lr"]),
        wd=float(values[f"{name}_wd"]),
        init_method=method,
        init_parameter=float(values[f"{name}_init_{_PARAMETER_OF_METHOD[method]}"]),
    )
