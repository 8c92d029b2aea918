"""A lane: some of the replicas and all that their training needs, worked on by one thread."""

from collections import deque
from copy import copy
from dataclasses import dataclass
from threading import Event

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from slthlib.nets import _passes
from slthlib.nets.batches import BatchOrder, Key
from slthlib.nets.evaluation import right_answers
from slthlib.nets.layers import Convolution, Linear, Memory
from slthlib.nets.networks import Network
from slthlib.nets.optimizers import SGD, Adam
from slthlib.nets.parameters import Parameters


@dataclass(frozen=True)
class Plan:
    """What all lanes share. ``rates`` [stop - start] are the learning rates."""

    network: Network
    inputs: Tensor
    labels: Tensor
    batch: int
    optimizer: Adam | SGD
    rates: list[float]
    start: int
    stop: int
    clip: float | None
    keep_at: frozenset[int]
    evaluate_every: int | None
    tests: tuple[Tensor, Tensor] | None


class Flat:
    """Named tensors as views of one flat tensor, so that an optimizer steps all of them in one go."""

    def __init__(self, like: dict[str, Tensor]) -> None:
        sizes = [tensor.numel() for tensor in like.values()]
        self.values = next(iter(like.values())).new_zeros(sum(sizes))
        parts = self.values.split(sizes)
        self.views = {name: part.view(like[name].shape) for name, part in zip(like, parts, strict=True)}

    def fill(self, tensors: dict[str, Tensor]) -> "Flat":
        """Copy the values of tensors of the same names."""
        for name, view in self.views.items():
            view.copy_(tensors[name])
        return self


class Lane:
    """Replicas in training."""

    def __init__(
        self,
        plan: Plan,
        parameters: Parameters,
        masks: dict[str, Tensor],
        keys: list[Key],
        moments: dict[str, Parameters],
        updates: int,
    ) -> None:
        self.plan = plan
        effective = parameters.masked(masks)
        self.trained = Flat(effective).fill(effective)
        self.gradient = Flat(effective)
        self.memories = _memories(plan.network, self.gradient.views)
        # The product of the forward pass has memory of its own; without masks it is the parameters themselves.
        self.effective, self.mask = self.trained, None
        if masks:
            ones = {name: masks.get(name, torch.ones_like(tensor)) for name, tensor in effective.items()}
            self.effective, self.mask = Flat(effective), Flat(effective).fill(ones).values
        self.order = BatchOrder(len(plan.inputs), plan.batch, keys)
        self.optimizer = copy(plan.optimizer)
        self.optimizer.start(self.trained.values)
        for name, tensors in moments.items():  # a moment where the mask is False would move a pruned weight
            self.optimizer.moments[name].copy_(Flat(effective).fill(tensors.masked(masks)).values)
        self.optimizer.steps = updates
        self.losses = self.trained.values.new_zeros(len(plan.rates), parameters.replicas, dtype=torch.float64)
        self.kept: dict[int, Parameters] = {}
        self.accuracy: dict[int, NDArray[np.float64]] = {}
        self._memories: deque[tuple[int, int, Tensor, dict[str, Tensor]]] = deque(maxlen=2)

    @torch.no_grad()
    def run(self, first: int, last: int, halt: Event) -> None:
        """Make the steps from ``first`` to before ``last``."""
        plan, values, gradient, mask = self.plan, self.trained.values, self.gradient.values, self.mask
        layers, shape = plan.network.layers, plan.network.input_shape
        for step in range(first, last):
            if halt.is_set():
                return
            chosen = self.order(step).to(values.device)
            x = plan.inputs.index_select(0, chosen.flatten()).view(*chosen.shape, *shape)
            y = plan.labels.index_select(0, chosen.flatten()).view(chosen.shape)
            self.multiply()
            losses, _ = _passes.gradients(layers, self.effective.views, x, y, self.memories)  # into self.gradient
            self.losses[step - plan.start] = losses
            if mask is not None:
                gradient.mul_(mask)
            if plan.clip is not None:
                self.clip(plan.clip)
            self.optimizer.step(values, gradient, plan.rates[step - plan.start])

    def multiply(self) -> None:
        """Effective parameters from the values in training."""
        if self.mask is not None:
            torch.mul(self.trained.values, self.mask, out=self.effective.values)

    def clip(self, most: float) -> None:
        """Shrink the gradient of each replica to a norm of at most ``most``."""
        # Added one by one: how torch groups the terms of a sum over layers would depend on the number of replicas.
        squares = sum(view.flatten(1).square().sum(1) for view in self.gradient.views.values())
        factor = (most / (torch.as_tensor(squares).sqrt() + 1e-6)).clamp_(max=1)
        for view in self.gradient.views.values():
            view.mul_(factor.view(-1, *[1] * (view.ndim - 1)))

    def look(self, step: int, halt: Event) -> None:
        """What is to be done before a step: remember the state, keep the parameters, evaluate."""
        plan, every = self.plan, self.plan.evaluate_every
        moments = {name: values.clone() for name, values in self.optimizer.moments.items()}
        self._memories.append((step, self.optimizer.steps, self.trained.values.clone(), moments))
        if step in plan.keep_at:
            self.kept[step] = self.parameters()
        if plan.tests is not None and every is not None and (step % every == 0 or step == plan.stop):
            self.multiply()
            self.accuracy[step] = right_answers(plan.network, self.effective.views, *plan.tests, halt)

    def go_back(self, step: int, halt: Event) -> None:
        """Return to the state before a step: to one that was remembered, and on from there."""
        remembered, steps, values, moments = [memory for memory in self._memories if memory[0] <= step][-1]
        self.trained.values.copy_(values)
        for name, moment in moments.items():
            self.optimizer.moments[name].copy_(moment)
        self.optimizer.steps = steps
        self.run(remembered, step, halt)

    def finite(self) -> Tensor:
        """Whether all parameters of each replica are finite, bool [R]."""
        return torch.stack([view.flatten(1).isfinite().all(1) for view in self.trained.views.values()]).all(0)

    def parameters(self) -> Parameters:
        """A copy of the effective parameters."""
        self.multiply()
        return Parameters(self.effective.views).clone()

    def moments(self) -> dict[str, Parameters]:
        """A copy of the optimizer's state."""
        found = {}
        for name, values in self.optimizer.moments.items():
            moment = Flat(self.trained.views)
            moment.values.copy_(values)
            found[name] = Parameters(moment.views).clone()
        return found


def _memories(network: Network, gradients: dict[str, Tensor]) -> dict[int, Memory]:
    """Memory for each layer, such that gradients land in these tensors."""
    found: dict[int, Memory] = {place: {} for place in range(len(network.layers))}
    weighted = [place for place, layer in enumerate(network.layers) if isinstance(layer, Linear | Convolution)]
    for name, tensor in gradients.items():
        kind = "bias" if name.startswith("bias") else "weight"
        found[weighted[int(name.removeprefix(kind))]][kind] = tensor
    return found
