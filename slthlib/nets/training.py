"""Training of R networks at once."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from slthlib.nets import schedules
from slthlib.nets._checks import Seed, check_masks, check_parameters, known, real, whole
from slthlib.nets._data import examples, split, where
from slthlib.nets._engine import last_good, run_lanes
from slthlib.nets._lane import Lane, Plan
from slthlib.nets._lanes import Lanes, parts
from slthlib.nets.batches import order_keys
from slthlib.nets.networks import Network
from slthlib.nets.optimizers import OPTIMIZERS, SGD, Adam
from slthlib.nets.parameters import Masks, Parameters, concatenate
from slthlib.nets.results import NonFiniteLossError, Training

__all__ = ["train"]


def train(
    network: Network,
    parameters: Mapping[str, Tensor],
    data: Any,
    *,
    steps: int,
    batch: int = 100,
    optimizer: str = "adam",
    lr: float = 0.01,
    momentum: float = 0.9,
    schedule: str | schedules.Schedule = "cosine",
    start: int = 0,
    stop: int | None = None,
    masks: Mapping[str, Tensor] | None = None,
    weight_decay: float = 0.0,
    clip: float | None = None,
    order_seed: Seed | Sequence[int | Sequence[int]],
    state: Training | None = None,
    keep_at: Sequence[int] = (),
    evaluate_every: int | None = None,
    progress: bool | None = None,
    device: str | torch.device | None = None,
    threads: int | None = None,
) -> Training:
    """Train R networks side by side, each on its own batches.

    Parameters
    ----------
    network : Network
        What to train.
    parameters : Parameters
        Where to start; left as they are.
    data : data set, or pair (x, y)
        Something with ``train_x``, ``train_y`` (and ``test_x``, ``test_y`` for ``evaluate_every``), or the examples
        and labels themselves.
    steps : int
        Length of the schedule: the run ends before this absolute step.
    batch : int
        Examples a step.
    optimizer : {"adam", "sgd"}
        Adam with its usual constants, or gradient descent with momentum.
    lr : float
        Learning rate, multiplied by the schedule's factor.
    momentum : float
        Of SGD.
    schedule : {"cosine", "constant", "step"} or callable
        Factor by absolute step.
    start, stop : int
        First absolute step and the one to end before, ``steps`` by default. A run that starts at step k sees the
        learning rates and batches that a run from 0 would see from there on.
    masks : Masks, optional
        Multiply the weights in every forward pass.
    weight_decay : float
        Added to the gradients, times the (effective) parameters; of biases too.
    clip : float, optional
        Largest norm of the gradient of a replica, over all its parameters.
    order_seed : int, numpy Generator, or sequence
        Which batches, see `order_keys`: a number, or one key for each replica, equal keys for equal batches.
    state : Training, optional
        Go on with the optimizer's state of another run; fresh by default.
    keep_at : sequence of int
        Absolute steps before which the parameters are kept.
    evaluate_every : int, optional
        Evaluate on the test set at multiples of so many steps, and at the end.
    progress : bool, optional
        Show a bar; by default on a terminal, for work of more than a second or two.
    device : str or torch.device, optional
        Where to train; by default on a GPU where torch finds one. What comes back is where ``parameters`` are.
    threads : int, optional
        How many threads share the replicas; by default SLTHLIB_THREADS or every processor.

    Returns
    -------
    Training
        Parameters, losses, optimizer state, and what was asked to be kept.

    Notes
    -----
    Used in: tickets/pruning, tickets/existence, tickets/supermasks, tickets/hidden, strong/pruning_is_all,
    strong/beyond_dense.
    """
    given = check_parameters(network.shapes, parameters)
    checked = check_masks(network.weight_shapes, masks, given)
    last = whole("steps", steps, 1)
    first = whole("start", start, 0, last)
    end = last if stop is None else whole("stop", stop, first, last)
    known("optimizer", optimizer, OPTIMIZERS)
    device = where(device)
    moved = given.to(device)
    inputs, labels = examples(network, *split(data, "train"), moved, "train")
    plan = Plan(
        network=network,
        inputs=inputs,
        labels=labels,
        batch=whole("batch", batch, 1, len(inputs)),
        optimizer=Adam(weight_decay=weight_decay) if optimizer == "adam" else SGD(momentum, weight_decay),
        rates=schedules.rates(schedule, real("lr", lr, above=0), last, first, end),
        start=first,
        stop=end,
        clip=None if clip is None else real("clip", clip, above=0),
        keep_at=frozenset(whole("keep_at", step, first, end) for step in keep_at),
        evaluate_every=None if evaluate_every is None else whole("evaluate_every", evaluate_every, 1),
        tests=None if evaluate_every is None else examples(network, *split(data, "test"), moved, "test"),
    )
    keys = order_keys(order_seed, given.replicas)
    moments, updates = _moments(state, plan.optimizer.kinds, given)
    shares = parts(given.replicas, device, threads)
    with Lanes(len(shares)) as workers:
        lanes = [
            Lane(
                plan,
                Parameters({name: tensor[part] for name, tensor in moved.items()}),
                {name: mask[part].to(device) for name, mask in checked.items()},
                keys[part],
                {kind: Parameters({name: tensor[part].to(device) for name, tensor in moment.items()})
                 for kind, moment in moments.items()},
                updates,
            )
            for part in shares
        ]  # fmt: skip
        reached, bad = run_lanes(plan, lanes, workers, progress)
        at = last_good(plan, reached) if bad else end
        result = _gather(lanes, at, first, given.device, Masks(checked) if checked else None)
    if bad:
        raise NonFiniteLossError(reached, bad, result)
    return result


def _moments(state: Training | None, wanted: set[str], like: Parameters) -> tuple[dict[str, Parameters], int]:
    """The optimizer's state to go on with."""
    if state is None:
        return {}, 0
    if not isinstance(state, Training):
        raise TypeError(f"state: expected the Training of another run, got {type(state).__name__}")
    if set(state.moments) != wanted:
        raise ValueError(
            f"state: expected moments named {', '.join(sorted(wanted)) or 'none'} for this optimizer, got "
            f"{', '.join(state.moments) or 'none'}"
        )
    shapes = {name: tensor.shape for name, tensor in like.items()}
    for moment in state.moments.values():
        if {name: tensor.shape for name, tensor in moment.items()} != shapes:
            raise ValueError("state: expected moments of the shapes of parameters, for as many replicas; got others")
    return state.moments, state.updates


def _gather(lanes: list[Lane], step: int, start: int, home: torch.device, masks: Masks | None) -> Training:
    """The lanes' results side by side."""

    def join(parts: list[Parameters]) -> Parameters:
        return concatenate(parts).to(home)

    moments = [lane.moments() for lane in lanes]
    seen = [at for at in sorted(lanes[0].accuracy) if at <= step]
    return Training(
        parameters=join([lane.parameters() for lane in lanes]),
        step=step,
        losses=torch.cat([lane.losses[: step - start].cpu() for lane in lanes], 1).numpy(),
        moments={name: join([each[name] for each in moments]) for name in moments[0]},
        updates=lanes[0].optimizer.steps,
        masks=masks,
        kept={at: join([lane.kept[at] for lane in lanes]) for at in sorted(lanes[0].kept) if at <= step},
        evaluated=np.array(seen, dtype=np.int64),
        accuracy=np.array([np.concatenate([lane.accuracy[at] for lane in lanes]) for at in seen]),
    )
