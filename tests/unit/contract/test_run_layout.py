import re
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from contract import run_layout

# botocore's patterns of job and model names, which may have 63 characters.
JOB_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
MODEL_NAME = re.compile(r"[a-zA-Z0-9]([\-a-zA-Z0-9]*[a-zA-Z0-9])?")
UUID = "7a1c8a52-5b0b-4f2e-9d68-3c0f2b3d4e5f"

moments = st.datetimes(datetime(2001, 1, 1), datetime(2999, 1, 1))
arns = st.text(min_size=1)


@given(moments, moments, arns, arns)
def test_ids_sort_by_the_time_of_the_start(one: datetime, other: datetime, arn: str, other_arn: str) -> None:
    ids = [run_layout.run_id_of(arn, f"{one.isoformat()}Z"), run_layout.run_id_of(other_arn, f"{other.isoformat()}Z")]
    if one.replace(microsecond=one.microsecond // 1000 * 1000) < other.replace(
        microsecond=other.microsecond // 1000 * 1000
    ):
        assert ids[0] < ids[1]
    assert all(run_layout.RUN_ID.fullmatch(run_id) for run_id in ids)


@given(moments, st.integers(-12 * 60, 14 * 60), arns)
def test_an_id_does_not_depend_on_the_clock_s_zone(moment: datetime, minutes: int, arn: str) -> None:
    utc = moment.replace(tzinfo=UTC)
    elsewhere = utc.astimezone(timezone(timedelta(minutes=minutes)))
    assert run_layout.run_id_of(arn, utc.isoformat()) == run_layout.run_id_of(arn, elsewhere.isoformat())


@given(moments, arns, st.sampled_from(["pr", "fm", "ex", "rf", "rx", "nn", "tr", "oc"]))
def test_job_and_model_names_are_legal_and_in_lower_case(moment: datetime, arn: str, stage: str) -> None:
    base = run_layout.job_base(stage, run_layout.run_id_of(arn, moment.replace(tzinfo=UTC).isoformat()))
    name = f"{base}-{UUID}"
    assert base.startswith("topx-")
    assert base.startswith(run_layout.job_names(stage))
    assert len(base) <= 26
    assert len(name) <= 63
    assert name == name.lower()
    assert JOB_NAME.fullmatch(name)
    assert MODEL_NAME.fullmatch(name)


def test_two_executions_of_one_moment_have_two_ids() -> None:
    started = "2026-11-23T03:00:00.120Z"
    assert run_layout.run_id_of("arn:a", started) != run_layout.run_id_of("arn:b", started)


def test_only_the_user_rows_lie_under_the_transform_s_prefix() -> None:
    layout = run_layout.RunLayout("bucket", "20261123t030000120-a9711f")
    others = [layout.item_vectors, layout.neighbours, layout.knn_output, layout.fm_output, layout.index, layout.train]
    assert not [folder for folder in others if folder.startswith(layout.user_vectors)]
    assert layout.uri(layout.plan) == "s3://bucket/runs/20261123t030000120-a9711f/plan.json"
