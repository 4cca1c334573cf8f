"""Parsing a training's log, with lines from published logs of real jobs."""

import math

from contract.training_log import EpochLoss, epoch_losses, held_out_loss, untrained_loss

REGRESSOR = """\
[11/23/2026 03:00:01 INFO 140] #quality_metric: host=algo-1, epoch=0, batch=0 train rmse <loss>=3.71
[11/23/2026 03:00:02 INFO 140] #quality_metric: host=algo-1, epoch=0, train rmse <loss>=1.25
[11/23/2026 03:00:02 INFO 140] #quality_metric: host=algo-1, epoch=0, train mse <loss>=1.5625
[11/23/2026 03:00:02 INFO 140] #quality_metric: host=algo-1, epoch=0, train absolute_loss <loss>=0.9
[11/23/2026 03:00:03 INFO 140] #quality_metric: host=algo-1, epoch=1, train rmse <loss>=9.5e-01
[11/23/2026 03:00:03 INFO 140] #quality_metric: host=algo-1, test rmse <loss>=1.07
[11/23/2026 03:00:03 INFO 140] #quality_metric: host=algo-1, test mse <loss>=1.1449
"""


def test_each_epochs_first_loss_is_read() -> None:
    assert epoch_losses(REGRESSOR) == [EpochLoss(1, "rmse", 1.25), EpochLoss(2, "rmse", 0.95)]
    assert (held_out_loss(REGRESSOR, "mse"), held_out_loss(REGRESSOR, "cross_entropy")) == (1.1449, None)
    assert (untrained_loss(REGRESSOR, "rmse"), untrained_loss(REGRESSOR, "mse")) == (3.71, None)


def test_lines_that_came_in_another_order_are_put_right() -> None:
    lines = REGRESSOR.splitlines()
    assert [one.epoch for one in epoch_losses("\n".join([lines[4], *lines[:4]]))] == [1, 2]


def test_a_loss_that_is_no_number_is_read_as_such() -> None:
    line = "#quality_metric: host=algo-1, epoch=0, train rmse <loss>="
    (nan,), (infinite,) = epoch_losses(f"{line}nan"), epoch_losses(f"{line}inf")
    assert math.isnan(nan.loss)
    assert infinite.loss == math.inf
