"""How fast a measure grows with the number of users."""

import math


def slope(small: tuple[float, float], large: tuple[float, float]) -> float:
    """The exponent b of measure = a * users^b through two points (users, measure): 1 means proportional growth.

    >>> slope((10_000, 3.0), (100_000, 30.0))
    1.0
    """
    (users, measure), (more_users, more) = small, large
    return round(math.log(more / measure) / math.log(more_users / users), 3)
