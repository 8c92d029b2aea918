"""Initial weights: drawn by NumPy in float64, one stream a replica and layer, and rounded to the type asked for."""

import math
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from slthlib.nets._checks import INITIAL, stream

Draw = Callable[[np.random.Generator, tuple[int, ...]], NDArray[np.floating]]


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Connections into and out of a unit, for a weight of shape (out, in) or (out, in, height, width)."""
    window = math.prod(shape[2:])
    return shape[1] * window, shape[0] * window


def _glorot(shape: tuple[int, ...]) -> float:
    return math.sqrt(2 / sum(fans(shape)))


def _kaiming(shape: tuple[int, ...]) -> float:
    return math.sqrt(2 / fans(shape)[0])


def _normal(deviation: Callable[[tuple[int, ...]], float]) -> Draw:
    return lambda rng, shape: rng.standard_normal(shape) * deviation(shape)


def _uniform(deviation: Callable[[tuple[int, ...]], float]) -> Draw:
    return lambda rng, shape: rng.uniform(-1, 1, shape) * (math.sqrt(3) * deviation(shape))


def _signed(deviation: Callable[[tuple[int, ...]], float]) -> Draw:
    return lambda rng, shape: (2.0 * rng.integers(2, size=shape) - 1) * deviation(shape)


#: The laws by name. Their standard deviations: Glorot sqrt(2 / (in + out)), Kaiming sqrt(2 / in).
LAWS: dict[str, Draw] = {
    "glorot-normal": _normal(_glorot),
    "glorot-uniform": _uniform(_glorot),
    "glorot-signed": _signed(_glorot),
    "kaiming-normal": _normal(_kaiming),
    "kaiming-uniform": _uniform(_kaiming),
    "signed-constant": _signed(_kaiming),
    # What torch.nn.Linear does by itself: uniform within 1 / sqrt(in), biases too.
    "torch": lambda rng, shape: rng.uniform(-1, 1, shape) / math.sqrt(fans(shape)[0]),
}


def draw(
    shapes: dict[str, tuple[int, ...]], law: str, replicas: int, seed: int, dtype: torch.dtype
) -> dict[str, Tensor]:
    """Tensors [replicas, ...] of these shapes; replica r is the same whatever the number of replicas."""
    found = {name: np.zeros((replicas, *shape)) for name, shape in shapes.items()}
    for position, (name, shape) in enumerate(shapes.items()):
        for replica in range(replicas):
            rng = stream(seed, replica, INITIAL, position)
            if not name.startswith("bias"):
                found[name][replica] = LAWS[law](rng, shape)
            elif law == "torch":
                inputs, _ = fans(shapes[name.replace("bias", "weight")])
                found[name][replica] = rng.uniform(-1, 1, shape) / math.sqrt(inputs)
    return {name: torch.from_numpy(values).to(dtype) for name, values in found.items()}
