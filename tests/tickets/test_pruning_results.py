"""What pruning is known for, at full length: tickets beat their controls, and networks become stable early."""

import pytest

from slthlib.lab import load
from slthlib.lab.statistics import mean_interval
from slthlib.tickets import iterative_pruning, keeps_down_to, linear_mode_connectivity


@pytest.mark.ledger("conj-lottery")
@pytest.mark.slow
def test_a_ticket_needs_its_weights_and_its_mask():
    data, keep = load(test=4000), 0.134
    tickets = iterative_pruning(data, keeps=keeps_down_to(keep), report=(keep,), seed=1, progress=False)
    for control in ("reinit", "shuffle", "random"):
        difference = tickets.over(control)
        assert difference.mid[0] >= 0.05
        assert difference.low[0] > 0
    # Pruned this far it is nearly as good as dense, and not better.
    assert -0.05 < tickets.accuracy.mean() - tickets.dense.mean() < 0.01


@pytest.mark.slow
def test_networks_become_stable_early():
    found = linear_mode_connectivity(load(test=4000), splits=(0, 100), seed=1, progress=False)
    start, later = (mean_interval(found.test_barrier[place]) for place in (0, 1))
    assert start.low > 0.04
    assert later.high < 0.015
