"""Users first, then items."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from containers.feature_space import FeatureSpace


@given(st.integers(1, 50), st.integers(1, 50))
def test_every_feature_is_one_user_or_one_item(users, items):
    space = FeatureSpace(users, items)
    features = np.arange(space.dimension)
    keys = space.keys(np.arange(users).repeat(items), np.tile(np.arange(items), users)).reshape(-1, 2)
    assert keys.dtype == np.uint64
    assert np.unique(keys).tolist() == features.tolist()
    assert (keys[:, 0] < keys[:, 1]).all()
    assert features[space.user_features].tolist() == np.unique(keys[:, 0]).tolist()
    assert features[space.item_features].tolist() == np.unique(keys[:, 1]).tolist()
