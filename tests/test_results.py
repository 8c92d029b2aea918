"""Recorded results come out the same when a part of them is made again."""

import importlib.util

import numpy as np
import pytest
from house import ROOT

from slthlib.lab import records
from slthlib.lab._sweep_task import key_and_seed
from sphinx_ext.record_status import excuses, payloads, standing

RESULTS = ROOT / "chapters" / "results"


def experiment(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "experiments" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_record_is_stale():
    """Each was made with today's code, or somebody says why it may stay; nobody is excused without need."""
    standings = [standing(path, ROOT) for path in payloads(ROOT)]
    assert standings
    stale = [f"{one.record.path.name}: {', '.join(one.changed)}" for one in standings if one.changed and not one.excuse]
    assert not stale, "make these again (make results, make bench), or say in chapters/results/stale.yml why not"
    assert excuses(ROOT).keys() <= {one.record.path.name for one in standings if one.changed}
    for one in standings:
        assert (ROOT / one.script).is_file(), f"{one.record.path.name} was made by {one.script}, which is gone"
        assert one.pages, f"{one.record.path.name} is used on no page"


@pytest.mark.slow
@pytest.mark.parametrize(("n", "ratio"), [(10, 1.0), (20, 0.9), (30, 1.05)])
def test_the_transition_comes_out_the_same(n, ratio):
    script = experiment("partition_transition")
    record = records.read(RESULTS / "partition_transition.csv")
    (row,) = ((record["n"] == n) & (record["ratio"] == ratio)).nonzero()[0]
    again = script.measure(n, ratio, script.PROBLEMS[n])
    assert again == {name: record[name][row] for name in again}


@pytest.mark.slow
@pytest.mark.parametrize(("series", "bits"), [("single", 3), ("finer", 4), ("sparse", 4)])
def test_the_strong_transition_comes_out_the_same(series, bits):
    script = experiment("strong_transition")
    record = records.read(RESULTS / "strong_transition.csv")
    cell = next(one for one in script.grid() if (one["series"], one["bits"], one["weights"]) == (series, bits, 100))
    again = script.measure(**cell, seed=key_and_seed(cell, script.SEED)[1])
    same = [record[name] == cell[name] for name in ("series", "bits", "weights", "density", "units")]
    (rows,) = np.all(same, axis=0).nonzero()
    assert again == [{name: record[name][row] for name in one} for row, one in zip(rows, again, strict=True)]
