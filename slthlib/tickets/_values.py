"""Train numbers that are not the weights themselves: scores that choose a mask, or weights some of which stay put.

A rule turns the trained values into effective weights before each step, and the gradient with respect to these into
one with respect to the values after it. All else is training as usual, many replicas at once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor

from slthlib.nets import NonFiniteLossError, Parameters, Training, concatenate, order_keys
from slthlib.nets import _passes as passes
from slthlib.nets._checks import Seed, real, stream, whole
from slthlib.nets._data import examples, split, where
from slthlib.nets._engine import last_good, run_lanes
from slthlib.nets._lane import Flat, Lane, Plan
from slthlib.nets._lanes import Lanes, parts
from slthlib.nets.networks import Network
from slthlib.nets.optimizers import SGD, Adam
from slthlib.nets.schedules import Schedule, rates

U = TypeVar("U")
Key = tuple[int, ...]
#: One number for all replicas, or a key for each: replicas with equal keys share their batches and their draws.
Seeds = Seed | Sequence[int | Sequence[int]]

#: Purposes, far from the numbers of epochs that also stand in this place.
SCORES, COINS, TIES, FRESH, SIGNS, PLACES, LOTS = range(1_000_001, 1_000_008)


class Rule(Protocol):
    """How values become weights."""

    @property
    def effective(self) -> Mapping[str, Tensor]:
        """The weights and biases that the network computes with."""

    def forward(self, step: int) -> None:
        """Fill ``effective`` from the values."""

    def backward(self, step: int) -> None:
        """Turn the gradient with respect to ``effective`` into one with respect to the values, in place."""


@dataclass(frozen=True)
class Part:
    """What a rule is made from: the values in training and their gradient, and some replicas' weights and keys."""

    values: Flat
    gradient: Flat
    weights: Parameters
    keys: list[Key]
    replicas: slice


class RuleLane(Lane):
    """Replicas whose values are trained by way of a rule."""

    def __init__(self, plan: Plan, values: Parameters, part: Callable[[Flat, Flat], Part],
                 rule: Callable[[Part], Rule], keys: list[Key]) -> None:  # fmt: skip
        super().__init__(plan, values, {}, keys, {}, 0)
        self.rule = rule(part(self.trained, self.gradient))

    @torch.no_grad()
    def run(self, first: int, last: int, halt: Any) -> None:
        """Make the steps from ``first`` to before ``last``."""
        plan, rule = self.plan, self.rule
        layers, shape = plan.network.layers, plan.network.input_shape
        for step in range(first, last):
            if halt.is_set():
                return
            chosen = self.order(step).to(plan.inputs.device)
            x = plan.inputs.index_select(0, chosen.flatten()).view(*chosen.shape, *shape)
            y = plan.labels.index_select(0, chosen.flatten()).view(chosen.shape)
            rule.forward(step)
            losses, _ = passes.gradients(layers, rule.effective, x, y, self.memories)  # into self.gradient
            self.losses[step - plan.start] = losses
            rule.backward(step)
            self.optimizer.step(self.trained.values, self.gradient.values, plan.rates[step - plan.start])


class RuleLanes(Lanes):
    """Threads on which each lane does the work its own way."""

    def each(self, work: Callable[..., U], items: Sequence[Any], *arguments: Any) -> list[U]:
        """The method of this name of every item at once."""
        return super().each(lambda item, *given: getattr(item, work.__name__)(*given), items, *arguments)


def train_values(
    network: Network,
    values: Parameters,
    weights: Parameters,
    rule: Callable[[Part], Rule],
    data: Any,
    *,
    keys: list[Key],
    steps: int,
    batch: int,
    optimizer: Adam | SGD,
    lr: float,
    schedule: str | Schedule,
    keep_at: Sequence[int] = (),
    progress: bool | None = None,
    device: str | torch.device | None = None,
    threads: int | None = None,
) -> Training:
    """Train values, beside weights which the rule may use. What comes back is about the values."""
    home, device = weights.device, where(device)
    values, weights = values.to(device), weights.to(device)
    inputs, labels = examples(network, *split(data, "train"), weights, "train")
    last = whole("steps", steps, 1)
    plan = Plan(
        network=network,
        inputs=inputs,
        labels=labels,
        batch=whole("batch", batch, 1, len(inputs)),
        optimizer=optimizer,
        rates=rates(schedule, real("lr", lr, above=0), last, 0, last),
        start=0,
        stop=last,
        clip=None,
        keep_at=frozenset(whole("keep_at", step, 0, last) for step in keep_at),
        evaluate_every=None,
        tests=None,
    )

    def lane(share: slice) -> RuleLane:
        def part(trained: Flat, gradient: Flat) -> Part:
            return Part(trained, gradient, _some(weights, share), keys[share], share)

        return RuleLane(plan, _some(values, share), part, rule, keys[share])

    shares = parts(values.replicas, device, threads)
    with RuleLanes(len(shares)) as workers:
        lanes: list[Lane] = [lane(share) for share in shares]
        reached, bad = run_lanes(plan, lanes, workers, progress)
    result = _gather(lanes, last_good(plan, reached) if bad else last, home)
    if bad:
        raise NonFiniteLossError(reached, bad, result)
    return result


def draw_scores(parameters: Parameters, keys: list[Key]) -> Parameters:
    """Scores uniform within 1 / sqrt(fan in), which is what Kaiming's uniform law with a = sqrt(5) comes to."""
    found = {}
    for position, (name, weight) in enumerate(parameters.weights.items()):
        shape = weight.shape[1:]
        bound = 1 / np.sqrt(shape[1:].numel())
        rows = [stream(*key, SCORES, position).uniform(-bound, bound, shape) for key in keys]
        found[name] = torch.from_numpy(np.stack(rows)).to(weight)
    return Parameters(found)


def sums(tensor: Tensor) -> Tensor:
    """Sums [R, 1, ...] over everything but the replica, each added up by itself so that its bits do not depend on R."""
    return torch.stack([row.sum() for row in tensor]).view(-1, *[1] * (tensor.ndim - 1))


def with_weights(parameters: Parameters, weights: Mapping[str, Tensor]) -> Parameters:
    """The same parameters, biases too, with other weights."""
    return Parameters({name: weights.get(name, tensor) for name, tensor in parameters.items()}).clone()


def keys_of(seed: Seeds, replicas: int) -> list[Key]:
    """A key for each replica."""
    try:
        return order_keys(seed, replicas)
    except (TypeError, ValueError) as error:
        raise type(error)(str(error).replace("order_seed", "seed")) from None


def _some(tensors: Parameters, share: slice) -> Parameters:
    return Parameters({name: tensor[share] for name, tensor in tensors.items()})


def _gather(lanes: list[Lane], step: int, home: torch.device) -> Training:
    def join(found: list[Parameters]) -> Parameters:
        return concatenate(found).to(home)

    moments = [lane.moments() for lane in lanes]
    return Training(
        parameters=join([lane.parameters() for lane in lanes]),
        step=step,
        losses=torch.cat([lane.losses[:step].cpu() for lane in lanes], 1).numpy(),
        moments={name: join([each[name] for each in moments]) for name in moments[0]},
        updates=lanes[0].optimizer.steps,
        kept={at: join([lane.kept[at] for lane in lanes]) for at in sorted(lanes[0].kept)},
    )
