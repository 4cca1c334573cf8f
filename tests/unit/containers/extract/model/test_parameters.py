import sys
from pathlib import Path

import numpy as np
import pytest

from containers.extract.model.artifact import Artifact
from containers.extract.model.parameters import (
    ParametersError,
    Shape,
    check_meta,
    convert,
    from_arrays,
    read_parameters,
)
from tests.unit.containers.extract.artifacts import Numbers, meta, params_file

FEATURES, FACTORS = 7, 3
SHAPE = Shape(FEATURES, FACTORS, "binary_classifier")


def stripped(arrays):
    return {name.removeprefix("arg:"): np.asarray(array, np.float32) for name, array in arrays.items()}


@pytest.fixture
def numbers() -> Numbers:
    return Numbers.random(FEATURES, FACTORS)


def read(arrays, folder: Path, mxnet_python: str, shape: Shape = SHAPE):
    params = folder / "params"
    params.write_bytes(params_file(arrays, folder, mxnet_python))
    described = meta(shape.feature_dim, shape.factors, shape.predictor_type)
    return read_parameters(Artifact(params, described), shape, mxnet_python)


def same(model, numbers: Numbers) -> bool:
    return (
        np.array_equal(model.factors, numbers.v.astype(np.float32))
        and np.array_equal(model.linear, numbers.w.astype(np.float32))
        and model.bias == pytest.approx(numbers.w0)
    )


def test_mxnet_reads_row_sparse_parameters_and_a_missing_row_is_zero(numbers, tmp_path, mxnet_python):
    model = read(numbers.sparse_family(present=[0, 2, 3, 6]), tmp_path, mxnet_python)
    assert same(model, numbers.without_rows([1, 4, 5]))


def test_mxnet_reads_the_dense_family(numbers, tmp_path, mxnet_python):
    assert same(read(numbers.dense_family(), tmp_path, mxnet_python), numbers)


def test_dense_arrays_of_the_sparse_family_are_read_alike(numbers):
    assert same(from_arrays(stripped(numbers.sparse_family()), SHAPE), numbers)


@pytest.mark.parametrize("family", ["sparse_family", "dense_family"])
def test_families_are_distinguished_by_names_when_the_shapes_cannot(family):
    numbers = Numbers.random(4, 4)
    model = from_arrays(stripped(getattr(numbers, family)()), Shape(4, 4, "regressor"))
    assert same(model, numbers)


def test_the_factors_are_float32_and_contiguous(numbers):
    for family in (numbers.sparse_family(), numbers.dense_family()):
        model = from_arrays(stripped(family), SHAPE)
        assert model.factors.dtype == model.linear.dtype == np.float32
        assert model.factors.flags.c_contiguous


@pytest.mark.parametrize(
    ("family", "name"), [("sparse_family", "v"), ("dense_family", "v"), ("sparse_family", "w1_weight")]
)
def test_nan_and_inf_are_refused_with_the_arrays_name_and_how_many(numbers, family, name):
    arrays = stripped(getattr(numbers, family)())
    arrays[name].flat[:3] = [np.nan, np.nan, -np.inf]
    with pytest.raises(ParametersError, match=f"{name} holds 2 NaN and 1 Inf among {arrays[name].size} numbers"):
        from_arrays(arrays, SHAPE)


def test_a_bias_that_is_no_number_is_refused(numbers):
    arrays = stripped(numbers.sparse_family()) | {"w0_weight": np.array([np.inf], np.float32)}
    with pytest.raises(ParametersError, match="w0_weight holds 0 NaN and 1 Inf"):
        from_arrays(arrays, SHAPE)


@pytest.mark.parametrize("family", ["sparse_family", "dense_family"])
def test_another_number_of_features_is_refused(family):
    arrays = stripped(getattr(Numbers.random(8, FACTORS), family)())
    with pytest.raises(ParametersError, match=r"v is \(.*8.*\), but this run's model has \(.*7.*\); .*_weight is"):
        from_arrays(arrays, SHAPE)


def test_a_transposed_matrix_is_refused(numbers):
    arrays = stripped(numbers.sparse_family()) | {"v": numbers.v.T}
    with pytest.raises(ParametersError, match=r"v is \(3, 7\), but this run's model has \(7, 3\)"):
        from_arrays(arrays, SHAPE)


def test_several_biases_are_refused(numbers):
    arrays = stripped(numbers.sparse_family()) | {"w0_weight": np.zeros(2, np.float32)}
    with pytest.raises(ParametersError, match=r"w0_weight is \(2,\), but a model has one bias"):
        from_arrays(arrays, SHAPE)


def test_unknown_names_are_refused_and_listed():
    with pytest.raises(ParametersError, match="it holds fc1_weight, v"):
        from_arrays({"v": np.zeros(1), "fc1_weight": np.zeros(1)}, SHAPE)


