"""``vectors/explanation.npz``: what is needed, besides the vectors, to explain a published score.

NumPy arrays of float32, by the names below. An item's row has its factors, one more number, and, if the run has one,
the history block of ``rank`` columns (containers/extract/model/vectors.py has the formulas).
"""

FEATURES = "features"
"""(columns of side features, factors + 1): v_j of each column, followed by w_j."""

POPULARITY = "popularity"
"""(items,): the part of the number after an item's factors that its popularity adds."""

HISTORY_COLUMNS = "history_columns"
"""(rank,): s² / (s² + λ) / c of each column; (0,) without a history block."""

HISTORY_SHARES = "history_shares"
"""(items,): for item j, ``g_u * share_j * sum(row_j * columns * row_i)`` over the block's columns is what having j adds
to user u's score of i; 1 - g_u is the number after the factors in the user's row. The sum over all items that the user
has is the block's contribution to the score. (0,) without a history block.
"""
