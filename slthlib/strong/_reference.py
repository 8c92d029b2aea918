"""The target itself, run in plain NumPy, to hold a ticket against."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.strong._running import _patches, weigh_layer
from slthlib.strong.recipe import Recipe, geometry_of
from slthlib.strong.targets import Target

if TYPE_CHECKING:
    from slthlib.strong.ticket import StrongTicket


def run_target(target: Target, x: NDArray[Any], *, bits: int | None = None, one: int = 1) -> NDArray[Any]:
    """Outputs for floats, or, with ``bits``, for whole numbers: in units of ``2**-bits`` times that of the input."""
    constant: Any = 1.0 if bits is None else int(one)
    for place, (layer, shape) in enumerate(zip(target.layers, geometry_of(target), strict=True)):
        weight, bias = layer.weight, layer.bias
        if bits is not None:
            weight = np.rint(weight * 2.0**bits).astype(np.int64)
            bias = None if bias is None else np.rint(bias * 2.0**bits).astype(np.int64) * constant
            constant <<= bits
        else:
            weight = weight.astype(x.dtype)
            bias = None if bias is None else bias.astype(x.dtype)
        if shape.kernel is None:
            y = x @ weight.T
            if bias is not None:
                y += bias
        else:
            columns, (n, height, width) = _patches(shape, x)
            y = (weight.reshape(len(weight), -1) @ columns).reshape(-1, n, height, width).swapaxes(0, 1)
            if bias is not None:
                y = y + bias[None, :, None, None]
        x = np.maximum(y, 0) if place + 1 < len(target.layers) else y
    return x


def compare_weights(
    recipe: Recipe, words: Sequence[NDArray[np.uint64]], wanted: Sequence[NDArray[Any]]
) -> tuple[int, int, float]:
    """How many effective weights there are, how many are not as wanted, and the largest error.

    ``wanted`` holds for each layer what its problems are to reach [outputs, coordinates], in units of the layer.
    """
    weights = wrong = 0
    worst = 0.0
    for place, layout in enumerate(recipe.layouts):
        unit = 1.0 if recipe.bits is None else 2.0 ** -(recipe.bits + recipe.shift(place))
        limit = float(recipe.tolerance or 0.0) if recipe.bits is None else 0.0
        for rows, sums, _ in weigh_layer(recipe, place, words[place]):
            for s in range(layout.branches):
                used = layout.in_use(s)
                error = np.abs(sums[:, used, s] - wanted[place][rows, used]) * unit
                weights += error.size
                wrong += int((error > limit).sum())
                worst = max(worst, float(error.max(initial=0.0)))
    return weights, wrong, worst


def compare_outputs(ticket: "StrongTicket", target: Target, x: ArrayLike, threads: int | None) -> tuple[int, float]:
    """How many outputs there are, and the largest difference between those of the ticket and the target."""
    given = np.asarray(x)
    bits = ticket.recipe.bits
    if given.dtype.kind in "iu" and bits is not None:
        ours = ticket.integers(given, threads=threads)
        theirs = run_target(target, given.astype(np.int64), bits=bits)
        finer = ticket.unit - bits * len(target.layers)
        if finer >= 0:
            theirs = theirs << finer
        else:
            ours = ours << -finer
        return ours.size, float(np.abs(ours - theirs).max())
    ours = ticket(given, threads=threads)
    theirs = run_target(target, given.astype(np.float64)) * ticket.recipe.scale
    return ours.size, float(np.abs(ours - theirs).max())
