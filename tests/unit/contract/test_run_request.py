from types import NoneType
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import list_rules, quality_gate, run_request
from contract.refusal import RequestRefused
from contract.request_document import GateFactors, Request, Rules, SizedRequest

# For each field, invalid and valid values.
BAD: dict[str, list[Any]] = {
    "top_x": [0, 501, 1.5, 10.0, "10", True, None, float("nan")],
    "factors": [0, 1001, "64", None],
    "epochs": [0, 1001, 2.5, "many", False],
    "feedback": ["IMPLICIT", "", None, ["implicit"]],
    "hyperparameters": [
        None,
        [],
        {"epochs": 3},
        {"num_factors": 8},
        {"learning_rate": 0.1},
        {"factors_lr": -1},
        {"mini_batch_size": "1_000"},
        {"bias_init_scale": 0.1},
        {"eps": "inf"},
        {"mini_batch_size": "9" * 400},
    ],
    "popularity": [-0.1, 1.1, "0.5", float("nan")],
    "history_rank": [-1, 1025, 0.5, True, "auto"],
    "history_weight": [-0.1, 1.1, "1", float("nan")],
    "index_type": ["faiss.IVFPQ", "Flat", None],
    "exclude_seen": ["true", 1, None, {}, {"days": 0}, {"days": 36_501}, {"days": True}, {"days": 7, "weeks": 1}],
    "rules": [None, [], {"excluded": []}, {"only": []}, {"exclude": "a"}, {"exclude": [True]}, {"exclude_seen": 7}],
    "gate": [
        -1,
        101,
        "on",
        None,
        float("nan"),
        True,
        [1],
        {"baseline": "1"},
        {"champion": 101},
        {"champion": None},
        {"recall": 1},
    ],
    "force": [1, "true", None],
    "newest_within_days": [0, 36_501, 1.5, "7"],
    "dry_run": [0, "false", None],
    "seed": [-1, 2**31, 1.0],
    "prepare_instance_type": ["m5.xlarge", "ml.m5", "", 5, "ml.m5.xlarge "],
    "training_instance_type": ["ml.M5.xlarge"],
    "prepare_engine": ["", "Spark", True],
    "prepare_instance_count": [0, 21, None],
    "training_instance_count": [0, 21, "2"],
    "extract_instance_type": ["large"],
    "index_instance_type": [{}, None],
    "scores": ["", "binary", None, True],
    "transform_instance_type": ["ml..xlarge"],
    "transform_instance_count": [0, 21],
}
GOOD: dict[str, list[Any]] = {
    "top_x": [1, 500],
    "factors": [1, 1000],
    "epochs": [None, 1, 1000],
    "feedback": ["implicit", "explicit"],
    "hyperparameters": [{}, {"factors_lr": "0.01", "bias_init_method": "uniform", "bias_init_scale": 0.1}],
    "popularity": [None, 0, 1, 0.25],
    "history_rank": [None, 0, 1024],
    "history_weight": [None, 0, 0.5, 1],
    "index_type": ["faiss.Flat", "faiss.IVFFlat"],
    "exclude_seen": [True, False, {"days": 7}],
    "rules": [
        {},
        {"exclude": ["a", 7, {"column": "c", "values": ["x", 2]}], "only": None, "exclude_seen": {"days": 1}},
    ],
    "gate": [{"baseline": 0, "champion": 100}, {"baseline": 1.3, "champion": 0}, "off"],
    "force": [True, False],
    "newest_within_days": [None, 1, 36_500],
    "dry_run": [True, False],
    "seed": [0, 2**31 - 1],
    "prepare_engine": [None, "single", "spark"],
    "prepare_instance_count": [1, 20],
    "transform_instance_type": ["ml.c7i-flex.2xlarge", "ml.c5.xlarge"],
}


def test_an_empty_input_is_complete() -> None:
    values = run_request.parse({})
    assert values == {field.name: field.default for field in run_request.FIELDS}
    assert (values["top_x"], values["feedback"], values["dry_run"]) == (100, "implicit", False)
    assert values["gate"] == {"baseline": 1.0, "champion": 0.95}


def test_a_parsed_request_shares_nothing_with_the_defaults() -> None:
    run_request.parse({})["hyperparameters"]["eps"] = 1
    assert run_request.parse({})["hyperparameters"] == {}


@st.composite
def mixtures(draw: st.DrawFn) -> tuple[dict[str, Any], set[str]]:
    """An input with some valid fields, some invalid ones and some unknown ones; and the names of the invalid ones."""
    bad = draw(st.sets(st.sampled_from(sorted(BAD)), min_size=1))
    good = draw(st.sets(st.sampled_from(sorted(GOOD)))) - bad
    unknown = draw(st.sets(st.sampled_from(["topx", "Top_x", "epoch", "instance_type", "", "αβγ"])))
    values = {name: draw(st.sampled_from(BAD[name])) for name in sorted(bad)}
    values |= {name: draw(st.sampled_from(GOOD[name])) for name in sorted(good)}
    return values | dict.fromkeys(sorted(unknown), 1), bad | unknown


