"""The secret of a home: created once, for its owner only, and replaced if it is not trustworthy."""

import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from local_aws import home_secret
from local_aws.engine_home import EngineHome


@pytest.fixture(params=[0o000, 0o022, 0o077], autouse=True)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(home: EngineHome) -> int:
    return stat.S_IMODE(home.secret.stat().st_mode)


def test_is_made_once_for_each_home_and_for_its_owner_alone(home: EngineHome) -> None:
    key = home_secret.administrator(home)
    assert mode(home) == 0o600
    assert home_secret.administrator(home) == key
    other = home_secret.administrator(EngineHome(home.root / "other"))
    assert key.access_key != other.access_key
    assert key.secret_key != other.secret_key
    assert not list(home.engine.glob("*.draft"))


def test_has_256_bits_and_a_key_of_the_form_that_aws_gives(home: EngineHome) -> None:
    key = home_secret.administrator(home)
    assert len(bytes.fromhex(home.secret.read_text())) == 32
    assert (len(key.access_key), key.access_key[:4], len(key.secret_key)) == (20, "AKIA", 40)
    assert key.secret_key not in repr(key)
    assert home.secret.read_text().strip() not in key.access_key + key.secret_key


def test_one_that_cannot_be_relied_on_is_replaced(home: EngineHome) -> None:
    key = home_secret.administrator(home)
    whole = home.secret.read_text()
    for content in [whole[:length] for length in range(len(whole))] + ["\0" * 65, whole * 2, "no secret at all"]:
        home.secret.write_text(content)
        made = home_secret.administrator(home)
        assert (made != key, mode(home)) == (True, 0o600), content
        assert home_secret.administrator(home) == made


@pytest.mark.parametrize("readable", [0o640, 0o604, 0o620, 0o666])
def test_one_that_others_could_read_or_write_is_replaced(readable: int, home: EngineHome) -> None:
    key = home_secret.administrator(home)
    home.secret.chmod(readable)
    assert home_secret.administrator(home) != key
    assert mode(home) == 0o600


def test_those_who_make_it_at_once_have_the_same(home: EngineHome) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: home_secret.administrator(home), range(32)))) == 1
