import json

import pytest

from contract.refusal import REFUSALS, PublishRefused, Refused, refusal_in


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refusal_is_found_in_every_form_that_an_engine_reports_it(refusal: type[Refused]) -> None:
    message = str(refusal("because"))
    assert message == f"{refusal.__name__}: because"
    lambda_cause = json.dumps({"errorMessage": message, "errorType": refusal.__name__})
    assert refusal_in(lambda_cause) is refusal
    assert refusal_in(message) is refusal


def test_the_first_name_counts_when_one_refusal_cites_another() -> None:
    assert refusal_in("PublishRefused: after InputRefused: x") is PublishRefused


def test_what_broke_is_no_refusal() -> None:
    assert refusal_in("States.Timeout") is None
