"""Arms are sorted by the width of their networks."""

import numpy as np
import pytest

from slthlib.tickets.arms import Arms
from slthlib.tickets.widths import by_width


def test_arms_of_one_width_in_order():
    hidden = ("300-100", "200-200", "25-25-25", "100", "200-200")
    arms = Arms(
        tuple({"hidden": one, "place": place} for place, one in enumerate(hidden)), np.arange(10.0).reshape(5, 2)
    )
    found = by_width(arms)
    assert found.settings == (
        {"hidden": "25-25-25", "place": 2, "width": 25},
        {"hidden": "100", "place": 3, "width": 100},
        {"hidden": "200-200", "place": 1, "width": 200},
        {"hidden": "200-200", "place": 4, "width": 200},
    )
    assert np.array_equal(found.accuracy, arms.accuracy[[2, 3, 1, 4]])
    assert "width" not in arms.settings[1]
    with pytest.raises(ValueError, match="one width, got 300-100"):
        by_width(Arms(arms.settings[:1], arms.accuracy[:1]))
