"""One solve for one target: the probability that it is missed, from one half down to 1e-9, in closed form.

Two things make a target t unreachable. Its sum may be too far out, among the holes near the ends of the sums: that is
the tilted integral of `slthlib.sums.laws._tilted`. Or all items may agree modulo 2, 4, 8 or 3 so that the residue of t
is no sum of theirs: that is counted exactly. The law takes the two for independent,

    P(t missed) = 1 - (1 - P(hole)) (1 - P(forbidden mod 2**(v + 1))) (1 - P(forbidden mod 3)),   2**v || t.

Nothing is fitted. For products on a coarse grid the residues carry the tail, (3/4)**n; for single weights they hardly
matter.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.sums.laws._common import wholes
from slthlib.sums.laws._residues import CYCLE, forbidden, residue_law
from slthlib.sums.laws._sizes import countable, whole
from slthlib.sums.laws._tilted import Items

__all__ = ["bank_target_failure", "product_target_failure", "target_failure"]

Array = NDArray[np.float64]

#: More targets than this are interpolated between as many, in the logarithm.
_NODES = 24
_LARGEST = 2**14


def target_failure(n: ArrayLike, S: int, targets: ArrayLike, *, tolerance: int = 0) -> NDArray[np.float64]:
    """Probability that n items uniform on {-S, ..., S} miss a target: the law of one solve with single weights.

    The law of the head of this module. Measured for targets up to S/2 in size and failures from one half to 1e-9, its
    ratio to the truth, averaged over targets, was between 0.9 and 1.1 for S from 16 to 1024, and between 1.02 and 1.15
    at S = 8: a fifth of an item at most, a quarter at S = 8. Label ``law-one-solve``: law derived and simulated.

    Parameters
    ----------
    n : int, array-like
        Number of items, from 0 to 1000.
    S : int
        Items are uniform on {-S, ..., S}; at most 16384.
    targets : int, array-like
        Targets of either sign; 0 is never missed.
    tolerance : int
        A sum that is so near to the target does as well. Residues are left out then, so that on a fine grid this is
        the law of real numbers.

    Returns
    -------
    float64, shape of n followed by that of targets

    Examples
    --------
    >>> float(target_failure(14, 64, 32).round(4))
    0.0065

    Used in: no chapter.
    """
    return _failure(_items(whole(S, "S"), 1, False), n, targets, _near(tolerance))


def product_target_failure(
    n: ArrayLike, S1: int, S2: int, targets: ArrayLike, *, positive: bool = True, tolerance: int = 0
) -> NDArray[np.float64]:
    """Probability that n products a b miss a target: the law of one solve of the diamond gadget.

    a is uniform on {-S1, ..., S1} and b on {1, ..., S2}, or on {-S2, ..., S2}. The law of the head of this module,
    with the density of ``|a b|`` in it. Measured with b > 0 on square grids of 4 to 64, for targets up to S1 S2 / 2
    in size: for failures from 0.3 to 1e-9 its ratio to the truth, averaged over targets, was between 0.82 and 1.1,
    too hopeful by 0.4 items at most; nearer to one half it may be too cautious, by a factor of 1.4 and 0.9 items on
    the grid of 4. What it leaves out is that small products coincide, so that sums come in clumps. Label
    ``law-one-solve``: law derived and simulated.

    Parameters
    ----------
    n : int, array-like
        Number of items, from 0 to 1000.
    S1, S2 : int
        Largest values of the two factors; at most 16384.
    targets : int, array-like
        Targets of either sign on the grid of the products; 0 is never missed.
    positive : bool
        Whether b is uniform on {1, ..., S2}: the units that are alive for inputs of one sign.
    tolerance : int
        As in `target_failure`.

    Returns
    -------
    float64, shape of n followed by that of targets

    Used in: strong/quantized.
    """
    return _failure(_items(whole(S1, "S1"), whole(S2, "S2"), not positive), n, targets, _near(tolerance))


def bank_target_failure(bank: ArrayLike, S: int, targets: ArrayLike) -> NDArray[np.float64]:
    """Probability that the items a_j b_j miss a target, given the bank b_1, ..., b_n: only the a_j are random.

    All outputs of a layer share the bank of an input coordinate; given the bank their solves are independent. The law
    of `product_target_failure` with the mean over b left out. Label ``law-one-solve``: law derived and simulated.

    Parameters
    ----------
    bank : int [n]
        The b's, of either sign; zeros are of no use and no harm. At most 1000.
    S : int
        The a's are uniform on {-S, ..., S}; at most 16384.
    targets : int, array-like
        Targets of either sign on the grid of the products; 0 is never missed.

    Returns
    -------
    float64, shape of targets

    Used in: no chapter.
    """
    b = np.asarray(bank)
    if b.ndim != 1 or (b.size and b.dtype.kind not in "iu"):
        raise TypeError(f"bank: expected whole numbers in one row, got {bank!r}")
    size = np.abs(b[b != 0]).astype(np.int64)
    where, shape = _targets(targets)
    countable(size.size)
    if size.size == 0:
        return np.where(where == 0, 0.0, 1.0).reshape(shape)
    law = _items(whole(S, "S"), int(size.max()), False)
    counts = np.bincount(size - 1, minlength=law.b.size).astype(np.float64)
    laws = np.array([residue_law(law.S, int(value)) for value in size])
    return _joined(law, counts, where, forbidden(laws, _some(where))[-1]).reshape(shape)


@lru_cache(maxsize=32)
def _items(S1: int, S2: int, both: bool) -> Items:
    if max(S1, S2) > _LARGEST:
        raise ValueError(f"S: expected at most {_LARGEST}, got {max(S1, S2)}")
    zero = 1 / (2 * S1 + 1)
    if both:
        zero = 1 - (1 - zero) * 2 * S2 / (2 * S2 + 1)
    return Items.make(S1, np.arange(1, S2 + 1), np.full(S2, 1.0 / S2), zero, both)


@lru_cache(maxsize=256)
def _forbidden(S1: int, S2: int, both: bool, residues: tuple[int, ...], n: int) -> Array:
    shares = np.bincount(np.arange(1, S2 + 1) % CYCLE, minlength=CYCLE) / S2
    law = shares @ np.array([residue_law(S1, b) for b in range(CYCLE)])
    if both:
        law = law * 2 * S2 / (2 * S2 + 1)
        law[0] += 1 / (2 * S2 + 1)
    return forbidden(np.tile(law, (n, 1)), np.array(residues))


def _targets(targets: ArrayLike) -> tuple[NDArray[np.int64], tuple[int, ...]]:
    array = np.asarray(targets)
    if array.dtype.kind not in "iu" or array.size == 0:
        raise TypeError(f"targets: expected whole numbers, got {targets!r}")
    return np.abs(array.astype(np.int64)).ravel(), array.shape


def _some(where: NDArray[np.int64]) -> NDArray[np.int64]:
    """Targets with 0 replaced: 0 is never missed, and forbidden by nothing."""
    return np.where(where == 0, CYCLE, where)


def _near(tolerance: object) -> int:
    if isinstance(tolerance, bool) or not isinstance(tolerance, int | np.integer) or tolerance < 0:
        raise ValueError(f"tolerance: expected a whole number of at least 0, in units of the grid, got {tolerance!r}")
    return int(tolerance)


def _failure(law: Items, n: ArrayLike, targets: ArrayLike, tolerance: int) -> NDArray[np.float64]:
    items = wholes("n", n, least=0.0)
    where, shape = _targets(targets)
    most = countable(int(items.max()))
    classes, which = np.unique(_some(where) % CYCLE, return_inverse=True)
    classes = np.where(classes == 0, CYCLE, classes)
    # In steps of 64, so that one table serves many sizes.
    table = _forbidden(law.S, law.b.size, law.both, tuple(classes.tolist()), 64 * (most // 64 + 1))
    out = np.empty((items.size, where.size))
    for i, count in enumerate(items.astype(int).ravel().tolist()):
        certain = table[count][which.reshape(-1)] if not tolerance else np.zeros(where.size)
        out[i] = _joined(law, np.array([float(count)]), where, certain, tolerance)
    return out.reshape(items.shape + shape)


def _joined(law: Items, counts: Array, where: NDArray[np.int64], certain: Array, tolerance: int = 0) -> Array:
    """The two causes together, for targets [T]."""
    places = np.unique(where[where > 0]).astype(np.float64)
    if places.size == 0:
        return np.zeros(where.size)
    if places.size <= _NODES:
        hole = np.interp(where, places, law.missed(counts, places, tolerance))
    else:
        nodes = 0.5 * (places[0] + places[-1] - (places[-1] - places[0]) * np.cos(np.linspace(0, np.pi, _NODES)))
        hole = np.exp(np.interp(where, nodes, np.log(np.maximum(law.missed(counts, nodes, tolerance), 1e-300))))
    hole = np.where(where == 0, 0.0, np.minimum(hole, 1.0))
    return hole + (1.0 - hole) * np.where(where == 0, 0.0, certain)
