"""Parsing hyperparameters."""

import pytest

from local_aws.algorithms.factorization_machines.settings import ClientError, Group, decode
from sagemaker_contract.fm_hyperparameters import HYPERPARAMETERS

REQUIRED = {"feature_dim": "10", "num_factors": "2", "predictor_type": "regressor"}


def test_what_is_not_given_has_sagemakers_default() -> None:
    settings = decode(REQUIRED)
    assert (settings.epochs, settings.mini_batch_size, settings.binary_classifier) == (1, 1000, False)
    assert settings.bias == Group(0.1, 0.01, "normal", 0.01)
    assert settings.linear == Group(0.001, 0.001, "normal", 0.01)
    assert settings.factors == Group(0.0001, 0.00001, "normal", 0.001)
    assert (settings.clip_gradient, settings.eps, settings.rescale_grad) == (None, 1e-8, 0.001)


def test_every_hyperparameter_is_decoded() -> None:
    given = {
        **REQUIRED, "predictor_type": "binary_classifier", "epochs": "3", "mini_batch_size": "50",
        "bias_lr": "1", "bias_wd": "2", "bias_init_method": "uniform", "bias_init_scale": "3",
        "linear_lr": "4", "linear_wd": "5", "linear_init_method": "constant", "linear_init_value": "-6",
        "factors_lr": "7", "factors_wd": "8", "factors_init_method": "normal", "factors_init_sigma": "9",
        "clip_gradient": "0.5", "eps": "1e-6", "rescale_grad": "0.25",
    }  # fmt: skip
    unused = {"bias_init_sigma", "bias_init_value", "linear_init_sigma", "linear_init_scale"}
    assert set(given) == set(HYPERPARAMETERS) - unused - {"factors_init_scale", "factors_init_value"}
    settings = decode(given)
    assert (settings.epochs, settings.mini_batch_size, settings.binary_classifier) == (3, 50, True)
    assert settings.bias == Group(1, 2, "uniform", 3)
    assert settings.linear == Group(4, 5, "constant", -6)
    assert settings.factors == Group(7, 8, "normal", 9)
    assert (settings.clip_gradient, settings.eps, settings.rescale_grad) == (0.5, 1e-6, 0.25)
    assert given.items() <= settings.wire.items()
    assert "bias_init_sigma" not in settings.wire


def test_all_faults_are_reported_at_once() -> None:
    with pytest.raises(ClientError) as refused:
        decode({"feature_dim": str(2**31), "num_factors": "two", "linear_init_method": "uniform", "depth": "3"})
    message = str(refused.value)
    for fault in (
        "predictor_type is missing",
        "feature_dim must be below 2^31 for the stand-in, got 2147483648",
        "num_factors must be a whole number, got 'two'",
        "linear_init_scale is missing; linear_init_method uniform needs it",
        "depth is not a hyperparameter of factorization machines",
    ):
        assert fault in message
