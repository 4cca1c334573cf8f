"""Surprise's SVD (Funk's, with biases) on two files: python svd.py TRAINING TESTING, in its own environment.

Both are CSV without a header: user, item, rating. The settings are the best of ``_SETTINGS``, which include the
library's defaults, on a tenth of TRAINING. Prints them and the RMSE on TESTING for three seeds, as JSON.
"""

import csv
import json
import sys
from pathlib import Path

from surprise import SVD, Dataset, Reader, accuracy
from surprise.model_selection import PredefinedKFold, train_test_split

_SEEDS = (0, 1, 2)
_SETTINGS = (
    {},
    {"n_factors": 50, "n_epochs": 30, "reg_all": 0.05},
    {"n_factors": 50, "n_epochs": 50, "reg_all": 0.08},
    {"n_factors": 100, "n_epochs": 50, "lr_all": 0.01, "reg_all": 0.1},
)


def main(training: str, testing: str) -> None:
    """Print ``{"setting": …, "rmse": [of each seed]}``."""
    with Path(training).open(encoding="utf-8", newline="") as stream:
        ratings = [float(rating) for _, _, rating in csv.reader(stream)]
    reader = Reader(line_format="user item rating", sep=",", rating_scale=(min(ratings), max(ratings)))
    earlier, later = train_test_split(Dataset.load_from_file(training, reader), test_size=0.1, random_state=0)
    best = min(_SETTINGS, key=lambda setting: _error(setting, earlier, later, seed=0))
    known, wanted = next(PredefinedKFold().split(Dataset.load_from_folds([(training, testing)], reader)))
    print(json.dumps({"setting": best, "rmse": [_error(best, known, wanted, seed=seed) for seed in _SEEDS]}))


def _error(setting, training, testing, *, seed):
    return accuracy.rmse(SVD(random_state=seed, **setting).fit(training).test(testing), verbose=False)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
