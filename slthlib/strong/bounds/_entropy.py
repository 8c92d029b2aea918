"""How much a mask of given density can say."""

import math

import numpy as np
from numpy.typing import NDArray

from slthlib.strong.bounds._checks import real, whole

__all__ = ["binary_entropy", "least_density"]


def binary_entropy(p: float | NDArray[np.float64]) -> float | NDArray[np.float64]:
    """Binary entropy H2(p) = -p log2(p) - (1 - p) log2(1 - p): bits of a mask entry of density p.

    Parameters
    ----------
    p : float or array of float
        Density, in [0, 1].

    Returns
    -------
    float or float64 array

    Used in: strong/sparsity, strong/bits.
    """
    density = np.asarray(p, dtype=np.float64)
    if not np.all((density >= 0) & (density <= 1)):
        raise ValueError(f"p: expected numbers in [0, 1], got {p!r}")
    inside = np.where((density > 0) & (density < 1), density, 0.5)
    bits = -(inside * np.log2(inside) + (1 - inside) * np.log1p(-inside) / math.log(2))
    out = np.where((density > 0) & (density < 1), bits, 0.0)
    return float(out) if out.ndim == 0 else out


def least_density(parameters: int, bits: float) -> float:
    """Least density of a ticket that can carry so many bits: m H2(g) >= bits, g <= 1/2.

    m parameters have at most 2**(m H2(g)) masks that keep a share of at most g <= 1/2 of them, and each mask serves
    one target. Trust level: proved here.

    Parameters
    ----------
    parameters : int
        Parameters m of the random network.
    bits : float
        Bits that the mask must carry, such as the parameters that `pensia_lower` or `counting` ask for.

    Returns
    -------
    float
        In [0, 1/2]; NaN where even density 1/2 is not enough.

    Used in: no chapter.
    """
    share = real("bits", bits, 0.0, math.inf, "[0, inf)") / whole("parameters", parameters, 1)
    if share > 1:
        return math.nan
    low, high = 0.0, 0.5
    for _ in range(80):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if binary_entropy(middle) >= share else (middle, high)
    return high
