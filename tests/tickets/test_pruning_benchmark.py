"""The rival of the benchmark does the same work as ours: the same networks come out, up to rounding."""

from types import SimpleNamespace

import pytest
import torch
from pruning_twins import one_thread

from benchmarks import tickets as benchmark


def test_plain_loops_train_the_same_networks(monkeypatch):
    monkeypatch.setattr(benchmark, "STEPS", 30)
    monkeypatch.setattr(benchmark, "SEEDS", 2)
    here = SimpleNamespace(starmap=lambda work, given, chunksize: [work(*one) for one in given])
    keeps = benchmark.ALL[:3]
    with one_thread(), torch.random.fork_rng():
        theirs = benchmark.plain(keeps, here)
    assert benchmark.ours(keeps) == pytest.approx(theirs, abs=0.003)  # three of a thousand test examples, on average
    assert len(set(theirs.values())) == 3
