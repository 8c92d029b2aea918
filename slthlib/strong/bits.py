"""What a strong ticket costs on disk, part by part, beside what its target costs by itself.

The random weights come from the seed. What is left is the mask, and there is more than one way to write it down: by how
many connections of a layer are kept, by how many of each rank in their banks, or by where each sum ends and what it
takes before that. None of them is shorter than the entropy of the target.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from slthlib.strong._saving import encode_mask, header_of
from slthlib.strong._ticket_file import pack
from slthlib.strong.quantizing import check_bits, grid_integers
from slthlib.strong.targets import read_target
from slthlib.strong.ticket import StrongTicket

__all__ = ["RankCounts", "TicketBits", "code_length", "count_ranks", "subset_sum_rate", "target_bits", "weigh"]

#: Mask bits that are looked at together.
_TOGETHER = 1 << 22


@dataclass(frozen=True, eq=False)
class RankCounts:
    """What the mask of one layer does, unit by unit of a bank.

    The rank of a unit is its place among those that one sum may use, in the order in which the search takes them. A sum
    has the length T if its last kept unit has rank T - 1, and 0 if it keeps none.

    Parameters
    ----------
    free, kept : int64 [units]
        How many connections there are to units of each rank, and how many of these are kept.
    lengths : int64 [units + 1]
        How many sums have each length.
    before, kept_before : int64 [units]
        The same as ``free`` and ``kept`` for the units before the last kept one only.

    Notes
    -----
    Used in: no chapter.
    """

    free: NDArray[np.int64]
    kept: NDArray[np.int64]
    lengths: NDArray[np.int64]
    before: NDArray[np.int64]
    kept_before: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class TicketBits:
    """What a ticket costs, in bits; arrays have an entry for each layer of the target.

    Parameters
    ----------
    file : int
        All of the file that `StrongTicket.save` writes.
    coded : int64 [L]
        The coded masks in it.
    free, kept : int64 [L]
        How many connections a mask is free to choose, and how many it keeps.
    by_choice : float64 [L]
        The logarithm of the number of masks that keep as many.
    by_layer : float64 [L]
        The entropy of as many coins, all of one kind: ``free * H(kept / free)``.
    by_rank : float64 [L]
        The same with a kind for each rank in the bank, see `RankCounts`.
    by_length : float64 [L]
        Where each sum ends, by the entropy of the lengths, and a coin for each unit before the last one that it keeps.

    Notes
    -----
    Used in: no chapter.
    """

    file: int
    coded: NDArray[np.int64]
    free: NDArray[np.int64]
    kept: NDArray[np.int64]
    by_choice: NDArray[np.float64]
    by_layer: NDArray[np.float64]
    by_rank: NDArray[np.float64]
    by_length: NDArray[np.float64]

    @property
    def frame(self) -> int:
        """All of the file but the masks: seed, recipe, lengths, checksum."""
        return self.file - int(self.coded.sum())

    @property
    def totals(self) -> dict[str, float]:
        """The whole ticket, in each of the ways: the file, and sums over the layers."""
        ways = {name: float(getattr(self, name).sum()) for name in ("by_choice", "by_layer", "by_rank", "by_length")}
        return {"file": float(self.file), **ways}


def weigh(ticket: StrongTicket) -> TicketBits:
    """Weigh a ticket in several ways.

    Parameters
    ----------
    ticket : StrongTicket
        Made by `embed`, or read from a file.

    Returns
    -------
    TicketBits

    Notes
    -----
    Used in: strong/bits.
    """
    sections = [encode_mask(ticket.recipe, place, words) for place, words in enumerate(ticket.words)]
    unsolved = [[one.layer, one.output, one.coordinate, int(one.negative)] for one in ticket.unsolved]
    counts = [count_ranks(ticket, place) for place in range(len(ticket.words))]
    free = np.array([one.free.sum() for one in counts])
    kept = np.array([one.kept.sum() for one in counts])
    return TicketBits(
        file=8 * len(pack(header_of(ticket.recipe, unsolved[:4000]), sections)),
        coded=np.array([8 * len(one) for one in sections]),
        free=free,
        kept=kept,
        by_choice=_choices(free, kept),
        by_layer=_coins(free, kept),
        by_rank=np.array([_coins(one.free, one.kept).sum() for one in counts]),
        by_length=np.array([_by_length(one) for one in counts]),
    )


def count_ranks(ticket: StrongTicket, layer: int) -> RankCounts:
    """Count what the mask of a layer keeps, rank by rank.

    Parameters
    ----------
    ticket : StrongTicket
        Made by `embed`, or read from a file.
    layer : int
        Of the target, from 0.

    Returns
    -------
    RankCounts

    Notes
    -----
    Used in: strong/bits.
    """
    if not 0 <= layer < len(ticket.words):
        raise ValueError(f"layer: expected 0 to {len(ticket.words) - 1}, got {layer!r}")
    units = ticket.recipe.units[layer]
    free, kept, before, kept_before = np.zeros((4, units), np.int64)
    lengths = np.zeros(units + 1, np.int64)
    rank = np.arange(units)
    for chosen, count in _sums(ticket, layer):
        last = np.where(chosen.any(-1), units - np.argmax(chosen[..., ::-1], axis=-1), 0)
        lengths += np.bincount(last.ravel(), minlength=units + 1)
        within, early = rank < count[:, None], rank < last[..., None] - 1
        free += len(chosen) * within.sum(0)
        kept += chosen.sum((0, 1))
        before += early.sum((0, 1))
        kept_before += (chosen & early).sum((0, 1))
    return RankCounts(free, kept, lengths, before, kept_before)


def code_length(values: ArrayLike, size: int) -> float:
    """Bits of an adaptive code for symbols of one law that nobody knows beforehand.

    The estimate of Krichevsky and Trofimov, ``(count + 1/2) / (total + size / 2)`` for each next symbol, in exact
    arithmetic. An arithmetic coder takes as much and a byte or two.

    Parameters
    ----------
    values : array of int
        The symbols, in any range of ``size`` whole numbers.
    size : int
        How many different symbols there could be.

    Returns
    -------
    float
        Bits: the empirical entropy of the symbols and the price of learning their shares.

    Notes
    -----
    Used in: no chapter.
    """
    given = np.asarray(values)
    if given.dtype.kind not in "iu":
        raise TypeError(f"values: expected whole numbers, got dtype {given.dtype}")
    if isinstance(size, bool) or not isinstance(size, int | np.integer) or size < 1:
        raise ValueError(f"size: expected a whole number of at least 1, got {size!r}")
    if not given.size:
        return 0.0
    counts = np.unique(given, return_counts=True)[1]
    if int(given.max()) - int(given.min()) >= size:
        raise ValueError(f"size: expected more than {int(given.max()) - int(given.min())}, as values reach from "
                         f"{given.min()} to {given.max()}, got {size}")  # fmt: skip
    seen = (special.gammaln(counts + 0.5) - special.gammaln(0.5)).sum()
    return float(special.gammaln(given.size + size / 2) - special.gammaln(size / 2) - seen) / np.log(2)


def target_bits(target: Any, *, bits: int | None = None) -> float:
    """Bits of a target on the grid by itself: its weights in an adaptive code, each layer with its own.

    Parameters
    ----------
    target : sequence of layers, Sequential, or Target
        As in `slthlib.strong.embed`.
    bits : int, optional
        Weights are multiples of ``2**-bits`` in [-1/2, 1/2]; taken from a quantized target.

    Returns
    -------
    float

    Notes
    -----
    Used in: strong/bits.
    """
    given = read_target(target)
    k = check_bits(given.bits if bits is None else bits)
    total = 0.0
    for place, layer in enumerate(given.layers):
        for values in grid_integers(layer, k, place):
            total += 0.0 if values is None else code_length(values, 2**k + 1)
    return total


def subset_sum_rate(n: ArrayLike) -> Any:
    """Mean of log2(1 / error) of the closest subset sum, items and target uniform on [-1, 1].

    ``n + 1 - log2(pi n / 6) / 2 - (1/2 + 2/n) / ln 2 + gamma / ln 2``, with Euler's constant: sums that are Gaussian
    given the items, and a Poisson process near the target. Label ``law-subset-rate``: law derived and simulated.

    Parameters
    ----------
    n : int, array-like
        Items, at least 1.

    Returns
    -------
    float or ndarray

    Notes
    -----
    Used in: strong/bits.
    """
    items = np.asarray(n)
    if items.dtype.kind not in "iu" or (items < 1).any():
        raise ValueError(f"n: expected whole numbers of at least 1, got {n!r}")
    lost = (0.5 + 2 / items - np.euler_gamma) / np.log(2)
    rate = items + 1 - np.log2(np.pi * items / 6) / 2 - lost
    return float(rate) if rate.ndim == 0 else rate


def _sums(ticket: StrongTicket, layer: int) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.int64]]]:
    """For some rows and one branch: what is kept [rows, coordinates, ranks], and how many ranks there are."""
    layout = ticket.recipe.layout(layer)
    alive, count = layout.alive(layout.draw_banks(ticket.recipe.seed, layer))
    words = ticket.words[layer]
    rows = max(1, _TOGETHER // (layout.coordinates * layout.units))
    for first in range(0, len(words), rows):
        bits = np.unpackbits(words[first : first + rows].view(np.uint8), axis=-1, bitorder="little").view(np.bool_)
        for branch in range(layout.branches):
            used = layout.in_use(branch)
            bank = layout.bank_of[used]
            order = np.broadcast_to(alive[bank, branch], (len(bits), bank.size, layout.units))
            chosen = np.take_along_axis(bits[:, used], order, axis=2)
            yield chosen & (np.arange(layout.units) < count[bank, branch, None]), count[bank, branch]


def _coins(size: NDArray[Any], kept: NDArray[Any]) -> NDArray[np.float64]:
    """``size * H(kept / size)``, element by element."""
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(size > 0, kept / np.maximum(size, 1), 0.0)
    return size * (special.entr(share) + special.entr(1 - share)) / np.log(2)


def _choices(size: NDArray[Any], kept: NDArray[Any]) -> NDArray[np.float64]:
    logs = special.gammaln(size + 1.0) - special.gammaln(kept + 1.0) - special.gammaln(size - kept + 1.0)
    return np.maximum(logs, 0) / np.log(2)


def _by_length(one: RankCounts) -> float:
    """Entropy of the lengths, and of coins of one kind for each rank before the last."""
    shares = one.lengths / one.lengths.sum()
    ends = one.lengths.sum() * special.entr(shares).sum() / np.log(2)
    return float(ends + _coins(one.before, one.kept_before).sum())
