"""How the job ends when it fails: exit code 1, and a message that SageMaker shows."""

from containers.extract.__main__ import main
from tests.unit.containers.extract.started_job import run_job
from tests.unit.containers.extract.world import World


def test_a_failure_ends_with_exit_1_and_a_message_that_says_what_to_fix(tmp_path):
    world = World.random(8, 6)
    paths = world.write(tmp_path / "opt")
    world.write_model(paths, b"never read")
    job = run_job(paths, mxnet_python=None)
    assert job.returncode == 1
    assert "Traceback" in job.stderr
    assert paths.message.read_text().startswith("ParametersError: MXNET_PYTHON is not set")


def test_a_job_without_a_pass_ends_with_the_choices(tmp_path):
    paths = World.random(8, 6).write(tmp_path / "opt")
    assert run_job(paths, mxnet_python=None, which="both").returncode == 1
    reported = "RunInputError: PASS must be one of evaluate, publish in the job's Environment, got 'both'"
    assert paths.message.read_text() == reported


def test_a_long_message_is_cut_to_what_sagemaker_keeps(tmp_path, monkeypatch, capsys):
    world = World.random(8, 6)
    paths = world.write(tmp_path / "opt")
    world.write_model(paths, b"never read", feature_dim="ü" * 4_000)
    monkeypatch.setenv("OPT_ML", str(paths.root))
    monkeypatch.setenv("PASS", "evaluate")
    assert main([]) == 1
    assert "Traceback" in capsys.readouterr().err
    message = paths.message.read_bytes()
    assert 1_000 < len(message) <= 1_024
    assert message.decode().startswith("ParametersError: feature_dim is 'ü")
