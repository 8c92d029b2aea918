"""The exact top k of a score, layer by layer or over all layers, ties broken by a seeded draw."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias, overload

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from slthlib.nets._checks import TIES, Seed, entropy, fraction, known, stream
from slthlib.nets._largest import Draws, largest
from slthlib.nets.parameters import Masks

__all__ = ["top_k"]

#: One fraction; one for each replica or layer; or one by name of the layer.
Keep: TypeAlias = float | Sequence[float] | NDArray[np.float64] | Mapping[str, Any]


@overload
def top_k(
    scores: Tensor, keep: Keep, *, seed: Seed, scope: str = ..., within: Tensor | None = ..., allow_empty: bool = ...
) -> Tensor: ...
@overload
def top_k(
    scores: Mapping[str, Tensor],
    keep: Keep,
    *,
    seed: Seed,
    scope: str = ...,
    within: Mapping[str, Tensor] | None = ...,
    allow_empty: bool = ...,
) -> Masks: ...
def top_k(
    scores: Tensor | Mapping[str, Tensor],
    keep: Keep,
    *,
    seed: Seed,
    scope: str = "layer",
    within: Tensor | Mapping[str, Tensor] | None = None,
    allow_empty: bool = False,
) -> Tensor | Masks:
    """Keep the entries with the largest scores: exactly ``round(keep * size)`` of them in each replica.

    Parameters
    ----------
    scores : tensor [R, ...], or mapping from names of weights to such tensors
        Without NaN. Among equal scores at the limit a draw decides, by a stream of its own for each replica and layer.
    keep : float, sequence, or mapping
        Fraction kept, in (0, 1]. For one tensor, and with scope "global", a sequence holds one for each replica. For
        a mapping with scope "layer" it holds one for each layer in order; or a mapping tells by name, each value
        again a number or one for each replica.
    seed : int or numpy Generator
        For ties.
    scope : {"layer", "global"}
        Whether each layer keeps its fraction, or all layers of a replica are ranked together.
    within : bool tensor or mapping, optional
        Only these entries can be kept: what has been pruned before stays pruned. Fractions are of all entries.
    allow_empty : bool
        Whether a layer may lose all its entries. If not, that is an error which names the layer.

    Returns
    -------
    bool tensor or Masks
        True where an entry is kept; of the shape of ``scores``.

    Notes
    -----
    Used in: tickets/pruning, tickets/hidden.
    """
    known("scope", scope, ("layer", "global"))
    number = entropy("seed", seed)
    alone = isinstance(scores, Tensor)
    layers: dict[str, Tensor] = {"scores": scores} if isinstance(scores, Tensor) else dict(scores)
    allowed: Mapping[str, Tensor] = {}
    if within is not None:
        if isinstance(within, Tensor) != alone:
            raise TypeError("within: expected a tensor for a tensor of scores, and a mapping for a mapping")
        allowed = {"scores": within} if isinstance(within, Tensor) else within
    _check(layers, allowed)
    if scope == "global":
        found = _global(layers, keep, allowed, _draws(number, 0), allow_empty)
    else:
        fractions = {"scores": keep} if alone and not isinstance(keep, Mapping) else _by_layer(keep, list(layers))
        found = {}
        for position, (name, rows) in enumerate(layers.items()):
            flat, inside = rows.flatten(1), allowed[name].flatten(1) if name in allowed else None
            counts = _counts(name, fractions[name], flat, allow_empty)
            found[name] = largest(flat, counts, inside, name, _draws(number, position)).view(rows.shape)
    return found["scores"] if alone else Masks(found)


def _global(
    layers: Mapping[str, Tensor], keep: Keep, allowed: Mapping[str, Tensor], draws: Draws, allow_empty: bool
) -> dict[str, Tensor]:
    """Masks of all layers, ranked together in each replica."""
    if isinstance(keep, Mapping):
        raise TypeError("keep: expected one fraction, or one for each replica, with scope 'global', got a mapping")
    rows = torch.cat([scores.flatten(1) for scores in layers.values()], 1)
    inside = None
    if allowed:
        every = [allowed.get(name, torch.ones_like(scores, dtype=torch.bool)) for name, scores in layers.items()]
        inside = torch.cat([mask.flatten(1) for mask in every], 1)
    masks = largest(rows, _counts("all layers", keep, rows, allow_empty), inside, "all layers", draws)
    found = {}
    for name, part in zip(layers, masks.split([scores[0].numel() for scores in layers.values()], 1), strict=True):
        empty = ~part.any(1)
        if not allow_empty and bool(empty.any()):
            replica = int(empty.nonzero()[0])
            raise ValueError(
                f"keep: expected something left in every layer, got {name} empty in replica {replica}; "
                "allow_empty=True allows it"
            )
        found[name] = part.reshape(layers[name].shape)
    return found


def _check(layers: Mapping[str, Tensor], allowed: Mapping[str, Tensor]) -> None:
    if not layers:
        raise ValueError("scores: expected at least one tensor, got none")
    for name, scores in layers.items():
        if not isinstance(scores, Tensor) or scores.dtype == torch.bool or scores.is_complex():
            came = scores.dtype if isinstance(scores, Tensor) else type(scores).__name__
            raise TypeError(f"scores: expected real tensors, got {came} for {name}")
        if name.startswith("bias"):
            raise ValueError(f"scores: expected scores of weights, got {name}; biases are never pruned")
        if scores.ndim < 2 or scores.numel() == 0:
            raise ValueError(f"scores: expected shape [R, ...] for {name}, got {list(scores.shape)}")
    if len({len(scores) for scores in layers.values()}) > 1:
        raise ValueError(f"scores: expected one number of replicas, got {[len(scores) for scores in layers.values()]}")
    for name, mask in allowed.items():
        if name not in layers:
            raise ValueError(f"within: expected names among {', '.join(layers)}, got {name!r}")
        if not isinstance(mask, Tensor) or mask.dtype != torch.bool or mask.shape != layers[name].shape:
            found = f"{mask.dtype} {list(mask.shape)}" if isinstance(mask, Tensor) else type(mask).__name__
            raise ValueError(f"within: expected bool {list(layers[name].shape)} for {name}, got {found}")


def _by_layer(keep: Keep, names: list[str]) -> dict[str, Any]:
    """What each layer keeps."""
    if isinstance(keep, Mapping):
        if set(keep) != set(names):
            raise ValueError(f"keep: expected fractions for {', '.join(names)}, got {', '.join(map(str, keep))}")
        return dict(keep)
    if np.ndim(keep) == 0:
        return dict.fromkeys(names, keep)
    values = list(np.asarray(keep))
    if len(values) != len(names):
        raise ValueError(f"keep: expected one fraction for each of {', '.join(names)}, got {len(values)}")
    return dict(zip(names, values, strict=True))


def _counts(name: str, keep: Any, rows: Tensor, allow_empty: bool) -> NDArray[np.int64]:
    """How many entries each replica keeps."""
    replicas, size = rows.shape
    values = [keep] * replicas if np.ndim(keep) == 0 else list(keep)
    if len(values) != replicas:
        raise ValueError(f"keep: expected one fraction, or one for each of {replicas} replicas, got {len(values)}")
    counts = np.array([round(fraction("keep", value) * size) for value in values], dtype=np.int64)
    if counts.min() == 0 and not allow_empty:
        raise ValueError(
            f"keep: expected something left of {name}, got {min(values)} of {size} entries, which rounds to none; "
            "allow_empty=True allows it"
        )
    return counts


def _draws(seed: int, position: int) -> Draws:
    """Generators for ties: one for each replica and layer."""
    return partial(_stream, seed, position)


def _stream(seed: int, position: int, replica: int) -> np.random.Generator:
    return stream(seed, replica, TIES, position)
