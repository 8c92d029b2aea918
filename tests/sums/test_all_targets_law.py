"""The law of all targets: against slow twins and known values, and where 2**n subsets are too few."""

import numpy as np
import pytest
from law_twins import all_integers, all_reals

from slthlib.sums import laws


@pytest.mark.ledger("law-all-targets")
@pytest.mark.parametrize(("n", "M"), [(8, 8), (10, 32), (13, 128), (16, 128), (15, 512), (20, 512)])
def test_all_targets_one_by_one(n, M):
    assert laws.all_targets_probability(n, M=M) == pytest.approx(all_integers(n, M), abs=1e-9)


@pytest.mark.ledger("law-all-targets")
@pytest.mark.parametrize(
    ("n", "M", "tolerance", "largest"),
    [(10, 64, 1, 64), (12, 200, 2, 200), (12, 500, 9, 500), (14, 128, 0, 300), (12, 128, 0, 1)],
)
def test_all_targets_within_a_tolerance_or_in_another_window(n, M, tolerance, largest):
    found = laws.all_targets_probability(n, M=M, eps=tolerance, largest=largest)
    assert found == pytest.approx(all_integers(n, M, tolerance=tolerance, largest=largest), abs=1e-9)


@pytest.mark.ledger("law-all-reals")
@pytest.mark.parametrize(("n", "eps"), [(12, 0.01), (14, 0.002), (8, 0.1)])
def test_all_reals_on_a_grid(n, eps):
    assert laws.all_targets_probability(n, eps=eps) == pytest.approx(all_reals(n, eps), abs=1e-6)


@pytest.mark.ledger("law-all-reals")
def test_all_reals_of_another_window():
    for largest in (0.5, 3.0):
        found = laws.all_targets_probability(12, eps=0.02, largest=largest)
        assert found == pytest.approx(all_reals(12, 0.02, largest=largest), abs=1e-6)


@pytest.mark.ledger("law-all-reals")
def test_a_fine_grid_with_a_tolerance_is_the_real_line():
    """X / M is uniform on [-1, 1] in the limit, and a tolerance of d steps becomes (2 d + 1) / (2 M)."""
    for n, eps in ((12, 0.01), (14, 0.003), (20, 1e-4)):
        M = 2**45
        d = round(eps * M)
        assert laws.all_targets_probability(n, M=M, eps=d) == pytest.approx(
            laws.all_targets_probability(n, eps=(d + 0.5) / M), abs=1e-9
        )
        assert laws.subset_sum_probability(n, M // 2, M=M, eps=d) == pytest.approx(
            laws.subset_sum_probability(n, 0.5, eps=(d + 0.5) / M), abs=1e-9
        )


@pytest.mark.ledger("law-all-reals")
def test_known_values_for_reals():
    eps = np.array([0.01, 0.01, 0.01, 0.002, 0.002, 5e-4, 5e-4, 1e-4, 1e-4, 1e-4])
    n = np.array([12, 14, 18, 14, 16, 16, 18, 18, 20, 22])
    known = [0.7175, 0.9151, 0.9932, 0.5628, 0.8689, 0.4788, 0.8465, 0.2230, 0.7818, 0.9371]
    assert laws.all_targets_probability(n, eps=eps) == pytest.approx(known, abs=6e-5)


def test_too_few_subsets_serve_no_window():
    n = np.arange(1, 12)
    assert (laws.all_targets_probability(n[2.0**n < 1025], M=512) == 0).all()
    assert (laws.all_targets_probability(n, eps=0.9 * 2.0**-n) == 0).all()
    assert laws.all_targets_probability(5, M=8, eps=8) == 1
    assert laws.all_targets_probability(5, eps=1.0) == 1
    assert laws.all_targets_probability(1, M=2**62, eps=1e200) == 1
