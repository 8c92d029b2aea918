"""The recorded run of random subset sum, from 6 to 20 bits: how near the laws come, and that it comes out again."""

import importlib.util

import numpy as np
import pytest
from house import ROOT

from slthlib.lab import records
from slthlib.sums import laws

RECORD = ROOT / "chapters" / "results" / "subset_sum_law.csv"


@pytest.fixture(scope="module")
def record():
    return records.read(RECORD)


@pytest.fixture(scope="module")
def run():
    spec = importlib.util.spec_from_file_location("subset_sum_law", ROOT / "experiments" / "subset_sum_law.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def bars(record):
    """The fifteen points: 8 to 16 bits, and the n at which the closed form is nearest to 0.5, 0.8 and 0.95."""
    rows = (record["quantile"] > 0) & (record["m"] >= 8) & (record["m"] <= 16)
    assert rows.sum() == 15
    assert (record["instances"][rows] >= 20_000).all()
    return rows


def simulated(record):
    p = 1 - record["failures"] / record["instances"]
    return p, np.sqrt(p * (1 - p) / record["instances"])


@pytest.mark.ledger("law-all-targets")
def test_the_closed_form_is_within_three_points(record, bars):
    p, _ = simulated(record)
    off = (record["law"] - p)[bars]
    print(np.round(off, 4))
    assert (np.abs(off) <= 0.03).all()
    # Its bias fades with M: at 6 bits it leaves the three points.
    assert np.abs(off).max() < np.abs(record["law"] - p)[(record["m"] == 6) & (record["quantile"] > 0)].max()


@pytest.mark.ledger("law-refined")
def test_the_refined_law_is_within_three_standard_errors(record, bars):
    p, error = simulated(record)
    z = (p - record["refined"]) / np.hypot(error, record["refined_se"])
    print(np.round(z[bars], 2))
    assert (np.abs(z[bars & (record["m"] >= 10)]) <= 3).all()
    assert (np.abs(z[(record["quantile"] > 0) & (record["m"] > 16)]) <= 3.5).all()


@pytest.mark.ledger("law-refined")
def test_what_the_refined_law_leaves_out(record):
    """On the same problems, free of their common noise, the bias shows: what the law claims, and no more."""
    claims = [((10, 16), 0.5, 0.0025), ((10, 16), 0.8, 0.0015), ((10, 16), 0.95, 0.0005), ((18, 20), 0.5, 0.005)]
    for (first, last), quantile, most in claims:
        rows = (record["m"] >= first) & (record["m"] <= last) & (record["quantile"] == quantile)
        weight = record["excess_se"][rows] ** -2
        mean, error = np.average(record["excess"][rows], weights=weight), weight.sum() ** -0.5
        print(f"{first} to {last} bits, {quantile}: {mean:.5f} +- {error:.5f}")
        assert abs(mean - most) <= 3.5 * error
    # Far below the middle it is too low.
    foot = (record["m"] >= 8) & (record["law"] < 0.15)
    assert (record["excess"][foot] < -0.01).all()


def test_columns_are_what_the_laws_say(record):
    assert (record["M"] == 2 ** (record["m"] - 1)).all()
    assert record["law"] == pytest.approx(laws.all_targets_probability(record["n"], M=record["M"]), abs=1e-9)
    for p in (0.5, 0.8, 0.95):
        rows = record["quantile"] == p
        assert record["m"][rows].tolist() == list(range(6, 21, 2))
        for m, n, law in zip(record["m"][rows], record["n"][rows], record["law"][rows], strict=True):
            others = laws.all_targets_probability(np.array([n - 1, n + 1]), M=2.0 ** (m - 1))
            assert (abs(law - p) <= np.abs(others - p)).all()


@pytest.mark.slow
@pytest.mark.parametrize("place", [(8, 12), (12, 18)])
def test_a_cell_comes_out_the_same(record, run, place, monkeypatch):
    monkeypatch.setattr(run, "DRAWS", 500)
    (row,) = ((record["m"] == place[0]) & (record["n"] == place[1])).nonzero()[0]
    cell = run.measure(*place, record["quantile"][row])
    for name in ("instances", "failures", "law", "quantile"):
        assert cell[name] == record[name][row]
    assert cell["excess"] == pytest.approx(record["excess"][row], abs=1e-6)
    assert cell["refined"] == pytest.approx(record["refined"][row], abs=3.5 * cell["refined_se"])
