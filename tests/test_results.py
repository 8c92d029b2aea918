"""Recorded results come out the same when a part of them is made again."""

import importlib.util

import pytest
from house import ROOT

from slthlib.lab import records

RESULTS = ROOT / "chapters" / "results"


def experiment(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "experiments" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_record_is_what_its_provenance_says():
    payloads = [p for p in RESULTS.iterdir() if p.suffix in (".csv", ".json") and ".provenance" not in p.name]
    assert payloads
    for path in payloads:
        about = records.read(path).provenance
        script = next(word for word in [*about["command"].split(), *about["code"]["files"]] if word.endswith(".py"))
        assert (ROOT / script).is_file(), f"{path.name} was made by {script}, which is gone"


@pytest.mark.slow
@pytest.mark.parametrize(("n", "ratio"), [(10, 1.0), (20, 0.9), (30, 1.05)])
def test_the_transition_comes_out_the_same(n, ratio):
    script = experiment("partition_transition")
    record = records.read(RESULTS / "partition_transition.csv")
    (row,) = ((record["n"] == n) & (record["ratio"] == ratio)).nonzero()[0]
    again = script.measure(n, ratio, script.PROBLEMS[n])
    assert again == {name: record[name][row] for name in again}
