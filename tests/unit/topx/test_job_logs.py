"""Finding a job's log, and the training's progress in it."""

import os
from pathlib import Path

from topx.job_logs import FolderLogs, Job, TrainingProgress, training_progress
from workflow.failed_run import FailedRun

LOG = """\
[11/23/2026 03:00:01 INFO 140] #quality_metric: host=algo-1, epoch=0, batch=0 train rmse <loss>=3.71
[11/23/2026 03:00:02 INFO 140] #quality_metric: host=algo-1, epoch=0, train rmse <loss>=1.25
[11/23/2026 03:00:02 INFO 140] #quality_metric: host=algo-1, epoch=0, train mse <loss>=1.5625
[03:00:03 INFO 140] #quality_metric: host=algo-1, epoch=1, train binary_classification_cross_entropy <loss>=4.5e-01
[11/23/2026 03:00:03 INFO 140] #quality_metric: host=algo-1, test rmse <loss>=9.0
"""


def test_the_last_epochs_training_loss_is_the_progress() -> None:
    assert training_progress(LOG) == TrainingProgress(epoch=2, loss=0.45)
    assert training_progress("\n".join(LOG.splitlines()[:2])) == TrainingProgress(epoch=1, loss=1.25)


def test_there_is_no_progress_before_the_first_epoch() -> None:
    assert training_progress("") is None
    assert training_progress(LOG.splitlines()[0]) is None  # a batch's
    assert training_progress("#quality_metric: host=algo-1, test rmse <loss>=9.0") is None


def test_the_newest_job_of_a_base_is_read(tmp_path: Path) -> None:
    for age, name in ((300, "fm-a-1"), (100, "fm-a-2"), (0, "fm-b-1")):
        (tmp_path / name).mkdir()
        log = tmp_path / name / "log.txt"
        log.write_text(name, encoding="utf-8")
        os.utime(log, (1_000_000 - age, 1_000_000 - age))
    logs = FolderLogs(tmp_path)
    assert logs.text(Job("Training", "fm-a")) == "fm-a-2"
    assert logs.text(Job("Training", "nn-a")) == ""
    run = FailedRun("arn:aws:states:x:1:execution:t:n", "r1", "FAILED")
    files = {"Files of the run": "s3://b/runs/r1/"}
    assert logs.places(run, "b", Job("Training", "fm-a")) == {
        **files,
        "Log of its job": str(tmp_path / "fm-a-2" / "log.txt"),
    }
    assert logs.places(run, "b", Job("Training", "nn-a")) == logs.places(run, "b", None) == files