@given(mixtures())
def test_every_fault_is_reported_at_once_and_nothing_else(mixture: tuple[dict[str, Any], set[str]]) -> None:
    request, at_fault = mixture
    with pytest.raises(RequestRefused) as refusal:
        run_request.parse(request)
    message = str(refusal.value).removeprefix("RequestRefused: ")
    reported = {name for name in {*BAD, *request} if f"; {name} " in f"; {message}"}
    assert reported == at_fault


@given(st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in GOOD.items()}))
def test_good_fields_are_taken_as_they_are(request_given: dict[str, Any]) -> None:
    values = run_request.parse(request_given)
    assert {name: values[name] for name in request_given} == request_given


@pytest.mark.parametrize(
    ("gate", "baseline", "champion"),
    [(0, 0, 0.95), (1.3, 1.3, 0.95), ({}, 1.0, 0.95), ({"baseline": 2}, 2, 0.95), ({"champion": 0.5}, 1.0, 0.5)],
)
def test_a_gate_is_completed_by_the_defaults_and_a_number_is_the_baselines(
    gate: Any, baseline: float, champion: float
) -> None:
    assert run_request.parse({"gate": gate})["gate"] == {"baseline": baseline, "champion": champion}


def test_all_faults_of_a_gate_are_reported_together_with_those_of_other_fields() -> None:
    with pytest.raises(RequestRefused) as refusal:
        run_request.parse({"gate": {"baseline": -1, "champion": "x", "colour": 1}, "top_x": 0})
    for words in (
        "baseline must be a number 0..100, got -1",
        "champion must be",
        "got 'x'",
        "'colour' is not a rule",
        "top_x must",
    ):
        assert words in str(refusal.value)


@pytest.mark.parametrize("given_input", [None, [], "{}", 5])
def test_an_input_that_is_no_object_is_refused(given_input: object) -> None:
    with pytest.raises(RequestRefused, match="must be a JSON object"):
        run_request.parse(given_input)


def test_an_instance_type_that_the_job_does_not_have_is_reported_with_the_family_that_there_is() -> None:
    types = {"transform_instance_type": {"ml.c5.xlarge", "ml.c5.2xlarge", "ml.m5.large"}}
    with pytest.raises(RequestRefused) as refusal:
        run_request.parse({"transform_instance_type": "ml.c5.huge", "top_x": 0}, instance_types=types)
    assert "'ml.c5.huge'; this family has ml.c5.2xlarge, ml.c5.xlarge" in str(refusal.value)
    assert "top_x must be a whole number 1..500, got 0" in str(refusal.value)


def test_the_documentation_names_every_field_with_its_default_as_json() -> None:
    lines = run_request.documentation_table().splitlines()
    assert len(lines) == 2 + len(run_request.FIELDS)
    assert "| `epochs` | whole number or null | 1..1000 | `null` |" in "\n".join(lines)
    assert any(line.startswith("| `exclude_seen` |") and "| `true` |" in line for line in lines)
    assert all(line.count("|") == 6 for line in lines)


def test_every_field_but_those_about_the_run_itself_asks_for_other_lists() -> None:
    whole = run_request.parse({})
    about_the_run = {"force", "newest_within_days", "dry_run"}
    for field in run_request.FIELDS:
        other = {**whole, field.name: "another"}
        assert run_request.asks_for_the_same(whole, other) is (field.name in about_the_run), field.name
        older = {name: value for name, value in whole.items() if name != field.name}
        assert run_request.asks_for_the_same(whole, older) is (field.name in about_the_run), field.name


@pytest.mark.parametrize("document", [Request, SizedRequest])
def test_the_document_has_the_fields_of_the_table(document: Any) -> None:
    names = {field.name for field in run_request.FIELDS}
    assert (document.__required_keys__, document.__optional_keys__) == (names, frozenset())


@pytest.mark.parametrize("field", run_request.FIELDS, ids=lambda field: field.name)
def test_a_fields_type_in_the_document_is_that_of_the_table(field: run_request.Field) -> None:
    simple = {"whole number": int, "number": float, "text": str, "true or false": bool}
    declared = get_type_hints(Request)[field.name]
    assert (NoneType in get_args(declared)) is (field.rule.fault(None) is None)
    kind = simple.get(field.rule.type.removesuffix(" or null"))
    assert kind is None or declared in (kind, kind | None)


def test_the_rules_document_has_the_rules() -> None:
    assert set(Rules.__annotations__) == set(list_rules.FIELDS)


def test_the_gates_document_has_the_rules_of_the_gate() -> None:
    assert set(GateFactors.__annotations__) == set(quality_gate.DEFAULT)
