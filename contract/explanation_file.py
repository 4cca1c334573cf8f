"""``vectors/explanation.npz``: what a published score is taken apart by, beside the rows that it is the product of.

numpy's arrays of float32, by the names below. An item's row is its factors, one number more and, where the run has one,
the history block of ``rank`` columns (containers/extract/model/vectors.py has the formulas).
"""

FEATURES = "features"
"""(columns of side features, factors + 1): v_j of each, and w_j behind it."""

POPULARITY = "popularity"
"""(items,): what an item's popularity adds to the number behind its factors."""

HISTORY_WEIGHTS = "history_weights"
"""(rank,): g s² / (s² + λ) / c of each column. Without a history block (0,)."""

HISTORY_SHARES = "history_shares"
"""(items,): with this of item j, ``share_j * sum(row_j * weights * row_i)`` over the block's columns is what a user's
having j adds to the score of i; the sum over all that the user has is the block's part of the score. Without a history
block (0,).
"""
