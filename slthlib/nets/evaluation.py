"""How well networks do: accuracy and loss of each replica."""

import math
from collections.abc import Callable, Iterator, Mapping
from threading import Event
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from slthlib.nets import _passes
from slthlib.nets._checks import check_masks, check_parameters
from slthlib.nets._data import examples
from slthlib.nets._lanes import Lanes, parts
from slthlib.nets.networks import Network

__all__ = ["accuracy", "losses_of"]

#: Numbers in the largest activation of a chunk: a few MB with what goes with it.
_CHUNK = 500_000


def accuracy(
    network: Network, parameters: Mapping[str, Tensor], x: Any, y: Any, masks: Mapping[str, Tensor] | None = None
) -> NDArray[np.float64]:
    """The fraction of examples whose label has the largest output.

    Parameters
    ----------
    network : Network
        What to evaluate.
    parameters : Parameters
        Of R replicas.
    x : array or tensor [N, ...]
        Examples, shared by all replicas.
    y : array or tensor of int [N]
        Their labels.
    masks : Masks, optional
        Multiply the weights.

    Returns
    -------
    float64 [R]
        In [0, 1], one for each replica.

    Notes
    -----
    Used in: tickets/pruning, tickets/existence, tickets/supermasks, tickets/hidden.
    """
    return _shared(right_answers, network, parameters, x, y, masks)


def losses_of(
    network: Network, parameters: Mapping[str, Tensor], x: Any, y: Any, masks: Mapping[str, Tensor] | None = None
) -> NDArray[np.float64]:
    """The mean cross-entropy over examples.

    Parameters
    ----------
    network : Network
        What to evaluate.
    parameters : Parameters
        Of R replicas.
    x : array or tensor [N, ...]
        Examples, shared by all replicas.
    y : array or tensor of int [N]
        Their labels.
    masks : Masks, optional
        Multiply the weights.

    Returns
    -------
    float64 [R]
        One for each replica, in nats.

    Notes
    -----
    Used in: no chapter.
    """
    return _shared(total_losses, network, parameters, x, y, masks)


def right_answers(
    network: Network, effective: Mapping[str, Tensor], inputs: Tensor, labels: Tensor, halt: Event
) -> NDArray[np.float64]:
    """Accuracies [R] on examples that have been checked."""
    right = torch.zeros(len(next(iter(effective.values()))), dtype=torch.int64, device=inputs.device)
    for logits, truth in _chunks(network, effective, inputs, labels, halt):
        right += (logits.argmax(2) == truth).sum(1)
    return np.asarray(right.cpu().numpy() / len(labels), dtype=np.float64)


def total_losses(
    network: Network, effective: Mapping[str, Tensor], inputs: Tensor, labels: Tensor, halt: Event
) -> NDArray[np.float64]:
    """Mean losses [R] on examples that have been checked."""
    total = torch.zeros(len(next(iter(effective.values()))), dtype=torch.float64, device=inputs.device)
    for logits, truth in _chunks(network, effective, inputs, labels, halt):
        spread = torch.log_softmax(logits.double(), 2)
        total -= spread.gather(2, truth.expand(len(spread), -1).unsqueeze(2)).sum((1, 2))
    return np.asarray(total.cpu().numpy() / len(labels), dtype=np.float64)


def _shared(
    measure: Callable[..., NDArray[np.float64]],
    network: Network,
    parameters: Mapping[str, Tensor],
    x: Any,
    y: Any,
    masks: Mapping[str, Tensor] | None,
) -> NDArray[np.float64]:
    """A measure [R] of all replicas, shared between threads."""
    checked = check_parameters(network.shapes, parameters)
    allowed = check_masks(network.weight_shapes, masks, checked)

    def part(share: slice, halt: Event) -> NDArray[np.float64]:
        mine = {name: tensor.detach()[share] for name, tensor in checked.items()}
        effective = _passes.effective(mine, {name: mask[share] for name, mask in allowed.items()})
        return measure(network, effective, inputs, labels, halt)

    shares = parts(checked.replicas, checked.device, None)
    with Lanes(len(shares)) as workers:
        inputs, labels = examples(network, x, y, checked)
        return np.concatenate(workers.each(part, shares))


def _chunks(
    network: Network, effective: Mapping[str, Tensor], inputs: Tensor, labels: Tensor, halt: Event
) -> Iterator[tuple[Tensor, Tensor]]:
    """Outputs [R, B, classes] and labels [B] of some examples at a time, so that they fit into the cache."""
    replicas, at, widest = len(next(iter(effective.values()))), network.input_shape, 1
    for layer in network.layers:
        at = layer.shape(at)
        widest = max(widest, math.prod(at))
    chunk = max(1, _CHUNK // (widest * replicas))
    with torch.no_grad():
        for start in range(0, len(inputs), chunk):
            if halt.is_set():
                return
            part = inputs[start : start + chunk].unsqueeze(0).expand(replicas, -1, *network.input_shape)
            yield _passes.forward(network.layers, effective, part), labels[start : start + chunk]
