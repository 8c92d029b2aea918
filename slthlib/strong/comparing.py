"""One network, three answers: what each theorem asks of it, what the law predicts, and what a ticket really used."""

from typing import Any, get_args

from slthlib.strong import bounds
from slthlib.strong.bounds import Requirement
from slthlib.strong.planning import Plan, make_plan
from slthlib.strong.recipe import Construction, Recipe
from slthlib.strong.targets import read_target
from slthlib.strong.ticket import StrongTicket

__all__ = ["compare"]


def compare(
    target: Any,
    *,
    bits: int | None = None,
    failure: float = 1e-2,
    signed_inputs: bool = True,
    source_bits: int | None = None,
    tickets: tuple[StrongTicket, ...] = (),
    **options: Any,
) -> list[Requirement]:
    """Lay theorems, the law and built tickets side by side.

    Parameters
    ----------
    target : sequence of layers, Sequential, or Target
        As in `embed`, with weights on the grid.
    bits : int, optional
        The grid; taken from a quantized target.
    failure : float
        Probability that anything is left unsolved.
    signed_inputs : bool
        Whether inputs may be negative.
    source_bits : int, optional
        Grid of the random weights for products; by default what the law likes best.
    tickets : tuple of StrongTicket
        Tickets of this target; each has a row with what it used.
    **options : object
        As in `slthlib.strong.bounds.table`: eps, density, constants and others.

    Returns
    -------
    list of Requirement
        Theorems first, then the law for each construction, then the tickets. ``bounds.frame`` makes a table of them.

    Notes
    -----
    Used in: strong/quantized.
    """
    given = read_target(target)
    common: dict[str, Any] = {"tolerance": None, "source": "uniform", "candidates": None, "sparsity": None, "seed": 0}
    common |= {"bits": bits, "source_bits": source_bits, "failure": failure, "signed_inputs": signed_inputs}
    plans = [make_plan(given, construction=one, **common) for one in get_args(Construction)]
    first = plans[0].recipe
    assert first.bits is not None
    assert first.source_bits is not None
    rows = bounds.table(
        given, bits=first.bits, failure=failure, source_bits=first.source_bits[0], signed_inputs=signed_inputs,
        **options,
    )  # fmt: skip
    rows += [_law(plan) for plan in plans]
    for place, ticket in enumerate(tickets):
        if ticket.recipe.geometry != first.geometry:
            raise ValueError(f"tickets: number {place} is one of another network: its layers are "
                             f"{[one.shape for one in ticket.recipe.geometry]}")  # fmt: skip
        rows.append(_built(ticket))
    return rows


def _law(plan: Plan) -> Requirement:
    return Requirement(
        theorem=f"law of the network, {plan.recipe.construction}",
        source="",
        trust="law derived and simulated",
        side="enough",
        exact=True,
        statement="Each solve by the law of one solve, averaged over banks that outputs share.",
        failure=plan.failure,
        **_sizes(plan.recipe),
    )


def _built(ticket: StrongTicket) -> Requirement:
    unsolved = len(ticket.unsolved)
    return Requirement(
        theorem=f"this ticket, {ticket.recipe.construction}",
        source="",
        trust="built",
        side="enough",
        exact=ticket.recipe.bits is not None and not unsolved,
        statement=f"A random network with seed {ticket.recipe.seed}; the mask keeps {ticket.kept:,} connections.",
        reason=f"{unsolved} weights unsolved" if unsolved else "",
        **_sizes(ticket.recipe),
    )


def _sizes(recipe: Recipe) -> dict[str, Any]:
    weights = sum(one.weights for one in recipe.geometry)
    return {
        "depth": recipe.depth,
        "widths": recipe.widths[1:-1],
        "parameters": recipe.parameters(),
        "overhead": recipe.parameters() / weights,
        "items": recipe.units,
    }
