"""What all arms of an experiment share: the network, the data, how to train, and one seed for every draw."""

import inspect
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple, Self, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from slthlib.nets import Dense, Masks, Network, Parameters, accuracy, concatenate, train
from slthlib.nets._checks import Seed, entropy, whole

#: Draws of different purposes must not be the same draws.
OWN, FRESH, OTHER_MASK, PRUNING, NOISE, LABELS, BATCHES, VALIDATION = range(20, 28)

#: Training options that an experiment sets itself.
_OURS = {"network", "parameters", "data", "steps", "start", "stop", "masks", "order_seed", "state", "keep_at"}
_OURS |= {"evaluate_every"}
#: Those that it passes on.
TRAINING = tuple(name for name in inspect.signature(train).parameters if name not in _OURS)


def seed_for(seed: int, *purpose: int) -> int:
    """A seed for one purpose."""
    return int(np.random.default_rng([seed, *purpose]).integers(2**63))


K = TypeVar("K")


class Arm(NamedTuple):
    """R networks to train: where they start, what they keep, and which batches they see."""

    start: Parameters
    masks: Masks | None = None
    order: int = 0


class Trained(NamedTuple):
    """An arm after training; ``kept`` holds its parameters at the steps asked for."""

    parameters: Parameters
    accuracy: NDArray[np.float64]
    kept: dict[int, Parameters]


@dataclass(frozen=True)
class Recipe:
    """Train arms side by side: each arm adds its R networks to the replica axis."""

    network: Network
    data: Any
    steps: int
    seed: int
    training: dict[str, Any]

    @classmethod
    def of(
        cls,
        data: Any,
        widths: Sequence[int],
        network: Network | None,
        steps: int,
        seed: Seed,
        training: Mapping[str, Any],
    ) -> Self:
        """Check what a caller gave."""
        missing = [name for name in ("train_x", "train_y", "test_x", "test_y") if not hasattr(data, name)]
        if missing:
            raise TypeError(f"data: expected a data set with {missing[0]}, got {type(data).__name__}")
        for name in training:
            if name not in TRAINING:
                raise TypeError(f"{name}: expected an option of training among {', '.join(TRAINING)}, got {name!r}")
        if network is None:
            network = perceptron(data, widths)
        elif not isinstance(network, Network):
            raise TypeError(f"network: expected a Network such as Dense or Conv, got {type(network).__name__}")
        return cls(network, data, whole("steps", steps, 1), entropy("seed", seed), dict(training))

    @property
    def tests(self) -> tuple[Any, Any]:
        """Test examples and their labels."""
        return self.data.test_x, self.data.test_y

    @property
    def examples(self) -> tuple[Any, Any]:
        """Training examples and their labels."""
        return self.data.train_x, self.data.train_y

    def draw(self, replicas: int, purpose: int) -> Parameters:
        """Initial parameters."""
        return self.network.init(whole("replicas", replicas, 1), seed=seed_for(self.seed, purpose))

    def train(
        self,
        arms: Mapping[K, Arm],
        *,
        start: int = 0,
        stop: int | None = None,
        keep_at: Sequence[int] = (),
        data: Any = None,
        **changes: Any,
    ) -> dict[K, Trained]:
        """Train all arms at once. Replica r of every arm of one order sees the same batches."""
        if not arms:
            return {}
        sizes = [arm.start.replicas for arm in arms.values()]
        seed = seed_for(self.seed, BATCHES)
        keys = [(seed, replica, arm.order) for arm in arms.values() for replica in range(arm.start.replicas)]
        masks = _all_masks(list(arms.values()))
        given = self.data if data is None else data
        ran = train(
            self.network,
            concatenate([arm.start for arm in arms.values()]),
            given,
            **{"steps": self.steps, "progress": False, **self.training, **changes},
            start=start,
            stop=stop,
            masks=masks,
            order_seed=keys,
            keep_at=sorted(set(keep_at)),
        )
        right = accuracy(self.network, ran.parameters, given.test_x, given.test_y)
        ends = np.cumsum([0, *sizes])
        parts = [np.arange(first, last) for first, last in pairwise(ends)]
        return {
            name: Trained(
                ran.parameters.select(part),
                right[part],
                {step: kept.select(part) for step, kept in ran.kept.items()},
            )
            for name, part in zip(arms, parts, strict=True)
        }


def perceptron(data: Any, widths: Sequence[int]) -> Dense:
    """A dense network with these hidden widths for a data set."""
    if isinstance(widths, str) or not isinstance(widths, Sequence):
        raise TypeError(f"widths: expected the hidden widths such as (100, 100), got {widths!r}")
    classes = getattr(data, "classes", None) or int(np.max(data.train_y)) + 1
    return Dense((math.prod(np.shape(data.train_x)[1:]), *widths, classes))


def _all_masks(arms: Sequence[Arm]) -> Masks | None:
    """The masks of all arms; an arm without masks keeps everything."""
    given = [arm.masks for arm in arms if arm.masks is not None]
    if not given:
        return None
    return concatenate([everything(arm.start) if arm.masks is None else arm.masks for arm in arms])


def everything(like: Parameters) -> Masks:
    """Masks that keep all weights."""
    return Masks({name: torch.ones_like(weight, dtype=torch.bool) for name, weight in like.weights.items()})


def hidden(progress: bool | None) -> bool:
    """Whether to leave out a bar: by default where nobody sees it."""
    return not (progress if progress is not None else sys.stderr is not None and sys.stderr.isatty())
