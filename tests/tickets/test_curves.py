"""Curves are read out of a record whatever the order of its rows, and compared as samples should be."""

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from slthlib.lab.records import Record
from slthlib.tickets.curves import Curve, recorded_curve

KS, ARMS, R = (10, 0, 300), ("ticket", "reinit"), 4


def record(rows=None):
    """Value 1000 * arm + k + replica / 10, rows in a random order that starts with k = 10, 0, 300."""
    table = [(arm, k, r, 1000 * ARMS.index(arm) + k + r / 10) for arm in ARMS for k in KS for r in range(R)]
    firsts, rest = table[::R][:3], [row for row in table if row not in table[::R][:3]]
    mixed = firsts + [rest[i] for i in np.random.default_rng(0).permutation(len(rest))]
    columns = [np.array(column) for column in zip(*(mixed if rows is None else rows(mixed)), strict=True)]
    return Record(Path("some.csv"), dict(zip(("arm", "k", "replica", "value"), columns, strict=True)), None, {})


def test_the_order_of_rows_does_not_matter():
    found = recorded_curve(record(), "value", "k", arm="reinit", times=2)
    assert set(found.places) == set(KS)
    for k in KS:
        assert np.array_equal(found.at(k), 2 * (1000 + k + np.arange(R) / 10))
    assert list(recorded_curve(record(), "value", "k", arm="ticket").places) == list(KS)


def test_names_are_places_too():
    found = recorded_curve(record(), "value", "arm", k=0)
    assert list(found.places) == ["ticket", "reinit"]
    assert np.allclose(found.over("ticket").mid, [0, 1000])


@pytest.mark.parametrize("rows", [lambda t: t[:-1], lambda t: [*t, t[3]], lambda t: [*t[:-1], t[3]]])
def test_missing_and_doubled_rows_are_refused(rows):
    def all_curves():
        return [recorded_curve(record(rows), "value", "k", arm=arm) for arm in ARMS]

    with pytest.raises(ValueError, match="one row for each k and replica"):
        all_curves()


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="among arm, k, replica, value, got 'keep'"):
        recorded_curve(record(), "value", "k", keep=1)
    with pytest.raises(ValueError, match=r"row of some.csv, got \{'arm': 'random'\}"):
        recorded_curve(record(), "value", "k", arm="random")
    with pytest.raises(ValueError, match="one of 10, 0, 300, got 7"):
        recorded_curve(record(), "value", "k", arm="ticket").at(7)
    with pytest.raises(ValueError, match="expected a curve along"):
        Curve(np.arange(2), np.zeros((2, 3))).minus(Curve(np.arange(1, 3), np.zeros((2, 3))))
    with pytest.raises(ValueError, match="at least one value"):
        Curve(np.arange(2), np.zeros((2, 3))).gap(0, [])


def test_differences_are_paired():
    rng = np.random.default_rng(1)
    shared = rng.normal(size=8)
    first, second = (Curve(np.arange(3), shared + rng.normal(0, 0.1, (3, 8))) for _ in range(2))
    test = stats.ttest_rel(first.values, second.values, axis=1).confidence_interval()
    found = first.minus(second)
    assert np.allclose([found.low, found.high], test)
    test = stats.ttest_rel(first.values[2], first.values[1]).confidence_interval()
    assert np.allclose([first.over(1).low[2], first.over(1).high[2]], test)
    assert first.over(1).mid[1] == 0


def test_the_gap_is_that_of_two_samples():
    rng = np.random.default_rng(2)
    many, few = rng.normal(size=(2, 16)), rng.normal(1, 1, 3)
    test = stats.ttest_ind(few, many[1]).confidence_interval(0.99)
    found = Curve(np.array([0, 30]), many).gap(30, few, level=0.99)
    assert np.allclose([found.low, found.high], test)
    assert found.mid == pytest.approx(few.mean() - many[1].mean())
