"""Heads of attention as a ticket sees them: merged matrices, rounded to the grid."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.strong.quantizing import check_bits, grid_integers
from slthlib.strong.targets import TargetLayer

__all__ = ["AttentionTarget", "merge_heads"]


@dataclass(frozen=True, eq=False)
class AttentionTarget:
    """Heads by their merged matrices, on the grid.

    A head turns tokens X [T, d1] into softmax(logit_scale * X Q X^T) X V value_scale; heads are added.

    Parameters
    ----------
    logits : float64 [heads, d1, d1]
        Q, in place of W_Q W_K^T / sqrt(d_K).
    values : float64 [heads, d1, d2]
        V, in place of W_V W_O.
    bits : int
        Both are multiples of ``2**-bits`` in [-1/2, 1/2].
    logit_scale, value_scale : float
        Powers of two.
    largest_change : float
        The largest rounding error of an entry, in units of the matrices that came.

    Notes
    -----
    Used in: no chapter.
    """

    logits: NDArray[np.float64]
    values: NDArray[np.float64]
    bits: int
    logit_scale: float = 1.0
    value_scale: float = 1.0
    largest_change: float = 0.0

    def __call__(self, x: ArrayLike) -> NDArray[np.float64]:
        """Outputs [..., T, d2] for tokens [..., T, d1], in float64."""
        tokens = np.asarray(x, np.float64)[..., None, :, :]
        logits = tokens @ self.logits @ tokens.swapaxes(-1, -2)
        return (softmax(self.logit_scale * logits) @ (tokens @ self.values)).sum(-3) * self.value_scale


def merge_heads(
    W_Q: ArrayLike, W_K: ArrayLike, W_V: ArrayLike, W_O: ArrayLike, bits: int, *, logit_scale: float, value_scale: float
) -> AttentionTarget:
    """Merge the projections of heads, and round what comes out to the grid.

    Parameters
    ----------
    W_Q, W_K : array_like [heads, d1, d_K]
        Queries are X W_Q, keys X W_K; logits are divided by the root of d_K.
    W_V : array_like [heads, d1, d_V]
        Values are X W_V.
    W_O : array_like [heads, d_V, d2]
        Outputs of the heads are added.
    bits : int
        Merged matrices become multiples of ``2**-bits``.
    logit_scale, value_scale : float
        Powers of two by which the merged matrices are divided, so that they lie in [-1/2, 1/2].

    Returns
    -------
    AttentionTarget

    Notes
    -----
    Used in: strong/beyond_dense.
    """
    check_bits(bits)
    Q, K, V, O = (_stack(one, name) for one, name in ((W_Q, "W_Q"), (W_K, "W_K"), (W_V, "W_V"), (W_O, "W_O")))  # noqa: E741
    if Q.shape != K.shape or Q.shape[:2] != V.shape[:2] or (V.shape[0], V.shape[2]) != O.shape[:2]:
        raise ValueError("W_Q, W_K, W_V, W_O: expected shapes [H, d1, d_K] twice, [H, d1, d_V] and [H, d_V, d2], got "
                         f"{Q.shape}, {K.shape}, {V.shape}, {O.shape}")  # fmt: skip
    merged = []
    change = 0.0
    for exact, scale, name in (
        (Q @ K.swapaxes(1, 2) / math.sqrt(Q.shape[2]), logit_scale, "logit_scale"),
        (V @ O, value_scale, "value_scale"),
    ):
        if not (isinstance(scale, int | float) and scale > 0 and math.frexp(scale)[0] == 0.5):
            raise ValueError(f"{name}: expected a power of two, got {scale!r}")
        grid = np.rint(exact / scale * 2.0**bits) * 2.0**-bits
        if (largest := float(np.abs(grid).max())) > 0.5:
            least = 2.0 ** math.ceil(math.log2(2 * float(np.abs(exact).max())))
            raise ValueError(f"{name}: a merged entry has size {largest:g} on it, above 1/2; {least:g} is large enough")
        change = max(change, float(np.abs(grid * scale - exact).max()))
        merged.append(grid)
    return AttentionTarget(merged[0], merged[1], bits, float(logit_scale), float(value_scale), change)


def integers_of(target: AttentionTarget) -> list[NDArray[np.int64]]:
    """Merged matrices in units of the grid, as (out, in), logits and values in turn."""
    found = []
    for head, (logits, values) in enumerate(zip(target.logits, target.values, strict=True)):
        for place, matrix in enumerate((logits, values)):
            found.append(grid_integers(TargetLayer(matrix.T), target.bits, 2 * head + place)[0])
    return found


def _stack(given: ArrayLike, name: str) -> NDArray[np.float64]:
    array = np.array(given, dtype=np.float64)
    if array.ndim != 3 or not array.size or not np.isfinite(array).all():
        raise ValueError(f"{name}: expected finite numbers [heads, rows, columns], got shape {array.shape}")
    return array


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    weights = np.exp(logits - logits.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True)
