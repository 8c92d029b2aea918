"""The law of a whole network: with how many candidates a random network contains a target, without a fitted parameter.

The probability that one solve fails is the law of `slthlib.sums.laws.target_failure` and `product_target_failure`.
Solves by single weights share nothing: the network succeeds with the product of their chances. In the diamond all
outputs share the bank of an input coordinate, so for each bank the product over its solves is averaged over the bank.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.strong._bank_law import bank_failure, histogram, mean_misses, uniform_column
from slthlib.strong._solve_law import solve_law
from slthlib.strong.source import SourceChoice, TwoLevelCandidates, choose_source_bits, two_level_candidates
from slthlib.strong.transition import TransitionBounds, certify_drawn_targets, certify_network, transition_bounds

__all__ = [
    "NetworkFailure",
    "SourceChoice",
    "TransitionBounds",
    "TwoLevelCandidates",
    "candidates_needed",
    "certify_drawn_targets",
    "certify_network",
    "choose_source_bits",
    "network_failure",
    "solve_failure",
    "transition_bounds",
    "two_level_candidates",
]

Array = NDArray[np.float64]
CONSTRUCTIONS = ("diamond", "copies")


@dataclass(frozen=True, eq=False)
class NetworkFailure:
    """What the law says of a network.

    Parameters
    ----------
    candidates : int64 [C]
        Units in the bank of an input coordinate, or copies of a neuron.
    failure : float64 [C]
        Probability that anything is left unsolved.
    unsolved : float64 [C]
        Mean number of problems left unsolved: the union bound on the failure, by the law.
    solves : int
        Subset-sum problems in all; those with the target 0, which never fail, included.
    banks : int
        Input coordinates.

    Notes
    -----
    Used in: no chapter.
    """

    candidates: NDArray[np.int64]
    failure: NDArray[np.float64]
    unsolved: NDArray[np.float64]
    solves: int
    banks: int


def solve_failure(
    n: ArrayLike, bits: int, targets: ArrayLike | None = None, *, source_bits: int, construction: str = "diamond"
) -> NDArray[np.float64]:
    """Probability that one solve with n items fails, by the law of one solve.

    Label ``law-one-solve``: law derived and simulated.

    Parameters
    ----------
    n : int, array-like
        Items: alive units of the branch, or copies.
    bits : int
        Targets are integers in units of ``2**-bits``, at most ``2**(bits - 1)`` in size.
    targets : int, array-like, optional
        The targets; by default the mean over a target uniform on the grid is returned.
    source_bits : int
        The grid of the random weights is ``2**-source_bits``.
    construction : {"diamond", "copies"}
        Products a b with b > 0, or single weights.

    Returns
    -------
    float64, shape of n followed by that of targets

    Used in: strong/sparsity, strong/quantized.
    """
    law = solve_law(bits, source_bits, _single(construction))
    sizes = np.asarray(n)
    table = law.total(sizes.ravel())
    if targets is None:
        weights = uniform_column(1.0, law.targets.size)[0]
        return (table @ weights).reshape(sizes.shape)
    where = _in_range(np.asarray(targets), bits)
    return table[:, np.abs(where).ravel()].reshape(sizes.shape + where.shape)


def network_failure(
    candidates: ArrayLike,
    target: Sequence[Any],
    *,
    bits: int,
    source_bits: int,
    construction: str = "diamond",
    signed_inputs: bool = True,
    first: int | None = None,
    safety: float = 1.0,
) -> NetworkFailure:
    """Probability that a random network with so many candidates does not contain the target exactly.

    For each bank of the diamond the chance that all its solves succeed given the bank is averaged over how many units
    are alive in each branch, and over how many of those are odd where parity matters; banks are independent. What the
    values of the b's do beyond that is averaged within a solve, which can only make the answer larger. Nothing is
    fitted. Label ``law-network``: law derived and simulated.

    Parameters
    ----------
    candidates : int, array-like
        Units in the bank of an input coordinate, or copies of each neuron.
    target : sequence of layers
        Each an integer array (out, in) or (out, in, height, width) of weights in units of ``2**-bits``, or a shape
        (out, in) that stands for weights uniform on the grid.
    bits : int
        Weights are at most ``2**(bits - 1)`` in size.
    source_bits : int
        The grid of the random weights is ``2**-source_bits``.
    construction : {"diamond", "copies"}
        With "copies" the first layer has banks as the diamond does, and makes each neuron as often as the next reads.
    signed_inputs : bool
        Whether weights of the first layer take two solves.
    first : int, optional
        Units in the banks of the first layer where later layers are copies; by default as many as candidates.
    safety : float
        Makes the probability of a single solve larger by this factor, parity apart: 1 is the law itself.

    Returns
    -------
    NetworkFailure

    Used in: strong/quantized.
    """
    single = _single(construction)
    layers = [_layer(one, bits, place) for place, one in enumerate(target)]
    if not layers:
        raise ValueError("target: expected at least one layer, got none")
    numbers = np.atleast_1d(np.asarray(candidates))
    if numbers.dtype.kind not in "iu" or (numbers < 0).any():
        raise ValueError(f"candidates: expected whole numbers of at least 0, got {candidates!r}")
    failure, unsolved = np.empty(numbers.size), np.empty(numbers.size)
    for i, count in enumerate(numbers.ravel().tolist()):
        log_solved, misses = 0.0, 0.0
        for place, (counts, times) in enumerate(layers):
            law = solve_law(bits, source_bits, single and place > 0)
            units = first if first is not None and single and place == 0 else count
            repeated = counts * (count if single and place + 1 < len(layers) else 1)
            branches = 2 if signed_inputs and place == 0 else 1
            with np.errstate(divide="ignore"):
                log_solved += times * float(np.log1p(-bank_failure(law, units, repeated, branches, safety)).sum())
            misses += times * mean_misses(law, units, repeated, branches)
        failure[i], unsolved[i] = -np.expm1(log_solved), misses
    solves = sum(
        round(counts.sum() * times) * (2 if signed_inputs and place == 0 else 1)
        for place, (counts, times) in enumerate(layers)
    )
    banks = sum(len(counts) * times for counts, times in layers)
    return NetworkFailure(numbers.ravel().astype(np.int64), failure, unsolved, solves, banks)


def candidates_needed(
    target: Sequence[Any],
    *,
    bits: int,
    failure: float,
    source_bits: int,
    construction: str = "diamond",
    signed_inputs: bool = True,
    safety: float = 1.0,
) -> int:
    """Fewest candidates with which the law leaves anything unsolved with probability ``failure`` at most.

    With ``failure=0.5`` it is the median of the least number of candidates. Label ``law-network``: law derived and
    simulated.

    Parameters
    ----------
    target : sequence of layers
        As in `network_failure`.
    bits : int
        Grid of the target.
    failure : float
        In (0, 1).
    source_bits : int
        Grid of the random weights.
    construction : {"diamond", "copies"}
        As in `network_failure`.
    signed_inputs : bool
        Whether weights of the first layer take two solves.
    safety : float
        As in `network_failure`.

    Returns
    -------
    int

    Used in: strong/quantized.
    """
    if not 0 < failure < 1:
        raise ValueError(f"failure: expected a probability in (0, 1), got {failure!r}")

    def enough(count: int) -> bool:
        said = network_failure(
            count, target, bits=bits, source_bits=source_bits, construction=construction,
            signed_inputs=signed_inputs, safety=safety,
        )  # fmt: skip
        return bool(said.failure[0] <= failure)

    low, high = 0, 16
    while not enough(high):
        if high >= 1000:
            raise ValueError("failure: no number of candidates up to 1000 is enough for it")
        low, high = high, min(1000, high + max(8, high // 2))
    while low < high - 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _single(construction: str) -> bool:
    if construction not in CONSTRUCTIONS:
        raise ValueError(f"construction: expected one of {', '.join(map(repr, CONSTRUCTIONS))}, got {construction!r}")
    return construction == "copies"


def _in_range(values: NDArray[Any], bits: int) -> NDArray[np.int64]:
    if values.dtype.kind not in "iu":
        raise TypeError(f"target: expected integers in units of 2**-bits, got dtype {values.dtype}")
    if values.size and np.abs(values).max() > 2 ** (bits - 1):
        raise ValueError(f"target: expected at most {2 ** (bits - 1)} in size, got {np.abs(values).max()}")
    return values.astype(np.int64)


def _layer(one: Any, bits: int, place: int) -> tuple[Array, int]:
    """Columns of numbers of each abs(t), and how many banks each column stands for."""
    T = 2 ** (bits - 1) + 1
    if isinstance(one, tuple) and len(one) == 2 and all(isinstance(x, int | np.integer) for x in one):
        return uniform_column(float(one[0]), T), int(one[1])
    array = np.asarray(one)
    if array.ndim not in (2, 4):
        raise ValueError(f"target: expected layer {place} shaped (out, in) or (out, in, h, w), got {array.shape}")
    rows = np.moveaxis(array, 1, -1).reshape(-1, array.shape[1])
    return histogram(_in_range(rows, bits), T), 1
