"""A short version of ``python -m faults.fuzzed_inputs``, and a test that it detects errors."""

from collections import Counter

import pytest

from faults import fuzzed_inputs
from faults.csv_account import account
from faults.made_inputs import MAKERS, Made


def test_nothing_is_lost_of_fuzzed_inputs(capsys: pytest.CaptureFixture[str]) -> None:
    # A process that runs other tests may have used more memory before.
    fuzzed_inputs.held(8, 6 * len(MAKERS))
    assert "48 inputs tried, 48 held" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (Made("", b"user,item\nu,i\n", counts=Counter(accepted=2)), "{'accepted': 1} too few"),
        (Made("", b"user,item\nu,i\nu\n", counts=Counter(accepted=1)), "{'too few fields': 1} too many"),
        (Made("", b"user,item\nu,i\n", fault=True), "where there should be one"),
        (Made("", b"user,thing\nu,i\n"), "where there should be none"),
        (Made("", b"user,item\n", {"format": "none"}), "InputRefused: "),
    ],
)
def test_a_loss_is_reported(made: Made, words: str) -> None:
    assert words in fuzzed_inputs.loss(made)


def test_the_account_of_csv() -> None:
    text = 'u,i\n"a""b",NULL\n"u"x,i\nu\nu,i,j\n,i\n  ,i\n,,\n\n"two\nlines",i\r\n"open,i\nu,i'
    assert account(text, 0, 1, 2, ["NULL"]) == Counter(
        {
            "accepted": 3,
            "missing item id (a null marker)": 1,
            "broken quoting": 2,
            "too few fields": 1,
            "too many fields": 1,
            "missing user id": 1,
            "blank user id": 1,
        }
    )
