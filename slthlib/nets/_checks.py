"""Checks of arguments that the modules of this room share: what was expected, and what came."""

import math
from collections.abc import Iterable, Mapping

import numpy as np
import torch
from torch import Tensor

from slthlib.nets.parameters import Parameters

#: What a seed may be.
Seed = int | np.integer | np.random.Generator


def known(name: str, given: object, names: Iterable[str]) -> str:
    """A name that is one of ``names``, or an error that lists them."""
    listed = list(names)
    if not isinstance(given, str):
        raise TypeError(f"{name}: expected one of {', '.join(listed)}, got {given!r}")
    if given not in listed:
        raise ValueError(f"{name}: expected one of {', '.join(listed)}, got {given!r}")
    return given


def whole(name: str, given: object, least: int, most: int | None = None) -> int:
    """A whole number from ``least`` to ``most``."""
    if isinstance(given, bool | np.bool_) or not isinstance(given, int | np.integer):
        raise TypeError(f"{name}: expected a whole number, got {given!r}")
    if given < least or (most is not None and given > most):
        limits = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise ValueError(f"{name}: expected a whole number {limits}, got {given}")
    return int(given)


def real(name: str, given: object, *, least: float = -math.inf, above: float = -math.inf) -> float:
    """A finite number of at least ``least`` and greater than ``above``."""
    if isinstance(given, bool | np.bool_) or not isinstance(given, int | float | np.integer | np.floating):
        raise TypeError(f"{name}: expected a number, got {given!r}")
    if not math.isfinite(given) or given < least or given <= above:
        limits = f" of at least {least:g}" if least > -math.inf else f" above {above:g}" if above > -math.inf else ""
        raise ValueError(f"{name}: expected a finite number{limits}, got {given}")
    return float(given)


def fraction(name: str, given: object) -> float:
    """A fraction to keep, in (0, 1]."""
    if isinstance(given, bool | np.bool_) or not isinstance(given, int | float | np.integer | np.floating):
        raise TypeError(f"{name}: expected the fraction kept, a number in (0, 1], got {given!r}")
    if not 0 < given <= 1:
        raise ValueError(f"{name}: expected the fraction kept, in (0, 1], got {given}")
    return float(given)


def entropy(name: str, seed: object) -> int:
    """A seed as a whole number; a Generator gives its next draw."""
    if isinstance(seed, np.random.Generator):
        return int(seed.integers(2**63))
    return whole(name, seed, 0)


def stream(seed: int, *where: int) -> np.random.Generator:
    """The generator that belongs to a place (a replica, a purpose, a layer), however many of them there are."""
    return np.random.default_rng([seed, *where])


#: Purposes that draw from the same seed must not draw the same numbers.
INITIAL, TIES, RANDOM_MASK, SHUFFLE, ORDER = range(5)


def check_parameters(shapes: Mapping[str, tuple[int, ...]], parameters: Mapping[str, Tensor]) -> Parameters:
    """Parameters with the names and shapes of a network, floating, on one device."""
    given = parameters if isinstance(parameters, Parameters) else Parameters(parameters)
    if set(given) != set(shapes):
        raise ValueError(f"parameters: expected {', '.join(shapes)}, got {', '.join(map(str, given))}")
    for name, shape in shapes.items():
        if tuple(given[name].shape[1:]) != shape:
            raise ValueError(f"parameters: expected shape {[given.replicas, *shape]} of {name}, got "
                             f"{list(given[name].shape)}")  # fmt: skip
    kinds = {(tensor.dtype, tensor.device) for tensor in given.values()}
    if len(kinds) > 1 or not given.dtype.is_floating_point:
        raise TypeError(f"parameters: expected one floating type on one device, got {sorted(map(str, kinds))}")
    return given


def check_masks(
    shapes: Mapping[str, tuple[int, ...]], masks: Mapping[str, Tensor] | None, parameters: Parameters
) -> dict[str, Tensor]:
    """Masks that fit these weights, on the parameters' device."""
    if masks is None:
        return {}
    if not isinstance(masks, Mapping):
        raise TypeError(f"masks: expected a mapping from names of weights to bool tensors, got {type(masks).__name__}")
    for name, mask in masks.items():
        if name not in shapes:
            raise ValueError(f"masks: expected names among {', '.join(shapes)}, got {name!r}; biases have no masks")
        if not isinstance(mask, Tensor) or mask.dtype != torch.bool:
            came = mask.dtype if isinstance(mask, Tensor) else type(mask).__name__
            raise TypeError(f"masks: expected a bool tensor for {name}, got {came}")
        wanted = [parameters.replicas, *shapes[name]]
        if list(mask.shape) != wanted:
            raise ValueError(f"masks: expected shape {wanted} for {name}, got {list(mask.shape)}")
    return {name: mask.to(parameters.device) for name, mask in masks.items()}
