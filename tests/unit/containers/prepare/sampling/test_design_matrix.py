"""Rows of examples, compared with the same computed with dictionaries."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from containers.feature_space import FeatureSpace, SideFeatures
from containers.prepare.sampling.design_matrix import DesignMatrix

Known = list[dict[int, float]]


def side(known: Known, first: int) -> SideFeatures:
    triples = [
        (row, first + column, weight) for row, each in enumerate(known) for column, weight in sorted(each.items())
    ]
    index, columns, weights = zip(*triples, strict=True) if triples else ((), (), ())
    return SideFeatures.of_triples(
        len(known), np.array(index, dtype=np.int32), np.array(columns, dtype=np.int32), np.array(weights)
    )


def known(width: int) -> st.SearchStrategy[Known]:
    each = st.dictionaries(st.integers(0, width - 1), st.sampled_from([1.0, 0.5, 0.25]))
    return st.lists(each, min_size=1, max_size=6)


@given(known(4), known(5), st.data())
def test_a_row_is_the_user_the_item_and_what_is_known_of_both(users, items, data):
    space = FeatureSpace(len(users), len(items), features=9)
    first = len(users) + len(items)
    matrix = DesignMatrix(space, side(users, first), side(items, first + 4))
    pair = st.tuples(st.integers(0, len(users) - 1), st.integers(0, len(items) - 1))
    pairs = data.draw(st.lists(pair, max_size=10))
    rows = matrix.rows(np.array([u for u, _ in pairs], dtype=np.int32), np.array([i for _, i in pairs], dtype=np.int32))
    assert (rows.keys.dtype, rows.values.dtype) == (np.uint64, np.float32)
    for n, (user, item) in enumerate(pairs):
        entries = slice(rows.indptr[n], rows.indptr[n + 1])
        wanted = {user: 1.0, len(users) + item: 1.0}
        wanted |= {first + column: weight for column, weight in users[user].items()}
        wanted |= {first + 4 + column: weight for column, weight in items[item].items()}
        assert dict(zip(rows.keys[entries].tolist(), rows.values[entries].tolist(), strict=True)) == wanted
        assert rows.keys[entries].tolist() == sorted(wanted)
    assert rows.indptr[-1] == len(rows.keys) == len(rows.values)


def test_without_side_features_a_row_has_two_entries():
    space = FeatureSpace(users=3, items=2)
    rows = DesignMatrix(space, SideFeatures.none(3), SideFeatures.none(2)).rows(np.array([0, 2]), np.array([1, 0]))
    assert rows.keys.tolist() == [0, 4, 2, 3]
    assert rows.indptr.tolist() == [0, 2, 4]
    assert (rows.values == 1).all()


@pytest.mark.parametrize("features", [0, 7])
def test_every_column_belongs_to_one_kind(features):
    space = FeatureSpace(users=3, items=2, features=features)
    columns = np.arange(space.dimension)
    kinds = [columns[kind].tolist() for kind in (space.user_columns, space.item_columns, space.feature_columns)]
    assert [column for kind in kinds for column in kind] == columns.tolist()
    assert [len(kind) for kind in kinds] == [3, 2, features]
