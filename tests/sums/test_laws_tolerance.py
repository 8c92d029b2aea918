"""The law of one solve for real numbers, as that of a fine grid with a tolerance, against solved problems."""

import numpy as np
import pytest

from slthlib.lab.statistics import clopper_pearson
from slthlib.sums import closest_subsets
from slthlib.sums.laws import product_target_failure, target_failure

PROBLEMS = 30_000


def missed(n, tolerance, single, seed):
    """How many of so many problems with real items have no subset near enough."""
    rng = np.random.default_rng(seed)
    items = rng.uniform(-1, 1, (PROBLEMS, n))
    if not single:
        items = items * rng.uniform(0, 1, (PROBLEMS, n))
    targets = rng.uniform(-0.5, 0.5, PROBLEMS)
    inside = (targets >= np.minimum(items, 0).sum(1)) & (targets <= np.maximum(items, 0).sum(1))
    good = closest_subsets(items[inside], targets[inside], tolerance=tolerance).errors <= tolerance
    return PROBLEMS - int(good.sum()) - int((np.abs(targets[~inside]) <= tolerance).sum())


@pytest.mark.parametrize(("n", "tolerance", "single"), [(12, 0.02, False), (16, 0.02, False), (16, 1e-3, False),
                                                        (8, 0.02, True), (12, 0.02, True)])  # fmt: skip
def test_real_items_within_a_tolerance(n, tolerance, single):
    """The truth lies between 0.8 and 1.25 times the law."""
    size = 2048 if single else 48
    steps = size if single else size * size
    near = int(tolerance * steps)
    targets = np.linspace(1, near + steps / 2, 25).astype(int)
    if single:
        law = target_failure(n, size, targets, tolerance=near).mean()
    else:
        law = product_target_failure(n, size, size, targets, tolerance=near).mean()
    found = clopper_pearson(missed(n, tolerance, single, seed=n), PROBLEMS, level=0.999)
    assert found.low < 1.25 * law
    assert found.high > 0.8 * law


def test_more_tolerance_fails_less():
    failures = [product_target_failure(12, 32, 32, 300, tolerance=near) for near in (0, 1, 4, 20, 100)]
    assert (np.diff(failures) < 0).all()
    assert failures[0] / failures[1] > 1.5


@pytest.mark.parametrize("tolerance", [-1, 0.5, True])
def test_a_tolerance_is_whole(tolerance):
    with pytest.raises(ValueError, match="tolerance: expected a whole number of at least 0, in units of the grid"):
        target_failure(10, 8, 3, tolerance=tolerance)
