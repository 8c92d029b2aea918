"""The exact top k of scores that change at every step: masks as numbers, written into memory that is there already."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from slthlib.nets._checks import fraction, stream
from slthlib.nets._largest import largest
from slthlib.tickets._values import TIES, Key


def counts_of(
    keep: Any, sizes: Mapping[str, int], replicas: int, *, allow_empty: bool = False
) -> dict[str, NDArray[np.int64]]:
    """How many entries each layer keeps in each replica: ``round(keep * size)``.

    ``keep`` is one fraction, one for each replica, or a mapping from layers to either.
    """
    if isinstance(keep, Mapping) and set(keep) != set(sizes):
        raise ValueError(f"keep: expected fractions for {', '.join(sizes)}, got {', '.join(map(str, keep))}")
    found = {}
    for name, size in sizes.items():
        given = keep[name] if isinstance(keep, Mapping) else keep
        values = [given] * replicas if np.ndim(given) == 0 else list(given)
        if len(values) != replicas:
            raise ValueError(f"keep: expected one fraction, or one for each of {replicas} replicas, got {len(values)}")
        found[name] = np.array([round(fraction("keep", value) * size) for value in values], dtype=np.int64)
        if found[name].min() == 0 and not allow_empty:
            raise ValueError(
                f"keep: expected something left of {name}, got {min(values)} of {size} entries, which rounds to none; "
                "allow_empty=True allows it"
            )
    return found


class TopK:
    """Chooses the largest entries of each layer and replica, exactly, at step after step.

    Scores move little in a step, so the limit lies near the last one: the few entries of a bracket around it are
    looked at one by one, unless the counts on both sides say that the limit is elsewhere. Then the whole row is
    partitioned. Memory is taken once: asking for a megabyte at each step takes longer than the choice.
    """

    def __init__(self, like: Mapping[str, Tensor], counts: Mapping[str, NDArray[np.int64]], keys: list[Key]) -> None:
        self.counts, self.keys = counts, keys
        first = next(iter(like.values()))
        self.on_cpu, most = first.device.type == "cpu", max(tensor[0].numel() for tensor in like.values())
        self._pool = np.empty(most, torch.empty(0, dtype=first.dtype).numpy().dtype)
        self._kept, self._inside = np.empty(most, bool), np.empty(most, bool)
        self._brackets: dict[tuple[int, int], tuple[float, float]] = {}

    def __call__(self, step: int, scores: Mapping[str, Tensor], masks: Mapping[str, Tensor]) -> None:
        """Write 1 into ``masks`` for the entries chosen and 0 for all others."""
        for position, (name, rows) in enumerate(scores.items()):
            flat, out = rows.flatten(1), masks[name].flatten(1)
            if not self.on_cpu:
                draws = partial(self._draw, step, position)
                out.copy_(largest(flat, self.counts[name], None, name, draws))
                continue
            for replica, count in enumerate(self.counts[name].tolist()):
                row, into = flat[replica].numpy(), out[replica].numpy()
                if count in (0, row.size):
                    into.fill(count > 0)
                    continue
                kept = self._near(row, count, step, (position, replica))
                if kept is None:
                    kept = self._anywhere(row, count, step, (position, replica))
                np.copyto(into, kept.view(np.uint8), casting="unsafe")  # four times as fast as from booleans

    def _near(self, row: NDArray[Any], count: int, step: int, place: tuple[int, int]) -> NDArray[np.bool_] | None:
        """What is chosen if the limit lies in the bracket, else None."""
        if place not in self._brackets:
            return None
        middle, half = self._brackets[place]
        kept = np.greater(row, middle + half, out=self._kept[: row.size])
        needed = count - int(np.count_nonzero(kept))
        if needed <= 0:
            return None
        inside = np.greater_equal(row, middle - half, out=self._inside[: row.size])
        places = np.flatnonzero(np.logical_xor(inside, kept, out=inside))
        if needed > places.size:
            return None
        pool = row[places]
        limit = np.partition(pool, places.size - needed)[places.size - needed]
        self._bracket(place, limit, half / 2)
        chosen = pool >= limit
        kept[places[chosen]] = True
        return self._exact(row, kept, limit, int(np.count_nonzero(chosen)) - needed, step, place)

    def _anywhere(self, row: NDArray[Any], count: int, step: int, place: tuple[int, int]) -> NDArray[np.bool_]:
        """What is chosen, from the whole row."""
        pool, at = self._pool[: row.size], row.size - count
        np.copyto(pool, row)
        pool.partition(at)
        limit = pool[at]
        self._bracket(place, limit, 2 * self._brackets.get(place, (0.0, 0.0))[1])
        kept = np.greater_equal(row, limit, out=self._kept[: row.size])
        return self._exact(row, kept, limit, int(np.count_nonzero(kept)) - count, step, place)

    def _bracket(self, place: tuple[int, int], limit: Any, half: float) -> None:
        """Where to look the next time: four times as far as the limit has moved in this step."""
        size = abs(limit)
        moved = abs(limit - self._brackets[place][0]) if place in self._brackets else size / 1024
        self._brackets[place] = (limit, min(max(4 * moved, half, 16 * np.spacing(size)), size))

    def _exact(
        self, row: NDArray[Any], kept: NDArray[np.bool_], limit: Any, extra: int, step: int, place: tuple[int, int]
    ) -> NDArray[np.bool_]:
        """Let a draw decide which of several equal entries at the limit are left out."""
        if extra > 0:
            ties = np.flatnonzero(row == limit)
            kept[self._draw(step, *place).choice(ties, extra, replace=False)] = False
        return kept

    def _draw(self, step: int, position: int, replica: int) -> np.random.Generator:
        return stream(*self.keys[replica], TIES, position, step)
