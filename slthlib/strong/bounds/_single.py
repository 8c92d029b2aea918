"""What single weights ask of a network: odd layers of signs, or copies in l + 1 layers."""

from itertools import pairwise

from slthlib.strong.bounds._banks import alive_share, bookkeeping
from slthlib.strong.bounds._checks import probability
from slthlib.strong.bounds._items import BOUNDS, items_needed, least, solve_failure
from slthlib.strong.bounds._network import NetworkShape
from slthlib.strong.bounds._records import Requirement, Theorem, half_range, plain_dense, two_layers, units_for_signs

__all__ = ["copies", "single_weights"]

_SINGLE = ("half-range", "full-range", "proved", "growth", "floating-point")


def theorem_single(bound: str) -> Theorem:
    """Odd layers of signs, by one of the bounds on single weights."""
    return Theorem(
        f"Single weights ({bound})",
        "",
        BOUNDS[bound].trust,
        "enough",
        True,
        "Odd layers of fixed signs, even layers uniform on the grid: with n units of each sign an input needs, all "
        "targets on the grid with weights in [-1/2, 1/2] are contained exactly, at once.",
    )


def theorem_copies(bound: str) -> Theorem:
    """The l + 1 layers, by one of the bounds on single weights."""
    return Theorem(
        f"Copies in l + 1 layers ({bound})",
        "",
        BOUNDS[bound].trust,
        "enough",
        True,
        "Inputs are copied with fixed signs, every neuron is made n times, each next weight is a sum over copies: all "
        "targets on the grid with weights in [-1/2, 1/2] are contained exactly, in one layer more than the target.",
    )


def single_weights(
    network: NetworkShape,
    *,
    bits: int,
    failure: float,
    source_bits: int | None = None,
    bound: str = "half-range",
    signed_inputs: bool = True,
    odd: str = "fixed",
) -> Requirement:
    """Odd layers +-1, even layers uniform on the grid: exact for all targets with ``|w|`` <= 1/2 at once.

    A solve needs n units of the sign of its input; a signed input needs n of each. With the bound on half the range,
    n >= (2 ln M + ln(solves/failure))/ln(4/3) is enough. All targets at once, because the event concerns the source
    alone. Trust level: that of the bound.

    Parameters
    ----------
    network : NetworkShape
        The target.
    bits : int
        The target's grid is 2**-bits.
    failure : float
        Probability that some target is not contained, in (0, 1).
    source_bits : int, optional
        Grid of the even layers, at least as fine as the target's, which is the default.
    bound : str
        "half-range", "full-range", "proved", "growth" or "floating-point".
    signed_inputs : bool
        Whether the inputs of the network take both signs.
    odd : {"fixed", "random"}
        Odd layers with the signs that are needed, or with random ones: then half of ``failure`` is for the banks.

    Returns
    -------
    Requirement

    Used in: strong/quantized.
    """
    theorem = theorem_single(_single_bound(bound))
    total, checked = probability("failure", failure), half_range(network)
    solves = network.solves(signed_inputs)
    if odd not in ("fixed", "random"):
        raise ValueError(f"odd: expected 'fixed' or 'random', got {odd!r}")
    part = total if odd == "fixed" else total / 2
    given = {"bits": bits, "source_bits": source_bits}
    items = items_needed(bound, part, solves=solves, **given)  # type: ignore[arg-type]
    reached = solves * float(solve_failure(bound, items, **given))  # type: ignore[arg-type]
    units = units_for_signs(network, items, signed_inputs)
    if odd == "random":
        book = bookkeeping(
            network, items, bits=bits, failure=total / 2, alive=alive_share(), signed_inputs=signed_inputs
        )
        units, reached = (book.units,) * network.depth, reached + book.failure
    widths, parameters = two_layers(network, units)
    return theorem.asks(
        network,
        depth=2 * network.depth,
        widths=widths,
        parameters=parameters,
        items=items,
        failure=reached,
        checked=checked[0],
        assumed=checked[1],
    )


def copies(
    network: NetworkShape,
    *,
    bits: int,
    failure: float,
    source_bits: int | None = None,
    bound: str = "half-range",
    signed_inputs: bool = True,
) -> Requirement:
    """Depth l + 1: every neuron is made n times, and the next weight is a subset sum over its copies.

    The first layer copies the inputs with weights of fixed signs, 2 n times where they are signed. Each copy of a
    neuron is a solve of its own for every weight that enters it, so the solves grow with n and n is a fixed point; the
    last layer is made once. Trust level: that of the bound.

    Parameters
    ----------
    network : NetworkShape
        The target: dense, without biases.
    bits : int
        The target's grid is 2**-bits.
    failure : float
        Probability that some target is not contained, in (0, 1).
    source_bits : int, optional
        Grid of the random weights, at least as fine as the target's, which is the default.
    bound : str
        "half-range", "full-range", "proved", "growth" or "floating-point".
    signed_inputs : bool
        Whether the inputs of the network take both signs.

    Returns
    -------
    Requirement

    Used in: no chapter.
    """
    theorem = theorem_copies(_single_bound(bound))
    total, dense, checked = probability("failure", failure), plain_dense(network), half_range(network)
    signs = network.branches(signed_inputs)

    def risk(n: int) -> float:
        made = (*(n,) * (network.depth - 1), 1)
        solves = sum(c * s * x.weights for c, s, x in zip(made, signs, network.layers, strict=True))
        return solves * float(solve_failure(bound, n, bits=bits, source_bits=source_bits))

    # Where n c**n already falls it keeps falling, and before that it is far above any probability.
    items = least(lambda n: risk(n) <= total, bound)
    widths = (items * signs[0] * network.layers[0].inputs, *(items * x.outputs for x in network.layers[:-1]))
    ends = (network.layers[0].inputs, *widths, network.layers[-1].outputs)
    return theorem.asks(
        network,
        depth=network.depth + 1,
        widths=widths,
        parameters=sum(a * b for a, b in pairwise(ends)),
        items=items,
        failure=risk(items),
        checked=dense + checked[0],
        assumed=checked[1],
    )


def _single_bound(bound: str) -> str:
    if bound not in _SINGLE:
        raise ValueError(f"bound: expected one of {', '.join(map(repr, _SINGLE))}, got {bound!r}")
    return bound
