"""The thin network that a mask leaves: its live connections, and the network that holds nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from slthlib.nets._checks import check_masks, check_parameters, whole
from slthlib.nets.layers import Convolution, Linear
from slthlib.nets.networks import Dense, Network
from slthlib.nets.parameters import Masks, Parameters
from slthlib.nets.pooling import Flatten

__all__ = ["ThinNetwork", "effective_keep", "thin"]


def effective_keep(network: Network, masks: Mapping[str, Tensor]) -> NDArray[np.float64]:
    """The fraction of weights that lie on a kept path from an input to an output.

    A unit into which no such path leads puts out a constant, which the next biases could take over; one out of which
    none leads is not seen. Connections of either are not counted. A channel of a convolution counts as one unit.

    Parameters
    ----------
    network : Network
        What the masks belong to.
    masks : Masks
        Of its weights; a weight without a mask is kept whole.

    Returns
    -------
    float64 [R]
        At most what `keep_of` says.

    Notes
    -----
    Used in: no chapter.
    """
    replicas = Masks(masks).replicas
    like = Parameters({name: torch.zeros(replicas, *shape) for name, shape in network.weight_shapes.items()})
    checked = check_masks(network.weight_shapes, masks, like)
    kept = [checked.get(name, torch.ones_like(like[name], dtype=torch.bool)) for name in network.weight_shapes]
    # Over the window of a kernel: is channel i connected with channel o?
    wired = [mask.flatten(3).any(3) if mask.ndim == 5 else mask for mask in kept]
    fed = _fed(network, wired)
    seen = torch.ones(replicas, network.classes, dtype=torch.bool)
    total = np.zeros(replicas)
    repeats = _repeats(network)
    for position in reversed(range(len(wired))):
        live = wired[position] & fed[position].unsqueeze(1) & seen.unsqueeze(2)
        spread = kept[position] & live.view(*live.shape, *[1] * (kept[position].ndim - 3))
        total += spread.flatten(1).sum(1).numpy()
        seen = live.any(1)
        if repeats[position] > 1:  # a channel is seen if one of its pixels is
            seen = seen.view(replicas, -1, repeats[position]).any(2)
    return np.asarray(total / sum(mask[0].numel() for mask in kept), dtype=np.float64)


def _fed(network: Network, wired: list[Tensor]) -> list[Tensor]:
    """For each weighted layer, into which of its inputs a path leads."""
    found: list[Tensor] = []
    repeats = _repeats(network)
    live = torch.ones(len(wired[0]), network.input_shape[0] if len(network.input_shape) == 3 else
                      network.weighted[0].inputs, dtype=torch.bool)  # fmt: skip
    for position, wires in enumerate(wired):
        live = live.repeat_interleave(repeats[position], 1)
        found.append(live)
        live = (wires & live.unsqueeze(1)).any(2)
    return found


def _repeats(network: Network) -> list[int]:
    """Into how many inputs of each weighted layer a unit before it is flattened."""
    found, at, factor = [], network.input_shape, 1
    for layer in network.layers:
        if isinstance(layer, Flatten) and len(at) == 3:
            factor = at[1] * at[2]
        if isinstance(layer, Linear | Convolution):
            found.append(factor)
            factor = 1
        at = layer.shape(at)
    return found


@dataclass(frozen=True)
class ThinNetwork:
    """A perceptron that holds kept connections and nothing else: lists of edges, not matrices.

    Slow and plain, to hold masked networks against. Everything goes through autograd.

    Parameters
    ----------
    widths : tuple of int
        Units of each layer.
    edges : list of (int64 [E], int64 [E])
        For each layer, the units that its kept connections lead to and come from.
    values : list of tensor [E]
        Their weights: the only weights there are.
    biases : list of tensor [out] or None
        One for each layer.

    Notes
    -----
    Used in: no chapter.
    """

    widths: tuple[int, ...]
    edges: list[tuple[Tensor, Tensor]]
    values: list[Tensor]
    biases: list[Tensor | None]

    def forward(self, x: Tensor) -> Tensor:
        """Outputs [B, classes] for inputs [B, features]."""
        at = x
        for layer, ((to, source), value, bias) in enumerate(zip(self.edges, self.values, self.biases, strict=True)):
            at = torch.relu(at) if layer else at
            start = at.new_zeros(len(at), self.widths[layer + 1])
            start = start if bias is None else start + bias
            at = start.index_add(1, to, at[:, source] * value)
        return at


def thin(network: Dense, parameters: Mapping[str, Tensor], masks: Mapping[str, Tensor], replica: int) -> ThinNetwork:
    """Take one replica's kept connections out of its matrices.

    Parameters
    ----------
    network : Dense
        What is masked.
    parameters : Parameters
        Of R replicas.
    masks : Masks
        What is kept.
    replica : int
        Which one.

    Returns
    -------
    ThinNetwork
        Its values and biases are leaves that require gradients. Edges are in the order of ``mask.nonzero()``.

    Notes
    -----
    Used in: tickets/pruning.
    """
    if not isinstance(network, Dense):
        raise TypeError(f"network: expected a Dense network, got {type(network).__name__}")
    given = check_parameters(network.shapes, parameters)
    checked = check_masks(network.weight_shapes, masks, given)
    whole("replica", replica, 0, given.replicas - 1)
    edges, values, biases = [], [], []
    for position in range(len(network.widths) - 1):
        weight = given[f"weight{position}"][replica].detach()
        mask = checked.get(f"weight{position}", torch.ones_like(given[f"weight{position}"], dtype=torch.bool))
        to, source = mask[replica].nonzero(as_tuple=True)
        edges.append((to, source))
        values.append(weight[to, source].clone().requires_grad_())
        bias = given.get(f"bias{position}")
        biases.append(None if bias is None else bias[replica].detach().clone().requires_grad_())
    return ThinNetwork(network.widths, edges, values, biases)
