"""Theorems, the law and built tickets in one table."""

import numpy as np
import pytest
from strong_tools import dense

from slthlib.strong import bounds, compare, embed


def test_one_table():
    target = dense(np.random.default_rng(0), (6, 8, 3), bits=4, bias=False)
    tickets = tuple(embed(target, construction=one, seed=1) for one in ("diamond", "copies"))
    rows = compare(target, tickets=tickets, eps=0.01, constants={"pensia": {"C": 3.0}})
    named = {row.theorem: row for row in rows}
    assert len(named) == len(rows) == len(bounds.table(target, bits=4, failure=0.01)) + 4
    for one, ticket in zip(("diamond", "copies"), tickets, strict=True):
        law, built = named[f"law of the network, {one}"], named[f"this ticket, {one}"]
        assert built.exact
        assert built.parameters == ticket.recipe.parameters() == law.parameters
        assert built.depth == len(built.widths) + 1
        assert built.overhead == pytest.approx(built.parameters / 72)
        assert 0 < law.failure <= 0.01
    # Counting cannot ask for more than what was built, nor what is proved for less than the law.
    counting = next(row for row in rows if row.side == "necessary" and row.parameters is not None)
    assert counting.parameters <= min(row.parameters for row in rows if row.trust == "built")
    proved = [row for row in rows if row.trust == "proved here" and row.side == "enough" and row.exact and row.items]
    assert proved
    assert list(bounds.frame(rows).index) == list(named)


def test_an_unsolved_ticket_says_so():
    target = dense(np.random.default_rng(0), (6, 8, 3), bits=6, bias=False)
    ticket = embed(target, candidates=16, seed=1)
    row = compare(target, tickets=(ticket,))[-1]
    assert not row.exact
    assert row.reason == f"{len(ticket.unsolved)} weights unsolved"


def test_a_ticket_of_another_network():
    target, other = (dense(np.random.default_rng(0), widths, bits=4) for widths in ((6, 8, 3), (6, 3)))
    with pytest.raises(ValueError, match=r"number 0 is one of another network: its layers are \[\(3, 6\)\]"):
        compare(target, tickets=(embed(other, seed=0),))
