"""``vectors/explanation.npz``: what is needed, besides the vectors, to explain a published score.

NumPy arrays of float32, by the names below. An item's row has its factors, one more number, and, if the run has one,
the history block of ``rank`` columns (containers/extract/model/vectors.py has the formulas).
"""

FEATURES = "features"
"""(columns of side features, factors + 1): v_j of each column, followed by w_j."""

POPULARITY = "popularity"
"""(items,): the part of the number after an item's factors that its popularity adds."""

HISTORY_WEIGHTS = "history_weights"
"""(rank,): g s² / (s² + λ) / c of each column; (0,) without a history block."""

HISTORY_SHARES = "history_shares"
"""(items,): for item j, ``share_j * sum(row_j * weights * row_i)`` over the block's columns is what having j adds to a
user's score of i. The sum over all items that the user has is the block's contribution to the score. (0,) without a
history block.
"""