def test_both_families_at_once_are_refused(numbers):
    with pytest.raises(ParametersError, match="Linear_Plus_Bias_bias"):
        from_arrays(stripped(numbers.sparse_family()) | stripped(numbers.dense_family()), SHAPE)


@pytest.mark.parametrize(
    ("name", "value"),
    [("feature_dim", "8"), ("num_factors", "64"), ("predictor_type", "regressor"), ("feature_dim", None)],
)
def test_the_description_of_another_model_is_refused(name, value):
    described = meta(FEATURES, FACTORS)
    described["training_parameters"][name] = value
    with pytest.raises(ParametersError, match=f"{name} is {value!r} in meta.json, but this run's model has"):
        check_meta(described, SHAPE)


def test_a_description_may_hold_numbers_as_numbers():
    check_meta(
        {"training_parameters": {"feature_dim": 7, "num_factors": 3, "predictor_type": "binary_classifier"}}, SHAPE
    )


def test_a_description_without_training_parameters_is_refused():
    with pytest.raises(ParametersError, match=r"meta\.json has no training_parameters; it has epoch"):
        check_meta({"epoch": 1}, SHAPE)


def test_a_file_that_mxnet_cannot_read_is_refused_with_its_words(tmp_path, mxnet_python):
    params = tmp_path / "params"
    params.write_bytes(b"no NDArrays at all")
    with pytest.raises(ParametersError, match=r"^params could not be read: MXNet cannot read it: .*[Ii]nvalid[^\n]*$"):
        convert(params, tmp_path / "out.npz", mxnet_python)


@pytest.mark.parametrize("interpreter", [None, ""])
def test_without_mxnets_interpreter_the_error_says_what_to_set(tmp_path, interpreter):
    with pytest.raises(
        ParametersError, match=r"MXNET_PYTHON is not set: .*containers/extract/mxnet/requirements\.lock"
    ):
        convert(tmp_path / "params", tmp_path / "out.npz", interpreter)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("kill -KILL $$", "MXNet's process was killed (SIGKILL), most likely because memory ran out"),
        (
            "echo 'std::bad_alloc' >&2; kill -ABRT $$",
            "MXNet's process was ended by SIGABRT, as by a damaged file: std::bad_",
        ),
        ("printf 'Traceback:\\n  File x\\nOSError: \\377\\n' >&2; exit 1", "params could not be read: OSError: \ufffd"),
        ("exit 3", "params could not be read: it printed nothing"),
        ("sleep 60", "MXNet had not ended after 0.5 s"),
    ],
)
def test_however_mxnets_process_ends_it_is_one_sentence_that_names_the_file(tmp_path, script, said):
    interpreter = tmp_path / "python"
    interpreter.write_text(f"#!/bin/sh\n{script}\n")
    interpreter.chmod(0o700)
    with pytest.raises(ParametersError) as refused:
        convert(tmp_path / "params", tmp_path / "out.npz", str(interpreter), most_seconds=0.5)
    assert said in str(refused.value)
    assert str(refused.value).startswith("params could not be read: ")
    assert "\n" not in str(refused.value)
    assert "Traceback" not in str(refused.value)


def test_an_environment_whose_numpy_mxnet_cannot_use_says_so(tmp_path):
    package = tmp_path / "mxnet"
    package.mkdir()
    (package / "__init__.py").write_text("import numpy\nnumpy.no_longer_there\n")
    interpreter = tmp_path / "python"
    interpreter.write_text(f'#!/bin/sh\nPYTHONPATH={tmp_path} exec {sys.executable} "$@"\n')
    interpreter.chmod(0o700)
    with pytest.raises(ParametersError, match=r"^params could not be read: MXNet cannot be imported: AttributeError: "):
        convert(tmp_path / "params", tmp_path / "out.npz", str(interpreter))


@pytest.mark.parametrize("written", [b"", b"PK\x03\x04 half a zip", b"no numpy file"])
def test_a_converted_file_that_is_damaged_is_named(tmp_path, written):
    interpreter = tmp_path / "python"
    (tmp_path / "made").write_bytes(written)
    interpreter.write_text(f'#!/bin/sh\ncp {tmp_path}/made "$3"\n')
    interpreter.chmod(0o700)
    artifact = Artifact(tmp_path / "params", meta(FEATURES, FACTORS, "binary_classifier"))
    with pytest.raises(ParametersError, match=r"^what MXNet made of params cannot be read: "):
        read_parameters(artifact, SHAPE, str(interpreter))


def test_an_interpreter_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ParametersError, match="MXNET_PYTHON='/nowhere/python' cannot be started"):
        convert(tmp_path / "params", tmp_path / "out.npz", "/nowhere/python")
