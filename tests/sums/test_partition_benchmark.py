"""The timing script: its own baseline is right, and a rival that is missing is reported, not an error."""

import numpy as np
import pytest

from benchmarks import sums as benchmark
from slthlib.sums import best_partition


@pytest.mark.parametrize("n", [2, 3, 4, 9, 12, 17, 20])
@pytest.mark.parametrize("largest", [3, 1000, 2**48])
def test_the_baseline_in_numpy_is_right(n, largest):
    for items in np.random.default_rng(n).integers(1, largest, size=(30, n)):
        difference, signs = benchmark.numpy_meet_in_the_middle(items)
        assert difference == best_partition(items).difference
        assert abs(int((signs * items).sum())) == difference
        assert np.abs(signs).tolist() == [1] * n


def test_a_round_without_rivals(monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(benchmark, "import_module", missing)
    monkeypatch.setattr(benchmark, "BATCH", {12: 4, 20: 4})
    peers = benchmark.rivals()
    for n in (12, 20):
        benchmark.run(peers, "best partition", n, rounds=2, share=0.5)
    rows = list(benchmark.table(peers))
    assert {row["version"] for row in rows if "slthlib" not in row["rival"] and "NumPy" not in row["rival"]} == {
        "not installed"
    }
    ours = [row for row in rows if row["agrees"]]
    assert [row["agrees"] for row in ours] == ["4/4"] * len(ours)
    verdicts = list(benchmark.bars(rows))
    assert sum("not measured" in line for line in verdicts) == 2
    assert verdicts[-1] == "answers that differ: none"


def test_a_wrong_answer_is_reported():
    peers = [benchmark.Rival("best partition", "guess", "numpy", None, False, {12: 2}, solve=lambda row: 5)]
    peers.insert(0, benchmark.rivals()[0])
    benchmark.run(peers, "best partition", 12, rounds=2, share=1.0)
    rows = list(benchmark.table(peers))
    assert [row["agrees"] for row in rows] == ["20000/20000", "0/4"]
